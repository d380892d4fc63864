"""Decide whether a delivery's condition is met for its reader.

Questions are asked as the reader, so answers can differ between two readers of a delivery. One reader can get a message
when the other doesn't.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from semantic.display.boards.headline import has_moved, is_behind
from semantic.display.boards.shown import TileShown
from semantic.services.outbox.composer import Skipped
from semantic.services.process import Live
from semantic.store.alerts.alerts import find_alert
from semantic.store.alerts.runs import read_alerts_fired
from semantic.store.outbox.deliveries import Condition
from semantic.store.outbox.sends import Send, read_sends

FIRST: Final = timedelta(days=7)
"""How far back a delivery's first message looks for alerts that fired."""
NOT_CHANGED: Final = "Nothing changed notably"
NOT_BEHIND: Final = "No target is behind"
NOT_FIRED: Final = "No alert fired"
UNMET: Final = frozenset({NOT_CHANGED, NOT_BEHIND, NOT_FIRED})


def check_condition(condition: Condition, tiles: Sequence[TileShown], send: Send, live: Live) -> Skipped | None:
    """Return why a message isn't sent, or None if it is. The condition is about the answers in `tiles`."""
    match condition:
        case "always":
            return None
        case "changed":
            return None if has_moved(tiles) else Skipped(NOT_CHANGED)
        case "behind":
            return None if is_behind(tiles) else Skipped(NOT_BEHIND)
        case "alert":
            return None if has_fired(tiles, send, live) else Skipped(NOT_FIRED)


def has_fired(tiles: Sequence[TileShown], send: Send, live: Live) -> bool:
    """Whether an alert on one of the metrics has fired for this recipient since the last message was due.

    Only the recipient's own alert history counts. Another person's history could depend on rows that the recipient
    can't see.
    """
    metrics = {metric for tile in tiles if tile.query is not None for metric in tile.query.metrics}
    with live.store.read() as connection:
        before = read_sends(
            connection, kind=send.kind, about=send.about, recipient=send.recipient, until=send.slot, most=1
        )
        since = before[0].slot if before else send.slot - FIRST
        fired = read_alerts_fired(connection, send.recipient, since)
        alerts = (find_alert(connection, live.keys, id_) for id_ in fired)
        watched = (kept.alert.metrics for kept in alerts if kept is not None and kept.is_sealed)
        return any(not metrics.isdisjoint(names) for names in watched)
