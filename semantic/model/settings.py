"""Settings of the whole model: its calendar, currency, rules, and requirements for certification."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args

from semantic.model.definitions import Granularity

MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
"""The names of the months, for the first month of the fiscal year."""
WeekDay = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEK_DAYS: tuple[WeekDay, ...] = get_args(WeekDay)


@dataclass(frozen=True, slots=True)
class Rules:
    """How the model behaves where Samepage is safer than other tools (decision 31).

    The first value of each rule is the safer one.

    `grain_mismatch`: if a metric only has values for longer periods, a question by shorter periods is refused, or the
    whole question uses the longer period.

    `offset`: periods are paired as wholes, or periods longer than the offset are paired day by day over the days of the
    spine. A period starts with its first day, or with the first of the shorter periods in the question.

    `last_day`: a balance's last day is taken from all rows, or from rows that pass the question's filters.

    `conversions`: a conversion's latest base event is chosen among all base events, or among those that pass the
    question's filters.

    `missing_conversions`: a group without conversions shows 0, or nothing.

    `every_period`: missing periods are shown for each group, or once if no group has them.

    `window_day`: a longer period shows a window at its first or last day, or at the first or last of its days whose
    window has rows.

    `fill`: inside a formula, a metric's fill applies to every group, or only where the formula has rows.

    `lists`: in a question without metrics, listing members of several datasets is refused, and a filter by a metric's
    value selects among members. Or the members come from the dataset with the fewest dimensions, with a full join to
    the members of the metric.

    `known_days`: only days that have ended and are loaded count, and days before the data begins are missing. Or all
    days count.
    """

    grain_mismatch: Literal["refuse", "widen"] = "refuse"
    offset: Literal["pair", "days"] = "pair"
    last_day: Literal["all", "filtered"] = "all"
    conversions: Literal["all", "filtered"] = "all"
    missing_conversions: Literal["zero", "missing"] = "zero"
    every_period: Literal["groups", "once"] = "groups"
    window_day: Literal["calendar", "rows"] = "calendar"
    fill: Literal["all", "rows"] = "all"
    lists: Literal["members", "joined"] = "members"
    known_days: Literal["over", "all"] = "over"


@dataclass(frozen=True, slots=True)
class CurrencyRates:
    """A dataset of exchange rates, with one row for each currency and day.

    `currency`, `day` and `rate` are its columns. A rate is the value of one unit in the model's currency. `currencies`
    are those that a question can ask for besides the model's own, which needs no rate.
    """

    dataset: str
    currency: str
    day: str
    rate: str
    currencies: tuple[str, ...] = ()


class Criterion(StrEnum):
    """A criterion for certifying a metric."""

    DESCRIBED = "described"
    OWNER = "owner"
    CHECKS = "checks"
    REVIEWED = "reviewed"
    RECONCILED = "reconciled"
    USED = "used"


@dataclass(frozen=True, slots=True)
class CertificationRules:
    """What a metric needs to be certified: its criteria, how long checks must have passed, and the longest term."""

    require: tuple[Criterion, ...] = (Criterion.DESCRIBED, Criterion.OWNER, Criterion.CHECKS, Criterion.REVIEWED)
    check_days: int = 30
    months: int = 12


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of the whole model."""

    name: str = "Model"
    time_zone: str = "UTC"
    week_start: str = "monday"
    fiscal_start: str = "january"
    currency: str = "EUR"
    rates: CurrencyRates | None = None
    rules: Rules = Rules()
    spine: str = ""  # dataset.dimension: a time dimension that has every day
    clock_spines: tuple[tuple[Granularity, str], ...] = ()  # the same for hours and shorter periods
    certification: CertificationRules = CertificationRules()
