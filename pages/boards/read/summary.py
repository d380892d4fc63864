"""A board's trust at a glance: the name of its worst tile, the age of its oldest result, and each tile's receipt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

from pages.boards.read.state import KEY, BoardSession
from pages.boards.read.thumbnails import keep_picture
from pages.explore.result import show
from pages.shell import links, session
from pages.shell.parts import Fact, plain, trust_strip
from pages.shell.turns import in_turn
from pages.widgets.kept_words import when_words
from semantic.display.rows import main_values
from semantic.display.trust import board_trust

if TYPE_CHECKING:
    from semantic.display.boards.shown import TileShown
    from semantic.model.definitions import Metric
    from semantic.workspace import Workspace

LOOK = 2.0  # seconds between checks of late tiles


def trust_place() -> Any:
    """Return the place for the board's trust, filled once its tiles have answered. Any, because it holds Streamlit's
    containers.
    """
    return st.container(key="board-trust", gap="xsmall")


def foot(reading: BoardSession, tiles: Sequence[str], trust: Any) -> None:
    """Show what the tiles are based on, and keep checking until all late tiles have answered."""
    late = not _is_settled(reading, tiles)
    st.fragment(in_turn(_summary), run_every=LOOK if late else None)(tuple(tiles), trust, late)


def _is_settled(reading: BoardSession, tiles: Iterable[str]) -> bool:
    found_tiles = [reading.shown.get(tile) for tile in tiles]
    return all(tile is not None and not tile.is_earlier for tile in found_tiles)


def _summary(tiles: tuple[str, ...], trust: Any, is_late: bool) -> None:
    workspace, actor = session.require("viewer")
    reading: BoardSession = st.session_state[KEY]
    if reading.actor != actor or reading.changed:
        session.rerun_whole()
    shown = [reading.shown[tile] for tile in tiles if tile in reading.shown]
    with trust:
        facts = board_facts(shown)
        if facts:
            trust_strip(facts)
    answered = [tile for tile in shown if tile.result is not None]
    if answered:
        as_of = min(tile.as_of for tile in answered if tile.as_of is not None)
        st.caption(
            plain(
                f"As of {when_words(as_of, workspace)} {workspace.model.settings.time_zone}, the oldest result on "
                "this board."
            )
        )
        _definitions(answered, workspace)
        _receipts(answered, workspace)
        if not is_late or _is_settled(reading, tiles):
            keep_picture(reading, workspace, session.store()[0].now())
    if is_late and _is_settled(reading, tiles):
        _look_no_more()


def _look_no_more() -> None:
    """Stop `run_every` with Streamlit's own message for that.

    A run of the whole page would end it too, and retry the failed tiles again and again.
    """
    context, fragment = get_script_run_ctx(), ThreadState.get().fragment_id
    if context is not None and fragment:
        message = ForwardMsg()
        message.stop_auto_rerun.fragment_ids.append(fragment)
        context.enqueue(message)


def board_facts(shown: Sequence[TileShown]) -> list[Fact]:
    """Return the board's trust: its worst tile by name, how recent its oldest data is, and whose rows these are.

    Tiles this viewer can't see don't count. A tile that failed counts as the worst.
    """
    judged = [(tile.title, _facts_of(tile)) for tile in shown if tile.query is not None]
    judged = [(title, facts) for title, facts in judged if facts]
    if not judged:
        return []
    board_facts = [board_trust(judged)]
    days = {tile.tile.id: tile.result.data_to for tile in shown if tile.result is not None}
    oldest = min((day for day in days.values() if day is not None), default=None)
    for kind in ("fresh", "scope"):
        tiles = [tile for tile in shown if kind == "scope" or (tile.tile.id in days and days[tile.tile.id] == oldest)]
        board_facts += [fact for tile in tiles for fact in tile.facts if fact.kind == kind][:1]
    return board_facts


def _facts_of(tile: TileShown) -> Sequence[Fact]:
    if tile.result is None and tile.sentence:
        return (Fact("No data", "cloud_off", "caution", tile.sentence),)
    return tile.facts


def _definitions(shown: Sequence[TileShown], workspace: Workspace) -> None:
    with st.expander("Definitions", icon=":material/menu_book:", key="board-definitions", on_change="rerun") as opened:
        if opened.open:
            reading: BoardSession = st.session_state[KEY]
            show.definition_cards(
                _metrics(shown), workspace.visible(reading.actor), workspace.model, today=workspace.today()
            )


def _metrics(shown: Sequence[TileShown]) -> list[Metric]:
    metrics = [
        main_value.metric
        for tile in shown
        if tile.result
        for main_value in main_values(tile.result)
        if main_value.metric
    ]
    return [*dict.fromkeys(metrics)]


def _receipts(shown: Sequence[TileShown], workspace: Workspace) -> None:
    with st.expander("Receipts", icon=":material/receipt_long:", key="board-receipts", on_change="rerun") as opened:
        if not opened.open:
            return
        for tile in shown:
            result = tile.result
            if result is None or tile.as_of is None:
                continue
            with st.container(
                horizontal=True, gap="small", vertical_alignment="center", key=f"list-of-receipts-{tile.tile.id}"
            ):
                st.markdown(f"{plain(tile.title)} :gray[{plain(when_words(tile.as_of, workspace))}]", width="stretch")
                if result.receipt:
                    links.receipt_link(result.receipt, result.receipt)
