"""The menu of a steward's drafts: open another draft, and create, rename, duplicate or discard drafts."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.govern.definitions import current_edits as current_edits
from pages.shell.parts import plain
from pages.widgets.item_words import when_words
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.services.drafts import (
    Edits,
    choose_draft,
    duplicate_draft,
    list_drafts,
    name_draft,
    new_draft,
    throw_away,
)
from semantic.services.process import Live
from semantic.store.models.drafts import LONGEST_NAME, Draft
from semantic.workspace import Workspace

_TROUBLE, _SURE = "draft_menu_trouble", "draft_menu_sure"
_MOST = 20
_NAME, _NEW = "draft-name", "draft-new-name"


def draft_menu(live: Live, edits: Edits, workspace: Workspace) -> None:
    """Draw the menu. Its label is the name of the open draft."""
    label = edits.draft.title if edits.draft is not None else "Drafts"
    with st.popover(
        plain(label if len(label) <= 28 else f"{label[:27].rstrip()}…"), icon=":material/edit_note:", key="draft-menu",
        on_change="rerun", help=plain(label) if len(label) > 28 else None,
    ) as menu:  # fmt: skip
        if not menu.open:
            return
        with st.container(width=380, gap="small"):
            _menu(live, edits, workspace)


def _menu(live: Live, edits: Edits, workspace: Workspace) -> None:
    actor = current_edits.acting()
    if actor is None:
        st.caption("You no longer have access to drafts. Reload the page.")
        return
    if trouble := st.session_state.get(_TROUBLE):
        st.error(plain(trouble))
    try:
        drafts = list_drafts(live, actor)
    except SemanticError as error:
        st.error(plain(str(error)))
        return
    if edits.draft is not None:
        _open_one(live, edits)
    others = [draft for draft in drafts if edits.draft is None or draft.id != edits.draft.id]
    if others:
        st.markdown("**Your other drafts**" if edits.draft is not None else "**Your drafts**")
        for draft in others[:_MOST]:
            _row(live, draft, workspace)
        if len(others) > _MOST:
            st.caption(f"And {len(others) - _MOST:,} more. Discard the ones you don't need.")
    elif edits.draft is None:
        st.caption("You have no drafts. Your first edit starts one, or name one now.")
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.text_input("New draft", key=_NEW, max_chars=LONGEST_NAME, placeholder="Such as Returns without tax")
        st.button("Start", key="draft-new", on_click=_start, args=(live,))


def _row(live: Live, draft: Draft, workspace: Workspace) -> None:
    changed = "Changed" if draft.changes else "No changes,"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"draft-row-{draft.id}"):
        st.markdown(
            f"{plain(draft.title)}  \n:small[:gray[{plain(f'{changed} {when_words(draft.changed_at, workspace)}')}]]",
            width="stretch",
        )
        st.button("Open", key=f"draft-open-{draft.id}", on_click=_choose, args=(live, draft.id))


def _open_one(live: Live, edits: Edits) -> None:
    assert edits.draft is not None
    name = f"{_NAME}-{edits.draft.id}"
    st.text_input(
        "Name of this draft", value=edits.draft.name, key=name, max_chars=LONGEST_NAME, placeholder=edits.draft.title,
        on_change=_rename, args=(live, edits, name),
    )  # fmt: skip
    if st.session_state.get(_SURE) == edits.draft.id:
        st.markdown("Discard this draft with every change in it?")
        with st.container(horizontal=True, gap="small"):
            st.button("Discard draft", key="draft-discard-sure", type="primary", on_click=_discard, args=(live, edits))
            st.button("Keep it", key="draft-discard-no", on_click=_sure, args=("",))
        return
    with st.container(horizontal=True, gap="small"):
        st.button("Duplicate", key="draft-duplicate", icon=":material/content_copy:", on_click=_duplicate,
                  args=(live, edits))  # fmt: skip
        st.button("Discard…", key="draft-discard-ask", icon=":material/delete:", on_click=_sure,
                  args=(edits.draft.id,))  # fmt: skip


def _sure(draft: str) -> None:
    st.session_state[_SURE] = draft


def _change(make: Callable[[Actor], Edits]) -> None:
    actor = current_edits.acting()
    if actor is None:
        return
    st.session_state.pop(_SURE, None)
    try:
        edits = make(actor)
    except SemanticError as error:
        st.session_state[_TROUBLE] = str(error)
        return
    st.session_state.pop(_TROUBLE, None)
    current_edits.keep(edits)
    st.session_state.pop("publish-note", None)  # The message was about the previous draft.


def _choose(live: Live, draft: str) -> None:
    _change(lambda actor: choose_draft(live, actor, draft))


def _start(live: Live) -> None:
    name = str(st.session_state.get(_NEW) or "").strip()
    _change(lambda actor: new_draft(live, actor, name=name))
    st.session_state[_NEW] = ""


def _rename(live: Live, edits: Edits, key: str) -> None:
    name = str(st.session_state.get(key) or "").strip()
    _change(lambda actor: name_draft(live, actor, edits, name))


def _duplicate(live: Live, edits: Edits) -> None:
    assert edits.draft is not None
    name = f"Copy of {edits.draft.title}"
    _change(lambda actor: duplicate_draft(live, actor, edits, name=name))


def _discard(live: Live, edits: Edits) -> None:
    _change(lambda actor: throw_away(live, actor, edits))
