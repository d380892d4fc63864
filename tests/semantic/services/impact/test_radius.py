"""How far a draft reaches: planted changes of a small company. What each change affects was computed by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from semantic.errors import ModelError, NotAllowed
from semantic.services.impact.radius import Radius, radius_of
from semantic.store.upkeep.erasure import erase
from tests.semantic.services.impact.impact_world import (
    BASE,
    ORDERS,
    PER_ORDER,
    REVENUE,
    WEB_ONLY,
    ImpactWorld,
    edited,
    impact_world,
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ImpactWorld]:
    with impact_world(tmp_path) as opened:
        yield opened


def radius(world: ImpactWorld, *pairs: tuple[str, str], actor: str = "stew") -> Radius:
    return radius_of(world.world.live, world.actor(actor), BASE, edited(*pairs))


def test_a_filter_reaches_the_metric_and_those_computed_from_it(world: ImpactWorld) -> None:
    world.target("stew", "revenue")
    world.target("stew", "orders")
    world.alert("ana", "per_order", above=1)
    world.alert("ana", "orders", above=1)
    found = radius(world, WEB_ONLY)
    assert (found.changed, found.certified) == (("revenue", "per_order"), ("revenue",))
    assert (found.targets, found.alerts, found.widens) == (1, 1, ())
    assert found.people == {world.subject("ana")}, "the author's own target isn't someone else's"


def test_people_who_asked_in_the_last_30_days_are_included(world: ImpactWorld) -> None:
    world.asks("dee", REVENUE)
    world.asks("nora", ORDERS)
    assert radius(world, WEB_ONLY).people == {world.subject("dee")}
    world.world.clock.move(days=31)
    assert radius(world, WEB_ONLY).people == frozenset()


def test_owners_of_private_questions_boards_and_deliveries_are_included(world: ImpactWorld) -> None:
    world.question("ana", "Mine alone", PER_ORDER, shared=False)
    world.board("otto", "Money", ORDERS, REVENUE)
    world.question("nora", "Orders", ORDERS)
    assert radius(world, WEB_ONLY).people == {world.subject("ana"), world.subject("otto")}
    world.question("stew", "Revenue", REVENUE)
    world.delivery("dee", "Revenue")
    assert radius(world, WEB_ONLY).people == {world.subject("ana"), world.subject("otto"), world.subject("dee")}


def test_erased_people_are_not_included(world: ImpactWorld) -> None:
    world.question("ana", "Revenue", REVENUE)
    erase(world.world.live.store, "ana", world.actor("otto"), world.world.live.keys)
    assert radius(world, WEB_ONLY).people == frozenset()


@pytest.mark.parametrize(
    "pair",
    [
        ("filter: \"channel = 'web'\"", "filter: \"channel   =  'web' /* the site */\""),
        ("label: Web orders", "label: Orders from the site"),
        ("unit: EUR\n    certified", "unit: EUR\n    description: What customers paid.\n    certified"),
        ('sql: "upper(channel)"', 'sql: "upper( channel )"'),
    ],
)
def test_wording_and_blanks_affect_no_one(world: ImpactWorld, pair: tuple[str, str]) -> None:
    world.question("ana", "Revenue", REVENUE)
    world.asks("dee", REVENUE)
    empty = Radius(changed=(), certified=(), targets=0, alerts=0, people=frozenset(), widens=())
    assert radius(world, pair) == empty


def test_a_certification_affects_no_one_but_is_reported(world: ImpactWorld) -> None:
    world.asks("dee", REVENUE)
    found = radius(world, ("{by: stew, until: 2027-01-01}", "{by: stew, until: 2028-01-01}"))
    assert (found.changed, found.people, found.certifies) == ((), frozenset(), ("revenue",))


def test_a_removed_metric_is_changed(world: ImpactWorld) -> None:
    world.question("ana", "Per order", PER_ORDER)
    line = next(line for line in BASE["all.yml"].splitlines() if "name: per_order" in line)
    found = radius(world, (line + "\n", ""))
    assert found.changed == ("per_order",)
    assert found.people == {world.subject("ana")}


def test_a_policy_is_reported_as_widening_and_affects_owners_who_lose_something(world: ImpactWorld) -> None:
    world.question("ana", "Revenue", REVENUE)
    world.question("otto", "Revenue too", REVENUE)
    found = radius(world, ("who: {people: [ana, stew, otto]}", "who: {people: [stew, otto]}"))
    assert found.changed == ()
    assert found.people == {world.subject("ana")}
    found = radius(world, ('rows: [{dataset: orders, where: "market IN (:markets)"}]', "whole: all"))
    assert (found.changed, found.widens) == ((), ("own_market",))


def test_only_stewards_see_the_impact_and_a_broken_draft_says_so(world: ImpactWorld) -> None:
    with pytest.raises(NotAllowed):
        radius(world, WEB_ONLY, actor="ana")
    with pytest.raises(ModelError):
        radius(world, ("numerator: revenue", "numerator: nothing"))


def test_a_certificate_that_the_files_extend_or_add_is_named(world: ImpactWorld) -> None:
    assert radius(world, ("{by: stew, until: 2027-01-01}", "{by: stew, until: 2028-01-01}")).certifies == ("revenue",)
    assert radius(world, ("    certified: {by: stew, until: 2027-01-01}\n", "")).certifies == ()
