"""When alerts fire and when they don't, with every expectation computed by hand."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from semantic.alerts.alert import BehindTarget, Changed, CheckFailed, DataLate, Threshold
from semantic.alerts.judging import AlertFacts, Judgement, Memory, judge, only_grows
from semantic.alerts.readings import Reading, Readings, end_of
from semantic.model.definitions import Granularity
from semantic.results.result import FailedCheck
from semantic.targets.pace import NoPace, Pace, Verdict
from tests.semantic.alerts.judged import BELOW_100, ONE, TODAY, days, known

YESTERDAY = TODAY - ONE
ABOVE_100 = Threshold(side="above", value=100.0)


def newest(judgements: list[Judgement]) -> Judgement:
    return judgements[-1]


def outcomes(what: AlertFacts, memory: Memory | None = None) -> list[str]:
    judgements, _ = judge(what, memory or Memory())
    return [judgement.outcome for judgement in judgements]


def day_by_day(values: Sequence[float], **given: object) -> list[str]:
    """Return each day's outcome, judged on the following day."""
    memory, found = Memory(), list[str]()
    for count in range(1, len(values) + 1):
        today = TODAY - ONE * (len(values) - count)
        judgements, memory = judge(known(days(values[:count], today=today), **given), memory)  # pyright: ignore[reportArgumentType]
        found += [judgement.outcome for judgement in judgements]
    return found


# Values


@pytest.mark.parametrize(
    ("rule", "value", "outcome"),
    [(BELOW_100, 99, "fired"), (BELOW_100, 100, "normal"), (ABOVE_100, 101, "fired"), (ABOVE_100, 100, "normal")],
)
def test_a_value_at_the_limit_does_not_fire(rule: Threshold, value: float, outcome: str) -> None:
    assert outcomes(known(days([200, value]), rule)) == [outcome]


def test_the_first_time_only_the_newest_period_is_judged() -> None:
    judgements, memory = judge(known(days([50, 50, 50])), Memory())
    assert [judgement.period for judgement in judgements] == [YESTERDAY]
    assert memory.settled_to == TODAY


def test_a_worker_that_slept_judges_every_day_it_missed() -> None:
    memory = Memory(settled_to=TODAY - 3 * ONE)
    judgements, _ = judge(known(days([200, 90, 200, 200])), memory)
    assert [(judgement.period.day, judgement.outcome) for judgement in judgements] == [
        (11, "fired"),
        (12, "normal"),
        (13, "normal"),
    ]


def test_a_share_of_the_target_sets_the_limit() -> None:
    """90% of a target of 200 is 180."""
    readings = replace(days([179.0]), targets={YESTERDAY: 200.0})
    judgement = newest(judge(known(readings, Threshold(side="below", value=0.9, of="target")), Memory())[0])
    assert (judgement.outcome, judgement.low, judgement.why) == (
        "fired",
        180.0,
        "Below 180, which is 90% of the target.",
    )
    without = known(days([179.0]), Threshold(side="below", value=0.9, of="target"))
    assert outcomes(without) == ["quiet"]


# Days without data


def test_a_day_that_is_not_loaded_is_held_without_a_number() -> None:
    judgements, memory = judge(known(days([200, 200, 10], late=1)), Memory())
    assert [(one.outcome, one.why, one.value) for one in judgements] == [
        ("held", "The data for 13 Sep 2026 isn't loaded yet.", None)
    ]
    assert memory.settled_to == YESTERDAY  # it is judged later


def test_an_alert_is_held_at_least_as_long_as_its_data_needs() -> None:
    """A number that doesn't exist can't fire, whatever limit the author sets."""
    readings = days([10.0] * 20, late=10)
    memory = Memory(settled_to=TODAY - 9 * ONE)
    assert set(outcomes(known(readings, hold_days=1), memory)) == {"held"}


def test_a_number_that_is_not_final_is_held_until_its_limit_and_then_says_so() -> None:
    """Sunday's number is final once five more days are loaded, on Saturday 19 September.

    The author's limit is reached two days after the end of Sunday.
    """
    memory = Memory()
    for later, outcome in [(0, "held"), (1, "held"), (2, "fired")]:
        today = TODAY + later * ONE
        readings = replace(days([200, 50], final_after=5), today=today, known_to=today, open_from=today - 5 * ONE)
        judgements, memory = judge(known(readings, hold_days=2), memory)
        (first, *_) = judgements
        assert (first.period, first.outcome) == (YESTERDAY, outcome)
        if outcome == "held":
            assert first.why == "Not final until Sat 19 Sep 2026."
            assert first.until == date(2026, 9, 16)
    assert first.why == "Below 100. This number isn't final and can still change."
    assert not first.is_final


