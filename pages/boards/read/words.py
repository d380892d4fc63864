"""A board's settings in words: its resolved days, its comparison, its filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pages.boards.read.member_picker import question_about
from pages.explore.builder.comparisons import names_for_many
from pages.explore.builder.filters import filter_words, member_names
from pages.explore.builder.periods import period_name
from semantic.boards.board import BoardState, Chosen
from semantic.display.format import listed
from semantic.explore.preflight import describe_period
from semantic.model.definitions import Granularity
from semantic.query.describe import calendar_name, describe_range, lower_first, upper_first
from semantic.query.query import Between, Comparison, Condition, Last, Period, Query, ToDate

if TYPE_CHECKING:
    from datetime import date

    from semantic.boards.board import Board
    from semantic.policy.actor import Actor
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Lines:
    """What the lines above a board's tiles say, as Markdown: the headline, the trust, and the list that it opens."""

    headline: str = ""
    trust: str = ""
    list: str = ""


NO_LINES = Lines()
OWN = "Set by each tile"
NOTHING = "No comparison"


def period_words(period: Period | None) -> str:
    """Return a period as the field shows it: "Last 13 weeks", "Q2 2026", "2 Apr – 30 Jun 2026"."""
    match period:
        case None:
            return OWN
        case Between(start, end):
            return calendar_name(start, end) or describe_range(start, end)
        case Last() | ToDate():
            name = period_name(period)
            return name if period.complete else f"{name}, including the current one"


def compare_words(compare: tuple[Comparison, ...] | None) -> str:
    """Return the comparisons as the field shows them, such as "Last year". Their exact days differ between tiles."""
    if compare is None:
        return OWN
    names = names_for_many(compare)
    return (
        listed(upper_first(names[0]) if not place else lower_first(name) for place, name in enumerate(names)) or NOTHING
    )


def grain_words(grain: Granularity | None) -> str:
    return OWN if grain is None else upper_first(grain.words)


def chosen_words(choice: Chosen, labels: Mapping[str, str]) -> str:
    """Return `Channel: Paid search, Display +1`."""
    return filter_words(Condition(choice.dim, choice.op, choice.values, choice.via), dict(labels))


def dimension_labels(seen: VisibleModel) -> dict[str, str]:
    """Return the labels of dimensions, and of their members unless a row rule could hide one."""
    labels = {dimension.name: dimension.label or dimension.name for dimension in seen.dimensions}
    if not seen.may_name_members:
        return labels
    return labels | member_names({dimension.name: seen.member_labels(dimension.name) for dimension in seen.dimensions})


def board_labels(state: BoardState, board: Board, workspace: Workspace, actor: Actor) -> dict[str, str]:
    """Return the same labels, plus the members that the board is filtered to, if this viewer can see rows of them."""
    seen = workspace.visible(actor)
    labels = dimension_labels(seen)
    chosen = (*state.chosen, *state.picked)
    for dim in dict.fromkeys(one.dim for one in chosen):
        if seen.label_dimension(dim) or (not seen.may_name_members and seen.member_labels(dim)):
            about = question_about(dim, board, lambda query: workspace.preflight(query, actor))
            values = [value for one in chosen if one.dim == dim for value in one.values]
            labels |= member_names(workspace.member_labels([dim], about, actor, values))
    return labels


def days_words(state: BoardState, seen: VisibleModel, *, today: date) -> str:
    """Return the days and the time zone of a board's period, or "" if each tile has its own."""
    if state.period is None:
        return ""
    days = describe_period(Query(time=state.period), seen, today=today)
    return f"{days.words}, {days.time_zone}" if days.words else ""


def state_words(state: BoardState, seen: VisibleModel, *, today: date, labels: Mapping[str, str] | None = None) -> str:
    """Return one line with the settings that all tiles share: days, comparison, grain, filters and time zone."""
    texts = [days_words(state, seen, today=today)]
    if state.compare:
        texts.append(f"Compared with {lower_first(compare_words(state.compare))}")
    if state.grain is not None:
        texts.append(f"By {state.grain.words}")
    labels = dimension_labels(seen) if labels is None else labels
    texts += [chosen_words(choice, labels) for choice in (*state.chosen, *state.picked)]
    return "".join(f"{part}. " for part in texts if part).rstrip()
