"""The forms that map names and values, the outcome of the last change, and a button that undoes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

import streamlit as st

from pages.shell import session
from pages.shell.parts import Action, State, block, notice, plain
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.model.naming import LONGEST_NAME, MappedName, NamingRule
from semantic.policy.actor import Actor
from semantic.services.campaign_names import (
    LARGEST_TEXT,
    Change,
    SeenName,
    WrongValue,
    from_csv,
    import_names,
    map_names,
    undo,
)

TOLD: Final = "names-told"
"""The session key for the last outcome, and for how to undo it."""

MEANS, UNTIL, ROWS = "names-means", "names-until", "names-rows"
_MOST_PROBLEMS: Final = 10


def show_outcome() -> None:
    """Draw the last outcome, with an Undo button if a mapping was changed."""
    last: tuple[State, str, str, NamingRule, Change | None] | None = st.session_state.get(TOLD)
    if last is None:
        return
    state, icon, text, rule, change = last
    act = Action("Close", _close) if change is None else Action("Undo", lambda: _undo(rule, change))
    notice(state, icon, text, act, key="names-notice")


def form(rule: NamingRule, names: Sequence[SeenName], selected: int, actor: Actor) -> None:
    """Draw the form that maps the selected names. `names` are those of them that this person can map, and `selected` is
    the number of all.
    """
    if not selected:
        st.caption("Select names in the table to map them.")
        return
    if not names:
        st.caption("You can map only campaigns that you own. Ask a steward for the others.")
        return
    if len(names) < selected:
        st.caption(plain(f"{counted(selected - len(names), 'selected name')} aren't yours, so they won't change."))
    suggested = [one for one in names if one.meant]
    if len(names) == 1:
        one = names[0]
        st.text_input(
            f"{plain(one.name)} means", value=one.meant, key=f"{MEANS}-{one.name}", max_chars=LONGEST_NAME,
            placeholder=plain(rule.pattern), help="A name that follows the rule.",
        )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="names-form"):
        st.date_input("Until (optional)", value=None, key=UNTIL, help="The last day it applies.", width=180)
        if len(names) == 1:
            st.button("Map", key="names-map", type="primary", on_click=_map_one, args=(rule, names[0].name))
        elif suggested:
            label = f"Use {counted(len(suggested), 'suggestion')}"
            pairs = tuple((one.name, one.meant) for one in suggested)
            st.button(label, key="names-suggested", type="primary", on_click=_map_all, args=(rule, pairs))
        accepted = tuple((one.name, "") for one in names)
        st.button(
            "Accept as is" if len(names) == 1 else f"Accept {len(names):,} as is", key="names-accept",
            on_click=_map_all, args=(rule, accepted), help="They count as following the rule.",
        )  # fmt: skip


def value_form(rule: NamingRule, wrong: WrongValue | None) -> None:
    """Draw the form that maps a value of one part, in all names that have it."""
    if wrong is None:
        st.caption("Select a value in the table to map it.")
        return
    known = [value for value, _ in wrong.part.values]
    place = known.index(wrong.meant) if wrong.meant in known else None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="values-form"):
        key = f"values-means-{wrong.part.name}-{wrong.value}"
        st.selectbox(
            f"{plain(wrong.value)} means", known, index=place, key=key, width=260, placeholder="Choose a value"
        )
        st.button("Map everywhere", key="values-map", type="primary", on_click=_map_value, args=(rule, wrong, key))


def remove_button(rule: NamingRule, entries: Sequence[MappedName]) -> None:
    """Draw the button that removes these mappings."""
    if not entries:
        st.caption("Select rows in the table to remove them.")
        return
    label = f"Remove {counted(len(entries), 'mapping')}"
    changes = tuple((one.part, one.found) for one in entries)
    st.button(label, key="names-remove", icon=":material/delete:", on_click=_remove, args=(rule, changes))


def import_form(rule: NamingRule) -> None:
    """Draw the field for pasted rows, the problems of the rows, and the button that maps them."""
    with block("Import", "The columns are found, meant, part and until; rows without a meaning are left out"):
        text = st.text_area(
            "Rows from a CSV file or a spreadsheet, with the line of column names", key=ROWS, height=160,
            max_chars=LARGEST_TEXT, placeholder="found,meant,part,until",
        )  # fmt: skip
        if not text.strip():
            return
        imported = from_csv(rule, text)
        for problem in imported.problems[:_MOST_PROBLEMS]:
            st.markdown(f":orange[:material/error:] {plain(problem)}")
        if len(imported.problems) > _MOST_PROBLEMS:
            st.caption(f"{len(imported.problems) - _MOST_PROBLEMS:,} more lines have problems.")
        if imported.problems:
            st.caption("Nothing was mapped. Correct the rows and paste them again.")
        elif not imported.changes:
            st.caption("No row has a meaning, so there is nothing to map.")
        else:
            st.button(
                f"Map {counted(len(imported.changes), 'name')}", key="names-import", type="primary",
                on_click=_act, args=(rule, lambda actor: import_names(session.live(), actor, rule, imported)),
            )  # fmt: skip


# Click handlers


def _map_one(rule: NamingRule, name: str) -> None:
    meant = (st.session_state.get(f"{MEANS}-{name}") or "").strip()
    if not meant:
        st.session_state[TOLD] = "caution", "error", "Enter the name that it means, or accept it unchanged.", rule, None
        return
    _map_all(rule, ((name, meant),))


def _map_all(rule: NamingRule, pairs: Sequence[tuple[str, str]]) -> None:
    until: date | None = st.session_state.get(UNTIL)
    changes: dict[tuple[str, str], str | None] = {("", name): meant for name, meant in pairs}
    _act(rule, lambda actor: map_names(session.live(), actor, rule, changes, until=until))


def _map_value(rule: NamingRule, wrong: WrongValue, key: str) -> None:
    meant = st.session_state.get(key)
    if not meant:
        st.session_state[TOLD] = "caution", "error", "Choose the value that it means.", rule, None
        return
    _act(rule, lambda actor: map_names(session.live(), actor, rule, {(wrong.part.name, wrong.value): meant}))


def _remove(rule: NamingRule, keys: Sequence[tuple[str, str]]) -> None:
    _act(rule, lambda actor: map_names(session.live(), actor, rule, dict.fromkeys(keys)))


def _undo(rule: NamingRule, change: Change) -> None:
    _act(rule, lambda actor: undo(session.live(), actor, rule, change), is_undo=True)


def _act(rule: NamingRule, change: Callable[[Actor], Change], *, is_undo: bool = False) -> None:
    """Change mapped names as the person who clicked, and show the outcome."""
    _, actor = session.require("marketer")
    try:
        done = change(actor)
    except SemanticError as error:
        st.session_state[TOLD] = "caution", "error", str(error), rule, None
        return
    text = "Undone." if is_undo else f"{done.version.note}. Numbers use it from version {done.version.number} on."
    st.session_state[TOLD] = "good", "check_circle", text, rule, None if is_undo else done


def _close() -> None:
    st.session_state.pop(TOLD, None)
