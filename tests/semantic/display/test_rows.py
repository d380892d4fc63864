"""How results are shown: numbers and dates as text, and the chart that a result gets, read back from the figure
itself.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from semantic.display import format as text
from semantic.display.change import change_between, change_text, change_words, judge_change, verdict
from semantic.display.rows import count_words, row_verdict, rows_words, shown_columns, totals_words, verdicts
from semantic.display.text import json_data, result_table
from semantic.display.words.metrics import condition
from semantic.model.definitions import Enough, Granularity, Interval, NumberFormat
from semantic.model.expression import parse_expression
from semantic.query.describe import describe_range
from semantic.query.query import Query
from semantic.results.result import ColumnSupport
from tests.semantic.made_results import (
    BEFORE,
    CHANNEL,
    COUNTRY,
    DAY,
    MONTH,
    MONTHS,
    QUARTER,
    REVENUE,
    ROAS,
    SPEND,
    WEEK,
    WEEKS,
    YEAR,
    result,
    week,
)

# Numbers


@pytest.mark.parametrize(
    ("value", "short", "full"),
    [
        (0, "€0", "€0"),
        (-0.2, "−€0.20", "−€0.20"),
        (0.004, "€0.0040", "€0.0040"),
        (1e-12, "€0", "€0"),
        (940, "€940", "€940"),
        (-950, "−€950", "−€950"),
        (999.7, "€1.00K", "€1,000"),
        (12_400, "€12.4K", "€12,400"),
        (1_243_210, "€1.24M", "€1,243,210"),
        (-1_243_210, "−€1.24M", "−€1,243,210"),
        (999_600, "€1.00M", "€999,600"),
        (2.5e9, "€2.50B", "€2,500,000,000"),
        (None, "—", "—"),
    ],
)
def test_money_is_short_in_tiles_and_whole_in_tables(value: float | None, short: str, full: str) -> None:
    assert text.writer(REVENUE, [1000.0])(value) == short
    assert text.writer(REVENUE, [1000.0], short=False)(value) == full


def test_small_money_keeps_its_cents_and_unknown_currencies_their_code() -> None:
    assert text.writer(REVENUE, [0.45, 12.4])(0.45) == "€0.45"
    assert text.writer(replace(REVENUE, unit="CHF"), [1000.0])(1200) == "CHF\N{NO-BREAK SPACE}1.20K"
    assert text.writer(replace(REVENUE, decimals=3), [1000.0], short=False)(1.5) == "€1.500"


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        (NumberFormat.SHARE, 0.0312, "3.1%"),
        (NumberFormat.SHARE, -0.0004, "−0.040%"),
        (NumberFormat.SHARE, 0.00018, "0.018%"),
        (NumberFormat.SHARE, 0.0009996, "0.10%"),
        (NumberFormat.SHARE, 0.001, "0.1%"),
        (NumberFormat.SHARE, 0.0, "0.0%"),
        (NumberFormat.RATIO, 0.0042, "0.0042"),
        (NumberFormat.RATIO, 0.0, "0.00"),
        (NumberFormat.RATIO, 3.239, "3.24"),
        (NumberFormat.COUNT, 12_400, "12.4K"),
        (NumberFormat.COUNT, 7, "7"),
        (NumberFormat.NUMBER, 1.5, "1.50"),
    ],
)
def test_each_kind_of_number_is_written_its_own_way(kind: NumberFormat, value: float, written: str) -> None:
    assert text.writer(replace(ROAS, format=kind), [value])(value) == written


def test_a_grid_has_the_usual_formats_but_shows_the_currency_of_negatives_in_the_header() -> None:
    assert text.grid_format(REVENUE, [5000.0]) == "€%,.0f"
    assert text.grid_label(REVENUE, [5000.0]) == "Revenue"
    assert text.grid_format(REVENUE, [5000.0, -3.0]) == "%,.0f"
    assert text.grid_label(REVENUE, [5000.0, -3.0]) == "Revenue (EUR)"
    assert text.grid_label(REVENUE, [5000.0, -3.0], in_words=True) == "Revenue"
    assert text.grid_format(replace(ROAS, format=NumberFormat.SHARE)) == "%,.1f%%"


def test_a_grid_with_a_small_number_uses_enough_digits_for_each_number() -> None:
    small = [0.031, 0.00018, 0.0, None]
    assert text.grid_format(CTR, small) == "%,.3f%%"
    write = text.grid_write(CTR, small)
    assert write is not None
    assert [write(value) for value in (3.1, 0.018, 0.0, None)] == ["3.1%", "0.018%", "0.0%", "—"]
    assert text.grid_write(CTR, [0.031, 0.0, None]) is None
    spent = text.grid_write(REVENUE, [5000.0, 0.4])
    assert spent is not None
    assert [spent(5000.0), spent(0.4)] == ["€5,000", "€0.40"]
    with_refunds = text.grid_write(REVENUE, [5000.0, -0.4])
    assert with_refunds is not None
    assert with_refunds(-0.4) == "−€0.40"


def test_a_grid_writes_negative_numbers_with_the_same_minus_as_a_chart() -> None:
    write = text.grid_write(REVENUE, [6160.0, -6160.0, None])
    assert write is not None
    assert [write(value) for value in (6160.0, -6160.0, None)] == ["€6,160", "−€6,160", "—"]
    change = text.grid_write(CTR, [-0.031])
    assert change is not None
    assert change(-3.1) == "−3.1%"
    assert text.grid_write(REVENUE, [6160.0, 0.0]) is None  # nothing to write that a format can't


def test_a_label_has_its_unit_unless_the_name_states_it() -> None:
    assert text.named_with_unit("Revenue", "EUR", NumberFormat.MONEY) == "Revenue · EUR"
    assert text.named_with_unit("Orders", "orders", NumberFormat.COUNT) == "Orders"


# Dates and keys


def test_days_and_spans_state_shared_parts_once() -> None:
    assert describe_range(date(2026, 6, 29), date(2026, 9, 27)) == "29 Jun – 27 Sep 2026"
    assert describe_range(date(2026, 9, 1), date(2026, 9, 27)) == "1 – 27 Sep 2026"
    assert describe_range(date(2025, 12, 29), date(2026, 1, 4)) == "29 Dec 2025 – 4 Jan 2026"
    assert describe_range(date(2026, 9, 1), date(2026, 9, 1)) == "1 Sep 2026"


@pytest.mark.parametrize(
    ("grain", "said", "following"),
    [
        (DAY, "1 Dec 2025", date(2025, 12, 2)),
        (WEEK, "week of 1 Dec 2025", date(2025, 12, 8)),
        (MONTH, "Dec 2025", date(2026, 1, 1)),
        (QUARTER, "Q4 2025", date(2026, 3, 1)),
        (Granularity.YEAR, "2025", date(2026, 12, 1)),
        (Granularity.FISCAL_QUARTER, "Dec 2025 – Feb 2026", date(2026, 3, 1)),
        (Granularity.FISCAL_YEAR, "Dec 2025 – Nov 2026", date(2026, 12, 1)),
    ],
)
def test_a_period_is_named_by_its_grain_and_followed_by_the_next(
    grain: Granularity, said: str, following: date
) -> None:
    assert text.period(date(2025, 12, 1), grain) == said
    assert text.next_period(date(2025, 12, 1), grain) == following
    assert text.next_period(following, grain, -1) == date(2025, 12, 1)


def test_invisible_values_are_described() -> None:
    assert [text.value_text(value) for value in (None, "", True, False, 0)] == ["(none)", '""', "Yes", "No", "0"]


# Members, Other, totals, comparisons

CTR = replace(ROAS, name="ctr", label="CTR", format=NumberFormat.SHARE)


@pytest.mark.parametrize(
    ("value", "before", "said"),
    [
        (108.4, 100, "+8.4%"),
        (100, 108.4, "−7.7%"),
        (100, 100, "0.0%"),
        (100.01, 100, "+0.010%"),
        (1340, 100, "+1,240%"),
        (-50, -100, "+50.0%"),
        (5, 0, "—"),
        (0, 5, "−100.0%"),
        (None, 5, "—"),
        (5, None, "—"),
        (float("nan"), 5, "—"),
    ],
)
def test_a_change_is_a_share_of_the_previous_value(value: float | None, before: float | None, said: str) -> None:
    assert change_text(change_between(value, before, REVENUE), REVENUE) == said


def test_a_change_of_a_share_is_in_percentage_points() -> None:
    assert change_text(change_between(0.056, 0.052, CTR), CTR) == "+0.4 pp"
    assert change_text(change_between(0.04, 0.052, CTR), CTR) == "−1.2 pp"


@pytest.mark.parametrize(
    ("before", "value", "said"),
    [
        (0.001662, 0.001538, "−0.012 pp"),  # from 0.17% to 0.15%, which looks like −0.02
        (0.0017, 0.0015, "−0.02 pp"),
        (0.0525, 0.0535, "+0.10 pp"),
        (0.05254, 0.05346, "+0.092 pp"),  # from 5.25% to 5.35%, which looks like +0.10
        (None, 0.0535, "—"),
    ],
)
def test_a_shares_change_equals_the_shown_difference(before: float | None, value: float, said: str) -> None:
    rate = replace(CTR, decimals=2)
    assert change_text(change_between(value, before, rate), rate, (before, value)) == said
    assert change_text(change_between(0.05204, 0.052, CTR), CTR) == "+0.0040 pp"
    assert change_text(change_between(0.052, 0.052, CTR), CTR) == "0.0 pp"
    assert change_text(change_between(0.05, 0.0, CTR), CTR) == "+5.0 pp"


CALM = (Fraction(1), Fraction(-2), Fraction(0), Fraction(1), Fraction(-1))
"""Earlier changes. Their typical size, the root of 7/5, is 1.18, so a change of 2.4 or more is unusual."""


@pytest.mark.parametrize(
    ("direction", "value", "said"),
    [
        ("up", 110.0, "+10.0% better"),
        ("up", 90.0, "−10.0% worse"),
        ("down", 110.0, "+10.0% worse"),
        ("down", 90.0, "−10.0% better"),
        ("none", 110.0, "+10.0%"),
        ("up", 102.0, "+2.0%"),  # no more than usual
        ("up", 100.5, "+0.5%"),  # too little to matter
        ("up", 100.0, "0.0%"),
        ("up", None, "—"),
    ],
)
def test_the_metric_decides_which_direction_is_better(direction: Any, value: float | None, said: str) -> None:
    column = replace(REVENUE, direction=direction)
    change = verdict(value, 100.0, column, judge_change(value, 100.0, column, earlier=CALM))
    assert change_words(change_between(value, 100.0, column), column, change) == said


def test_without_a_usual_range_or_intervals_a_change_is_neither_better_nor_worse() -> None:
    column = replace(REVENUE, direction="up")
    for earlier in ((), CALM[:4]):
        assert verdict(200.0, 100.0, column, judge_change(200.0, 100.0, column, earlier=earlier)) == ""
    assert verdict(200.0, 100.0, column, judge_change(200.0, 100.0, column, is_apart=True)) == "better"
    assert verdict(200.0, 100.0, column, judge_change(200.0, 100.0, column, is_apart=False)) == ""


@pytest.mark.parametrize(
    ("value", "before", "said"),
    [
        (0.0522, 0.05, "better"),  # 0.22 percentage points
        (0.0515, 0.05, ""),  # 0.15, less than 0.2
        (0.00024, 0.00018, "better"),  # 0.006, but a third of so small a share
        (0.000182, 0.00018, ""),  # 1.1% of it
    ],
)
def test_a_share_changes_by_percentage_points_and_a_small_one_relative_to_itself(
    value: float, before: float, said: str
) -> None:
    rate = replace(CTR, direction="up")
    assert verdict(value, before, rate, judge_change(value, before, rate, is_apart=True)) == said


RATE = replace(CTR, direction="up")
RATE_BEFORE = replace(RATE, name="ctr_previous", label="CTR, previous period", compare="previous")


def test_rows_with_intervals_are_judged_by_them() -> None:
    """80 and 120 of 1,000 are clearly different, and 4 and 6 of 50 aren't."""
    rows = [("a", 0.12, 0.08), ("b", 0.12, 0.08)]
    need = Enough(30, Interval.WILSON)
    support = {
        name: ColumnSupport(need=need, is_enough=(True, True), what="visits", counts=(1000.0, 50.0), beside=parts)
        for name, parts in (("ctr", (120.0, 6.0)), ("ctr_previous", (80.0, 4.0)))
    }
    shown = result([CHANNEL, RATE, RATE_BEFORE], rows, support=support)
    assert verdicts(RATE, RATE_BEFORE, shown) == ["better", ""]
    assert verdicts(RATE, RATE_BEFORE, replace(shown, support={})) == ["", ""]


