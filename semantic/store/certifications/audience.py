"""The people to notify about a changed definition: followers of the metric, and owners of items that show it."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal, cast

from sqlalchemy import Connection, select

from semantic.store.accounts.follows import FOLLOWS
from semantic.store.alerts.alerts import read_alerts
from semantic.store.boards.boards import BOARDS
from semantic.store.keys import Keys
from semantic.store.questions.questions import QUESTIONS
from semantic.store.spaces.items import ACTIVE

Kind = Literal["follows", "question", "board", "alert"]
MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Use:
    """A person's item that uses a metric. `title` is "" if the item has none."""

    subject: str
    kind: Kind
    thing: str
    title: str
    metrics: tuple[str, ...]


def read_uses(connection: Connection, keys: Keys, metrics: Collection[str], *, subject: str | None = None) -> list[Use]:
    """Return the items, everyone's or one person's, that use any of these metrics."""
    wanted, found = set(metrics), list[Use]()
    follows = select(FOLLOWS.c.subject, FOLLOWS.c.thing).where(FOLLOWS.c.kind == "metric", FOLLOWS.c.thing.in_(wanted))
    if subject is not None:
        follows = follows.where(FOLLOWS.c.subject == subject)
    found += [Use(row.subject, "follows", row.thing, "", (row.thing,)) for row in connection.execute(follows)]
    for kind, table, title in (("question", QUESTIONS, QUESTIONS.c.name), ("board", BOARDS, BOARDS.c.title)):
        chosen = select(table.c.id, table.c.owner, table.c.metrics, title.label("title")).where(table.c.state == ACTIVE)
        if subject is not None:
            chosen = chosen.where(table.c.owner == subject)
        for row in connection.execute(chosen.order_by(table.c.id).limit(MOST)):
            if used := wanted & _names(row.metrics):
                found.append(Use(row.owner, cast(Kind, kind), row.id, row.title, tuple(sorted(used))))
    for alert in read_alerts(connection, keys, owner=subject):
        if alert.is_sealed and (used := wanted.intersection(alert.alert.metrics)):
            found.append(Use(alert.owner, "alert", alert.id, alert.alert.name, tuple(sorted(used))))
    return found


def _names(text: object) -> set[str]:
    try:
        names: object = json.loads(text) if isinstance(text, str) else []
    except ValueError:
        return set()
    return {name for name in cast("list[object]", names) if isinstance(name, str)} if isinstance(names, list) else set()
