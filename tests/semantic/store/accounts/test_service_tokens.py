"""Service tokens: created by administrators, stored only as digests, found only by their whole text, revoked and
counted.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
from sqlalchemy import text, update

from semantic.api.auth import Gate, TurnedAway
from semantic.commands.audit import SHELL
from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed, UnknownToken
from semantic.policy.actor import Actor
from semantic.store.accounts import service_tokens
from semantic.store.accounts.service_tokens import (
    Grant,
    ServiceToken,
    end_token,
    find_token,
    hand_over,
    make_token,
    note_use,
    read_numbered,
    read_tokens,
)
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, erase_person
from tests.semantic.store.clock import Clock

OTTO = Actor(id="otto", name="Otto Weiss, administrator", roles=frozenset({"administrator"}))
ANA = Actor(id="ana", name="Ana Ribeiro", roles=frozenset({"steward"}))
JONAS = Actor(id="jonas", name="Jonas Falk", roles=frozenset({"marketer"}))
MARKETS = MappingProxyType({"markets": ("DE", "AT"), "team": "search"})


@pytest.fixture
def grant(clock: Clock) -> Grant:
    return Grant(
        name="Nightly report",
        purpose="Writes the numbers of the day into the sheet of the sales team",
        until=clock() + timedelta(days=90),
        scopes=frozenset({"ask"}),
        role="marketer",
        groups=frozenset({"agency"}),
        attributes=MARKETS,
    )


def _make(store: Store, keys: Keys, grant: Grant, actor: Actor = OTTO, **more: Any) -> tuple[ServiceToken, str]:
    with store.write() as transaction:
        return make_token(transaction, keys, grant, actor, **more)


def _find(store: Store, token: str) -> ServiceToken | None:
    with store.read() as connection:
        return find_token(connection, token)


def _told(store: Store, keys: Keys) -> list[str]:
    with store.read() as connection:
        return [sentence(entry) for entry in read_entries(connection, keys)]


def test_a_token_is_found_by_its_text_with_its_grant(store: Store, keys: Keys, grant: Grant) -> None:
    bearer, token = _make(store, keys, grant)
    assert re.fullmatch(r"sp_[0-9a-f]{12}_[0-9a-f]{64}", token)
    found_token = _find(store, token)
    assert found_token is not None
    assert found_token == bearer
    assert found_token.grant == grant
    assert (found_token.owner, found_token.owner_name, found_token.uses, found_token.used_at) == (
        "otto",
        "Otto Weiss, administrator",
        0,
        None,
    )
    assert found_token.actor == Actor(
        id=f"service:{bearer.number}",
        name="Nightly report (service)",
        kind="service",
        roles=frozenset({"marketer"}),
        groups=frozenset({"agency"}),
        attributes=MARKETS,
    )
    assert _told(store, keys) == ["Otto Weiss created the service token “Nightly report”, valid until 2026-11-30"]


def test_the_store_holds_the_digest_and_nowhere_the_secret(store: Store, keys: Keys, grant: Grant) -> None:
    bearer, token = _make(store, keys, grant)
    secret = token.rpartition("_")[2]
    with store.read() as connection:
        for name in ("service_tokens", "audit", "people"):
            rows = [str(tuple(row)) for row in connection.execute(text(f"SELECT * FROM {name}"))]
            assert rows
            assert not any(secret in row for row in rows), name
        digest = connection.execute(text("SELECT digest FROM service_tokens")).scalar_one()
    assert digest == hashlib.sha256(token.encode()).hexdigest()
    assert secret not in repr(bearer)


def test_tokens_are_unique(store: Store, keys: Keys, grant: Grant) -> None:
    (token, first), (other, second) = _make(store, keys, grant), _make(store, keys, grant)
    assert token.number != other.number
    assert first.rpartition("_")[2] != second.rpartition("_")[2]


def test_an_invalid_token_matches_none(store: Store, keys: Keys, grant: Grant) -> None:
    _, token = _make(store, keys, grant)
    changed = token[:-1] + ("0" if token[-1] != "0" else "1")
    other = f"sp_{'0' * 12}_{token.rpartition('_')[2]}"
    for wrong in ("", token[:-1], f"{token}0", token.upper(), f" {token}", f"{token}\n", changed, other, "sp_\0" * 30):
        assert _find(store, wrong) is None, wrong


def test_secrets_are_compared_in_constant_time_even_for_unknown_numbers(
    store: Store, keys: Keys, grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, token = _make(store, keys, grant)
    compared: list[tuple[int, int]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return hmac_compare(one, other)

    hmac_compare = hmac.compare_digest
    monkeypatch.setattr(service_tokens.hmac, "compare_digest", compare)
    assert _find(store, token) is not None
    assert _find(store, f"sp_{'0' * 12}_{'0' * 64}") is None
    assert compared == [(64, 64), (64, 64)]


@pytest.mark.parametrize(
    "actor",
    [
        ANA,
        Actor(id="nobody"),
        replace(OTTO, viewed_by="ana"),
        replace(OTTO, kind="service"),
        replace(OTTO, kind="agent", for_person="otto"),
    ],
)
def test_only_an_administrator_in_person_creates_and_revokes_a_token(
    actor: Actor, store: Store, keys: Keys, grant: Grant
) -> None:
    bearer, token = _make(store, keys, grant)
    with pytest.raises(NotAllowed):
        _make(store, keys, grant, actor)
    with pytest.raises(NotAllowed), store.write() as transaction:
        end_token(transaction, keys, bearer.number, "", actor)
    with pytest.raises(NotAllowed), store.write() as transaction:
        hand_over(transaction, keys, bearer.number, OTTO, actor)
    bearer = _find(store, token)
    assert bearer is not None
    assert bearer.works(store.now())


def test_a_token_has_no_more_access_than_its_owner(store: Store, keys: Keys, grant: Grant) -> None:
    steward = replace(grant, role="steward")
    with pytest.raises(NotAllowed, match="Jonas Falk isn't a steward"):
        _make(store, keys, steward, owner=JONAS)
    token, _ = _make(store, keys, steward, owner=ANA)
    with pytest.raises(NotAllowed, match="Jonas Falk isn't a steward"), store.write() as transaction:
        hand_over(transaction, keys, token.number, JONAS, OTTO)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": " \0\t "}, "needs a name of 1 to 80"),
        ({"name": "x" * 81}, "needs a name of 1 to 80"),
        ({"purpose": ""}, "what the token is for"),
        ({"scopes": frozenset[str]()}, "one or more of ask"),
        ({"scopes": frozenset({"ask", "everything"})}, "one or more of ask"),
        ({"role": "administrator"}, "role must be viewer, marketer or steward"),
        ({"role": ""}, "role must be viewer, marketer or steward"),
        ({"a_minute": 0}, "1 to 6,000 requests"),
        ({"a_minute": 6_001}, "1 to 6,000 requests"),
        ({"groups": frozenset({"x" * 201})}, "Each group needs 1 to 200"),
        ({"attributes": {"Markets": "DE"}}, "'Markets' isn't a valid attribute name"),
        ({"attributes": {"markets": ("DE", "")}}, "Each value of markets"),
        ({"attributes": {"markets": tuple(str(number) for number in range(201))}}, "at most 200"),
    ],
)
def test_a_grant_that_cannot_be_given_is_refused(
    change: dict[str, Any], says: str, store: Store, keys: Keys, grant: Grant
) -> None:
    with pytest.raises(InvalidQuery, match=says):
        _make(store, keys, replace(grant, **change))
    with store.read() as connection:
        assert read_tokens(connection) == []


@pytest.mark.parametrize("days", [-1, 0, 365.001])
def test_a_token_expires_after_today_and_within_a_year(days: float, store: Store, keys: Keys, grant: Grant) -> None:
    with pytest.raises(InvalidQuery, match="within 365 days"):
        _make(store, keys, replace(grant, until=store.now() + timedelta(days=days)))


def test_a_token_expires_by_itself(store: Store, keys: Keys, grant: Grant, clock: Clock) -> None:
    bearer, token = _make(store, keys, replace(grant, until=clock() + timedelta(days=15)))
    assert bearer.state(clock()) == "works"
    clock.move(days=1)
    assert bearer.state(clock()) == "ends_soon"
    assert bearer.works(clock())
    clock.move(days=14)
    bearer = _find(store, token)
    assert bearer is not None
    assert (bearer.state(clock()), bearer.works(clock())) == ("run_out", False)


def test_an_ended_token_stays_in_the_list_with_its_reason(store: Store, keys: Keys, grant: Grant, clock: Clock) -> None:
    token, _ = _make(store, keys, grant)
    clock.move(hours=1)
    with store.write() as transaction:
        end_token(transaction, keys, token.number, "The sheet is\ngone", OTTO)
    with store.read() as connection:
        (bearer,) = read_tokens(connection)
    assert (bearer.state(clock()), bearer.ended_at, bearer.why_ended) == ("ended", clock(), "The sheet is gone")
    assert _told(store, keys)[0] == "Otto Weiss revoked the service token “Nightly report”: “The sheet is gone”"
    with pytest.raises(ChangedMeanwhile), store.write() as transaction:
        end_token(transaction, keys, token.number, "Again", OTTO)
    with pytest.raises(NotAllowed, match="no longer works"), store.write() as transaction:
        hand_over(transaction, keys, token.number, ANA, OTTO)
    assert len(_told(store, keys)) == 2


def test_a_token_can_revoke_only_itself(store: Store, keys: Keys, grant: Grant) -> None:
    (token, _), (other, _) = _make(store, keys, grant), _make(store, keys, grant)
    with pytest.raises(NotAllowed), store.write() as transaction:
        end_token(transaction, keys, other.number, "", token.actor)
    with store.write() as transaction:
        end_token(transaction, keys, token.number, "It appeared in a link", token.actor)
    assert _told(store, keys)[0].startswith("Nightly report (service) revoked the service token")


def test_a_token_ends_with_its_owner_unless_it_was_handed_over(store: Store, keys: Keys, grant: Grant) -> None:
    (_, first), (token, second) = _make(store, keys, grant, owner=JONAS), _make(store, keys, grant, owner=JONAS)
    with store.write() as transaction:
        hand_over(transaction, keys, token.number, ANA, OTTO)
    assert _told(store, keys)[0] == "Otto Weiss transferred the service token “Nightly report” to Ana Ribeiro"
    with store.write(recorded=False) as transaction:
        erase_person(transaction, "jonas", keys)
    states = [token.state(store.now()) for name in (first, second) if (token := _find(store, name))]
    assert states == ["owner_gone", "works"]


def test_a_token_stops_while_its_owner_stays_away(store: Store, keys: Keys, grant: Grant, clock: Clock) -> None:
    """The owner left without being deactivated. If they return, or the token gets another owner, it works again."""
    _, mine = _make(store, keys, replace(grant, until=clock() + timedelta(days=300)), owner=JONAS)
    _, of_shell = _make(store, keys, replace(grant, until=clock() + timedelta(days=300)), owner=SHELL)
    gate = Gate(store, keys, lambda: {JONAS.id: JONAS}, owner_days=30)
    of_demo = Gate(store, keys, lambda: {JONAS.id: JONAS})
    clock.move(days=30)
    assert gate.find(mine).grant.name == grant.name
    clock.move(seconds=1)
    with pytest.raises(TurnedAway, match=r"hasn't signed in for 30 days\. It works again once they do") as turned:
        gate.find(mine)
    assert turned.value.code == "not_signed_in"
    assert gate.find(of_shell).owner == SHELL.id
    assert of_demo.find(mine).owner == JONAS.id
    with store.write(recorded=False) as transaction:
        seen = update(PEOPLE).where(PEOPLE.c.id == JONAS.id).values(last_seen_at=clock())
        transaction.connection.execute(seen)
    assert gate.find(mine).owner == JONAS.id


def test_uses_are_counted(store: Store, keys: Keys, grant: Grant, clock: Clock) -> None:
    token, _ = _make(store, keys, grant)
    for times in (1, 41):
        clock.move(minutes=1)
        with store.write(recorded=False) as transaction:
            note_use(transaction, token.number, times)
    with store.read() as connection:
        bearer = read_numbered(connection, token.number)
    assert (bearer.uses, bearer.used_at) == (42, clock())


def test_an_unknown_number_is_reported(store: Store, keys: Keys) -> None:
    with pytest.raises(UnknownToken), store.write() as transaction:
        end_token(transaction, keys, "0" * 12, "", OTTO)


def test_the_number_of_tokens_is_limited(
    store: Store, keys: Keys, grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_tokens, "MOST_TOKENS", 2)
    first, _ = _make(store, keys, grant)
    _make(store, keys, grant)
    with pytest.raises(NotAllowed, match="2 tokens are active"):
        _make(store, keys, grant)
    with store.write() as transaction:
        end_token(transaction, keys, first.number, "", OTTO)
    _make(store, keys, grant)
