"""The kinds of tile to add to a board.

Each kind offers a question about one of the board's metrics, or the reason why there is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from semantic.boards.apply import Check
from semantic.boards.board import Board, BoardState, Tile, TileKind
from semantic.model.certification_status import is_certified
from semantic.model.definitions import Granularity
from semantic.policy.narrow import VisibleModel
from semantic.query.query import DATE, Breakdown, Last, Previous, Query

Sort = Literal["number", "line", "bar", "table", "heat", "waterfall", "scatter", "distribution", "text"]

SORTS: dict[Sort, str] = {
    "number": "Number", "line": "Lines", "bar": "Bars", "table": "Table", "heat": "Heat map", "waterfall": "Waterfall",
    "scatter": "Scatter", "distribution": "Distribution", "text": "Text",
}  # fmt: skip
"""The label of each kind of tile, in display order."""

PARTED: tuple[Sort, ...] = ("bar", "table", "heat", "waterfall", "scatter", "distribution")
"""The kinds that need a breakdown, in display order."""

USUAL = Last(13, Granularity.WEEK)
"""The period of a new tile, if the board has no period."""

MOST_TRIED = 12
"""The most dimensions to try as the breakdown of a new tile."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One kind of tile to add: either the finished tile, without an ID, or the reason why it can't show the metric."""

    sort: Sort
    tile: Tile | None
    reason: str = ""


def first_metric(board: Board, seen: VisibleModel) -> str:
    """Return the metric to start with: the first one on the board that this person can see.

    If there is none, it's the first certified metric, or else any metric. "" if this person can't see any.
    """
    shown = {metric.name: metric for metric in seen.metrics}
    certified = (metric.name for metric in seen.metrics if is_certified(metric))
    return next((name for name in _metrics_of(board) if name in shown), next(certified, next(iter(shown), "")))


def offers(board: Board, state: BoardState, metric: str, seen: VisibleModel, check: Check) -> tuple[Offer, ...]:
    """Return every kind of tile with a question about a metric, checked with the preflight of the person behind `seen`.

    The questions reuse the board's grain, breakdowns and filters, and combine the metric with another one of the board.
    `state` is the current state of the board. If only `state` sets a period, the new tiles use it without storing it.
    """
    one = Query(metrics=(metric,), time=state.period or USUAL)
    is_open = board.start.period is None and state.period is not None
    date = Breakdown(DATE, state.grain or Granularity.WEEK)

    def offer(sort: Sort, query: Query) -> Offer:
        error = check(query).error
        if error is not None:
            return Offer(sort, None, str(error))
        return Offer(sort, _tile(sort, replace(query, time=None) if is_open else query))

    made = [offer("number", one), offer("line", replace(one, by=(date,)))]
    by = next((each for each in _breakdowns(board, seen) if check(replace(one, by=(each,))).ok), None)
    if by is None:
        reason = f"Nothing to break {seen.metric(metric).label} down by."
        return (*made, *(Offer(sort, None, reason) for sort in PARTED), Offer("text", None))
    parts = replace(one, by=(by,))
    pairs = (replace(parts, metrics=(metric, name)) for name in _metrics_of(board) if name != metric)
    both = next((pair for pair in pairs if check(pair).ok), None)
    change = offer("waterfall", replace(parts, compare=state.compare or (Previous(),)))
    if is_open and not state.compare:
        change = Offer("waterfall", None, "Needs a period. Choose one in Board settings.")
    made += [
        offer("bar", parts),
        offer("table", parts),
        offer("heat", replace(one, by=(by, date))),
        change,
        offer("scatter", both) if both is not None else Offer("scatter", None, "Needs two metrics."),
        offer("distribution", parts),
    ]
    return (*made, Offer("text", None))


def _tile(sort: Sort, query: Query) -> Tile:
    kind = {"number": TileKind.NUMBER, "table": TileKind.TABLE}.get(sort, TileKind.CHART)
    is_automatic = sort in ("number", "table", "line", "bar")
    return Tile(id="", kind=kind, question=query, chart="" if is_automatic else sort)


def _metrics_of(board: Board) -> Iterator[str]:
    """Yield the metrics on the board, in reading order."""
    queries = (tile.question for tile in board.tiles if tile.question is not None)
    yield from dict.fromkeys(name for query in queries for name in query.metrics)


def _breakdowns(board: Board, seen: VisibleModel) -> Iterator[Breakdown]:
    """Yield the breakdowns to offer, best first.

    The board's most common breakdowns come first, then its filters, then the first dimensions of the model. Dimensions
    about individuals are never offered.
    """
    queries = [tile.question for tile in board.tiles if tile.question is not None]
    used = Counter(replace(each, name="") for query in queries for each in query.by if not each.is_time)
    own = [each for each, _ in used.most_common()]
    shared = [Breakdown(each.dim, via=each.via) for each in board.filters]
    others = [Breakdown(each.name) for each in seen.dimensions if each.kind != "time"]
    offered = dict.fromkeys((*own, *shared, *others))
    open_ones = (each for each in offered if _is_offered(each.dim, seen))
    yield from islice(open_ones, MOST_TRIED)


def _is_offered(dim: str, seen: VisibleModel) -> bool:
    places = seen.places(dim)
    return bool(places) and not any("personal" in place.tags for place in places)
