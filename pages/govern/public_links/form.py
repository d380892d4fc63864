"""The form that creates a public link and shows it once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import streamlit as st

from pages.shell import links, session
from pages.shell.parts import plain
from pages.shell.turns import in_turn
from pages.widgets.item_words import distinct_titles
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.services.public_links import NO_AUDIENCE, PublicLinkWork
from semantic.store.boards.boards import BoardHead
from semantic.store.boards.public_links import LASTS, LONGEST_LABEL, PublicLink

OPEN, TIMES, MADE, WRONG = "public-link-form", "public-link-times", "public-link-made", "public-link-wrong"
"""The session keys for the open form, the number of times it was opened, the new link with its secret part, and the
last error.
"""

BOARD, AUDIENCE, LABEL, DAYS = (
    "public-link-board", "public-link-audience", "public-link-label", "public-link-days",
)  # fmt: skip
EXPIRE: Final[Mapping[int, str]] = {7: "7 days", 30: "30 days", 90: "90 days", 180: "180 days", 365: "A year"}


def button() -> None:
    """Open the form for a new public link."""
    st.button("Create link", icon=":material/add:", key="public-link-new", type="primary", on_click=open_form)


def open_form() -> None:
    for name in (MADE, WRONG):
        st.session_state.pop(name, None)
    st.session_state[OPEN] = True
    st.session_state[TIMES] = st.session_state.get(TIMES, 0) + 1


def open_for_address() -> None:
    """Open the form, once, for the board in the address. The Share menu of a board leads here."""
    board = st.query_params.get(links.BOARD_ID, "")
    if board and st.session_state.get("public-link-asked") != board:
        st.session_state["public-link-asked"] = board
        open_form()


def show(actor: Actor) -> None:
    """Draw the open form, or the new link."""
    if OPEN in st.session_state:
        _dialog(actor)


def key_of(field: str) -> str:
    """Return the key of a field in the open form. It changes each time the form opens."""
    return f"{field}-{st.session_state.get(TIMES, 0)}"


def _close() -> None:
    for name in (OPEN, MADE, WRONG):
        st.session_state.pop(name, None)


@st.dialog("Public link", width="medium", icon=":material/public:", on_dismiss=_close)
@in_turn
def _dialog(actor: Actor) -> None:
    workspace, asking = session.require("steward")
    if asking != actor:
        st.rerun()
    if MADE in st.session_state:
        _made(*st.session_state[MADE])
        return
    try:
        work = session.public_link_work(workspace, actor)
        boards = [board for board in session.board_work(workspace, actor).boards() if board.version]
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/error:")
        return
    _form(work, boards)


def _form(work: PublicLinkWork, boards: list[BoardHead]) -> None:
    if not work.audiences:
        st.warning(plain(NO_AUDIENCE), icon=":material/policy:")
        return
    titles = distinct_titles(boards)
    asked = st.query_params.get(links.BOARD_ID, "")
    board = st.selectbox(
        "Board", list(titles), index=list(titles).index(asked) if asked in titles else None, key=key_of(BOARD),
        placeholder="Choose a published board", format_func=lambda board: titles[board],
    )  # fmt: skip
    left, right = st.columns(2, gap="small")
    with left:
        audience = st.selectbox(
            "Audience", work.audiences, index=0 if len(work.audiences) == 1 else None, key=key_of(AUDIENCE),
            placeholder="Choose an audience",
            help="Anyone with the link sees what the policies for this audience show, never what you see.",
        )  # fmt: skip
    with right:
        st.selectbox(
            "Expires after", list(EXPIRE), index=list(EXPIRE).index(LASTS.days), key=key_of(DAYS),
            format_func=lambda days: EXPIRE[days],
        )  # fmt: skip
    st.text_input(
        "Label", "", key=key_of(LABEL), max_chars=LONGEST_LABEL, placeholder="Agency wall",
        help="Who the link is for. Only stewards and administrators see it.",
    )  # fmt: skip
    st.caption(
        "Anyone who has the link can view the board without signing in, including its title, notes and text. They "
        "can't filter it, export it or open anything else."
    )
    _say_what_is_missing(work, board, audience)
    if (wrong := st.session_state.get(WRONG)) is not None:
        st.warning(plain(wrong), icon=":material/error:")
    st.button("Create", key="public-link-create", type="primary", on_click=_make)


def _say_what_is_missing(work: PublicLinkWork, board: str | None, audience: str | None) -> None:
    """Warn about the tiles of a board that an audience can't see, before the link is created."""
    if not board or not audience:
        return
    try:
        hidden, tiles = work.unavailable_tiles(board, audience)
    except SemanticError:
        return  # Creating the link shows the error.
    if hidden:
        st.warning(
            plain(
                f"This audience can't see {hidden} of {counted(tiles, 'tile')} on this board. In place of each of "
                f"these tiles, readers see that it isn't available."
            ),
            icon=":material/visibility_off:",
        )


def _make() -> None:
    """Create the link, after checking the person's access again. On an error, the form stays open and shows it."""
    workspace, actor = session.require("steward")

    def given(field: str) -> Any:  # Any: the session's value for a field
        return st.session_state.get(key_of(field))

    if not given(BOARD):
        st.session_state[WRONG] = "Choose a board."
        return
    try:
        work = session.public_link_work(workspace, actor)
        made = work.make(given(BOARD), given(AUDIENCE) or "", given(LABEL) or "", int(given(DAYS) or LASTS.days))
    except SemanticError as error:
        st.session_state[WRONG] = str(error)
        return
    st.session_state.pop(WRONG, None)
    st.session_state[MADE] = made


def _made(link: PublicLink, text: str) -> None:
    """Show the new link. It isn't stored, and is only visible until this dialog is closed."""
    st.warning("Copy the link now, because you won't see it again.", icon=":material/visibility_off:")
    address = public_address(text)
    st.code(address, language=None, wrap_lines=True)
    st.caption("For a wall display, with larger type and the next tab every 30 seconds:")
    st.code(f"{address}?present=1&rotate=30", language=None, wrap_lines=True)
    until = f"{link.until:%-d %b %Y}"
    st.markdown(
        f"**{plain(link.label)}** opens {plain(link.board_title)} until {until}, for {plain(link.audience)}. You can "
        "revoke it at any time."
    )
    if st.button("I've copied it", key="public-link-copied", type="primary"):
        _close()
        st.rerun()


def public_address(text: str) -> str:
    """Return the absolute address of a public link.

    Its host is the one where people sign in, or else the one of the current page.
    """
    company = session.settings().sign_in
    parts = urlsplit(st.context.url or "")
    site = company.address if company is not None else f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return f"{site}/public/{text}"
