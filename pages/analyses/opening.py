"""Open an analysis in the session: the one in the address, or the one that was open before."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Final, cast

import streamlit as st

from pages.analyses.draft import Data
from pages.analyses.kind import KindPage
from pages.analyses.kinds import KIND_PAGES
from pages.analyses.state import STRIDE, AnalysisState, asking_of, write_address
from pages.explore.builder.question import ECHO
from pages.shell import links, session
from semantic.analyses.events.named import analysis_of, find_named
from semantic.analyses.events.offers import event_metrics
from semantic.display.failures import failure_words
from semantic.errors import InvalidQuery, SemanticError
from semantic.query.codec import data_from_json

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.workspace import Workspace

KEY: Final = "analysis"
UNREAD: Final = "analysis-unread"
"""The session key for the reason why nothing could be opened."""

APART: Final = 1_000_000_000
"""The offset of the key numbers for filters here, so that their fields differ from those in Explore and alerts."""

LEFT_OUT: Final = "Filters that don't fit every step were left out."
MOST_TEXT: Final = 20_000
"""The maximum length of a definition in an address, in characters."""


def current(workspace: Workspace, actor: Actor) -> AnalysisState | None:
    """Return this session's analysis, or None if neither the address nor the session has one.

    Call this before drawing any field, because a new address replaces the session's analysis.
    """
    state: AnalysisState | None = st.session_state.get(KEY)
    text = st.query_params.get(links.ANALYSIS, "")
    version = workspace.model.version
    if state is not None and (state.actor, state.version) != (actor, version):
        state.leave()
        text = text or (state.address or "")
        state = None
        st.session_state.pop(KEY, None)
    saved = st.query_params.get(links.SAVED, "")
    if links.NAMED in st.query_params:
        state, text = _open_named(workspace, actor, state), ""
    if saved and (state is None or state.saved is None or state.saved.head.id != saved):
        state = _open_saved(saved, workspace, actor, state)
    elif not text and links.ANALYZED in st.query_params:
        state = _begun(workspace, actor) or state
    if text and (state is None or (text != state.address and not _is_echo(state, text))):
        state = _opened(text, workspace, actor, state)
    if state is not None:
        state.take()
        state.asking.draft = replace(state.asking.draft, metrics=tuple(state.metrics()))
        state.asking.changed = False
        write_address(state, workspace)
    return state


def _begun(workspace: Workspace, actor: Actor) -> AnalysisState | None:
    """Return the analysis that a link from another page starts, for a metric with the link's period and filters."""
    params = st.query_params
    asked = {name: params.get(name, "") for name in (links.ANALYZED, links.KIND, "time", "where")}
    params.clear()
    page = KIND_PAGES.get(asked[links.KIND]) or next(iter(KIND_PAGES.values()))
    seen = workspace.visible(actor)
    known = any(metric.name == asked[links.ANALYZED] for metric in event_metrics(seen))
    data = page.start(asked[links.ANALYZED], seen, workspace) if known and page.start is not None else None
    if data is None:
        return None
    more: Data = {}
    for key in ("time", "where"):
        if asked[key]:
            try:
                more[key] = data_from_json(asked[key])
            except InvalidQuery:
                continue
    return begin(*_fitting(page, data, more, workspace, actor))


def _fitting(
    page: KindPage, data: Data, more: Data, workspace: Workspace, actor: Actor
) -> tuple[Data, Workspace, Actor, tuple[str, ...]]:
    """Return the arguments for `begin`: a definition with the period and filters added.

    Filters that don't fit are left out, and a note says so.
    """
    for kept, said in ((more, ()), ({key: more[key] for key in more if key == "time"}, (LEFT_OUT,)), ({}, (LEFT_OUT,))):
        try:
            whole = page.data(page.read(data | kept))
            if page.check is None or not page.check(workspace, page.read(whole), actor):
                return whole, workspace, actor, said if "where" in more else ()
        except SemanticError:
            continue
    return data, workspace, actor, ()


