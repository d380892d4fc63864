"""Analyses of events: which events of a person, session or other subject followed each other, counted in the engine.

The modules `read`, `rows` and `compile` plan which events are read under the policy of the person who asks, make them a
table, and compile the statement. Each kind of analysis has its own module or folder. The contract of a kind is in
docs/explanation/analyses.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semantic.analyses.events.funnel import FUNNEL
from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.maturity import MATURITY_OF_EVENTS
from semantic.analyses.events.overlap import OVERLAP
from semantic.analyses.events.paths import PATHS
from semantic.analyses.events.pressure import PRESSURE
from semantic.analyses.events.profile import PROFILE
from semantic.analyses.events.retention import RETENTION
from semantic.analyses.events.rfm import RFM

# Any: each kind has its own question and finding.
EVENT_KINDS: Mapping[str, EventKind[Any, Any]] = {
    kind.name: kind
    for kind in (
        FUNNEL,
        PATHS,
        RETENTION,
        OVERLAP,
        PRESSURE,
        PROFILE,
        RFM,
        MATURITY_OF_EVENTS,
    )
}
