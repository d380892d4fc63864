"""The result of a channel overlap on the page: its chart, or what to do if there is nothing to draw."""

from __future__ import annotations

from pages.analyses.channels import nothing
from pages.analyses.charts import charts_of, draw
from pages.analyses.kind import ShownAnswer
from pages.analyses.people import people_menu
from semantic.analyses.events.overlap.finding import OverlapFound
from semantic.services.analyzing.presentation import TELLINGS
from semantic.services.analyzing.run import Analyzed


def result(shown: ShownAnswer) -> None:
    """Draw the chart. If too few people are in it, the answer's sentence says so."""
    analyzed: Analyzed[OverlapFound] = shown.answer.found
    draw(charts_of(TELLINGS["overlap"], shown), shown)
    if analyzed.found.whole.reached == 0:
        nothing(shown, "No channel reached anyone in this period, with these filters.")
        return
    people_menu(shown)
