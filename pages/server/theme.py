"""Read Streamlit's theme from the configuration once, because Streamlit sends it with every run of every page.

Streamlit converts about 200 options each time, a tenth of what a change in Explore costs the server. None of them
changes while a server runs.
"""

from __future__ import annotations

from typing import Final

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

FILLS: Final = "_populate_theme_msg"
"""Streamlit's function that fills in one section of the theme. Without it, pages still work, only slower."""


def read_theme_once() -> None:
    """Fill in each section from the first reading from now on. Calling this again changes nothing."""
    fill = getattr(app_session, FILLS, None)
    if fill is None or hasattr(fill, "kept"):
        return
    kept: dict[str, CustomThemeConfig] = {}

    def fill_from_kept(message: CustomThemeConfig, section: str = "theme") -> None:
        if section not in kept:
            fresh = CustomThemeConfig()
            fill(fresh, section)
            kept[section] = fresh
        if kept[section].ByteSize():  # merging an empty section would mark it as set
            message.MergeFrom(kept[section])

    fill_from_kept.kept = kept  # pyright: ignore[reportFunctionMemberAccess]
    setattr(app_session, FILLS, fill_from_kept)
