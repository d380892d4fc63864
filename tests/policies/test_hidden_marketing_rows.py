"""Nothing that a marketer sees of the marketing model changes when only rows hidden from that marketer change.

`make proof` asks for every metric and every list of options after each kind of change in
tests/policies/marketing_twins.py.
`make test` makes three kinds of change at once, and asks a seeded tenth, a different one for each set of changes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.model.definitions import Granularity
from semantic.query.data import query_to_data
from semantic.query.query import Breakdown, InSegment, Last, NotAny, Previous, Query
from tests import proof
from tests.companies import shared_company
from tests.policies.marketing_twins import KINDS, make_twin
from tests.policies.test_hidden_rows import options, shown
from tests.shop import ShopWorkspace

PERSON = "jonas"
BREAKDOWNS = 2
"""The number of dimensions that each metric is broken down by, besides month.

`make test` asks one question about each metric.
"""
TWINS = 5
"""The number of companies that `make test` changes. `make proof` changes one for each kind."""


class Company(ShopWorkspace):
    """A workspace in which today is the day after the company's last day."""

    day = date(2026, 7, 1)


def open_company(file: Path) -> Company:
    opened = Company.open(Settings(data=str(file), model=MARKETING_MODEL, mask_key="a key of the tests"))
    assert isinstance(opened, Company)
    return opened


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shared_company(tmp_path_factory) / "company.duckdb"


@pytest.fixture(scope="module")
def original(company: Path) -> Iterator[Company]:
    opened = open_company(company)
    yield opened
    opened.close()


def changes() -> list[tuple[str, ...]]:
    """Return the kinds of change in each changed company."""
    names = tuple(KINDS)
    return [(name,) for name in names] if proof.is_whole else [names[place::TWINS] for place in range(TWINS)]


@pytest.fixture(scope="module", params=changes(), ids="+".join)
def twin(
    request: pytest.FixtureRequest, company: Path, original: Company, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Company]]:
    file = make_twin(company, tmp_path_factory.mktemp("twin") / "twin.duckdb", *request.param)
    opened = open_company(file)
    opened.take_extents_of(original)
    yield "+".join(request.param), opened
    opened.close()
    file.unlink()


@cache
def questions(workspace: Company, metric: str) -> tuple[Query, ...]:
    """Return questions about a metric: by month if possible, by some dimensions, in a segment, and compared."""
    actor = workspace.people[PERSON]
    asked = Query(metrics=(metric,), by=(Breakdown("date", Granularity.MONTH),))
    first = workspace.preflight(asked, actor)
    if first.error is not None:
        asked = next(repair.query for repair in first.repairs if workspace.preflight(repair.query, actor).ok)
        first = workspace.preflight(asked, actor)
    chance = random.Random(metric)
    names = [dimension.name for dimension in first.available if dimension.kind != "time"]
    by = chance.sample(names, min(len(names), BREAKDOWNS))
    kept = tuple(breakdown for breakdown in asked.by if breakdown.dim != "date")
    split = [
        Query(
            metrics=(metric,),
            by=(*(breakdown for breakdown in kept if breakdown.dim != name), Breakdown(name)),
            where=asked.where,
        )
        for name in by
    ]
    inside = InSegment(chance.choice(list(workspace.model.segments)))
    more = [
        replace(asked, where=inside if chance.random() < 0.5 else NotAny(inside)),
        replace(asked, time=Last(3, Granularity.MONTH), compare=(Previous(),), history="as_is"),
    ]
    queries = [asked, *(query for query in (*split, *more) if workspace.preflight(query, actor).ok)]
    return tuple(queries if proof.is_whole else [chance.choice(queries)])


@cache
def answers(workspace: Company, query: Query) -> dict[str, object]:
    return shown(workspace, query, PERSON)


@cache
def listed(workspace: Company, dimension: str) -> object:
    return options(workspace, dimension, Query(), PERSON)


def some(names: list[str], kinds: str) -> list[str]:
    """Return all names in `make proof`, and otherwise a tenth of them that depends on the kinds of change."""
    return names if proof.is_whole else random.Random(kinds).sample(names, proof.part(len(names)))


@pytest.mark.long
def test_hidden_rows_change_no_number_and_no_option(original: Company, twin: tuple[str, Company]) -> None:
    kinds, changed = twin
    metrics = [metric.name for metric in original.visible(original.people[PERSON]).metrics]
    asked = [query for metric in some(metrics, kinds) for query in questions(original, metric)]
    different: list[str] = []
    answered = 0
    for query in asked:
        mine, theirs = answers(original, query), shown(changed, query, PERSON)
        keys = [key for key in mine | theirs if repr(mine.get(key)) != repr(theirs.get(key))]
        different += [f"{query_to_data(query)}: {keys}"] if keys else []
        answered += bool(mine.get("answer"))
    for name in some(list(original.model.dimensions), kinds):
        if repr(listed(original, name)) != repr(options(changed, name, Query(), PERSON)):
            different.append(f"options of {name}")
    assert not different, "\n".join(different)
    assert answered > len(asked) * 0.9, "too few questions have an answer to prove anything"


def test_a_steward_sees_the_change(original: Company, twin: tuple[str, Company]) -> None:
    """The companies do differ, so the test above doesn't compare a file with itself."""
    _, changed = twin
    names = ("budget", "net_revenue", "sessions", "spend", "mrr", "leads", "bookings_target", "list_net")
    steward = original.people["ana"]
    by = (Breakdown("market"), Breakdown("date", Granularity.MONTH))
    asked = [Query(metrics=(name,), by=by) for name in names]
    assert any(not original.ask(query, steward).table.equals(changed.ask(query, steward).table) for query in asked)
