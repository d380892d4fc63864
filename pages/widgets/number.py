"""A large number and its changes. A verdict has a sign, an icon and a word, so that its colour is never the
only clue.
"""

from __future__ import annotations

from pages.shell.parts import plain
from semantic.display.words.kpi import KpiChange

COLOURS = {"better": "green", "worse": "red", "": "gray"}
ARROWS = {True: ":material/arrow_upward: ", False: ":material/arrow_downward: ", None: ""}


def change_mark(change: KpiChange) -> str:
    """Return a change as Markdown, with an arrow and words such as `+8.4% better`."""
    return f":{COLOURS[change.verdict]}[{ARROWS[change.rises]}{plain(change.words)}]"


def change_line(change: KpiChange) -> str:
    """Return the line below a number: the change, and the value and time that the number is compared with."""
    return f":small[{change_mark(change)} :gray[{plain(f'vs {change.earlier}, {change.against}')}]]"
