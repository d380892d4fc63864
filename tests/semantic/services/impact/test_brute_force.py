"""Planted changes of the marketing model affect exactly the saved work whose answers differ before and after.

The brute force opens the changed model as its own workspace, and asks every saved question and tile of a company in
both, whatever the digests say.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import pytest

from semantic.boards.board import Board, Row, Tab, Tile, TileKind
from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.errors import SemanticError
from semantic.model.loading.load import read_folder
from semantic.policy.actor import Actor
from semantic.query.query import Between, Breakdown, Query
from semantic.services.boards import BoardWork
from semantic.services.impact.compare import Effect
from semantic.services.impact.items import ItemKind
from semantic.services.impact.report import impact_of
from semantic.services.process import Live
from semantic.store.keys import keys_of
from semantic.store.models.versions import Files
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import list_spaces, make_first_space
from semantic.workspace import Workspace
from tests.companies import shared_company
from tests.copies import empty_store
from tests.semantic.store.stores import SECRET

TODAY = date(2026, 6, 30)
DAYS = Between(date(2026, 1, 1), date(2026, 5, 31))
QUESTIONS, TILES = 36, 12
SEED = 20_261_130

FILES: Files = read_folder(MARKETING_MODEL)
CHANGES = {
    "a filter of a metric": (
        "metrics_orders.yml",
        "measure: orders.net_sales\n    filter: NOT is_test AND status <> 'cancelled' AND status <> 'returned'",
        "measure: orders.net_sales\n    filter: NOT is_test AND status <> 'cancelled'",
    ),
    "a new filter": (
        "metrics_ads.yml",
        "measure: ad_spend.spend\n    unit: EUR\n    format: money\n    target: budget",
        "measure: ad_spend.spend\n    filter: clicks > 20\n    unit: EUR\n    format: money\n    target: budget",
    ),
    "a filter that keeps every row": (
        "metrics_ads.yml",
        "measure: ad_spend.spend\n    unit: EUR\n    format: money\n    target: budget",
        "measure: ad_spend.spend\n    filter: clicks >= 0\n    unit: EUR\n    format: money\n    target: budget",
    ),
    "only words": ("metrics_ads.yml", "What was paid to ad platforms.", "What ad platforms were paid."),
}


class PastWorkspace(Workspace):
    """A workspace in which today is the company's last day."""

    def today(self) -> date:
        return TODAY


@dataclass(frozen=True)
class Company:
    live: Live
    actor: Actor
    asked: dict[str, Query]
    """Every saved question and tile by its name."""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("brute")
    data = shared_company(tmp_path_factory) / "company.duckdb"
    settings = settings_of(data, MARKETING_MODEL)
    workspace = PastWorkspace.open(settings)
    store = empty_store(str(folder / "store.sqlite"))
    make_first_space(store)
    live = Live(settings, store, keys_of(SECRET), workspace)
    actor = workspace.people["ana"]
    queries = questions(workspace, actor)
    asked: dict[str, Query] = {}
    with store.read() as connection:
        space = list_spaces(connection)[0].id
    with store.write() as transaction:
        for at, query in enumerate(queries[:QUESTIONS]):
            name = f"Question {at}"
            save_question(
                transaction, Content(query=query), actor, live.keys, name=name, sentence="", space=space
            )  # fmt: skip
            asked[name] = query
    tiles = {f"Tile {at}": query for at, query in enumerate(queries[QUESTIONS:])}
    rows = tuple(
        Row(tiles=(Tile(id=f"t{at}", kind=TileKind.TABLE, title=name, question=query),))
        for at, (name, query) in enumerate(tiles.items())
    )
    work = BoardWork(store, live.keys, workspace, actor)
    board = work.make(Board(title="Everything", tabs=(Tab(rows=rows),)), space=space)
    work.publish(board, work.draft(board).revision)
    yield Company(live, actor, asked | tiles)
    live.close()


def settings_of(data: Path, model: Path) -> Settings:
    return Settings(data=str(data), model=model, mask_key="a key of the tests", demo=True, model_source="folder")


def questions(workspace: Workspace, actor: Actor) -> list[Query]:
    """Return questions about random metrics, each with a random breakdown that fits it, or without one."""
    chance = random.Random(SEED)
    names = [metric.name for metric in workspace.visible(actor).metrics]
    # Half of them use what the changes are about, so that each change moves some.
    about = [name for name in names if name in ("spend", "net_revenue", "roas", "cpc", "aov", "gross_margin", "mer")]
    found: list[Query] = []
    while len(found) < QUESTIONS + TILES:
        query = Query(metrics=(chance.choice(about if len(found) % 2 else names),), time=DAYS)
        checked = workspace.preflight(query, actor)
        if not checked.ok:
            continue
        options = [None, *(dimension.name for dimension in checked.available if dimension.kind != "time")]
        if dimension := chance.choice(options):
            query = replace(query, by=(Breakdown(dimension),))
        if workspace.preflight(query, actor).ok:
            found.append(query)
    return found


def rows_of(workspace: Workspace, query: Query, actor: Actor) -> list[tuple[object, ...]] | str:
    """Return an answer as sorted rows, with nine digits, or the kind of its refusal."""
    try:
        result = workspace.start(query, actor, today=TODAY).unrecorded()
    except SemanticError as error:
        return error.code
    return sorted((tuple(map(rounded, row.values())) for row in result.rows()), key=repr)


def rounded(value: object) -> object:
    if isinstance(value, float):
        return "nan" if math.isnan(value) else f"{value:.8e}"
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


@pytest.mark.parametrize("change", CHANGES)
def test_exactly_the_affected_work_is_found(company: Company, change: str, tmp_path: Path) -> None:
    file, old, new = CHANGES[change]
    assert FILES[file].count(old) == 1
    files = {**FILES, file: FILES[file].replace(old, new)}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    live = company.live
    after = PastWorkspace.open(settings_of(Path(live.settings.data), tmp_path))
    try:
        moved = {
            name for name, query in company.asked.items()
            if rows_of(live.workspace(), query, company.actor) != rows_of(after, query, company.actor)
        }  # fmt: skip
    finally:
        after.close()
    impact = impact_of(live, company.actor, FILES, files)
    impact.comparing.budget, impact.comparing.gone_after = None, math.inf
    impact.comparing.run()
    rows = [row for row in impact.rows() if row.kind in (ItemKind.QUESTION, ItemKind.TILE)]
    assert {row.title for row in rows if row.effect is not Effect.NONE} == moved
    is_planted = change in ("a filter of a metric", "a new filter")
    assert bool(moved) is is_planted
    assert bool(rows) is (change != "only words")
    assert len(moved) < len(company.asked)
