"""The choice of who a target or a remark is for: everything, or one value of a dimension of the metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.shell.parts import plain
from pages.widgets.member_options import option_labels
from semantic.display.format import value_text
from semantic.errors import SemanticError
from semantic.query.query import Query
from semantic.targets.import_lines import NO_VALUE, Unreadable, may_be_about, read_member

if TYPE_CHECKING:
    from semantic.model.definitions import Dimension
    from semantic.policy.actor import Actor
    from semantic.policy.members import Member
    from semantic.workspace import Workspace

EVERYTHING = "Everything"
MOST_MEMBERS = 200

OnlyValue = tuple[str, "Member"]
"""The name of a dimension and one of its values, or ("", None) for everything."""


def choose_member(
    label: str, metrics: Sequence[str], workspace: Workspace, actor: Actor, *, key: str, before: OnlyValue = ("", None)
) -> OnlyValue | None:
    """Draw the fields, and return the choice, or None if no value is chosen or the value doesn't fit the dimension."""
    seen, query = workspace.visible(actor), Query(metrics=tuple(metrics))
    splits = workspace.preflight(query, actor).available
    places = {
        name: dimensions[0]
        for name in dict.fromkeys(dimension.name for dimension in splits)
        if (dimensions := seen.places(name))
    }
    dims = {name: place for name, place in places.items() if may_be_about(place, seen)}
    labels = {"": EVERYTHING} | {name: place.label or place.name for name, place in dims.items()}
    options, start = list(labels), before[0] if before[0] in labels else ""
    chosen: str = st.selectbox(
        plain(label), options, index=options.index(start), key=f"{key}-dim", format_func=lambda option: labels[option]
    )
    if not chosen:
        return "", None
    typed = _choose(dims[chosen], query, workspace, actor, key, before[1] if chosen == start else None)
    if not typed:
        return None
    try:
        return chosen, read_member(typed, dims[chosen])
    except Unreadable as wrong:
        st.caption(plain(str(wrong)))
        return None


def _choose(
    dimension: Dimension, query: Query, workspace: Workspace, actor: Actor, key: str, before: Member
) -> str | None:
    """Draw the choice of a value, and return the chosen or typed value, or None."""
    try:
        members, _ = workspace.values(dimension.name, query, actor, limit=MOST_MEMBERS)
    except SemanticError:
        members = []  # existing values can be typed, too
    values = list(dict.fromkeys(NO_VALUE if value is None else value_text(value) for value in members))
    text = None if before is None else value_text(before)
    if text is not None and text not in values:
        values.insert(0, text)
    labels = option_labels(dimension.name, values, query, actor, workspace)
    typed = st.selectbox(
        "Which one", values, index=values.index(text) if text is not None else None,
        key=f"{key}-member-{dimension.name}", accept_new_options=True, placeholder="Choose or type",
        format_func=lambda one: labels.get(one, one),
    )  # fmt: skip
    return next((code for code, label in labels.items() if label == typed), typed)
