"""Destinations in the store: their addresses are sealed, recorded without secrets, and gone once removed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.database import Store
from semantic.store.destinations import destinations
from semantic.store.destinations.destinations import (
    DESTINATIONS,
    Kind,
    NewDestination,
    OpenDestination,
    add_destination,
    end_destination,
    find_destination,
    host_of,
    note_outcome,
    open_destination,
    read_destinations,
)
from semantic.store.keys import Keys, keys_of
from semantic.store.upkeep.backup import back_up, restore
from tests.semantic.store.clock import Clock

OTTO = Actor(id="otto", name="Otto Weiss", roles=frozenset({"administrator"}))
ANA = Actor(id="ana", name="Ana Ribeiro", roles=frozenset({"steward"}))
ADDRESS = "https://hooks.slack.com/services/T0/B0/verysecret"


def _add(store: Store, keys: Keys, *, name: str = "#marketing", kind: Kind = "slack", actor: Actor = OTTO) -> str:
    wanted = NewDestination(kind=kind, name=name, address=ADDRESS, audience="marketing")
    with store.write() as transaction:
        return add_destination(transaction, keys, wanted, actor)[0]


def _open(store: Store, keys: Keys, number: str) -> OpenDestination | None:
    with store.read() as connection:
        return open_destination(connection, keys, number)


def test_a_destination_is_used_with_its_address_and_shown_without_it(store: Store, keys: Keys, clock: Clock) -> None:
    number = _add(store, keys)
    opened = _open(store, keys, number)
    assert opened is not None
    assert (opened.address, opened.secret) == (ADDRESS, "")
    assert "verysecret" not in repr(opened)
    with store.read() as connection:
        (listed,) = read_destinations(connection)
        row = connection.execute(select(DESTINATIONS)).one()
    assert listed == opened.destination
    assert (listed.name, listed.host, listed.audience, listed.added_at) == (
        "#marketing", "hooks.slack.com", "marketing", clock()
    )  # fmt: skip
    assert b"verysecret" not in b"".join(str(value).encode() for value in row)
    assert _open(store, keys_of("another secret of another server, long enough"), number) is None


def test_a_webhook_has_its_own_secret(store: Store, keys: Keys) -> None:
    secrets = set[str]()
    for name in ("one", "two"):
        with store.write() as transaction:
            wanted = NewDestination(kind="webhook", name=name, address=ADDRESS)
            number, secret = add_destination(transaction, keys, wanted, OTTO)
        opened = _open(store, keys, number)
        assert opened is not None
        assert opened.secret == secret
        secrets.add(secret)
    assert len(secrets) == 2
    assert all(len(secret) >= 40 for secret in secrets)


def test_only_administrators_add_and_remove(store: Store, keys: Keys) -> None:
    number = _add(store, keys)
    viewing = Actor(id="otto", roles=frozenset({"administrator"}), viewed_by="otto")
    service = Actor(id="service:1", kind="service", roles=frozenset({"administrator"}))
    for actor in (ANA, viewing, service):
        with pytest.raises(NotAllowed):
            _add(store, keys, actor=actor)
        with pytest.raises(NotAllowed), store.write() as transaction:
            end_destination(transaction, keys, number, actor)
    assert _open(store, keys, number) is not None


def test_a_removed_destination_has_no_address(store: Store, keys: Keys, clock: Clock) -> None:
    number = _add(store, keys)
    with store.write() as transaction:
        end_destination(transaction, keys, number, OTTO)
    assert _open(store, keys, number) is None
    with store.read() as connection:
        assert read_destinations(connection) == []
        (ended,) = read_destinations(connection, ended=True)
        row = connection.execute(select(DESTINATIONS)).one()
    assert ended.ended_at == clock()
    assert (row.sealed_address, row.sealed_secret) == (b"", b"")
    with pytest.raises(ChangedMeanwhile, match="already removed"), store.write() as transaction:
        end_destination(transaction, keys, number, OTTO)
    with pytest.raises(ChangedMeanwhile, match="already removed"), store.write() as transaction:
        end_destination(transaction, keys, "unknown", OTTO)


@pytest.mark.parametrize(
    "change", [{"audience": "board"}, {"kind": "webhook"}, {"sealed_address": b"x"}, {"sealed_address": b""}]
)
def test_a_row_changed_in_the_store_sends_nothing(store: Store, keys: Keys, change: dict[str, object]) -> None:
    number = _add(store, keys)
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(update(DESTINATIONS).values(**change))
    assert _open(store, keys, number) is None


def test_an_address_moved_to_another_destination_sends_nothing(store: Store, keys: Keys) -> None:
    first, second = _add(store, keys), _add(store, keys, name="#board")
    with store.write(recorded=False) as transaction:
        sealed = select(DESTINATIONS.c.sealed_address).where(DESTINATIONS.c.id == first).scalar_subquery()
        chosen = DESTINATIONS.c.id == second
        transaction.connection.execute(update(DESTINATIONS).where(chosen).values(sealed_address=sealed))
    assert _open(store, keys, second) is None
    assert _open(store, keys, first) is not None


def test_a_damaged_row_is_left_out(store: Store, keys: Keys) -> None:
    number = _add(store, keys)
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(update(DESTINATIONS).values(kind="pigeon"))
    with store.read() as connection:
        assert read_destinations(connection) == []
        assert find_destination(connection, number) is None


def test_the_audit_log_has_no_secret(store: Store, keys: Keys) -> None:
    number = _add(store, keys)
    with store.write() as transaction:
        end_destination(transaction, keys, number, OTTO)
    with store.read() as connection:
        entries = [entry for entry in read_entries(connection, keys) if entry.kind.startswith("destination.")]
    assert [sentence(entry) for entry in entries] == [
        "Otto Weiss removed the destination “#marketing”",
        "Otto Weiss added the destination “#marketing” (Slack, hooks.slack.com)",
    ]
    assert "verysecret" not in repr(entries)


def test_the_last_outcome_decides_whether_a_destination_is_failing(store: Store, keys: Keys, clock: Clock) -> None:
    number = _add(store, keys)
    seen: list[bool] = []
    for why in ("", "It is gone.", ""):
        clock.move(minutes=1)
        with store.write(recorded=False) as transaction:
            note_outcome(transaction, number, why)
        with store.read() as connection:
            found = find_destination(connection, number)
        assert found is not None
        seen.append(found.is_failing)
    assert seen == [False, True, False]


def test_a_removed_destination_stays_removed_after_a_restore(store: Store, keys: Keys, tmp_path: Path) -> None:
    removed, kept = _add(store, keys), _add(store, keys, name="#board")
    copy = tmp_path / "copy.sqlite"
    back_up(store, copy)
    with store.write() as transaction:
        end_destination(transaction, keys, removed, OTTO)
    restore(store, keys, copy, actor=OTTO, force=True)
    assert _open(store, keys, removed) is None
    assert _open(store, keys, kept) is not None
    with store.read() as connection:
        assert (
            connection.execute(select(DESTINATIONS.c.sealed_address).where(DESTINATIONS.c.id == removed)).scalar()
            == b""
        )


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_name_is_required(store: Store, keys: Keys, name: str) -> None:
    with pytest.raises(InvalidQuery, match="needs a name"):
        _add(store, keys, name=name)


def test_the_number_of_destinations_is_limited(store: Store, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destinations, "MOST_DESTINATIONS", 1)
    _add(store, keys)
    with pytest.raises(NotAllowed, match="1 destinations, which is the limit"):
        _add(store, keys, name="another")


def test_only_the_host_of_an_address_is_shown() -> None:
    assert host_of(ADDRESS) == "hooks.slack.com"
    for address in ("", "slack", "https://", "https://a@b.example/", "https://b.example/ x", "https://b.exämple/"):
        with pytest.raises(InvalidQuery):
            host_of(address)
    with pytest.raises(InvalidQuery, match="longer than"):
        host_of(f"https://b.example/{'x' * 2_000}")
