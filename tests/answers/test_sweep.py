"""The whole marketing model: every metric by every dimension compiles or says why not, and everyday questions run."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from semantic.compile import compile_visible
from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.errors import Refused, SemanticError
from semantic.explore.preflight import preflight
from semantic.model.definitions import Granularity
from semantic.policy.narrow import VisibleModel
from semantic.query.codec import query_from_json, query_from_params, query_to_json, query_to_params
from semantic.query.data import column_name
from semantic.query.query import (
    Between,
    Breakdown,
    Filter,
    InSegment,
    Last,
    LastYear,
    MetricFilter,
    NotAny,
    Order,
    Previous,
    Query,
    ToDate,
    Top,
)
from semantic.workspace import Workspace
from tests.companies import own_company
from tests.proof import part, part_of

UNTIL, TODAY = date(2026, 6, 30), date(2026, 7, 1)
PEOPLE = ("ana", "lena", "jonas", "claire")
RUNS = 1_000
PERIODS = (
    None,
    Last(3, Granularity.MONTH),
    Last(2, Granularity.WEEK),
    Last(2, Granularity.FISCAL_QUARTER),
    ToDate(Granularity.QUARTER),
    Between(date(2026, 1, 1), date(2026, 3, 31)),
    Between(date(2026, 5, 11), complete=True),
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    file = own_company(tmp_path_factory, until=UNTIL)
    opened = Workspace.open(Settings(data=str(file), model=MARKETING_MODEL, mask_key="a key of the tests"))
    yield opened
    opened.close()


@pytest.mark.long
@pytest.mark.parametrize("person", ["ana", "jonas"])
def test_every_metric_by_every_dimension_compiles_or_says_why_not(workspace: Workspace, person: str) -> None:
    """Preflight lists every dimension of every metric. `make test` compiles a tenth of all pairs."""
    seen = workspace.visible(workspace.people[person])
    dimensions = [dimension.name for dimension in seen.dimensions]
    pairs = set(part_of([(metric.name, name) for metric in seen.metrics for name in [*dimensions, "date"]]))
    counted: Counter[str] = Counter()
    for metric in seen.metrics:
        found_preflight = preflight(Query(metrics=(metric.name,)), seen, workspace.dialect, today=TODAY)
        available = {dimension.name for dimension in found_preflight.available}
        reasons = {unavailable.dimension.name: unavailable.reason for unavailable in found_preflight.unavailable}
        assert available | set(reasons) >= set(dimensions)
        for name in [name for name in [*dimensions, "date"] if (metric.name, name) in pairs]:
            error = _compile(Query(metrics=(metric.name,), by=(Breakdown(name),)), seen, workspace)
            counted[error.code if error else "compiles"] += 1
            if error is None:
                assert name in available, f"{metric.name} by {name} can be asked, and preflight says it cannot"
            elif error.code == "time_mismatch" and _compile(Query(metrics=(metric.name,)), seen, workspace) is not None:
                continue  # over all days it overlaps itself, whatever it is split by
            elif name in available:
                # What is available can be asked once the metric's own conditions are met.
                assert error.code in ("unsafe_reaggregation", "grain_too_fine"), f"{metric.name} by {name}: {error}"
            else:
                assert reasons.get(name, str(error)), f"{metric.name} by {name} has no reason"
    assert counted["compiles"] > part(2_000)
    assert set(counted) <= {
        "compiles", "no_path", "fan_out", "ambiguous_path", "time_mismatch", "unsafe_reaggregation", "grain_too_fine",
        "not_for_metric",
    }  # fmt: skip


def _compile(query: Query, seen: VisibleModel, workspace: Workspace) -> SemanticError | None:
    try:
        compile_visible(seen, query, workspace.dialect, today=TODAY)
    except Refused as error:
        return error
    return None


def questions(workspace: Workspace) -> Iterator[tuple[str, Query]]:
    """Yield a seeded sample of everyday questions over metrics and dimensions that fit together."""
    chance = random.Random(20260701)
    available: dict[tuple[str, str], list[str]] = {}
    for number in range(part(RUNS)):
        person = PEOPLE[number % len(PEOPLE)]
        seen = workspace.visible(workspace.people[person])
        names = [metric.name for metric in seen.metrics]
        metrics = tuple(chance.sample(names, chance.choice((1, 1, 2, 3))))
        for name in metrics:
            if (person, name) not in available:
                found_preflight = preflight(Query(metrics=(name,)), seen, workspace.dialect, today=TODAY)
                available[person, name] = [dimension.name for dimension in found_preflight.available]
        shared = [
            each_name
            for each_name in available[person, metrics[0]]
            if all(each_name in available[person, name] for name in metrics)
        ]
        by = tuple(
            _breakdown(one, chance) for one in chance.sample(shared, min(len(shared), chance.choice((0, 1, 1, 2))))
        )
        query = Query(metrics=metrics, by=by, time=chance.choice(PERIODS), where=_filter(seen, chance))
        yield person, _more(query, metrics, chance)


def _breakdown(name: str, chance: random.Random) -> Breakdown:
    grains = (Granularity.DAY, Granularity.WEEK, Granularity.MONTH, Granularity.FISCAL_QUARTER, Granularity.YEAR)
    return Breakdown(name, chance.choice(grains)) if name == "date" else Breakdown(name)


def _filter(seen: VisibleModel, chance: random.Random) -> Filter | None:
    if not seen.segments or chance.random() < 0.8:
        return None
    inside = InSegment(chance.choice(seen.segments).name)
    return NotAny(inside) if chance.random() < 0.5 else inside


def _more(query: Query, metrics: tuple[str, ...], chance: random.Random) -> Query:
    columns = [column_name(breakdown) for breakdown in query.by]
    groups = [column_name(breakdown) for breakdown in query.by if breakdown.grain is None]
    if query.time and chance.random() < 0.4:
        query = replace(query, compare=(chance.choice((Previous(), LastYear())),))
    if chance.random() < 0.3:
        query = replace(query, history="as_is")
    if not columns:
        return query
    if groups and chance.random() < 0.4:
        query = replace(query, top=Top(3, groups[0], chance.choice(metrics), other=chance.random() < 0.8))
    if chance.random() < 0.4:
        query = replace(query, totals=((),) if len(columns) == 1 else ((), (columns[0],)))
    if chance.random() < 0.2:
        query = replace(query, having=(MetricFilter(metrics[0], ">", (0,)),))
    if chance.random() < 0.3:
        query = replace(query, limit=5, order=(Order(metrics[0], desc=True),))
    return query


@pytest.mark.long
def test_questions_have_an_answer_or_a_reason_with_repairs_that_run(workspace: Workspace) -> None:
    counted: Counter[str] = Counter()
    for person, query in questions(workspace):
        assert query_from_json(query_to_json(query)) == query
        assert query_from_params(query_to_params(query)) == query
        actor = workspace.people[person]
        found_preflight = workspace.preflight(query, actor, today=TODAY)
        if found_preflight.error is not None:
            counted[found_preflight.error.code] += 1
            assert found_preflight.repairs, (
                f"{query_to_json(query)} for {person} has no repair: {found_preflight.error}"
            )
            for repair in found_preflight.repairs:
                workspace.ask(repair.query, actor, today=TODAY)
            continue
        result = workspace.ask(query, actor, today=TODAY)
        counted["answered"] += 1
        is_nothing_known = "no complete day yet" in result.period.words or result.period.start == result.period.end
        if query.by and result.period.start and is_nothing_known:
            assert result.table.num_rows == 0, "of no known day there is neither row nor total"
            continue
        _is_well_formed(query, result.table.to_pylist(), result.groups)
    assert counted["answered"] > part(RUNS) / 2, counted


def _is_well_formed(query: Query, rows: list[dict[str, object]], groups: int) -> None:
    """Check that there's one row per group, that totals are last and appear once each, and that buckets match the rows'
    keys.
    """
    columns = [column_name(breakdown) for breakdown in query.by]
    if not columns:
        assert (len(rows), groups) == (1, 1)
        return
    kinds = [str(row["bucket"]).split(",") for row in rows]
    special = [any(kind in ("total", "other") for kind in parts) for parts in kinds]
    shown = special.count(False)
    assert shown == min(groups, query.limit or groups)
    assert len({tuple(row[column] for column in [*columns, "bucket"]) for row in rows}) == len(rows)
    totals = ["total" in parts for parts in kinds]
    assert totals == sorted(totals), "totals come last"
    if () in query.totals:
        assert kinds.count(["total"] * len(columns)) == 1
    for row, parts in zip(rows, kinds, strict=True):
        for column, kind in zip(columns, parts, strict=True):
            assert (row[column] is None) == (kind != "member")
