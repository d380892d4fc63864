"""The block "Needs a look": metrics whose latest final week is unusual, worse ones first. Metrics that moved together
share a line.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import streamlit as st

from pages.explore.builder.question import check
from pages.home.days import unusual_days
from pages.home.tiles import key_metrics
from pages.shell import links, session
from pages.shell.live import answer
from pages.shell.parts import heading, plain
from pages.shell.turns import in_turn
from pages.widgets import follow
from pages.widgets.number import COLOURS
from semantic.display.format import counted
from semantic.display.trust import Fact, facts
from semantic.display.words.contribution import Contribution, can_be_shared, contribution
from semantic.display.words.notable import Move, WeekValues, judged, moves
from semantic.explore.weekly import datasets_of, questions_by_part, weekly, weekly_questions
from semantic.model.certification_status import is_certified
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.query import Query
from semantic.results.result import Result
from semantic.run.single_flight_cache import SingleFlightCache
from semantic.workspace import Workspace

MOST = 5
MOST_KEPT = 240  # questions and results, cached for other readers
KEPT = 300.0  # seconds for which the contribution to a change is cached
_HELD = "home_contributions"
_ALL = "home-changes-all"
MEANING = (
    "Compares each metric's latest final week with up to 12 weeks before it. A metric is listed if that week is "
    "outside the range of those weeks and at least two standard deviations from their average. Weeks that can still "
    "change aren't compared with final ones. Metrics that count the same rows and moved together share a line."
)
_ORDER = {"worse": 0, "": 1, "better": 2}


@dataclass(frozen=True, slots=True)
class _Checked:
    """The unusual changes, and how many metrics were checked, skipped or failed."""

    found: tuple[tuple[WeekValues, Result], ...]
    judged: int
    not_judged: int
    failed: int

    @property
    def sentence(self) -> str:
        texts: list[str] = []
        if self.judged:
            count = f"{len(self.found)}" if self.found else "None"
            texts += [f"{counted(self.judged, 'metric')} checked.", f"{count} outside the usual range."]
        if self.not_judged:
            texts.append(f"{counted(self.not_judged, 'metric')} skipped: too few complete, final weeks.")
        if self.failed:
            texts.append(f"Couldn't load {counted(self.failed, 'metric')}.")
        return " ".join(texts) or "No weekly metrics yet."


def changes() -> None:
    """Draw the block. It's a fragment that fills in once the answers arrive."""
    _changes()


@st.fragment(parallel=True)
@in_turn
def _changes() -> None:
    workspace, actor = session.require("viewer")
    slot = st.empty()
    mine = frozenset(follow.names_of(follow.followed(actor), "metric"))
    looked = _check_changes(workspace, actor, mine, lambda: _waiting(slot))
    lines = sorted(_moves(looked, workspace, actor, mine), key=lambda move: _ORDER[move.verdict])
    answers = {id(each_judged): result for each_judged, result in looked.found}
    is_all = bool(st.session_state.get(_ALL))
    shown = [Move(each) for move in lines for each in move.every] if is_all else lines[:MOST]
    # A contribution can cost a question, so the full list has none.
    parts = [None if is_all else _contribution(move.first, workspace, actor) for move in shown]
    with slot.container(gap="xsmall"):
        _title(f" ({len(lines)})" if lines else "")
        if shown:
            with st.container(border=True, gap="small", key="list-of-changes"):
                for move, part in zip(shown, parts, strict=True):
                    _shown(move, part, _checks(answers[id(move.first)], workspace))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(plain(looked.sentence), width="stretch" if shown else "content")
            if is_all or len(looked.found) > len(shown):
                label = "Show fewer" if is_all else f"See all {len(looked.found)}"
                st.button(label, key="home-changes-see", type="tertiary", on_click=_see, args=(not is_all,))
    told = {(each.column.name, each.side) for each, _ in looked.found}
    unusual_days(
        sorted(mine) or [metric.name for metric in key_metrics(workspace.visible(actor))], told, workspace, actor
    )


def _title(count: str = "") -> None:
    heading(f"Needs a look{count}", "latest final week", help=MEANING)


def _waiting(slot: Any) -> None:  # Any: Streamlit's own element
    with slot.container(gap="xsmall"):
        _title()
        st.skeleton(180)


def _see(is_all: bool) -> None:
    st.session_state[_ALL] = is_all


