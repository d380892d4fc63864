"""Tiles of analyses on boards: under the reader's own access, on screen and in every file."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pypdf import PdfReader

from semantic.boards.applied import NOT_AVAILABLE
from semantic.boards.board import PERIOD, Board, BoardState, ValueFilter
from semantic.boards.data import board_from_data, board_from_json, board_from_yaml, board_to_data, board_to_json
from semantic.boards.difference import compare_boards
from semantic.boards.state import repaired_state
from semantic.display.boards.about import NO_ANSWERS, board_facts, scope_words, trust_words
from semantic.display.boards.export import BOARD_KINDS, receipts_in
from semantic.display.boards.pdf import board_pdf
from semantic.display.boards.presentation import board_presentation
from semantic.display.boards.shown import NAMED, TileShown
from semantic.display.boards.web import View, board_page
from semantic.display.boards.workbook import board_workbook
from semantic.display.paper.letters import printable
from semantic.errors import InvalidBoard, InvalidQuery
from semantic.model.definitions import Granularity
from semantic.query.query import Between, LastYear, Operator, Previous
from semantic.services.board_answers.whole_board import AnsweredBoard, answer_board
from semantic.services.boards import BoardWork
from semantic.services.process import Live
from semantic.store.audit.entries import each_entry
from semantic.store.boards.boards import found_by
from semantic.store.database import Store
from semantic.store.keys import Keys
from tests.semantic.services.analyzing.logged_app import ASKED, close, open_live

EVERY_RULE = "Each person counts once"
DEVICE_IS_PERSONAL = ("{name: device, label: Device,", "{name: device, label: Device, tags: [personal],")
FUNNEL: dict[str, Any] = {"id": "carts", "kind": "analysis", "analysis": ASKED}


@pytest.fixture
def live(store: Store, keys: Keys, tmp_path: Path) -> Iterator[Live]:
    opened = open_live(tmp_path / "log", store, keys)
    yield opened
    close(opened)


def board_of(*tiles: dict[str, Any]) -> Board:
    return board_from_data({"title": "Shop", "rows": [{"tiles": [*tiles]}]})


def work(live: Live, person: str) -> BoardWork:
    workspace = live.workspace()
    return BoardWork(live.store, live.keys, workspace, workspace.people[person])


def read(live: Live, person: str, board: Board, state: BoardState | None = None) -> AnsweredBoard:
    return answer_board(board, state or BoardState(), work(live, person), words="", link="https://x/")


def tile_of(whole: AnsweredBoard) -> TileShown:
    (tile,) = whole.shown.tiles
    return tile


def counts(tile: TileShown) -> list[str]:
    assert tile.analysis is not None
    return [line[1] for line in tile.analysis.tables[0].lines]


def test_a_board_with_an_analysis_round_trips(live: Live) -> None:
    board = board_of(FUNNEL | {"title": "Carts"})
    (tile,) = board.tiles
    assert json.loads(tile.analysis) == {
        "kind": "funnel", "v": 1, "subject": "person", "steps": [{"metric": "views"}, {"metric": "carts"}],
    }  # fmt: skip
    assert board_from_json(board_to_json(board)) == board
    assert board_from_yaml(json.dumps(board_to_data(board))) == board
    assert json.loads(str(found_by(board)["metrics"])) == ["views", "carts"]


@pytest.mark.parametrize(
    ("tile", "says"),
    [
        ({"id": "a", "kind": "analysis"}, "A tile of kind analysis needs a definition."),
        (FUNNEL | {"analysis": "funnel"}, "A tile of kind analysis needs a definition."),
        (FUNNEL | {"analysis": ASKED | {"kind": "sorcery"}}, "'sorcery' isn't a kind of analysis."),
        (FUNNEL | {"analysis": ASKED | {"limit": 3}}, "unknown key 'limit'"),
        (FUNNEL | {"question": {"metrics": ["views"]}}, "An analysis tile has no question."),
        ({"id": "a", "kind": "text", "analysis": ASKED}, "Only tiles of kind analysis have one."),
    ],
)
def test_an_invalid_tile_is_reported(tile: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidBoard, match=says):
        board_of(tile)


def test_each_reader_sees_their_own_rows(live: Live) -> None:
    board = board_of(FUNNEL)
    whole = tile_of(read(live, "ana", board))
    assert counts(whole) == ["6", "3"]
    assert (whole.title, whole.heading) == ("Funnel: Views to Carts", whole.analysis.sentence if whole.analysis else "")
    assert whole.analysis is not None
    assert whole.analysis.counting.startswith(EVERY_RULE)
    assert whole.analysis.receipt
    mine = tile_of(read(live, "dora", board))
    assert counts(mine) == ["2", "2"]
    assert mine.analysis is not None
    assert mine.analysis.scope


def test_a_person_who_cannot_see_a_metric_gets_no_tile_and_no_title(live: Live) -> None:
    board = board_of(FUNNEL | {"title": "Cart funnel"})
    whole = read(live, "nora", board)
    tile = tile_of(whole)
    assert (tile.analysis, tile.sentence) == (None, NOT_AVAILABLE)
    page = board_page(whole.shown, View())
    assert "Cart funnel" not in page
    assert work(live, "nora").for_copy(board).tiles == ()
    assert work(live, "ana").for_copy(board).tiles == board.tiles


def test_a_board_of_hidden_metrics_is_in_no_list(live: Live) -> None:
    mine = work(live, "ana")
    made = mine.make(board_of({"id": "c", "kind": "analysis", "analysis": ASKED | {"steps": ["carts", "removals"]}}))
    assert [head.metrics for head in mine.boards() if head.id == made] == [("carts", "removals")]


def test_the_boards_period_and_filters_apply(live: Live) -> None:
    board = board_of(FUNNEL)
    later = BoardState(period=Between(date(2026, 3, 5), date(2026, 3, 9)))
    assert "No people reached Views in this period." in tile_of(read(live, "ana", board, later)).heading
    kept = board_of(FUNNEL | {"keeps": [PERIOD]})
    tile = tile_of(read(live, "ana", kept, later))
    assert (counts(tile), [each.what for each in tile.ignored]) == (["6", "3"], ["Period"])
    filtered = BoardState(compare=(Previous(),), chosen=(ValueFilter("market", ("DE",)),))
    tile = tile_of(read(live, "ana", board, filtered))
    assert (counts(tile), [each.what for each in tile.ignored]) == (["2", "2"], ["Compare"])  # p1 and p2 are of DE
    assert tile.analysis is not None
    assert "Market" in tile.analysis.counting
    but = BoardState(chosen=(ValueFilter("market", ("DE",), Operator.NOT_IN),))
    assert counts(tile_of(read(live, "ana", board, but))) == ["4", "1"]  # p3 to p6 are of FR, and p3 had a cart


def test_a_filter_that_an_event_lacks_is_left_out_and_named(live: Live) -> None:
    bought = FUNNEL | {"analysis": ASKED | {"steps": ["views", "revenue"]}}
    state = BoardState(chosen=(ValueFilter("device", ("phone",)), ValueFilter("market", ("FR",))))
    tile = tile_of(read(live, "ana", board_of(bought), state))
    assert counts(tile) == ["4", "0"]  # of FR; purchases have no device
    ((what, reason),) = [(each.what, each.reason) for each in tile.ignored]
    assert what == "Device"
    assert "Revenue" in reason


def test_a_filter_that_the_author_left_out_is_named(live: Live) -> None:
    state = BoardState(chosen=(ValueFilter("market", ("DE",)),))
    tile = tile_of(read(live, "ana", board_of(FUNNEL | {"keeps": ["market"]}), state))
    assert counts(tile) == ["6", "3"]
    assert [each.reason for each in tile.ignored] == [
        "The board's author set this tile to ignore Market, whatever its value."
    ]


def test_a_filter_is_added_to_the_analysiss_own_and_picks_count_too(live: Live) -> None:
    own = {"dim": "market", "op": "in", "values": ["FR"]}
    board = board_of(FUNNEL | {"analysis": ASKED | {"where": own}})
    assert counts(tile_of(read(live, "ana", board))) == ["4", "1"]
    both = BoardState(picked=(ValueFilter("market", ("DE",), tile="another"),))
    assert "No people reached Views" in tile_of(read(live, "ana", board, both)).heading
    its_own_mark = BoardState(picked=(ValueFilter("market", ("DE",), tile="carts"),))
    assert counts(tile_of(read(live, "ana", board, its_own_mark))) == ["4", "1"]


def test_a_hidden_dimension_filters_nothing_and_is_not_named(live: Live) -> None:
    state = BoardState(chosen=(ValueFilter("market", ("DE",)),))
    seen = work(live, "nora")
    seen_state = repaired_state(state, live.workspace().visible(seen.actor), is_mine=False)[0]
    only = {"kind": "funnel", "subject": "person", "steps": ["views", "checkouts"]}
    for each in (state, seen_state):
        tile = tile_of(read(live, "nora", board_of(FUNNEL | {"analysis": only}), each))
        assert counts(tile) == ["6", "0"]
        assert all("Market" not in f"{ignored.what} {ignored.reason}" for ignored in tile.ignored)


def test_filtered_groups_that_are_too_small_stay_hidden(live: Live) -> None:
    board = board_of(FUNNEL)
    assert counts(tile_of(read(live, "gus", board)))[0] == "6"
    few = tile_of(read(live, "gus", board, BoardState(chosen=(ValueFilter("market", ("DE",)),))))  # 2 people
    assert few.analysis is not None
    assert few.analysis.sentence == "Too few people reached Views to show you numbers."
    assert [line[1] for line in few.analysis.tables[0].lines] == ["(hidden)", "(hidden)"]


def test_no_filter_changes_with_hidden_rows(store: Store, keys: Keys, tmp_path: Path) -> None:
    """Both companies have the same rows of DE, and one of them has more rows of FR."""
    more = "INSERT INTO actions VALUES ('x', 'p9', 'sx', 'a', '2026-03-02 13:00+00', 'phone', 'pear', 'FR')"
    state = BoardState(chosen=(ValueFilter("device", ("phone",)),))
    said: list[object] = []
    for name, sql in (("plain", ()), ("twin", (more,))):
        live = open_live(tmp_path / name, store, keys, sql=sql)
        tile = tile_of(read(live, "dora", board_of(FUNNEL), state))
        assert tile.analysis is not None
        said.append((tile.finding, tile.ignored, tile.analysis.tables, tile.analysis.notes, tile.analysis.counting))
        close(live)
    assert said[0] == said[1]
    assert "100.0% of people" in str(said[0])


def test_the_size_of_periods_applies_to_an_analysis_over_time(live: Live) -> None:
    board = board_of(FUNNEL | {"analysis": ASKED | {"over": "day"}})
    tile = tile_of(read(live, "ana", board, BoardState(grain=Granularity.WEEK)))
    assert tile.analysis is not None
    groups = tile.analysis.tables[1]
    assert [line[1:3] for line in groups.lines] == [["6", "3"]]
    assert groups.lines[0][0] == "Week of 2 Mar 2026"
    plain = tile_of(read(live, "ana", board_of(FUNNEL), BoardState(grain=Granularity.WEEK)))
    assert plain.ignored == ()


def test_names_in_a_set_are_checked_too(live: Live) -> None:
    """The tile is about people in a part of another analysis, which names a metric that Nora can't see."""
    only = {"kind": "funnel", "subject": "person", "steps": ["views", "checkouts"]}
    board = board_of(FUNNEL | {"analysis": only | {"of": {"analysis": ASKED, "part": {"reached": 1, "not": 2}}}})
    assert tile_of(read(live, "nora", board)).sentence == NOT_AVAILABLE
    assert counts(tile_of(read(live, "ana", board))) == ["3", "0"]


