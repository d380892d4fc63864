"""The filters on the rows of an event: conditions that must all be true, each with alternatives of which one must be
true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.explore.builder.condition import edit_condition
from semantic.query.query import AllOf, AnyOf, Condition, Filter, Query

if TYPE_CHECKING:
    from pages.explore.builder.question import ExploreState
    from semantic.model.definitions import Dimension
    from semantic.workspace import Workspace

MOST: Final = 10
"""The maximum number of conditions for one event."""
FIRST, OTHERS, EITHER = "Only where", "And where", "Or where"
Groups = list[list[Condition]]
"""Conditions that must all be true. Each is a list of alternatives, of which at least one must be true."""


def groups_of(where: Filter | None) -> Groups | None:
    """Return a filter as groups that the fields can show, or None if they can't show it.

    >>> groups_of(None)
    []
    """
    if where is None:
        return []
    groups: Groups = []
    for part in where.parts if isinstance(where, AllOf) else [where]:
        alternatives = list(part.parts) if isinstance(part, AnyOf) else [part]
        conditions = [each for each in alternatives if isinstance(each, Condition)]
        if len(conditions) < len(alternatives):
            return None
        groups.append(conditions)
    return groups


def filter_of(groups: Sequence[Sequence[Condition]]) -> Filter | None:
    """Return one filter in which at least one condition of each group must be true. None if there are no conditions."""
    parts: list[Filter] = [group[0] if len(group) == 1 else AnyOf(tuple(group)) for group in groups if group]
    return None if not parts else parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def filter_fields(
    key: str, groups: Groups, fitting: Mapping[str, Dimension], metric: str, asking: ExploreState, workspace: Workspace
) -> Groups:
    """Draw a row for each condition and a button that adds one, and return the conditions in the fields.

    An incomplete new condition is left out. An existing condition stays until its replacement is complete.
    """
    adding_key, turn_key = f"{key}-adding", f"{key}-turn"
    turn = st.session_state.get(turn_key, 0)
    key = f"{key}-turn{turn}" if turn else key
    adding: object = st.session_state.get(adding_key) if groups else "and"
    draw = _Row(key, fitting, replace(asking, draft=Query(metrics=(metric,))), workspace)
    found: Groups = []
    for place, group in enumerate(groups):
        kept = [
            draw.condition(_label(place, at), f"{place}.{at}" if place or at else "", current)
            for at, current in enumerate(group)
        ]
        found.append([each for each in kept if each is not None])
        if adding == place:
            added = draw.condition(EITHER, f"{place}.{len(group)}", None)
            found[-1] += [added] if added is not None else []
        else:
            _button("Or…", f"{key}-or-{place}", _setting(adding_key, place), groups)
    if adding == "and":
        added = draw.condition(_label(len(groups), 0), f"{len(groups)}.0" if groups else "", None)
        found += [[added]] if added is not None else []
    elif groups:
        _button("Add filter", f"{key}-and", _setting(adding_key, "and"), groups)
    found = [group for group in found if group]
    before, now = (sum(map(len, each)) for each in (groups, found))
    if before != now:
        st.session_state.pop(adding_key, None)
    if now < before:  # The following rows move up, and need new fields.
        st.session_state[turn_key] = turn + 1
    return found


def _label(place: int, at: int) -> str:
    return EITHER if at else OTHERS if place else FIRST


def _setting(key: str, value: object) -> Callable[[], None]:
    def change() -> None:
        st.session_state[key] = value

    return change


def _button(label: str, key: str, on_click: Callable[[], None], groups: Groups) -> None:
    st.button(
        label, key=key, type="tertiary", icon=":material/add:", on_click=on_click,
        disabled=sum(map(len, groups)) >= MOST,
    )  # fmt: skip


class _Row:
    """The row of one condition: the dimension and the required value."""

    def __init__(self, key: str, fitting: Mapping[str, Dimension], asking: ExploreState, workspace: Workspace) -> None:
        self.key, self.fitting, self.asking, self.workspace = key, fitting, asking, workspace

    def condition(self, label: str, place: str, current: Condition | None) -> Condition | None:
        """Draw the row, and return its condition or None. While the fields are incomplete, the current condition is
        returned.
        """
        fitting = self.fitting
        names: list[str | None] = [None, *fitting]
        now = current.dim if current is not None and current.dim in fitting else None
        key = f"{self.key}-{place}" if place else self.key

        def words(name: Any) -> str:
            return fitting[name].label or name if name is not None else "Any"

        chosen = st.selectbox(label, names, index=names.index(now), key=f"{key}-{now}", format_func=words)
        if chosen is None:
            return None
        before = current if current is not None and current.dim == chosen else None
        edited = edit_condition(self.asking, fitting[chosen], f"{key}-{chosen}", self.workspace, before)
        return edited if edited is not None else current