def _moves(looked: _Checked, workspace: Workspace, actor: Actor, mine: Collection[str]) -> list[Move]:
    """Return the unusual changes as moves. Metrics that moved together are one move.

    Followed metrics come first in a move and give it its name, then certified metrics.
    """
    seen = workspace.visible(actor)

    def rank(each_judged: WeekValues) -> tuple[bool, bool, float]:
        metric = each_judged.column.metric
        is_vouched = metric is not None and is_certified(metric)
        return each_judged.column.name not in mine, not is_vouched, -round(each_judged.spreads, 6)

    ordered = sorted((each_judged for each_judged, _ in looked.found), key=rank)
    return moves((each_judged, datasets_of(each_judged.column.metric, seen)) for each_judged in ordered)


def _check_changes(
    workspace: Workspace, actor: Actor, mine: Collection[str], waiting: Callable[[], object]
) -> _Checked:
    weeks: list[tuple[WeekValues, Result]] = []
    told = asked = failed = 0
    seen = workspace.visible(actor)
    _, questions = _questions.get((id(seen), mine), lambda: (seen, weekly_questions(seen, mine)))
    for query in questions:
        result = answer(query, workspace, actor, waiting=waiting)
        if isinstance(result, Result):
            notable, count = _judgement(result)
            weeks += [(each_judged, result) for each_judged in notable]
            told, asked = told + count, asked + len(query.metrics)
        else:
            failed += len(query.metrics)
    return _Checked(tuple(weeks), told, asked - told, failed)


_questions = SingleFlightCache[tuple[VisibleModel, list[Query]]](MOST_KEPT)
_judgements = SingleFlightCache[tuple[Result, list[WeekValues], int]](MOST_KEPT)
"""Computed once for everyone with the same answer. The cache keeps the answer alive, because the key
contains its ID.
"""


def _judgement(result: Result) -> tuple[list[WeekValues], int]:
    """Return the unusual metrics in a weekly answer, and how many of its metrics could be checked."""

    def make() -> tuple[Result, list[WeekValues], int]:
        every = judged(result)
        return result, [each_judged for each_judged in every if each_judged.is_notable], len(every)

    return _judgements.get((id(result.table), id(result.columns)), make)[1:]


def _checks(result: Result, workspace: Workspace) -> Sequence[Fact]:
    """Return failed checks of the data behind a change. They can explain the whole change."""
    return [fact for fact in facts(result, today=workspace.today()) if fact.kind == "checks"] if result.failed else []


def _shown(move: Move, part: Contribution | None, checks: Sequence[Fact]) -> None:
    week = move.first
    arrow = "trending_up" if week.side == "above" else "trending_down"
    words = f"{move.change} {move.verdict}".rstrip()
    with st.container(gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            links.explore_link(move.title, weekly(*(each.column.name for each in move.every)), strong=True)
            st.markdown(f":{COLOURS[move.verdict]}[:material/{arrow}: {plain(words)}]", width="content")
        text = f"{week.sentence} {part.sentence}" if part is not None else week.sentence
        if move.others:
            text = f"{week.column.label}: {text}"
        st.markdown(f":small[:gray[{plain(text)}]]")
        for fact in checks:
            st.markdown(f":small[:orange[:material/rule: {plain(fact.sentence)}]]")


# Contributors


def _contribution(week: WeekValues, workspace: Workspace, actor: Actor) -> Contribution | None:
    """Return the main contribution to a change, or None. It's cached for a while, because the page runs often."""
    cached: dict[str, tuple[object, float, Contribution | None]] = st.session_state.setdefault(_HELD, {})
    asked = (actor, workspace.model.version, week)
    known = cached.get(week.column.name)
    if known is None or known[0] != asked or monotonic() - known[1] > KEPT:
        known = cached[week.column.name] = asked, monotonic(), _ask(week, workspace, actor)
    return known[2]


def _ask(week: WeekValues, workspace: Workspace, actor: Actor) -> Contribution | None:
    """Return the main contribution to a change, or None if there is none, such as when the metric's groups don't add
    up.

    This asks at most one question.
    """
    visible = workspace.visible(actor)
    if not can_be_shared(week.column, visible.model):
        return None
    for query in questions_by_part(week.column.name):
        if check(query, actor, workspace).ok:
            result = answer(query, workspace, actor)
            return contribution(week, result) if isinstance(result, Result) else None
    return None
