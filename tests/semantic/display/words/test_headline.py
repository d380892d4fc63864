"""The sentence above an answer, from results made by hand. Its numbers are the answer's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semantic.display.words.headline import finding, headline, subject
from semantic.display.words.sentences import is_plural
from semantic.model.definitions import Additivity, Enough, Interval, NumberFormat
from semantic.plan.time.period_aggregation import Timing
from semantic.query.query import Query, Top
from semantic.results.result import ColumnSupport, Period, Result, ResultColumn
from tests.semantic.made_results import BEFORE, CHANNEL, COUNTRY, MONTHS, REVENUE, ROAS, WEEKS, YEAR, result, week
from tests.semantic.spoken_numbers import numbers_of, strangers

SUM = replace(REVENUE, label="Net revenue", additivity=Additivity.FULL, direction="up")
THEN = replace(BEFORE, label="Net revenue, previous period", additivity=Additivity.FULL)
ORDERS = replace(SUM, name="orders", label="Orders", format=NumberFormat.COUNT, unit="orders")
ORDERS_THEN = replace(ORDERS, name="orders_previous", label="Orders, previous period", compare="previous")
SPEND = replace(SUM, name="spend", label="Ad spend", direction="none")
ROAS_THEN = replace(ROAS, name="roas_previous", label="ROAS, previous period", compare="previous")
CTR = ResultColumn(
    name="ctr", label="Click rate", role="value", type=REVENUE.type, format=NumberFormat.SHARE, is_ratio=True
)
CTR_THEN = replace(CTR, name="ctr_previous", label="Click rate, previous period", compare="previous")
STOCK = replace(ORDERS, name="stock", label="Pieces in stock", additivity=Additivity.SEMI)
STOCK_THEN = replace(STOCK, name="stock_previous", label="Pieces in stock, previous period", compare="previous")
MINUS = "\N{MINUS SIGN}"
TOTAL = "total"


def one(column: ResultColumn, before: ResultColumn, now: float | None, then: float | None, **more: Any) -> Result:
    return result([column, before], [(now, then)], **more)


def by(rows: Sequence[tuple[Any, ...]], *columns: ResultColumn, buckets: Sequence[str] = (), **more: Any) -> Result:
    """Return a result by channel. Without buckets, the last row is the total if its channel is TOTAL."""
    kinds = buckets or [TOTAL if row[0] == TOTAL else "none" if row[0] is None else "member" for row in rows]
    plain = [(None if row[0] in (TOTAL, "rest") else row[0], *row[1:]) for row in rows]
    return result([CHANNEL, *columns], plain, kinds, **more)


# One number


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (one(SUM, THEN, 25_900.0, 18_400.0), "Net revenue rose 41% to €25.9K."),
        (one(ROAS, ROAS_THEN, 5.54, 5.97), "ROAS fell 7.2% to 5.54."),
        (one(CTR, CTR_THEN, 0.052, 0.04), "Click rate rose 1.2 pp to 5.2%."),
        (one(SUM, THEN, 81.82, 81.91), f"Net revenue stayed about the same at €81.82 ({MINUS}0.1%)."),
        (one(ORDERS, ORDERS_THEN, 1002.0, 1000.0), "Orders stayed about the same at 1.00K (+0.2%)."),
        (one(ORDERS, ORDERS_THEN, 12.0, 12.0), "Orders stayed the same at 12."),
        (one(ORDERS, ORDERS_THEN, 12.0, 0.0), "Orders rose from 0 to 12."),
        (one(SUM, THEN, 0.0, 120.0), "Net revenue fell 100% to €0."),
        (one(SUM, THEN, 500.0, -100.0), "Net revenue rose to €500."),  # no percentage of a number below 0
        (one(SUM, THEN, -500.0, -1000.0), f"Net revenue rose 50% to {MINUS}€500."),
        (result([SUM, THEN, YEAR], [(110.0, 100.0, 50.0)]), "Net revenue rose 10% to €110."),  # the first comparison
        (result([SUM], [(25_900.0,)]), "Net revenue is €25.9K."),
        (result([ORDERS], [(12.0,)]), "Orders are 12."),
        (one(SUM, THEN, None, 100.0), "Net revenue: no data in this period."),
        (one(SUM, THEN, 100.0, None), "Net revenue is €100."),
    ],
)
def test_the_sentence_states_what_happened_to_a_number(shown: Result, said: str) -> None:
    assert headline(shown) == said


def test_a_change_within_the_usual_range_says_so() -> None:
    shown = one(SUM, THEN, 108.0, 100.0)
    calm, wild = ({"revenue_previous": (Fraction(size),) * 5} for size in (1, 5))
    assert headline(shown, calm) == "Net revenue rose 8.0% to €108."
    assert headline(shown, wild) == "Net revenue rose 8.0% to €108, within its usual range."


def test_a_number_that_can_still_change_is_marked_as_so_far() -> None:
    """Data is loaded to the 20th, and a day is final after 3 days, so 17 to 19 April can still change."""
    spend = replace(SPEND, timing=Timing(final_after=3))
    loaded = datetime(2026, 4, 19, 22, tzinfo=UTC)
    period = Period(date(2026, 4, 6), date(2026, 4, 20), "Europe/Berlin", "")
    shown = result([spend], [(58_100.0,)], period=period, data_to=loaded, computed_at=loaded)
    shown = replace(shown, final_until=date(2026, 4, 16))
    assert headline(shown) == "Ad spend is €58.1K so far; the last 3 days can still change."
    then = replace(spend, name="spend_previous", label="Ad spend, previous period", compare="previous")
    compared = result([spend, then], [(58_100.0, 60_000.0)], period=period, data_to=loaded, computed_at=loaded)
    compared = replace(compared, final_until=date(2026, 4, 16))
    assert headline(compared) == "Ad spend is €58.1K so far; the last 3 days can still change."


def test_incomparable_periods_are_not_said_to_rise_or_fall() -> None:
    shown = one(SUM, THEN, 985.0, 1000.0, incomparable={"revenue_previous": ("There are fewer days.",)})
    assert headline(shown) == "Net revenue is €985 (previous period: €1.00K)."


def behind(counts: tuple[float | None, ...] | None, is_enough: tuple[bool, ...], what: str = "orders") -> ColumnSupport:
    return ColumnSupport(need=Enough(30, Interval.WILSON), is_enough=is_enough, what=what, counts=counts, beside=counts)


def test_too_little_data_is_not_compared() -> None:
    support = {"ctr": behind((12.0,), (False,)), "ctr_previous": behind((40.0,), (True,))}
    shown = one(CTR, CTR_THEN, 0.5, 0.2, support=support)
    assert headline(shown) == "Not enough orders to compare: 12 of 30."
    hidden = {name: replace(each, counts=None, beside=None) for name, each in support.items()}
    assert headline(replace(shown, support=hidden)) == "Too little data to compare."
    alone = result([CTR], [(0.5,)], support={"ctr": support["ctr"]})
    assert headline(alone) == "Too little data for click rate: 12 of at least 30 orders."


def test_intervals_that_overlap_say_so() -> None:
    """6 and 4 of 50 can be chance, and 120 and 80 of 1,000 can't."""
    need = Enough(30, Interval.WILSON)

    def of(count: float, parts: float) -> ColumnSupport:
        return ColumnSupport(need=need, is_enough=(True,), what="visits", counts=(count,), beside=(parts,))

    few = one(CTR, CTR_THEN, 0.12, 0.08, support={"ctr": of(50, 6), "ctr_previous": of(50, 4)})
    assert headline(few) == "Click rate rose 4.0 pp to 12.0%, but the 95% intervals of both numbers overlap."
    many = one(CTR, CTR_THEN, 0.12, 0.08, support={"ctr": of(1000, 120), "ctr_previous": of(1000, 80)})
    assert headline(many) == "Click rate rose 4.0 pp to 12.0%."


