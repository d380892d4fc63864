"""Read and write what the questions of every kind have in common: events, population, windows and breakdowns."""

from __future__ import annotations

import json
import re
from typing import Any

from semantic.analyses.events.asked import SAMPLES, Event, PartOf, Population, Side
from semantic.errors import InvalidQuery
from semantic.model.definitions import Granularity, Span
from semantic.query.checked import grain, items, mapping, name, via, zone
from semantic.query.data import comparison_data, read_comparisons
from semantic.query.filters import filter_data, read_filter
from semantic.query.period_data import period_data, read_period
from semantic.query.query import Breakdown, Comparison

POPULATION_KEYS = ("subject", "where", "time", "time_zone", "sample", "of", "compare", "sides")
EVENT_KEYS = ("metric", "where", "name")
MOST_NAME, MOST_SPAN = 80, 10_000
_SPAN = re.compile(r"^(\d{1,5}) (second|minute|hour|day|week)s?\Z")


def read_population(data: dict[str, Any]) -> Population:
    """Return the population in a question's data. Check its keys first. Raises InvalidQuery."""
    if "subject" not in data:
        raise InvalidQuery("Name the 'subject' whose events are analyzed, such as visitor or customer.")
    sides = _sides(data["sides"]) if data.get("sides") is not None else ()
    if sides and (data.get("of") is not None or data.get("compare") is not None):
        raise InvalidQuery("'sides' are compared with each other. Remove 'of' and 'compare', or 'sides'.")
    return Population(
        subject=name(data["subject"], "subject"),
        where=read_filter(data["where"]) if data.get("where") is not None else None,
        time=read_period(data["time"]) if data.get("time") is not None else None,
        time_zone=zone(data["time_zone"]) if data.get("time_zone") is not None else None,
        sample=_sample(data["sample"]) if data.get("sample") is not None else None,
        of=read_part_of(data["of"], "of") if data.get("of") is not None else None,
        compare=_compare(data["compare"]) if data.get("compare") is not None else None,
        sides=sides,
    )


def population_data(population: Population) -> dict[str, Any]:
    """Return a population as JSON-ready data."""
    data: dict[str, Any] = {"subject": population.subject}
    if population.where is not None:
        data["where"] = filter_data(population.where)
    if population.time is not None:
        data["time"] = period_data(population.time)
    if population.time_zone is not None:
        data["time_zone"] = population.time_zone
    if population.sample is not None:
        data["sample"] = population.sample
    if population.compare is not None:
        data["compare"] = [comparison_data(population.compare)]
    if population.sides:
        data["sides"] = [_side_data(side) for side in population.sides]
    return data | ({"of": part_of_data(population.of)} if population.of is not None else {})


def read_part_of(data: object, what: str) -> PartOf:
    """Return the part of another analysis in JSON-like data. Its two fields are checked later.

    Raises InvalidQuery.
    """
    fields = mapping(data, f"{what!r}", ("analysis", "part"))
    if not all(isinstance(fields.get(key), dict) for key in ("analysis", "part")):
        raise InvalidQuery(f"{what!r} needs an 'analysis' and a 'part' of it, such as {{\"reached\": 1, \"not\": 2}}.")
    return PartOf(_as_text(fields["analysis"]), _as_text(fields["part"]))


def part_of_data(part: PartOf) -> dict[str, Any]:
    """Return the part of another analysis as JSON-ready data."""
    return {"analysis": json.loads(part.analysis), "part": json.loads(part.part)}


def _as_text(data: object) -> str:
    try:
        return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidQuery(f"This isn't valid JSON: {error}.") from error


def _compare(data: object) -> Comparison | None:
    comparisons = read_comparisons(data)
    if len(comparisons) > 1:
        raise InvalidQuery("An analysis can be compared with one other period. Keep one in 'compare'.")
    return comparisons[0] if comparisons else None


def _sides(data: object) -> tuple[Side, ...]:
    sides = tuple(_side(item) for item in items(data, "sides"))
    if len(sides) != 2 or sides[0].name == sides[1].name:
        raise InvalidQuery("'sides' are two groups of people with different names. Use a breakdown for more of them.")
    return sides


