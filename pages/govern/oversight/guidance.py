"""The view Guidance: the current guidance, changes that wait for a steward, and earlier versions."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.govern.oversight import guidance_form as form
from pages.govern.oversight.guidance_words import label, show_differences, show_guidance
from pages.govern.oversight.outcome import run_and_tell
from pages.shell import session
from pages.shell.parts import COLOURS, Action, State, badge_text, block, empty_state, notice, plain, unseen
from pages.widgets.item_words import when_words
from semantic.agents.guidance_work import GuidanceWork
from semantic.display.format import counted
from semantic.errors import SemanticError, StoreFailed
from semantic.governance.guidance import NONE, Guidance, differences
from semantic.store.agents.guidance import LONGEST_NOTE, GuidanceVersion

MOST_VERSIONS = 20
STATES: dict[str, tuple[str, State]] = {
    "proposed": ("Waiting", "caution"),
    "live": ("Live", "good"),
    "replaced": ("Earlier", "quiet"),
    "declined": ("Declined", "quiet"),
    "withdrawn": ("Withdrawn", "quiet"),
}


def show() -> None:
    """Draw the guidance, or why this person can't work with it."""
    _, actor = session.require("steward")
    work = GuidanceWork(session.live(), actor)
    if work.why_not:
        notice("caution", "lock", work.why_not, key="guidance-why-not")
        return
    try:
        versions = work.versions()
    except SemanticError as error:
        acts = [Action("Try again", _just_rerun)]
        empty_state("cloud_off", "Couldn't load the guidance", str(error), acts, key="guidance-away")
        return
    live, current = next((each.number for each in versions if each.state == "live"), 0), NONE
    try:
        live, current = work.current()
    except StoreFailed as error:
        notice("bad", "gpp_bad", str(error), key="guidance-damaged")
    if form.is_open():
        form.show(work, current)
        return
    waiting = [each for each in versions if each.state == "proposed"]
    for each in reversed(waiting):
        _proposal(work, each, current)
    if current.is_empty and not waiting:
        empty_state(
            "menu_book", "No guidance yet",
            "Tell agents which metric to use for a word, which topics are blocked, and what to add to an answer. "
            "Another steward approves each change.",
            [Action("Write guidance", lambda: form.open_new(live, current))], key="guidance-none",
        )  # fmt: skip
    else:
        _current(current, live)
    _versions(work, [each for each in versions if each.state not in ("proposed", "live")])


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the page."""


def _current(current: Guidance, live: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="guidance-head"):
        words = f"**Live guidance** &nbsp;:gray[version {live}]" if live else "**No guidance is live yet**"
        st.markdown(words, width="stretch")
        st.button(
            "Edit guidance", icon=":material/edit:", key="guidance-change", on_click=form.open_new,
            args=(live, current), type="primary",
        )  # fmt: skip
    if current.is_empty:
        return
    with st.container(border=True, gap="small", key="guidance-live"):
        show_guidance(current)


# Proposals


def _proposal(work: GuidanceWork, version: GuidanceVersion, current: Guidance) -> None:
    workspace, key = session.workspace(), f"guidance-proposal-{version.number}"
    with st.container(border=True, gap="xsmall", key=key):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**Proposed change: {plain(version.note)}**", width="content")
            st.badge("Waiting for approval", icon=":material/pending:", color=COLOURS["caution"])
        who = "You" if work.is_own(version) else version.author_name.partition(",")[0] or "Someone who left"
        st.markdown(f":small[:gray[{plain(who)}, {plain(when_words(version.written_at, workspace))}]]")
        show_differences(differences(current, version.guidance, label))
        why = work.why_not_approve(version)
        if why:
            st.caption(plain(why))
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            if not why:
                st.button(
                    f"Approve {unseen(version.note)}", key=f"{key}-approve", type="primary",
                    on_click=_approve, args=(work, version),
                )  # fmt: skip
            if work.is_own(version):
                st.button(
                    f"Withdraw {unseen(version.note)}", key=f"{key}-withdraw", on_click=_close, args=(work, version, "")
                )
            else:
                _decline(work, version, key)


def _decline(work: GuidanceWork, version: GuidanceVersion, key: str) -> None:
    popover = st.popover("Decline", key=f"{key}-decline", on_change="rerun")
    if not popover.open:
        return
    with popover, st.container(width=280):
        st.text_input("Reason", key=f"{key}-why", max_chars=LONGEST_NOTE, placeholder="Too strict")
        st.button("Decline proposal", key=f"{key}-decline-now", type="primary", on_click=_declined,
                  args=(work, version, f"{key}-why"))  # fmt: skip


# Earlier versions


def _versions(work: GuidanceWork, versions: Sequence[GuidanceVersion]) -> None:
    if not versions:
        return
    with block("Earlier versions", counted(len(versions), "version")):
        for each in versions[:MOST_VERSIONS]:
            _version(work, each)
        if len(versions) > MOST_VERSIONS:
            st.caption(f"Showing the newest {MOST_VERSIONS}. The audit log has the rest.")


def _version(work: GuidanceWork, version: GuidanceVersion) -> None:
    word, colour = STATES[version.state]
    who = version.author_name.partition(",")[0] or "Someone who left"
    title = f"Version {version.number}: {version.note}"
    with st.expander(plain(title)):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(badge_text(word), color=COLOURS[colour])
            written = when_words(version.written_at, session.workspace())
            decided = version.decided_name.partition(",")[0]
            parts = [f"Written by {who}, {written}"]
            if decided and version.state in ("replaced", "declined"):
                parts.append(f"{'Approved' if version.state == 'replaced' else 'Declined'} by {decided}")
            st.markdown(f":small[:gray[{plain('. '.join(parts))}.]]")
        if version.why:
            st.caption(plain(version.why))
        if not version.is_sealed:
            st.caption("This version was changed outside Samepage, so it can't be restored.")
        show_guidance(version.guidance)
        if version.state == "replaced" and version.is_sealed:
            st.button(
                f"Restore {unseen(f'version {version.number}')}", key=f"guidance-restore-{version.number}",
                on_click=_restore, args=(work, version),
            )  # fmt: skip


# Click handlers


def _approve(work: GuidanceWork, version: GuidanceVersion) -> None:
    def act() -> str:
        work.approve(version)
        return f"Version {version.number} is live. Agents follow it from now on."

    run_and_tell(act)


def _declined(work: GuidanceWork, version: GuidanceVersion, key: str) -> None:
    _close(work, version, str(st.session_state.get(key) or ""))


def _close(work: GuidanceWork, version: GuidanceVersion, why: str) -> None:
    def act() -> str:
        work.decline(version, why)
        return f"The proposal “{version.note}” is {'withdrawn' if work.is_own(version) else 'declined'}."

    run_and_tell(act)


def _restore(work: GuidanceWork, version: GuidanceVersion) -> None:
    def act() -> str:
        number, is_live = work.restore(version)
        if is_live:
            return f"Version {version.number} is live again, as version {number}."
        return "This version blocks less or has fewer caveats, so another steward has to approve it."

    run_and_tell(act)
