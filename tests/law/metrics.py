"""The kinds of metrics that the law defines, and the made-up company's metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from semantic.model.definitions import Granularity


@dataclass(frozen=True)
class Sum:
    """The sum of a column over the days' rows, or the number of rows without a column. `distinct` counts different
    values.

    A day counts once `counts_after` more days have passed, and no longer changes after `final_after`.
    """

    fact: str
    column: str = ""
    distinct: bool = False
    final_after: int = 0
    counts_after: int = 0


@dataclass(frozen=True)
class Balance:
    """A column that isn't added up over days: taken from the `last` or `first` day, or the `average` of the days."""

    fact: str
    column: str
    over: str


@dataclass(frozen=True)
class Ratio:
    top: str
    bottom: str


@dataclass(frozen=True)
class Minus:
    top: str
    bottom: str


@dataclass(frozen=True)
class Offset:
    """A metric as it was some months or days before."""

    of: str
    months: int = 0
    days: int = 0


@dataclass(frozen=True)
class Window:
    """A metric over a number of days, the running period to date, or all days, up to each day."""

    of: str
    days: int = 0
    to_date: Granularity | None = None
    at: str = "last"


How = Sum | Balance | Ratio | Minus | Offset | Window


@dataclass(frozen=True)
class Metric:
    how: How
    direction: str = "up"
    fill: int | None = None


METRICS: Mapping[str, Metric] = {
    "revenue": Metric(Sum("orders", "amount")),
    "orders": Metric(Sum("orders"), fill=0),
    "buyers": Metric(Sum("orders", "customer", distinct=True), fill=0),
    "people": Metric(Sum("orders", "customer", distinct=True)),
    "spend": Metric(Sum("ads", "spend", final_after=3), "down"),
    "clicks": Metric(Sum("ads", "clicks")),
    "aov": Metric(Ratio("revenue", "orders")),
    "roas": Metric(Ratio("revenue", "spend")),
    "settled": Metric(Sum("orders", "amount", counts_after=10)),
    "settled_orders": Metric(Sum("orders", counts_after=10), fill=0),
    "settled_roas": Metric(Ratio("settled", "spend")),
    "settled_last_year": Metric(Offset("settled", months=12)),
    "settled_growth": Metric(Minus("settled", "settled_last_year")),
    "settled_28d": Metric(Window("settled", days=28)),
    "stock_end": Metric(Balance("stock", "pieces", "last")),
    "stock_start": Metric(Balance("stock", "pieces", "first")),
    "stock_average": Metric(Balance("stock", "pieces", "average")),
    "mrr": Metric(Balance("mrr", "closing", "last")),
    "mrr_opening": Metric(Balance("mrr", "opening", "first")),
    "mrr_change": Metric(Sum("mrr", "change")),
    "mrr_lost": Metric(Sum("mrr", "lost"), "down"),
    "mrr_openings": Metric(Sum("mrr", "opening"), "none"),
    "churn": Metric(Ratio("mrr_lost", "mrr_openings"), "down"),
    "planned": Metric(Sum("plan", "planned"), "none"),
    "budget": Metric(Sum("budgets", "amount"), "none"),
    "to_plan": Metric(Ratio("revenue", "planned")),
    "attainment": Metric(Ratio("revenue", "budget")),
    "revenue_last_year": Metric(Offset("revenue", months=12)),
    "revenue_growth": Metric(Minus("revenue", "revenue_last_year")),
    "revenue_month_before": Metric(Offset("revenue", months=1)),
    "month_growth": Metric(Minus("revenue", "revenue_month_before")),
    "week_before": Metric(Offset("revenue", days=7)),
    "roas_last_year": Metric(Offset("roas", months=12)),
    "stock_month_before": Metric(Offset("stock_end", months=1)),
    "revenue_28d": Metric(Window("revenue", days=28)),
    "revenue_mtd": Metric(Window("revenue", to_date=Granularity.MONTH)),
    "revenue_ytd": Metric(Window("revenue", to_date=Granularity.YEAR)),
    "revenue_ever": Metric(Window("revenue")),
    "roas_28d": Metric(Window("roas", days=28)),
    "people_7d": Metric(Window("people", days=7, at="average")),
}


def facts_of(metrics: Mapping[str, Metric], name: str) -> set[str]:
    """Return the datasets that a metric reads."""
    match metrics[name].how:
        case Sum(fact) | Balance(fact):
            return {fact}
        case Ratio(top, bottom) | Minus(top, bottom):
            return facts_of(metrics, top) | facts_of(metrics, bottom)
        case Offset(of) | Window(of):
            return facts_of(metrics, of)


def parts_of(metrics: Mapping[str, Metric], name: str) -> Iterator[How]:
    """Yield a metric's definition, and those of everything that it's made of."""
    how = metrics[name].how
    yield how
    match how:
        case Ratio(top, bottom) | Minus(top, bottom):
            yield from parts_of(metrics, top)
            yield from parts_of(metrics, bottom)
        case Offset(of) | Window(of):
            yield from parts_of(metrics, of)
        case _:
            pass
