"""The setup of a reconciliation: both metrics, the rows behind ours, and both sides' rules.

This module also reads and writes a setup as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final, TypeVar

from semantic.errors import InvalidQuery
from semantic.query.checked import currency_code, items, mapping, name, zone
from semantic.query.codec import data_from_json
from semantic.query.filters import filter_data, read_filter
from semantic.query.query import Filter
from semantic.reconciliation.rules import MOST_DAYS, CountedPer, Credit, Dated, Rules

VERSION: Final = 1
LONGEST_LABEL: Final = 80
TOLERANCE: Final = Fraction(2, 100)
MOST_RATES: Final = 120
MOST_TOLERANCE: Final = Fraction(1, 2)
_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touches:
    """The breakdowns that list a dataset's clicks and views row by row. Without `kind`, all rows are clicks."""

    id: str
    person: str
    at: str
    platform: str
    own: tuple[str, ...]  # the platform's values
    kind: str = ""
    clicks: tuple[str, ...] = ()
    views: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversions:
    """The breakdowns that list a dataset's conversions row by row.

    Without `value`, each conversion counts as 1. With `kind`, only conversions of these `kinds` count. A conversion
    whose `state` is in `returned` was returned later.
    """

    id: str
    person: str
    at: str
    order: str
    value: str = ""
    kind: str = ""
    kinds: tuple[str, ...] = ()
    state: str = ""
    returned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The setup of one reconciliation.

    `group` is the breakdown by which both sides are compared, in addition to months, or "". With `model_rates`,
    `their_rules` use the model's exchange rate for each month. `is_guess` means that `their_rules` come from a search
    and weren't confirmed with the platform.
    """

    label: str
    metric: str
    theirs: str
    touches: Touches
    conversions: Conversions
    our_rules: Rules
    their_rules: Rules
    where: Filter | None = None
    theirs_where: Filter | None = None
    group: str = ""
    preset: str = ""
    tolerance: Fraction = TOLERANCE
    model_rates: bool = False
    is_guess: bool = False


def setup_to_json(setup: Setup) -> str:
    """Return the setup as compact JSON."""
    return json.dumps(setup_data(setup), ensure_ascii=False, separators=(",", ":"))


def setup_data(setup: Setup) -> dict[str, Any]:
    def where(part: Filter | None) -> dict[str, Any] | None:
        return filter_data(part) if part is not None else None

    def rules(rules: Rules) -> dict[str, Any]:
        data = asdict(rules) | {"rate": str(rules.rate)}
        data["rates"] = {month.isoformat(): str(rate) for month, rate in rules.rates}
        return {name: value for name, value in data.items() if name != "rates" or value}

    return {
        "v": VERSION,
        "label": setup.label,
        "metric": setup.metric,
        "where": where(setup.where),
        "theirs": setup.theirs,
        "theirs_where": where(setup.theirs_where),
        "group": setup.group,
        "preset": setup.preset,
        "tolerance": str(setup.tolerance),
        "touches": asdict(setup.touches),
        "conversions": asdict(setup.conversions),
        "our_rules": rules(setup.our_rules),
        "their_rules": rules(setup.their_rules),
        **({"model_rates": True} if setup.model_rates else {}),
        **({"is_guess": True} if setup.is_guess else {}),
    }


_KEYS: Final = (
    "v", "label", "metric", "where", "theirs", "theirs_where", "group", "preset", "tolerance", "touches",
    "conversions", "our_rules", "their_rules", "model_rates", "is_guess",
)  # fmt: skip


def setup_from_json(text: str) -> Setup:
    """Return the setup in `text`. Raises InvalidQuery."""
    data = mapping(data_from_json(text), "A reconciliation", _KEYS)
    if data.get("v") != VERSION:
        raise InvalidQuery("This reconciliation was saved by another version of Samepage, which this one can't read.")
    setup = Setup(
        label=_text(data.get("label"), "label", LONGEST_LABEL).strip(),
        metric=name(data.get("metric"), "metric"),
        theirs=name(data.get("theirs"), "theirs"),
        touches=_touches(data.get("touches")),
        conversions=_conversions(data.get("conversions")),
        our_rules=read_rules(data.get("our_rules")),
        their_rules=read_rules(data.get("their_rules")),
        where=_where(data.get("where")),
        theirs_where=_where(data.get("theirs_where")),
        group=_optional(data.get("group"), "group"),
        preset=_optional(data.get("preset"), "preset"),
        tolerance=_fraction(data.get("tolerance"), "tolerance"),
        model_rates=data.get("model_rates") is True,
        is_guess=data.get("is_guess") is True,
    )
    check_setup(setup)
    return setup


def check_setup(setup: Setup) -> None:
    """Raise InvalidQuery if a setup can't be counted. The form shows the message."""
    if not setup.label.strip() or len(setup.label) > LONGEST_LABEL:
        raise InvalidQuery(f"Give it a name of at most {LONGEST_LABEL} characters.")
    if setup.metric == setup.theirs:
        raise InvalidQuery("Choose two different metrics: yours, and the one with the platform's totals.")
    for rules in (setup.our_rules, setup.their_rules):
        if not 1 <= rules.click_days <= MOST_DAYS or not 0 <= rules.view_days <= MOST_DAYS:
            raise InvalidQuery(f"A window has at most {MOST_DAYS} days, and a click's has at least 1.")
        if any(rate <= 0 for rate in (rules.rate, *dict(rules.rates).values())):
            raise InvalidQuery("An exchange rate must be above 0.")
        zone(rules.zone)
        if rules.currency:
            currency_code(rules.currency)
    if not 0 <= setup.tolerance <= MOST_TOLERANCE:
        raise InvalidQuery(f"The tolerance must be from 0% to {float(MOST_TOLERANCE):.0%}.")
    if setup.model_rates and not setup.their_rules.currency:
        raise InvalidQuery("Choose the platform's currency.")
    if setup.touches.kind and not setup.touches.clicks:
        raise InvalidQuery("Choose which touches are clicks.")
    if not setup.touches.own:
        raise InvalidQuery("Choose which platform it is.")
    if set(setup.touches.clicks) & set(setup.touches.views):
        raise InvalidQuery("A kind of touch can't be both a click and a view.")
    if setup.conversions.kind and not setup.conversions.kinds:
        raise InvalidQuery("Choose which conversions count.")
    if not setup.conversions.returned and (setup.our_rules.without_returned or setup.their_rules.without_returned):
        raise InvalidQuery("Choose which conversions were returned, or count returned orders.")


