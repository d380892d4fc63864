"""Draw a figure as an SVG image for web pages without scripts, with the same code as on paper.

The colours of the light mode become CSS variables, so that one image works in both modes. `colour_variables` returns
their values.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from html import escape
from typing import cast

import plotly.graph_objects as go

from semantic.display.paper.figure import draw_figure, figure_height
from semantic.display.paper.letters import printable, width_of
from semantic.display.paper.page import DASHES, Align, Paper, Point, rgba
from semantic.display.paper.plot import SCALE
from semantic.display.tokens import DARK, LIGHT, Tokens, readable

DARK_INK = {"light": "#000000", "dark": "#FFFFFF"}
_ANCHORS: dict[Align, str] = {"left": "start", "center": "middle", "right": "end"}


def figure_svg(figure: go.Figure, width: float, alt: str) -> str:
    """Return the figure as SVG. `width` is in pixels, and `alt` describes the figure for screen readers."""
    page = _Svg()
    # The figures only use the drawing methods, which are the same here; Paper itself makes PDF pages.
    draw_figure(cast("Paper", page), figure, 0, 0, SCALE * width)
    height = figure_height(figure) / SCALE
    return (
        f'<svg viewBox="0 0 {_n(SCALE * width)} {_n(SCALE * height)}" width="{_n(width)}" height="{_n(height)}" '
        f'role="img" aria-label="{escape(printable(alt))}">{"".join(page.parts)}</svg>'
    )


def line_svg(values: Sequence[float], width: float, height: float) -> str:
    """Return a decorative sparkline of these values."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    reach = (high - low) or 1.0
    points = " ".join(
        f"{_n(2 + place * (width - 4) / (len(values) - 1))},{_n(height - 3 - (value - low) / reach * (height - 6))}"
        for place, value in enumerate(values)
    )
    return (
        f'<svg viewBox="0 0 {_n(width)} {_n(height)}" preserveAspectRatio="none" class="course" aria-hidden="true">'
        f'<polyline points="{points}" fill="none" stroke="{colour_of(LIGHT.series[0])}" stroke-width="1.6" '
        'vector-effect="non-scaling-stroke" stroke-linejoin="round"/></svg>'
    )


def colour_of(colour: str) -> str:
    """Return a colour for CSS. A colour of the light mode becomes a variable, and any other colour is unchanged.

    >>> colour_of(LIGHT.ink), colour_of("#123456")
    ('var(--c171A21)', '#123456')
    """
    name = colour.upper()
    return f"var({_variable(name)})" if name in _OURS else colour


def colour_variables(tokens: Tokens) -> str:
    """Return CSS declarations for all colour variables in one mode."""
    pairs = zip(_colours(LIGHT), _colours(tokens), strict=True)
    return ";".join(f"{_variable(light)}:{own}" for light, own in reversed(dict(reversed([*pairs])).items()))


def _colours(tokens: Tokens) -> list[str]:
    found: list[str] = []
    for field in fields(tokens):
        value: str | tuple[str, ...] = getattr(tokens, field.name)
        if field.name != "mode":
            found += [value] if isinstance(value, str) else value
    # Names next to lines, and numbers on tints: black on a light tint is white on the dark one in its place.
    return [*found, *(readable(colour, tokens) for colour in tokens.series), DARK_INK[tokens.mode]]


_OURS = frozenset(_colours(LIGHT))
assert len(_colours(DARK)) == len(_colours(LIGHT)), "Both modes have the same colours."


def _variable(colour: str) -> str:
    return f"--c{colour.removeprefix('#')}"


class _Svg:
    """A drawing surface for SVG with the same methods as `Paper`, in points from the top left corner."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._clips = 0

    def text(
        self, x: float, y: float, text: str, *, size: float, colour: str, bold: bool = False, align: Align = "left"
    ) -> float:
        shown = printable(text)
        weight = ' font-weight="600"' if bold else ""
        anchor = "" if align == "left" else f' text-anchor="{_ANCHORS[align]}"'
        self.parts.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}"{_paint("fill", colour)}{weight}{anchor} '
            f'xml:space="preserve">{escape(shown)}</text>'
        )
        return width_of(shown, size, bold=bold)

    def line(self, points: Sequence[Point], *, colour: str, width: float, dash: str = "", opacity: float = 1) -> None:
        if len(points) > 1:
            pen = _pen(colour, width, dash, opacity)
            self.parts.append(f'<polyline points="{_points(points)}" fill="none"{pen} stroke-linejoin="round"/>')

    def area(
        self, points: Sequence[Point], *, colour: str, opacity: float = 1, edge: str = "", edge_width: float = 0.75
    ) -> None:
        pen = _pen(edge, edge_width, "", opacity) if edge else ""
        self.parts.append(f'<polygon points="{_points(points)}"{_paint("fill", colour, opacity)}{pen}/>')

    def box(
        self, left: float, top: float, width: float, height: float, *, colour: str = "", opacity: float = 1,
        edge: str = "", edge_width: float = 0.6, corner: float = 0,
    ) -> None:  # fmt: skip
        left, width = (left, width) if width >= 0 else (left + width, -width)
        top, height = (top, height) if height >= 0 else (top + height, -height)
        fill = _paint("fill", colour, opacity) if colour else ' fill="none"'
        pen = _pen(edge, edge_width, "", 1) if edge else ""
        rounded = f' rx="{_n(corner)}"' if corner else ""
        self.parts.append(
            f'<rect x="{_n(left)}" y="{_n(top)}" width="{_n(width)}" height="{_n(height)}"{fill}{pen}{rounded}/>'
        )

    def dot(
        self, x: float, y: float, radius: float, *, colour: str, edge: str = "", edge_width: float = 0.75,
        opacity: float = 1,
    ) -> None:  # fmt: skip
        pen = _pen(edge, edge_width, "", opacity) if edge else ""
        self.parts.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"{_paint("fill", colour, opacity)}{pen}/>')

    @contextmanager
    def within(self, left: float, top: float, width: float, height: float) -> Generator[None]:
        # A nested image clips what goes beyond its edges, without the names that a page's clip paths share.
        box = f"{_n(left)} {_n(top)} {_n(width)} {_n(height)}"
        self.parts.append(
            f'<svg x="{_n(left)}" y="{_n(top)}" width="{_n(width)}" height="{_n(height)}" viewBox="{box}" '
            'overflow="hidden" preserveAspectRatio="none">'
        )
        yield
        self.parts.append("</svg>")


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _pen(colour: str, width: float, dash: str, opacity: float) -> str:
    dashes = f' stroke-dasharray="{" ".join(map(_n, DASHES[dash]))}"' if dash else ""
    return f'{_paint("stroke", colour, opacity)} stroke-width="{_n(width)}"{dashes}'


def _paint(what: str, colour: str, opacity: float = 1) -> str:
    """Return SVG attributes for a colour, which is #RRGGBB or rgba(…)."""
    red, green, blue, alpha = rgba(colour)
    plain = f"#{round(255 * red):02X}{round(255 * green):02X}{round(255 * blue):02X}"
    clear = "" if alpha * opacity == 1 else f' {what}-opacity="{_n(alpha * opacity)}"'
    return f' style="{what}:{colour_of(plain)}"{clear}'
