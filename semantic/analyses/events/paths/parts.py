"""Parts of paths: the subjects whose path begins in a certain way, has a certain event, or doesn't have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from semantic.analyses.events.kind import PartKind
from semantic.analyses.events.paths.lower import TOPS, add_tops
from semantic.analyses.events.paths.question import ELSE, END, MISSING_VALUE, OPEN, Paths, code_of_event, paths_events
from semantic.analyses.events.paths.sequences import WAYS, add_sequences
from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.rows import EventTable
from semantic.errors import InvalidQuery
from semantic.query.checked import items, mapping
from semantic.query.describe import lower_first
from semantic.query.query import Condition, Operator
from semantic.sql.dialects.build_tree import (
    aliased,
    and_all,
    call,
    column,
    copied,
    named_table,
    number,
    or_any,
    select_from,
)
from semantic.sql.rows.legs import where_all

ENDED, OTHERS = "end", "else"
"""The words in a part's data for the end of a path, and for an event that isn't named at its step."""
_KEYS = ("path", "reached", "never", "step", "event")


@dataclass(frozen=True, slots=True, kw_only=True)
class PathsPart:
    """The subjects with a certain path.

    The path begins with `codes`, in the order in which it's followed; or it has `reached` after its first event; or it
    has `event` at `step`. With `never`, no path of the subject has that code after the first event. If all fields are
    empty, the part is everyone with a path.
    """

    codes: tuple[str, ...] = ()
    reached: str = ""
    never: str = ""
    step: int = 0
    event: str = ""


def read_paths_part(paths: Paths, data: object) -> PathsPart:
    """Return the part of paths in JSON-like data. Raises InvalidQuery.

    `path` is a list of items. An item is the position of an event, counted from 1 and including the start or end; or a
    value of the event that is split by value, as `{"value": …}`; or `else` for an event that isn't named at its step.
    The last item can be `end`, if nothing follows. `reached`, `never` and `event` are single items.
    """
    fields = mapping(data, "The part of the paths", _KEYS)
    if "step" in fields or "event" in fields:
        if set(fields) != {"step", "event"}:
            raise InvalidQuery("'step' and 'event' belong together. Give both, and nothing else.")
        step = fields["step"]
        if type(step) is not int or not 1 <= step <= paths.steps:
            raise InvalidQuery(f"'step' must be a step from 1 to {paths.steps}.")
        return PathsPart(step=step, event=_code(paths, fields["event"], is_last=True))
    if not fields:
        return PathsPart()
    if len(fields) != 1:
        raise InvalidQuery("A part of paths has one of 'path', 'reached' and 'never'. Remove the others.")
    if "reached" in fields or "never" in fields:
        key = next(iter(fields))
        code = _code(paths, fields[key], is_last=False)
        if code == ELSE:
            raise InvalidQuery(f"{key!r} must be one event. Use 'step' and 'event' for everything else at a step.")
        return PathsPart(reached=code) if key == "reached" else PathsPart(never=code)
    path = items(fields["path"], "path")
    if not 1 <= len(path) <= paths.steps:
        raise InvalidQuery(f"'path' must have 1 to {paths.steps} events.")
    if path[0] == ENDED:
        raise InvalidQuery("'path' can't begin with its end.")
    return PathsPart(codes=tuple(_code(paths, item, is_last=at == len(path) - 1) for at, item in enumerate(path)))


def _code(paths: Paths, item: object, *, is_last: bool) -> str:
    if item == ENDED and is_last:
        return END
    if item == OTHERS:
        return ELSE
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


def item_of(code: str, values: Mapping[str, object]) -> Any:
    """Return a code as an item of a part's data, or None for a code that a part can't have.

    `values` has the value of each code.
    """
    if code == END:
        return ENDED
    if code == MISSING_VALUE:
        return {"value": None}
    if code.startswith("e"):
        return int(code[1:]) + 1
    value = values.get(code, code[1:])
    return {"value": value if isinstance(value, str | int) else str(value)} if code.startswith("v") else None


def _members(paths: Paths, table: EventTable, part: PathsPart) -> exp.Select:
    """Return the subjects with a path in the part. Each subject occurs once."""
    add_sequences(paths, table)
    tests, joins = _tests(paths, table, part)
    keys = [aliased(column(each, WAYS), each) for each in table.subject]
    tree = select_from(named_table(WAYS), keys, keys=0)
    tree.set("joins", joins)
    tree.set("group", exp.Group(expressions=[number(place + 1) for place in range(len(keys))]))
    if part.never:
        found = exp.Case(ifs=[exp.If(this=_on_way(paths, table, part.never), true=number(1))], default=number(0))
        tree.set("having", exp.Having(this=exp.EQ(this=call(exp.Max, found), expression=number(0))))
    return where_all(tree, tests)


def _tests(paths: Paths, table: EventTable, part: PathsPart) -> tuple[list[exp.Expr], list[exp.Join]]:
    """Return the conditions for paths in the part, and the joins that these conditions need."""
    at_step = list(enumerate(part.codes, start=1)) + ([(part.step, part.event)] if part.event else [])
    others = [step for step, code in at_step if code == ELSE]
    if others:
        add_tops(paths, table)
    tests = [_is(step, code, table) for step, code in at_step if code != ELSE]
    joins: list[exp.Join] = []
    for step in others:
        top, code = f"top{step}", column(f"p{step}", WAYS)
        on = [
            exp.EQ(this=column("code", top), expression=copied(code)),
            exp.EQ(this=column("step", top), expression=number(step)),
        ]
        joins.append(exp.Join(this=named_table(TOPS, top), side="LEFT", on=and_all([*on])))
        tests.append(exp.Is(this=column("code", top), expression=exp.Null()))
        ends = [exp.Literal.string(each) for each in ("", END, OPEN)]
        tests.append(exp.Not(this=exp.In(this=copied(code), expressions=ends)))
    if part.reached:
        tests.append(exp.Paren(this=_on_way(paths, table, part.reached)))
    return tests, joins


def _on_way(paths: Paths, table: EventTable, code: str) -> exp.Expr:
    """Return the condition that a path has an event after its first event."""
    return or_any([_is(step, code, table) for step in range(2, paths.steps + 1)])


def _is(step: int, code: str, table: EventTable) -> exp.Expr:
    return exp.EQ(this=column(f"p{step}", WAYS), expression=table.values.add(code))


def _words(paths: Paths, planned: PlannedEvents, part: PathsPart) -> str:
    back = paths.goes_back
    if part.event:
        name, later = _name(planned, part.event, goes_back=back), part.step - 1
        name = "any other event" if part.event == ELSE else name
        if part.step == 1:
            return f"{'ended' if back else 'began'} with {name}"
        events = "1 event" if later == 1 else f"{later} events"
        if part.event == END:
            return f"had nothing {events} {'before' if back else 'later'}"
        return f"had {name} {events} {'before' if back else 'later'}"
    if part.reached or part.never:
        name = _name(planned, part.reached or part.never, goes_back=back)
        where = "on their path" if paths.occurrence == "first" else "on any of their paths"
        return f"had {name} {where}" if part.reached else f"never had {name} {where}"
    if not part.codes:
        return "have a path"
    names = [_name(planned, code, goes_back=back) for code in part.codes]
    return f"took the path {' → '.join(reversed(names) if back else names)}"


def _name(planned: PlannedEvents, code: str, *, goes_back: bool) -> str:
    if code == END:
        return "Nothing before" if goes_back else "End"
    if code == ELSE:
        return "Everything else"
    if code.startswith("e"):
        return planned.legs[int(code[1:])].label
    if code == MISSING_VALUE:
        return f"(no {lower_first(planned.carried[0].label)})"
    carried, seen = planned.carried[0], planned.legs[0].asked.visible
    is_labelled = carried.dimension and seen.may_name_members
    return (seen.member_labels(carried.dimension).get(code[1:]) if is_labelled else None) or code[1:]


def _offers(paths: Paths) -> list[dict[str, Any]]:
    """Return the parts to offer.

    These are the subjects with and without each event on their path, and everyone with a path.
    """
    places: Sequence[int] = [
        place + 1 for place in range(len(paths_events(paths))) if place not in (paths.anchor, paths.each)
    ]
    return [{key: place} for place in places for key in ("reached", "never")] + [{}]


def _atoms(paths: Paths, part: PathsPart) -> list[dict[str, Any]] | None:
    """Return the part with everyone, or None for other parts.

    There can be any number of different paths, so other parts can be small.
    """
    return [{}] if part == PathsPart() else None


def _compares(paths: Paths, part: PathsPart) -> tuple[Condition, ...]:
    each = next((listed.each for listed in paths.events if listed.each is not None), None)
    codes = (*part.codes, part.reached, part.never, part.event)
    values = tuple(code[1:] for code in codes if code.startswith("v"))
    return (Condition(each.dim, Operator.IN, values, each.via),) if each is not None and values else ()


PATHS_PARTS: PartKind[Paths, PathsPart] = PartKind(
    read=read_paths_part, members=_members, words=_words, offers=_offers, atoms=_atoms, compares=_compares
)
