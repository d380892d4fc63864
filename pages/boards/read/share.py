"""Share a link to a board, in its current view or its default view."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

from pages.boards.read.state import address_of
from pages.explore.result.share import LONG, copy_field
from pages.shell import links, session

if TYPE_CHECKING:
    from pages.boards.read.state import BoardSession

AS_SET, AS_IT_OPENS = "Current view", "Default view"


def share_board(reading: BoardSession) -> None:
    """Draw the popover with the link. A board never filters by a person, so the address can always contain its
    settings.
    """
    with st.popover("Share", icon=":material/link:", key="board-share", on_change="rerun") as popover:
        if not popover.open:
            return
        with st.container(width=400, gap="small"):
            chosen = st.segmented_control(
                "Link opens", [AS_SET, AS_IT_OPENS], default=AS_SET, required=True, key="board-share-what",
                width="stretch",
            )  # fmt: skip
            address = address_of(reading) if chosen == AS_SET else {}
            link = link_of(reading.id, address, st.context.url or "")
            copy_field(key="board-share-copy", data={"link": link, "now": False}, width="stretch")
            if len(link) > LONG:
                st.caption(
                    "This link is long, and some email apps may break it. To shorten it, use fewer filter values."
                )
            st.caption(
                links.OWN_ACCESS
                if chosen == AS_SET
                else "People sign in to open it, and see the board as they last left it, or the default view."
            )
            _public_link(reading)


def _public_link(reading: BoardSession) -> None:
    """Draw the link that creates a public link, for people who can create one if public links are turned on."""
    actor = reading.actor
    if session.workspace().settings.public_links and actor.viewed_by is None and actor.is_at_least("steward"):
        st.page_link(
            links.page_of(links.PUBLIC_LINKS), label="Create a public link", icon=":material/public:",
            query_params={links.BOARD_ID: reading.id}, width="content",
        )  # fmt: skip


def link_of(board: str, said: dict[str, list[str]], page: str) -> str:
    """Return the absolute address of a board, based on the current page's address."""
    return f"{page.partition('?')[0]}?{urlencode({links.BOARD_ID: [board]} | said, doseq=True)}"
