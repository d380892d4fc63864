"""The rows that count, as conditions: a field, a comparison, and values that are suggested with their counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import streamlit as st

from pages.govern.definitions.form.fields import Form, put, show_problems
from pages.shell import session
from pages.shell.parts import plain, unseen
from semantic.model.editing.conditions import (
    Condition,
    Sign,
    condition,
    conditions_of,
    takes_values,
    written,
)
from semantic.model.expression import ExpressionKind
from semantic.model.files.yaml_text import Path
from semantic.policy.actor import Actor
from semantic.services.defining.rows import Field, Members, Of, members_of, rows_left, unknown_in
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
"""Lists of values and counts kept in a session."""
_EVERY = {sign: words for of in reversed(SIGNS.values()) for sign, words in of.items()}


def rows_where(
    form: Form, label: str, path: Path, fields: Sequence[Field], dataset: str, kind: ExpressionKind,
    workspace: Workspace, actor: Actor,
) -> None:  # fmt: skip
    """Draw the conditions at a path, with how many rows of the dataset each leaves."""
    text = form.value(*path)
    parts = conditions_of(text)
    left = _counted(form, workspace, actor, dataset, [part.text for part in parts], kind)
    st.markdown(f":small[{label}]" + (f" &nbsp;:small[:gray[{left[0]:,} rows]]" if left else ""))
    for place, part in enumerate(parts):
        note = f"{left[place]:,} \N{RIGHTWARDS ARROW} {left[place + 1]:,}" if left else ""
        _one(form, path, parts, place, part, fields, dataset, note, workspace, actor)
    show_problems(form, *path)
    _new(form, path, parts, fields, dataset, workspace, actor)


def _one(
    form: Form, path: Path, parts: Sequence[Condition], place: int, part: Condition, fields: Sequence[Field],
    dataset: str, note: str, workspace: Workspace, actor: Actor,
) -> None:  # fmt: skip
    field = next((one for one in fields if one.name == part.field), None)
    key = f"{form.widget(*path)}-{place}-{part.text}"
    row = f"row-{form.widget(*path)}-{place}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=row):
        st.markdown(f"{_words(part, field)}" + (f" &nbsp;:gray[{note}]" if note else ""), width="stretch")
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
                    _edit(form, path, parts, place, part, field, dataset, workspace, actor)
        st.button(
            unseen(f"Remove condition {place + 1}"), icon=":material/close:", type="tertiary", key=f"{key}-remove",
            on_click=_write, args=(form, path, [*parts[:place], *parts[place + 1 :]]),
        )  # fmt: skip
    if field is not None and field.dimension and part.is_text and part.test in (Sign.IS, Sign.IS_NOT):
        warning = unknown_in(_members(form, workspace, actor, dataset, field.dimension), part)
        if warning:
            st.markdown(f":small[:orange[:material/warning: {plain(warning)}]]")


def _words(part: Condition, field: Field | None) -> str:
    if not part.field:
        return f":gray[SQL] &nbsp;`{part.text.replace('`', ' ')}`"
    label = field.label if field is not None else part.field
    values = " or ".join(part.values) if part.test is not Sign.BETWEEN else " and ".join(part.values)
    return f"**{plain(label)}** {_EVERY[part.test]} {plain(values)}".strip()


def _edit(
    form: Form, path: Path, parts: Sequence[Condition], place: int, part: Condition, field: Field, dataset: str,
    workspace: Workspace, actor: Actor,
) -> None:  # fmt: skip
    key = f"{form.widget(*path)}-{place}-change"
    made = _pick(form, key, field, part, dataset, workspace, actor)
    st.button(
        "Apply", key=f"{key}-apply", type="primary", disabled=made is None or made.text == part.text, on_click=_write,
        args=(form, path, [*parts[:place], made, *parts[place + 1 :]] if made is not None else list(parts)),
    )  # fmt: skip


def _new(
    form: Form, path: Path, parts: Sequence[Condition], fields: Sequence[Field], dataset: str, workspace: Workspace,
    actor: Actor,
) -> None:  # fmt: skip
    """A popover that adds a condition."""
    key = f"{form.widget(*path)}-new"
    number = st.session_state.get(f"{key}-number", 0)
    with st.popover(
        "Add condition", icon=":material/add:", type="tertiary", key=f"{key}-{number}", on_change="rerun",
        disabled=not fields,
    ) as popover:  # fmt: skip
        if not popover.open:
            return
        with st.container(width=380, gap="small"):
            names = {field.name: field.label for field in fields}
            doubled = {label for label in names.values() if [*names.values()].count(label) > 1}
            chosen: str | None = st.selectbox(
                "Field", list(names), index=None, key=f"{key}-{number}-field", placeholder="Choose a field",
                format_func=lambda name: f"{names[name]} ({name})" if names[name] in doubled else names[name],
            )  # fmt: skip
            if chosen is None:
                return
            field = next(one for one in fields if one.name == chosen)
            made = _pick(form, f"{key}-{number}-{chosen}", field, None, dataset, workspace, actor)
            st.button(
                "Add", key=f"{key}-{number}-add", type="primary", disabled=made is None, on_click=_add,
                args=(form, path, [*parts, made] if made is not None else list(parts), key, number),
            )  # fmt: skip


def _pick(
    form: Form, key: str, field: Field, before: Condition | None, dataset: str, workspace: Workspace, actor: Actor
) -> Condition | None:
    """Let the steward choose the comparison and its values; None while something is missing."""
    signs = SIGNS[field.of]
    if before is not None and before.test not in signs:
        signs = {**signs, before.test: _EVERY[before.test]}
    start = before.test if before is not None else next(iter(signs))
    sign: Sign = st.selectbox(
        "Comparison", list(signs), index=list(signs).index(start), key=f"{key}-sign", format_func=lambda one: signs[one]
    )
    if not takes_values(sign):
        return condition(field.name, sign)
    kept = before.values if before is not None else ()
    is_text = before.is_text if before is not None else field.of in ("text", "day")
    if field.of == "text" and sign in (Sign.IS, Sign.IS_NOT):
        return condition(field.name, sign, _values(form, key, field, kept, dataset, workspace, actor))
    names = ("From", "To") if sign is Sign.BETWEEN else ("Value",)
    values: list[str] = []
    for place, name in enumerate(names):
        now = kept[place] if place < len(kept) else ""
        values.append((st.text_input(
            name, value=now, key=f"{key}-{sign}-{place}", placeholder="2026-12-31" if field.of == "day" else "",
            max_chars=60,
        ) or "").strip())  # fmt: skip
    if not all(values):
        return None
    made = condition(field.name, sign, values, is_text=is_text)
    if made is None:
        st.caption("Write a number, such as 12.5.")
    return made


def _values(
    form: Form, key: str, field: Field, kept: Sequence[str], dataset: str, workspace: Workspace, actor: Actor
) -> Sequence[str]:
    """Values to choose from, most rows first, each with its count; others can be typed."""
    members = _members(form, workspace, actor, dataset, field.dimension) if field.dimension else None
    known = members.members if members is not None else ()
    labels: dict[str, str] = {member.value: f"{member.label} ({member.rows:,})" for member in known}
    options = list(dict.fromkeys([*labels, *kept]))
    chosen = st.multiselect(
        "Values", options, default=list(kept), key=f"{key}-values", accept_new_options=True,
        format_func=lambda value: labels[value] if value in labels else str(value),
        placeholder="Choose or type" if labels else "Type a value and press Enter",
    )  # fmt: skip
    if labels:
        st.caption("The number of rows is in brackets.")
    return [str(value) for value in chosen]


def _add(form: Form, path: Path, parts: Sequence[Condition], key: str, number: int) -> None:
    st.session_state[f"{key}-number"] = number + 1  # a fresh, closed popover
    _write(form, path, parts)


def _write(form: Form, path: Path, parts: Sequence[Condition]) -> None:
    put(form, path, written([replace(part) for part in parts]))


def _members(form: Form, workspace: Workspace, actor: Actor, dataset: str, dimension: str) -> Members | None:
    """The values of a dimension, read once for each person and version of the model."""
    if not dataset:
        return None
    kept: dict[object, Members | None] = st.session_state.setdefault("definition_members", {})
    at = dataset, dimension, form.seen.bound_by, actor.id, id(session.workspace())
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
    """The rows left, counted once for each text."""
    if not dataset or not texts:
        return None
    kept: dict[object, tuple[int, ...] | None] = st.session_state.setdefault("definition_rows", {})
    at = dataset, tuple(texts), kind, workspace.model.version, form.seen.bound_by, actor.id
    if at not in kept:
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[at] = rows_left(workspace, actor, dataset, texts, kind)
    return kept[at]
