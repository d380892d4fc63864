"""Changes that the form makes to the steps of a funnel. They adjust everything that refers to a step by its
position.
"""

from __future__ import annotations

from typing import Any

from pages.analyses.draft import Data, at, put

STEPS, EXCLUDED, BY_STEP = ("steps",), ("exclude",), ("by_step",)


def steps_of(data: Data) -> list[Any]:
    """Return the steps of a definition, some of which can be incomplete."""
    return at(data, STEPS, [])


def moved_step(data: Data, place: int, by: int) -> Data:
    """Return the funnel with a step moved up or down. The first step can't move up, nor the last one down.

    The new first step loses its time limit after the previous step.
    """
    steps, to = [*steps_of(data)], place + by
    if not (0 <= place < len(steps) and 0 <= to < len(steps)):
        return data
    steps[place], steps[to] = steps[to], steps[place]
    steps[0] = {key: value for key, value in steps[0].items() if key != "within"}
    return put(data, STEPS, steps)


def without_step(data: Data, place: int) -> Data:
    """Return the funnel without a step, with adjusted excluded events and an adjusted step for the breakdown."""
    steps = steps_of(data)
    if not 0 <= place < len(steps):
        return data
    left = [step for number, step in enumerate(steps) if number != place]
    if left:
        left[0] = {key: value for key, value in left[0].items() if key != "within"}
    data, gone = put(data, STEPS, left), place + 1
    by_step = at(data, BY_STEP)
    if isinstance(by_step, int) and by_step >= gone:
        data = put(data, BY_STEP, by_step - 1 if by_step > gone else None)
    kept = [each for each in (_between(one, gone, len(left)) for one in at(data, EXCLUDED, [])) if each is not None]
    return put(data, EXCLUDED, kept or None)


def with_step(data: Data, metric: str) -> Data:
    """Return the funnel with one more step at the end. Events that were excluded between all steps still are."""
    count = len(steps_of(data))
    excluded = [
        one | {"between": [1, count + 1]} if one.get("between", [1, count]) == [1, count] else one
        for one in at(data, EXCLUDED, [])
    ]
    data = put(data, STEPS, [*steps_of(data), {"metric": metric}])
    return put(data, EXCLUDED, excluded or None)


def in_order(data: Data, order: str) -> Data:
    """Return the funnel with another step order, without the settings that this order doesn't allow."""
    data = put(data, ("order",), None if order == "loose" else order)
    if order != "strict":
        data = put(data, ("among",), None)
    if order == "any":
        count = len(steps_of(data))
        bare = [{key: value for key, value in step.items() if key != "within"} for step in steps_of(data)]
        excluded = [one | {"between": [1, count]} for one in at(data, EXCLUDED, [])]
        data = put(put(data, STEPS, bare), EXCLUDED, excluded or None)
    return data


def _between(excluded: Any, gone: int, count: int) -> Any:
    """Return an excluded event after the step `gone` was removed, or None if it has no steps left to be between."""
    first, last = excluded.get("between", [1, count + 1])
    first, last = first - (first > gone), min(last - (last >= gone), count)
    return excluded | {"between": [first, last]} if first < last else None
