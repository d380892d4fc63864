"""A field that searches while you type, and describes each match. It works with only the keyboard."""

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
"""The number of rows shown before anyone types."""

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
    """One match. `mark` is its state in a word, `line` describes it, `why` is why it matched, and `keys` select it.

    If `off` is set, the match is grey, and a click asks how to make it available.
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
    """The matches of a search, with an optional sentence above them."""

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
    """Draw the field. `find` returns the rows for a text, which can be empty. `on_pick` is called with the picked name.

    The rows for an empty text are found again only when `stamp` changes, so it must contain everything that they depend
    on. The browser sends the name, so `on_pick` must validate it.
    """
    state: Any = st.session_state.get(key) or {}  # Any: the state of a component is Streamlit's own kind of mapping
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
    st.markdown(f":small[{plain(label)}]")  # not the component's key, whose value arrives after the page
    _box(
        key=key, data=with_rows(_json(data), hits.rows, start), on_text_change=lambda: None, on_picked_change=picked
    )  # fmt: skip


def with_rows(data: bytes, rows: Sequence[Row], start: bytes) -> bytes:
    """Return the data of a field as JSON bytes, with its matches and the rows shown before anyone types.

    Streamlit would scan any form other than bytes three times on every run.
    """
    return b'%s,"found":[%s],"start":%s}' % (data[:-1], b",".join(_row_json(row) for row in rows), start)


def start_rows(key: str, find: Callable[[str], SearchMatches], stamp: object) -> tuple[int, bytes]:
    """Return the number of rows before anyone types, and the first of these as JSON.

    They're found again only when `stamp` changes.
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
    """Return the fields of a row that aren't empty as JSON, cached because many lists have the same rows.

    Most rows have neither a mark nor a reason.
    """
    return _json({name: value for name, value in asdict(row).items() if value})


def _json(data: object) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
