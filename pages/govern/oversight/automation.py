"""The view Automation log: the automations that were launched, changed, paused or ended, and the form for an entry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

import streamlit as st

from pages.govern.oversight.outcome import run_and_tell
from pages.shell import session
from pages.shell.parts import Action, empty_state, heading, notice, plain, unseen
from semantic.agents.automation import AutomationWork, Line
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.query.describe import describe_day
from semantic.store.agents.automation import (
    CHANGES,
    KINDS,
    LONGEST_CONCERNS,
    LONGEST_NAME,
    LONGEST_NOTE,
    Automation,
    StoredAutomation,
)

_OPEN: Final = "automation-form-of"
_KEY: Final = "automation-form"
_SHOWN: Final = "automation-shown"
_NEW: Final = "new"
PAGE: Final = 25


def show() -> None:
    """Draw the automation log and its form."""
    _, actor = session.require("steward")
    work = AutomationWork(session.live(), actor)
    if actor.viewed_by is not None:
        notice(
            "caution",
            "lock",
            "You're viewing as someone else. Stop viewing to see the automation log.",
            key="auto-viewing",
        )
        return
    if _OPEN in st.session_state:
        _form(work)
        return
    try:
        lines = work.lines()
    except SemanticError as error:
        acts = [Action("Try again", _just_rerun)]
        empty_state("cloud_off", "Couldn't load the automation log", str(error), acts, key="automation-away")
        return
    if not lines:
        empty_state(
            "manufacturing", "No entries yet",
            "Log when a flow, bidding automation, AI feature or agent is launched, changed, paused or ended. "
            "Entries appear on charts, so you can compare results before and after.",
            [Action("Add entry", _open_new)], key="automation-none",
        )  # fmt: skip
        return
    _head(work, lines)
    shown = int(st.session_state.get(_SHOWN, PAGE))
    for place, line in enumerate(lines[:shown]):
        _line(work, line, place)
    if len(lines) > shown:
        more = min(PAGE, len(lines) - shown)
        st.button(f"Show {more} more", key="automation-more", on_click=_more, args=(shown + PAGE,))


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the page."""


def _more(count: int) -> None:
    st.session_state[_SHOWN] = count


def _head(work: AutomationWork, lines: list[Line]) -> None:
    written = sum(line.kept is not None for line in lines)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="automation-head"):
        own = len(lines) - written
        parts = [
            counted(written, "entry", "entries"),
            *([f"{counted(own, 'change')} from the audit log"] if own else []),
        ]
        words = " \N{MIDDLE DOT} ".join(parts)
        st.markdown(f":small[:gray[{plain(words)}. Entries appear on charts.]]", width="stretch")
        if written:
            if not work.why_no_dataset:
                st.button(
                    "Update dataset" if work.dataset() else "Create dataset", icon=":material/database:",
                    key="automation-dataset", on_click=_make_dataset, args=(work,),
                    help="Lets you ask about the entries like any other data. Find it under Your uploads.",
                )  # fmt: skip
            st.download_button(
                "Export CSV", _file(work), "automation-log.csv", "text/csv", key="automation-export",
                icon=":material/download:", on_click="ignore",
            )  # fmt: skip
        st.button("Add entry", icon=":material/add:", key="automation-add", type="primary", on_click=_open_new)


def _file(work: AutomationWork) -> Callable[[], bytes]:
    return lambda: work.export().encode("utf-8")


def _line(work: AutomationWork, line: Line, place: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"automation-line-{place}"):
        kept = line.kept
        facts = [describe_day(line.day)]
        if kept is None:
            facts.append("from the audit log")
        else:
            owner = kept.automation.owner
            facts += [f"owner: {owner}"] if owner else []
            facts += [kept.automation.note] if kept.automation.note else []
        words = " \N{MIDDLE DOT} ".join(facts)
        icon = "manufacturing" if kept is not None else "history"
        st.markdown(f":gray[:material/{icon}:] {plain(line.text)}  \n:small[:gray[{plain(words)}]]", width="stretch")
        if kept is not None:
            st.button(
                unseen(f"Edit {kept.automation.name}"), icon=":material/edit:", key=f"automation-edit-{kept.id}",
                type="tertiary", on_click=_open_kept, args=(kept,),
            )  # fmt: skip
            st.button(
                unseen(f"Remove {kept.automation.name}"), icon=":material/delete:", type="tertiary",
                key=f"automation-remove-{kept.id}", on_click=_remove, args=(work, kept),
            )  # fmt: skip


