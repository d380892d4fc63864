"""Compute the preview of an alert in a separate thread, so that the page never waits for it.

Until the new preview is ready, the page shows the previous one dimmed, and checks twice a second.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Final

import streamlit as st

from pages.shell import session
from pages.shell.turns import in_turn
from pages.widgets.held_answer import hold_answer
from semantic.alerts.alert import Alert
from semantic.errors import SemanticError
from semantic.services.alerts.work import Preview

PATIENCE: Final = 0.4  # the seconds that a page waits for a preview before it's drawn without it
UNSAID: Final = 3.0  # the seconds after which the page says that the preview is still being computed
HEIGHT: Final = 280  # the placeholder's height in pixels
WORKERS: Final = 4
Outcome = Preview | SemanticError
_pool: Final = ThreadPoolExecutor(WORKERS, thread_name_prefix="alert-preview")
"""The threads that compute all previews. Each page has at most one preview in the queue."""


@dataclass(slots=True)
class _Computing:
    """The preview that a page shows and the one being computed, each with its alert.

    `since` is when the computation began.
    """

    of: object
    shown: tuple[Alert, Outcome] | None = None
    pending: tuple[Alert, Future[Preview]] | None = None
    since: float = 0.0

    def ask(self, alert: Alert, compute: Callable[[Alert], Preview]) -> None:
        """Start the preview of an alert, and cancel the one that is still being computed."""
        if self.pending is not None and self.pending[0] == alert:
            return
        self.leave()
        if self.shown is None or self.shown[0] != alert:
            self.pending, self.since = (alert, _pool.submit(compute, alert)), monotonic()

    def leave(self) -> None:
        if self.pending is not None:
            self.pending[1].cancel()
        self.pending = None

    def settle(self, wait: float = 0.0) -> bool:
        """Store the preview if it's ready within `wait` seconds, and return whether all computation is done."""
        until = monotonic() + wait
        while self.pending is not None:
            alert, task = self.pending
            if not task.done():
                if monotonic() >= until:
                    return False
                sleep(0.01)
                continue
            try:
                self.shown = alert, task.result()
            except SemanticError as error:
                self.shown = alert, error
            self.pending = None
        return True


def show_computed(
    key: str, of: object, alert: Alert | None, compute: Callable[[Alert], Preview],
    draw: Callable[[Alert, Outcome], None],
) -> None:  # fmt: skip
    """Draw the preview of an alert with `draw`, or a placeholder. Draws nothing without an alert.

    The previous preview is shown only for the same `of`, such as one form and the person filling it in.
    """
    state: _Computing | None = st.session_state.get(key)
    if state is None or state.of != of:
        if state is not None:
            state.leave()
        state = st.session_state[key] = _Computing(of)
    if alert is None:
        state.leave()
        return
    state.ask(alert, compute)
    state.settle(PATIENCE)
    if state.shown is not None:
        draw(*state.shown)
    if state.pending is not None:
        _waiting(state)


@st.fragment(run_every=0.5)
@in_turn
def _waiting(state: _Computing) -> None:
    """Check twice a second whether the preview is ready, and after a while say that it's still being computed."""
    session.require("viewer")
    if state.settle():
        st.rerun()
    seconds = monotonic() - state.since
    words = f":gray[:material/progress_activity:] Still working: {seconds:.0f} s" if seconds >= UNSAID else ""
    if state.shown is None:
        st.skeleton(HEIGHT)
        st.markdown(words)
        return
    hold_answer()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="running"):
        if words:
            st.markdown(words, width="content")
