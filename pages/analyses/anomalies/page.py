"""Unusual days on the Analyses page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.analyses.anomalies.form import counting, form, watchable
from pages.analyses.anomalies.result import result
from pages.analyses.draft import Data
from pages.analyses.kind import Answer, KindPage
from pages.analyses.running import ConvertedResult, PendingResult
from semantic.analyses.unusual.question import UnusualDays, read_unusual, unusual_data
from semantic.errors import InvalidQuery
from semantic.explore.search import search
from semantic.services.analyzing.anomalies import AnomalySearch
from semantic.services.analyzing.anomalies import search as search_days
from semantic.services.analyzing.pending import ThreadedAnalysis
from semantic.services.analyzing.words.anomalies import (
    anomalies_notes,
    anomalies_rule,
    anomalies_sentence,
    anomalies_tables,
)

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

MOST_TRIED = 20
NOTHING = "Unusual days need a metric with dates, and you don't have access to any."


def example(seen: VisibleModel, workspace: Workspace) -> Data | str:
    """Return a search for the first metric in the list, or the reason why no metric can be searched."""
    hits = [hit.name for hit in search(seen, "", kinds=("metric",), limit=MOST_TRIED)]
    found = (start(name, seen, workspace) for name in (*hits, *watchable(seen)))
    return next((data for data in found if data is not None), NOTHING)


def start(metric: str, seen: VisibleModel, workspace: Workspace) -> Data | None:
    """Return a search for the unusual days of a metric, or None if its days can't be judged."""
    if metric not in watchable(seen):
        return None
    return {"kind": "anomalies", "v": 1, "metric": metric, "time": {"last": 90, "unit": "day"}}


def _read(data: object) -> UnusualDays:
    """Return the search that a definition describes. Raises InvalidQuery if it has no period.

    For other kinds, no period means "All time".
    """
    if isinstance(data, dict) and "time" not in data:
        raise InvalidQuery("Choose the period to search, such as the last 90 days.")
    return read_unusual(data)  # pyright: ignore[reportUnknownArgumentType]


def run(workspace: Workspace, asked: UnusualDays, actor: Actor) -> Answer:
    """Run the search, and return its answer for the page. Raises SemanticError."""
    return _told(search_days(workspace, asked, actor))


def begin(workspace: Workspace, asked: UnusualDays, actor: Actor) -> PendingResult[Answer]:
    """Start the search, and return the pending result, which the page can cancel."""
    return ConvertedResult(ThreadedAnalysis(lambda stop: search_days(workspace, asked, actor, stop=stop)), _told)


def _told(searched: AnomalySearch) -> Answer:
    return Answer(
        found=searched,
        sentence=anomalies_sentence(searched),
        rule=anomalies_rule(searched),
        notes=anomalies_notes(searched),
        tables=anomalies_tables(searched),
        filters=searched.filters,
        scope=searched.asked.seen.scope,
        receipt=searched.receipt,
    )


ANOMALIES_PAGE = KindPage(
    name="anomalies",
    label="Unusual days",
    icon="troubleshoot",
    answers="Which days were outside the usual range, and what may explain them.",
    example=example,
    form=form,
    counting=counting,
    result=result,
    read=_read,
    data=unusual_data,
    run=run,
    begin=begin,
    metrics=lambda data: [data["metric"]] if isinstance(data.get("metric"), str) else [],
    start=start,
)
