"""The form in which a steward edits the guidance for agents: a copy, its differences, and the button that
submits it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, Literal

import streamlit as st

from pages.govern.oversight.guidance_words import label, show_differences
from pages.govern.oversight.outcome import run_and_tell
from pages.shell import session
from pages.shell.parts import heading, plain, unseen
from semantic.agents.guidance_work import GuidanceWork
from semantic.errors import InvalidQuery, SemanticError
from semantic.governance.guidance import (
    LONGEST_NOTES,
    LONGEST_TEXT,
    LONGEST_WORDS,
    Blocked,
    Caveat,
    Guidance,
    Preferred,
    check_guidance,
    differences,
)
from semantic.store.agents.guidance import LONGEST_NOTE

_COPY: Final = "guidance-copy"
_KEY: Final = "guidance-form"
Section = Literal["preferred", "blocked", "caveats"]


@dataclass(frozen=True, slots=True)
class _Copy:
    """The guidance that is being edited, and the version that it's based on."""

    based_on: int
    guidance: Guidance


def is_open() -> bool:
    """Return whether this person has the form open."""
    return isinstance(st.session_state.get(_COPY), _Copy)


def open_new(based_on: int, guidance: Guidance) -> None:
    """Open the form with a copy of this guidance."""
    st.session_state[_COPY] = _Copy(based_on, guidance)
    st.session_state[f"{_KEY}-notes"] = guidance.notes
    st.session_state[f"{_KEY}-note"] = ""


def show(work: GuidanceWork, current: Guidance) -> None:
    """Draw the open form."""
    copy: _Copy = st.session_state[_COPY]
    # The text is stored in the session while other views are open, because a field that isn't drawn loses its text.
    for name in ("notes", "note"):
        st.session_state[f"{_KEY}-{name}"] = st.session_state.get(f"{_KEY}-{name}", "")
    guidance = copy.guidance
    seen = session.workspace().visible(work.actor)  # without the uploads of other people
    labels = {metric.name: metric.label or metric.name for metric in seen.metrics}
    with st.container(gap="medium", key=_KEY):
        _preferred(guidance, labels)
        _blocked(guidance, labels)
        _caveats(guidance, labels)
        st.text_area(
            "General notes", key=f"{_KEY}-notes", max_chars=LONGEST_NOTES, height=120,
            placeholder="Fiscal years begin in February. Amounts are in euros.",
            help="Agents read these before they ask. People without access to a metric don't get notes that name it.",
        )  # fmt: skip
        _send(work, copy, current)


def _preferred(guidance: Guidance, labels: Mapping[str, str]) -> None:
    with st.container(border=True, gap="xsmall", key=f"{_KEY}-preferred"):
        heading("Preferred metrics", "which metric to use for a word or topic")
        for place, each in enumerate(guidance.preferred):
            _row("preferred", place, f"“{each.words}” → {label(each.metric)}", each.why)
        with _adding("Add a preferred metric", "preferred") as key:
            if key:
                st.text_input("Word or topic", key=f"{key}-words", max_chars=LONGEST_WORDS, placeholder="sales")
                _metric("Metric to use", f"{key}-metric", labels)
                st.text_input("Reason (optional)", key=f"{key}-why", max_chars=LONGEST_TEXT)
                _add("preferred", key)


def _blocked(guidance: Guidance, labels: Mapping[str, str]) -> None:
    with st.container(border=True, gap="xsmall", key=f"{_KEY}-blocked"):
        heading("Blocked topics", "agents get a refusal, with a reason and someone to ask")
        for place, each in enumerate(guidance.blocked):
            named = ", ".join([*(f"“{word}”" for word in each.words), *(label(name) for name in each.metrics)])
            _row("blocked", place, each.topic, f"{named}: {each.reason} Ask {each.ask}.")
        with _adding("Add a blocked topic", "blocked") as key:
            if key:
                st.text_input("Topic", key=f"{key}-topic", max_chars=LONGEST_WORDS, placeholder="Salaries")
                st.text_input(
                    "Words in a question", key=f"{key}-words", placeholder="salary, payroll",
                    help="Separate words with commas. Singular and plural forms both match.",
                )  # fmt: skip
                st.multiselect(
                    "Metrics", list(labels), key=f"{key}-metrics", format_func=lambda name: plain(labels[name])
                )
                st.text_input("Reason", key=f"{key}-reason", max_chars=LONGEST_TEXT, placeholder="It isn't public yet.")
                st.text_input("Person or team to ask", key=f"{key}-ask", max_chars=LONGEST_WORDS)
                _add("blocked", key)


def _caveats(guidance: Guidance, labels: Mapping[str, str]) -> None:
    with st.container(border=True, gap="xsmall", key=f"{_KEY}-caveats"):
        heading("Caveats", "added to every answer with the metric that an agent gets")
        for place, each in enumerate(guidance.caveats):
            _row("caveats", place, label(each.metric), each.text)
        with _adding("Add a caveat", "caveats") as key:
            if key:
                _metric("Metric", f"{key}-metric", labels)
                st.text_input("Caveat", key=f"{key}-text", max_chars=LONGEST_TEXT, placeholder="Before returns.")
                _add("caveats", key)


