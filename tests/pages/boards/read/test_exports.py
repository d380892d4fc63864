"""A board's Export: created on click, for its reader only, recorded first, and without hidden data."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from pptx import Presentation
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from pages.boards.read import exports
from pages.explore.result.exports import VIEWING, SignedOut
from pages.shell import session
from semantic.boards.board import Board, BoardState, Row, Tab, Tile, TileKind, ValueFilter
from semantic.config.settings import Settings
from semantic.display.boards.export import BOARD_KINDS
from semantic.errors import StoreFailed, UnknownBoard
from semantic.policy.actor import Actor
from semantic.query.query import Between, Breakdown, Query
from semantic.services.board_answers.whole_board import AnsweredBoard, answer_board
from semantic.services.boards import BoardWork
from semantic.services.process import Live
from semantic.store.audit.entries import each_entry
from semantic.store.open import open_store
from semantic.store.spaces.spaces import MINE, make_space
from semantic.workspace import Workspace
from tests.shop import SHOP, ShopWorkspace, shop_sql
from tests.waiting import STUCK

SPRING = BoardState(period=Between(date(2026, 3, 1), date(2026, 4, 30)))
BOARD = Board(
    title="The shop",
    note="For Mondays",
    tabs=(
        Tab(
            title="Sales",
            rows=(
                Row(
                    tiles=(
                        Tile(id="money", kind=TileKind.NUMBER, title="Money", question=Query(metrics=("revenue",))),
                        Tile(
                            id="channels", kind=TileKind.TABLE, title="Channels",
                            question=Query(metrics=("revenue",), by=(Breakdown("channel"),), totals=((),)),
                        ),
                    )
                ),
                Row(tiles=(Tile(id="note", kind=TileKind.TEXT, text="What it is about"),)),
            ),
        ),
        Tab(
            title="Ads",
            rows=(Row(tiles=(Tile(id="cost", kind=TileKind.NUMBER, title="Ads", question=Query(metrics=("cost",))),)),),
        ),
    ),
    start=SPRING,
)  # fmt: skip
PAGE = "from tests.pages.boards.read.test_exports import draw\ndraw()\n"


@dataclass(slots=True)
class World:
    """The shop with its store, the person who asks, and the downloads that the page received."""

    live: Live
    board: str
    asks: Actor | None
    state: BoardState = SPRING
    runs: Workspace | None = None  # instead of the one that the page was drawn with
    offered: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    def person(self, name: str) -> Actor:
        return self.live.workspace().people[name]

    def work(self, actor: Actor) -> BoardWork:
        return BoardWork(self.live.store, self.live.keys, self.live.workspace(), actor)

    def whole(self, actor: Actor) -> AnsweredBoard:
        work = self.work(actor)
        opened = work.open(self.board)
        return answer_board(opened.board, self.state, work, words="Mar – Apr 2026", link="https://x.example/board?d=b")

    def make(self, kind: Any) -> bytes:
        return self.offered[f"board-export-{kind}"]["make"]()

    def acts(self) -> list[tuple[str, str, dict[str, Any]]]:
        self.live.workspace().why_no_files()  # waits until all is kept
        with self.live.store.read() as connection:
            entries = each_entry(connection, self.live.keys)
            return [
                (entry.kind, entry.about, dict(entry.details)) for entry in entries if entry.kind.endswith(".exported")
            ]


HERE: dict[str, World] = {}


def draw() -> None:
    """Draw a board's Export as the board's page does."""
    world = HERE["world"]
    actor = world.asks
    assert actor is not None
    exports.menu(world.board, "The shop", lambda: world.whole(actor), world.live.workspace(), actor)


def opened(shop_file: Path, empty_store: Path, folder: Path, *changes: str) -> Iterator[World]:
    data = shutil.copyfile(shop_file, folder / "shop.duckdb")
    with duckdb.connect(data) as connection:
        for sql in changes:
            connection.execute(sql)
    shutil.copyfile(empty_store, folder / "store.sqlite")
    settings = Settings(data=str(data), model=SHOP, mask_key="a key of the tests", store=str(folder / "store.sqlite"))
    settings = replace(settings, audit_key="a secret of tests, long enough to sign with")
    live = Live(settings, *open_store(settings), ShopWorkspace.open(settings))
    steward = live.workspace().people["steward"]
    work = BoardWork(live.store, live.keys, live.workspace(), steward)
    with live.store.write() as transaction:
        space = make_space(transaction, "Team", steward, live.keys).id
    board_id = work.make(BOARD, space=space)
    work.publish(board_id, work.draft(board_id).revision)
    yield World(live, board_id, steward)
    live.close()


@pytest.fixture
def world(shop_file: Path, empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    for world in opened(shop_file, empty_store, tmp_path):

        def button(
            label: str, data: Callable[[], bytes], name: str, mime: str, *, of: World = world, **more: Any
        ) -> bool:
            of.offered[more["key"]] = {"label": label, "make": data, "name": name, "mime": mime, **more}
            return False

        HERE["world"] = world
        monkeypatch.setattr(exports.st, "download_button", button)
        monkeypatch.setattr(session, "require", lambda role, of=world: (of.live.workspace(), of.asks))
        monkeypatch.setattr(session, "actor_later", lambda of=world: lambda: of.asks)
        monkeypatch.setattr(session, "board_work", lambda _, actor, of=world: of.work(actor))
        monkeypatch.setattr(session, "workspace", lambda of=world: of.runs or of.live.workspace())
        yield world


def page() -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=STUCK)
    app.session_state["board-export"] = True  # the menu is open
    app.run()
    assert not app.exception, app.exception
    return app


def popover(app: AppTest) -> Any:
    (block,) = [each_block for each_block in _blocks(app.main) if each_block.proto.popover.label == "Export"]
    return block.proto.popover


def _blocks(block: Any) -> Iterator[Any]:
    for child in getattr(block, "children", {}).values():
        if getattr(child, "proto", None) is not None and hasattr(child.proto, "popover"):
            yield child
        yield from _blocks(child)


def sheets(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: [tuple(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def slides_text(content: bytes) -> str:
    """Return every text of a presentation: on slides, in tables, in charts and their workbooks, and in the notes."""
    texts: list[str] = []
    for slide in Presentation(io.BytesIO(content)).slides:
        shapes: Any = slide.shapes
        frames = [shape.text_frame for shape in shapes if shape.has_text_frame]
        tables = [shape.table for shape in shapes if shape.has_table]
        frames += [cell.text_frame for table in tables for row in table.rows for cell in row.cells]
        texts += [frame.text for frame in (*frames, slide.notes_slide.notes_text_frame) if frame is not None]
        for chart in (shape.chart for shape in shapes if shape.has_chart):
            texts.append(chart.part.blob.decode())
            texts.append(str(sheets(chart.part.chart_workbook.xlsx_part.blob)))
    return " ".join(" ".join(texts).split())


def pdf_text(content: bytes) -> str:
    return " ".join(line for page in PdfReader(io.BytesIO(content)).pages for line in page.extract_text().split("\n"))


def by_hand(where: str = "TRUE") -> dict[str | None, float]:
    """Return the revenue of March and April in Berlin by channel, from hand-written SQL."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(shop_sql())
        rows = connection.execute(
            "SELECT channel, sum(amount) FROM orders LEFT JOIN channels USING (channel_key) WHERE NOT is_test "
            "AND CAST(ordered_at AT TIME ZONE 'Europe/Berlin' AS DATE) BETWEEN DATE '2026-03-01' AND DATE '2026-04-30' "
            f"AND ({where}) GROUP BY 1 ORDER BY 1"
        ).fetchall()
    return {name: float(amount) for name, amount in rows if amount is not None}


