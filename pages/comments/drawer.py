"""The drawer with the comments on a number: its threads, and fields to write, reply, edit and resolve.

The session keeps its state, so the drawer stays open when the page reruns while someone types.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import streamlit as st

from pages.comments import remark
from pages.comments.composer import edit, start, write_reply
from pages.comments.drawer_state import OPEN, PAGE, Drawer
from pages.comments.words import REMOVED, author_words, mentioned_besides, shown_text
from pages.explore.result.share import copy_field
from pages.shell import links, session
from pages.shell.parts import plain, unseen
from pages.shell.turns import in_turn
from pages.widgets.item_words import when_words
from semantic.display.format import counted
from semantic.display.words.ages import ago
from semantic.display.words.comments import about_words
from semantic.errors import SemanticError
from semantic.services.comments.changed import can_see_why, has_changed

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.services.comments.places import Place
    from semantic.services.comments.work import Comment, CommentWork, Thread

REPLIES: Final = 4  # the number of the newest replies shown at first
CHECKED: Final = 5  # the number of commented answers that are computed again when the drawer opens
VISIBLE: Final = {
    "rows": "Visible to people who see at least its author's rows.",
    "number": "Visible to everyone who sees this number.",
    "thread": "Visible to everyone in this thread.",
}
CHANGED: Final = "The number has changed since this comment."


def show_drawer(
    place: Place,
    actor: Actor,
    after: Callable[[], None] | None = None,
    complete: Callable[[Drawer], None] | None = None,
) -> bool:
    """Draw the drawer of this tile or question if it's open, and return whether it is.

    `after` is called when a comment has become a remark. `complete` adds details that weren't known when the drawer was
    opened.
    """
    drawer: Drawer | None = st.session_state.get(OPEN)
    if drawer is None or drawer.place != place:
        return False
    if drawer.actor != actor:
        st.session_state.pop(OPEN, None)
        return False
    if complete is not None:
        complete(drawer)
    _dialog(drawer, after)
    return True


def _close() -> None:
    st.session_state.pop(OPEN, None)


@st.dialog("Comments", position="right", width="small", icon=":material/forum:", on_dismiss=_close)
@in_turn
def _dialog(drawer: Drawer, after: Callable[[], None] | None) -> None:
    workspace, actor = session.require("viewer")
    if actor != drawer.actor:
        st.rerun()
    work = session.comment_work(workspace, actor)
    try:
        if drawer.threads is None:
            drawer.thing = work.find_thing(drawer.place.kind, drawer.place.thing)
            drawer.threads = _focused_first(work.threads(drawer.place), drawer.focus)
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/cloud_off:")
        return
    if drawer.title:
        st.markdown(f"**{plain(drawer.title)}**")
    places = _draw(drawer, work, after)
    _check(drawer, places)


def _focused_first(threads: list[Thread], focus: str) -> list[Thread]:
    """Return the threads, starting with the one that a link opened."""
    return sorted(threads, key=lambda thread: focus not in {each.kept.id for each in _all(thread)} or not focus)


def _all(thread: Thread) -> tuple[Comment, ...]:
    return (thread.first, *thread.replies)


def _draw(drawer: Drawer, work: CommentWork, after: Callable[[], None] | None) -> list[tuple[str, Any]]:
    """Draw the threads. Returns the containers to fill once each comment's receipt is checked, by receipt.

    Any: Streamlit's containers.
    """
    threads = drawer.threads or []
    start(drawer, work)
    if not threads:
        with st.container(key="comments-none"):
            st.caption("No comments yet. Ask a question or explain what happened, and mention who should know.")
    shown = threads[: drawer.most]
    current = [thread for thread in shown if not thread.is_resolved or _is_focused(thread, drawer)]
    places = [place for thread in current for place in _thread(thread, drawer, work, after)]
    resolved = [thread for thread in shown if thread not in current]
    if resolved:
        with st.expander(counted(len(resolved), "resolved thread"), icon=":material/check_circle:"):
            places += [place for thread in resolved for place in _thread(thread, drawer, work, after)]
    if len(threads) > drawer.most:
        label = f"Show {min(PAGE, len(threads) - drawer.most)} more"
        if st.button(label, key="comments-more", type="tertiary", icon=":material/expand_more:"):
            drawer.most += PAGE
            session.rerun_part()
    return places


def _is_focused(thread: Thread, drawer: Drawer) -> bool:
    return bool(drawer.focus) and drawer.focus in {each.kept.id for each in _all(thread)}


def _thread(
    thread: Thread, drawer: Drawer, work: CommentWork, after: Callable[[], None] | None
) -> list[tuple[str, Any]]:
    places: list[tuple[str, Any]] = []
    first, key = thread.first.kept, f"thread-{thread.first.kept.id}"
    with st.container(border=True, gap="xsmall", key=key):
        words = about_words(thread.first.about, work.workspace.visible(work.actor))
        resolved = ""
        if thread.is_resolved:
            who = f" by {plain(first.resolved_by_name.partition(', ')[0])}" if first.resolved_by_name else ""
            resolved = f" :green[:material/check_circle: Resolved{who}]"
        if words or resolved:
            st.markdown(f":small[:gray[{plain(words)}]{resolved}]")
        _comment(thread.first, thread, drawer, work, after)
        if first.receipt and not first.removed:
            places.append((first.receipt, st.empty()))
        folded = len(thread.replies) - REPLIES
        is_folded = folded > 0 and first.id not in drawer.unfolded and not _is_focused(thread, drawer)
        label = f"Show {counted(folded, 'earlier reply', 'earlier replies')}"
        if is_folded and st.button(label, key=f"{key}-earlier", type="tertiary"):
            drawer.unfolded.add(first.id)
            session.rerun_part()
        for reply in thread.replies[folded if is_folded else 0 :]:
            with st.container(key=f"reply-{reply.kept.id}", gap="xxsmall"):
                _comment(reply, thread, drawer, work, after)
        _thread_acts(thread, drawer, work, key)
    return places


def _thread_acts(thread: Thread, drawer: Drawer, work: CommentWork, key: str) -> None:
    """Draw the buttons Reply and Resolve, for people who can comment."""
    if not work.may_write or (drawer.thing is not None and drawer.thing.is_archived):
        return
    if drawer.doing == ("reply", thread.first.kept.id):
        write_reply(thread, drawer, work, key)
        return
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Reply", key=f"{key}-reply", type="tertiary", icon=":material/reply:",
            on_click=_begin, args=(drawer, "reply", thread.first.kept.id),
        )  # fmt: skip
        label, icon = ("Reopen", "undo") if thread.is_resolved else ("Resolve", "check")
        if st.button(plain(label), key=f"{key}-resolve", type="tertiary", icon=f":material/{icon}:"):
            do(drawer, lambda: work.resolve(thread, on=not thread.is_resolved))


def _begin(drawer: Drawer, what: str, comment: str) -> None:
    drawer.doing = what, comment


def do(drawer: Drawer, act: Callable[[], object], text: str = "") -> None:
    """Run an action and redraw the drawer, or show why the action isn't possible."""
    try:
        act()
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/error:")
        return
    drawer.forget()
    if text:
        st.toast(plain(text), icon=":material/comment:")
    session.rerun_part()


