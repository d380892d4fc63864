"""The summary of a board's tiles: the headline, the trust, the age of the oldest result, and each tile's receipt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

from pages.boards.read.state import KEY, BoardSession, tiles_key
from pages.boards.read.thumbnails import keep_picture
from pages.boards.read.tile import TileState
from pages.boards.read.words import NO_LINES, Lines
from pages.explore.result import show
from pages.explore.result.finding import unbroken
from pages.shell import links, session
from pages.shell.parts import COLOURS, Fact, badge_text, plain
from pages.shell.turns import in_turn
from pages.widgets.item_words import time_words, when_words
from semantic.display.boards.about import tile_facts
from semantic.display.boards.headline import board_headline
from semantic.display.rows import main_values
from semantic.display.trust import board_trust, gravity

if TYPE_CHECKING:
    from semantic.display.boards.shown import TileShown
    from semantic.model.definitions import Metric
    from semantic.workspace import Workspace

LOOK = 1.0  # seconds between checks of late tiles


@dataclass(frozen=True, slots=True)
class Places:
    """The containers of the lines above the tiles, which are filled once the tiles have answered.

    Any: Streamlit's containers.
    """

    headline: Any
    trust: Any


def headline_place(lines: Lines = NO_LINES) -> Any:
    """Draw the container of the headline with its previous text, and return the container.

    It's never empty, so that nothing moves when the headline arrives.
    """
    with st.container(key="board-headline", gap=None):
        place = st.empty()
    _write_headline(place, lines)
    return place


def trust_place(lines: Lines = NO_LINES) -> Any:
    with st.container(key="board-trust", gap=None):
        place = st.empty()
    _write_trust(place, lines)
    return place


def _write_headline(place: Any, lines: Lines) -> None:
    place.markdown(f"**{lines.headline}**" if lines.headline else "&nbsp;")


def _write_trust(place: Any, lines: Lines) -> None:
    """Draw the trust line. Its list has no key, because one run can draw it twice."""
    if not lines.trust:
        place.markdown("&nbsp;")
        return
    with place.container(), st.popover(lines.trust, type="tertiary"):
        st.markdown(lines.list)


def show_summary(reading: BoardSession, tiles: Sequence[str], places: Places) -> None:
    """Draw the headline and the trust of the tiles, and keep checking until all late tiles have answered."""
    late = not _is_settled(reading.shown, tiles, tiles_key(reading.id))
    st.fragment(in_turn(_summary), run_every=LOOK if late else None)(tuple(tiles), places, late)


def preview_lines(shown: Mapping[str, TileShown], tiles: Sequence[str], places: Places, *, key: str) -> None:
    """Draw the same lines above the tiles in the editor, as readers see them.

    The tiles fill `shown`. Their names start with `key`.
    """
    late = not _is_settled(shown, tiles, key)
    st.fragment(in_turn(_preview), run_every=LOOK if late else None)(shown, tuple(tiles), places, key, late)


def _is_settled(shown: Mapping[str, TileShown], tiles: Iterable[str], key: str) -> bool:
    """Return whether every tile has its answer, its usual range and its pace."""

    def has_all(tile: str) -> bool:
        tile_shown, tile_state = shown.get(tile), st.session_state.get(f"{key}-{tile}")
        is_waiting = isinstance(tile_state, TileState) and tile_state.is_judging
        return tile_shown is not None and not tile_shown.is_earlier and not is_waiting

    return all(map(has_all, tiles))


def _lines(shown: Sequence[TileShown], key: str, workspace: Workspace, *, is_settled: bool) -> Lines:
    facts = board_facts(shown, workspace)
    headline = plain(unbroken(board_headline(shown))) if is_settled else ""
    return Lines(headline, trust_label(facts), trust_list(shown, key)) if facts else Lines(headline)


def _write(places: Places, lines: Lines) -> None:
    _write_headline(places.headline, lines)
    _write_trust(places.trust, lines)


def lines_before(reading: BoardSession) -> Lines:
    """Return the lines from an earlier run of the page, if its state was the same, or else empty lines."""
    return reading.lines[1] if reading.lines is not None and reading.lines[0] == _of(reading) else NO_LINES


def _of(reading: BoardSession) -> tuple[object, ...]:
    """Return a key of the state that the lines describe."""
    return reading.state, reading.place, reading.opened.head.version


def _preview(shown: Mapping[str, TileShown], tiles: tuple[str, ...], places: Places, key: str, is_late: bool) -> None:
    workspace = session.require("viewer")[0]
    is_settled = _is_settled(shown, tiles, key)
    _write(places, _lines([shown[tile] for tile in tiles if tile in shown], key, workspace, is_settled=is_settled))
    if is_late and is_settled:
        _look_no_more()


def _summary(tiles: tuple[str, ...], places: Places, is_late: bool) -> None:
    workspace, actor = session.require("viewer")
    reading: BoardSession = st.session_state[KEY]
    if reading.actor != actor or reading.changed:
        session.rerun_whole()
    shown = [reading.shown[tile] for tile in tiles if tile in reading.shown]
    key = tiles_key(reading.id)
    is_settled = _is_settled(reading.shown, tiles, key)
    lines = _lines(shown, key, workspace, is_settled=is_settled)
    if is_settled:
        reading.lines = (_of(reading), lines)
    _write(places, lines)
    answered = [tile for tile in shown if tile.as_of is not None]
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
        if is_settled:
            keep_picture(reading, workspace, session.store()[0].now())
    if is_late and is_settled:
        _look_no_more()


def _look_no_more() -> None:
    """Stop `run_every` with the message that Streamlit itself uses.

    A run of the whole page would stop it as well, but would keep retrying failed tiles.
    """
    context, fragment = get_script_run_ctx(), ThreadState.get().fragment_id
    if context is not None and fragment:
        message = ForwardMsg()
        message.stop_auto_rerun.fragment_ids.append(fragment)
        context.enqueue(message)


def board_facts(shown: Sequence[TileShown], workspace: Workspace) -> list[Fact]:
    """Return the facts about the board's trust, with counts, and the age of its oldest data.

    Tiles that this viewer can't see aren't counted, but tiles that failed are.
    """
    facts = [*board_trust((tile.title, tile_facts(tile)) for tile in shown if tile.is_asked)]
    days = {tile.tile.id: tile.result.data_to for tile in shown if tile.result is not None}
    oldest = min((day for day in days.values() if day is not None), default=None)
    tiles = [tile for tile in shown if tile.tile.id in days and days[tile.tile.id] == oldest]
    fresh = next((fact for tile in tiles for fact in tile.facts if fact.kind == "fresh"), None)
    if fresh is None:
        return facts
    return [*facts, fresh if oldest is None else replace(fresh, word=f"Data to {time_words(oldest, workspace)}")]


def trust_label(facts: Sequence[Fact]) -> str:
    """Return the facts as one line of Markdown, each with an icon. Only facts that need attention have a colour."""
    return " &nbsp; ".join(map(_mark, facts))


def trust_list(shown: Sequence[TileShown], key: str) -> str:
    """Return the facts of each tile as Markdown, the most serious first. The name of a tile links to the tile."""
    judged = [(tile, facts) for tile in shown if tile.is_asked and (facts := tile_facts(tile))]
    judged.sort(key=lambda pair: -gravity(pair[1]))
    return "\n\n".join(
        f"[{plain(tile.title)}](#tile-{key}-{tile.tile.id})  \n:small[{' &nbsp; '.join(_marks(facts))}]"
        for tile, facts in judged
    )


def _marks(facts: Sequence[Fact]) -> list[str]:
    """Return the facts of a tile as Markdown, except for its scope, which is next to the board's title."""
    return [_mark(fact) for fact in facts if fact.kind != "scope"]


def _mark(fact: Fact) -> str:
    colour = COLOURS[fact.state] if fact.state in ("caution", "bad") else "gray"
    return f":{colour}[:material/{fact.icon}: {badge_text(fact.word)}]"


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
            if tile.as_of is None:
                continue
            with st.container(
                horizontal=True, gap="small", vertical_alignment="center", key=f"list-of-receipts-{tile.tile.id}"
            ):
                st.markdown(f"{plain(tile.title)} :gray[{plain(when_words(tile.as_of, workspace))}]", width="stretch")
                if tile.receipt:
                    links.receipt_link(tile.receipt, tile.receipt)
