"""The question builder: widgets made from the question, and their changes written back to it, top to bottom as one would say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.parts import plain
from pages.ui.question import Question, parts_of, with_parts, without_part, write_address
from semantic.display.format import counted, named_with_unit, value_text
from semantic.errors import SemanticError
from semantic.model.definitions import Granularity, Metric
from semantic.query.codec import column_name
from semantic.query.query import DATE, Between, Breakdown, Condition, Filter, Last, Operator, Period, Query, Value

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.preflight import Preflight, Unavailable
    from semantic.workspace import Visible, Workspace

PERIODS: dict[str, Last] = {
    "4 weeks": Last(4, Granularity.WEEK),
    "13 weeks": Last(13, Granularity.WEEK),
    "12 months": Last(12, Granularity.MONTH),
}
ALL_TIME, CUSTOM = "All", "Custom"
GRAINS: dict[str, Granularity | None] = {
    "None": None, "Day": Granularity.DAY, "Week": Granularity.WEEK, "Month": Granularity.MONTH, "Quarter": Granularity.QUARTER,
}  # fmt: skip
INCLUDE, EXCLUDE = "Include", "Exclude"
DEFAULT_PERIOD = PERIODS["13 weeks"]


def build(held: Question, workspace: Workspace) -> None:
    """The builder. Reruns alone at every change; asks for the whole page where the answer beside it has to follow."""
    visible = workspace.visible(held.actor)
    preflight = workspace.preflight(held.draft, held.actor) if held.draft.metrics else None
    with st.container(border=True, gap="small", key="builder"):
        _metrics(held, visible)
        _breakdowns(held, visible, preflight)
        _period(held, preflight)
        _grain(held, preflight)
        _filters(held, visible, workspace)
        _preflight_line(preflight)
        st.button(
            "Run", type="primary", width="stretch", shortcut="Ctrl+Enter", key="run", on_click=_run, args=(held,),
            disabled=preflight is None or not preflight.ok,
        )  # fmt: skip
    if held.changed:
        held.changed = False
        write_address(held, workspace)
        st.rerun()


def _run(held: Question) -> None:
    held.press()
    held.changed = True  # the answer stands outside this fragment


def _key(held: Question, name: str) -> str:
    return f"{name}-{held.generation}"


# What is asked


def _metrics(held: Question, visible: Visible) -> None:
    metrics = sorted(visible.metrics, key=lambda one: (one.certified is None, (one.label or one.name).casefold()))
    by_name = {one.name: one for one in metrics}
    key = _key(held, "metrics")

    def change() -> None:
        period = DEFAULT_PERIOD if not held.draft.metrics and held.draft.time is None else held.draft.time
        held.change(_in_order(replace(held.draft, metrics=tuple(st.session_state[key]), time=period)))

    with st.container(gap="xxsmall"):
        st.multiselect(
            "Metric", list(by_name), default=[name for name in held.draft.metrics if name in by_name], key=key,
            format_func=lambda name: _metric_label(by_name[name]), on_change=change, placeholder="Pick a metric", select_all=False,
        )  # fmt: skip
        for name in held.draft.metrics:
            if name in by_name:
                _definition(by_name[name])


def _in_order(query: Query) -> Query:
    """The question without an order by what it no longer has."""
    held = {*query.metrics, *(column_name(one) for one in query.by)}
    return replace(query, order=tuple(one for one in query.order if one.by in held))


def _metric_label(metric: Metric) -> str:
    return named_with_unit(metric.label or metric.name, metric.unit, metric.format)


def _definition(metric: Metric) -> None:
    certified = " :green[:material/verified:]" if metric.certified else ""
    sentence = metric.means or metric.description or "No definition is written yet."
    st.markdown(f":small[**{plain(metric.label or metric.name)}**{certified} :gray[{plain(sentence)}]]")


def _breakdowns(held: Question, visible: Visible, preflight: Preflight | None) -> None:
    draft = held.draft
    picked = [one.dim for one in draft.by if one.dim != DATE]
    labels = {one.name: one.label or one.name for one in (*visible.dimensions, *(preflight.available if preflight else ()))}
    offered = [one.name for one in preflight.available if one.name != DATE] if preflight else []
    options = list(dict.fromkeys([*offered, *picked]))
    key = _key(held, "by")

    def change() -> None:
        held.change(_in_order(replace(held.draft, by=_with_dimensions(held.draft.by, st.session_state[key]))))

    with st.container(gap="xxsmall"):
        st.multiselect(
            "Break down by", options, default=picked, key=key, format_func=lambda name: labels.get(name, name), select_all=False,
            on_change=change, disabled=preflight is None, placeholder="Nothing" if preflight else "Pick a metric first",
        )  # fmt: skip
        if preflight and preflight.unavailable:
            _not_available(held, preflight.unavailable)


def _with_dimensions(by: Sequence[Breakdown], names: Sequence[str]) -> tuple[Breakdown, ...]:
    """The breakdowns with exactly these dimensions beside the date; those that stay keep their path and place."""
    kept = [one for one in by if one.dim == DATE or one.dim in names]
    held = {one.dim for one in kept}
    return (*kept, *(Breakdown(name) for name in names if name not in held))


def _not_available(held: Question, unavailable: Sequence[Unavailable]) -> None:
    """Every dimension that cannot be added to these metrics, with the reason and what to ask instead."""
    label = f"{len(unavailable)} not available"
    key = _key(held, "unavailable")
    with st.popover(label, type="tertiary", icon=":material/block:", key=key, on_change="rerun") as popover:
        if not popover.open:
            return
        with st.container(gap="medium", width=380, height=420 if len(unavailable) > 3 else "content"):
            for one in unavailable:
                with st.container(gap="xxsmall"):
                    st.markdown(f"**{plain(one.dimension.label or one.dimension.name)}**")
                    st.caption(plain(one.reason))
                    for place, repair in enumerate(one.repairs[:3]):
                        st.button(
                            plain(repair.label), key=f"{key}-{one.dimension.name}-{place}", help=plain(repair.effect) or None,
                            on_click=_ask, args=(held, repair.query), wrap=True,
                        )  # fmt: skip


def _ask(held: Question, query: Query) -> None:
    held.replace(query)


# When


def _period(held: Question, preflight: Preflight | None) -> None:
    draft = held.draft
    extra = _period_name(draft.time if draft.metrics else DEFAULT_PERIOD)
    options = list(dict.fromkeys([*PERIODS, extra, CUSTOM]))
    key = _key(held, "period")

    def change() -> None:
        held.change(replace(held.draft, time=_period_named(st.session_state[key], held.draft.time, preflight)))

    with st.container(gap="xxsmall"):
        st.segmented_control(
            "Period", options, default=extra, key=key, required=True, width="stretch", on_change=change, disabled=preflight is None,
            wrap=False,
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
            return known or counted(count, unit.value) + ("" if complete else " so far")


def _period_named(name: str, time: Period | None, preflight: Preflight | None) -> Period | None:
    """The period a segment stands for; custom days begin as the days now shown."""
    if name == CUSTOM and not isinstance(time, Between):
        resolved = preflight.period if preflight else None
        start, end = (resolved.start, resolved.end) if resolved else (None, None)
        return Between(start, date.fromordinal(end.toordinal() - 1) if end else None)
    return None if name == ALL_TIME else PERIODS.get(name, time)


def _days(held: Question, time: Between) -> None:
    first, last = _key(held, "first-day"), _key(held, "last-day")

    def change() -> None:
        held.change(replace(held.draft, time=Between(st.session_state[first], st.session_state[last])))

    with st.container(horizontal=True, gap="xsmall"):
        for label, key, value in (("From", first, time.start), ("To", last, time.end)):
            st.date_input(
                label, value=value, key=key, on_change=change, format="DD/MM/YYYY", width=128,
                min_value=min(date(2000, 1, 1), value or date.max), max_value=max(date(2100, 1, 1), value or date.min),
            )  # fmt: skip


def _grain(held: Question, preflight: Preflight | None) -> None:
    current = next((one.grain for one in held.draft.by if one.dim == DATE), None)
    name = next((name for name, grain in GRAINS.items() if grain == current), current.value.capitalize() if current else "None")
    dated = current is not None or (preflight is not None and any(one.name == DATE for one in preflight.available))
    key = _key(held, "grain")

    def change() -> None:
        chosen = st.session_state[key]
        grain = GRAINS.get(chosen, current)
        held.change(_in_order(replace(held.draft, by=_with_grain(held.draft.by, grain))))

    st.segmented_control(
        "Over time by", list(dict.fromkeys([*GRAINS, name])), default=name, key=key, required=True, width="stretch",
        on_change=change, disabled=not dated,
    )  # fmt: skip


def _with_grain(by: Sequence[Breakdown], grain: Granularity | None) -> tuple[Breakdown, ...]:
    """The breakdowns with the date at this grain: in its place where it has one, else first."""
    if grain is None:
        return tuple(one for one in by if one.dim != DATE)
    if any(one.dim == DATE for one in by):
        return tuple(replace(one, grain=grain) if one.dim == DATE else one for one in by)
    return (Breakdown(DATE, grain), *by)


# Of which rows


def _filters(held: Question, visible: Visible, workspace: Workspace) -> None:
    labels = {one.name: one.label or one.name for one in visible.dimensions}
    with st.container(gap="xxsmall"):
        st.markdown(":small[Filters]")
        with st.container(horizontal=True, gap="xsmall"):
            for place, part in enumerate(parts_of(held.draft)):
                _chip(held, place, part, labels, workspace)
            _add_filter(held, visible, labels, workspace)


def filter_words(part: Filter, labels: dict[str, str]) -> str:
    """One filter as its chip says it: "Channel: Paid search, Display", "Brand: not (none)"."""
    if isinstance(part, Condition) and part.op in (Operator.IN, Operator.NOT_IN):
        values = [value_text(value) for value in part.values]
        said = ", ".join(values[:2]) + (f" +{len(values) - 2}" if len(values) > 2 else "")
        return f"{labels.get(part.dim, part.dim)}: {'not ' if part.op is Operator.NOT_IN else ''}{said}"
    if isinstance(part, Condition):
        words = part.op.value.replace("_", " ")
        return f"{labels.get(part.dim, part.dim)} {words} {', '.join(value_text(value) for value in part.values)}"
    return "Combined filter"


def _chip(held: Question, place: int, part: Filter, labels: dict[str, str], workspace: Workspace) -> None:
    key = _key(held, f"filter-{place}")
    with st.popover(plain(filter_words(part, labels)), icon=":material/filter_alt:", key=key, on_change="rerun") as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            if isinstance(part, Condition) and part.op in (Operator.IN, Operator.NOT_IN):
                mode = _mode(key, part.op)
                values = _values(held, part.dim, key, list(part.values), labels, workspace, without=part)
                if mode != part.op or tuple(values) != part.values:
                    _change_part(held, place, replace(part, op=mode, values=tuple(values)))
            else:
                st.caption("This filter came with the link. It can be left out as a whole.")
            st.button("Remove", icon=":material/delete:", key=f"{key}-remove", on_click=_ask, args=(held, without_part(held.draft, part)))


def _change_part(held: Question, place: int, part: Condition) -> None:
    """Writes a filter's new values; one without any is not a filter yet, so the question keeps the last that was."""
    if part.values:
        parts = list(parts_of(held.draft))
        parts[place] = part
        held.change(with_parts(held.draft, parts))


