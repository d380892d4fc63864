"""Making a service token: what it is for, what it may and sees, until when; then its text, shown once and not again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

import streamlit as st

from pages.ui import session
from pages.ui.parts import plain
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.service.token_words import attributes_text, read_attributes, sees_words
from semantic.store.service_tokens import (
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_A_MINUTE,
    SCOPES,
    TOKEN_ROLES,
    Grant,
    ServiceToken,
    make_token,
)

OPEN, MADE, WRONG = "token-form", "token-made", "token-wrong"
"""In the session: how often the form was opened, the token that was just made with its text, and what was wrong."""

NAME, PURPOSE, SCOPE, ROLE = "token-name", "token-purpose", "token-scopes", "token-role"
GROUPS, ATTRIBUTES, DAYS, A_MINUTE, OWNER = (
    "token-groups", "token-attributes", "token-days", "token-a-minute", "token-owner",
)  # fmt: skip
LASTS: Mapping[int, str] = {30: "30 days", 90: "90 days", 180: "180 days", 365: "A year"}


def button() -> None:
    """Opens the form."""
    st.button("Make a token", icon=":material/add:", key="token-make", type="primary", on_click=_open)


def open_like(one: ServiceToken) -> None:
    """Opens the form with what another token was granted: tokens are never made longer, but made anew."""
    _open()
    grant = one.grant
    st.session_state[NAME], st.session_state[PURPOSE] = grant.name, grant.purpose
    st.session_state[SCOPE] = [scope for scope in SCOPES if scope in grant.scopes]
    st.session_state[ROLE], st.session_state[A_MINUTE] = grant.role, grant.a_minute
    st.session_state[GROUPS], st.session_state[ATTRIBUTES] = ", ".join(sorted(grant.groups)), attributes_text(grant)


def show(actor: Actor, people: Mapping[str, Actor]) -> None:
    """The form, or the text of the token it made, for as long as it is open."""
    if OPEN in st.session_state:
        _dialog(actor, people)


def _open() -> None:
    for name in (MADE, WRONG, NAME, PURPOSE, SCOPE, ROLE, GROUPS, ATTRIBUTES, DAYS, A_MINUTE, OWNER):
        st.session_state.pop(name, None)
    st.session_state[OPEN] = True


def _close() -> None:
    for name in (OPEN, MADE, WRONG):
        st.session_state.pop(name, None)


# One dialog for both: a press inside it runs it alone, and the page behind it not.
@st.dialog("Service token", width="medium", icon=":material/key:", on_dismiss=_close)
def _dialog(actor: Actor, people: Mapping[str, Actor]) -> None:
    _, asking = session.require("administrator")
    if asking != actor:
        st.rerun()
    if MADE in st.session_state:
        _made(*st.session_state[MADE])
    else:
        _form(actor, people)


def _form(actor: Actor, people: Mapping[str, Actor]) -> None:
    st.session_state.setdefault(SCOPE, [*SCOPES] if len(SCOPES) == 1 else [])
    st.session_state.setdefault(DAYS, 90)
    st.session_state.setdefault(A_MINUTE, 60)
    st.text_input("Name", key=NAME, max_chars=LONGEST_NAME, placeholder="Nightly report")
    st.text_input("What it is for", key=PURPOSE, max_chars=LONGEST_TEXT, placeholder="Which script, where it runs")
    st.pills("May", list(SCOPES), key=SCOPE, selection_mode="multi", format_func=lambda one: SCOPES[one])
    left, right = st.columns(2, gap="small")
    with left:
        st.selectbox(
            "Sees what this role sees", TOKEN_ROLES, index=None, key=ROLE, placeholder="Choose a role",
            help="The policies bind it as they bind a person of this role. None is an administrator.",
        )  # fmt: skip
        st.text_input(
            "In the groups", key=GROUPS, placeholder="agency, search", help="With commas between. Policies name them."
        )
    with right:
        st.selectbox("Runs out after", list(LASTS), key=DAYS, format_func=lambda days: LASTS[days])
        st.number_input("Requests a minute", 1, MOST_A_MINUTE, key=A_MINUTE)
    st.text_area(
        "With the attributes", key=ATTRIBUTES, placeholder="markets: DE, AT", height=90,
        help="One a line. A row rule that uses an attribute which is not here gives no row.",
    )  # fmt: skip
    names = {one.id: one.short_name for one in people.values()}
    st.selectbox(
        "Who answers for it", list(names), index=None, key=OWNER, placeholder=f"You, {plain(actor.short_name)}",
        format_func=lambda one: plain(names[one]), help="It ends when their account is switched off.",
    )  # fmt: skip
    if (wrong := st.session_state.get(WRONG)) is not None:
        st.warning(plain(wrong), icon=":material/error:")
    st.button("Make it", key="token-make-now", type="primary", on_click=_make)


def _make() -> None:
    """At the press the person is asked for again; what is wrong is said in the form, which stays as it is."""
    _, actor = session.require("administrator")
    live = session.live()
    try:
        given = st.session_state.get(OWNER)
        with live.store.write() as transaction:
            made, text = make_token(
                transaction, live.keys, _grant(transaction.now), actor, owner=live.people()[given] if given else None
            )
    except SemanticError as error:
        st.session_state[WRONG] = str(error)
        return
    except KeyError:
        st.session_state[WRONG] = "Whoever was to answer for it is not there any more. Choose somebody else."
        return
    st.session_state.pop(WRONG, None)
    st.session_state[MADE] = (made, text)


def _grant(now: datetime) -> Grant:
    held = st.session_state
    groups = frozenset(filter(None, (one.strip() for one in (held.get(GROUPS) or "").split(","))))
    return Grant(
        name=held.get(NAME) or "",
        purpose=held.get(PURPOSE) or "",
        until=now + timedelta(days=held.get(DAYS) or 90),
        scopes=frozenset(held.get(SCOPE) or ()),
        role=held.get(ROLE) or "",
        groups=groups,
        attributes=MappingProxyType(read_attributes(held.get(ATTRIBUTES) or "")),
        a_minute=int(held.get(A_MINUTE) or 60),
    )


def _made(made: ServiceToken, text: str) -> None:
    """Its text, for as long as this stands open; it is nowhere else."""
    st.warning(
        "Copy it now: it is shown this once. Keep it where secrets are kept, and never in an address or a mail. "
        "Whoever has it is let in.",
        icon=":material/visibility_off:",
    )
    st.code(text, language=None, wrap_lines=True)
    grant = made.grant
    until, sees = f"{grant.until:%-d %b %Y}", plain(sees_words(grant))
    st.markdown(f"**{plain(grant.name)}** works until {until}. It sees as: {sees}.")
    st.caption("A script sends it so:")
    st.code(
        "curl -H 'Authorization: Bearer sp_...' -H 'Content-Type: application/json' \\\n"
        '  -d \'{"metrics": ["revenue"]}\' https://.../api/v1/ask',
        language=None, wrap_lines=True,
    )  # fmt: skip
    if st.button("I have copied it", key="token-copied", type="primary"):
        _close()
        st.rerun()
