"""Overlaps counted by engines equal those counted by walking through the rows, and hidden rows change none of them.

`make proof` compares 2,000 random definitions, and `make test` a seeded tenth of them on DuckDB and fewer elsewhere.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.errors import SemanticError
from semantic.services.analyzing.run import analyze
from semantic.services.analyzing.words.overlap import overlap_json, overlap_tables
from tests.engines import ENGINES
from tests.proof import part
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
from tests.semantic.analyses.events.overlap.by_hand import make_overlap, walk_overlap

OVERLAP = EVENT_KINDS["overlap"]
DEFINITIONS, EACH = 2_000, 200
QUESTIONS = 25
TWINS = 2_000 // QUESTIONS


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


@pytest.mark.parametrize("first", range(0, DEFINITIONS, EACH))
def test_overlaps_equal_those_counted_by_hand(workspace: LoggedWorkspace, log: list[Row], first: int) -> None:
    one_in = 10 if workspace.dialect.name == "duckdb" else 40
    for seed in range(first, first + part(EACH, one_in)):
        definition = make_overlap(random.Random(seed))
        expected = walk_overlap(definition, log)
        overlap = OVERLAP.read(definition)
        assert OVERLAP.read(OVERLAP.data(overlap)) == overlap
        found = analyze(workspace, OVERLAP, overlap, workspace.people["ana"]).found
        counts = {each.channels: (each.group.reached, each.group.did or 0) for each in found.combinations}
        assert counts == expected, (seed, definition)
        assert found.whole.reached == sum(reached for reached, _ in expected.values())
        for place, group in enumerate(found.channels):
            mine = [cells for channels, cells in expected.items() if place in channels]
            assert (group.reached, group.did or 0) == (sum(n for n, _ in mine), sum(d for _, d in mine))
        for pair in found.pairs:
            assert pair.both == sum(
                n for channels, (n, _) in expected.items() if {pair.first, pair.second} <= {*channels}
            )


@pytest.mark.parametrize("over", ["day", "week"])
def test_each_period_counts_as_if_it_were_the_only_one(workspace: LoggedWorkspace, log: list[Row], over: str) -> None:
    """The periods are from Monday 2 to Sunday 15 March, and each day or week is walked through separately."""
    differed = 0
    for seed in range(part(100, 10 if workspace.dialect.name == "duckdb" else 40)):
        definition = {
            key: value for key, value in make_overlap(random.Random(seed)).items() if key not in ("then", "within")
        } | {"time": {"from": "2026-03-02", "to": "2026-03-15"}}
        expected: dict[date, tuple[int, int]] = {}
        for place in range(0, 14, 1 if over == "day" else 7):
            first = date(2026, 3, 2) + timedelta(days=place)
            last = first + timedelta(days=0 if over == "day" else 6)
            alone = walk_overlap(definition | {"time": {"from": f"{first}", "to": f"{last}"}}, log)
            if alone:
                several = sum(count for channels, (count, _) in alone.items() if len(channels) > 1)
                expected[first] = sum(count for count, _ in alone.values()), several
        overlap = OVERLAP.read(definition | {"over": over})
        assert OVERLAP.read(OVERLAP.data(overlap)) == overlap
        analyzed = analyze(workspace, OVERLAP, overlap, workspace.people["ana"])
        assert {each.first: (each.reached, each.several) for each in analyzed.found.periods} == expected, seed
        assert analyzed.rule[0].startswith(f"Each person counts once in each {over}, in the combination")
        assert len(overlap_tables(analyzed)[0].lines) == len(expected) or not expected
        differed += analyzed.found.whole.reached != sum(count for count, _ in walk_overlap(definition, log).values())
    assert differed


def test_most_random_definitions_have_a_result(log: list[Row]) -> None:
    walked = [walk_overlap(make_overlap(random.Random(seed)), log) for seed in range(part(DEFINITIONS))]
    assert sum(1 for found in walked if any(len(channels) > 1 for channels in found)) > len(walked) // 2
    assert sum(1 for found in walked if any(done for _, done in found.values())) > len(walked) // 4


def told(workspace: LoggedWorkspace, definition: object) -> object:
    """Return everything that Dora learns from an overlap: its numbers, tables and words, or the refusal."""
    try:
        analyzed = analyze(workspace, OVERLAP, OVERLAP.read(definition), workspace.people["dora"])
    except SemanticError as error:
        return type(error), str(error)
    data = overlap_json(analyzed)
    del data["data_version"]
    return data, overlap_tables(analyzed)


def test_no_overlap_changes_with_hidden_rows(tmp_path: Path) -> None:
    rows, differed = make_log(11, people=60), 0
    original = open_log(tmp_path, rows)
    asked = OVERLAP.read({"subject": "person", "channels": ["views", "revenue"]})
    for twin in range(part(TWINS)):
        folder = tmp_path / str(twin)
        folder.mkdir()
        chance = random.Random(twin)
        other = open_log(folder, changed(rows, chance))
        for question in range(QUESTIONS):
            definition = make_overlap(chance)
            if chance.random() < 0.2:
                definition["where"] = {"segment": "gift_givers"}
            assert told(other, definition) == told(original, definition), (twin, question, definition)
        seen = [analyze(each, OVERLAP, asked, each.people["ana"]).found.combinations for each in (original, other)]
        differed += seen[0] != seen[1]
        other.close()
    original.close()
    assert differed > 0  # someone who sees all rows sees other numbers


def test_periods_with_too_few_people_and_all_sums_of_periods_are_hidden(
    workspace: LoggedWorkspace, log: list[Row]
) -> None:
    """Someone in several periods counts several times in their sums, so none of these sums are shown."""
    definition = {"subject": "person", "channels": ["views", "carts"], "over": "day"}
    definition |= {"time": {"from": "2026-03-02", "to": "2026-03-15"}}
    few, need = next(
        (actor, groups[0].at_least)
        for actor in workspace.people.values()
        if (groups := workspace.visible(actor).min_groups)
    )
    found = analyze(workspace, OVERLAP, OVERLAP.read(definition), few).found
    assert found.hides
    assert found.whole.reached is None
    assert not found.combinations
    assert {pair.both for pair in found.pairs} == {None} == {group.reached for group in found.channels}
    for each in found.periods:
        assert each.reached is None or each.reached >= need
        assert each.several is None or each.several >= need or each.several == 0
    assert any(each.reached is None for each in found.periods)
