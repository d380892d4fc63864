"""Missing something? Asks for a value that isn't in the answer and says why, with a question that includes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.explore.builder.condition import known_values, scalar
from pages.explore.builder.filters import filter_labels, filter_words, listed_labels
from pages.explore.builder.metric_filters import metric_filter_words
from pages.explore.builder.question import ExploreState, asking
from pages.shell.parts import Act, plain, quoted
from pages.widgets.member_options import option_labels
from semantic.display.format import listed, value_text, writer
from semantic.errors import SemanticError
from semantic.explore.pasted_values import match_list
from semantic.explore.why_missing import Missing, Why, parts_of, why_missing, with_parts
from semantic.model.definitions import Metric
from semantic.query.data import column_name
from semantic.query.describe import describe_day, describe_range, lower_first
from semantic.query.member_labels import NO_LABELS, Labels
from semantic.query.query import Between, Breakdown, Condition, Operator, Query, Value

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel
    from semantic.results.result import Result
    from semantic.workspace import Workspace


def missing_something(held: ExploreState, visible: VisibleModel, workspace: Workspace) -> None:
    """The popover, if the answer has a breakdown with values."""
    members = [one for one in held.draft.by if not one.is_time]
    if not members or held.result is None or held.answered != held.draft:
        return
    key = held.key("missing")
    with st.popover(
        "Missing something?", icon=":material/search_insights:", type="tertiary", key=key, on_change="rerun"
    ) as popover:
        if not popover.open:
            return
        with st.container(width=340, gap="small", key="missing"):
            _ask(held, held.result, members, visible, workspace, key)


def _ask(
    held: ExploreState,
    result: Result,
    members: Sequence[Breakdown],
    visible: VisibleModel,
    workspace: Workspace,
    key: str,
) -> None:
    labels = filter_labels(visible) | listed_labels(held.draft, visible, workspace)

    def named(member: Breakdown) -> str:
        return labels.get(member.dim, member.dim)

    one = members[0]
    if len(members) > 1:
        one = st.selectbox("Missing in", members, key=f"{key}-of", format_func=named)
    known = members_known(one, held, workspace)
    absent = [value for value in known if value not in _with_a_value(one, result)]
    label = labels.get(one.dim, one.dim)
    names = option_labels(one.dim, known, held.draft, held.actor, workspace)
    chosen = st.selectbox(
        f"Which {plain(lower_first(label))}?", absent, index=None, key=f"{key}-{one.dim}",
        format_func=lambda value: value_text(value, names),
        placeholder="Pick one, or type a name", accept_new_options=True,
    )  # fmt: skip
    if chosen is None:
        count = len(absent)
        st.caption(
            f"{count:,} {'has' if count == 1 else 'have'} no value in this result."
            if absent
            else "Every known value is in this result."
        )
        return
    matched = match_list(value_text(chosen), known, names)
    typed: Value = matched.values[0] if matched.values else scalar(chosen)
    value = chosen if chosen in absent else typed
    try:
        found = why_missing(held.draft, one, value, lambda query: workspace.ask(query, held.actor))
    except SemanticError as error:
        st.caption(plain(f"Couldn't find out why it's missing. {error.title}"))
        return
    near = matched.unmatched[0].near if matched.unmatched else ()
    title, sentence = missing_words(found, one, value, held, visible, workspace, names)
    with st.container(gap="xsmall", key="why-missing"):
        st.markdown(f"**{plain(title)}**  \n{plain(sentence)}")
        if found.why is Why.NOT_A_VALUE and near:
            st.caption(plain(f"Did you mean: {listed(value_text(other, names) for other in near)}."))
        for place, act in enumerate(_ways(found, held, labels)):
            st.button(plain(act.label), key=f"{key}-way-{place}", on_click=act.press, width="stretch", wrap=True)


def members_known(one: Breakdown, held: ExploreState, workspace: Workspace) -> list[Value]:
    """Every value this person can see: of the question's metrics on any day, then those without any data."""
    ever = known_values(one.dim, replace(held.draft, time=None), held, workspace)
    return list(dict.fromkeys([*ever, *known_values(one.dim, Query(), held, workspace)]))


def _with_a_value(one: Breakdown, result: Result) -> set[Value]:
    names = [scalar(value) for value in result.table.column(column_name(one)).to_pylist()]
    columns = [result.table.column(it.name).to_pylist() for it in result.values if it.calculation is None]
    return {
        name
        for name, row in zip(names, zip(*columns, strict=True), strict=True)
        if any(value is not None for value in row)
    }


# In words


