"""Every change that makes SQL cheaper leaves every number as it is: all cases with each of them switched off alone.

A case is run again only where its SQL is another one then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.connector import Limits
from semantic.compile import Statement
from semantic.plan import rewrites
from semantic.plan.rewrites import REWRITES, Matches
from semantic.policy.narrow import narrow
from semantic.query.data import query_from_data
from semantic.run.proofs import Proofs
from semantic.sql import legs, lower, special, union
from semantic.sql.build_tree import or_any
from semantic.sql.counted import Counted
from tests.shop import ShopWorkspace, build_shop, open_shop
from tests.test_cases import ANSWERED, Case, differences, name, ordered

Switch = Callable[[pytest.MonkeyPatch], None]


def without(change: Callable[..., Any]) -> Switch:
    def switch(monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rewrites, "REWRITES", tuple(one for one in REWRITES if one is not change))

    return switch


def reading_each_day_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(union, "share_days", lambda _: {})


def counting_each_period_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lower, "count_within_windows", lambda plan: plan)


def showing_last_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(special, "shows_whole_periods", lambda *_: False)


def laying_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(special, "days_of", lambda _: None)


def filtering_each_measure_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that no measure counts are still not read: they make no group."""

    def apart(leaves: Any) -> Counted:
        own = {leaf.name: leaf.filter.tree for leaf in leaves if leaf.filter is not None}
        read = [or_any([tree.copy() for tree in own.values()])] if own and len(own) == len(leaves) else []
        return Counted(read, own)

    for module in (legs, special):
        monkeypatch.setattr(module, "share_filters", apart)


SWITCHES: dict[str, Switch] = {
    **{change.__name__: without(change) for change in REWRITES},
    "share_days": reading_each_day_for_itself,
    "count_within_windows": counting_each_period_for_itself,
    "shows_whole_periods": showing_last_days,
    "days_of": laying_rows,
    "share_filters": filtering_each_measure_alone,
}
LEAST_CASES = {"join_after_aggregating": 40, "aggregate_days_first": 20, "take_values_once": 3, "share_days": 3}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    opened = open_shop(build_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


def statements(workspace: ShopWorkspace, case: Case, proven: Matches = frozenset()) -> tuple[Statement, ...]:
    seen, query = narrow(workspace.model, workspace.people[case.person]), query_from_data(case.ask)
    workspace.plans.clear()
    return workspace.plans.compile(seen, query, workspace.dialect, today=case.today, proven=proven).legs


def wrong_rows(workspace: ShopWorkspace, case: Case) -> list[str]:
    workspace.plans.clear()
    workspace.day = case.today
    result = workspace.ask(query_from_data(case.ask), workspace.people[case.person])
    names = [column.name for column in result.columns]
    found = [[row[name] for name in names] for row in result.rows()]
    wrong = differences(ordered(found, case.is_ordered), ordered(case.rows or [], case.is_ordered))
    return [f"{name(case)}: {one}" for one in wrong]


@pytest.mark.parametrize("switched", SWITCHES)
def test_every_case_has_its_rows_without(switched: str, shop: ShopWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {id(case): statements(shop, case) for case in ANSWERED}
    SWITCHES[switched](monkeypatch)
    others = [case for case in ANSWERED if statements(shop, case) != before[id(case)]]
    assert len(others) >= LEAST_CASES.get(switched, 1)
    assert [one for case in others for one in wrong_rows(shop, case)] == []


WITHOUT_ORPHANS = (
    "DELETE FROM orders WHERE NOT EXISTS (SELECT 1 FROM channels c WHERE c.channel_key = orders.channel_key)"
)


def test_every_case_has_its_rows_where_keys_are_proven(tmp_path: Path) -> None:
    """Over the shop whose orders all have a channel, plain joins give what LEFT JOINs give."""
    shop = open_shop(build_shop(tmp_path / "shop.duckdb", WITHOUT_ORPHANS))
    known = Proofs(shop.model, shop.connector, shop.dialect).look(shop.connector.data_version(()) or "").matches
    assert ("orders", "channel", "channels", "channel_key") in known
    changed = 0
    for case in ANSWERED:
        plain, joined = statements(shop, case), statements(shop, case, known)
        if plain == joined:
            continue
        changed += 1
        found = [rows_of(shop, one[0]) for one in (plain, joined)]
        assert not differences(ordered(found[1], case.is_ordered), ordered(found[0], case.is_ordered)), name(case)
    shop.close()
    assert changed > 40


def rows_of(workspace: ShopWorkspace, statement: Statement) -> list[list[object]]:
    pending = workspace.connector.start(statement.sql, statement.params, limits=Limits())
    return [list(row.values()) for row in pending.result().to_pylist()]
