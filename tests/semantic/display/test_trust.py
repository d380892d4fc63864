"""Trust facts of an answer, each computed by hand, the facts shown for several answers at once, and the facts of a
board.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semantic.display.export.about import trust_lines
from semantic.display.trust import NOTHING_KNOWN, Fact, State, access_sentence, board_trust, facts, scope_words, worst
from semantic.display.words.kpi import read_headline
from semantic.model.definitions import Certification, Deprecation, Enough, Granularity, Metric
from semantic.model.loading.load import parse_model
from semantic.plan.time.like_for_like import Incomparable, find_incomparable
from semantic.plan.time.period_aggregation import Timing
from semantic.policy.narrow import narrow
from semantic.query.known_through import NOTHING_LOADED, Extent, Loaded
from semantic.query.query import (
    Between,
    Breakdown,
    ByMember,
    Comparison,
    InSegment,
    Last,
    LastYear,
    Named,
    Operator,
    Previous,
    Query,
)
from semantic.query.resolve import Asked, resolve
from semantic.results import finality
from semantic.results.result import ColumnSupport, FailedCheck, Period, Result, ResultColumn
from tests.semantic.asked import STEWARD
from tests.semantic.made_results import BEFORE, CHANNEL, REVENUE, ROAS, SPEND, WEEKS, YEAR, result

TODAY = date(2026, 4, 20)  # a Monday; made results are computed on it
ANA = Certification(by="Ana", until=date(2026, 12, 31))
ALL_COMPARABLE: Incomparable = {}
NET = Metric(name="net_revenue", label="Net revenue", kind="simple")


def of_metric(column: ResultColumn = REVENUE, **changes: Any) -> ResultColumn:
    metric = Metric(name=column.name, label=column.label, kind="simple", **changes)
    return replace(column, metric=metric)


def said(shown: Result, today: date = TODAY) -> list[tuple[str, State, str]]:
    return [(fact.word, fact.state, fact.kind) for fact in facts(shown, today=today)]


def judged(shown: Result, incomparable: Incomparable = ALL_COMPARABLE) -> Result:
    return finality.with_finality(shown, incomparable)


def over(start: date | None, end: date | None, asked_end: date | None = None) -> Period:
    return Period(start, end, "Europe/Berlin", "some days", asked_end)


def test_a_certification_is_good_until_its_last_day_and_a_warning_afterwards() -> None:
    shown = result([of_metric(certified=ANA)], [(1.0,)])
    assert said(shown, date(2026, 12, 31)) == [("Certified", "good", "certified")]
    assert facts(shown, today=TODAY)[0].sentence == "Revenue by Ana until 31 Dec 2026."
    assert said(shown, date(2027, 1, 1)) == [("Certification expired", "caution", "certified")]


def test_of_two_metrics_both_must_be_certified() -> None:
    shown = result([of_metric(certified=ANA), of_metric(ROAS)], [(1.0, 2.0)])
    assert said(shown) == [("1 of 2 certified", "quiet", "certified")]
    assert facts(shown, today=TODAY)[0].sentence == "ROAS: definition not certified yet."


def test_a_deprecated_metric_is_a_warning_from_its_date_on_even_if_certified() -> None:
    gone = Deprecation(since=date(2026, 4, 20), replaced_by="net_revenue", reason="Refunds were left in")
    shown = result([of_metric(certified=ANA, deprecated=gone)], [(1.0,)], instead={"revenue": NET})
    assert said(shown, date(2026, 4, 19)) == [("Certified", "good", "certified")]
    (fact,) = facts(shown, today=TODAY)
    assert (fact.word, fact.state) == ("Deprecated", "caution")
    assert fact.sentence == "Revenue: deprecated since 20 Apr 2026. Use Net revenue. Refunds were left in."
    hidden = facts(replace(shown, instead={}), today=TODAY)[0].sentence
    assert hidden == "Revenue: deprecated since 20 Apr 2026. Refunds were left in."


def test_late_data_is_a_warning() -> None:
    shown = result([of_metric()], [(1.0,)], data_to_words="Orders loaded 19 Apr 2026, 06:10", is_stale=True)
    assert said(shown)[1] == ("Orders loaded 19 Apr 2026, 06:10", "caution", "fresh")
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
def test_days_that_can_still_change_are_a_fact(
    start: date | None, end: date | None, until: date | None, word: str
) -> None:
    shown = judged(result([LAGGING], [(1.0,)], period=over(start, end)))
    assert shown.final_until == until
    found_facts = [fact for fact in facts(shown, today=TODAY) if fact.kind == "complete"]
    assert [fact.word for fact in found_facts] == ([word] if word else [])
    if found_facts:
        assert found_facts[0].state == "caution"
        assert found_facts[0].sentence == (
            "Revenue: data after 5 Apr 2026 can still change. A day is final after 14 days."
        )


def test_days_are_counted_back_from_the_last_load_if_that_is_earlier() -> None:
    loaded = datetime(2026, 4, 11, 8, tzinfo=UTC)  # so 10 April is the last whole day
    days = over(date(2026, 3, 1), date(2026, 4, 11), date(2026, 4, 20))
    shown = judged(result([LAGGING], [(1.0,)], period=days, data_to=loaded))
    assert shown.final_until == date(2026, 3, 27)
    known = facts(shown, today=TODAY)[-1]
    assert (known.word, known.state, known.kind) == ("11 – 19 Apr 2026 not loaded", "caution", "complete")
    assert "The 9 days since 11 Apr 2026 are not loaded yet, so they are not in these numbers." in known.sentence
    assert " The newest rows arrived on 11 Apr 2026, 10:00 Europe/Berlin." in known.sentence
    assert "data after 27 Mar 2026 can still change" in known.sentence


@pytest.mark.parametrize(
    ("start", "end", "loaded", "word"),
    [
        (date(2026, 4, 19), date(2026, 4, 20), datetime(2026, 4, 19, 3, tzinfo=UTC), "19 Apr 2026 not loaded"),
        (date(2026, 4, 13), date(2026, 4, 20), datetime(2026, 4, 19, 3, tzinfo=UTC), "19 Apr 2026 not loaded"),
        (date(2026, 4, 13), date(2026, 5, 1), datetime(2026, 4, 18, 3, tzinfo=UTC), "18 – 19 Apr 2026 not loaded"),
        (date(2026, 4, 13), date(2026, 4, 20), datetime(2026, 4, 20, 3, tzinfo=UTC), ""),  # all of them are
        (date(2026, 4, 1), date(2026, 4, 19), datetime(2026, 4, 19, 3, tzinfo=UTC), ""),  # over before the load
        (date(2026, 4, 20), date(2026, 4, 21), datetime(2026, 4, 19, 3, tzinfo=UTC), ""),  # today alone is not over
        (None, None, datetime(2026, 4, 19, 3, tzinfo=UTC), ""),  # all days there are
        (date(2026, 4, 13), date(2026, 4, 20), None, ""),  # not stated
    ],
)
def test_finished_days_that_are_not_loaded_are_a_warning(
    start: date | None, end: date | None, loaded: datetime | None, word: str
) -> None:
    day = loaded.date() if loaded else TODAY  # no row of it counts, nor of a later day
    days = over(start, max(start, day), end) if start and end and day < end else over(start, end)
    shown = judged(result([of_metric()], [(1.0,)], period=days, data_to=loaded))
    words = [fact.word for fact in facts(shown, today=TODAY) if fact.kind == "complete" and fact.state == "caution"]
    assert words == ([word] if word else [])


def test_a_plan_that_ends_later_is_not_called_unfinished() -> None:
    ahead = replace(of_metric(), counted_to=date(2026, 5, 1))
    shown = result([ahead], [(1.0,)], period=over(date(2026, 4, 1), date(2026, 5, 1)))
    assert said(shown) == [("Not certified", "quiet", "certified")]
    beside = result([ahead, replace(of_metric(ROAS), counted_to=TODAY)], [(1.0, 2.0)], period=shown.period)
    assert said(beside)[-1] == ("Current period in progress", "quiet", "complete")


def test_a_cached_answer_that_includes_today_is_incomplete_on_the_next_day() -> None:
    today, before = over(date(2026, 4, 20), date(2026, 4, 21)), over(date(2026, 4, 19), date(2026, 4, 20))
    loaded = datetime(2026, 4, 20, 3, tzinfo=UTC)
    rows = result([of_metric(), BEFORE], [(1.0, 9.0)], period=today, data_to=loaded, compared={"previous": before})
    kept_rows = replace(
        rows,
        query=replace(rows.query, time=Last(1, Granularity.DAY, complete=False)),
        computed_at=datetime(2026, 4, 20, 8, tzinfo=UTC),
    )
    assert "20 Apr 2026 may be incomplete" not in [word for word, _, _ in said(kept_rows)]  # it runs
    assert "20 Apr 2026 may be incomplete" in [word for word, _, _ in said(kept_rows, date(2026, 4, 21))]
    assert not any("may be incomplete" in line for _, line in trust_lines(kept_rows))
    far = replace(
        kept_rows, query=replace(kept_rows.query, time_zone="America/Los_Angeles")
    )  # it is still the 20th there
    assert "20 Apr 2026 may be incomplete" not in [word for word, _, _ in said(far, date(2026, 4, 21))]
    asked_later = replace(kept_rows, asked_on=date(2026, 4, 21), period=over(today.start, today.start, today.end))
    assert any("20 Apr 2026 is not loaded yet" in line for _, line in trust_lines(asked_later))


# Changes that are not judged

FALLING = replace(of_metric(), direction="up")
COMPARED = {"previous": over(date(2026, 4, 6), date(2026, 4, 13))}


def test_an_unjudged_change_has_its_size_without_a_verdict_and_the_reason_as_a_note() -> None:
    days = over(date(2026, 4, 13), date(2026, 4, 20))
    bare = result([FALLING, BEFORE], [(80.0, 100.0)], period=days, compared=COMPARED)
    usual = {"revenue_previous": (Fraction(1),) * 5}
    (change,) = read_headline(bare.columns[0], 0, bare, usual).changes
    assert change.words == "\N{MINUS SIGN}20.0% worse"
    shown = judged(bare, {("revenue", "previous"): ["Today is not over."]})
    (change,) = read_headline(shown.columns[0], 0, shown, usual).changes
    assert change.words == "\N{MINUS SIGN}20.0%"
    assert shown.notes == ("Today is not over.",)


def test_a_reason_that_applies_only_to_some_metrics_names_them() -> None:
    shown = result([FALLING, of_metric(ROAS), of_metric(SPEND)], [(1.0, 2.0, 3.0)])
    of_two = judged(shown, {(name, "previous"): ["The last days can still change."] for name in ("revenue", "spend")})
    assert of_two.notes == ("Revenue and spend: the last days can still change.",)
    of_each = judged(shown, {(name, "previous"): ["Today is not over."] for name in ("revenue", "roas", "spend")})
    assert of_each.notes == ("Today is not over.",)


def test_a_reason_that_applies_only_to_some_comparisons_or_rows_names_them() -> None:
    days = over(date(2026, 4, 13), date(2026, 4, 20))
    compared = {**COMPARED, "last_year": over(date(2025, 4, 14), date(2025, 4, 21))}
    shown = result([FALLING, BEFORE, YEAR], [(80.0, 100.0, 90.0)] * 2, period=days, compared=compared)
    longer = {("revenue", "previous"): ["There are fewer days.", ""], ("revenue", "last_year"): ["", ""]}
    later = judged(shown, longer)
    assert later.notes == ("Against previous period, in some rows: there are fewer days.",)
    assert [later.is_judged(later.columns[1], row) for row in range(2)] == [False, True]
    assert [later.is_judged(later.columns[2], row) for row in range(2)] == [True, True]


BOOKS = parse_model(
    {
        "books.yml": """
