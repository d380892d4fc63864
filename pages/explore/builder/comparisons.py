"""The comparisons of a question. Several can be on at once, each with its days in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.question import ExploreState
from pages.shell.parts import plain
from semantic.display.words.settings.comparisons import DATES, OWN_DAYS, PREVIOUS, WEEKDAYS, comparison_names, year_name
from semantic.explore.weekly import is_dated
from semantic.query.data import MAX_COMPARISONS
from semantic.query.describe import describe_range
from semantic.query.query import Back, Comparison, LastYear, Named, Previous, Query
from semantic.query.resolve import compared_with

if TYPE_CHECKING:
    from semantic.explore.preflight import Preflight
    from semantic.policy.narrow import VisibleModel


def comparisons(state: ExploreState, preflight: Preflight | None, visible: VisibleModel) -> None:
    """Draw a switch for each available comparison, and the days of those that are on."""
    draft = state.draft
    current = dict(zip(comparison_names(draft), draft.compare, strict=True))
    if not current and _undated(draft, visible):
        return  # No day has data that could be compared.
    offered = {
        name: offer
        for name, offer in _offers(draft, preflight).items()
        if _kind(offer) not in map(_kind, draft.compare)
    }
    known = {**offered, **current}
    options = [name for name in (PREVIOUS, WEEKDAYS, DATES, OWN_DAYS) if name in known]
    options += [name for name in known if name not in options]
    # The names are part of the key, so the field is a new one when other days change a name.
    key = state.key("compare-" + "-".join(options))

    def change() -> None:
        chosen: Sequence[str] = st.session_state[key]
        comparisons = [comparison for name, comparison in current.items() if name in chosen]
        added = [known[name] for name in chosen if name not in current]
        state.change(replace(state.draft, compare=(*comparisons, *added)[:MAX_COMPARISONS]))

    st.pills(
        "Compare with", options or [PREVIOUS, WEEKDAYS], default=list(current), selection_mode="multi", key=key,
        on_change=change, disabled=preflight is None,
    )  # fmt: skip
    days = _days_of(preflight)
    for place, (name, comparison) in enumerate(current.items()):
        if isinstance(comparison, Named):
            _own_days(state, place, comparison)
        elif place < len(days):
            st.caption(plain(f"{name}: {days[place]}"))


def _undated(query: Query, visible: VisibleModel) -> bool:
    """Return whether a metric of the question has no date, so that the question can't have a period."""
    metrics = [visible.model.metrics[name] for name in query.metrics if name in visible.model.metrics]
    return any(not is_dated(metric, visible) for metric in metrics)


def _kind(comparison: Comparison) -> object:
    return comparison if isinstance(comparison, Back) else type(comparison)


def _offers(query: Query, preflight: Preflight | None) -> Mapping[str, Comparison]:
    """Return the available comparisons, by name. Some need a period with a start and an end."""
    if preflight is None:
        return {}
    start, end = preflight.period.start, preflight.period.end
    offers: dict[str, Comparison] = {year_name(query): LastYear()}
    if start is not None and end is not None:
        offers[PREVIOUS] = Previous()
        if end > start:
            offers[OWN_DAYS] = Named(start - (end - start), start - timedelta(days=1))
    return offers


def _days_of(preflight: Preflight | None) -> list[str]:
    if preflight is None or preflight.compiled is None:
        return []
    asked = preflight.compiled.asked
    compared = compared_with(asked.asked_days, None, asked)  # as asked, even if unknown
    return [
        describe_range(each_compared.days.start, each_compared.days.end, open_end=True) for each_compared in compared
    ]


def _own_days(state: ExploreState, place: int, named: Named) -> None:
    """Draw the two days of a custom comparison. The previous ones stay while the last day is before the first."""
    key = state.key(f"own-days-{place}")

    def change() -> None:
        start, end = st.session_state[f"{key}-first"], st.session_state[f"{key}-last"]
        if isinstance(start, date) and isinstance(end, date) and start <= end:
            changed = (*state.draft.compare[:place], Named(start, end), *state.draft.compare[place + 1 :])
            if len(set(changed)) == len(changed):
                state.change(replace(state.draft, compare=changed))

    with st.container(horizontal=True, gap="xsmall"):
        for label, end, value in (("Start date", "first", named.start), ("End date", "last", named.end)):
            st.date_input(
                label, value=value, key=f"{key}-{end}", format="DD/MM/YYYY", width=128, on_change=change,
                min_value=min(date(2000, 1, 1), value), max_value=max(date(2100, 1, 1), value),
            )  # fmt: skip
    first, last = st.session_state[f"{key}-first"], st.session_state[f"{key}-last"]
    if isinstance(first, date) and isinstance(last, date) and first > last:
        st.caption("The end date is before the start date.")
