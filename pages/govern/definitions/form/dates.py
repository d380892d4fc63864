"""The date by which a metric is counted: that of its measure, or that of an equal measure with another date."""

from __future__ import annotations

import re
from collections.abc import Mapping

import streamlit as st

from pages.govern.definitions.form.fields import TROUBLE, Form, put, show_problems
from pages.shell import session
from pages.shell.parts import plain
from semantic.errors import SemanticError
from semantic.model.definitions import Dataset, Measure
from semantic.model.editing.keys import read_object, set_key, value_as_list
from semantic.model.editing.objects import ObjectKind
from semantic.model.files.yaml_text import Plain


def date_field(form: Form, own: Dataset, measure: Measure) -> None:
    """Draw the choice of the date by which the metric counts its dataset's rows.

    Each date needs an equal measure with that date. If there is none, the date is offered only where the form can add
    one.
    """
    by_date = _same_by_date(form, own, measure)
    options: dict[str, str] = {name: _label(own, name) for name in by_date}
    if form.context.adds_measures:
        options |= {
            one.name: f"{one.label} (adds a measure to {own.label})"
            for one in own.dimensions.values()
            if one.kind == "time" and one.name not in by_date and form.seen.shows_dimension(one)
        }
    now = measure.time or ""
    if len(options) < 2:
        more = "" if form.context.adds_measures else " For another date, propose a change to the core."
        st.caption(plain(f"Dated by {options.get(now) or _label(own, now)}.{more}"))
        return
    widget = form.widget("measure", "date")

    def write() -> None:
        chosen = str(st.session_state.get(widget) or "")
        if chosen in by_date:
            put(form, ("measure",), by_date[chosen])
        elif chosen in own.dimensions and form.context.adds_measures:
            _add(form, own, measure, chosen)

    names = sorted(options, key=lambda name: (name not in by_date, options[name].casefold()))
    st.selectbox(
        "Date", names, index=names.index(now) if now in names else None, key=widget, on_change=write,
        format_func=lambda one: options[one], help="The date that says in which period a row counts.",
    )  # fmt: skip
    show_problems(form, "measure", "date")


def _label(own: Dataset, time: str) -> str:
    return own.dimensions[time].label if time in own.dimensions else "no date"


def _same_by_date(form: Form, own: Dataset, measure: Measure) -> Mapping[str, str]:
    """Return the measures that differ from this one only in their date, by date. This measure has its own date."""
    offered = form.offered.datasets.get(own.name)
    same = {
        one.time: f"{own.name}.{one.name}"
        for one in (offered.measures.values() if offered is not None else ())
        if one.time is not None and one.time in own.dimensions and _counts_the_same(one, measure)
    }
    return same | ({measure.time: f"{own.name}.{measure.name}"} if measure.time else {})


def _counts_the_same(one: Measure, other: Measure) -> bool:
    mine = (one.agg, one.sql, one.over_time, one.percentile)
    return mine == (other.agg, other.sql, other.over_time, other.percentile)


def _add(form: Form, own: Dataset, measure: Measure, time: str) -> None:
    """Add a copy of the measure with another date to the draft's dataset, and make the metric count that copy."""
    actor = form.context.acting()
    if actor is None:
        return
    live, key = session.live(), (ObjectKind.DATASET, own.name)
    edits = form.context.current(live, actor)
    text = edits.text_of(key)
    measures = value_as_list(read_object(text) or {}, ("measures",))
    copied = next((one for one in measures if isinstance(one, dict) and one.get("name") == measure.name), None)
    if copied is None:
        st.session_state[TROUBLE] = f"{own.label} can't be changed here. Add the measure to it as YAML."
        return
    taken = {*own.dimensions, *own.measures, *form.seen.model.metrics}
    name = _free(re.sub(r"[^a-z0-9_]+", "_", f"{measure.name}_by_{time}"), taken)
    kept: dict[str, Plain] = {part: value for part, value in copied.items() if part not in _OWN}
    label = f"{measure.label} by {own.dimensions[time].label}"
    made: dict[str, Plain] = {"name": name, "label": label, **kept, "time": time}
    try:
        written = form.context.write(live, actor, edits, key, set_key(text, ("measures", len(measures)), made))
    except SemanticError as error:
        st.session_state[TROUBLE] = str(error)
        return
    form.context.keep(written.edits)
    put(form, ("measure",), f"{own.name}.{name}")


_OWN = frozenset({"name", "label", "description", "synonyms", "time"})
"""The keys of a measure that a copy with another date doesn't get."""


def _free(name: str, taken: set[str]) -> str:
    return next(one for one in (name, *(f"{name}_{number}" for number in range(2, 1_000))) if one not in taken)
