"""Paths followed by engines equal those followed row by row.

`make proof` compares 2,000 random definitions, and `make test` a seeded tenth of them on DuckDB and fewer elsewhere.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.paths.finding import PathsFound
from semantic.services.analyzing.run import analyze
from tests.engines import ENGINES
from tests.proof import part
from tests.semantic.analyses.events.logged import LoggedWorkspace, Row, make_log, open_at, statements, tables_of
from tests.semantic.analyses.events.paths.by_hand import Expected, counted_paths, make_paths, walk_paths

PATHS = EVENT_KINDS["paths"]
DEFINITIONS, EACH = 2_000, 100
ENOUGH = 4
"""The smallest number of people behind a number that Gus can see."""


@pytest.fixture(scope="module")
def log() -> list[Row]:
    return make_log(7)


@pytest.fixture(scope="module")
def workspace(engine_name: str, log: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedWorkspace]:
    folder = tmp_path_factory.mktemp(f"paths_{engine_name}")
    for address in ENGINES[engine_name].filled("\n".join(statements(tables_of(log))), folder):
        opened = open_at(address, folder)
        yield opened
        opened.close()


def of(found: PathsFound) -> Expected:
    """Return a finding in the form of the expected result."""
    return Expected(
        steps=[dict(step) for step in found.steps],
        links={(link.step, link.before, link.after): link.count for link in found.links},
        wholes=[(each.codes, each.count, round(each.seconds), dict(each.groups)) for each in found.wholes],
        covered=found.covered,
        groups=dict(found.groups),
    )


@pytest.mark.parametrize("first", range(0, DEFINITIONS, EACH))
def test_paths_equal_those_followed_by_hand(workspace: LoggedWorkspace, log: list[Row], first: int) -> None:
    one_in = 10 if workspace.dialect.name == "duckdb" else 40
    for seed in range(first, first + part(EACH, one_in)):
        definition = make_paths(random.Random(seed))
        asked = PATHS.read(definition)
        assert PATHS.read(PATHS.data(asked)) == asked
        walked = walk_paths(definition, log)
        found = analyze(workspace, PATHS, asked, workspace.people["ana"]).found
        assert of(found) == counted_paths(definition, walked), (seed, definition)
        assert found.total == len(walked), (seed, definition)


@pytest.mark.parametrize("first", range(0, DEFINITIONS, EACH))
def test_every_number_that_gus_sees_is_based_on_enough_people(
    workspace: LoggedWorkspace, log: list[Row], first: int
) -> None:
    one_in = 20 if workspace.dialect.name == "duckdb" else 100
    for seed in range(first, first + part(EACH, one_in)):
        definition = make_paths(random.Random(seed)) | {"occurrence": "first"}
        if "from" not in definition and "to" not in definition:
            del definition["occurrence"]
        walked = walk_paths(definition, log)
        found = analyze(workspace, PATHS, PATHS.read(definition), workspace.people["gus"]).found
        where = (seed, definition)
        if len(walked) < ENOUGH:
            assert (found.total, found.steps, found.wholes) == (None, (), ()), where
            continue
        assert found.total == len(walked), where
        links = {(link.step, link.before, link.after): link.count for link in found.links}
        numbers = [count for step in found.steps for count in step.values()] + [*links.values()]
        numbers += [count for steps in found.group_steps.values() for step in steps for count in step.values()]
        numbers += [count for whole in found.wholes for count in whole.groups.values()]
        assert all(count >= ENOUGH for count in numbers), where
        for (step, before, after), count in links.items():
            passing = [each.count for each in found.wholes if each.codes[step - 1 : step + 1] == (before, after)]
            assert count - sum(passing) == 0 or count - sum(passing) >= ENOUGH, where
            assert count <= sum(1 for path in walked if len(path.way) > step), where
        for step, codes in enumerate(found.steps[:-1], start=1):
            for code, count in codes.items():
                onward = sum(number for (at, before, _), number in links.items() if (at, before) == (step, code))
                assert onward == (0 if code in "xyh" else count), where
        for whole in found.wholes:
            same = [path for path in walked if path.way == whole.codes]
            assert whole.count <= len(same), where
            if "by" not in definition:
                assert (whole.count, round(whole.seconds)) == (len(same), sum(path.seconds for path in same)), where


def test_random_definitions_cover_everything_that_can_differ(log: list[Row]) -> None:
    """Long paths, ends, paths that could continue, everything else and several groups are each in at least a tenth."""
    seen: dict[str, int] = {}
    definitions = [make_paths(random.Random(seed)) for seed in range(part(DEFINITIONS))]
    for definition in definitions:
        expected = counted_paths(definition, walk_paths(definition, log))
        facts = {code for step in expected.steps for code in step if code in "oxyn"}
        facts |= {"long"} if len(expected.steps) > 3 else set()
        facts |= {"groups"} if len(expected.groups) > 1 else set()
        for fact in facts:
            seen[fact] = seen.get(fact, 0) + 1
    assert all(seen[fact] > len(definitions) // 20 for fact in ("o", "x", "y", "n", "long", "groups")), seen
    assert seen["long"] > len(definitions) // 3
