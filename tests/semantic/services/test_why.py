"""Why a number changed: the parts by hand, who sees them, numbers without parts, and the sentence above them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from semantic.display.charts.charts import chart_for
from semantic.display.tokens import LIGHT
from semantic.display.words.why import about_sentences, change_sentence, part_rows
from semantic.errors import GroupTooSmall, InvalidQuery, SemanticError, UnknownName
from semantic.model.definitions import DatePart, Granularity
from semantic.query.query import (
    Between,
    Breakdown,
    Condition,
    Last,
    MetricFilter,
    Named,
    Operator,
    Previous,
    Query,
    ToDate,
)
from semantic.results.change import Moved, Parts
from semantic.services.why import BALANCE, MAY_HIDE, NO_COMPARISON, Why, by_of, explain
from tests.semantic.explained import ExplainedWorkspace, open_explained
from tests.semantic.made_results import tooltips, traces

WEEK = Last(1, Granularity.WEEK)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExplainedWorkspace]:
    opened = open_explained(tmp_path_factory.mktemp("explained"))
    yield opened
    opened.close()


def question(metric: str = "revenue", **more: object) -> Query:
    return replace(Query(metrics=(metric,), time=WEEK, compare=(Previous(),)), **more)  # pyright: ignore[reportArgumentType]


def why(workspace: ExplainedWorkspace, metric: str = "revenue", who: str = "ana", *by: str) -> Why:
    return explain(question(metric), workspace, workspace.people[who], by=by)


def parts_of(found: Why, dim: str) -> Parts:
    return next(parts for parts in found.explanation.by if parts.dim == dim)


def numbers(parts: Parts) -> dict[object, Fraction | None]:
    return {part.value: part.part for part in parts.parts}


def test_a_sums_change_is_the_sum_of_its_members_changes(workspace: ExplainedWorkspace) -> None:
    """1,154 became 1,756.

    Shop disappeared with its 200, app is new with 600, and web went from 804 to 1,006.
    """
    found = why(workspace)
    whole = found.explanation.whole
    assert (whole.before, whole.after, found.explanation.change) == (1154, 1756, 602)
    assert numbers(parts_of(found, "channel")) == {"app": 600, "web": 202, "shop": -200, "mail": 0}
    assert numbers(parts_of(found, "market")) == {"FR": 400, "DE": 202}
    assert (found.explanation.searched, found.why_not, dict(found.left_out)) == (2, "", {})
    assert found.reason == "Looked at 2 breakdowns. Contributions add up to the change. They don't prove a cause."


def test_a_waterfall_has_the_same_numbers(workspace: ExplainedWorkspace) -> None:
    found = why(workspace, "revenue", "ana", "channel")
    asked = question(by=(Breakdown("channel"),))
    chart = chart_for(workspace.ask(asked, workspace.people["ana"]), LIGHT, wanted="waterfall")
    (bars,) = traces(chart, "bar")
    names = [lines[0].partition(" \N{MIDDLE DOT} ")[2] for lines in tooltips(bars)]
    drawn = dict(zip(names, bars["x"], strict=True))
    assert (drawn.pop("Previous period"), drawn.pop("This period")) == (1154, 1756)
    assert drawn == {value: float(part or 0) for value, part in numbers(parts_of(found, "channel")).items()}


def test_the_breakdown_that_explains_most_comes_first_and_few_rows_do_not_rank(workspace: ExplainedWorkspace) -> None:
    """The shop's ten orders are too few to be named, but its part is listed and counts in the sum."""
    found = why(workspace)
    assert [parts.dim for parts in found.explanation.by] == ["channel", "market"]
    assert {part.value: part.is_enough for part in parts_of(found, "channel").parts} == {
        "app": True, "web": True, "shop": False, "mail": True,
    }  # fmt: skip


