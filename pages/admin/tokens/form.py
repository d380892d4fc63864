"""The form that creates a service token from a purpose, permissions and an expiry, and shows the token once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import streamlit as st

from pages.shell import session
from pages.shell.parts import plain
from pages.shell.turns import in_turn
from semantic.api.token_words import attributes_text, read_attributes, sees_words
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.store.accounts.service_tokens import (
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_A_MINUTE,
    SCOPES,
    TOKEN_ROLES,
    Grant,
    ServiceToken,
    make_token,
)

OPEN, TIMES, MADE, WRONG = "token-form", "token-form-times", "token-made", "token-wrong"
"""The session keys for the open form's initial values, the number of times that a form was opened, the new token with
its text, and the last error.
"""

NAME, PURPOSE, SCOPE, ROLE = "token-name", "token-purpose", "token-scopes", "token-role"
GROUPS, ATTRIBUTES, DAYS, A_MINUTE, OWNER = (
    "token-groups", "token-attributes", "token-days", "token-a-minute", "token-owner",
)  # fmt: skip
LASTS: Mapping[int, str] = {30: "30 days", 90: "90 days", 180: "180 days", 365: "A year"}


def button() -> None:
    """Open the form for a new service token."""
    st.button("Create token", icon=":material/add:", key="token-make", type="primary", on_click=_open)


def open_like(token: ServiceToken) -> None:
    """Open the form with the values of another token. Tokens are never extended, only replaced."""
    _open(token.grant)


def show(actor: Actor, people: Mapping[str, Actor]) -> None:
    """Draw the open form, or the text of the new token."""
    if OPEN in st.session_state:
        _dialog(actor, people)


def _open(like: Grant | None = None) -> None:
    for name in (MADE, WRONG):
        st.session_state.pop(name, None)
    st.session_state[OPEN] = like
    st.session_state[TIMES] = st.session_state.get(TIMES, 0) + 1


def key_of(field: str) -> str:
    """Return the key of a field in the open form. It changes each time the form opens."""
    return f"{field}-{st.session_state.get(TIMES, 0)}"


def _close() -> None:
    for name in (OPEN, MADE, WRONG):
        st.session_state.pop(name, None)


# One dialog shows the form and the token: a click in it reruns only the dialog, not the page behind it.
@st.dialog("Service token", width="medium", icon=":material/key:", on_dismiss=_close)
@in_turn
def _dialog(actor: Actor, people: Mapping[str, Actor]) -> None:
    _, asking = session.require("administrator")
    if asking != actor:
        st.rerun()
    if MADE in st.session_state:
        _made(*st.session_state[MADE])
    else:
        _form(actor, people)


def _form(actor: Actor, people: Mapping[str, Actor]) -> None:
    like: Grant | None = st.session_state.get(OPEN)
    # Default values are passed to the fields themselves: values that are also set in the session can get lost when a
    # quick click interrupts the run.
    st.text_input(
        "Name", like.name if like else "", key=key_of(NAME), max_chars=LONGEST_NAME, placeholder="Nightly report"
    )
    st.text_input(
        "Purpose", like.purpose if like else "", key=key_of(PURPOSE), max_chars=LONGEST_TEXT,
        placeholder="Which script uses it, and where it runs",
    )  # fmt: skip
    scopes = [scope for scope in SCOPES if scope in like.scopes] if like else [*SCOPES] if len(SCOPES) == 1 else []
    st.pills(
        "Permissions", list(SCOPES), default=scopes, key=key_of(SCOPE), selection_mode="multi",
        format_func=lambda name: SCOPES[name],
    )  # fmt: skip
    left, right = st.columns(2, gap="small")
    with left:
        st.selectbox(
            "Role", TOKEN_ROLES, index=TOKEN_ROLES.index(like.role) if like else None,
            key=key_of(ROLE), placeholder="Choose a role",
            help="The token gets this role's access. Tokens can't be administrators.",
        )  # fmt: skip
        st.text_input(
            "Groups", ", ".join(sorted(like.groups)) if like else "", key=key_of(GROUPS),
            placeholder="agency, search", help="Separate with commas.",
        )  # fmt: skip
    with right:
        days = list(LASTS)
        st.selectbox("Expires after", days, index=days.index(90), key=key_of(DAYS), format_func=lambda day: LASTS[day])
        st.number_input("Requests a minute", 1, MOST_A_MINUTE, like.a_minute if like else 60, key=key_of(A_MINUTE))
    st.text_area(
        "Attributes", attributes_text(like) if like else "", key=key_of(ATTRIBUTES),
        placeholder="markets: DE, AT", height=90,
        help="One per line. If a row rule needs an attribute that the token doesn't have, the token sees no rows.",
    )  # fmt: skip
    names = {person.id: person.short_name for person in people.values()}
    st.selectbox(
        "Owner", list(names), index=None, key=key_of(OWNER), placeholder=f"You, {actor.short_name}",
        format_func=lambda key: names[key], help="Revoked if the owner is deactivated.",
    )  # fmt: skip
    if (wrong := st.session_state.get(WRONG)) is not None:
        st.warning(plain(wrong), icon=":material/error:")
    st.button("Create", key="token-make-now", type="primary", on_click=_make)


def _make() -> None:
    """Create the token, after checking the person's access again. On an error, the form stays open and shows it."""
    _, actor = session.require("administrator")
    live = session.live()
    try:
        given = st.session_state.get(key_of(OWNER))
        with live.store.write() as transaction:
            token, text = make_token(
                transaction, live.keys, _grant(transaction.now), actor, owner=live.people()[given] if given else None
            )
    except SemanticError as error:
        st.session_state[WRONG] = str(error)
        return
    except KeyError:
        st.session_state[WRONG] = "That owner is no longer available. Choose someone else."
        return
    st.session_state.pop(WRONG, None)
    st.session_state[MADE] = (token, text)


def _grant(now: datetime) -> Grant:
    def held(field: str) -> Any:  # Any: the session's value for a field
        return st.session_state.get(key_of(field))

    return Grant(
        name=held(NAME) or "",
        purpose=held(PURPOSE) or "",
        until=now + timedelta(days=held(DAYS) or 90),
        scopes=frozenset(held(SCOPE) or ()),
        role=held(ROLE) or "",
        groups=frozenset(filter(None, (group.strip() for group in (held(GROUPS) or "").split(",")))),
        attributes=MappingProxyType(read_attributes(held(ATTRIBUTES) or "")),
        a_minute=int(held(A_MINUTE) or 60),
    )


def _made(token: ServiceToken, text: str) -> None:
    """Show the text of the token. It isn't stored, and is only visible until this dialog is closed."""
    st.warning(
        "Copy the token now, because you won't see it again. Keep it in a secret store, never in a URL or an email. "
        "Anyone who has it has its access.",
        icon=":material/visibility_off:",
    )
    st.code(text, language=None, wrap_lines=True)
    grant = token.grant
    until, sees = f"{grant.until:%-d %b %Y}", plain(sees_words(grant))
    st.markdown(f"**{plain(grant.name)}** is valid until {until}. Access: {sees}.")
    st.caption("Use it in a request:")
    st.code(
        "curl -H 'Authorization: Bearer sp_...' -H 'Content-Type: application/json' \\\n"
        '  -d \'{"metrics": ["revenue"]}\' https://.../api/v1/ask',
        language=None, wrap_lines=True,
    )  # fmt: skip
    if st.button("I've copied it", key="token-copied", type="primary"):
        _close()
        st.rerun()