def test_an_analysis_tile_is_in_every_file(live: Live) -> None:
    whole = read(live, "ana", board_of(FUNNEL)).shown
    visible = live.workspace().visible(live.workspace().people["ana"])
    sentence = "50.0% of people got from Views to Carts."
    pages = PdfReader(io.BytesIO(board_pdf(whole, visible))).pages
    paper = " ".join(" ".join(page.extract_text().split()) for page in pages)
    assert sentence in paper
    assert EVERY_RULE in paper
    book = openpyxl.load_workbook(io.BytesIO(board_workbook(whole, visible)))
    sheet = book["Funnel Views to Carts"]
    cells = [str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None]
    assert cells[0].startswith(sentence)
    assert float(cells[cells.index("Views") + 1]) == 6  # a number, so that it can be used in formulas
    assert cells[cells.index("Step") : cells.index("Step") + 3] == ["Step", "People", "Of first step"]
    (carts,) = [row for row in sheet.iter_rows() if row[0].value == "Carts"]
    assert [(cell.value, cell.number_format) for cell in carts[1:3]] == [(3, "#,##0"), (0.5, "0.0%")]
    assert len(sheet._images) == 1  # pyright: ignore
    sources = [row[1:3] for row in book["Scope and receipts"].iter_rows(min_row=2, values_only=True)]
    assert ("Scope", "No row restrictions") in sources
    assert any(EVERY_RULE in cell for cell in cells)
    (line,) = [row for row in book["Board"].iter_rows(values_only=True) if row[2] == "Analysis"]
    assert str(line[8]).startswith("R-")
    deck = Presentation(io.BytesIO(board_presentation(whole, visible)))
    shapes: list[Any] = [shape for slide in deck.slides for shape in slide.shapes]
    slides = [shape.text_frame.text for shape in shapes if shape.has_text_frame]
    assert any(sentence in text for text in slides)
    assert [shape.name for shape in shapes if shape.shape_type == MSO_SHAPE_TYPE.PICTURE] == ["Chart"]
    ((heads, *lines),) = [
        [[cell.text for cell in row.cells] for row in shape.table.rows] for shape in shapes if shape.has_table
    ]
    assert heads[:2] == ["Step", "People"]
    assert [line[:3] for line in lines] == [["Views", "6", ""], ["Carts", "3", "50.0%"]]
    spoken = [frame.text for slide in deck.slides if (frame := slide.notes_slide.notes_text_frame) is not None]
    assert any(EVERY_RULE in text and "Receipt R-" in text for text in spoken)