# One comment


def _comment(
    comment: Comment, thread: Thread, drawer: Drawer, work: CommentWork, after: Callable[[], None] | None
) -> None:
    kept, key = comment.kept, f"comment-{comment.kept.id}"
    if kept.removed:
        st.markdown(f":small[:gray[:material/delete: {REMOVED[kept.removed]}]]")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=key):
        when = ago(kept.written_at, work.store.now())
        edited = ", edited" if kept.edited_at is not None else ""
        linked = " :blue-badge[From your link]" if drawer.focus == kept.id else ""
        st.markdown(
            f"**{plain(author_words(kept))}** :small[:gray[{plain(f'{when}{edited}')}]]{linked}", width="stretch"
        )  # fmt: skip
        _menu(comment, thread, drawer, work, key)
    match drawer.doing:
        case ("edit", kept.id):
            edit(comment, drawer, work, key)
        case ("remark", kept.id):
            _text(comment)
            remark.write_remark(comment, drawer, work, key, after)
        case _:
            _text(comment)


def _text(comment: Comment) -> None:
    st.markdown(shown_text(comment))
    if besides := mentioned_besides(comment):
        st.markdown(f":small[:gray[:material/alternate_email: {plain(besides)}]]")


def _menu(comment: Comment, thread: Thread, drawer: Drawer, work: CommentWork, key: str) -> None:
    """Draw the menu behind the three dots, with actions to link to, edit and remove a comment, or turn it into a
    remark.
    """
    about = f"the comment by {author_words(comment.kept)}"
    with st.popover(
        unseen(f"Actions for {about}"), icon=":material/more_horiz:", key=f"{key}-menu", type="tertiary",
        help="Actions", on_change="rerun",
    ) as popover:  # fmt: skip
        if not popover.open:
            return
        with st.container(width=300, gap="xxsmall"):
            _ways(comment, thread, drawer, work, key)