def read_rules(data: object) -> Rules:
    """Return the rules in JSON data. Raises InvalidQuery."""
    found = mapping(data, "Rules", [field.name for field in fields(Rules)])
    currency = found.get("currency", "")
    return Rules(
        click_days=_days(found.get("click_days"), "click_days"),
        view_days=_days(found.get("view_days"), "view_days"),
        calendar_days=found.get("calendar_days") is True,
        dated=_choice(found.get("dated"), Dated, "dated"),
        zone=zone(found.get("zone")),
        counted=_choice(found.get("counted"), CountedPer, "counted"),
        without_returned=found.get("without_returned") is True,
        credit=_choice(found.get("credit"), Credit, "credit"),
        currency=currency_code(currency) if currency else "",
        rate=_fraction(found.get("rate"), "rate"),
        rates=_rates(found.get("rates", {})),
    )


def names_in(setup: Setup) -> tuple[str, ...]:
    """Return all breakdowns that a setup uses."""
    touches, conversions = setup.touches, setup.conversions
    names = (
        touches.id, touches.person, touches.at, touches.platform, touches.kind, setup.group,
        conversions.id, conversions.person, conversions.at, conversions.order, conversions.value,
        conversions.kind, conversions.state,
    )  # fmt: skip
    return tuple(dict.fromkeys(each for each in names if each))