def channel_rows(content: bytes) -> dict[str, float]:
    return {str(row[0]): row[1] for row in sheets(content)["Channels"][1:]}


# What is offered


def test_a_board_can_be_exported_as_a_pdf_slides_and_a_spreadsheet(world: World) -> None:
    app = page()
    assert not popover(app).disabled
    day = world.live.workspace().today().isoformat()
    assert [(one["name"], one["mime"], one["disabled"]) for one in world.offered.values()] == [
        (f"The shop, {day}.{kind}", about.mime, False) for kind, about in BOARD_KINDS.items()
    ]


def test_every_file_has_all_tabs_with_the_numbers_of_the_data(world: World) -> None:
    page()
    truth = by_hand()
    # The shop has a channel named "(none)" and orders without a channel, so two rows have the same name.
    *rows, total = [(str(row[0]), row[1]) for row in sheets(world.make("xlsx"))["Channels"][1:]]
    assert total == ("Total", sum(truth.values()))
    assert sorted(rows) == sorted((name or "(none)", amount) for name, amount in truth.items())
    text = pdf_text(world.make("pdf"))
    for part in ("The shop For Mondays Mar – Apr 2026", "Sales Money", "What it is about", "Ads Ads"):
        assert part in text
    assert f"€{sum(truth.values()):,.0f}" in text
    text = slides_text(world.make("pptx"))
    for part in ("The shop", "Sales", "Money", "What it is about", "Ads", f"€{sum(truth.values()):,.0f}"):
        assert part in text


