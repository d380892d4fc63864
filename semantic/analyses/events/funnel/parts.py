"""Parts of a funnel: the subjects who reached one step and not another, of all or of one group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlglot import exp

from semantic.analyses.events.funnel.lower import COUNTED, count_tries
from semantic.analyses.events.funnel.question import Funnel, attribute_of, key_of
from semantic.analyses.events.kind import PartKind
from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.rows import EventTable
from semantic.errors import InvalidQuery
from semantic.plan.joins.filters import typed_value
from semantic.query.checked import day, mapping
from semantic.query.describe import describe_day
from semantic.query.filters import scalar
from semantic.query.member_labels import NO_LABELS, label_of
from semantic.sql.dialects.build_tree import aliased, column, named_table, select_from
from semantic.sql.rows.legs import where_all

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelPart:
    """The subjects who reached the step `reached` and, if given, not the later step `missed`, counted from 1.

    `by` limits them to a group of the funnel's breakdown, and `over` to the period that begins on this day.
    """

    reached: int = 1
    missed: int | None = None
    by: tuple[Value] | None = None  # in a tuple, because a group can have no value
    over: date | None = None


def read_funnel_part(funnel: Funnel, data: object) -> FunnelPart:
    """Return the part of a funnel in JSON-like data. Raises InvalidQuery."""
    fields = mapping(data, "The part of the funnel", ("reached", "not", "by", "over"))
    steps = len(funnel.steps)
    reached, missed = fields.get("reached", 1), fields.get("not")
    if type(reached) is not int or not 1 <= reached <= steps:
        raise InvalidQuery(f"'reached' must be a step from 1 to {steps}.")
    if missed is not None and (type(missed) is not int or not reached < missed <= steps):
        raise InvalidQuery(f"'not' must be a step after 'reached', from {reached + 1} to {steps}.")
    if "by" in fields and funnel.by is None:
        raise InvalidQuery("This funnel has no breakdown. Remove 'by' from its part.")
    if "by" in fields and not isinstance(fields["by"], (str, int, float, bool, type(None))):
        raise InvalidQuery("'by' must be a single value of the funnel's breakdown.")
    if "over" in fields and funnel.over is None:
        raise InvalidQuery("This funnel isn't shown over time. Remove 'over' from its part.")
    if "over" not in fields and funnel.once == "each":
        raise InvalidQuery("This funnel counts everyone once in each period. Name the period of its part with 'over'.")
    if funnel.by is not None and "by" in fields:
        scalar(fields["by"], funnel.by.dim)
    return FunnelPart(
        reached=reached,
        missed=missed,
        by=(fields["by"],) if "by" in fields else None,
        over=day(fields["over"], "over") if "over" in fields else None,
    )


def _members(funnel: Funnel, table: EventTable, part: FunnelPart) -> exp.Select:
    """The subjects, by the try that counts."""
    count_tries(funnel, table)
    tests: list[exp.Expr] = [_is_there(f"at{part.reached}")]
    if part.missed is not None:
        tests.append(exp.Is(this=column(f"at{part.missed}", COUNTED), expression=exp.Null()))
    if part.by is not None:
        tests.append(_equals(key_of(funnel, "by"), _typed(funnel, table.planned, part.by[0]), table))
        if isinstance(funnel.by_step, int):
            tests.append(_is_there(f"at{funnel.by_step}"))
    if part.over is not None:
        tests.append(_equals(key_of(funnel, "over"), part.over, table))
    keys = [aliased(column(each, COUNTED), each) for each in table.subject]
    return where_all(select_from(named_table(COUNTED), keys, keys=0), tests)


def _words(funnel: Funnel, planned: PlannedEvents, part: FunnelPart) -> str:
    labels = [leg.label for leg in planned.legs]
    missed = f" but not {labels[part.missed - 1]}" if part.missed is not None else ""
    groups: list[str] = []
    if part.by is not None:
        groups.append(member_words(planned, attribute_of(funnel, "by"), part.by[0]))
    if part.over is not None and funnel.over is not None:
        groups.append(f"the {funnel.over.words} from {describe_day(part.over)}")
    within = f" ({', '.join(groups)})" if groups else ""
    return f"reached {labels[part.reached - 1]}{missed}{within}"


def member_words(planned: PlannedEvents, place: int, value: Value) -> str:
    """Return a group of an attribute in words: `Device: Phone`. It only has its label if the actor can see all."""
    carried, seen = planned.carried[place], planned.legs[0].asked.visible
    is_labelled = carried.dimension and seen.may_name_members
    labels = seen.member_labels(carried.dimension) if is_labelled else NO_LABELS
    return f"{carried.label}: {'(none)' if value is None else label_of(value, labels) or str(value)}"


def _typed(funnel: Funnel, planned: PlannedEvents, value: Value) -> object:
    """A group's value, in the type that the breakdown has for this actor. Raises InvalidFilter."""
    carried = planned.carried[attribute_of(funnel, "by")]
    return typed_value(value, next(key.field for key in carried.keys if key is not None))


def _is_there(text: str) -> exp.Expr:
    return exp.Not(this=exp.Is(this=column(text, COUNTED), expression=exp.Null()))


def _equals(key: str, value: Any, table: EventTable) -> exp.Expr:
    found = column(key, COUNTED)
    if value is None:
        return exp.Is(this=found, expression=exp.Null())
    return exp.EQ(this=found, expression=table.values.add(value))


def _offers(funnel: Funnel) -> list[dict[str, Any]]:
    """Those who stopped before each step, then those who reached it."""
    if funnel.once == "each":
        return []  # each part is of one period
    steps = range(1, len(funnel.steps) + 1)
    return [{"reached": step - 1, "not": step} for step in steps[1:]] + [{"reached": step} for step in steps]


FUNNEL_PARTS: PartKind[Funnel, FunnelPart] = PartKind(
    read=read_funnel_part, members=_members, words=_words, offers=_offers
)
