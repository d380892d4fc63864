"""Analyses of only the people in a part of another analysis: counted by hand, under a policy, and in words."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.funnel.finding import FunnelFound
from semantic.errors import GroupTooSmall, InvalidFilter, InvalidQuery, SemanticError, UnknownName
from semantic.services.analyzing.run import Analyzed, analyze
from semantic.services.analyzing.words.funnel import funnel_json
from tests.engines import ENGINES
from tests.proof import part
from tests.semantic.analyses.events.by_hand import counted, make_funnel, walk
from tests.semantic.analyses.events.funnel.test_at_random import of
from tests.semantic.analyses.events.funnel.test_funnel import did
from tests.semantic.analyses.events.funnel.test_twins import changed
from tests.semantic.analyses.events.logged import (
    LoggedWorkspace,
    Row,
    make_log,
    open_at,
    open_log,
    statements,
    tables_of,
)

FUNNEL = EVENT_KINDS["funnel"]
DEFINITIONS = 2_000
VIEWS_TO_CARTS = {"kind": "funnel", "subject": "person", "steps": ["views", "carts"]}
LOST = {"analysis": VIEWS_TO_CARTS, "part": {"reached": 1, "not": 2}}


@pytest.fixture(scope="module")
def log() -> list[Row]:
    return make_log(7)


@pytest.fixture(scope="module")
def workspace(engine_name: str, log: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedWorkspace]:
    folder = tmp_path_factory.mktemp(f"log_{engine_name}")
    for address in ENGINES[engine_name].filled("\n".join(statements(tables_of(log))), folder):
        opened = open_at(address, folder)
        yield opened
        opened.close()


def make_part(funnel: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return a random part of a funnel: the people who reached a step, or stopped before one, sometimes in one
    group.
    """
    steps = len(funnel["steps"])
    reached = chance.randint(1, steps)
    made: dict[str, Any] = {"reached": reached}
    if reached < steps and chance.random() < 0.7:
        made["not"] = chance.randint(reached + 1, steps)
    if "by" in funnel and chance.random() < 0.6:
        made["by"] = chance.choice(("DE", "FR", "phone", "desktop", "apple", "pear", None))
    return made


def members(funnel: dict[str, Any], which: dict[str, Any], rows: Sequence[Row]) -> set[str]:
    """Return the people in a part of a funnel, by walking through everyone's rows."""
    people: set[str] = set()
    for person, each in walk(funnel, rows).items():
        steps = len(each.moments) - 1
        if steps < which["reached"] or steps >= which.get("not", 99):
            continue
        if "by" in which and (each.group[0] != which["by"] or each.group[1]):
            continue
        people.add(person)
    return people


def limited(rows: Sequence[Row], people: set[str]) -> list[Row]:
    return [row for row in rows if row.person in people]


@pytest.mark.parametrize("first", range(0, DEFINITIONS, 200))
def test_only_members_count(workspace: LoggedWorkspace, log: list[Row], first: int) -> None:
    filled = 0
    for seed in range(first, first + part(200, 10 if workspace.dialect.name == "duckdb" else 40)):
        chance = random.Random(seed)
        inner, outer = make_funnel(chance), make_funnel(chance)
        which = make_part(inner, chance)
        asked = FUNNEL.read(outer | {"of": {"analysis": {"kind": "funnel", **inner}, "part": which}})
        people = members(inner, which, log)
        expected = counted(outer, walk(outer, limited(log, people)))
        found = analyze(workspace, FUNNEL, asked, workspace.people["ana"]).found
        assert of(found, outer) == expected, (seed, inner, which, outer)
        filled += bool(expected)
    assert filled > 0


