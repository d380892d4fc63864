"""A board's PDF: every tile with its numbers as shown on screen, headers on every page, receipts, and text in any
script.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from semantic.boards.board import TileKind
from semantic.display.boards.pdf import board_pdf
from semantic.display.boards.shown import BoardShown
from semantic.display.format import writer
from semantic.display.trust import Fact
from semantic.policy.narrow import VisibleModel
from semantic.targets.pace import NoPace
from tests.copies import copy_shop
from tests.moments import later
from tests.semantic.display.export.test_export import NASTY
from tests.semantic.made_results import CHANNEL, REVENUE, WEEKS, result, week
from tests.semantic.shown_boards import CHANNELS, COURSE, GRID, ONE, board, tile, whole_board
from tests.shop import ShopWorkspace, open_shop

ODD = ["日本語", "مرحبا", "\N{GRINNING FACE}", "İ ß é", "<b>x", "x" * 5_000, "", "\x00", "a\nb", "&amp;", "**", "- "]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def steward(shop: ShopWorkspace) -> VisibleModel:
    return shop.visible(shop.people["steward"])


def pages(shown: BoardShown, visible: VisibleModel) -> list[str]:
    """Return the text of each page, as a reader would select it."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(board_pdf(shown, visible))).pages]


def lines(shown: BoardShown, visible: VisibleModel) -> list[str]:
    return [line.strip() for page in pages(shown, visible) for line in page.split("\n")]


def test_a_pdf_states_its_title_settings_person_and_trust(steward: VisibleModel) -> None:
    assert lines(whole_board(), steward)[:5] == [
        "Acquisition",
        "What we spend and what comes back.",
        "Mar 2026, compared with Feb 2026. Channel is Search",
        "All 2 certified · 1 with late data",
        f"As of 20 Apr 2026, 02:00 Europe/Berlin. For {steward.actor.name or steward.actor.id}. "
        "Scope: No row restrictions",
    ]


def test_a_number_is_large_with_its_change_and_its_target(steward: VisibleModel) -> None:
    texts = lines(whole_board(), steward)
    assert texts[5:11] == [
        "Revenue", "Mar 2026 against Feb 2026", "€1.20K", "+20.0% vs €1.00K, previous period",
        "102% of target to date", "The target is €2.40K by 30 Apr.",
    ]  # fmt: skip


def test_a_number_without_a_pace_says_why_instead(steward: VisibleModel) -> None:
    shown = tile(TileKind.NUMBER, "Revenue", ONE, no_pace=NoPace("Its target is for Feb 2026, not for Mar 2026."))
    assert "Its target is for Feb 2026, not for Mar 2026." in " ".join(lines(board([shown]), steward))
    monthly = replace(shown, no_pace=NoPace("Choose whole months, or this month to date.", is_by_month=True))
    text = " ".join(lines(board([monthly]), steward))
    assert "Monthly target." in text
    assert "Choose" not in text


def test_a_table_has_the_numbers_in_full_and_its_total(steward: VisibleModel) -> None:
    text = " ".join(lines(whole_board(), steward))
    assert "Channel Revenue ROAS Search €700 3.50 Social €480 2.25 (none) €20 — Total €1,200 3.00" in text
    assert "Without Market: ROAS is not split by market." in text


def test_a_pivot_has_its_second_breakdown_across(steward: VisibleModel) -> None:
    text = " ".join(lines(whole_board(), steward))
    assert "Channels by country Largest first. Country Search Social DE €400 €480 FR €300 —" in text


def test_unavailable_tiles_say_so_and_text_stays_plain_text(steward: VisibleModel) -> None:
    texts = lines(whole_board(), steward)
    place = texts.index("Secret")
    assert texts[place + 1] == "This tile shows something that isn't available to you."
    place = texts.index("Read me")
    assert texts[place + 1 : place + 6] == ["Care", "is taken.", "•", "one", "•"]


def test_definitions_and_receipts_are_at_the_end(steward: VisibleModel, shop: ShopWorkspace) -> None:
    texts = lines(whole_board(), steward)
    end = texts[texts.index("Sources") :]
    assert [line for line in end if line.startswith("Receipt")] == [
        "Receipt r-one", "Receipt r-course", "Receipt r-channels", "Receipt r-grid",
    ]  # fmt: skip
    assert "Trend: receipt r-course" in end
    assert "Live board: https://samepage.example/board?d=b1" in end
    assert "Definitions" not in texts  # these answers are made by hand, of no metric