def test_a_failing_check_holds_the_alert_and_is_then_named() -> None:
    failing = (FailedCheck("id is unique", "Orders"),)
    held = replace(known(days([50.0])), failing=failing)
    assert newest(judge(held, Memory())[0]).why == "A data check fails: id is unique (Orders)."
    assert outcomes(held) == ["held"]
    later = replace(days([50.0]), today=TODAY + 3 * ONE, known_to=TODAY + 3 * ONE, open_from=TODAY + 3 * ONE)
    over = replace(known(later), failing=failing)
    first = judge(over, Memory(settled_to=YESTERDAY))[0][0]
    assert first.outcome == "fired"
    assert "A data check fails" in first.why


def test_a_hidden_check_is_not_named() -> None:
    held = replace(known(days([50.0])), failing=(FailedCheck(),))
    assert newest(judge(held, Memory())[0]).why == "A data check fails."


def test_too_little_data_is_not_judged() -> None:
    readings = replace(days([50.0]), by_first={YESTERDAY: Reading(5.0, 10.0)}, is_ratio=True, least=11)
    judgement = newest(judge(known(readings), Memory())[0])
    assert (judgement.outcome, judgement.why) == ("quiet", "There's too little data to judge this number.")
    enough = replace(readings, least=10)
    assert outcomes(known(enough)) == ["fired"]


# Outcomes that later data can't change


def test_a_month_fires_as_soon_as_its_sum_is_above_the_limit() -> None:
    """On 14 September, 13 days of 10 add up to 130, and no later day can make the sum smaller."""
    readings = days([10.0] * 40)
    month = known(readings, Threshold(side="above", value=129.0), grain=Granularity.MONTH)
    fired = [one for one in judge(month, Memory(settled_to=date(2026, 9, 1)))[0] if one.outcome == "fired"]
    assert [(one.period, one.value) for one in fired] == [(date(2026, 9, 1), 130.0)]
    higher = known(readings, Threshold(side="above", value=130.0), grain=Granularity.MONTH)
    assert outcomes(higher, Memory(settled_to=date(2026, 9, 1))) == []


def test_a_month_below_its_limit_waits_for_its_end() -> None:
    month = known(days([10.0] * 40), Threshold(side="below", value=1_000.0), grain=Granularity.MONTH)
    assert outcomes(month, Memory(settled_to=date(2026, 9, 1))) == []


def test_a_sum_of_days_that_can_be_negative_waits_for_its_end() -> None:
    values = [*[10.0] * 20, -1.0, *[10.0] * 19]
    month = known(days(values), Threshold(side="above", value=100.0), grain=Granularity.MONTH)
    assert not only_grows(days(values))
    assert outcomes(month, Memory(settled_to=date(2026, 9, 1))) == []


def test_the_current_month_fires_once() -> None:
    memory = Memory(settled_to=date(2026, 9, 1))
    month = known(days([10.0] * 40), Threshold(side="above", value=100.0), grain=Granularity.MONTH)
    judgements, memory = judge(month, memory)
    assert [one.outcome for one in judgements] == ["fired"]
    again, memory = judge(month, memory)
    assert [one.outcome for one in again] == ["quiet"]
    over = days([10.0] * 60, today=date(2026, 10, 1))
    judgements, memory = judge(known(over, Threshold(side="above", value=100.0), grain=Granularity.MONTH), memory)
    assert [(one.period, one.outcome) for one in judgements] == [(date(2026, 9, 1), "quiet")]


# Patience


def test_an_alert_ends_after_consecutive_normal_days_clear_of_the_limit() -> None:
    """The margin is 5% of 100. A value of 104 is within the limit, but too close to it, and restarts the count."""
    values = [200, 90, 106, 104, 106, 107, 90]
    assert day_by_day(values, ends_after=2, apart_days=1) == [
        "normal", "fired", "normal", "quiet", "normal", "normal", "fired"
    ]  # fmt: skip


