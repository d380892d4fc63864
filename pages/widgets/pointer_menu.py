"""A menu that opens at the pointer or, on a phone, as a sheet, and the line that introduces it.

The server decides what is in the menu. The browser places it, moves the focus, and reports the choice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

HEIGHT = 44  # pixels of the line, which are the same with and without a selection, so that nothing below moves
CLEAR, LIST = "clear", "list"

_HERE = Path(__file__).parent
_WORDS = {
    "actions": "Actions", "clear": "Clear selection", "back": "Back", "close": "Close",
    "loading": "Loading\N{HORIZONTAL ELLIPSIS}", "copied": "Copied",
    "not_copied": "Couldn't copy. Your browser doesn't allow it.",
}  # fmt: skip

_menu = component(
    "samepage_pointer_menu",
    html="""
<div class="line"><span class="words" aria-live="polite"></span>
<button class="actions" type="button" aria-haspopup="menu" aria-expanded="false"></button>
<button class="clear" type="button"></button>
<span class="said" role="status"></span></div>
<div class="layer" popover="manual"><div class="sheet">
<div class="head"><button class="back" type="button" tabindex="-1"></button>
<div class="title" id="menu-title"><span class="what"></span><span class="value"></span></div>
<button class="close" type="button" tabindex="-1"></button></div>
<div class="items" role="menu" aria-labelledby="menu-title" tabindex="-1"></div>
<div class="note"></div>
</div></div>
""",
    css=(_HERE / "pointer_menu.css").read_text(encoding="utf-8"),
    js=(_HERE / "pointer_menu.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the menu. `letter` is its key while the menu is open.

    If `opens` is set, the item leads to further items, which the server sends after the choice. The browser puts the
    text in `copies` on the clipboard. If `stays` is set, the mark that was clicked stays marked.
    """

    name: str
    label: str
    value: str = ""
    letter: str = ""
    opens: bool = False
    copies: str = ""
    stays: bool = False


@dataclass(frozen=True, slots=True)
class Submenu:
    """The further items of the item with this `name`. `note` says why there are none."""

    name: str
    items: Sequence[Item]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """The menu of actions on a selection.

    `id` differs for each click, because the browser opens each menu only once. If `line` is empty, nothing is selected
    yet. In that case, the line has `hint`, or `touch_hint` on devices without a mouse, and a button that opens a list.
    The points of `rows` are marked in the chart with the key `chart`. If `within` is set to the key of a container, the
    menu has no line. It opens only for clicks in that container, and when it closes, the chart shows its own marks
    again.
    """

    id: str = ""
    title: str = ""
    value: str = ""
    items: Sequence[Item] = ()
    further: Submenu | None = None
    note: str = ""
    line: str = ""
    hint: str = ""
    touch_hint: str = ""
    listing: str = ""
    chart: str = ""
    rows: Sequence[int] = ()
    within: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The names of the actions that a browser can choose."""
        further = self.further.items if self.further is not None else ()
        own = {CLEAR} if self.line else {LIST} if self.listing else set[str]()
        return frozenset({item.name for item in (*self.items, *further) if not item.copies} | own)


def pointer_menu(menu: Menu, on_choose: Callable[[str], None], *, key: str) -> None:
    """Draw the line and its menu. `on_choose` is called with the name of an item. Anything else from a browser is
    ignored.
    """

    def chosen() -> None:
        said: Any = st.session_state[key].get("chosen")  # Any: whatever JSON a browser sends
        name = name_chosen(said, menu)
        if name is not None:
            on_choose(name)

    # As bytes, because Streamlit scans any other form three times on every run.
    sent = json.dumps(asdict(menu) | {"words": _WORDS}, ensure_ascii=False, separators=(",", ":")).encode()
    _menu(key=key, data=sent, height="content" if menu.within else HEIGHT, on_chosen_change=chosen)


def name_chosen(said: Any, menu: Menu) -> str | None:
    """Return the item that a browser reports as chosen, if the menu has it, or None for anything else."""
    # Any: whatever JSON a browser sends.
    if not isinstance(said, dict):
        return None
    of, name = said.get("menu"), said.get("item")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    is_known = isinstance(of, str) and isinstance(name, str) and of == menu.id and name in menu.names
    return name if is_known else None  # pyright: ignore[reportUnknownVariableType]
