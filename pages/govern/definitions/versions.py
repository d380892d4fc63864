"""The published versions of the model: who published each, when, why, and what changed, with a button to roll back."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import streamlit as st

from pages.govern.definitions import current_edits as current_edits
from pages.govern.definitions.changes import show_difference
from pages.govern.definitions.review.sending import open_review
from pages.shell.needed import needs, show_missing
from pages.shell.parts import notice, plain
from semantic.display.format import counted
from semantic.errors import ModelError, SemanticError
from semantic.governance.model_diff import diff_models
from semantic.services.process import Live
from semantic.services.reviewing.rolling_back import ProposedRollBack, roll_back_to, why_not_at_once
from semantic.store.models.versions import Version, files_of, read_versions
from semantic.workspace import Workspace

_STEP = 10
_SHOWN, _TROUBLE, _TOLD, _REVIEW = "versions_shown", "version_trouble", "version_told", "version_review"


def show_versions(workspace: Workspace) -> None:
    """Draw the versions, newest first, ten at a time."""
    live = current_edits.require()[0]
    with live.store.read() as connection:
        versions = read_versions(connection)
    if trouble := st.session_state.pop(_TROUBLE, ""):
        st.error(plain(trouble))
    if told := st.session_state.pop(_TOLD, ""):
        review = st.session_state.pop(_REVIEW, "")
        notice("caution" if review else "good", "rate_review" if review else "check_circle", told, key="rolled-back")
        if review:
            st.button("Open the review", key="roll-back-review", on_click=open_review, args=(review,))
    shown = st.session_state.get(_SHOWN, _STEP)
    running = workspace.published.number if workspace.published else 0
    for version in versions[:shown]:
        with st.container(border=True, gap="xsmall", key=f"version-{version.number}"):
            _version(live, version, workspace, head=versions[0].number, running=running)
    if len(versions) > shown:
        st.button(
            f"Show {counted(min(_STEP, len(versions) - shown), 'older version')}", key="versions-more", type="tertiary",
            on_click=lambda: st.session_state.update({_SHOWN: shown + _STEP}),
        )  # fmt: skip


def _version(live: Live, version: Version, workspace: Workspace, *, head: int, running: int) -> None:
    zone = ZoneInfo(workspace.model.settings.time_zone)
    at = version.published_at.astimezone(zone)
    who = version.author_name or "An erased person"
    state = ""
    if version.number == running:
        state = " &nbsp;:green-badge[Live]"
    elif version.effective_at > live.store.now() and version.number < running:
        state = " &nbsp;:gray-badge[Replaced]"
    elif version.effective_at > live.store.now():
        starts = version.effective_at.astimezone(zone)
        state = f" &nbsp;:violet-badge[Scheduled for {starts.day} {starts:%b %Y, %H:%M}]"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"**Version {version.number}**{state} &nbsp;:gray[{plain(f'{who}, {at.day} {at:%b %Y, %H:%M}')}]",
            width="stretch",
        )
        if version.number != head:
            _way_back(live, version, head)
    st.markdown(plain(version.note or "No note."))
    if version.rebases is not None:
        st.caption(f"Replaces version {version.rebases}, with the uploads published since.")
    if version.parent is None:
        return
    with st.expander(
        f"What changed since version {version.parent}", key=f"version-diff-{version.number}", on_change="rerun"
    ) as opened:
        if opened.open:
            _difference(live, version, workspace)


def _difference(live: Live, version: Version, workspace: Workspace) -> None:
    assert version.parent is not None
    try:
        with live.store.read() as connection:
            before, after = files_of(connection, version.parent), files_of(connection, version.number)
        show_difference(diff_models(before, after), workspace, key=f"version-{version.number}")
    except ModelError:
        st.caption("Samepage can't read one of these versions any more, so they can't be compared.")
    except SemanticError as error:
        st.caption(plain(str(error)))


def _way_back(live: Live, version: Version, head: int) -> None:
    with st.popover("Roll back to this", key=f"roll-back-{version.number}", on_change="rerun") as asked:
        if not asked.open:
            return
        with st.container(width=360, gap="small"):
            try:
                why = why_not_at_once(live, version.number)
            except SemanticError as error:
                st.markdown(plain(str(error)))
                return
            st.markdown(
                plain(f"{why} Another person has to approve this, so it's sent for review as a draft of yours.")
                if why
                else f"Version {version.number} is published again as version {head + 1}, immediately and without a "
                "review. Uploads don't change. Later versions stay in the list, and their authors get a message."
            )
            note = f"roll-back-note-{version.number}"
            st.text_input("Why", key=note, max_chars=500)
            show_missing(note)
            st.button(
                "Send for review" if why else "Roll back", key=f"roll-back-go-{version.number}", type="primary",
                on_click=needs({note: "Say why you're rolling back."}, _roll_back), args=(live, version.number, head),
            )  # fmt: skip


def _roll_back(live: Live, number: int, head: int) -> None:
    actor = current_edits.acting()
    if actor is None:
        return
    note = str(st.session_state.get(f"roll-back-note-{number}") or "").strip()
    try:
        done = roll_back_to(live, actor, number, head=head, note=note)
    except SemanticError as error:
        st.session_state[_TROUBLE] = str(error)
        return
    st.session_state[f"roll-back-{number}"] = False  # An open popover would offer to roll back again.
    st.session_state.pop(f"roll-back-note-{number}", None)
    if isinstance(done, ProposedRollBack):
        st.session_state[_TOLD] = f"Not rolled back yet. {done.why} Your draft is waiting for a second person."
        st.session_state[_REVIEW] = done.review
        return
    st.session_state[_TOLD] = f"Version {done.number} is live, with the definitions of version {number}."
