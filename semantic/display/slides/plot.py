"""Draw an editable chart on a slide in Samepage's colours. Its numbers are in an embedded workbook."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from pptx.chart.data import CategoryChartData, XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import (
    XL_CHART_TYPE,
    XL_LABEL_POSITION,
    XL_LEGEND_POSITION,
    XL_MARKER_STYLE,
    XL_TICK_LABEL_POSITION,
    XL_TICK_MARK,
)
from pptx.enum.dml import MSO_LINE, MSO_PATTERN
from pptx.oxml.xmlchemy import OxmlElement
from pptx.util import Pt

from semantic.display.charts.native import NativeChart, Series
from semantic.display.export.chart_look import axis_format, category_names, has_labels, short_format
from semantic.display.export.to_xlsx import CellFormats, Exact, open_book, write_text
from semantic.display.slides.deck import FONT, Slide, Spot, plain, rgb
from semantic.display.tokens import LIGHT

NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)
"""The date of a chart's workbook, because this module reads no clock."""

MOST_DAYS = 10  # named below a chart over time
NAMED_POINTS = 25  # of a scatter, beyond which the names would cover each other
_BEFORE = 0.55  # how far a comparison's colour is mixed with white
_TYPES: dict[tuple[str, bool], Any] = {
    ("line", False): XL_CHART_TYPE.LINE, ("line", True): XL_CHART_TYPE.LINE,
    ("area", False): XL_CHART_TYPE.AREA, ("area", True): XL_CHART_TYPE.AREA_STACKED,
    ("column", False): XL_CHART_TYPE.COLUMN_CLUSTERED, ("column", True): XL_CHART_TYPE.COLUMN_STACKED,
    ("bar", False): XL_CHART_TYPE.BAR_CLUSTERED, ("bar", True): XL_CHART_TYPE.BAR_STACKED,
    ("ring", False): XL_CHART_TYPE.DOUGHNUT,
}  # fmt: skip


def draw_chart(
    slide: Slide,
    spot: Spot,
    plot: NativeChart,
    *,
    alt: str,
    size: float = 11,
    bare: bool = False,
    most: float | None = None,
    legend: bool = True,
) -> None:
    """Draw the chart. A `bare` chart is a line without axes, to use next to a number.

    `most` is the end of its scale, if given.
    """
    if plot.kind == "scatter":
        frame = _scatter(slide, spot, plot)
    else:
        data = CategoryChartData()
        data.categories = list(category_names(plot))
        for series in plot.series:
            data.add_series("Series", series.values)
        frame = slide.made.shapes.add_chart(_TYPES[plot.kind, plot.is_stacked], *spot.emu, data)
        _name_series(frame.chart, plot)
    frame.chart.part.chart_workbook.update_from_xlsx_blob(_workbook(plot))
    about = frame._element.nvGraphicFramePr.cNvPr
    about.set("name", "Chart")
    about.set("descr", plain(alt))
    chart = frame.chart
    chart.font.size, chart.font.name, chart.font.color.rgb = Pt(size), FONT, rgb(LIGHT.muted)
    chart.has_title = False
    _legend(chart, plot, size, is_shown=legend)
    if plot.kind == "ring":
        _ring(chart, plot)
        return
    _axes(chart, plot, bare=bare)
    for shown, series in zip(chart.plots[0].series, plot.series, strict=True):
        _colour(shown, series, plot)
    if plot.kind in ("column", "bar"):
        chart.plots[0].gap_width = 45 if plot.is_stacked or len(plot.series) == 1 else 60
        chart.plots[0].overlap = 100 if plot.is_stacked else -5 if len(plot.series) > 1 else 0
    if has_labels(plot):
        _labels(chart, plot, size)
    if most is not None:
        chart.value_axis.maximum_scale = most


def _name_series(chart: Any, plot: NativeChart) -> None:
    """Set the names of the series directly in the chart. The library would write some of them as formulas."""
    for shown, series in zip(chart.plots[0].series, plot.series, strict=True):
        for text in shown._element.xpath("./c:tx//c:pt/c:v"):
            text.text = plain(series.name)[:255]


