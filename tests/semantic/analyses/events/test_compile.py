"""SQL of analyses that contain other analyses, in the form that engines need."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.compile import compile_events
from semantic.model.loading.load import load_model, read_folder
from semantic.policy.narrow import narrow
from semantic.policy.people import read_people
from semantic.sql.dialects.table import SPARK
from tests.semantic.analyses.events.logged import MODEL, TODAY


def test_all_tables_defined_at_the_top_have_unique_names(tmp_path: Path) -> None:
    """Two funnels inside a third one have the same tables, and for Spark all tables are defined in one place."""
    (tmp_path / "model.yml").write_text(MODEL, encoding="utf-8")
    asked: dict[str, Any] = {"kind": "funnel", "subject": "person", "steps": ["views", "carts"]}
    for _ in range(2):
        asked = {**asked, "of": {"analysis": asked, "part": {"reached": 2}}}
    funnel = EVENT_KINDS["funnel"]
    seen = narrow(load_model(tmp_path), read_people(read_folder(tmp_path))["ana"])
    sql = compile_events(funnel, funnel.read(asked), seen, lambda _: SPARK, today=TODAY).statement.sql
    tree = sqlglot.parse_one(sql, read="spark")
    tables = Counter(cte.alias for cte in tree.find_all(exp.CTE))
    assert {"_set0", "_events"} <= tables.keys()
    assert set(tables.values()) == {1}
    read = {table.name for table in tree.find_all(exp.Table)}
    assert read == {*tables, "actions"}
