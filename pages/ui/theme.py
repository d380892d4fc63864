"""The look of every page: style sheet, the colours of the reader's mode."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.components.v2 import component

from semantic.display.tokens import Tokens, tokens_for

_STYLE = f"<style>{(Path(__file__).parent / 'style.css').read_text(encoding='utf-8')}</style>"

# Streamlit repaints in the browser when the mode is switched but does not run the page, so charts would keep the other
# mode's ink until the next click. A span in the colour of the page has a transition on it, and its end is the signal.
_watch = component(
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
    """The style sheet; after the page's configuration."""
    st.html(_STYLE)


def watch_mode() -> None:
    """Runs the page again when the reader switches between light and dark."""
    _watch(key="mode", on_switched_change=lambda: None, height=1)


def current_tokens() -> Tokens:
    """The colours of the mode this browser shows."""
    return tokens_for(st.context.theme.type)
