"""The list of service tokens with their permissions, access and state, and buttons to transfer and revoke each one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import streamlit as st

from pages.admin.tokens import form as token_form
from pages.shell import session
from pages.shell.parts import COLOURS, Action, State, badge_text, empty_state, notice, page_header, plain, quoted
from pages.shell.turns import in_turn
from semantic.api.auth import is_answered_for, is_left_alone
from semantic.api.token_words import may_words, sees_words, state_words, used_words
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.query.describe import lower_first
from semantic.store.accounts import service_tokens
from semantic.store.accounts.service_tokens import ServiceToken, end_token, hand_over, read_tokens

PAGE = 25
OLD, SHOWN, TOLD = "tokens-old", "tokens-shown", "tokens-told"
_LOOKS: dict[service_tokens.State, tuple[State, str]] = {
    "works": ("good", "check_circle"),
    "ends_soon": ("caution", "schedule"),
    "run_out": ("quiet", "timer_off"),
    "ended": ("quiet", "block"),
    "owner_gone": ("bad", "person_off"),
}


def header() -> None:
    """Draw the title with the button that creates a token."""
    _, actor = session.require("administrator")
    page_header(
        "Service tokens",
        "Let scripts query Samepage without a person signing in. Tokens have limited access, expire, and can be "
        "revoked at any time.",
        (lambda: token_form.button()) if actor.viewed_by is None else None,
    )


@st.fragment
@in_turn
def tokens() -> None:
    """Draw the outcome of the last click, then the list of tokens, which reruns separately on every click."""
    _, actor = session.require("administrator")
    live = session.live()
    told: tuple[State, str, str] | None = st.session_state.get(TOLD)
    if told is not None:
        notice(*told, key="tokens-notice", act=Action("Close", _close_notice))
    try:
        with live.store.read() as connection:
            tokens = read_tokens(connection)
        people = live.people()
        left = {token.number for token in tokens if is_left_alone(token, live.store.now(), _owner_days())}
        every = [
            token
            if is_answered_for(token, people) and token.number not in left
            else replace(token, owner_is_active=False)
            for token in tokens
        ]
    except SemanticError as error:
        empty_state(
            "cloud_off", "Couldn't load tokens", str(error), [Action("Try again", _just_rerun)], key="tokens-away"
        )
        return
    now = live.store.now()
    if not every:
        empty_state(
            "key_off", "No tokens yet",
            "A script that runs by itself, such as a nightly report, needs a token. Create one for each script.",
            key="tokens-none",
        )  # fmt: skip
    else:
        _listed(every, now, actor, sorted(people.values(), key=lambda person: person.short_name.casefold()))
    if actor.viewed_by is None:
        token_form.show(actor, people)


def _listed(tokens: Sequence[ServiceToken], now: datetime, actor: Actor, people: Sequence[Actor]) -> None:
    old = [token for token in tokens if token.state(now) in ("ended", "run_out")]
    soon = sum(token.state(now) == "ends_soon" for token in tokens)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="tokens-narrowing"):
        works = sum(token.works(now) for token in tokens)
        warned = f" :orange[:material/schedule: {soon} expire{'' if soon > 1 else 's'} within 14 days]" if soon else ""
        st.markdown(f":small[:gray[{counted(works, 'active token')}]{warned}]", width="stretch")
        if old:
            st.toggle(f"Revoked and expired ({len(old)})", key=OLD)
    chosen = [*tokens] if st.session_state.get(OLD) else [token for token in tokens if token not in old]
    if not chosen:
        empty_state(
            "key_off", "No active tokens", "Turn on the switch above to see revoked and expired tokens.",
            key="tokens-none-left",
        )  # fmt: skip
        return
    shown = st.session_state.get(SHOWN, PAGE)
    for token in chosen[:shown]:
        _row(token, now, actor, people)
    if len(chosen) > shown:
        st.button(
            f"Show {min(PAGE, len(chosen) - shown)} more", key="tokens-more", on_click=_more, args=(shown + PAGE,)
        )


def _row(token: ServiceToken, now: datetime, actor: Actor, people: Sequence[Actor]) -> None:
    grant, state = token.grant, token.state(now)
    colour, icon = _LOOKS[state]
    with st.container(border=True, gap="xsmall", key=f"token-{token.number}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(grant.name)}** &nbsp;:small[:gray[sp\\_{token.number}…]]", width="content")
            st.badge(badge_text(state_words(token, now)), icon=f":material/{icon}:", color=COLOURS[colour])
        st.markdown(plain(grant.purpose))
        owner = token.owner_name.partition(", ")[0] or token.owner or "none"
        facts = (
            f"Permissions: {lower_first(may_words(grant))}. Access: {sees_words(grant)}. Owner: "
            f"{owner}{_owner_problem(token, now)}. "
            f"Expires {grant.until:%-d %b %Y}. {used_words(token)}."
        )
        st.markdown(f":small[:gray[{plain(facts)}]]")
        if actor.viewed_by is None:
            _acts(token, state, people)


def _owner_problem(token: ServiceToken, now: datetime) -> str:
    """Return why the owner's state stops the token from working, or "" if the owner is active."""
    if token.state(now) != "owner_gone":
        return ""
    if token.owner_seen_at is not None and is_left_alone(token, now, _owner_days()):
        return f", last active on {token.owner_seen_at:%-d %b %Y}. The token works again once they sign in"
    return ", who is deactivated, unknown here or no longer has that role"


