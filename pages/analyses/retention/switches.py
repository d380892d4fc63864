"""The buttons beside the counting rule of retention: the same question, counted another way."""

from __future__ import annotations

from pages.analyses.draft import Data, put
from pages.analyses.kind import Switch
from semantic.analyses.events.retention.question import Retention


def switches(asked: Retention, data: Data) -> list[Switch]:
    """Return the other ways to count that change the numbers most."""
    found: list[Switch] = []
    if asked.start == "ever":
        found.append(Switch("First in the period", put(data, ("start",), "period")))
    else:
        found.append(Switch("First ever", put(data, ("start",), None)))
    if asked.brackets or asked.measure != "subjects":
        return found
    if asked.count == "on":
        found.append(Switch("In it or later", put(data, ("count",), "on_or_after")))
    else:
        found.append(Switch("In that period", put(data, ("count",), None)))
    return found
