"""Analyses of only the people who took one path: counted by hand, at random, and in words."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.errors import InvalidQuery
from semantic.services.analyzing.run import analyze
from tests.proof import part
from tests.semantic.analyses.events.funnel.test_funnel import did
from tests.semantic.analyses.events.logged import LoggedWorkspace, make_log, open_log
from tests.semantic.analyses.events.paths.by_hand import events_of, make_paths, walk_paths

PATHS, FUNNEL = EVENT_KINDS["paths"], EVENT_KINDS["funnel"]
EACH_ACT: dict[str, Any] = {
    "kind": "paths", "subject": "person", "from": "views", "events": [{"metric": "acts", "each": "act"}],
}  # fmt: skip
DEFINITIONS = 200


def counts(workspace: LoggedWorkspace, analysis: dict[str, Any], path: list[Any]) -> Any:
    """Return the finding for the people who took this path."""
    of = {"analysis": analysis, "part": {"path": path}}
    asked = FUNNEL.read({"subject": "person", "steps": ["acts", "carts"], "of": of})
    return analyze(workspace, FUNNEL, asked, workspace.people["ana"])


def test_those_who_took_a_path_can_be_analyzed(tmp_path: Path) -> None:
    rows = [*did("abc"), *did("ab", person="p2"), *did("acb", person="p3"), *did("b", person="p4")]
    workspace = open_log(tmp_path, rows)
    try:
        for path, people in (
            ([1], 3),
            ([1, {"value": "b"}], 2),
            ([1, {"value": "b"}, "end"], 1),
            ([1, {"value": "c"}], 1),
            ([1, {"value": None}], 0),
            ([1, {"value": "' OR 1=1"}], 0),
        ):
            analyzed = counts(workspace, EACH_ACT, path)
            assert analyzed.found.whole.counts[0] == people, path
        words = counts(workspace, EACH_ACT, [1, {"value": "b"}, "end"]).rule
        assert any("people who took the path Views → b → End" in sentence for sentence in words), words
        back = {**EACH_ACT, "to": "checkouts"}
        del back["from"]
        words = counts(workspace, back, [2, {"value": "b"}]).rule
        assert any("people who took the path b → Checkouts" in sentence for sentence in words), words
    finally:
        workspace.close()


@pytest.mark.parametrize(
    "path", [[], ["end"], [3], [2], [True], [1, "end", 1], [{"value": 1.5}], [{"code": "x"}], [1] * 6, "views"]
)
def test_an_invalid_path_is_refused(path: Any) -> None:
    paths = PATHS.read(EACH_ACT)
    assert PATHS.parts is not None
    with pytest.raises(InvalidQuery):
        PATHS.parts.read(paths, {"path": path})


def test_people_of_any_path_equal_those_walked_by_hand(tmp_path: Path) -> None:
    log = make_log(7)
    workspace = open_log(tmp_path, log)
    everyone = {"kind": "funnel", "subject": "person", "steps": ["acts", "acts"]}
    try:
        for seed in range(part(DEFINITIONS)):
            chance = random.Random(seed)
            definition = {"kind": "paths", **make_paths(chance)}
            ways = [path.way for path in walk_paths(definition, log)]
            ways = [way for way in ways if way[-1] != "y"]
            if not ways:
                continue
            taken = chance.choice(ways)[: chance.randint(1, int(definition.get("steps", 5)))]
            events, _ = events_of(definition)
            path = ["end" if code == "x" else {"value": None} if code == "n" else {"value": code[1:]}
                    if code.startswith("v") else int(code[1:]) + 1 for code in taken]  # fmt: skip
            assert len(events) >= max((item for item in path if isinstance(item, int)), default=0)
            of = {"analysis": definition, "part": {"path": path}}
            asked = FUNNEL.read({**everyone, "of": of})
            found = analyze(workspace, FUNNEL, asked, workspace.people["ana"]).found
            assert found.whole.counts[0] == people_of(definition, log, taken), (seed, definition, path)
    finally:
        workspace.close()


def people_of(definition: dict[str, Any], log: list[Any], taken: tuple[str, ...]) -> int:
    """Return how many people with an action took a path that begins this way, each walked through separately."""
    people = {row.person for row in log if row.person is not None and row.table == "actions"}
    return sum(
        any(
            path.way[: len(taken)] == taken
            for path in walk_paths(definition, [row for row in log if row.person == who])
        )
        for who in people
    )
