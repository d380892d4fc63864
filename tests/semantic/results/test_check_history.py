"""When checks changed: each change with the state before it, newest first. An unchanged state isn't a change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from semantic.results.check_history import Change, PastFinding, changes, last_held
from semantic.results.failed_checks import CheckState, FoundCheck


def at(hour: int) -> datetime:
    return datetime(2026, 11, 24, hour, tzinfo=UTC)


HOLDS, FAILS, UNKNOWN = CheckState.HOLDS, CheckState.FAILS, CheckState.UNKNOWN
HELD = PastFinding(check="a", dataset="orders", what="unique", state=HOLDS, since=at(1), until=at(4))
FAILED = PastFinding(check="a", dataset="orders", what="unique: 2", state=FAILS, since=at(5), until=at(6))
NOW = FoundCheck(
    id="a", dataset="orders", kind="unique", what="unique: 3", state=FAILS, since=at(9), looked_at=at(10),
    model_version="1",
)  # fmt: skip


def test_each_change_has_the_state_before() -> None:
    again = replace(HELD, since=at(7), until=at(8))
    assert changes([NOW], {"a": [again, FAILED, HELD]}) == [
        Change(at(9), "orders", "unique: 3", FAILS, again),
        Change(at(7), "orders", "unique", HOLDS, FAILED),
        Change(at(5), "orders", "unique: 2", FAILS, HELD),
    ]


def test_a_first_result_is_not_a_change() -> None:
    assert changes([NOW, replace(NOW, id="b", state=HOLDS), replace(NOW, id="c", state=UNKNOWN)], {}) == []


def test_checks_that_no_longer_run_keep_their_changes() -> None:
    read = replace(FAILED, check="read", what="not read", since=at(3))
    assert changes([NOW], {"a": [HELD], "read": [read]}) == [
        Change(at(9), "orders", "unique: 3", FAILS, HELD),
        Change(at(3), "orders", "not read", FAILS, None),
    ]
    assert changes([replace(NOW, state=HOLDS)], {"a": [HELD]}) == [], "it held before and after nobody could look"


def test_the_last_time_that_a_check_passed_is_stated() -> None:
    assert last_held("a", {"a": [FAILED, HELD]}) == at(4)
    assert last_held("a", {"a": [FAILED]}) is None
    assert last_held("b", {"a": [HELD]}) is None
