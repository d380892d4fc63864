"""Slides: text that fits, characters that a file can contain, tables, and bytes that don't depend on the time."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest
from pptx import Presentation

from semantic.display.charts.native import NativeChart, Series
from semantic.display.slides.deck import CellOnSlide, Deck, Spot, TableOnSlide, cut_to, fitted, width_of, wrapped
from semantic.display.slides.plot import draw_chart
from semantic.display.tokens import LIGHT
from tests.moments import later

MOMENT = datetime(2026, 4, 20, 1, 2, 3, tzinfo=UTC)


def opened(deck: Deck) -> Any:
    return Presentation(io.BytesIO(deck.finish()))


def chart(*names: str, **more: Any) -> NativeChart:
    series = [
        Series(name=name, values=(1.0, None, 3.0), places=(0, 1, 2), colour=LIGHT.series[place])
        for place, name in enumerate(names)
    ]
    about: dict[str, Any] = {"kind": "column", "categories": ("=1+1", "b", "c"), "series": tuple(series)}
    return NativeChart(**about | more)


def test_a_deck_is_wide_has_our_colours_and_no_placeholders() -> None:
    book = opened(Deck("A board", MOMENT))
    assert (book.slide_width / book.slide_height) == pytest.approx(16 / 9)
    assert [layout.name for layout in book.slide_layouts] == ["Title", "Title and content"]
    about = book.core_properties
    assert (about.title, about.author, about.last_modified_by) == ("A board", "Samepage", "Samepage")
    assert about.created == about.modified == MOMENT.replace(tzinfo=None)  # the library gives UTC without its zone
    parts = [str(part.partname) for part in book.part.package.iter_parts()]
    assert not [part for part in parts if "thumbnail" in part or "printer" in part]
    theme = next(part for part in book.part.package.iter_parts() if "theme" in str(part.partname))
    assert LIGHT.series[0][1:] in theme.blob.decode()
    for layout in book.slide_layouts:
        for shape in layout.placeholders:
            assert shape.left + shape.width <= book.slide_width


def test_the_same_slides_give_the_same_bytes() -> None:
    def made() -> bytes:
        deck = Deck("A board", MOMENT)
        slide = deck.slide("A finding")
        slide.title(Spot(40, 26, 880, 60))
        slide.notes("What it means")
        draw_chart(slide, Spot(40, 100, 880, 380), chart("A"), alt="Bars")
        return deck.finish()

    first = made()
    with later():
        assert made() == first
    assert {entry.date_time for entry in zipfile.ZipFile(io.BytesIO(first)).infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_text_fits_its_spot_or_is_cut() -> None:
    text = "word " * 200
    size, lines = fitted(text.strip(), 200, 60, 26, least=10)
    assert size == 10
    assert len(lines) == 5  # 60 points hold five lines of 10 points
    assert lines[-1].endswith("…")
    assert all(width_of(line, size) <= 200 for line in lines)
    assert fitted("Short", 200, 60, 26, least=10) == (26, ["Short"])


def test_a_long_word_is_broken_and_nothing_is_lost() -> None:
    lines = wrapped("x" * 100, 50, 10)
    assert "".join(lines) == "x" * 100
    assert all(width_of(line, 10) <= 50 for line in lines)
    assert cut_to("日本語" * 20, 50, 10).endswith("…")


def test_characters_that_a_file_cant_contain_are_left_out() -> None:
    deck = Deck("a\x00b\ud800c", MOMENT)
    slide = deck.slide("a\x0bb\x1fc")
    slide.title(Spot(40, 26, 880, 60))
    slide.text(Spot(40, 100, 100, 20), "x\x08y\N{RIGHT-TO-LEFT OVERRIDE}z", size=10)
    slide.notes("one\x07\ntwo")
    shown = opened(deck).slides[0]
    assert shown.shapes.title.text_frame.text == "a b c"
    assert "x y z" in [shape.text_frame.text for shape in shown.shapes if shape.has_text_frame]
    assert shown.notes_slide.notes_text_frame.text == "one\ntwo"


def test_a_table_can_be_edited_and_names_itself() -> None:
    table = TableOnSlide(
        heads=(CellOnSlide("Channel"), CellOnSlide("Net\nrevenue")),
        rows=((CellOnSlide("=Search"), CellOnSlide("€1")),), widths=(100.0, 80.0), right=frozenset({1}), size=12.0,
    )  # fmt: skip
    deck = Deck("A board", MOMENT)
    deck.slide("A finding").table(Spot(40, 100, 180, table.height), table, alt="Revenue by channel")
    (shape,) = [shape for shape in opened(deck).slides[0].shapes if shape.has_table]
    assert [[cell.text for cell in row.cells] for row in shape.table.rows] == [
        ["Channel", "Net\vrevenue"],
        ["=Search", "€1"],
    ]
    assert shape._element.nvGraphicFramePr.cNvPr.get("descr") == "Revenue by channel"


def test_a_charts_workbook_has_text_and_numbers_and_no_formula() -> None:
    deck = Deck("A board", MOMENT)
    draw_chart(deck.slide("A finding"), Spot(40, 100, 880, 380), chart("=A", "B"), alt="Bars of A and B")
    (frame,) = [shape for shape in opened(deck).slides[0].shapes if shape.has_chart]
    assert [series.name for series in frame.chart.plots[0].series] == ["=A", "B"]
    assert [list(series.values) for series in frame.chart.plots[0].series] == [[1.0, None, 3.0]] * 2
    assert list(frame.chart.plots[0].categories) == ["=1+1", "b", "c"]
    assert frame._element.nvGraphicFramePr.cNvPr.get("descr") == "Bars of A and B"
    sheet: Any = openpyxl.load_workbook(io.BytesIO(frame.chart.part.chart_workbook.xlsx_part.blob)).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        [None, "=A", "B"], ["=1+1", 1, 1], ["b", None, None], ["c", 3, 3],
    ]  # fmt: skip
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}


def test_of_many_days_only_some_are_named() -> None:
    """If all days were named, each name would be broken letter by letter."""
    deck = Deck("A board", MOMENT)
    for count in (7, 29):
        days = tuple(date(2026, 11, 1 + day) for day in range(count))
        values = tuple(float(day) for day in range(count))
        shown = chart("A", kind="line", categories=tuple(map(str, days)), days=days)
        shown = replace(shown, series=(replace(shown.series[0], values=values, places=tuple(range(count))),))
        draw_chart(deck.slide("A finding"), Spot(40, 100, 880, 380), shown, alt="A line")
    skips = [re.findall(r'tickLblSkip val="(\d+)"', text) for text in _charts(deck)]
    assert sorted(skips) == [[], ["3"]]


def _charts(deck: Deck) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(deck.finish())) as file:
        return [file.read(name).decode() for name in file.namelist() if name.startswith("ppt/charts/chart")]


def test_every_kind_of_chart_can_be_drawn() -> None:
    deck = Deck("A board", MOMENT)
    kinds: list[dict[str, Any]] = [
        {"kind": kind, "is_stacked": is_stacked}
        for kind, is_stacked in (
            *(("line", False), ("area", False), ("area", True), ("column", False), ("column", True)),
            *(("bar", False), ("bar", True)),
        )
    ]
    for about in kinds:
        draw_chart(deck.slide("A finding"), Spot(40, 100, 880, 380), chart("A", "B", **about), alt="A chart")
    ring = Series(name="A", values=(1.0, 2.0), places=(0, 1), colour="#000000", colours=("#000000", "#FF0000"))
    draw_chart(
        deck.slide("Parts"), Spot(40, 100, 880, 380),
        NativeChart(kind="ring", categories=("a", "b"), series=(ring,)), alt="A ring",
    )  # fmt: skip
    points = Series(name="A and B", values=(1.0, 2.0), places=(0, 1), colour="#000000", across=(5.0, 6.0))
    draw_chart(
        deck.slide("Points"), Spot(40, 100, 880, 380),
        NativeChart(kind="scatter", categories=("a", "=b"), series=(points,)), alt="Points",
    )  # fmt: skip
    slides = opened(deck).slides
    types = [shape.chart.chart_type.name for slide in slides for shape in slide.shapes if shape.has_chart]
    assert types == [
        "LINE", "AREA", "AREA_STACKED", "COLUMN_CLUSTERED", "COLUMN_STACKED", "BAR_CLUSTERED", "BAR_STACKED",
        "DOUGHNUT", "XY_SCATTER",
    ]  # fmt: skip