# Members


def test_the_member_that_contributed_most_is_named() -> None:
    rows = [("Email", 60.0, 20.0), ("Search", 80.0, 60.0), ("Display", 5.0, 15.0), (TOTAL, 145.0, 95.0)]
    assert headline(by(rows, SUM, THEN)) == "Net revenue rose 53% to €145. Email contributed most, +€40 of +€50."
    without_total = by(rows[:3], SUM, THEN)
    assert headline(without_total) == "Net revenue rose 53% to €145. Email contributed most, +€40 of +€50."


def test_a_member_beyond_the_change_contributed_to_it() -> None:
    rows = [("FR", 25.0, 50.0), ("DE", 70.0, 50.0), (TOTAL, 95.0, 100.0)]
    said = f"Pieces in stock fell 5.0% to 95. FR contributed most, {MINUS}25 to a change of {MINUS}5."
    assert headline(by(rows, STOCK, STOCK_THEN)) == said


@pytest.mark.parametrize(
    "rows",
    [
        [*[(name, 11.0, 10.0) for name in "abcdefgh"], (TOTAL, 88.0, 80.0)],  # each has an eighth
        [("a", 60.0, 20.0), ("b", 80.0, 60.0), (TOTAL, 150.0, 95.0)],  # they don't add up
        [("a", 88.0, 80.0), (TOTAL, 88.0, 80.0)],  # one group is the whole
    ],
)
def test_no_member_is_named_without_a_part_of_its_own(rows: list[tuple[Any, ...]]) -> None:
    assert "contributed" not in headline(by(rows, SUM, THEN))
    assert headline(by(rows, SUM, THEN)).startswith("Net revenue rose ")