model: {time_zone: Europe/Berlin}
datasets:
  - name: customers
    table: customers
    grain: [customer]
    columns: {customer: string}
    entities: [{name: customer, kind: primary, columns: [customer]}]
  - name: orders
    table: orders
    grain: [id]
    time: day
    columns: {id: integer, day: date, customer: string, amount: "decimal(9,2)"}
    entities: [{name: customer, kind: foreign, columns: [customer]}]
    dimensions: [{name: day, kind: time}]
    measures:
      - {name: revenue, agg: sum, sql: amount}
      - {name: orders, agg: count}
      - {name: slow, agg: sum, sql: amount, final_after: 14 days}
metrics:
  - {name: revenue, measure: orders.revenue, direction: up}
  - {name: orders, measure: orders.orders, direction: up}
  - {name: neither, measure: orders.orders}
  - {name: slow, measure: orders.slow, direction: up}
  - {name: value, kind: ratio, numerator: revenue, denominator: orders, direction: up}
  - {name: year_to_date, kind: cumulative, metric: revenue, to_date: year, direction: up}
  - {name: ever, kind: cumulative, metric: revenue, direction: up}
segments: [{name: recent, entity: customer, dataset: orders, last: {count: 30, unit: day}}]
policies: [{name: all, who: {roles: [steward]}, grant: {metrics: all, dimensions: all, segments: all}, whole: all}]
"""
    }
)
LOADED_LATE: Loaded = {"orders": Extent(date(2020, 1, 1), date(2026, 4, 18))}  # the load of the 19th is still to come
NOT_JUDGED = "the change isn't marked better or worse"


def asked(time: Between | Last | None, *compare: Comparison, loaded: Loaded = NOTHING_LOADED, **more: Any) -> Asked:
    """Return a question of the made-up books, asked on 20 April."""
    query = Query(metrics=("revenue",), time=time, compare=compare)
    return resolve(replace(query, **more), narrow(BOOKS, STEWARD), today=TODAY, loaded=loaded)


def reasons(question: Asked, **columns: list[date | None]) -> list[str | None]:
    """Return the reasons why changes aren't judged, in an answer with one row, or with these rows.

    Changes that are judged are left out.
    """
    table = pa.table(dict[str, Any](columns or {"nothing": [None]}))
    for metric in question.metrics:
        for name in (metric.name, *(f"{metric.name}_{compared.name}" for compared in question.compared)):
            table = table.append_column(name, pa.array([1.0] * table.num_rows))
    return [reason for texts in find_incomparable(question, table).values() for reason in texts if reason != ""]


def days(question: Asked) -> tuple[tuple[date | None, date | None], ...]:
    return tuple((days.start, days.end) for days in (question.days, *(compared.days for compared in question.compared)))


def test_an_unloaded_day_is_left_out_on_both_sides_so_that_the_change_is_judged() -> None:
    week = asked(Last(7, Granularity.DAY), Previous(), loaded=LOADED_LATE)
    assert days(week) == ((date(2026, 4, 13), date(2026, 4, 19)), (date(2026, 4, 6), date(2026, 4, 12)))
    assert reasons(week) == []
    by = (Breakdown("date", Granularity.WEEK),)
    weeks = asked(Between(date(2026, 4, 6), date(2026, 4, 19)), Previous(), loaded=LOADED_LATE, by=by)
    assert days(weeks) == ((date(2026, 4, 6), date(2026, 4, 19)), (date(2026, 3, 23), date(2026, 4, 5)))
    assert reasons(weeks, date_week=[date(2026, 4, 6), date(2026, 4, 13)]) == []


def test_without_a_known_day_there_is_no_change_to_judge() -> None:
    question = asked(Between(date(2026, 4, 19), date(2026, 4, 19)), Previous(), loaded=LOADED_LATE)
    assert question.days.is_empty
    assert reasons(question) == [f"The compared days aren't known, so {NOT_JUDGED}."]


def test_with_today_included_no_change_is_judged() -> None:
    question = asked(Last(7, Granularity.DAY, complete=False), Previous())
    assert question.days.end == date(2026, 4, 21)
    assert reasons(question) == [f"Today isn't over, so {NOT_JUDGED} yet."]


def test_a_change_against_partly_unknown_days_is_not_judged() -> None:
    later = Named(date(2026, 4, 11), date(2026, 4, 20))
    question = asked(Between(date(2026, 4, 1), date(2026, 4, 10)), later, loaded=LOADED_LATE)
    assert reasons(question) == [f"Not all days of the comparison are loaded, so {NOT_JUDGED} yet."]


@pytest.mark.parametrize(
    ("time", "compare", "lengths"),
    [
        (Between(date(2026, 3, 1), date(2026, 3, 20)), Named(date(2026, 2, 1), date(2026, 2, 19)), ""),  # 1 of 20
        (Between(date(2026, 3, 1), date(2026, 3, 19)), Named(date(2026, 2, 1), date(2026, 2, 18)), "19 days, 18 days"),
        (Between(date(2026, 3, 1), date(2026, 3, 31)), Previous(), "31 days, 28 days"),
        (Between(date(2025, 5, 1), date(2025, 5, 31)), Previous(), ""),  # 31 and 30
        (Between(date(2024, 2, 1), date(2024, 2, 29)), LastYear(), ""),  # 29 and 28
    ],
)
def test_five_percent_of_the_days_are_too_few_to_explain_a_rise(
    time: Between, compare: Comparison, lengths: str
) -> None:
    name, _, other = lengths.partition(", ")
    expected = [f"{name} are compared with {other}, so {NOT_JUDGED}."] if lengths else []
    assert reasons(asked(time, compare)) == expected
    assert reasons(asked(time, compare, metrics=("value",))) == []  # more days make no ratio larger


@pytest.mark.parametrize(
    ("may", "april", "is_judged"),
    [
        (3150, 3000, True),
        (3101, 3000, True),
        (3100, 3000, False),
        (3010, 3000, False),
        (2990, 3000, True),
        (10, 0, True),
    ],
)
def test_a_rise_that_one_more_day_explains_is_not_judged(may: int, april: int, is_judged: bool) -> None:
    """100 a day is 3,000 in April's 30 days and 3,100 in May's 31 days."""
    question = asked(Between(date(2025, 5, 1), date(2025, 5, 31)), Previous())
    table = pa.table({"revenue": [Decimal(may)], "revenue_previous": [Decimal(april)]})
    words = f"The difference in length (31 against 30 days) explains it, so {NOT_JUDGED}."
    assert find_incomparable(question, table) == {("revenue", "previous"): ["" if is_judged else words]}
    ratio = asked(Between(date(2025, 5, 1), date(2025, 5, 31)), Previous(), metrics=("value",))
    floats = pa.table({"value": [float(may)], "value_previous": [float(april)]})
    assert find_incomparable(ratio, floats) == {("value", "previous"): [""]}


def test_numbers_to_date_are_judged_only_if_they_count_about_as_many_days() -> None:
    """To the end of March, a year has 90 days, and to the end of February 59. The year before has the same numbers."""
    march = asked(Between(date(2026, 3, 1), date(2026, 3, 31)), Previous(), LastYear(), metrics=("year_to_date",))
    reasons = find_incomparable(march, pa.table({name: [2.0] for name in march_columns("year_to_date")}))
    assert reasons["year_to_date", "previous"] == [f"The two values cover different numbers of days, so {NOT_JUDGED}."]
    assert reasons["year_to_date", "last_year"] == [""]


def test_running_totals_are_never_judged_and_metrics_without_a_direction_are_skipped() -> None:
    time = Between(date(2026, 3, 1), date(2026, 3, 31))
    gathered = f"Both values are totals since the beginning, and the later one covers more days, so {NOT_JUDGED}."
    assert reasons(asked(time, LastYear(), metrics=("ever",))) == [gathered]
    assert find_incomparable(asked(time, Previous(), metrics=("neither",)), pa.table({"neither": [1.0]})) == {}


def march_columns(metric: str) -> tuple[str, ...]:
    return metric, f"{metric}_previous", f"{metric}_last_year"


def test_each_row_is_judged_by_its_own_days() -> None:
    by = (Breakdown("date", Granularity.MONTH),)
    months = asked(Between(date(2026, 1, 1), date(2026, 4, 30)), Previous(), LastYear(), by=by)
    begins = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1), None]
    numbers = dict.fromkeys(("revenue", "revenue_previous", "revenue_last_year"), [1.0] * 5)
    shown = pa.table({"date_month": begins, **numbers})
    reasons = find_incomparable(months, shown)
    lengths = f"The two periods have different numbers of days, so {NOT_JUDGED}."
    # The four months before are September to December. Of January 31 days are beside 30, of February 28 beside 31, of
    # March 31 beside 30, of April 19 beside 19; all together are 109 beside 110.
    assert reasons["revenue", "previous"] == ["", lengths, "", "", ""]
    assert reasons["revenue", "last_year"] == [""] * 5


def test_a_side_that_begins_before_its_data_is_not_judged() -> None:
    loaded: Loaded = {"orders": Extent(date(2025, 3, 10), date(2026, 4, 19))}
    by = (Breakdown("date", Granularity.MONTH),)
    months = asked(Between(date(2026, 3, 1), date(2026, 4, 19)), LastYear(), loaded=loaded, by=by)
    before = f"Data starts partway through the comparison, so {NOT_JUDGED}."
    assert reasons(months, date_month=[date(2026, 3, 1), date(2026, 4, 1)]) == [before]
    whole = asked(Between(date(2025, 3, 1), date(2025, 4, 30)), Previous(), loaded=loaded)
    assert reasons(whole) == [f"Data starts partway through the period, so {NOT_JUDGED}."]


def test_days_that_can_still_change_are_not_judged_unless_they_are_few() -> None:
    week = asked(Last(7, Granularity.DAY), Previous(), metrics=("slow", "revenue"))
    assert reasons(week) == [f"The last days can still change, so {NOT_JUDGED} yet."]
    assert reasons(replace(week, metrics=week.metrics[1:])) == []
    assert reasons(asked(Last(280, Granularity.DAY), Previous(), metrics=("slow",))) == []  # 14 of 280
    assert len(reasons(asked(Last(279, Granularity.DAY), Previous(), metrics=("slow",)))) == 1


def test_one_set_of_members_for_both_sides_is_not_judged_and_a_set_for_each_is() -> None:
    march = Between(date(2025, 5, 1), date(2025, 5, 31))
    one_set = f"Both periods count the same group, selected by what its members did, so {NOT_JUDGED}."
    assert reasons(asked(march, Previous(), where=InSegment("recent"))) == [one_set]
    often = ByMember("orders", "customer", Operator.MORE, (2,))
    assert reasons(asked(march, Previous(), where=often)) == []
    assert reasons(asked(march, Previous(), where=replace(often, time=march))) == [one_set]


def test_of_several_metrics_only_the_one_that_takes_longest_is_named() -> None:
    slow = replace(of_metric(ROAS), timing=Timing(final_after=30))
    shown = judged(result([LAGGING, slow], [(1.0, 2.0)], period=over(date(2026, 3, 1), date(2026, 3, 28))))
    assert shown.final_until == date(2026, 3, 20)
    assert "ROAS: data after 20 Mar 2026" in facts(shown, today=TODAY)[-1].sentence


def test_a_final_period_compared_with_one_that_is_not_is_noted() -> None:
    before = over(date(2026, 2, 1), date(2026, 3, 1))
    shown = result([LAGGING, BEFORE], [(1.0, 2.0)], period=over(date(2026, 4, 1), date(2026, 4, 20)))
    noted = judged(replace(shown, compared={"previous": before})).notes
    assert noted == (
        "Revenue after 5 Apr 2026 can still change, but the days it's compared with are final, so its change isn't "
        "final either.",
    )
    reasons = {("revenue", "previous"): ["The last days can still change."]}  # then this reason is given
    assert judged(replace(shown, compared={"previous": before}), reasons).notes == ("The last days can still change.",)
    near = over(date(2026, 3, 13), date(2026, 4, 10))  # reaches into the days that can change too
    assert judged(replace(shown, compared={"previous": near})).notes == ()


def test_a_current_period_is_a_neutral_fact() -> None:
    shown = result([WEEKS, of_metric()], [(TODAY, 1.0)], period=over(date(2026, 3, 1), date(2026, 4, 27)))
    assert said(shown)[-1] == ("Current week in progress", "quiet", "complete")
    assert said(shown, date(2026, 4, 27)) == [("Not certified", "quiet", "certified")]


def test_numbers_based_on_too_little_data_are_a_warning() -> None:
    behind = ColumnSupport(
        need=Enough(30), is_enough=(True, False), what="sessions", counts=(100.0, 12.0), beside=(50.0, 6.0)
    )
    shown = result([CHANNEL, of_metric(ROAS)], [("Search", 1.0), ("Email", 2.0)], support={"roas": behind})
    (fact,) = [each_fact for each_fact in facts(shown, today=TODAY) if each_fact.kind == "sufficient"]
    assert (fact.word, fact.state) == ("1 of 2 have too little data", "caution")
    assert fact.sentence == "1 number has less data than the metric requires: 12 of at least 30 sessions."
    fine = replace(shown, support={"roas": replace(behind, is_enough=(True, True))})
    assert said(fine)[-1] == ("Enough data", "quiet", "sufficient")
    secret = replace(shown, support={"roas": replace(behind, counts=None)})  # they may not know the counts
    assert facts(secret, today=TODAY)[-1].sentence == "1 number has less data than the metric requires."


def test_a_failed_check_is_named_only_to_people_with_access() -> None:
    at = datetime(2026, 4, 20, 6, 10, tzinfo=UTC)
    failed = FailedCheck("order_id is unique: 3 repeat", "Orders", at)
    shown = result([of_metric(certified=ANA)], [(1.0,)], failed=(failed,))
    fact = facts(shown, today=TODAY)[-1]
    assert (fact.word, fact.state, fact.kind) == ("Check failed: Orders", "caution", "checks")
    assert fact.sentence == "Orders: order_id is unique: 3 repeat, since 20 Apr 2026, 08:10 Europe/Berlin."
    tokyo = replace(shown, period=replace(shown.period, time_zone="Asia/Tokyo"))
    assert facts(tokyo, today=TODAY)[-1].sentence.endswith(", since 20 Apr 2026, 15:10 Asia/Tokyo.")
    unseen = facts(shown, today=TODAY, checks=(FailedCheck(),))[-1]
    assert (unseen.word, unseen.sentence) == ("A check failed", "A check of the underlying data failed.")
    both = facts(shown, today=TODAY, checks=(failed, FailedCheck()))[-1]
    assert (both.word, both.sentence[-7:]) == ("2 checks failed", "1 more.")
    assert [fact.kind for fact in facts(shown, today=TODAY, checks=())] == ["certified"]


def test_facts_come_in_one_order_whatever_is_known() -> None:
    behind = ColumnSupport(need=Enough(30), is_enough=(False,))
    column = replace(LAGGING, exact=False)
    shown = judged(
        result(
            [column],
            [(1.0,)],
            period=over(date(2026, 3, 1), date(2026, 4, 20)),
            scope="Scope: DE",
            data_to_words="Orders loaded 20 Apr 2026, 06:10",
            support={"revenue": behind},
            failed=(FailedCheck(),),
        )
    )
    kinds = [fact.kind for fact in facts(shown, today=TODAY)]
    assert kinds == ["certified", "fresh", "complete", "sufficient", "exact", "scope", "checks"]


# The fact that represents them all

STATES: tuple[State, ...] = ("good", "quiet", "info", "draft", "caution", "bad")
CERTIFIED, PLAIN = Fact("Certified", "verified", "good", "By Ana."), Fact("Not certified", "shield", "quiet", "Nobody.")
FRESH, LATE = Fact("Data to 19 Apr", "schedule", "quiet", "Fine."), Fact("Old", "schedule", "caution", "26 h old.")


def test_the_most_serious_fact_is_shown_and_among_equals_the_first() -> None:
    few = Fact("Too little data", "groups", "caution", "Few.")
    assert worst([CERTIFIED, FRESH]) == CERTIFIED
    assert worst([CERTIFIED, FRESH, few, LATE]) == few
    assert worst([PLAIN, FRESH]) == PLAIN
    assert worst([]) == NOTHING_KNOWN


@given(st.lists(st.sampled_from(STATES), min_size=1, max_size=5))
def test_the_whole_is_never_better_than_any_part(states: list[State]) -> None:
    fact = worst([Fact(state, "icon", state, "") for state in states])
    if any(state not in ("good", "quiet") for state in states) or states[0] != "good":
        assert fact.state != "good"
    grave = {state for state in states if STATES.index(state) > 1}
    assert not grave or fact.state == max(grave, key=STATES.index)


BY_ANA = Fact("Certified", "verified", "good", "By Ana.", "certified")
CANDIDATE = Fact("Not certified", "shield_question", "quiet", "Not certified yet.", "certified")
OPEN = Fact("Last 3 days not final", "hourglass_top", "caution", "They can still change.", "complete")
FEW = Fact("Too little data", "groups", "caution", "12 of 30.", "sufficient")
FAILED = Fact("Check failed: Orders", "rule", "caution", "order_id is unique.", "checks")
NO_DATA = Fact("No data", "cloud_off", "caution", "The warehouse didn't respond.")
OLD = Fact("Data loaded 18 Apr 2026", "schedule", "caution", "Data has missed its freshness target.", "fresh")
AS_OF = Fact("As of 05:08", "history", "caution", "Couldn't refresh the data.", "fresh")
GONE = Fact("Deprecated", "history_toggle_off", "caution", "Use Net revenue.", "certified")
LAPSED = Fact("Certification expired", "gpp_maybe", "caution", "Renew it.", "certified")


def counts(*tiles: tuple[str, Sequence[Fact]]) -> list[tuple[str, State, str]]:
    return [(fact.word, fact.state, fact.sentence) for fact in board_trust(tiles)]


def test_a_board_counts_its_certified_tiles_and_names_the_others() -> None:
    tiles = [(f"Tile {place}", (BY_ANA,)) for place in range(9)]
    assert counts(*tiles) == [("All 9 certified", "good", "All metrics on this board are certified.")]
    assert counts(*tiles, ("Mails", (CANDIDATE,))) == [("9 of 10 certified", "quiet", "Not certified: Mails.")]
    assert counts(("Mails", (CANDIDATE,))) == [("Not certified", "quiet", "Not certified: Mails.")]
    assert counts(("Revenue", (BY_ANA,))) == [("Certified", "good", "All metrics on this board are certified.")]


@pytest.mark.parametrize(
    ("fact", "one", "two"),
    [
        (OPEN, "1 not final", "2 not final"),
        (FEW, "1 has too little data", "2 have too little data"),
        (FAILED, "1 with a failed check", "2 with failed checks"),
        (NO_DATA, "1 without data", "2 without data"),
        (OLD, "1 with late data", "2 with late data"),
        (AS_OF, "1 not refreshed", "2 not refreshed"),
        (GONE, "1 deprecated", "2 deprecated"),
        (LAPSED, "1 with an expired certification", "2 with expired certifications"),
    ],
)
def test_a_board_counts_its_problems(fact: Fact, one: str, two: str) -> None:
    facts = (fact,) if fact.kind in ("certified", "") else (BY_ANA, fact)
    fine = ("Revenue", (BY_ANA,))
    assert counts(fine, ("Spend", facts))[1:] == [(one, "caution", "Spend.")]
    assert counts(fine, ("Spend", facts), ("Leads", facts))[1:] == [(two, "caution", "Spend and Leads.")]
    assert len(counts(fine)) == 1


def test_a_board_names_the_most_serious_first_and_each_tile_with_all_that_is_wrong() -> None:
    both = counts(("Spend", (BY_ANA, OPEN, FAILED)), ("Leads", (CANDIDATE, FEW)))
    assert [word for word, _, _ in both] == [
        "1 of 2 certified", "1 with a failed check", "1 not final", "1 has too little data",
    ]  # fmt: skip


def test_a_tile_without_facts_does_not_count_and_a_board_without_tiles_says_nothing() -> None:
    assert board_trust([]) == ()
    assert [fact.word for fact in board_trust([("Revenue", [BY_ANA]), ("Text", [])])] == ["Certified"]


@given(st.lists(st.lists(st.sampled_from([OPEN, FEW, FAILED, OLD, AS_OF]), max_size=3), min_size=1, max_size=6))
def test_the_counts_of_a_board_are_those_of_its_tiles(tiles: list[list[Fact]]) -> None:
    counted = board_trust([(f"Tile {place}", (BY_ANA, *facts)) for place, facts in enumerate(tiles)])
    assert counted[0].state == "good"
    for fact in (OPEN, FEW, FAILED):
        count = sum(fact in facts for facts in tiles)
        assert [each.word.partition(" ")[0] for each in counted if each.kind == fact.kind] == [str(count)] * bool(count)


@pytest.mark.parametrize(
    ("scope", "badge", "sentence"),
    [
        ("Scope: Germany, Austria", "Germany, Austria only", "You only have access to Germany, Austria."),
        (
            "Scope: rows limited by Own leads", "Rows limited by Own leads",
            "You only have access to rows limited by Own leads.",
        ),
        ("Scope: limited by row rules", "Limited by row rules", "Your access is limited by row rules."),
        ("Scope: nothing: no value passes every rule", "No rows", "You don't have access to any rows."),
        ("Scope: nothing: no value passes every rule (Leads: Germany)", "Limited access", "Your access is limited."),
    ],
)  # fmt: skip
def test_a_scope_is_worded_next_to_a_title_and_in_a_sentence(scope: str, badge: str, sentence: str) -> None:
    assert (scope_words(scope), access_sentence(scope)) == (badge, sentence)
    assert access_sentence("") == "You have access to all rows."