def begin(data: Data, workspace: Workspace, actor: Actor, banner: tuple[str, ...] = ()) -> AnalysisState:
    """Return a new analysis for the session. The kind of the definition must be known."""
    before: AnalysisState | None = st.session_state.get(KEY)
    generation = 0 if before is None else before.generation + 1
    version, kind = workspace.model.version, str(data["kind"])
    asked = asking_of(data, KIND_PAGES[kind].metrics(data), actor, version, APART + generation * STRIDE)
    state = AnalysisState(actor, version, kind, data, asked, KIND_PAGES, generation=generation, banner=banner)
    if before is not None:
        before.leave()
        if before.actor == actor:
            state.address = before.address  # The browser keeps the old address until the new one is written.
            state.history.before = [*before.history.before[-48:], before.data]
    st.session_state[KEY] = state
    return state


def _open_saved(saved: str, workspace: Workspace, actor: Actor, state: AnalysisState | None) -> AnalysisState | None:
    """Return the saved analysis in an address. If it can't be opened, the page says why and keeps the
    current analysis.
    """
    try:
        opened = session.analysis_work(workspace, actor).open(saved[:40])
    except SemanticError as error:
        del st.query_params[links.SAVED]
        return _show_reason(failure_words(error), state)
    state = begin(opened.analysis.data, workspace, actor)
    state.saved = opened
    return state


def _open_named(workspace: Workspace, actor: Actor, state: AnalysisState | None) -> AnalysisState | None:
    """Return the named analysis in a link. If it can't be opened, the page says why and keeps the current analysis."""
    name = st.query_params.get(links.NAMED, "")
    for key in (links.NAMED, links.SAVED, links.ANALYSIS):
        if key in st.query_params:
            del st.query_params[key]
    seen = workspace.visible(actor)
    try:
        found = find_named(name[:100], seen)
    except SemanticError as error:
        return _show_reason(failure_words(error), state)
    state = begin(analysis_of(found, seen.model).data, workspace, actor)
    state.named = found.name
    return state


def _show_reason(reason: str, state: AnalysisState | None) -> AnalysisState | None:
    """Show why a link can't be opened: above the current analysis, or in its place if there is none."""
    if state is None:
        st.session_state[UNREAD] = reason
    else:
        state.banner = (reason,)
    return state


def _opened(text: str, workspace: Workspace, actor: Actor, state: AnalysisState | None) -> AnalysisState | None:
    """Return the analysis in an address. If it can't be read, the page says why and keeps the current analysis."""
    try:
        data = read_definition(text)
    except SemanticError as error:
        if state is None:
            st.session_state[UNREAD] = failure_words(error)
            return None
        state.banner, state.address = (f"This link couldn't be opened. {error}",), text
        return state
    if state is not None and state.kind == data["kind"] and state.history.before[-1:] == [data]:
        state.undo()
    elif state is not None and state.kind == data["kind"]:
        state.show(data)
    else:
        state = begin(data, workspace, actor)
    state.address = text
    return state


def read_definition(text: str) -> Data:
    """Return the definition in an address, after its kind has checked it. Raises InvalidQuery."""
    if len(text) > MOST_TEXT:
        raise InvalidQuery("It's too long.")
    try:
        data = data_from_json(text)
    except InvalidQuery as error:
        raise InvalidQuery("It's incomplete. Ask for a new one.") from error
    kind = cast("dict[str, object]", data).get("kind") if isinstance(data, dict) else None
    page = KIND_PAGES.get(kind) if isinstance(kind, str) else None
    if page is None:
        raise InvalidQuery("This page doesn't have that kind of analysis.")
    return page.data(page.read(data))


def _is_echo(state: AnalysisState, text: str) -> bool:
    return text == state.address_before and monotonic() - state.address_at < ECHO


def open_example(page: KindPage, workspace: Workspace, actor: Actor, *, keep: bool = True) -> str:
    """Open an example of a kind for this person. Returns "", or the reason why there is no example.

    A period that the person chose is kept, but not the period of another kind's example, because kinds need different
    periods.
    """
    before: AnalysisState | None = st.session_state.get(KEY)
    example = page.example(workspace.visible(actor), workspace)
    if isinstance(example, str):
        st.session_state[UNREAD] = example
        return example
    usual = example.get("time")
    if (
        keep
        and before is not None
        and before.actor == actor
        and before.data.get("time") not in (None, before.usual_time)
    ):
        example = {**example, "time": before.data["time"]}
    state = begin(example, workspace, actor)
    state.usual_time = usual
    if before is not None:
        state.address = st.query_params.get(links.ANALYSIS, "")  # the previous one would open again
    return ""
