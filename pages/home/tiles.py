"""The top of Home: a tile for each followed metric and each key metric, with a link to its question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.shell import links, session
from pages.shell.live import LateAnswer, start_question, wait_for_answer
from pages.shell.no_metrics import no_metrics as first_steps
from pages.shell.parts import COLOURS, badge_text, block, plain
from pages.shell.turns import in_turn
from pages.widgets import follow
from pages.widgets.number import change_mark
from semantic.answering.pending import Pending
from semantic.display.format import MISSING
from semantic.display.rows import main_values
from semantic.display.trust import facts, worst
from semantic.display.words.kpi import course, only_row, read_headline
from semantic.explore.preflight import describe_period
from semantic.explore.search import search
from semantic.explore.weekly import WEEKS, headline, is_dated, span, trend
from semantic.model.certification_status import CertificationStatus, certification_status, is_certified
from semantic.model.definitions import Metric
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.query import Query
from semantic.results.result import Result
from semantic.store.accounts.follows import FollowedItem
from semantic.workspace import Workspace

MOST_TILES, MOST_FOLLOWED = 8, 12
FEW = 4  # the number of followed metrics below which there's room for key metrics


def key_metrics(seen: VisibleModel) -> list[Metric]:
    """Return the certified metrics that this person can see or, if there are none, the first few metrics."""
    things = [hit.thing for hit in search(seen, "", kinds=("metric",), limit=MOST_TILES)]
    metrics = [thing for thing in things if isinstance(thing, Metric)]
    return [metric for metric in metrics if is_certified(metric) and not metric.deprecated] or metrics[:4]


def followed_metrics(found: Sequence[FollowedItem], seen: VisibleModel) -> list[Metric]:
    """Return the metrics that this person follows and can see now, in the order in which they were followed."""
    known = {metric.name: metric for metric in seen.metrics}
    return [known[name] for name in follow.names_of(found, "metric") if name in known][:MOST_FOLLOWED]


def period_words(metrics: Sequence[Metric], workspace: Workspace, actor: Actor) -> str:
    """Return the period of the tiles as exact days."""
    seen = workspace.visible(actor)
    dated = [metric for metric in metrics if is_dated(metric, seen) and span(metric, seen) == WEEKS]
    if not dated:
        return ""
    period = describe_period(headline(dated[0], seen), seen, today=workspace.today())
    return f"{period.words} vs the previous {WEEKS.count}. {period.time_zone}" if period.words else ""


def no_metrics() -> None:
    """Say that the person has no access to any metric, and who can change that."""
    first_steps("You don't have access to any metrics yet. Ask an administrator for access.", key="no-metrics")


# Key metrics


def followed_tiles(own: Sequence[Metric], others: Sequence[Metric]) -> None:
    """Draw the followed metrics and, if there are only a few, key metrics below them."""
    st.session_state.pop(follow.TURNED, None)  # The whole page is being drawn.
    if own:
        _tiles(own, "You follow", "")
    if len(own) < FEW:
        rest = [metric for metric in others if metric not in own]
        today = session.workspace().today()
        note = (
            "Certified"
            if all(certification_status(metric, today) is CertificationStatus.CERTIFIED for metric in rest)
            else ""
        )
        _tiles(rest, "Key metrics", note if own else f"{note}. Follow a metric to pin it here.".lstrip(". "))


def _tiles(metrics: Sequence[Metric], title: str, note: str) -> None:
    """Draw a tile for each metric.

    All questions are sent first. Answers that have arrived are drawn immediately. The others are each drawn in a
    fragment, so that none waits for another.
    """
    if not metrics:
        return
    columns = 5 if len(metrics) == 5 else 4  # A single tile is as wide as a tile in a row.
    asked = [_asked(metric.name) for metric in metrics]
    with block(title, note), st.grid(columns, min_column_width=160, gap="small"):
        for each_asked in asked:
            with st.container(border=True, height="stretch", gap="xxsmall", key=f"tile-{each_asked.metric.name}"):
                # A fragment costs more than its content, and a parallel one a thread.
                (_tile if each_asked.is_there else _late_tile)(each_asked)


@dataclass(frozen=True, slots=True)
class _TileQuestion:
    """The questions of a tile: its number and, if the metric has a date, its trend."""

    metric: Metric
    query: Query
    number: Pending | LateAnswer
    course: Pending | LateAnswer | None

    @property
    def is_there(self) -> bool:
        """Whether the number and the trend have arrived."""
        return all(pending.done() for pending in (self.number, self.course) if isinstance(pending, Pending))


def _asked(name: str) -> _TileQuestion:
    workspace, actor = session.require("viewer")
    seen = workspace.visible(actor)
    metric = seen.metric(name)
    query = headline(metric, seen)
    course = start_question(trend(metric, seen), workspace, actor) if query.time else None
    return _TileQuestion(metric, query, start_question(query, workspace, actor), course)


@st.fragment(parallel=True)
@in_turn
def _late_tile(asked: _TileQuestion) -> None:
    session.require("viewer")
    if st.session_state.pop(follow.TURNED, False):
        st.rerun()
    _tile(_asked(asked.metric.name) if session.runs_alone() else asked)


def _tile(asked: _TileQuestion) -> None:
    with st.container(gap="xxsmall"):  # A fragment's own gap is wider, so late tiles would be lower than the others.
        _draw_tile(asked)


def _draw_tile(asked: _TileQuestion) -> None:
    actor, metric, query = session.require("viewer")[1], asked.metric, asked.query
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
        links.explore_link(
            metric.label or metric.name, query, strong=True, help=plain(metric.description) or None, width="stretch"
        )
        follow.follow_button("metric", metric.name, actor, key="tile", small=True)
    slot = st.empty()

    def waiting() -> None:
        slot.skeleton(128)

    result = wait_for_answer(asked.number, waiting=waiting)
    line = wait_for_answer(asked.course, waiting=waiting) if asked.course is not None else None
    with slot.container(gap="xxsmall"):
        _number(metric, result, line)


def _number(metric: Metric, result: Result | LateAnswer, line: Result | LateAnswer | None) -> None:
    """Draw the value, its change with a verdict, and the last thirteen weeks as a line, or a sentence in
    their place.
    """
    if isinstance(result, LateAnswer):
        st.caption(f":material/cloud_off: {plain(result.sentence)}")
        return
    if not result.table.num_rows:
        st.caption("No data in this period.")
        return
    number = read_headline(main_values(result)[0], only_row(result), result)
    change = next(iter(number.changes), None)
    st.metric(
        plain(metric.label or metric.name),
        number.value,
        change_mark(change) if change is not None and change.text != MISSING else None,
        delta_color="off",
        delta_arrow="off",
        label_visibility="collapsed",
        chart_data=course(line) if isinstance(line, Result) else None,
    )
    text = f" &nbsp;:gray[vs {plain(change.earlier)}]" if change is not None and change.earlier != MISSING else ""
    st.markdown(f":small[{_trust(result)}{text}]")


def _trust(result: Result) -> str:
    """Return the icon and the word of the most important fact. A problem comes before the certification."""
    fact = worst(facts(result, today=session.workspace().today()))
    word = "Data is late" if fact.kind == "fresh" else fact.word
    return f":{COLOURS[fact.state]}[:material/{fact.icon}: {badge_text(word)}]"
