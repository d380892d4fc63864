"""Whether each surface shows a metric as certified, read back as its reader gets it. Expected texts are written by
hand.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from pptx import Presentation
from pypdf import PdfReader

from pages.explore.builder.metric_picker import find_metrics
from pages.palette.found import _metric as found_metric  # pyright: ignore[reportPrivateUsage]
from pages.widgets.standing import MARKS, standing_mark
from semantic.api.responses import answer_data, listed_data
from semantic.boards.board import Board, BoardState, Row, Tab, Tile, TileKind
from semantic.display import trust
from semantic.display.boards.pdf import board_pdf
from semantic.display.boards.presentation import board_presentation
from semantic.display.boards.shown import BoardShown
from semantic.display.boards.web import View, board_page
from semantic.display.boards.workbook import board_workbook
from semantic.display.export.export import export
from semantic.display.glossary.glossary import glossary_of, named_in_model
from semantic.display.messages.message import Message
from semantic.display.words.passport import describe_cell
from semantic.display.words.side_by_side import facets
from semantic.model.certification_status import CertificationStatus
from semantic.model.definitions import Granularity
from semantic.policy.narrow import VisibleModel
from semantic.query.query import Breakdown, Last, Query
from semantic.results.cell import cell_of
from semantic.results.formula import formula_tree
from semantic.results.result import Result
from semantic.services.board_answers.whole_board import answer_board
from semantic.services.boards import BoardWork
from semantic.services.outbox.previewing import preview
from semantic.store.outbox.deliveries import NewDelivery, What
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import make_space
from tests.semantic.services.certifying.certified_company import Company

LAST: Final = Query(metrics=("revenue",), time=Last(1, Granularity.MONTH))
BY_MARKET: Final = Query(metrics=("revenue",), by=(Breakdown("market"),), time=Last(1, Granularity.MONTH))
BY: Final = "By Ana, marketing operations until"
ALL: Final = "All 2 certified"
CERTIFIED: Final = "Certified"
BOARD: Final = Board(
    title="Sales",
    tabs=(Tab(rows=(Row(tiles=(
        Tile(id="t1", kind=TileKind.NUMBER, question=LAST), Tile(id="t2", kind=TileKind.TABLE, question=BY_MARKET),
    )),)),),
)  # fmt: skip


@dataclass(frozen=True)
class Saved:
    """IDs of the board and of a saved question, which everyone here can open."""

    board: str
    question: str


def save(here: Company) -> Saved:
    live, ana = here.live, here.people["ana"]
    with live.store.write() as transaction:
        space = make_space(transaction, "Team", here.people["otto"], live.keys).id
        question = save_question(
            transaction, Content(query=LAST), ana, live.keys, name="Revenue last month", sentence="", space=space
        )
    work = BoardWork(live.store, live.keys, live.workspace(), ana)
    board = work.make(BOARD, space=space)
    work.publish(board, work.draft(board).revision)
    return Saved(board, question)


def of_answer(here: Company, shown: Result) -> dict[str, bool]:
    """Return whether each surface of one answer, and of the metric itself, shows the metric as certified."""
    workspace, mia = here.live.workspace(), here.people["mia"]
    seen, today = workspace.visible(mia), workspace.today()
    metric, facts = seen.metric("revenue"), trust.facts(shown, today=today)
    schema = pq.read_schema(pa.BufferReader(export(shown, seen, "parquet")))
    about = json.dumps({str(key): value.decode() for key, value in (schema.metadata or {}).items()})
    api = json.dumps(answer_data(shown, seen))
    picked = {row.name: row for row in find_metrics("", seen).rows}
    listed = {str(each["name"]): each for each in listed_data("metric", workspace, mia)["metrics"]}
    words = {entry.name: entry for entry in glossary_of(seen, today, named_in_model(seen))}
    compared = {facet.name: facet.one for facet in facets(metric, seen.metric("margin"), seen)}
    return {
        "trust of an answer": facts[0].state == "good",
        "trust of a board": trust.board_trust([("Revenue", facts)])[0].state == "good",
        "metric page": trust.metric_fact(metric, today=today).state == "good",
        "mark beside a name": standing_mark(metric, today).strip() == MARKS[CertificationStatus.CERTIFIED],
        "two metrics side by side": compared["Certified"] == "By Ana, marketing operations",
        "where a number comes from": BY.replace(" until", ", until") in passport(shown, seen, today)["Certified"],
        "spreadsheet": BY in sheets(openpyxl.load_workbook(io.BytesIO(export(shown, seen, "xlsx")))),
        "parquet": BY in about,
        "API, answer": BY in api and '"state": "good"' in api,
        "API, list": listed["revenue"]["certified"] is not None,
        "shell": trust.facts_data(facts)[0]["state"] == "good",
        "glossary": words["revenue"].kind == "Metric, certified",
        "metric picker": picked["revenue"].mark == "Certified",
        "search": found_metric(metric, workspace).mark == "Certified",
    }


def of_board(here: Company, saved: Saved) -> dict[str, bool]:
    """Return whether each surface of a board shows the metric as certified: what its reader sees now, and what
    is sent.
    """
    workspace, mia = here.live.workspace(), here.people["mia"]
    seen = workspace.visible(mia)
    work = BoardWork(here.live.store, here.live.keys, workspace, mia)
    shown = answer_board(BOARD, BoardState(), work, words="", link="").shown
    board, question = letter(here, "board", saved.board), letter(here, "question", saved.question)
    paper = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(board_pdf(shown, seen))).pages)
    return {
        **{f"tile {tile.tile.id}": has_badge(tile.facts) for tile in shown.tiles},
        "board, PDF": BY in " ".join(paper.split()) and ALL in " ".join(paper.split()),
        "board, spreadsheet": BY in sheets(openpyxl.load_workbook(io.BytesIO(board_workbook(shown, seen)))),
        "board, presentation": ALL in slides(shown, seen),
        "mail of a board": ALL in board.text and ALL in board.html,
        "mail of a question": CERTIFIED in question.text and CERTIFIED in question.html,
    }


def has_badge(facts: tuple[trust.Fact, ...]) -> bool:
    return any(fact.kind == "certified" and fact.state == "good" for fact in facts)


def passport(shown: Result, seen: VisibleModel, today: date) -> dict[str, str]:
    cell = cell_of(shown, 0, "revenue")
    assert cell.column.metric is not None
    tree = formula_tree(cell.column.metric, seen)
    return dict(describe_cell(shown, 0, cell, tree, None, seen, today=today).facts)


def sheets(book: Any) -> str:  # Any: openpyxl has no types
    rows = [row for name in book.sheetnames for row in book[name].iter_rows(values_only=True)]
    return " ".join(str(cell) for row in rows for cell in row)


def slides(shown: BoardShown, seen: VisibleModel) -> str:
    deck = Presentation(io.BytesIO(board_presentation(shown, seen)))
    shapes: list[Any] = [shape for slide in deck.slides for shape in slide.shapes]  # Any: only some have text
    return " ".join(shape.text_frame.text for shape in shapes if shape.has_text_frame)


def public_page(here: Company) -> str:
    """Return the board's page as people without an account see it."""
    work = BoardWork(here.live.store, here.live.keys, here.live.workspace(), here.people["mia"])
    return board_page(answer_board(BOARD, BoardState(), work, words="", link="").shown, View())


def letter(here: Company, what: What, about: str) -> Message:
    """Return a delivery's mail as its reader would get it now."""
    wanted = NewDelivery(what=what, about=about, title="Weekly", cron="0 8 * * 1", zone="UTC")
    message = preview(here.live, wanted, here.people["mia"])
    assert isinstance(message, Message), message
    return message