@pytest.mark.parametrize(
    ("settings", "times"),
    [
        ("1 – 2 Mar 2026, UTC. Market is DE.", 0),
        ("1 – 2 Mar 2026. Market is DE.", 0),
        ("1 – 2 Mar 20261, UTC.", 1),
        ("1 – 31 Mar 2026, UTC.", 1),
        ("", 1),
    ],
)
def test_a_pdf_repeats_the_boards_days_on_no_analysis(live: Live, settings: str, times: int) -> None:
    state = BoardState(period=Between(date(2026, 3, 1), date(2026, 3, 2)))
    shown = replace(read(live, "ana", board_of(FUNNEL), state).shown, words=settings)
    assert [tile.words for tile in shown.tiles] == ["1 – 2 Mar 2026"]
    visible = live.workspace().visible(live.workspace().people["ana"])
    pages = PdfReader(io.BytesIO(board_pdf(shown, visible))).pages
    lines = [line.strip() for page in pages for line in page.extract_text().split("\n")]
    assert lines.count("1 – 2 Mar 2026") == times


def test_a_public_page_names_no_one(live: Live) -> None:
    shown = read(live, "ana", board_of(FUNNEL)).shown
    (row,) = shown.tabs[0].rows
    (tile,) = row.tiles
    assert tile.analysis is not None
    rule = (*tile.analysis.rule, f"{NAMED} Cart funnel, certified by Ana Ribeiro until 30 Jun 2027.")
    named = replace(row, tiles=(replace(tile, analysis=replace(tile.analysis, rule=rule)),))
    page = board_page(replace(shown, tabs=(replace(shown.tabs[0], rows=(named,)),)), View())
    assert "Ana" not in page
    assert EVERY_RULE in page
    assert tile.analysis.receipt not in page


