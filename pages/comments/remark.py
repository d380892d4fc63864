"""Turn a comment into a remark on the chart. The form starts with the comment's text and days."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.result.remark_form import KIND_WORDS, choose_days, choose_readers
from pages.shell import session
from pages.shell.parts import plain
from semantic.annotations.remarks import KINDS, Remark
from semantic.errors import SemanticError
from semantic.store.numbers.remarks import LONGEST, may_write

if TYPE_CHECKING:
    from collections.abc import Callable

    from pages.comments.drawer_state import Drawer
    from semantic.services.comments.work import Comment, CommentWork


def may_remark(comment: Comment, work: CommentWork) -> bool:
    """Return whether this person can turn a comment into a remark."""
    return may_write(work.actor) and not comment.kept.removed and bool(comment.about.metrics)


def write_remark(
    comment: Comment, drawer: Drawer, work: CommentWork, key: str, after: Callable[[], None] | None
) -> None:
    """Draw the form.

    By default, only people with access to all rows see the remark. If everyone who sees the number can read the
    comment, they can all see the remark, too.
    """
    about, key = comment.about, f"{key}-as-remark"
    with st.container(border=True, gap="xsmall", key=key):
        text = st.text_area("What happened", comment.text[:LONGEST], key=f"{key}-text", max_chars=LONGEST, height=96)
        yesterday = work.workspace.today() - timedelta(days=1)
        first, last = choose_days(*(about.days or (yesterday, yesterday)), key)
        kind: str = st.selectbox("Kind", KINDS, key=f"{key}-kind", format_func=lambda each: KIND_WORDS[each])
        audience, whole = choose_readers(work.actor, key, whole=not comment.kept.is_wide)
        with st.container(horizontal=True, gap="xsmall"):
            if st.button("Add remark", type="primary", key=f"{key}-add") and first is not None and last is not None:
                dim, member = about.mark[0] if len(about.mark) == 1 else ("", None)
                remark = Remark(
                    first=first, last=last, text=text or "", kind=kind, dim=dim, member=member, audience=audience,
                    whole=whole, metric=about.metric or (about.metrics[0] if len(about.metrics) == 1 else ""),
                )  # fmt: skip
                _add(remark, comment, drawer, work, after)
            st.button("Cancel", key=f"{key}-cancel", on_click=_cancel, args=(drawer,))


def _add(remark: Remark, comment: Comment, drawer: Drawer, work: CommentWork, after: Callable[[], None] | None) -> None:
    try:
        session.remark_work(work.workspace, work.actor).write(remark, comment.about.metrics)
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/error:")
        return
    drawer.doing = ("", "")
    if after is not None:
        after()
    st.toast("Remark added.", icon=":material/comment:")
    session.rerun_part()


def _cancel(drawer: Drawer) -> None:
    drawer.doing = ("", "")