def _owner_days() -> float | None:
    company = session.live().settings.sign_in
    return company.owner_days if company is not None else None


def _acts(token: ServiceToken, state: service_tokens.State, people: Sequence[Actor]) -> None:
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            "Duplicate", icon=":material/content_copy:", key=f"another-{token.number}", type="tertiary",
            on_click=token_form.open_like, args=(token,),
        )  # fmt: skip
        if state in ("ended", "run_out"):
            return
        able = [person for person in people if person.is_at_least(token.grant.role) and person.id != token.owner]
        if able:
            _hand_over(token, able)
        _end(token)


def _hand_over(token: ServiceToken, able: Sequence[Actor]) -> None:
    key = f"hand-{token.number}"
    popover = st.popover("Change owner", icon=":material/person:", key=key, type="tertiary", on_change="rerun")
    if not popover.open:
        return
    names = {person.id: person.short_name for person in able}
    with popover, st.container(width=280):
        st.caption("Revoked if the owner is deactivated. The owner needs at least the token's access.")
        to: str | None = st.selectbox(
            "Owner", list(names), index=None, key=f"{key}-to", placeholder="Choose a person",
            format_func=lambda person: names[person],
        )  # fmt: skip
        st.button(
            "Change owner",
            key=f"{key}-now",
            type="primary",
            disabled=to is None,
            on_click=_change_owner,
            args=(token.number,),
        )


def _end(token: ServiceToken) -> None:
    key = f"end-{token.number}"
    popover = st.popover("Revoke", icon=":material/block:", key=key, type="tertiary", on_change="rerun")
    if not popover.open:
        return
    with popover, st.container(width=280):
        st.caption("Requests with this token are refused at once, on every server. This can't be undone.")
        why = st.text_input(
            "Why", key=f"{key}-why", max_chars=service_tokens.LONGEST_TEXT, placeholder="It leaked", live=True
        ) or ""  # fmt: skip
        st.button(
            "Revoke token", key=f"{key}-now", type="primary", disabled=not why.strip(), on_click=_ended,
            args=(token.number,),
        )  # fmt: skip


# Click handlers


def _change_owner(number: str) -> None:
    actor = _acting()
    live = session.live()
    try:
        to = live.people().get(st.session_state.get(f"hand-{number}-to") or "")
        if actor is None or to is None:
            return
        with live.store.write() as transaction:
            hand_over(transaction, live.keys, number, to, actor)
    except SemanticError as error:
        _tell("caution", "error", str(error))
        return
    _tell("good", "person", f"{to.short_name} now owns the token sp_{number}.")


def _ended(number: str) -> None:
    actor = _acting()
    live, why = session.live(), (st.session_state.get(f"end-{number}-why") or "").strip()
    if actor is None or not why:
        return
    try:
        with live.store.write() as transaction:
            end_token(transaction, live.keys, number, why, actor)
    except SemanticError as error:
        _tell("caution", "error", str(error))
        return
    _tell("good", "block", f"Token sp_{number} revoked. Callers get this reason: {quoted(why)}.")


def _tell(state: State, icon: str, words: str) -> None:
    st.session_state[TOLD] = (state, icon, words)


def _close_notice() -> None:
    st.session_state.pop(TOLD, None)


def _acting() -> Actor | None:
    """Return the person who clicked, after checking their access again, or None while viewing as someone else."""
    _, actor = session.require("administrator")
    return actor if actor.viewed_by is None else None


def _more(count: int) -> None:
    st.session_state[SHOWN] = count


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the list."""
