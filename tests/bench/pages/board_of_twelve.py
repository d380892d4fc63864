"""A board of twelve tiles over the star schema, or a bare version of it; tests.bench.pages.board_page serves it.

The address sets who asks (`as`) and whether the page is `bare`: Streamlit's own charts, tables and numbers for answers
computed in advance, without tiles around them. SAMEPAGE_BENCH_STAR names the star schema's file.
"""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from pages.boards.read import tiles as board_tiles
from pages.explore.result.cells import TableDisplay
from pages.explore.result.table import make_grid
from pages.shell import links, session
from pages.shell.once import once
from pages.widgets.theme import current_tokens
from semantic.audit_trail.recorder import Recorder
from semantic.boards.apply import asked, course_of
from semantic.boards.board import BoardState, Row, Tab, Tile, TileKind
from semantic.config.settings import Settings
from semantic.display.boards.shown import row_widths
from semantic.display.charts.charts import chart_for
from semantic.display.rows import main_values
from semantic.display.template import CONFIG
from semantic.display.words.kpi import course, read_headline
from semantic.policy.actor import Actor
from semantic.query.data import query_from_data
from semantic.query.query import Query
from semantic.store.database import Store, connect_store
from semantic.store.keys import Keys, keys_of
from semantic.store.migrate import upgrade
from semantic.workspace import Workspace

MODEL = Path(__file__).parents[2] / "star" / "model"
DAYS = {"from": "2025-07-01", "to": "2025-12-31"}
WEEKS = {"dim": "date", "grain": "week"}
EXPLORE = Path(__file__).parents[3] / "pages" / "explore" / "page.py"


def question(*metrics: str, by: tuple[object, ...] = (), compared: bool = True) -> Query:
    compare = [{"to": "previous"}] if compared else []
    return query_from_data({"metrics": list(metrics), "by": list(by), "time": DAYS, "compare": compare})


def tile(kind: TileKind, name: str, asks: Query, width: int = 0) -> Tile:
    return Tile(id=name, kind=kind, question=asks, width=width)


BOARD = Tab(rows=(
    Row(height="small", tiles=tuple(
        tile(TileKind.NUMBER, name, question(name)) for name in ("revenue", "order_count", "cost", "roas")
    )),
    Row(tiles=(
        tile(TileKind.CHART, "weeks", question("revenue", "cost", by=(WEEKS,)), 8),
        tile(TileKind.CHART, "channels", question("revenue", by=("channel",)), 4),
    )),
    Row(tiles=(
        tile(TileKind.CHART, "returns", question("roas", by=("channel",))),
        tile(TileKind.CHART, "platforms", question("cost", by=("platform",))),
        tile(TileKind.CHART, "countries", question("customers", by=("country",))),
    )),
    Row(tiles=(
        tile(TileKind.CHART, "grid", question("revenue", by=("channel", "segment"), compared=False)),
        tile(TileKind.TABLE, "table", question("revenue", "order_count", "cost", "roas", by=("channel",))),
        tile(TileKind.PIVOT, "pivot", question("revenue", by=("objective", "segment"), compared=False)),
    )),
))  # fmt: skip


@once
def workspace() -> Workspace:
    """Return a workspace with a recorder, as on a real page: every answer has a receipt."""
    opened = Workspace.open(
        Settings(data=os.environ["SAMEPAGE_BENCH_STAR"], model=MODEL, mask_key="a key of the bench")
    )
    opened.recorder = Recorder(*kept())
    return opened


@once
def kept() -> tuple[Store, Keys]:
    """Return an empty store, without remarks or targets, and its keys."""
    store = Store(connect_store(str(Path(tempfile.mkdtemp()) / "store.sqlite")))
    upgrade(store)
    return store, keys_of("a secret of the bench, long enough to sign with")


@cache
def person(name: str) -> Actor:
    """Return a person of the model, or one with the same policy if the name has a number: `stella-7`."""
    actor = workspace().people[name.partition("-")[0]]
    return Actor(id=name, name=name, roles=actor.roles, groups=actor.groups, attributes=actor.attributes)


def require(_: str) -> tuple[Workspace, Actor]:
    return workspace(), person(st.session_state["who"])


def show_board() -> None:
    workspace, actor = require("viewer")
    seen = workspace.visible(actor)
    tiles = [tile for row in BOARD.rows for tile in row.tiles]
    questions = [
        asked(tile, BoardState(), seen, lambda query: workspace.preflight(query, actor), today=workspace.today())
        for tile in tiles
    ]
    board_tiles.show_tab(BOARD, questions, key="board")


@cache
def prepared(name: str, mode: str) -> dict[str, tuple[Any, ...]]:
    """Return the arguments of Streamlit's own calls for the bare page, by tile. Any: each call takes other types."""
    here, actor, tokens = workspace(), person(name), current_tokens()
    results: dict[str, tuple[Any, ...]] = {}
    for tile in (row_tile for row in BOARD.rows for row_tile in row.tiles):
        assert tile.question is not None
        result = here.ask(tile.question, actor)
        if tile.kind is TileKind.NUMBER:
            large = read_headline(main_values(result)[0], 0, result)
            weeks = course(here.ask(course_of(tile.question), actor))
            results[tile.id] = (large.column.label, large.value, large.changes[0].text, weeks)
        elif tile.kind is TileKind.CHART:
            results[tile.id] = (go.Figure(chart_for(result, tokens).figure),)
        else:
            results[tile.id] = (make_grid(result, tokens, TableDisplay()).rows,)
    return results


def show_bare() -> None:
    made = prepared(st.session_state["who"], current_tokens().mode)
    for row in BOARD.rows:
        for tile, place in zip(row.tiles, st.columns(list(row_widths(row.tiles))), strict=True):
            with place:
                match tile.kind, made[tile.id]:
                    case TileKind.NUMBER, (label, value, delta, weeks):
                        st.metric(str(label), str(value), str(delta), chart_data=weeks)
                    case TileKind.CHART, (figure,):
                        st.plotly_chart(figure, config=CONFIG, key=tile.id)
                    case _, (rows,):
                        st.dataframe(rows, key=tile.id, hide_index=True)
                    case _:
                        pass


def run() -> None:
    """Run the page once."""
    st.set_page_config(layout="wide")
    st.session_state["who"] = st.query_params.get("as", "stella")
    shown = show_bare if "bare" in st.query_params else show_board
    pages = st.session_state.setdefault("pages", [st.Page(shown, url_path="board", default=True), st.Page(EXPLORE)])
    st.session_state[links.OPEN] = {links.EXPLORE: pages[1]}  # as the menu of the app does
    st.navigation(pages, position="hidden").run()


session.require = require  # signing in isn't measured here
session.workspace = workspace
session.store = kept