def _ways(comment: Comment, thread: Thread, drawer: Drawer, work: CommentWork, key: str) -> None:
    kept = comment.kept

    def act(label: str, icon: str, what: str) -> None:
        def press() -> None:
            drawer.doing = what, kept.id
            st.session_state[f"{key}-menu"] = False

        st.button(plain(label), key=f"{key}-{what}", type="tertiary", icon=f":material/{icon}:", on_click=press)

    readers = ("thread" if kept.parent else "number") if kept.is_wide else "rows"
    st.caption(plain(f"{when_words(kept.written_at, work.workspace)}. {VISIBLE[readers]}"))
    copy_field(key=f"{key}-copy", data={"link": link_of(comment, st.context.url or ""), "now": False}, width="stretch")
    if kept.receipt:
        links.receipt_link(kept.receipt, "Re-run these numbers")
    settings = comment.about.settings
    if kept.kind == "board" and settings.keys() - {"tab"}:
        query = {links.BOARD_ID: [kept.thing]} | {name: list(texts) for name, texts in settings.items()}
        st.page_link(
            links.page_of(links.BOARD), label="Open the board as it was filtered", icon=":material/history:",
            query_params=query, width="content",
        )  # fmt: skip
    is_archived = drawer.thing is not None and drawer.thing.is_archived
    if remark.may_remark(comment, work):
        act("Turn into a remark", "add_comment", "remark")
    if comment.may_edit and not is_archived:
        act("Edit", "edit", "edit")
    if comment.may_remove and st.button("Remove", key=f"{key}-remove", type="tertiary", icon=":material/delete:"):
        do(drawer, lambda: work.remove(comment), "Comment removed.")


def link_of(comment: Comment, page: str) -> str:
    """Return the absolute address of a comment, based on the current page's address."""
    kept = comment.kept
    thing = links.BOARD_ID if kept.kind == "board" else links.SAVED
    return f"{page.partition('?')[0]}?{urlencode({thing: kept.thing, links.COMMENT: kept.id})}"


# Whether the numbers have changed


def _check(drawer: Drawer, places: list[tuple[str, Any]]) -> None:
    """Compute the commented answers again, once everything is drawn, and mark those that have changed."""
    for receipt in dict.fromkeys(receipt for receipt, _ in places):
        if receipt not in drawer.changed and len(drawer.changed) < CHECKED:
            drawer.changed[receipt] = has_changed(session.live(), receipt, drawer.actor)
    for receipt, place in places:
        if drawer.changed.get(receipt):
            with place.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
                st.markdown(f":small[:orange[:material/difference: {CHANGED}]]", width="content")
                if can_see_why(session.live(), receipt, drawer.actor):
                    links.receipt_link(receipt, "See what changed", icon=None)
