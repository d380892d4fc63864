"""Present each kind of analysis: a sentence, notes, text tables, charts and JSON-ready data.

Every surface uses these. To add a kind, write a module for it in `words`, and list its functions in `TELLINGS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from semantic.analyses.events.funnel import FUNNEL
from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.maturity import MATURITY_OF_EVENTS
from semantic.analyses.events.overlap import OVERLAP
from semantic.analyses.events.paths import PATHS
from semantic.analyses.events.pressure import PRESSURE
from semantic.analyses.events.profile import PROFILE
from semantic.analyses.events.retention import RETENTION
from semantic.analyses.events.rfm import RFM
from semantic.analyses.events.step_change import STEP_CHANGE
from semantic.analyses.unusual.kind import UNUSUAL_DAYS
from semantic.display.boards.shown import AnalysisShown
from semantic.display.charts.chart import Chart
from semantic.display.tokens import Tokens
from semantic.services.analyzing.charts.anomalies import anomalies_chart
from semantic.services.analyzing.charts.funnel import funnel_charts
from semantic.services.analyzing.charts.maturity import maturity_charts
from semantic.services.analyzing.charts.overlap import overlap_charts
from semantic.services.analyzing.charts.paths import paths_charts
from semantic.services.analyzing.charts.pressure import pressure_charts
from semantic.services.analyzing.charts.profile import profile_charts
from semantic.services.analyzing.charts.rfm import rfm_charts
from semantic.services.analyzing.charts.survival import retained_charts
from semantic.services.analyzing.naming import matched_data
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.step_change import change_charts, change_json, change_sentence, change_tables
from semantic.services.analyzing.tables import TextTable
from semantic.services.analyzing.words.anomalies import (
    anomalies_json,
    anomalies_notes,
    anomalies_sentence,
    anomalies_tables,
)
from semantic.services.analyzing.words.funnel import (
    funnel_about,
    funnel_json,
    funnel_notes,
    funnel_sentence,
    funnel_tables,
)
from semantic.services.analyzing.words.maturity import (
    maturity_about,
    maturity_json,
    maturity_notes,
    maturity_sentence,
    maturity_tables,
)
from semantic.services.analyzing.words.overlap import (
    overlap_about,
    overlap_json,
    overlap_notes,
    overlap_sentence,
    overlap_tables,
)
from semantic.services.analyzing.words.paths import paths_about, paths_json, paths_notes, paths_sentence, paths_tables
from semantic.services.analyzing.words.pressure import (
    pressure_about,
    pressure_json,
    pressure_notes,
    pressure_sentence,
    pressure_tables,
)
from semantic.services.analyzing.words.profile import (
    profile_about,
    profile_json,
    profile_notes,
    profile_sentence,
    profile_tables,
)
from semantic.services.analyzing.words.retention import retention_about
from semantic.services.analyzing.words.rfm import rfm_json, rfm_notes, rfm_sentence, rfm_tables
from semantic.services.analyzing.words.survival import retained_json, retained_notes, retained_sentence, retained_tables

Found = TypeVar("Found")
Told = TypeVar("Told")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisPresentation(Generic[Found]):
    """The functions that write the words and charts of one kind of analysis. Hidden numbers never appear in them."""

    kind: EventKind[Any, Found]  # Any: each kind has its own question
    sentence: Callable[[Analyzed[Found]], str]
    notes: Callable[[Analyzed[Found]], list[str]]
    tables: Callable[[Analyzed[Found]], list[TextTable]]
    data: Callable[[Analyzed[Found]], dict[str, Any]]
    about: Callable[[Analyzed[Found]], str] | None = None
    """What a title adds after the kind, by default the first event."""
    charts: Callable[[Analyzed[Found], Tokens], list[Chart]] = lambda analyzed, tokens: []


def _of_days(tell: Callable[..., Told]) -> Callable[..., Told]:
    """Adapt a function that describes a search for unusual days, so that it takes an analysis."""
    return lambda analyzed, *more: tell(
        replace(analyzed.told, receipt=analyzed.receipt, unrecorded=analyzed.notes), *more
    )


def _of_change(tell: Callable[..., Told]) -> Callable[..., Told]:
    """Adapt a function that describes a changed step, so that it takes an analysis."""
    return lambda analyzed, *more: tell(replace(analyzed.told, receipt=analyzed.receipt, notes=analyzed.notes), *more)


TELLINGS: Final[Mapping[str, AnalysisPresentation[Any]]] = {
    telling.kind.name: telling
    for telling in (
        AnalysisPresentation(
            kind=FUNNEL,
            sentence=funnel_sentence,
            notes=funnel_notes,
            tables=funnel_tables,
            data=funnel_json,
            about=funnel_about,
            charts=funnel_charts,
        ),
        AnalysisPresentation(
            kind=PATHS,
            sentence=paths_sentence,
            notes=paths_notes,
            tables=paths_tables,
            data=paths_json,
            about=paths_about,
            charts=paths_charts,
        ),
        AnalysisPresentation(
            kind=RETENTION,
            sentence=retained_sentence,
            notes=retained_notes,
            tables=retained_tables,
            data=retained_json,
            about=retention_about,
            charts=retained_charts,
        ),
        AnalysisPresentation(
            kind=OVERLAP,
            sentence=overlap_sentence,
            notes=overlap_notes,
            tables=overlap_tables,
            data=overlap_json,
            about=overlap_about,
            charts=overlap_charts,
        ),
        AnalysisPresentation(
            kind=PRESSURE,
            sentence=pressure_sentence,
            notes=pressure_notes,
            tables=pressure_tables,
            data=pressure_json,
            about=pressure_about,
            charts=pressure_charts,
        ),
        AnalysisPresentation(
            kind=PROFILE,
            sentence=profile_sentence,
            notes=profile_notes,
            tables=profile_tables,
            data=profile_json,
            about=profile_about,
            charts=profile_charts,
        ),
        AnalysisPresentation(
            kind=RFM,
            sentence=rfm_sentence,
            notes=rfm_notes,
            tables=rfm_tables,
            data=rfm_json,
            charts=rfm_charts,
        ),
        AnalysisPresentation(
            kind=MATURITY_OF_EVENTS,
            sentence=maturity_sentence,
            notes=maturity_notes,
            tables=maturity_tables,
            data=maturity_json,
            about=maturity_about,
            charts=maturity_charts,
        ),
        AnalysisPresentation(
            kind=UNUSUAL_DAYS,
            sentence=_of_days(anomalies_sentence),
            notes=_of_days(anomalies_notes),
            tables=_of_days(anomalies_tables),
            data=_of_days(anomalies_json),
            charts=_of_days(lambda searched, tokens: [anomalies_chart(searched, tokens)]),
        ),
        AnalysisPresentation(
            kind=STEP_CHANGE,
            sentence=_of_change(change_sentence),
            notes=_of_change(lambda changed: [*changed.notes]),
            tables=_of_change(change_tables),
            data=_of_change(change_json),
            charts=_of_change(change_charts),
        ),
    )
}
"""The words and charts of each kind of analysis, by its name."""


def telling_of(analyzed: Analyzed[Any]) -> AnalysisPresentation[Any]:
    """Return the functions that present an analysis of this kind."""
    return TELLINGS[analyzed.analysis.kind.name]


def analysis_title(analyzed: Analyzed[Any]) -> str:
    """Return a short title, such as `Funnel: Views to Carts`, or the label that the model gives the analysis."""
    if analyzed.named is not None and analyzed.named.counts_the_same:
        return analyzed.named.named.label
    telling = telling_of(analyzed)
    about = telling.about(analyzed) if telling.about is not None else analyzed.planned.legs[0].label
    return f"{telling.kind.label}: {about}"


def analyzed_data(analyzed: Analyzed[Any]) -> dict[str, Any]:
    """Return an analysis as JSON-ready data: its definition, its result and its receipt."""
    data = telling_of(analyzed).data(analyzed)
    named = {"named": matched_data(analyzed.named)} if analyzed.named is not None else {}
    return {"analysis": analyzed.analysis.data, **named, **data, "receipt": analyzed.receipt or None}


def analysis_shown(analyzed: Analyzed[Any]) -> AnalysisShown:
    """Return an analysis in the form that a board's tile shows."""
    telling = telling_of(analyzed)
    return AnalysisShown(
        title=analysis_title(analyzed),
        sentence=telling.sentence(analyzed),
        tables=tuple(telling.tables(analyzed)),
        rule=analyzed.rule,
        notes=tuple(telling.notes(analyzed)),
        filters=analyzed.planned.filters,
        scope=analyzed.scope,
        receipt=analyzed.receipt,
        charts=lambda tokens: telling.charts(analyzed, tokens),
    )