def test_a_ratios_change_is_split_into_rate_and_mix(workspace: ExplainedWorkspace) -> None:
    """Per order, DE went from 554/70 to 756/90 and FR from 600/60 to 1,000/90.

    DE had 7/13 of all orders, and then half. The rates contribute 27/52 x (8.4 - 554/70) and 25/52 x (100/9 - 10). The
    mix is measured from the mean of 1,154/130 and 1,756/180.
    """
    found = why(workspace, "per_order")
    change = Fraction(1756, 180) - Fraction(1154, 130)
    assert found.explanation.change == change
    parts = parts_of(found, "market")
    germany, france = (next(part for part in parts.parts if part.value == market) for market in ("DE", "FR"))
    assert germany.rate == Fraction(27, 52) * (Fraction("8.4") - Fraction(554, 70))
    assert france.rate == Fraction(25, 52) * Fraction(10, 9)
    middle = (Fraction(1756, 180) + Fraction(1154, 130)) / 2
    assert germany.mix == ((Fraction(554, 70) + Fraction("8.4")) / 2 - middle) * (Fraction(1, 2) - Fraction(7, 13))
    assert sum(part.part or 0 for part in parts.parts) == change
    assert (float(germany.before or 0), germany.after) == (pytest.approx(554 / 70), Fraction("8.4"))


def test_a_ratio_has_its_formula_too(workspace: ExplainedWorkspace) -> None:
    """1,154 / 150 became 1,756 / 200.

    By Shapley, the parts are 602 x (1/150 + 1/200) / 2 and (1,154 + 1,756) / 2 x (1/200 - 1/150).
    """
    factors = why(workspace, "return_on_ads").explanation.factors
    assert [(factor.metric, factor.part) for factor in factors] == [
        ("revenue", 602 * (Fraction(1, 150) + Fraction(1, 200)) / 2),
        ("spend", 1455 * (Fraction(1, 200) - Fraction(1, 150))),
    ]


def test_a_difference_of_two_facts_is_split_by_member_and_by_formula(workspace: ExplainedWorkspace) -> None:
    """Margin went from 1,004 to 1,556: DE changed by 202 - 50, and FR by 400. Spend has no channels."""
    found = why(workspace, "margin")
    assert numbers(parts_of(found, "market")) == {"FR": 400, "DE": 152}
    assert [factor.part for factor in found.explanation.factors] == [602, -50]
    assert [parts.dim for parts in found.explanation.by] == ["market"]


def test_a_balance_has_parts_by_member_but_not_by_day(workspace: ExplainedWorkspace) -> None:
    found = why(workspace, "pieces")
    assert numbers(parts_of(found, "market")) == {"FR": -25, "DE": 20}
    by_day = parts_of(why(workspace, "pieces", "ana", "date"), "date")
    assert (by_day.why_not, {part.part for part in by_day.parts}) == (BALANCE, {None})


def test_a_sum_has_parts_by_day(workspace: ExplainedWorkspace) -> None:
    """Every seventh order is on a Monday, beginning with the first: 6 from app, 2 from shop, and 3 more from web."""
    parts = parts_of(why(workspace, "revenue", "ana", "date"), "date")
    monday = next(part for part in parts.parts if str(part.value) == "2026-01-12")
    assert monday.part == 6 * 15 - 2 * 20 + 3 * Fraction("10.10")
    assert sum(part.part or 0 for part in parts.parts) == 602


@pytest.mark.parametrize(
    ("metric", "says"),
    [("buyers", "can overlap"), ("middle", "A median has no parts"), ("recent", "beyond the period")],
)
def test_a_change_without_parts_says_so(workspace: ExplainedWorkspace, metric: str, says: str) -> None:
    found = why(workspace, metric)
    assert says in found.why_not
    assert found.explanation.by
    for parts in found.explanation.by:
        assert parts.why_not == found.why_not
        assert all(part.part is None for part in parts.parts)
    assert found.reason == "Looked at 2 breakdowns."


def test_a_breakdown_can_be_named(workspace: ExplainedWorkspace) -> None:
    assert [parts.dim for parts in why(workspace, "revenue", "ana", "market").explanation.by] == ["market"]
    with pytest.raises(UnknownName):
        why(workspace, "revenue", "ana", "planet")
    with pytest.raises(SemanticError):
        why(workspace, "spend", "ana", "channel")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        (question(compare=()), NO_COMPARISON),
        (question(metrics=()), "Name the metric"),
        (question(having=(MetricFilter("revenue", ">", (1,)),)), "Remove the filters on values"),
        (question(time=Last(1, Granularity.YEAR)), "has no value in"),
        (question(where=Condition("channel", Operator.IN, ("app",))), "has no value in"),
        (question("latest"), "isn't a number"),
        (question(time=ToDate(Granularity.WEEK)), "yet, so revenue has no change to explain."),
    ],
)
def test_without_two_numbers_there_is_no_change(workspace: ExplainedWorkspace, query: Query, says: str) -> None:
    with pytest.raises(InvalidQuery, match=re.escape(says)):
        explain(query, workspace, workspace.people["ana"])


