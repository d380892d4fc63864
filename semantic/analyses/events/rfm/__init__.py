"""RFM, a kind of analysis of events: how recently and how often subjects bought, and how much they spent."""

from __future__ import annotations

from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.rfm.data import read_rfm, rfm_data
from semantic.analyses.events.rfm.finding import RfmFound, find_rfm
from semantic.analyses.events.rfm.lower import lower_rfm
from semantic.analyses.events.rfm.parts import RFM_PARTS
from semantic.analyses.events.rfm.question import Rfm, rfm_reads
from semantic.analyses.events.rfm.rule import rfm_rule

RFM: EventKind[Rfm, RfmFound] = EventKind(
    name="rfm",
    label="RFM",
    read=read_rfm,
    data=rfm_data,
    reads=rfm_reads,
    lower=lower_rfm,
    find=find_rfm,
    rule=rfm_rule,
    not_compared="RFM can't be compared with another period yet. Score each period with the same cuts instead.",
    parts=RFM_PARTS,
)
