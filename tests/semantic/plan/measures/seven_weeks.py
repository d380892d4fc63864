"""Seven weeks of a company with every kind of metric: questions about them, and the truth from hand-written SQL."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from semantic.display.words.passport import Passport, describe_cell
from semantic.query.data import query_from_data
from semantic.results.cell import cell_of, cell_question
from semantic.results.formula import asked_in, formula_tree, made_in
from semantic.results.result import Result
from tests.shop import ShopWorkspace

WEEK, MONTH = {"dim": "date", "grain": "week"}, {"dim": "date", "grain": "month"}
SEVEN_WEEKS = {"from": "2026-03-02", "to": "2026-04-19"}
MONDAY = date(2026, 4, 20)
"""All days before this one are loaded. This day and later ones aren't."""


def ask(workspace: ShopWorkspace, metric: str, *by: Any, who: str = "steward", **more: Any) -> Result:
    question = {"metrics": [metric], "by": list(by or (WEEK,)), "time": SEVEN_WEEKS} | more
    return workspace.ask(query_from_data(question), workspace.people[who])


def passport(workspace: ShopWorkspace, shown: Result, row: int, who: str = "steward") -> Passport:
    actor = workspace.people[who]
    visible = workspace.visible(actor)
    cell = cell_of(shown, row, shown.values[0].name)
    assert cell.column.metric is not None
    tree = formula_tree(cell.column.metric, visible)
    again = workspace.ask(cell_question(cell, shown.query, tuple(asked_in(tree))), actor, made=made_in(tree))
    return describe_cell(shown, row, cell, tree, again, visible, today=workspace.today())


def truth(data: Path, sql: str) -> tuple[Any, ...]:
    with duckdb.connect(str(data), read_only=True) as connection:
        row = connection.execute(sql).fetchone()
    assert row is not None
    return row