def test_breakdowns_and_tops_of_the_question_do_not_matter(workspace: ExplainedWorkspace) -> None:
    query = question(by=(Breakdown("market"),), limit=1, metrics=("orders", "revenue"))
    found = explain(query, workspace, workspace.people["ana"], metric="revenue")
    assert found.explanation == why(workspace).explanation


# The next level


def test_a_member_leads_to_the_next_breakdown_and_keeps_the_filters(workspace: ExplainedWorkspace) -> None:
    found = explain(question(where=Condition("market", Operator.IN, ("DE", "FR"))), workspace, workspace.people["ana"])
    (app,) = (part for part in parts_of(found, "channel").parts if part.value == "app")
    assert app.onward is not None
    result = workspace.ask(app.onward, workspace.people["ana"])
    assert [row["revenue"] for row in result.rows() if row["market"] == "FR"] == [600]
    assert result.filters == "Market is DE or FR; Channel is app"
    onward = parts_of(found, "market").onward
    assert onward is not None
    assert workspace.ask(onward, workspace.people["ana"]).rows()[0]["market"] in ("DE", "FR")


# Access


def test_a_person_sees_the_parts_of_their_own_rows(workspace: ExplainedWorkspace) -> None:
    found = why(workspace, who="dora")
    assert found.explanation.change == 202
    assert numbers(parts_of(found, "channel")) == {"web": 202, "mail": 0}


def test_a_hidden_metric_has_no_parts_and_is_not_mentioned(workspace: ExplainedWorkspace) -> None:
    """Nora can't see orders, so a number per order has no parts for her, and nothing says what is missing."""
    found = why(workspace, "per_order", "nora")
    assert found.explanation.factors == ()
    assert found.why_not == "The groups of per order don't add up to the whole, so their changes aren't contributions."
    assert "orders" not in found.why_not


def test_a_breakdown_with_a_hidden_group_is_left_out_completely(workspace: ExplainedWorkspace) -> None:
    """The shop had two buyers, fewer than three. The whole minus the others would reveal its number."""
    found = why(workspace, who="gus")
    assert [parts.dim for parts in found.explanation.by] == ["market"]
    assert [*found.left_out] == ["Channel"]
    assert found.explanation.searched == 1
    with pytest.raises(GroupTooSmall):
        why(workspace, "revenue", "gus", "channel")


IN_FRANCE = Condition("market", Operator.IN, ("FR",))
ONLY_WEB = "DELETE FROM orders WHERE channel IN ('shop', 'app')"
KIOSK = """
INSERT INTO orders
SELECT 800000 + d, (DATE '2026-01-05' + d::INTEGER)::DATE, 'FR', 'kiosk', 1, 3 FROM range(14) t(d)
"""


@pytest.mark.parametrize("metric", ["revenue", "buyers"])
def test_a_silently_hidden_group_removes_its_breakdown(tmp_path: Path, metric: str) -> None:
    """With a filter on something else, a small group isn't even a row: the kiosk has one buyer in both weeks.

    All of France minus the shown numbers would be its revenue. Without the kiosk, revenue adds up and nothing can be
    hidden.
    """
    query = question(metric, where=IN_FRANCE)
    (tmp_path / "none").mkdir()
    small = open_explained(tmp_path, ONLY_WEB, KIOSK)
    try:
        found = explain(query, small, small.people["gus"])
        with pytest.raises(GroupTooSmall):
            explain(query, small, small.people["gus"], by=("channel",))
    finally:
        small.close()
    assert (found.explanation.by, dict(found.left_out)) == ((), {"Channel": MAY_HIDE})
    none = open_explained(tmp_path / "none", ONLY_WEB)
    try:
        seen = explain(query, none, none.people["gus"])
    finally:
        none.close()
    assert [parts.dim for parts in seen.explanation.by] == (["channel"] if metric == "revenue" else [])


