"""Segments and datasets as forms. People edit the dimensions, measures and checks of a dataset one at a time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import streamlit as st

from pages.govern.definitions.form.conditions import rows_where
from pages.govern.definitions.form.fields import (
    Change,
    Form,
    change,
    choice,
    length_field,
    put,
    show_problems,
    text_field,
    whole_field,
    words_field,
)
from pages.shell.needed import needs, show_missing
from pages.shell.parts import heading, plain
from semantic.display.format import counted
from semantic.model.editing.keys import remove_item
from semantic.model.files.yaml_text import Path, Plain
from semantic.policy.actor import Actor
from semantic.query.describe import upper_first
from semantic.workspace import Workspace

_DESCRIBED: Final = frozenset({"name", "label", "description", "owner", "synonyms"})
_OF_SEGMENT: Final = _DESCRIBED | {"entity", "dataset", "where", "time", "last", "as_of"}
_OF_DATASET: Final = _DESCRIBED | {"table", "time", "freshness", "dimensions", "measures", "checks"}
AGGREGATIONS: Final = {
    "sum": "Sum", "count": "Count", "count_distinct": "Distinct count", "avg": "Average", "min": "Smallest",
    "max": "Largest", "median": "Median", "percentile": "Percentile", "sum_boolean": "Count of yes",
    "approx_count_distinct": "Distinct count, estimated",
}  # fmt: skip
DIMENSION_KINDS: Final = {"categorical": "Category", "time": "Date or time", "boolean": "Yes or no"}
CHECKS: Final = {
    "not_null": "A column has a value", "unique": "Columns are unique", "accepted": "A column has one of some values",
    "relationship": "Every row has a match", "rows": "The table has rows",
}  # fmt: skip
LAST: Final = {"day": "days", "week": "weeks", "month": "months", "quarter": "quarters", "year": "years"}


def yaml_of_segment(form: Form) -> list[str]:
    """Return the settings of a segment that can only be edited as YAML, in words."""
    return _kept(form, _OF_SEGMENT)


def yaml_of_dataset(form: Form) -> list[str]:
    """Return the settings of a dataset that can only be edited as YAML, in words."""
    return _kept(form, _OF_DATASET)


def _kept(form: Form, known: frozenset[str]) -> list[str]:
    return [upper_first(key.replace("_", " ")) for key in form.data if key not in known]


def segment_form(form: Form, workspace: Workspace, actor: Actor) -> None:
    """Draw the fields of a segment, with the conditions on its rows."""
    model = form.offered
    text_field(form, "Name", "label", placeholder="The name people see", longest=120)
    left, right = st.columns(2, gap="small")
    datasets = {one.name: one.label for one in model.datasets.values()}
    with left:
        dataset = choice(form, "Members have a row in", datasets, "dataset")
    target = model.datasets.get(dataset)
    entities = {
        one.name: upper_first(one.name.replace("_", " ")) for one in (target.entities if target is not None else ())
    }
    with right:
        choice(form, "Members are", entities, "entity", placeholder="Such as customer")
    rows_where(form, "Only rows where", ("where",), workspace, actor)
    left, middle, right = st.columns(3, gap="small")
    with left:
        whole_field(form, "In the last", "last", "count", least=1, most=10_000, placeholder="Any time")
    with middle:
        if form.value("last", "count"):
            choice(form, "Complete", LAST, "last", "unit", without="day")
    with right:
        if form.value("last", "count"):
            choice(form, "Counted back from", {"today": "Today", "period_end": "The end of the period"}, "as_of",
                   without="today")  # fmt: skip
    show_problems(form, "last")
    if target is not None and form.value("last", "count"):
        times = {one.name: one.label for one in target.dimensions.values() if one.kind == "time"}
        choice(form, "Dated by", times, "time", empty="The dataset's own date")
    _described(form)


def dataset_form(form: Form, workspace: Workspace, actor: Actor) -> None:
    """Draw the fields of a dataset, and its dimensions, measures and checks."""
    text_field(form, "Name", "label", placeholder="The name people see", longest=120)
    left, right = st.columns(2, gap="small")
    with left:
        if form.value("sql"):
            st.text_input("Table", value="A query, edited in YAML", disabled=True, key=form.widget("sql"))
        else:
            text_field(form, "Table", "table", placeholder="schema.table")
    times = {
        str(one.get("name")): str(one.get("label") or one.get("name"))
        for one in _parts(form, "dimensions") if one.get("kind") == "time"
    }  # fmt: skip
    with right:
        choice(form, "Dated by", times, "time", empty="No date")
    left, right = st.columns(2, gap="small")
    columns = _columns(form)
    with left:
        choice(form, "Newest data is in", columns, "freshness", "column", empty="Not watched")
    with right:
        if form.value("freshness", "column"):
            whole_field(form, "Late after (hours)", "freshness", "warn_after_hours", least=1, most=10_000,
                        placeholder="36")  # fmt: skip
    show_problems(form, "freshness")
    _described(form)
    _list(form, "dimensions", "Dimension", {"kind": "categorical"})
    _list(form, "measures", "Measure", {"agg": "sum"})
    _checks(form)


def _described(form: Form) -> None:
    text_field(form, "Description", "description", placeholder="What its rows are", area=True, longest=2_000)
    left, right = st.columns(2, gap="small")
    with left:
        words_field(form, "Synonyms", "synonyms", help="Other words people search for.")
    with right:
        text_field(form, "Owner", "owner", placeholder="A person or team", longest=120)


def _parts(form: Form, key: str) -> list[dict[str, Plain]]:
    return [item if isinstance(item, dict) else {} for item in form.items(key)]


def _columns(form: Form) -> Mapping[str, str]:
    columns = form.data.get("columns")
    return {name: name for name in columns} if isinstance(columns, dict) else {}


def _list(form: Form, key: str, what: str, start: Mapping[str, str]) -> None:
    """Draw the choice of a part by name, the fields of the chosen part, and a field that adds one."""
    parts = _parts(form, key)
    heading(f"{what}s", f"{len(parts):,}")
    wrong = {problem.path[1] for problem in form.problems if problem.path[:1] == (key,) and len(problem.path) > 1}
    names = [str(part.get("label") or part.get("name") or "unnamed") for part in parts]
    left, right = st.columns(2, gap="small", vertical_alignment="bottom")
    with left:
        chosen: int | None = st.selectbox(
            f"Edit a {what.casefold()}", range(len(parts)),
            index=min((at for at in wrong if isinstance(at, int)), default=None), key=form.widget(key, "chosen"),
            placeholder="Choose one",
            format_func=lambda place: names[place] + (" (has problems)" if place in wrong else ""),
        )  # fmt: skip
    with right:
        _add(form, key, what, start, len(parts))
    if chosen is None or chosen >= len(parts):
        show_problems(form, key)
        return
    with st.container(border=True, gap="small", key=form.widget(key, chosen, "box")):
        (_dimension if key == "dimensions" else _measure)(form, chosen, parts[chosen])
        st.button(
            f"Remove {what.casefold()}", key=form.widget(key, chosen, "remove"), icon=":material/delete:",
            type="tertiary", on_click=change, args=(form, lambda text: remove_item(text, (key, chosen))),
        )  # fmt: skip
        show_problems(form, key, chosen)
    form.said.add((key,))


def _add(form: Form, key: str, what: str, start: Mapping[str, str], count: int) -> None:
    widget = form.widget(key, "new", count)

    def add() -> None:
        label = str(st.session_state.get(widget) or "").strip()
        if label:
            name = re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_") or f"new_{count}"
            name = name if name[0].isalpha() else f"n_{name}"
            put(form, (key, count), {"name": name[:60], "label": label, **start})
            st.session_state[form.widget(key, "chosen")] = count

    st.text_input(
        f"Add a {what.casefold()}", key=widget, placeholder="Type a name and press Enter", max_chars=60, on_change=add
    )


def _dimension(form: Form, place: int, part: Mapping[str, Plain]) -> None:
    at = ("dimensions", place)
    left, right = st.columns(2, gap="small")
    with left:
        text_field(form, "Name", *at, "label", longest=120)
        choice(form, "Kind", DIMENSION_KINDS, *at, "kind", without="categorical")
    with right:
        _column_or_sql(form, at, part)
        words_field(form, "Synonyms", *at, "synonyms")
    text_field(form, "Description", *at, "description")
    kept = [key for key in part if key not in {"name", "label", "kind", "sql", "synonyms", "description"}]
    if kept:
        st.caption(plain(f"Shown in YAML only: {', '.join(upper_first(key.replace('_', ' ')) for key in kept)}."))


def _measure(form: Form, place: int, part: Mapping[str, Plain]) -> None:
    at = ("measures", place)
    left, right = st.columns(2, gap="small")
    with left:
        text_field(form, "Name", *at, "label", longest=120)
        choice(form, "Aggregation", AGGREGATIONS, *at, "agg")
    with right:
        _column_or_sql(form, at, part)
        times = {
            str(one.get("name")): str(one.get("label") or one.get("name"))
            for one in _parts(form, "dimensions") if one.get("kind") == "time"
        }  # fmt: skip
        choice(form, "Dated by", times, *at, "time", empty="The dataset's own date")
    text_field(form, "Description", *at, "description")
    text_field(form, "Owner", *at, "owner")
    if part.get("agg") == "percentile":
        text_field(form, "Percentile", *at, "percentile", placeholder="0.95")
    length_field(form, "A day is final after", *at, "final_after", without="At once", start="3 days")
    kept = [
        key for key in part
        if key not in {"name", "label", "agg", "sql", "time", "description", "owner", "percentile", "final_after"}
    ]  # fmt: skip
    if kept:
        st.caption(plain(f"Shown in YAML only: {', '.join(upper_first(key.replace('_', ' ')) for key in kept)}."))


def _column_or_sql(form: Form, at: Path, part: Mapping[str, Plain]) -> None:
    """Draw the source of the values: a column, or SQL on the dataset's columns."""
    columns = _columns(form)
    text = str(part.get("sql") or "")
    if text and text not in columns:
        text_field(form, "SQL over its columns", *at, "sql", longest=4_000)
    else:
        own = str(part.get("name") or "")
        empty = f"{own} (its name)" if own in columns else "None"
        choice(form, "Column", columns, *at, "sql", empty=empty)


