"""The list of objects in the draft, with a search and filters. Changed objects are marked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import polars as pl
import streamlit as st

from pages.govern.definitions import current_edits as current_edits
from pages.govern.definitions.current_edits import KIND_LABELS, STATES
from semantic.display.format import counted
from semantic.model.editing.objects import Key, ModelObject, ObjectKind, objects_of
from semantic.model.files.yaml_text import read_yaml
from semantic.services.drafts import Edits

_ALL = "All kinds"
_LIST, _ROUND = "definition-list", "definition-list-round"


@dataclass(frozen=True, slots=True)
class Entry:
    """One object in the list."""

    key: Key
    label: str
    state: str


def entries(edits: Edits) -> list[Entry]:
    """Return the objects of the draft by kind and label, including removed and incomplete ones."""
    changed = edits.changed()
    entries = [
        Entry(thing.key, label_of(thing), STATES.get(changed.get(thing.key, ""), "")) for thing in _objects(edits)
    ]
    others = [
        Entry(key, key[1], STATES[word]) for key, word in changed.items() if key not in {entry.key for entry in entries}
    ]
    order = list(KIND_LABELS)
    return sorted(
        [*entries, *others], key=lambda entry: (order.index(entry.key[0]), entry.label.casefold(), entry.key[1])
    )


@lru_cache(maxsize=2_000)
def label_of(thing: ModelObject) -> str:
    """Return an object's label on screen, or its name if it has none."""
    if thing.kind is ObjectKind.SETTINGS:
        return "Model settings"
    data, _, _ = read_yaml(thing.text.replace("- ", "  ", 1) if thing.dash >= 0 else thing.text, thing.file)
    called = data.get("label") or data.get("name") if isinstance(data, dict) else ""
    return str(called) if called and isinstance(called, str) else thing.name


def choose_object(edits: Edits) -> None:
    """Draw the list next to the editor. A click opens an object in the editor."""
    every = entries(edits)
    kinds = [kind for kind in KIND_LABELS if any(entry.key[0] is kind for entry in every)]
    text = st.text_input(
        "Search definitions", key="definition-search", live=True, icon=":material/search:",
        label_visibility="collapsed", placeholder="Search definitions",
    )  # fmt: skip
    kind = st.selectbox(
        "Kind",
        [_ALL, *(KIND_LABELS[kind_label] for kind_label in kinds)],
        key="definition-kind",
        label_visibility="collapsed",
    )
    wanted = (text or "").casefold().strip()
    found_entries = [
        entry
        for entry in every
        if kind in (_ALL, KIND_LABELS[entry.key[0]])
        and (wanted in entry.label.casefold() or wanted in entry.key[1].casefold())
    ]
    if not found_entries:
        st.caption("No definitions match.")
        return
    _grid(found_entries)
    st.caption(f"{len(found_entries):,} of {counted(len(every), 'definition')}" if len(found_entries) < len(every) else
               counted(len(every), "definition"))  # fmt: skip


def close_object() -> None:
    """Close the open object, and return to the list without a selection."""
    current_edits.choose(None)
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


def _grid(entries: list[Entry]) -> None:
    frame = pl.DataFrame(
        {
            "Definition": [entry.label for entry in entries],
            "Kind": [entry.key[0].words.capitalize() for entry in entries],
            "State": [entry.state for entry in entries],
        }
    )

    widget = f"{_LIST}-{st.session_state.get(_ROUND, 0)}"

    def picked() -> None:
        state: Any = st.session_state.get(widget)  # Any: a selection is Streamlit's own kind of mapping
        rows = state["selection"]["rows"] if state else []
        if rows and rows[0] < len(entries):
            current_edits.choose(entries[rows[0]].key)

    has_state = any(entry.state for entry in entries)
    st.dataframe(
        frame.to_arrow(), key=widget, hide_index=True, selection_mode="single-row", on_select=picked,
        height=min(35 * (len(entries) + 1) + 3, 480), alt="The definitions of the model",
        column_order=("Definition", "Kind", "State") if has_state else ("Definition", "Kind"),
    )  # fmt: skip


def _objects(edits: Edits) -> tuple[ModelObject, ...]:
    return objects_of(edits.files)