def test_silently_hidden_days_leave_no_usual_range(tmp_path: Path) -> None:
    """Three weeks ago, France had one buyer a day.

    Those days are hidden from Gus, and don't count as days without revenue.
    """
    opened = open_explained(
        tmp_path, "UPDATE orders SET buyer = 1 WHERE day BETWEEN DATE '2025-12-22' AND DATE '2025-12-28'"
    )
    try:
        usual = {
            who: explain(question(where=IN_FRANCE), opened, opened.people[who]).explanation.is_unusual
            for who in ("ana", "gus")
        }
    finally:
        opened.close()
    assert usual == {"ana": True, "gus": None}


def test_each_question_is_announced_before_it_is_asked(workspace: ExplainedWorkspace) -> None:
    """The questions are the number, two breakdowns, and the days of earlier weeks. The callback can end the
    explanation.
    """
    told: list[Query] = []
    explain(question(), workspace, workspace.people["gus"], before_each=told.append)
    assert [[breakdown.dim for breakdown in query.by] for query in told] == [[], ["channel"], ["market"], ["date"]]

    class Enough(Exception):
        pass

    def two(query: Query) -> None:
        told.append(query)
        if len(told) > 2:
            raise Enough

    told.clear()
    with pytest.raises(Enough):
        explain(question(), workspace, workspace.people["gus"], before_each=two)
    assert len(told) == 3


def test_only_a_few_plain_breakdowns_can_be_named(workspace: ExplainedWorkspace) -> None:
    with pytest.raises(InvalidQuery, match="at most 8"):
        explain(question(), workspace, workspace.people["ana"], by=[f"d{number}" for number in range(9)])
    assert by_of(question(by=(Breakdown("market"),))) == ("market",)
    for other in (Breakdown("date", part=DatePart.DOW), Breakdown("market", via="buyer")):
        with pytest.raises(InvalidQuery, match="without via"):
            by_of(question(by=(other,)))


# Is it a change, and the sentence


def test_a_change_like_earlier_ones_is_not_unusual(tmp_path: Path) -> None:
    """Earlier weeks changed by 10.10, up or down. 20.20 is twice that, so it isn't unusual, and 30.30 is."""
    for orders, moved in ((2, Moved.USUAL), (3, Moved.CHANGED)):
        folder = tmp_path / str(orders)
        folder.mkdir()
        changes = (
            "DELETE FROM orders WHERE day >= DATE '2026-01-12'",
            "INSERT INTO orders SELECT id + 500000, (day + 7)::DATE, market, channel, buyer, amount FROM orders"
            " WHERE day >= DATE '2026-01-05'",
            "INSERT INTO orders SELECT 900000 + n, DATE '2026-01-13', 'DE', 'web', 1, 10.10"
            f" FROM range({orders}) AS t(n)",
        )
        opened = open_explained(folder, *changes)
        try:
            found = why(opened)
        finally:
            opened.close()
        assert (found.explanation.is_unusual, found.explanation.moved) == (moved is Moved.CHANGED, moved)
        if moved is Moved.USUAL:
            assert sentence(found) == "Revenue rose 1.8% to €1.17K, within its usual range."


def test_periods_of_other_lengths_have_no_usual_range(workspace: ExplainedWorkspace) -> None:
    """A week is less than three weeks because it's shorter, and earlier changes between weeks don't show how much is
    usual.
    """
    three_weeks = Named(date(2025, 12, 1), date(2025, 12, 21))
    found = explain(question(compare=(three_weeks,)), workspace, workspace.people["ana"])
    assert (found.explanation.is_unusual, found.explanation.moved) == (None, Moved.CHANGED)
    assert why(workspace).explanation.is_unusual is True


