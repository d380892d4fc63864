"""A board as a web page without scripts: its content and order. Text from outside can't add any other element."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import plotly.graph_objects as go
import pytest

from semantic.boards.board import TileKind
from semantic.display.boards.shown import BoardShown, TabShown
from semantic.display.boards.web import MOST_ROWS, NOT_AVAILABLE, View, board_page, notice_page
from semantic.display.charts.charts import chart_for, choices
from semantic.display.paper.figure import is_drawable
from semantic.display.paper.svg import colour_of, colour_variables, figure_svg
from semantic.display.tokens import DARK, LIGHT
from semantic.display.trust import Fact
from semantic.query.query import Query
from semantic.results.result import Result
from tests.hostile.strings import hostile_strings
from tests.semantic.display.charts.test_chart_choices import RESULTS
from tests.semantic.made_results import CHANNEL, REVENUE, result
from tests.semantic.shown_boards import CHANNELS, COURSE, GRID, LATE, ONE, board, tile, whole_board

VOID = {"meta", "link", "br"}
WHOLE = View()
ASKED = Query(metrics=("revenue",))


class _Page(HTMLParser):
    """A parser that reads a page strictly: every element is closed, in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.texts).split())


def read(page: str) -> _Page:
    reader = _Page()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def page_of(shown: BoardShown, view: View = WHOLE) -> _Page:
    return read(board_page(shown, view))


def test_a_web_page_has_the_texts_of_its_tiles() -> None:
    words = page_of(whole_board()).words
    target = ("102% of target to date", "The target is €2.40K by 30 Apr.")
    for text in ("Acquisition", "Revenue", "€1,200", "+20.0%", *target, "Channels", "Search"):
        assert text in words
    assert "Care" in words
    assert words.index("Revenue") < words.index("Channels")


def test_a_web_page_starts_with_its_headline_and_has_nothing_to_click() -> None:
    money = replace(tile(TileKind.CHART, "", CHANNELS), title="Revenue by channel", finding="Search brought in 60%.")
    noted = replace(money, tile=replace(money.tile, id="noted", title="", note="Net of tax. Click a bar to filter."))
    shown = replace(board([noted]), headline="Behind target: Revenue.", note="Weekly. Click a tile for more.")
    words = page_of(shown).words
    assert words.index("Behind target: Revenue.") < words.index("Weekly.") < words.index("Search brought in 60%.")
    assert words.index("Search brought in 60%.") < words.index("Revenue by channel") < words.index("Net of tax.")
    assert "Click" not in words


def test_a_hidden_tile_has_no_title() -> None:
    words = page_of(whole_board()).words
    assert NOT_AVAILABLE in words
    assert "Secret" not in words


def test_no_person_receipt_or_instruction_for_files_is_on_the_page() -> None:
    words = page_of(whole_board()).words
    assert not [text for text in ("Ana", "r-one", "Receipt", "spreadsheet", "PDF", "Certified") if text in words]


def test_a_table_has_changes_instead_of_compared_values() -> None:
    before = [tile(TileKind.TABLE, "T", result(COURSE.columns, COURSE_ROWS))]
    page = page_of(board(before))
    assert "Change" in page.words
    assert "previous" not in page.words.casefold()


COURSE_ROWS = [tuple(row.values()) for row in COURSE.table.slice(0, 3).to_pylist()]


def test_a_long_table_shows_its_first_rows_and_says_so() -> None:
    rows = [(f"C{place}", float(place)) for place in range(MOST_ROWS + 5)]
    page = page_of(board([tile(TileKind.TABLE, "T", result([CHANNEL, REVENUE], rows))]))
    assert page.tags.count("tr") == MOST_ROWS + 1
    assert f"The first {MOST_ROWS} of {MOST_ROWS + 5} rows." in page.words


def test_a_warning_of_most_tiles_is_shown_once_at_the_top() -> None:
    late = [tile(TileKind.TABLE, name, CHANNELS, facts=(LATE,)) for name in ("A", "B", "C")]
    assert page_of(board(late)).words.count(LATE.word) == 1
    mixed = [*late[:1], tile(TileKind.TABLE, "B", CHANNELS), tile(TileKind.TABLE, "C", CHANNELS)]
    page = page_of(board(mixed)).words
    assert page.count(LATE.word) == 1
    assert page.index(LATE.word) > page.index("A")
    assert LATE.sentence not in page


