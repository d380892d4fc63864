"""The list of public links: the board, audience and expiry of each, with a button that revokes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from typing import Final

import streamlit as st

from pages.govern.public_links import form as link_form
from pages.shell import links, session
from pages.shell.parts import COLOURS, Action, State, badge_text, empty_state, notice, page_header, plain
from pages.shell.turns import in_turn
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.services.public_links import OFF, why_not
from semantic.store.boards.public_links import LONGEST_WHY, PublicLink

PAGE: Final = 25
OLD, SHOWN, TOLD = "public-links-old", "public-links-shown", "public-links-told"


def header() -> None:
    """Draw the title with the button that creates a link."""
    workspace, actor = session.require("steward")
    is_open = workspace.settings.public_links and actor.viewed_by is None
    page_header(
        "Public links",
        "Share a single board with people who don't sign in, such as an agency, or on a wall display. Links are "
        "read-only, expire, and can be revoked at any time.",
        link_form.button if is_open else None,
    )
    if is_open:
        link_form.open_for_address()


@st.fragment
@in_turn
def links_list() -> None:
    """Draw the outcome of the last click, then the list, which reruns separately on every click."""
    workspace, actor = session.require("steward")
    if not workspace.settings.public_links:
        notice("quiet", "public_off", OFF, key="public-links-off")
    told: tuple[State, str, str] | None = st.session_state.get(TOLD)
    if told is not None:
        notice(*told, key="public-links-notice", act=Action("Close", _close_notice))
    live = session.live()
    try:
        every = session.public_link_work(workspace, actor).links()
        reasons = {link.number: why_not(link, live, workspace) for link in every}
    except SemanticError as error:
        empty_state(
            "cloud_off",
            "Couldn't load public links",
            str(error),
            [Action("Try again", _just_rerun)],
            key="public-links-away",
        )
        return
    if every:
        _listed(every, reasons)
    else:
        empty_state(
            "link_off", "No public links yet",
            "Every board requires sign-in. A public link lets anyone who has it view one board.",
            key="public-links-none",
        )  # fmt: skip
    if workspace.settings.public_links and actor.viewed_by is None:
        link_form.show(actor)


def _listed(every: Sequence[PublicLink], reasons: dict[str, str]) -> None:
    now = session.live().store.now()
    old = [link for link in every if link.state(now) in ("ended", "run_out")]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="public-links-narrowing"):
        works = sum(not reasons[link.number] for link in every)
        st.markdown(f":small[:gray[{counted(works, 'active link')}]]", width="stretch")
        if old:
            st.toggle(f"Revoked and expired ({len(old)})", key=OLD)
    chosen = [*every] if st.session_state.get(OLD) else [link for link in every if link not in old]
    if not chosen:
        empty_state(
            "link_off", "No active links", "Turn on the switch above to see revoked and expired links.",
            key="public-links-none-left",
        )  # fmt: skip
        return
    shown = st.session_state.get(SHOWN, PAGE)
    for link in chosen[:shown]:
        _row(link, reasons[link.number])
    if len(chosen) > shown:
        more = min(PAGE, len(chosen) - shown)
        st.button(f"Show {more} more", key="public-links-more", on_click=_more, args=(shown + PAGE,))


def _row(link: PublicLink, reason: str) -> None:
    state = link.state(session.live().store.now())
    word, colour, icon = _badge(link, reason)
    with st.container(border=True, gap="xsmall", key=f"public-link-{link.number}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(link.label)}**", width="content")
            st.badge(badge_text(word), icon=f":material/{icon}:", color=COLOURS[colour])
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.markdown("Opens", width="content")
            links.board_link(link.board_title or "a board", link.board, width="content")
        maker = link.maker_name.partition(", ")[0] or "someone who was erased"
        until = f"{link.until:%-d %b %Y}"
        facts = f"For {link.audience}. Created by {maker}. Expires {until}. {_opened(link)}."
        st.markdown(f":small[:gray[{plain(facts)}]]")
        why = f"Reason: {link.why_ended}" if link.why_ended else reason[:1].upper() + reason[1:]
        if why and state not in ("run_out",) and (link.why_ended or state != "ended"):
            st.markdown(f":small[:gray[{plain(why)}]]")
        if state not in ("ended", "run_out"):
            _end(link)


def _badge(link: PublicLink, reason: str) -> tuple[str, State, str]:
    now = session.live().store.now()
    match link.state(now):
        case "ended":
            return "Revoked", "quiet", "block"
        case "run_out":
            return "Expired", "quiet", "timer_off"
        case _ if reason:
            return "Stopped", "bad", "link_off"
        case "ends_soon":
            return f"Expires in {counted(ceil((link.until - now) / timedelta(days=1)), 'day')}", "caution", "schedule"
        case _:
            return "Active", "good", "check_circle"


def _opened(link: PublicLink) -> str:
    if link.opened_at is None:
        return "Never opened"
    return f"Loaded {counted(link.opens, 'time')}, last on {link.opened_at:%-d %b %Y}"


def _end(link: PublicLink) -> None:
    key = f"public-link-end-{link.number}"
    popover = st.popover("Revoke", icon=":material/block:", key=key, type="tertiary", on_change="rerun")
    if not popover.open:
        return
    with popover, st.container(width=280):
        st.caption("The link stops working at once, and open pages within a minute. This can't be undone.")
        st.text_input("Reason (optional)", key=f"{key}-why", max_chars=LONGEST_WHY, placeholder="The project ended")
        st.button("Revoke link", key=f"{key}-now", type="primary", on_click=_ended, args=(link.number,))


# Click handlers


def _ended(number: str) -> None:
    workspace, actor = session.require("steward")
    why = (st.session_state.get(f"public-link-end-{number}-why") or "").strip()
    try:
        link = session.public_link_work(workspace, actor).end(number, why)
    except SemanticError as error:
        st.session_state[TOLD] = "caution", "error", str(error)
        return
    st.session_state[TOLD] = "good", "block", f"{link.label} is revoked. Open pages stop within a minute."


def _close_notice() -> None:
    st.session_state.pop(TOLD, None)


def _more(count: int) -> None:
    st.session_state[SHOWN] = count


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the list."""
