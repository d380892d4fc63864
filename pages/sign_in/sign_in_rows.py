"""A person's sign-ins, one row each: when and how it started, last use, and how it ended; active ones with a button."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import streamlit as st

from pages.shell.parts import plain
from semantic.display.format import counted
from semantic.display.words.ages import ago, exact, left
from semantic.store.accounts.sign_ins import SignIn

_MOST_PAST: Final = 10
_WHY: Final = {
    "signed_out": "Signed out",
    "everywhere": "Signed out everywhere",
    "deactivated": "Account deactivated",
    "provider": "Ended by the provider",
    "unanswered": "Provider unreachable for too long",
    "replaced": "Replaced by another sign-in",
    "restored": "Store restored",
    "freed": "ID released",
    "erased": "Erased",
}


def rows(found: Sequence[SignIn], now: datetime, *, here: str, end: Callable[[str], None]) -> None:
    """The active ones, then the last that ended. `here` is this browser's own number; `end` ends one by number."""
    opened = [one for one in found if one.is_open(now)]
    past = [one for one in found if not one.is_open(now)]
    if opened:
        with st.container(border=True, gap="xxsmall", key="sign-ins-open"):
            for one in opened:
                _open_row(one, now, is_here=one.number == here, end=end)
    else:
        st.caption("No active sign-ins.")
    if past:
        with st.expander(f"{counted(len(past), 'sign-in')} ended in the last month", key="sign-ins-past"):
            for one in past[:_MOST_PAST]:
                st.markdown(f":small[{plain(_past_words(one))}]")
            if len(past) > _MOST_PAST:
                st.caption(f"Showing the last {_MOST_PAST}. The audit log has all of them.")


def _open_row(one: SignIn, now: datetime, *, is_here: bool, end: Callable[[str], None]) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"sign-in-{one.number}"):
        how = "In the demo" if one.is_demo else f"With {one.provider}"
        mark = " :blue-badge[This browser]" if is_here else ""
        st.markdown(
            f"{plain(how)}, since {exact(one.begun_at)}{mark}  \n:small[:gray[Used {ago(one.seen_at, now)}, "
            f"{left(one.until, now)}]]",
            width="stretch",
        )
        st.button("End", key=f"sign-in-end-{one.number}", type="tertiary", on_click=end, args=(one.number,))


def _past_words(one: SignIn) -> str:
    if one.ended_at is None:
        return f"{exact(one.begun_at)} to {exact(one.until)}. Expired."
    return f"{exact(one.begun_at)} to {exact(one.ended_at)}. {_WHY.get(one.why_ended, 'Ended')}."
