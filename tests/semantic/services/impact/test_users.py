"""The end of a metric's lineage: the saved work that one person can open, drawn and in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from semantic.display.words.lineage import MOST_CARDS, SHOWN_IN, column_flow, flow
from semantic.services.impact.users import saved_uses, users_of
from tests.semantic.services.impact.impact_world import ORDERS, PER_ORDER, REVENUE, ImpactWorld, impact_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ImpactWorld]:
    with impact_world(tmp_path) as opened:
        yield opened


def uses(world: ImpactWorld, actor: str, metric: str = "revenue") -> dict[str, str]:
    live = world.world.live
    found = users_of(live, world.actor(actor), live.workspace().model.metrics[metric])
    return {use.title: use.what for use in found}


def test_each_person_sees_what_they_can_open(world: ImpactWorld) -> None:
    world.question("ana", "August revenue", REVENUE)
    world.question("ana", "Secret", REVENUE, shared=False)
    world.question("ana", "Per order", PER_ORDER)
    world.question("ana", "August orders", ORDERS)
    world.board("otto", "Money", REVENUE, PER_ORDER, ORDERS)
    world.target("stew", "revenue")
    world.alert("ana", "revenue", above=1, name="High")
    world.delivery("ana", "August revenue")
    shared = {"August revenue": "Question, Ana", "Per order": "Question, Ana", "Money": "Board, 2 tiles, Otto"}
    assert uses(world, "stew") == shared | {"Aug 2026": "Target"}
    del shared["August revenue"]  # a delivery of the same title comes after it
    mine = {"August revenue": "Delivery", "Secret": "Question, Ana", "High": "Alert", "Aug 2026": "Target"}
    assert uses(world, "ana") == shared | mine
    assert uses(world, "dee") == shared | {"August revenue": "Question, Ana"}, (
        "the target is of rows that Dee can't see"
    )


def test_the_lineage_drawing_ends_in_saved_work_and_stays_legible(world: ImpactWorld) -> None:
    for at in range(60):
        world.question("ana", f"Question {at}", REVENUE)
    live, actor = world.world.live, world.actor("stew")
    seen = live.workspace().visible(actor)
    metric = seen.model.metrics["revenue"]
    drawn = flow(metric, seen, with_tables=True, uses=users_of(live, actor, metric))
    last = drawn.columns[-1]
    assert (last.title, len(last.cards), last.cards[-1].label) == (SHOWN_IN, MOST_CARDS, "49 more")
    assert dict(drawn.words)[SHOWN_IN].__len__() == 60
    assert [column.title for column in drawn.columns] == [
        "Tables",
        "Data",
        "Measures",
        "This metric",
        "Used by",
        SHOWN_IN,
    ]


def test_a_column_leads_to_saved_work(world: ImpactWorld) -> None:
    world.question("ana", "Per order", PER_ORDER)
    live, actor = world.world.live, world.actor("stew")
    seen = live.workspace().visible(actor)
    drawn = column_flow("orders", "amount", seen, saved_uses(live, actor, frozenset(seen.model.metrics)))
    assert dict(drawn.words) == {
        "Column": ("orders.amount",), "Data": ("Orders",), "Measures": ("Amount",), "Metrics": ("Revenue",),
        "Used by": ("Per order",), SHOWN_IN: ("Per order (Question, Ana)",),
    }  # fmt: skip
    hidden = live.workspace().visible(world.actor("nora"))
    assert "Revenue" not in str(column_flow("orders", "amount", hidden))
