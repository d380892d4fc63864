"""The page before a question is asked: steps, ways to start, ready questions, and recent questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from pages.explore.builder.periods import DEFAULT_PERIOD
from pages.explore.builder.question import ExploreState, asking, check
from pages.explore.builder.recents import recent, stamp
from pages.shell.no_metrics import no_metrics
from pages.shell.parts import NO_DESCRIPTION, block, plain, unseen
from pages.widgets.standing import standing_mark
from semantic.errors import SemanticError
from semantic.explore.why_missing import rows_of
from semantic.model.certification_status import CertificationStatus, certification_status
from semantic.model.definitions import Dimension, Granularity, Metric, NumberFormat
from semantic.query.query import DATE, Breakdown, Previous, Query, Top

if TYPE_CHECKING:
    from semantic.explore.preflight import Preflight
    from semantic.workspace import Workspace

STARTERS, RECENT, TOGETHER = 6, 5, 4
TOP = 10
TOUR, SHARED = "tour_closed", "has_shared"
T = TypeVar("T")
STEPS = ("Pick a metric", "Break it down", "Read and share")


# The steps of a first visit


def tour(state: ExploreState) -> None:
    """Draw the three steps of a first question. A step is ticked once it and all previous steps are done.

    The steps disappear once all are done, or when someone closes them.
    """
    done = [bool(state.draft.metrics), bool(state.draft.by), bool(st.session_state.get(SHARED))]
    if st.session_state.get(TOUR, all(done)):
        return
    first_open = next((place for place, is_done in enumerate(done) if not is_done), len(STEPS))
    texts: list[str] = []
    for place, step in enumerate(STEPS):
        icon = ":green[:material/check_circle:]" if place < first_open else f":material/counter_{place + 1}:"
        texts.append(f"{icon} **{step}**" if place == first_open else f"{icon} :gray[{step}]")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="tour"):
        st.markdown(f":small[{' &ensp; '.join(texts)}]", width="content")
        st.button(
            unseen("Dismiss"), icon=":material/close:", help="Dismiss", type="tertiary", key="tour-close",
            on_click=_close_tour,
        )  # fmt: skip


def _close_tour() -> None:
    st.session_state[TOUR] = True


def open_tour() -> None:
    """Show the steps again after they were closed."""
    st.session_state[TOUR] = False


# Three ways to start


@dataclass(frozen=True, slots=True)
class Intent:
    """A common intent, with the question that serves it."""

    title: str
    sentence: str
    icon: str
    query: Query


def intents(state: ExploreState, workspace: Workspace) -> list[Intent]:
    """Return the intents whose questions this person can ask and whose answers have rows. There are at most three."""
    metrics = _metrics(state, workspace)
    asked = [
        starter
        for make in (_how_are_we_doing, _what_changed, _compare_campaigns)
        if (starter := make(metrics, state, workspace))
    ]
    return [starter for starter in asked if _has_rows(starter.query, state, workspace)]


def _metrics(state: ExploreState, workspace: Workspace) -> list[Metric]:
    """Return the certified metrics, or all metrics if none is certified, sorted by name."""
    visible = workspace.visible(state.actor)
    today = workspace.today()
    certified = [
        metric for metric in visible.metrics if certification_status(metric, today) is CertificationStatus.CERTIFIED
    ]
    rest = [
        metric
        for metric in visible.metrics
        if certification_status(metric, today) is not CertificationStatus.DEPRECATED
    ]
    return sorted(certified or rest or visible.metrics, key=lambda metric: (metric.label or metric.name).casefold())


def _how_are_we_doing(metrics: Sequence[Metric], state: ExploreState, workspace: Workspace) -> Intent | None:
    names = tuple(metric.name for metric in metrics[:TOGETHER])
    query = Query(metrics=names, time=DEFAULT_PERIOD, compare=(Previous(),))
    sentence = "Certified metrics for the last 13 weeks, compared with the 13 before."
    fits = bool(names) and check(query, state.actor, workspace).ok
    return Intent("How are we doing?", sentence, "monitoring", query) if fits else None


def _what_changed(metrics: Sequence[Metric], state: ExploreState, workspace: Workspace) -> Intent | None:
    # Money metrics with higher values being better are most telling for the business.
    best = sorted(
        metrics, key=lambda each_metric: (each_metric.format is not NumberFormat.MONEY, each_metric.direction != "up")
    )
    for metric in best:
        dimension = _dimension("channel", metric, state, workspace)
        if dimension is None:
            continue
        query = Query(
            metrics=(metric.name,), by=(Breakdown(dimension.name),), time=DEFAULT_PERIOD, compare=(Previous(),)
        )
        if check(query, state.actor, workspace).ok:
            label = (dimension.label or dimension.name).casefold()
            sentence = f"{metric.label or metric.name} by {label}, compared with the previous 13 weeks."
            return Intent("What changed?", sentence, "compare_arrows", query)
    return None


def _compare_campaigns(metrics: Sequence[Metric], state: ExploreState, workspace: Workspace) -> Intent | None:
    """Return the intent that compares the ten largest campaigns, or None if no metric has campaigns."""
    known = [
        (metric, dimension) for metric in metrics if (dimension := _dimension("campaign", metric, state, workspace))
    ]
    if not known:
        return None
    first, dimension = known[0]
    names = tuple(metric.name for metric, found_dimension in known if found_dimension.name == dimension.name)[:2]
    top = Top(TOP, dimension.name, first.name)
    query = Query(metrics=names, by=(Breakdown(dimension.name),), time=DEFAULT_PERIOD, top=top)
    sentence = f"Top {TOP} by {(first.label or first.name).casefold()}, with the rest grouped."
    fits = check(query, state.actor, workspace).ok
    return Intent("Compare campaigns", sentence, "leaderboard", query) if fits else None


def _dimension(word: str, metric: Metric, state: ExploreState, workspace: Workspace) -> Dimension | None:
    """Return the dimension of a metric that has this name, or else the first one whose name contains the
    word, or None.
    """
    checked = check(Query(metrics=(metric.name,), time=DEFAULT_PERIOD), state.actor, workspace)
    usable = [usable_dimension for usable_dimension in usable_dimensions(checked) if word in usable_dimension.name]
    return next(
        (usable_dimension for usable_dimension in usable if usable_dimension.name == word),
        usable[0] if usable else None,
    )


def usable_dimensions(checked: Preflight) -> list[Dimension]:
    """Return the dimensions that are useful as breakdowns: no dates, no personal data, no numbers that only identify
    rows.
    """
    return [
        dimension
        for dimension in checked.available
        if dimension.name != DATE and dimension.kind == "categorical" and not dimension.tags & {"personal", "id"}
    ]


def _has_rows(query: Query, state: ExploreState, workspace: Workspace) -> bool:
    """Return whether the answer to a question has rows. Expensive questions aren't checked."""
    if check(query, state.actor, workspace).cost != "small":
        return True
    try:
        return rows_of(workspace.ask(query, state.actor)) > 0
    except SemanticError:
        return False


