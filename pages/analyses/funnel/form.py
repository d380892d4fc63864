"""The form of a funnel: its steps, their time limit and the breakdown, then how it counts."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.analyses.draft import Data, at, put
from pages.analyses.form import Form
from pages.analyses.funnel.steps import (
    BY_STEP,
    EXCLUDED,
    STEPS,
    in_order,
    moved_step,
    steps_of,
    with_step,
    without_step,
)
from pages.analyses.reordering import reordering_keys
from pages.shell.parts import plain, unseen
from semantic.analyses.events.funnel.data import MOST_EXCLUSIONS
from semantic.analyses.events.funnel.question import MOST_STEPS

ORDERS = {"loose": "In this order", "strict": "In this order, nothing in between", "any": "In any order"}
ATTEMPTS = {"first": "The first try", "best": "The try that got furthest"}


def form(form: Form) -> None:
    """Draw the steps, the subject, the time limit, and the breakdown."""
    steps = steps_of(form.data)
    form.subject()
    with st.container(gap="xxsmall", key="analysis-steps"):
        st.markdown(":small[Steps]")
        for place in range(len(steps)):
            _step(form, place, len(steps))
        reordering_keys("analysis-steps")
    st.button(
        "Add step", icon=":material/add:", key=form.key("add-step"), on_click=form.act(lambda data: _added(form, data)),
        disabled=len(steps) >= MOST_STEPS, width="stretch",
    )  # fmt: skip
    form.span("Within", ("within",), help="The longest time from the start of a try to its last step.")
    form.breakdown("Break down by", ("by",), of=_carriers(form.data))


def counting(form: Form) -> None:
    """Draw the fields of "How it counts", which change the numbers."""
    order = form.choice("Order", ("order",), ORDERS, default="loose")
    form.bind(form.key("order"), _ordering)
    if order == "strict":
        others = {None: "Other steps", **form.events_of(str(form.data.get("subject", "")))}
        form.choice("What can't come between", ("among", "metric"), others)
        form.bind(form.key("among", "metric"), _among)
    form.choice("Which try counts", ("attempt",), ATTEMPTS, default="first")
    over = form.over(label="Show over time by")
    form.bind(form.key("over"), _over)
    if over is not None:
        form.choice(
            "Everyone counts", ("once",), {"overall": "Once", "each": f"Once in each {over}"}, default="overall"
        )
    form.breakdown(
        "Same in all steps", ("hold",), none="Nothing",
        help="With product, for example, adding a different product to the cart doesn't continue the try.",
    )  # fmt: skip
    if form.data.get("by") is not None:
        form.choice("Breakdown value from", BY_STEP, _by_steps(form.data), default="first")
    _exclusions(form, order)


# The steps


def _step(form: Form, place: int, count: int) -> None:
    path = (*STEPS, place)
    number = place + 1
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center", key=form.key("step", place)):
        form.event(f"Step {number}", path, hide_label=True)
        for label, icon, by in (("up", "arrow_upward", -1), ("down", "arrow_downward", 1)):
            st.button(
                unseen(f"Move step {number} {label}"), icon=f":material/{icon}:", type="tertiary",
                key=form.key("step", place, label), help=plain(f"Move {label}. Alt+{'↑' if by < 0 else '↓'}"),
                on_click=form.act(_moving(place, by)), disabled=not 0 <= place + by < count,
            )  # fmt: skip
        with st.popover(
            unseen(f"More about step {number}"), icon=":material/more_vert:", type="tertiary", help="More",
            key=form.key("step", place, "more"), on_change="rerun",
        ) as more:  # fmt: skip
            if more.open:
                _more(form, place, count)


def _more(form: Form, place: int, count: int) -> None:
    """Draw a step's name, its time limit after the previous step, its filter, and the button that removes it."""
    path = (*STEPS, place)
    with st.container(width=300, gap="small"):
        form.event_name("Name", path)
        if place and form.data.get("order") != "any":
            form.span("Within, after the previous step", (*path, "within"))
        form.event_filter(path)
        st.button(
            "Remove step", icon=":material/delete:", key=form.key("step", place, "remove"), width="stretch",
            on_click=form.act(lambda data: without_step(data, place)), disabled=count <= 2,
            help="A funnel has at least two steps." if count <= 2 else None,
        )  # fmt: skip


