"""One person's page: role, groups and attributes with their sources, sign-ins, and account actions."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.admin.audit import list as audit_list
from pages.admin.people import given as giving
from pages.admin.people import words as people_words
from pages.admin.people.list import PERSON, tell
from pages.govern.access import who as access_who
from pages.shell import links, session
from pages.shell.parts import Action, block, empty_state, page_header, plain
from pages.sign_in import sign_in_rows
from semantic.display.format import counted
from semantic.display.words.ages import ago, exact
from semantic.errors import SemanticError, StoreFailed
from semantic.policy.actor import Actor
from semantic.services.people import (
    ListedPerson,
    end_one,
    free_id,
    known_people,
    sign_ins_of,
    sign_out_everywhere,
    switch_off,
    switch_on,
)
from semantic.store.accounts.changes import LONGEST_WHY

_ROW = 34


def id_in_address() -> str:
    """Return the person ID in the address, or "" for the list."""
    return st.query_params.get(PERSON, "")


def person() -> None:
    """Draw the person whose ID is in the address, or a notice that no such person exists."""
    _, actor = session.require("administrator")
    live = session.live()
    st.button("All people", icon=":material/arrow_back:", key="people-back", type="tertiary", on_click=_back)
    try:
        person = next((candidate for candidate in known_people(live) if candidate.id == id_in_address()), None)
        if person is None:
            empty_state(
                "person_off", "Person not found", "They may have been erased.",
                [Action("All people", _back)], key="person-none",
            )  # fmt: skip
            return
        sign_ins = sign_ins_of(live, person.id)
    except StoreFailed as error:
        empty_state(
            "cloud_off",
            "Couldn't load this person",
            str(error),
            [Action("Try again", _just_rerun)],
            key="person-failed",
        )
        return
    page_header(person.short_name)
    st.markdown(" ".join(part for part in (people_words.quiet(_identity(person)), people_words.state(person)) if part))
    tell()
    giving.show(person)
    _actions(person, actor)
    left, right = st.columns(2, gap="medium")
    with left:
        _role(person)
        _groups(person)
        _attributes(person)
    with right:
        _account(person)
        with block("Sign-ins", counted(person.open_sign_ins, "active sign-in") if person.open_sign_ins else ""):
            signed_in = session.signed_in()
            sign_in_rows.rows(
                sign_ins, live.store.now(), here=signed_in.number if signed_in else "",
                end=_doing(person.id, lambda sign_in, by, number: end_one(live, sign_in, number, by), "Sign-in ended."),
            )  # fmt: skip


def _identity(person: ListedPerson) -> str:
    parts = [person.name, person.id, person.claims.email if person.claims else ""]
    return " \N{MIDDLE DOT} ".join(dict.fromkeys(part for part in parts if part and part != person.short_name))


# Facts


def _role(person: ListedPerson) -> None:
    with block("Role"):
        st.markdown(plain(person.role.capitalize() or "No role"))
        st.caption(plain(people_words.role_source(person)))


def _groups(person: ListedPerson) -> None:
    with block("Groups", f"{len(person.groups):,}" if person.groups else "none"):
        if not person.groups:
            return
        gives = set(person.claims.role_groups) if person.claims else set[str]()
        given = person.given.groups if person.given is not None else frozenset[str]()
        names = sorted(person.groups, key=lambda name: (name not in gives, name.casefold()))
        table = {"Group": names, "Gives": [person.role if name in gives else "" for name in names]}
        if person.claims is not None and person.claims.policy_groups is not None:
            table["Policies"] = ["used" if name in person.claims.policy_groups else "" for name in names]
        if given:
            provided = person.provided.groups if person.provided is not None else frozenset[str]()
            table["From"] = [people_words.source_of(name in provided, name in given) for name in names]
        st.dataframe(
            table,
            key="person-groups", hide_index=True, row_height=_ROW, alt="This person's groups.",
            height="content" if len(names) <= 8 else 9 * _ROW,
        )  # fmt: skip


def _attributes(person: ListedPerson) -> None:
    with block("Attributes", "" if person.attributes else "none"):
        if not person.attributes:
            return
        values = [value if isinstance(value, str) else ", ".join(value) for value in person.attributes.values()]
        claims = person.claims.attribute_claims if person.claims else {}
        sources = [
            "model" if person.is_of_model else f"claim {claims[name]}" if name in claims else people_words.GIVEN
            for name in person.attributes
        ]
        st.dataframe(
            {"Attribute": list(person.attributes), "Value": values, "From": sources},
            key="person-attributes", hide_index=True, row_height=_ROW, height="content",
            alt="This person's attributes, which policies use in row rules.",
        )  # fmt: skip


def _account(person: ListedPerson) -> None:
    now = session.live().store.now()
    facts: dict[str, str] = {}
    if person.claims is not None:
        facts |= {
            "Provider": person.claims.provider,
            "Issuer": person.claims.issuer,
            "Account": person.claims.provider_subject,
        }
        if person.claims.claims_at is not None:
            facts["Updated"] = f"{ago(person.claims.claims_at, now)} ({exact(person.claims.claims_at)})"
    elif person.is_of_model:
        facts["Source"] = "The model: in the demo, anyone can sign in as this person"
    if person.last_seen_at is not None:
        facts["Last seen"] = f"{ago(person.last_seen_at, now)} ({exact(person.last_seen_at)})"
    if person.deactivated_at is not None:
        facts["Deactivated"] = f"{ago(person.deactivated_at, now)} ({exact(person.deactivated_at)})"
    with block("Account"):
        st.table({plain(name): plain(value) for name, value in facts.items()}, border="horizontal")


# Actions


def _actions(one: ListedPerson, actor: Actor) -> None:
    if actor.viewed_by is not None:
        return
    live = session.live()
    is_self = one.id == actor.id
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="person-actions"):
        if not is_self and not one.is_of_model and not live.settings.demo:
            st.button(
                "Change access", key="person-give", icon=":material/badge:", on_click=giving.open_dialog,
                args=(one.id,),
            )  # fmt: skip
        if one.open_sign_ins:
            st.button(
                "Sign out everywhere", key="person-everywhere", icon=":material/logout:",
                on_click=_doing(
                    one.id, lambda who, by: sign_out_everywhere(live, who, by), "Signed out everywhere."
                ),
            )  # fmt: skip
        if one.state == "off":
            _with_reason("Reactivate", "toggle_on", one, switch_on, f"{one.short_name} can sign in again.")
        elif not is_self and one.state != "invited":
            _with_reason(
                "Deactivate", "toggle_off", one, switch_off,
                f"{one.short_name} is signed out everywhere and can't sign in.",
            )  # fmt: skip
        if one.claims is not None and not is_self:
            _with_reason(
                "Release ID", "link_off", one, free_id, f"The next account that signs in with {one.id} can claim it.",
                about="Unlinks the account and ends its sign-ins.",
            )  # fmt: skip
        if one.id in session.people():
            st.button(
                "What they can see", key="person-access", icon=":material/policy:", type="tertiary",
                on_click=_see, args=(one.id,),
            )  # fmt: skip
        if one.subject:
            st.button(
                "Activity", key="person-audit", icon=":material/fact_check:", type="tertiary",
                on_click=_read, args=(one.subject,),
            )  # fmt: skip


def _with_reason(
    label: str, icon: str, person: ListedPerson, act: Callable[..., None], done: str, *, about: str = ""
) -> None:
    """Draw a button that asks for a reason before it acts. The audit log records the reason."""
    key = f"person-{icon}"
    live = session.live()

    def press() -> None:
        why: str = st.session_state.get(f"{key}-why") or ""
        _do(lambda by: act(live, person.id, by, why=why), done)
        st.session_state[f"{key}-why"] = ""

    with st.popover(label, icon=f":material/{icon}:", key=f"{key}-open"):
        if about:
            st.caption(about)
        st.text_area("Why", key=f"{key}-why", max_chars=LONGEST_WHY, placeholder="Kept in the audit log", height=68)
        st.button(f"{label} now", key=f"{key}-now", type="primary", on_click=press)


def _doing(person: str, act: Callable[..., object], done: str) -> Callable[..., None]:
    def press(*more: str) -> None:
        _do(lambda by: act(person, by, *more), done)

    return press


def _do(act: Callable[[Actor], object], done: str) -> None:
    """Run an action as the person who clicked, after checking their access again."""
    _, actor = session.require("administrator")
    try:
        act(actor)
    except SemanticError as error:
        st.session_state[giving.TOLD] = ("caution", "error", str(error))
        return
    st.session_state[giving.TOLD] = ("good", "check", done)


def _back() -> None:
    st.query_params.pop(PERSON, None)


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the page."""


def _see(person: str) -> None:
    st.session_state["access-person"], st.session_state["access-tabs"] = person, access_who.ONE_PERSON
    st.switch_page(links.ACCESS)


def _read(subject: str) -> None:
    st.session_state[audit_list.PERSON] = subject
    st.switch_page(links.AUDIT)