def test_tabs_are_links_that_keep_the_address_and_presenting_has_none() -> None:
    one, two = (TabShown(title=name, rows=whole_board().tabs[0].rows) for name in ("One", "Two"))
    shown = replace(whole_board(), tabs=(one, two))
    links = [value for name, value in page_of(shown, View(tab=1)).attributes if name == "href"]
    assert links == ["/look/logo.svg", "?tab=0", "?tab=1"]
    presented = page_of(shown, View(tab=1, is_presented=True, rotate=15))
    assert "nav" not in presented.tags
    assert ("content", "15;url=?present=1&rotate=15&tab=0") in presented.attributes
    assert ("content", "60") in page_of(shown, View(is_presented=True)).attributes


@pytest.mark.parametrize("shown", RESULTS.values(), ids=RESULTS.keys())
def test_every_kind_of_chart_is_a_complete_image(shown: Result) -> None:
    drawn = 0
    for choice in choices(shown):
        chart = chart_for(shown, LIGHT, wanted=choice.kind)
        if chart.figure is None or not is_drawable(chart.figure):
            continue
        drawn += 1
        for width in (300, 1300):
            image = figure_svg(chart.figure, width, chart.alt)
            reader = read(image)
            assert reader.tags[0] == "svg"
            assert {*reader.tags} <= {"svg", "text", "polyline", "polygon", "rect", "circle"}
            assert "nan" not in image.casefold().split("aria-label")[0]
            assert dict(reader.attributes[:6])["width"] == str(width)
    assert drawn or shown.table.num_rows == 0 or not shown.keys


def test_a_chart_shows_the_same_numbers_as_its_figure() -> None:
    chart = chart_for(CHANNELS, LIGHT, wanted="bar")
    assert chart.figure is not None
    texts = read(figure_svg(chart.figure, 600, chart.alt)).words
    for text in ("Search", "Social"):
        assert text in texts


def test_every_colour_of_the_light_mode_has_a_dark_one() -> None:
    assert colour_of(LIGHT.ink) == "var(--c171A21)"
    assert f"--c171A21:{DARK.ink}" in colour_variables(DARK).split(";")
    assert f"--c171A21:{LIGHT.ink}" in colour_variables(LIGHT).split(";")
    light, dark = ([pair.partition(":")[0] for pair in colour_variables(mode).split(";")] for mode in (LIGHT, DARK))
    assert light == dark
    assert len(light) == len({*light})
    assert all(pair.partition(":")[0][3:] == pair.partition(":")[2][1:] for pair in colour_variables(LIGHT).split(";"))


@pytest.mark.parametrize("part", range(12))
def test_hostile_text_is_always_plain_text(part: int) -> None:
    """This covers every place that a text by an author, a member's name or a setting can reach."""
    plain = page_of(_board_with("x"))
    for text in hostile_strings()[part::12][:60]:
        storable = text.encode("utf-8", "ignore").decode()[:400]
        page = page_of(_board_with(storable))
        assert {*page.tags} <= {*plain.tags} | {"p", "ul", "ol", "li", "strong", "em", "br", "text"}
        assert not [name for name, _ in page.attributes if name.startswith("on")]
        assert [value for name, value in page.attributes if name in ("href", "src", "http-equiv")] == [
            value for name, value in plain.attributes if name in ("href", "src", "http-equiv")
        ]


def _board_with(text: str) -> BoardShown:
    facts = (Fact(text, "x", "caution", text, "fresh"),)
    more: dict[str, Any] = {"note": text, "query": ASKED, "words": text, "facts": facts}
    members = result([CHANNEL, REVENUE], [(text, 1.0), ("b", 2.0)], title=text)
    return board(
        [tile(TileKind.NUMBER, text, ONE, id="n", **more), tile(TileKind.TABLE, text, members, id="t", **more)],
        [tile(TileKind.CHART, text, members, id="c", **more), tile(TileKind.TEXT, text, id="x", text=text)],
        title=text, note=text, words=text,
    )  # fmt: skip


def test_a_notice_is_one_sentence() -> None:
    page = read(notice_page("A & B", "<b>no</b>"))
    assert "A & B" in page.words
    assert "<b>no</b>" in page.words
    assert "b" not in page.tags


def test_an_image_described_by_hostile_text_stays_one_image() -> None:
    figure = chart_for(GRID, LIGHT).figure
    assert isinstance(figure, go.Figure)
    assert read(figure_svg(figure, 400, '"><script>alert(1)</script>')).tags[0] == "svg"
    assert "<script" not in figure_svg(figure, 400, '"><script>alert(1)</script>')