def test_weeks_are_judged_by_the_weeks_before_them() -> None:
    """The first five weeks have too few weeks before them. After that, 10 of 100 is more than twice the usual 1."""
    column = replace(REVENUE, direction="up")
    rows = [(week(number), 101.0, 100.0) for number in range(5)]
    rows += [(week(5), 110.0, 100.0), (week(6), 102.0, 100.0)]
    shown = result([WEEKS, column, BEFORE], rows)
    assert verdicts(column, BEFORE, shown) == [""] * 5 + ["better", ""]
    assert [row_verdict(column, BEFORE, shown, row) for row in range(7)] == [""] * 5 + ["better", ""]
    hidden = replace(shown, hidden={"revenue": (True, *[False] * 6)})
    assert verdicts(column, BEFORE, hidden) == [""] * 7


def test_each_metric_has_its_comparison_and_change_next_to_it() -> None:
    spent = replace(BEFORE, name="spend_previous", label="Spend, previous period")
    columns = [CHANNEL, REVENUE, SPEND, BEFORE, spent]  # as the core sends them
    assert [column.label for column in shown_columns(result(columns, [("a", 1.0, 2.0, 3.0, 4.0)]))] == [
        "Channel", "Revenue", "Revenue, previous period", "Revenue, change", "Spend", "Spend, previous period",
        "Spend, change",
    ]  # fmt: skip
    labels = [column.label for column in shown_columns(result([REVENUE, BEFORE, YEAR], [(1.0, 2.0, 3.0)]))]
    assert labels[2::2] == ["Revenue, change from previous period", "Revenue, change from same period last year"]


