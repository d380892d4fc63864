"""Editing the steps of a funnel: references to a step's position follow the step, and the result always stays valid."""

from __future__ import annotations

import random
from typing import Any

from pages.analyses.funnel.steps import in_order, moved_step, steps_of, with_step, without_step
from semantic.analyses.events.funnel import FUNNEL

A, B, C = ({"metric": name} for name in "abc")


def funnel(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "funnel", "v": 1, "subject": "person", "steps": [*steps], **more}


def test_a_step_that_moves_to_the_front_loses_its_time_limit() -> None:
    late = B | {"within": "1 day"}
    assert steps_of(moved_step(funnel(A, late, C), 1, -1)) == [B, A, C]
    assert steps_of(moved_step(funnel(A, late, C), 1, 1)) == [A, C, late]
    assert moved_step(funnel(A, B), 0, -1) == funnel(A, B)


def test_references_to_a_removed_step_move_or_are_removed() -> None:
    between = [{"metric": "x", "between": [1, 3]}, {"metric": "y", "between": [2, 3]}]
    left = without_step(funnel(A, B, C, exclude=between, by="device", by_step=3), 1)
    assert left == funnel(A, C, exclude=[{"metric": "x", "between": [1, 2]}], by="device", by_step=2)
    assert "by_step" not in without_step(funnel(A, B, C, by="device", by_step=2), 1)


def test_events_excluded_from_all_steps_stay_excluded_after_adding_a_step() -> None:
    more = with_step(funnel(A, B, exclude=[{"metric": "x", "between": [1, 2]}]), "c")
    assert more == funnel(A, B, C, exclude=[{"metric": "x", "between": [1, 3]}])
    some = with_step(funnel(A, B, C, exclude=[{"metric": "x", "between": [1, 2]}]), "d")
    assert some["exclude"] == [{"metric": "x", "between": [1, 2]}]


def test_any_order_drops_options_about_the_previous_step() -> None:
    late = B | {"within": "1 day"}
    asked = funnel(A, late, C, order="strict", among={"metric": "x"}, exclude=[{"metric": "y", "between": [1, 2]}])
    any_order = in_order(asked, "any")
    assert any_order == funnel(A, B, C, order="any", exclude=[{"metric": "y", "between": [1, 3]}])
    assert "order" not in in_order(any_order, "loose")


def test_random_edits_always_leave_a_valid_definition() -> None:
    chance = random.Random(7)
    for _ in range(300):
        data = funnel(
            *({"metric": name} | ({"within": "1 day"} if place and chance.random() < 0.5 else {})
              for place, name in enumerate("abcd")),
            exclude=[{"metric": "x", "between": sorted(chance.sample(range(1, 5), 2))}], by="device",
            by_step=chance.choice(("first", "last", 2, 3, 4)),
        )  # fmt: skip
        for _ in range(4):
            count = len(steps_of(data))
            edit = chance.randrange(4)
            if edit == 0 and count > 2:
                data = without_step(data, chance.randrange(count))
            elif edit == 1:
                data = moved_step(data, chance.randrange(count), chance.choice((-1, 1)))
            elif edit == 2:
                data = with_step(data, f"m{chance.randrange(10**6)}")
            else:
                data = in_order(data, chance.choice(("loose", "any", "strict")))
            assert FUNNEL.data(FUNNEL.read(data))["steps"] == steps_of(data)
