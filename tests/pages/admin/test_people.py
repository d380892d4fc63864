"""The page People: who is listed with which role and why, what administrators can do, and what they can't."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import identity, links, session, viewing
from semantic.errors import InvalidQuery, NotAllowed, SignInRefused
from semantic.policy.actor import Actor
from semantic.policy.claims import ProvenPerson
from semantic.services.people import end_one, free_id, known_people, sign_out_everywhere, switch_off, switch_on
from semantic.store.accounts.sign_ins import begin_sign_in, make_token
from semantic.store.audit.entries import Entry, each_entry
from semantic.store.audit.sentences import sentence
from semantic.store.people import subject_of
from tests.pages.signing_in import sign_in
from tests.pages.whole_app import open_app
from tests.waiting import STUCK


def claimed(name: str, role: str, /, *groups: str, **changed: Any) -> ProvenPerson:
    """Return a person whose role comes from the first of their groups."""
    person = ProvenPerson(
        id=f"{name.lower()}@example.com", issuer="https://id.example", provider_subject=f"account-{name}", name=name,
        roles=frozenset({role} - {""}), groups=frozenset(groups), attributes=MappingProxyType({}),
        claims_at=datetime.now(UTC), provider="okta", role_groups=groups[:1] if role else (), groups_claim="groups",
    )  # fmt: skip
    return replace(person, **changed)


ADA = claimed("Ada", "administrator", "samepage-admins", "staff")
MIA = claimed(
    "Mia", "marketer", "mk-marketing", "staff", attributes=MappingProxyType({"markets": ("DE", "FR")}),
    attribute_claims=MappingProxyType({"markets": "app.markets"}),
)  # fmt: skip


def begin(*people: ProvenPerson) -> list[str]:
    """Sign these people in now, in one transaction, and return their tokens.

    Claims older than a quarter of an hour are refreshed from the provider. In a slow run, claims from the constants
    above can be that old.
    """
    live = session.live()
    tokens: list[str] = []
    with live.store.write() as transaction:
        for person in people:
            tokens.append(make_token(live.keys))
            begin_sign_in(
                transaction, live.keys, person=replace(person, claims_at=transaction.now), provider="okta",
                token=tokens[-1], until=transaction.now + timedelta(hours=12),
            )  # fmt: skip
    return tokens


def open_people(person: str = "") -> AppTest:
    app = open_app(links.PEOPLE, person=person) if person else open_app(links.PEOPLE)
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    values = [element.value for kind in (app.title, app.markdown, app.caption) for element in kind]
    return " | ".join(values).replace("\\", "").replace(":gray[@]", "@")


def entries() -> list[Entry]:
    """Return the audit log's entries about people and sign-ins, oldest first, without the entries for questions that
    pages ask.
    """
    live = session.live()
    with live.store.read() as connection:
        return [entry for entry in each_entry(connection, live.keys) if entry.kind.startswith("person.")]


def told() -> list[str]:
    return [sentence(entry) for entry in entries()]


def names(app: AppTest) -> list[str]:
    """Return the ids of the visible rows, in order."""
    keys = [button.key or "" for button in app.button]
    return [key.removeprefix("people-open-") for key in keys if key.startswith("people-open-")]


# The list


def test_only_administrators_open_it(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    app = open_app()
    assert "people" not in str(app.session_state["menu"].pages)

    def page() -> None:
        import runpy

        runpy.run_path("pages/admin/people/page.py")

    app = AppTest.from_function(page, default_timeout=STUCK).run()
    assert "You don't have access to this page" in words(app)
    assert names(app) == []


def test_the_demo_lists_the_models_people_with_their_open_sign_ins(cookies: dict[str, str]) -> None:
    sign_in(cookies, "otto")
    sign_in({}, "jonas")
    app = open_people()
    assert names(app) == ["ana", "claire", "jonas", "lena", "otto"]
    assert "5 people, 2 signed in now." in words(app)
    assert words(app).count("from the model") == 5
    assert words(app).count("1 active sign-in") == 2
    assert words(app).count("Never signed in") == 3


def test_with_a_provider_the_stores_people_are_listed(of_company: dict[str, str]) -> None:
    nobody = claimed("Nils", "", "staff")
    of_company[identity.PLAIN_COOKIE] = begin(ADA, MIA, nobody)[0]
    app = open_people()
    assert names(app) == ["ada@example.com", "mia@example.com", "nils@example.com"]
    texts = words(app)
    assert "3 people, 3 signed in now, 1 without a role." in texts
    assert "from mk-marketing at okta" in texts
    assert "no group grants a role" in texts
    assert "Lena" not in texts  # of the demo, where no one signs in here


def test_people_are_found_by_name_id_role_and_state(of_company: dict[str, str]) -> None:
    other = claimed("Zoë", "marketer", "mk-agency", email="someone@elsewhere.example")
    of_company[identity.PLAIN_COOKIE] = begin(ADA, MIA, other)[0]
    switch_off(session.live(), MIA.id, ADA.actor, why="left")
    app = open_people()

    def found(**chosen: object) -> list[str]:
        for name, value in {"find": "", "role": None, "state": None, **chosen}.items():
            app.session_state[f"people-{name}"] = value
        app.run()
        assert not app.exception
        return names(app)

    assert found(find="ZOË") == ["zoë@example.com"]
    assert found(find="ELSEWHERE") == ["zoë@example.com"]
    assert found(role="marketer") == ["mia@example.com", "zoë@example.com"]
    assert found(role="no role") == []
    assert "No one matches" in words(app)
    assert found(state="off") == ["mia@example.com"]
    assert found(state="in") == ["ada@example.com", "zoë@example.com"]
    assert found(find="nobody of this name") == []
    app.button(key="people-none-0").click().run()
    assert len(names(app)) == 3


def test_many_people_are_shown_a_page_at_a_time(of_company: dict[str, str]) -> None:
    many = [claimed(f"Person{number:03}", "viewer", "staff") for number in range(60)]
    of_company[identity.PLAIN_COOKIE] = begin(ADA, *many)[0]
    app = open_people()
    assert len(names(app)) == 25
    assert "of 61 people." in words(app)
    app.button(key="people-next").click().run()
    app.button(key="people-next").click().run()
    assert names(app) == [person.id for person in many[49:]]
    assert app.button(key="people-next").disabled


def test_the_programs_own_actor_is_not_listed(of_company: dict[str, str]) -> None:
    of_company[identity.PLAIN_COOKIE] = begin(ADA)[0]
    live = session.live()
    with pytest.raises(SignInRefused):  # recorded as the program's own act
        live.sign_ins.begin(
            claimed("Ada", "viewer", provider_subject="another"), provider="okta", until=live.store.now()
        )  # fmt: skip
    assert told()[-1] == "Samepage refused a sign-in by Ada"
    assert [person.id for person in known_people(live)] == [ADA.id]


def test_people_the_shell_asked_as_are_not_listed(of_company: dict[str, str]) -> None:
    """`ask --as mo` with another model leaves a receipt of Mo's in this store, but no account."""
    of_company[identity.PLAIN_COOKIE] = begin(ADA)[0]
    live = session.live()
    with live.store.write(recorded=False) as transaction:
        subject_of(transaction, "mo", "Mo")
    assert [person.id for person in known_people(live)] == [ADA.id]
    assert "Mo" not in words(open_people()).split()


