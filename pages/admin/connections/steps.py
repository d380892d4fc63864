"""The steps of a connection's test, drawn one by one as they finish."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.shell import session
from pages.shell.parts import plain
from pages.shell.turns import in_turn
from semantic.services.connecting import Step
from semantic.services.connecting.work import ConnectionTest

NAMES: Final = {
    "reachable": "Reachable", "signed in": "Signed in", "tables": "Tables", "read-only": "Read-only",
}  # fmt: skip
_ICONS: Final = {
    "ok": ":green[:material/check_circle:]",
    "warning": ":orange[:material/warning:]",
    "failed": ":red[:material/cancel:]",
    "skipped": ":gray[:material/remove:]",
}
_RUNNING: Final = ":gray[:material/progress_activity:]"
_WAITING: Final = ":gray[:material/radio_button_unchecked:]"


def last_tests() -> dict[str, ConnectionTest]:
    """Return the last test of each connection in this tab, by card key. The tests no longer contain the address."""
    return st.session_state.setdefault("connection-tests", {})


def card_key(name: str, *, is_stored: bool) -> str:
    """Return the key of a connection's card.

    A connection from the settings and one added in the app can have the same name, but get different keys.
    """
    return f"linked-{name}" if is_stored else f"linked-set-{name}"


def draw_steps(test: ConnectionTest, key: str) -> None:
    """Draw the steps of a test until it's done, then rerun the whole page."""
    if test.is_done:
        _draw(test, key)
    else:
        _under_way(test, key)


@st.fragment(run_every=0.5)
@in_turn
def _under_way(test: ConnectionTest, key: str) -> None:
    session.require("administrator")
    if test.is_done:
        st.rerun()
    _draw(test, key)


def _draw(test: ConnectionTest, key: str) -> None:
    is_done, steps = test.is_done, {step.name: step for step in test.steps}
    has_failed = any(step.state == "failed" for step in steps.values())
    with st.container(gap="xxsmall", key=f"{key}-steps"):
        is_next = not is_done
        for name, label in NAMES.items():
            step = steps.get(name)
            if step is not None:
                _finished(label, step)
            elif is_next:
                st.markdown(f"{_RUNNING} **{plain(label)}** &nbsp;:gray[Testing…]")
                is_next = False
            elif not is_done or has_failed:
                st.markdown(f"{_WAITING} :gray[{plain(label)}]")


def _finished(label: str, step: Step) -> None:
    remedy = f"  \n:small[:gray[{plain(step.remedy)}]]" if step.remedy else ""
    st.markdown(f"{_ICONS[step.state]} **{plain(label)}** &nbsp;{plain(step.says)}{remedy}")
