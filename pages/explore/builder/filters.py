"""The filters of a question: a search for what to filter by, and a chip for each filter that opens its fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.condition import PARTS, can_edit_part, choose_mode, edit_condition, edit_part, scalar
from pages.explore.builder.metric_filters import choose_metric_filter, metric_filter_chip
from pages.explore.builder.question import ExploreState, parts_of, with_parts
from pages.shell import session
from pages.shell.parts import chip, plain, unseen
from pages.widgets.search_box import Row, SearchMatches, search_box
from semantic.display.format import value_text
from semantic.display.words.settings.filters import METRIC, SEGMENT, filter_words, member_names
from semantic.explore.search import Hit, search
from semantic.model.definitions import DatePart, Dimension, Segment
from semantic.query.data import column_name
from semantic.query.describe import upper_first
from semantic.query.filter_parts import parts_of as all_parts
from semantic.query.member_labels import Labels, label_of
from semantic.query.names import date_name
from semantic.query.narrowing import any_of
from semantic.query.query import (
    DATE,
    AnyOf,
    Breakdown,
    Condition,
    Filter,
    InSegment,
    NotAny,
    Operator,
    Query,
    Value,
)

if TYPE_CHECKING:
    from semantic.explore.preflight import Preflight
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

VALUES = 4
WEEKEND = (6, 7)
WEEKEND_WORDS = ("without only weekends", "weekends only", "weekdays only")  # the words that people type for them


def filters(state: ExploreState, visible: VisibleModel, preflight: Preflight | None, workspace: Workspace) -> None:
    state.labels = state.labels or filter_labels(visible)
    labels = state.labels | listed_labels(state.draft, visible, workspace)
    offers: dict[str, Filter] = {}
    making = state.key("filter-new")
    place = _place_of_alternative(state)

    def find(text: str) -> SearchMatches:
        return find_filters(text, state, visible, preflight, offers, with_metrics=place is None)

    def pick(name: str) -> None:
        if name not in offers and name not in labels:
            find("")  # The first list can be from an earlier run.
        if name in offers:
            state.replace(with_filter(state.draft, offers[name], place))
        elif name in labels:
            st.session_state[making] = name

    with st.container(gap="xsmall", key="filters"):
        if place is not None:
            _alternative_to(state, parts_of(state.draft)[place], labels)
        search_box(
            "Filter by", find, pick, key="filter-search", disabled=not state.draft.metrics,
            stamp=(state.actor, state.version, state.draft.metrics, bool(state.draft.by), place is None),
            placeholder="Search fields and values, such as brand" if state.draft.metrics else "Pick a metric first",
            more="Type to find more.",
        )  # fmt: skip
        what = st.session_state.get(making, "")
        is_for_groups = what.startswith(METRIC)  # not an alternative to a filter on rows
        if what in labels and state.draft.metrics and not (is_for_groups and place is not None):
            _new_filter(state, what, labels, visible, workspace, making, place)
        _chips(state, labels, visible, workspace)


def filter_labels(visible: VisibleModel) -> dict[str, str]:
    """Return the labels of everything that people can filter by. Names of segments and metrics have a prefix."""
    labels = {dimension.name: dimension.label or dimension.name for dimension in visible.dimensions}
    labels |= {date_name(Breakdown(DATE, part=part)): upper_first(part.words) for part in PARTS}
    labels |= {SEGMENT + segment.name: f"Segment: {segment.label or segment.name}" for segment in visible.segments}
    labels |= {METRIC + metric.name: f"Value of {metric.label or metric.name}" for metric in visible.metrics}
    if not visible.may_name_members:
        return labels
    members = {dimension.name: visible.member_labels(dimension.name) for dimension in visible.dimensions}
    return labels | member_names(members)


def listed_labels(query: Query, visible: VisibleModel, workspace: Workspace) -> dict[str, str]:
    """Return the labels of the question's filter values that `filter_labels` leaves out.

    They're needed if row rules can hide values or if the labels are in another dimension. Only values that rows have
    are included.
    """
    if query.where is None:
        return {}
    dims = dict.fromkeys(part.dim for part in all_parts(query.where) if isinstance(part, Condition))
    asked = [dim for dim in dims if not visible.may_name_members or visible.label_dimension(dim)]
    return member_names(workspace.member_labels(asked, query, visible.actor))


# Alternatives: filters of which at least one must match


def with_filter(query: Query, added: Filter, place: int | None = None) -> Query:
    """Return the question with one more filter. If `place` is set, it becomes an alternative to the filter at that
    position.
    """
    parts = parts_of(query)
    if place is None or place >= len(parts):
        return with_parts(query, [*parts, added])
    known = alternatives(parts[place])
    either = any_of(known if added in known else [*known, added])
    return with_parts(query, [*parts[:place], either, *parts[place + 1 :]])


def alternatives(part: Filter) -> list[Filter]:
    """Return the alternatives of a filter, or the filter itself if it has none."""
    return list(part.parts) if isinstance(part, AnyOf) else [part]


def _place_of_alternative(state: ExploreState) -> int | None:
    """Return the position of the filter that gets the next filter as an alternative, or None if there is no such
    filter.
    """
    place = st.session_state.get(state.key("filter-or"))
    return place if isinstance(place, int) and place < len(parts_of(state.draft)) else None


def _alternative_to(state: ExploreState, part: Filter, labels: dict[str, str]) -> None:
    """Draw which filter gets the next one as an alternative."""
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center", key="filter-or-line"):
        st.markdown(f":small[{plain(filter_words(part, labels))} **or** \N{HORIZONTAL ELLIPSIS}]", width="stretch")
        st.button(
            unseen("Cancel"), icon=":material/close:", type="tertiary", key="filter-or-cancel", help="Cancel",
            on_click=_ask_alternative, args=(state, None),
        )  # fmt: skip


def _ask_alternative(state: ExploreState, place: int | None, popover: str = "") -> None:
    st.session_state[state.key("filter-or")] = place
    st.session_state[state.key("filter-new")] = ""
    if popover:
        st.session_state[popover] = False  # The popover closes, so that the search is visible.


# Search


def find_filters(
    text: str,
    state: ExploreState,
    visible: VisibleModel,
    preflight: Preflight | None,
    offers: dict[str, Filter],
    *,
    with_metrics: bool = True,
) -> SearchMatches:
    """Return search results: values and yes/no fields as ready filters, then dimensions, segments, and metrics.

    Ready filters are added to `offers` under the name of their row. Dimensions that don't fit the metrics are left out.
    """
    labels, fits = (
        filter_labels(visible),
        {dimension.name for dimension in preflight.available} if preflight else set[str](),
    )
    rows = [*_answer_rows(text, state, labels, offers)] if text else []
    values = [*_value_rows(text, state, offers)] if text else []
    rows += [row for row, is_whole in values if is_whole]
    for hit in _hits(text, state, visible, with_metrics=with_metrics):
        match hit.thing:
            case Dimension() as dimension if dimension.name not in fits:
                continue
            case Dimension() as dimension:
                if dimension.kind == "boolean":
                    rows += _yes_or_no(dimension, labels, offers)
                rows.append(Row(dimension.name, labels[dimension.name], line=dimension.description, why=hit.why))
            case Segment() as segment:
                rows.append(
                    Row(SEGMENT + segment.name, labels[SEGMENT + segment.name], line=segment.description, why=hit.why)
                )
            case thing:
                name = METRIC + thing.name
                rows.append(
                    Row(name, labels[name], line="Show only groups where this metric meets a condition.", why=hit.why)
                )
    rows += [row for row, is_whole in values if not is_whole]
    if DATE in fits:
        is_weekend = len(text) > 2 and any(text.casefold() in word for word in WEEKEND_WORDS)
        rows += [*(_weekend_rows(labels, offers) if is_weekend and not rows else ()), *_part_rows(text, labels)]
    return SearchMatches(rows, "" if rows or not text else "No matching fields or values.")


def _weekend_rows(labels: dict[str, str], offers: dict[str, Filter]) -> Iterator[Row]:
    """Yield "weekdays only" and "weekends only" as ready filters."""
    days = date_name(Breakdown(DATE, part=DatePart.DOW))
    for op, word in ((Operator.NOT_IN, "Weekdays only"), (Operator.IN, "Weekends only")):
        name = f"{op.value}:weekends"
        offers[name] = Condition(days, op, WEEKEND)
        yield Row(name, word, unit=labels[days])


def _part_rows(text: str, labels: dict[str, str]) -> Iterator[Row]:
    """Yield the parts of the date whose names contain a text."""
    for part in PARTS:
        name = date_name(Breakdown(DATE, part=part))
        if text.casefold() in labels[name].casefold():
            yield Row(name, labels[name], line="Uses each metric's own date.")


def _hits(text: str, state: ExploreState, visible: VisibleModel, *, with_metrics: bool) -> list[Hit]:
    """Return matching dimensions and segments, then metrics if the question has groups that their values can filter."""
    for said in ("segment:", "value of "):  # as their rows begin
        text = text[len(said) :].strip() if text.casefold().startswith(said) else text
    hits = search(visible, text, kinds=("dimension", "segment"), limit=len(visible.dimensions) + len(visible.segments))
    if not state.draft.by or not with_metrics:
        return hits
    found_hits = search(visible, text, kinds=("metric",), limit=len(visible.metrics))
    asked = [hit for hit in found_hits if hit.name in state.draft.metrics]
    others = [hit for hit in found_hits if hit.name not in state.draft.metrics]
    return [*hits, *asked, *others[: VALUES if text else len(others)]]


def _answer_rows(text: str, state: ExploreState, labels: dict[str, str], offers: dict[str, Filter]) -> list[Row]:
    """Return the values in the current answer that contain a text, as filters that exclude or keep them."""
    result, rows = state.result, list[Row]()
    if result is None or state.answered != state.draft:
        return rows
    for breakdown in state.draft.by:
        if breakdown.is_time:
            continue
        column = next(key for key in result.keys if key.name == column_name(breakdown))
        values = dict.fromkeys(scalar(value) for value in result.table.column(column.name).to_pylist())
        for value in [value for value in values if _has_text(value, text, column.labels)][:VALUES]:
            for op, word in ((Operator.NOT_IN, "Exclude"), (Operator.IN, "Only")):
                name = f"{op.value}:{breakdown.dim}:{value}"
                offers[name] = Condition(breakdown.dim, op, (value,), breakdown.via)
                label = f"{word} {value_text(value, column.labels)}"
                rows.append(Row(name, label, unit=labels.get(breakdown.dim, breakdown.dim)))
    return rows


def _value_rows(text: str, state: ExploreState, offers: dict[str, Filter]) -> Iterator[tuple[Row, bool]]:
    """Yield filters that keep one value, from all fields that fit the metrics, and whether the text is that whole
    value.
    """
    found = session.finder().find(text, state.actor, query=state.draft, kinds=("value",))
    for match in found.all():
        name = f"in:{match.name}:{match.values[0]}"
        if name not in offers:
            offers[name] = Condition(match.name, Operator.IN, match.values)
            yield Row(name, f"Only {match.label}", unit=match.detail, why=match.why), match.is_whole


def _has_text(value: Value, text: str, labels: Labels) -> bool:
    """Return whether a value or its label contains a text."""
    names = (value if isinstance(value, str) else None, label_of(value, labels))
    return any(text.casefold() in name.casefold() for name in names if name is not None)


def _yes_or_no(dimension: Dimension, labels: dict[str, str], offers: dict[str, Filter]) -> list[Row]:
    rows: list[Row] = []
    for op, word in ((Operator.NOT_IN, "Exclude"), (Operator.IN, "Only")):
        name = f"{op.value}:{dimension.name}:yes"
        offers[name] = Condition(dimension.name, op, (True,))
        rows.append(Row(name, f"{word}: {labels[dimension.name]}", line=dimension.description))
    return rows


# A new filter


def _new_filter(
    state: ExploreState,
    what: str,
    labels: dict[str, str],
    visible: VisibleModel,
    workspace: Workspace,
    making: str,
    place: int | None,
) -> None:
    def close() -> None:
        st.session_state[making] = ""

    key = state.key(f"new-{what}")
    with st.container(gap="xsmall", key="new-filter"):
        with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center"):
            st.markdown(f"**{plain(labels[what])}**", width="stretch")
            st.button(
                unseen("Close"),
                icon=":material/close:", type="tertiary", key=f"{key}-close", help="Close", on_click=close,
            )  # fmt: skip
        query = _with_filter(state, what, key, visible, workspace, place)
        st.button(
            "Add filter" if place is None else "Add alternative",
            type="primary",
            key=f"{key}-add",
            on_click=state.replace,
            args=(query,),
            disabled=query is None,
        )


def _with_filter(
    state: ExploreState, what: str, key: str, visible: VisibleModel, workspace: Workspace, place: int | None
) -> Query | None:
    """Return the question with the new filter, or None while the filter is incomplete."""
    if what.startswith(METRIC):
        metric_filter = choose_metric_filter(key, what.removeprefix(METRIC), visible, state.draft.currency)
        return replace(state.draft, having=(*state.draft.having, metric_filter)) if metric_filter else None
    condition: Filter | None
    if what.startswith(SEGMENT):
        condition = _segment(key, what.removeprefix(SEGMENT), visible)
    elif (part := part_named(what)) is not None:
        condition = edit_part(part, what, key)
    else:
        condition = edit_condition(state, visible.dimension(what)[0], key, workspace)
    return with_filter(state.draft, condition, place) if condition else None


# An active filter


def part_named(name: str) -> DatePart | None:
    """Return the part of the date with this filter name, or None if filters don't offer one."""
    return next((part for part in PARTS if date_name(Breakdown(DATE, part=part)) == name), None)