# The page


def first_visit(state: ExploreState, workspace: Workspace) -> None:
    """Draw three ways to start, the recent questions, and cards of metrics."""
    metrics = _metrics(state, workspace)
    if not metrics:
        title = "You don't have access to any metrics yet"
        no_metrics("Ask an administrator for access.", title=title, key="nothing-granted")
        return
    slot = st.empty()
    if not _is_known("ways_in", state, workspace) or not _is_known("starters", state, workspace):
        with slot.container():
            _being_looked_for()
    ways = _once("ways_in", None, state, workspace, lambda: intents(state, workspace))
    starters = _once("starters", None, state, workspace, lambda: _found(metrics, state, workspace))
    # The results are drawn next to the slot, not in it. If one run refilled the slot with fewer elements, Streamlit's
    # queue would leave the old ones on the page, or break it.
    slot.empty()
    _ways_in(ways, state)
    _asked_before(state, workspace)
    _starters(metrics, starters, state, workspace)


def _being_looked_for() -> None:
    """Draw placeholders as high as the cards, while the page checks which questions have data."""
    _places(3, 144)
    with block("Start from a metric"):
        _places(STARTERS, 126)


def _places(count: int, height: int) -> None:
    with st.grid(3, min_column_width=220, gap="small"):
        for _ in range(count):
            st.skeleton(height)


