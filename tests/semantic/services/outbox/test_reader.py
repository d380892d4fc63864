"""The person that a message is prepared for: with their current access, with claims younger than seven days, or
no one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from semantic.config.settings import Settings
from semantic.config.sign_in import Provider, RoleMapping, SignInSettings
from semantic.errors import InvalidQuery
from semantic.identity.renewal import stored_proof
from semantic.policy.claims import ProvenPerson, person_from_claims
from semantic.services.outbox.reader import (
    GONE,
    NO_ADDRESS,
    NO_ROLE,
    REMOVED,
    SIGN_IN,
    NotNow,
    Reader,
    notice_reader_of,
    own_zone,
    reader_of,
    set_own_zone,
)
from semantic.services.process import Live
from semantic.store.accounts.accounts import read_accounts, settle_account
from semantic.store.accounts.changes import deactivate
from semantic.store.audit.log import SAMEPAGE
from semantic.store.outbox.sends import Recipient
from semantic.store.people import PEOPLE
from semantic.store.upkeep.erasure import erase
from tests.copies import copy_shop, empty_store
from tests.provider import TestProvider
from tests.semantic.oidc.conftest import prove
from tests.semantic.services.outbox.outbox_world import World, store_of
from tests.semantic.services.outbox.test_sending import choosy
from tests.semantic.store.clock import Clock
from tests.semantic.store.stores import SECRET
from tests.semantic.transport.test_smtp import serving
from tests.shop import SHOP


def provider_named(name: str) -> Provider:
    return Provider(name=name, label=name, metadata="http://127.0.0.1:9/x", client_id="samepage")


def signing_in(*providers: Provider) -> SignInSettings:
    return SignInSettings(
        address="http://127.0.0.1:9", hours=12, renew_minutes=15, contact="", providers=providers, owner_days=30
    )


@pytest.fixture
def live(tmp_path: Path, clock: Clock) -> Iterator[Live]:
    """A company with one provider that never answers."""
    address = str(tmp_path / "store.sqlite")
    settings = Settings(
        data=str(copy_shop(tmp_path / "shop.duckdb")), model=SHOP, store=address, audit_key=SECRET,
        mask_key="a key of the tests", sign_in=signing_in(provider_named("full")),
    )  # fmt: skip
    with store_of(settings, empty_store(address, clock=clock)) as opened:
        yield opened


def seen(live: Live, clock: Clock, name: str = "dora@example.com", **changed: object) -> Recipient:
    """Return a person who signs in now, with their claims."""
    person = ProvenPerson(
        id=name, issuer="https://id.example.com", provider_subject=f"sub-{name}", name="Dora Diaz, analyst",
        roles=frozenset({"marketer"}), groups=frozenset({"customer_country"}), attributes={"countries": ("DE",)},
        claims_at=clock(), provider="full", email=name,
    )  # fmt: skip
    person = replace(person, **changed)  # pyright: ignore[reportArgumentType]
    with live.store.write(recorded=False) as transaction:
        subject = settle_account(transaction, live.keys, person)
    live.look()
    return Recipient(kind="person", id=subject)


def test_a_message_is_prepared_as_the_person_with_their_claims(live: Live, clock: Clock) -> None:
    dora = seen(live, clock)
    reader = reader_of(live, dora, clock())
    assert isinstance(reader, Reader)
    actor = reader.actor
    assert (actor.id, actor.kind, actor.roles, actor.groups, dict(actor.attributes), actor.viewed_by) == (
        "dora@example.com", "person", {"marketer"}, {"customer_country"}, {"countries": ("DE",)}, None,
    )  # fmt: skip
    assert (reader.address, reader.name, reader.zone) == ("dora@example.com", "Dora Diaz", "Europe/Berlin")
    assert reader.claims_end == clock() + timedelta(days=7)
    assert reader.actor is live.people()["dora@example.com"]


def test_claims_are_valid_for_seven_days(live: Live, clock: Clock) -> None:
    dora, began = seen(live, clock), clock()
    clock.move(days=7, seconds=-1)
    assert isinstance(reader_of(live, dora, clock()), Reader)
    clock.move(seconds=1)
    assert reader_of(live, dora, clock()) == NotNow(SIGN_IN, "sign_in", began)
    seen(live, clock)  # they sign in again
    assert isinstance(reader_of(live, dora, clock()), Reader)


def test_claims_from_a_clock_that_is_ahead_do_not_count(live: Live, clock: Clock) -> None:
    clock.move(days=30)
    dora = seen(live, clock)
    clock.move(days=-30)
    assert reader_of(live, dora, clock()) == NotNow(SIGN_IN, "sign_in", clock() + timedelta(days=30))


def test_a_deactivated_an_erased_and_an_unknown_person_get_nothing(live: Live, clock: Clock) -> None:
    dora, vera = seen(live, clock), seen(live, clock, "vera@example.com")
    with live.store.write() as transaction:
        deactivate(transaction, live.keys, dora.id, SAMEPAGE, why="Left")
    erase(live.store, "vera@example.com", SAMEPAGE, live.keys)
    for who in (dora, vera, Recipient(kind="person", id="0" * 32), Recipient(kind="person", id="'; --")):
        assert reader_of(live, who, clock()) == NotNow(GONE, "gone")
        assert notice_reader_of(live, who) == NotNow(GONE, "gone")


def test_a_person_without_a_role_gets_nothing(live: Live, clock: Clock) -> None:
    dora = seen(live, clock)
    clock.move(hours=1)
    seen(live, clock, roles=frozenset())
    assert reader_of(live, dora, clock()) == NotNow(NO_ROLE, "gone")


def test_a_person_of_a_removed_provider_gets_nothing(live: Live, clock: Clock) -> None:
    dora = seen(live, clock, provider="former")
    assert reader_of(live, dora, clock()) == NotNow(GONE, "gone")
    assert notice_reader_of(live, dora) == NotNow(GONE, "gone")


def test_the_email_address_is_the_id_or_otherwise_the_claim(live: Live, clock: Clock) -> None:
    by_id = seen(live, clock, email="other@example.com")
    by_claim = seen(live, clock, "00u1", email="vera@example.com")
    without = seen(live, clock, "00u2", email="")
    addresses = [reader_of(live, who, clock()) for who in (by_id, by_claim, without)]
    assert [each.address if isinstance(each, Reader) else each for each in addresses] == [
        "dora@example.com", "vera@example.com", NotNow(NO_ADDRESS, "no_address")
    ]  # fmt: skip


def test_an_address_that_was_written_into_the_store_gets_nothing(live: Live, clock: Clock) -> None:
    dora = seen(live, clock)
    with live.store.write(recorded=False) as transaction:
        chosen = PEOPLE.c.subject == dora.id
        transaction.connection.execute(update(PEOPLE).where(chosen).values(id="eve@evil.example"))
    assert reader_of(live, dora, clock()) == NotNow(GONE, "gone")
    assert notice_reader_of(live, dora) == NotNow(GONE, "gone")


def test_a_notice_is_read_without_any_role(live: Live, clock: Clock) -> None:
    dora = seen(live, clock)
    clock.move(days=30)
    reader = notice_reader_of(live, dora)
    assert isinstance(reader, Reader)
    assert (reader.actor.roles, reader.actor.groups, dict(reader.actor.attributes)) == (frozenset(), frozenset(), {})
    assert live.workspace().visible(reader.actor).metrics == ()
    assert reader.address == "dora@example.com"


def test_a_missing_destination_gets_nothing(live: Live, clock: Clock) -> None:
    assert reader_of(live, Recipient(kind="destination", id="7f"), clock()) == NotNow(REMOVED, "gone")


def test_times_are_in_the_persons_own_zone(live: Live, clock: Clock) -> None:
    dora = seen(live, clock)
    actor = live.people()["dora@example.com"]
    with pytest.raises(InvalidQuery, match="no time zone"):
        set_own_zone(live, actor, "Mars/Base")
    assert own_zone(live, actor) == "Europe/Berlin"  # the model's
    set_own_zone(live, actor, "Asia/Kolkata")
    reader = reader_of(live, dora, clock())
    assert isinstance(reader, Reader)
    assert reader.zone == own_zone(live, actor) == "Asia/Kolkata"
    set_own_zone(live, actor, "")
    assert own_zone(live, actor) == "Europe/Berlin"


def test_the_last_message_before_claims_run_out_says_so_and_one_notice_follows(live: Live, clock: Clock) -> None:
    """Claims from 1 September 12:00 end on 8 September 12:00, so the message on the 8th at 08:00 is the last one."""
    world, _ = World(live, clock), seen(live, clock)
    world.board = _published(world)
    dora = live.people()["dora@example.com"]
    world.work_of(dora).subscribe(world.wanted())
    for _ in range(10):
        world.next_day()
    assert [subject for _, subject in world.handed] == [
        *["For dora@example.com"] * 6,
        "For dora@example.com sign_in_by=2026-09-08T12:00:00+00:00",
        "Sign in to keep receiving your deliveries",
    ]
    assert [send.why for send in world.sends(kind="delivery", state="skipped")] == [SIGN_IN] * 3
    seen(live, clock)
    world.next_day()
    assert world.handed[-1] == ("Dora Diaz", "For dora@example.com")


def test_a_notice_reaches_someone_whose_claims_are_too_old(live: Live, clock: Clock) -> None:
    world, _ = World(live, clock), seen(live, clock)
    world.board = _published(world)
    world.work_of(live.people()["dora@example.com"]).subscribe(world.wanted())
    clock.move(days=9)
    postbox = choosy()
    with serving(postbox) as world.server:
        world.next_day()
    (mail,) = postbox.mails
    assert mail.to == "dora@example.com"
    assert "You haven't signed in for seven days" in mail.text


def test_claims_are_renewed_with_the_refresh_token_of_an_open_sign_in(
    tmp_path: Path, clock: Clock, provider: TestProvider
) -> None:
    mapping = RoleMapping(roles={"marketer": ("mk-marketing",), "steward": ("mk-mops",)})
    address = str(tmp_path / "store.sqlite")
    settings = Settings(
        data=str(copy_shop(tmp_path / "shop.duckdb")), model=SHOP, store=address, audit_key=SECRET,
        mask_key="a key of the tests", sign_in=signing_in(provider.settings("full", mapping)),
    )  # fmt: skip
    provider.turn(people={"omar": {"groups": ["mk-marketing", "mk-mops"]}})
    with store_of(settings, empty_store(address, clock=clock)) as live:
        proof = prove(live.clients["full"], "omar")
        person = person_from_claims(proof.claims, live.clients["full"].provider, clock())
        until = clock() + timedelta(hours=12)
        live.sign_ins.begin(person, provider="full", until=until, refresh=stored_proof(proof).to_text())
        with live.store.read() as connection:
            (account,) = [each for each in read_accounts(connection, live.keys) if each.id == person.id]
        omar = Recipient(kind="person", id=account.subject)
        provider.turn(people={"omar": {"groups": ["mk-marketing"]}})
        young = reader_of(live, omar, clock())
        clock.move(minutes=16)
        renewed = reader_of(live, omar, clock())
        assert isinstance(young, Reader)
        assert isinstance(renewed, Reader)
        assert (young.actor.roles, renewed.actor.roles) == ({"steward"}, {"marketer"})
        assert renewed.claims_end == clock() + timedelta(days=7)
        clock.move(hours=13)  # the sign-in is over, and its token can't be used any more
        last = reader_of(live, omar, clock())
        assert isinstance(last, Reader)
        assert last.claims_end == renewed.claims_end


def _published(world: World) -> str:
    steward = ProvenPerson(
        id="sam@example.com", issuer="https://id.example.com", provider_subject="sam", name="Sam",
        roles=frozenset({"steward"}), groups=frozenset(), attributes={}, claims_at=world.clock(), provider="full",
    )  # fmt: skip
    with world.live.store.write(recorded=False) as transaction:
        settle_account(transaction, world.live.keys, steward)
    return world.publish(steward.actor)
