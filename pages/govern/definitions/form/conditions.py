"""The conditions on rows: each has a field, a comparison and values, which are suggested with their counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.govern.definitions.form.fields import Form, put, show_problems
from pages.shell import session
from pages.shell.needed import say_missing, show_missing
from pages.shell.parts import plain, unseen
from semantic.explore.weekly import datasets_of
from semantic.model.editing.conditions import (
    Condition,
    Sign,
    condition,
    conditions_of,
    conditions_text,
    takes_values,
)
from semantic.model.editing.objects import ObjectKind
from semantic.model.expression import ExpressionKind
from semantic.model.files.yaml_text import Path
from semantic.policy.actor import Actor
from semantic.services.defining.rows import (
    Field,
    Members,
    Of,
    column_fields,
    dimension_fields,
    members_of,
    rows_left,
    unknown_in,
)
from semantic.workspace import Workspace

SIGNS: Final[Mapping[Of, Mapping[Sign, str]]] = {
    "text": {Sign.IS: "is", Sign.IS_NOT: "isn't", Sign.HAS_VALUE: "has a value", Sign.IS_EMPTY: "is empty"},
    "number": {
        Sign.IS: "is", Sign.IS_NOT: "isn't", Sign.AT_LEAST: "is at least", Sign.ABOVE: "is more than",
        Sign.AT_MOST: "is at most", Sign.BELOW: "is less than", Sign.BETWEEN: "is between",
        Sign.HAS_VALUE: "has a value", Sign.IS_EMPTY: "is empty",
    },
    "boolean": {
        Sign.IS_TRUE: "is yes", Sign.IS_FALSE: "is no", Sign.HAS_VALUE: "is known", Sign.IS_EMPTY: "is unknown",
    },
    "day": {
        Sign.IS: "is", Sign.AT_LEAST: "is on or after", Sign.ABOVE: "is after", Sign.AT_MOST: "is on or before",
        Sign.BELOW: "is before", Sign.BETWEEN: "is between", Sign.HAS_VALUE: "has a value", Sign.IS_EMPTY: "is empty",
    },
    "other": {Sign.HAS_VALUE: "has a value", Sign.IS_EMPTY: "is empty"},
}  # fmt: skip
MOST_KEPT: Final = 30
"""The maximum number of lists of values, and of counts, that a session caches."""
_EVERY = {sign: words for of in reversed(SIGNS.values()) for sign, words in of.items()}


@dataclass(frozen=True, slots=True)
class Reads:
    """The fields that conditions at a path can test, and the dataset of the suggested values, or "".

    `counts` is True if the conditions select rows of that dataset.
    """

    fields: tuple[Field, ...]
    kind: ExpressionKind
    dataset: str = ""
    counts: bool = False


def reads_of(form: Form, path: Path) -> Reads:
    """Return the fields that conditions at a path of a metric or segment can test."""
    if form.key[0] is ObjectKind.SEGMENT:
        dataset = form.value("dataset")
        return Reads(column_fields(form.seen, dataset), ExpressionKind.VALUE, dataset, counts=True)
    is_simple = form.value("kind") in ("", "simple")
    counted = form.value("measure").partition(".")[0]
    if path == ("filter",):
        return Reads(column_fields(form.seen, counted), ExpressionKind.VALUE, counted, counts=True)
    if path == ("where",) and is_simple:
        return Reads(dimension_fields(form.seen), ExpressionKind.CONDITION, counted, counts=True)
    return Reads(dimension_fields(form.seen), ExpressionKind.CONDITION, _dataset_of(form, path))


def _dataset_of(form: Form, path: Path) -> str:
    """Return the single dataset of the metrics at a path, or "" if there are none or several."""
    if path[0] == "inputs" and len(path) > 1:
        names = [form.value(*path[:2], "metric")]
    else:
        names = [form.value(key) for key in ("numerator", "denominator", "metric", "base")]
        names += [str(item.get("metric")) for item in form.items("inputs") if isinstance(item, dict)]
    metrics = [form.offered.metrics[name] for name in names if name in form.offered.metrics]
    found = {dataset for metric in metrics for dataset in datasets_of(metric, form.seen)}
    return found.pop() if len(found) == 1 else ""


def unknown_values(form: Form, workspace: Workspace, actor: Actor) -> Iterator[tuple[Path, str]]:
    """Yield the path and a warning for each condition with a value that no row has."""
    inputs = [("inputs", place, "where") for place in range(len(form.items("inputs")))]
    for path in (("filter",), ("where",), *inputs):
        if not (text := form.value(*path)):
            continue
        reads = reads_of(form, path)
        for part in conditions_of(text):
            field = next((one for one in reads.fields if one.name == part.field), None)
            members = _members_named(part, field, form, workspace, actor, reads.dataset)
            if warning := unknown_in(members, part):
                yield path, warning


def rows_where(form: Form, label: str, path: Path, workspace: Workspace, actor: Actor) -> None:
    """Draw the conditions at a path, each with the number of rows before and after it."""
    reads = reads_of(form, path)
    parts = conditions_of(form.value(*path))
    counted = reads.dataset if reads.counts else ""
    left = _counted(form, workspace, actor, counted, [part.text for part in parts], reads.kind)
    st.markdown(f":small[{label}]" + (f" &nbsp;:small[:gray[{left[0]:,} rows]]" if left else ""))
    for place in range(len(parts)):
        note = f"{left[place]:,} \N{RIGHTWARDS ARROW} {left[place + 1]:,}" if left else ""
        _one(form, path, parts, place, reads, note, workspace, actor)
    show_problems(form, *path)
    _new(form, path, parts, reads, workspace, actor)


def _one(
    form: Form, path: Path, parts: Sequence[Condition], place: int, reads: Reads, note: str, workspace: Workspace,
    actor: Actor,
) -> None:  # fmt: skip
    part = parts[place]
    field = next((one for one in reads.fields if one.name == part.field), None)
    members = _members_named(part, field, form, workspace, actor, reads.dataset)
    key = f"{form.widget(*path)}-{place}-{part.text}"
    row = f"row-{form.widget(*path)}-{place}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=row):
        st.markdown(_words(part, field, members) + (f" &nbsp;:gray[{note}]" if note else ""), width="stretch")
        if field is not None and takes_values(part.test):
            popover = st.popover(
                unseen(f"Edit condition {place + 1}"),
                icon=":material/edit:",
                type="tertiary",
                key=f"{key}-edit",
                on_change="rerun",
            )
            with popover:
                if popover.open:
                    _edit(form, path, parts, place, field, reads.dataset, workspace, actor)
        st.button(
            unseen(f"Remove condition {place + 1}"), icon=":material/close:", type="tertiary", key=f"{key}-remove",
            on_click=_write, args=(form, path, [*parts[:place], *parts[place + 1 :]]),
        )  # fmt: skip
    if warning := unknown_in(members, part):
        st.markdown(f":small[:orange[:material/warning: {plain(warning)}]]")


def _members_named(
    part: Condition, field: Field | None, form: Form, workspace: Workspace, actor: Actor, dataset: str
) -> Members | None:
    """Return the known values of a condition's field, or None if there are none to compare the condition with."""
    if field is None or not field.dimension or not part.is_text or part.test not in (Sign.IS, Sign.IS_NOT):
        return None
    return _members(workspace, actor, dataset, field.dimension)