def _ways_in(ways: Sequence[Intent], state: ExploreState) -> None:
    if ways:
        with st.grid(len(ways), min_column_width=220, gap="small"):
            for way in ways:
                with st.container(border=True, height="stretch", gap="xsmall"):
                    st.markdown(f"**{plain(way.title)}**")
                    st.caption(plain(way.sentence))
                    st.space("stretch")
                    st.button(
                        f"Show {unseen(way.title)}", key=f"intent-{way.title}", icon=f":material/{way.icon}:",
                        on_click=asking(state, way.query),
                    )  # fmt: skip


def _now(state: ExploreState, workspace: Workspace, depends_on: object) -> tuple[object, ...]:
    return state.actor, state.version, workspace.today(), depends_on


def _is_known(name: str, state: ExploreState, workspace: Workspace) -> bool:
    kept: tuple[object, object] | None = st.session_state.get(name)
    return kept is not None and kept[0] == _now(state, workspace, None)


def _once(name: str, depends_on: object, state: ExploreState, workspace: Workspace, make: Callable[[], T]) -> T:
    """Return the result of `make`, cached for this person, model version and day, and for `depends_on`."""
    now = _now(state, workspace, depends_on)
    kept: tuple[object, T] | None = st.session_state.get(name)
    if kept is None or kept[0] != now:
        kept = (now, make())
        st.session_state[name] = kept
    return kept[1]


def _asked_before(state: ExploreState, workspace: Workspace) -> None:
    def find() -> list[tuple[Query, str, str]]:
        checked = [(query, check(query, state.actor, workspace)) for query in recent()[:RECENT]]
        return [(query, preflight.title, _about(preflight)) for query, preflight in checked if preflight.ok]

    queries = _once("asked_before", stamp(), state, workspace, find)
    if not queries:
        return
    with block("Recent"), st.container(horizontal=True, gap="xsmall"):
        for place, (query, title, about) in enumerate(queries):
            st.button(
                plain(title), key=f"recent-{place}", help=plain(about), icon=":material/history:",
                on_click=asking(state, query),
            )  # fmt: skip


def _about(checked: Preflight) -> str:
    return ". ".join(part for part in (checked.period.words, checked.filters) if part)


def _found(
    metrics: Sequence[Metric], state: ExploreState, workspace: Workspace
) -> list[tuple[Metric, list[tuple[str, Query]]]]:
    """Return the first few metrics that have questions which passed the preflight, with these questions."""
    asked = ((metric, _questions(metric, state, workspace)) for metric in metrics)
    return list(islice(((metric, questions) for metric, questions in asked if questions), STARTERS))


def _starters(
    metrics: Sequence[Metric],
    starters: Sequence[tuple[Metric, list[tuple[str, Query]]]],
    state: ExploreState,
    workspace: Workspace,
) -> None:
    """Draw a card for each metric. A card only has questions that can be asked."""
    today = workspace.today()
    is_certified = any(certification_status(metric, today) is CertificationStatus.CERTIFIED for metric in metrics)
    with (
        block("Start from a metric", "certified" if is_certified else ""),
        st.grid(3, min_column_width=220, gap="small"),
    ):
        for metric, questions in starters:
            _starter(metric, questions, state, today)


def _starter(metric: Metric, questions: list[tuple[str, Query]], state: ExploreState, today: date) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.markdown(f"**{plain(metric.label or metric.name)}**{standing_mark(metric, today)}")
        st.caption(plain(metric.description or metric.means or NO_DESCRIPTION))
        st.space("stretch")
        with st.container(horizontal=True, gap="xsmall"):
            for label, query in questions:
                about = unseen(metric.label or metric.name)
                st.button(f"{plain(label)} {about}", key=f"start-{metric.name}-{label}", on_click=asking(state, query))


def _questions(metric: Metric, state: ExploreState, workspace: Workspace) -> list[tuple[str, Query]]:
    weekly = Query(metrics=(metric.name,), by=(Breakdown(DATE, Granularity.WEEK),), time=DEFAULT_PERIOD)
    checked = check(weekly, state.actor, workspace)
    if not checked.ok:
        plainly = Query(metrics=(metric.name,))
        return [("Show", plainly)] if check(plainly, state.actor, workspace).ok else []
    questions = [("Over time", weekly)]
    usable = usable_dimensions(checked)
    if usable:
        first = next((usable_dimension for usable_dimension in usable if "channel" in usable_dimension.name), usable[0])
        by = replace(weekly, by=(Breakdown(first.name),))
        if check(by, state.actor, workspace).ok:
            questions.append((f"By {(first.label or first.name).casefold()}", by))
    return questions
