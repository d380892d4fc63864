"""The form of retention: the first event, the return, and how it counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.analyses.draft import Data, at, put
from pages.analyses.form import Form
from pages.analyses.retention.questions import questions
from pages.shell.parts import plain, unseen
from semantic.analyses.events.retention.question import MOST_PERIODS

UNITS = {"day": "Day", "week": "Week", "month": "Month"}
STARTS = {"ever": "First ever", "period": "First in the period"}
CLOCKS = {"calendar": "Calendar", "rolling": "Rolling"}
SEVEN, THIRTY = [[1, 7], [8, 14], [15, 30]], [[1, 30], [31, 60], [61, 90]]
ON, LATER, SHORT, LONG = "on", "on_or_after", "7", "30"
COUNTS = {ON: "In that period", LATER: "In that period or later"}
RANGES = {SHORT: "Days 1–7, 8–14, 15–30", LONG: "Days 1–30, 31–60, 61–90"}
OWN = "own"
MEASURES = {"subjects": "Who came back", "events": "How often", "amount": "Amounts"}
SAME = ""


def form(form: Form) -> None:
    """Draw common questions, the two events, the subject, the length of a period and the breakdown."""
    _ready(form)
    form.subject()
    _event(form, "First event", "first")
    _return(form)
    form.choice("Count returns by", ("unit",), UNITS, default="month", style="row")
    form.bind(form.key("unit"), _with_unit)
    form.breakdown("Break down by", ("by",), of=[str(at(form.data, ("first", "metric"), ""))])


def counting(form: Form) -> None:
    """Draw the fields of "How it counts", which change the numbers."""
    _survival(form)
    _choices(form)
    key = form.key("survival")
    if key in form.state.bound:  # This field is read last, because it drops values of other fields.
        form.state.bound[key] = form.state.bound.pop(key)


def _choices(form: Form) -> None:
    data = form.data
    form.choice(
        "Begins with", ("start",), STARTS, default="ever",
        help="The first event in all known data, or just the first in the period.",
    )  # fmt: skip
    if data.get("unit", "month") != "month":
        form.choice(
            "Days and weeks", ("clock",), CLOCKS, default="calendar",
            help="Rolling: day 1 begins 24 hours after the first event.",
        )  # fmt: skip
        form.bind(form.key("clock"), _with_clock)
    if not data.get("survival"):
        _count(form)
    if not data.get("brackets"):
        form.number("Periods shown", ("periods",), least=1, most=MOST_PERIODS, default=12)
        form.bind(form.key("periods"), _with_periods)
    if data.get("survival"):
        return
    form.over(label="Cohorts by")
    if data.get("count", ON) == ON:
        form.choice("Count", ("measure",), MEASURES, default="subjects")
        form.bind(form.key("measure"), _with_measure)
    if len(slots := slots_of(data)) > 1:
        form.choice("Headline shows", ("at",), dict(enumerate(slots, start=1)), default=1)
        form.bind(form.key("at"), _with_at)


def slots_of(data: Data) -> list[str]:
    """Return the names of the periods that a definition shows."""
    unit = str(data.get("unit", "month"))
    brackets: list[list[int]] = data.get("brackets") or []
    if brackets:
        return [f"{unit}s {low}–{high}" if low != high else f"{unit} {low}" for low, high in brackets]
    more = " or later" if data.get("count") == LATER else ""
    return [f"{unit} {period}{more}" for period in range(1, int(data.get("periods", 12)) + 1)]


def _ready(form: Form) -> None:
    """Draw a menu of common questions, which run immediately."""
    ready = questions(form.workspace, form.state.actor)
    if not ready:
        return
    with st.popover(
        "Common questions", icon=":material/lightbulb:", width="stretch", key=form.key("questions"), on_change="rerun"
    ) as menu:
        if menu.open:
            for place, (words, data) in enumerate(ready.items()):
                st.button(
                    plain(words), key=form.key("question", place), type="tertiary",
                    on_click=form.act(_asking(data)),
                )  # fmt: skip


def _asking(data: Data) -> Callable[[Data], Data]:
    return lambda _: data


# The events


def _event(form: Form, label: str, name: str) -> None:
    """Draw one of the two events, with its name and its filter."""
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="bottom", key=form.key(name, "row")):
        form.event(label, (name,))
        with st.popover(
            unseen(f"More about the {label.lower()}"), icon=":material/more_vert:", type="tertiary", help="More",
            key=form.key(name, "more"), on_change="rerun",
        ) as more:  # fmt: skip
            if more.open:
                with st.container(width=300, gap="small"):
                    form.event_name("Name", (name,))
                    form.event_filter((name,))


def _return(form: Form) -> None:
    """Draw what counts as a return: the same event, or another one."""
    if form.data.get("return") is not None:
        _event(form, "Ends with" if form.data.get("survival") else "Comes back for", "return")
        st.button(
            plain("The same event"), icon=":material/undo:", type="tertiary", key=form.key("return-same"),
            on_click=form.act(_the_same),
        )  # fmt: skip
        return
    options = {SAME: "The same event", **form.events_of(str(form.data.get("subject", "")))}
    key = form.key("return-other")
    form.bind(key, lambda data, value: put(data, ("return",), {"metric": value}) if value else data, among=options)
    st.selectbox(
        "Comes back for", list(options), key=key, format_func=lambda value: options[value],
        help="An event at the same moment as the first one doesn't count as a return.",
    )  # fmt: skip


def _the_same(data: Data) -> Data:
    return put(_surviving(data, False), ("return",), None)


# How it counts


def _survival(form: Form) -> None:
    """Draw whether the second event is an end, such as a cancellation, and how many periods are projected."""
    if form.data.get("return") is None:
        return
    on = form.switch(
        "It ends with this", ("survival",), on=True,
        help="For example, a cancellation: shows how many stay instead of how many come back.",
    )  # fmt: skip
    form.bind(form.key("survival"), _surviving)
    if on:
        unit = form.data.get("unit", "month")
        form.number(
            f"Project {unit}s ahead", ("project",), least=0, most=MOST_PERIODS, default=0,
            help="Fits a churn model to the known periods. Use it for memberships and subscriptions, "
            "where you know when people leave.",
        )  # fmt: skip
        form.bind(form.key("project"), _projecting)


def _surviving(data: Data, on: Any) -> Data:
    """Return the definition with survival on or off, without the settings that it then can't have."""
    if bool(on) is bool(data.get("survival")):
        return data
    if not on:
        return put(put(data, ("survival",), None), ("project",), None)
    for key in ("brackets", "count", "measure", "at", "over", "compare", "sides"):
        data = put(data, (key,), None)
    return put(data, ("survival",), True)


