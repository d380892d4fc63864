"""The result of contact pressure on the page: its chart, or what to do if there is nothing to draw."""

from __future__ import annotations

from pages.analyses.channels import nothing
from pages.analyses.charts import charts_of, draw
from pages.analyses.kind import ShownAnswer
from pages.analyses.people import people_menu, too_few
from semantic.analyses.events.pressure.finding import PressureFound
from semantic.services.analyzing.presentation import TELLINGS
from semantic.services.analyzing.run import Analyzed


def result(shown: ShownAnswer) -> None:
    """Draw the chart, or what to try if there is none."""
    analyzed: Analyzed[PressureFound] = shown.answer.found
    if analyzed.planned.smallest and analyzed.found.people is None:
        too_few(shown)
        return
    draw(charts_of(TELLINGS["pressure"], shown), shown)
    if analyzed.found.people == 0:
        nothing(shown, "No one got a message in any full week of this period, with these filters.")
        return
    people_menu(shown)
