"""Questions that ask the same are written in the same way. Questions that could differ in a number aren't."""

from dataclasses import replace
from datetime import date

import pytest

from semantic.model.definitions import Granularity
from semantic.query.query import (
    AllOf,
    AnyOf,
    Back,
    Breakdown,
    Condition,
    Filter,
    InSegment,
    Last,
    MetricFilter,
    NotAny,
    Operator,
    Order,
    Previous,
    Query,
)
from semantic.query.same import canonical

CHANNEL, MARKET = Breakdown("channel"), Breakdown("market")
DE = Condition("market", Operator.IN, ("DE",))
BRAND = Condition("brand", Operator.NOT_IN, ("yes",))
RECENT = InSegment("recent")
MANY, FEW = MetricFilter("orders", ">", (10,)), MetricFilter("orders", "<", (99,))
WEEKS = Last(4, Granularity.WEEK)
PLAIN = Query(metrics=("spend", "roas"), by=(CHANNEL, MARKET))


def _where(part: Filter) -> Query:
    return replace(PLAIN, where=part)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PLAIN, Query(metrics=("roas", "spend"), by=(MARKET, CHANNEL))),
        (_where(AllOf((DE, BRAND))), _where(AllOf((BRAND, DE)))),
        (_where(AllOf((DE, AllOf((BRAND, RECENT))))), _where(AllOf((RECENT, DE, BRAND)))),
        (_where(AnyOf((DE, BRAND))), _where(AnyOf((BRAND, DE, DE)))),
        (_where(AllOf((DE,))), _where(DE)),
        (_where(NotAny(AnyOf((DE, BRAND)))), _where(NotAny(AnyOf((BRAND, DE))))),
        (
            _where(Condition("market", Operator.IN, ("DE", None, "AT"))),
            _where(Condition("market", Operator.IN, ("AT", "DE", None))),
        ),
        (replace(PLAIN, having=(MANY, FEW)), replace(PLAIN, having=(FEW, MANY))),
        (replace(PLAIN, compare=(Previous(), Back(2, Granularity.MONTH))),
         replace(PLAIN, compare=(Back(2, Granularity.MONTH), Previous()))),
        (replace(PLAIN, totals=((), ("channel",))), replace(PLAIN, totals=(("channel",), ()))),
    ],
)  # fmt: skip
def test_questions_that_ask_the_same_are_equal(one: Query, other: Query) -> None:
    assert canonical(one) == canonical(other)
    assert canonical(canonical(one)) == canonical(one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (_where(AllOf((DE, BRAND))), _where(AnyOf((DE, BRAND)))),
        (_where(AllOf((DE, AnyOf((BRAND, RECENT))))), _where(AllOf((DE, BRAND, RECENT)))),
        (_where(DE), _where(NotAny(DE))),
        (_where(DE), PLAIN),
        (replace(PLAIN, order=(Order("spend"), Order("roas"))), replace(PLAIN, order=(Order("roas"), Order("spend")))),
        (replace(PLAIN, limit=3), replace(PLAIN, limit=3, metrics=("roas", "spend"))),
        (
            replace(PLAIN, time=Last(4, Granularity.WEEK)),
            replace(PLAIN, time=Last(4, Granularity.WEEK, complete=False)),
        ),
        (replace(PLAIN, rates="period_end"), replace(PLAIN, rates=date(2026, 1, 1))),
        (
            _where(Condition("day", Operator.BETWEEN, ("2026-01-02", "2026-01-01"))),
            _where(Condition("day", Operator.BETWEEN, ("2026-01-01", "2026-01-02"))),
        ),
    ],
)
def test_questions_that_can_differ_in_a_number_are_not_equal(one: Query, other: Query) -> None:
    assert canonical(one) != canonical(other)


def test_values_that_are_equal_but_not_the_same_stay_separate() -> None:
    several = _where(Condition("rank", Operator.IN, (1, True, "1")))
    assert canonical(several).where == Condition("rank", Operator.IN, ("1", 1, True))
