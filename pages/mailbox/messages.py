"""The messages of the demo's mailbox: the list, and the open message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.utils import parseaddr
from typing import Final
from zoneinfo import ZoneInfo

import streamlit as st

from pages.mailbox.frame import mail_frame
from pages.shell import session
from pages.shell.parts import Action, empty_state, page_header, plain
from pages.shell.turns import in_turn
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.store.destinations.mailbox import MailboxRow
from semantic.transport.manage import Mailbox
from semantic.transport.reading import ReadMessage, read_message

OPEN, SHOWN, PART = "mailbox-open", "mailbox-shown", "mailbox-part"
MAIL: Final = "mail"
"""The address parameter with the number of the open message."""

PAGE: Final = 25
PARTS: Final = ("Email", "Plain text", "Headers", "Original")
LONGEST_ORIGINAL: Final = 20_000


def header() -> None:
    page_header(
        "Mailbox",
        "The demo's emails arrive here, byte for byte as a mail server would get them. They're kept for 30 days.",
    )


@st.fragment
@in_turn
def mailbox() -> None:
    """Draw the list and the open message, which rerun separately on every click."""
    _, actor = session.require("viewer")
    live = session.live()
    if not live.settings.demo:
        empty_state(
            "mail_off", "Only the demo has a mailbox", "Here, messages go to your own email address.", key="mailbox-off"
        )
        return
    box = Mailbox(live, actor)
    try:
        rows = box.messages()
        chosen = _chosen(rows)
        content = box.content(chosen.number) if chosen is not None else None
    except SemanticError as error:
        empty_state(
            "cloud_off", "Couldn't load messages", str(error), [Action("Try again", _just_rerun)], key="mailbox-away"
        )
        return
    if not rows:
        empty_state(
            "mail", "No messages yet",
            "Subscribe to a board or set an alert, and the messages arrive here.", key="mailbox-none",
        )  # fmt: skip
        return
    # On a phone, only one of them is shown: see pages/server/lists.css.
    with st.container(key="mailbox-open" if content is not None else "mailbox-closed"):
        left, right = st.columns([2, 3], gap="medium")
        with left:
            _listed(rows, chosen, actor)
        with right:
            if chosen is None or content is None:
                empty_state("drafts", "No message is open", "Choose one from the list.", key="mailbox-nothing")
            else:
                _message(chosen, content)


def _chosen(rows: Sequence[MailboxRow]) -> MailboxRow | None:
    """Return the message that was clicked, or else the one in the address."""
    number = st.session_state.get(OPEN)
    if number is None:
        text = st.query_params.get(MAIL, "")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
    return next((row for row in rows if row.number == number), None)


def _listed(rows: Sequence[MailboxRow], chosen: MailboxRow | None, actor: Actor) -> None:
    with st.container(key="mailbox-list", gap="xxsmall"):
        count = counted(len(rows), "message")
        whose = f"{count}. As an administrator, you see everyone's." if _sees_all(actor) else count
        st.markdown(f":small[:gray[{plain(whose)}]]")
        shown = st.session_state.get(SHOWN, PAGE)
        for row in rows[:shown]:
            to = f", to {row.recipient.partition('@')[0]}" if _sees_all(actor) else ""
            st.button(
                f"**{plain(row.title or 'No subject')}**  \n:small[:gray[{plain(_when(row.at) + to)}]]",
                key=f"mailbox-row-{row.number}", type="secondary" if row == chosen else "tertiary", width="stretch",
                on_click=_open, args=(row.number,),
            )  # fmt: skip
        if len(rows) > shown:
            more = min(PAGE, len(rows) - shown)
            st.button(f"Show {more} more", key="mailbox-more", on_click=_more, args=(shown + PAGE,))


def _message(row: MailboxRow, content: bytes) -> None:
    message = read_message(content)
    with st.container(key="mailbox-message", gap="small"):
        st.button("All messages", key="mailbox-back", icon=":material/arrow_back:", type="tertiary", on_click=_close)
        with st.container(gap="xxsmall"):
            st.subheader(plain(message.subject or "No subject"), anchor=False)
            # The names have no addresses, which would become links. The headers have both.
            sender, to = parseaddr(message.sender)[0] or "Samepage", row.recipient.partition("@")[0]
            facts = f"From {sender} to {to}, {_when(row.at)}"
            st.markdown(f":small[:gray[{plain(facts)}]]")
        if message.files:
            with st.container(horizontal=True, gap="xsmall"):
                for place, file in enumerate(message.files):
                    st.download_button(
                        plain(file.name), file.content, file.name, "application/octet-stream",
                        key=f"mailbox-file-{row.number}-{place}", icon=":material/attach_file:", on_click="ignore",
                    )  # fmt: skip
        part = st.segmented_control(
            "Part", PARTS, default=PARTS[0], key=f"{PART}-{row.number}", required=True, label_visibility="collapsed"
        )
        _part(part or PARTS[0], row, message, content)


def _part(part: str, row: MailboxRow, message: ReadMessage, content: bytes) -> None:
    match part:
        case "Plain text":
            st.code(message.text or "This message has no plain text.", language=None, wrap_lines=True)
        case "Headers":
            headers = "\n".join(f"{name}: {value}" for name, value in message.headers)
            st.code(headers, language=None, wrap_lines=True)
        case "Original":
            st.download_button(
                "Download", content, f"message-{row.number}.eml", "application/octet-stream",
                key=f"mailbox-original-{row.number}", icon=":material/download:", on_click="ignore",
            )  # fmt: skip
            text = content[:LONGEST_ORIGINAL].decode("utf-8", errors="replace")
            st.code(text, language=None, wrap_lines=True, height=520)
            if len(content) > LONGEST_ORIGINAL:
                st.caption(f"The first {LONGEST_ORIGINAL:,} of {len(content):,} bytes. Download it to see the rest.")
        case _ if message.html:
            mail_frame(message.html, key=f"mailbox-frame-{row.number}", title=message.subject or "Email")
        case _:
            st.code(message.text or "This message is empty.", language=None, wrap_lines=True)


def _when(at: datetime) -> str:
    workspace = session.live().workspace()
    return f"{at.astimezone(ZoneInfo(workspace.model.settings.time_zone)):%-d %b %Y, %H:%M}"


def _sees_all(actor: Actor) -> bool:
    return actor.is_at_least("administrator") and actor.viewed_by is None


# Click handlers


def _open(number: int) -> None:
    st.session_state[OPEN] = number


def _close() -> None:
    st.session_state[OPEN] = 0


def _more(count: int) -> None:
    st.session_state[SHOWN] = count


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the list."""