# One person


def test_a_person_is_shown_with_the_source_of_each_right(of_company: dict[str, str]) -> None:
    of_company[identity.PLAIN_COOKIE] = begin(ADA, MIA)[0]
    app = open_people(MIA.id)
    texts = words(app)
    assert "okta reports the group mk-marketing, which the settings map to marketer." in texts
    groups, attributes = (frame.value for frame in app.dataframe)
    assert groups.to_numpy().tolist() == [["mk-marketing", "marketer"], ["staff", ""]]
    assert attributes.to_numpy().tolist() == [["markets", "DE, FR", "claim app.markets"]]
    account = str(app.table[0].value)
    assert "account-Mia" in account.replace("\\", "")
    assert "just now" in account


def test_groups_without_policies_are_marked(of_company: dict[str, str]) -> None:
    of_company[identity.PLAIN_COOKIE] = begin(ADA, replace(MIA, policy_groups=frozenset({"staff"})))[0]
    groups = open_people(MIA.id).dataframe[0].value
    assert groups.to_numpy().tolist() == [["mk-marketing", "marketer", ""], ["staff", "", "used"]]
    assert session.people()[MIA.id].groups == {"staff"}


def test_eight_hundred_groups_are_a_table(of_company: dict[str, str]) -> None:
    many = tuple(f"group-{number:03}" for number in range(800))
    of_company[identity.PLAIN_COOKIE] = begin(ADA, claimed("Mia", "viewer", "staff", *many))[0]
    app = open_people(MIA.id)
    assert app.dataframe[0].value.shape == (801, 2)
    assert app.dataframe[0].value.iloc[0].tolist() == ["staff", "viewer"]


def test_an_unknown_id_in_the_address_says_so_and_leads_back(cookies: dict[str, str]) -> None:
    sign_in(cookies, "otto")
    app = open_people("nobody")
    assert "Person not found" in words(app)
    app.button(key="people-back").click().run()
    assert len(names(app)) == 5


