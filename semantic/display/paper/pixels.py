"""Draw a figure as a PNG, for programs without a chart of its kind. Lines and letters look the same as on paper."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from itertools import pairwise

import plotly.graph_objects as go
from PIL import Image, ImageDraw, ImageFont

from semantic.display.paper.figure import draw_figure, figure_height
from semantic.display.paper.letters import font_file, printable, width_of
from semantic.display.paper.page import DASHES, Align, Paper, Point, rgba
from semantic.display.tokens import LIGHT

DENSITY, SMOOTH = 2, 2
"""The pixels per point of the picture, and the factor by which it's drawn larger to get smooth edges."""


def figure_png(figure: go.Figure, width: float) -> bytes:
    """Return the figure as a PNG that is `width` points wide. The same figure gives the same bytes.

    Raises ValueError if the figure can't be drawn on paper.
    """
    surface = Pixels(width, figure_height(figure))
    draw_figure(surface, figure, 0, 0, width)
    return surface.png()


class Pixels(Paper):
    """A page of pixels, with the same drawing methods as `Paper`."""

    def __init__(self, width: float, height: float) -> None:
        # The page's own state isn't used, so it isn't created.
        self.width, self.height = width, height
        self._scale = DENSITY * SMOOTH
        self._image = Image.new("RGB", (self._at(width), self._at(height)), LIGHT.page)
        self._brush = ImageDraw.Draw(self._image, "RGBA")

    def png(self) -> bytes:
        size = (self._image.width // SMOOTH, self._image.height // SMOOTH)
        out = BytesIO()
        self._image.resize(size, Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
        return out.getvalue()

    def text(
        self, x: float, y: float, text: str, *, size: float, colour: str, bold: bool = False, align: Align = "left"
    ) -> float:
        shown = printable(text)
        wide = width_of(shown, size, bold=bold)
        left = x if align == "left" else x - wide if align == "right" else x - wide / 2
        font = _font(bold, round(size * self._scale))
        place = (left * self._scale, y * self._scale)
        self._brush.text(place, shown, fill=_ink(colour), font=font, anchor="ls")
        return wide

    def line(self, points: Sequence[Point], *, colour: str, width: float, dash: str = "", opacity: float = 1) -> None:
        thick = max(1, self._at(width))
        for part in _dashed(points, DASHES[dash]) if dash else [points]:
            places = [self._place(point) for point in part]
            if len(places) > 1:
                self._brush.line(places, fill=_ink(colour, opacity), width=thick, joint="curve")

    def area(
        self, points: Sequence[Point], *, colour: str, opacity: float = 1, edge: str = "", edge_width: float = 0.75
    ) -> None:
        places = [self._place(point) for point in points]
        if len(places) > 2:
            self._brush.polygon(places, fill=_ink(colour, opacity))
        if edge:
            self.line([*points, points[0]], colour=edge, width=edge_width, opacity=opacity)

    def box(
        self, left: float, top: float, width: float, height: float, *, colour: str = "", opacity: float = 1,
        edge: str = "", edge_width: float = 0.6, corner: float = 0,
    ) -> None:  # fmt: skip
        ends = sorted((left, left + width)), sorted((top, top + height))
        corners = (self._place((ends[0][0], ends[1][0])), self._place((ends[0][1], ends[1][1])))
        self._brush.rectangle(
            corners, fill=_ink(colour, opacity) if colour else None, outline=_ink(edge) if edge else None,
            width=max(1, self._at(edge_width)),
        )  # fmt: skip

    def dot(self, x: float, y: float, radius: float, *, colour: str, edge: str = "", edge_width: float = 0.75,
            opacity: float = 1) -> None:  # fmt: skip
        corners = (self._place((x - radius, y - radius)), self._place((x + radius, y + radius)))
        self._brush.ellipse(
            corners, fill=_ink(colour, opacity), outline=_ink(edge) if edge else None,
            width=max(1, self._at(edge_width)),
        )  # fmt: skip

    @contextmanager
    def within(self, left: float, top: float, width: float, height: float) -> Generator[None]:
        before, ends = self._image.copy(), (self._place((left, top)), self._place((left + width, top + height)))
        yield
        edges = (round(ends[0][0]), round(ends[0][1]), round(ends[1][0]), round(ends[1][1]))
        before.paste(self._image.crop(edges), edges[:2])
        self._image, self._brush = before, ImageDraw.Draw(before, "RGBA")

    def _at(self, length: float) -> int:
        return round(length * self._scale)

    def _place(self, point: Point) -> tuple[float, float]:
        return point[0] * self._scale, point[1] * self._scale


def _ink(colour: str, opacity: float = 1) -> tuple[int, int, int, int]:
    red, green, blue, alpha = rgba(colour)
    return round(255 * red), round(255 * green), round(255 * blue), round(255 * alpha * opacity)


@cache
def _font(bold: bool, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font_file(bold=bold)), max(1, size))


def _dashed(points: Sequence[Point], pattern: tuple[float, ...]) -> list[list[Point]]:
    """Return the visible parts of a dashed line, in order."""
    parts: list[list[Point]] = [[points[0]]] if points else []
    at, left = 0, pattern[0]
    for start, end in pairwise(points):
        length = ((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5
        done = 0.0
        while length - done > left:
            done += left
            point = (start[0] + (end[0] - start[0]) * done / length, start[1] + (end[1] - start[1]) * done / length)
            if at % 2 == 0:
                parts[-1].append(point)
            else:
                parts.append([point])
            at += 1
            left = pattern[at % len(pattern)]
        left -= length - done
        if at % 2 == 0:
            parts[-1].append(end)
    return parts
