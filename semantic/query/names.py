"""Names as other tools write them: `listing__country`, `metric_time__month` are a way, a dimension and a period."""

from __future__ import annotations

from dataclasses import dataclass, replace

from semantic.model.definitions import Granularity
from semantic.model.model import Model
from semantic.query.query import DATE, AllOf, AnyOf, Breakdown, Condition, Filter, NotAny

OTHER_DATE = "metric_time"
"""What other tools call each metric's own date."""

_BETWEEN = "__"


@dataclass(frozen=True, slots=True)
class Named:
    """A dimension by a name, the roles that lead to it joined by dots, and the period that is shown of it."""

    dim: str
    via: str | None = None
    grain: Granularity | None = None


def read_name(text: str, model: Model) -> Named:
    """What `text` names. A dimension's own name comes first; what is neither is taken as a dimension's name."""
    if text in model.dimensions or text == DATE:
        return Named(text)
    parts = text.split(_BETWEEN)
    grain = None
    if len(parts) > 1 and parts[-1] in tuple(Granularity):
        grain = Granularity(parts.pop())
        if _BETWEEN.join(parts) in model.dimensions:
            return Named(_BETWEEN.join(parts), None, grain)
    dim = parts.pop()
    if dim == OTHER_DATE and not parts:
        return Named(DATE, None, grain)
    if not parts:
        return Named(text if grain is None else dim, None, grain)
    return Named(dim, ".".join(parts), grain) if dim in model.dimensions or dim == DATE else Named(text)


def own_breakdown(one: Breakdown, model: Model) -> Breakdown:
    """The breakdown in the model's own names; its column keeps the name that was asked for."""
    if one.via or one.name:
        return one
    found = read_name(one.dim, model)
    if found == Named(one.dim):
        return one
    grain = one.grain or found.grain
    kept = one.dim if found.grain or grain is None else f"{one.dim}{_BETWEEN}{grain.value}"
    is_time = found.dim == DATE or (found.dim in model.dimensions and model.dimensions[found.dim][0].kind == "time")
    if is_time and grain is None:
        own = None if found.dim == DATE else model.dimensions[found.dim][0].grain
        grain = own or Granularity.DAY
        kept = f"{one.dim}{_BETWEEN}{grain.value}"
    return Breakdown(found.dim, grain, found.via, kept)


def own_filter(part: Filter, model: Model) -> Filter:
    """The filter in the model's own names."""
    match part:
        case Condition() if part.via is None:
            found = read_name(part.dim, model)
            return replace(part, dim=found.dim, via=found.via) if found.grain is None else part
        case AllOf(parts) | AnyOf(parts):
            return type(part)(tuple(own_filter(one, model) for one in parts))
        case NotAny(inner):
            return NotAny(own_filter(inner, model))
        case _:
            return part