def test_the_boards_comparison_applies_to_kinds_that_compare(live: Live) -> None:
    """1 and 2 March are compared with the two days before, on which nothing was logged."""
    march = Between(date(2026, 3, 1), date(2026, 3, 2))
    state = BoardState(period=march, compare=(Previous(),))
    tile = tile_of(read(live, "ana", board_of(FUNNEL), state))
    assert (tile.analysis is not None, tile.ignored) == (True, ())
    assert tile.words.startswith("1 – 2 Mar 2026, compared with ")
    paths = {"kind": "paths", "subject": "person", "from": "views", "events": ["carts"]}
    other = tile_of(read(live, "ana", board_of(FUNNEL | {"analysis": paths}), state))
    assert (other.analysis is not None, other.ignored, other.words) == (True, (), tile.words)
    back = {"kind": "paths", "subject": "person", "to": "carts", "events": ["views"]}
    other = tile_of(read(live, "ana", board_of(FUNNEL | {"analysis": back}), state))
    assert [each.what for each in other.ignored] == ["Compare"]
    assert "followed back longer" in other.ignored[0].reason
    scores = {"kind": "rfm", "subject": "person", "orders": "revenue", "money": "revenue"}
    other = tile_of(read(live, "ana", board_of(FUNNEL | {"analysis": scores}), state))
    assert other.analysis is not None
    assert [each.what for each in other.ignored] == ["Compare"]
    assert "RFM can't be compared with another period yet." in other.ignored[0].reason
    twice = tile_of(read(live, "ana", board_of(FUNNEL), replace(state, compare=(Previous(), LastYear()))))
    assert [each.what for each in twice.ignored] == ["Second comparison"]
    assert twice.words == tile.words


