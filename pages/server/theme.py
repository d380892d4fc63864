"""Read Streamlit's theme from its configuration once. Streamlit sends it with every run of every page.

Streamlit converts about 200 options each time, which is a tenth of the server's cost of a change in Explore. They don't
change while a server runs.
"""

from __future__ import annotations

from typing import Final

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

FILLS: Final = "_populate_theme_msg"
"""Streamlit's function that fills in one section of the theme. If it's missing, pages still work, but more slowly."""


def read_theme_once() -> None:
    """From now on, fill in each section of the theme from its first reading. Calling this again has no effect."""
    fill = getattr(app_session, FILLS, None)
    if fill is None or hasattr(fill, "kept"):
        return
    kept: dict[str, CustomThemeConfig] = {}

    def fill_from_kept(message: CustomThemeConfig, section: str = "theme") -> None:
        if section not in kept:
            fresh = CustomThemeConfig()
            fill(fresh, section)
            kept[section] = fresh
        if kept[section].ByteSize():  # Merging an empty section would mark the section as set.
            message.MergeFrom(kept[section])

    fill_from_kept.kept = kept  # pyright: ignore[reportFunctionMemberAccess]
    setattr(app_session, FILLS, fill_from_kept)