def test_current_filters_apply_to_the_file(world: World) -> None:
    channel = next(name for name in by_hand() if name)
    world.state = replace(SPRING, chosen=(ValueFilter("channel", (channel,)),))
    page()
    found_channel_rows = channel_rows(world.make("xlsx"))
    assert set(found_channel_rows) == {channel, "Total"}
    first = {row[0]: row for row in sheets(world.make("xlsx"))["Board"] if row[0]}
    assert first["Channels"][3] == "Channels"


# Permissions


def test_a_file_is_made_only_for_the_same_person(world: World) -> None:
    page()
    assert world.make("pdf")
    steward = world.asks
    assert steward is not None
    for other in (None, world.person("dora"), replace(steward, roles=frozenset({"viewer"}))):
        world.asks = other
        for kind in BOARD_KINDS:
            with pytest.raises(SignedOut):
                world.make(kind)
    world.asks = replace(steward, claims_at=datetime.now(UTC))  # the provider has been asked again in the meantime
    assert world.make("pdf")


def test_no_file_is_made_of_a_board_that_its_reader_can_no_longer_open(world: World) -> None:
    """The owner makes the board private while a reader has the menu open.

    An archived board stays available to its readers.
    """
    steward = world.person("steward")
    work = world.work(steward)
    world.asks = world.person("dora")
    page()
    work.archive(world.board, work.open(world.board).head.revision)
    assert world.make("xlsx")
    work.move(world.board, MINE, work.open(world.board).head.revision)
    before = world.acts()
    for kind in BOARD_KINDS:
        with pytest.raises(UnknownBoard):
            world.make(kind)
    assert world.acts() == before


