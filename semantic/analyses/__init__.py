"""Analyses draw conclusions from several numbers. Each takes plain numbers, returns plain data, and never runs a query.

Each analysis has a file or folder here. Its words and figures are in `display`, and a service collects its numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semantic.analyses.analysis import Analysis
from semantic.analyses.anomalies import ANOMALIES
from semantic.analyses.maturity import MATURITY
from semantic.analyses.pacing import PACING
from semantic.analyses.why import WHY

# Any: each analysis has its own input and detail.
ANALYSES: Mapping[str, Analysis[Any, Any]] = {
    analysis.name: analysis for analysis in (ANOMALIES, MATURITY, PACING, WHY)
}
