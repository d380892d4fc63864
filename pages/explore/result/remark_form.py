"""The dialogs that add a remark to an answer's chart, and edit or remove existing remarks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from pages.shell import session
from pages.shell.parts import plain
from pages.shell.turns import in_turn
from pages.widgets.item_words import FORMER, name_without_job
from pages.widgets.member_choice import OnlyValue, choose_member
from semantic.annotations.remarks import KINDS, Remark
from semantic.errors import SemanticError
from semantic.explore.selection import Rest, SelectedRows
from semantic.policy.actor import ROLES
from semantic.query.describe import upper_first
from semantic.query.query import AllOf, Condition, Filter, Operator
from semantic.store.numbers.remarks import LONGEST, StoredRemark, may_write

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from semantic.policy.actor import Actor
    from semantic.results.result import Result
    from semantic.services.remarks import RemarkWork
    from semantic.workspace import Workspace

READERS = {
    "viewer": "Everyone who sees the numbers",
    "marketer": "Marketers and above",
    "steward": "Stewards and above",
    "administrator": "Administrators",
}
KIND_WORDS = {kind: upper_first(kind) for kind in KINDS}


@dataclass(frozen=True, slots=True)
class RemarkDefaults:
    """The default values of a new remark: the selected days, and the selected value, if any."""

    about: Result
    first: date
    last: date
    only_value: OnlyValue = ("", None)


def may_remark(shown: Result, actor: Actor) -> bool:
    """Return whether this person can add a remark to this answer's chart. The chart needs dates."""
    return may_write(actor) and any(column.grain is not None for column in shown.keys) and bool(_metrics(shown))


def begin(shown: Result, key: str, picked: SelectedRows | None = None) -> None:
    """Open the dialog for a new remark, with the selected days or, without a selection, the answer's last day."""
    if picked is not None and picked.days is not None:
        first, end = picked.days
        only_value = _only_value(picked, shown)
        begun = RemarkDefaults(
            shown, first, end - timedelta(days=1), only_value if only_value[0] else narrowed_to(shown.query.where)
        )
    else:
        begun = _at_the_end(shown)
    st.session_state[f"{key}-remark"] = begun


def _at_the_end(shown: Result) -> RemarkDefaults:
    """Return the last day of an answer, and the only value that its filters allow."""
    end = shown.period.end
    last = end - timedelta(days=1) if end is not None else shown.computed_at.date()
    return RemarkDefaults(shown, last, last, narrowed_to(shown.query.where))


def open_existing(shown: Result, key: str) -> None:
    """Open the dialog with the existing remarks."""
    st.session_state[f"{key}-remarks-edited"] = shown


def show(shown: Result, workspace: Workspace, actor: Actor, key: str, after: Callable[[], None] | None = None) -> bool:
    """Draw this answer's open remarks dialog, and return whether there is one.

    `after` is called when a remark was added, changed or removed.
    """
    begun: RemarkDefaults | None = st.session_state.get(f"{key}-remark")
    edited: Result | None = st.session_state.get(f"{key}-remarks-edited")
    # The key is the question, because the answer can be read again while someone is typing.
    if begun is not None and begun.about.query == shown.query:
        _write(begun, workspace, actor, key, after)
    elif edited is not None and edited.query == shown.query:
        _change(shown, workspace, actor, key, after)
    else:
        return False
    return True


def forget(key: str) -> None:
    """Clear the cached remarks after a change, so that the next run reads them again."""
    for name in ("remark", "remarks-edited", "remarks"):
        st.session_state.pop(f"{key}-{name}", None)


def _metrics(shown: Result) -> list[str]:
    return list(dict.fromkeys(column.metric.name for column in shown.values if column.metric is not None))


def _only_value(picked: SelectedRows, shown: Result) -> OnlyValue:
    """Return the single selected value with its dimension, or ("", None) if there isn't exactly one."""
    if len(picked.groups) != 1 or len(picked.groups[0]) != 1:
        return "", None
    place, pin = picked.groups[0][0]
    by = shown.query.by[place]
    if by.is_time or by.via or isinstance(pin, Rest | tuple | float):
        return "", None
    return by.dim, pin


def narrowed_to(where: Filter | None) -> OnlyValue:
    """Return the only value that the filters allow, with its dimension, or ("", None) if there isn't exactly one."""
    parts = where.parts if isinstance(where, AllOf) else (where,)
    choices = [narrowed_to(part) for part in parts if isinstance(part, AllOf)]
    for part in parts:
        if isinstance(part, Condition) and part.op is Operator.IN and len(part.values) == 1 and part.via is None:
            value = part.values[0]
            choices += [(part.dim, value)] if not isinstance(value, float) else []
    named = [pair for pair in choices if pair[0]]
    return named[0] if len(named) == 1 else ("", None)


def _closing(key: str) -> Callable[[], None]:
    def close() -> None:
        st.session_state.pop(f"{key}-remark", None)
        st.session_state.pop(f"{key}-remarks-edited", None)

    return close


# A new remark


