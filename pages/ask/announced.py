"""The invisible line that a screen reader announces when the conversation changes."""

from __future__ import annotations

from pathlib import Path

from streamlit.components.v2 import component

_line = component(
    "samepage_announced",
    html='<div class="said" role="status"></div>',
    css=(Path(__file__).with_suffix(".css")).read_text(encoding="utf-8"),
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


def announce(words: str) -> None:
    """Draw the line. A screen reader announces it each time its text changes."""
    _line(key="ask-announced", data=words, height=1)
