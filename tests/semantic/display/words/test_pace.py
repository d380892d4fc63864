"""Targets in words: their cells, their state, the sentence about several of them, and their order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from semantic.display.words.pace import (
    PaceCells,
    attained_words,
    outlook_words,
    pace_cells,
    pace_sentences,
    state_words,
    targets_sentence,
)
from semantic.display.words.targets import column_of
from semantic.model.definitions import Metric, NumberFormat
from semantic.results.result import ResultColumn
from semantic.targets.pace import Direction, NoPace, Pace, Verdict, urgency


def column(direction: Direction = "up", **more: object) -> ResultColumn:
    metric = Metric(name="m", kind="simple", format=NumberFormat.MONEY, unit="EUR", direction=direction)
    return column_of(replace(metric, **more))  # pyright: ignore[reportArgumentType]


# 20 of 30 days of November are over, in which 2,000 of 3,000 were due: 1,800 are 90% of that, and 1,200 are missing.
BEHIND = Pace(
    value=1_800.0, target=3_000.0, first=date(2026, 11, 1), last=date(2026, 11, 30), until=date(2026, 11, 21),
    days_left=10, verdict=Verdict.MISSES, attained=0.6, expected=2_000.0, index=0.9, projection=2_700.0, low=2_600.0,
    high=2_800.0, required_per_day=120.0,
)  # fmt: skip


def test_a_current_target_is_shown_in_cells() -> None:
    assert pace_cells(BEHIND, column()) == PaceCells(
        "€1,800", "€3,000", "90% to date", "€2.70K", "€2.60K to €2.80K", "€120 a day"
    )
    # A budget isn't needed but left.
    assert pace_cells(BEHIND, column("none")).needed == "€120 a day left"
    over = replace(BEHIND, required_per_day=-10.0)
    assert (pace_cells(over, column("down")).needed, pace_cells(over, column()).needed) == ("Used up", "Reached")


def test_a_finished_target_or_one_without_pace_is_shown_in_cells() -> None:
    over = replace(BEHIND, days_left=0, verdict=Verdict.MISSED, required_per_day=None)
    assert pace_cells(over, column()) == PaceCells("€1,800", "€3,000", "60% of target", "", "", "")
    ratio = replace(BEHIND, expected=None, index=None, projection=None, low=None, high=None, required_per_day=None)
    assert pace_cells(ratio, column()) == PaceCells("€1,800", "€3,000", "60% of target", "", "", "")
    assert pace_cells(replace(ratio, target=0.0, attained=None), column()).to_date == ""


def test_a_current_target_is_shown_on_a_board() -> None:
    assert attained_words(BEHIND) == "90% of target to date"
    assert outlook_words(BEHIND, column()) == "Projected €2.70K of €3.00K by 30 Nov. Needs €120 a day."
    assert outlook_words(BEHIND, column(), is_dated=False) == "Projected €2.70K of €3.00K. Needs €120 a day."
    assert outlook_words(BEHIND, column("none")) == "Projected €2.70K of €3.00K by 30 Nov. Leaves €120 a day."
    assert outlook_words(replace(BEHIND, required_per_day=-10.0), column()) == (
        "Projected €2.70K of €3.00K by 30 Nov. Reached."
    )
    last = replace(BEHIND, until=date(2026, 11, 30), days_left=1, required_per_day=1_200.0)
    assert outlook_words(last, column()).endswith("by 30 Nov. Needs €1.20K more.")
    assert outlook_words(last, column("none")).endswith("by 30 Nov. Leaves €1.20K.")
    into_next = replace(BEHIND, last=date(2027, 1, 31))
    assert outlook_words(into_next, column()).startswith("Projected €2.70K of €3.00K by 31 Jan 2027.")


def test_a_target_without_projection_is_shown_on_a_board() -> None:
    over = replace(BEHIND, days_left=0, verdict=Verdict.MISSED, required_per_day=None)
    assert (attained_words(over), outlook_words(over, column())) == ("60% of target", "The target was €3.00K.")
    early = replace(BEHIND, until=date(2026, 11, 5), days_left=26)
    assert outlook_words(early, column()) == "The target is €3.00K by 30 Nov. Judged after 5 complete days."
    ratio = replace(BEHIND, projection=None, required_per_day=None)
    assert outlook_words(ratio, column()) == "The target is €3.00K by 30 Nov."
    assert attained_words(replace(BEHIND, index=None, attained=None)) == ""


def test_a_target_is_judged_after_five_complete_days() -> None:
    for days, is_early in ((0, True), (4, True), (5, False)):
        pace = replace(BEHIND, until=BEHIND.first + timedelta(days=days), days_left=30 - days)
        assert pace.is_early is is_early
    early = replace(BEHIND, until=date(2026, 11, 5), days_left=26, verdict=Verdict.OPEN)
    assert state_words(early, column()) == "Too early to judge"
    assert "Judged after 5 complete days." in pace_sentences(early, column())
    assert not replace(early, days_left=0).is_early  # a target for four days, which are over


@pytest.mark.parametrize(
    ("verdict", "direction", "words"),
    [
        (Verdict.MISSES, "up", "Behind target"),
        (Verdict.MISSES, "down", "Projected above target"),
        (Verdict.REACHES, "up", "Projected on target"),
        (Verdict.ABOVE, "none", "Projected above target"),
        (Verdict.OPEN, "up", ""),
    ],
)
def test_the_state_of_a_target_is_described_in_words(verdict: Verdict, direction: Direction, words: str) -> None:
    assert state_words(replace(BEHIND, verdict=verdict), column(direction)) == words


def test_a_target_without_pace_says_why() -> None:
    assert state_words(NoPace("Why.", "Not started"), column()) == "Not started"
    assert state_words(None, column()) == "No matching target"


def test_a_sentence_names_the_targets_that_are_behind() -> None:
    up = column()
    missed = replace(BEHIND, days_left=0, verdict=Verdict.MISSED)
    fine = replace(BEHIND, verdict=Verdict.REACHES)
    assert targets_sentence([("Net revenue", BEHIND, up), ("Orders", fine, up)]) == (
        "Behind target: Net revenue €1.80K, 90% of target to date."
    )
    assert targets_sentence([("A", missed, up), ("B", BEHIND, up), ("C", BEHIND, up)]) == (
        "Behind target: A €1.80K, 60% of the target; B €1.80K, 90% of target to date; and 1 more."
    )


def test_a_sentence_says_that_no_target_is_behind() -> None:
    up, early = column(), replace(BEHIND, until=date(2026, 11, 3), days_left=28, verdict=Verdict.OPEN)
    fine, unsure = replace(BEHIND, verdict=Verdict.REACHES), replace(BEHIND, verdict=Verdict.OPEN)
    assert targets_sentence([("A", fine, up)]) == "The target has been reached or is projected to be."
    assert (
        targets_sentence([("A", fine, up), ("B", fine, up)]) == "Every target has been reached or is projected to be."
    )
    assert targets_sentence([("A", fine, up), ("B", unsure, up)]) == "No targets are behind."
    assert targets_sentence([("A", early, up)]) == "Too early to judge: targets are judged after 5 complete days."
    assert targets_sentence([]) == ""


def test_targets_that_are_behind_come_first_with_the_furthest_behind_on_top() -> None:
    near, far = replace(BEHIND, index=0.95), replace(BEHIND, index=0.5)
    unsure = replace(BEHIND, verdict=Verdict.OPEN, index=0.4)
    fine, over = replace(BEHIND, verdict=Verdict.REACHES), replace(BEHIND, verdict=Verdict.ABOVE)
    ordered = [far, near, over, unsure, fine, NoPace("Why.")]
    backwards = [*reversed(ordered)]
    assert sorted(backwards, key=lambda pace: urgency(pace, "up")) == ordered
    # Where less is better, the furthest above its target comes first.
    small, large = replace(BEHIND, index=1.1), replace(BEHIND, index=1.5)
    assert sorted([small, large], key=lambda pace: urgency(pace, "down")) == [large, small]


def test_the_last_day_is_named() -> None:
    last = replace(BEHIND, until=date(2026, 11, 30), days_left=1, required_per_day=1_200.0)
    assert "Needs €1.20K on the last day." in pace_sentences(last, column())
    assert "Leaves €1.20K on the last day." in pace_sentences(last, column("down"))


def test_a_target_that_should_stay_low_states_what_is_left() -> None:
    assert "Leaves €120 a day for the remaining 10 days." in pace_sentences(BEHIND, column("down"))
    assert "Needs €120 a day for the remaining 10 days." in pace_sentences(BEHIND, column())