@pytest.mark.parametrize("ends", ["board", "sign-in"])
def test_lost_access_during_an_export_stops_the_file(world: World, ends: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world.asks = world.person("dora")
    page()
    work, made, before = world.work(world.person("steward")), World.whole, world.acts()

    def whole(self: World, actor: Actor) -> AnsweredBoard:
        export = made(self, actor)
        if ends == "board":
            work.move(self.board, MINE, work.open(self.board).head.revision)
        else:
            self.asks = None
        return export

    monkeypatch.setattr(World, "whole", whole)
    with pytest.raises(UnknownBoard if ends == "board" else SignedOut):
        world.make("xlsx")
    assert world.acts() == before


def test_no_file_is_made_with_outdated_definitions(world: World) -> None:
    """A new version can restrict readers further, while the open page still asks with the previous version."""
    page()
    assert world.make("xlsx")
    before = world.live.workspace()
    world.runs = ShopWorkspace(before.settings, before.model, before.people, before.connector, beside=before)
    for kind in BOARD_KINDS:
        with pytest.raises(SignedOut, match="Definitions changed"):
            world.make(kind)


def test_nothing_is_exported_while_viewing_as_someone_else(world: World) -> None:
    page()
    steward = world.asks
    assert steward is not None
    world.asks = replace(world.person("dora"), viewed_by=steward.id)
    with pytest.raises(SignedOut):
        world.make("xlsx")
    world.offered.clear()
    control = popover(page())
    assert (control.disabled, control.help) == (True, VIEWING)
    assert world.offered == {}


def test_a_file_has_no_rows_hidden_from_its_reader(world: World) -> None:
    """Finn has two channels. His files have no name or sum of any other channel."""
    world.asks = world.person("finn")
    page()
    mine, all_of_them = by_hand("channel_key IN ('c1', 'c5')"), by_hand()
    assert 0 < len(mine) < len(all_of_them)
    xlsx, pdf, pptx = (world.make(kind) for kind in ("xlsx", "pdf", "pptx"))
    found_channel_rows = channel_rows(xlsx)
    assert found_channel_rows.pop("Total") == sum(mine.values())
    assert found_channel_rows == mine
    everything = f"{sheets(xlsx)} {pdf_text(pdf)} {slides_text(pptx)}"
    for name in set(all_of_them) - set(mine):
        assert name is None or name not in everything, name
    assert f"{sum(all_of_them.values()):,.0f}" not in everything
    assert "SQL" not in sheets(xlsx)
    assert "Scope" in everything


def test_no_cell_changes_when_only_hidden_rows_change(
    shop_file: Path, empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same person opens the same board over two shops that differ only in rows hidden from that person."""
    errors: list[Any] = []
    changed = "UPDATE orders SET amount = amount + 1000 WHERE channel_key NOT IN ('c1', 'c5')"
    for name, changes in (("one", ()), ("other", (changed,))):
        folder = tmp_path / name
        folder.mkdir()
        for world in opened(shop_file, empty_store, folder, *changes):
            finn = world.person("finn")
            monkeypatch.setattr(session, "actor_later", lambda: lambda: None)
            whole = world.whole(finn)
            content = exports.export_board(whole.shown, world.live.workspace().visible(finn), "xlsx", {})
            errors.append({name: [_timeless(row) for row in rows] for name, rows in sheets(content).items()})
    assert errors[0] == errors[1]
    assert errors[0]["Channels"]


def _timeless(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a row without its computing time and receipt. Facts about these are left out."""
    if {"Computed", "Receipt", "As of"} & set(row[:2]):
        return row[:2] if row[0] == "Tile" else ()
    return tuple(one for one in row if not (isinstance(one, str) and (one.startswith("R-") or "2026, " in one)))


# Audit trail


def test_an_export_is_recorded_with_the_receipt_of_each_answer(world: World) -> None:
    page()
    for kind, count in (("xlsx", 3), ("pdf", 5), ("pptx", 5)):  # the courses of two numbers are drawn on pages
        content = world.make(kind)
        acts = [act for act in world.acts() if act[2].get("as") == kind]
        assert ("board.exported", f"board:{world.board}", {"as": kind, "answers": count}) in acts
        receipts = [about for name, about, _ in acts if name == "answer.exported"]
        assert len(receipts) == len(set(receipts)) == count
        text = {"xlsx": lambda one: str(sheets(one)), "pdf": pdf_text, "pptx": slides_text}[kind](content)
        assert all(about.removeprefix("receipt:") in text for about in receipts)


def test_no_file_is_made_without_receipts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    page()

    def away(*_: Any) -> None:
        raise StoreFailed("away")

    monkeypatch.setattr(type(world.live.workspace()), "record_board_export", away)
    for kind in BOARD_KINDS:
        with pytest.raises(StoreFailed):
            world.make(kind)


def test_an_unavailable_store_disables_both_exports_and_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(world.live.workspace()), "why_no_files", lambda _: "It could not be recorded.")
    page()
    assert all(one["disabled"] and one["help"] == "It could not be recorded." for one in world.offered.values())


def test_a_board_without_visible_tiles_has_no_file(world: World) -> None:
    world.asks = world.person("max")
    page()
    with pytest.raises(StoreFailed, match="Nothing to export"):
        world.make("xlsx")


def test_a_failed_tile_says_so_and_the_others_are_exported(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    page()
    workspace = world.live.workspace()
    start = type(workspace).start

    def fails(self: Any, query: Query, *about: Any, **more: Any) -> Any:
        if query.metrics == ("cost",):
            raise StoreFailed("The data did not answer.")
        return start(self, query, *about, **more)

    monkeypatch.setattr(type(workspace), "start", fails)
    content = world.make("xlsx")
    assert channel_rows(content)["Total"] == sum(by_hand().values())
    line = next(row for row in sheets(content)["Board"] if row[0] == "Ads" and row[2])
    assert line[3] is None
    assert line[4]