def test_every_page_has_its_number_and_the_boards_age(steward: VisibleModel) -> None:
    rows = [(f"Channel {place:03}", float(place)) for place in range(150)]
    long = board([tile(TileKind.TABLE, "Long", result([CHANNEL, REVENUE], rows))])
    texts = pages(long, steward)
    assert len(texts) > 2
    for number, page in enumerate(texts, start=1):
        assert "Samepage, Acquisition, as of 20 Apr 2026, 02:00 Europe/Berlin" in page
        assert f"Page {number} of {len(texts)}" in page


def test_a_long_table_repeats_its_headers_and_loses_no_row(steward: VisibleModel) -> None:
    rows = [(f"Channel {place:03}", float(place)) for place in range(150)]
    texts = pages(board([tile(TileKind.TABLE, "Long", result([CHANNEL, REVENUE], rows))]), steward)
    names = [name for page in texts for name in re.findall(r"Channel \d{3}", page)]
    assert names == [name for name, _ in rows]
    with_rows = [page for page in texts if re.search(r"Channel \d{3}", page)]
    assert all(
        re.search(r"^\s*Channel\s*$[\s\S]*?^\s*Revenue\s*$[\s\S]*?Channel \d{3}", page, re.M) for page in with_rows
    )


def test_a_very_long_table_keeps_its_total_and_says_what_is_left_out(steward: VisibleModel) -> None:
    rows = [(f"Channel {place:03}", float(place)) for place in range(300)]
    kinds = ["member"] * 300 + ["total"]
    shown = result([CHANNEL, REVENUE], [*rows, (None, 44850.0)], kinds)
    text = " ".join(lines(board([tile(TileKind.TABLE, "Long", shown)]), steward))
    assert "Channel 198 " in text
    assert "Channel 199 " not in text
    assert "Total €44,850" in text
    assert "The first 200 of 301 rows. The spreadsheet has all rows." in text


def test_many_columns_use_landscape_and_none_is_lost(steward: VisibleModel) -> None:
    columns = [replace(REVENUE, name=f"r{place}", label=f"Revenue number {place}") for place in range(30)]
    row = tuple(1_000_000.0 + place for place in range(30))
    for count in (1, 40):  # a few rows come in parts below each other, many on pages across
        shown = result([CHANNEL, *columns], [(f"Search {place}", *row) for place in range(count)])
        reader = PdfReader(io.BytesIO(board_pdf(board([tile(TileKind.TABLE, "Wide", shown)]), steward)))
        assert (reader.pages[0].mediabox.width > reader.pages[0].mediabox.height) == (count == 40)
        text = " ".join(page.extract_text() for page in reader.pages)
        assert [text.count(f"€1,000,0{place:02}") for place in range(30)] == [count] * 30
    upright = PdfReader(io.BytesIO(board_pdf(whole_board(), steward))).pages[0].mediabox
    assert upright.width < upright.height


def test_any_text_stays_plain_text(steward: VisibleModel) -> None:
    for text in [*NASTY, *ODD]:
        named = [replace(CHANNEL, label=text), replace(REVENUE, label=text)]
        shown = result(named, [(text, 1.0)], title=text, scope=text)
        number = result([replace(REVENUE, label=text)], [(1.0,)], title=text, notes=(text,))
        tiles = [
            tile(TileKind.TABLE, text, shown, id="a", facts=(Fact(text, "", "bad", text),), note=text),
            tile(TileKind.CHART, text, shown, id="b", words=text),
            tile(TileKind.NUMBER, text, number, id="c"),
            tile(TileKind.TEXT, text, id="d", text=text),
        ]
        content = board_pdf(board(tiles, title=text, note=text, words=text, link=text), steward)
        reader = PdfReader(io.BytesIO(content))
        assert len(reader.pages) >= 1
        for page in reader.pages:
            assert "/Annots" not in page  # no link, no field, nothing that opens or runs
        assert b"/JavaScript" not in content
        assert b"/OpenAction" not in content


def test_missing_letters_are_visibly_marked(steward: VisibleModel) -> None:
    shown = result([CHANNEL, REVENUE], [("日本", 1.0), ("Größe İstanbul", 2.0)])
    text = " ".join(lines(board([tile(TileKind.TABLE, "Names", shown)]), steward))
    assert "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} €1" in text
    assert "Größe İstanbul €2" in text


def test_boards_without_answers_or_tiles_are_exported_too(steward: VisibleModel) -> None:
    empty = board([tile(TileKind.TABLE, "None", result([CHANNEL, REVENUE], []))])
    assert "No data for these dates and filters." in lines(empty, steward)
    assert lines(BoardShown(title="Nothing"), steward)[0] == "Nothing"


