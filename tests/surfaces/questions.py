"""The fixed list of questions that every surface must agree on: thirty metrics of all kinds, each by five breakdowns.

In turn they have a total, a comparison, a top with Other and a total, and all of these that the metric can have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from semantic.model.definitions import Granularity
from semantic.query.query import DATE, Between, Breakdown, Previous, Query, Top

HALF_YEAR = Between(date(2026, 1, 1), date(2026, 6, 30))
"""Fixed days, so that surfaces with their own clocks ask for the same ones."""

ORDER = ("channel", "market", "customer_country")
VISIT = ("device", "channel", "market")
PLACE = ("channel", "market", "country")
MAIL = ("mail_flow", "market", "country")
MEMBER = ("plan", "market", "billing_period")
LAND = ("market", "country", "region_group")
DEAL = ("account_size", "channel", "market")

METRICS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("spend", "sum", PLACE),
    ("net_revenue", "sum", ORDER),
    ("mails_sent", "count", MAIL),
    ("orders", "count", ORDER),
    ("sessions", "count", VISIT),
    ("clicks", "sum of whole numbers", PLACE),
    ("customers", "distinct", ORDER),
    ("visitors", "distinct", VISIT),
    ("ctr", "ratio, a share", PLACE),
    ("roas", "ratio", PLACE),
    ("cpc", "ratio, money", PLACE),
    ("margin_rate", "ratio of formulas", ORDER),
    ("pages_per_session", "ratio", VISIT),
    ("gross_margin", "formula", ORDER),
    ("cpm", "formula", PLACE),
    ("days_lead_to_mql", "median", PLACE),
    ("long_response_minutes", "percentile", PLACE),
    ("average_response_minutes", "average", PLACE),
    ("spend_month_to_date", "to date", PLACE),
    ("net_revenue_year_to_date", "to date", ORDER),
    ("net_revenue_28d", "rolling", ORDER),
    ("won_amount_90d", "rolling", DEAL),
    ("list_size", "all time to date", LAND),
    ("lead_to_mql_rate_cohort", "conversion", PLACE),
    ("second_order_rate", "conversion", ORDER),
    ("mrr", "balance", MEMBER),
    ("open_deals", "balance", DEAL),
    ("net_revenue_growth", "with an earlier period", ORDER),
    ("budget_used", "ratio of two facts", PLACE),
    ("pipeline_created", "sum, of deals in many currencies", DEAL),
)
"""Each metric with its kind and three of its breakdowns."""

CURRENCIES = {"net_revenue": "GBP", "cpc": "SEK", "pipeline_created": "NOK"}
"""The currency that money is asked for in, if it isn't the model's."""

MONTHLY = ("mrr", "net_revenue_growth", "budget_used")
"""Metrics known only by month."""


def questions(is_valid: Callable[[Query], bool]) -> list[Query]:
    """Return every question of the list, in order, each with the valid ones of the extras that are its turn."""
    questions: list[Query] = []
    for metric, _, names in METRICS:
        grains = (Granularity.MONTH, Granularity.QUARTER if metric in MONTHLY else Granularity.WEEK)
        by = [*(Breakdown(name) for name in names), *(Breakdown(DATE, grain) for grain in grains)]
        for turn, breakdown in enumerate(by, start=len(questions) // 5):
            questions.append(_asked(metric, breakdown, turn, is_valid))
    return questions


def _asked(metric: str, by: Breakdown, turn: int, is_valid: Callable[[Query], bool]) -> Query:
    plain = Query(metrics=(metric,), by=(by,), time=HALF_YEAR, currency=CURRENCIES.get(metric))
    top = None if by.dim == DATE else Top(2, by.dim, metric)
    wished: Sequence[Query] = (
        replace(plain, totals=((),)),
        replace(plain, compare=(Previous(),)),
        replace(plain, totals=((),), top=top),
        replace(plain, totals=((),), top=top, compare=(Previous(),)),
    )
    return next((query for query in (wished[turn % 4], replace(plain, totals=((),))) if is_valid(query)), plain)