def test_rows_without_a_member_and_other_are_part_of_the_whole() -> None:
    rows = [(None, 60.0, 20.0), ("Search", 80.0, 60.0), (TOTAL, 140.0, 80.0)]
    assert headline(by(rows, SUM, THEN)).endswith("Rows without channel contributed most, +€40 of +€60.")
    rows = [("Search", 80.0, 60.0), ("rest", 60.0, 20.0), (TOTAL, 140.0, 80.0)]
    top = Query(metrics=("revenue",), top=Top(1, "channel", "revenue"))
    shown = by(rows, SUM, THEN, buckets=["member", "other", "total"], query=top)
    assert headline(shown).endswith("Search contributed +€20 of +€60.")  # Other has more, and isn't a member


def test_a_top_without_other_is_not_the_whole() -> None:
    top = Query(metrics=("revenue",), top=Top(2, "channel", "revenue", other=False))
    assert headline(by([("a", 60.0, 20.0), ("b", 80.0, 60.0)], SUM, THEN, query=top)) == ""


def test_ratios_have_a_whole_only_in_a_total() -> None:
    rows = [("FR", 5.0, 6.0), ("DE", 6.0, 6.5)]
    assert headline(by(rows, ROAS, ROAS_THEN)) == ""
    assert headline(by([*rows, (TOTAL, 5.54, 5.97)], ROAS, ROAS_THEN)) == "ROAS fell 7.2% to 5.54."


def test_without_a_comparison_the_largest_part_is_named() -> None:
    rows = [("DE", 295_000.0), ("FR", 250_000.0), ("AT", 349_000.0 - 101_000.0)]
    assert headline(by(rows, SUM)) == "DE brought in €295K, 37% of net revenue."
    assert headline(by(rows, SPEND)) == "DE had €295K, 37% of ad spend."
    filtered = replace(by(rows, SUM), filters="Paid channel is yes")
    assert headline(filtered) == "DE brought in €295K, 37% of the net revenue shown."
    assert headline(by([("a", 10.0), ("b", 10.0)], SUM)) == ""  # neither is the largest
    assert headline(by([("a", 10.0), ("b", -2.0)], SUM)) == ""  # no share of a sum with negative parts
    assert headline(by([("a", 10.0), ("b", 4.0), (TOTAL, 20.0)], SUM)) == "Net revenue is €20.00."  # they don't add up