def with_guess(setup: Setup, theirs: Rules) -> Setup:
    """Return the setup with rules for the platform that come from a search, marked as a guess."""
    return replace(setup, their_rules=theirs, preset="", is_guess=True)


def _touches(data: object) -> Touches:
    found = mapping(data, "Touches", [field.name for field in fields(Touches)])
    return Touches(
        **_names(found, ("id", "person", "at", "platform")),
        own=_own(found.get("own")),
        kind=_optional(found.get("kind"), "kind"),
        clicks=tuple(_text(each, "clicks", 200) for each in items(found.get("clicks", []), "clicks")),
        views=tuple(_text(each, "views", 200) for each in items(found.get("views", []), "views")),
    )


def _own(data: object) -> tuple[str, ...]:
    """Return the values that identify the platform's own rows. Setups from earlier releases have only one value."""
    values = [data] if isinstance(data, str) else items(data, "own")
    return tuple(_text(each, "own", 200) for each in values)


def _conversions(data: object) -> Conversions:
    found = mapping(data, "Conversions", [field.name for field in fields(Conversions)])
    return Conversions(
        **_names(found, ("id", "person", "at", "order")),
        value=_optional(found.get("value"), "value"),
        kind=_optional(found.get("kind"), "kind"),
        kinds=tuple(_text(each, "kinds", 200) for each in items(found.get("kinds", []), "kinds")),
        state=_optional(found.get("state"), "state"),
        returned=tuple(_text(each, "returned", 200) for each in items(found.get("returned", []), "returned")),
    )


def _names(found: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, str]:
    return {key: name(found.get(key), key) for key in keys}


def _optional(data: object, what: str) -> str:
    return name(data, what) if data else ""


def _where(data: object) -> Filter | None:
    return read_filter(data) if data is not None else None


def _text(data: object, what: str, most: int) -> str:
    if not isinstance(data, str) or len(data) > most:
        raise InvalidQuery(f"{what!r} must be text of at most {most} characters.")
    return data


def _rates(data: object) -> tuple[tuple[date, Fraction], ...]:
    """Return exchange rates by the first day of each month, oldest first. Raises InvalidQuery."""
    if not isinstance(data, dict) or len(data) > MOST_RATES:  # pyright: ignore[reportUnknownArgumentType]
        raise InvalidQuery(f"'rates' must be an object with at most {MOST_RATES} months.")
    found: dict[str, Any] = data  # pyright: ignore[reportUnknownVariableType]
    rates: dict[date, Fraction] = {}
    for text, rate in found.items():
        try:
            month = date.fromisoformat(str(text))
        except ValueError:
            raise InvalidQuery(f"{str(text)[:40]!r} in 'rates' isn't a month.") from None
        if month.day != 1:
            raise InvalidQuery(f"{str(text)[:40]!r} in 'rates' isn't the first day of a month.")
        rates[month] = _fraction(rate, "rates")
    return tuple(sorted(rates.items()))


def _days(data: object, what: str) -> int:
    if not isinstance(data, int) or isinstance(data, bool) or not 0 <= data <= MOST_DAYS:
        raise InvalidQuery(f"{what!r} must be a whole number from 0 to {MOST_DAYS}.")
    return data


def _choice(data: object, kind: type[_Choice], what: str) -> _Choice:
    try:
        return kind(str(data))
    except ValueError:
        raise InvalidQuery(f"{str(data)[:80]!r} in {what!r} must be one of {', '.join(kind)}.") from None


def _fraction(data: object, what: str) -> Fraction:
    try:
        if isinstance(data, str) and len(data) <= 60 and "e" not in data.lower():
            return Fraction(data)
    except (ValueError, ZeroDivisionError):
        pass
    raise InvalidQuery(f"{str(data)[:60]!r} in {what!r} isn't a number.")
