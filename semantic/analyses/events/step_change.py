"""The question why a step of a funnel changed: its data format, and the profiles that answer it.

The answer needs two statements, so this kind has no statement of its own. `semantic.services.analyzing.step_change`
answers it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NoReturn

from semantic.analyses.events.asked import Attribute, Reads
from semantic.analyses.events.funnel import FUNNEL
from semantic.analyses.events.funnel.data import funnel_data
from semantic.analyses.events.funnel.question import Funnel, funnel_reads
from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.parts import breakdown_data, event_data, population_data, read_breakdown
from semantic.analyses.events.profile import PROFILE
from semantic.errors import InvalidQuery
from semantic.query.checked import items, mapping, whole
from semantic.query.query import Breakdown


@dataclass(frozen=True, slots=True, kw_only=True)
class StepChange:
    """The question why more or fewer of the previous step's subjects reached `step` than in the period before."""

    funnel: Funnel
    step: int
    by: tuple[Breakdown, ...]


def read_step_change(data: object) -> StepChange:
    """Return the question in JSON-like data. Raises InvalidQuery."""
    fields = mapping(data, "The change of a step", ("kind", "v", "funnel", "step", "by", "time", "where"))
    if fields.get("kind", "step_change") != "step_change" or fields.get("v", 1) != 1:
        raise InvalidQuery("Samepage can't read this change of a step. Use the kind step_change, version 1.")
    inner, own = fields.get("funnel"), {key: fields[key] for key in ("time", "where") if fields.get(key) is not None}
    if not isinstance(inner, dict):
        raise InvalidQuery("Name the 'funnel' whose step changed.")
    funnel = FUNNEL.read({**inner, **own})  # pyright: ignore[reportUnknownArgumentType]
    step = whole(fields.get("step"), "step", len(funnel.steps))
    if step < 2:
        raise InvalidQuery(f"'step' must be a step from 2 to {len(funnel.steps)}.")
    if funnel.order == "any":
        raise InvalidQuery("In any order, no step comes before another. Choose a funnel with an order.")
    if funnel.population.sample is not None:
        raise InvalidQuery("The change of a step can't be estimated from a sample. Remove 'sample'.")
    by = tuple(read_breakdown(item, "by") for item in items(fields.get("by", []), "by"))
    population = replace(funnel.population, compare=None)  # it's always compared with the previous period
    plain = replace(funnel, population=population, by=None, over=None, once="overall", by_step="first")
    asked = StepChange(funnel=plain, step=step, by=by)
    PROFILE.read(profile_of_step(asked.funnel, step, asked.by))
    return asked


def step_change_data(asked: StepChange) -> dict[str, Any]:
    """Return the question as JSON-ready data. The funnel's period and filters have their own keys."""
    by = [breakdown_data(each) for each in asked.by]
    funnel = funnel_data(asked.funnel)
    own = {key: funnel.pop(key) for key in ("time", "where") if key in funnel}
    return {"kind": "step_change", "v": 1, "funnel": funnel, "step": asked.step, "by": by, **own}


def profile_of_step(funnel: Funnel, step: int, by: Sequence[Breakdown]) -> dict[str, Any]:
    """Return a profile of the subjects who stopped before a step, compared with those who reached it."""
    analysis = funnel_data(replace(funnel, by=None, over=None, once="overall", by_step="first"))
    return {
        "kind": "profile",
        "v": 1,
        **population_data(replace(funnel.population, of=None)),
        "at": event_data(funnel.steps[0].event),
        "who": {"analysis": analysis, "part": {"reached": step - 1, "not": step}},
        "than": {"analysis": analysis, "part": {"reached": step}},
        "by": [breakdown_data(each) for each in by],
    }


def _reads(asked: StepChange) -> Reads:
    """Return what the question reads: the events of the funnel, and the breakdowns."""
    by = tuple(Attribute(each, frozenset([0])) for each in asked.by)
    reads = funnel_reads(asked.funnel)
    return replace(reads, attributes=(*reads.attributes, *by))


def _in_two_statements(*_: object) -> NoReturn:
    raise AssertionError("Why a step changed takes two statements.")


STEP_CHANGE: Final[EventKind[StepChange, Any]] = EventKind(  # Any: found by services
    name="step_change",
    label="Why a step changed",
    read=read_step_change,
    data=step_change_data,
    reads=_reads,
    lower=_in_two_statements,
    find=_in_two_statements,
    rule=_in_two_statements,
    not_compared="Why a step changed can't be compared with another period, because it already compares two.",
)
