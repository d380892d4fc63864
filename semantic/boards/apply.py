"""Apply a board's settings to a tile's question. Settings that the tile can't use are left out and reported.

The preflight checks the question after each setting (`laying.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from semantic.boards.analysis_tiles import asked_analysis
from semantic.boards.applied import LABELS, NOT_AVAILABLE, Ignored, TileQuestion, kept_reason
from semantic.boards.board import COMPARE, GRAIN, PERIOD, BoardState, Tile, TileKind, ValueFilter
from semantic.boards.board_settings import Change, lay
from semantic.errors import UnknownName
from semantic.explore.preflight import Preflight
from semantic.explore.visible_labels import label_of
from semantic.model.definitions import Granularity
from semantic.policy.narrow import VisibleModel
from semantic.query.data import column_name
from semantic.query.names import own_breakdown
from semantic.query.personal import names_a_person
from semantic.query.query import DATE, AllOf, Between, Breakdown, Condition, Filter, Last, Query, ToDate

OTHER_DATE = "This tile uses another date, or its own periods."
Check = Callable[[Query], Preflight]


def asked(tile: Tile, state: BoardState, seen: VisibleModel, check: Check, *, today: date) -> TileQuestion:
    """Return a tile's question with the board's settings, limited to what the person behind `seen` can ask.

    `check` is the preflight for the same person and day.
    """
    if tile.kind is TileKind.ANALYSIS:
        return asked_analysis(tile, state, seen, check, today=today)
    if tile.question is None:
        return TileQuestion(tile=tile, query=None)
    if names_a_person(tile.question, seen.model):  # published before the dimension became personal
        return TileQuestion(tile=tile, query=None, missing=NOT_AVAILABLE)
    kept, changes = _changes(tile, state, seen)
    query, refused = lay(tile.question, changes, lambda query: check(query).error)
    if isinstance(check(query).error, UnknownName):  # in the tile's own question, because each setting was tried before
        return TileQuestion(tile=tile, query=None, missing=NOT_AVAILABLE)
    marked = tuple(choice for choice in state.picked if choice.tile == tile.id)
    return TileQuestion(tile=tile, query=query, ignored=(*kept, *refused), marked=marked)


def _changes(tile: Tile, state: BoardState, seen: VisibleModel) -> tuple[list[Ignored], list[Change[Query]]]:
    """Return the settings that the tile ignores, and the changes that apply the others."""
    question = tile.question
    assert question is not None
    kept: list[Ignored] = []
    changes: list[Change[Query]] = []

    def add(key: str, what: str, make: Callable[[Query], Query]) -> None:
        if make(question) == question:
            return
        if key in tile.keeps:
            kept.append(Ignored(what, kept_reason(key, what)))
        else:
            changes.append(Change(what, make))

    if (period := state.period) is not None:
        add(PERIOD, LABELS[PERIOD], lambda query: replace(query, time=period))
    if (compare := state.compare) is not None:
        add(COMPARE, LABELS[COMPARE], lambda query: replace(query, compare=compare))
    if (grain := state.grain) is not None:
        add(GRAIN, LABELS[GRAIN], lambda query: with_grain(query, grain))
        if with_grain(question, grain) == question and _runs_otherwise(question, grain, seen):
            kept.append(Ignored(LABELS[GRAIN], OTHER_DATE))
    for choice in (*state.chosen, *state.picked):
        if not choice.tile or choice.tile != tile.id:
            add(choice.dim, label_of(choice.dim, seen), lambda query, chosen_one=choice: _narrowed(query, chosen_one))
    return kept, changes


def _runs_otherwise(question: Query, grain: Granularity, seen: VisibleModel) -> bool:
    """Whether a question breaks a date down by a granularity other than `grain`."""
    by = [own_breakdown(breakdown, seen.model) for breakdown in question.by]
    return any(breakdown.runs and (breakdown.grain or Granularity.DAY) is not grain for breakdown in by)


def _narrowed(query: Query, choice: ValueFilter) -> Query:
    mine = Condition(choice.dim, choice.op, choice.values, choice.via)
    parts: tuple[Filter, ...] = () if query.where is None else (query.where,)
    if isinstance(query.where, AllOf):
        parts = query.where.parts
    if mine in parts:
        return query
    return replace(query, where=AllOf((*parts, mine)) if parts else mine)


def with_grain(query: Query, grain: Granularity) -> Query:
    """Return the question with a different granularity for each metric's own date.

    References to that column, such as in the sort order, change too.
    """
    renamed: dict[str, str] = {}
    by: list[Breakdown] = []
    for breakdown in query.by:
        if breakdown.dim == DATE and breakdown.runs and not breakdown.name:
            other = replace(breakdown, grain=grain)
            renamed[column_name(breakdown)] = column_name(other)
            by.append(other)
        else:
            by.append(breakdown)
    if not renamed:
        return query

    def named(column: str) -> str:
        return renamed.get(column, column)

    top = query.top
    if top is not None:
        top = replace(top, dim=named(top.dim), within=tuple(map(named, top.within)))
    return replace(
        query,
        by=tuple(by),
        top=top,
        totals=tuple(tuple(map(named, total)) for total in query.totals),
        order=tuple(replace(order, by=named(order.by)) for order in query.order),
        calc=tuple(
            replace(calculation, within=tuple(map(named, calculation.within)), along=named(calculation.along))
            for calculation in query.calc
        ),
    )


# Next to a number


def course_of(query: Query, grain: Granularity | None = None) -> Query:
    """Return the question for a number's sparkline: the same metrics, filters and days, broken down by period.

    Whether it can be asked is left to the preflight.
    """
    return replace(
        query,
        by=(Breakdown(DATE, grain or course_grain(query)),),
        compare=(), top=None, totals=(), order=(), limit=None, calc=(), having=(),
    )  # fmt: skip


def course_grain(query: Query) -> Granularity:
    """Return the granularity that gives a sparkline about 10 to 100 points."""
    match query.time:
        case Last(count, unit) if count > 3:
            return unit
        case Last(_, unit) | ToDate(unit):
            return _PARTS.get(unit, Granularity.DAY)
        case Between(start, end) if start is not None and end is not None:
            days = (end - start).days + 1
            return Granularity.DAY if days <= 62 else Granularity.WEEK if days <= 400 else Granularity.MONTH
        case _:
            return Granularity.MONTH


_PARTS = {
    Granularity.QUARTER: Granularity.WEEK,
    Granularity.YEAR: Granularity.MONTH,
}
