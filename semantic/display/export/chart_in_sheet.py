"""Add an editable chart to an answer's sheet. The spreadsheet draws it from cells.

It refers to the cells of the answer if they are in the chart's order, otherwise to separate cells below the chart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from semantic.display.charts.chart import Chart
from semantic.display.charts.native import NativeChart, Series, native_charts
from semantic.display.export.chart_look import axis_format, category_names, has_labels, short_format
from semantic.display.export.rows import file_columns
from semantic.display.export.to_xlsx import HEAD, CellFormats, Exact, seen_only, write_text
from semantic.display.paper.figure import is_drawable
from semantic.display.paper.pixels import figure_png
from semantic.display.tokens import LIGHT
from semantic.results.result import Result

if TYPE_CHECKING:
    from xlsxwriter import Workbook

WIDTH, HEIGHT, ROW = 720, 400, 20
"""The width and height of a chart, and the height of a row, in pixels."""

PICTURE = 540.0  # points of a picture's width
NO_CHART = "A spreadsheet can't show this chart. Its numbers are on this sheet."
_CELL = re.compile(r"!(?=\$?[A-Z]+\$?\d)")
_FONT = {"name": "Arial", "size": 9, "color": LIGHT.muted}
_TYPES: Mapping[str, str] = {
    "line": "line", "area": "area", "column": "column", "bar": "bar", "ring": "doughnut", "scatter": "scatter",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells that contain the numbers of a plot.

    They are given by the `first` and `last` row, and by the columns of categories and series.
    """

    first: int
    last: int
    names: int
    series: tuple[int, ...]


def charts_in_sheet(book: Workbook, sheet: Any, chart: Chart, result: Result, title: str, looks: CellFormats) -> None:
    """Add a chart with its title next to an answer's rows. Kinds of charts that spreadsheets lack become a picture."""
    if chart.figure is None:
        return
    column = len(file_columns(result)) + 1
    plots = native_charts(chart, result)
    if not plots:
        if is_drawable(chart.figure):
            png = BytesIO(figure_png(chart.figure, PICTURE))
            write_text(sheet, 0, column, seen_only(title), {"bold": True}, looks)
            about = {"image_data": png, "description": seen_only(chart.alt)[:2000], "x_scale": 2 / 3, "y_scale": 2 / 3}
            sheet.insert_image(1, column, "chart.png", about)
        else:
            write_text(sheet, 0, column, NO_CHART, {"italic": True, "font_color": LIGHT.muted}, looks)
        return
    height = HEIGHT // ROW + 1
    row = height * len(plots) + 1
    for place, plot in enumerate(plots):
        cells = _answer_cells(plot, result)
        if cells is None:
            cells, row = _own_cells(sheet, plot, row, column, looks)
        drawn = _chart(book, sheet.get_name(), plot, cells, title if len(plots) == 1 else f"{title}: {plot.title}")
        top = height * place + (1 if place else 0)
        about = {"description": seen_only(chart.alt)[:2000], "x_offset": 8, "y_offset": 8}
        sheet.insert_chart(top, column, drawn, about)


def _answer_cells(plot: NativeChart, result: Result) -> _Cells | None:
    """Return the answer's own cells, or None if a chart can't use them.

    Each series must be a column, and the rows must be in the chart's order.
    """
    places = plot.series[0].places
    is_in_order = places == tuple(range(places[0], places[0] + len(places))) and places[0] >= 0
    if plot.kind == "scatter" or len(result.keys) != 1 or not is_in_order:
        return None
    columns = {one.name: at for at, one in enumerate(file_columns(result)) if one.kind in ("key", "value")}
    at = [columns.get(series.column.name) if series.column else None for series in plot.series]
    if any(series.places != places for series in plot.series) or any(one is None for one in at):
        return None
    known = tuple(one for one in at if one is not None)
    return _Cells(places[0] + 1, places[-1] + 1, columns[result.keys[0].name], known)


