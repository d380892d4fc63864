"""No rewrite that makes SQL cheaper changes a number: all cases run with each rewrite switched off in turn.

A case is run again only if its SQL changes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.connector import Limits
from semantic.compile import Statement, compile_visible
from semantic.errors import SemanticError
from semantic.plan import rewrites
from semantic.plan.rewrites import REWRITES
from semantic.plan.tree.known import NOTHING_KNOWN, Known, hop_of
from semantic.policy.narrow import narrow
from semantic.query.data import query_from_data
from semantic.run.proofs import Proofs, Proven
from semantic.sql import lower
from semantic.sql.answer import union
from semantic.sql.dialects.build_tree import or_any
from semantic.sql.rows import legs, windowed_facts
from semantic.sql.rows.counted import Counted
from tests.copies import copy_shop
from tests.proof import part, part_of
from tests.shop import TODAY, ShopWorkspace, breakdowns, open_shop
from tests.test_cases import ANSWERED, Case, differences, name, ordered

Switch = Callable[[pytest.MonkeyPatch], None]


def without(change: Callable[..., Any]) -> Switch:
    def switch(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rewrites, "REWRITES", tuple(rewrite for rewrite in REWRITES if rewrite is not change))

    return switch


def reading_each_day_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(union, "share_days", lambda _: {})


def counting_each_period_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lower, "count_within_windows", lambda plan: plan)


def showing_last_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windowed_facts, "shows_whole_periods", lambda *_: False)


def laying_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windowed_facts, "days_of", lambda _: None)


def joining_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windowed_facts, "shows_each_day", lambda *_: False)


def filtering_each_measure_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turn off filtering by all measures together.

    Rows that no measure counts are still not read, so they form no group.
    """

    def apart(leaves: Any) -> Counted:
        own = {leaf.name: leaf.filter.tree for leaf in leaves if leaf.filter is not None}
        read = [or_any([tree.copy() for tree in own.values()])] if own and len(own) == len(leaves) else []
        return Counted(read, own)

    for module in (legs, windowed_facts):
        monkeypatch.setattr(module, "share_filters", apart)


SWITCHES: dict[str, Switch] = {
    **{change.__name__: without(change) for change in REWRITES},
    "share_days": reading_each_day_for_itself,
    "count_within_windows": counting_each_period_for_itself,
    "shows_whole_periods": showing_last_days,
    "days_of": laying_rows,
    "shows_each_day": joining_windows,
    "share_filters": filtering_each_measure_alone,
}
OF_DATES = {"number_months"}
"""Rewrites that need facts about the dates. These are tested below."""
LEAST_CASES = {"join_after_aggregating": 40, "aggregate_days_first": 20, "take_values_once": 3, "share_days": 3}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb")


@pytest.fixture
def shop(data: Path) -> Iterator[ShopWorkspace]:
    """The shop, opened again for each test, because an earlier question would run as it was compiled then."""
    opened = open_shop(data)
    yield opened
    opened.close()


def statements(workspace: ShopWorkspace, case: Case, proven: Known = NOTHING_KNOWN) -> tuple[Statement, ...]:
    seen, query = narrow(workspace.model, workspace.people[case.person]), query_from_data(case.ask)
    workspace.plans.clear()
    return workspace.plans.compile(seen, query, workspace.dialect, today=case.today, proven=proven).legs


def wrong_rows(workspace: ShopWorkspace, case: Case) -> list[str]:
    workspace.plans.clear()
    workspace.day = case.today
    result = workspace.ask(query_from_data(case.ask), workspace.people[case.person])
    names = [column.name for column in result.columns]
    answer_rows = [[row[name] for name in names] for row in result.rows()]
    wrong = differences(ordered(answer_rows, case.is_ordered), ordered(case.rows or [], case.is_ordered))
    return [f"{name(case)}: {difference}" for difference in wrong]


@pytest.fixture(scope="module")
def before(data: Path) -> dict[int, tuple[Statement, ...]]:
    """The SQL of every case with all rewrites on, by the case's index."""
    opened = open_shop(data)
    compiled = {place: statements(opened, case) for place, case in enumerate(ANSWERED)}
    opened.close()
    return compiled


