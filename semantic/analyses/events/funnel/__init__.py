"""The funnel, a kind of analysis: its question, data format, SQL, finding, and counting rule."""

from __future__ import annotations

from semantic.analyses.events.funnel.data import funnel_data, read_funnel
from semantic.analyses.events.funnel.finding import FunnelFound, find_funnel
from semantic.analyses.events.funnel.lower import lower_funnel
from semantic.analyses.events.funnel.parts import FUNNEL_PARTS
from semantic.analyses.events.funnel.question import Funnel, funnel_reads, narrowed_funnel
from semantic.analyses.events.funnel.rule import funnel_rule
from semantic.analyses.events.kind import EventKind

FUNNEL: EventKind[Funnel, FunnelFound] = EventKind(
    name="funnel",
    label="Funnel",
    read=read_funnel,
    data=funnel_data,
    reads=funnel_reads,
    lower=lower_funnel,
    find=find_funnel,
    rule=funnel_rule,
    parts=FUNNEL_PARTS,
    tells_samples=True,
    compares=True,
    narrowed=narrowed_funnel,
)
