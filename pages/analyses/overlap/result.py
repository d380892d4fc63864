"""The result of a channel overlap on the page: its chart. If there is none, the sentence says why."""

from __future__ import annotations

from pages.analyses.charts import charts_of, draw
from pages.analyses.kind import Shown
from semantic.services.analyzing.telling import TELLINGS


def result(shown: Shown) -> None:
    """Draw the chart."""
    draw(charts_of(TELLINGS["overlap"], shown), shown)
