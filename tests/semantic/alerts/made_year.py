"""A made-up year of several metrics with planted faults, for tests of alerts.

It shares nothing with the rule that it tests. The rule works with medians on a log scale. Here, visits are Poisson
draws around a level that is itself gamma-distributed, orders are a binomial part of them, and amounts are sums of
lognormal baskets, so the noise is skewed, and relatively larger for small numbers. Each metric has weekdays, growth, a
yearly swing, and campaigns with a remark each.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

ONE = timedelta(days=1)
BEGINS, YEAR_BEGINS, ENDS = date(2025, 4, 1), date(2025, 11, 30), date(2026, 11, 30)
WEEKDAYS = {
    "shop": (1.0, 0.97, 0.95, 1.0, 1.08, 1.25, 1.18),
    "office": (1.15, 1.2, 1.18, 1.1, 1.0, 0.55, 0.5),
}


@dataclass(frozen=True)
class Made:
    """How to generate a metric: the number of things per day, and the amount of each, which is 0 for a count of
    things.
    """

    name: str
    per_day: float
    amount: float
    weekdays: str
    growth: float  # in a year
    swing: float  # of the year's season
    restless: float  # the variance of the level, relative to it


METRICS = (
    Made("visits", 4_000, 0.0, "office", 0.30, 0.10, 0.004),
    Made("orders", 260, 0.0, "shop", 0.15, 0.12, 0.004),
    Made("revenue", 260, 85.0, "shop", 0.20, 0.15, 0.005),
    Made("refunds", 40, 60.0, "shop", 0.10, 0.05, 0.004),
    Made("leads", 55, 0.0, "office", 0.40, 0.08, 0.006),
    Made("spend", 900, 0.9, "office", 0.00, 0.10, 0.006),
    Made("signups", 120, 0.0, "office", -0.25, 0.05, 0.005),
    Made("subscriptions", 75, 19.0, "shop", 0.60, 0.00, 0.004),
)


@dataclass(frozen=True)
class Fault:
    """A planted fault: its effect on each of its days, and the number of days within which it must be found."""

    kind: str
    first: date
    factors: tuple[float, ...]
    delay: int

    @property
    def last(self) -> date:
        return self.first + ONE * (len(self.factors) - 1)

    @property
    def found_by(self) -> date:
        return self.last + ONE * self.delay


@dataclass(frozen=True)
class MadeYear:
    values: Mapping[date, float]
    remarks: Sequence[tuple[date, date, str]]
    faults: Sequence[Fault]


def make_year(made: Made, seed: int, *, has_faults: bool = True) -> MadeYear:
    """Return a metric's year, with seven months before it."""
    draw = random.Random(f"{made.name} {seed}")
    faults = _faults(draw) if has_faults else []
    campaigns = [day for month in (1, 3, 5, 7, 9, 11) for day in _campaign(draw, month)]
    factors = {fault.first + ONE * place: one for fault in faults for place, one in enumerate(fault.factors)}
    values: dict[date, float] = {}
    for place in range((ENDS - BEGINS).days):
        day = BEGINS + ONE * place
        level = made.per_day * (1 + made.growth) ** (place / 365)
        level *= 1 + made.swing * math.sin(2 * math.pi * (day.timetuple().tm_yday - 80) / 365)
        level *= WEEKDAYS[made.weekdays][day.weekday()]
        level *= 1.6 if day in campaigns else 1.0
        level *= draw.gammavariate(1 / made.restless, made.restless)
        count = _poisson(draw, level)
        amount = _amount(draw, count, made.amount) if made.amount else float(count)
        factor = factors.get(day, 1.0)
        values[day] = round(amount * factor, 2) if made.amount else float(round(amount * factor))
    spans = [(day, day, "Campaign") for day in campaigns]
    return MadeYear(values, spans, faults)


def _faults(draw: random.Random) -> list[Fault]:
    """Return five faults, each in its own part of the year, and away from campaigns, which are in a month's
    first week.
    """
    outage = (0.4,) * draw.randint(1, 3)
    price = (draw.choice((0.55, 1.65)),) * 3
    leak = tuple(1 - 0.05 * day for day in range(1, 11))
    kinds = [("outage", outage, 1), ("doubled", (2.0,), 1), ("leak", leak, 5), ("price", price, 1), ("gone", (0.0,), 1)]
    draw.shuffle(kinds)
    months = (date(2025, 12, 12), date(2026, 2, 12), date(2026, 4, 12), date(2026, 6, 12), date(2026, 8, 12))
    return [Fault(kind, month + ONE * draw.randint(0, 6), factors, delay)
            for month, (kind, factors, delay) in zip(months, kinds, strict=True)]  # fmt: skip


def _campaign(draw: random.Random, month: int) -> list[date]:
    year = 2026 if month < 12 else 2025
    first = date(year, month, draw.randint(1, 4))
    return [first + ONE * place for place in range(3)]


def _poisson(draw: random.Random, mean: float) -> int:
    """Return a Poisson draw by counting arrivals one by one, without any normal approximation."""
    count, passed = -1, 0.0
    while passed <= mean:
        passed += draw.expovariate(1.0)
        count += 1
    return count


def _amount(draw: random.Random, count: int, mean: float) -> float:
    spread = 0.8
    centre = math.log(mean) - spread**2 / 2
    return sum(draw.lognormvariate(centre, spread) for _ in range(count))
