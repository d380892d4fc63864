"""The fields that every alert has: the periods to check, the waiting times, and the name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from pages.alerts.edit.draft import Draft
from pages.shell.parts import plain
from semantic.alerts.alert import (
    GRAINS,
    LONGEST_NAME,
    MOST_APART_DAYS,
    MOST_ENDS_AFTER,
    MOST_HOLD_DAYS,
    Alert,
    DataLate,
)
from semantic.model.definitions import Granularity

CHECKED: Final[Mapping[Granularity, str]] = {
    Granularity.DAY: "Every day", Granularity.WEEK: "Every week", Granularity.MONTH: "Every month",
}  # fmt: skip


def name_field(draft: Draft) -> str:
    """Draw the field for the alert's name, and return the name."""
    name = st.text_input(
        "Name (optional)", value=draft.before.name if draft.before is not None else "", key=f"{draft.key}-name",
        max_chars=LONGEST_NAME, placeholder="If empty, the rule is used as the name",
    )  # fmt: skip
    return " ".join((name or "").split())


def chosen_grain(draft: Draft, usual: Granularity) -> Granularity:
    """Return the period chosen in a field further down, or `usual` by default.

    The fields of the rule are drawn first and depend on it.
    """
    start = draft.before.grain if draft.before is not None else usual
    chosen = st.session_state.get(f"{draft.key}-grain", start)
    return chosen if chosen in GRAINS else start


def _choose_grain(draft: Draft, grain: Granularity, grains: Sequence[Granularity]) -> None:
    st.selectbox(
        "Checked", grains, index=grains.index(grain) if grain in grains else 0, key=f"{draft.key}-grain",
        format_func=lambda grain: CHECKED[grain],
        help="Each day, week or month is checked once it's over and its data is loaded. Today is never checked.",
    )  # fmt: skip


def patience_fields(
    draft: Draft, grain: Granularity, *, is_about_data: bool = False, grains: Sequence[Granularity] = GRAINS
) -> tuple[int, int, int]:
    """Draw the waiting times of an alert, and return them.

    They are the days between two messages, the number of normal periods after which the alert ends, and the most days
    that a period is held.
    """
    start = draft.before or _PATIENT
    with st.grid(2, min_column_width=140, gap="small"):
        _choose_grain(draft, grain, grains)
        apart = st.number_input(
            "Days between alerts", min_value=1, max_value=MOST_APART_DAYS, value=start.apart_days, step=1,
            key=f"{draft.key}-apart",
        )  # fmt: skip
        ends = st.number_input(
            plain(f"Ends after ({grain.words}s)"), min_value=1, max_value=MOST_ENDS_AFTER, value=start.ends_after,
            step=1,
            key=f"{draft.key}-ends",
            help=plain(f"After it fires, it can't fire again until this many normal {grain.words}s."),
        )  # fmt: skip
        held = start.hold_days
        if not is_about_data:
            held = st.number_input(
                "Hold for at most (days)", min_value=1, max_value=MOST_HOLD_DAYS, value=start.hold_days, step=1,
                key=f"{draft.key}-held",
                help="If data is late, isn't final, is too little to judge or fails a check, no message is sent. "
                    "After this time, the message is sent anyway, and says what isn't final.",
            )  # fmt: skip
    return int(apart), int(ends), int(held)


_PATIENT = Alert(metric="", rule=DataLate())
"""An alert with the default waiting times of a new form."""
