"""Read and check maturity in plain data, and write it back. Unknown keys are refused, never ignored."""

from __future__ import annotations

from typing import Any

from semantic.analyses.events.maturity.question import MOST_DAYS, EventLags
from semantic.analyses.events.parts import (
    POPULATION_KEYS,
    event_data,
    population_data,
    read_event,
    read_population,
    read_span,
)
from semantic.errors import InvalidQuery
from semantic.model.definitions import Granularity, Span
from semantic.query.checked import grain, mapping

KEYS = ("kind", "v", "first", "then", "within", "over", *POPULATION_KEYS)
_OVER = (Granularity.DAY, Granularity.WEEK, Granularity.MONTH, Granularity.QUARTER)


def read_maturity(data: object) -> EventLags:
    """Return the question in JSON-like data. Raises InvalidQuery."""
    fields = mapping(data, "The maturity", KEYS)
    if fields.get("kind", "maturity") != "maturity" or fields.get("v", 1) != 1:
        raise InvalidQuery("Samepage can't read this maturity. Use the kind maturity, version 1.")
    for key in ("first", "then"):
        if fields.get(key) is None:
            raise InvalidQuery(f"Name the event {key!r}: what people do first, and what they do then.")
    over = grain(fields.get("over", "week"))
    if over not in _OVER:
        raise InvalidQuery(f"Cohorts can't be made by {over.words}. Use {', '.join(_OVER)}.")
    return EventLags(
        population=read_population(fields),
        first=read_event(fields["first"], "'first'")[0],
        then=read_event(fields["then"], "'then'")[0],
        within=_days(read_span(fields.get("within", "30 days"), "within")),
        over=over,
    )


def maturity_data(lags: EventLags) -> dict[str, Any]:
    """Return the question as JSON-ready data. Default values are left out."""
    data: dict[str, Any] = {"kind": "maturity", "v": 1, **population_data(lags.population)}
    data |= {"first": event_data(lags.first), "then": event_data(lags.then)}
    if lags.within != 30:
        data["within"] = Span(lags.within, Granularity.DAY).words
    return data | ({"over": lags.over.value} if lags.over is not Granularity.WEEK else {})


def _days(span: Span) -> int:
    days = span.count * {Granularity.DAY: 1, Granularity.WEEK: 7}.get(span.unit, 0)
    if not 0 < days <= MOST_DAYS:
        raise InvalidQuery(f"'within' must be whole days or weeks, at most {MOST_DAYS} days, not {span.words}.")
    return days
