"""The schema of a model's settings in YAML, and their conversion to the model's object."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
)

from semantic.model.definitions import Granularity
from semantic.model.files.doc import ColumnName, Doc, Name
from semantic.model.settings import MONTHS, CertificationRules, Criterion, CurrencyRates, Rules, Settings, WeekDay
from semantic.model.zones import is_zone


def _known_zone(name: str) -> str:
    if not is_zone(name):
        raise ValueError("this isn't a time zone; use a name such as Europe/Berlin")
    return name


def _known_month(name: str) -> str:
    if name not in MONTHS:
        raise ValueError("it is not a month; write its English name, such as april")
    return name


class RulesDoc(Doc):
    """The choices between Samepage's own behaviour and that of other tools. The first value of each is the default."""

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


CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class RatesDoc(Doc):
    """The dataset of exchange rates, with one row for each currency and day, and its columns."""

    dataset: Name
    currency: ColumnName
    day: ColumnName
    rate: ColumnName
    currencies: list[CurrencyCode] = []


class CertificationDoc(Doc):
    """What a metric needs to be certified, and how long a certification can last."""

    require: list[Literal["described", "owner", "checks", "reviewed", "reconciled", "used"]] = [
        "described", "owner", "checks", "reviewed",
    ]  # fmt: skip
    check_days: int = Field(default=30, ge=0, le=90)
    months: int = Field(default=12, ge=1, le=18)


class SettingsDoc(Doc):
    """Settings of the whole model."""

    name: str = "Model"
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    week_start: WeekDay = "monday"
    fiscal_start: Annotated[str, AfterValidator(_known_month)] = "january"
    currency: CurrencyCode = "EUR"
    rates: RatesDoc | None = None
    rules: RulesDoc = RulesDoc()
    spine: str = ""
    clock_spines: dict[Literal["hour", "minute", "second", "millisecond"], str] = {}
    certification: CertificationDoc = CertificationDoc()


def read_settings(doc: SettingsDoc) -> Settings:
    """Return the settings as their file defines them."""
    fields = doc.model_dump(exclude={"rules", "clock_spines", "rates", "certification"})
    if doc.rates:
        rates = doc.rates
        fields["rates"] = CurrencyRates(rates.dataset, rates.currency, rates.day, rates.rate, tuple(rates.currencies))
    clock = tuple((Granularity(unit), text) for unit, text in doc.clock_spines.items())
    wanted = doc.certification
    rules = CertificationRules(tuple(dict.fromkeys(map(Criterion, wanted.require))), wanted.check_days, wanted.months)
    return Settings(**fields, rules=Rules(**doc.rules.model_dump()), clock_spines=clock, certification=rules)