def _own_cells(sheet: Any, plot: NativeChart, row: int, column: int, looks: CellFormats) -> tuple[_Cells, int]:
    """Write the numbers of a plot, starting at `row`. Return their cells and the next free row."""
    names = [_head(series) for series in plot.series]
    if plot.kind == "scatter":
        (series,) = plot.series
        names = [
            series.across_column.label if series.across_column else "",
            series.column.label if series.column else "",
        ]
    write_text(sheet, row, column, "Chart data", HEAD, looks)
    for place, name in enumerate(names, start=1):
        write_text(sheet, row, column + place, seen_only(name), HEAD | {"align": "right"}, looks)
    values = (
        [plot.series[0].across, plot.series[0].values]
        if plot.kind == "scatter"
        else [one.values for one in plot.series]
    )
    formats = [short_format(series.column, series.values) for series in plot.series]
    formats = formats * len(values) if plot.kind == "scatter" else formats
    categories = plot.categories if not plot.days else category_names(plot)
    for at, category in enumerate(categories, start=row + 1):
        write_text(sheet, at, column, seen_only(category)[:255], {}, looks)
        for place, (numbers, code) in enumerate(zip(values, formats, strict=True), start=1):
            number = numbers[at - row - 1]
            if number is not None:
                sheet.write_number(at, column + place, Exact(number), looks(num_format=_full(code)))
    cells = _Cells(row + 1, row + len(categories), column, tuple(column + place for place in range(1, len(values) + 1)))
    return cells, row + len(categories) + 2


def _full(code: str) -> str:
    """Return a cell format that shows numbers in full instead of in thousands."""
    last = code.split(";")[-1]
    for letter in ('"K"', '"M"', '"B"'):
        last = last.removesuffix(letter)
    return last.rstrip(",").replace("0.00", "#,##0.00") if "#" in last or "%" in last else "#,##0"


def _head(series: Series) -> str:
    return series.name or (series.column.label if series.column else "")


def _chart(book: Workbook, sheet: str, plot: NativeChart, cells: _Cells, title: str) -> Any:
    kind: dict[str, str] = {"type": _TYPES[plot.kind]}
    if plot.is_stacked:
        kind["subtype"] = "stacked"
    drawn: Any = book.add_chart(kind)
    named = plot.kind in ("ring", "scatter")
    categories = [sheet, cells.first, cells.names, cells.last, cells.names]
    if plot.kind == "scatter":
        across, up = cells.series
        (series,) = plot.series
        drawn.add_series(
            {
                "name": _text(series.name), "categories": [sheet, cells.first, across, cells.last, across],
                "values": [sheet, cells.first, up, cells.last, up], "line": {"none": True},
                "marker": {"type": "circle", "size": 7, "fill": {"color": series.colour}, "border": {"none": True}},
                "data_labels": {
                    "custom": [{"value": _text(name)} for name in plot.categories], "position": "right",
                    "value": True, "font": _FONT,
                } if len(plot.categories) <= 25 else {},
            }
        )  # fmt: skip
    else:
        for series, column in zip(plot.series, cells.series, strict=True):
            about = {"name": _text(_head(series)), "categories": categories}
            drawn.add_series(about | {"values": [sheet, cells.first, column, cells.last, column]} | _look(series, plot))
    drawn.set_title({"name": _text(title), "name_font": {"name": "Arial", "size": 11, "bold": True, "color": LIGHT.ink},
                     "overlay": False, "layout": {"x": 0.02, "y": 0.03}})  # fmt: skip
    has_legend = plot.kind == "ring" or len(plot.series) > 1
    drawn.set_legend({"position": "bottom", "font": _FONT} if has_legend else {"none": True})
    if not named or plot.kind == "scatter":
        _axes(drawn, plot)
    drawn.set_chartarea({"border": {"color": LIGHT.line}})
    drawn.set_size({"width": WIDTH, "height": HEIGHT})
    return drawn


