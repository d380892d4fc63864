"""The question builder: widgets made from the question, and their changes written back to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.additions import additions
from pages.ui.filters import filters
from pages.ui.parts import plain
from pages.ui.question import Question, write_address
from semantic.display.format import counted, named_with_unit
from semantic.model.definitions import Dimension, Granularity, Metric, Settings
from semantic.query.data import column_name
from semantic.query.query import DATE, Between, Breakdown, Last, Period, Query, ToDate
from semantic.repairs import fitted

if TYPE_CHECKING:
    from semantic.policy.narrow import Visible
    from semantic.preflight import Preflight, Unavailable
    from semantic.workspace import Workspace

PERIODS: dict[str, Last | ToDate] = {
    "4 weeks": Last(4, Granularity.WEEK),
    "13 weeks": Last(13, Granularity.WEEK),
    "12 months": Last(12, Granularity.MONTH),
    "This month to date": ToDate(Granularity.MONTH),
    "This quarter to date": ToDate(Granularity.QUARTER),
    "This year to date": ToDate(Granularity.YEAR),
}
FISCAL_PERIODS: dict[str, Last | ToDate] = {
    "This fiscal quarter to date": ToDate(Granularity.FISCAL_QUARTER),
    "This fiscal year to date": ToDate(Granularity.FISCAL_YEAR),
}
ALL_TIME, CUSTOM = "All days", "Custom"
GRAINS: dict[str, Granularity | None] = {
    "None": None,
    "Day": Granularity.DAY,
    "Week": Granularity.WEEK,
    "Month": Granularity.MONTH,
    "Longer": Granularity.QUARTER,
}
_LONGER = "Longer"
LONGER = (Granularity.QUARTER, Granularity.YEAR)
FISCAL = (Granularity.FISCAL_QUARTER, Granularity.FISCAL_YEAR)
DEFAULT_PERIOD = PERIODS["13 weeks"]
TIME_GRAIN = Granularity.MONTH


def build(held: Question, workspace: Workspace) -> None:
    """The builder. Reruns alone at every change; asks for the whole page where the answer beside it has to follow."""
    visible = workspace.visible(held.actor)
    preflight = held.check(workspace) if held.draft.metrics else None
    with st.container(border=True, gap="small", key="builder"):
        _metrics(held, visible)
        _breakdowns(held, visible, preflight)
        fiscal = is_fiscal(held.draft, workspace.model.settings)
        _period(held, preflight, fiscal=fiscal)
        _grain(held, preflight, fiscal=fiscal)
        filters(held, visible, workspace)
        additions(held, visible, preflight)
        _preflight_line(preflight)
        is_answered = held.result is not None and held.answered == held.draft
        st.button(
            "Run again" if is_answered else "Run", type="secondary" if is_answered else "primary", width="stretch",
            shortcut="Ctrl+Enter", key="run", on_click=_run, args=(held,),
            disabled=preflight is None or not preflight.ok,
        )  # fmt: skip
    if held.changed:
        held.changed = False
        write_address(held, workspace)
        st.rerun()


def _run(held: Question) -> None:
    held.press()
    held.changed = True  # the answer stands outside this fragment


# What is asked


def _metrics(held: Question, visible: Visible) -> None:
    metrics = sorted(visible.metrics, key=lambda one: (one.certified is None, (one.label or one.name).casefold()))
    by_name = {one.name: one for one in metrics}
    key = held.key("metrics")

    def change() -> None:
        period = DEFAULT_PERIOD if not held.draft.metrics and held.draft.time is None else held.draft.time
        held.change(fitted(replace(held.draft, metrics=tuple(st.session_state[key]), time=period)))

    with st.container(gap="xxsmall"):
        st.multiselect(
            "Metric", list(by_name), default=[name for name in held.draft.metrics if name in by_name], key=key,
            format_func=lambda name: _metric_label(by_name[name]), on_change=change, placeholder="Pick a metric",
            select_all=False,
        )  # fmt: skip
        for name in held.draft.metrics:
            if name in by_name:
                _definition(by_name[name])


def _metric_label(metric: Metric) -> str:
    return named_with_unit(metric.label or metric.name, metric.unit, metric.format)


def _definition(metric: Metric) -> None:
    certified = " :green[:material/verified:]" if metric.certified else ""
    sentence = metric.description or metric.means or "No definition is written yet."
    st.markdown(f":small[**{plain(metric.label or metric.name)}**{certified} :gray[{plain(sentence)}]]")


def _breakdowns(held: Question, visible: Visible, preflight: Preflight | None) -> None:
    draft = held.draft
    picked = [one.dim for one in draft.by if one.dim != DATE]
    known = {one.name: one for one in visible.dimensions}
    offered = [one.name for one in preflight.available if one.name != DATE] if preflight else []
    options = list(dict.fromkeys([*offered, *picked]))
    key = held.key("by")

    def change() -> None:
        held.change(fitted(replace(held.draft, by=_with_dimensions(held.draft.by, st.session_state[key], known))))

    with st.container(gap="xxsmall"):
        st.multiselect(
            "Break down by", options, default=picked, key=key, on_change=change, disabled=preflight is None,
            format_func=lambda name: _dimension_label(name, known, draft.by), select_all=False,
            placeholder="Nothing" if preflight else "Pick a metric first",
        )  # fmt: skip
        if preflight and preflight.unavailable:
            _not_available(held, preflight.unavailable)


def _dimension_label(name: str, known: Mapping[str, Dimension], by: Sequence[Breakdown]) -> str:
    """A dimension's label; of a date that is not the metrics' own with its grain."""
    dimension = known.get(name)
    if dimension is None:
        return name
    grain = next((one.grain for one in by if one.dim == name), None) or TIME_GRAIN
    return (dimension.label or name) + (f", by {grain.words}" if dimension.kind == "time" else "")


def _with_dimensions(
    by: Sequence[Breakdown], names: Sequence[str], known: Mapping[str, Dimension]
) -> tuple[Breakdown, ...]:
    """The breakdowns with exactly these dimensions beside the date; those that stay keep their path and place."""
    kept = [one for one in by if one.dim == DATE or one.dim in names]
    held = {one.dim for one in kept}
    times = {name for name, one in known.items() if one.kind == "time"}
    return (*kept, *(Breakdown(name, TIME_GRAIN if name in times else None) for name in names if name not in held))


def _not_available(held: Question, unavailable: Sequence[Unavailable]) -> None:
    """Every dimension that cannot be added to these metrics, with the reason and what to ask instead."""
    label = f"{len(unavailable)} not available"
    key = held.key("unavailable")
    with st.popover(label, type="tertiary", icon=":material/block:", key=key, on_change="rerun") as popover:
        if not popover.open:
            return
        with st.container(border=False, gap="medium", width=380, height=420 if len(unavailable) > 3 else "content"):
            for one in unavailable:
                with st.container(gap="xxsmall"):
                    st.markdown(f"**{plain(one.dimension.label or one.dimension.name)}**")
                    st.caption(plain(one.reason))
                    for place, repair in enumerate(one.repairs[:3]):
                        st.button(
                            plain(repair.label), key=f"{key}-{one.dimension.name}-{place}",
                            help=plain(repair.effect) or None, on_click=held.replace, args=(repair.query,), wrap=True,
                        )  # fmt: skip


# When


def is_fiscal(query: Query, settings: Settings) -> bool:
    """Whether the fiscal year is another than the calendar's."""
    return (query.fiscal_start or settings.fiscal_start) != "january"