def test_a_set_can_be_taken_from_an_analysis_of_a_set(workspace: LoggedWorkspace, log: list[Row]) -> None:
    """The part is the people who put nothing in the cart, of these the ones who bought, and of these the ones who gave
    a gift.
    """
    buyers = VIEWS_TO_CARTS | {"steps": ["views", "revenue"], "of": LOST}
    asked = {"subject": "person", "steps": ["views", "gifts"], "of": {"analysis": buyers, "part": {"reached": 2}}}
    found = analyze(workspace, FUNNEL, FUNNEL.read(asked), workspace.people["ana"]).found
    lost = limited(log, members(VIEWS_TO_CARTS, {"reached": 1, "not": 2}, log))
    bought = {"subject": "person", "steps": ["views", "revenue"]}
    rows = limited(lost, members(bought, {"reached": 2}, lost))
    expected = counted(bought | {"steps": ["views", "gifts"]}, walk(bought | {"steps": ["views", "gifts"]}, rows))
    assert [*found.whole.counts] == expected[()][:2]
    assert expected[()][0] > 0
    deeper = {"subject": "person", "steps": ["views", "acts"], "of": {"analysis": buyers, "part": {}}}
    too_deep = {
        "subject": "person",
        "steps": ["views", "acts"],
        "of": {"analysis": {"kind": "funnel", **deeper}, "part": {}},
    }
    with pytest.raises(InvalidQuery, match="at most 3 deep"):
        analyze(workspace, FUNNEL, FUNNEL.read(too_deep), workspace.people["ana"])


# One log on a hand


def ask(tmp_path: Path, rows: Sequence[Row], of_: object, person: str = "ana", **more: Any) -> Analyzed[FunnelFound]:
    workspace = open_log(tmp_path, rows)
    try:
        definition = {"subject": "person", "steps": ["views", "checkouts"], "of": of_, **more}
        funnel = FUNNEL.read(definition)
        assert FUNNEL.read(FUNNEL.data(funnel)) == funnel
        return analyze(workspace, FUNNEL, funnel, workspace.people[person])
    finally:
        workspace.close()
        (tmp_path / "log.duckdb").unlink()


def test_the_rule_states_who_counts(tmp_path: Path) -> None:
    rows = [*did("abc"), *did("ac", person="p2"), *did("a", person="p3")]
    analyzed = ask(tmp_path, rows, LOST)
    assert [*analyzed.found.whole.counts] == [2, 1]
    assert "Only people who reached Views but not Carts count, with all their events." in analyzed.rule
    assert analyzed.rule[-1].startswith("How the funnel they come from counts: Each person counts once. Steps count")
    phones = VIEWS_TO_CARTS | {"by": "device"}
    analyzed = ask(tmp_path, rows, {"analysis": phones, "part": {"by": "phone"}})
    assert "Only people who reached Views (Device: Phone) count, with all their events." in analyzed.rule
    assert [*analyzed.found.whole.counts] == [0, 0]


@pytest.mark.parametrize(
    ("of_", "says"),
    [
        ({"analysis": VIEWS_TO_CARTS}, "needs an 'analysis' and a 'part'"),
        ({"analysis": VIEWS_TO_CARTS, "part": {}, "who": 1}, "unknown key"),
        ({"analysis": {"kind": "dance"}, "part": {}}, "'dance'"),
        ({"analysis": VIEWS_TO_CARTS | {"color": 1}, "part": {}}, "unknown key"),
        ({"analysis": VIEWS_TO_CARTS, "part": {"color": 1}}, "unknown key"),
        ({"analysis": VIEWS_TO_CARTS, "part": {"reached": 3}}, "from 1 to 2"),
        ({"analysis": VIEWS_TO_CARTS, "part": {"reached": 2, "not": 2}}, "a step after 'reached'"),
        ({"analysis": VIEWS_TO_CARTS, "part": {"by": "phone"}}, "no breakdown"),
        ({"analysis": VIEWS_TO_CARTS, "part": {"over": "2026-03-02"}}, "isn't shown over time"),
        ({"analysis": VIEWS_TO_CARTS | {"by": "device"}, "part": {"by": ["phone"]}}, "a single value"),
        ({"analysis": VIEWS_TO_CARTS | {"subject": "session"}, "part": {}}, "the other one each session"),
    ],
)  # fmt: skip
def test_an_invalid_set_is_refused(tmp_path: Path, of_: object, says: str) -> None:
    with pytest.raises(InvalidQuery, match=says):
        ask(tmp_path, did("ab"), of_)


# Policy


