"""Past findings of checks: one row per change, limited, and backed up with the store."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from semantic.policy.actor import OWNER
from semantic.results.check_history import PastFinding
from semantic.results.failed_checks import CheckState
from semantic.run.checks import Finding
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.numbers import past_findings
from semantic.store.numbers.checks import begin_check_run, end_check_run, keep_findings
from semantic.store.numbers.past_findings import read_past_findings
from semantic.store.upkeep.backup import back_up, restore
from tests.semantic.store.clock import Clock

UNIQUE, READ = "orders.unique.country", "orders.read"


def finding(ok: bool, what: str = "", *, name: str = UNIQUE, looked: bool = True) -> Finding:
    return Finding("orders", what, ok, "unique", name, looked)


def look(store: Store, *findings: Finding, datasets: tuple[str, ...] = ("orders",)) -> None:
    """Store one run with these findings about orders."""
    with store.write(recorded=False) as transaction:
        assert begin_check_run(transaction, "a", 60)
        assert keep_findings(transaction, "a", "orders", findings, model_version="1", data_version="d", seconds=60)
        assert end_check_run(transaction, "a", datasets, model_version="1", data_version="d", is_whole=True)


def past(store: Store) -> dict[str, list[tuple[str, str, datetime, datetime]]]:
    with store.read() as connection:
        findings = read_past_findings(connection)
    return {
        name: [(row.state.value, row.what, row.since, row.until) for row in rows] for name, rows in findings.items()
    }


def test_a_row_is_added_only_when_a_finding_changes(store: Store, clock: Clock) -> None:
    noon = clock()
    steps = [
        finding(True, "1"), finding(True, "2"), finding(False, "3"), finding(False, "4"),
        finding(False, "5", looked=False), finding(True, "6"), finding(True, "7"),
    ]  # fmt: skip
    for step in steps:
        look(store, step)
        clock.move(hours=1)
    assert past(store) == {
        UNIQUE: [
            # The fifth hour couldn't be checked: the last failure was found at the fourth.
            ("fails", "4", noon + timedelta(hours=2), noon + timedelta(hours=3)),
            ("holds", "2", noon, noon + timedelta(hours=1)),
        ]
    }


def test_findings_of_removed_checks_are_kept_and_unknown_ones_are_not(store: Store, clock: Clock) -> None:
    noon = clock()
    look(store, finding(True, "held"), finding(False, "unknown", name="orders.rows", looked=False))
    clock.move(hours=1)
    look(store, finding(False, "its table couldn't be read", name=READ))
    clock.move(hours=1)
    look(store, finding(True, "held"))
    assert past(store) == {
        UNIQUE: [("holds", "held", noon, noon)],
        READ: [("fails", "its table couldn't be read", noon + timedelta(hours=1), noon + timedelta(hours=1))],
    }


def test_the_history_is_limited(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past_findings, "MOST_PAST", 3)
    for at in range(8):
        look(store, finding(at % 2 == 0, str(at)))
        clock.move(hours=1)
    assert [what for _, what, _, _ in past(store)[UNIQUE]] == ["6", "5", "4"]
    look(store, finding(True, "other", name="orders.rows"))
    clock.move(days=89)
    look(store, finding(True, "other", name="orders.rows"))
    assert len(past(store)[UNIQUE]) == 3
    clock.move(days=2)
    look(store, finding(True, "other", name="orders.rows"))
    assert past(store) == {}, "nobody has looked at it for ninety days"


def test_past_findings_of_current_checks_stay_however_old(store: Store, clock: Clock) -> None:
    look(store, finding(True, "held"))
    clock.move(hours=1)
    look(store, finding(False, "fails"))
    clock.move(days=400)
    look(store, finding(False, "fails"))
    assert [what for _, what, _, _ in past(store)[UNIQUE]] == ["held"]


def test_a_copy_of_the_store_has_past_findings_and_continues_from_them(
    store: Store, keys: Keys, clock: Clock, tmp_path: Path
) -> None:
    for ok in (True, False, True):
        look(store, finding(ok, str(ok)))
        clock.move(hours=1)
    before = past(store)
    back_up(store, tmp_path / "copy.sqlite")
    look(store, finding(False, "after the copy"))
    assert past(store) != before
    restore(store, keys, tmp_path / "copy.sqlite", actor=OWNER, force=True)
    assert past(store) == before
    look(store, finding(False, "after the restore"))
    assert [what for _, what, _, _ in past(store)[UNIQUE]] == ["True", "False", "True"]


def test_a_past_finding_round_trips(store: Store, clock: Clock) -> None:
    noon = clock()
    look(store, finding(False, "two"))
    look(store, finding(True, "none"))
    with store.read() as connection:
        assert read_past_findings(connection) == {
            UNIQUE: [
                PastFinding(check=UNIQUE, dataset="orders", what="two", state=CheckState.FAILS, since=noon, until=noon)
            ]
        }