def test_hostile_names_are_shown_as_plain_text(of_company: dict[str, str]) -> None:
    hostile = "<b>x</b> [a](https://evil.example) :material/verified: $x$"
    of_company[identity.PLAIN_COOKIE] = begin(ADA, claimed("Eve", "", name=hostile, groups=frozenset({hostile})))[0]
    for app in (open_people(), open_people("eve@example.com")):
        shown = next(title.value for kind in (app.title, app.markdown) for title in kind if "evil" in title.value)
        assert "[a](" not in shown
        assert "<b>" not in shown
        assert ":material/verified:" not in shown


# What an administrator does


def test_switching_off_takes_a_reason_and_ends_everything(of_company: dict[str, str]) -> None:
    tokens = begin(ADA, MIA, MIA)
    of_company[identity.PLAIN_COOKIE] = tokens[0]
    live = session.live()
    app = open_people(MIA.id)
    app.button(key="person-toggle_off-now").click().run()
    assert "Give a reason" in words(app)
    assert live.sign_ins.find(tokens[1]) is not None
    app.text_area(key="person-toggle_off-why").set_value("left the company").run()
    app.button(key="person-toggle_off-now").click().run()
    assert "Mia is signed out everywhere and can't sign in." in words(app)
    assert "Deactivated" in words(app)
    assert [live.sign_ins.find(token) for token in tokens[1:]] == [None, None]
    entry = entries()[-1]
    assert sentence(entry) == "Ada deactivated Mia"
    assert entry.personal == {"why": "left the company"}
    with pytest.raises(SignInRefused, match="deactivated"):
        live.sign_ins.begin(MIA, provider="okta", until=live.store.now() + timedelta(hours=1))
    app.text_area(key="person-toggle_on-why").set_value("came back").run()
    app.button(key="person-toggle_on-now").click().run()
    assert "Mia can sign in again." in words(app)
    assert live.sign_ins.find(tokens[1]) is None  # an earlier sign-in stays ended
    assert live.sign_ins.begin(MIA, provider="okta", until=live.store.now() + timedelta(hours=1))


def test_sign_ins_can_be_ended_singly_or_all_together(of_company: dict[str, str]) -> None:
    tokens = begin(ADA, MIA, MIA, MIA)
    of_company[identity.PLAIN_COOKIE] = tokens[0]
    live = session.live()
    number = live.sign_ins.find(tokens[1])
    assert number is not None
    app = open_people(MIA.id)
    app.button(key=f"sign-in-end-{number.number}").click().run()
    assert [live.sign_ins.find(token) is None for token in tokens] == [False, True, False, False]
    app.button(key="person-everywhere").click().run()
    assert "Signed out everywhere." in words(app)
    assert [live.sign_ins.find(token) is None for token in tokens] == [False, True, True, True]
    assert told()[-2:] == ["Ada ended a sign-in of Mia", "Ada signed Mia out everywhere"]


def test_an_id_can_be_released_for_another_account(of_company: dict[str, str]) -> None:
    tokens = begin(ADA, MIA)
    of_company[identity.PLAIN_COOKIE] = tokens[0]
    live, second = session.live(), replace(MIA, provider_subject="a second account")
    with pytest.raises(SignInRefused):
        live.sign_ins.begin(second, provider="okta", until=live.store.now() + timedelta(hours=1))
    app = open_people(MIA.id)
    app.text_area(key="person-link_off-why").set_value("a new contract").run()
    app.button(key="person-link_off-now").click().run()
    assert "No account" in words(app)
    assert live.sign_ins.find(tokens[1]) is None
    assert live.sign_ins.begin(second, provider="okta", until=live.store.now() + timedelta(hours=1))


def test_no_one_can_lock_out_themselves_or_everyone(of_company: dict[str, str]) -> None:
    second = claimed("Bo", "administrator", "samepage-admins")
    of_company[identity.PLAIN_COOKIE] = begin(ADA, second, MIA)[0]
    live = session.live()
    app = open_people(ADA.id)
    keys = {button.key for button in app.button}
    assert keys.isdisjoint({"person-toggle_off-now", "person-link_off-now"})
    with pytest.raises(NotAllowed, match="can't deactivate your own account"):
        switch_off(live, ADA.id, ADA.actor, why="holiday")
    with pytest.raises(NotAllowed, match="can't release your own ID"):
        free_id(live, ADA.id, ADA.actor, why="holiday")
    switch_off(live, second.id, ADA.actor, why="left")
    # Their role has been removed in the meantime, but as far as this process knows they're still signed in with it.
    with pytest.raises(NotAllowed, match="last administrator"):
        switch_off(live, ADA.id, second.actor, why="a quarrel")


def test_the_last_administrator_stays_and_a_person_who_never_signed_in_can_be_deactivated(
    cookies: dict[str, str],
) -> None:
    live = session.live()
    lena = Actor(id="lena", roles=frozenset({"administrator"}))
    with pytest.raises(NotAllowed, match="last administrator"):
        switch_off(live, "otto", lena, why="a quarrel")
    sign_in(cookies, "otto")
    switch_off(live, "jonas", live.workspace().people["otto"], why="holiday")  # the store doesn't have him yet
    assert [person.id for person in known_people(live) if person.state == "off"] == ["jonas"]
    assert "jonas" not in live.people()


