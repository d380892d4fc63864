"""Retention, a kind of analysis: its question, data format, SQL, finding, and counting rule."""

from __future__ import annotations

from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.retention.data import read_retention, retention_data
from semantic.analyses.events.retention.finding import RetentionFound, find_retention
from semantic.analyses.events.retention.lower import lower_retention
from semantic.analyses.events.retention.parts import RETENTION_PARTS
from semantic.analyses.events.retention.question import Retention, narrowed_retention, retention_reads
from semantic.analyses.events.retention.rule import retention_rule

RETENTION: EventKind[Retention, RetentionFound] = EventKind(
    name="retention",
    label="Retention",
    read=read_retention,
    data=retention_data,
    reads=retention_reads,
    lower=lower_retention,
    find=find_retention,
    rule=retention_rule,
    tells_samples=True,
    compares=True,
    parts=RETENTION_PARTS,
    narrowed=narrowed_retention,
)
