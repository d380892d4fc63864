"""Maturity from event lags equals a walk through the rows, on every engine, and doesn't change with hidden rows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.maturity.finding import MaturityFound
from semantic.errors import GroupTooSmall, InvalidQuery, SemanticError, UnknownName
from semantic.services.analyzing.run import Analyzed, analyze
from semantic.services.analyzing.words.maturity import (
    maturity_json,
    maturity_notes,
    maturity_sentence,
    maturity_tables,
)
from tests.engines import ENGINES
from tests.proof import part
from tests.semantic.analyses.events.by_hand import COUNTS, walk
from tests.semantic.analyses.events.funnel.test_twins import changed
from tests.semantic.analyses.events.logged import (
    TODAY,
    LoggedWorkspace,
    Row,
    make_log,
    open_at,
    open_log,
    statements,
    tables_of,
)

MATURITY = EVENT_KINDS["maturity"]
ONE = timedelta(days=1)
WITHIN = {"1 day": 1, "2 days": 2, "1 week": 7}
DEFINITIONS = 400
TWINS, QUESTIONS = 40, 10


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


def make_question(chance: random.Random) -> dict[str, Any]:
    """Return a random question over the log."""
    events = [name for name in COUNTS if name not in ("revenue", "gifts")] + ["revenue"]
    data: dict[str, Any] = {
        "kind": "maturity", "v": 1, "subject": "person", "first": {"metric": chance.choice(events)},
        "then": {"metric": chance.choice(events)}, "within": chance.choice([*WITHIN]),
        "over": chance.choice(("day", "day", "week")),
    }  # fmt: skip
    if chance.random() < 0.3:
        data["where"] = {"dim": "market", "op": "in", "values": ["DE"]}
    if chance.random() < 0.4:
        data["time"] = {
            "from": str(date(2026, 3, chance.randint(2, 8))),
            "to": str(date(2026, 3, chance.randint(9, 25))),
        }
    return data


def by_hand(data: dict[str, Any], rows: list[Row]) -> dict[date, tuple[int, list[int]]]:
    """Return, for each whole cohort, how many people began, and how many had followed after 0, 1, … days."""
    within = WITHIN[data["within"]]
    funnel = {key: data[key] for key in ("where", "time") if key in data}
    funnel |= {"steps": [data["first"], data["then"]], "within": data["within"]}
    length = 7 if data["over"] == "week" else 1
    lags: dict[date, list[int | None]] = {}
    for reached in walk(funnel, rows).values():
        began = reached.moments[0].date()
        first = began - ONE * began.weekday() if length == 7 else began
        later = -(-(reached.moments[2] - reached.moments[0]) // ONE) if len(reached.moments) > 2 else None
        lags.setdefault(first, []).append(later)
    start, end = date.min, TODAY
    if "time" in data:
        start, end = (date.fromisoformat(data["time"][key]) for key in ("from", "to"))
        end = min(end + ONE, TODAY)
    found: dict[date, tuple[int, list[int]]] = {}
    if lags:
        first = min(lags)
        while first <= max(lags):
            own, over = lags.get(first, []), first + ONE * length
            if first >= start and over <= end:
                ages = range(min(within, (TODAY - over).days) + 1)
                counts = [sum(lag is not None and lag <= age for lag in own) for age in ages]
                found[first] = len(own), counts
            first = over
    return found


def cohorts(found: MaturityFound) -> dict[date, tuple[int, list[int]]]:
    return {
        each.cohort.first: (int(each.cohort.size or 0), [int(value) for value in each.cohort.known])
        for each in found.detail.cohorts
    }


def test_cohorts_equal_those_counted_by_hand(workspace: LoggedWorkspace, log: list[Row]) -> None:
    one_in, grown = 10 if workspace.dialect.name == "duckdb" else 40, 0
    for seed in range(part(DEFINITIONS, one_in)):
        data = make_question(random.Random(seed))
        expected = by_hand(data, log)
        found = analyze(workspace, MATURITY, MATURITY.read(data), workspace.people["ana"]).found
        assert cohorts(found) == expected, (seed, data)
        grown += sum(counts[-1] > counts[0] for _, counts in expected.values())
    assert grown > 5


def told(workspace: LoggedWorkspace, data: dict[str, Any], person: str = "dora") -> object:
    try:
        analyzed = analyze(workspace, MATURITY, MATURITY.read(data), workspace.people[person])
    except SemanticError as error:
        return type(error), str(error)
    found = maturity_json(analyzed)
    del found["data_version"]
    return found, [(table.header, table.lines) for table in maturity_tables(analyzed)]


def test_nothing_changes_with_hidden_rows(tmp_path: Path) -> None:
    rows, differed = make_log(11, people=60), 0
    original = open_log(tmp_path, rows)
    for seed in range(part(TWINS)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        chance = random.Random(seed)
        other = open_log(folder, changed(rows, chance))
        for question in range(QUESTIONS):
            data = make_question(chance)
            assert told(other, data) == told(original, data), (seed, question, data)
            differed += told(other, data, "ana") != told(original, data, "ana")
        other.close()
    original.close()
    assert differed > 0  # someone who sees all rows sees other numbers


@pytest.fixture(scope="module")
def duck(log: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedWorkspace]:
    opened = open_log(tmp_path_factory.mktemp("duck"), log)
    yield opened
    opened.close()


VIEWS = {"subject": "person", "first": "views", "then": "acts", "within": "2 days", "over": "day"}


def asked(workspace: LoggedWorkspace, person: str = "ana", **more: object) -> Analyzed[MaturityFound]:
    return analyze(workspace, MATURITY, MATURITY.read(VIEWS | more), workspace.people[person])


def test_maturity_is_refused_to_people_who_cannot_see_small_groups(duck: LoggedWorkspace) -> None:
    with pytest.raises(GroupTooSmall, match="Numbers of one day and the next would reveal them"):
        asked(duck, "gus")


def test_hidden_events_read_as_missing(duck: LoggedWorkspace) -> None:
    with pytest.raises(UnknownName):
        asked(duck, "nora", then="carts")


def test_cells_that_are_too_young_are_blank(duck: LoggedWorkspace) -> None:
    analyzed = asked(duck)
    tables = {table.title: table for table in maturity_tables(analyzed)}
    last = tables["Rate by age"].lines[0]
    # The known days end with 19 March, so 18 March is one day old.
    assert (last[0], last[1] != "", last[2]) == ("18 Mar 2026", True, "")
    assert [line[3] for line in tables["Cohorts"].lines][:2] == ["1 day", "Final"]
    assert maturity_sentence(analyzed).startswith("95% of the final number (after 2 days) is known after 1 day. ")
    assert "Ranges are missing where too few earlier cohorts were final to test an expectation." in maturity_notes(
        analyzed
    )


def test_periods_that_are_not_whole_are_left_out(duck: LoggedWorkspace) -> None:
    analyzed = asked(duck, over="week", time={"from": "2026-03-04", "to": "2026-03-16"})
    assert [each.cohort.first for each in analyzed.found.detail.cohorts] == [date(2026, 3, 9)]
    days = "2 – 8 Mar 2026 and 16 – 22 Mar 2026"
    note = f"Left out because some of their days aren't in the period or aren't known yet: {days}."
    assert note in maturity_notes(analyzed)
    assert maturity_sentence(analyzed).startswith("An estimate needs 3 final cohorts, and there is ")


def test_questions_round_trip() -> None:
    data = {
        "kind": "maturity", "v": 1, "subject": "person", "where": {"dim": "market", "op": "in", "values": ["DE"]},
        "time": {"last": 3, "unit": "month"}, "time_zone": "Europe/Berlin",
        "first": {"metric": "views", "name": "View"}, "then": {"metric": "revenue"}, "within": "90 days",
        "over": "month",
    }  # fmt: skip
    assert MATURITY.data(MATURITY.read(data)) == data


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"then": None}, "Name the event 'then'"),
        ({"over": "year"}, "Cohorts can't be made by year"),
        ({"within": "36 hours"}, "whole days or weeks"),
        ({"within": "200 days"}, "at most 180 days"),
        ({"steps": []}, "unknown key 'steps'"),
        ({"kind": "funnel"}, "Use the kind maturity"),
    ],
)
def test_wrong_questions_are_refused(more: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidQuery, match=says):
        MATURITY.read(VIEWS | more)