def _moving(place: int, by: int) -> Any:
    return lambda data: moved_step(data, place, by)


def _added(form: Form, data: Data) -> Data:
    """Return the definition with one more step, for a metric of the subject that isn't a step yet."""
    taken = {step.get("metric") for step in steps_of(data)}
    offered = form.events_of(str(data.get("subject", "")))
    new = next((name for name in offered if name not in taken), next(iter(offered), ""))
    return with_step(data, new) if new else data


# How it counts


def _carriers(data: Data) -> list[str]:
    """Return the metrics of the steps whose rows supply the breakdown's value."""
    names = [str(step.get("metric", "")) for step in steps_of(data)]
    by_step = data.get("by_step", "first")
    if by_step == "last" or data.get("order") == "any":
        return names
    return names[:1] if by_step == "first" else names[int(by_step) - 1 : int(by_step)]


def _by_steps(data: Data) -> dict[Any, str]:
    numbered = {place: f"Step {place}" for place in range(2, len(steps_of(data)) + 1)}
    return {"first": "The first step", "last": "The last step reached", **numbered}


def _ordering(data: Data, order: str) -> Data:
    return data if order == at(data, ("order",), "loose") else in_order(data, order)


def _over(data: Data, over: str | None) -> Data:
    """Return the funnel with another grain over time, or None if there is no grain. Without one, it can't count people
    once per period.
    """
    return put(data, ("over",), over) if over else put(put(data, ("over",), None), ("once",), None)


def _among(data: Data, metric: str | None) -> Data:
    return put(data, ("among",), {"metric": metric} if metric else None)


def _exclusions(form: Form, order: str) -> None:
    """Draw the events that end a try, each with the steps between which it does so."""
    excluded: list[Any] = at(form.data, EXCLUDED, [])
    count = len(steps_of(form.data))
    for place, one in enumerate(excluded):
        path = (*EXCLUDED, place)
        with st.container(horizontal=True, gap="xxsmall", vertical_alignment="bottom"):
            form.event("A try ends with" if not place else "Or with", path)
            st.button(
                unseen(f"Remove event {place + 1} that ends a try"), icon=":material/close:", type="tertiary",
                help="Remove", key=form.key(*path, "remove"), on_click=form.act(_without(place)),
            )  # fmt: skip
        if order != "any" and count > 2:
            _between(form, place, one.get("between", [1, count]), count)
    st.button(
        "End tries with another event", icon=":material/block:", key=form.key("exclude", "add"), width="stretch",
        on_click=form.act(lambda data: _excluding(form, data)), disabled=len(excluded) >= MOST_EXCLUSIONS,
        help="For example, a cancellation: people who cancel before the last step don't convert.",
    )  # fmt: skip


def _between(form: Form, place: int, between: list[int], count: int) -> None:
    with st.container(horizontal=True, gap="xxsmall"):
        for end, label, offered in ((0, "After step", range(1, count)), (1, "Before step", range(2, count + 1))):
            form.choice(label, (*EXCLUDED, place, "between", end), {number: str(number) for number in offered},
                        default=between[end])  # fmt: skip
            form.bind(form.key(*EXCLUDED, place, "between", end), _ending(place, end, between))


def _ending(place: int, end: int, between: list[int]) -> Any:
    def take(data: Data, value: int) -> Data:
        ends: list[int] = [*at(data, (*EXCLUDED, place, "between"), between)]
        ends[end] = value
        return put(data, (*EXCLUDED, place, "between"), ends)

    return take


def _without(place: int) -> Any:
    def edit(data: Data) -> Data:
        left = [one for number, one in enumerate(at(data, EXCLUDED, [])) if number != place]
        return put(data, EXCLUDED, left or None)

    return edit


def _excluding(form: Form, data: Data) -> Data:
    taken = {step.get("metric") for step in steps_of(data)}
    offered = form.events_of(str(data.get("subject", "")))
    new = next((name for name in offered if name not in taken), "")
    one = {"metric": new, "between": [1, len(steps_of(data))]}
    return put(data, EXCLUDED, [*at(data, EXCLUDED, []), one]) if new else data
