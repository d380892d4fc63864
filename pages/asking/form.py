"""The form for a request to stewards. It opens over any page, and attaches what the person was looking at."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import streamlit as st

from pages.shell import links, session
from pages.shell.parts import plain, quoted
from pages.shell.turns import in_turn
from semantic.errors import SemanticError, counted
from semantic.policy.actor import Actor
from semantic.services.requests.work import RequestOrigin, RequestWork, Similar
from semantic.store.requests.requests import LONGEST_PURPOSE, LONGEST_WORDS, RequestKind

OPEN, SENT, _NUMBER = "asking-open", "asking-sent", "asking-number"
"""The session keys for the form to open, the message after sending, and the number of forms opened."""

ASK_LABEL: Final = "Request a metric"
RIGHT_LABEL: Final = "Is this right?"
HELP_LABEL: Final = "Ask a steward"
ICON: Final = "contact_support"
NEWS: Final = "asking-news"
"""The session key for the answers that were last read."""

_PLACEHOLDERS: Final[dict[RequestKind, str]] = {
    "metric": "For example: payback period by channel",
    "question": "What do you want to find out?",
    "number": "What looks wrong, and what did you expect?",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The initial values of the form: the kind of request, the text so far, and the attachments."""

    kind: RequestKind = "metric"
    words: str = ""
    metric: str = ""
    asking: RequestOrigin = field(default_factory=RequestOrigin)


@dataclass(frozen=True, slots=True)
class OpenForm:
    """The open form. `number` is part of its field keys, so that each form has its own fields."""

    start: Start
    number: int
    place: str = ""  # the page that it was opened on


def begin(start: Start) -> None:
    """Open the form on the next run of the page."""
    st.session_state[_NUMBER] = number = st.session_state.get(_NUMBER, 0) + 1
    st.session_state[OPEN] = OpenForm(start, number)


def is_open() -> bool:
    """Return whether the form will open on the next run of the page."""
    opened: OpenForm | None = st.session_state.get(OPEN)
    return opened is not None and not opened.place


def may_ask(actor: Actor) -> bool:
    """Return whether this person can send requests."""
    return session.request_work(actor).may_ask


def show(actor: Actor) -> None:
    """Draw the form while it's open on this page, and confirm a request that was sent."""
    if sent := st.session_state.pop(SENT, ""):
        st.toast(plain(sent), icon=":material/task_alt:")
    opened: OpenForm | None = st.session_state.get(OPEN)
    if opened is None:
        return
    here = f"/{st.session_state.get(links.AT, '')}"
    if not may_ask(actor) or opened.place not in ("", here):
        _close()
        return
    opened = st.session_state[OPEN] = replace(opened, place=here)
    _form(opened.start, f"asking-{opened.number}")


def _close() -> None:
    st.session_state.pop(OPEN, None)


@st.dialog("Ask a steward", width="medium", icon=f":material/{ICON}:", on_dismiss=_close)
@in_turn
def _form(start: Start, key: str) -> None:
    _, actor = session.require("viewer")
    work = session.request_work(actor)
    words = st.text_input(
        "What do you need?", value=start.words[:LONGEST_WORDS], max_chars=LONGEST_WORDS, key=f"{key}-words",
        placeholder=_PLACEHOLDERS[start.kind],
    )  # fmt: skip
    st.caption("Stewards read this. People with a similar request see the first line, without your name.")
    if attached := _attached(start):
        st.markdown(f":small[:gray[:material/attach_file: {plain(attached)}]]")
    try:
        similar = work.similar(words or "", start.metric)
    except SemanticError:
        similar = []
    for place, one in enumerate(similar):
        _offer(one, start, work, f"{key}-join-{place}")
    purpose = st.text_area("What do you need it for?", max_chars=LONGEST_PURPOSE, height=80, key=f"{key}-purpose")
    day = st.date_input(
        "By when? (optional)", value=None, min_value=session.workspace().today(), key=f"{key}-day", width=200,
        format="YYYY-MM-DD",
    )  # fmt: skip
    kind = "secondary" if similar else "primary"
    if st.button("Send request", type=kind, key=f"{key}-send", disabled=not (words or "").strip()):
        try:
            work.ask(
                words or "", start.kind, start.asking, purpose=purpose or "", needed_by=day, metric=start.metric
            )  # fmt: skip
        except SemanticError as error:
            st.error(plain(str(error)))
            return
        _done("Request sent. You'll get the answer here and by email.")


def _offer(similar: Similar, start: Start, work: RequestWork, key: str) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key=key):
        wants = f"{counted(similar.people, 'person needs', 'people need')} this"
        said = "You already asked for this" if similar.is_mine else wants
        st.markdown(
            f"**{plain(said)}**  \n:small[:gray[{plain(quoted(similar.request.words))}]]", width="stretch"
        )  # fmt: skip
        if not similar.is_mine and st.button("I need this too", key=f"{key}-button", type="primary"):
            try:
                work.join(similar.request.id, start.asking)
            except SemanticError as error:
                st.error(plain(str(error)))
                return
            _done("Added to the request. You'll get the answer here and by email.")


def _attached(start: Start) -> str:
    parts = [
        "your question" if start.asking.query is not None and start.asking.query.metrics else "",
        f"receipt {start.asking.receipt}" if start.asking.receipt else "",
    ]
    attached = " and ".join(part for part in parts if part)
    return f"Attached: {attached}. Stewards open it with their own access." if attached else ""


def _done(words: str) -> None:
    st.session_state[SENT] = words
    _close()
    st.session_state.pop(NEWS, None)
    st.rerun()
