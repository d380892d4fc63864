"""Alerts as JSON: every kind of alert round-trips, and anything else is refused with a reason."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from semantic.alerts.alert import Alert, BehindTarget, Changed, CheckFailed, DataLate, OutsideUsual, Threshold
from semantic.alerts.codec import alert_from_json, alert_to_json
from semantic.alerts.words import patience_words, rule_words
from semantic.display.format import Writer
from semantic.errors import InvalidQuery
from semantic.model.definitions import Granularity, NumberFormat
from semantic.query.query import Condition, Operator

MONTH, WEEK = Granularity.MONTH, Granularity.WEEK
ALERTS = [
    (Alert(metric="revenue", rule=Threshold(side="below", value=10_000.0)), "falls below €10,000 in a day"),
    (
        Alert(metric="revenue", grain=MONTH, rule=Threshold(side="below", value=0.9, of="target")),
        "falls below 90% of its target in a month",
    ),
    (Alert(metric="revenue", rule=Changed(by=0.2)), "changes by more than 20% from the same weekday a week before"),
    (
        Alert(metric="revenue", grain=WEEK, rule=Changed(by=500.0, how="amount", way="down", against="last_year")),
        "falls by more than €500 from the week 52 weeks before",
    ),
    (
        Alert(metric="revenue", grain=MONTH, rule=Changed(by=0.125, way="up", to_date=True)),
        "rises by more than 12.5% in the month to date from the same days of the month before",
    ),
    (Alert(metric="revenue", rule=OutsideUsual(sensitivity="high")), "leaves its usual range"),
    (Alert(metric="revenue", grain=WEEK, rule=OutsideUsual(way="down")), "falls below its usual range in a week"),
    (
        Alert(metric="revenue", grain=MONTH, rule=BehindTarget(by=0.05)),
        "is on pace to miss its target for the month by 5% or more",
    ),
    (Alert(metric="revenue", rule=CheckFailed()), "is based on data that fails a check"),
    (Alert(metric="revenue", rule=DataLate(days=3)), "lacks 3 days of data or more"),
]


@pytest.mark.parametrize(("alert", "words"), ALERTS)
def test_each_rule_round_trips_and_has_a_description(alert: Alert, words: str) -> None:
    assert alert_from_json(alert_to_json(alert)) == alert
    assert rule_words(alert, "Revenue", lambda value: f"€{value:,.0f}") == f"Revenue {words}"


def test_every_other_part_of_an_alert_round_trips() -> None:
    where = Condition("market", Operator.IN, ("DE", None))
    alert = Alert(
        metric="revenue", rule=CheckFailed(), where=where, apart_days=9, ends_after=4, hold_days=7, name="Ärger"
    )
    assert alert_from_json(alert_to_json(alert)) == alert


def test_the_waiting_limit_is_described_in_words() -> None:
    alert = Alert(metric="revenue", rule=OutsideUsual(), apart_days=1, ends_after=1, hold_days=1)
    assert patience_words(alert) == (
        "Daily, at most one a day. Ends after 1 normal day. Held for at most 1 day while data isn't final."
    )


@pytest.mark.parametrize("rule", [CheckFailed(), DataLate(days=3)])
def test_a_rule_about_late_or_wrong_data_does_not_say_that_it_waits(rule: CheckFailed | DataLate) -> None:
    words = patience_words(Alert(metric="revenue", rule=rule, apart_days=3, ends_after=2))
    assert words == "Daily, at most one message in 3 days. Ends after 2 normal days."


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Threshold(side="above", value=12_345), "rises above €12,345 in a day"),
        (Threshold(side="below", value=1_234.5), "falls below €1,234.50 in a day"),
        (Changed(by=1_250, how="amount"), "changes by more than €1,250 from the same weekday a week before"),
    ],
)
def test_a_limit_is_written_with_all_its_digits(rule: Threshold | Changed, words: str) -> None:
    write = Writer(NumberFormat.MONEY, "EUR", 0, short=True)
    assert rule_words(Alert(metric="revenue", rule=rule), "Revenue", write) == f"Revenue {words}"


DATA: dict[str, Any] = {"v": 1, "metric": "revenue", "rule": {"kind": "threshold", "side": "below", "value": 1}}


@pytest.mark.parametrize(
    "changed",
    [
        {"metric": "DROP TABLE"},
        {"metric": None},
        {"v": 2},
        {"owner": "eve"},
        {"grain": "hour"},
        {"grain": 7},
        {"rule": None},
        {"rule": {"kind": []}},
        {"rule": {"kind": "threshold", "side": "beside", "value": 1}},
        {"rule": {"kind": "threshold", "side": "below", "value": 1e300}},
        {"rule": {"kind": "threshold", "side": "below", "value": True}},
        {"rule": {"kind": "threshold", "side": "below", "value": 90, "of": "target"}},
        {"rule": {"kind": "threshold", "side": "below", "value": 1, "then": "rm"}},
        {"rule": {"kind": "changed", "by": 0}},
        {"rule": {"kind": "changed", "by": 0.1, "to_date": True}},
        {"rule": {"kind": "changed", "by": 0.1, "to_date": "yes"}},
        {"rule": {"kind": "outside_usual", "sensitivity": "extreme"}},
        {"rule": {"kind": "behind_target"}},
        {"rule": {"kind": "data_late", "days": 0}},
        {"apart_days": 0},
        {"hold_days": 32},
        {"ends_after": 1.5},
        {"name": "a\nb"},
        {"name": "a" * 101},
        {"name": 5},
        {"where": {"dim": "market"}},
    ],
)
def test_any_other_data_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidQuery):
        alert_from_json(json.dumps(DATA | changed))


@pytest.mark.parametrize("text", ["", "null", "[]", "NaN", '{"metric"', "[" * 9_000, '{"v":1,"v":1}', "\ud800"])
def test_data_that_is_not_an_alert_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuery):
        alert_from_json(text)


def test_damaged_text_is_an_alert_or_refused() -> None:
    """One character of a stored alert is changed, 3,000 times.

    The result is another alert or a refusal, and never another error.
    """
    chance, text = random.Random(3), alert_to_json(ALERTS[3][0])
    read = 0
    for _ in range(3_000):
        place = chance.randrange(len(text))
        try:
            alert_from_json(text[:place] + chance.choice('{}[]",:0e-\\x\x00é') + text[place + 1 :])
            read += 1
        except InvalidQuery:
            pass
    assert 0 < read < 3_000
