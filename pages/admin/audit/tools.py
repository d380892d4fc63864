"""Actions on the whole audit log: verify, export, set retention, erase a person."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import streamlit as st

from pages.admin.audit import entry as audit_entry
from pages.admin.audit import list as audit_list
from pages.shell import navigation, session
from pages.shell.parts import State, notice, page_header, plain
from semantic.display.format import counted
from semantic.errors import SemanticError, StoreFailed
from semantic.policy.actor import Actor
from semantic.store.audit.entries import EntryFilter, count_entries, each_entry
from semantic.store.audit.export import Form, export_bytes
from semantic.store.audit.log import Act, note, record
from semantic.store.audit.verify import parse_head, verify
from semantic.store.people import read_stored_people
from semantic.store.upkeep.erasure import erase
from semantic.store.upkeep.retention import (
    LONGEST_DAYS,
    SHORTEST_DAYS,
    read_retention_days,
    retention_words,
    set_retention_days,
)

MOST = 100_000
"""The maximum number of entries in one export from this page. The command line has no limit."""

FORMS: dict[Form, tuple[str, str, str, str]] = {
    "csv": ("CSV", "csv", "text/csv", "Entries as sentences and fields, for use in a spreadsheet."),
    "jsonl": (
        "JSON lines",
        "data_object",
        "application/jsonl",
        "Complete entries with their MACs, to verify them elsewhere.",
    ),
}
"""The label, icon, MIME type and help of each file format."""

_TOLD, _HEAD, _ERASE, _NAME, _DAYS = "audit-told", "audit-head", "audit-erase", "audit-erase-name", "audit-keep-days"
_WRITING_SECONDS = 2.0


class SignedOut(Exception):
    """Raised when the person who exports is no longer the one that the page was drawn for."""


def header() -> None:
    """Draw the title, the retention setting, Verify and Export, and below them the result of the last verification."""
    _, actor = session.require("administrator")
    live = session.live()
    try:
        with live.store.read() as connection:
            words = retention_words(read_retention_days(connection))
    except StoreFailed as error:
        words = str(error)
    page_header("Audit", f"Who did what. {words}", lambda: _actions(actor))
    told: tuple[State, str, str] | None = st.session_state.get(_TOLD)
    if told is not None:
        notice(*told, key="audit-notice")


def _actions(actor: Actor) -> None:
    _receipt()
    with st.popover("Verify", icon=":material/verified_user:", key="audit-verify"), st.container(width=280):
        st.text_input(
            "Head from the server log (optional)", key=_HEAD, placeholder="41:3f9c...",
            help="Paste a head of the audit log from the server's log to detect entries deleted from the end.",
        )  # fmt: skip
        st.button("Verify the whole log", key="audit-verify-now", type="primary", width="stretch", on_click=_verify)
    if actor.viewed_by is None:
        _export(actor)


def _receipt() -> None:
    """Draw a field that takes the ID of another person's receipt and opens its page."""
    page = navigation.file_of("receipt")
    if page is None:
        return
    with st.popover("Receipt", icon=":material/receipt_long:", key="audit-receipt"), st.container(width=280):
        number = (st.text_input("Paste a receipt ID", key="audit-receipt-id") or "").strip()[:60]
        if number:
            st.page_link(page, label="Open", icon=":material/arrow_forward:", query_params={"receipt": number})


def _verify() -> None:
    """Check every entry and show the result. The click checks the person's access again."""
    session.require("administrator")
    live = session.live()
    text: str = (st.session_state.get(_HEAD) or "").strip()
    try:
        noted = [parse_head(text.removeprefix("Head of the audit log: "))] if text else []
        with live.store.read() as connection:
            verified = verify(connection, live.keys, noted=noted)
    except SemanticError as error:
        st.session_state[_TOLD] = ("caution", "error", str(error))
        return
    if verified.broken is not None:
        st.session_state[_TOLD] = ("bad", "gpp_bad", verified.words)
        return
    if verified.whole:
        note(verified.head.number, verified.head.mac)
    head = f" Its head is {verified.head}." if verified.whole else ""
    state: tuple[State, str] = ("caution", "gpp_maybe") if verified.gaps else ("good", "verified_user")
    st.session_state[_TOLD] = (*state, f"{verified.words}{head}")


# Export


def _export(actor: Actor) -> None:
    """Draw the menu that exports the filtered entries. On click, it builds the file and records the export."""
    popover = st.popover("Export", icon=":material/download:", key="audit-export", on_change="rerun")
    if not popover.open:
        return
    live, chosen, who = session.live(), audit_list.current_filters(), session.actor_later()
    try:
        with live.store.read() as connection:
            count = count_entries(connection, chosen)
    except StoreFailed as error:
        popover.caption(plain(str(error)))
        return
    with popover, st.container(width=280, gap="xsmall"):
        for form, (label, icon, mime, says) in FORMS.items():
            st.download_button(
                label, _file(chosen, form, actor, who), f"audit.{form}", mime, key=f"audit-export-{form}",
                icon=f":material/{icon}:", width="stretch", on_click="ignore", help=says,
                disabled=not 0 < count <= MOST,
            )  # fmt: skip
        if count > MOST:
            st.caption(f"{count:,} entries are too many to export here. Narrow the dates, or use the command line.")
        else:
            st.caption(f"{counted(count, 'entry', 'entries')}, filtered as below. The export itself is recorded.")