def test_the_highest_ratio_is_named_only_if_its_interval_is_separate() -> None:
    need = Enough(30, Interval.WILSON)

    def shown(counts: tuple[float, ...], parts: tuple[float, ...]) -> Result:
        rows = [(name, part / count) for name, count, part in zip("ab", counts, parts, strict=True)]
        behind = ColumnSupport(need=need, is_enough=(True, True), what="visits", counts=counts, beside=parts)
        return by(rows, CTR, support={"ctr": behind})

    assert headline(shown((1000.0, 1000.0), (120.0, 80.0))) == "a has the highest click rate: 12.0%."
    assert headline(shown((50.0, 50.0), (6.0, 4.0))) == ""
    assert headline(by([("a", 0.12), ("b", 0.08)], CTR)) == ""


@pytest.mark.parametrize("hidden", [(True, False), (False, True)])
def test_with_a_hidden_group_no_member_is_named(hidden: tuple[bool, bool]) -> None:
    rows = [("a", 60.0, 20.0), ("b", None, None), (TOTAL, 140.0, 80.0)]
    shown = by(rows, SUM, THEN, hidden={"revenue": (*hidden, False)})
    assert headline(shown) == "Net revenue rose 75% to €140."
    assert headline(by(rows[:2], SUM, THEN, hidden={"revenue": hidden})) == ""
    assert headline(by(rows[:2], SUM, hidden={"revenue": hidden})) == ""


def test_whether_a_group_is_left_out_does_not_change_the_sentence() -> None:
    """The policy leaves out small groups without a trace, so the sentence never mentions members, left out or not."""
    marks: dict[str, Any] = {
        "leaves_out": True,
        "hidden": {"revenue": (False, False, False), "revenue_previous": (False,) * 3},
    }
    every = by([("a", 60.0, 20.0), ("b", 80.0, 60.0), (TOTAL, 140.0, 80.0)], SUM, THEN, **marks)
    some = by([("a", 60.0, 20.0), ("c", 70.0, 50.0), (TOTAL, 140.0, 80.0)], SUM, THEN, **marks)
    assert headline(every) == headline(some) == "Net revenue rose 75% to €140."


def test_a_hidden_number_says_that_it_is_hidden() -> None:
    shown = one(SUM, THEN, None, 100.0, hidden={"revenue": (True,)})
    assert headline(shown) == "Net revenue: hidden for privacy because the group is too small."


# Several metrics, and weeks


def test_two_metrics_have_a_sentence_each_and_three_have_none() -> None:
    columns = [SUM, ORDERS, THEN, ORDERS_THEN]
    shown = result(columns, [(110.0, 12.0, 100.0, 10.0)])
    assert headline(shown) == "Net revenue rose 10% to €110. Orders rose 20% to 12."
    assert headline(result([SUM, ORDERS, SPEND], [(1.0, 2.0, 3.0)])) == ""


def test_the_newest_week_is_compared_with_the_weeks_before() -> None:
    loaded = datetime(2026, 5, 31, 22, tzinfo=UTC)
    period = Period(week(0), week(13), "Europe/Berlin", "")
    values = [100.0, 110.0, 90.0] * 4

    def shown(last: float) -> Result:
        rows = [(week(place), value) for place, value in enumerate([*values, last])]
        return result([WEEKS, SUM], rows, period=period, data_to=loaded, computed_at=loaded)

    newest = "in the week of 25 May 2026"
    assert (
        headline(shown(150.0))
        == f"Net revenue was €150 {newest}, above all of the 12 weeks before, which ranged from €90 to €110."
    )
    assert headline(shown(105.0)) == f"Net revenue was €105 {newest}. The 12 weeks before ranged from €90 to €110."
    rows = [(week(place), value, 80.0) for place, value in enumerate([*values, 105.0])]
    compared = result([WEEKS, SUM, THEN], rows, period=period, data_to=loaded, computed_at=loaded)
    assert headline(compared) == headline(shown(105.0))


@pytest.mark.parametrize(
    "shown",
    [
        result([MONTHS, SUM], [(date(2026, 1, 1), 1.0), (date(2026, 2, 1), 2.0)]),
        result([CHANNEL, COUNTRY, SUM], [("a", "b", 1.0), ("a", "c", 2.0)]),
        result([CHANNEL, SUM], []),
        result([replace(SUM, calculation=None, type=CHANNEL.type)], [("a",)]),
    ],
)
def test_there_is_no_sentence_if_none_would_be_right(shown: Result) -> None:
    assert headline(shown) == ""
    assert subject(shown) == "A question"


