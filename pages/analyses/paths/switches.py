"""The buttons next to the counting rule of paths. Each counts the same paths in another way."""

from __future__ import annotations

from pages.analyses.draft import Data, put
from pages.analyses.kind import Switch
from semantic.analyses.events.paths.question import Paths


def switches(asked: Paths, data: Data) -> list[Switch]:
    """Return a button for each of the ways of counting that change the numbers most."""
    found = [
        Switch("Show repeats", put(data, ("collapse",), False))
        if asked.collapse
        else Switch("Collapse repeats", put(data, ("collapse",), None))
    ]
    if asked.anchor is None:
        return found
    what = "end" if asked.goes_back else "start"
    if asked.occurrence == "first":
        found.append(Switch(f"Count every {what}", put(data, ("occurrence",), "every")))
    else:
        found.append(Switch(f"Only the first {what}", put(data, ("occurrence",), None)))
    return found