def _axes(drawn: Any, plot: NativeChart) -> None:
    values = [value for series in plot.series for value in series.values]
    hairline = {"visible": True, "line": {"color": LIGHT.line, "width": 0.5}}
    numbers: dict[str, Any] = {
        "num_format": axis_format(plot.top, values), "num_font": _FONT, "line": {"none": True},
        "major_gridlines": hairline, "major_tick_mark": "none",
    }  # fmt: skip
    others: dict[str, Any] = {
        "num_font": _FONT, "line": {"color": LIGHT.line}, "major_tick_mark": "none", "label_position": "low",
        "major_gridlines": {"visible": False},
    }  # fmt: skip
    if plot.kind == "scatter":
        (series,) = plot.series
        others |= {
            "num_format": axis_format(series.across_column, series.across),
            "name": _column(series.across_column),
        }
        numbers["name"] = _column(series.column)
        others["name_font"] = numbers["name_font"] = _FONT | {"bold": False}
    else:
        others["text_axis"] = True
        if all(value is None or value >= 0 for value in values):
            numbers["min"] = 0
    if plot.kind == "bar":
        others |= {"reverse": True, "num_font": _FONT | {"color": LIGHT.ink}}
        numbers |= (
            {"visible": False, "major_gridlines": {"visible": False}}
            if has_labels(plot)
            else {"label_position": "high"}
        )
        drawn.set_x_axis(numbers)
        drawn.set_y_axis(others)
    else:
        if plot.days:
            others["num_format"] = (
                "mmm yyyy" if plot.grain is not None and plot.grain.value in ("month", "quarter", "year") else "d mmm"
            )
        drawn.set_x_axis(others)
        drawn.set_y_axis(numbers)


def _column(column: Any) -> str:
    return _text(column.label) if column is not None else ""


def _look(series: Series, plot: NativeChart) -> dict[str, Any]:
    """Return the colours and the pattern of a series, as on screen.

    A comparison is dashed or pale, and unfinished periods are dotted or hatched.
    """
    count = len(series.values)
    if plot.kind == "line":
        dash = {"dash_type": "dash", "width": 1.5} if series.is_before else {"width": 2.25}
        dotted = {"line": {"color": series.colour, "width": 2.25, "dash_type": "round_dot"}}
        points = [dotted if place in series.unfinished else None for place in range(count)]
        return {"line": {"color": series.colour} | dash} | ({"points": points} if series.unfinished else {})
    pale = {"transparency": 55} if series.is_before else {}
    fill: dict[str, Any] = {"fill": {"color": series.colour} | pale, "border": {"none": True}}
    if plot.kind == "ring":
        parts = [{"fill": {"color": colour}, "border": {"color": LIGHT.page}} for colour in series.colours]
        return {"points": parts, "data_labels": {"percentage": True, "font": _FONT | {"color": LIGHT.page}}}
    hatched = {"pattern": {"pattern": "wide_upward_diagonal", "fg_color": series.colour, "bg_color": LIGHT.page}}
    own: list[dict[str, Any] | None] = [None] * count
    for place, colour in enumerate(series.colours):
        if colour != series.colour:
            own[place] = {"fill": {"color": colour} | pale}
    for place in series.unfinished:
        own[place] = hatched
    fill |= {"points": own} if any(own) else {}
    if plot.kind in ("bar", "column"):
        fill |= {"gap": 50, "overlap": 100 if plot.is_stacked else 0}
    if has_labels(plot) and not series.is_before:
        code = short_format(series.column, series.values)
        fill["data_labels"] = {"value": True, "num_format": code, "font": _FONT | {"color": LIGHT.ink}}
    return fill


def _text(text: str) -> str:
    """Return a text for a chart in a form that the library doesn't take for a formula.

    It takes a text for a formula if the text begins with an equals sign, or if a cell's name follows its first
    exclamation mark, as in "New!Q4 results".
    """
    plain = _CELL.sub("! ", seen_only(text)[:255], count=1)
    return f" {plain}" if plain.startswith("=") else plain
