"""The differences between two boards as lines of text, for publishing, versions and concurrent edits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit.composing import Composing, dimension_labels
from pages.boards.edit.start_values import values_words
from pages.boards.edit.tile import KEPT_LABELS, first_line
from pages.explore.builder.differences import differences
from pages.shell.parts import plain, quoted
from semantic.boards.board import Board, Tile
from semantic.boards.difference import TileChange, compare_boards
from semantic.display.format import counted
from semantic.query.describe import upper_first

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

MOST, MOST_DETAILS = 20, 6
ICONS = {"added": ":green[:material/add_circle:]", "removed": ":red[:material/do_not_disturb_on:]",
         "changed": ":blue[:material/change_circle:]"}  # fmt: skip


def show_difference(before: Board, after: Board, composing: Composing, workspace: Workspace) -> None:
    """Draw a line for each changed tile with its changes below, then other changes to the board that the editor can
    see.
    """
    visible = workspace.visible(composing.actor)
    names = dimension_labels(visible) | KEPT_LABELS
    difference = compare_boards(
        before, after, lambda name: names.get(name, name), lambda choice: values_words(composing, workspace, choice)
    )
    if difference.is_none:
        st.markdown(":gray[No changes.]")
        return
    lines = [line for tile in difference.tiles[:MOST] for line in _tile_lines(tile, visible)]
    if len(difference.tiles) > MOST:
        lines.append(f"- and {counted(len(difference.tiles) - MOST, 'more tile')}")
    st.markdown("\n".join([*lines, *(f"- {plain(line)}" for line in difference.others)]))


def _tile_lines(one: TileChange, visible: VisibleModel) -> Iterator[str]:
    yield f"- {ICONS[one.change]} {plain(f'{upper_first(one.change)}: {quoted(name_of(one.tile, visible))}')}"
    details = [detail for detail in one.details if detail != "Question changed"]
    if one.before is not None and one.after is not None:
        details += differences(one.before, one.after, visible)
    yield from (f"    - {plain(detail)}" for detail in details[:MOST_DETAILS])
    if len(details) > MOST_DETAILS:
        yield f"    - and {len(details) - MOST_DETAILS} more"


def name_of(tile: Tile, visible: VisibleModel) -> str:
    """Return a tile's title, or else its metrics, or else the start of its text."""
    if tile.title:
        return tile.title
    if tile.question is None:
        return first_line(tile.text) or "Text"
    labels = {metric.name: metric.label or metric.name for metric in visible.metrics}
    return ", ".join(labels.get(name, name) for name in tile.question.metrics)
