"""Parts of a funnel: the subjects who reached one step but not another, in total or in one group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlglot import exp

from semantic.analyses.events.funnel.lower import COUNTED, count_tries
from semantic.analyses.events.funnel.question import Funnel, attribute_of, key_of
from semantic.analyses.events.kind import PartKind
from semantic.analyses.events.members import (
    Member,
    compares_member,
    equals,
    is_there,
    member_words,
    read_member,
    typed_member,
)
from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.rows import EventTable
from semantic.errors import InvalidQuery
from semantic.query.checked import day, mapping
from semantic.query.describe import describe_day
from semantic.sql.dialects.build_tree import aliased, column, named_table, select_from
from semantic.sql.rows.legs import where_all


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelPart:
    """The subjects who reached the step `reached` and, if it's given, not the later step `missed`. Steps count from 1.

    `by` limits them to a group of the funnel's breakdown, and `over` to the period that begins on this day.
    """

    reached: int = 1
    missed: int | None = None
    by: tuple[Member] | None = None  # in a tuple, because a group can have no value
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
    by = read_member(fields, funnel.by, "funnel")
    if "over" in fields and funnel.over is None:
        raise InvalidQuery("This funnel isn't shown over time. Remove 'over' from its part.")
    if "over" not in fields and funnel.once == "each":
        raise InvalidQuery("This funnel counts everyone once in each period. Name the period of its part with 'over'.")
    return FunnelPart(
        reached=reached,
        missed=missed,
        by=by,
        over=day(fields["over"], "over") if "over" in fields else None,
    )


def _members(funnel: Funnel, table: EventTable, part: FunnelPart) -> exp.Select:
    """Return the subjects whose counted try belongs to the part."""
    count_tries(funnel, table)
    tests: list[exp.Expr] = [is_there(f"at{part.reached}", COUNTED)]
    if part.missed is not None:
        tests.append(exp.Is(this=column(f"at{part.missed}", COUNTED), expression=exp.Null()))
    if part.by is not None:
        value = typed_member(table.planned, attribute_of(funnel, "by"), part.by[0])
        tests.append(equals(key_of(funnel, "by"), COUNTED, value, table))
        if isinstance(funnel.by_step, int):
            tests.append(is_there(f"at{funnel.by_step}", COUNTED))
    if part.over is not None:
        tests.append(equals(key_of(funnel, "over"), COUNTED, part.over, table))
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


def _offers(funnel: Funnel) -> list[dict[str, Any]]:
    """Return the parts to offer: for each step, the subjects who stopped before it, then those who reached it."""
    if funnel.once == "each":
        return []  # each part is of one period
    steps = range(1, len(funnel.steps) + 1)
    return [{"reached": step - 1, "not": step} for step in steps[1:]] + [{"reached": step} for step in steps]


def _atoms(funnel: Funnel, part: FunnelPart) -> list[dict[str, Any]] | None:
    """Return disjoint parts that cover the funnel: the subjects who stopped at each step.

    None for a part of a group, because there can be any number of groups.
    """
    if part.by is not None or part.over is not None:
        return None
    steps = len(funnel.steps)
    return [{"reached": step, "not": step + 1} for step in range(1, steps)] + [{"reached": steps}]


def _rest(funnel: Funnel, part: FunnelPart) -> dict[str, Any] | None:
    return {"reached": part.missed} if part.missed is not None else None


FUNNEL_PARTS: PartKind[Funnel, FunnelPart] = PartKind(
    read=read_funnel_part,
    members=_members,
    words=_words,
    offers=_offers,
    whole={"reached": 1},
    atoms=_atoms,
    rest=_rest,
    compares=lambda funnel, part: compares_member(funnel.by, part.by),
)
