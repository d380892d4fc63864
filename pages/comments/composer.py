"""The form for writing, editing and replying to comments: the text, its mentions, and who can read it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.comments.drawer_state import NEW
from pages.shell import session
from pages.shell.parts import plain
from semantic.annotations.comments import MOST_MENTIONS
from semantic.display.format import listed
from semantic.display.words.comments import about_words
from semantic.errors import SemanticError
from semantic.query.describe import lower_first
from semantic.services.comments.work import short_name
from semantic.store.comments.comments import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pages.comments.drawer_state import Drawer
    from semantic.annotations.comments import About
    from semantic.services.comments.work import Comment, CommentWork, Thread

NARROW: Final = "People who see all the data you see"
WIDE: Final = {"": "Everyone who sees this number", "reply": "Everyone in this thread"}
HOW: Final = {
    "": "Write a comment. To mention someone, write @ and their name.",
    "reply": "Write a reply. To mention someone, write @ and their name.",
}
LEFT_OUT: Final = (
    "{names} can't read this reply, because you see more rows. To include them, make it visible to everyone in this "
    "thread."
)
NO_ONE: Final = "No one else can read this comment, so there's no one to mention."
PRIVATE: Final = "Only you can open this {kind}. Move it to a shared space to discuss it."


def start(drawer: Drawer, work: CommentWork) -> None:
    """Draw the fields for a new thread, or the reason why no one can start one."""
    if why := _why_not(drawer, work):
        st.caption(plain(why))
        return
    about = drawer.about
    if about is None:
        return
    if drawer.threads and drawer.doing != NEW:
        st.button(
            "New comment", key="comments-begin", icon=":material/add_comment:", on_click=_begin, args=(drawer,)
        )  # fmt: skip
        return
    if about.mark:
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            words = about_words(about, work.workspace.visible(work.actor))
            st.markdown(f":small[:gray[:material/target: About {plain(words)}]]", width="stretch")
            if drawer.whole is not None:
                st.button(
                    "Comment on the whole tile", key="comments-whole", type="tertiary", on_click=_widen, args=(drawer,)
                )  # fmt: skip
    key = f"comments-new-{drawer.again}"
    text, people, is_wide = _fields(drawer, work, about, key, label="Comment", parent="")
    if st.button("Comment", key=f"{key}-send", type="primary", icon=":material/send:"):
        _do(
            drawer,
            lambda: work.write(drawer.place, text, about, receipt=drawer.receipt, is_wide=is_wide, mentions=people),
        )


def _begin(drawer: Drawer) -> None:
    drawer.doing = NEW


def _widen(drawer: Drawer) -> None:
    drawer.about, drawer.whole = drawer.whole, None


def _why_not(drawer: Drawer, work: CommentWork) -> str:
    """Return why this person can't start a thread here now, or "" if there is no reason to show."""
    thing = drawer.thing
    if not work.may_write:
        return (
            "While viewing as someone else, you can read comments but not write them." if work.actor.viewed_by else ""
        )
    if thing is not None and thing.is_archived:
        return f"This {thing.kind} is archived. Restore it to comment."
    return drawer.cannot


def write_reply(thread: Thread, drawer: Drawer, work: CommentWork, key: str) -> None:
    """Draw the fields for a reply."""
    key, parent = f"{key}-reply-{drawer.again}", thread.first.kept.id
    text, people, is_wide = _fields(drawer, work, thread.first.about, key, label="Reply", parent=parent)
    receipt = drawer.receipt
    _buttons(
        drawer,
        "Reply",
        key,
        lambda: work.write(
            drawer.place, text, thread.first.about, receipt=receipt, parent=parent, is_wide=is_wide, mentions=people
        ),
    )


def edit(comment: Comment, drawer: Drawer, work: CommentWork, key: str) -> None:
    """Draw the fields to edit your own comment. You can't change who can read it."""
    kept, key = comment.kept, f"{key}-edit-{drawer.again}"
    offered = _offered(drawer, work, comment.about, kept.parent, kept.is_wide)
    with st.container(gap="xsmall"):
        text = st.text_area("Comment", comment.text, key=f"{key}-text", max_chars=LONGEST, height=110) or ""
        # People chosen in the field stay mentioned if they can still read the comment.
        besides = {short_name(name) for number, name in kept.mentions.items() if f"@[{number}]" not in kept.text}
        before = [person for person, name in offered.items() if name in besides]
        people = _people(offered, key, before)
    _buttons(drawer, "Save", key, lambda: work.edit(comment, text, people))