def test_the_same_board_gives_the_same_bytes_with_its_own_age(steward: VisibleModel) -> None:
    first = board_pdf(whole_board(), steward)
    with later():
        assert board_pdf(whole_board(), steward) == first
    metadata = PdfReader(io.BytesIO(first)).metadata
    assert metadata is not None
    assert metadata.creation_date == datetime(2026, 4, 20, tzinfo=UTC)
    assert metadata.title == "Acquisition"


def test_facts_shared_by_most_answers_appear_once_above_them_all(steward: VisibleModel) -> None:
    """A note that only some answers have is shown with each of these, because it isn't true of the others."""
    full = replace(ONE, notes=("In euros.", "In full."))
    same = [tile(TileKind.NUMBER, f"n{place}", full, words="March") for place in range(3)]
    other = tile(TileKind.NUMBER, "Other", replace(ONE, notes=("In euros.",)), words="April")
    texts = lines(board([*same, other]), steward)
    assert [texts.count(name) for name in ("March", "In euros.", "April", "In full.")] == [1, 1, 1, 3]
    assert texts.index("In euros.") < texts.index("n0") < texts.index("In full.")
    assert texts.index("March") < texts.index("n0") < texts.index("April")
    alone = lines(board([same[0]]), steward)
    assert alone.index("n0") < alone.index("March")


def test_a_short_table_is_not_torn_over_two_pages(steward: VisibleModel) -> None:
    few = result([CHANNEL, REVENUE], [(f"Channel {place:02}", 1.0) for place in range(12)])
    many = board(*([tile(TileKind.TABLE, f"T{place}", few)] for place in range(9)))
    for page in pages(many, steward):
        assert len(re.findall(r"Channel \d\d", page)) % 12 == 0


def test_tabs_are_headings_and_in_the_outline(steward: VisibleModel) -> None:
    shown = board([tile(TileKind.NUMBER, "Revenue", ONE)])
    tabs = (
        replace(shown.tabs[0], title="Overview"),
        replace(board([tile(TileKind.CHART, "C", COURSE)]).tabs[0], title="Paid"),
    )
    reader = PdfReader(io.BytesIO(board_pdf(replace(shown, tabs=tabs), steward)))
    assert [str(entry["/Title"]) for entry in reader.outline if isinstance(entry, dict)] == [
        "Overview", "Paid", "Sources",
    ]  # fmt: skip


def test_every_tile_of_a_full_board_is_in_its_file(steward: VisibleModel) -> None:
    text = " ".join(lines(full_board(), steward))
    assert [each_tile.title for each_tile in full_board().tiles if each_tile.title not in text] == []


def full_board() -> BoardShown:
    """Return a board with twelve tiles of every kind, with rows to draw. tests/bench/exports.py measures the cost of
    its file.
    """
    weeks = [(week(place), name, 10.0 + place) for place in range(26) for name in ("A", "B", "C", "D", "E", "F")]
    busy = result([WEEKS, CHANNEL, REVENUE], weeks)
    return board(
        [tile(TileKind.NUMBER, f"n{place}", ONE, line=COURSE) for place in range(4)],
        [tile(TileKind.CHART, f"c{place}", busy) for place in range(2)],
        [tile(TileKind.CHART, f"d{place}", GRID) for place in range(2)],
        [tile(TileKind.TABLE, f"t{place}", busy) for place in range(2)],
        [tile(TileKind.PIVOT, f"p{place}", busy) for place in range(2)],
    )


def test_numbers_are_written_as_on_screen(steward: VisibleModel) -> None:
    text = lines(board([tile(TileKind.TABLE, "Channels", CHANNELS)]), steward)
    for column in CHANNELS.values:
        write = writer(column, CHANNELS.table.column(column.name).to_pylist(), short=False)
        for value in CHANNELS.table.column(column.name).to_pylist():
            assert write(value) in text


def test_a_chart_that_paper_cannot_show_becomes_its_table(
    steward: VisibleModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("semantic.display.paper.figure.DRAWN", frozenset({"scatter"}))
    shown = board([tile(TileKind.CHART, "By channel", CHANNELS)])
    texts = lines(shown, steward)
    assert "A PDF can't show this chart, so its numbers are in this table." in texts
    text = " ".join(texts)
    assert all(name in text for name in ("Search", "€700", "€480", "2.25"))
