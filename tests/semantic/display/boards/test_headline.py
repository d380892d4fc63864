"""A board's headline, from boards made by hand: what comes first, what is left out, and the numbers that it has."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semantic.boards.board import Tile, TileKind
from semantic.display.boards.headline import NOTHING_MOVED, board_headline
from semantic.display.boards.shown import TileShown
from semantic.display.trust import Fact
from semantic.model.definitions import NumberFormat
from semantic.plan.time.like_for_like import STILL_OPEN
from semantic.plan.time.period_aggregation import Timing
from semantic.query.query import Query
from semantic.results.result import Period, Result, ResultColumn
from semantic.targets.pace import Pace, Verdict
from tests.semantic.made_results import BEFORE, REVENUE, WEEKS, result, week
from tests.semantic.spoken_numbers import numbers_of, strangers

CERTIFIED = Fact("Certified", "verified", "good", "By Ana.", "certified")
CANDIDATE = Fact("Not certified", "shield_question", "quiet", "Not yet.", "certified")
CALM, WILD = (Fraction(1),) * 5, (Fraction(1000),) * 5
"""Earlier changes. After CALM ones, a change of 20 is unusual, and after WILD ones it's usual."""


def metric(label: str, **more: Any) -> tuple[ResultColumn, ResultColumn]:
    """Return a metric where more is better, and its previous period."""
    name = label.lower().replace(" ", "_")
    column = replace(REVENUE, name=name, label=label, direction="up", **more)
    return column, replace(BEFORE, name=f"{name}_previous", label=f"{label}, previous period", **more)


REVENUE_METRIC, ORDERS = metric("Net revenue"), metric("Orders", format=NumberFormat.COUNT, unit="orders")
SPEND, ROAS = metric("Ad spend"), metric("ROAS", format=NumberFormat.RATIO, unit="")


def number(
    of: tuple[ResultColumn, ResultColumn], now: float | None, then: float | None = 100.0,
    usual: tuple[Fraction, ...] = CALM, fact: Fact = CERTIFIED, **more: Any,
) -> TileShown:  # fmt: skip
    shown = result([*of], [(now, then)], **more.pop("of_result", {}))
    return TileShown(
        tile=Tile(id=f"{of[0].name}-{now}", kind=TileKind.NUMBER), title=of[0].label, query=Query(), result=shown,
        usual={of[1].name: usual}, facts=(fact,), **more,
    )  # fmt: skip


def pace(verdict: Verdict, value: float = 1_800.0, index: float = 0.9, days_left: int = 10) -> Pace:
    return Pace(
        value=value, target=3_000.0, first=date(2026, 11, 1), last=date(2026, 11, 30), until=date(2026, 11, 21),
        days_left=days_left, verdict=verdict, attained=value / 3_000, expected=value / index, index=index,
    )  # fmt: skip


BEHIND = number(REVENUE_METRIC, 100.0, pace=pace(Verdict.MISSES))
WORSE, BETTER = number(ROAS, 80.0), number(ORDERS, 120.0)
BEHIND_SAID = "Behind target: Net revenue €1.80K, 90% of target to date."


def test_missed_targets_come_before_what_got_worse_and_that_before_what_got_better() -> None:
    assert board_headline([BETTER, WORSE, BEHIND]) == f"{BEHIND_SAID} ROAS fell 20% to 80.00."
    assert board_headline([BETTER, WORSE]) == "ROAS fell 20% to 80.00. Orders rose 20% to 120."
    assert board_headline([BETTER]) == "Orders rose 20% to 120."


def test_of_several_targets_the_one_furthest_behind_is_named_first() -> None:
    orders = number(ORDERS, 100.0, pace=pace(Verdict.MISSES, value=1_200.0, index=0.6))
    fine = number(SPEND, 100.0, pace=pace(Verdict.REACHES))
    assert board_headline([BEHIND, fine, orders]) == (
        "Behind target: Orders 1.20K, 60% of target to date; Net revenue €1.80K, 90% of target to date."
    )


def test_certified_metrics_come_before_others_and_what_got_worse_before_what_got_better() -> None:
    candidate = number(SPEND, 50.0, fact=CANDIDATE)
    assert board_headline([candidate, WORSE]) == "ROAS fell 20% to 80.00. Ad spend fell 50% to €50."
    assert board_headline([candidate, BETTER]) == "Ad spend fell 50% to €50. Orders rose 20% to 120."


