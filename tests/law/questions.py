"""Random questions about a made-up world: the metrics, days and comparison, and the day on which each is asked.

Combinations that the law leaves open (README, "Readings") are drawn only with `doubtful`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date

from semantic.model.definitions import DatePart, Granularity
from semantic.query.query import (
    AllOf,
    Back,
    Between,
    Breakdown,
    ByMember,
    Calculation,
    CalculationKind,
    Comparison,
    Condition,
    Filter,
    InSegment,
    Last,
    LastYear,
    Named,
    Operator,
    Period,
    Previous,
    Query,
    ToDate,
)
from tests.law.law import DAY, MONTHS_IN, Calendar, days_between, end_of_month, first_of, last_of
from tests.law.world import CHANNELS, World

LATER = ("settled", "settled_orders", "settled_roas")
PLAIN = ("revenue", "orders", "buyers", "spend", "clicks", "aov", "roas", *LATER)
DAILY_BALANCES = ("stock_end", "stock_start", "stock_average")
KEPT_BY_MONTH = ("mrr", "mrr_opening", "mrr_change", "churn")
PLANS = ("planned", "budget", "to_plan", "attainment")
WINDOWS = ("revenue_28d", "revenue_mtd", "revenue_ytd", "revenue_ever", "roas_28d", "people_7d", "settled_28d")
YEAR_BEFORE = ("revenue_last_year", "revenue_growth", "roas_last_year", "settled_last_year", "settled_growth")
OFFSETS = (*YEAR_BEFORE, "month_growth", "week_before", "stock_month_before")
KINDS = (
    "plain",
    "balance",
    "by_month",
    "plan",
    "window",
    "offset",
    "several",
    "members",
    "calc",
    "calendar",
    "zone",
    "part",
)
BY_MONTH_ONLY = (*KEPT_BY_MONTH, "budget", "attainment")
OF_MONTHS = (
    Granularity.MONTH,
    Granularity.QUARTER,
    Granularity.YEAR,
    Granularity.FISCAL_QUARTER,
    Granularity.FISCAL_YEAR,
)
RUNS = (Granularity.DAY, Granularity.WEEK, *OF_MONTHS)
DATE = "date"
FULL = Calendar("monday", "april")


@dataclass(frozen=True)
class Drawn:
    """A question, the day on which it's asked, and the kind that it's an example of."""

    query: Query
    today: date
    tags: tuple[str, ...]


def draw(world: World, chance: random.Random, kind: str = "") -> Drawn:
    """Return a random question about a world, of the given kind, or of any kind if `kind` is empty."""
    kind = kind or chance.choice(KINDS)
    today = _today(world, chance)
    draft = _Draft(world, chance, kind, today)
    return Drawn(draft.query(), today, draft.tags)


def _today(world: World, chance: random.Random) -> date:
    """Return the day on which a question is asked: mostly near the end of the facts, often a month's first or last days
    or around 29 February.
    """
    day = world.end + chance.randrange(-3, 8) * DAY
    if chance.random() < 0.4:
        day = date(2024, 4, 1) + chance.randrange(640) * DAY
    match chance.randrange(8):
        case 0:
            day = day.replace(day=1)
        case 1:
            day = end_of_month(day)
        case 2:
            day = day.replace(year=chance.choice((2024, 2025, 2026)), month=3, day=chance.choice((1, 2, 29, 30, 31)))
        case _:
            pass
    return min(day, world.end + 30 * DAY)


class _Draft:
    """A random question, built part by part."""

    def __init__(self, world: World, chance: random.Random, kind: str, today: date) -> None:
        self.world, self.chance, self.kind, self.today = world, chance, kind, today
        self.metrics = self._metrics()
        self.is_by_month = any(metric in BY_MONTH_ONLY for metric in self.metrics)
        self.date_by = self._date_by()
        self.has_channel = chance.random() < (0.25 if kind != "calc" else 0.4)
        self.time = self._time()
        self.compare = self._compare()
        self.where = self._where()
        self.tags = self._tags()

    def query(self) -> Query:
        by = ((Breakdown("channel"),) if self.has_channel else ()) + ((self.date_by,) if self.date_by else ())
        is_closed = not isinstance(self.time, Between) or (self.time.start and self.time.end)
        runs = self.date_by is not None and self.date_by.runs
        every = (
            runs
            and is_closed
            and self.time is not None
            and self.chance.random() < (0.5 if self.kind == "calc" else 0.2)
        )
        totals: tuple[tuple[str, ...], ...] = ()
        if by and self.chance.random() < 0.4:
            totals = ((),)
            if self.has_channel and self.date_by and self.chance.random() < 0.5:
                totals = ((), ("channel",))
        return Query(
            metrics=self.metrics,
            by=by,
            where=self.where,
            time=self.time,
            compare=self.compare,
            totals=totals,
            calc=self._calc(),
            every_period=bool(every),
            time_zone=self.chance.choice(("America/New_York", "Asia/Tokyo", "UTC")) if self.kind == "zone" else None,
            week_start="sunday" if self.kind == "zone" and self.chance.random() < 0.3 else None,
            fiscal_start="february" if self.kind == "calendar" and self.chance.random() < 0.3 else None,
        )

    def _metrics(self) -> tuple[str, ...]:
        chance = self.chance
        match self.kind:
            case "balance":
                return (chance.choice(DAILY_BALANCES),)
            case "by_month":
                return (chance.choice(KEPT_BY_MONTH),)
            case "plan":
                one = chance.choice(PLANS)
                return (one, "revenue") if one in ("planned", "budget") and chance.random() < 0.6 else (one,)
            case "window":
                return (chance.choice(WINDOWS),)
            case "offset":
                return (chance.choice(OFFSETS),)
            case "several":
                return tuple(
                    chance.sample((*PLAIN, "stock_end", "revenue_28d", "revenue_last_year"), chance.choice((2, 3)))
                )
            case "members":
                return (chance.choice(("revenue", "orders", "buyers", "aov", "settled")),)
            case "zone":
                return tuple(chance.sample(("revenue", "orders", "spend", "roas", "aov"), chance.choice((1, 2))))
            case "calc":
                return (chance.choice(("revenue", "orders", "spend")),)
            case _:
                return (chance.choice(PLAIN),)

    def _date_by(self) -> Breakdown | None:
        chance = self.chance
        if self.kind == "calendar" and chance.random() < 0.6:
            return Breakdown(DATE, period="retail_period")
        if self.kind == "part":
            part = chance.choice(
                (DatePart.DOW, DatePart.DAY_NUMBER, DatePart.DAY_NUMBER, DatePart.MONTH, DatePart.QUARTER, DatePart.DAY)
            )
            return Breakdown(DATE, part=part)
        if {"month_growth", "stock_month_before", "week_before"} & {*self.metrics} and chance.random() < 0.85:
            longest = Granularity.WEEK if "week_before" in self.metrics else Granularity.MONTH
            return Breakdown(DATE, chance.choice((Granularity.DAY, longest)))  # longer rows are refused
        if self.kind != "calc" and chance.random() < 0.4:
            return None
        if self.kind == "calendar":
            return Breakdown(DATE, chance.choice((Granularity.FISCAL_QUARTER, Granularity.FISCAL_YEAR)))
        grains = list(OF_MONTHS[:3] if self.is_by_month else RUNS)
        grains += [Granularity.MONTH, Granularity.MONTH] + (
            [] if self.is_by_month else [Granularity.DAY, Granularity.WEEK]
        )
        if self.is_by_month and chance.random() < 0.06:
            grains = [Granularity.WEEK]  # to be refused
        if any(metric in ("month_growth", "stock_month_before") for metric in self.metrics):
            grains = [grain for grain in grains if grain is not Granularity.WEEK]
        if any(metric in OFFSETS for metric in self.metrics):
            grains = [grain for grain in grains if grain is not Granularity.WEEK or "week_before" in self.metrics]
        if self.kind == "zone" and {"spend", "roas"} & {*self.metrics}:  # a date can't be converted to another zone
            grains = [*OF_MONTHS[:3]]
        return Breakdown(DATE, chance.choice(grains))

    @property
    def grain(self) -> Granularity | None:
        return self.date_by.grain if self.date_by else None

    def _time(self) -> Period | None:
        chance = self.chance
        if self.date_by and self.date_by.period:
            return self._time_by_calendar()
        if self.kind == "calc" and self.grain and chance.random() < 0.7:  # long enough for several periods
            days = {Granularity.DAY: 20, Granularity.WEEK: 70, Granularity.MONTH: 240}.get(self.grain, 800)
            first = self.today - (days // 2 + chance.randrange(days)) * DAY
            if chance.random() < 0.6:
                first = first_of(first, self.grain, FULL)
            return Between(first, first + days * DAY)
        draw = chance.random()
        is_numbered = self.date_by is not None and self.date_by.part is DatePart.DAY_NUMBER
        if draw < 0.22:
            unit = chance.choice(OF_MONTHS if self.is_by_month else RUNS)
            most = {Granularity.DAY: 40, Granularity.WEEK: 13, Granularity.MONTH: 6}.get(unit, 2)
            return Last(chance.randint(1, most), unit, complete=chance.random() < 0.8 or self.is_by_month)
        if draw < 0.42:
            unit = chance.choice(
                (*OF_MONTHS, Granularity.MONTH) if self.is_by_month else (Granularity.WEEK, *OF_MONTHS)
            )
            return ToDate(unit, complete=chance.random() < 0.85 or self.is_by_month)
        if draw < 0.72 or self.is_by_month:  # whole calendar periods, the last often running or in the future
            unit = chance.choice(OF_MONTHS[:4])
            first = first_of(self.today - chance.choice((0, 20, 60, 200, 370)) * DAY, unit, FULL)
            last = last_of(first + chance.choice((0, 0, 40, 100)) * DAY, chance.choice((unit, Granularity.MONTH)), FULL)
            if self.is_by_month and chance.random() < 0.08:
                last -= 9 * DAY  # refused for flows
            return Between(first, last, complete=chance.random() < 0.9 or self.is_by_month)
        if draw < 0.95 or is_numbered or self.kind in ("offset", "calc"):  # any days
            first = self.today - chance.randrange(2, 120) * DAY
            last = first + chance.choice((0, 2, 4, 6, 9, 13, 27, 30, 45, 90)) * DAY
            return Between(first, last)
        if draw < 0.98:
            return Between(self.today - chance.randrange(20, 700) * DAY, None)
        return None

    def _time_by_calendar(self) -> Period:
        """Return a period from the first day of a retail period to the last day of one."""
        numbers = self.world.retail
        known = [day for day in days_between(self.today - 200 * DAY, self.today - DAY) if day in numbers]
        number = numbers[self.chance.choice(known)] if known else max(numbers.values()) - 1
        until = number + self.chance.choice((0, 0, 1, 2))
        days = [day for day, one in numbers.items() if number <= one <= until]
        return Between(min(days), max(days))

    def _compare(self) -> tuple[Comparison, ...]:
        chance = self.chance
        if self.time is None or chance.random() < 0.35 or self.kind in ("plan", "calc"):
            return ()
        is_open = isinstance(self.time, Between) and (self.time.start is None or self.time.end is None)
        part = self.date_by.part if self.date_by else None
        choices: list[Comparison] = [
            LastYear(),
            LastYear(),
            Previous(),
            Previous(),
            Back(1, Granularity.MONTH),
            Back(4, Granularity.WEEK),
        ]
        choices += [Back(1, Granularity.YEAR), Back(3, Granularity.MONTH), self._named()]
        if self.kind == "offset" or is_open:
            choices = [LastYear(), Back(1, Granularity.YEAR)]
        if self.kind == "by_month":
            choices = [LastYear(), Previous()]
        if part in (DatePart.MONTH, DatePart.QUARTER, DatePart.DAY):
            choices = [LastYear(), Back(1, Granularity.YEAR)]
        if part is DatePart.DOW:
            choices = [LastYear(), Back(4, Granularity.WEEK)]
        if self.date_by and self.date_by.period:
            choices = [LastYear(), Previous()]
        if self.grain in OF_MONTHS:  # weeks don't fall into months
            choices = [
                choice for choice in choices if not (isinstance(choice, Back) and choice.unit is Granularity.WEEK)
            ]
        picked = chance.sample(choices, 2 if chance.random() < 0.15 else 1)
        return tuple(dict.fromkeys(picked))

    def _named(self) -> Named:
        # One in eight extends beyond the known days.
        back = self.chance.randrange(500) if self.chance.random() < 0.15 else self.chance.randrange(100, 500)
        first = first_of(self.today - back * DAY, Granularity.MONTH, FULL)
        if isinstance(self.time, Between) and self.time.start and self.time.start.day != 1:
            first += self.chance.randrange(20) * DAY
            return Named(first, first + self.chance.choice((0, 4, 6, 13, 30)) * DAY)
        return Named(first, end_of_month(first + self.chance.choice((0, 40, 70)) * DAY))

    def _where(self) -> Filter | None:
        chance = self.chance
        if self.kind != "members":
            return (
                Condition("channel", Operator.IN, chance.choice((("Mail",), ("Search", "Social"))))
                if chance.random() < 0.15
                else None
            )
        part: Filter = chance.choice((
            InSegment("recent_buyers"),
            InSegment("buyers_then"),
            InSegment("large_ones"),
            ByMember("orders", "customer", ">=", (chance.choice((1, 2, 3)),)),
            ByMember("revenue", "customer", ">=", (100,)),
            ByMember("orders", "customer", ">=", (2,), time=Last(3, Granularity.MONTH)),
        ))  # fmt: skip
        return AllOf((part, Condition("channel", Operator.IN, CHANNELS[:2]))) if chance.random() < 0.2 else part

    def _calc(self) -> tuple[Calculation, ...]:
        if self.kind != "calc":
            return ()
        of = self.metrics[0]
        return (
            Calculation(
                name="average", do=CalculationKind.MOVING_AVERAGE, of=of, periods=self.chance.choice((2, 3, 7))
            ),
            Calculation(name="so_far", do=CalculationKind.RUNNING_TOTAL, of=of),
            Calculation(name="ix", do=CalculationKind.INDEX, of=of),
        )

    def _tags(self) -> tuple[str, ...]:
        by = self.date_by
        rows = "no date" if by is None else (by.part or by.period or by.grain or "day")
        time = type(self.time).__name__ if self.time else "all days"
        if isinstance(self.time, Last | ToDate):
            time += " of months" if self.time.unit in MONTHS_IN else " of days"
            time += "" if self.time.complete else ", today let in"
        if isinstance(self.time, Between):
            time = "named, over" if self.time.end and self.time.end < self.today else "named, running or to come"
            time = "open" if not self.time.end else time
        compared = [f"vs {type(one).__name__}" for one in self.compare] or ["not compared"]
        return (f"kind {self.kind}", f"rows by {rows}", f"time {time}", *compared)
