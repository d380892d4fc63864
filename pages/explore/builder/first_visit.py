"""The page before anything is asked: the steps, ways to start, ready questions, recent questions."""

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
from pages.shell.parts import NO_DESCRIPTION, block, empty_state, plain
from pages.widgets.standing import standing_mark
from semantic.errors import SemanticError
from semantic.explore.why_missing import rows_of
from semantic.model.definitions import Dimension, Granularity, Metric, NumberFormat
from semantic.model.standing import Standing, standing
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


def tour(held: ExploreState) -> None:
    """Three steps in a row, each ticked when done; gone when all are, or when closed."""
    done = [bool(held.draft.metrics), bool(held.draft.by), bool(st.session_state.get(SHARED))]
    if st.session_state.get(TOUR, all(done)):
        return
    first_open = next((place for place, is_done in enumerate(done) if not is_done), len(STEPS))
    said: list[str] = []
    for place, (step, is_done) in enumerate(zip(STEPS, done, strict=True)):
        icon = ":green[:material/check_circle:]" if is_done else f":material/counter_{place + 1}:"
        said.append(f"{icon} **{step}**" if place == first_open else f"{icon} :gray[{step}]")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="tour"):
        st.markdown(f":small[{' &ensp; '.join(said)}]", width="content")
        st.button("", icon=":material/close:", help="Dismiss", type="tertiary", key="tour-close", on_click=_close_tour)


def _close_tour() -> None:
    st.session_state[TOUR] = True


def open_tour() -> None:
    """Shows the steps again."""
    st.session_state[TOUR] = False


# Three ways to start


@dataclass(frozen=True, slots=True)
class Intent:
    """A common need, and the question that answers it."""

    title: str
    sentence: str
    icon: str
    query: Query


def intents(held: ExploreState, workspace: Workspace) -> list[Intent]:
    """Those of the three that this person can ask, and whose answer has rows."""
    metrics = _metrics(held, workspace)
    asked = [
        one
        for make in (_how_are_we_doing, _what_changed, _compare_campaigns)
        if (one := make(metrics, held, workspace))
    ]
    return [one for one in asked if _has_rows(one.query, held, workspace)]


def _metrics(held: ExploreState, workspace: Workspace) -> list[Metric]:
    """Certified metrics, else all, by name."""
    visible = workspace.visible(held.actor)
    today = workspace.today()
    certified = [one for one in visible.metrics if standing(one, today) is Standing.CERTIFIED]
    rest = [one for one in visible.metrics if standing(one, today) is not Standing.DEPRECATED]
    return sorted(certified or rest or visible.metrics, key=lambda one: (one.label or one.name).casefold())


def _how_are_we_doing(metrics: Sequence[Metric], held: ExploreState, workspace: Workspace) -> Intent | None:
    names = tuple(one.name for one in metrics[:TOGETHER])
    query = Query(metrics=names, time=DEFAULT_PERIOD, compare=(Previous(),))
    sentence = "Certified metrics for the last 13 weeks, compared with the 13 before."
    fits = bool(names) and check(query, held.actor, workspace).ok
    return Intent("How are we doing?", sentence, "monitoring", query) if fits else None


def _what_changed(metrics: Sequence[Metric], held: ExploreState, workspace: Workspace) -> Intent | None:
    # Money that is better the more there is says most about the business.
    best = sorted(metrics, key=lambda one: (one.format is not NumberFormat.MONEY, one.direction != "up"))
    for metric in best:
        found = _dimension("channel", metric, held, workspace)
        if found is None:
            continue
        query = Query(metrics=(metric.name,), by=(Breakdown(found.name),), time=DEFAULT_PERIOD, compare=(Previous(),))
        if check(query, held.actor, workspace).ok:
            label = (found.label or found.name).casefold()
            sentence = f"{metric.label or metric.name} by {label}, compared with the previous 13 weeks."
            return Intent("What changed?", sentence, "compare_arrows", query)
    return None


def _compare_campaigns(metrics: Sequence[Metric], held: ExploreState, workspace: Workspace) -> Intent | None:
    """The metrics that have campaigns, by the ten largest."""
    known = [(one, found) for one in metrics if (found := _dimension("campaign", one, held, workspace))]
    if not known:
        return None
    first, dimension = known[0]
    names = tuple(one.name for one, found in known if found.name == dimension.name)[:2]
    top = Top(TOP, dimension.name, first.name)
    query = Query(metrics=names, by=(Breakdown(dimension.name),), time=DEFAULT_PERIOD, top=top)
    sentence = f"Top {TOP} by {(first.label or first.name).casefold()}, with the rest grouped."
    fits = check(query, held.actor, workspace).ok
    return Intent("Compare campaigns", sentence, "leaderboard", query) if fits else None


def _dimension(word: str, metric: Metric, held: ExploreState, workspace: Workspace) -> Dimension | None:
    """The dimension with this name, else the first whose name contains the word, that can break down a metric."""
    checked = check(Query(metrics=(metric.name,), time=DEFAULT_PERIOD), held.actor, workspace)
    usable = [one for one in usable_dimensions(checked) if word in one.name]
    return next((one for one in usable if one.name == word), usable[0] if usable else None)


def usable_dimensions(checked: Preflight) -> list[Dimension]:
    """Dimensions worth grouping by: no dates, nothing personal, no numbers that only identify rows."""
    return [
        one
        for one in checked.available
        if one.name != DATE and one.kind == "categorical" and not one.tags & {"personal", "id"}
    ]


def _has_rows(query: Query, held: ExploreState, workspace: Workspace) -> bool:
    """Whether there's something to see; not asked if that would be expensive."""
    if check(query, held.actor, workspace).cost != "small":
        return True
    try:
        return rows_of(workspace.ask(query, held.actor)) > 0
    except SemanticError:
        return False