def test_unusual_days_follow_filters_and_say_that_they_compare_nothing(live: Live) -> None:
    state = BoardState(
        compare=(Previous(),), chosen=(ValueFilter("market", ("DE",)), ValueFilter("device", ("phone",)))
    )
    asked = {"kind": "anomalies", "metric": "letters", "time": {"from": "2026-02-01", "to": "2026-03-19"}}
    tile = tile_of(read(live, "ana", board_of(FUNNEL | {"analysis": asked}), state))
    assert json.loads(tile.definition)["where"] == {"dim": "market", "op": "in", "values": ["DE"]}
    assert [each.what for each in tile.ignored] == ["Compare", "Device"]
    assert tile.is_asked
    assert tile.analysis is not None or tile.sentence


def test_arrows_and_estimates_are_printed_as_they_are_read() -> None:
    assert printable("Views → Carts, ≈12") == "Views → Carts, ≈12"


def test_its_trust_age_and_scope_count_on_the_board(live: Live) -> None:
    table = {"id": "views", "kind": "table", "question": {"metrics": ["views"]}}
    shown = read(live, "dora", board_of(FUNNEL, table)).shown
    assert trust_words(shown).startswith("0 of 2 certified")
    assert scope_words(shown) == tile_of(read(live, "dora", board_of(FUNNEL))).scope.removeprefix("Scope: ")
    alone = read(live, "ana", board_of(FUNNEL)).shown
    assert trust_words(alone) == "Not certified"
    (tile,) = alone.tiles
    assert tile.as_of is not None
    assert alone.as_of_words
    assert [fact.word for fact in tile.facts] == ["Not certified", "Data to 19 Mar 2026"]  # today is 20 March
    visible = live.workspace().visible(live.workspace().people["ana"])
    assert dict(board_facts(alone, visible))["Scope"] == "No row restrictions"