def _row(section: Section, place: int, first: str, second: str) -> None:
    key = f"{_KEY}-row-{section}-{place}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=key):
        st.markdown(plain(first) + (f"  \n:small[:gray[{plain(second)}]]" if second else ""), width="stretch")
        st.button(
            unseen(f"Remove {first}"), icon=":material/close:", key=f"{_KEY}-remove-{section}-{place}",
            type="tertiary", on_click=_remove, args=(section, place),
        )  # fmt: skip


@contextmanager
def _adding(title: str, section: Section) -> Iterator[str]:
    """Draw the popover that adds an entry to a section. Yields the prefix of its field keys, or "" while
    it's closed.
    """
    key = f"{_KEY}-add-{section}"
    popover = st.popover(title, icon=":material/add:", key=key, on_change="rerun")
    with popover, st.container(width=320, gap="xsmall"):
        yield key if popover.open else ""


def _metric(title: str, key: str, labels: Mapping[str, str]) -> None:
    st.selectbox(title, list(labels), index=None, key=key, format_func=lambda name: plain(labels[name]))


def _add(section: Section, key: str) -> None:
    if problem := st.session_state.get(f"{key}-problem"):
        st.caption(f":orange[{plain(problem)}]")
    st.button("Add", key=f"{key}-now", type="primary", on_click=_added, args=(section, key))


def _send(work: GuidanceWork, copy: _Copy, current: Guidance) -> None:
    guidance = replace(copy.guidance, notes=_typed(f"{_KEY}-notes"))
    changes = differences(current, guidance, label)
    with st.container(border=True, gap="xsmall", key=f"{_KEY}-send"):
        heading("Your change")
        if changes:
            show_differences(changes)
            st.text_input("Describe the change", key=f"{_KEY}-note", max_chars=LONGEST_NOTE)
        else:
            st.caption("No changes yet.")
        with st.container(horizontal=True, gap="xsmall"):
            st.button("Send for approval", key=f"{_KEY}-send-now", type="primary", disabled=not changes,
                      on_click=_sent, args=(work,))  # fmt: skip
            st.button("Discard", key=f"{_KEY}-discard", on_click=_close)


# Click handlers


def _remove(section: Section, place: int) -> None:
    copy: _Copy = st.session_state[_COPY]
    kept = [each for at, each in enumerate(getattr(copy.guidance, section)) if at != place]
    st.session_state[_COPY] = replace(copy, guidance=replace(copy.guidance, **{section: tuple(kept)}))


def _added(section: Section, key: str) -> None:
    copy: _Copy = st.session_state[_COPY]
    guidance = replace(copy.guidance, **{section: (*getattr(copy.guidance, section), _entry(section, key))})
    try:
        if section != "blocked" and not _typed(f"{key}-metric"):
            raise InvalidQuery("Choose a metric.")
        check_guidance(replace(guidance, notes=""))
    except SemanticError as error:
        st.session_state[f"{key}-problem"] = str(error)
        return
    st.session_state[_COPY] = replace(copy, guidance=guidance)
    for name in [str(name) for name in st.session_state if str(name).startswith(f"{key}-")]:
        del st.session_state[name]
    st.session_state[key] = False  # closes the popover


def _entry(section: Section, key: str) -> Preferred | Blocked | Caveat:
    match section:
        case "preferred":
            return Preferred(words=_typed(f"{key}-words"), metric=_typed(f"{key}-metric"), why=_typed(f"{key}-why"))
        case "blocked":
            words = tuple(word.strip() for word in _typed(f"{key}-words").split(",") if word.strip())
            metrics = tuple(st.session_state.get(f"{key}-metrics") or ())
            reason, ask = _typed(f"{key}-reason"), _typed(f"{key}-ask")
            return Blocked(topic=_typed(f"{key}-topic"), words=words, metrics=metrics, reason=reason, ask=ask)
        case "caveats":
            return Caveat(metric=_typed(f"{key}-metric"), text=_typed(f"{key}-text"))


def _typed(key: str) -> str:
    return str(st.session_state.get(key) or "").strip()


def _sent(work: GuidanceWork) -> None:
    copy: _Copy = st.session_state[_COPY]
    guidance = replace(copy.guidance, notes=_typed(f"{_KEY}-notes"))

    def act() -> str:
        work.propose(guidance, _typed(f"{_KEY}-note"), based_on=copy.based_on)
        return "Sent. It goes live once another steward approves it."

    if run_and_tell(act):
        _close()


def _close() -> None:
    for name in [str(name) for name in st.session_state if str(name).startswith((_COPY, f"{_KEY}-"))]:
        del st.session_state[name]
