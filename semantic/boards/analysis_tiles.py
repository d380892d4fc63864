"""Apply a board's settings to a tile's analysis of events. A setting applies only if every event can use it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.comparing import other_period
from semantic.analyses.events.definition import Analysis, analysis_from_data, analysis_from_json
from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.sets import all_names_in, plan_analysis
from semantic.boards.applied import LABELS, NOT_AVAILABLE, Ignored, TileQuestion, kept_reason
from semantic.boards.board import COMPARE, GRAIN, PERIOD, BoardState, Tile, ValueFilter
from semantic.boards.board_settings import Change, lay
from semantic.errors import InvalidQuery, SemanticError
from semantic.explore.preflight import Preflight
from semantic.explore.shared_link import linked_question, without_masked
from semantic.explore.visible_labels import label_of
from semantic.policy.narrow import VisibleModel
from semantic.query.data import comparison_data
from semantic.query.filters import filter_data, read_filter
from semantic.query.period_data import period_data
from semantic.query.personal import names_a_person
from semantic.query.query import AllOf, Condition, Query

Check = Callable[[Query], Preflight]
Data = dict[str, Any]
"""The definition of an analysis as JSON-ready data."""

_COHORTS = ("retention", "maturity")
ONE_COMPARISON = "An analysis is compared with one other period."


def named_by(tile: Tile) -> Query:
    """Return a question that contains every name used by a tile's analysis and its cohorts. It's never run.

    The question is empty if the analysis can't be read.
    """
    try:
        analysis = analysis_from_json(tile.analysis)
    except SemanticError:
        return Query()
    return all_names_in(analysis.kind, analysis.asked)


def filtered_as(tile: Tile) -> Query | None:
    """Return the question that determines which dimensions can filter a tile, or None for a text tile.

    For an analysis, the question has all of the analysis's metrics.
    """
    if tile.question is not None or not tile.analysis:
        return tile.question
    return Query(metrics=named_by(tile).metrics)


def needs_time(definition: str) -> bool:
    """Whether an analysis follows cohorts, which takes longer than the period of most boards.

    If so, its tile starts with its own period.
    """
    try:
        return analysis_from_json(definition).kind.name in _COHORTS
    except SemanticError:
        return False


def has_own_period(tile: Tile) -> bool:
    """Whether a tile's analysis has a period of its own, which the board's period would replace."""
    try:
        return PERIOD not in tile.keeps and bool(tile.analysis) and "time" in analysis_from_json(tile.analysis).data
    except SemanticError:
        return False


def plain_title(analysis: Analysis, seen: VisibleModel) -> str:
    """Return a title for an analysis: its kind, and its first event by a name that this person can see."""
    events = analysis.kind.reads(analysis.asked).events
    first = events[0].name or label_of(events[0].metric, seen)
    return f"{analysis.kind.label}: {first}"


def is_open(named: Query, seen: VisibleModel, *, is_mine: bool = False) -> bool:
    """Whether a person can see every name in an analysis.

    Unless the analysis `is_mine`, its filters also can't use dimensions that are masked for this person.
    """
    if not named.metrics or linked_question(named, seen)[0] != named:
        return False
    return is_mine or without_masked(named, seen) == named


def asked_analysis(tile: Tile, state: BoardState, seen: VisibleModel, check: Check, *, today: date) -> TileQuestion:
    """Return a tile's analysis with the board's settings, limited to what the person behind `seen` can run.

    `check` is the preflight for the same person and day.
    """
    named = named_by(tile)
    if not is_open(named, seen) or names_a_person(named, seen.model):
        return TileQuestion(tile=tile, query=None, missing=NOT_AVAILABLE)
    analysis = analysis_from_json(tile.analysis)
    kept, changes = _changes(tile, analysis.kind, analysis.data, state, seen)
    laid, refused = lay(analysis.data, changes, lambda data: why_not_run(data, seen, check, today=today))
    laid_analysis = analysis_from_data(laid) if _is_read(laid) else analysis  # if it's refused, the tile shows why
    marked = tuple(choice for choice in state.picked if choice.tile == tile.id)
    return TileQuestion(tile=tile, query=None, analysis=laid_analysis, ignored=(*kept, *refused), marked=marked)


def why_not_run(data: Data, seen: VisibleModel, check: Check, *, today: date) -> SemanticError | None:
    """Return the error that an analysis would raise, as far as it can be known without reading rows, or None."""
    try:
        analysis = analysis_from_data(data)
        if analysis.kind.name not in EVENT_KINDS:  # it asks questions instead of being planned as events
            return check(all_names_in(analysis.kind, analysis.asked)).error
        plan = plan_analysis(analysis.kind, analysis.asked, seen, today=today)
        comparison = analysis.kind.reads(analysis.asked).population.compare
        if comparison is not None and not analysis.kind.compares:
            return InvalidQuery(analysis.kind.not_compared)
        if comparison is not None:
            other_period(analysis.asked, plan.planned, comparison, today=today)
    except SemanticError as error:
        return error
    return None


def _changes(
    tile: Tile, kind: EventKind[Any, Any], data: Data, state: BoardState, seen: VisibleModel
) -> tuple[list[Ignored], list[Change[Data]]]:  # Any: each kind has its own question and finding
    """Return the settings that don't apply to a tile, and the changes that apply the others.

    A setting doesn't apply if the tile keeps its own or if its kind of analysis ignores it.
    """
    kept: list[Ignored] = []
    changes: list[Change[Data]] = []

    def add(key: str, what: str, more: Data) -> None:
        if all(data.get(name) == value for name, value in more.items()):
            return
        if key in tile.keeps:
            kept.append(Ignored(what, kept_reason(key, what)))
        else:
            changes.append(Change(what, lambda before: before | more))

    if state.period is not None:
        add(PERIOD, LABELS[PERIOD], {"time": period_data(state.period)})
    if state.compare is not None:
        first = state.compare[:1]
        if first and not kind.compares:
            kept.append(Ignored(LABELS[COMPARE], kind.not_compared))
            first = ()
        add(COMPARE, LABELS[COMPARE], {"compare": [comparison_data(one) for one in first] or None})
        if len(state.compare) > 1 and COMPARE not in tile.keeps and kind.compares:
            kept.append(Ignored("Second comparison", ONE_COMPARISON))
    if state.grain is not None and "over" in data:
        add(GRAIN, LABELS[GRAIN], {"over": state.grain.value})
    for choice in (*state.chosen, *state.picked):
        if choice.tile and choice.tile == tile.id:
            continue
        label = label_of(choice.dim, seen)
        if choice.dim in tile.keeps:
            kept.append(Ignored(label, kept_reason(choice.dim, label)))
        else:
            changes.append(Change(label, lambda before, chosen=choice: _narrowed(before, chosen)))
    return kept, changes


def _is_read(data: Data) -> bool:
    try:
        analysis_from_data(data)
    except SemanticError:
        return False
    return True


def _narrowed(data: Data, choice: ValueFilter) -> Data:
    """Return the definition with one more filter on each event's rows."""
    mine = Condition(choice.dim, choice.op, choice.values, choice.via)
    where = read_filter(data["where"]) if data.get("where") is not None else None
    parts = where.parts if isinstance(where, AllOf) else () if where is None else (where,)
    if mine in parts:
        return data
    return data | {"where": filter_data(AllOf((*parts, mine)) if parts else mine)}