def _projecting(data: Data, ahead: Any) -> Data:
    return put(data, ("project",), int(ahead) if ahead and data.get("survival") else None)


def _with_unit(data: Data, unit: str) -> Data:
    """Return the definition with another length of periods, without settings that only fit the previous one."""
    if unit == data.get("unit", "month"):
        return data
    data = put(put(data, ("unit",), None if unit == "month" else unit), ("brackets",), None)
    return put(data, ("clock",), None) if unit == "month" else data


# A choice in one field can make the value of another impossible. That value is then left out.


def _with_clock(data: Data, clock: str) -> Data:
    return put(data, ("clock",), clock if clock == "rolling" and data.get("unit", "month") != "month" else None)


def _with_measure(data: Data, measure: str) -> Data:
    return put(data, ("measure",), measure if measure != "subjects" and data.get("count", ON) == ON else None)


def _with_at(data: Data, at: int) -> Data:
    return put(data, ("at",), at if 1 < at <= len(slots_of(data)) else None)


def _with_periods(data: Data, periods: Any) -> Data:
    if data.get("brackets"):
        return data
    changed = put(data, ("periods",), None if periods in (None, 12) else int(periods))
    return put(changed, ("at",), None) if changed.get("at", 1) > changed.get("periods", 12) else changed


def _count(form: Form) -> None:
    """Draw how returns are counted: in that period, in that period or later, or in ranges of days."""
    data = form.data
    brackets: list[list[int]] = data.get("brackets") or []
    now = {str(SEVEN): SHORT, str(THIRTY): LONG}.get(str(brackets), OWN if brackets else str(data.get("count", ON)))
    options = dict(COUNTS)
    if data.get("unit", "month") == "day":
        options |= RANGES
    if now == OWN:
        options[OWN] = ", ".join(slots_of(data))
    key = form.key("counting")
    form.bind(key, _counted, among=options)
    values = list(options)
    st.selectbox(
        "Came back", values, index=values.index(now) if now in values else 0, key=key,
        format_func=lambda value: options[value],
    )  # fmt: skip


def _counted(data: Data, chosen: str) -> Data:
    """Return the definition with another way to count returns, without settings that don't fit it."""
    if chosen == OWN:
        return data
    ranges = {SHORT: SEVEN, LONG: THIRTY}.get(chosen) if data.get("unit", "month") == "day" else None
    changed = put(put(data, ("brackets",), ranges), ("count",), LATER if chosen == LATER else None)
    if ranges is not None:
        changed = put(changed, ("periods",), None)
    if chosen == LATER:
        changed = put(changed, ("measure",), None)
    return put(changed, ("at",), None) if changed.get("at", 1) > len(slots_of(changed)) else changed
