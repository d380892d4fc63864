"""A field for questions in words. It also finds each part of a question, and shows the current question as chips."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st
from streamlit.components.v2 import component

from pages.widgets.search_box import SearchMatches, start_rows, with_rows

LONGEST = 400
"""The maximum number of characters of a text to read."""

_HERE = Path(__file__).parent
_field = component(
    "samepage_ask_field",
    html="""
<div class="ask">
<div class="field"><span class="glass"></span>
<input role="combobox" aria-autocomplete="list" aria-controls="found" aria-expanded="false"
autocomplete="off" spellcheck="false" enterkeyhint="go" /><span class="key" aria-hidden="true">/</span>
</div>
<div id="found" role="listbox" popover="manual"></div>
<div class="row" hidden><button class="look" type="button"><span class="glass"></span></button>
<div class="chips" role="list" aria-label="This question"></div></div>
<div class="said" role="status"></div>
</div>
""",
    css="".join(
        (_HERE / name).read_text(encoding="utf-8") for name in ("options.css", "search_box.css", "ask_field.css")
    ),
    js="".join((_HERE / name).read_text(encoding="utf-8") for name in ("steady.js", "search_field.js", "ask_field.js")),
)


@dataclass(frozen=True, slots=True)
class Chip:
    """One part of the question. `opens` is the prefix of the key of its field in the builder. A `fixed` part can't be
    removed.
    """

    name: str
    label: str
    opens: str
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class LineAct:
    """A next step. If `search` is set, a click puts that text in the field. Otherwise, the page gets the
    step's name.
    """

    name: str
    label: str
    search: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """The message about the last sentence, with next steps.

    A `text` is put back in the field once for each `said_at`, unless someone has typed since.
    """

    words: str
    acts: Sequence[LineAct] = ()
    state: Literal["info", "caution"] = "info"
    text: str = ""
    said_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """The functions to call with what the browser sends. They must only accept names that were offered, because a
    browser can send any text.
    """

    picked: Callable[[str, str], None]  # a row's name, and the text that it was found for
    asked: Callable[[str], None]  # the text of a whole question
    dropped: Callable[[str], None]  # a chip's name
    acted: Callable[[str], None]  # a next step


def ask_field(
    label: str,
    find: Callable[[str], SearchMatches],
    on: Handlers,
    *,
    key: str,
    stamp: object,
    chips: Sequence[Chip] = (),
    line: Line | None = None,
    look_again: bool = False,
) -> None:
    """Draw the field. `find` returns the rows for a text. The rows for an empty text are found again when `stamp`
    changes.

    If `look_again` is set, an open list asks for its rows again after a moment.
    """
    state: Any = st.session_state.get(key) or {}  # Any: the state of a component is Streamlit's own kind of mapping
    text = _text(state.get("text"))
    hits = find(text) if text else SearchMatches(())
    _, start = start_rows(key, find, stamp)

    def picked() -> None:
        sent: Any = st.session_state[key].get("picked")  # Any: whatever a browser sends
        if isinstance(sent, dict):
            on.picked(_text(sent.get("name")), _text(sent.get("text")))

    def asked() -> None:
        on.asked(_text(st.session_state[key].get("asked")))

    def dropped() -> None:
        on.dropped(_text(st.session_state[key].get("dropped")))

    def acted() -> None:
        on.acted(_text(st.session_state[key].get("acted")))

    data = {
        "label": label, "placeholder": label, "disabled": False, "text": text, "note": hits.note, "more": "",
        "longest": LONGEST, "again": _turn(state.get("again")) if look_again and text else 0,
        "chips": [_filled(chip.name, chip.label, chip.opens, chip.fixed) for chip in chips],
        "line": None if line is None else {
            "words": line.words, "state": line.state, "text": line.text, "at": line.said_at,
            "acts": [{"name": act.name, "label": act.label, "search": act.search} for act in line.acts],
        },
    }  # fmt: skip
    _field(
        key=key, data=with_rows(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(), hits.rows, start),
        on_text_change=lambda: None, on_again_change=lambda: None, on_picked_change=picked, on_asked_change=asked,
        on_dropped_change=dropped, on_acted_change=acted,
    )  # fmt: skip


def _turn(last: Any) -> int:
    """Return a number that differs from the last one that the browser sent.

    With unchanged data, the field wouldn't ask again.
    """
    return last % 1_000 + 1 if isinstance(last, int) and not isinstance(last, bool) else 1


def _filled(name: str, label: str, opens: str, fixed: bool) -> dict[str, object]:
    return {"name": name, "label": label, "opens": opens, **({"fixed": True} if fixed else {})}


def _text(sent: object) -> str:
    return sent[:LONGEST] if isinstance(sent, str) else ""
