"""A headline number, from results made by hand, and the words of a text tile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from semantic.boards.text import Span, blocks
from semantic.display.words.kpi import course, cut_days, only_row, read_headline
from semantic.model.definitions import DataType, DatePart, NumberFormat, OverTime, TypeKind
from semantic.plan.time.period_aggregation import Timing
from semantic.results.result import Period
from tests.semantic.made_results import BEFORE, CHANNEL, MONDAY, REVENUE, ROAS, WEEKS, YEAR, result

UP = replace(REVENUE, direction="up")


def test_a_number_is_shown_with_two_comparisons() -> None:
    shown = result([UP, BEFORE, YEAR], [(4_231_904.0, 3_889_600.0, 5_000_000.0)])
    calm = (Fraction(100_000),) * 5
    headline = read_headline(UP, 0, shown, {"revenue_previous": calm, "revenue_last_year": calm})
    assert (headline.value, headline.full, headline.missing) == ("€4.23M", "€4,231,904", "")
    assert [
        (change.text, change.rises, change.verdict, change.earlier, change.against) for change in headline.changes
    ] == [
        ("+8.8%", True, "better", "€3.89M", "previous period"),
        ("\N{MINUS SIGN}15.4%", False, "worse", "€5.00M", "same period last year"),
    ]
    assert headline.changes[0].words == "+8.8% better"


@pytest.mark.parametrize(
    ("before", "usual", "words"),
    [
        (100.0, (Fraction(1),) * 5, "+8.0% better"),
        (100.0, (Fraction(4),) * 5, "+8.0%"),  # no more than twice the usual
        (100.0, (Fraction(1),) * 4, "+8.0%"),  # too few to know
        (107.5, (Fraction(0),) * 5, "+0.5%, about the same"),
    ],
)
def test_a_change_is_judged_by_its_size_and_its_usual_range(
    before: float, usual: tuple[Fraction, ...], words: str
) -> None:
    (change,) = read_headline(UP, 0, result([UP, BEFORE], [(108.0, before)]), {"revenue_previous": usual}).changes
    assert (change.words, change.rises) == (words, True if change.verdict else None)


def test_a_small_change_between_incomparable_periods_is_not_called_the_same() -> None:
    shown = result([UP, BEFORE], [(100.5, 100.0)], incomparable={"revenue_previous": ("There are fewer days.",)})
    assert read_headline(UP, 0, shown).changes[0].words == "+0.5%"


@pytest.mark.parametrize(("before", "text"), [(None, "\N{EM DASH}"), (0.0, "\N{EM DASH}"), (10.0, "0.0%")])
def test_an_incomparable_value_is_a_dash_and_an_equal_one_says_no_change(before: float | None, text: str) -> None:
    (change,) = read_headline(UP, 0, result([UP, BEFORE], [(10.0, before)])).changes
    assert (change.text, change.rises, change.verdict) == (text, None, "")


@pytest.mark.parametrize(
    ("value", "shown", "full"),
    [(43.0, "43 days", ""), (1.0, "1 day", ""), (1200.0, "1.20K days", "1,200 days"), (None, "\N{EM DASH}", "")],
)
def test_a_duration_states_its_unit(value: float | None, shown: str, full: str) -> None:
    cycle = replace(REVENUE, unit="days", format=NumberFormat.NUMBER, decimals=0)
    headline = read_headline(cycle, 0, result([cycle], [(value,)]))
    assert (headline.value, headline.full, headline.unit) == (shown, full, "")


def test_a_compared_duration_states_its_unit() -> None:
    cycle, before = (replace(one, unit="days", format=NumberFormat.NUMBER, decimals=0) for one in (REVENUE, BEFORE))
    (change,) = read_headline(cycle, 0, result([cycle, before], [(43.0, 34.0)])).changes
    assert (change.earlier, change.against) == ("34 days", "previous period")


def test_the_number_does_not_repeat_its_unit() -> None:
    orders = replace(REVENUE, unit="orders", format=NumberFormat.COUNT)
    headline = read_headline(orders, 0, result([orders], [(43.0,)]))
    assert (headline.value, headline.unit) == ("43", "orders")


def test_a_missing_number_says_why() -> None:
    assert read_headline(REVENUE, 0, result([REVENUE], [(None,)])).missing == "No data in this period."
    assert read_headline(ROAS, 0, result([ROAS], [(None,)])).missing == "Nothing to divide by in this period."
    few = result([REVENUE], [(None,)], hidden={"revenue": (True,)})
    assert read_headline(REVENUE, 0, few).missing == "Hidden for privacy because the group is too small."
    assert read_headline(REVENUE, 0, few).value == "\N{EM DASH}"


def test_the_period_comes_before_settings_without_a_date() -> None:
    assert only_row(result([WEEKS, REVENUE], [(None, 1.0), (MONDAY, 2.0)])) == 1
    assert only_row(result([REVENUE], [(1.0,)])) == 0


def test_a_trend_with_a_gap_is_not_drawn() -> None:
    weeks = [(MONDAY, 1.0), (MONDAY, 2.0), (MONDAY, 3.0)]
    assert course(result([WEEKS, REVENUE], weeks)) == [1.0, 2.0, 3.0]
    assert course(result([WEEKS, REVENUE], weeks[:2])) is None
    assert course(result([WEEKS, REVENUE], [*weeks, (MONDAY, None)])) is None


def test_text_has_paragraphs_lists_and_emphasis() -> None:
    found_blocks = blocks("One **bold** word\nand *italic*.\n\n- first\n2) second\n* third\nlast")
    assert [(block.kind, block.number) for block in found_blocks] == [
        ("paragraph", 0), ("bullet", 0), ("number", 2), ("bullet", 0), ("paragraph", 0),
    ]  # fmt: skip
    assert found_blocks[0].lines == (
        (Span("One "), Span("bold", "bold"), Span(" word")),
        (Span("and "), Span("italic", "italic"), Span(".")),
    )


@pytest.mark.parametrize("written", ["2 * 3 * 4", "**", "** no**", "a**b", "***", "-no list", "#x", "`a*b`"])
def test_text_without_emphasis_stays_as_it_is(written: str) -> None:
    assert [("".join(span.text for span in line)) for block in blocks(written) for line in block.lines] == [
        written.strip()
    ]
    assert all(not span.style for block in blocks(written) for line in block.lines for span in line)


def test_a_long_row_of_stars_is_handled_quickly() -> None:
    assert blocks("*a" * 20_000)


def test_a_trend_starts_with_a_whole_period_and_ends_before_the_current_one() -> None:
    """The days are from Thursday 5 March to Monday 6 April, so the first and the current week are partial."""
    weeks = [(MONDAY + timedelta(weeks=place), value) for place, value in enumerate((1.0, 10.0, 11.0, 12.0, 13.0, 2.0))]
    asked = Period(date(2026, 3, 5), date(2026, 4, 7), "Europe/Berlin", "")
    line = result([WEEKS, REVENUE], weeks, period=asked)
    assert course(line) == [10.0, 11.0, 12.0, 13.0]
    period = Period(MONDAY, MONDAY + timedelta(weeks=6), "Europe/Berlin", "")
    assert course(replace(line, period=period, computed_at=datetime(2026, 4, 14, tzinfo=UTC))) == [
        1.0, 10.0, 11.0, 12.0, 13.0, 2.0,
    ]  # fmt: skip
    assert course(replace(line, period=period, computed_at=datetime(2026, 4, 10, tzinfo=UTC))) == [
        1.0, 10.0, 11.0, 12.0, 13.0,
    ]  # fmt: skip
    loaded = datetime(2026, 4, 11, 6, tzinfo=UTC)
    assert course(replace(line, period=period, computed_at=datetime(2026, 4, 14, tzinfo=UTC), data_to=loaded)) == [
        1.0, 10.0, 11.0, 12.0, 13.0,
    ]  # fmt: skip
    late = datetime(2026, 3, 26, 6, tzinfo=UTC)  # weeks ago: of the week of 23 March there is a part, then nothing
    assert course(replace(line, period=period, computed_at=datetime(2026, 4, 14, tzinfo=UTC), data_to=late)) == [
        1.0, 10.0, 11.0,
    ]  # fmt: skip
    never = datetime(2026, 3, 3, 6, tzinfo=UTC)  # in the first week
    assert course(replace(line, period=period, computed_at=datetime(2026, 4, 14, tzinfo=UTC), data_to=never)) is None


def test_a_number_states_the_days_that_it_counts_and_not_the_requested_ones() -> None:
    june = Period(date(2026, 6, 1), date(2026, 6, 25), "Europe/Berlin", "", asked_end=date(2026, 7, 1))
    shown = result([UP], [(36_304.0,)], period=june)
    assert read_headline(UP, 0, shown).days == "1 – 24 Jun 2026"
    earlier = replace(UP, counted_to=date(2026, 6, 21))  # next to a metric that is loaded further
    assert read_headline(earlier, 0, shown).days == "1 – 20 Jun 2026"


def test_a_balance_names_its_last_day() -> None:
    june = Period(date(2026, 6, 1), date(2026, 6, 25), "Europe/Berlin", "")
    balance = replace(UP, timing=Timing(balances=(OverTime.LAST,)))
    assert read_headline(balance, 0, result([balance], [(1.0,)], period=june)).days == "As of 24 Jun 2026"
    until = replace(june, start=None)
    assert read_headline(UP, 0, result([UP], [(1.0,)], period=until)).days == "Until 24 Jun 2026"


def test_a_single_row_shows_the_days_it_counts() -> None:
    days = Period(MONDAY, MONDAY + timedelta(days=3), "Europe/Berlin", "")
    assert read_headline(UP, 0, result([WEEKS, UP], [(MONDAY, 1.0)], period=days)).days == "2 – 4 Mar 2026"
    assert read_headline(UP, 0, result([WEEKS, UP], [(MONDAY, 1.0)])).days == "2 – 8 Mar 2026"
    assert read_headline(UP, 0, result([WEEKS, UP], [(None, 1.0)])).days == ""
    weekday = replace(WEEKS, grain=None, part=DatePart.DOW, type=DataType(TypeKind.INTEGER))
    assert read_headline(UP, 0, result([weekday, UP], [(1, 1.0)], period=days)).days == ""


def test_an_answer_without_a_date_states_its_days_if_more_were_requested() -> None:
    june = Period(date(2026, 6, 1), date(2026, 6, 25), "Europe/Berlin", "", asked_end=date(2026, 7, 1))
    shown = result([CHANNEL, UP], [("Search", 1.0)], period=june)
    assert cut_days(shown) == "1 – 24 Jun 2026"
    assert cut_days(replace(shown, period=replace(june, asked_end=None))) == ""
    assert cut_days(result([WEEKS, UP], [(MONDAY, 1.0)], period=june)) == ""
    behind = replace(UP, name="spend", counted_to=date(2026, 6, 21))  # a single range would be wrong for one of them
    assert cut_days(result([CHANNEL, UP, behind], [("Search", 1.0, 1.0)], period=june)) == ""
