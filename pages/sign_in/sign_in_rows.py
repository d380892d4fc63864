"""The sign-ins of a person, one row each: when and how it started, its last use, and how it ended. Active ones have a
button.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import streamlit as st

from pages.shell.parts import plain
from semantic.display.format import counted
from semantic.display.words.ages import ago, exact, time_left
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


def rows(sign_ins: Sequence[SignIn], now: datetime, *, here: str, end: Callable[[str], None]) -> None:
    """Draw the active sign-ins, then those that ended last.

    `here` is the number of this browser's sign-in, and `end` ends a sign-in by its number.
    """
    opened = [sign_in for sign_in in sign_ins if sign_in.is_open(now)]
    past = [sign_in for sign_in in sign_ins if not sign_in.is_open(now)]
    if opened:
        with st.container(border=True, gap="xxsmall", key="sign-ins-open"):
            for sign_in in opened:
                _open_row(sign_in, now, is_here=sign_in.number == here, end=end)
    else:
        st.caption("No active sign-ins.")
    if past:
        with st.expander(f"{counted(len(past), 'sign-in')} ended in the last month", key="sign-ins-past"):
            for sign_in in past[:_MOST_PAST]:
                st.markdown(f":small[{plain(_past_words(sign_in))}]")
            if len(past) > _MOST_PAST:
                st.caption(f"Showing the last {_MOST_PAST}. The audit log has all of them.")


def _open_row(sign_in: SignIn, now: datetime, *, is_here: bool, end: Callable[[str], None]) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"sign-in-{sign_in.number}"):
        how = "In the demo" if sign_in.is_demo else f"With {sign_in.provider}"
        mark = " :blue-badge[This browser]" if is_here else ""
        st.markdown(
            f"{plain(how)}, since {exact(sign_in.begun_at)}{mark}  \n:small[:gray[Used {ago(sign_in.seen_at, now)}, "
            f"{time_left(sign_in.until, now)}]]",
            width="stretch",
        )
        st.button("End", key=f"sign-in-end-{sign_in.number}", type="tertiary", on_click=end, args=(sign_in.number,))


def _past_words(sign_in: SignIn) -> str:
    if sign_in.ended_at is None:
        return f"{exact(sign_in.begun_at)} to {exact(sign_in.until)}. Expired."
    return f"{exact(sign_in.begun_at)} to {exact(sign_in.ended_at)}. {_WHY.get(sign_in.why_ended, 'Ended')}."
