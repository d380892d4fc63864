"""The charts of maturity for every surface: each cohort with its expected final number, and the curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from semantic.analyses.events.maturity.finding import MaturityFound
from semantic.analyses.maturity import GrowingCohort
from semantic.display.charts.chart import Chart
from semantic.display.charts.figures.completion import Known, completion_curve
from semantic.display.charts.watched import Outcome, Watched, watched_chart
from semantic.display.format import number
from semantic.display.tokens import Tokens
from semantic.query.describe import upper_first
from semantic.services.analyzing.words.maturity import grain_of, grown_words, known_words, who_did, whole_number

if TYPE_CHECKING:
    from semantic.services.analyzing.run import Analyzed

MARKS: Final[dict[Outcome, str]] = {"held": "So far"}
HEIGHT: Final = 260


def maturity_charts(analyzed: Analyzed[MaturityFound], tokens: Tokens) -> list[Chart]:
    """Return the chart of the cohorts and the chart of the share known at each age.

    Charts without data are left out.
    """
    found, grain, what = analyzed.found.detail, grain_of(analyzed), who_did(analyzed)
    young = [each for each in found.cohorts if not each.is_final and each.expected is not None]
    title = f"{upper_first(what)}, by {grain.words} of the first"
    words = " ".join(grown_words(each, analyzed) for each in young) or f"{title}. All are final."
    cohorts = watched_chart(
        [_watched(each) for each in found.cohorts], title, grain,
        lambda value: number(float(value)) if isinstance(value, int | float) else "", tokens,
        height=HEIGHT, outcomes=MARKS, words=words,
    )  # fmt: skip
    charts = [cohorts] if cohorts.figure is not None else []
    if found.curve:
        points = [Known(point.age, point.share, point.low, _most(point.high)) for point in found.curve]
        title = "Share of the final number known so far"
        charts.append(Chart(completion_curve(points, tokens), "line", "", known_words(found) or title, title=title))
    return charts


def _watched(grown: GrowingCohort) -> Watched:
    """Return a cohort in the form that the chart takes: the number known so far, and the range of the final number."""
    if grown.is_final or grown.expected is None:
        return Watched(first=grown.cohort.first, value=grown.value, outcome="" if grown.is_final else "held")
    low = grown.low if grown.low is not None else grown.expected
    high = grown.high if grown.high is not None else grown.expected
    return Watched(
        first=grown.cohort.first, value=grown.value, low=low, high=high, outcome="held",
        why=f"expected {whole_number(grown.expected)}",
    )  # fmt: skip


def _most(high: float | None) -> float | None:
    return None if high is None else min(1.0, high)
