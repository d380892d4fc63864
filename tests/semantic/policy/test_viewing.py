"""View as: who can use it, how long claims are valid, and that it shows the person's own answers and allows nothing
else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from semantic.errors import NotAllowed, SemanticError
from semantic.model.loading.load import parse_model
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.policy.narrow import narrow
from semantic.policy.viewing import view_as, viewable, why_not
from semantic.query.query import Breakdown, Query
from semantic.store.audit.log import LOOKS, Act
from semantic.workspace import Workspace
from tests.copies import copy_shop
from tests.shop import SHOP, TODAY, open_shop

NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)
STEWARD = Actor(id="steward", name="Steward", roles=frozenset({"steward"}))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


def model(view_as: str, who: str = "{roles: [steward]}") -> Model:
    """Return the shop with one more policy, which lets people view as someone."""
    files = {path.name: path.read_text(encoding="utf-8") for path in SHOP.glob("*.yml")}
    return parse_model(files | {"viewing.yml": f"policies: [{{name: looks, who: {who}, view_as: {view_as}}}]\n"})


def person(name: str, *roles: str, groups: tuple[str, ...] = ()) -> Actor:
    return Actor(id=name, name=name.title(), roles=frozenset(roles), groups=frozenset(groups))


PEOPLE = (
    person("lea", "viewer"),
    person("max", "marketer"),
    person("mo", "marketer", "administrator"),
    person("gil", groups=("agency",)),
    person("steward", "steward"),
)


@pytest.mark.parametrize(
    ("granted", "names"),
    [
        ("all", ["lea", "max", "mo", "gil"]),
        ("[max, steward]", ["max"]),
        ("{roles: [viewer]}", ["lea"]),
        ("{roles: [viewer, marketer]}", ["lea", "max"]),  # not Mo, who would show what an administrator sees
        ("{groups: [agency]}", ["gil"]),
        ("{people: [lea], groups: [agency]}", ["lea", "gil"]),
        ("{}", []),
    ],
)
def test_a_policy_names_the_people_who_can_be_viewed_as(granted: str, names: list[str]) -> None:
    assert [actor.id for actor in viewable(model(granted), STEWARD, PEOPLE, now=NOW)] == names


def test_without_a_grant_no_one_can_view_as_anyone(shop: Workspace) -> None:
    for viewer in (*shop.people.values(), person("root", "administrator")):
        assert viewable(shop.model, viewer, shop.people.values(), now=NOW) == ()
    with pytest.raises(NotAllowed, match="No policy lets you view as Max"):
        view_as(shop.model, STEWARD, PEOPLE[1], now=NOW)
    other = model("all", who="{roles: [administrator]}")
    assert why_not(other, STEWARD, PEOPLE[1], now=NOW)


def test_only_people_acting_as_themselves_can_view_and_only_people_can_be_viewed() -> None:
    open_to_all = model("all")
    lea = PEOPLE[0]
    for viewer in (
        replace(STEWARD, kind="agent"),
        replace(STEWARD, kind="service"),
        replace(STEWARD, for_person="max"),
        replace(STEWARD, viewed_by="max"),
    ):
        assert why_not(open_to_all, viewer, lea, now=NOW)
    for viewed in (replace(lea, kind="agent"), replace(lea, for_person="max"), replace(lea, viewed_by="max")):
        assert why_not(open_to_all, STEWARD, viewed, now=NOW)
    assert not why_not(open_to_all, STEWARD, lea, now=NOW)


def test_claims_are_valid_for_seven_days() -> None:
    lea = PEOPLE[0]
    fresh = replace(lea, claims_at=NOW - timedelta(days=7))
    stale = replace(lea, claims_at=NOW - timedelta(days=7, seconds=1))
    assert not why_not(model("all"), STEWARD, fresh, now=NOW)
    assert "hasn't signed in for more than seven days" in why_not(model("all"), STEWARD, stale, now=NOW)


def test_the_answers_are_the_persons_own(shop: Workspace) -> None:
    """For every person in the shop, the names, the scope, the rows and the refusals are the same."""
    asked = [
        Query(metrics=(metric,), by=(Breakdown(name),))
        for metric in ("revenue", "order_count", "cost", "visits")
        for name in ("home", "channel", "email", "tier", "birth_year")
    ]
    answered = refused = 0
    for person in shop.people.values():
        if person.id == "steward":
            continue
        viewing = view_as(model("all"), STEWARD, person, now=NOW)
        assert viewing.viewed_by == "steward"
        own, seen = narrow(shop.model, person), narrow(shop.model, viewing)
        assert [metric.name for metric in seen.metrics] == [metric.name for metric in own.metrics]
        assert [dimension.name for dimension in seen.dimensions] == [dimension.name for dimension in own.dimensions]
        assert [segment.name for segment in seen.segments] == [segment.name for segment in own.segments]
        assert (seen.scope, seen.fingerprint) == (own.scope, own.fingerprint)
        for query in asked:
            answers = [_answer(shop, query, actor) for actor in (person, viewing)]
            assert answers[0] == answers[1], (person.id, query)
            answered, refused = answered + isinstance(answers[0], list), refused + isinstance(answers[0], str)
    assert min(answered, refused) > 20, (answered, refused)


def _answer(shop: Workspace, query: Query, actor: Actor) -> list[dict[str, object]] | str:
    try:
        return list(shop.ask(query, actor, today=TODAY).rows())
    except SemanticError as error:
        return str(error)


def test_single_rows_are_never_listed(shop: Workspace) -> None:
    mia = shop.people["mia"]
    assert narrow(shop.model, mia).shows_records("orders")
    assert not narrow(shop.model, replace(mia, viewed_by="steward")).shows_records("orders")


def test_no_recorded_act_is_possible_except_looking() -> None:
    viewing = replace(PEOPLE[0], viewed_by="steward")
    for kind in (
        "question.saved",
        "question.exported",
        "model.published",
        "setting.changed",
        "rows.listed",
        "new.kind",
    ):
        assert Act(kind=kind, actor=PEOPLE[0]).kind == kind
        with pytest.raises(NotAllowed, match="can't change or export anything"):
            Act(kind=kind, actor=viewing)
    for kind in LOOKS:
        assert Act(kind=kind, actor=viewing).kind == kind