def test_an_alert_does_not_fire_again_before_it_has_ended() -> None:
    assert day_by_day([200, 90, 80, 70, 60]) == ["normal", "fired", "quiet", "quiet", "quiet"]


def test_two_messages_have_a_minimum_distance() -> None:
    """The alert ends on the 4th day, but the 5th and 6th are less than five days after the 2nd."""
    values = [200, 90, 200, 200, 90, 90, 90]
    assert day_by_day(values, ends_after=2, apart_days=5) == [
        "normal", "fired", "normal", "normal", "quiet", "quiet", "fired"
    ]  # fmt: skip


def test_a_snoozed_alert_fires_once_the_snooze_ends() -> None:
    asleep = replace(known(days([200, 50])), snoozed_until=TODAY + ONE)
    judgements, memory = judge(asleep, Memory())
    assert [(one.outcome, one.why) for one in judgements] == [("quiet", "Below 100. Snoozed until 15 Sep 2026.")]
    tomorrow = replace(known(days([200, 50, 50], today=TODAY + ONE)), snoozed_until=TODAY + ONE)
    assert outcomes(tomorrow, memory) == ["fired"]


# Changes


def test_a_day_is_compared_with_the_same_weekday() -> None:
    """Sundays are 50 and other days 100, so the day before would be twice as much. 60 is 20% more than the previous
    Sunday.
    """
    sundays = [50.0 if (TODAY - ONE * back).weekday() == 6 else 100.0 for back in range(14, 0, -1)]
    by = [*sundays[:-1], 60.0]
    judgement = newest(judge(known(days(by), Changed(by=0.19)), Memory())[0])
    assert (judgement.outcome, judgement.side, judgement.high) == ("fired", "above", 50 * 1.19)
    assert judgement.why == "Up 20.0% from 50 in the same weekday a week before."
    assert outcomes(known(days(by), Changed(by=0.21))) == ["normal"]
    assert outcomes(known(days(by), Changed(by=0.19, way="down"))) == ["normal"]


def test_weeks_are_made_of_sums_and_ratios_of_sums() -> None:
    """The first week has 70 of 700, which is 10%.

    The second has 1 of 10 on six days and 94 of 470 on one day, together 100 of 530, which is 18.9%. The mean of its
    days' ratios would be 11.4%.
    """
    first = TODAY - 14 * ONE
    week_1 = {first + ONE * place: Reading(10.0, 100.0) for place in range(7)}
    week_2 = {first + ONE * (7 + place): Reading(1.0, 10.0) for place in range(6)} | {YESTERDAY: Reading(94.0, 470.0)}
    readings = replace(days([1.0]), by_first=week_1 | week_2, is_ratio=True)
    judgement = newest(judge(known(readings, Changed(by=0.5), grain=Granularity.WEEK), Memory())[0])
    assert judgement.value == pytest.approx(100 / 530)
    assert judgement.why == "Up 88.7% from 0.1 in the week before."


def test_a_month_to_date_is_compared_with_the_same_days() -> None:
    """From 1 to 13 September, 13 days of 20 add up to 260. From 1 to 13 August, 13 days of 10 add up to 130."""
    values = [10.0] * 31 + [20.0] * 13
    rule = Changed(by=0.9, to_date=True)
    judgement = newest(judge(known(days(values), rule, grain=Granularity.MONTH), Memory())[0])
    assert (judgement.period, judgement.value, judgement.high) == (TODAY, 260.0, 130 * 1.9)
    assert judgement.outcome == "fired"


# States


def test_late_data_is_counted_in_days() -> None:
    assert outcomes(known(days([1.0] * 5, late=2), DataLate(days=2))) == ["fired"]
    judgement = newest(judge(known(days([1.0] * 5, late=2), DataLate(days=3)), Memory())[0])
    assert (judgement.outcome, judgement.why) == ("normal", "Loaded to 11 Sep 2026: 2 days missing.")


def test_a_failing_check_fires_at_once_if_the_rule_says_so() -> None:
    failing = replace(known(days([1.0]), CheckFailed()), failing=(FailedCheck("id is unique", "Orders"),))
    assert outcomes(failing) == ["fired"]
    assert outcomes(known(days([1.0]), CheckFailed())) == ["normal"]


def pace(verdict: Verdict, projection: float, until: date = date(2026, 9, 14)) -> Pace:
    return Pace(
        value=400, target=1_000, first=date(2026, 9, 1), last=date(2026, 9, 30), until=until, days_left=17,
        verdict=verdict, projection=projection,
    )  # fmt: skip


