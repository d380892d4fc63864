"""The field "Compare with": another period, as in Explore, or two groups of people."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.analyses.draft import Data, put
from pages.analyses.sides import sides, with_sides
from semantic.analyses.events import EVENT_KINDS
from semantic.display.words.settings.comparisons import OWN_DAYS, PREVIOUS, comparison_names, year_name
from semantic.errors import SemanticError
from semantic.model.definitions import Granularity
from semantic.query.data import comparison_data, read_comparisons
from semantic.query.query import DATE, Breakdown, Comparison, LastYear, Named, Period, Previous, Query

if TYPE_CHECKING:
    from pages.analyses.form import Form
    from semantic.explore.preflight import Preflight

NONE, GROUPS = "No comparison", "Two groups of people"
PATH = ("compare",)


def compare_with(form: Form, time: Period | None, checked: Preflight | None) -> None:
    """Draw the field, for kinds that can compare a period with another one, or a group of people with another one."""
    kind = EVENT_KINDS.get(str(form.data.get("kind")))
    if kind is None or not kind.compares:
        return
    current = current_comparison(form.data)
    options = _options(form.data, time, current, checked)
    if kind.narrowed is not None or form.data.get("sides"):
        options = options | {GROUPS: None}
    now = next((name for name, comparison in options.items() if comparison == current), NONE)
    now = GROUPS if form.data.get("sides") else now
    # The names are part of the key, so the field is a new one when another period changes a name.
    key = form.key("compare", *options)
    form.bind(key, lambda data, name: _with(data, name, options.get(name)), among=options)
    st.selectbox(
        "Compare with", list(options), index=list(options).index(now), key=key, format_func=str,
        help="People from both periods are followed for the same length of time.",
    )  # fmt: skip
    if form.data.get("sides"):
        sides(form)
    elif isinstance(current, Named):
        _days(form, current)


def current_comparison(data: Data) -> Comparison | None:
    """Return the comparison in a definition, or None if there is none or it can't be read."""
    try:
        return next(iter(read_comparisons(data.get("compare") or [])), None)
    except SemanticError:
        return None


def _options(
    data: Data, time: Period | None, current: Comparison | None, checked: Preflight | None
) -> dict[str, Comparison | None]:
    """Return the available comparisons by name. A period without a start or an end has no previous period or custom
    range.
    """
    over = data.get("over")
    by = (Breakdown(DATE, Granularity(over)),) if isinstance(over, str) and over in {*Granularity} else ()
    query = Query(time=time, by=by)
    start, end = (checked.period.start, checked.period.end) if checked is not None else (None, None)
    options: dict[str, Comparison | None] = {NONE: None}
    if start is not None and end is not None and start < end:
        options[PREVIOUS] = Previous()
    options[year_name(query)] = LastYear()
    if start is not None and end is not None and start < end:
        options[OWN_DAYS] = Named(start - (end - start), start - timedelta(days=1))
    if current is not None:
        (name,) = comparison_names(Query(time=time, by=by, compare=(current,)))
        options[name] = current
    return options


def _with(data: Data, name: str, comparison: Comparison | None) -> Data:
    if name == GROUPS:
        return with_sides(data)
    return _compared(put(data, ("sides",), None), comparison)


def _compared(data: Data, comparison: Comparison | None) -> Data:
    return put(data, PATH, None if comparison is None else [comparison_data(comparison)])


def _days(form: Form, named: Named) -> None:
    """Draw the first and last day of a custom range. The definition changes only if the first isn't after the last."""
    with st.container(horizontal=True, gap="xsmall"):
        for label, end, value in (("Start date", "from", named.start), ("End date", "to", named.end)):
            key = form.key("compare", "days", end)
            form.bind(key, _taking(end))
            st.date_input(
                label, value=value, key=key, format="DD/MM/YYYY", width=128,
                min_value=min(date(2000, 1, 1), value), max_value=max(date(2100, 1, 1), value),
            )  # fmt: skip


def _taking(end: str) -> Any:
    def take(data: Data, day: object) -> Data:
        current = current_comparison(data)
        if not isinstance(day, date) or not isinstance(current, Named):
            return data
        start, last = (day, current.end) if end == "from" else (current.start, day)
        return _compared(data, Named(start, last)) if start <= last else data

    return take
