"""Funnels counted by engines equal those counted by walking through the rows.

`make proof` compares 2,000 random definitions, and `make test` a seeded tenth of them on DuckDB and fewer elsewhere.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.funnel import lower
from semantic.analyses.events.funnel.finding import FunnelFound
from semantic.analyses.events.funnel.moments import is_by_moments
from semantic.analyses.events.read import plan_events
from semantic.analyses.events.separate import are_separate
from semantic.services.analyzing.run import analyze
from tests.engines import ENGINES
from tests.proof import part
from tests.semantic.analyses.events.by_hand import counted, make_funnel, make_separate_funnel, walk
from tests.semantic.analyses.events.logged import (
    TODAY,
    LoggedWorkspace,
    Row,
    make_log,
    open_at,
    statements,
    tables_of,
)

FUNNEL = EVENT_KINDS["funnel"]
DEFINITIONS, SEPARATE, EACH = 2_000, 1_000, 200
Found = dict[tuple[object, ...], list[int]]


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


def of(found: FunnelFound, funnel: dict[str, object]) -> Found:
    """Return the counts by group, and the seconds to each later step."""
    groups: Found = {}
    for row in found.rows or (found.whole,):
        group: list[object] = [row.by, row.is_unreached] if "by" in funnel else []
        group += [row.over] if "over" in funnel else []
        seconds = [round(taken.seconds) for taken in row.since_start if taken is not None]
        groups[tuple(group)] = [count or 0 for count in row.counts] + seconds
    return {group: cells for group, cells in groups.items() if cells[0]}


@pytest.mark.parametrize("first", range(0, DEFINITIONS, EACH))
def test_funnels_equal_those_counted_by_hand(workspace: LoggedWorkspace, log: list[Row], first: int) -> None:
    one_in = 10 if workspace.dialect.name == "duckdb" else 40
    for seed in range(first, first + part(EACH, one_in)):
        definition = make_funnel(random.Random(seed))
        expected = counted(definition, walk(definition, log))
        found = analyze(workspace, FUNNEL, FUNNEL.read(definition), workspace.people["ana"]).found
        assert of(found, definition) == expected, (seed, definition)
        totals = [sum(cells[step] for cells in expected.values()) for step in range(len(definition["steps"]))]
        assert [*found.whole.counts] == totals, (seed, definition)


@pytest.mark.parametrize("first", range(0, SEPARATE, EACH))
def test_funnels_of_separate_events_equal_those_counted_by_hand(
    workspace: LoggedWorkspace, log: list[Row], first: int
) -> None:
    """They are counted by time alone, and counting by the order of all rows gives the same result."""
    one_in = 10 if workspace.dialect.name == "duckdb" else 40
    seen = workspace.visible(workspace.people["ana"])
    for seed in range(first, first + part(EACH, one_in)):
        definition = make_separate_funnel(random.Random(seed))
        expected = counted(definition, walk(definition, log))
        asked = FUNNEL.read(definition)
        planned = plan_events(FUNNEL.reads(asked), seen, today=TODAY)
        assert are_separate(planned.legs), (seed, definition)
        assert is_by_moments(asked, planned), (seed, definition)
        found = analyze(workspace, FUNNEL, asked, workspace.people["ana"]).found
        assert of(found, definition) == expected, (seed, definition)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(lower, "is_by_moments", lambda *_: False)
            found = analyze(workspace, FUNNEL, asked, workspace.people["ana"]).found
        assert of(found, definition) == expected, (seed, definition)


def test_most_random_definitions_reach_later_steps(log: list[Row]) -> None:
    reached = list[int]()
    for seed in range(part(DEFINITIONS)):
        definition = make_funnel(random.Random(seed))
        reached.append(max((len(each.moments) - 1 for each in walk(definition, log).values()), default=0))
    assert sum(1 for count in reached if count >= 2) > len(reached) // 2
    assert sum(1 for count in reached if count >= 3) > len(reached) // 5
