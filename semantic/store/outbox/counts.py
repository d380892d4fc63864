"""The number of sends on each day, by state."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, func, select

from semantic.store.outbox.sends import SENDS


def count_states(connection: Connection, since: datetime) -> list[tuple[str, date, int]]:
    """Return the states, days (in UTC) and numbers of sends since a moment. Damaged rows are omitted.

    A send counts on the day it ended, or if it hasn't ended, on the day it was queued. Slots aren't used, because an
    alert's slot is the period that the alert is about.
    """
    moment = func.coalesce(SENDS.c.ended_at, SENDS.c.queued_at)
    is_postgres = connection.dialect.name == "postgresql"  # whose server has a time zone of its own
    day = func.date(func.timezone("UTC", moment) if is_postgres else moment)
    rows = connection.execute(
        select(SENDS.c.state, day, func.count()).where(moment >= since).group_by(SENDS.c.state, day)
    )
    counts: list[tuple[str, date, int]] = []
    for state, given, count in rows:
        parsed = given if isinstance(given, date) else _date(given)
        if parsed is not None and isinstance(state, str):
            counts.append((state, parsed, int(count)))
    return counts


def _date(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
