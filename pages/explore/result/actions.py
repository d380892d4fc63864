"""Actions on a selection, in the line below the chart and in the menu at the pointer.

They follow the person's own policy. Only actions that lead to a valid and different question are offered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.result import alerting, remark_form
from pages.explore.result.passport import open_passport
from pages.explore.result.records import may_see_records, open_records
from pages.explore.result.selection import Ask, Selection, SelectionContext, clear, select, selected
from pages.explore.result.why import begin as begin_why
from pages.shell import links
from pages.widgets.pointer_menu import CLEAR, LIST, Item, Menu, Submenu, pointer_menu
from semantic.display.format import MISSING
from semantic.display.rows import main_values
from semantic.display.words.selection import SelectionWords, selection_words
from semantic.explore.drill import break_down, drill_options, exclude, exclude_days, keep_only, selection_question, zoom
from semantic.explore.selection import SelectedRows, select_rows

if TYPE_CHECKING:
    from semantic.query.query import Query
    from semantic.results.result import Result

LISTED = 200  # the maximum number of values in the list; the table has all of them
DOWN, ORIGIN, RECORDS = "down", "origin", "records"
NO_WAYS = "No further breakdowns available."
HINTS = {
    "chart": ("Click the chart or a cell for actions, or", "Tap the chart or a cell for actions, or"),
    "": ("Click a cell for actions, or", "Tap a cell for actions, or"),
}
"""The hint before anything is selected, with and without a chart that can be clicked, for mouse and touch."""
LISTING = "choose from a list"

Act = Callable[[], None]


@dataclass(slots=True)
class OfferedActions:
    """The items of a menu, and the action of each item."""

    items: list[Item] = field(default_factory=list[Item])
    acts: dict[str, Act] = field(default_factory=dict[str, Act])

    def add(self, name: str, label: str, letter: str, act: Act, *, opens: bool = False, stays: bool = False) -> None:
        self.items.append(Item(name, label, letter=letter, opens=opens, stays=stays))
        self.acts[name] = act


def actions(on: SelectionContext, ask: Ask, *, key: str, chart: str) -> None:
    """Draw the line and the menu. `chart` is the key of the chart whose points can be selected, or ""."""
    selection = selected(on.result, key)
    picked = (
        select_rows(on.result, selection.rows, on.asked, column=selection.column) if selection is not None else None
    )
    if selection is None or picked is None:
        menu, acts = _listed(on.result, on, key, chart)
    else:
        menu, acts = _offered(picked, selection, on, ask, key, chart)
    pointer_menu(menu, lambda name: acts[name](), key=f"{key}-selected")
    alerting.leave(on.workspace)
    if selection is not None:
        _open(selection, on, key)


# Something is selected


def _offered(
    picked: SelectedRows, selection: Selection, on: SelectionContext, ask: Ask, key: str, chart: str
) -> tuple[Menu, dict[str, Act]]:
    words = selection_words(picked, selection.result, selection.column)
    offer = OfferedActions()
    _questions(offer, picked, selection, on, ask, key)
    change = selection_question(picked, selection.result, on.asked)
    if change is not None and on.passes(change):
        offer.add("why", "Why did this change?", "Y", lambda: begin_why(change, key))
    further = _further(offer, picked, selection, on, ask, key)
    cell = cell_of(selection)
    if cell is not None:
        if may_see_records(on.workspace, on.actor, selection.result, *cell):
            offer.add(RECORDS, "See rows", "S", _later(RECORDS, selection, key))
        offer.add(ORIGIN, "Where it comes from", "W", _later(ORIGIN, selection, key))
    if picked.days and not picked.compare and remark_form.may_remark(selection.result, on.actor):
        offer.add("remark", "Add remark", "A", lambda: remark_form.begin(selection.result, key, picked))
    watched = alerting.selected_question(picked, selection, on)
    if watched is not None:
        offer.add("alert", links.SET_ALERT_LABEL, "L", lambda: alerting.begin(watched))
    if words.value and words.value != MISSING:
        offer.items.append(Item("copy", "Copy value", letter="C", copies=words.value))
    menu = Menu(
        id=f"selection-{selection.click}", title=words.what, value=words.number, items=offer.items, further=further,
        line=str(words), chart=chart, rows=selection.rows,
    )  # fmt: skip
    return menu, offer.acts | {CLEAR: lambda: clear(key)}


def _questions(
    offer: OfferedActions, picked: SelectedRows, selection: Selection, on: SelectionContext, ask: Ask, key: str
) -> None:
    """Add the questions that continue from the selection to the menu."""
    result, passes = selection.result, on.passes
    ways = (
        ("zoom", "Zoom", "Z", zoom(picked, on.asked, passes)),
        ("keep", "Keep only", "K", keep_only(picked, result, on.asked, passes)),
        ("exclude", "Exclude", "X", exclude(picked, result, on.asked, passes)),
        ("exclude-days", _days_label(picked, on), "D", exclude_days(picked, result, on.asked, passes)),
    )
    for name, label, letter, query in ways:
        if query is not None:
            offer.add(name, label, letter, _going(ask, query, key))


def _days_label(picked: SelectedRows, on: SelectionContext) -> str:
    """Return the label of the item that excludes the selected dates, such as "Exclude this week" for a single one."""
    grain = next((each_key.grain for each_key in on.asked.keys if each_key.name in on.asked.dates), None)
    return f"Exclude this {grain.words}" if picked.periods == 1 and grain is not None else "Exclude these dates"


def _further(
    offer: OfferedActions, picked: SelectedRows, selection: Selection, on: SelectionContext, ask: Ask, key: str
) -> Submenu | None:
    """Add the item that lists further breakdowns, and return its submenu once someone opened it, or None."""
    if picked.is_hour or picked.is_undated or (picked.compare and picked.days):
        return None

    def begin() -> None:
        st.session_state[f"{key}-down"] = selection

    offer.add(DOWN, "Break down by", "B", begin, opens=True)
    if st.session_state.get(f"{key}-down") is not selection:
        return None
    ways = further_breakdowns(picked, selection, on)
    for place, (_, query) in enumerate(ways):
        offer.acts[f"{DOWN}-{place}"] = _going(ask, query, key)
    items = [Item(f"{DOWN}-{place}", label) for place, (label, _) in enumerate(ways)]
    return Submenu(DOWN, items, "" if items else NO_WAYS)


def further_breakdowns(picked: SelectedRows, selection: Selection, on: SelectionContext) -> list[tuple[str, Query]]:
    """Return the label and the question of each further breakdown."""
    available = on.workspace.preflight(on.asked.query, on.actor).available
    passes = on.passes
    drills = [
        (down.label, break_down(picked, down, selection.result, on.asked, passes))
        for down in drill_options(picked, on.asked, available)
    ]
    return [(label, query) for label, query in drills if query is not None]


def _going(ask: Ask, query: Query, key: str) -> Act:
    def go() -> None:
        clear(key)
        ask(query)

    return go


def cell_of(selection: Selection) -> tuple[int, str] | None:
    """Return the row and the metric's column of a selected number. For a change, they're those of the number that
    changed.
    """
    name = selection.column
    if name.endswith(" change"):
        before = next(column for column in selection.result.values if column.name == name.removesuffix(" change"))
        name = before.name.removesuffix(f"_{before.compare}")
    is_value = any(column.name == name for column in selection.result.values)
    return (selection.rows[0], name) if is_value and len(selection.rows) == 1 else None


def _later(name: str, selection: Selection, key: str) -> Act:
    """Return an action that opens a dialog in the next run of the page."""

    def wait() -> None:
        st.session_state[f"{key}-opens"] = (name, selection)

    return wait


def _open(selection: Selection, on: SelectionContext, key: str) -> None:
    """Open the dialog with the components of a number, or with the rows behind it."""
    name, about = st.session_state.pop(f"{key}-opens", ("", None))
    cell = cell_of(selection)
    if about is not selection or cell is None:
        return
    if name == ORIGIN:
        open_passport(on.workspace, on.actor, selection.result, *cell)
    elif may_see_records(on.workspace, on.actor, selection.result, *cell):
        open_records(on.workspace, on.actor, selection.result, *cell)


# Nothing is selected


@dataclass(frozen=True, slots=True)
class ListedValues:
    """The values of an answer, each with its row and its metric's column."""

    about: Result
    count: int  # the number of lists opened so far, because the browser opens each one once
    values: tuple[tuple[int, str, SelectionWords], ...]


