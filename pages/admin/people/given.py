"""The dialogs that give people access: one for a person, one for inviting people or a whole domain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import streamlit as st

from pages.shell import session
from pages.shell.parts import State, block, plain
from pages.shell.turns import in_turn
from semantic.display.words.ages import ago
from semantic.errors import SemanticError, StoreFailed
from semantic.policy.actor import ROLES, Attribute
from semantic.policy.claims import LONGEST_ID
from semantic.policy.given_access import LONGEST_DOMAIN, MOST_ATTRIBUTES, ROLES_BY_DOMAIN, GivenAccess
from semantic.services.people import (
    AccessChoices,
    ListedPerson,
    access_choices,
    give_access,
    invitations,
    invite,
    invite_everyone,
    uninvite,
)

OPEN: Final = "people-giving"
"""The session key for the open dialog: `invite`, or the ID of a person."""
TOLD: Final = "people-told"
"""The session key for the message shown above the page after an action."""
INVITE: Final = "invite"
ONE, DOMAIN = "One person", "Everyone at a domain"
_TIMES, _WRONG = "people-giving-times", "people-giving-wrong"
_WHO: Final = "people-invite-who"
_ATTRIBUTE: Final = "people-give-attribute-"  # before its name


def open_dialog(what: str) -> None:
    """Open the dialog with this name: `invite`, or the ID of a person."""
    st.session_state.pop(_WRONG, None)
    st.session_state[OPEN] = what
    st.session_state[_TIMES] = st.session_state.get(_TIMES, 0) + 1


def show(person: ListedPerson | None = None) -> None:
    """Draw the open dialog, if it belongs to this page."""
    what = st.session_state.get(OPEN)
    if what == INVITE and person is None:
        _invite()
    elif person is not None and what == person.id:
        _give(person)


def invited_domains() -> None:
    """Draw the invited domains, each with a button that removes it, or nothing if there are none."""
    live = session.live()
    try:
        known = invitations(live)
    except StoreFailed:
        return
    if not known:
        return
    now = live.store.now()
    with block("Invited domains", f"{len(known)}"):
        for place, invitation in enumerate(known):
            given = invitation.given
            with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"people-domain-{place}"):
                groups = f", in {', '.join(sorted(given.groups))}" if given.groups else ""
                since = f"Invited {ago(given.at, now)}"
                st.markdown(
                    f"Everyone at **{plain(invitation.domain)}** becomes a {plain(given.role)}{plain(groups)}  \n"
                    f":small[:gray[{plain(since)}]]",
                    width="stretch",
                )
                st.button(
                    "Remove", key=f"people-domain-remove-{place}", type="tertiary", on_click=_remove,
                    args=(invitation.domain,), help=plain(f"Stop inviting {invitation.domain}. People who have "
                    "signed in keep their access."),
                )  # fmt: skip


# Dialogs


def _finish() -> None:
    """Rerun the whole page after the dialog's action, because a rerun of only the dialog would leave it open."""
    if OPEN not in st.session_state:
        st.rerun()


def _close() -> None:
    st.session_state.pop(OPEN, None)
    st.session_state.pop(_WRONG, None)


@st.dialog("Invite people", width="medium", icon=":material/person_add:", on_dismiss=_close)
@in_turn
def _invite() -> None:
    session.require("administrator")
    _finish()
    is_one = st.segmented_control(
        "Who", (ONE, DOMAIN), default=ONE, key=_key(_WHO), label_visibility="collapsed", required=True
    ) == ONE  # fmt: skip
    if is_one:
        st.text_input(
            "Email address or ID", key=_key("people-invite-id"), max_chars=LONGEST_ID, placeholder="mia@example.com",
            help="As your sign-in provider sends it.",
        )  # fmt: skip
    else:
        st.text_input("Domain", key=_key("people-invite-domain"), max_chars=LONGEST_DOMAIN, placeholder="example.com")
    choices = access_choices(session.live())
    _role_field("viewer", ROLES if is_one else ROLES_BY_DOMAIN)
    _group_field(choices, frozenset())
    if is_one:
        _attribute_fields(choices, {})
    st.caption(
        "They get this access when they first sign in. No email is sent, so tell them yourself."
        if is_one
        else "They get this access when they first sign in, if they haven't been given access before. The address has "
        "to be confirmed by your sign-in provider."
    )
    _wrong()
    st.button("Invite", key="people-invite-now", type="primary", on_click=_send, args=(is_one,))