def test_behind_target_fires_only_if_large_and_certain_enough() -> None:
    """The projection is 8% below the target."""
    month = known(days([1.0] * 40), BehindTarget(by=0.05), grain=Granularity.MONTH)
    assert outcomes(replace(month, pace=pace(Verdict.MISSES, 920))) == ["fired"]
    assert outcomes(replace(month, pace=pace(Verdict.OPEN, 920))) == ["normal"]
    larger = known(days([1.0] * 40), BehindTarget(by=0.09), grain=Granularity.MONTH)
    assert outcomes(replace(larger, pace=pace(Verdict.MISSES, 920))) == ["normal"]
    assert outcomes(replace(month, pace=pace(Verdict.MISSES, 920, until=date(2026, 9, 5)))) == ["quiet"]
    assert outcomes(replace(month, pace=NoPace("There's no target."))) == ["quiet"]


def test_a_new_month_fires_again() -> None:
    month = replace(known(days([1.0] * 40), BehindTarget(), grain=Granularity.MONTH), pace=pace(Verdict.MISSES, 920))
    told = Memory(open_since=date(2026, 9, 8), last_fired=date(2026, 9, 8))
    assert outcomes(month, told) == ["quiet"]
    assert outcomes(month, Memory(open_since=date(2026, 8, 20), last_fired=date(2026, 8, 20))) == ["fired"]


# Whatever the numbers are


def test_nothing_fires_that_later_data_could_undo() -> None:
    """In 2,000 random alerts, every alert that fires is about days that are over and loaded.

    The days are final, or were held for as long as the author wants, or the number is a sum that only grows.
    """
    chance, fired = random.Random(24), 0
    for _ in range(2_000):
        grain = chance.choice((Granularity.DAY, Granularity.WEEK, Granularity.MONTH))
        late, final_after, hold = chance.randint(0, 4), chance.choice((0, 0, 2, 9)), chance.randint(1, 6)
        least = chance.choice((0, -20))
        readings = days(
            [chance.uniform(least, 100) for _ in range(100)], late=late, final_after=final_after,
            today=TODAY + ONE * chance.randint(0, 40), is_summed=chance.random() < 0.8 or grain is not Granularity.DAY,
        )  # fmt: skip
        rule = chance.choice(
            (
                Threshold(side="above", value=chance.uniform(0, 2_000)),
                Threshold(side="below", value=chance.uniform(0, 2_000)),
                Changed(by=chance.uniform(0.05, 1)),
            )
        )
        memory = Memory(settled_to=readings.today - ONE * chance.randint(1, 20)) if chance.random() < 0.5 else Memory()
        for one in judge(known(readings, rule, grain=grain, hold_days=hold), memory)[0]:
            if one.outcome != "fired":
                continue
            fired += 1
            end = end_of(one.period, grain)
            is_whole = end <= readings.known_to
            waited = (readings.today - end).days
            is_settled = is_whole and (end <= readings.open_from or waited >= hold)
            assert is_settled or (one.side == "above" and only_grows(readings)), (one, readings.known_to)
            if not is_settled:
                until = min(end, readings.known_to, readings.open_from)
                assert one.value == pytest.approx(sum_between(readings, one.period, until))
    assert fired > 300


def sum_between(readings: Readings, first: date, end: date) -> float:
    return sum(one.top for day, one in readings.by_first.items() if first <= day < end)


def test_replaying_days_finds_what_judging_each_day_finds() -> None:
    """An alert needs only its own memory, so the outcome doesn't depend on how often it's evaluated."""
    chance = random.Random(7)
    values = [chance.uniform(80, 200) for _ in range(60)]
    once, memory = list[tuple[date, str]](), Memory()
    often, memory_2 = dict[date, str](), Memory()
    for count in range(1, 61):
        what = known(days(values[:count], today=TODAY - ONE * (60 - count)))
        judgements, memory = judge(what, memory)
        once += [(one.period, one.outcome) for one in judgements]
        for _ in range(3):
            judgements, memory_2 = judge(what, memory_2)
            often |= {one.period: one.outcome for one in judgements}
    assert dict(once) == often
    assert timedelta(0) < max(day for day, _ in once) - min(day for day, _ in once)