def _listed(result: Result, on: SelectionContext, key: str, chart: str) -> tuple[Menu, dict[str, Act]]:
    """Return the menu without a selection, which has a hint or, on request, the list of all values."""
    hint, touch_hint = HINTS["chart" if chart else ""]
    listed: ListedValues | None = st.session_state.get(f"{key}-listed")
    count = listed.count if listed is not None else 0

    def begin() -> None:
        st.session_state[f"{key}-listed"] = ListedValues(result, count + 1, tuple(_values(result, on)))

    acts: dict[str, Act] = {LIST: begin}
    menu = Menu(hint=hint, touch_hint=touch_hint, listing=LISTING, chart=chart)
    if listed is None or listed.about is not result:
        return menu, acts
    items: list[Item] = []
    several = len(main_values(result)) > 1
    for place, (row, column, words) in enumerate(listed.values):
        name = f"value-{place}"
        items.append(Item(name, words.what, words.number if several else words.value))
        acts[name] = lambda row=row, column=column: select(result, key, [row], column, "list")
    cut = len(items) < result.table.num_rows * len(main_values(result))
    return Menu(
        id=f"list-{listed.count}", title="Choose a value", items=items,
        note="The table has the rest." if cut else "", hint=hint, touch_hint=touch_hint, listing=LISTING, chart=chart,
    ), acts  # fmt: skip


def _values(result: Result, on: SelectionContext) -> list[tuple[int, str, SelectionWords]]:
    """Return the first values in words, by row. Values that a question can't contain are left out."""
    found: list[tuple[int, str, SelectionWords]] = []
    for row in range(result.table.num_rows):
        for column in main_values(result):
            if len(found) == LISTED:
                return found
            picked = select_rows(result, [row], on.asked, column=column.name)
            if picked is not None:
                found.append((row, column.name, selection_words(picked, result, column.name)))
    return found
