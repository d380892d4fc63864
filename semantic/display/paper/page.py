"""Draw pages: text, lines and shapes in points from the top left corner. Returns the finished file.

Only this module uses the PDF library. Text from outside is never interpreted as the library's markup, and can't make
the library read a file.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from io import BytesIO
from typing import Any, Literal

from reportlab.pdfgen.canvas import Canvas

from semantic.display.paper.letters import BOLD, REGULAR, fonts, printable, width_of

A4 = (595.28, 841.89)
Align = Literal["left", "center", "right"]
Point = tuple[float, float]
DASHES: dict[str, tuple[float, ...]] = {"dash": (4.5, 3.0), "dot": (1.2, 2.2), "dashdot": (4.5, 2.2, 1.2, 2.2)}


class Paper:
    """A PDF file with portrait or landscape pages. The first page is open. Later drawings cover earlier ones.

    Drawings are buffered until the end, because footers need the number of pages.
    """

    def __init__(self, title: str, moment: datetime, *, across: bool) -> None:
        fonts()
        self.width, self.height = reversed(A4) if across else A4
        self._out = BytesIO()
        # Any: the library is untyped. Invariant: no clock and no randomness in the file.
        self._canvas: Any = Canvas(
            self._out, pagesize=(self.width, self.height), pageCompression=1, invariant=1, lang="en"
        )
        self._canvas.setTitle(printable(title))
        self._canvas.setAuthor("Samepage")
        self._canvas.setCreator("Samepage")
        self._canvas.setSubject("")
        offset = moment.strftime("%z")
        stamp = f"{moment.strftime('D:%Y%m%d%H%M%S')}{offset[:3]}'{offset[3:5]}'"
        self._canvas.setDateFormatter(lambda *_: stamp)
        self._pages: list[list[partial[Any]]] = [[]]

    def turn(self) -> None:
        """Start the next page."""
        self._pages.append([])

    def finish(self, foot: Callable[[int, int], None]) -> bytes:
        """Return the finished file. Nothing can be drawn after this.

        `foot` draws a footer. It's called with the page number and the number of pages.
        """
        pages = self._pages
        for number, marks in enumerate(pages, start=1):
            self._pages = [marks]
            foot(number, len(pages))
            for mark in marks:
                mark()
            self._canvas.showPage()
        self._canvas.save()
        return self._out.getvalue()

    def bookmark(self, title: str) -> None:
        """Add the open page to the document outline."""
        key = f"page-{len(self._pages)}-{len(self._pages[-1])}"
        self._put(self._canvas.bookmarkPage, key)
        self._put(self._canvas.addOutlineEntry, printable(title), key, level=0)

    def text(
        self, x: float, y: float, text: str, *, size: float, colour: str, bold: bool = False, align: Align = "left"
    ) -> float:
        """Draw one line of text on the baseline `y`, and return its width."""
        shown = printable(text)
        wide = width_of(shown, size, bold=bold)
        left = x if align == "left" else x - wide if align == "right" else x - wide / 2
        self._fill(colour, 1)
        self._put(self._canvas.setFont, BOLD if bold else REGULAR, size)
        self._put(self._canvas.drawString, left, self.height - y, shown)
        return wide

    def line(self, points: Sequence[Point], *, colour: str, width: float, dash: str = "", opacity: float = 1) -> None:
        """Draw a line through the points."""
        if len(points) > 1:
            self._pen(colour, width, dash, opacity)
            self._put(self._canvas.drawPath, self._path(points), stroke=1, fill=0)

    def area(
        self, points: Sequence[Point], *, colour: str, opacity: float = 1, edge: str = "", edge_width: float = 0.75
    ) -> None:
        """Draw a filled shape. If `edge` is a colour, the shape has an edge."""
        self._fill(colour, opacity)
        if edge:
            self._pen(edge, edge_width, "", opacity)
        path = self._path(points)
        path.close()
        self._put(self._canvas.drawPath, path, stroke=1 if edge else 0, fill=1)

    def box(
        self, left: float, top: float, width: float, height: float, *, colour: str = "", opacity: float = 1,
        edge: str = "", edge_width: float = 0.6, corner: float = 0,
    ) -> None:  # fmt: skip
        """Draw an upright rectangle with a fill, an edge or both."""
        if colour:
            self._fill(colour, opacity)
        if edge:
            self._pen(edge, edge_width, "", 1)
        sizes = (left, self.height - top - height, width, height)
        draw = {"stroke": 1 if edge else 0, "fill": 1 if colour else 0}
        if corner:
            self._put(self._canvas.roundRect, *sizes, corner, **draw)
        else:
            self._put(self._canvas.rect, *sizes, **draw)

    def dot(self, x: float, y: float, radius: float, *, colour: str, edge: str = "", edge_width: float = 0.75,
            opacity: float = 1) -> None:  # fmt: skip
        """Draw a circle."""
        self._fill(colour, opacity)
        if edge:
            self._pen(edge, edge_width, "", opacity)
        self._put(self._canvas.circle, x, self.height - y, radius, stroke=1 if edge else 0, fill=1)

    @contextmanager
    def within(self, left: float, top: float, width: float, height: float) -> Generator[None]:
        """Clip all drawings in the `with` block to this rectangle."""
        path = self._canvas.beginPath()
        path.rect(left, self.height - top - height, width, height)
        self._put(self._canvas.saveState)
        self._put(self._canvas.clipPath, path, stroke=0, fill=0)
        yield
        self._put(self._canvas.restoreState)

    def _put(self, mark: Callable[..., object], *about: object, **more: object) -> None:
        self._pages[-1].append(partial(mark, *about, **more))

    def _path(self, points: Sequence[Point]) -> Any:
        path = self._canvas.beginPath()
        path.moveTo(points[0][0], self.height - points[0][1])
        for x, y in points[1:]:
            path.lineTo(x, self.height - y)
        return path

    def _fill(self, colour: str, opacity: float) -> None:
        red, green, blue, alpha = rgba(colour)
        self._put(self._canvas.setFillColorRGB, red, green, blue, alpha * opacity)

    def _pen(self, colour: str, width: float, dash: str, opacity: float) -> None:
        red, green, blue, alpha = rgba(colour)
        self._put(self._canvas.setStrokeColorRGB, red, green, blue, alpha * opacity)
        self._put(self._canvas.setLineWidth, width)
        self._put(self._canvas.setDash, *([list(DASHES[dash])] if dash else []))
        self._put(self._canvas.setLineJoin, 1)


def rgba(colour: str) -> tuple[float, float, float, float]:
    """Return the red, green, blue and opacity of a colour, each from 0 to 1. The colour is #RRGGBB or rgba(…).

    >>> rgba("#FF0000"), rgba("rgba(0,255,0,0.5)")
    ((1.0, 0.0, 0.0, 1.0), (0.0, 1.0, 0.0, 0.5))
    """
    if colour.startswith("rgba("):
        red, green, blue, alpha = (float(part) for part in colour[5:-1].split(","))
        return red / 255, green / 255, blue / 255, alpha
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue, 1.0
