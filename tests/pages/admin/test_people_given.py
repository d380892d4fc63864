"""Granting access on the page People: who can, what it changes, and invitations of people and domains."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import identity, session
from semantic.errors import InvalidQuery, NotAllowed
from semantic.policy.given_access import GivenAccess
from semantic.services.people import (
    give_access,
    invitations,
    invite,
    invite_everyone,
    known_people,
    switch_off,
    uninvite,
)
from tests.pages.admin.test_people import (
    ADA,
    MIA,
    begin,
    claimed,
    open_people,
    told,
    words,
)
from tests.pages.signing_in import sign_in


def given(role: str = "viewer") -> GivenAccess:
    return GivenAccess(role=role, at=datetime.now(UTC))


def field(app: AppTest, name: str) -> str:
    """Return the key of a field in the open dialog. The dialog was opened once."""
    return f"{name}-1"


def test_a_persons_access_is_changed_and_says_where_it_comes_from(of_company: dict[str, str]) -> None:
    tokens = begin(ADA, MIA)
    of_company[identity.PLAIN_COOKIE] = tokens[0]
    app = open_people(MIA.id)
    app.button(key="person-give").click().run()
    app.selectbox(key=field(app, "people-give-role")).set_value("steward").run()
    app.multiselect(key=field(app, "people-give-groups")).set_value(["emea"]).run()
    app.button(key="people-give-now").click().run()
    assert not app.exception
    assert "Mia's access is saved." in words(app)
    assert "Given here by an administrator." in words(app)
    live = session.live()
    signed_in = live.sign_ins.find(tokens[1])
    assert signed_in is not None
    assert signed_in.person.roles == {"steward"}
    assert "emea" in signed_in.person.groups
    assert told()[-1] == "Ada gave Mia the role steward: emea"


def test_an_invited_person_is_listed_and_has_the_role_after_signing_in(of_company: dict[str, str]) -> None:
    of_company[identity.PLAIN_COOKIE] = begin(ADA)[0]
    app = open_people()
    app.button(key="people-invite").click().run()
    app.button(key="people-invite-now").click().run()
    assert "Enter the email address" in app.warning[0].value
    app.text_input(key=field(app, "people-invite-id")).set_value("Zoe@Example.com").run()
    app.selectbox(key=field(app, "people-give-role")).set_value("marketer").run()
    app.button(key="people-invite-now").click().run()
    assert not app.exception
    assert "zoe@example.com is invited as marketer." in words(app)
    zoe = next(person for person in known_people(session.live()) if person.id == "zoe@example.com")
    assert (zoe.state, zoe.role) == ("invited", "marketer")
    newcomer = claimed("Zoe", "", "staff")
    assert newcomer.id == zoe.id
    token = begin(newcomer)[0]
    signed_in = session.live().sign_ins.find(token)
    assert signed_in is not None
    assert signed_in.person.roles == {"marketer"}


def test_a_domain_is_invited_and_removed(of_company: dict[str, str]) -> None:
    of_company[identity.PLAIN_COOKIE] = begin(ADA)[0]
    app = open_people()
    app.button(key="people-invite").click().run()
    app.segmented_control(key=field(app, "people-invite-who")).set_value("Everyone at a domain").run()
    app.text_input(key=field(app, "people-invite-domain")).set_value("gmail.com").run()
    app.button(key="people-invite-now").click().run()
    assert "Anyone can get an address at gmail.com." in app.warning[0].value
    app.text_input(key=field(app, "people-invite-domain")).set_value("example.com").run()
    app.button(key="people-invite-now").click().run()
    assert not app.exception
    assert "Everyone at example.com is invited as viewer." in words(app)
    newcomer = replace(claimed("Zoe", "", "staff"), vouched_domain="example.com")
    signed_in = session.live().sign_ins.find(begin(newcomer)[0])
    assert signed_in is not None
    assert signed_in.person.roles == {"viewer"}
    app = open_people()
    app.button(key="people-domain-remove-0").click().run()
    assert invitations(session.live()) == []
    assert "example.com is no longer invited." in words(app)


def test_no_one_changes_their_own_access_or_any_in_the_demo(of_company: dict[str, str]) -> None:
    of_company[identity.PLAIN_COOKIE] = begin(ADA)[0]
    app = open_people(ADA.id)
    assert not [button for button in app.button if button.key == "person-give"]
    with pytest.raises(NotAllowed, match="your own access"):
        give_access(session.live(), ADA.id, ADA.actor, given())
    with pytest.raises(NotAllowed, match="yourself"):
        invite(session.live(), ADA.id, ADA.actor, given())


def test_in_the_demo_people_come_from_the_model(cookies: dict[str, str]) -> None:
    sign_in(cookies, "otto")
    app = open_people()
    assert not [button for button in app.button if button.key == "people-invite"]
    otto = session.live().workspace().people["otto"]
    with pytest.raises(NotAllowed, match="the model"):
        give_access(session.live(), "lena", otto, given())


@pytest.mark.parametrize("role", ["viewer", "marketer", "steward"])
def test_only_administrators_can_give_access(of_company: dict[str, str], role: str) -> None:
    begin(ADA, MIA)
    live, other = session.live(), claimed("Bo", role, "staff").actor
    for act in (
        lambda: give_access(live, MIA.id, other, given()),
        lambda: invite(live, "zoe@example.com", other, given()),
        lambda: invite_everyone(live, "example.com", other, given()),
        lambda: uninvite(live, "example.com", other),
    ):
        with pytest.raises(NotAllowed):
            act()
    viewing = replace(ADA.actor, viewed_by="x")
    with pytest.raises(NotAllowed):
        give_access(live, MIA.id, viewing, given())


def test_a_domain_gives_no_high_role_and_no_one_is_invited_twice(of_company: dict[str, str]) -> None:
    begin(ADA, MIA)
    live = session.live()
    with pytest.raises(InvalidQuery, match="only to individual people"):
        invite_everyone(live, "example.com", ADA.actor, given("steward"))
    with pytest.raises(InvalidQuery, match="already here"):
        invite(live, MIA.id, ADA.actor, given())
    invite(live, "zoe@example.com", ADA.actor, given())
    with pytest.raises(InvalidQuery, match="already here"):
        invite(live, "zoe@example.com", ADA.actor, given("administrator"))


def test_two_administrators_cannot_remove_each_others_role(of_company: dict[str, str]) -> None:
    zoe, yan = claimed("Zoe", "", "staff"), claimed("Yan", "", "staff")
    of_company[identity.PLAIN_COOKIE] = begin(ADA, zoe, yan)[0]
    open_people()
    live = session.live()
    for person in (zoe, yan):
        give_access(live, person.id, ADA.actor, given("administrator"))
    both = {known.id: known for known in known_people(live)}
    zoes, yans = (replace(one.actor, roles=both[one.id].roles) for one in (zoe, yan))
    switch_off(live, ADA.id, zoes, why="She left")
    give_access(live, yan.id, zoes, given())
    with pytest.raises(NotAllowed, match="last administrator"):  # as if both had pressed at once
        give_access(live, zoe.id, yans, given())
