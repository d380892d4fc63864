"""The history of a delivery: each message with its date, its outcome, the reason, and its receipt."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.deliveries.words import STATES, result_word, slot_words
from pages.shell import links, session
from pages.shell.parts import COLOURS, badge_text, empty_state, plain
from pages.shell.turns import in_turn
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.services.outbox.deliveries import DeliveryWork, HistoryRow
from semantic.services.outbox.reader import own_zone

OPEN, SHOWN = "delivery-history", "delivery-history-shown"
"""The session keys for the delivery whose history is open, with its title, and for the number of rows shown."""

PAGE: Final = 15


def history_button(delivery: str, title: str) -> None:
    """Draw the button that opens a delivery's history."""
    st.button(
        "History", key=f"history-{delivery}", icon=":material/history:", type="tertiary",
        on_click=_open, args=(delivery, title),
    )  # fmt: skip


def show_history(actor: Actor) -> None:
    """Draw the history while it's open."""
    if OPEN in st.session_state:
        _dialog(actor)


def _open(delivery: str, title: str) -> None:
    st.session_state[OPEN], st.session_state[SHOWN] = (delivery, title), PAGE


def _close() -> None:
    st.session_state.pop(OPEN, None)


def _more(count: int) -> None:
    st.session_state[SHOWN] = count


@st.dialog("History", width="medium", icon=":material/history:", on_dismiss=_close)
@in_turn
def _dialog(actor: Actor) -> None:
    _, asking = session.require("viewer")
    opened: tuple[str, str] | None = st.session_state.get(OPEN)
    if asking != actor or opened is None:
        st.rerun()
    delivery, title = opened
    try:
        rows, zone = DeliveryWork(session.live(), actor).history(delivery), own_zone(session.live(), actor)
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/cloud_off:")
        return
    st.markdown(f"**{plain(title)}**")
    if not rows:
        empty_state(
            "schedule_send", "Nothing sent yet", "Each message is listed here with its outcome.",
            key="history-none",
        )  # fmt: skip
        return
    shown = st.session_state.get(SHOWN, PAGE)
    names_them = any(not row.is_mine for row in rows)
    for row in rows[:shown]:
        _row(row, zone, names_them=names_them)
    if len(rows) > shown:
        st.button(f"Show {min(PAGE, len(rows) - shown)} more", key="history-more", on_click=_more, args=(shown + PAGE,))
    st.caption(plain(f"Times are in the {zone} time zone. The history is kept for 400 days."))


def _row(row: HistoryRow, zone: str, *, names_them: bool) -> None:
    send, now = row.send, session.store()[0].now()
    colour, icon = STATES[send.state]
    with st.container(border=True, gap="xxsmall", key=f"history-row-{send.number}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            name = f" to {'you' if row.is_mine else row.name or 'a former user'}" if names_them else ""
            st.markdown(f"**{plain(slot_words(send.slot, zone, now))}**{plain(name)}", width="content")
            st.badge(badge_text(result_word(send)), icon=f":material/{icon}:", color=COLOURS[colour])
            if row.is_mine:
                for receipt in send.receipts[:1]:
                    links.receipt_link(receipt, "Passport")
        if send.why:
            st.markdown(f":small[:gray[{plain(send.why)}]]")