@st.dialog("Access", width="medium", icon=":material/badge:", on_dismiss=_close)
@in_turn
def _give(person: ListedPerson) -> None:
    session.require("administrator")
    _finish()
    given = person.given
    st.markdown(f"What **{plain(person.short_name)}** has in addition to your sign-in provider's claims.")
    choices = access_choices(session.live())
    _role_field(given.role if given else "", ("", *ROLES))
    provided = person.provided.roles if person.provided is not None else frozenset[str]()
    if provided:
        st.caption(f"Your sign-in provider gives {plain(next(iter(provided)))}. The higher of the two applies.")
    _group_field(choices, given.groups if given else frozenset())
    _attribute_fields(choices, given.attributes if given else {}, person)
    _wrong()
    st.button("Save", key="people-give-now", type="primary", on_click=_save, args=(person.id, person.short_name))


# Fields


def _role_field(role: str, roles: tuple[str, ...]) -> None:
    st.selectbox(
        "Role", roles, index=roles.index(role) if role in roles else 0, key=_key("people-give-role"),
        format_func=lambda name: name.capitalize() or "None",
    )  # fmt: skip


def _group_field(choices: AccessChoices, groups: frozenset[str]) -> None:
    options = sorted({*choices.groups, *groups})
    st.multiselect(
        "Groups", options, default=sorted(groups), key=_key("people-give-groups"), accept_new_options=True,
        placeholder="Choose or type a group" if options else "Type a group",
        help="Policies name groups. The groups listed here are those that the current policies name.",
    )  # fmt: skip


def _attribute_fields(
    choices: AccessChoices, attributes: Mapping[str, Attribute], person: ListedPerson | None = None
) -> None:
    provided = person.provided.attributes if person is not None and person.provided is not None else {}
    names = sorted({*choices.attributes, *attributes})[:MOST_ATTRIBUTES]
    if names:
        st.caption("Attributes used by row rules")
    for name in names:
        if name in provided:
            st.caption(f"{plain(name)}: set by your sign-in provider")
            continue
        value = attributes.get(name, ())
        values = [value] if isinstance(value, str) else list(value)
        st.multiselect(
            plain(name.replace("_", " ").capitalize()), values, default=values, key=_key(f"{_ATTRIBUTE}{name}"),
            accept_new_options=True, placeholder="Type a value and press Enter",
        )  # fmt: skip


def _chosen() -> GivenAccess:
    state = st.session_state
    attributes: dict[str, Attribute] = {}
    beginning, ending = _ATTRIBUTE, _key("")
    kept = [str(name) for name in state if str(name).startswith(beginning) and str(name).endswith(ending)]
    for key in kept:
        name = key.removeprefix(beginning).removesuffix(ending)
        if values := tuple(str(value).strip() for value in state[key] or () if str(value).strip()):
            attributes[name] = values
    return GivenAccess(
        role=state.get(_key("people-give-role")) or "",
        groups=frozenset(str(group).strip() for group in state.get(_key("people-give-groups")) or ()),
        attributes=attributes,
        at=session.live().store.now(),
    )


def _key(field: str) -> str:
    """Return the key of a field in the dialog. It changes each time a dialog opens."""
    return f"{field}-{st.session_state.get(_TIMES, 0)}"


def _wrong() -> None:
    if (wrong := st.session_state.get(_WRONG)) is not None:
        st.warning(plain(wrong), icon=":material/error:")


# Actions


def _send(is_one: bool) -> None:
    live, given = session.live(), _chosen()
    text: str = st.session_state.get(_key("people-invite-id" if is_one else "people-invite-domain")) or ""

    def act() -> str:
        _, actor = session.require("administrator")
        if is_one:
            return f"{invite(live, text, actor, given)} is invited as {given.role}."
        return f"Everyone at {invite_everyone(live, text, actor, given)} is invited as {given.role}."

    _do(act)


def _save(person: str, name: str) -> None:
    live, given = session.live(), _chosen()

    def act() -> str:
        _, actor = session.require("administrator")
        give_access(live, person, actor, given)
        return f"{name}'s access is saved."

    _do(act)


def _remove(domain: str) -> None:
    live = session.live()

    def act() -> str:
        _, actor = session.require("administrator")
        uninvite(live, domain, actor)
        return f"{domain} is no longer invited."

    _do(act)


def _do(act: Callable[[], str]) -> None:
    """Run an action, and close the dialog. If the action is refused, the dialog shows the reason and keeps
    the input.
    """
    told: tuple[State, str, str]
    try:
        told = ("good", "check", act())
    except SemanticError as error:
        if st.session_state.get(OPEN):
            st.session_state[_WRONG] = str(error)
            return
        told = ("caution", "error", str(error))
    _close()
    st.session_state[TOLD] = told
