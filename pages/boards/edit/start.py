"""A board's default view: period, comparison, grain, and initial filter values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit.composing import Composing, dimension_labels
from pages.boards.edit.start_values import question_with, values_words, visible_values
from pages.boards.read.member_picker import is_offered, pick_members
from pages.explore.builder.condition import choose_mode
from pages.explore.builder.periods import SHOW_BY, named_periods
from pages.shell.parts import chip, plain
from semantic.boards import edit
from semantic.boards.board import Board, BoardState, Shared, ValueFilter
from semantic.display.format import counted
from semantic.display.words.settings.comparisons import PREVIOUS
from semantic.display.words.settings.periods import FISCAL_PERIODS, PERIODS, period_name
from semantic.model.definitions import Granularity
from semantic.query.query import Comparison, LastYear, Operator, Period, Previous

if TYPE_CHECKING:
    from semantic.workspace import Workspace

OWN = "Set by each tile"
COMPARISONS: Mapping[str, tuple[Comparison, ...] | None] = {
    OWN: None, "No comparison": (), PREVIOUS: (Previous(),), "Same time last year": (LastYear(),),
    f"{PREVIOUS} and last year": (Previous(), LastYear()),
}  # fmt: skip
GRAINS: Mapping[str, Granularity | None] = {
    OWN: None, "Day": Granularity.DAY, "Week": Granularity.WEEK, "Month": Granularity.MONTH,
    "Quarter": Granularity.QUARTER,
}  # fmt: skip


def edit_start(composing: Composing, workspace: Workspace) -> None:
    """Draw the period, the comparison, the grain, and the values of each filter. Changes are saved immediately."""
    start = composing.board.start
    fiscal = workspace.model.settings.fiscal_start != "january"
    usual = {**PERIODS, **(FISCAL_PERIODS if fiscal else {})}
    periods: dict[str, Period | None] = {OWN: None, **usual, **named_periods(workspace.today())}
    named = OWN if start.period is None else period_name(start.period)
    if named not in periods or periods[named] != start.period:
        periods = {f"{named} (current)": start.period, **periods}
        named = next(iter(periods))
    compares = dict(COMPARISONS)
    compared = next((name for name, comparison in compares.items() if comparison == start.compare), "")
    if not compared:
        compared = "Current setting"
        compares = {compared: start.compare, **compares}
    grains = dict(GRAINS)
    by = next((name for name, grain in grains.items() if grain == start.grain), "")
    if not by:
        by = start.grain.words.capitalize() if start.grain else OWN
        grains[by] = start.grain
    st.markdown(":small[Default view]")
    _choice(composing, "Period", list(periods), named, lambda state, name: replace(state, period=periods[name]))
    _choice(
        composing, "Compare with", list(compares), compared, lambda state, name: replace(state, compare=compares[name])
    )
    _choice(composing, SHOW_BY, list(grains), by, lambda state, name: replace(state, grain=grains[name]))
    _values(composing, workspace)
    st.caption("Viewers can change these. Tiles with their own settings keep them.")


def _choice(
    composing: Composing, label: str, names: list[str], current: str, make: Callable[[BoardState, str], BoardState]
) -> None:
    key = composing.key(f"start-{label}-{current}")

    def choose() -> None:
        chosen = st.session_state[key]

        def step(board: Board) -> Board:
            return edit.set_start(board, make(board.start, chosen))

        if chosen in names:
            composing.change(step)

    st.selectbox(plain(label), names, index=names.index(current), key=key, on_change=choose)


# The values of each filter


def _values(composing: Composing, workspace: Workspace) -> None:
    """Draw a field for each viewer filter, and for the other filters in the board's default view."""
    visible, start = workspace.visible(composing.actor), composing.board.start
    every = dict.fromkeys((*composing.board.filters, *(Shared(choice.dim, choice.via) for choice in start.chosen)))
    with st.container(horizontal=True, gap="xsmall", key=composing.key("start-values")):
        for shared in every:
            if is_offered(shared.dim, visible):
                _field(composing, shared, workspace)
    if closed := sum(not is_offered(choice.dim, visible) for choice in start.chosen):
        stays = "This filter stays unchanged." if closed == 1 else "These filters stay unchanged."
        st.caption(f"Also filtered by {counted(closed, 'filter')} you can't see. {stays}")


def _field(composing: Composing, shared: Shared, workspace: Workspace) -> None:
    """Draw the field for the values of one dimension. The values are loaded when someone opens it."""
    label = dimension_labels(workspace.visible(composing.actor))[shared.dim]
    current = next(
        (choice for choice in composing.board.start.chosen if (choice.dim, choice.via) == (shared.dim, shared.via)),
        None,
    )
    text = values_words(composing, workspace, current) if current is not None else "all"
    key = composing.key(f"start-{shared.dim}-{shared.via or ''}")
    with chip(f"{label}: {text}", "filter_alt", key) as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            chosen = _chosen(composing, shared, current, key, workspace)
    if chosen != current:
        composing.change(lambda board: edit.begin_with(board, shared, chosen))
        if composing.refused:
            composing.generation += 1  # The field then shows the unchanged values.
        st.rerun()


def _chosen(
    composing: Composing, shared: Shared, current: ValueFilter | None, key: str, workspace: Workspace
) -> ValueFilter | None:
    """Return the selection of the field. Values that this person can't see are kept and not shown."""
    if workspace.visible(composing.actor).mask(shared.dim) is not None:
        st.caption("You see masked values for this field, so you can't set them for viewers.")
        return current
    seen_values = visible_values(composing, workspace, current)
    if not seen_values.is_known:
        st.caption("Couldn't load the values. The current selection stays.")
        return current
    op = current.op if current is not None else Operator.IN
    if not seen_values.hidden:  # Otherwise hidden values would change along with the others.
        excludes = choose_mode(key, is_excluded=op is Operator.NOT_IN)
        op = Operator.NOT_IN if excludes else Operator.IN
    elif op is Operator.NOT_IN:
        st.caption("Excluded:")
    values = pick_members(
        shared.dim, question_with(composing, workspace, shared.dim), seen_values.values, key, workspace, composing.actor
    )
    if seen_values.hidden:
        stays = "it stays" if seen_values.hidden == 1 else "they stay"
        st.caption(f"Plus {counted(seen_values.hidden, 'value')} you can't see: {stays}.")
    if values is None or (current is not None and (current.op, set(seen_values.values)) == (op, set(values))):
        return current
    kept = [value for value in current.values if value not in seen_values.values] if current is not None else []
    every = (*values, *kept)
    return ValueFilter(shared.dim, every, op, shared.via) if every else None