def _form(work: AutomationWork) -> None:
    kept: StoredAutomation | None = None if st.session_state[_OPEN] == _NEW else st.session_state[_OPEN]
    with st.container(border=True, gap="small", key=_KEY):
        heading("Edit entry" if kept else "New entry")
        with st.grid(3, min_column_width=200, gap="small"):
            st.selectbox("Kind", list(KINDS), key=f"{_KEY}-kind", format_func=KINDS.__getitem__)
            st.selectbox("Change", list(CHANGES), key=f"{_KEY}-change", format_func=CHANGES.__getitem__)
            st.date_input("Day", key=f"{_KEY}-day", format="YYYY-MM-DD")
        st.text_input("Name", key=f"{_KEY}-name", max_chars=LONGEST_NAME, placeholder="Abandoned cart flow")
        st.text_input(
            "Markets or channels (optional)", key=f"{_KEY}-concerns", max_chars=LONGEST_CONCERNS,
            placeholder="Germany, email",
            help="If you enter any, only people who see all rows of a chart see the entry on it.",
        )  # fmt: skip
        st.text_input("Owner (optional)", key=f"{_KEY}-owner", max_chars=LONGEST_NAME, placeholder="CRM team")
        st.text_input("Note (optional)", key=f"{_KEY}-note", max_chars=LONGEST_NOTE)
        with st.container(horizontal=True, gap="xsmall"):
            st.button("Save entry", key=f"{_KEY}-save", type="primary", on_click=_save, args=(work, kept))
            st.button("Cancel", key=f"{_KEY}-cancel", on_click=_close)


# Click handlers


def _make_dataset(work: AutomationWork) -> None:
    def act() -> str:
        made = work.make_dataset()
        return f"“{made.plan.label}” now has all entries. Only you can see it until you share it under Your uploads."

    run_and_tell(act, "database")


def _open_new() -> None:
    st.session_state[_OPEN] = _NEW
    st.session_state[f"{_KEY}-day"] = session.workspace().today()


def _open_kept(kept: StoredAutomation) -> None:
    st.session_state[_OPEN] = kept
    for name in ("kind", "change", "day", "name", "concerns", "owner", "note"):
        st.session_state[f"{_KEY}-{name}"] = getattr(kept.automation, name)


def _save(work: AutomationWork, kept: StoredAutomation | None) -> None:
    typed = {name: str(st.session_state.get(f"{_KEY}-{name}") or "") for name in ("name", "concerns", "owner", "note")}
    day = st.session_state.get(f"{_KEY}-day")

    def act() -> str:
        entry = Automation(
            kind=str(st.session_state[f"{_KEY}-kind"]), change=str(st.session_state[f"{_KEY}-change"]),
            day=day if isinstance(day, date) else session.workspace().today(), **typed,
        )  # fmt: skip
        if kept is None:
            work.add(entry)
        else:
            work.change(kept, entry)
        return f"Saved “{entry.name.strip()}”. Charts that include this day show it."

    if run_and_tell(act):
        _close()


def _remove(work: AutomationWork, kept: StoredAutomation) -> None:
    def act() -> str:
        work.remove(kept)
        return f"Removed “{kept.automation.name}” from the log and from charts."

    run_and_tell(act, "delete")


def _close() -> None:
    for name in [str(name) for name in st.session_state if str(name).startswith((_OPEN, f"{_KEY}-"))]:
        del st.session_state[name]