def _words(part: Condition, field: Field | None, members: Members | None) -> str:
    if not part.field:
        return f":gray[SQL] &nbsp;`{part.text.replace('`', ' ')}`"
    label = field.label if field is not None else part.field
    known = {member.value: member.label for member in members.members} if members is not None else {}
    shown = [known.get(value) or value for value in part.values]
    values = (" and " if part.test is Sign.BETWEEN else " or ").join(shown)
    return f"**{plain(label)}** {_EVERY[part.test]} {plain(values)}".strip()


def _edit(
    form: Form, path: Path, parts: Sequence[Condition], place: int, field: Field, dataset: str, workspace: Workspace,
    actor: Actor,
) -> None:  # fmt: skip
    key, before = f"{form.widget(*path)}-{place}-change", parts[place]
    _pick(form, key, field, before, dataset, workspace, actor)

    def apply() -> None:
        made = _picked(key, field, before)
        if made is not None:
            _write(form, path, [*parts[:place], made, *parts[place + 1 :]])

    st.button("Apply", key=f"{key}-apply", type="primary", on_click=apply)


def _new(
    form: Form, path: Path, parts: Sequence[Condition], reads: Reads, workspace: Workspace, actor: Actor
) -> None:  # fmt: skip
    """Draw the popover that adds a condition."""
    key = f"{form.widget(*path)}-new"
    number = st.session_state.get(f"{key}-number", 0)
    with st.popover(
        "Add condition", icon=":material/add:", type="tertiary", key=f"{key}-{number}", on_change="rerun",
        disabled=not reads.fields,
    ) as popover:  # fmt: skip
        if not popover.open:
            return
        with st.container(width=420, gap="small"):
            left, right = st.columns([1.2, 1], gap="small")
            names = {field.name: field.label for field in reads.fields}
            doubled = {label for label in names.values() if [*names.values()].count(label) > 1}
            chosen: str | None = left.selectbox(
                "Field", list(names), index=None, key=f"{key}-{number}-field", placeholder="Choose a field",
                format_func=lambda name: f"{names[name]} ({name})" if names[name] in doubled else names[name],
            )  # fmt: skip
            if chosen is None:
                return
            field = next(one for one in reads.fields if one.name == chosen)
            begun = f"{key}-{number}-{chosen}"
            _pick(form, begun, field, None, reads.dataset, workspace, actor, right)

            def add() -> None:
                made = _picked(begun, field, None)
                if made is not None:
                    _add(form, path, [*parts, made], key, number)

            st.button("Add", key=f"{key}-{number}-add", type="primary", on_click=add)


