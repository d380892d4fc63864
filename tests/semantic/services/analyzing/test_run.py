"""Running an analysis: what leaves the engine, what is recorded, and which engines support its SQL."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlglot
from sqlalchemy import select

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.compile import compile_events
from semantic.audit_trail.recorder import Recorder
from semantic.errors import InvalidQuery
from semantic.services.analyzing.run import analyze, compiled_for
from semantic.sql.dialects.table import DATABRICKS, DIALECTS, DUCKDB, POSTGRES, SPARK, Dialect
from semantic.store.audit.log import AUDIT
from semantic.store.database import Store
from semantic.store.keys import Keys
from tests.semantic.analyses.events.by_hand import make_funnel
from tests.semantic.analyses.events.logged import TODAY, LoggedWorkspace, make_log, open_log

FUNNEL = EVENT_KINDS["funnel"]
ASKED = FUNNEL.read({"subject": "person", "steps": ["views", "carts", "revenue"], "by": "market", "over": "week"})
HAVE_SQL = (DUCKDB, POSTGRES, SPARK, DATABRICKS)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedWorkspace]:
    opened = open_log(tmp_path_factory.mktemp("log"), make_log(3, people=40))
    yield opened
    opened.close()


def test_only_counts_leave_the_engine(workspace: LoggedWorkspace) -> None:
    """The engine returns one row for each market and week, and no row about a person."""
    compiled = compiled_for(workspace, FUNNEL, ASKED, workspace.people["ana"])
    versions = workspace.engines.versions_of(compiled.datasets)
    table = workspace.engines.submit(compiled.statement, versions, "ana").answer().table
    assert 2 <= table.num_rows <= 6
    named = [name for name in table.column_names if not name[1:].isdigit() or name[0] not in "kctqpw"]
    assert named == ["young"]
    assert not any(str(value).startswith("p") for column in table.columns for value in column.to_pylist())


def test_a_run_is_in_the_audit_log_once(workspace: LoggedWorkspace, store: Store, keys: Keys) -> None:
    workspace.recorder = recorder = Recorder(store, keys)
    try:
        runs = [analyze(workspace, FUNNEL, ASKED, workspace.people["ana"]) for _ in range(2)]
        recorder.flush()
    finally:
        recorder.close()
        workspace.recorder = None
    with store.read() as connection:
        acts = [(row.kind, row.about) for row in connection.execute(select(AUDIT).order_by(AUDIT.c.number))]
    assert acts == [("analysis.run", f"receipt:{runs[0].receipt}")]


@pytest.mark.parametrize("dialect", HAVE_SQL, ids=lambda dialect: dialect.name)
def test_the_sql_of_every_choice_can_be_parsed(workspace: LoggedWorkspace, dialect: Dialect) -> None:
    seen = workspace.visible(workspace.people["dora"])
    for seed in range(30):
        asked = FUNNEL.read(make_funnel(random.Random(seed)))
        compiled = compile_events(FUNNEL, asked, seen, lambda _: dialect, today=TODAY)
        (tree,) = sqlglot.parse(compiled.statement.sql, read=dialect.name)
        assert tree is not None
        assert "'DE'" not in compiled.statement.sql  # values are parameters


@pytest.mark.parametrize(
    "dialect", [each for each in DIALECTS.values() if each not in HAVE_SQL], ids=lambda each: each.name
)
def test_other_engines_are_refused_by_name(workspace: LoggedWorkspace, dialect: Dialect) -> None:
    seen = workspace.visible(workspace.people["ana"])
    with pytest.raises(InvalidQuery, match=f"don't run on {dialect.label} yet"):
        compile_events(FUNNEL, ASKED, seen, lambda _: dialect, today=TODAY)


def test_the_same_question_has_the_same_sql(workspace: LoggedWorkspace) -> None:
    texts = {compiled_for(workspace, FUNNEL, ASKED, workspace.people["ana"]).statement.sql for _ in range(3)}
    other = replace(ASKED, attempt="best")
    assert len(texts) == 1
    assert compiled_for(workspace, FUNNEL, other, workspace.people["ana"]).statement.sql not in texts
