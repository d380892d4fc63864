"""A made-up year with planted faults.

At least 90% of the faults are found in time, with at most one false alarm per metric and quarter, and nothing fires on
days that aren't loaded yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

import pytest

from semantic.alerts.alert import Alert, OutsideUsual, Threshold
from semantic.alerts.judging import AlertFacts, Judgement, Memory, judge
from semantic.alerts.readings import Reading, Readings
from semantic.alerts.replay import Replay, replay
from semantic.annotations.annotation import Annotation
from semantic.model.definitions import Granularity
from tests.semantic.alerts.made_year import ENDS, METRICS, ONE, YEAR_BEGINS, Fault, Made, MadeYear, make_year

SEEDS = (11, 12)
MORE_SEEDS = tuple(range(1, 9))
"""Seeds of years that the rule wasn't fitted to."""
AFTERMATH = timedelta(days=14)
"""The days after a fault during which a finding isn't a false alarm, because the end of a fault can look
unusual, too.
"""
QUARTERS = 4
QUARTER = timedelta(days=92)


@dataclass
class Tally:
    faults: int = 0
    missed: list[tuple[str, Fault]] = field(default_factory=list[tuple[str, Fault]])
    false: list[Counter[int]] = field(default_factory=list[Counter[int]])
    """The number of false alarms of each metric in each quarter of each year."""


def known(made: Made, year: MadeYear) -> AlertFacts:
    readings = Readings(
        rows=Granularity.DAY, by_first={day: Reading(value) for day, value in year.values.items()}, known_to=ENDS,
        open_from=ENDS, today=ENDS, is_summed=True, is_count=not made.amount,
    )  # fmt: skip
    remarks = [Annotation(first, last, text) for first, last, text in year.remarks]
    alert = Alert(metric="made", rule=OutsideUsual())
    return AlertFacts(alert=alert, readings=readings, write=lambda value: f"{value:.0f}", remarks=remarks)


@cache
def replayed(name: str, seed: int) -> tuple[MadeYear, Replay]:
    made = next(made for made in METRICS if made.name == name)
    year = make_year(made, seed)
    return year, replay(known(made, year), days=(ENDS - YEAR_BEGINS).days)


def tally(seeds: Sequence[int]) -> Tally:
    found = Tally()
    for seed in seeds:
        for made in METRICS:
            year, played = replayed(made.name, seed)
            fired = [period.first for period in played.fired]
            for fault in year.faults:
                found.faults += 1
                if not any(fault.first <= day <= fault.found_by for day in fired):
                    found.missed.append((made.name, fault))
            explained = [(fault.first, fault.last + AFTERMATH) for fault in year.faults]
            false = [day for day in fired if not any(first <= day <= last for first, last in explained)]
            found.false.append(Counter((day - YEAR_BEGINS) // QUARTER for day in false))
    return found


def test_planted_faults_are_found_in_time_with_at_most_one_false_alarm_per_metric_and_quarter() -> None:
    found = tally(SEEDS)
    assert found.faults == 5 * len(METRICS) * len(SEEDS)
    assert len(found.missed) <= 0.1 * found.faults, found.missed
    assert max(count for quarters in found.false for count in quarters.values()) <= 1, found.false


@pytest.mark.proof
def test_years_that_the_rule_was_not_fitted_to_are_judged_equally_well() -> None:
    """A metric can have more than one false alarm in 3% of its quarters. On average, it has one in four quarters."""
    found = tally(MORE_SEEDS)
    quarters = QUARTERS * len(METRICS) * len(MORE_SEEDS)
    assert len(found.missed) <= 0.1 * found.faults, found.missed
    assert sum(count > 1 for each in found.false for count in each.values()) <= 0.03 * quarters, found.false
    assert sum(each.total() for each in found.false) <= 0.25 * quarters, found.false


def test_campaigns_do_not_fire_and_are_named() -> None:
    year, played = replayed("revenue", SEEDS[0])
    campaigns = {first for first, _, _ in year.remarks}
    judged = [period for period in played.periods if period.first in campaigns]
    assert len(judged) >= 15
    assert all(period.fired_on is None and period.why.endswith(": Campaign.") for period in judged)


@pytest.mark.parametrize("name", ["visits", "refunds"])
def test_without_faults_almost_nothing_fires(name: str) -> None:
    made = next(made for made in METRICS if made.name == name)
    year = make_year(made, 99, has_faults=False)
    assert len(replay(known(made, year), days=365).fired) <= QUARTERS


def test_half_loaded_days_never_fire() -> None:
    """Each night, the day before is loaded only in part until noon, and for a week in May nothing is loaded.

    Every alert that fires is about a day that is completely loaded at that moment.
    """
    made = METRICS[2]
    year = make_year(made, SEEDS[0], has_faults=False)
    whole = known(made, year)
    memory, fired = Memory(), list[tuple[date, Judgement]]()
    for place in range(120):
        day = date(2026, 3, 1) + ONE * place
        late = (day - date(2026, 5, 10)).days if date(2026, 5, 10) < day <= date(2026, 5, 17) else 0
        for known_to in (day - ONE * max(late, 1), day - ONE * late):
            partly = {first: one for first, one in whole.readings.by_first.items() if first < day}
            partly[day - ONE] = Reading(partly[day - ONE].top * 0.3 if known_to < day else partly[day - ONE].top)
            readings = Readings(
                rows=Granularity.DAY, by_first=partly, known_to=known_to, open_from=known_to, today=day,
                is_summed=True,
            )  # fmt: skip
            now = AlertFacts(alert=whole.alert, readings=readings, write=whole.write, remarks=whole.remarks)
            judgements, memory = judge(now, memory)
            fired += [(known_to, one) for one in judgements if one.outcome == "fired"]
            held = [one for one in judgements if one.outcome == "held"]
            assert bool(held) is (known_to < day), (day, judgements)
    assert all(one.period < known_to for known_to, one in fired)
    assert len(fired) <= 2


def test_a_threshold_fires_on_the_exact_day_in_a_replay() -> None:
    """An alert on a fall below 60% of the usual number fires on the first day of the outage."""
    made = METRICS[0]
    year = make_year(made, SEEDS[0])
    outage = next(fault for fault in year.faults if fault.kind == "outage")
    value = year.values[outage.first]
    rule = Threshold(side="below", value=value + 1)
    played = replay(
        AlertFacts(
            alert=Alert(metric="made", rule=rule), readings=known(made, year).readings, write=lambda value: f"{value}"
        ),
        days=365,
    )
    expected = next(day for day in sorted(year.values) if day >= YEAR_BEGINS and year.values[day] <= value)
    assert played.fired[0].first == expected
    assert played.fired[0].fired_on == expected + ONE