@pytest.mark.parametrize("switched", sorted(SWITCHES.keys() - OF_DATES))
def test_every_case_has_the_same_rows_without_each_rewrite(
    switched: str, shop: ShopWorkspace, before: dict[int, tuple[Statement, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    SWITCHES[switched](monkeypatch)
    others = [case for place, case in enumerate(ANSWERED) if statements(shop, case) != before[place]]
    assert len(others) >= LEAST_CASES.get(switched, 1)
    assert [row for case in some(others) for row in wrong_rows(shop, case)] == []


def some(cases: Sequence[Case]) -> list[Case]:
    """Return all cases if there are few, and about forty if there are many."""
    return part_of(cases, one_in=max(1, len(cases) // 40))


WITHOUT_ORPHANS = (
    "DELETE FROM orders WHERE NOT EXISTS (SELECT 1 FROM channels c WHERE c.channel_key = orders.channel_key)"
)


def test_every_case_has_the_same_rows_with_proven_keys(
    before: dict[int, tuple[Statement, ...]], tmp_path: Path
) -> None:
    """In a shop whose orders all have a channel, plain joins give the same rows as LEFT JOINs."""
    shop = open_shop(copy_shop(tmp_path / "shop.duckdb", WITHOUT_ORPHANS))
    known = Proofs(shop.model, shop.connector, shop.dialect).look(shop.connector.data_version(()) or "").known
    assert ("orders", "channel", "channels", "channel_key") in known.matches
    joined = {place: statements(shop, case, known) for place, case in enumerate(ANSWERED)}
    changed = [place for place in joined if joined[place] != before[place]]
    assert len(changed) > 40
    for place in part_of(changed, one_in=max(1, len(changed) // 40)):
        case = ANSWERED[place]
        answers = [rows_of(shop, one[0]) for one in (before[place], joined[place])]
        assert not differences(ordered(answers[1], case.is_ordered), ordered(answers[0], case.is_ordered)), name(case)
    shop.close()


@pytest.mark.parametrize("few", [False, True], ids=["days are many", "groups are few"])
def test_every_case_has_the_same_rows_with_months_as_numbers(
    few: bool, shop: ShopWorkspace, before: dict[int, tuple[Statement, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are the same when joined before and after.

    Without that rewrite, the SQL is the same as if nothing were known.
    """
    known = of_dates(shop, few=few)
    monkeypatch.setattr(shop.proofs, "current", lambda: known)
    numbered = {
        place: case for place, case in enumerate(ANSWERED) if statements(shop, case, known.known) != before[place]
    }
    assert len(numbered) > 8
    assert [row for case in some([*numbered.values()]) for row in wrong_rows(shop, case)] == []
    SWITCHES["number_months"](monkeypatch)
    assert all(statements(shop, case, known.known) == before[place] for place, case in numbered.items())


MONTHS = ("month", "fiscal_quarter")
MEASURED = ("revenue", "roas")


@pytest.mark.parametrize("few", [False, True], ids=["days are many", "groups are few"])
@pytest.mark.parametrize("grain", MONTHS)
def test_months_as_numbers_give_the_same_rows_as_days(few: bool, grain: str, shop: ShopWorkspace) -> None:
    """This is tested with every breakdown in the shop that a measure has, with and without a filter on days and on
    joined tables.
    """
    known, steward, tried, fewer = of_dates(shop, few=few).known, shop.people["steward"], 0, 0
    seen = narrow(shop.model, steward)
    filters: tuple[dict[str, Any], ...] = (
        {},
        {"time": {"from": "2026-03-28", "to": "2026-10-25"}},
        {"where": {"dim": "channel", "op": "not_in", "values": ["Search"]}},
    )
    asked = list(itertools.product(MEASURED, breakdowns_of(shop), filters))
    for metric, dimension, others in part_of(asked, one_in=4):
        ask = {"metrics": [metric], "by": [dimension, {"dim": "date", "grain": grain}], "fiscal_start": "april"}
        try:
            legs = [
                compile_visible(seen, query_from_data(ask | others), shop.dialect, today=TODAY, proven=one).legs[0]
                for one in (NOTHING_KNOWN, known)
            ]
        except SemanticError:
            continue  # it doesn't distinguish the measure
        if legs[0] != legs[1]:
            tried += 1
            fewer += "LEFT JOIN" in legs[1].sql.rpartition("MONTH(")[2].rpartition(") AS ")[2]
            plain, numbered = (sorted(rows_of(shop, leg), key=str) for leg in legs)
            assert numbered == plain, ask
    assert tried > part(20, one_in=4)
    assert (fewer > part(10, one_in=4)) is few


def breakdowns_of(shop: ShopWorkspace) -> list[str | dict[str, str]]:
    return [
        {"dim": breakdown.dim, "via": breakdown.via} if breakdown.via else breakdown.dim
        for breakdown in breakdowns(shop)
        if breakdown.dim != "date"
    ]


def of_dates(shop: ShopWorkspace, *, few: bool) -> Proven:
    """Return only what is known about the shop's dates. With `few`, it's as if the shop had many rows."""
    proven = shop.proofs.look(shop.connector.data_version(()) or "")
    hops = {hop_of(edge) for edges in shop.model.joins.edges.values() for edge in edges}
    every = frozenset((*hop, date) for hop in hops for name, date in proven.known.dates if name == hop[0])
    return replace(proven, known=Known(frozenset(), proven.known.dates, every if few else frozenset()))


def rows_of(workspace: ShopWorkspace, statement: Statement) -> list[list[object]]:
    pending = workspace.connector.start(statement.sql, statement.params, limits=Limits())
    return [list(row.values()) for row in pending.result().to_pylist()]
