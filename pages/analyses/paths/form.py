"""The form of paths: the start or end, the events on the way, and how paths are followed."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.analyses.draft import Data, at, put
from pages.analyses.form import Form
from pages.analyses.paths.events import (
    EVENTS,
    directed,
    direction_of,
    fitting,
    with_anchor,
    with_each,
    with_event,
    without_event,
)
from pages.shell.parts import plain, unseen
from semantic.analyses.events.asked import MOST_EVENTS
from semantic.analyses.events.paths.question import FEWEST_STEPS, MOST_STEPS, MOST_TOP, STEPS, TOP
from semantic.query.describe import lower_first

DIRECTIONS = {"from": "After a start", "to": "Before an end", "first": "First event"}
OCCURRENCES = {"first": "Only the first", "every": "All of them"}
GAPS = ("30 minutes", "1 hour", "1 day", "7 days", "30 days")


def form(form: Form) -> None:
    """Draw the subject, the start or end, the events, and the time limit."""
    form.subject()
    direction = form.choice(
        "Paths", ("direction",), DIRECTIONS, default=direction_of(form.data), style="row",
        help="Show which events follow a start, lead up to an end, or follow the first of these events in the period.",
    )  # fmt: skip
    form.bind(form.key("direction"), lambda data, value: directed(data, value))
    if direction != "first":
        _anchor(form, direction)
    with st.container(gap="xxsmall", key="analysis-steps"):
        st.markdown(":small[Events on the way]")
        events: list[Any] = at(form.data, EVENTS, [])
        for place in range(len(events)):
            _event(form, place, len(events))
    st.button(
        "Add event", icon=":material/add:", key=form.key("add-event"),
        on_click=form.act(lambda data: _added(form, data)),
        disabled=len(events) >= MOST_EVENTS - 1, width="stretch",
    )  # fmt: skip
    form.switch(
        "Collapse repeats", ("collapse",), on=True, default=True,
        help="The same event several times in a row counts once.",
    )  # fmt: skip
    form.bind(form.key("collapse"), lambda data, value: put(data, ("collapse",), None if value else False))
    form.span("Within", ("within",), help="How long a path can last after its start, or before its end.")
    form.breakdown(
        "Break down by", ("by",), of=_carriers(form), help="The value at the start or end. Four groups are shown."
    )


def counting(form: Form) -> None:
    """Draw the fields of "How it counts", which change the numbers."""
    if direction_of(form.data) != "first":
        which = "Which starts count" if direction_of(form.data) == "from" else "Which ends count"
        form.choice(which, ("occurrence",), OCCURRENCES, default="first")
    form.span("Longest pause", ("gap",), windows=GAPS, help="A longer pause between two events ends a path.")
    form.number("Maximum events in a path", ("steps",), least=FEWEST_STEPS, most=MOST_STEPS, default=STEPS)
    form.number(
        "Events named at each step", ("top",), least=1, most=MOST_TOP, default=TOP,
        help="The others are shown as “Everything else”.",
    )  # fmt: skip


def _carriers(form: Form) -> list[str]:
    """Return the metrics of the events whose rows supply the breakdown's value."""
    direction = direction_of(form.data)
    if direction != "first":
        return [str(at(form.data, (direction, "metric"), ""))]
    return [str(each.get("metric", "")) for each in at(form.data, EVENTS, [])]


def _anchor(form: Form, direction: str) -> None:
    """Draw the choice of the start or end, from all events. The subject changes if it doesn't have the chosen event."""
    path = (direction, "metric")
    key, now = form.key(*path), str(at(form.data, path, ""))
    options = form.events_of("")
    own, label = at(form.data, (direction, "name"), ""), options.get(now) or form.label_of(now)
    options = {now: label, **options} | {now: f"{own} ({label})" if own else label}
    form.bind(key, lambda data, value: with_anchor(data, direction, value), among=options)
    st.selectbox(
        "Start" if direction == "from" else "End", list(options), index=list(options).index(now), key=key,
        format_func=lambda metric: options[metric], on_change=form.act(lambda data: fitting(data, form.seen)),
    )  # fmt: skip


def _event(form: Form, place: int, count: int) -> None:
    path, number = (*EVENTS, place), place + 1
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center", key=form.key("event", place)):
        form.event(f"Event {number}", path, hide_label=True)
        with st.popover(
            unseen(f"More about event {number}"), icon=":material/more_vert:", type="tertiary", help="More",
            key=form.key("event", place, "more"), on_change="rerun",
        ) as more:  # fmt: skip
            if more.open:
                _more(form, place, count)
    each = at(form.data, (*path, "each"))
    if each is not None:
        named = each.get("dim") if isinstance(each, dict) else each  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        st.caption(plain(f"Each {lower_first(form.dimension_label(named))} is a separate event."))


def _more(form: Form, place: int, count: int) -> None:
    """Draw an event's name, the dimension that splits it, its filter, and the button that removes it."""
    path = (*EVENTS, place)
    metric = str(at(form.data, (*path, "metric"), ""))
    with st.container(width=300, gap="small"):
        form.event_name("Name", path)
        form.breakdown(
            "Separate event for each", (*path, "each"), of=[metric],
            help="For example, one event for each channel of sessions. You can separate only one event.",
        )  # fmt: skip
        key = form.key(*path, "each")
        form.bind(key, lambda data, value: with_each(data, place, metric, value))
        form.event_filter(path)
        st.button(
            "Remove event", icon=":material/delete:", key=form.key("event", place, "remove"), width="stretch",
            on_click=form.act(lambda data: without_event(data, place)), disabled=count <= 1,
            help="Paths need at least one event." if count <= 1 else None,
        )  # fmt: skip


def _added(form: Form, data: Data) -> Data:
    """Return the definition with one more event, for a metric of the subject that isn't an event yet."""
    taken = {each.get("metric") for each in at(data, EVENTS, [])}
    taken |= {at(data, (key, "metric")) for key in ("from", "to")}
    offered = form.events_of(str(data.get("subject", "")))
    new = next((name for name in offered if name not in taken), next(iter(offered), ""))
    return with_event(data, new) if new else data
