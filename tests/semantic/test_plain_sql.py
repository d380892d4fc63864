"""On an engine without GROUP BY 1 and NULLS LAST, the cases have the same rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlglot import exp

from semantic.query.data import query_from_data
from semantic.sql.dialects.build_tree import aliased, column, number
from semantic.sql.dialects.render import render
from semantic.sql.dialects.table import DUCKDB, find_dialect
from tests import proof
from tests.engines import ENGINES
from tests.shop import ShopWorkspace, open_shop
from tests.test_cases import ANSWERED, Case, differences, name, ordered

# With `make proof` all cases; else every fourth, those about order and periods among them.
ASKED = [case for at, case in enumerate(ANSWERED) if proof.is_whole or at % 4 == 0 or case.is_ordered]


@pytest.fixture(scope="module")
def plain(engine_name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    """The shop on an engine, used as if the engine had neither."""
    for address in ENGINES[engine_name].shop(tmp_path_factory.mktemp(f"plain_{engine_name}")):
        workspace = open_shop(address, timeout_seconds=200)
        known = find_dialect(workspace.connector.dialect)
        without = replace(known, groups_by_place=False, orders_nulls=False)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(workspace.engines, "dialect", lambda _, without=without: without)
            yield workspace
        workspace.close()


@pytest.mark.parametrize("case", ASKED, ids=name)
def test_rows_are_the_same_without_ordinals_and_null_ordering(case: Case, plain: ShopWorkspace) -> None:
    plain.day = case.today
    result = plain.ask(query_from_data(case.ask), plain.people[case.person])
    assert "NULLS " not in result.readable_sql
    assert not re.search(r"GROUP BY\s+\d", result.readable_sql)
    rows = [[value for key, value in row.items() if key != "bucket"] for row in result.table.to_pylist()]
    wrong = differences(ordered(rows, case.is_ordered), ordered(case.rows or [], case.is_ordered))
    assert not wrong, "\n".join([*wrong, result.readable_sql])


def test_group_by_1_and_nulls_last_are_written_out() -> None:
    """In T-SQL, missing values sort lowest: first by default, and last in descending order."""
    tree = exp.Select(
        expressions=[column("market", "ads"), aliased(exp.Sum(this=column("cost", "ads")), "cost")],
        from_=exp.From(this=exp.to_table("ads")),
        group=exp.Group(expressions=[number(1)]),
        order=exp.Order(
            expressions=[
                exp.Ordered(this=number(2), desc=True, nulls_first=False),
                exp.Ordered(this=number(1), nulls_first=False),
            ]
        ),
    )
    dialect = replace(DUCKDB, name="tsql", groups_by_place=False, orders_nulls=False)
    assert render(tree, dialect) == (
        "SELECT ads.market, SUM(ads.cost) AS cost FROM ads GROUP BY ads.market "
        "ORDER BY 2 DESC, CASE WHEN ads.market IS NULL THEN 1 ELSE 0 END, 1"
    )
