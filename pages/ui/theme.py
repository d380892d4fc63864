"""The look of every page: style sheet, logo, colours of the reader's mode. `apply` once before the page, `watch_mode` after it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from semantic.display.tokens import Tokens, tokens_for

_ROOT = Path(__file__).parents[2]
LOGO = str(_ROOT / ".streamlit" / "logo.svg")
"""Also the page's icon: a named icon there would be fetched from a font host."""

FONTS = _ROOT / ".streamlit" / "fonts"
"""Served at /look by a route of the app: the address that config.toml gives the browser."""

_STYLE = Path(__file__).parent / "style.css"

# Streamlit repaints in the browser when the mode is switched but does not run the page, so charts would keep the other
# mode's ink until the next click. A span in the colour of the page has a transition on it, and its end is the signal.
_watch = st.components.v2.component(
    "samepage_mode",
    html="<span></span>",
    css="span { color: var(--st-background-color); transition: color 1ms; }",
    js="""
export default function ({ parentElement, setTriggerValue }) {
  const span = parentElement.querySelector("span")
  const tell = () => setTriggerValue("switched", true)
  span.addEventListener("transitionend", tell)
  return () => span.removeEventListener("transitionend", tell)
}
""",
)


def apply() -> None:
    """Style sheet and logo. Call after `st.set_page_config(page_icon=theme.LOGO, layout="wide", ...)`."""
    st.html(_STYLE)
    st.logo(LOGO, size="small")


def watch_mode() -> None:
    """Runs the page again when the reader switches between light and dark."""
    _watch(key="mode", on_switched_change=lambda: None, height=1)


def current_tokens() -> Tokens:
    """The colours of the mode this browser shows."""
    return tokens_for(st.context.theme.type)
