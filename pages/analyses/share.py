"""Share an analysis by link. The link to a saved analysis is short; any other contains the whole definition."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import streamlit as st

from pages.analyses.saving import is_changed
from pages.analyses.state import AnalysisState, definition_text, is_personal
from pages.explore.result.share import LONG, copy_field
from pages.shell import links
from pages.shell.parts import plain, quoted

if TYPE_CHECKING:
    from semantic.workspace import Workspace

LONG_LINK = "This link is long, and some email apps may break it. Save the analysis in a shared space for a short one."


def share_button(state: AnalysisState, workspace: Workspace) -> None:
    """Draw the popover with the link."""
    with st.popover("Share", icon=":material/link:", key="analysis-share", on_change="rerun") as popover:
        if popover.open:
            _share(state, workspace)


def _share(state: AnalysisState, workspace: Workspace) -> None:
    with st.container(width=400, gap="small"):
        is_saved = _is_shared(state)
        if is_personal(state, workspace) and not is_saved:
            st.caption("This analysis filters by a person. To keep names out of URLs, it has no link.")
            return
        link = link_of(state, st.context.url or "")
        copy_field(key="analysis-copy", data={"link": link, "now": False}, width="stretch")
        if is_saved and state.saved is not None:
            st.caption(plain(f"Opens the newest version of {quoted(state.saved.head.name)}."))
        elif len(link) > LONG:
            st.caption(LONG_LINK)
        st.caption(links.OWN_ACCESS)


def link_of(state: AnalysisState, page: str) -> str:
    """Return the absolute address of the analysis, based on the current page's address.

    The address contains the definition, unless the analysis is saved, unchanged and shared with others.
    """
    base = page.partition("?")[0]
    if state.saved is not None and _is_shared(state):
        return f"{base}?{urlencode({links.SAVED: state.saved.head.id})}"
    return f"{base}?{links.ANALYSIS}={quote(definition_text(state.data))}"


def _is_shared(state: AnalysisState) -> bool:
    """Return whether the saved analysis is shared and unchanged, so that others see exactly this one under its ID."""
    opened = state.saved
    is_newest = opened is not None and opened.version == opened.head.version and not is_changed(state)
    return opened is not None and is_newest and bool(opened.head.space) and not opened.head.is_archived
