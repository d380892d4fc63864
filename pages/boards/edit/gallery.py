"""The gallery of tiles to add. Each has a small drawing with a metric of this board, as the person editing sees it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import isfinite
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.components.v2 import component

from pages.boards.edit.composing import Composing
from pages.shell import session
from pages.shell.parts import plain
from pages.widgets.theme import current_tokens
from semantic.boards.apply import asked
from semantic.boards.gallery import SORTS, Offer, first_metric, offers
from semantic.display.charts.kinds import why_not
from semantic.display.groups import Rows, of_one_period, prepare_rows
from semantic.errors import SemanticError

if TYPE_CHECKING:
    from semantic.boards.board import Tile
    from semantic.boards.gallery import Sort
    from semantic.display.charts.chart import Kind
    from semantic.query.query import Query
    from semantic.results.result import Result
    from semantic.workspace import Workspace

CHARTS: dict[Sort, Kind] = {
    "line": "line", "bar": "bar", "heat": "heat", "waterfall": "waterfall", "scatter": "scatter",
    "distribution": "distribution",
}  # fmt: skip
"""The chart type of each kind of tile that is a chart."""

AT_ONCE, PATIENCE = 0.3, 1.5
"""The seconds to wait for answers before sketches are drawn in their place, and before the wait ends."""

MOST_BARS, MOST_ROWS, MOST_COLUMNS, MOST_POINTS, BINS = 6, 5, 9, 40, 9
"""The maximum number of bars, rows, columns, points and bins in a small drawing."""

_HERE = Path(__file__).parent
_gallery = component(
    "samepage_tile_gallery",
    html='<div class="cards" role="group"></div>',
    css=(_HERE / "gallery.css").read_text(encoding="utf-8"),
    js=(_HERE / "gallery.js").read_text(encoding="utf-8"),
)


def gallery(composing: Composing, workspace: Workspace, on_pick: Callable[[Tile | None], None]) -> None:
    """Draw the gallery. `on_pick` is called with the chosen tile, which has no ID yet, or with None for text."""
    visible = workspace.visible(composing.actor)
    labels = {metric.name: metric.label for metric in visible.metrics}
    if not labels:
        return
    names = sorted(labels, key=lambda name: (labels[name].casefold(), name))
    metric = st.selectbox(
        "Metric", names, index=names.index(first_metric(composing.board, visible)), key=composing.key("gallery-metric"),
        format_func=lambda name: plain(labels[name]),
    )  # fmt: skip
    state = session.board_work(workspace, composing.actor).opening_state(composing.board)
    check = composing.check(workspace)
    offered = offers(composing.board, state, metric, visible, check)
    queries = {
        offer.sort: query
        for offer in offered
        if offer.tile is not None
        and (query := asked(offer.tile, state, visible, check, today=workspace.today()).query) is not None
    }
    place = st.empty()
    answers = _Answers(queries.values(), composing, workspace)
    answers.wait(AT_ONCE)
    if answers.waits:
        with place.container():
            _draw(offered, queries, answers.known, composing, on_pick, key="gallery-wait")
        answers.wait(PATIENCE)
    answers.leave()
    with place.container():
        _draw(offered, queries, answers.known, composing, on_pick, key="gallery")


class _Answers:
    """The answers for the drawings. Each question is asked once. Questions that fail or take too long have
    no answer.
    """

    def __init__(self, queries: Any, composing: Composing, workspace: Workspace) -> None:
        self.known: dict[Query, Result] = {}
        self.waits: dict[Query, Any] = {}  # Any: what is pending, by question
        for query in dict.fromkeys(queries):
            try:
                self.waits[query] = workspace.start(query, composing.actor)
            except SemanticError:
                continue
        self._take()

    def wait(self, seconds: float) -> None:
        until = monotonic() + seconds
        while self.waits and monotonic() < until:
            sleep(0.02)
            self._take()

    def leave(self) -> None:
        for pending in self.waits.values():
            pending.leave()

    def _take(self) -> None:
        for query, pending in list(self.waits.items()):
            if pending.done():
                del self.waits[query]
                try:
                    self.known[query] = pending.result()
                except SemanticError:
                    continue


def _draw(
    offered: Sequence[Offer], queries: Mapping[str, Query], answers: Mapping[Query, Result], composing: Composing,
    on_pick: Callable[[Tile | None], None], *, key: str,
) -> None:  # fmt: skip
    key = composing.key(key)
    cards = [card_of(offer, answers.get(queries[offer.sort]) if offer.sort in queries else None) for offer in offered]
    tokens = current_tokens()
    colours = {"mark": tokens.series[0], "up": tokens.favourable, "down": tokens.unfavourable}

    def picked() -> None:
        sent: Any = st.session_state[key].get("picked")  # Any: whatever JSON a browser sends
        offer = offer_named(sent, offered)
        if offer is not None:
            on_pick(offer.tile)

    _gallery(key=key, data=json.dumps({"cards": cards, "colours": colours}).encode(), on_picked_change=picked)


def offer_named(sent: object, offered: Sequence[Offer]) -> Offer | None:
    """Return the offer that a browser reports as picked, or None if there is no such offer or it can't be picked."""
    can_be = (offer for offer in offered if offer.tile is not None or offer.sort == "text")
    return next((offer for offer in can_be if offer.sort == sent), None)


