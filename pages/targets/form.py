"""The dialog of one target, which sets, changes or removes it and shows its history."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import streamlit as st

from pages.shell import session
from pages.shell.parts import plain
from pages.shell.turns import in_turn
from pages.targets import notice
from pages.widgets.item_words import FORMER, name_without_job, when_words
from pages.widgets.member_choice import choose_member
from semantic.display.words.targets import number_words, span_words, target_scope_words, typed_words
from semantic.errors import SemanticError
from semantic.model.definitions import Metric
from semantic.query.periods import Calendar
from semantic.services.targets.work import TargetWork
from semantic.store.numbers.targets import StoredTarget
from semantic.targets.import_lines import Unreadable, read_number, read_period
from semantic.targets.target import Target

NEW, KEPT = "target-new", "target-kept"


def open_new() -> None:
    st.session_state[NEW] = True
    st.session_state.pop(KEPT, None)


def open_existing(target: str) -> None:
    st.session_state[KEPT] = target
    st.session_state.pop(NEW, None)


def _close() -> None:
    st.session_state.pop(NEW, None)
    st.session_state.pop(KEPT, None)


def show(work: TargetWork) -> None:
    """Draw the open dialog."""
    if st.session_state.get(NEW) and work.may_set:
        _new()
    elif (target := st.session_state.get(KEPT)) is not None:
        _kept(target)


def _work() -> TargetWork:
    workspace, actor = session.require("marketer")
    return session.target_work(workspace, actor)


# A new target


@st.dialog("Add a target", width="small", icon=":material/flag:", on_dismiss=_close)
@in_turn
def _new() -> None:
    work = _work()
    seen = work.workspace.visible(work.actor)
    labels = {metric.name: metric.label or metric.name for metric in seen.metrics}
    name: str | None = st.selectbox(
        "Metric", list(labels), index=None, key="target-metric", format_func=lambda each_name: labels[each_name],
        placeholder="Choose a metric",
    )  # fmt: skip
    if name is None:
        st.caption("Targets use the metric's own unit.")
        return
    metric = seen.metric(name)
    settings = work.workspace.model.settings
    calendar = Calendar(settings.week_start, settings.fiscal_start)
    text = st.text_input(
        "Period", key="target-period", live=True, placeholder="2026-09, 2026-Q4, 2026, or 2026-09-01..2026-09-14"
    ) or ""  # fmt: skip
    span = read_period(text, calendar) if text.strip() else None
    if span is not None:
        st.caption(plain(span_words(*span, calendar)))
    elif text.strip():
        st.caption("Enter a month (2026-09), a quarter (2026-Q4), a year, or two dates separated by two dots.")
    whom = choose_member("For", (metric.name,), work.workspace, work.actor, key="target")
    typed = st.text_input(plain(f"Target{_unit(metric)}"), key="target-value", live=True, placeholder="31000") or ""
    value = _value(typed, metric)
    ready = span is not None and value is not None and whom is not None
    pressed = st.button("Set target", type="primary", key="target-set", disabled=not ready)
    if pressed and span is not None and value is not None and whom is not None:
        target = Target(
            metric=metric.name, first=span[0], last=span[1], value=value, dim=whom[0], member=whom[1]
        )  # fmt: skip
        _set(work, target, metric)


def _unit(metric: Metric) -> str:
    return f" in {metric.unit}" if metric.unit else ""


def _value(typed: str, metric: Metric) -> Decimal | None:
    """Return the typed number, or None if it can't be read. In that case, an error appears below the field."""
    if not typed.strip():
        return None
    try:
        return read_number(typed, metric)
    except Unreadable as wrong:
        st.caption(plain(str(wrong)))
        return None


def _set(work: TargetWork, target: Target, metric: Metric) -> None:
    try:
        work.keep([target])
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/error:")
        return
    _close()
    for name in ("target-metric", "target-period", "target-value", "target-dim"):
        st.session_state.pop(name, None)
    notice.tell("good", "flag", f"Target set: {metric.label or metric.name} {number_words(target.value, metric)}.")
    st.rerun()


# An existing target


@st.dialog("Target", width="small", icon=":material/flag:", on_dismiss=_close)
@in_turn
def _kept(target: str) -> None:
    work = _work()
    try:
        held_target = work.find(target)
        versions = work.history(held_target)
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/error:")
        return
    seen = work.workspace.visible(work.actor)
    metric = seen.metric(held_target.target.metric)
    settings = work.workspace.model.settings
    calendar = Calendar(settings.week_start, settings.fiscal_start)
    period = span_words(held_target.target.first, held_target.target.last, calendar)
    whom = target_scope_words(held_target.target.dim, held_target.target.member, seen)
    st.markdown(f"**{plain(metric.label or metric.name)}**  \n:gray[{plain(f'{period}. {whom}')}]")
    if work.may_set:
        _change(held_target, metric, work)
    st.markdown("**History**")
    for version in versions[:20]:
        who = name_without_job(version.author_name) or FORMER
        text = "removed it" if version.value is None else f"set it to {number_words(version.value, metric)}"
        when = when_words(version.set_at, work.workspace)
        st.markdown(f":small[{plain(f'{who} {text}')} &nbsp;:gray[{plain(when)}]]")


def _change(target: StoredTarget, metric: Metric, work: TargetWork) -> None:
    key = f"target-{target.id}-{target.version}"
    typed = st.text_input(
        plain(f"Target{_unit(metric)}"), value=typed_words(target.target.value), key=f"{key}-value", live=True
    ) or ""  # fmt: skip
    value = _value(typed, metric)
    with st.container(horizontal=True, gap="xsmall"):
        is_other = value is not None and value != target.target.value
        if st.button("Save", type="primary", key=f"{key}-save", disabled=not is_other) and value is not None:
            _do(lambda: work.change(target, value), "flag", f"Target changed to {number_words(value, metric)}.")
        if st.button("Remove", icon=":material/delete:", key=f"{key}-remove"):
            _do(lambda: work.remove(target), "delete", "Target removed.", undo=target)


def _do(act: Callable[[], None], icon: str, words: str, *, undo: StoredTarget | None = None) -> None:
    try:
        act()
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/error:")
        return
    _close()
    notice.tell("good", icon, words, undo=undo)
    st.rerun()
