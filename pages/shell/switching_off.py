"""The popover that switches something off for everyone. It asks for a reason, which people see while it's off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st

from pages.shell.parts import plain
from semantic.store.agents.agents import LONGEST_TEXT

AGENTS = "Switch off all agents"
AGENTS_EFFECT = "All agents' calls are refused within a second, on every server. Service tokens keep working."


def switch_off(
    label: str,
    effect: str,
    act: Callable[[str], None],
    *,
    key: str,
    kind: Literal["secondary", "tertiary"] = "secondary",
) -> None:
    """Draw the popover. `effect` says what happens, and `act` is called with the reason, which is never empty."""
    popover = st.popover(plain(label), icon=":material/power_settings_new:", key=key, type=kind, on_change="rerun")
    if not popover.open:
        return
    with popover, st.container(width=300):
        st.caption(plain(effect))
        why = st.text_input("Reason", key=f"{key}-why", max_chars=LONGEST_TEXT, live=True) or ""
        st.button(
            plain(label), key=f"{key}-now", type="primary", disabled=not why.strip(), on_click=_press, args=(key, act)
        )


def _press(key: str, act: Callable[[str], None]) -> None:
    if why := str(st.session_state.get(f"{key}-why") or "").strip():
        act(why)