def test_earlier_months_have_their_own_lengths(tmp_path: Path) -> None:
    """With 10 a day, November has 300 after 310.

    Seven of the eight earlier months changed by 10 or nothing for the same reason, and none by more, so that is usual.
    A comparison of 30 days with the 30 before would never have changed.
    """
    changes = (
        "DELETE FROM orders",
        "INSERT INTO orders SELECT n, (DATE '2025-01-01' + n::INTEGER)::DATE, 'DE', 'web', 1, 10 FROM range(334) t(n)",
    )
    opened = open_explained(tmp_path, *changes)
    try:
        november = question(time=Between(date(2025, 11, 1), date(2025, 11, 30)))
        found = explain(november, opened, opened.people["ana"])
    finally:
        opened.close()
    assert found.explanation.change == -10
    assert found.explanation.moved is Moved.USUAL


def sentence(found: Why) -> str:
    return change_sentence(found.explanation, found.column, found.keys)


def test_the_sentence_says_what_happened_and_who_contributed_most(workspace: ExplainedWorkspace) -> None:
    assert sentence(why(workspace)) == "Revenue rose 52% to €1.76K. app contributed most, +€600 of +€602."
    assert (
        sentence(why(workspace, "pieces"))
        == "Pieces in stock fell 5.0% to 95. FR contributed most, −25 to a change of −5."
    )
    margin = why(workspace, "margin")
    assert about_sentences(margin.explanation, margin.column) == ["By formula: revenue +€602, spend −€50."]


def test_only_a_real_largest_contributor_is_named(tmp_path: Path) -> None:
    """One order of 700 by phone is too little data to be named, but it's more than the app's 600."""
    opened = open_explained(
        tmp_path, "INSERT INTO orders VALUES (800000, DATE '2026-01-13', 'DE', 'phone', 1, 700)"
    )  # fmt: skip
    try:
        assert sentence(why(opened)) == "Revenue rose 113% to €2.46K. app contributed +€600 of +€1.30K."
    finally:
        opened.close()


def test_rows_describe_each_part_in_full(workspace: ExplainedWorkspace) -> None:
    found = why(workspace)
    rows = part_rows(parts_of(found, "channel"), found.explanation, found.column, found.keys["channel"])
    assert [(row.member, row.before, row.after, row.part, row.share, row.note) for row in rows] == [
        ("app", "—", "€600", "+€600", "100%", ""),
        ("web", "€804", "€1,006", "+€202", "34%", ""),
        ("shop", "€200", "—", "−€200", "−33%", "Too little data"),
        ("mail", "€150", "€150", "€0", "0%", ""),
    ]
    assert [row.length for row in rows] == pytest.approx([1, 202 / 600, -1 / 3, 0])


NUMBER = re.compile(r"(?P<sign>[+−]?)€?(?P<digits>[\d,]+(?:\.\d+)?)(?P<size>[KMBT]?)(?P<unit>%| pp)?")
SIZES = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}


@pytest.mark.parametrize("metric", ["revenue", "orders", "per_order", "return_on_ads", "margin", "pieces", "buyers"])
@pytest.mark.parametrize("who", ["ana", "dora"])
def test_every_number_of_a_sentence_is_one_of_its_explanation(
    workspace: ExplainedWorkspace, metric: str, who: str
) -> None:
    """Every number read from the text is a number of the explanation, rounded in its last digit."""
    found = why(workspace, metric, who)
    explanation = found.explanation
    before, after = explanation.whole.before, explanation.whole.after
    assert before is not None
    assert after is not None
    known = {before, after, explanation.change, 100 * explanation.change / before}
    known |= {
        number for parts in explanation.by for part in parts.parts for number in (part.part,) if number is not None
    }
    known |= {number for parts in explanation.by for number in (parts.rate, parts.mix) if number is not None}
    known |= {factor.part for factor in explanation.factors}
    for text in (sentence(found), *about_sentences(explanation, found.column)):
        read = [match for match in NUMBER.finditer(text) if match["digits"].strip(",")]
        assert read
        for match in read:
            digits = match["digits"].replace(",", "")
            size = SIZES[match["size"]]
            step = Fraction(size, 10 ** len(digits.partition(".")[2]))
            value = Fraction(digits) * size
            signed = {"+": {value}, "−": {-value}, "": {value, -value}}[match["sign"]]
            assert any(abs(number - one) <= step / 2 for number in known for one in signed), (text, match[0])
