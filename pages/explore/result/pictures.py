"""Charts, tables and provenance of answers, cached for everyone with the same answer.

A session keeps what it draws. This cache spares other sessions the same work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from pages.explore.result.cells import TableDisplay
from pages.explore.result.pivot import PivotGrid, make_pivot
from pages.explore.result.selection import SelectionContext, context_of
from pages.explore.result.table import Grid, legend, make_grid
from pages.widgets.still import still_figure
from semantic.display.charts.chart import Chart, Choice
from semantic.display.charts.charts import chart_for, choices
from semantic.display.charts.sparkline import course_chart
from semantic.display.tokens import Tokens
from semantic.explore.drill import Back, back_out
from semantic.run.single_flight_cache import SingleFlightCache

if TYPE_CHECKING:
    from semantic.annotations.annotation import Annotation
    from semantic.policy.actor import Actor
    from semantic.query.resolve import Asked
    from semantic.results.result import Result
    from semantic.workspace import Workspace

Targets = tuple[tuple[date, float], ...]
"""The target of a metric for each period, with the period's first day."""

MOST, LARGE = 240, 1_000_000
"""The maximum number of charts and tables in the cache, and the size of an answer in bytes above which it
isn't cached.
"""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What surrounds the numbers of an answer and doesn't depend on colours."""

    of: Sequence[object]  # the objects in the key, which are kept alive so that no other object can get their ID
    asked: Asked
    back: Back | None
    choices: tuple[Choice, ...]
    legend: tuple[str, ...]

    def ground(self, shown: Result, workspace: Workspace, actor: Actor) -> SelectionContext:
        return SelectionContext(shown, workspace, actor, self.asked)


_surroundings = SingleFlightCache[Surroundings](MOST)
_charts = SingleFlightCache[tuple[Sequence[object], Chart]](MOST)
_pivots = SingleFlightCache[tuple[Sequence[object], PivotGrid]](MOST)
_grids = SingleFlightCache[tuple[Sequence[object], Grid]](MOST)


def surroundings(shown: Result, workspace: Workspace, actor: Actor) -> Surroundings:
    """Return the texts and actions around the numbers of an answer, as of today."""

    def make() -> Surroundings:
        on = context_of(shown, workspace, actor)
        return Surroundings(_parts(shown), on.asked, back_out(shown.query, on.passes), choices(shown), legend(shown))

    return _surroundings.get((*_key(shown), workspace.today()), make, keeps=lambda _: _is_small(shown))


def picture(
    shown: Result, tokens: Tokens, kind: str | None, remarks: tuple[Annotation, ...], targets: Targets = ()
) -> Chart:
    """Return the chart of this type in the colours of one mode. It's serialized once."""

    def make() -> tuple[Sequence[object], Chart]:
        chart = chart_for(shown, tokens, wanted=kind, annotations=remarks, targets=dict(targets))
        if chart.figure is None:
            return _parts(shown), chart
        # A drag always picks days.
        return _parts(shown), replace(chart, figure=still_figure(chart.figure, selectdirection="h"))

    return _charts.get((*_key(shown), tokens.mode, kind, remarks, targets), make, keeps=lambda _: _is_small(shown))[1]


def trend_picture(line: Result, tokens: Tokens) -> Chart | None:
    """Return the trend of a number as a chart, or None if it has no line to draw."""
    key = (*_key(line), tokens.mode, "course")

    def make() -> tuple[Sequence[object], Chart]:
        chart = course_chart(line, tokens)
        figure = still_figure(chart.figure) if chart.figure is not None else None
        return _parts(line), replace(chart, figure=figure)

    made = _charts.get(key, make, keeps=lambda _: _is_small(line))[1]
    return made if made.figure is not None else None


def grid(shown: Result, tokens: Tokens, look: TableDisplay) -> Grid:
    """Return the table with these display settings, in the colours of one mode."""
    key = (*_key(shown), tokens.mode, look)
    return _grids.get(key, lambda: (_parts(shown), make_grid(shown, tokens, look)), keeps=lambda _: _is_small(shown))[1]


def pivot(shown: Result, workspace: Workspace, actor: Actor, tokens: Tokens, across: tuple[str, ...]) -> PivotGrid:
    """Return the pivot table in the colours of one mode, without a colour scale."""

    def make() -> tuple[Sequence[object], PivotGrid]:
        on = surroundings(shown, workspace, actor).ground(shown, workspace, actor)
        return _parts(shown), make_pivot(shown, on, tokens, across, scale=False)

    return _pivots.get((*_key(shown), tokens.mode, across), make, keeps=lambda _: _is_small(shown))[1]


# Two people with the same answer have two results, because one can have waited longer. The rows and their meaning are
# the same object (`Pending.result`), made for one policy, so these objects are the key.


def _parts(shown: Result) -> Sequence[object]:
    return shown.table, shown.columns, shown.support


def _key(shown: Result) -> tuple[int, ...]:
    return tuple(id(part) for part in _parts(shown))


def _is_small(shown: Result) -> bool:
    return shown.table.nbytes <= LARGE
