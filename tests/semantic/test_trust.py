"""What is said of an answer before its numbers: each fact by hand, which of them stands for all, and the board's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semantic import maturity
from semantic.display.change import verdict
from semantic.display.export_about import trust_lines
from semantic.display.headline import read_headline
from semantic.display.trust import NOTHING_KNOWN, Fact, State, board_trust, facts, worst
from semantic.model.definitions import Certification, Deprecation, Enough, Metric, MetricKind
from semantic.plan.timing import Timing
from semantic.result import Behind, FailedCheck, Period, Result, ResultColumn
from tests.semantic.made_results import BEFORE, CHANNEL, REVENUE, ROAS, WEEKS, result

TODAY = date(2026, 4, 20)  # a Monday; made results are computed on it
ANA = Certification(by="Ana", until=date(2026, 12, 31))
NET = Metric(name="net_revenue", label="Net revenue", kind=MetricKind.SIMPLE)


def of_metric(column: ResultColumn = REVENUE, **changes: Any) -> ResultColumn:
    metric = Metric(name=column.name, label=column.label, kind=MetricKind.SIMPLE, **changes)
    return replace(column, metric=metric)


def said(shown: Result, today: date = TODAY) -> list[tuple[str, State, str]]:
    return [(one.word, one.state, one.kind) for one in facts(shown, today=today)]


def matured(shown: Result, *, today: date = TODAY) -> Result:
    return maturity.matured(shown, today=today)


def over(start: date | None, end: date | None) -> Period:
    return Period(start, end, "Europe/Berlin", "some days")


def test_a_certificate_is_good_until_its_last_day_and_a_caution_after_it() -> None:
    shown = result([of_metric(certified=ANA)], [(1.0,)])
    assert said(shown, date(2026, 12, 31)) == [("Certified", "good", "certified")]
    assert facts(shown, today=TODAY)[0].sentence == "Revenue by Ana until 31 Dec 2026."
    assert said(shown, date(2027, 1, 1)) == [("Certificate expired", "caution", "certified")]


def test_of_two_metrics_both_must_be_certified() -> None:
    shown = result([of_metric(certified=ANA), of_metric(ROAS)], [(1.0, 2.0)])
    assert said(shown) == [("1 of 2 certified", "quiet", "certified")]
    assert facts(shown, today=TODAY)[0].sentence == "ROAS: nobody has certified this definition yet."


def test_what_is_deprecated_is_a_caution_from_its_day_on_though_it_is_certified() -> None:
    gone = Deprecation(since=date(2026, 4, 20), replaced_by="net_revenue", reason="Refunds were left in")
    shown = result([of_metric(certified=ANA, deprecated=gone)], [(1.0,)], instead={"revenue": NET})
    assert said(shown, date(2026, 4, 19)) == [("Certified", "good", "certified")]
    (fact,) = facts(shown, today=TODAY)
    assert (fact.word, fact.state) == ("Deprecated", "caution")
    assert fact.sentence == "Revenue: deprecated since 20 Apr 2026. Use Net revenue. Refunds were left in."
    hidden = facts(replace(shown, instead={}), today=TODAY)[0].sentence
    assert hidden == "Revenue: deprecated since 20 Apr 2026. Refunds were left in."


def test_data_that_came_late_is_a_caution() -> None:
    shown = result([of_metric()], [(1.0,)], data_to_words="Orders to 19 Apr 2026, 06:10", is_stale=True)
    assert said(shown)[1] == ("Orders to 19 Apr 2026, 06:10", "caution", "fresh")
    assert said(replace(shown, is_stale=False))[1][1] == "quiet"


# Last known day 19 April, since the answer is of the 20th: with fourteen days 6 to 19 April are not final.
LAGGING = replace(of_metric(), timing=Timing(final_after=14))


@pytest.mark.parametrize(
    ("start", "end", "until", "word"),
    [
        (date(2026, 3, 1), date(2026, 4, 20), date(2026, 4, 5), "Last 14 days not final"),
        (date(2026, 3, 1), date(2026, 4, 7), date(2026, 4, 5), "Last day not final"),
        (date(2026, 4, 10), date(2026, 4, 20), date(2026, 4, 5), "Last 10 days not final"),
        (None, None, date(2026, 4, 5), "Last 14 days not final"),
        (date(2026, 3, 1), date(2026, 4, 6), None, ""),
    ],
)
def test_days_that_can_still_change(start: date | None, end: date | None, until: date | None, word: str) -> None:
    shown = matured(result([LAGGING], [(1.0,)], period=over(start, end)))
    assert shown.final_until == until
    found = [one for one in facts(shown, today=TODAY) if one.kind == "complete"]
    assert [one.word for one in found] == ([word] if word else [])
    if found:
        assert found[0].state == "caution"
        assert found[0].sentence == (
            "Revenue: what is later than 5 Apr 2026 can still change. A day is final after 14 days."
        )


def test_days_are_counted_back_from_what_is_loaded_where_that_is_earlier() -> None:
    loaded = datetime(2026, 4, 11, 8, tzinfo=UTC)  # so 10 April is the last whole day
    shown = matured(result([LAGGING], [(1.0,)], period=over(date(2026, 3, 1), date(2026, 4, 20)), data_to=loaded))
    assert shown.final_until == date(2026, 3, 27)
    known = facts(shown, today=TODAY)[-1]
    assert (known.word, known.state, known.kind) == ("Last 9 days may not be whole", "caution", "complete")
    assert "The 9 days since 11 Apr 2026 may not be whole" in known.sentence
    assert "The newest rows came on 11 Apr 2026, 10:00." in known.sentence  # Berlin's clock
    assert "what is later than 27 Mar 2026 can still change" in known.sentence


@pytest.mark.parametrize(
    ("start", "end", "loaded", "word"),
    [
        (date(2026, 4, 19), date(2026, 4, 20), datetime(2026, 4, 19, 3, tzinfo=UTC), "19 Apr 2026 may not be whole"),
        (date(2026, 4, 13), date(2026, 4, 20), datetime(2026, 4, 19, 3, tzinfo=UTC), "19 Apr 2026 may not be whole"),
        (date(2026, 4, 13), date(2026, 5, 1), datetime(2026, 4, 18, 3, tzinfo=UTC), "Last 2 days may not be whole"),
        (date(2026, 4, 13), date(2026, 4, 20), datetime(2026, 4, 20, 3, tzinfo=UTC), ""),  # all of them are
        (date(2026, 4, 1), date(2026, 4, 19), datetime(2026, 4, 19, 3, tzinfo=UTC), ""),  # over before the load
        (date(2026, 4, 20), date(2026, 4, 21), datetime(2026, 4, 19, 3, tzinfo=UTC), ""),  # today alone is not over
        (None, None, datetime(2026, 4, 19, 3, tzinfo=UTC), ""),  # all days there are
        (date(2026, 4, 13), date(2026, 4, 20), None, ""),  # nobody says
    ],
)
def test_days_that_are_over_and_not_loaded(
    start: date | None, end: date | None, loaded: datetime | None, word: str
) -> None:
    shown = matured(result([of_metric()], [(1.0,)], period=over(start, end), data_to=loaded))
    found = [one.word for one in facts(shown, today=TODAY) if one.kind == "complete" and one.state == "caution"]
    assert found == ([word] if word else [])


def test_a_change_that_a_day_is_missing_from_is_neither_good_nor_bad() -> None:
    days, before = over(date(2026, 4, 13), date(2026, 4, 20)), over(date(2026, 4, 6), date(2026, 4, 13))
    falling = replace(of_metric(), direction="up")
    loaded = datetime(2026, 4, 19, 3, tzinfo=UTC)
    bare = replace(
        result([falling, BEFORE], [(80.0, 100.0)], period=days, data_to=loaded), compared={"previous": before}
    )
    (change,) = read_headline(bare.columns[0], 0, bare).changes
    assert change.words == "\N{MINUS SIGN}20.0% worse"
    shown = matured(bare)
    (change,) = read_headline(shown.columns[0], 0, shown).changes
    assert change.words == "\N{MINUS SIGN}20.0%"
    assert shown.notes == (
        "19 Apr 2026 may not be whole; what it is compared with is whole, so the change says nothing yet.",
    )


@pytest.mark.parametrize(("start", "word"), [(date(2026, 4, 1), "worse"), (date(2026, 4, 2), "")])
def test_a_twentieth_of_the_days_is_not_enough_to_make_a_rise_a_fall(start: date, word: str) -> None:
    days, before = over(start, date(2026, 4, 21)), over(date(2026, 3, 1), date(2026, 3, 21))
    shown = result(
        [replace(of_metric(), direction="up"), BEFORE], [(80.0, 100.0)], period=days, compared={"previous": before},
        data_to=datetime(2026, 4, 20, 3, tzinfo=UTC), computed_at=datetime(2026, 4, 21, 8, tzinfo=UTC),
    )  # fmt: skip
    assert verdict(-0.2, matured(shown).columns[0]) == word  # the 20th of 20 days, and of 19
    assert "20 Apr 2026 may not be whole" in [one.word for one in facts(shown, today=date(2026, 4, 21))]


def test_nor_is_one_over_time_whose_last_week_and_total_a_day_is_missing_from() -> None:
    days, before = over(date(2026, 4, 6), date(2026, 4, 20)), over(date(2026, 3, 23), date(2026, 4, 6))
    rows = [(date(2026, 4, 6), 90.0, 100.0), (date(2026, 4, 13), 20.0, 100.0), (None, 110.0, 200.0)]
    shown = result(
        [WEEKS, replace(of_metric(), direction="up"), BEFORE], rows, ["member", "member", "total"], period=days,
        compared={"previous": before}, data_to=datetime(2026, 4, 15, 3, tzinfo=UTC),
    )  # fmt: skip
    assert verdict(-0.8, shown.columns[1]) == "worse"
    assert verdict(-0.8, matured(shown).columns[1]) == ""
    whole = replace(shown, data_to=datetime(2026, 4, 20, 3, tzinfo=UTC))
    assert verdict(-0.8, matured(whole).columns[1]) == "worse"


def test_what_is_compared_is_not_called_whole_where_it_is_not() -> None:
    days, before = over(date(2026, 4, 13), date(2026, 4, 20)), over(date(2026, 4, 6), date(2026, 4, 13))
    shown = result([of_metric(), BEFORE], [(0.0, 30.0)], period=days, compared={"previous": before})
    late = replace(shown, data_to=datetime(2026, 4, 8, 3, tzinfo=UTC))
    assert matured(late).notes == ("The 7 days since 13 Apr 2026 may not be whole, so the change says nothing yet.",)


def test_an_answer_that_was_kept_overnight_is_not_whole_on_the_next_day() -> None:
    today, before = over(date(2026, 4, 20), date(2026, 4, 21)), over(date(2026, 4, 19), date(2026, 4, 20))
    loaded = datetime(2026, 4, 20, 3, tzinfo=UTC)
    rows = result([of_metric(), BEFORE], [(1.0, 9.0)], period=today, data_to=loaded, compared={"previous": before})
    kept = replace(rows, computed_at=datetime(2026, 4, 20, 8, tzinfo=UTC))
    assert not matured(kept).columns[0].is_partial  # the day runs, and nobody takes it for whole
    later = matured(kept, today=date(2026, 4, 21))
    assert later.columns[0].is_partial
    assert "20 Apr 2026 may not be whole" in [word for word, _, _ in said(later, date(2026, 4, 21))]
    assert any("may not be whole" in line for _, line in trust_lines(replace(kept, asked_on=date(2026, 4, 21))))
    assert not any("may not be whole" in line for _, line in trust_lines(kept))
    far = replace(kept, query=replace(kept.query, time_zone="America/Los_Angeles"))  # it is still the 20th there
    assert not matured(far, today=date(2026, 4, 21)).columns[0].is_partial


def test_of_several_metrics_the_one_that_takes_longest_counts_and_only_it_is_named() -> None:
    slow = replace(of_metric(ROAS), timing=Timing(final_after=30))
    shown = matured(result([LAGGING, slow], [(1.0, 2.0)], period=over(date(2026, 3, 1), date(2026, 3, 28))))
    assert shown.final_until == date(2026, 3, 20)
    assert "ROAS: what is later than 20 Mar 2026" in facts(shown, today=TODAY)[-1].sentence


def test_a_final_period_beside_one_that_is_not_is_noted() -> None:
    before = over(date(2026, 2, 1), date(2026, 3, 1))
    shown = result([LAGGING, BEFORE], [(1.0, 2.0)], period=over(date(2026, 4, 1), date(2026, 4, 20)))
    noted = matured(replace(shown, compared={"previous": before})).notes
    assert noted == (
        "Days after 5 Apr 2026 can still change; what they are compared with is final, so the change is not yet.",
    )
    near = over(date(2026, 3, 13), date(2026, 4, 10))  # reaches into the days that can change too
    assert matured(replace(shown, compared={"previous": near})).notes == ()


def test_a_period_that_is_not_over_is_said_quietly() -> None:
    shown = result([WEEKS, of_metric()], [(TODAY, 1.0)], period=over(date(2026, 3, 1), date(2026, 4, 27)))
    assert said(shown)[-1] == ("Last week still running", "quiet", "complete")
    assert said(shown, date(2026, 4, 27)) == [("Not certified", "quiet", "certified")]


def test_numbers_on_too_little_are_a_caution() -> None:
    behind = Behind(need=Enough(30), is_enough=(True, False), what="sessions", counts=(100.0, 12.0), beside=(50.0, 6.0))
    shown = result([CHANNEL, of_metric(ROAS)], [("Search", 1.0), ("Email", 2.0)], support={"roas": behind})
    (fact,) = [one for one in facts(shown, today=TODAY) if one.kind == "sufficient"]
    assert (fact.word, fact.state) == ("1 of 2 on too little data", "caution")
    assert fact.sentence == "1 number rests on less than the metric asks for: 12 of at least 30 sessions."
    fine = replace(shown, support={"roas": replace(behind, is_enough=(True, True))})
    assert said(fine)[-1] == ("Enough data", "quiet", "sufficient")
    secret = replace(shown, support={"roas": replace(behind, counts=None)})  # the counts are not theirs to know
    assert facts(secret, today=TODAY)[-1].sentence == "1 number rests on less than the metric asks for."


def test_a_check_that_failed_is_named_to_who_may_know_and_to_nobody_else() -> None:
    at = datetime(2026, 4, 20, 6, 10, tzinfo=UTC)
    failed = FailedCheck("order_id is unique: 3 repeat", "Orders", at)
    shown = result([of_metric(certified=ANA)], [(1.0,)], failed=(failed,))
    fact = facts(shown, today=TODAY)[-1]
    assert (fact.word, fact.state, fact.kind) == ("Check failed: Orders", "caution", "checks")
    assert fact.sentence == "Orders: order_id is unique: 3 repeat, since 20 Apr 2026, 06:10 UTC."
    unseen = facts(shown, today=TODAY, checks=(FailedCheck(),))[-1]
    assert (unseen.word, unseen.sentence) == ("A check failed", "A check of the data behind this failed.")
    both = facts(shown, today=TODAY, checks=(failed, FailedCheck()))[-1]
    assert (both.word, both.sentence[-7:]) == ("2 checks failed", "1 more.")
    assert [one.kind for one in facts(shown, today=TODAY, checks=())] == ["certified"]


def test_facts_come_in_one_order_whatever_is_known() -> None:
    behind = Behind(need=Enough(30), is_enough=(False,))
    column = replace(LAGGING, exact=False)
    shown = matured(
        result(
            [column],
            [(1.0,)],
            period=over(date(2026, 3, 1), date(2026, 4, 20)),
            scope="Scope: DE",
            data_to_words="Orders to 20 Apr 2026, 06:10",
            support={"revenue": behind},
            failed=(FailedCheck(),),
        )
    )
    kinds = [one.kind for one in facts(shown, today=TODAY)]
    assert kinds == ["certified", "fresh", "complete", "sufficient", "exact", "scope", "checks"]


# The fact that stands for all

STATES: tuple[State, ...] = ("good", "quiet", "info", "draft", "caution", "bad")
CERTIFIED, PLAIN = Fact("Certified", "verified", "good", "By Ana."), Fact("Not certified", "shield", "quiet", "Nobody.")
FRESH, LATE = Fact("Data to 19 Apr", "schedule", "quiet", "Fine."), Fact("Old", "schedule", "caution", "26 h old.")


def test_the_gravest_fact_stands_for_all_and_the_first_of_equals() -> None:
    few = Fact("Too little data", "groups", "caution", "Few.")
    assert worst([CERTIFIED, FRESH]) == CERTIFIED
    assert worst([CERTIFIED, FRESH, few, LATE]) == few
    assert worst([PLAIN, FRESH]) == PLAIN
    assert worst([]) == NOTHING_KNOWN


@given(st.lists(st.sampled_from(STATES), min_size=1, max_size=5))
def test_the_whole_is_never_better_than_any_part(states: list[State]) -> None:
    found = worst([Fact(one, "icon", one, "") for one in states])
    if any(one not in ("good", "quiet") for one in states) or states[0] != "good":
        assert found.state != "good"
    grave = {one for one in states if STATES.index(one) > 1}
    assert not grave or found.state == max(grave, key=STATES.index)


def test_a_board_is_as_good_as_its_worst_tile_and_names_it() -> None:
    fine = board_trust([("Revenue", [CERTIFIED, FRESH]), ("Spend", [CERTIFIED])])
    assert (fine.word, fine.state) == ("Certified", "good")
    late = board_trust([("Revenue", [CERTIFIED]), ("Meta spend", [CERTIFIED, LATE]), ("Leads", [PLAIN])])
    assert (late.word, late.state, late.sentence) == ("Meta spend: Old", "caution", "Meta spend: 26 h old.")
    one_plain = board_trust([("Revenue", [CERTIFIED]), ("Leads", [PLAIN])])
    assert (one_plain.word, one_plain.state) == ("Leads: Not certified", "quiet")


@pytest.mark.parametrize("states", list(product(STATES, repeat=2)))
def test_a_board_is_green_only_where_every_tile_is(states: tuple[State, State]) -> None:
    found = board_trust([(one, [Fact(one, "icon", one, "")]) for one in states])
    assert (found.state == "good") == (states == ("good", "good"))
    assert STATES.index(found.state) == max(STATES.index(one) for one in states)


def test_a_tile_without_an_answer_and_a_board_without_tiles_are_not_certified() -> None:
    assert board_trust([]) == NOTHING_KNOWN
    assert board_trust([("Revenue", [CERTIFIED]), ("Leads", [])]).word == "Leads: Nothing known yet"