def _write(
    begun: RemarkDefaults, workspace: Workspace, actor: Actor, key: str, after: Callable[[], None] | None
) -> None:
    @st.dialog("Add a remark", width="small", icon=":material/add_comment:", on_dismiss=_closing(key))
    @in_turn
    def dialog() -> None:
        if session.require("marketer")[1] != actor:
            st.rerun()
        work, names = session.remark_work(workspace, actor), _metrics(begun.about)
        text = st.text_area("What happened", key=f"{key}-remark-text", max_chars=LONGEST, height=80) or ""
        first, last = choose_days(begun.first, begun.last, f"{key}-remark")
        if begun.about.period.words:
            st.caption(plain(f"Chart period: {begun.about.period.words}"))
        kind: str = st.selectbox(
            "Kind", KINDS, key=f"{key}-remark-kind", format_func=lambda each_kind: KIND_WORDS[each_kind]
        )
        only_value = choose_member("About", names, workspace, actor, key=f"{key}-remark", before=begun.only_value)
        metric = _which(names, workspace, actor, key)
        audience, whole = choose_readers(actor, f"{key}-remark")
        ready = bool(text.strip()) and first is not None and last is not None and only_value is not None
        pressed = st.button("Add remark", type="primary", key=f"{key}-remark-add", disabled=not ready)
        if pressed and first is not None and last is not None and only_value is not None:
            remark = Remark(
                first=first, last=last, text=text, kind=kind, metric=metric, dim=only_value[0], member=only_value[1],
                audience=audience, whole=whole,
            )  # fmt: skip
            _do(lambda: work.write(remark, names), "Remark added.", key, after)

    dialog()


def choose_days(first: date, last: date, key: str) -> tuple[date | None, date | None]:
    """Draw the field for a remark's days, and return the first and the last day.

    They're the same if one day was chosen, and None while none is.
    """
    chosen: tuple[date, ...] = st.date_input("Days", (first, last), key=f"{key}-days", format="YYYY-MM-DD")
    if not chosen:
        return None, None
    return chosen[0], chosen[-1]


def _which(names: Sequence[str], workspace: Workspace, actor: Actor, key: str) -> str:
    """Draw the choice of the remark's metric, and return its name, or "" for every metric."""
    seen = workspace.visible(actor)
    labels = {"": "Every metric"} | {name: seen.metric(name).label or name for name in names}
    chosen: str = st.selectbox(
        "On charts of", list(labels), key=f"{key}-remark-metric", format_func=lambda name: labels[name]
    )
    return chosen


def choose_readers(actor: Actor, key: str, *, whole: bool = False) -> tuple[str, bool]:
    """Draw the fields for who can see a remark.

    Returns the lowest role, which is at most the author's own, and whether readers need access to all rows. `whole` is
    the default of the latter.
    """
    roles = [role for role in ROLES if actor.is_at_least(role)]
    audience: str = st.selectbox("Visible to", roles, key=f"{key}-audience", format_func=lambda role: READERS[role])
    return audience, st.toggle("Only people with access to all rows", whole, key=f"{key}-whole")


def _do(act: Callable[[], object], text: str, key: str, after: Callable[[], None] | None) -> None:
    try:
        act()
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/error:")
        return
    forget(key)
    if after is not None:
        after()
    st.toast(plain(text), icon=":material/comment:")
    st.rerun()


# Existing remarks


def _change(shown: Result, workspace: Workspace, actor: Actor, key: str, after: Callable[[], None] | None) -> None:
    @st.dialog("Remarks", width="medium", icon=":material/edit_note:", on_dismiss=_closing(key))
    @in_turn
    def dialog() -> None:
        if session.require("marketer")[1] != actor:
            st.rerun()
        work, names = session.remark_work(workspace, actor), _metrics(shown)
        try:
            ids = [annotation.id for annotation in workspace.annotations(shown, actor) if annotation.id]
            remarks = work.changeable(ids, names)
        except SemanticError as error:
            st.warning(plain(str(error)), icon=":material/cloud_off:")
            return
        if not remarks:
            st.caption("Only a remark's author or a steward can edit it.")
        for pair in remarks:
            _one(pair, work, names, key, after)

    dialog()


def _one(
    kept: StoredRemark, work: RemarkWork, names: Sequence[str], key: str, after: Callable[[], None] | None
) -> None:
    place = f"{key}-remark-{kept.id}-{kept.revision}"
    with st.container(border=True, gap="xsmall", key=place):
        text = st.text_area(
            "What happened", value=kept.remark.text, key=f"{place}-text", max_chars=LONGEST, height=80
        ) or ""  # fmt: skip
        first, last = choose_days(kept.remark.first, kept.remark.last, place)
        who = "You" if kept.is_mine else name_without_job(kept.author_name) or FORMER
        st.caption(plain(f"{who}. Visible to: {READERS[kept.remark.audience].lower()}"))
        with st.container(horizontal=True, gap="xsmall"):
            if st.button("Save changes", key=f"{place}-save", disabled=not text.strip()) and first and last:
                changed = replace(kept.remark, text=text, first=first, last=last)
                _do(lambda: work.change(kept, changed, names), "Remark saved.", key, after)
            if st.button("Remove", key=f"{place}-remove", icon=":material/delete:"):
                _do(lambda: work.remove(kept, names), "Remark removed.", key, after)
