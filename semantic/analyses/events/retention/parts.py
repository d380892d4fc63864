"""Parts of retention: the subjects who came back in time, those who didn't, and whole cohorts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlglot import exp

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
from semantic.analyses.events.retention.lower import CAME, SPANS, STARTS, add_starts
from semantic.analyses.events.retention.question import Retention, attribute_of
from semantic.analyses.events.rows import EventTable
from semantic.errors import InvalidQuery
from semantic.model.definitions import Granularity
from semantic.query.checked import day, mapping
from semantic.query.describe import MONTHS, describe_day, lower_first
from semantic.sql.dialects.build_tree import aliased, and_all, column, named_table, number, select_from
from semantic.sql.rows.legs import where_all

Came = Literal["yes", "no", "open"]
_CAME: dict[object, Came] = {True: "yes", False: "no", "open": "open"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPart:
    """The subjects who began or, with `cell` or `within`, a part of these.

    `cell` is a cell, counted from 1, and `within` is a period. `came` is whether the subjects came back in it, didn't
    come back, or began too late to know. `by` limits them to a group, and `over` to the cohort of the period that
    begins on this day.
    """

    cell: int | None = None
    within: int | None = None
    came: Came = "yes"
    by: tuple[Member] | None = None
    over: date | None = None


def read_retention_part(retention: Retention, data: object) -> RetentionPart:
    """Return the part of retention in JSON-like data. Raises InvalidQuery."""
    fields = mapping(data, "The part of the retention", ("cell", "within", "came", "by", "over"))
    cell, within = fields.get("cell"), fields.get("within")
    if cell is not None and within is not None:
        raise InvalidQuery("A part has either a 'cell' or 'within'. Remove one.")
    if cell is not None and (type(cell) is not int or not 1 <= cell <= len(retention.slots)):
        raise InvalidQuery(f"'cell' must be one of the {len(retention.slots)} shown, counted from 1.")
    if within is not None and (type(within) is not int or not 0 <= within <= retention.last):
        raise InvalidQuery(f"'within' must be a period from 0 to {retention.last}.")
    came = fields.get("came", True)
    if not isinstance(came, bool | str) or came not in _CAME:
        raise InvalidQuery("'came' must be true, false, or \"open\" for those who began too late.")
    if "came" in fields and cell is None and within is None:
        raise InvalidQuery("'came' needs a 'cell' or 'within'. Add one, or remove it.")
    if "over" in fields and retention.over is None:
        raise InvalidQuery("This retention has no cohorts by date. Remove 'over' from its part.")
    return RetentionPart(
        cell=cell,
        within=within,
        came=_CAME[came],
        by=read_member(fields, retention.by, "retention"),
        over=day(fields["over"], "over") if "over" in fields else None,
    )


def _members(retention: Retention, table: EventTable, part: RetentionPart) -> exp.Select:
    """Return the subjects in the part. Each subject has one row."""
    add_starts(retention, table)
    tests: list[exp.Expr] = []
    joins: list[exp.Join] = []
    needs = _needs(retention, part)
    if needs is not None:
        is_known = exp.GT(this=column("known", STARTS), expression=number(needs))
        if part.came == "open":
            tests.append(exp.Not(this=exp.Paren(this=is_known)))
        else:
            joins, came = _came(retention, table, part)
            tests += [is_known, came if part.came == "yes" else exp.Not(this=exp.Paren(this=came))]
    if part.by is not None:
        place = attribute_of(retention, "by")
        tests.append(equals(f"k{place}", STARTS, typed_member(table.planned, place, part.by[0]), table))
    if part.over is not None:
        tests.append(equals(f"k{attribute_of(retention, 'over')}", STARTS, part.over, table))
    keys = [aliased(column(each, STARTS), each) for each in table.subject]
    tree = select_from(named_table(STARTS), keys, keys=0)
    tree.set("joins", joins)
    return where_all(tree, tests)


def _needs(retention: Retention, part: RetentionPart) -> int | None:
    """Return the last period that must be over to know whether a subject came back. None if no period must be."""
    if part.cell is not None:
        return retention.slots[part.cell - 1].needs
    return part.within


def _came(retention: Retention, table: EventTable, part: RetentionPart) -> tuple[list[exp.Join], exp.Expr]:
    """Return the joins and the condition for subjects who came back. They are for a SELECT from the first events."""
    if part.cell is not None and retention.count == "on":
        on = [
            *table.same_subject(CAME, STARTS),
            exp.EQ(this=column("slot", CAME), expression=number(part.cell)),
        ]
        return [exp.Join(this=named_table(CAME), side="LEFT", on=and_all(on))], is_there("slot", CAME)
    on = and_all(table.same_subject(SPANS, STARTS))
    joins = [exp.Join(this=named_table(SPANS), side="LEFT", on=on)]
    if part.cell is not None:
        last = exp.Coalesce(this=column("last_back", SPANS), expressions=[number(-1)])
        return joins, exp.GTE(this=last, expression=number(retention.slots[part.cell - 1].low))
    assert part.within is not None
    never = number(retention.last + 1)
    first = exp.Coalesce(this=column("first_back", SPANS), expressions=[never])
    return joins, exp.LTE(this=first, expression=number(part.within))


def _words(retention: Retention, planned: PlannedEvents, part: RetentionPart) -> str:
    first, back = (lower_first(planned.legs[place].label) for place in (0, retention.back_event))
    after = "" if retention.back is None else f" after {first}"
    groups: list[str] = []
    if part.by is not None:
        groups.append(member_words(planned, attribute_of(retention, "by"), part.by[0]))
    if part.over is not None and retention.over is not None:
        groups.append(_cohort(retention.over, part.over))
    began = f" (began in {', '.join(groups)})" if groups else ""
    when = _when(retention, part)
    if retention.survives and part.within is not None and part.came != "open":
        did = "had" if part.came == "yes" else "had no"
        return f"{did} {back} {when}{after}{began}"
    match part.came if when else "all":
        case "all":
            return f"began with {first}{began}"
        case "yes":
            return f"came back for {back} {when}{after}{began}"
        case "no":
            return f"didn't come back for {back} {when}{after}{began}"
        case _:
            return f"began with {first} too late to know whether they came back {when}{began}"


def _cohort(over: Granularity, first: date) -> str:
    match over:
        case Granularity.DAY:
            return describe_day(first)
        case Granularity.MONTH:
            return f"{MONTHS[first.month - 1]} {first.year}"
        case _:
            return f"the {over.words} from {describe_day(first)}"


def _when(retention: Retention, part: RetentionPart) -> str:
    unit = retention.unit.words
    if part.within is not None:
        if retention.clock == "rolling":
            return f"within {part.within + 1} {unit}{'s' if part.within else ''}"
        return f"by the end of {unit} {part.within}"
    if part.cell is None:
        return ""
    slot = retention.slots[part.cell - 1]
    if slot.high is None:
        return f"in {unit} {slot.low} or later"
    return f"in {unit} {slot.low}" if slot.low == slot.high else f"in {unit}s {slot.low}–{slot.high}"


def _offers(retention: Retention) -> list[dict[str, Any]]:
    """Return the parts to offer: the subjects who came back in each cell, those who didn't, and everyone who began.

    The cell of the headline comes first. For survival, the parts are those who left or stayed by the end of each
    period, and everyone who began.
    """
    if retention.survives:
        periods = range(retention.last + 1)
        return [{"within": period, "came": came} for period in periods for came in (True, False)] + [{}]
    cells = sorted(range(1, len(retention.slots) + 1), key=lambda cell: cell != retention.at)
    return [{"cell": cell, "came": came} for cell in cells for came in (True, False)] + [{}]


def _atoms(retention: Retention, part: RetentionPart) -> list[dict[str, Any]] | None:
    """Return disjoint parts: the subjects who came back, those who didn't, and those who began too late to know.

    None for a group or a cohort, because there can be any number of these.
    """
    if part.by is not None or part.over is not None:
        return None
    if part.cell is None and part.within is None:
        return [{}]
    when = {"cell": part.cell} if part.cell is not None else {"within": part.within}
    return [{**when, "came": came} for came in (True, False, "open")]


RETENTION_PARTS: PartKind[Retention, RetentionPart] = PartKind(
    read=read_retention_part,
    members=_members,
    words=_words,
    offers=_offers,
    atoms=_atoms,
    compares=lambda retention, part: compares_member(retention.by, part.by),
)
