"""Maturity by event lags: how many subjects with one event had another one within a number of days, by cohort."""

from __future__ import annotations

from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.maturity.data import maturity_data, read_maturity
from semantic.analyses.events.maturity.finding import MaturityFound, find_maturity
from semantic.analyses.events.maturity.lower import lower_maturity
from semantic.analyses.events.maturity.question import EventLags, maturity_reads
from semantic.analyses.events.maturity.rule import maturity_rule

MATURITY_OF_EVENTS: EventKind[EventLags, MaturityFound] = EventKind(
    name="maturity",
    label="Maturity",
    read=read_maturity,
    data=maturity_data,
    reads=maturity_reads,
    lower=lower_maturity,
    find=find_maturity,
    rule=maturity_rule,
    not_compared="Maturity can't be compared with another period, because it already compares cohorts.",
)