def test_text_distinguishes_members_from_computed_rows_and_rules_off_totals() -> None:
    rows = [
        ("Search", 100.0, 80.0),
        ("Other", 50.0, None),
        ("Total", 40.0, 40.0),
        (None, 20.0, 10.0),
        (None, 30.0, 60.0),
        (None, 240.0, 190.0),
    ]
    buckets = ["member", "member", "member", "none", "other", "total"]
    lines = result_table(result([CHANNEL, replace(REVENUE, direction="up"), BEFORE], rows, buckets)).split("\n")
    assert [line.rstrip() for line in lines] == [
        "Channel           Revenue  Revenue, previous period  Revenue, change",
        "----------------  -------  ------------------------  ---------------",
        "Search               €100                       €80           +25.0%",
        "Other                 €50                         —                —",
        "Total                 €40                       €40             0.0%",
        "(none)                €20                       €10          +100.0%",
        "Other (the rest)      €30                       €60           −50.0%",
        "----------------  -------  ------------------------  ---------------",
        "Total                €240                      €190           +26.3%",
    ]


def test_a_subtotal_names_its_group_and_is_bold_on_a_terminal() -> None:
    rows = [("Search", date(2026, 3, 1), 1.0), ("Search", None, 1.0), (None, date(2026, 3, 1), 1.0), (None, None, 1.0)]
    buckets = ["member,member", "member,total", "total,member", "total,total"]
    answer = result([CHANNEL, MONTHS, REVENUE], rows, buckets)
    lines = result_table(answer, bold=True).split("\n")
    assert [line.split("  ")[0].removeprefix("\x1b[1m") for line in lines[2:3] + lines[4:]] == [
        "Search", "Total of Search", "Total of Mar 2026", "Total",
    ]  # fmt: skip
    assert [line.startswith("\x1b[1m") for line in lines] == [False] * 4 + [True] * 3
    assert totals_words(answer) == "totals at the end"


