"""Unusual days as a kind of analysis, so that they can be saved, recorded and read like all other kinds.

They are found among a metric's days instead of events, so this kind has no statement of its own.
`semantic.services.analyzing.days` answers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NoReturn

from semantic.analyses.anomalies import AnomalyResult
from semantic.analyses.events.asked import Attribute, Event, Population, Reads
from semantic.analyses.events.kind import EventKind
from semantic.analyses.unusual.question import UnusualDays, read_unusual, unusual_data


def unusual_reads(asked: UnusualDays) -> Reads:
    """Return what a search for unusual days reads, in the form used for events."""
    return Reads(
        population=Population(subject="day", where=asked.where, time=asked.time),
        events=(Event(metric=asked.metric),),
        begins=frozenset([0]),
        attributes=(Attribute(asked.by, frozenset([0])),) if asked.by is not None else (),
    )


def _not_of_events(*_: object) -> NoReturn:
    raise AssertionError("Unusual days aren't found among events.")


UNUSUAL_DAYS: Final[EventKind[UnusualDays, AnomalyResult]] = EventKind(
    name="anomalies",
    label="Unusual days",
    read=read_unusual,
    data=unusual_data,
    reads=unusual_reads,
    lower=_not_of_events,
    find=_not_of_events,
    rule=_not_of_events,
    not_compared="Unusual days can't be compared with another period, because each is compared with the days before.",
)

# Any: each kind has its own question and finding.
DAY_KINDS: Final[Mapping[str, EventKind[Any, Any]]] = {UNUSUAL_DAYS.name: UNUSUAL_DAYS}
"""The kinds of analysis over days, by name."""
