"""An editor for the text of one definition: marks errors at their place, and completes keys and names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

LONGEST = 200_000  # characters of one definition

_HERE = Path(__file__).parent
_editor = component(
    "samepage_yaml_editor",
    html="""
<div class="editor">
  <div class="gutter" aria-hidden="true"></div>
  <div class="page">
    <pre class="marks" aria-hidden="true"></pre>
    <textarea spellcheck="false" autocapitalize="off" autocomplete="off" wrap="off" aria-autocomplete="list"
      aria-controls="choices" aria-haspopup="listbox"></textarea>
  </div>
</div>
<div id="choices" role="listbox" popover="manual"></div>
<p class="hint">Ctrl+Space completes keys and names. Esc, then Tab leaves the editor.</p>
""",
    css="".join((_HERE / name).read_text(encoding="utf-8") for name in ("options.css", "yaml_editor.css")),
    js=(_HERE / "yaml_editor.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True, slots=True)
class Mark:
    """An error on a line of the text, counted from 1."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A completion: the text that replaces what was typed, and its meaning."""

    text: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """The browser's state: the text and the cursor, with lines counted from 1 and columns from 0.

    `asks` increases each time completions are requested at this place. 0 requests none.
    """

    text: str
    line: int = 1
    column: int = 0
    asks: int = 0


def editor(
    text: str,
    *,
    label: str,
    key: str,
    marks: Sequence[Mark] = (),
    choices: Sequence[Choice] = (),
    answers: int = 0,
    begun_at: int = 0,
    disabled: bool = False,
    height: int = 420,
) -> None:
    """Draw the editor with `text`, which it shows until something is typed. `edit_of` returns its content.

    `choices` are the completions that the edit with this number of `asks` requested; they replace the text from the
    column `begun_at` to the cursor.
    """
    data = {
        "text": text, "label": label, "marks": [asdict(mark) for mark in marks], "disabled": disabled, "height": height,
        "choices": [asdict(choice) for choice in choices], "answers": answers, "begunAt": begun_at,
    }  # fmt: skip
    sent = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    _editor(key=key, data=sent, on_edit_change=lambda: None)


def edit_of(key: str, text: str) -> Edit:
    """Return an editor's current content, or `text` until something is typed.

    It comes from a browser, so it's validated.
    """
    state: Any = st.session_state.get(key) or {}  # Any: a component's state is its own kind of mapping
    try:
        document = json.loads(state.get("edit") or "null")
        edit = Edit(str(document["text"]), int(document["line"]), int(document["column"]), int(document["asks"]))
    except (ValueError, TypeError, KeyError):
        return Edit(text)
    return edit if len(edit.text) <= LONGEST and "\0" not in edit.text else Edit(text)
