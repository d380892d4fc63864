"""The form of a funnel: its steps, then how it counts."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.analyses.draft import Data, at, moved, put
from pages.analyses.form import Form
from pages.shell.parts import plain, unseen
from semantic.analyses.events.funnel.data import MOST_EXCLUSIONS
from semantic.analyses.events.funnel.question import MOST_STEPS

STEPS = ("steps",)
ORDERS = {"loose": "In this order", "strict": "In this order, nothing in between", "any": "In any order"}
ATTEMPTS = {"first": "The first try", "best": "The try that got furthest"}


def form(form: Form) -> None:
    """Draw the steps, whose they are, how long they may take, and the breakdown."""
    steps: list[Any] = at(form.data, STEPS, [])
    form.subject()
    st.markdown(":small[Steps]")
    for place in range(len(steps)):
        _step(form, place, len(steps))
    st.button(
        "Add step", icon=":material/add:", key=form.key("add-step"), on_click=form.act(_with_step(form)),
        disabled=len(steps) >= MOST_STEPS, width="stretch",
    )  # fmt: skip
    form.span("Within", ("within",), help="The longest time from the start of a try to its last step.")
    form.breakdown("Break down by", ("by",), of=_carriers(form))


def counting(form: Form) -> None:
    """Draw the choices that change the numbers."""
    form.choice("Order", ("order",), ORDERS, default="loose")
    form.choice("Which try counts", ("attempt",), ATTEMPTS, default="first")
    form.over()


def _carriers(form: Form) -> list[str]:
    """The events whose rows have the breakdown's value."""
    return form.state.metrics()[:1]


def _step(form: Form, place: int, count: int) -> None:
    path = (*STEPS, place)
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center", key=form.key("step", place)):
        form.event(f"Step {place + 1}", path, hide_label=True)
        for label, icon, by in (("up", "arrow_upward", -1), ("down", "arrow_downward", 1)):
            st.button(
                unseen(f"Move step {place + 1} {label}"), icon=f":material/{icon}:", type="tertiary",
                key=form.key("step", place, label), help=plain(f"Move {label}"), on_click=form.act(_moving(place, by)),
                disabled=not 0 <= place + by < count,
            )  # fmt: skip
        st.button(
            unseen(f"Remove step {place + 1}"), icon=":material/close:", type="tertiary", help="Remove",
            key=form.key("step", place, "remove"), on_click=form.act(lambda data: put(data, (*STEPS, place), None)),
            disabled=count <= 2,
        )  # fmt: skip


def _moving(place: int, by: int) -> Any:
    return lambda data: put(data, STEPS, moved(at(data, STEPS, []), place, by))


def _with_step(form: Form) -> Any:
    """Another step: an event of the subject that isn't one yet."""

    def add(data: Data) -> Data:
        steps: list[Any] = at(data, STEPS, [])
        taken = {step.get("metric") for step in steps}
        offered = form.events_of(str(data.get("subject", "")))
        new = next((name for name in offered if name not in taken), next(iter(offered), ""))
        return put(data, STEPS, [*steps, {"metric": new}]) if new else data

    return add


_ = MOST_EXCLUSIONS
