"""Targets in the store: added, edited, removed and restored, each with author and time, and conflicts reported."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.store.audit.log import AUDIT
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.numbers import targets as kept_targets
from semantic.store.numbers.targets import (
    SavedCounts,
    StoredTarget,
    change_target,
    find_target,
    keep_targets,
    list_targets,
    read_target_versions,
    remove_target,
    restore_target,
)
from semantic.store.people import erase_person
from semantic.targets.target import Target
from tests.semantic.store.clock import Clock
from tests.semantic.store.small_model import ANA, JONAS

SEPTEMBER = Target(metric="revenue", first=date(2026, 9, 1), last=date(2026, 9, 30), value=Decimal(31_000))
OF_DE = Target(
    metric="revenue", first=date(2026, 9, 1), last=date(2026, 9, 30), value=Decimal("12.5"), dim="market", member="DE"
)


def put(store: Store, keys: Keys, *targets: Target, actor: Actor = ANA) -> SavedCounts:
    with store.write() as transaction:
        return keep_targets(transaction, targets, actor, keys)


def listed(store: Store, metric: str = "") -> list[StoredTarget]:
    with store.read() as connection:
        return list_targets(connection, metric=metric)


def acts(store: Store) -> list[tuple[str, str, Any]]:  # Any: JSON
    with store.read() as connection:
        rows = connection.execute(select(AUDIT.c.kind, AUDIT.c.about, AUDIT.c.said).order_by(AUDIT.c.number))
        return [(row.kind, row.about, json.loads(row.said)) for row in rows]


def test_targets_round_trip_to_the_last_digit(store: Store, keys: Keys) -> None:
    odd = Target(
        metric="revenue", first=date(2026, 1, 5), last=date(2026, 1, 5), value=Decimal("123456789012345.6789"),
        dim="market", member='Zoë 😀 "quoted"',
    )  # fmt: skip
    none = Target(metric="orders", first=date(2026, 1, 1), last=date(2026, 12, 31), value=Decimal(-3), dim="market")
    assert put(store, keys, SEPTEMBER, OF_DE, odd, none) == SavedCounts(4, 0, 0)
    assert {target.target for target in listed(store)} == {SEPTEMBER, OF_DE, odd, none}
    assert [target.target for target in listed(store, "orders")] == [none]
    assert {target.author_name for target in listed(store)} == {"Ana Ribeiro"}


def test_setting_again_changes_a_target_and_counts_unchanged_ones(store: Store, keys: Keys, clock: Clock) -> None:
    put(store, keys, SEPTEMBER, OF_DE)
    clock.move(hours=1)
    more = Target(metric="revenue", first=SEPTEMBER.first, last=SEPTEMBER.last, value=Decimal(32_000))
    assert put(store, keys, more, OF_DE) == SavedCounts(0, 1, 1)
    (changed,) = [target for target in listed(store) if not target.target.dim]
    with store.read() as connection:
        versions = read_target_versions(connection, changed.id)
    assert [(version.number, version.value, version.author_name) for version in versions] == [
        (2, 32_000, "Ana Ribeiro"), (1, 31_000, "Ana Ribeiro"),
    ]  # fmt: skip
    assert versions[0].set_at > versions[1].set_at


def test_a_removed_target_can_be_restored_with_its_history(store: Store, keys: Keys) -> None:
    put(store, keys, SEPTEMBER)
    (target,) = listed(store)
    with store.write() as transaction:
        remove_target(transaction, target, ANA, keys)
    assert listed(store) == []
    with store.read() as connection:
        assert find_target(connection, target.id) is None
    assert put(store, keys, SEPTEMBER) == SavedCounts(1, 0, 0)
    with store.read() as connection:
        assert [target_version.value for target_version in read_target_versions(connection, target.id)] == [
            31_000,
            None,
            31_000,
        ]


def test_a_removed_target_can_be_restored_unless_it_was_set_again(store: Store, keys: Keys, clock: Clock) -> None:
    def bring_back(kept_target: StoredTarget) -> None:
        with store.write() as transaction:
            restore_target(transaction, kept_target, ANA, keys)

    put(store, keys, SEPTEMBER)
    (target,) = listed(store)
    with store.write() as transaction:
        remove_target(transaction, target, ANA, keys)
    clock.move(hours=1)
    bring_back(target)
    (again,) = listed(store)
    assert (again.id, again.target, again.version) == (target.id, SEPTEMBER, 3)
    assert acts(store)[-1] == (
        "target.set", "metric:revenue", {"from": "2026-09-01", "to": "2026-09-30", "value": "31000"},
    )  # fmt: skip
    with pytest.raises(ChangedMeanwhile, match="isn't restored"):
        bring_back(target)
    with store.write() as transaction:
        remove_target(transaction, again, ANA, keys)
    put(store, keys, replace(SEPTEMBER, value=Decimal(7)))
    with pytest.raises(ChangedMeanwhile, match="The current one stays"):
        bring_back(again)
    assert [target.target.value for target in listed(store)] == [7]
    (other,) = listed(store)
    with store.write() as transaction:
        remove_target(transaction, other, ANA, keys)
    with pytest.raises(ChangedMeanwhile):
        bring_back(again)
    assert listed(store) == []


def test_of_two_concurrent_editors_the_later_gets_a_conflict(store: Store, keys: Keys) -> None:
    put(store, keys, SEPTEMBER)
    (target,) = listed(store)
    with store.write() as transaction:
        change_target(transaction, target, Decimal(1), ANA, keys)
    with pytest.raises(ChangedMeanwhile), store.write() as transaction:
        change_target(transaction, target, Decimal(2), ANA, keys)
    with pytest.raises(ChangedMeanwhile), store.write() as transaction:
        remove_target(transaction, target, ANA, keys)
    assert [target.target.value for target in listed(store)] == [1]


@pytest.mark.parametrize(
    "actor",
    [JONAS, Actor(id="ana", name="Ana Ribeiro", roles=frozenset({"steward"}), viewed_by="otto")],
)
def test_only_stewards_set_targets_and_not_while_viewing_as_someone(store: Store, keys: Keys, actor: Actor) -> None:
    put(store, keys, SEPTEMBER)
    (target,) = listed(store)
    with pytest.raises(NotAllowed), store.write() as transaction:
        keep_targets(transaction, [OF_DE], actor, keys)
    with pytest.raises(NotAllowed), store.write() as transaction:
        change_target(transaction, target, Decimal(1), actor, keys)
    with pytest.raises(NotAllowed), store.write() as transaction:
        remove_target(transaction, target, actor, keys)
    assert listed(store) == [target]
    with store.write() as transaction:
        remove_target(transaction, target, ANA, keys)
    with pytest.raises(NotAllowed), store.write() as transaction:
        restore_target(transaction, target, actor, keys)
    assert listed(store) == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"last": date(2026, 8, 1)}, "Swap them"),
        ({"value": Decimal("NaN")}, "must be below"),
        ({"value": Decimal("Infinity")}, "must be below"),
        ({"value": Decimal(10) ** 15}, "must be below"),
        ({"value": Decimal("0.00001")}, "decimals"),
        ({"dim": "market", "member": "x" * 201}, "longer than"),
        ({"dim": "market", "member": "\ud800"}, "invalid characters"),
    ],
)
def test_an_unstorable_target_refuses_the_whole_import(
    store: Store, keys: Keys, wrong: dict[str, Any], says: str
) -> None:  # Any: fields of a target
    parts: dict[str, Any] = {"metric": "orders", "first": SEPTEMBER.first, "last": SEPTEMBER.last, "value": Decimal(1)}
    with pytest.raises(InvalidQuery, match=says), store.write() as transaction:
        keep_targets(transaction, [SEPTEMBER, Target(**parts | wrong)], ANA, keys)
    assert listed(store) == []


def test_the_number_of_targets_is_limited(store: Store, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_targets, "MOST_TARGETS", 1)
    with pytest.raises(InvalidQuery, match="Remove old ones"), store.write() as transaction:
        keep_targets(transaction, [SEPTEMBER, OF_DE], ANA, keys)
    assert listed(store) == []
    put(store, keys, OF_DE)


def test_the_log_says_who_set_what_to_what(store: Store, keys: Keys) -> None:
    put(store, keys, OF_DE)
    (target,) = listed(store)
    with store.write() as transaction:
        change_target(transaction, target, Decimal(13), ANA, keys)
    (target,) = listed(store)
    with store.write() as transaction:
        remove_target(transaction, target, ANA, keys)
    put(store, keys, SEPTEMBER, OF_DE)
    days = {"from": "2026-09-01", "to": "2026-09-30", "dimension": "market", "member": "DE"}
    assert acts(store) == [
        ("target.set", "metric:revenue", {**days, "value": "12.5"}),
        ("target.changed", "metric:revenue", {**days, "before": "12.5", "value": "13"}),
        ("target.removed", "metric:revenue", {**days, "value": "13"}),
        ("target.imported", "targets", {"added": 2, "changed": 0, "same": 0, "count": 2}),
    ]


def test_targets_of_an_erased_person_stay_without_their_name(store: Store, keys: Keys) -> None:
    put(store, keys, SEPTEMBER)
    with store.write(recorded=False) as transaction:
        erase_person(transaction, ANA.id, keys)
    (target,) = listed(store)
    assert (target.target, target.author_name) == (SEPTEMBER, "")