def test_a_metric_is_named_once_and_a_missed_target_replaces_its_change() -> None:
    fell = number(REVENUE_METRIC, 80.0)
    assert board_headline([BEHIND, fell, fell]) == BEHIND_SAID
    assert board_headline([WORSE, WORSE, BETTER]) == "ROAS fell 20% to 80.00. Orders rose 20% to 120."
    elsewhere = number(ROAS, 70.0, of_result={"filters": "Market is DE"})
    assert board_headline([WORSE, elsewhere]) == "ROAS fell 20% to 80.00. ROAS fell 30% to 70.00."


def test_there_are_two_sentences_at_most() -> None:
    third = number(SPEND, 70.0)
    assert board_headline([WORSE, third, BETTER]) == "ROAS fell 20% to 80.00. Ad spend fell 30% to €70."


@pytest.mark.parametrize(
    "quiet",
    [
        number(ROAS, 80.0, usual=WILD),  # no more than usual
        number(ROAS, 99.9),  # too small to matter
        number((replace(ROAS[0], direction="none"), ROAS[1]), 80.0),  # neither is better
        number(ROAS, 80.0, is_earlier=True),  # being refreshed
        number(ROAS, 80.0, sentence="Couldn't refresh the data."),
        number(ROAS, None),
        number(ROAS, 80.0, of_result={"incomparable": {"roas_previous": ("1 day fewer",)}}),
        TileShown(tile=Tile(id="x", kind=TileKind.NUMBER), title="Secret", sentence="Not available to you."),
    ],
)
def test_a_change_without_size_and_signal_is_left_out(quiet: TileShown) -> None:
    assert board_headline([quiet, BETTER]) == "Orders rose 20% to 120."
    assert "ROAS" not in board_headline([quiet])


def test_nothing_is_called_unchanged_unless_every_change_is_known() -> None:
    calm = number(ROAS, 80.0, usual=WILD)
    assert board_headline([calm]) == NOTHING_MOVED
    assert board_headline([number(ROAS, None)]) == ""  # there's nothing to compare it with
    assert NOTHING_MOVED not in board_headline([calm, number(ROAS, None)])
    assert board_headline([calm, number(ORDERS, 120.0, usual=())]) == "Orders rose 20% to 120."
    paced = [number(each, 100.0, pace=pace(Verdict.REACHES)) for each in (REVENUE_METRIC, ORDERS, SPEND)]
    assert board_headline(paced) == f"All 3 targets are on track. {NOTHING_MOVED}"
    assert board_headline(paced[:1]) == f"The target is on track. {NOTHING_MOVED}"
    open_one = number(ROAS, 100.0, pace=pace(Verdict.OPEN))
    assert board_headline([*paced, open_one]) == f"No targets are behind. {NOTHING_MOVED}"
    early = replace(pace(Verdict.OPEN), until=date(2026, 11, 5))
    assert board_headline([number(ROAS, 100.0, pace=early)]).startswith("Too early to judge")
    assert board_headline([]) == ""


def test_without_anything_else_the_largest_change_is_stated_as_a_fact() -> None:
    unknown = [number(of, now, usual=()) for of, now in ((ORDERS, 190.0), (ROAS, 85.0), (REVENUE_METRIC, 70.0))]
    assert board_headline(unknown) == "Net revenue fell 30% to €70. ROAS fell 15% to 85.00."
    assert board_headline([*unknown, BETTER]) == "Net revenue fell 30% to €70. Orders rose 20% to 120."
    assert board_headline([BEHIND, unknown[1], BETTER]) == f"{BEHIND_SAID} ROAS fell 15% to 85.00."
    assert board_headline([BEHIND, *unknown]) == f"{BEHIND_SAID} ROAS fell 15% to 85.00."
    usual = number(ORDERS, 150.0, usual=WILD)
    late = number(SPEND, 90.0, usual=(), of_result={"incomparable": {"ad_spend_previous": ("It is shorter.",)}})
    assert board_headline([usual, late]) == "Orders rose 50% to 150, within its usual range."
    assert board_headline([usual, unknown[1]]) == "ROAS fell 15% to 85.00."
    fine = number(SPEND, 100.0, pace=pace(Verdict.REACHES))
    assert board_headline([fine, unknown[1]]) == "The target is on track. ROAS fell 15% to 85.00."
    timing, loaded = Timing(final_after=14), datetime(2026, 11, 29, 23, tzinfo=UTC)
    is_open: dict[str, Any] = {
        "period": Period(date(2026, 11, 1), date(2026, 11, 30), "Europe/Berlin", ""), "data_to": loaded,
        "computed_at": loaded, "final_until": date(2026, 11, 15), "incomparable": {"roas_previous": (STILL_OPEN,)},
    }  # fmt: skip
    so_far = number((replace(ROAS[0], timing=timing), ROAS[1]), 85.0, usual=(), of_result=is_open)
    assert board_headline([so_far]) == "ROAS is 85.00 so far, 15% below the previous period."


