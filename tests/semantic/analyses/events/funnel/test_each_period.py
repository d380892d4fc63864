"""Funnels that count everyone once per period: each period's numbers equal those of a funnel over that period alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.errors import InvalidQuery
from semantic.services.analyzing.run import analyze
from tests.engines import ENGINES
from tests.proof import part
from tests.semantic.analyses.events.by_hand import counted, make_funnel, walk
from tests.semantic.analyses.events.funnel.test_at_random import Found, of
from tests.semantic.analyses.events.logged import LoggedWorkspace, Row, make_log, open_at, statements, tables_of

FUNNEL = EVENT_KINDS["funnel"]
DAYS = (date(2026, 3, 2), date(2026, 3, 19))
"""A Monday and a Thursday in the made-up log."""


@pytest.fixture(scope="module")
def log() -> list[Row]:
    return make_log(11)


@pytest.fixture(scope="module")
def workspace(engine_name: str, log: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedWorkspace]:
    folder = tmp_path_factory.mktemp(f"each_{engine_name}")
    for address in ENGINES[engine_name].filled("\n".join(statements(tables_of(log))), folder):
        opened = open_at(address, folder)
        yield opened
        opened.close()


def by_hand(definition: dict[str, Any], log: list[Row], first: date, last: date, days: int) -> Found:
    """Return each period's counts, walked through separately, without any earlier period."""
    found: Found = {}
    while first <= last:
        end = min(first + timedelta(days=days - 1), last)
        alone = {**definition, "time": {"from": first.isoformat(), "to": end.isoformat()}}
        for group, cells in counted(alone, walk(alone, log)).items():
            found[group] = cells
        first = end + timedelta(days=1)
    return found


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_each_period_counts_as_if_it_were_the_only_one(workspace: LoggedWorkspace, log: list[Row], first: int) -> None:
    repeated = 0
    for seed in range(first, first + part(100, 10 if workspace.dialect.name == "duckdb" else 40)):
        over = ("day", "week")[seed % 2]
        times = {"time": {"from": DAYS[0].isoformat(), "to": DAYS[1].isoformat()}, "over": over}
        definition: dict[str, Any] = make_funnel(random.Random(seed))
        definition.update(times)
        expected = by_hand(definition, log, *DAYS, 1 if over == "day" else 7)
        asked = FUNNEL.read({**definition, "once": "each"})
        assert FUNNEL.read(FUNNEL.data(asked)) == asked
        found = analyze(workspace, FUNNEL, asked, workspace.people["ana"]).found
        assert of(found, definition) == expected, (seed, definition)
        overall = analyze(workspace, FUNNEL, FUNNEL.read(definition), workspace.people["ana"]).found
        repeated += of(overall, definition) != expected
    assert repeated  # counting everyone once over all periods gives other numbers


def test_the_rule_states_that_each_period_counts_separately(workspace: LoggedWorkspace) -> None:
    definition = {"subject": "person", "steps": ["views", "carts"], "over": "week"}
    each = analyze(workspace, FUNNEL, FUNNEL.read(definition | {"once": "each"}), workspace.people["ana"]).rule
    assert each[0].startswith("Each person counts once in each week.")
    assert "Only the first try in each week counts." in each[1]
    best = FUNNEL.read(definition | {"once": "each", "attempt": "best"})
    rule = analyze(workspace, FUNNEL, best, workspace.people["ana"]).rule
    assert "The try that got furthest in each week counts" in rule[1]
    plain = analyze(workspace, FUNNEL, FUNNEL.read(definition), workspace.people["ana"]).rule
    assert plain[0].startswith("Each person counts once. ")


def test_counting_once_per_period_needs_periods() -> None:
    with pytest.raises(InvalidQuery, match="say which periods with 'over'"):
        FUNNEL.read({"subject": "person", "steps": ["views", "carts"], "once": "each"})


def test_a_set_of_people_is_taken_from_one_period() -> None:
    asked = FUNNEL.read({"subject": "person", "steps": ["views", "carts"], "over": "week", "once": "each"})
    assert FUNNEL.parts is not None
    assert not FUNNEL.parts.offers(asked)
    with pytest.raises(InvalidQuery, match="Name the period of its part"):
        FUNNEL.parts.read(asked, {"reached": 1})


def test_everyone_together_is_hidden_if_a_period_is(workspace: LoggedWorkspace, log: list[Row]) -> None:
    """Several periods together count a person several times, so a large sum can be about few people."""
    definition = {"subject": "person", "steps": ["views", "carts"], "over": "day", "once": "each"}
    definition |= {"time": {"from": DAYS[0].isoformat(), "to": DAYS[1].isoformat()}}
    few = next((name for name, actor in workspace.people.items() if workspace.visible(actor).min_groups), None)
    assert few is not None
    found = analyze(workspace, FUNNEL, FUNNEL.read(definition), workspace.people[few]).found
    hidden = [row for row in found.rows if row.counts[0] is None]
    assert hidden
    assert found.hides
    assert found.whole.counts == (None, None)
    assert found.young is None
    assert set(found.whole.within) == {None}
