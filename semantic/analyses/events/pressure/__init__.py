"""Contact pressure, a kind of analysis of events: how many messages people get in a week, and how many respond."""

from __future__ import annotations

from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.pressure.data import pressure_data, read_pressure
from semantic.analyses.events.pressure.finding import PressureFound, find_pressure
from semantic.analyses.events.pressure.lower import lower_pressure
from semantic.analyses.events.pressure.parts import PRESSURE_PARTS
from semantic.analyses.events.pressure.question import Pressure, pressure_reads
from semantic.analyses.events.pressure.rule import pressure_rule

PRESSURE: EventKind[Pressure, PressureFound] = EventKind(
    name="pressure",
    label="Contact pressure",
    read=read_pressure,
    data=pressure_data,
    reads=pressure_reads,
    lower=lower_pressure,
    find=find_pressure,
    rule=pressure_rule,
    tells_samples=True,
    compares=True,
    parts=PRESSURE_PARTS,
)