def test_a_board_with_an_analysis_of_its_own_days_opens_on_them(live: Live) -> None:
    days = {"from": "2026-03-01", "to": "2026-03-31"}
    board = board_of(FUNNEL | {"analysis": ASKED | {"time": days}})
    assert work(live, "ana").opening_state(board).period is None
    assert tile_of(read(live, "ana", board)).words == "1 – 19 Mar 2026"  # today is 20 March


def test_a_refused_tile_says_why_and_the_others_are_complete(live: Live) -> None:
    table = {"id": "views", "kind": "table", "question": {"metrics": ["views"]}}
    board = board_of(FUNNEL | {"analysis": ASKED | {"subject": "planet"}}, table)
    shown = read(live, "ana", board).shown
    broken, fine = shown.tiles
    assert broken.analysis is None
    assert "planet" in broken.sentence
    assert fine.result is not None
    visible = live.workspace().visible(live.workspace().people["ana"])
    assert board_pdf(shown, visible)
    assert board_workbook(shown, visible)
    assert board_presentation(shown, visible)


def test_a_filter_by_a_person_is_not_saved(store: Store, keys: Keys, tmp_path: Path) -> None:
    live = open_live(tmp_path / "log", store, keys, DEVICE_IS_PERSONAL)
    filtered = ASKED | {"where": {"dim": "device", "op": "in", "values": ["phone"]}}
    with pytest.raises(InvalidQuery):
        work(live, "ana").make(board_of(FUNNEL | {"analysis": filtered}))
    close(live)


def test_a_changed_definition_is_named_in_the_difference() -> None:
    before, after = board_of(FUNNEL), board_of(FUNNEL | {"analysis": ASKED | {"order": "strict"}})
    assert [change.details for change in compare_boards(before, after).tiles] == [("Analysis changed",)]


def test_a_board_of_analyses_only_is_exported_and_recorded(live: Live) -> None:
    whole = read(live, "ana", board_of(FUNNEL))
    analysis = tile_of(whole).analysis
    assert analysis is not None
    assert [receipts_in(whole.shown, kind) for kind in BOARD_KINDS] == [[analysis.receipt]] * 3
    workspace = live.workspace()
    workspace.record_board_export("b1", receipts_in(whole.shown, "pdf"), workspace.people["ana"], "pdf")
    with live.store.read() as connection:
        told = [(entry.kind, entry.about) for entry in each_entry(connection, live.keys)]
    assert ("answer.exported", f"receipt:{analysis.receipt}") in told
    assert receipts_in(read(live, "nora", board_of(FUNNEL)).shown, "pdf") == []


def test_files_of_only_analyses_name_their_receipts_and_lack_no_data(live: Live) -> None:
    whole = read(live, "ana", board_of(FUNNEL))
    workspace = live.workspace()
    visible, analysis = workspace.visible(workspace.people["ana"]), tile_of(whole).analysis
    assert analysis is not None
    pages = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(board_pdf(whole.shown, visible))).pages)
    assert f"Receipt {analysis.receipt}" in pages
    assert NO_ANSWERS not in pages
    slides = Presentation(io.BytesIO(board_presentation(whole.shown, visible))).slides
    texts = [getattr(shape, "text", "") for slide in slides for shape in slide.shapes]
    assert NO_ANSWERS not in " ".join(texts)
    hidden = read(live, "nora", board_of(FUNNEL))
    assert NO_ANSWERS in PdfReader(io.BytesIO(board_pdf(hidden.shown, visible))).pages[0].extract_text()
