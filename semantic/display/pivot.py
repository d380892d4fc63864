"""An answer as a pivot table, with some breakdowns in rows and the others in columns.

Every cell is a row of the answer. Nothing is added up here: the table has only the totals that the question asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

from semantic.display.format import Marks, Rest, key_text
from semantic.display.groups import in_order
from semantic.display.in_part import marks_of
from semantic.display.rows import Kinds, key_cells, key_value, main_values, row_kinds
from semantic.query.data import column_name
from semantic.query.query import Query
from semantic.results.result import Result, ResultColumn

ACROSS, DOWN = 24, 500  # maximum columns for each metric, and rows, shown

Place = tuple[tuple[str, object], ...]
"""The position of a row or column: the kind (member, none, other, total) and value of each of its breakdowns."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row or column of a pivot table. `names` are the values of its breakdowns as people see them."""

    place: Place
    names: tuple[str, ...]

    @property
    def is_total(self) -> bool:
        return any(kind == "total" for kind, _ in self.place)

    @property
    def is_other(self) -> bool:
        return any(kind == "other" for kind, _ in self.place)


@dataclass(frozen=True, slots=True)
class Pivot:
    """The rows and columns of a pivot table.

    `cells` has the position of the answer's row for each cell. Cells without a row are left out.
    """

    down: tuple[ResultColumn, ...]
    across: tuple[ResultColumn, ...]
    rows: tuple[Line, ...]
    columns: tuple[Line, ...]
    cells: Mapping[tuple[int, int], int]
    rows_left_out: int = 0
    columns_left_out: int = 0


def default_across(result: Result) -> tuple[str, ...]:
    """Return the breakdown to use for columns by default.

    That's the date or, without one, the breakdown with the fewest values.
    """
    dated = next((key.name for key in result.keys if key.is_dated), None)
    if dated is not None and len(result.keys) > 1:
        return (dated,)
    fewest = min(result.keys, key=lambda key: (len(set(result.table.column(key.name).to_pylist())), key.name))
    return (fewest.name,)


def pivoted(result: Result, across: Sequence[str]) -> Pivot:
    """Return the pivot table. Breakdowns in `across` are its columns, and all others its rows."""
    at_across = [place for place, key in enumerate(result.keys) if key.name in across]
    at_down = [place for place, key in enumerate(result.keys) if key.name not in across]
    keys, marks = result.keys, marks_of(result)
    places = _places(result)
    found_places = {place: row for row, place in enumerate(places)}
    order = _Order(result, places, found_places)
    rows = order.lines(at_down)
    columns = order.lines(at_across)
    kept_rows, kept_columns = _first(rows, DOWN), _first(columns, ACROSS)
    cells: dict[tuple[int, int], int] = {}
    for r, down in enumerate(kept_rows):
        for c, line in enumerate(kept_columns):
            parts: list[tuple[str, object]] = [("", None)] * len(keys)
            for place, part in chain(zip(at_down, down, strict=True), zip(at_across, line, strict=True)):
                parts[place] = part
            if (row := found_places.get(tuple(parts))) is not None:
                cells[r, c] = row
    return Pivot(
        down=tuple(keys[place] for place in at_down),
        across=tuple(keys[place] for place in at_across),
        rows=tuple(Line(row, _names(row, [keys[place] for place in at_down], marks)) for row in kept_rows),
        columns=tuple(
            Line(column, _names(column, [keys[place] for place in at_across], marks)) for column in kept_columns
        ),
        cells=cells,
        rows_left_out=len(rows) - len(kept_rows),
        columns_left_out=len(columns) - len(kept_columns),
    )