def card_of(offer: Offer, result: Result | None) -> dict[str, object]:
    """Return the data for a drawing: the kind of tile, its label, why it can't be picked, and the shape of the answer.

    Numbers are scaled from 0 to 1. Except for a number tile, a small drawing shows no values.
    """
    reason, drawn = offer.reason, None
    if result is not None:
        rows = of_one_period(prepare_rows(result))
        kind = CHARTS.get(offer.sort)
        reason = why_not(kind, rows, result) if kind is not None else ""
        drawn = None if reason or not rows.groups else shape_of(offer.sort, rows)
    return {"sort": offer.sort, "label": SORTS[offer.sort], "reason": reason, "drawn": drawn}


def shape_of(sort: Sort, rows: Rows) -> object:
    """Return the shape of an answer for a small drawing, or None if the answer has no numbers."""
    first = rows.metrics[0]
    values = [_known(value) for value in rows.numbers[first.name]]
    match sort:
        case "number":
            return rows.write(first)(values[0]) if values[0] is not None else None
        case "line":
            dated = sorted(
                (day, value) for day, value in zip(rows.periods, values, strict=True) if day and value is not None
            )
            return _scaled([value for _, value in dated])
        case "bar" | "table":
            largest = sorted((abs(value) for value in values if value is not None), reverse=True)
            return _scaled(largest[:MOST_BARS], from_zero=True)
        case "heat":
            return _cells(rows, values)
        case "waterfall":
            return _steps(values, [_known(value) for value in rows.numbers[rows.before[first.name][0].name]])
        case "scatter":
            others = [_known(value) for value in rows.numbers[rows.metrics[1].name]]
            both = [pair for pair in zip(values, others, strict=True) if None not in pair][:MOST_POINTS]
            sides = [_scaled([pair[side] for pair in both]) for side in (0, 1)]
            return list(zip(*sides, strict=True)) if both else None
        case "distribution":
            return _bins([value for value in values if value is not None])
        case "text":
            return None


def _known(value: float | None) -> float | None:
    return float(value) if value is not None and isfinite(value) else None


def _scaled(values: Sequence[float | None], *, from_zero: bool = False) -> list[float]:
    """Return the values scaled from 0 for the lowest value (or for zero) to 1 for the highest, or all 1 if they're
    equal.
    """
    known = [value for value in values if value is not None]
    if not known:
        return []
    low = 0.0 if from_zero else min(known)
    span = max(known) - low
    return [round((value - low) / span, 3) if span else 1.0 for value in known]


def _cells(rows: Rows, values: Sequence[float | None]) -> list[list[float | None]]:
    """Return the values of the largest groups over the last periods, scaled from 0 to 1, with one row for
    each group.
    """
    sizes: dict[Any, float] = {}  # Any: the values of a group
    for group, value in zip(rows.groups, values, strict=True):
        sizes[group] = sizes.get(group, 0.0) + abs(value or 0.0)
    groups = sorted(sizes, key=lambda group: -sizes[group])[:MOST_ROWS]
    days = sorted({day for day in rows.periods if day is not None})[-MOST_COLUMNS:]
    cells = {
        (group, day): value
        for group, day, value in zip(rows.groups, rows.periods, values, strict=True)
        if value is not None and group in groups and day in days
    }
    scaled = dict(zip(cells, _scaled(list(cells.values())), strict=True))
    return [[scaled.get((group, day)) for day in days] for group in groups]


def _steps(now: Sequence[float | None], before: Sequence[float | None]) -> list[tuple[float, float]]:
    """Return the start and end of each step: before, the largest changes, all other changes combined, and after."""
    start, end = sum(value or 0.0 for value in before), sum(value or 0.0 for value in now)
    changes = sorted(
        ((new or 0.0) - (old or 0.0) for new, old in zip(now, before, strict=True)), key=lambda by: -abs(by)
    )
    largest = changes[: MOST_BARS - 2]
    levels = [start]
    for change in [*largest, sum(changes[MOST_BARS - 2 :])]:
        levels.append(levels[-1] + change)
    steps = [(0.0, start), *pairwise(levels), (0.0, end)]
    ends = [each for step in steps for each in step]
    low, span = min(ends), max(ends) - min(ends)
    return [(round((a - low) / span, 3), round((b - low) / span, 3)) if span else (0.0, 1.0) for a, b in steps]


def _bins(values: Sequence[float]) -> list[float]:
    counts = [0] * BINS
    for place in _scaled(values):
        counts[min(int(place * BINS), BINS - 1)] += 1
    return _scaled([float(count) for count in counts], from_zero=True)
