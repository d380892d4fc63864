"""A field that searches while you type and describes each match. It can be used with only the keyboard."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

from pages.shell.parts import plain

START = 60
"""Rows shown before anything is typed."""

_HERE = Path(__file__).parent
_box = component(
    "samepage_search_box",
    html="""
<div class="field"><span class="glass"></span>
<input role="combobox" aria-autocomplete="list" aria-controls="found" aria-expanded="false"
autocomplete="off" />
</div>
<div id="found" role="listbox" popover="manual"></div>
""",
    css="".join((_HERE / name).read_text(encoding="utf-8") for name in ("options.css", "search_box.css")),
    js="".join(
        (_HERE / name).read_text(encoding="utf-8") for name in ("steady.js", "search_field.js", "search_box.js")
    ),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One match: `mark` is its state in a word, `line` describes it, `why` is the reason it matched, and `keys` are the
    keys that select it.

    If `off`, it's grey, and a click asks how to make it available.
    """

    name: str
    label: str
    unit: str = ""
    mark: str = ""
    line: str = ""
    why: str = ""
    group: str = ""
    off: bool = False
    keys: str = ""


@dataclass(frozen=True, slots=True)
class SearchMatches:
    """A search's matches, and a sentence above them if there's one."""

    rows: Sequence[Row]
    note: str = ""


def search_box(
    label: str,
    find: Callable[[str], SearchMatches],
    on_pick: Callable[[str], None],
    *,
    key: str,
    placeholder: str,
    stamp: object,
    more: str = "",
    disabled: bool = False,
) -> None:
    """Draw the field. `find` returns the rows for a text, including an empty one. `on_pick` gets the picked name.

    The rows for the empty text are looked up again only when `stamp` changes, which contains everything they depend on.
    Names come from the browser, so `on_pick` must validate them like any other outside text.
    """
    state: Any = st.session_state.get(key) or {}  # Any: a component's state is its own kind of mapping
    text = str(state.get("text") or "")[:200]
    hits = find(text) if text and not disabled else SearchMatches(())
    count, start = start_rows(key, find, stamp) if not disabled else (0, b"[]")

    def picked() -> None:
        name = st.session_state[key].get("picked")
        if isinstance(name, str):
            on_pick(name)

    data = {
        "label": label, "placeholder": placeholder, "disabled": disabled, "text": text,
        "note": hits.note, "more": more if count > START else "",
    }  # fmt: skip
    st.markdown(f":small[{plain(label)}]")  # not the component's, which arrives later than the page
    _box(
        key=key, data=with_rows(_json(data), hits.rows, start), on_text_change=lambda: None, on_picked_change=picked
    )  # fmt: skip


def with_rows(data: bytes, rows: Sequence[Row], start: bytes) -> bytes:
    """Return a field's data as JSON with its matches, and with the rows shown before anything is typed.

    As bytes, since Streamlit scans any other form of it three times on every run.
    """
    return b'%s,"found":[%s],"start":%s}' % (data[:-1], b",".join(_row_json(row) for row in rows), start)


def start_rows(key: str, find: Callable[[str], SearchMatches], stamp: object) -> tuple[int, bytes]:
    """Return how many rows there are before anything is typed, and the first of them as JSON. They are looked up again
    when `stamp` changes.
    """
    name = f"{key}-start"
    kept: tuple[object, int, bytes] | None = st.session_state.get(name)
    if kept is None or kept[0] != stamp:
        rows = find("").rows
        kept = (stamp, len(rows), b"[%s]" % b",".join(_row_json(row) for row in rows[:START]))
        st.session_state[name] = kept
    return kept[1], kept[2]


@lru_cache(maxsize=4_000)
def _row_json(row: Row) -> bytes:
    """Return the fields of a row that aren't empty, as JSON, because most rows have neither mark nor reason.

    The same rows are in many lists.
    """
    return _json({name: value for name, value in asdict(row).items() if value})


def _json(data: object) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
