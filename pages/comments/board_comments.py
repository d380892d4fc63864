"""Comments on the tiles of a board: how many each tile has, and what a new comment is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.shell import session
from semantic.analyses.events.sets import all_names_in, sets_of
from semantic.annotations.comments import About, Kind, about_analysis, about_question
from semantic.errors import SemanticError
from semantic.explore.selection import Rest, SelectedRows
from semantic.services.analyzing.facts import events_of
from semantic.services.comments.places import Place

if TYPE_CHECKING:
    from semantic.annotations.remarks import Member
    from semantic.policy.actor import Actor
    from semantic.results.result import Result
    from semantic.services.analyzing.run import Analyzed
    from semantic.workspace import Workspace

READ_AGAIN: Final = 15.0  # seconds after which the comments of a page are counted again
COUNTS: Final = "comment_counts"
"""The session key for the last counts, with the time and the person that they were read for."""

NONE: Final[Mapping[str, int]] = MappingProxyType({})
NO_SETTINGS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class BoardComments:
    """The comments of a board. `board` is "" where comments can't be read or written, such as in the editor.

    `settings` are the board's settings, as in its address.
    """

    board: str = ""
    settings: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: NO_SETTINGS)

    def place(self, tile: str) -> Place:
        return Place("board", self.board, tile)


NO_COMMENTS: Final = BoardComments()


def counts_of(kind: Kind, thing: str, workspace: Workspace, actor: Actor) -> Mapping[str, int]:
    """Return how many open comments this person can read, by tile. The counts are cached for a few seconds.

    If the store can't be read, the last counts are returned, or none, because the board's numbers don't depend on
    comments.
    """
    about = (kind, thing, actor, workspace.model.version)
    cached: tuple[object, float, Mapping[str, int]] | None = st.session_state.get(COUNTS)
    if cached is not None and cached[0] == about and (session.runs_alone() or monotonic() - cached[1] < READ_AGAIN):
        return cached[2]
    try:
        counts: Mapping[str, int] = session.comment_work(workspace, actor).counts(kind, thing)
    except SemanticError:
        counts = cached[2] if cached is not None and cached[0] == about else NONE
    st.session_state[COUNTS] = about, monotonic(), counts
    return counts


def forget_counts() -> None:
    """Clear the cached counts, so that the next run counts again."""
    st.session_state.pop(COUNTS, None)


def about_result(result: Result, settings: Mapping[str, tuple[str, ...]] = NO_SETTINGS) -> About:
    """Return the subject of a comment on an answer as a whole."""
    metrics = (column.metric.name for column in result.values if column.metric is not None)
    start, end = result.period.start, result.period.end
    days = (start, end - timedelta(days=1)) if start is not None and end is not None and start < end else None
    return replace(about_question(result.query, metrics), days=days, settings=settings)


def about_analyzed(analyzed: Analyzed[Any], settings: Mapping[str, tuple[str, ...]] = NO_SETTINGS) -> About:
    """Return the subject of a comment on an analysis.

    It has no filters if the analysis has sets of people, because the filters of its events don't limit the sets.
    """
    analysis, planned, days = analyzed.analysis, events_of(analyzed), None
    if planned is not None and planned.start is not None and planned.start < planned.end:
        days = planned.start, planned.end - timedelta(days=1)
    population = analysis.kind.reads(analysis.asked).population
    has_sets = sets_of(analysis.kind, analysis.asked) or any(side.of is not None for side in population.sides)
    where = None if has_sets else population.where
    named = all_names_in(analysis.kind, analysis.asked)
    return replace(about_analysis(named, where, days), settings=settings)


def about_mark(about: About, result: Result, picked: SelectedRows, column: str) -> About | None:
    """Return the subject of a comment on a mark, or None if the mark could mean several numbers."""
    if len(picked.groups) != 1 or picked.is_hour or picked.is_undated or picked.compare:
        return None
    mark = tuple(_members(picked, result))
    if len(mark) != len(picked.groups[0]):
        return None
    metric = next((value.metric.name for value in result.values if value.name == column and value.metric), "")
    days = (picked.days[0], picked.days[1] - timedelta(days=1)) if picked.days is not None else about.days
    return replace(about, mark=mark, metric=metric, days=days)


def _members(picked: SelectedRows, result: Result) -> Iterable[tuple[str, Member]]:
    """Yield the members of the picked group by dimension, except members that a comment can't be about."""
    for place, pin in picked.groups[0]:
        by = result.query.by[place]
        if not (by.is_time or by.via or isinstance(pin, Rest | tuple | float)):
            yield by.dim, pin