def test_a_set_by_a_hidden_metric_reads_as_missing(tmp_path: Path) -> None:
    with pytest.raises(UnknownName) as hidden:
        ask(tmp_path, did("abc"), LOST, "nora")
    unknown = LOST | {"analysis": VIEWS_TO_CARTS | {"steps": ["views", "carton"]}}
    with pytest.raises(UnknownName) as missing:
        ask(tmp_path, did("abc"), unknown, "nora")
    assert str(hidden.value).replace("carts", "carton") == str(missing.value)


def people_did(acts: dict[str, int]) -> list[Row]:
    """Return the rows of people. `acts` has the number of people for each list of actions."""
    each = [letters for letters, count in acts.items() for _ in range(count)]
    return [row for number, letters in enumerate(each) for row in did(letters, person=f"p{number}")]


def test_a_set_never_reveals_a_small_group(tmp_path: Path) -> None:
    """Gus sees numbers of four people or more. Two cohorts make up everyone, so neither number reveals the other."""
    for_all = {"kind": "funnel", "subject": "person", "steps": ["views", "checkouts"]}
    large = people_did({"abc": 5, "ab": 5, "ac": 5, "a": 5})
    lost, kept = LOST, {"analysis": VIEWS_TO_CARTS, "part": {"reached": 2}}
    assert [*ask(tmp_path, large, lost, "gus").found.whole.counts] == [10, 5]
    assert [*ask(tmp_path, large, kept, "gus").found.whole.counts] == [10, 5]
    # All 20 reached views, and 18 put something in the cart: the two others would be the difference.
    few = people_did({"abc": 9, "ab": 9, "ac": 1, "a": 1})
    with pytest.raises(GroupTooSmall, match="too few people"):
        ask(tmp_path, few, kept, "gus")
    few_lost = ask(tmp_path, few, lost, "gus").found
    assert ([*few_lost.whole.counts], few_lost.hides) == ([None, None], True)
    # Two who lost interest checked out, of 12: 7 and 5 without them.
    uneven = people_did({"abc": 5, "ab": 5, "ac": 2, "a": 5})
    assert [*ask(tmp_path, uneven, lost, "gus").found.whole.counts] == [7, None]
    with pytest.raises(GroupTooSmall):
        ask(tmp_path, uneven, kept, "gus")
    # Everyone is in the cohort, so no one is left.
    assert [*ask(tmp_path, large, {"analysis": for_all, "part": {}}, "gus").found.whole.counts] == [20, 10]


def test_a_set_in_a_set_never_reveals_who_is_in_both(tmp_path: Path) -> None:
    """Of the people who removed something, ten checked out after a cart, and two didn't.

    Everyone with a cart minus those who checked out would be these two, although neither cohort is small.
    """
    three = VIEWS_TO_CARTS | {"steps": ["views", "carts", "checkouts"]}
    removed = {"kind": "funnel", "subject": "person", "steps": ["views", "removals"]}

    def of_both(which: dict[str, Any], outer: dict[str, Any]) -> dict[str, Any]:
        return {"analysis": removed | {"of": {"analysis": three, "part": which}}, "part": outer}

    few = people_did({"ade": 10, "ae": 10, "abde": 2, "abe": 10, "abcde": 10, "abce": 10})
    for which in ({"reached": 2}, {"reached": 3}, {"reached": 1, "not": 3}):
        with pytest.raises(GroupTooSmall, match="too few people"):
            ask(tmp_path, few, of_both(which, {"reached": 2}), "gus", steps=["views", "acts"])
    whole = ask(tmp_path, few, of_both({}, {"reached": 2}), "gus", steps=["views", "acts"]).found.whole
    assert [*whole.counts] == [22, 22]
    acts = {"ade": 10, "ae": 10, "abde": 5, "abe": 10, "abcde": 10, "abce": 10}
    large = people_did(acts)
    for which, count in (({"reached": 2}, 15), ({"reached": 3}, 10), ({"reached": 1, "not": 3}, 15)):
        found = ask(tmp_path, large, of_both(which, {"reached": 2}), "gus", steps=["views", "acts"]).found
        assert [*found.whole.counts] == [count, count]
    # Those outside both would follow too: two never looked, and so reached no step of either.
    outside = people_did(acts | {"e": 2})
    asked = {"steps": ["acts", "acts"]}
    assert ask(tmp_path, outside, of_both({"reached": 3}, {}), "ana", **asked).found.whole.counts[0] == 20
    with pytest.raises(GroupTooSmall):
        ask(tmp_path, outside, of_both({"reached": 3}, {}), "gus", **asked)
    # With too many parts, not all of them can be looked at.
    many = three | {"steps": ["views", "carts"] * 4}
    inner = {"analysis": many, "part": {"reached": 2}}
    with pytest.raises(GroupTooSmall, match="fewer steps"):
        ask(tmp_path, large, {"analysis": many | {"of": inner}, "part": {"reached": 2}}, "gus")


