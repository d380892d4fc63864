"""Filter a board's other tiles by the members that someone clicked in one tile (cross-filtering)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from semantic.boards.board import ValueFilter
from semantic.explore.selection import Rest, SelectedRows, select_rows
from semantic.policy.narrow import VisibleModel
from semantic.query.names import date_name, own_breakdown
from semantic.query.query import DATE, Breakdown, Value
from semantic.query.resolve import Asked
from semantic.results.result import Result


def picked(
    result: Result, rows: Sequence[int], asked: Asked, seen: VisibleModel, *, tile: str, column: str = ""
) -> tuple[ValueFilter, ...]:
    """Return a filter for each breakdown that selects the members in the given rows of a tile's answer.

    Returns no filters if filters can't select exactly these members.

    Days, Other and totals aren't members, so clicking a line selects its series. People can't be selected, because
    boards are never filtered by a person. `column` is the clicked column: if it's a breakdown, only that breakdown's
    member is selected.
    """
    picked = select_rows(result, rows, asked, column=column)
    if picked is None:
        return ()
    by = [own_breakdown(breakdown, seen.model) for breakdown in result.query.by]
    values = _values(picked, by)
    if values is None:
        return ()
    chosen = (ValueFilter(by[place].dim, every, via=by[place].via, tile=tile) for place, every in values.items())
    return tuple(choice for choice in chosen if not _is_personal(choice.dim, seen))


def rows_picked(result: Result, chosen: Sequence[ValueFilter], asked: Asked, seen: VisibleModel) -> tuple[int, ...]:
    """Return the positions of the rows in a tile's answer that contain members selected in this tile."""
    numbers: list[int] = []
    for row in range(result.table.num_rows):
        mine = {(choice.dim, choice.via): set(choice.values) for choice in picked(result, [row], asked, seen, tile="")}
        wanted = [((choice.dim, choice.via), set(choice.values)) for choice in chosen]
        if wanted and all(key in mine and mine[key] <= values for key, values in wanted):
            numbers.append(row)
    return tuple(numbers)


def _values(picked: SelectedRows, by: Sequence[Breakdown]) -> dict[int, tuple[Value, ...]] | None:
    """Return the members of each breakdown, by the breakdown's position.

    None if the groups aren't all combinations of these members.
    """
    values: dict[int, dict[Value, None]] = {}
    for group in picked.groups:
        for place, pin in group:
            if isinstance(pin, Rest):
                return None
            breakdown = by[place]  # a date part, or calendar period, has another name than the date
            if breakdown.dim != DATE and date_name(breakdown) == breakdown.dim and not isinstance(pin, tuple):
                values.setdefault(place, {})[pin] = None
    kept = [tuple((place, pin) for place, pin in group if place in values) for group in picked.groups]
    whole = set(product(*([(place, member) for member in every] for place, every in values.items())))
    return {place: tuple(every) for place, every in values.items()} if set(kept) == whole else None


def _is_personal(dim: str, seen: VisibleModel) -> bool:
    return any("personal" in place.tags for place in seen.places(dim))
