"""Ready questions that passed the preflight, and a person's recent questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from pages.explore.builder import recents
from pages.explore.builder.question import check, names_a_person
from pages.shell import links
from pages.shell.parts import block, plain
from semantic.display.format import listed
from semantic.explore.preflight import Preflight
from semantic.explore.weekly import WEEKLY, WEEKS, is_dated, span
from semantic.model.definitions import Granularity, Metric
from semantic.policy.actor import Actor
from semantic.query.describe import describe_comparison
from semantic.query.query import DATE, Back, Breakdown, Last, LastYear, Order, Previous, Query, ToDate, Top
from semantic.workspace import Workspace

MOST_RECENT, MOST_STARTERS = 4, 4


@dataclass(frozen=True, slots=True)
class Starter:
    """A question that can be answered, with its title and days. `at` is when it was asked, or None if
    that's unknown.
    """

    title: str
    note: str
    query: Query
    icon: str
    at: datetime | None = None


def recent_questions(workspace: Workspace, actor: Actor) -> list[Starter]:
    """Return this person's recent questions that can still be asked, newest first.

    Questions that name a person are left out, and so are duplicates that look the same.
    """
    recents.begin(actor)
    recent_questions: list[Starter] = []
    for asked in recents.recent()[: 2 * MOST_RECENT]:
        query, _ = workspace.repair(asked, actor)
        checked = check(query, actor, workspace)
        if checked.ok and not names_a_person(query, workspace):
            starter = Starter(checked.title, _note(query, checked), query, "history", recents.asked_at(asked))
            if all((known.title, known.note) != (starter.title, starter.note) for known in recent_questions):
                recent_questions.append(starter)
        if len(recent_questions) == MOST_RECENT:
            break
    return recent_questions


def starter_questions(metrics: Sequence[Metric], workspace: Workspace, actor: Actor) -> None:
    """Draw a few questions about this person's metrics and dimensions that can be answered."""
    made_for = (actor, workspace.model.version, workspace.today(), tuple(metrics))
    held_starters = st.session_state.get("starters")
    if held_starters is None or held_starters[0] != made_for:
        held_starters = st.session_state["starters"] = (made_for, starters(metrics, workspace, actor))
    with block("Start from a question"), st.container(border=True, gap="small", key="list-of-starters"):
        for starter in held_starters[1]:
            row(starter)


def row(starter: Starter) -> None:
    """Draw the link to a question in Explore, with its days."""
    with st.container(gap="xxsmall"):
        links.explore_link(starter.title, starter.query, strong=True, icon=f":material/{starter.icon}:")
        st.markdown(f":small[:gray[{plain(starter.note)}]]")


def starters(metrics: Sequence[Metric], workspace: Workspace, actor: Actor) -> list[Starter]:
    """Return the candidates that passed the preflight."""
    starters: list[Starter] = []
    asked: set[Query] = set()
    for query, icon in _candidates(metrics, workspace, actor):
        checked = check(query, actor, workspace)
        if checked.ok and query not in asked:
            asked.add(query)
            starters.append(Starter(checked.title, _note(query, checked), query, icon))
        if len(starters) == MOST_STARTERS:
            break
    return starters


def _note(query: Query, checked: Preflight) -> str:
    """Return the days, the comparison and the filters of a question in words."""
    compared = checked.compiled.asked.compared if checked.compiled else ()
    texts = [describe_comparison(each_compared) for each_compared in compared]
    against = (
        f"compared with {listed(f'the {text}' if text.startswith(('prev', 'same')) else text for text in texts)}"
        if texts
        else ""
    )
    return ", ".join(part for part in (checked.period.words, against, checked.filters) if part) or "All time"


def _candidates(metrics: Sequence[Metric], workspace: Workspace, actor: Actor) -> Iterator[tuple[Query, str]]:
    """Yield candidates: a comparison with the previous period, a trend, a top of the longest list, and the year to
    date.
    """
    seen = workspace.visible(actor)
    dated = [metric for metric in metrics if is_dated(metric, seen) and span(metric, seen) == WEEKS]
    ratios = sorted(dated, key=lambda each_metric: not each_metric.is_ratio)
    for metric in ratios[:1]:
        for name in _dimensions(metric, workspace, actor, ("channel", "market", "country"))[:1]:
            by = (Breakdown(name),)
            yield Query(metrics=(metric.name,), by=by, time=WEEKS, compare=(Previous(),)), "compare_arrows"
    for metric in dated[:1]:
        yield Query(metrics=(metric.name,), by=(WEEKLY,), time=WEEKS, compare=(LastYear(),)), "show_chart"
    for metric in dated[1:2]:
        for name in _dimensions(metric, workspace, actor, ("campaign", "product", "channel"))[:1]:
            top, order = Top(8, name, metric.name), (Order(metric.name, desc=True),)
            by, time = (Breakdown(name),), Last(4, Granularity.WEEK)
            yield Query(metrics=(metric.name,), by=by, time=time, top=top, order=order), "leaderboard"
    for metric in dated[2:] + dated[:2]:
        yield (
            Query(metrics=(metric.name,), time=ToDate(Granularity.YEAR), compare=(Back(1, Granularity.YEAR),)),
            "event",
        )
    for metric in metrics:
        yield Query(metrics=(metric.name,)), "monitoring"


def _dimensions(metric: Metric, workspace: Workspace, actor: Actor, wanted: Sequence[str]) -> list[str]:
    """Return dimensions that can break down a metric, starting with those in `wanted`."""
    checked = check(Query(metrics=(metric.name,)), actor, workspace)
    usable = [
        dimension.name
        for dimension in checked.available
        if dimension.name != DATE and dimension.kind == "categorical" and not dimension.tags & {"personal", "id"}
    ]
    return sorted(usable, key=lambda name: wanted.index(name) if name in wanted else len(wanted))