def _period(held: Question, preflight: Preflight | None, *, fiscal: bool) -> None:
    draft = held.draft
    known = PERIODS | (FISCAL_PERIODS if fiscal else {})
    extra = _period_name(draft.time if draft.metrics else DEFAULT_PERIOD)
    options = list(dict.fromkeys([*known, ALL_TIME, extra, CUSTOM]))
    key = held.key("period")

    def change() -> None:
        held.change(replace(held.draft, time=_period_named(st.session_state[key], held.draft.time, preflight)))

    with st.container(gap="xxsmall"):
        st.selectbox(
            "Period", options, index=options.index(extra), key=key, on_change=change, disabled=preflight is None
        )
        if isinstance(draft.time, Between):
            _days(held, draft.time)
        if preflight and preflight.ok and preflight.period.words:
            st.caption(plain(preflight.period.words))


def _period_name(time: Period | None) -> str:
    match time:
        case None:
            return ALL_TIME
        case Between():
            return CUSTOM
        case Last(count=count, unit=unit, complete=complete):
            known = next((name for name, one in PERIODS.items() if one == time), None)
            return known or counted(count, unit.words) + ("" if complete else " so far")
        case ToDate(unit=unit, complete=complete):
            return f"This {unit.words} to date" + ("" if complete else ", with today")


