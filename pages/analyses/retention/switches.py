"""The buttons next to the counting rule of retention. Each counts the same question in another way."""

from __future__ import annotations

from pages.analyses.draft import Data, put
from pages.analyses.kind import Switch
from semantic.analyses.events.retention.question import Retention


def switches(asked: Retention, data: Data) -> list[Switch]:
    """Return a button for each of the ways of counting that change the numbers most."""
    found: list[Switch] = []
    unit = asked.unit.words
    if asked.start == "ever":
        found.append(Switch("Begin with the first in the period", put(data, ("start",), "period")))
    else:
        found.append(Switch("Begin with the first ever", put(data, ("start",), None)))
    if asked.brackets or asked.measure != "subjects" or asked.survives:
        return found
    if asked.count == "on":
        found.append(Switch(f"In that {unit} or later", put(data, ("count",), "on_or_after")))
    else:
        found.append(Switch(f"In that {unit} only", put(data, ("count",), None)))
    return found