def _workbook(plot: NativeChart) -> bytes:
    """Return the workbook with the chart's numbers, in the layout that the library refers to."""
    out = BytesIO()
    book = open_book(out, "Chart", NO_DAY)
    sheet, looks = book.add_worksheet("Sheet1"), CellFormats(book)
    if plot.kind == "scatter":
        (series,) = plot.series
        write_text(sheet, 0, 1, plain(series.name), {}, looks)
        for row, (across, up) in enumerate(zip(series.across, series.values, strict=True), start=1):
            sheet.write_number(row, 0, Exact(across))
            sheet.write_number(row, 1, Exact(up or 0))
    else:
        for row, name in enumerate(category_names(plot), start=1):
            write_text(sheet, row, 0, name, {}, looks)
        for place, series in enumerate(plot.series, start=1):
            write_text(sheet, 0, place, plain(series.name)[:255], {}, looks)
            for row, value in enumerate(series.values, start=1):
                if value is not None:
                    sheet.write_number(row, place, Exact(value))
    book.close()
    return out.getvalue()


def _scatter(slide: Slide, spot: Spot, plot: NativeChart) -> Any:
    (series,) = plot.series
    data = XyChartData()
    added = data.add_series("Series")
    for across, up in zip(series.across, series.values, strict=True):
        added.add_data_point(across, up)
    frame = slide.made.shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, *spot.emu, data)
    _name_series(frame.chart, plot)
    shown = frame.chart.plots[0].series[0]
    shown.format.line.fill.background()
    shown.marker.style, shown.marker.size = XL_MARKER_STYLE.CIRCLE, 8
    shown.marker.format.fill.solid()
    shown.marker.format.fill.fore_color.rgb = rgb(series.colour)
    shown.marker.format.line.fill.background()
    if len(plot.categories) <= NAMED_POINTS:
        for place, name in enumerate(plot.categories):
            label = shown.points[place].data_label
            label.position = XL_LABEL_POSITION.RIGHT
            label.text_frame.text = plain(name)[:60]
            label.text_frame.paragraphs[0].font.size = Pt(10)
    return frame


def _legend(chart: Any, plot: NativeChart, size: float, *, is_shown: bool) -> None:
    chart.has_legend = is_shown and (len(plot.series) > 1 or plot.kind == "ring")
    if chart.has_legend:
        chart.legend.position = XL_LEGEND_POSITION.TOP if plot.kind != "ring" else XL_LEGEND_POSITION.RIGHT
        chart.legend.include_in_layout = False
        chart.legend.font.size, chart.legend.font.color.rgb = Pt(size), rgb(LIGHT.ink)


