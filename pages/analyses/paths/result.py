"""The result of paths on the page: the flow chart. Narrow screens leave it out, because a table lists the paths."""

from __future__ import annotations

from pages.analyses import charts
from pages.analyses.draft import Data, put
from pages.analyses.kind import ShownAnswer
from pages.analyses.people import people_menu, too_few
from pages.shell.parts import Action, empty_state
from semantic.analyses.events.paths.finding import PathsFound
from semantic.analyses.events.paths.parts import OTHERS, item_of
from semantic.analyses.events.paths.question import ELSE
from semantic.services.analyzing.presentation import TELLINGS
from semantic.services.analyzing.run import Analyzed


def result(shown: ShownAnswer) -> None:
    """Draw the flow, or what to try if there is none."""
    analyzed: Analyzed[PathsFound] = shown.answer.found
    if analyzed.found.total == 0:
        _no_one(shown)
        return
    if analyzed.found.total is None:
        too_few(shown)
        return
    charts.draw(charts.charts_of(TELLINGS["paths"], shown), shown)
    people_menu(shown, more=_parts(analyzed.found))


def _parts(found: PathsFound) -> list[Data]:
    """Return the parts whose people another analysis can use: each frequent path, and "Everything else" at
    each step.
    """
    listed = [path for whole in found.wholes if (path := [item_of(code, found.values) for code in whole.codes])]
    parts: list[Data] = [{"path": path} for path in listed if None not in path]
    return parts + [{"step": step, "event": OTHERS} for step, codes in enumerate(found.steps, start=1) if ELSE in codes]


def _no_one(shown: ShownAnswer) -> None:
    time = shown.data.get("time")
    acts = [Action("All time", lambda: shown.ask(put(shown.data, ("time",), None)))] if time is not None else []
    words = "No path begins or ends in this period, with these filters."
    empty_state("route", "Nothing to follow", words, acts, key=f"{shown.key}-no-one")
