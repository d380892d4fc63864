"""The popover "Missing something?": choose a value that isn't in the answer, see why, and get a question that includes
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.explore.builder.condition import known_values, scalar
from pages.explore.builder.filters import filter_labels, listed_labels
from pages.explore.builder.metric_filters import metric_filter_words
from pages.explore.builder.question import ExploreState, asking
from pages.shell.parts import Action, plain, quoted
from pages.widgets.member_options import option_labels
from semantic.display.failures import failure_title
from semantic.display.format import listed, value_text, writer
from semantic.display.words.settings.filters import filter_words
from semantic.errors import SemanticError
from semantic.explore.pasted_values import match_list
from semantic.explore.why_missing import MissingMember, Why, parts_of, why_missing, with_parts
from semantic.model.definitions import Metric
from semantic.query.data import column_name
from semantic.query.describe import describe_day, describe_range, lower_first
from semantic.query.member_labels import NO_LABELS, Labels
from semantic.query.query import Between, Breakdown, Condition, Operator, Query, Value

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel
    from semantic.results.result import Result
    from semantic.workspace import Workspace


def missing_something(state: ExploreState, visible: VisibleModel, workspace: Workspace) -> None:
    """Draw the popover, if the answer has a breakdown with values."""
    members = [breakdown for breakdown in state.draft.by if not breakdown.is_time]
    if not members or state.result is None or state.answered != state.draft:
        return
    key = state.key("missing")
    with st.popover(
        "Missing something?", icon=":material/search_insights:", type="tertiary", key=key, on_change="rerun"
    ) as popover:
        if not popover.open:
            return
        with st.container(width=340, gap="small", key="missing"):
            _ask(state, state.result, members, visible, workspace, key)


def _ask(
    state: ExploreState,
    result: Result,
    members: Sequence[Breakdown],
    visible: VisibleModel,
    workspace: Workspace,
    key: str,
) -> None:
    labels = filter_labels(visible) | listed_labels(state.draft, visible, workspace)

    def named(member: Breakdown) -> str:
        return labels.get(member.dim, member.dim)

    breakdown = members[0]
    if len(members) > 1:
        breakdown = st.selectbox("Missing in", members, key=f"{key}-of", format_func=named)
    known = members_known(breakdown, state, workspace)
    absent = [value for value in known if value not in _with_a_value(breakdown, result)]
    label = labels.get(breakdown.dim, breakdown.dim)
    names = option_labels(breakdown.dim, known, state.draft, state.actor, workspace)
    chosen = st.selectbox(
        f"Which {plain(lower_first(label))}?", absent, index=None, key=f"{key}-{breakdown.dim}",
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
        missing = why_missing(state.draft, breakdown, value, lambda query: workspace.ask(query, state.actor))
    except SemanticError as error:
        st.caption(plain(f"Couldn't find out why it's missing. {failure_title(error)}"))
        return
    near = matched.unmatched[0].near if matched.unmatched else ()
    title, sentence = missing_words(missing, breakdown, value, state, visible, workspace, names)
    with st.container(gap="xsmall", key="why-missing"):
        st.markdown(f"**{plain(title)}**  \n{plain(sentence)}")
        if missing.why is Why.NOT_A_VALUE and near:
            st.caption(plain(f"Did you mean: {listed(value_text(other, names) for other in near)}."))
        for place, act in enumerate(_actions(missing, state, labels)):
            st.button(plain(act.label), key=f"{key}-way-{place}", on_click=act.press, width="stretch", wrap=True)


def members_known(breakdown: Breakdown, state: ExploreState, workspace: Workspace) -> list[Value]:
    """Return all values of a breakdown that this person can see.

    Values of the question's metrics on any day come first, then values without any data.
    """
    ever = known_values(breakdown.dim, replace(state.draft, time=None), state, workspace)
    return list(dict.fromkeys([*ever, *known_values(breakdown.dim, Query(), state, workspace)]))


def _with_a_value(breakdown: Breakdown, result: Result) -> set[Value]:
    names = [scalar(value) for value in result.table.column(column_name(breakdown)).to_pylist()]
    columns = [result.table.column(column.name).to_pylist() for column in result.values if column.calculation is None]
    return {
        name
        for name, row in zip(names, zip(*columns, strict=True), strict=True)
        if any(value is not None for value in row)
    }


# Wording


def missing_words(
    missing: MissingMember,
    breakdown: Breakdown,
    value: Value,
    state: ExploreState,
    visible: VisibleModel,
    workspace: Workspace,
    names: Labels = NO_LABELS,
) -> tuple[str, str]:
    """Return what is missing, and why. `names` has labels of members."""
    labels = filter_labels(visible) | listed_labels(state.draft, visible, workspace)
    name = value_text(value, names)
    metrics = listed(
        lower_first(metric.label or metric.name) for metric in visible.metrics if metric.name in state.draft.metrics
    )
    match missing.why:
        case Why.PRESENT:
            return f"{name} is in this result", "It has a value there."
        case Why.NO_VALUE:
            return f"{name} is in the table, with no value", _no_value_words(
                breakdown, value, state, visible, workspace
            )
        case Why.BELOW_TOP | Why.BELOW_LIMIT:
            shown = state.draft.top.n if missing.why is Why.BELOW_TOP and state.draft.top else state.draft.limit or 0
            by = state.draft.top.metric if missing.why is Why.BELOW_TOP and state.draft.top else ""
            label = next((metric.label or metric.name for metric in visible.metrics if metric.name == by), "")
            place = f"It ranks {missing.place} of {missing.of}" if missing.place else "It has no value to rank by"
            return f"{name} isn't in the top {shown}", f"{place}{f' by {lower_first(label)}' if label else ''}."
        case Why.METRIC_FILTER:
            text = listed(
                quoted(metric_filter_words(condition, visible, state.draft.currency)) for condition in missing.having
            )
            return f"{name} is filtered out", f"Its value doesn't meet {text}."
        case Why.FILTER:
            text = listed(quoted(filter_words(condition, labels)) for condition in missing.filters)
            if missing.together:
                return f"{name} is filtered out", f"No single filter removes it, but together they do: {text}."
            each = "Each of these filters removes it" if len(missing.filters) > 1 else "This filter removes it"
            return f"{name} is filtered out", f"{each}: {text}."
        case Why.OTHER_DAYS:
            days = state.check(workspace).period.words
            return f"{name} has no data in this period", f"{_seen_words(missing)}This question covers {days}."
        case Why.NO_ROWS:
            return (
                f"{name} has no {metrics}",
                "It exists, but it has no data for this metric on any date.",
            )
        case Why.NOT_A_VALUE:
            label = lower_first(labels.get(breakdown.dim, breakdown.dim))
            scope = visible.scope.removeprefix("Scope: ")
            if scope:
                rest = f"You only have access to {scope}, so it may appear in other data."
                return f"{quoted(name)} isn't in the data you can see", f"It doesn't appear there on any date. {rest}"
            return f"No {label} is called {quoted(name)}", "It doesn't appear in your data on any date."


def _seen_words(missing: MissingMember) -> str:
    if missing.first is None or missing.last is None:
        return ""
    if missing.first == missing.last:
        return f"Seen only on {describe_day(missing.first)}. "
    return f"First seen {describe_day(missing.first)}, last seen {describe_day(missing.last)}. "


def _no_value_words(
    breakdown: Breakdown, value: Value, state: ExploreState, visible: VisibleModel, workspace: Workspace
) -> str:
    """Return the components of each metric for this value, which show which component is missing."""
    by_name = {metric.name: metric for metric in visible.metrics}
    texts = [_parts_words(by_name[name], breakdown, value, state, by_name, workspace) for name in state.draft.metrics]
    return " ".join(words for words in texts if words) or "There's nothing to count or sum for it."


def _parts_words(
    metric: Metric,
    breakdown: Breakdown,
    value: Value,
    state: ExploreState,
    by_name: dict[str, Metric],
    workspace: Workspace,
) -> str:
    inputs = tuple(name for name in metric.inputs if name in by_name)
    label = metric.label or metric.name
    if not inputs:
        return f"{label} has no rows for it."
    only = Condition(breakdown.dim, Operator.IN, (value,), breakdown.via)
    parts = (*parts_of(state.draft), only)
    plainly = replace(state.draft, having=(), compare=(), top=None, totals=(), order=(), calc=())
    asked = replace(plainly, metrics=inputs, by=(breakdown,))
    try:
        result = workspace.ask(with_parts(asked, parts), state.actor)
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


def _actions(missing: MissingMember, state: ExploreState, labels: dict[str, str]) -> list[Action]:
    """Return actions that ask questions which include the missing value."""
    if missing.with_it is None:
        return []
    match missing.why:
        case Why.FILTER if not missing.together:
            return [
                Action(f"Remove {quoted(filter_words(missing.filters[0], labels))}", asking(state, missing.with_it))
            ]
        case Why.FILTER:
            return [Action("Remove all filters", asking(state, missing.with_it))]
        case Why.METRIC_FILTER:
            return [Action("Remove the condition on values", asking(state, missing.with_it))]
        case Why.OTHER_DAYS:
            acts: list[Action] = []
            if missing.first is not None and missing.last is not None:
                end = max(missing.last, missing.first)
                start = max(missing.first, end - timedelta(days=90))
                days = replace(missing.with_it, time=Between(start, end), compare=state.draft.compare)
                acts.append(Action(f"Show {describe_range(start, end)}", asking(state, days)))
            return [*acts, Action("Show all time", asking(state, missing.with_it))]
        case _:
            return [Action("Show all", asking(state, missing.with_it))]