def test_a_mails_subject_is_its_first_sentence() -> None:
    rows = [("Email", 60.0, 20.0), ("Search", 80.0, 60.0), (TOTAL, 140.0, 80.0)]
    assert subject(by(rows, SUM, THEN)) == "Net revenue rose 75% to €140"
    assert subject(one(SUM, THEN, 25_900.0, 18_400.0)) == "Net revenue rose 41% to €25.9K"
    number = replace(SUM, label="No. of\norders")
    assert subject(result([number, replace(THEN, label="No. of\norders, previous period")], [(11.0, 10.0)])) == (
        "No. of orders rose 10% to €11.00"
    )


def test_a_tiles_finding_is_the_headline_as_far_as_it_fits_on_two_lines() -> None:
    rows = [("Email", 60.0, 20.0), ("Search", 80.0, 60.0), (TOTAL, 140.0, 80.0)]
    assert finding(by(rows, SUM, THEN)) == headline(by(rows, SUM, THEN))
    long = "A channel whose name fills more than a line of its own, and then some of the next"
    assert finding(by([(long, 60.0, 20.0), *rows[1:]], SUM, THEN)) == "Net revenue rose 75% to €140."
    assert finding(result([CHANNEL, SUM], [])) == ""


def test_names_are_put_in_the_plural() -> None:
    plural = ("Orders", "Gross sales", "Sessions per user", "Emails sent", "Days to convert", "Mails bounced")
    singular = ("Net revenue", "ROAS", "Loss", "Cost per clicks", "Average order value", "Amount lost", "Sales cycle")
    assert [label for label in (*plural, *singular) if is_plural(label)] == [*plural]


# Every number in a sentence comes from the answer

CELLS = st.one_of(st.none(), st.integers(-2000, 5000).map(lambda cents: cents / 4))


@given(
    rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5),
    column=st.sampled_from([(SUM, THEN), (ORDERS, ORDERS_THEN), (STOCK, STOCK_THEN)]),
    has_total=st.booleans(),
    is_compared=st.booleans(),
    is_alone=st.booleans(),
)
def test_every_number_of_a_sentence_is_one_of_its_answer(
    rows: list[tuple[float | None, float | None]], column: tuple[ResultColumn, ResultColumn],
    has_total: bool, is_compared: bool, is_alone: bool,
) -> None:  # fmt: skip
    columns = column[: 1 + is_compared]
    cells = [row[: 1 + is_compared] for row in rows]
    if is_alone:
        shown = result(columns, cells[:1])
    else:
        named = [(name, *row) for name, row in zip("abcde", cells, strict=False)]
        sums = [sum(value or 0.0 for value in values) for values in zip(*cells, strict=True)]
        shown = by([*named, *([(TOTAL, *sums)] if has_total else [])], *columns)
    sentence = headline(shown)
    assert strangers(sentence, numbers_of(shown)) == [], sentence
    assert not re.search(r"because|drove|caused|  |\.\.|nan|None", sentence)


def test_a_number_of_another_answer_is_found() -> None:
    shown = one(SUM, THEN, 25_900.0, 18_400.0)
    assert strangers("Net revenue rose 42% to €25.9K. Email contributed most, +€7.5K.", numbers_of(shown)) == ["42%"]


def test_of_two_equal_contributions_none_is_named() -> None:
    shown = by([("A", 0.0, 100.0), ("B", 0.0, 100.0), (TOTAL, 0.0, 200.0)], SUM, THEN)
    assert headline(shown) == f"Net revenue fell 100% to €0. A contributed {MINUS}€100 of {MINUS}€200."


@pytest.mark.parametrize("rows", [[("A", None, 100.0), ("B", None, 50.0)], [("A", 5.0, None), ("B", 7.0, None)]])
def test_members_without_data_in_a_period_are_not_a_fall_to_zero(rows: list[tuple[Any, ...]]) -> None:
    """The sentence says that there is no data, as for a single number."""
    assert headline(by(rows, SUM, THEN)) == ""