# The page


def first_visit(held: ExploreState, workspace: Workspace) -> None:
    """Three ways to start, recent questions, then metrics as cards."""
    metrics = _metrics(held, workspace)
    if not metrics:
        sentence = "Ask an administrator for access."
        empty_state("lock", "You don't have access to any metrics yet", sentence, key="nothing-granted")
        return
    slot = st.empty()
    if not _is_known("ways_in", held, workspace) or not _is_known("starters", held, workspace):
        with slot.container():
            _being_looked_for()
    ways = _once("ways_in", None, held, workspace, lambda: intents(held, workspace))
    starters = _once("starters", None, held, workspace, lambda: _found(metrics, held, workspace))
    # The results go next to the slot, not into it: refilled in one run with less than it had, Streamlit's
    # queue would leave the rest of the old elements on the page, or break it.
    slot.empty()
    _ways_in(ways, held)
    _asked_before(held, workspace)
    _starters(metrics, starters, held, workspace)


def _being_looked_for() -> None:
    """Placeholders for the cards, at their height, while their questions are tried."""
    _places(3, 144)
    with block("Start from a metric"):
        _places(STARTERS, 126)


def _places(count: int, height: int) -> None:
    with st.grid(3, min_column_width=220, gap="small"):
        for _ in range(count):
            st.skeleton(height)


def _ways_in(ways: Sequence[Intent], held: ExploreState) -> None:
    if ways:
        with st.grid(len(ways), min_column_width=220, gap="small"):
            for one in ways:
                with st.container(border=True, height="stretch", gap="xsmall"):
                    st.markdown(f"**{plain(one.title)}**")
                    st.caption(plain(one.sentence))
                    st.space("stretch")
                    st.button(
                        "Show", key=f"intent-{one.title}", icon=f":material/{one.icon}:",
                        on_click=asking(held, one.query),
                    )  # fmt: skip


def _now(held: ExploreState, workspace: Workspace, depends_on: object) -> tuple[object, ...]:
    return held.actor, held.version, workspace.today(), depends_on


def _is_known(name: str, held: ExploreState, workspace: Workspace) -> bool:
    kept: tuple[object, object] | None = st.session_state.get(name)
    return kept is not None and kept[0] == _now(held, workspace, None)


def _once(name: str, depends_on: object, held: ExploreState, workspace: Workspace, make: Callable[[], T]) -> T:
    """Made once for each person, version of the model, day, and its other dependencies."""
    now = _now(held, workspace, depends_on)
    kept: tuple[object, T] | None = st.session_state.get(name)
    if kept is None or kept[0] != now:
        kept = (now, make())
        st.session_state[name] = kept
    return kept[1]


def _asked_before(held: ExploreState, workspace: Workspace) -> None:
    def find() -> list[tuple[Query, str, str]]:
        checked = [(one, check(one, held.actor, workspace)) for one in recent()[:RECENT]]
        return [(one, found.title, _about(found)) for one, found in checked if found.ok]

    queries = _once("asked_before", stamp(), held, workspace, find)
    if not queries:
        return
    with block("Recent"), st.container(horizontal=True, gap="xsmall"):
        for place, (query, title, about) in enumerate(queries):
            st.button(
                plain(title), key=f"recent-{place}", help=plain(about), icon=":material/history:",
                on_click=asking(held, query),
            )  # fmt: skip


def _about(checked: Preflight) -> str:
    return ". ".join(part for part in (checked.period.words, checked.filters) if part)


def _found(
    metrics: Sequence[Metric], held: ExploreState, workspace: Workspace
) -> list[tuple[Metric, list[tuple[str, Query]]]]:
    """Metrics with the questions that passed the preflight, for the first few that have any."""
    asked = ((metric, _questions(metric, held, workspace)) for metric in metrics)
    return list(islice(((metric, questions) for metric, questions in asked if questions), STARTERS))


def _starters(
    metrics: Sequence[Metric],
    starters: Sequence[tuple[Metric, list[tuple[str, Query]]]],
    held: ExploreState,
    workspace: Workspace,
) -> None:
    """Certified metrics as cards; a card offers only questions that can be asked."""
    today = workspace.today()
    is_certified = any(standing(one, today) is Standing.CERTIFIED for one in metrics)
    with (
        block("Start from a metric", "certified" if is_certified else ""),
        st.grid(3, min_column_width=220, gap="small"),
    ):
        for metric, questions in starters:
            _starter(metric, questions, held, today)


def _starter(metric: Metric, questions: list[tuple[str, Query]], held: ExploreState, today: date) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.markdown(f"**{plain(metric.label or metric.name)}**{standing_mark(metric, today)}")
        st.caption(plain(metric.description or metric.means or NO_DESCRIPTION))
        st.space("stretch")
        with st.container(horizontal=True, gap="xsmall"):
            for label, query in questions:
                st.button(plain(label), key=f"start-{metric.name}-{label}", on_click=asking(held, query))


def _questions(metric: Metric, held: ExploreState, workspace: Workspace) -> list[tuple[str, Query]]:
    weekly = Query(metrics=(metric.name,), by=(Breakdown(DATE, Granularity.WEEK),), time=DEFAULT_PERIOD)
    checked = check(weekly, held.actor, workspace)
    if not checked.ok:
        plainly = Query(metrics=(metric.name,))
        return [("Show", plainly)] if check(plainly, held.actor, workspace).ok else []
    questions = [("Over time", weekly)]
    usable = usable_dimensions(checked)
    if usable:
        first = next((one for one in usable if "channel" in one.name), usable[0])
        by = replace(weekly, by=(Breakdown(first.name),))
        if check(by, held.actor, workspace).ok:
            questions.append((f"By {(first.label or first.name).casefold()}", by))
    return questions
