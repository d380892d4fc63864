"""Read names in the form of other tools, where `listing__country` and `metric_time__month` have several parts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from semantic.model.definitions import DatePart, Granularity
from semantic.model.model import Model
from semantic.query.member_conditions import split_member_conditions
from semantic.query.query import DATE, AllOf, AnyOf, Breakdown, Condition, Filter, NotAny, SqlCondition

OTHER_DATE = "metric_time"
"""The name that other tools use for each metric's own date."""

_BETWEEN = "__"


_PART = "extract_"


@dataclass(frozen=True, slots=True)
class Named:
    """A dimension's name, the roles that lead to it, joined by dots, and how its date is grouped.

    A date is grouped by period, date part or calendar period.
    """

    dim: str
    via: str | None = None
    grain: Granularity | None = None
    part: DatePart | None = None
    period: str | None = None

    @property
    def is_grouped(self) -> bool:
        return self.grain is not None or self.part is not None or self.period is not None


def read_name(text: str, model: Model) -> Named:
    """Return what a name refers to.

    A dimension's own name comes first. Any other text counts as the name of a dimension.
    """
    if text in model.dimensions or text == DATE:
        return Named(text)
    parts = text.split(_BETWEEN)
    shown = _shown(parts[-1], model) if len(parts) > 1 else Named("")
    if shown.is_grouped:
        parts.pop()
        if _BETWEEN.join(parts) in model.dimensions:
            return replace(shown, dim=_BETWEEN.join(parts))
    dim = parts.pop()
    if dim == OTHER_DATE and not parts:
        return replace(shown, dim=DATE)
    if not parts:
        return replace(shown, dim=dim)
    return replace(shown, dim=dim, via=".".join(parts)) if dim in model.dimensions else Named(text)


def _shown(text: str, model: Model) -> Named:
    """Return how the last part of a name groups a date, or an empty result if it doesn't."""
    if text in tuple(Granularity):
        return Named("", grain=Granularity(text))
    if text.startswith(_PART) and text.removeprefix(_PART) in tuple(DatePart):
        return Named("", part=DatePart(text.removeprefix(_PART)))
    return Named("", period=text) if model.period(text) else Named("")


def date_name(breakdown: Breakdown) -> str:
    """Return a breakdown's name in a filter.

    For a date, it includes the date part or calendar period.
    """
    how = _PART + breakdown.part.value if breakdown.part else breakdown.period
    return _named(breakdown, how) if how else breakdown.dim


def periods_name(breakdown: Breakdown, grain: Granularity) -> str:
    """Return a filter's name for the periods of a date, such as `date__week`."""
    return _named(breakdown, grain.value)


def _named(breakdown: Breakdown, how: str) -> str:
    way = breakdown.via.replace(".", _BETWEEN) + _BETWEEN if breakdown.via else ""
    return f"{way}{breakdown.dim}{_BETWEEN}{how}"


def own_breakdown(breakdown: Breakdown, model: Model, default_grain: Granularity = Granularity.DAY) -> Breakdown:
    """Return a breakdown with the model's own names. Its column keeps the name from the question.

    `default_grain` groups the metrics' own dates if the question doesn't say how.
    """
    if breakdown.via or breakdown.name or breakdown.dim in model.dimensions or breakdown.dim == DATE:
        return breakdown
    named = read_name(breakdown.dim, model)
    if named == Named(breakdown.dim):
        return breakdown
    grain, part, period = breakdown.grain or named.grain, breakdown.part or named.part, breakdown.period or named.period
    is_time = named.dim == DATE or (named.dim in model.dimensions and model.dimensions[named.dim][0].kind == "time")
    if is_time and not (grain or part or period):
        grain = default_grain
        if named.dim != DATE:
            grain = model.dimensions[named.dim][0].days_grain
    dim = breakdown.dim
    if not named.is_grouped and (grain or part or period):
        dim += _BETWEEN + (grain.value if grain else _PART + part.value if part else period or "")
    return Breakdown(named.dim, grain, named.via, part, period, dim)


def own_filter(part: Filter, model: Model) -> Filter:
    """Return a filter with the model's own names."""
    match part:
        case Condition() if part.via is None:
            named = read_name(part.dim, model)
            return part if named.is_grouped else replace(part, dim=named.dim, via=named.via)
        case AllOf(parts) | AnyOf(parts):
            return type(part)(tuple(own_filter(inner_part, model) for inner_part in parts))
        case NotAny(inner):
            return NotAny(own_filter(inner, model))
        case SqlCondition(condition):
            return split_member_conditions(condition)
        case _:
            return part
