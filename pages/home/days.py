"""The block "Unusual days": metrics that left their usual range since the person's last visit. Weekly changes above
aren't repeated.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from time import monotonic
from typing import Final
from zoneinfo import ZoneInfo

import streamlit as st

from pages.analyses.state import definition_text
from pages.shell import links, session
from pages.shell.parts import heading, plain
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.query.describe import describe_day
from semantic.services.digest import UnusualDay, unusual_lately
from semantic.store.accounts.sign_ins import read_last_visit
from semantic.workspace import Workspace

MOST: Final = 4
MOST_METRICS: Final = 8
USUAL_DAYS: Final = 7
"""The number of final days to search for a person without an earlier visit."""

MOST_DAYS: Final = 14
KEPT_SECONDS: Final = 300.0  # seconds for which the result is cached
_HELD: Final = "home_unusual_days"
MEANING: Final = (
    "Days when a metric you follow was outside its usual range. If you follow none, certified metrics are checked. "
    "Leaves out days that aren't loaded or final yet, and changes already listed above."
)


@dataclass(frozen=True, slots=True)
class _CheckedDays:
    """The number of final days to search, and what they are in words."""

    days: int
    words: str


def unusual_days(names: Sequence[str], told: Collection[tuple[str, str]], workspace: Workspace, actor: Actor) -> None:
    """Draw the unusual days, or nothing if there are none.

    `told` has the metrics, each with its direction, that the changes above already mention.
    """
    since = _since(workspace, actor)
    asked = tuple(names[:MOST_METRICS])
    key = (actor, workspace.model.version, workspace.today(), asked, since.days)
    held: tuple[object, float, list[UnusualDay]] | None = st.session_state.get(_HELD)
    if held is None or held[0] != key or monotonic() - held[1] > KEPT_SECONDS:
        held = st.session_state[_HELD] = key, monotonic(), unusual_lately(asked, workspace, actor, since.days)
    found = held[2]
    new = [each for each in found if not any((name, each.side) in told for name in each.names)]
    if not new:
        return
    heading(f"Unusual days ({len(new)})", since.words, help=MEANING)
    with st.container(border=True, gap="small", key="list-of-days"):
        for each in new[:MOST]:
            _row(each)


def _row(unusual: UnusualDay) -> None:
    first = unusual.day - timedelta(days=60)
    data = {
        "kind": "anomalies", "v": 1, "metric": unusual.names[0],
        "time": {"from": first.isoformat(), "to": unusual.day.isoformat()},
    }  # fmt: skip
    with st.container(gap="xxsmall"):
        st.page_link(
            links.page_of(links.ANALYSES), label=f"**{plain(unusual.title)}**",
            query_params={links.ANALYSIS: definition_text(data)}, width="content",
        )  # fmt: skip
        st.markdown(f":small[:gray[{plain(unusual.text)}]]")


def _since(workspace: Workspace, actor: Actor) -> _CheckedDays:
    """Return the days since the person's last visit before today, or else the last week."""
    week = _CheckedDays(USUAL_DAYS, f"last {USUAL_DAYS} final days")
    if actor.viewed_by is not None:
        return week
    today, zone = workspace.today(), ZoneInfo(workspace.model.settings.time_zone)
    try:
        with session.store()[0].read() as connection:
            last = read_last_visit(connection, actor.id, datetime.combine(today, time(), zone))
    except SemanticError:
        return week
    if last is None:
        return week
    day: date = last.astimezone(zone).date()
    days = (today - day).days
    if not 0 < days <= MOST_DAYS:
        return week
    return _CheckedDays(days, f"since your last visit, {describe_day(day)}")
