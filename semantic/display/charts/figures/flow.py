"""Draw a flow: a column of blocks for each step, with bands between the blocks. Heights are proportional to counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from semantic.display.charts.figures.frame import BAR_REACH, figure_of, fitting, safe, trace_tooltip, unfaded
from semantic.display.charts.figures.lines import pale
from semantic.display.template import Attributes, layout
from semantic.display.tokens import Tokens

HIGH = 300  # pixels of all of a column's blocks together
LEAST = 3  # pixels of the lowest block
LINE = 14  # pixels of the lowest block with its name next to it; lower ones have it above, clear of their bands
GAP = 17  # pixels between blocks, for the names beside them
HEAD = 42  # pixels above the blocks, for the columns' names
WIDE = 0.07  # of a column: a block
BESIDE = 0.03  # of a column: from a block to its name
LAST = 0.95  # of a column: the names beside the last blocks
ACROSS = 820  # pixels of a usual plot, in which the names must fit
BEND = 14  # points along each side of a band


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block in a step.

    `column` is the step, counted from 0. `text` is the formatted number, and `lines` is the tooltip.
    """

    column: int
    name: str
    count: int
    text: str
    colour: str
    lines: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The subjects that move from one block to another.

    Blocks are given by position. `text` is the formatted number.
    """

    before: int
    after: int
    count: int
    name: str
    text: str
    lines: Sequence[str] = ()


def flow_figure(columns: Sequence[str], blocks: Sequence[Block], bands: Sequence[Band], tokens: Tokens) -> go.Figure:
    """Return the figure. The blocks of a column are drawn from top to bottom in the given order."""
    whole = max(sum(block.count for block in blocks if block.column == place) for place in range(len(columns)))
    scale = HIGH / whole
    tops = _tops(blocks, scale)
    height = max(top + _high(block.count, scale) for top, block in zip(tops, blocks, strict=True))
    figure = layout(tokens, height=round(height) + HEAD + 16, top=4, bottom=8, right=4)
    figure |= {"hovermode": "closest", "hoverdistance": BAR_REACH}
    figure["xaxis"] = {
        "visible": False, "fixedrange": True, "range": [0, len(columns) - 1 + LAST], "anchor": "y", "domain": [0, 1],
    }  # fmt: skip
    figure["yaxis"] = {"visible": False, "fixedrange": True, "range": [height + 4, -HEAD], "domain": [0, 1]}
    outlines = _outlines(blocks, bands, tops, scale)
    each = ACROSS / (len(columns) + LAST)
    heads = [_cut(column, each) for column in columns]
    names = [f"<b>{_cut(block.name, each - 12 - 7.5 * len(block.text))}</b> {safe(block.text)}" for block in blocks]
    middles = [top + _high(block.count, scale) / 2 for top, block in zip(tops, blocks, strict=True)]
    beside = [
        middle if _high(block.count, scale) >= LINE else top - LINE / 2
        for block, top, middle in zip(blocks, tops, middles, strict=True)
    ]
    return figure_of(
        [
            *(_area(outline, pale(blocks[band.before].colour, 0.24)) for band, outline in outlines),
            *(_area(_corners(block, top, scale), block.colour) for block, top in zip(blocks, tops, strict=True)),
            _hovered([_middle(outline) for _, outline in outlines], bands),
            _hovered(
                [(block.column + WIDE / 2, middle) for block, middle in zip(blocks, middles, strict=True)], blocks
            ),
            _words([float(place) for place in range(len(columns))], [-HEAD + 10] * len(columns), heads, tokens.muted),
            _words([block.column + WIDE + BESIDE for block in blocks], beside, names, tokens.ink),
        ],
        figure,
    )


def _tops(blocks: Sequence[Block], scale: float) -> list[float]:
    """Return the top edge of each block."""
    ends: dict[int, float] = {}
    tops: list[float] = []
    for block in blocks:
        top = ends.get(block.column, 0.0)
        tops.append(top)
        ends[block.column] = top + _high(block.count, scale) + GAP
    return tops


def _high(count: int, scale: float) -> float:
    return max(count * scale, LEAST)


def _corners(block: Block, top: float, scale: float) -> list[tuple[float, float]]:
    left, right, bottom = float(block.column), block.column + WIDE, top + _high(block.count, scale)
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _outlines(
    blocks: Sequence[Block], bands: Sequence[Band], tops: Sequence[float], scale: float
) -> list[tuple[Band, list[tuple[float, float]]]]:
    """Return each band with its outline. At each block, bands are sorted by the block at their other end."""
    leaves, reaches = [0.0] * len(bands), [0.0] * len(bands)
    used_right, used_left = [*tops], [*tops]
    for at in sorted(range(len(bands)), key=lambda at: (bands[at].before, bands[at].after)):
        leaves[at] = used_right[bands[at].before]
        used_right[bands[at].before] += bands[at].count * scale
    for at in sorted(range(len(bands)), key=lambda at: (bands[at].after, bands[at].before)):
        reaches[at] = used_left[bands[at].after]
        used_left[bands[at].after] += bands[at].count * scale
    outlines: list[tuple[Band, list[tuple[float, float]]]] = []
    for leave, reach, band in zip(leaves, reaches, bands, strict=True):
        high = max(band.count * scale, 1)
        start, end = blocks[band.before].column + WIDE, float(blocks[band.after].column)
        upper: list[tuple[float, float]] = []
        for at in range(BEND + 1):
            way = at / BEND
            rise = way * way * (3 - 2 * way)
            upper.append((start + (end - start) * way, leave + (reach - leave) * rise))
        outlines.append((band, [*upper, *((x, y + high) for x, y in reversed(upper))]))
    return outlines


def _middle(outline: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the middle of a band."""
    half = len(outline) // 2
    upper, lower = outline[half // 2], outline[-1 - half // 2]
    return upper[0], (upper[1] + lower[1]) / 2


def _area(outline: Sequence[tuple[float, float]], colour: str) -> Attributes:
    closed = [*outline, outline[0]]
    return {
        "type": "scatter", "mode": "lines", "x": [x for x, _ in closed], "y": [y for _, y in closed], "fill": "toself",
        "fillcolor": colour, "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False,
    }  # fmt: skip


def _hovered(points: Sequence[tuple[float, float]], told_of: Sequence[Block] | Sequence[Band]) -> Attributes:
    """Return invisible points that show the tooltips."""
    most = max((len(each.lines) for each in told_of), default=0)
    return {
        "type": "scatter", "mode": "markers", "x": [x for x, _ in points], "y": [y for _, y in points],
        "marker": {"size": 20, "opacity": 0}, "showlegend": False,
    } | trace_tooltip(
        [-1] * len(points),
        [("<b>{}</b>", [each.text for each in told_of]), ("{}", [each.name for each in told_of])],
        *(
            [("{}", [each.lines[at] if at < len(each.lines) else "" for each in told_of])]
            for at in range(most)
        ),
    )  # fmt: skip


def _words(x: Sequence[float], y: Sequence[float], texts: Sequence[str], colour: str) -> Attributes:
    return {
        "type": "scatter", "mode": "text", "x": list(x), "y": list(y), "text": list(texts), "hoverinfo": "skip",
        "textposition": "middle right", "textfont": {"size": 12, "color": colour}, "cliponaxis": False,
        "showlegend": False, **unfaded(colour),
    }  # fmt: skip


def _cut(name: str, most: float) -> str:
    return safe(fitting(name, max(most, 30)))
