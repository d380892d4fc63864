"""The settings that most metrics don't need: the target, the time after which days count, and how the
metric is filed.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.govern.definitions.form.fields import Form, choice, length_field, put, show_problems, words_field
from semantic.model.kinds import KINDS

MORE: Final = ("target", "final_after", "counts_after", "every_period", "grain", "tags")
GRAINS: Final = {"hour": "Hour", "day": "Day", "week": "Week", "month": "Month", "quarter": "Quarter", "year": "Year"}


def more_settings(form: Form, kind: str) -> None:
    """Draw these settings, expanded if one of them is set or has a problem."""
    is_any = any(key in form.data for key in MORE) or bool(form.value("enough", "interval"))
    wrong = any(problem.path[:1] == (key,) for problem in form.problems for key in MORE)
    with st.expander("More settings", expanded=is_any or wrong):
        left, right = st.columns(2, gap="small")
        with left:
            targets = {
                one.name: one.label
                for one in form.offered.metrics.values()
                if (one.format, one.unit) == _looks(form) and one.name != form.key[1]
            }
            choice(
                form, "Target", targets, "target", empty="None",
                help="The metric with this one's target, in the same unit and format.",
            )  # fmt: skip
        with right:
            choice(form, "Shown by", GRAINS, "grain", empty="Day (default)", help="The periods of a chart over time.")
        length_field(
            form, "A day is final after", "final_after", without="Same as its measures", start="14 days",
            only=("day", "week"), help="How long a day's number can still change.",
        )  # fmt: skip
        if kind == "simple" or "counts_after" in form.data:
            length_field(
                form, "A day counts after", "counts_after", without="At once", start="365 days",
                only=("day", "week"), help="Later data that a day needs, such as 365 days for a customer's first year.",
            )  # fmt: skip
        if kind in KINDS and (KINDS[kind].every_period or "every_period" in form.data):
            _switch(form, "Show periods without rows too", "every_period")
        if kind == "ratio":
            _interval(form)
        words_field(form, "Tags", "tags", help="Policies can refer to tags, such as personal.")


def _looks(form: Form) -> tuple[str, str]:
    return form.value("format") or "number", form.value("unit")


def _switch(form: Form, label: str, key: str) -> None:
    widget = form.widget(key)
    st.checkbox(
        label, value=form.value(key) == "true", key=widget,
        on_change=lambda: put(form, (key,), "true" if st.session_state.get(widget) else ""),
    )  # fmt: skip
    show_problems(form, key)


def _interval(form: Form) -> None:
    """Draw the checkbox for Wilson's interval, which the text stores together with the minimum of data."""
    widget = form.widget("enough", "interval")
    st.checkbox(
        "Show how sure the share is (95% interval)", value=form.value("enough", "interval") == "wilson", key=widget,
        help="Only if the numerator counts a part of what the denominator counts, such as engaged sessions of all "
        "sessions.",
        on_change=lambda: put(form, ("enough", "interval"), "wilson" if st.session_state.get(widget) else ""),
    )  # fmt: skip
    show_problems(form, "enough", "interval")