def segment_of(part: Filter) -> str | None:
    """Return the segment of a filter that keeps or excludes just one segment, or else None."""
    inner = part.part if isinstance(part, NotAny) else part
    return inner.segment if isinstance(inner, InSegment) else None


def _chips(state: ExploreState, labels: dict[str, str], visible: VisibleModel, workspace: Workspace) -> None:
    """Draw a chip for each filter. Alternatives have a chip each, with "or" between them."""
    parts = parts_of(state.draft)
    if not parts and not state.draft.having:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        for place, part in enumerate(parts):
            if not isinstance(part, AnyOf):
                _chip(state, (place,), part, labels, visible, workspace)
        for place, condition in enumerate(state.draft.having):
            metric_filter_chip(state, place, condition, visible)
    for place, part in enumerate(parts):
        if isinstance(part, AnyOf):
            with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key=f"any-of-{place}"):
                for at, inner in enumerate(part.parts):
                    if at:
                        st.markdown(":small[or]", width="content")
                    _chip(state, (place, at), inner, labels, visible, workspace)


def _chip(
    state: ExploreState,
    at: tuple[int, ...],
    part: Filter,
    labels: dict[str, str],
    visible: VisibleModel,
    workspace: Workspace,
) -> None:
    """Draw the chip of a filter. `at` is the filter's position and, for an alternative, its position among the
    alternatives.
    """
    key = state.key("-".join(map(str, ("filter", *at))))
    place = at[0]
    with chip(filter_words(part, labels), "filter_alt", key) as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            chosen = _edited(state, part, key, labels, visible, workspace)
            if chosen is not None and chosen != part:
                state.change(_changed_at(state.draft, at, chosen))
            with st.container(horizontal=True, gap="xsmall"):
                st.button(
                    "Or\N{HORIZONTAL ELLIPSIS}", icon=":material/add:", key=f"{key}-or", on_click=_ask_alternative,
                    args=(state, place, key), help="Add an alternative: rows that match either filter are counted.",
                )  # fmt: skip
                st.button(
                    "Remove", icon=":material/delete:", key=f"{key}-remove", on_click=state.replace,
                    args=(_changed_at(state.draft, at, None),),
                )  # fmt: skip