def _mode(key: str, current: Operator = Operator.IN) -> Operator:
    chosen = st.segmented_control(
        "Rows with these values", [INCLUDE, EXCLUDE], default=EXCLUDE if current is Operator.NOT_IN else INCLUDE, required=True,
        key=f"{key}-mode", width="stretch",
    )  # fmt: skip
    return Operator.NOT_IN if chosen == EXCLUDE else Operator.IN


def _values(
    held: Question, dim: str, key: str, picked: list[Value], labels: dict[str, str], workspace: Workspace, *, without: Filter | None = None
) -> list[Value]:
    """The values of a dimension as this person may see them, with a search where there are more than are listed."""
    query = without_part(held.draft, without) if without else held.draft
    search = st.session_state.get(f"{key}-search", "")
    try:
        found, more = workspace.values(dim, query, held.actor, search=search)
    except SemanticError as error:
        st.caption(plain(f"The values cannot be listed. {error.title}"))
        return picked
    if more or search:
        st.text_input("Search values", key=f"{key}-search", live="300ms", placeholder="Type to search", icon=":material/search:")
    # A list of values is whatever type the dimension has; as filter values they are JSON scalars, dates as text.
    options: list[Value] = list(dict.fromkeys([*picked, *(_scalar(value) for value in found)]))
    chosen = st.multiselect(
        labels.get(dim, dim), options, default=picked, key=f"{key}-values", format_func=value_text, placeholder="Pick values", select_all=False
    )
    if more:
        st.caption(f"The first {len(found)} are listed. Search for others.")
    return chosen


def _scalar(value: object) -> Value:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _add_filter(held: Question, visible: Visible, labels: dict[str, str], workspace: Workspace) -> None:
    key = _key(held, f"add-filter-{len(parts_of(held.draft))}")
    nothing = not held.draft.metrics
    with st.popover("Add", icon=":material/add:", help="Add a filter", key=key, on_change="rerun", disabled=nothing) as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            taken = {part.dim for part in parts_of(held.draft) if isinstance(part, Condition)}
            options = [one.name for one in visible.dimensions if one.kind != "time" and one.name not in taken]
            dim = st.selectbox(
                "Filter by", options, index=None, key=f"{key}-dim", format_func=lambda name: labels[name], placeholder="Pick a dimension"
            )
            if dim is None:
                return
            mode = _mode(f"{key}-{dim}")
            values = _values(held, dim, f"{key}-{dim}", [], labels, workspace)
            query = with_parts(held.draft, [*parts_of(held.draft), Condition(dim, mode, tuple(values))])
            st.button("Add filter", type="primary", key=f"{key}-add", on_click=_ask, args=(held, query), disabled=not values)


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
