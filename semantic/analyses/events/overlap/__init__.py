"""The channel overlap, a kind of analysis of events.

It counts how many subjects each channel, and each combination of channels, reached.
"""

from __future__ import annotations

from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.overlap.data import overlap_data, read_overlap
from semantic.analyses.events.overlap.finding import OverlapFound, find_overlap
from semantic.analyses.events.overlap.lower import lower_overlap
from semantic.analyses.events.overlap.parts import OVERLAP_PARTS
from semantic.analyses.events.overlap.question import Overlap, overlap_reads
from semantic.analyses.events.overlap.rule import overlap_rule

OVERLAP: EventKind[Overlap, OverlapFound] = EventKind(
    name="overlap",
    label="Channel overlap",
    read=read_overlap,
    data=overlap_data,
    reads=overlap_reads,
    lower=lower_overlap,
    find=find_overlap,
    rule=overlap_rule,
    tells_samples=True,
    compares=True,
    parts=OVERLAP_PARTS,
)
