"""The widgets of the question builder, which are drawn from the question and change it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.additions import additions
from pages.explore.builder.breakdowns import breakdowns
from pages.explore.builder.comparisons import comparisons
from pages.explore.builder.filters import filters
from pages.explore.builder.metric_picker import metrics
from pages.explore.builder.periods import DEFAULT_PERIOD, grain, is_fiscal, period
from pages.explore.builder.question import ExploreState, write_address
from pages.explore.result.missing import missing_something
from pages.shell.parts import plain
from semantic.display.failures import failure_title
from semantic.query.describe import upper_first
from semantic.query.query import Query

if TYPE_CHECKING:
    from semantic.explore.preflight import Preflight
    from semantic.workspace import Workspace

__all__ = ["DEFAULT_PERIOD", "build", "folding"]

UNFOLDED = "builder_unfolded"


def build(state: ExploreState, workspace: Workspace) -> None:
    """Draw the builder. It reruns separately, or with the whole page if a change affects the answer."""
    visible, settings = workspace.visible(state.actor), workspace.model.settings
    preflight = state.check(workspace) if state.draft.metrics else None
    fiscal = is_fiscal(state.draft, settings)
    with st.container(border=True, gap="small", key="builder"):
        metrics(state, visible)
        period(state, preflight, settings, fiscal=fiscal, today=workspace.today())
        comparisons(state, preflight, visible)
        breakdowns(state, visible, preflight, workspace.model, lambda: missing_something(state, visible, workspace))
        grain(state, visible, preflight, fiscal=fiscal)
        filters(state, visible, preflight, workspace)
        additions(state, visible, preflight)
        _preflight_line(preflight)
        is_answered = state.result is not None and state.answered == state.draft
        st.button(
            "Run again" if is_answered else "Run", type="secondary" if is_answered else "primary", width="stretch",
            shortcut="Ctrl+Enter", key="run", on_click=_run, args=(state,),
            disabled=preflight is None or not preflight.ok,
        )  # fmt: skip
    if state.changed:
        state.changed = False
        write_address(state, workspace)
        st.rerun()


@contextmanager
def folding(held: ExploreState) -> Iterator[None]:
    """On a phone, collapse the builder of an answered question behind a button, so that the answer comes first."""
    is_open = bool(st.session_state.get(UNFOLDED)) and held.draft != Query()
    state = "first" if not held.draft.metrics else "open" if is_open else "shut"

    def turn() -> None:
        st.session_state[UNFOLDED] = not is_open

    # The state is in the button's key. In the builder's key, it would recreate the builder and lose the focus.
    with st.container(key=f"unfold-{state}"):
        st.button(
            "Show result" if is_open else "Edit question", icon=":material/tune:", key="unfold-builder",
            on_click=turn, width="stretch",
        )  # fmt: skip
    yield


def _run(state: ExploreState) -> None:
    state.press()
    state.changed = True  # The answer is outside this fragment.


def _preflight_line(preflight: Preflight | None) -> None:
    """Draw whether the question can be answered, and how much it reads."""
    if preflight is None:
        st.markdown(":small[:gray[:material/radio_button_unchecked: Pick a metric to begin.]]")
    elif preflight.ok:
        words = preflight.cost_words
        reads = f" {plain(upper_first(words))}." if words else ""
        waits = " Press Run." if preflight.cost == "large" else ""
        st.markdown(f":small[:green[:material/check_circle:] Valid.{reads}{waits}]")
    else:
        title = failure_title(preflight.error) if preflight.error else "This question can't be answered as asked"
        st.markdown(f":small[:orange[:material/error:] {plain(title)}]")
