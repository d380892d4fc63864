"""The kinds of tile to choose from for a board, each with a question about one of its metrics, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from semantic.boards.apply import Check
from semantic.boards.board import Board, Tile, TileKind
from semantic.model.definitions import Granularity
from semantic.policy.narrow import VisibleModel
from semantic.query.query import DATE, Breakdown, Last, Previous, Query

Sort = Literal["number", "line", "bar", "table", "heat", "waterfall", "scatter", "distribution", "text"]

SORTS: dict[Sort, str] = {
    "number": "Number", "line": "Lines", "bar": "Bars", "table": "Table", "heat": "Heat map", "waterfall": "Waterfall",
    "scatter": "Scatter", "distribution": "Distribution", "text": "Text",
}  # fmt: skip
"""Each sort of tile and its label, in the order offered."""

USUAL = Last(13, Granularity.WEEK)
"""The period of a new tile's own question, on a board without one."""

MOST_TRIED = 12
"""How many dimensions are tried as the breakdown of an example."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One sort of tile: the tile it adds, without an ID, or why it can't show the metric."""

    sort: Sort
    tile: Tile | None
    reason: str = ""


def first_metric(board: Board, seen: VisibleModel) -> str:
    """Return the first metric on the board that this person can see, otherwise the first certified one, or ""."""
    shown = {metric.name: metric for metric in seen.metrics}
    certified = (metric.name for metric in seen.metrics if metric.certified is not None)
    return next((name for name in _metrics_of(board) if name in shown), next(certified, next(iter(shown), "")))


def offers(board: Board, metric: str, seen: VisibleModel, check: Check) -> tuple[Offer, ...]:
    """Return every sort of tile with a question about a metric, tried with the preflight of the person behind `seen`.

    The questions use what the board already asks: its grain, its breakdowns and filters, and its next metric.
    """
    one = Query(metrics=(metric,), time=board.start.period or USUAL)
    date = Breakdown(DATE, board.start.grain or Granularity.WEEK)
    label = seen.metric(metric).label
    by = next((each for each in _breakdowns(board, seen) if check(replace(one, by=(each,))).ok), None)
    alone = f"Nothing to break {label} down by."
    made = [
        _offer("number", one, check),
        _offer("line", replace(one, by=(date,)), check),
    ]
    if by is None:
        made += [Offer(sort, None, alone) for sort in SORTS if sort not in ("number", "line", "text")]
        return (*made, Offer("text", None))
    parts = replace(one, by=(by,))
    made += [
        _offer("bar", parts, check),
        _offer("table", parts, check),
        _offer("heat", replace(one, by=(by, date)), check),
        _offer("waterfall", replace(parts, compare=(Previous(),)), check),
    ]
    pairs = (replace(parts, metrics=(metric, name)) for name in _metrics_of(board) if name != metric)
    both = next((pair for pair in pairs if check(pair).ok), None)
    made += [
        Offer("scatter", None, "Needs two metrics.") if both is None else _offer("scatter", both, check),
        _offer("distribution", parts, check),
    ]
    return (*made, Offer("text", None))


def _offer(sort: Sort, query: Query, check: Check) -> Offer:
    error = check(query).error
    if error is not None:
        return Offer(sort, None, str(error))
    kind = {"number": TileKind.NUMBER, "table": TileKind.TABLE}.get(sort, TileKind.CHART)
    is_automatic = sort in ("number", "table", "line", "bar")
    return Offer(sort, Tile(id="", kind=kind, question=query, chart="" if is_automatic else sort))


def _metrics_of(board: Board) -> Iterator[str]:
    """The metrics on the board, in reading order."""
    queries = (tile.question for tile in board.tiles if tile.question is not None)
    yield from dict.fromkeys(name for query in queries for name in query.metrics)


def _breakdowns(board: Board, seen: VisibleModel) -> Iterator[Breakdown]:
    """What to break down by: as the board's tiles do, then by its filters, then by the first dimensions of the model.

    Never by a dimension about individuals.
    """
    queries = [tile.question for tile in board.tiles if tile.question is not None]
    own = [each for query in queries for each in query.by if not each.is_time]
    shared = [Breakdown(each.dim, via=each.via) for each in board.filters]
    others = [Breakdown(each.name) for each in seen.dimensions if each.kind != "time"]
    offered = dict.fromkeys(replace(each, name="") for each in (*own, *shared, *others))
    open_ones = (each for each in offered if _is_offered(each.dim, seen))
    yield from islice(open_ones, MOST_TRIED)


def _is_offered(dim: str, seen: VisibleModel) -> bool:
    places = seen.places(dim)
    return bool(places) and not any("personal" in place.tags for place in places)
