"""Facts to know before trusting an analysis, in the same format as the facts of an answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from semantic.analyses.events.read import PlannedEvents
from semantic.display.trust import THESE_ROWS_ONLY, Fact
from semantic.query.describe import describe_day, describe_range
from semantic.services.analyzing.naming import named_fact
from semantic.services.analyzing.run import Analyzed


def analysis_facts(analyzed: Analyzed[Any], *, today: date) -> tuple[Fact, ...]:
    """Return the facts about an analysis as of today, in the same order as an answer's facts."""
    return tuple(_facts(analyzed, today))


def events_of(analyzed: object) -> PlannedEvents | None:
    """Return the plan of an analysis's events, or None for a kind of analysis without events."""
    planned = getattr(analyzed, "planned", None)
    return planned if isinstance(planned, PlannedEvents) else None


def _facts(analyzed: Analyzed[Any], today: date) -> Iterator[Fact]:
    planned = events_of(analyzed)
    yield named_fact(getattr(analyzed, "named", None), today=today)
    if planned is not None and planned.known <= analyzed.today:
        last = describe_day(planned.known - timedelta(days=1))
        yield Fact(f"Data to {last}", "schedule", "quiet", f"Events are complete through {last}.", "fresh")
    if planned is not None and planned.sample is not None:
        text = f"1 in {round(1 / planned.sample):,} was followed. Counts are multiplied and marked \N{ALMOST EQUAL TO}."
        yield Fact("Estimated from a sample", "decimal_decrease", "quiet", text, "exact")
    if analyzed.scope:
        yield Fact(analyzed.scope, "visibility", "quiet", THESE_ROWS_ONLY, "scope")


def analysis_days(analyzed: Analyzed[Any]) -> str:
    """Return an analysis's days in words, such as `1 – 31 Mar 2026`, with those it's compared with. "" if there are no
    days.
    """
    if (planned := events_of(analyzed)) is None:
        return ""
    days = describe_range(planned.start, planned.end, open_end=True)
    if days == "no days":
        return ""
    return days if analyzed.compared is None else f"{days}, compared with {analyzed.compared.other.other}"
