"""The buttons next to a funnel's counting rule. Each counts the same funnel in another way."""

from __future__ import annotations

from pages.analyses.draft import Data, put
from pages.analyses.kind import Switch
from semantic.analyses.events.funnel.question import Funnel


def switches(asked: Funnel, data: Data) -> list[Switch]:
    """Return a button for each of the ways of counting that change the numbers most."""
    found: list[Switch] = []
    if asked.order != "any" and _may_be_in_any_order(asked):
        found.append(Switch("Any order", put(data, ("order",), "any")))
    if asked.order != "loose":
        found.append(Switch("This order", put(put(data, ("order",), None), ("among",), None)))
    if asked.attempt == "first":
        found.append(Switch("Count every try", put(data, ("attempt",), "best")))
    else:
        found.append(Switch("Only the first try", put(data, ("attempt",), None)))
    return found


def _may_be_in_any_order(asked: Funnel) -> bool:
    count = len(asked.steps)
    return (
        all(step.within is None for step in asked.steps)
        and all((each.after, each.before) == (1, count) for each in asked.exclude)
        and asked.among is None
        and len({step.event for step in asked.steps}) == count
    )
