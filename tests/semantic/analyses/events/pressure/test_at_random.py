"""Contact pressure counted by engines equals a walk through the rows, and hidden rows change none of it.

`make proof` compares 2,000 random definitions, and `make test` a seeded tenth of them on DuckDB and fewer elsewhere.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.errors import SemanticError
from semantic.services.analyzing.run import analyze
from semantic.services.analyzing.words.pressure import pressure_json, pressure_tables
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
from tests.semantic.analyses.events.pressure.by_hand import make_pressure, walk_pressure

PRESSURE = EVENT_KINDS["pressure"]
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
def test_contact_pressure_equals_that_counted_by_hand(workspace: LoggedWorkspace, log: list[Row], first: int) -> None:
    one_in = 10 if workspace.dialect.name == "duckdb" else 40
    for seed in range(first, first + part(EACH, one_in)):
        definition = make_pressure(random.Random(seed))
        pressure = PRESSURE.read(definition)
        assert PRESSURE.read(PRESSURE.data(pressure)) == pressure
        found = analyze(workspace, PRESSURE, pressure, workspace.people["ana"]).found
        weeks, limit = walk_pressure(definition, log), definition.get("limit", 3)
        about = seed, definition
        assert found.people == len({week.person for week in weeks}), about
        assert found.people_above == len({week.person for week in weeks if week.messages > limit}), about
        whole = found.whole
        assert (whole.weeks, whole.messages) == (len(weeks), sum(week.messages for week in weeks)), about
        assert whole.above == sum(week.messages > limit for week in weeks), about
        buckets = {bucket.first: bucket for bucket in found.buckets}
        assert {first: bucket.weeks for first, bucket in buckets.items()} == Counter(
            min(week.messages, 10) for week in weeks
        ), about
        for number, bucket in buckets.items():
            mine = [week for week in weeks if min(week.messages, 10) == number]
            known = [week for week in mine if week.did is not None]
            assert bucket.last == (number if number < 10 else None)
            if "then" in definition:
                assert bucket.answers is not None
                answers = bucket.answers
                assert (answers.weeks, answers.answered) == (len(known), sum(week.did or False for week in known)), (
                    about
                )
                assert answers.people == len({week.person for week in known}), about
        for mix, line in found.mixes:
            mine = [week for week in weeks if week.channels == mix]
            assert (line.weeks, line.messages) == (len(mine), sum(week.messages for week in mine)), about
            assert line.above == sum(week.messages > limit for week in mine), about
        assert {mix for mix, _ in found.mixes} == {week.channels for week in weeks}
        calendar = {day: (line.weeks, line.messages, line.above) for day, line in found.calendar if line.weeks}
        expected: dict[date, tuple[int, int, int]] = {}
        for week in weeks:
            count, messages, above = expected.get(week.monday, (0, 0, 0))
            expected[week.monday] = count + 1, messages + week.messages, above + (week.messages > limit)
        assert calendar == expected, about


def test_most_random_definitions_have_a_result(log: list[Row]) -> None:
    walked = [walk_pressure(make_pressure(random.Random(seed)), log) for seed in range(part(DEFINITIONS))]
    assert sum(1 for weeks in walked if len({week.messages for week in weeks}) > 2) > len(walked) // 2
    assert sum(1 for weeks in walked if any(week.did for week in weeks)) > len(walked) // 4


def told(workspace: LoggedWorkspace, definition: object) -> object:
    """Return everything that Dora learns: numbers, tables and words, or the refusal."""
    try:
        analyzed = analyze(workspace, PRESSURE, PRESSURE.read(definition), workspace.people["dora"])
    except SemanticError as error:
        return type(error), str(error)
    data = pressure_json(analyzed)
    del data["data_version"]
    return data, pressure_tables(analyzed)


def test_no_contact_pressure_changes_with_hidden_rows(tmp_path: Path) -> None:
    rows, differed = make_log(11, people=60), 0
    original = open_log(tmp_path, rows)
    asked = PRESSURE.read({"subject": "person", "channels": ["views", "revenue"]})
    for twin in range(part(TWINS)):
        folder = tmp_path / str(twin)
        folder.mkdir()
        chance = random.Random(twin)
        other = open_log(folder, changed(rows, chance))
        for question in range(QUESTIONS):
            definition = make_pressure(chance)
            if chance.random() < 0.2:
                definition["where"] = {"segment": "gift_givers"}
            assert told(other, definition) == told(original, definition), (twin, question, definition)
        seen = [analyze(each, PRESSURE, asked, each.people["ana"]).found.whole for each in (original, other)]
        differed += seen[0] != seen[1]
        other.close()
    original.close()
    assert differed > 0  # someone who sees all rows sees other numbers