def test_a_target_without_a_better_direction_is_named_if_it_is_missed() -> None:
    spend = (replace(SPEND[0], direction="none"), SPEND[1])
    above = number(spend, 100.0, usual=(), pace=pace(Verdict.ABOVE, index=1.08))
    said = "Projected above target: Ad spend €1.80K, 108% of target to date."
    assert board_headline([above]) == said
    assert board_headline([above, number(ROAS, 85.0, usual=())]) == f"{said} ROAS fell 15% to 85.00."
    assert board_headline([above, BEHIND, BETTER]) == f"{BEHIND_SAID} {said}"
    assert board_headline([above, WORSE]) == f"ROAS fell 20% to 80.00. {said}"


def test_a_week_outside_all_weeks_before_comes_after_changes() -> None:
    loaded = datetime(2026, 5, 31, 22, tzinfo=UTC)
    rows = [(week(place), value) for place, value in enumerate([*([100.0, 110.0, 90.0] * 4), 150.0])]
    period = Period(week(0), week(13), "Europe/Berlin", "")
    weeks = result([WEEKS, SPEND[0]], rows, period=period, data_to=loaded, computed_at=loaded)
    chart = TileShown(tile=Tile(id="weeks", kind=TileKind.CHART), title="", query=Query(), result=weeks)
    said = "Ad spend was €150 in the week of 25 May 2026, above all of the 12 weeks before."
    assert board_headline([chart]) == said
    assert board_headline([chart, BETTER]) == f"Orders rose 20% to 120. {said}"


VALUES = st.integers(-2_000, 9_000).map(lambda cents: cents / 4)


@given(
    numbers=st.lists(st.tuples(VALUES, VALUES, st.sampled_from([CALM, WILD, ()])), min_size=1, max_size=4),
    paced=st.lists(st.tuples(st.sampled_from([*Verdict]), VALUES, st.integers(1, 20)), max_size=4),
    hides=st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_every_number_of_a_headline_is_one_of_a_tile_that_is_shown(
    numbers: list[tuple[float, float, tuple[Fraction, ...]]], paced: list[tuple[Verdict, float, int]], hides: list[bool]
) -> None:
    tiles: list[TileShown] = []
    known: set[Fraction] = set()
    metrics = (REVENUE_METRIC, ORDERS, SPEND, ROAS)
    for place, (now, then, usual) in enumerate(numbers):
        shown = number(metrics[place], None if hides[place] else now, None if hides[place] else then, usual)
        if place < len(paced):
            verdict, value, tenths = paced[place]
            shown = replace(shown, pace=pace(verdict, value, tenths / 10))
            known |= {Fraction(repr(value)), Fraction(tenths * 10), Fraction(100 * value) / 3_000}
        if hides[place] and shown.result is not None:
            flags = {column.name: (True,) for column in metrics[place]}
            shown = replace(shown, result=replace(shown.result, hidden=flags))
        tiles.append(shown)
        known |= numbers_of(shown.result) if isinstance(shown.result, Result) else set()
    text = board_headline(tiles)
    counted = re.sub(r"All \d+ targets|after 5 complete days|and \d+ more", "", text)
    assert strangers(counted, known) == [], text
    assert not re.search(r"because|  |\.\.|nan|None", text)
    assert not any(hides[place] and not tile.pace and tile.title in text for place, tile in enumerate(tiles)), text