def _file(chosen: EntryFilter, form: Form, actor: Actor, who: Callable[[], Actor | None]) -> Callable[[], bytes]:
    workspace, live = session.workspace(), session.live()
    label = audit_entry.labels(workspace, actor)

    def make() -> bytes:
        if who() != actor:
            raise SignedOut(session.EXPIRED)
        with live.store.read() as connection:
            count = count_entries(connection, chosen)
            content = export_bytes(each_entry(connection, live.keys, chosen), form, label)
        details = {"entries": count, "as": form}
        with live.store.write() as transaction:  # first, so that no export goes unrecorded
            record(transaction, Act(kind="audit.exported", actor=actor, about="audit", details=details), live.keys)
        return content

    return make


# Retention and erasing


def keeping() -> None:
    """Draw the retention setting and the action that erases a person. Both are hidden while viewing as someone else."""
    _, actor = session.require("administrator")
    if actor.viewed_by is not None:
        return
    live = session.live()
    try:
        with live.store.read() as connection:
            days = read_retention_days(connection)
            people = [
                stored_person
                for stored_person in read_stored_people(connection)
                if stored_person.id and stored_person.id != actor.id
            ]
    except StoreFailed:
        return  # the setting above already says so
    with st.expander("How long entries are kept", icon=":material/schedule:"):
        st.caption("Older entries are deleted when the server starts, and by `python -m semantic audit expire`.")
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.number_input("Days", SHORTEST_DAYS, LONGEST_DAYS, value=days or 730, key=_DAYS, width=160)
            st.button("Set retention", key="audit-keep", on_click=_keep, args=(False,))
            st.button("Keep forever", key="audit-keep-ever", on_click=_keep, args=(True,), disabled=days is None)
    with st.expander("Erase a person", icon=":material/person_remove:"):
        if not people:
            st.caption("You're the only person here.")
            return
        _erasing({stored_person.id: audit_list.person_words(stored_person) for stored_person in people})


def _keep(is_for_ever: bool) -> None:
    actor = _acting()
    if actor is None:
        return
    live = session.live()
    days = None if is_for_ever else int(st.session_state[_DAYS])
    try:
        with live.store.write() as transaction:
            set_retention_days(transaction, days, actor, live.keys)
    except SemanticError as error:
        st.session_state[_TOLD] = ("caution", "error", str(error))
        return
    st.session_state[_TOLD] = ("good", "schedule", retention_words(days))


def _erasing(names: dict[str, str]) -> None:
    st.caption(
        "This person's name and personal data are erased for good. Everything they created or did is kept, without "
        "their name. This "
        "can't be undone, and doesn't affect backups."
    )
    person: str | None = st.selectbox(
        "Person", list(names), index=None, key=_ERASE, placeholder="Choose a person",
        format_func=lambda name: f"{names[name]} ({name})", width=360,
    )  # fmt: skip
    if person is None:
        return
    typed: str = st.text_input(f"Type {plain(names[person])} to confirm", key=_NAME, width=360)
    is_same = typed.strip() == names[person]
    if typed and not is_same:
        st.caption(f"This doesn't match {plain(names[person])}.")
    st.button("Erase permanently", key="audit-erase-now", type="primary", disabled=not is_same, on_click=_erase)


def _erase() -> None:
    actor = _acting()
    if actor is None:
        return
    live = session.live()
    person: str = st.session_state.get(_ERASE) or ""
    try:
        with live.store.read() as connection:
            names = {
                stored_person.id: audit_list.person_words(stored_person)
                for stored_person in read_stored_people(connection)
            }
        if not person or (st.session_state.get(_NAME) or "").strip() != names.get(person):
            return
        with suppress(StoreFailed):  # The recent entries are written while the person still exists, not afterwards.
            live.recorder.flush(seconds=_WRITING_SECONDS)
        subject = erase(live.store, person, actor, live.keys)
        live.look()
    except SemanticError as error:
        st.session_state[_TOLD] = ("caution", "error", str(error))
        return
    st.session_state[_ERASE], st.session_state[_NAME] = None, ""
    st.session_state[_TOLD] = (
        "good",
        "person_off",
        f"Person erased. Their entries now show erased person {subject[:6]}.",
    )


def _acting() -> Actor | None:
    """Return the person who clicked, after checking their access again, or None while viewing as someone else."""
    _, actor = session.require("administrator")
    return actor if actor.viewed_by is None else None
