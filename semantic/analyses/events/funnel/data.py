"""Read and check a funnel in plain data, and write it back. Unknown keys are refused, never ignored."""

from __future__ import annotations

from typing import Any, Literal

from semantic.analyses.events.funnel.question import MOST_STEPS, Exclusion, Funnel, Step
from semantic.analyses.events.parts import (
    POPULATION_KEYS,
    breakdown_data,
    event_data,
    population_data,
    read_breakdown,
    read_event,
    read_population,
    read_span,
)
from semantic.errors import InvalidQuery
from semantic.query.checked import grain, items, mapping
from semantic.query.query import DATE

MOST_EXCLUSIONS = 5
KEYS = (
    *("kind", "v", "steps", "order", "attempt", "within", "exclude", "among", "hold", "by", "by_step", "over", "once"),
    *POPULATION_KEYS,
)
_ORDERS: tuple[Literal["loose", "strict", "any"], ...] = ("loose", "strict", "any")
_ATTEMPTS: tuple[Literal["first", "best"], ...] = ("first", "best")
_ONCE: tuple[Literal["overall", "each"], ...] = ("overall", "each")


def read_funnel(data: object) -> Funnel:
    """Return the funnel in JSON-like data. Raises InvalidQuery."""
    fields = mapping(data, "The funnel", KEYS)
    if fields.get("kind", "funnel") != "funnel" or fields.get("v", 1) != 1:
        raise InvalidQuery("Samepage can't read this funnel. Use the kind funnel, version 1.")
    steps = tuple(_step(item, place) for place, item in enumerate(items(fields.get("steps", []), "steps"), start=1))
    excluded = items(fields.get("exclude", []), "exclude")
    among, hold, by, over = (fields.get(key) for key in ("among", "hold", "by", "over"))
    funnel = Funnel(
        population=read_population(fields),
        steps=steps,
        order=_one_of(fields.get("order", "loose"), _ORDERS, "order"),
        attempt=_one_of(fields.get("attempt", "first"), _ATTEMPTS, "attempt"),
        within=read_span(fields["within"], "within") if fields.get("within") is not None else None,
        exclude=tuple(_exclusion(item, len(steps)) for item in excluded),
        among=read_event(among, "'among'")[0] if among is not None else None,
        hold=read_breakdown(hold, "hold") if hold is not None else None,
        by=read_breakdown(by, "by") if by is not None else None,
        by_step=_by_step(fields.get("by_step", "first"), len(steps)),
        over=grain(over) if over is not None else None,
        once=_one_of(fields.get("once", "overall"), _ONCE, "once"),
    )
    _check(funnel)
    return funnel


def funnel_data(funnel: Funnel) -> dict[str, Any]:
    """Return the funnel as JSON-ready data. Default values are left out."""
    data: dict[str, Any] = {"kind": "funnel", "v": 1, **population_data(funnel.population)}
    data["steps"] = [
        event_data(step.event) | ({"within": step.within.words} if step.within is not None else {})
        for step in funnel.steps
    ]
    for key, default in (("order", "loose"), ("attempt", "first"), ("by_step", "first"), ("once", "overall")):
        if (value := getattr(funnel, key)) != default:
            data[key] = value
    if funnel.within is not None:
        data["within"] = funnel.within.words
    if funnel.exclude:
        data["exclude"] = [event_data(each.event) | {"between": [each.after, each.before]} for each in funnel.exclude]
    if funnel.among is not None:
        data["among"] = event_data(funnel.among)
    if funnel.hold is not None:
        data["hold"] = breakdown_data(funnel.hold)
    if funnel.by is not None:
        data["by"] = breakdown_data(funnel.by)
    return data | ({"over": funnel.over.value} if funnel.over is not None else {})


def _step(data: object, place: int) -> Step:
    event, more = read_event(data, f"Step {place}", ("within",))
    return Step(event, read_span(more["within"], "within") if "within" in more else None)


def _exclusion(data: object, steps: int) -> Exclusion:
    event, more = read_event(data, "An excluded event", ("between",))
    between = more.get("between", [1, steps])
    if not isinstance(between, list) or len(between) != 2:  # pyright: ignore[reportUnknownArgumentType]
        raise InvalidQuery("'between' must be two steps, such as [1, 2].")
    after, before = between  # pyright: ignore[reportUnknownVariableType]
    if not all(type(each) is int and 1 <= each <= steps for each in (after, before)) or after >= before:
        raise InvalidQuery(f"'between' must be two steps from 1 to {steps}, the earlier first.")
    return Exclusion(event, int(after), int(before))  # pyright: ignore[reportUnknownArgumentType]


def _by_step(data: object, steps: int) -> Literal["first", "last"] | int:
    if isinstance(data, str) and data in ("first", "last"):
        return "first" if data == "first" else "last"
    if type(data) is not int or not 1 <= data <= steps:
        raise InvalidQuery(f"'by_step' must be first, last, or a step from 1 to {steps}.")
    return data


def _check(funnel: Funnel) -> None:
    """Refuse combinations of options that make no sense. Raises InvalidQuery."""
    count = len(funnel.steps)
    if not 2 <= count <= MOST_STEPS:
        raise InvalidQuery(f"A funnel has 2 to {MOST_STEPS} steps, and this one has {count}.")
    if len(funnel.exclude) > MOST_EXCLUSIONS:
        raise InvalidQuery(f"A funnel can exclude at most {MOST_EXCLUSIONS} events.")
    if funnel.steps[0].within is not None:
        raise InvalidQuery("The first step has no step before it. Remove its 'within'.")
    if funnel.among is not None and funnel.order != "strict":
        raise InvalidQuery("'among' only applies to strict order. Remove it, or use the order strict.")
    if funnel.order == "any":
        if any(step.within is not None for step in funnel.steps):
            raise InvalidQuery("In any order, no step comes before another. Use one 'within' for all steps.")
        if any((each.after, each.before) != (1, count) for each in funnel.exclude):
            raise InvalidQuery("In any order, an excluded event can't be between two steps. Remove its 'between'.")
        if len({step.event for step in funnel.steps}) < count:
            raise InvalidQuery("In any order, each step must be a different event.")
    if funnel.hold is not None and (funnel.hold.grain is not None or funnel.hold.dim == DATE):
        raise InvalidQuery("Steps can't be held to the same date. Choose another dimension for 'hold'.")
    if funnel.by is not None and (funnel.by.grain is not None or funnel.by.dim == DATE):
        raise InvalidQuery("Use 'over' to see a funnel over time.")
    if funnel.over is not None and funnel.over.is_clock:
        raise InvalidQuery(f"A funnel can't be shown by {funnel.over.words}. Use day, week or month.")
    if funnel.once == "each" and funnel.over is None:
        raise InvalidQuery("To count everyone once in each period, say which periods with 'over', such as week.")


def _one_of(data: object, choices: tuple[Any, ...], what: str) -> Any:
    if data not in choices:
        raise InvalidQuery(f"{str(data)[:40]!r} isn't an option for {what!r}. Use {', '.join(choices)}.")
    return data
