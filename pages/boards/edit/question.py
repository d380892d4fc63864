"""Explore's builder for the question of a tile, in place of the structure. Every valid step changes the board."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit.composing import Composing, change
from pages.boards.edit.structure import END, open_part
from pages.explore.builder.additions import additions
from pages.explore.builder.breakdowns import breakdowns
from pages.explore.builder.comparisons import comparisons
from pages.explore.builder.filters import filters
from pages.explore.builder.metric_picker import metrics
from pages.explore.builder.periods import grain, is_fiscal, period
from pages.explore.builder.question import ExploreState
from pages.explore.result.no_answer import show_refusal
from semantic.boards import edit
from semantic.boards.board import Board, Tile
from semantic.boards.made import ask_instead, make_tile
from semantic.query.query import Query

if TYPE_CHECKING:
    from semantic.workspace import Workspace

KEY = "composing_question"
STRIDE = 1_000
"""The step between the key numbers of two builders' fields. It leaves room for the keys that a builder adds."""


@dataclass(slots=True)
class _Building:
    """The question in the builder, and its copy on the board. `tile` is "" until the question is valid for the first
    time.
    """

    board: str
    tile: str
    asking: ExploreState
    on_board: Query


def begin_question(composing: Composing) -> None:
    """Draw an empty builder, for a tile that doesn't exist yet."""
    st.session_state.pop(KEY, None)
    composing.tile, composing.part = "", "question"


def build_question(composing: Composing, workspace: Workspace) -> None:
    """Draw the builder's fields. They write their question to the tile as soon as it's valid."""
    building = _current(composing, workspace)
    asking = building.asking
    if asking.changed:
        asking.changed = False
        _write(building, composing, workspace)
    tile = edit.find_tile(composing.board, building.tile)
    st.button(
        "Done", icon=":material/check:", key=composing.key("question-done"), type="primary", on_click=open_part,
        args=(composing, ""), width="stretch",
    )  # fmt: skip
    visible, settings = workspace.visible(composing.actor), workspace.model.settings
    checked = asking.check(workspace) if asking.draft.metrics else None
    fiscal = is_fiscal(asking.draft, settings)
    with st.container(gap="small", key="builder"):
        metrics(asking, visible)
        breakdowns(asking, visible, checked, workspace.model, lambda: None)
        grain(asking, visible, checked, fiscal=fiscal)
        filters(asking, visible, checked, workspace)
        additions(asking, visible, checked)
        with st.expander("Tile's own period and comparison", key=asking.key("question-own"), on_change="rerun") as own:
            if own.open:
                st.caption("Used when the board doesn't set one, or when this tile overrides it.")
                period(asking, checked, settings, fiscal=fiscal, today=workspace.today())
                comparisons(asking, checked, visible)
    if checked is None:
        text = "The tile doesn't change until you pick a metric." if tile else "Pick a metric to see the tile."
        st.markdown(f":small[:gray[:material/radio_button_unchecked: {text}]]")
    elif not checked.ok:
        show_refusal(asking, checked)
        if tile is not None:
            st.caption("The tile keeps its last result.")
    else:
        st.markdown(":small[:green[:material/check_circle:] Valid and on the board.]")


def _current(composing: Composing, workspace: Workspace) -> _Building:
    """Return the builder of the open tile. It's a new one if another tile was opened or the board was changed
    elsewhere.
    """
    building: _Building | None = st.session_state.get(KEY)
    tile = composing.open_tile
    query = tile.question if tile is not None and tile.question is not None else Query()
    name = tile.id if tile else ""
    if (
        building is None
        or building.board != composing.head.id
        or building.asking.actor != composing.actor
        or building.asking.version != composing.version
        or building.tile != name
        or (tile is not None and building.on_board != query)
    ):
        count = st.session_state[f"{KEY}_count"] = st.session_state.get(f"{KEY}_count", 0) + 1
        asking = ExploreState(composing.actor, workspace.model.version, query, generation=count * STRIDE)
        building = st.session_state[KEY] = _Building(composing.head.id, name, asking, query)
    return building


def _write(building: _Building, composing: Composing, workspace: Workspace) -> None:
    query = building.asking.draft
    if not query.metrics or not building.asking.check(workspace).ok:
        return
    if building.tile:
        change(composing, building.tile, partial(ask_instead, query=query))
    else:
        name = composing.fresh_id(query.metrics[0])
        composing.change(partial(add_to, held=composing, tile=make_tile(query, name)))
        if edit.find_tile(composing.board, name) is not None:
            building.tile = composing.tile = name
    tile = edit.find_tile(composing.board, building.tile)
    if tile is not None and tile.question is not None:
        building.on_board = tile.question


def add_to(board: Board, held: Composing, tile: Tile) -> Board:
    """Return the board with a new tile in the place where the person started to add one."""
    row = held.place if held.place is not None and held.place != END else None
    return edit.add_tile(board, tile, tab=held.tab, row=row)
