"""The audit log's entries, newest first and page by page, filtered by person, action, item and days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import streamlit as st

from pages.admin.audit.entry import labels, open_entry
from pages.shell import session
from pages.shell.parts import Action, chip, empty_state, plain, quoted
from pages.shell.turns import in_turn
from semantic.display.format import counted
from semantic.errors import StoreFailed
from semantic.store.audit.entries import Entry, EntryFilter, count_entries, read_entries, read_kinds
from semantic.store.audit.sentences import sentence, title_of
from semantic.store.people import StoredPerson, read_stored_people

PAGE = 25
PERSON, KIND, DAYS, ABOUT = "audit-person", "audit-kind", "audit-days", "audit-about"
_BEFORE = "audit-before"
"""The session key for where each page before the current one ended: the number of its last entry."""


@st.fragment
@in_turn
def entries() -> None:
    """Draw the list of entries, which reruns separately when a filter or the page changes."""
    workspace, actor = session.require("administrator")
    live, chosen = session.live(), current_filters()
    pages: list[int] = st.session_state.get(_BEFORE) or []
    try:
        with live.store.read() as connection:
            people, kinds = read_stored_people(connection), read_kinds(connection)
            entries = read_entries(connection, live.keys, chosen, before=pages[-1] if pages else None, limit=PAGE)
            count = count_entries(connection, chosen)
    except StoreFailed as error:
        empty_state(
            "cloud_off", "Couldn't load the log", str(error), [Action("Try again", _just_rerun)], key="audit-failed"
        )
        return
    _narrowing(people, kinds)
    if not entries:
        _nothing(chosen)
        return
    first = PAGE * len(pages) + 1
    st.caption(
        f"{first:,}\N{EN DASH}{first + len(entries) - 1:,} of {counted(count, 'entry', 'entries')}. Times are UTC."
    )
    label = labels(workspace, actor)
    with st.container(border=True, gap="xxsmall", key="audit-entries"):
        for entry in entries:
            _row(entry, label)
    _turning(entries, first + len(entries) - 1 < count, pages)


def current_filters() -> EntryFilter:
    """Return the filters currently set on the page."""
    days: tuple[date, ...] = st.session_state.get(DAYS) or ()
    return EntryFilter(
        person=st.session_state.get(PERSON) or "",
        kind=st.session_state.get(KIND) or "",
        about=(st.session_state.get(ABOUT) or "").strip()[:200],
        since=_start(days[0]) if days else None,
        until=_start(days[-1]) + timedelta(days=1) if days else None,
    )


def person_words(person: StoredPerson) -> str:
    """Return a person's name for the list. An erased person has only a number."""
    return person.name.partition(", ")[0] or person.id or f"Erased person {person.subject[:6]}"


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


# Filters


def _narrowing(people: list[StoredPerson], kinds: list[str]) -> None:
    """Draw one chip for each filter, labelled with its current value."""
    names = {person.subject: person_words(person) for person in people}
    chosen = current_filters()
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="audit-narrowing"):
        person = names.get(chosen.person, "")
        with chip(f"Person: {person}" if person else "Person", "person", "chip-audit-person"):
            st.selectbox(
                "Person", list(names), index=None, key=PERSON, placeholder="Everyone", on_change=_first_page,
                format_func=lambda subject: names[subject],
            )  # fmt: skip
        kind = title_of(chosen.kind) if chosen.kind else ""
        with chip(kind or "Action", "bolt", "chip-audit-kind"):
            st.selectbox(
                "Action", kinds, index=None, key=KIND, placeholder="All actions", on_change=_first_page,
                format_func=title_of,
            )  # fmt: skip
        days: tuple[date, ...] = st.session_state.get(DAYS) or ()
        with chip(_days_words(days) or "Days", "calendar_month", "chip-audit-days"):
            st.date_input("Days, in UTC", value=[], key=DAYS, on_change=_first_page, format="YYYY-MM-DD")
        with chip(f"About {chosen.about}" if chosen.about else "Item", "category", "chip-audit-about"):
            st.text_input(
                "Item", key=ABOUT, placeholder="question:7f", on_change=_first_page,
                help="An item's full name as shown in an entry's details, or just its kind, such as question.",
            )  # fmt: skip
        if chosen != EntryFilter():
            st.button("Clear", key="audit-clear", type="tertiary", on_click=_clear)


def _days_words(days: tuple[date, ...]) -> str:
    if not days:
        return ""
    first, last = days[0], days[-1]
    return f"{first:%-d %b %Y}" if first == last else f"{first:%-d %b %Y} \N{EN DASH} {last:%-d %b %Y}"


def _clear() -> None:
    st.session_state[PERSON] = st.session_state[KIND] = None
    st.session_state[DAYS], st.session_state[ABOUT] = [], ""
    _first_page()


def _first_page() -> None:
    st.session_state[_BEFORE] = []


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the page."""


# Rows


def _row(entry: Entry, label: Callable[[str], str]) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"audit-row-{entry.number}"):
        # In one container, so that on a phone both are above the sentence.
        with st.container(horizontal=True, gap="small", vertical_alignment="center", width=220):
            when = f"{entry.at:%-d %b %Y %H:%M:%S}" if entry.at else "Unreadable time"
            st.markdown(f":small[:gray[{plain(when)}]]", width=130)
            if st.button("Details", key=f"audit-open-{entry.number}", type="tertiary", help=f"Entry {entry.number:,}"):
                open_entry(entry.number)
        mark = ":orange[:material/gpp_maybe:] " if entry.seal == "damaged" else ""
        st.markdown(f"{mark}{plain(sentence(entry, label))}", width="stretch")


def _turning(entries: tuple[Entry, ...], is_more: bool, pages: list[int]) -> None:
    if not (pages or is_more):
        return
    with st.container(horizontal=True, horizontal_alignment="center", gap="xsmall", key="audit-turning"):
        st.button("Newer", icon=":material/chevron_left:", key="audit-newer", disabled=not pages, on_click=_newer)
        st.button("Older", key="audit-older", disabled=not is_more, on_click=_older, args=(entries[-1].number,))


def _older(number: int) -> None:
    st.session_state[_BEFORE] = [*(st.session_state.get(_BEFORE) or []), number]


def _newer() -> None:
    st.session_state[_BEFORE] = (st.session_state.get(_BEFORE) or [])[:-1]


def _nothing(chosen: EntryFilter) -> None:
    if chosen == EntryFilter():
        empty_state(
            "history_toggle_off", "No entries yet",
            "Questions, exports, saved questions and model changes are recorded here as they happen.",
            key="audit-empty",
        )  # fmt: skip
        return
    thing = f" about {quoted(chosen.about)}" if chosen.about else ""
    empty_state(
        "filter_alt_off", f"No matching entries{thing}", "Try a different person, date range or item.",
        [Action("Clear filters", _clear)], key="audit-empty",
    )  # fmt: skip
