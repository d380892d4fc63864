"""An editor for the text of one definition. It marks errors in their place, and completes keys and names."""

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
    """An error on a line of the text. Lines count from 1."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A completion: the text that replaces what was typed, and the meaning of that text."""

    text: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """The state of the editor in the browser: the text and the cursor. Lines count from 1, and columns from 0.

    `asks` increases each time someone requests completions at this place. 0 means that no one has.
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
    """Draw the editor with `text`, which it shows until someone types. `edit_of` returns its contents.

    `choices` are the completions for the edit whose `asks` is `answers`. They replace the text from the column
    `begun_at` to the cursor.
    """
    data = {
        "text": text, "label": label, "marks": [asdict(mark) for mark in marks], "disabled": disabled, "height": height,
        "choices": [asdict(choice) for choice in choices], "answers": answers, "begunAt": begun_at,
    }  # fmt: skip
    sent = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    _editor(key=key, data=sent, on_edit_change=lambda: None)


def edit_of(key: str, text: str) -> Edit:
    """Return the contents of an editor, or `text` until someone types.

    They're from a browser, so they're validated.
    """
    state: Any = st.session_state.get(key) or {}  # Any: the state of a component is Streamlit's own kind of mapping
    try:
        document = json.loads(state.get("edit") or "null")
        edit = Edit(str(document["text"]), int(document["line"]), int(document["column"]), int(document["asks"]))
    except (ValueError, TypeError, KeyError):
        return Edit(text)
    return edit if len(edit.text) <= LONGEST and "\0" not in edit.text else Edit(text)