def _checks(form: Form) -> None:
    """Draw the data checks in words, each with a button that removes it, and the form that adds one."""
    checks = _parts(form, "checks")
    heading("Checks", f"{len(checks):,}")
    for place, check in enumerate(checks):
        row = form.widget("checks", place, "row")
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=row):
            st.markdown(plain(check_words(check)), width="stretch")
            st.button(
                "Remove", key=form.widget("checks", place, check_words(check)), icon=":material/close:",
                type="tertiary", on_click=change, args=(form, _removes(place)),
            )  # fmt: skip
        show_problems(form, "checks", place)
    form.said.add(("checks",))
    number = st.session_state.get(form.widget("checks", "number"), 0)
    popover = st.popover(
        "Add check", icon=":material/add:", type="tertiary", key=form.widget("checks", "new", number), on_change="rerun"
    )
    with popover:
        if popover.open:
            _new_check(form, len(checks), number)


def _removes(place: int) -> Change:
    return lambda text: remove_item(text, ("checks", place))


def _new_check(form: Form, place: int, number: int) -> None:
    columns, key = list(_columns(form)), form.widget("checks", "new", number)
    kind: str = st.selectbox("Check", list(CHECKS), key=f"{key}-kind", format_func=lambda name: CHECKS[name])
    needed: dict[str, str] = {}
    match kind:
        case "rows":
            st.number_input("At least (rows)", min_value=0, max_value=10**9, value=1, step=1, key=f"{key}-rows")
        case "unique":
            needed[f"{key}-unique"] = "Choose at least one column."
            st.multiselect("Columns", columns, key=f"{key}-unique")
        case "relationship":
            entities = [
                str(one["name"]) for one in _parts(form, "entities")
                if one.get("kind") == "foreign" and one.get("name")
            ]  # fmt: skip
            needed[f"{key}-entity"] = "Choose a key."
            st.selectbox("Key that must match", entities, index=None, key=f"{key}-entity", placeholder="Choose a key")
        case _:
            needed[f"{key}-column"] = "Choose a column."
            st.selectbox("Column", columns, index=None, key=f"{key}-column", placeholder="Choose a column")
            if kind == "accepted":
                show_missing(f"{key}-column")
                needed[f"{key}-values"] = "Enter at least one value."
                st.multiselect("Values", [], accept_new_options=True, key=f"{key}-values",
                               placeholder="Type a value and press Enter")  # fmt: skip
    show_missing([f"{key}-rows", *needed][-1])

    def add() -> None:
        put(form, ("checks", place), _check(kind, key))
        st.session_state[form.widget("checks", "number")] = number + 1

    st.button("Add", key=f"{key}-add", type="primary", on_click=needs(needed, add))


