"""The pace of an answer's single number, computed once per answer and drawn as a meter below the number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.result.pictures import Targets
from pages.shell import session
from pages.shell.parts import plain
from pages.widgets.meter import pace_meter
from semantic.display.failures import failure_title
from semantic.display.rows import main_values
from semantic.errors import SemanticError
from semantic.targets.pace import NoPace, Pace

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.results.result import Result
    from semantic.workspace import Workspace


@dataclass(frozen=True, slots=True)
class _CachedPace:
    """The pace of one answer, or why the answer has none. It's None if the metric has no target."""

    about: Result
    pace: Pace | NoPace | None


def show_pace(shown: Result, workspace: Workspace, actor: Actor, key: str) -> None:
    """Draw the meter, or the reason why there is none. Draws nothing if the metric has no target."""
    name = f"{key}-pace"
    cached: _CachedPace | None = st.session_state.get(name)
    if cached is None or cached.about is not shown:
        try:
            cached = _CachedPace(shown, session.target_work(workspace, actor).pace(shown.query, shown))
        except SemanticError as error:
            cached = _CachedPace(shown, NoPace(f"Couldn't check for a target. {failure_title(error)}"))
        st.session_state[name] = cached
    match cached.pace:
        case None:
            return
        case NoPace(why):
            st.caption(plain(f"No pace: {why}"))
        case pace:
            with st.container(width=320):
                pace_meter(pace, main_values(shown)[0], key=key)


def has_pace(key: str) -> bool:
    """Return whether the meter is drawn."""
    held: _CachedPace | None = st.session_state.get(f"{key}-pace")
    return held is not None and isinstance(held.pace, Pace)


def targets_on(shown: Result, workspace: Workspace, actor: Actor, key: str) -> Targets:
    """Return the targets of the answer's only metric for the chart, one for each period. They're read once."""
    if len(shown.keys) != 1 or shown.keys[0].grain is None:
        return ()
    name = f"{key}-targets"
    cached: tuple[Result, Targets] | None = st.session_state.get(name)
    if cached is None or cached[0] is not shown:
        try:
            lines = tuple(session.target_work(workspace, actor).by_period(shown.query, shown).items())
        except SemanticError:
            lines = ()  # The chart is complete without targets.
        cached = st.session_state[name] = shown, lines
    return cached[1]
