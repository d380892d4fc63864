"""An invisible line with which screen readers announce changes in the conversation."""

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
    """Draw the line. Screen readers announce it each time the text changes."""
    _line(key="ask-announced", data=words, height=1)
