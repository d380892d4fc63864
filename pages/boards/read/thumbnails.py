"""Pictures for the list of boards, each of what a person last saw on a board. No one else ever gets them.

Pictures are only kept in memory, one for each person, policy and version of the board. After a change of policy or a
new version, the list shows a sketch of the layout until the person opens the board again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from semantic.boards.board import TileKind
from semantic.display.boards.headline import board_headline
from semantic.display.boards.picture import BoardPicture, picture_of
from semantic.run.single_flight_cache import SingleFlightCache

if TYPE_CHECKING:
    from collections.abc import Hashable

    from pages.boards.read.state import BoardSession
    from semantic.policy.actor import Actor
    from semantic.store.boards.boards import BoardHead
    from semantic.workspace import Workspace

MOST: Final = 4_000
LONGEST: Final = timedelta(days=7)


@dataclass(slots=True)
class _Thumbnail:
    """A picture and the time of its answers. Both are empty until the picture is drawn."""

    picture: BoardPicture | None = None
    of: tuple[tuple[str, datetime], ...] = ()


_seen: Final = SingleFlightCache[_Thumbnail](MOST)


def keep_picture(reading: BoardSession, workspace: Workspace, now: datetime) -> None:
    """Store a picture of the open board once all tiles of its first tab have answered, in the default view.

    A picture doesn't show filters or a period, so none is stored for other views, or while viewing as someone else.
    """
    if reading.actor.viewed_by is not None or reading.is_modified or reading.place:
        return
    tiles = [tile for row in reading.tab.rows for tile in row.tiles if tile.kind is not TileKind.TEXT]
    shown = [reading.shown.get(tile.id) for tile in tiles]
    answered = [tile for tile in shown if tile is not None and tile.result is not None and not tile.is_earlier]
    if not answered or None in shown or any(tile.is_earlier for tile in shown if tile is not None):
        return
    seen = _seen.get(_key(reading.actor, reading.opened.head, workspace), _Thumbnail)
    of = tuple((tile.tile.id, tile.result.computed_at) for tile in answered if tile.result is not None)
    picture = seen.picture
    if picture is None or seen.of != of:
        seen.picture, seen.of = picture_of(reading.tab, reading.shown, board_headline(answered), now), of


def last_picture(head: BoardHead, actor: Actor, workspace: Workspace, now: datetime) -> BoardPicture | None:
    """Return what this person last saw on a board in its default view, or None if that's unknown or too old."""
    if actor.viewed_by is not None:
        return None
    seen = _seen.peek(_key(actor, head, workspace))
    picture = seen.picture if seen is not None else None
    return picture if picture and picture.seen_at and now - picture.seen_at < LONGEST else None


def _key(actor: Actor, head: BoardHead, workspace: Workspace) -> Hashable:
    return actor.id, workspace.visible(actor).access_key, head.id, head.version