@pytest.mark.parametrize("role", ["viewer", "marketer", "steward", ""])
def test_only_administrators_can_change_people(cookies: dict[str, str], role: str) -> None:
    live = session.live()
    signed_in = sign_in(cookies, "jonas")
    by = Actor(id="somebody", roles=frozenset({role} - {""}))
    before = told()
    for act in (
        lambda: switch_off(live, "jonas", by, why="x"),
        lambda: switch_on(live, "jonas", by, why="x"),
        lambda: free_id(live, "jonas", by, why="x"),
        lambda: sign_out_everywhere(live, "jonas", by),
        lambda: end_one(live, "jonas", signed_in.number, by),
        lambda: sign_out_everywhere(live, "jonas", replace(live.workspace().people["otto"], viewed_by="ana")),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert session.signed_in_person() is not None
    assert told() == before


def test_a_sign_in_cannot_be_ended_under_another_persons_id(cookies: dict[str, str]) -> None:
    live = session.live()
    signed_in = sign_in(cookies, "jonas")
    lena = live.workspace().people["lena"]
    assert not end_one(live, "lena", signed_in.number, lena)
    assert live.sign_ins.find(cookies[identity.COOKIE]) is not None


def test_a_reason_has_a_maximum_length(cookies: dict[str, str]) -> None:
    live = session.live()
    otto = live.workspace().people["otto"]
    with pytest.raises(InvalidQuery, match="Give a reason"):
        switch_off(live, "jonas", otto, why=" \n ")
    with pytest.raises(InvalidQuery, match="Keep the reason under"):
        switch_off(live, "jonas", otto, why="x" * 501)


def test_viewing_as_someone_ends_with_the_sign_in(cookies: dict[str, str]) -> None:
    signed_in = sign_in(cookies, "ana")
    live = session.live()
    people = live.workspace().people
    viewing.begin(live, signed_in.number, people["ana"], people["jonas"])
    assert session.current_viewing() is not None
    sign_out_everywhere(live, "ana", people["otto"])
    assert session.actor() is None
    assert session.current_viewing() is None


def test_a_deactivated_person_cannot_be_viewed_as(cookies: dict[str, str]) -> None:
    signed_in = sign_in(cookies, "ana")
    live = session.live()
    people = live.workspace().people
    viewing.begin(live, signed_in.number, people["ana"], people["jonas"])
    switch_off(live, "jonas", people["otto"], why="left")
    assert session.current_viewing() is None
    assert session.actor() is people["ana"]
    with pytest.raises(NotAllowed):
        viewing.begin(live, signed_in.number, people["ana"], people["jonas"])


# Your own


def test_people_of_any_role_can_end_their_own_sign_ins(of_company: dict[str, str]) -> None:
    tokens = begin(claimed("Nils", "", "staff"), claimed("Nils", "", "staff"))
    of_company[identity.PLAIN_COOKIE] = tokens[0]
    live = session.live()

    def page() -> None:
        from pages.sign_in import own_sign_ins

        own_sign_ins.show()

    app = AppTest.from_function(page, default_timeout=STUCK).run()
    assert "2 browsers signed in as you." in words(app)
    assert words(app).count("This browser") == 1
    other = live.sign_ins.find(tokens[1])
    assert other is not None
    app.button(key=f"sign-in-end-{other.number}").click().run()
    assert [live.sign_ins.find(token) is None for token in tokens] == [False, True]
    app.button(key="own-everywhere").click().run()
    assert live.sign_ins.find(tokens[0]) is None
    assert "Sign in to see this page" in words(app)


def test_a_person_without_a_role_sees_why_and_nothing_else(of_company: dict[str, str]) -> None:
    of_company[identity.PLAIN_COOKIE] = begin(claimed("Nils", "", "staff"))[0]
    app = open_app()
    assert not app.exception
    assert [title.value for title in app.title] == ["You don't have a role yet"]
    assert "You're signed in as Nils" in app.text[0].value
    assert "none of the groups that Okta names for you" in app.text[0].value
    assert "Demo" not in words(app)


def test_people_with_the_same_name_are_distinguished_in_choices(of_company: dict[str, str]) -> None:
    of_company[identity.PLAIN_COOKIE] = begin(ADA, MIA, replace(MIA, id="m@example.com", provider_subject="another"))[0]
    app = open_app(links.ACCESS, held={"access-tabs": "One person's access"})
    options = [option.replace("\\", "") for option in app.selectbox(key="access-person").options]
    assert sorted(options) == ["Ada", "Mia (m@example.com)", "Mia (mia@example.com)"]
