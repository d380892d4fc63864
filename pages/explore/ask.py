"""The search field above the builder. It finds every part of a question, and reads whole questions in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

import streamlit as st

from pages.asking import form as asking
from pages.explore import sentences
from pages.explore.builder.metric_picker import add_metric, find_metrics, unit_of
from pages.explore.builder.question import ExploreState
from pages.explore.builder.question_chips import question_parts
from pages.explore.builder.recents import recent, recent_names, stamp
from pages.shell import session
from pages.widgets.ask_field import Handlers, ask_field
from pages.widgets.search_box import Row, SearchMatches
from semantic.errors import SemanticError
from semantic.model.certification_status import is_certified
from semantic.model.definitions import Metric
from semantic.services.finding.finder import Match

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel
    from semantic.store.questions.questions import SavedQuestion
    from semantic.workspace import Workspace

LABEL = "Ask a question, or pick a metric"
REQUEST = "request"
KEY, SAVED, FOUND = "ask", "ask-saved", "ask-found"
START = 8  # metrics that are listed before anything is typed
SAVED_SECONDS = 30.0


def ask_bar(state: ExploreState, workspace: Workspace) -> None:
    """Draw the field. It reruns separately while someone types, and reruns the whole page once the question changes."""
    finder = session.finder()
    finder.warm(state.actor)
    sentences.finish_next_step(state)
    visible = workspace.visible(state.actor)
    parts = question_parts(state, visible, workspace)
    is_known = finder.words.known(state.actor) is not None

    def find(text: str) -> SearchMatches:
        """Return the rows for a text. They're cached by text and question, because the field keeps its text across page
        runs.
        """
        wanted = (text, state.draft, state.actor, state.version, stamp(), is_known)
        kept: tuple[object, SearchMatches] | None = st.session_state.get(FOUND)
        if kept is None or kept[0] != wanted:
            kept = st.session_state[FOUND] = wanted, found_rows(text, state, visible)
        return kept[1]

    def drop(name: str) -> None:
        part = next((part for part in question_parts(state, visible, workspace) if part.chip.name == name), None)
        if part is not None and part.without is not None:
            state.replace(part.without)

    ask_field(
        LABEL, find,
        Handlers(
            picked=lambda name, text: pick(state, name, text, visible),
            asked=lambda text: sentences.ask(state, text),
            dropped=drop,
            acted=lambda name: sentences.take_next_step(state, name),
        ),
        key=KEY, stamp=(state.actor, state.version, state.draft.metrics, stamp()),
        chips=[part.chip for part in parts], line=sentences.line_of(state),
        look_again=not is_known,
    )  # fmt: skip


# Search results


def found_rows(text: str, state: ExploreState, visible: VisibleModel) -> SearchMatches:
    """Return the possible meanings of a text in groups or, without a text, metrics to start from."""
    if not text:
        rows = find_metrics("", visible, state.draft.metrics).rows[:START]
        return SearchMatches([replace(row, group="Metrics", line="") for row in rows])
    found = session.finder().find(
        text, state.actor, query=state.draft, saved=_saved(state), recent=recent_names(recent()),
        used=session.search_ranks(state.actor),
    )  # fmt: skip
    present = {*state.draft.metrics}, {breakdown.dim for breakdown in state.draft.by}
    rows = [
        _row(match, group)
        for group, matches in found.groups
        for match in matches
        if not (match.kind == "metric" and match.name in present[0])
        and not (match.kind == "breakdown" and match.name in present[1])
    ]
    is_unread = found.reading is not None and not sentences.is_understood(found.reading)
    if is_unread and all(match.kind == "ask" and match.query is None for match in found.all()):
        rows += _request_rows(text, state)
    return SearchMatches(rows, found.note)


def _request_rows(text: str, state: ExploreState) -> list[Row]:
    """Return a row that sends a text without results as a request, if this person can make requests."""
    if not asking.may_ask(state.actor):
        return []
    line = "Send it to a steward. You get the answer here and by email."
    return [Row(REQUEST, asking.ASK_LABEL, line=line, group="Nothing found")]


def _row(match: Match, group: str) -> Row:
    match match.kind:
        case "ask":
            return Row(match.key, match.label, keys="Ctrl+Enter", line=match.detail, group=group)
        case "metric" if isinstance(match.thing, Metric):
            certified = "Certified" if is_certified(match.thing) else ""
            mark = "Deprecated" if match.thing.deprecated is not None else certified
            return Row(
                match.key, match.label, unit=unit_of(match.thing), mark=mark, line=match.detail, why=match.why,
                group=group,
            )  # fmt: skip
        case "value" | "period":
            return Row(match.key, match.label, unit=match.detail, why=match.why, group=group)
        case _:
            return Row(match.key, match.label, line=match.detail, why=match.why, group=group)


def _saved(state: ExploreState) -> Sequence[SavedQuestion]:
    """Return the saved questions that this person can open, cached for half a minute.

    Returns none while the store is unavailable.
    """
    held: tuple[object, float, Sequence[SavedQuestion]] | None = st.session_state.get(SAVED)
    if held is None or held[0] != state.actor or monotonic() - held[1] > SAVED_SECONDS:
        try:
            questions = session.saved_work(session.require("viewer")[0], state.actor).questions()
        except SemanticError:
            questions = []
        held = st.session_state[SAVED] = state.actor, monotonic(), questions
    return held[2]


def pick(state: ExploreState, name: str, text: str, visible: VisibleModel) -> None:
    """Apply a row of the search results for a text. Nothing happens if the text no longer finds that row."""
    if not text:
        metric = name.removeprefix("metric:")
        if any(metric == known.name for known in visible.metrics):
            add_metric(state, metric)
            state.generation += 1
        return
    if name == REQUEST:
        sentences.request(text)
        return
    finder, names = session.finder(), recent_names(recent())
    used = session.search_ranks(state.actor)
    match = finder.find(text, state.actor, query=state.draft, saved=_saved(state), recent=names, used=used).get(name)
    if match is None:
        return
    if match.kind == "ask":
        sentences.ask(state, text)
    elif match.kind == "saved":
        _open(state, match.name)
    else:
        query = finder.question_with(match, state.actor, state.draft, recent=names)
        if query is not None:
            sentences.take_query(state, query)
        else:
            sentences.say(
                state, f"No metric works with {match.label}.", [sentences.NextStep("All metrics")], is_caution=True
            )


def _open(state: ExploreState, question: str) -> None:
    try:
        state.open(session.saved_work(session.require("viewer")[0], state.actor).open(question))
    except SemanticError as error:
        sentences.say(state, str(error), [], is_caution=True)
