"""The latest comments that mention a person, on that person's Home page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.comments.words import author_words
from pages.shell import links
from pages.shell.parts import block, plain
from semantic.display.words.ages import ago

if TYPE_CHECKING:
    from datetime import datetime

    from semantic.services.comments.work import Mentioned

MOST: Final = 3
LONGEST: Final = 120


def mentions(found: Sequence[Mentioned], now: datetime) -> None:
    """Draw the comments, or nothing if there are none."""
    if not found:
        return
    with block("Comments that mention you"), st.container(border=True, gap="small", key="list-of-mentions"):
        for mentioned in found:
            _mention(mentioned, now)


def _mention(mentioned: Mentioned, now: datetime) -> None:
    kept, thing = mentioned.comment.kept, mentioned.thing
    is_board = kept.kind == "board"
    query = {links.BOARD_ID if is_board else links.SAVED: kept.thing, links.COMMENT: kept.id}
    text = " ".join(mentioned.comment.text.split())
    text = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
    with st.container(gap="xxsmall"):
        st.page_link(
            links.page_of(links.BOARD if is_board else links.EXPLORE), label=f"**{plain(thing.title)}**",
            icon=":material/chat_bubble:", query_params=query, width="content",
        )  # fmt: skip
        who = f"{author_words(kept)}, {ago(kept.written_at, now)}: {text}"
        st.markdown(f":small[:gray[{plain(who)}]]")
