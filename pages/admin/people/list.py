"""The list of people, with a search and filters by role and state. Each row opens that person's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from pages.admin.people import given as giving
from pages.admin.people import words as people_words
from pages.shell import session
from pages.shell.parts import Action, State, chip, empty_state, notice, page_header, plain, quoted
from pages.shell.turns import in_turn
from semantic.display.format import counted
from semantic.display.words.ages import ago
from semantic.errors import StoreFailed
from semantic.policy.actor import ROLES
from semantic.services.people import ListedPerson, known_people

PAGE: Final = 25
PERSON: Final = "person"
"""The address parameter with the ID of the person whose page is open."""
FIND, ROLE, STATE, _PLACE = "people-find", "people-role", "people-state", "people-place"
NO_ROLE: Final = "no role"
STATES: Final = {
    "in": "Signed in now",
    "invited": "Invited",
    "off": "Deactivated",
    "no_account": "No account",
}


@st.fragment
@in_turn
def people() -> None:
    """Draw the list of people, which reruns separately when a filter or the page changes."""
    session.require("administrator")
    live = session.live()
    try:
        people = known_people(live)
    except StoreFailed as error:
        page_header("People")
        again = [Action("Try again", _just_rerun)]
        empty_state("cloud_off", "Couldn't load people", str(error), again, key="people-failed")
        return
    page_header("People", _summary(people))
    _inviting()
    if not people:
        empty_state(
            "group_off", "No one has signed in yet", "People appear here after they first sign in.", key="people-empty"
        )
        return
    wanted = _wanted(people)
    _narrowing()
    if not wanted:
        _nobody()
        return
    pages = -(-len(wanted) // PAGE)
    place = min(int(st.session_state.get(_PLACE) or 0), pages - 1)
    shown = wanted[place * PAGE : (place + 1) * PAGE]
    first = place * PAGE + 1
    st.caption(f"{first:,}\N{EN DASH}{first + len(shown) - 1:,} of {counted(len(wanted), 'person', 'people')}.")
    with st.container(border=True, gap="xxsmall", key="people-rows"):
        for person in shown:
            _row(person)
    _turning(place, pages)


def _inviting() -> None:
    """Draw the button that invites people, its dialog while it's open, and the invited domains.

    The demo has no invitations.
    """
    tell()
    if session.live().settings.demo:
        return
    st.button(
        "Invite people", icon=":material/person_add:", key="people-invite", type="primary",
        on_click=giving.open_dialog, args=(giving.INVITE,),
    )  # fmt: skip
    giving.show()
    giving.invited_domains()


def tell() -> None:
    """Show the outcome of the last action once."""
    told: tuple[State, str, str] | None = st.session_state.pop(giving.TOLD, None)
    if told:
        notice(*told, key="people-notice")


def _summary(people: Sequence[ListedPerson]) -> str:
    words = [counted(len(people), "person", "people")]
    if signed_in := sum(person.open_sign_ins > 0 for person in people):
        words.append(f"{signed_in:,} signed in now")
    if off := sum(person.state == "off" for person in people):
        words.append(f"{off:,} deactivated")
    if without := sum(person.state == "active" and not person.role for person in people):
        words.append(f"{without:,} without a role")
    return ", ".join(words) + "."


# Filters


def _wanted(people: Sequence[ListedPerson]) -> list[ListedPerson]:
    text = (st.session_state.get(FIND) or "").strip().casefold()
    role, state = st.session_state.get(ROLE), st.session_state.get(STATE)
    return [person for person in people if _is_named(person, text) and _has(person, role) and _is(person, state)]


def _is_named(person: ListedPerson, text: str) -> bool:
    email = person.claims.email if person.claims else ""
    return not text or any(text in name.casefold() for name in (person.name, person.id, email))


def _has(person: ListedPerson, role: str | None) -> bool:
    return role is None or person.role == ("" if role == NO_ROLE else role)


def _is(person: ListedPerson, state: str | None) -> bool:
    return state is None or (person.open_sign_ins > 0 if state == "in" else person.state == state)


def _narrowing() -> None:
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="people-narrowing"):
        st.text_input(
            "Search people", key=FIND, icon=":material/search:", label_visibility="collapsed", width=320,
            placeholder="Search by name, ID or email", on_change=_first_page,
        )  # fmt: skip
        role: str | None = st.session_state.get(ROLE)
        with chip(f"Role: {role}" if role else "Role", "badge", "chip-people-role"):
            st.selectbox(
                "Role", [*reversed(ROLES), NO_ROLE], index=None, key=ROLE, placeholder="All roles",
                format_func=str.capitalize, on_change=_first_page,
            )  # fmt: skip
        state: str | None = st.session_state.get(STATE)
        with chip(STATES[state] if state else "State", "toggle_on", "chip-people-state"):
            st.selectbox(
                "State", list(STATES), index=None, key=STATE, placeholder="Everyone",
                format_func=lambda each_state: STATES[each_state], on_change=_first_page,
            )  # fmt: skip
        if role or state or st.session_state.get(FIND):
            st.button("Clear", key="people-clear", type="tertiary", on_click=_clear)


def _clear() -> None:
    st.session_state[FIND] = ""
    st.session_state[ROLE] = st.session_state[STATE] = None
    _first_page()


def _first_page() -> None:
    st.session_state[_PLACE] = 0


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the page."""


def _nobody() -> None:
    text = (st.session_state.get(FIND) or "").strip()
    title = f"No one matches {quoted(text)}" if text else "No one matches"
    empty_state(
        "filter_alt_off", title, "Try a different name, role or state.", [Action("Clear filters", _clear)],
        key="people-none",
    )  # fmt: skip


# Rows


def _row(person: ListedPerson) -> None:
    now = session.live().store.now()
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"people-row-{person.id}"):
        # In one container, so that on a phone both are above the rest.
        with st.container(horizontal=True, gap="small", vertical_alignment="center", width=340):
            st.markdown(f"**{plain(person.short_name)}**  \n:small[{people_words.quiet(person.id)}]", width="stretch")
            if st.button(
                "Details", key=f"people-open-{person.id}", type="tertiary", help=plain(person.name or person.id)
            ):
                st.query_params[PERSON] = person.id
                st.rerun()
        source = people_words.short_source(person)
        st.markdown(
            f"{plain(person.role.capitalize() or 'No role')}"
            + (f"  \n:small[:gray[{plain(source)}]]" if source else ""),
            width=230,
        )
        seen = f"Seen {ago(person.last_seen_at, now)}" if person.last_seen_at else "Never signed in"
        opened = counted(person.open_sign_ins, "active sign-in") if person.open_sign_ins else "No active sign-in"
        st.markdown(f"{people_words.state(person) or plain(opened)}  \n:small[:gray[{plain(seen)}]]", width=230)
        sees, groups = people_words.reach(person), people_words.groups(person)
        st.markdown(f"{plain(sees)}  \n:small[:gray[{plain(groups)}]]", width="stretch")


def _turning(place: int, pages: int) -> None:
    if pages < 2:
        return
    with st.container(horizontal=True, horizontal_alignment="center", gap="xsmall", key="people-turning"):
        st.button(
            "Previous", icon=":material/chevron_left:", key="people-previous", disabled=not place, on_click=_turn,
            args=(place - 1,),
        )  # fmt: skip
        st.markdown(f":gray[Page {place + 1:,} of {pages:,}]", width="content")
        st.button("Next", key="people-next", disabled=place + 1 >= pages, on_click=_turn, args=(place + 1,))


def _turn(place: int) -> None:
    st.session_state[_PLACE] = place
