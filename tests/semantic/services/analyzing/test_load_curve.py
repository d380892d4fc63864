"""What is known after each load, if three of five orders are loaded the next morning, and one on each of the next two
days.

A day has 20 orders, or 30 at a weekend (`alerts_world.py`), numbered consecutively, so the shares are exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from semantic.errors import InvalidQuery, UnknownName
from semantic.services.analyzing.load_curve import (
    LoadCurve,
    load_curve,
    load_curve_json,
    load_curve_notes,
    load_curve_sentence,
    load_curve_tables,
    read_load_curve,
)
from tests.semantic.services.alerts.alerts_world import BROKEN, MODEL, TODAY, AlertsWorkspace
from tests.semantic.services.analyzing.test_anomalies import opened

KEEPS = MODEL.replace(
    "freshness: {column: loaded_at, warn_after_hours: 36}", "freshness: {column: loaded_at, append_only: true}"
)
LOADED = (
    "UPDATE orders SET loaded_at = CAST(day AS TIMESTAMP) + INTERVAL 5 HOUR "
    "+ to_days(CAST(CASE id % 5 WHEN 3 THEN 2 WHEN 4 THEN 3 ELSE 1 END AS INTEGER))",
    f"DELETE FROM orders WHERE loaded_at >= TIMESTAMPTZ '{TODAY} 12:00:00+00'",
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlertsWorkspace]:
    found = opened(tmp_path_factory.mktemp("loads") / "own", *LOADED, model=KEEPS)
    yield found
    found.close()


def measured(workspace: AlertsWorkspace, person: str = "ana", **more: object) -> LoadCurve:
    question = read_load_curve({"metric": "orders", "final": 4} | more)
    return load_curve(workspace, question, workspace.people[person], today=TODAY)


def test_the_shares_equal_those_of_the_loads(workspace: AlertsWorkspace) -> None:
    curve = measured(workspace)
    # Nothing is loaded on the day itself.
    assert {point.age: pytest.approx(point.share) for point in curve.found.curve} == {1: 0.6, 2: 0.8, 3: 1.0, 4: 1.0}
    assert load_curve_sentence(curve) == (
        "Orders: 60% of a day's final number (after 4 days) is known after 1 day, 80% after 2 days and 100% after "
        "3 days."
    )


def test_days_that_are_not_final_get_their_estimated_final_number(workspace: AlertsWorkspace) -> None:
    curve = measured(workspace)
    open_days = next(table for table in load_curve_tables(curve) if table.title == "Days that aren't final")
    # Wednesday 26 August was loaded three times, Thursday twice, and Friday, which has 14 orders in the end, once.
    assert [line[:3] for line in open_days.lines][1:] == [
        ["27 Aug 2026", "16", "20"],
        ["26 Aug 2026", "20", "20"],
    ]
    friday = curve.found.cohorts[-1]
    assert friday.cohort.first == BROKEN
    assert friday.expected == pytest.approx(friday.value / 0.6)


def test_the_notes_suggest_the_completeness_for_the_model(workspace: AlertsWorkspace) -> None:
    notes = load_curve_notes(measured(workspace))
    text = "completeness: {1 day: 60% to 60%, 2 days: 80% to 80%}"
    assert f"To use it, a steward can add this to the measure: `{text}`. Nothing changes automatically." in notes
    assert any(note.startswith("In ") and "the final number was within its range" in note for note in notes)


def test_each_person_measures_their_own_rows(workspace: AlertsWorkspace) -> None:
    dora, ana = measured(workspace, "dora"), measured(workspace)
    assert [each.value * 2 for each in dora.found.cohorts[:5]] == [each.value for each in ana.found.cohorts[:5]]
    with pytest.raises(UnknownName):
        measured(workspace, "nora", metric="revenue")


def test_nothing_changes_with_hidden_rows(workspace: AlertsWorkspace, tmp_path: Path) -> None:
    late = "UPDATE orders SET loaded_at = loaded_at + INTERVAL 2 DAY WHERE market = 'FR' AND id % 5 = 0"
    kept = f"DELETE FROM orders WHERE loaded_at >= TIMESTAMPTZ '{TODAY} 12:00:00+00'"
    twin = opened(tmp_path / "twin", *LOADED, late, kept, model=KEEPS)
    try:
        assert load_curve_json(measured(twin, "dora")) == load_curve_json(measured(workspace, "dora"))
        assert load_curve_json(measured(twin)) != load_curve_json(measured(workspace))
    finally:
        twin.close()


def test_a_metric_that_cannot_be_measured_is_refused(workspace: AlertsWorkspace, tmp_path: Path) -> None:
    with pytest.raises(InvalidQuery, match="Per order isn't a sum or count of rows"):
        measured(workspace, metric="per_order")
    with pytest.raises(InvalidQuery, match="'final' must be a whole number from 1 to 21"):
        measured(workspace, final=40)
    plain = opened(tmp_path / "plain")
    try:
        with pytest.raises(InvalidQuery, match="its rows don't keep their load time"):
            measured(plain)
    finally:
        plain.close()