def _changed_at(query: Query, at: tuple[int, ...], chosen: Filter | None) -> Query:
    """Return the question with another filter at a position, or without that filter if `chosen` is None."""
    place, *inner = at
    parts = [*parts_of(query)]
    if inner:
        others = alternatives(parts[place])
        others[inner[0] : inner[0] + 1] = [chosen] if chosen is not None else []
        chosen = any_of(others) if others else None
    parts[place : place + 1] = [chosen] if chosen is not None else []
    return with_parts(query, parts)


def _edited(
    state: ExploreState, part: Filter, key: str, labels: dict[str, str], visible: VisibleModel, workspace: Workspace
) -> Filter | None:
    """Draw the fields of a filter, and return the filter. While no value is set, the previous filter is returned."""
    of_date = part_named(part.dim) if isinstance(part, Condition) else None
    if isinstance(part, Condition) and of_date is not None and can_edit_part(of_date, part):
        return edit_part(of_date, part.dim, key, part)
    if isinstance(part, Condition) and of_date is None and part.dim in labels:
        return edit_condition(state, visible.dimension(part.dim)[0], key, workspace, part)
    if (segment := segment_of(part)) is not None:
        return _segment(key, segment, visible, current=part)
    st.caption("You can only remove this filter as a whole.")
    st.markdown(plain(filter_words(part, labels)))
    return None


def _segment(key: str, name: str, visible: VisibleModel, current: Filter | None = None) -> Filter:
    """Draw the choice of being in a segment or not, with the segment's meaning, and return the filter."""
    excludes = choose_mode(key, is_excluded=isinstance(current, NotAny))
    described = next((segment.description for segment in visible.segments if segment.name == name), "")
    if described:
        st.caption(plain(described))
    return NotAny(InSegment(name)) if excludes else InSegment(name)
