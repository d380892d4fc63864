"""A tile's analysis of events under a board's settings. It follows the board's period, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from semantic.analyses.events.asked import names_in
from semantic.analyses.events.definition import Analysis, analysis_from_data, analysis_from_json
from semantic.boards.applied import Ignored, TileQuestion
from semantic.boards.board import PERIOD, BoardState, Tile
from semantic.errors import SemanticError
from semantic.explore.shared_link import is_known, linked_question, without_masked
from semantic.policy.narrow import VisibleModel
from semantic.query.period_data import period_data
from semantic.query.personal import names_a_person
from semantic.query.query import Query

NOT_AVAILABLE = "This tile shows something that isn't available to you."
OWN = "An analysis keeps its own."


def named_by(tile: Tile) -> Query:
    """Return the names that a tile's analysis uses, as a question that isn't asked; nothing if it can't be read."""
    try:
        analysis = analysis_from_json(tile.analysis)
    except SemanticError:
        return Query()
    return names_in(analysis.kind.reads(analysis.asked))


def is_open(named: Query, seen: VisibleModel, *, is_mine: bool = False) -> bool:
    """Whether someone can see everything that an analysis names, and no filter has values that are masked for them."""
    if not named.metrics or linked_question(named, seen)[0] != named:
        return False
    return is_mine or without_masked(named, seen) == named


def asked_analysis(tile: Tile, state: BoardState, seen: VisibleModel) -> TileQuestion:
    """Return a tile's analysis with the board's period, as the person behind `seen` can run it."""
    named = named_by(tile)
    if not is_open(named, seen) or names_a_person(named, seen.model):
        return TileQuestion(tile=tile, query=None, missing=NOT_AVAILABLE)
    analysis = analysis_from_json(tile.analysis)
    ignored = [*_ignored(tile, state, seen)]
    if state.period is not None and PERIOD not in tile.keeps:
        analysis = _in_period(analysis, state)
    return TileQuestion(tile=tile, query=None, analysis=analysis, ignored=tuple(ignored))


def _in_period(analysis: Analysis, state: BoardState) -> Analysis:
    assert state.period is not None
    try:
        return analysis_from_data(analysis.data | {"time": period_data(state.period)})
    except SemanticError:  # a kind without a period
        return analysis


def _ignored(tile: Tile, state: BoardState, seen: VisibleModel) -> Iterator[Ignored]:
    """The board's settings that don't apply to an analysis."""
    if state.period is not None and PERIOD in tile.keeps:
        yield Ignored("Period", "This tile keeps its own period.")
    if state.compare:
        yield Ignored("Compare", OWN)
    for choice in (*state.chosen, *state.picked):
        if is_known(seen.dimension, choice.dim):
            yield Ignored(seen.dimension(choice.dim)[0].label, OWN)
