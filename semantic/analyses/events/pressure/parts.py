"""Parts of contact pressure: the subjects who got more than a number of messages in a week, and those who didn't."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlglot import exp

from semantic.analyses.events.kind import PartKind
from semantic.analyses.events.members import equals
from semantic.analyses.events.pressure.lower import WEEKS, add_weeks
from semantic.analyses.events.pressure.question import MOST_MESSAGES, Pressure
from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.rows import EventTable
from semantic.errors import InvalidQuery
from semantic.query.checked import day, mapping
from semantic.query.describe import describe_day
from semantic.sql.dialects.build_tree import call, column, named_table, number, select_from
from semantic.sql.rows.legs import where_all


@dataclass(frozen=True, slots=True, kw_only=True)
class PressurePart:
    """The subjects with a message in a whole week, by their largest number of messages in a week.

    Either they have a week with more than `above` messages, or no week with more than `most`. With `week`, only the
    week that begins on this day counts.
    """

    above: int | None = None
    most: int | None = None
    week: date | None = None


def read_pressure_part(pressure: Pressure, data: object) -> PressurePart:
    """Return the part of contact pressure in JSON-like data. Raises InvalidQuery."""
    fields = mapping(data, "The part of the contact pressure", ("more_than", "at_most", "week"))
    above, most = fields.get("more_than"), fields.get("at_most")
    if above is not None and most is not None:
        raise InvalidQuery("A part has either 'more_than' or 'at_most'. Remove one.")
    for key, value in (("more_than", above), ("at_most", most)):
        if value is not None and (type(value) is not int or not 1 <= value < MOST_MESSAGES):
            raise InvalidQuery(f"{key!r} must be a number of messages from 1 to {MOST_MESSAGES - 1}.")
    return PressurePart(above=above, most=most, week=day(fields["week"], "week") if "week" in fields else None)


def _members(pressure: Pressure, table: EventTable, part: PressurePart) -> exp.Select:
    add_weeks(pressure, table)
    keys: list[exp.Expr] = [column(each, WEEKS) for each in table.subject]
    tests = [equals("week", WEEKS, part.week, table)] if part.week is not None else []
    tree = where_all(select_from(named_table(WEEKS), keys, keys=len(keys)), tests)
    largest = call(exp.Max, column("messages", WEEKS))
    if part.above is not None:
        tree.set("having", exp.Having(this=exp.GT(this=largest, expression=number(part.above))))
    if part.most is not None:
        tree.set("having", exp.Having(this=exp.LTE(this=largest, expression=number(part.most))))
    return tree


def _words(pressure: Pressure, planned: PlannedEvents, part: PressurePart) -> str:
    when = "in a week" if part.week is None else f"in the week from {describe_day(part.week)}"
    if part.above is not None:
        return f"got more than {part.above} message{'s' if part.above > 1 else ''} {when}"
    if part.most is not None:
        never = "never got more" if part.week is None else "got messages, but no more"
        return f"{never} than {part.most} {when}"
    return f"got messages {when}"


def _offers(pressure: Pressure) -> list[dict[str, Any]]:
    limits = sorted(range(1, MOST_MESSAGES), key=lambda limit: (limit != pressure.limit, limit))
    return [{key: limit} for limit in limits for key in ("more_than", "at_most")] + [{}]


def _atoms(pressure: Pressure, part: PressurePart) -> list[dict[str, Any]] | None:
    """Return two disjoint parts: the subjects above the limit, and all others.

    None for other numbers of messages, because such parts could differ by few people.
    """
    if part.week is not None or {part.above, part.most} - {None, pressure.limit}:
        return None
    return [{"more_than": pressure.limit}, {"at_most": pressure.limit}]


PRESSURE_PARTS: PartKind[Pressure, PressurePart] = PartKind(
    read=read_pressure_part, members=_members, words=_words, offers=_offers, atoms=_atoms
)