def pivot_totals(query: Query, across: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return the totals that a pivot table shows: at the end of rows and columns, and for each group of rows.

    If the question has a top within another breakdown, there is no total over that breakdown.
    """
    names = [column_name(breakdown) for breakdown in query.by]
    down = [name for name in names if name not in across]
    over = [name for name in names if name in across]
    wanted_groupings: list[tuple[str, ...]] = []
    for size in range(len(down) + 1):
        for rest in (over, []):
            column_alias_or_names = tuple(name for name in names if name in down[:size] or name in rest)
            if len(column_alias_or_names) < len(names) and column_alias_or_names not in wanted_groupings:
                wanted_groupings.append(column_alias_or_names)
    top = query.top
    return tuple(
        column_alias_or_names
        for column_alias_or_names in wanted_groupings
        if top is None or top.dim not in column_alias_or_names or set(top.within) <= set(column_alias_or_names)
    )


def _places(result: Result) -> list[Place]:
    """Return the kind and value of each key, for each row of the answer."""
    columns = [result.table.column(key.name).to_pylist() for key in result.keys]
    kinds = row_kinds(result)
    return [
        tuple((kind, value if kind == "member" else None) for kind, value in zip(row, values, strict=True))
        for row, values in zip(kinds, zip(*columns, strict=True), strict=True)
    ]


class _Order:
    """Sorts rows and columns.

    Dates are in order of time. Other values are sorted by their totals or, without totals, as in the answer.
    """

    def __init__(self, result: Result, places: Sequence[Place], row_of: Mapping[Place, int]) -> None:
        self.result, self.places, self.found = result, places, row_of
        first = main_values(result)[:1]
        self.numbers = result.table.column(first[0].name).to_pylist() if first else []
        asked = {order.by for order in result.query.order}
        self.by_total = not asked & {key.name for key in result.keys}
        self.moments = [_moments(places, at, key) for at, key in enumerate(result.keys)]

    def lines(self, at: Sequence[int]) -> list[Place]:
        """Return the sorted rows or columns for these breakdowns. Totals and Other are at the end of their group."""
        seen: dict[Place, int] = {}
        for row, place in enumerate(self.places):
            seen.setdefault(tuple(place[index] for index in at), row)
        prefixes: dict[Place, int] = {}
        for line, row in seen.items():
            for size in range(1, len(line) + 1):
                prefixes[line[:size]] = min(row, prefixes.get(line[:size], row))
        ranks = {prefix: self._rank(prefix, at, row) for prefix, row in prefixes.items()}
        return sorted(seen, key=lambda line: [ranks[line[:size]] for size in range(1, len(line) + 1)])

    def _rank(self, prefix: Place, at: Sequence[int], row: int) -> tuple[int, float, float]:
        kind, value = prefix[-1]
        last = {"member": 0, "none": 1, "other": 2, "total": 3}[kind]
        here = at[len(prefix) - 1]
        if self.result.keys[here].is_dated:
            return last, 0.0, self.moments[here].get(value, float(row))
        if kind == "none":
            last = 0
        number = self._total(prefix, at)
        return last, -number if number is not None else 0.0 if not self.by_total else float("inf"), float(row)

    def _total(self, prefix: Place, at: Sequence[int]) -> float | None:
        """Return the total of a row or column over all other breakdowns, or None if the answer doesn't have it."""
        if not self.by_total:
            return None
        parts: list[tuple[str, object]] = [("total", None)] * len(self.result.keys)
        for place, part in zip(at, prefix, strict=False):
            parts[place] = part
        row = self.found.get(tuple(parts))
        number = self.numbers[row] if row is not None and self.numbers else None
        return None if number is None else float(number)


def _moments(places: Sequence[Place], at: int, key: ResultColumn) -> dict[object, float]:
    """Return the position in time of each value of a date. Empty for other breakdowns."""
    known = {place[at][1] for place in places if place[at][0] == "member"}
    if key.is_ordered:
        return {value: float(number) for number, value in enumerate(in_order(known))}
    return {value: _seconds(value) for value in known if isinstance(value, date)}


def _seconds(value: date) -> float:
    return value.timestamp() if isinstance(value, datetime) else 86_400.0 * value.toordinal()


def _first(lines: Sequence[Place], most: int) -> list[Place]:
    """Return the first rows or columns and all overall totals. Totals are included because readers look for them."""
    if len(lines) <= most:
        return list(lines)
    ends = [line for line in lines if all(kind == "total" for kind, _ in line)]
    rest = [line for line in lines if line not in ends]
    return rest[: most - len(ends)] + ends


def _names(place: Place, keys: Sequence[ResultColumn], marks: Marks) -> tuple[str, ...]:
    """Return the names of a row or column. The first name of a total says what is added up."""
    kinds: Kinds = tuple(kind for kind, _ in place)
    if not place:
        return ()
    if "total" in kinds:
        return tuple(key_cells([value for _, value in place], kinds, keys, marks))
    return tuple(
        key_text(Rest.OTHER if kind == "other" else key_value(value, kind), key, marks)
        for (kind, value), key in zip(place, keys, strict=True)
    )