def test_a_limit_states_the_number_of_groups_without_other_and_totals() -> None:
    asked = Query(metrics=("revenue",), limit=2)
    rows = [("a", 3.0), ("b", 2.0), (None, 9.0), (None, 14.0)]
    answer = result([CHANNEL, REVENUE], rows, ["member", "member", "other", "total"], query=asked, groups=214)
    assert count_words(answer) == "2 of 214 rows"
    assert rows_words(answer) == "2 of 214 rows and Other, total at the end"
    assert result_table(answer).endswith("\n2 of 214 rows are shown.")
    assert count_words(replace(answer, groups=2)) == "2 rows"
    assert rows_words(replace(answer, groups=2)) == "2 rows and Other, total at the end"


def test_each_other_group_is_counted_and_none_is_named_if_there_is_none() -> None:
    """With the top 1 within each channel, two channels have more members, and the third has only one."""
    rows = [("Mail", "DE", 3.0), ("Mail", None, 2.0), ("Search", "FR", 4.0), ("Search", None, 1.0), ("TV", "AT", 1.0)]
    buckets = ["member,member", "member,other", "member,member", "member,other", "member,member"]
    assert rows_words(result([CHANNEL, COUNTRY, REVENUE], rows, buckets, groups=3)) == "3 rows and 2 Others"
    every = result([CHANNEL, REVENUE], [("Mail", 3.0), ("TV", 1.0)], ["member", "member"], groups=2)
    assert rows_words(every) == "2 rows"


def test_json_has_the_rows_unchanged_with_the_kind_of_each() -> None:
    answer = result([CHANNEL, REVENUE, BEFORE], [("a", 3.0, 1.0), (None, 4.0, 1.0)], ["member", "total"])
    data = json_data(answer)
    assert data["rows"] == [
        {"channel": "a", "revenue": 3.0, "revenue_previous": 1.0, "bucket": "member"},
        {"channel": None, "revenue": 4.0, "revenue_previous": 1.0, "bucket": "total"},
    ]
    assert data["groups"] == 1
    assert [column.get("compare") for column in data["columns"]] == [None, None, "previous"]


# Formulas


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("NOT is_test AND status <> 'cancelled'", "it is not test and status is not cancelled"),
        ("is_first_order", "it is first order"),
        ("has_consent", "it has consent"),
        ("amount >= 10", "amount is at least 10"),
        ("country IN ('DE', 'AT')", "country is DE or AT"),
        ("channel IS NULL", "channel is missing"),
        ("NOT channel IS NULL", "channel is known"),
        ("lower(device) = 'kiosk'", "lower(device) = 'kiosk'"),
    ],
)
def test_a_metrics_filter_is_described_or_shown_as_written(sql: str, said: str) -> None:
    assert condition(parse_expression(sql)) == said
