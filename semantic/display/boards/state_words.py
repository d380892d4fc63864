"""Describe a board's settings in words: the days of its period, its comparison, and its filters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from semantic.boards.board import BoardState, ValueFilter
from semantic.display.format import listed
from semantic.display.words.settings.comparisons import names_for_many
from semantic.display.words.settings.filters import filter_words, member_names
from semantic.display.words.settings.periods import period_name
from semantic.explore.preflight import describe_period
from semantic.model.definitions import Granularity
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import calendar_name, describe_range, lower_first, upper_first
from semantic.query.query import Between, Comparison, Condition, Last, Period, Query, ToDate

OWN = "Set by each tile"
NOTHING = "No comparison"


def period_words(period: Period | None) -> str:
    """Return a period in the words of its field: "Last 13 weeks", "Q2 2026", "2 Apr – 30 Jun 2026"."""
    match period:
        case None:
            return OWN
        case Between(start, end):
            return calendar_name(start, end) or describe_range(start, end)
        case Last() | ToDate():
            name = period_name(period)
            return name if period.complete else f"{name}, including the current one"


def compare_words(compare: tuple[Comparison, ...] | None) -> str:
    """Return the comparisons in the words of their field, such as "Last year".

    Their exact days differ between tiles.
    """
    if compare is None:
        return OWN
    names = names_for_many(compare)
    return (
        listed(upper_first(names[0]) if not place else lower_first(name) for place, name in enumerate(names)) or NOTHING
    )


def grain_words(grain: Granularity | None) -> str:
    return OWN if grain is None else upper_first(grain.words)


def chosen_words(choice: ValueFilter, labels: Mapping[str, str]) -> str:
    """Return a filter in words: `Channel: Paid search, Display +1`."""
    return filter_words(Condition(choice.dim, choice.op, choice.values, choice.via), dict(labels))


def dimension_labels(seen: VisibleModel) -> dict[str, str]:
    """Return the labels of dimensions and, unless a row rule could hide a member, of their members."""
    labels = {dimension.name: dimension.label or dimension.name for dimension in seen.dimensions}
    if not seen.may_name_members:
        return labels
    return labels | member_names({dimension.name: seen.member_labels(dimension.name) for dimension in seen.dimensions})


def days_words(state: BoardState, seen: VisibleModel, *, today: date) -> str:
    """Return the days and the time zone of a board's period. "" if each tile has its own period."""
    if state.period is None:
        return ""
    days = describe_period(Query(time=state.period), seen, today=today)
    return f"{days.words}, {days.time_zone}" if days.words else ""


def state_words(state: BoardState, seen: VisibleModel, *, today: date, labels: Mapping[str, str] | None = None) -> str:
    """Return one line with the settings for all tiles: days, comparison, granularity, filters and time zone."""
    texts = [days_words(state, seen, today=today)]
    if state.compare:
        texts.append(f"Compared with {lower_first(compare_words(state.compare))}")
    if state.grain is not None:
        texts.append(f"By {state.grain.words}")
    labels = dimension_labels(seen) if labels is None else labels
    texts += [chosen_words(choice, labels) for choice in (*state.chosen, *state.picked)]
    return "".join(f"{part}. " for part in texts if part).rstrip()