def missing_words(
    found: Missing,
    one: Breakdown,
    value: Value,
    held: ExploreState,
    visible: VisibleModel,
    workspace: Workspace,
    names: Labels = NO_LABELS,
) -> tuple[str, str]:
    """What's missing and why. `names` are labels of members."""
    labels = filter_labels(visible) | listed_labels(held.draft, visible, workspace)
    name = value_text(value, names)
    metrics = listed(lower_first(it.label or it.name) for it in visible.metrics if it.name in held.draft.metrics)
    match found.why:
        case Why.PRESENT:
            return f"{name} is in this result", "It has a value there."
        case Why.NO_VALUE:
            return f"{name} is in the table, with no value", _no_value_words(one, value, held, visible, workspace)
        case Why.BELOW_TOP | Why.BELOW_LIMIT:
            shown = held.draft.top.n if found.why is Why.BELOW_TOP and held.draft.top else held.draft.limit or 0
            by = held.draft.top.metric if found.why is Why.BELOW_TOP and held.draft.top else ""
            label = next((it.label or it.name for it in visible.metrics if it.name == by), "")
            place = f"It ranks {found.place} of {found.of}" if found.place else "It has no value to rank by"
            return f"{name} isn't in the top {shown}", f"{place}{f' by {lower_first(label)}' if label else ''}."
        case Why.METRIC_FILTER:
            said = listed(quoted(metric_filter_words(it, visible, held.draft.currency)) for it in found.having)
            return f"{name} is filtered out", f"Its value doesn't meet {said}."
        case Why.FILTER:
            said = listed(quoted(filter_words(it, labels)) for it in found.filters)
            if found.together:
                return f"{name} is filtered out", f"No single filter removes it, but together they do: {said}."
            each = "Each of these filters removes it" if len(found.filters) > 1 else "This filter removes it"
            return f"{name} is filtered out", f"{each}: {said}."
        case Why.OTHER_DAYS:
            days = held.check(workspace).period.words
            return f"{name} has no data in this period", f"{_seen_words(found)}This question covers {days}."
        case Why.NO_ROWS:
            return (
                f"{name} has no {metrics}",
                "It exists, but has no data for this metric at any time.",
            )
        case Why.NOT_A_VALUE:
            label = lower_first(labels.get(one.dim, one.dim))
            scope = visible.scope.removeprefix("Scope: ")
            if scope:
                rest = f"You only have access to {scope}; this says nothing about other data."
                return f"{quoted(name)} isn't in the data you can see", f"Not at any time. {rest}"
            return f"No {label} is called {quoted(name)}", "Nothing has that name at any time."


def _seen_words(found: Missing) -> str:
    if found.first is None or found.last is None:
        return ""
    if found.first == found.last:
        return f"Seen only on {describe_day(found.first)}. "
    return f"First seen {describe_day(found.first)}, last seen {describe_day(found.last)}. "


def _no_value_words(
    one: Breakdown, value: Value, held: ExploreState, visible: VisibleModel, workspace: Workspace
) -> str:
    """The parts of each metric for this value, to show which of them is missing."""
    by_name = {it.name: it for it in visible.metrics}
    said = [_parts_words(by_name[name], one, value, held, by_name, workspace) for name in held.draft.metrics]
    return " ".join(words for words in said if words) or "There's nothing to count or sum for it."


def _parts_words(
    metric: Metric, one: Breakdown, value: Value, held: ExploreState, by_name: dict[str, Metric], workspace: Workspace
) -> str:
    inputs = tuple(name for name in metric.inputs if name in by_name)
    label = metric.label or metric.name
    if not inputs:
        return f"{label} has no rows for it."
    only = Condition(one.dim, Operator.IN, (value,), one.via)
    parts = (*parts_of(held.draft), only)
    plainly = replace(held.draft, having=(), compare=(), top=None, totals=(), order=(), calc=())
    asked = replace(plainly, metrics=inputs, by=(one,))
    try:
        result = workspace.ask(with_parts(asked, parts), held.actor)
    except SemanticError:
        return ""
    texts: list[str] = []
    for column in result.values:
        # Any: pyarrow has no types for a cell's content.
        numbers: list[Any] = result.table.column(column.name).to_pylist()
        number, name = numbers[0] if numbers else None, lower_first(column.label)
        texts.append(f"no {name}" if number is None else f"{name} {writer(column, [number], short=False)(number)}")
    return (
        f"{label} is calculated from {listed(lower_first(by_name[it].label) for it in inputs)}. Here: "
        f"{', '.join(texts)}."
    )


def _ways(found: Missing, held: ExploreState, labels: dict[str, str]) -> list[Act]:
    """Questions that include it."""
    if found.with_it is None:
        return []
    match found.why:
        case Why.FILTER if not found.together:
            return [Act(f"Remove {quoted(filter_words(found.filters[0], labels))}", asking(held, found.with_it))]
        case Why.FILTER:
            return [Act("Remove all filters", asking(held, found.with_it))]
        case Why.METRIC_FILTER:
            return [Act("Remove the condition on values", asking(held, found.with_it))]
        case Why.OTHER_DAYS:
            acts: list[Act] = []
            if found.first is not None and found.last is not None:
                end = max(found.last, found.first)
                start = max(found.first, end - timedelta(days=90))
                days = replace(found.with_it, time=Between(start, end), compare=held.draft.compare)
                acts.append(Act(f"Show {describe_range(start, end)}", asking(held, days)))
            return [*acts, Act("Show all time", asking(held, found.with_it))]
        case _:
            return [Act("Show all", asking(held, found.with_it))]
