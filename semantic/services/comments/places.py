"""Places where a person can comment: tiles of boards and saved questions that they can open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from semantic.annotations.comments import Kind
from semantic.boards.analysis_tiles import plain_title, why_not_run
from semantic.errors import InvalidQuery, NotAllowed, UnknownBoard, UnknownQuestion
from semantic.explore.preflight import Preflight
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.services.boards import BoardWork
from semantic.services.saved_questions import SavedWork
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.workspace import Workspace

NO_TILES: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a thread: a board's tile, or a saved question, for which `tile` is ""."""

    kind: Kind
    thing: str
    tile: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenThing:
    """A board or a saved question that a person can open.

    `tiles` has, by ID, the titles of the tiles whose answers the person can see. A question counts as one tile with the
    ID "". `owner_name` is "" if the owner has left.
    """

    kind: Kind
    thing: str
    title: str
    tiles: Mapping[str, str] = field(default_factory=lambda: NO_TILES)
    is_shared: bool
    is_archived: bool
    owner_name: str = ""


def open_thing(
    kind: Kind, thing: str, store: Store, keys: Keys, workspace: Workspace, actor: Actor
) -> OpenThing | None:
    """Return a board or a saved question as this person sees it, or None if they can't open it. Raises StoreFailed."""
    try:
        if kind == "board":
            return _board(thing, BoardWork(store, keys, workspace, actor))
        return _question(thing, SavedWork(store, keys, workspace, actor))
    except (UnknownBoard, UnknownQuestion, InvalidQuery, NotAllowed):
        return None


def _board(thing: str, work: BoardWork) -> OpenThing:
    opened = work.open(thing)
    seen, today = work.workspace.visible(work.actor), work.workspace.today()
    tiles: dict[str, str] = {}

    def check(query: Query) -> Preflight:
        return work.workspace.preflight(query, work.actor)

    for tile in opened.board.tiles:
        asked = work.asked(tile, opened.board.start)
        if asked.query is not None:
            tiles[tile.id] = tile.title or work.workspace.preflight(asked.query, work.actor).title
        elif asked.analysis is not None and why_not_run(asked.analysis.data, seen, check, today=today) is None:
            tiles[tile.id] = tile.title or plain_title(asked.analysis, seen)
    head = opened.head
    return OpenThing(
        kind="board", thing=thing, title=head.title, tiles=tiles, is_shared=bool(head.space),
        is_archived=head.is_archived, owner_name=head.owner_name,
    )  # fmt: skip


def _question(thing: str, work: SavedWork) -> OpenThing:
    opened = work.open(thing)
    head = opened.head
    tiles = {"": head.name} if opened.query.metrics else {}
    return OpenThing(
        kind="question", thing=thing, title=head.name, tiles=tiles, is_shared=bool(head.space),
        is_archived=head.is_archived, owner_name=head.owner_name,
    )  # fmt: skip