def _axes(chart: Any, plot: NativeChart, *, bare: bool) -> None:
    """Format the axes: thin grid lines, and category labels in the text colour. An axis of bars begins at 0."""
    values = [value for series in plot.series for value in series.values]
    number, other = chart.value_axis, chart.category_axis
    number.has_major_gridlines = not bare and not has_labels(plot)
    number.visible = other.visible = not bare
    if bare:
        return
    if number.has_major_gridlines:
        number.major_gridlines.format.line.color.rgb = rgb(LIGHT.line)
        number.major_gridlines.format.line.width = Pt(0.5)
    number.format.line.fill.background()
    number.major_tick_mark = number.minor_tick_mark = other.major_tick_mark = other.minor_tick_mark = XL_TICK_MARK.NONE
    number.tick_labels.number_format = axis_format(plot.top, values)
    number.tick_labels.number_format_is_linked = False
    other.format.line.color.rgb = rgb(LIGHT.line)
    known = [value for value in values if value is not None]
    if plot.kind != "scatter":
        other.tick_label_position = XL_TICK_LABEL_POSITION.LOW
        if plot.days and len(plot.days) > MOST_DAYS:
            _skip(other, -(-len(plot.days) // MOST_DAYS))
        if all(value >= 0 for value in known):
            number.minimum_scale = 0
    if plot.kind == "scatter":
        (series,) = plot.series
        other.has_major_gridlines = False
        other.tick_labels.number_format = axis_format(series.across_column, series.across)
        other.tick_labels.number_format_is_linked = False
        for axis, column in ((other, series.across_column), (number, series.column)):
            axis.has_title = True
            axis.axis_title.text_frame.text = plain(column.label if column else "")
            font = axis.axis_title.text_frame.paragraphs[0].font
            font.size, font.bold = Pt(11), False
    if plot.kind == "bar":
        other.reverse_order = True  # the first on top
        other.tick_labels.font.color.rgb = rgb(LIGHT.ink)
        number.visible = not has_labels(plot)
        number.tick_label_position = XL_TICK_LABEL_POSITION.HIGH
    is_share = plot.top is None and plot.is_stacked
    if is_share and max(known, default=0) <= 1:
        number.maximum_scale = 1


def _skip(axis: Any, every: int) -> None:
    """Show only every `every`th category label. Otherwise, the labels of many days would be broken within words."""
    skip = OxmlElement("c:tickLblSkip")
    skip.set("val", str(every))
    axis._element.insert_element_before(skip, "c:tickMarkSkip", "c:noMultiLvlLbl", "c:extLst")


def _colour(shown: Any, series: Series, plot: NativeChart) -> None:
    """Set the colours and the pattern of a series, as on screen.

    A comparison is dashed or pale, and unfinished periods are dotted or hatched.
    """
    if plot.kind == "scatter":
        return
    if plot.kind == "line":
        shown.smooth = False
        shown.marker.style = XL_MARKER_STYLE.NONE
        shown.format.line.color.rgb, shown.format.line.width = rgb(series.colour), Pt(2.25)
        if series.is_before:
            shown.format.line.dash_style, shown.format.line.width = MSO_LINE.DASH, Pt(1.5)
        for place in sorted(series.unfinished):
            line = shown.points[place].format.line
            line.color.rgb, line.width, line.dash_style = rgb(series.colour), Pt(2.25), MSO_LINE.ROUND_DOT
        return
    colour = _pale(series.colour) if series.is_before else rgb(series.colour)
    shown.format.fill.solid()
    shown.format.fill.fore_color.rgb = colour
    if plot.kind == "area":
        return
    shown.invert_if_negative = False
    if len(set(series.colours)) > 1:
        for place, own in enumerate(series.colours):
            if own != series.colour:
                fill = shown.points[place].format.fill
                fill.solid()
                fill.fore_color.rgb = _pale(own) if series.is_before else rgb(own)
    for place in sorted(series.unfinished):
        fill = shown.points[place].format.fill
        fill.patterned()
        fill.pattern = MSO_PATTERN.WIDE_UPWARD_DIAGONAL
        fill.fore_color.rgb, fill.back_color.rgb = rgb(series.colour), rgb(LIGHT.page)


def _pale(colour: str) -> RGBColor:
    parts = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return RGBColor(*(round(part + (255 - part) * _BEFORE) for part in parts))


def _labels(chart: Any, plot: NativeChart, size: float) -> None:
    """Draw each number at the end of its bar."""
    for shown, series in zip(chart.plots[0].series, plot.series, strict=True):
        if series.is_before:
            continue
        labels = shown.data_labels
        labels.show_value, labels.position = True, XL_LABEL_POSITION.OUTSIDE_END
        labels.number_format, labels.number_format_is_linked = short_format(series.column, series.values), False
        labels.font.size, labels.font.color.rgb = Pt(size), rgb(LIGHT.ink)


def _ring(chart: Any, plot: NativeChart) -> None:
    (series,) = plot.series
    shown = chart.plots[0].series[0]
    for place, colour in enumerate(series.colours):
        fill = shown.points[place].format.fill
        fill.solid()
        fill.fore_color.rgb = rgb(colour)
    labels = chart.plots[0].data_labels
    labels.show_percentage, labels.show_value = True, False
    labels.number_format, labels.number_format_is_linked = "0%", False
    labels.font.size, labels.font.bold, labels.font.color.rgb = Pt(11), True, rgb(LIGHT.page)