def _check(kind: str, key: str) -> Plain:
    """Return the check that the fields describe."""

    def chosen(part: str) -> str:
        return str(st.session_state.get(f"{key}-{part}") or "")

    match kind:
        case "rows":
            return {"rows": str(int(st.session_state.get(f"{key}-rows") or 0))}
        case "unique":
            return {"unique": [str(column) for column in st.session_state[f"{key}-unique"]]}
        case "relationship":
            return {"relationship": {"entity": chosen("entity")}}
        case "accepted":
            values: list[Plain] = [str(value) for value in st.session_state[f"{key}-values"]]
            return {"accepted": {"column": chosen("column"), "values": values}}
        case _:
            return {"not_null": {"column": chosen("column")}}


def check_words(check: Mapping[str, Plain]) -> str:
    """Return a check in words, such as `order_id is unique`."""
    match check:
        case {"not_null": {"column": str() as column, **rest}}:
            return f"{column} has a value{_share(rest)}"
        case {"unique": [*columns]}:
            return f"{', '.join(map(str, columns))} is unique"
        case {"accepted": {"column": str() as column, "values": [*values]}}:
            return f"{column} is one of {', '.join(map(str, values))}"
        case {"relationship": {"entity": str() as entity, **rest}}:
            return f"{entity} has a match{_share(rest)}"
        case {"rows": str() as least} if least.isdigit():
            return f"At least {counted(int(least), 'row')}"
        case _:
            return "A check that isn't complete"


def _share(rest: Mapping[str, Plain]) -> str:
    least = rest.get("at_least")
    try:
        return f" in {100 * float(str(least)):.10g}%" if least else ""
    except ValueError:
        return ""