def _period_named(name: str, time: Period | None, preflight: Preflight | None) -> Period | None:
    """The period an option stands for; custom days begin as the days now shown."""
    if name == CUSTOM and not isinstance(time, Between):
        resolved = preflight.period if preflight else None
        start, end = (resolved.start, resolved.end) if resolved else (None, None)
        return Between(start, date.fromordinal(end.toordinal() - 1) if end else None)
    return None if name == ALL_TIME else (PERIODS | FISCAL_PERIODS).get(name, time)


def _days(held: Question, time: Between) -> None:
    first, last = held.key("first-day"), held.key("last-day")

    def change() -> None:
        held.change(replace(held.draft, time=replace(time, start=st.session_state[first], end=st.session_state[last])))

    with st.container(horizontal=True, gap="xsmall"):
        for label, key, value in (("From", first, time.start), ("To", last, time.end)):
            st.date_input(
                label, value=value, key=key, on_change=change, format="DD/MM/YYYY", width=128,
                min_value=min(date(2000, 1, 1), value or date.max), max_value=max(date(2100, 1, 1), value or date.min),
            )  # fmt: skip


def _grain(held: Question, preflight: Preflight | None, *, fiscal: bool) -> None:
    """A row of the grains asked for most; quarters and years, fiscal ones too, in a list of their own below it."""
    current = next((one.grain or Granularity.DAY for one in held.draft.by if one.dim == DATE), None)
    dated = current is not None or (preflight is not None and any(one.name == DATE for one in preflight.available))
    name = next((name for name, grain in GRAINS.items() if grain == current), _LONGER)
    if current is Granularity.HOUR:
        options, name = [*GRAINS, "Hour"], "Hour"
    else:
        options = list(GRAINS)
    key = held.key("grain-listed" if current is Granularity.HOUR else "grain")

    def change() -> None:
        chosen = GRAINS.get(st.session_state[key], current)
        held.change(_with_grain(held.draft, chosen))

    with st.container(gap="xsmall"):
        if current is Granularity.HOUR:  # one more is one too many for the column's width
            st.selectbox(
                "Over time by", options, index=options.index(name), key=key, on_change=change, disabled=not dated
            )
        else:
            st.segmented_control(
                "Over time by", options, default=name, key=key, required=True, width="stretch", on_change=change,
                disabled=not dated,
            )  # fmt: skip
        if current is not None and name == _LONGER:
            _longer_grain(held, current, fiscal=fiscal)


def _longer_grain(held: Question, current: Granularity, *, fiscal: bool) -> None:
    options = list(dict.fromkeys([*LONGER, *(FISCAL if fiscal else ()), current]))
    key = held.key("grain-longer")

    def change() -> None:
        held.change(_with_grain(held.draft, st.session_state[key]))

    st.selectbox(
        "Quarters or years", options, index=options.index(current), key=key, on_change=change,
        format_func=lambda one: one.words.capitalize(), label_visibility="collapsed",
    )  # fmt: skip


def _with_grain(query: Query, grain: Granularity | None) -> Query:
    """The question with the date at this grain: in its place where it has one, else first."""
    before = next((one for one in query.by if one.dim == DATE), None)
    if grain is None:
        return fitted(replace(query, by=tuple(one for one in query.by if one.dim != DATE)))
    if before is None:
        return fitted(replace(query, by=(Breakdown(DATE, grain), *query.by)))
    after = replace(before, grain=grain)
    by = tuple(after if one.dim == DATE else one for one in query.by)
    names = {column_name(before): column_name(after)}
    totals = tuple(tuple(names.get(one, one) for one in kept) for kept in query.totals)
    order = tuple(replace(one, by=names.get(one.by, one.by)) for one in query.order)
    return fitted(replace(query, by=by, totals=totals, order=order))


# Before it runs


def _preflight_line(preflight: Preflight | None) -> None:
    """Always there: whether the question can be answered, and what it reads."""
    if preflight is None:
        st.markdown(":small[:gray[:material/radio_button_unchecked: Pick a metric to begin.]]")
    elif preflight.ok:
        words = preflight.cost_words
        reads = f" {plain(words[:1].upper() + words[1:])}." if words else ""
        waits = " Press Run." if preflight.cost == "large" else ""
        st.markdown(f":small[:green[:material/check_circle:] Valid.{reads}{waits}]")
    else:
        title = preflight.error.title if preflight.error else "This cannot be answered"
        st.markdown(f":small[:orange[:material/error:] {plain(title)}]")