def _side(data: object) -> Side:
    fields = mapping(data, "Each of the 'sides'", ("name", "where", "of"))
    text, where, of = (fields.get(key) for key in ("name", "where", "of"))
    if not isinstance(text, str) or not text.strip() or len(text) > MOST_NAME or not text.isprintable():
        raise InvalidQuery(f"Each of the 'sides' needs a 'name' of at most {MOST_NAME} characters.")
    if where is None and of is None:
        raise InvalidQuery(
            f"Say who is in {text.strip()}: choose a filter ('where') or people of another analysis ('of')."
        )
    return Side(
        name=text.strip(),
        where=read_filter(where) if where is not None else None,
        of=read_part_of(of, "of") if of is not None else None,
    )


def _side_data(side: Side) -> dict[str, Any]:
    data: dict[str, Any] = {"name": side.name}
    if side.where is not None:
        data["where"] = filter_data(side.where)
    return data | ({"of": part_of_data(side.of)} if side.of is not None else {})


def _sample(data: object) -> float:
    if not isinstance(data, float) or data not in SAMPLES:
        choices = " or ".join(f"{share:g} for {share:.0%}" for share in SAMPLES)
        raise InvalidQuery(f"'sample' is the share of subjects that are followed. Use {choices}, or leave it out.")
    return data


def read_event(data: object, what: str, more: tuple[str, ...] = ()) -> tuple[Event, dict[str, Any]]:
    """Return an event from a metric's name or from an object, with the object's values for the keys in `more`.

    Raises InvalidQuery.
    """
    fields = {"metric": data} if isinstance(data, str) else mapping(data, what, (*EVENT_KEYS, *more))
    if "metric" not in fields:
        raise InvalidQuery(f"{what} needs a 'metric', whose rows are the events.")
    shown = fields.get("name", "")
    if not isinstance(shown, str) or len(shown) > MOST_NAME or not shown.isprintable():
        raise InvalidQuery(f"The 'name' of an event must be text of at most {MOST_NAME} characters.")
    where = read_filter(fields["where"]) if fields.get("where") is not None else None
    event = Event(metric=name(fields["metric"], "metric"), where=where, name=shown.strip())
    return event, {key: fields[key] for key in more if fields.get(key) is not None}


def event_data(event: Event) -> dict[str, Any]:
    """Return an event as JSON-ready data."""
    data: dict[str, Any] = {"metric": event.metric}
    if event.where is not None:
        data["where"] = filter_data(event.where)
    return data | ({"name": event.name} if event.name else {})


def read_span(data: object, what: str) -> Span:
    """Return a duration such as `7 days`. Raises InvalidQuery."""
    match = _SPAN.match(data) if isinstance(data, str) else None
    if match is None or not 0 < int(match[1]) <= MOST_SPAN:
        raise InvalidQuery(f"{str(data)[:40]!r} in {what!r} isn't a length of time. Use the form 30 minutes or 7 days.")
    return Span(int(match[1]), Granularity(match[2]))


def read_breakdown(data: object, what: str) -> Breakdown:
    """Return a breakdown from a dimension's name or from an object. Raises InvalidQuery."""
    fields = {"dim": data} if isinstance(data, str) else mapping(data, f"{what!r}", ("dim", "via", "grain"))
    return Breakdown(
        name(fields.get("dim"), what),
        grain=grain(fields["grain"]) if fields.get("grain") is not None else None,
        via=via(fields["via"]) if fields.get("via") is not None else None,
    )


def breakdown_data(breakdown: Breakdown) -> str | dict[str, Any]:
    """Return a breakdown as JSON-ready data."""
    data: dict[str, Any] = {"dim": breakdown.dim}
    if breakdown.via is not None:
        data["via"] = breakdown.via
    if breakdown.grain is not None:
        data["grain"] = breakdown.grain.value
    return data if len(data) > 1 else breakdown.dim