def test_groups_of_a_set_never_reveal_a_small_group(tmp_path: Path) -> None:
    """Of ten people with a phone, nine put something in the cart.

    The same funnel for these nine would reveal the other one.
    """
    kept = {"analysis": VIEWS_TO_CARTS, "part": {"reached": 2}}
    rows = [row for number in range(9) for row in did("abc", person=f"p{number}", device="phone")]
    rows += did("a", person="p9", device="phone")
    rows += [row for number in range(20, 32) for row in did("a", person=f"p{number}", device="desktop")]
    with pytest.raises(GroupTooSmall):
        ask(tmp_path, rows, kept, "gus", by="device")
    assert [*ask(tmp_path, rows, kept, "ana", by="device").found.whole.counts] == [9, 9]


@pytest.mark.parametrize("value", [5, True, 1.5, 10**40, "\ud800", "x" * 3_000])
def test_a_group_that_no_one_can_be_in_is_refused(value: object, tmp_path: Path) -> None:
    """The refusal comes before the engine fails with an error that doesn't describe the definition."""
    asked = {"analysis": VIEWS_TO_CARTS | {"by": "device"}, "part": {"reached": 1, "by": value}}
    with pytest.raises((InvalidQuery, InvalidFilter), match="evice"):
        ask(tmp_path, people_did({"ab": 2}), asked)


def test_paths_of_a_set_never_reveal_those_of_the_others(tmp_path: Path) -> None:
    """Of 28 people with a cart, 14 check out next, and of all 30 people, 16 do, so both of the others did."""
    kept = {"analysis": VIEWS_TO_CARTS, "part": {"reached": 2}}
    definition = {"kind": "paths", "subject": "person", "events": ["views", "checkouts"], "from": "views", "of": kept}
    workspace, paths = open_log(tmp_path, people_did({"abc": 14, "ab": 14, "ac": 2})), EVENT_KINDS["paths"]
    try:
        with pytest.raises(GroupTooSmall, match="too few people"):
            analyze(workspace, paths, paths.read(definition), workspace.people["gus"])
        assert analyze(workspace, paths, paths.read(definition), workspace.people["ana"]).found.total == 28
    finally:
        workspace.close()


def told(workspace: LoggedWorkspace, definition: object) -> object:
    """Return everything that Dora learns: numbers and words, or the refusal."""
    try:
        analyzed = analyze(workspace, FUNNEL, FUNNEL.read(definition), workspace.people["dora"])
    except SemanticError as error:
        return type(error), str(error)
    data = funnel_json(analyzed)
    del data["data_version"]
    return data


def test_no_set_changes_with_hidden_rows(tmp_path: Path) -> None:
    rows = make_log(11, people=60)
    original, said = open_log(tmp_path, rows), 0
    for twin in range(part(40)):
        folder = tmp_path / str(twin)
        folder.mkdir()
        chance = random.Random(twin)
        other = open_log(folder, changed(rows, chance))
        for question in range(25):
            inner, definition = make_funnel(chance), make_funnel(chance)
            set_ = {"analysis": {"kind": "funnel", **inner}, "part": make_part(inner, chance)}
            before = told(original, definition | {"of": set_})
            assert told(other, definition | {"of": set_}) == before, (twin, question, definition, set_)
            said += isinstance(before, dict) and bool(before["whole"]["counts"][0])
        other.close()
    original.close()
    assert said > 20
