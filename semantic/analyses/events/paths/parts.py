"""Parts of paths: the subjects of whom a path begins in one way, or is exactly this one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from semantic.analyses.events.kind import PartKind
from semantic.analyses.events.paths.question import END, MISSING_VALUE, Paths, code_of_event, paths_events
from semantic.analyses.events.paths.ways import WAYS, add_sequences
from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.rows import EventTable
from semantic.errors import InvalidQuery
from semantic.query.checked import items, mapping
from semantic.query.describe import lower_first
from semantic.sql.dialects.build_tree import aliased, column, named_table, number, select_from
from semantic.sql.rows.legs import where_all

ENDED = "end"
"""In a part's data: that nothing follows."""


@dataclass(frozen=True, slots=True)
class PathsPart:
    """The subjects with a path that begins with these codes, in the order in which it is followed."""

    codes: tuple[str, ...]


def read_paths_part(paths: Paths, data: object) -> PathsPart:
    """Return the part of paths in JSON-like data. Raises InvalidQuery.

    `path` is a list: events by their place in the list of all, the start or end included, counted from 1; values of the
    event that is told apart as `{"value": …}`; and as its last, `end` if nothing follows.
    """
    fields = mapping(data, "The part of the paths", ("path",))
    path = items(fields.get("path", []), "path")
    if not 1 <= len(path) <= paths.steps:
        raise InvalidQuery(f"'path' must have 1 to {paths.steps} events.")
    if path[0] == ENDED:
        raise InvalidQuery("'path' can't begin with its end.")
    return PathsPart(tuple(_code(paths, item, is_last=at == len(path) - 1) for at, item in enumerate(path)))


def _code(paths: Paths, item: object, *, is_last: bool) -> str:
    if item == ENDED and is_last:
        return END
    if type(item) is int:
        if not 1 <= item <= len(paths_events(paths)) or item - 1 == paths.each:
            raise InvalidQuery(f"{item} in 'path' isn't the place of an event that paths have.")
        return code_of_event(item - 1)
    fields = mapping(item, "An event in 'path'", ("value",))
    if paths.each is None:
        raise InvalidQuery("None of these events is told apart by a value. Use the place of an event.")
    value = fields.get("value")
    if value is None:
        return MISSING_VALUE
    if not isinstance(value, str | int):
        raise InvalidQuery("'value' must be text, a whole number, true, false or null.")
    return f"v{str(value).lower() if isinstance(value, bool) else value}"


def _members(paths: Paths, table: EventTable, part: PathsPart) -> exp.Select:
    """The subjects with such a path, each once."""
    add_sequences(paths, table)
    tests: list[exp.Expr] = [
        exp.EQ(this=column(f"p{step}", WAYS), expression=table.values.add(code))
        for step, code in enumerate(part.codes, start=1)
    ]
    keys = [aliased(column(each, WAYS), each) for each in table.subject]
    tree = where_all(select_from(named_table(WAYS), keys, keys=0), tests)
    tree.set("group", exp.Group(expressions=[number(place + 1) for place in range(len(keys))]))
    return tree


def _words(paths: Paths, planned: PlannedEvents, part: PathsPart) -> str:
    names = [_name(planned, code, goes_back=paths.goes_back) for code in part.codes]
    return f"took the path {' → '.join(reversed(names) if paths.goes_back else names)}"


def _name(planned: PlannedEvents, code: str, *, goes_back: bool) -> str:
    if code == END:
        return "Nothing before" if goes_back else "End"
    if code.startswith("e"):
        return planned.legs[int(code[1:])].label
    if code == MISSING_VALUE:
        return f"(no {lower_first(planned.carried[0].label)})"
    carried, seen = planned.carried[0], planned.legs[0].asked.visible
    is_labelled = carried.dimension and seen.may_name_members
    return (seen.member_labels(carried.dimension).get(code[1:]) if is_labelled else None) or code[1:]


PATHS_PARTS: PartKind[Paths, Any] = PartKind(read=read_paths_part, members=_members, words=_words)