def _pick(
    form: Form, key: str, field: Field, before: Condition | None, dataset: str, workspace: Workspace, actor: Actor,
    beside: DeltaGenerator | None = None,
) -> None:  # fmt: skip
    """Draw the choice of the comparison in `beside`, or else here, and the fields of its values."""
    signs = SIGNS[field.of]
    if before is not None and before.test not in signs:
        signs = {**signs, before.test: _EVERY[before.test]}
    start = before.test if before is not None else next(iter(signs))
    with beside if beside is not None else st.container():
        sign: Sign = st.selectbox(
            "Comparison", list(signs), index=list(signs).index(start), key=f"{key}-sign",
            format_func=lambda one: signs[one],
        )  # fmt: skip
    if not takes_values(sign):
        return
    kept = before.values if before is not None else ()
    if _is_listed(field, sign):
        _values(form, key, field, kept, dataset, workspace, actor)
        show_missing(f"{key}-values")
        return
    for place, name in enumerate(("From", "To") if sign is Sign.BETWEEN else ("Value",)):
        st.text_input(
            name, value=kept[place] if place < len(kept) else "", key=f"{key}-{sign}-{place}", max_chars=60,
            placeholder="2026-12-31" if field.of == "day" else "",
        )  # fmt: skip
        show_missing(f"{key}-{sign}-{place}")
    if st.session_state.get(f"{key}-wrong"):
        st.markdown(":small[:red[:material/error: Enter a number, such as 12.5.]]")


def _is_listed(field: Field, sign: Sign) -> bool:
    return field.of == "text" and sign in (Sign.IS, Sign.IS_NOT)


def _picked(key: str, field: Field, before: Condition | None) -> Condition | None:
    """Return the condition that the fields describe, or None while a value is missing. The field then says so."""
    sign: Sign = st.session_state[f"{key}-sign"]
    if not takes_values(sign):
        return condition(field.name, sign)
    if _is_listed(field, sign):
        values = [str(value) for value in st.session_state.get(f"{key}-values") or []]
        if not values:
            say_missing(f"{key}-values", "Choose at least one value.")
        return condition(field.name, sign, values)
    keys = [f"{key}-{sign}-{place}" for place in range(2 if sign is Sign.BETWEEN else 1)]
    values = [str(st.session_state.get(each) or "").strip() for each in keys]
    for each, value in zip(keys, values, strict=True):
        if not value:
            say_missing(each, "Enter a value.")
    if not all(values):
        return None
    is_text = before.is_text if before is not None else field.of in ("text", "day")
    made = condition(field.name, sign, values, is_text=is_text)
    st.session_state[f"{key}-wrong"] = made is None
    return made


def _values(
    form: Form, key: str, field: Field, kept: Sequence[str], dataset: str, workspace: Workspace, actor: Actor
) -> None:
    """Draw the values to choose from, those with most rows first, each with its count. People can type other values."""
    members = _members(workspace, actor, dataset, field.dimension) if field.dimension else None
    known = members.members if members is not None else ()
    labels: dict[str, str] = {member.value: f"{member.label} ({member.rows:,})" for member in known}
    options = list(dict.fromkeys([*labels, *kept]))
    st.multiselect(
        "Values", options, default=list(kept), key=f"{key}-values", accept_new_options=True,
        format_func=lambda value: labels[value] if value in labels else str(value),
        placeholder="Choose or type" if labels else "Type a value and press Enter",
    )  # fmt: skip
    if labels:
        st.caption("The number of rows is in brackets.")


def _add(form: Form, path: Path, parts: Sequence[Condition], key: str, number: int) -> None:
    st.session_state[f"{key}-number"] = number + 1  # a new, closed popover
    _write(form, path, parts)


def _write(form: Form, path: Path, parts: Sequence[Condition]) -> None:
    put(form, path, conditions_text([replace(part) for part in parts]))


def _members(workspace: Workspace, actor: Actor, dataset: str, dimension: str) -> Members | None:
    return known_members(workspace, actor, dataset, dimension) if dataset else None


def known_members(workspace: Workspace, actor: Actor, dataset: str, dimension: str) -> Members | None:
    """Return the values of a dimension. They're read once for each person and version of the model."""
    kept: dict[object, Members | None] = st.session_state.setdefault("definition_members", {})
    at = dataset, dimension, workspace.visible(actor).access_key, actor.id, id(session.workspace())
    if at not in kept:
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[at] = members_of(workspace, actor, dataset, dimension)
        recorder = session.workspace().recorder
        if recorder is not None and (found := kept[at]) is not None:
            recorder.offered(dimension, "", found.asked, actor)
    return kept[at]


def _counted(
    form: Form, workspace: Workspace, actor: Actor, dataset: str, texts: Sequence[str], kind: ExpressionKind
) -> tuple[int, ...] | None:
    """Return the number of rows before the first condition and after each one, or None if they can't be counted.

    The counts are cached by text.
    """
    if not dataset or not texts:
        return None
    kept: dict[object, tuple[int, ...] | None] = st.session_state.setdefault("definition_rows", {})
    at = dataset, tuple(texts), kind, workspace.model.version, form.seen.access_key, actor.id
    if at not in kept:
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[at] = rows_left(workspace, actor, dataset, texts, kind)
    return kept[at]
