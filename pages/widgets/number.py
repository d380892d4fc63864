"""A large number, and its changes: sign, icon and word in the verdict's colour, never colour alone."""

from __future__ import annotations

from pages.shell.parts import plain
from semantic.display.words.kpi import KpiChange

COLOURS = {"better": "green", "worse": "red", "": "gray"}
ARROWS = {True: ":material/arrow_upward: ", False: ":material/arrow_downward: ", None: ""}


def change_mark(change: KpiChange) -> str:
    """Return the change as Markdown: an arrow and `+8.4% better`."""
    return f":{COLOURS[change.verdict]}[{ARROWS[change.rises]}{plain(change.words)}]"


def change_line(change: KpiChange) -> str:
    """Return the line below a number: the change with the value and time it's compared with."""
    return f":small[{change_mark(change)} :gray[{plain(f'vs {change.earlier}, {change.against}')}]]"
