"""Changes in a synced folder, which a steward can take into a draft, and the problems of its files."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic

import streamlit as st

from pages.govern.definitions import current_edits as current_edits
from pages.govern.definitions.changes import choose_side
from pages.shell.parts import plain
from semantic.display.format import counted
from semantic.errors import ModelError, SemanticError
from semantic.model.editing.objects import Key
from semantic.services.drafts import Edits
from semantic.services.process import Live
from semantic.services.synced.offer import Offer, dismiss_offer, merge_offer, read_offer, take_offer

_SEEN, _TROUBLE, _OPEN = "synced_seen", "synced_trouble", "synced_open"
_SECONDS = 15.0
_MOST = 20
_SIDES = ("From git", "Published")


def show_offer(live: Live, edits: Edits) -> None:
    """Draw the changes in the folder above the definitions, if there is a synced folder."""
    if live.settings.synced_folder is None:
        return
    offer = _current(live)
    if offer is None:
        return
    if offer.problems:
        _problems(offer)
    if offer.is_open and not (edits.draft is not None and edits.draft.note == offer.title):
        _changes(live, offer)


def _current(live: Live) -> Offer | None:
    """Return the current changes. The session reads them from the store at most once every few seconds."""
    seen: tuple[float, Offer | None] | None = st.session_state.get(_SEEN)
    if seen is None or monotonic() - seen[0] > _SECONDS:
        try:
            seen = (monotonic(), read_offer(live))
        except SemanticError:
            return None  # The page already says that the store can't be reached.
        st.session_state[_SEEN] = seen
    return seen[1]


def _problems(offer: Offer) -> None:
    with st.container(border=True, gap="xsmall", key="synced-problems"):
        files = len({problem.file for problem in offer.problems})
        what = "can't be used" if offer.problems[0].file == "" else f"has problems in {counted(files, 'file')}"
        sentence = f"The synced folder {what}. Samepage still offers its last valid version."
        st.markdown(f":red[:material/error:] {plain(sentence)}")
        with st.expander("Problems", key="synced-problem-list"):
            for problem in offer.problems[:_MOST]:
                line = f", line {problem.line}" if problem.line else ""
                place = f":gray[{plain(f'{problem.file}{line}')}] &nbsp;" if problem.file else ""
                st.markdown(f"{place}{plain(f'{problem.message} {problem.remedy}')}")
            if len(offer.problems) > _MOST:
                st.caption(f"And {counted(len(offer.problems) - _MOST, 'more problem')}.")


def _changes(live: Live, offer: Offer) -> None:
    with st.container(border=True, gap="xsmall", key="synced-offer"):
        names = [f"{kind.words} {name}" for kind, name in offer.changes]
        listed = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
        st.markdown(f":blue[:material/commit:] **{plain(offer.title)}** changes {plain(listed)}.")
        if trouble := st.session_state.get(_TROUBLE):
            st.error(plain(trouble))
        if st.session_state.get(_OPEN) == offer.seen:
            _settle(live, offer)
            return
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Review in a draft", key="synced-review", type="primary",
                on_click=_review, args=(live, offer),
            )  # fmt: skip
            st.button("Dismiss", key="synced-dismiss", on_click=_dismiss, args=(live,),
                      help="Hides these changes for everyone until the folder changes again.")  # fmt: skip


def _settle(live: Live, offer: Offer) -> None:
    """Draw both texts of each definition that changed in the folder and in the app, with the choice of the
    one to keep.
    """
    try:
        merged, _ = merge_offer(live, offer)
    except ModelError as error:
        st.error(plain(error.title))
        return
    st.markdown("These definitions changed in git and in the app. Choose which text to keep.")
    chosen = {conflict.key: choose_side(conflict, place, _SIDES) for place, conflict in enumerate(merged.conflicts)}
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Continue in a draft", key="synced-settle", type="primary", on_click=_take, args=(live, offer, chosen)
        )
        st.button("Cancel", key="synced-cancel", on_click=_close)


def _close() -> None:
    st.session_state.pop(_OPEN, None)


def _review(live: Live, offer: Offer) -> None:
    try:
        merged, _ = merge_offer(live, offer)
    except ModelError as error:
        st.session_state[_TROUBLE] = str(error)
        return
    if merged.conflicts:
        st.session_state[_OPEN] = offer.seen
    else:
        _take(live, offer, {})


def _take(live: Live, offer: Offer, chosen: Mapping[Key, str | None]) -> None:
    actor = current_edits.acting()
    if actor is None:
        return
    try:
        current_edits.keep(take_offer(live, actor, offer, *merge_offer(live, offer, chosen)))
    except SemanticError as error:
        st.session_state[_TROUBLE] = str(error)
        return
    st.session_state.pop(_TROUBLE, None)
    st.session_state.pop(_OPEN, None)
    st.session_state["publish-note"] = offer.title
    st.session_state["definition-view"] = "Changes"


def _dismiss(live: Live) -> None:
    if current_edits.acting() is None:
        return
    try:
        dismiss_offer(live)
    except SemanticError as error:
        st.session_state[_TROUBLE] = str(error)
    st.session_state.pop(_SEEN, None)
