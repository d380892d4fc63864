"""The search over all pages: one field and one list, for the keyboard. It opens without a run of the script.

The browser has the pages and actions, and matches them itself. The server finds everything else, and sends it in a
separate element, so that the palette's own message stays the same and the browser can cache it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import streamlit as st
from streamlit.components.v2 import component

KEY, LONGEST = "palette", 200
PLACEHOLDER = "Search or ask a question"

_HERE = Path(__file__).parent
_WORDS = {
    "open": "Search", "title": "Search Samepage", "short": PLACEHOLDER,
    "placeholder": PLACEHOLDER + ", or paste a receipt ID",
    "results": "Results", "close": "Close", "pages": "Pages", "actions": "Actions",
    "no_actions": "No matching actions.",
    "copied": "Link copied", "not_copied": "Couldn't copy. Your browser doesn't allow it.",
    "move": "Move", "pick": "Open", "ask": "Ask in Explore", "only_actions": "Actions", "only_people": "People",
}  # fmt: skip

_palette = component(
    "samepage_palette",
    html="""
<div class="bar">
<button class="opener" type="button" aria-haspopup="dialog"><span class="icon" aria-hidden="true">search</span>
<span class="word"></span><kbd aria-hidden="true"></kbd></button>
<span class="copied" role="status"></span></div>
<dialog class="palette"><div class="sheet">
<div class="field"><span class="icon" aria-hidden="true">search</span>
<input class="words" role="combobox" aria-autocomplete="list" aria-controls="palette-list" aria-expanded="false"
autocomplete="off" autocapitalize="off" spellcheck="false" enterkeyhint="go" maxlength="200" />
<button class="close" type="button"></button></div>
<div class="note" role="status"></div>
<div class="list" id="palette-list" role="listbox" hidden></div>
<div class="foot" aria-hidden="true"><span><kbd>&uarr;</kbd><kbd>&darr;</kbd><i data-word="move"></i></span>
<span><kbd>Enter</kbd><i data-word="pick"></i></span><span class="tab"><kbd>Tab</kbd><i data-word="ask"></i></span>
<span><kbd>&gt;</kbd><i data-word="only_actions"></i></span>
<span class="people"><kbd>@</kbd><i data-word="only_people"></i></span></div>
</div></dialog>
""",
    css=(_HERE / "palette.css").read_text(encoding="utf-8"),
    js="".join((_HERE / name).read_text(encoding="utf-8") for name in ("steady.js", "palette.js")),
)
_answer = component(
    "samepage_palette_answer",
    html="<span></span>",
    js="""
export default function ({ data }) {
  const detail = JSON.parse(new TextDecoder().decode(data))
  dispatchEvent(new CustomEvent("samepage-found", { detail }))
}
""",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the list. `name` has its kind and name, such as "page:targets". `line` describes it, and `unit` is at
    the end.

    If `tab` is set, the Tab key asks about it in Explore. `also` has additional search words.
    """

    name: str
    label: str
    icon: str = ""
    mark: str = ""
    line: str = ""
    unit: str = ""
    also: str = ""
    tab: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Rows below a heading."""

    title: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class PaletteResults:
    """The results of a search, with an optional `note` above them.

    If `is_none` is set, the note appears only if no page or action matches, either. If `is_early` is set, there can be
    more results in a moment.
    """

    groups: Sequence[Group] = ()
    note: str = ""
    is_none: bool = False
    is_early: bool = False


@dataclass(frozen=True, slots=True)
class PickedRow:
    """A row that a browser reports as chosen, and the key that chose it. Both must still be checked."""

    row: str
    kind: str
    name: str
    how: Literal["enter", "tab"]


@lru_cache(maxsize=200)
def palette_data(pages: tuple[Row, ...], actions: tuple[Row, ...], *, people: bool) -> bytes:
    """Return the data that draws a palette. `people` is whether "@" searches people."""
    data = {
        "words": _WORDS, "people": people,
        "pages": [_filled(row) for row in pages], "actions": [_filled(row) for row in actions],
    }  # fmt: skip
    return _json(data)


def draw_palette(data: bytes) -> tuple[str | None, PickedRow | None]:
    """Draw the button and its palette. Returns the text that the browser asks for in this run, and the row that was
    chosen.
    """
    _palette(key=KEY, data=data, width="content", on_asked_change=lambda: None, on_picked_change=lambda: None)
    state: Any = st.session_state.get(KEY) or {}  # Any: whatever JSON a browser sends
    return text_asked(state.get("asked")), row_picked(state.get("picked"))


def text_asked(sent: Any) -> str | None:
    """Return the search text that a browser sends, or None for anything else."""
    # Any: whatever JSON a browser sends.
    return sent[:LONGEST] if isinstance(sent, str) else None


def row_picked(sent: Any) -> PickedRow | None:
    """Return the chosen row that a browser sends, or None for anything else."""
    # Any: whatever JSON a browser sends.
    if not isinstance(sent, dict):
        return None
    row, how = sent.get("name"), sent.get("how")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if not isinstance(row, str) or how not in ("enter", "tab"):
        return None
    kind, _, name = row.partition(":")
    return PickedRow(row, kind, name, how)


def draw_found(text: str, found: PaletteResults) -> None:
    """Send the results of a search for `text`."""
    groups = [
        {"title": group.title, "rows": [_filled(row) for row in group.rows]} for group in found.groups if group.rows
    ]
    data = {
        "text": text.strip(), "note": found.note, "none": found.is_none, "again": found.is_early, "groups": groups,
    }  # fmt: skip
    _answer(key=f"{KEY}-found", data=_json(data), height=1)


def palette_field(where: str) -> None:
    """Draw a button that looks like the field of the palette and opens it. The palette itself listens for the click."""
    st.button(PLACEHOLDER, key=f"open-palette-{where}", icon=":material/search:", width="stretch")


def _filled(row: Row) -> dict[str, object]:
    return {name: value for name, value in asdict(row).items() if value}


def _json(data: object) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