def _fields(
    drawer: Drawer, work: CommentWork, about: About, key: str, *, label: str, parent: str
) -> tuple[str, list[str], bool]:
    """Draw the fields. Returns the text, the IDs of mentioned people, and whether everyone who sees the number can read
    it.
    """
    with st.container(gap="xsmall"):
        text = st.text_area(
            plain(label), key=f"{key}-text", max_chars=LONGEST, height=96, label_visibility="collapsed",
            placeholder=HOW["reply" if parent else ""],
        )  # fmt: skip
        if drawer.thing is not None and not drawer.thing.is_shared:
            st.caption(plain(PRIVATE.format(kind=drawer.thing.kind)))
            return text or "", [], False
        choices = [NARROW, WIDE["reply" if parent else ""]]
        readers = st.selectbox(
            "Visible to", choices, key=f"{key}-readers", label_visibility="collapsed",
            format_func=lambda who: f"Visible to {lower_first(who)}",
        )  # fmt: skip
        is_wide = readers != NARROW
        offered = _offered(drawer, work, about, parent, is_wide)
        if parent and not is_wide and (names := _left_out(drawer, work, about, parent, offered)):
            st.caption(plain(LEFT_OUT.format(names=listed(names))))
        people = _people(offered, f"{key}-{is_wide:d}", [])
    return text or "", people, is_wide


def _people(offered: Mapping[str, str], key: str, before: list[str]) -> list[str]:
    """Draw the choice of people to mention, and return the IDs of the chosen people."""
    if not offered:
        st.caption(NO_ONE)
        return []
    count, seen = Counter(offered.values()), Counter[str]()
    labels: dict[str, str] = {}
    for person, name in offered.items():
        seen[name] += 1
        labels[person] = f"{name} ({seen[name]})" if count[name] > 1 else name
    chosen: list[str] = st.multiselect(
        "Mention", list(offered), default=before, key=f"{key}-people", format_func=lambda person: labels[person],
        max_selections=MOST_MENTIONS, placeholder="Mention people. They get an email.", label_visibility="collapsed",
    )  # fmt: skip
    return chosen


def _left_out(drawer: Drawer, work: CommentWork, about: About, parent: str, offered: Mapping[str, str]) -> list[str]:
    """Return the people in a thread who can't read the reply unless everyone who sees the number can."""
    thread = next((thread for thread in drawer.threads or () if thread.first.kept.id == parent), None)
    if thread is None:
        return []
    authors = {short_name(each.kept.author_name) for each in (thread.first, *thread.replies)}
    others = _offered(drawer, work, about, parent, True)
    return [name for person, name in others.items() if person not in offered and name in authors]


def _offered(drawer: Drawer, work: CommentWork, about: About, parent: str, is_wide: bool) -> dict[str, str]:
    """Return the people that a comment can mention. They're read once while the drawer is open."""
    key = (about.mark, parent, is_wide)
    if key not in drawer.offered:
        try:
            drawer.offered[key] = work.offered(drawer.place, about, parent=parent, is_wide=is_wide)
        except SemanticError:
            drawer.offered[key] = {}
    return drawer.offered[key]


def _buttons(drawer: Drawer, label: str, key: str, act: Callable[[], object]) -> None:
    with st.container(horizontal=True, gap="xsmall"):
        if st.button(plain(label), key=f"{key}-send", type="primary"):
            _do(drawer, act)
        st.button("Cancel", key=f"{key}-cancel", on_click=_cancel, args=(drawer,))


def _cancel(drawer: Drawer) -> None:
    drawer.doing = ("", "")


def _do(drawer: Drawer, act: Callable[[], object]) -> None:
    """Save the comment, and redraw the drawer with empty fields. On an error, show it and keep the text."""
    try:
        act()
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/error:")
        return
    drawer.forget()
    session.rerun_part()
