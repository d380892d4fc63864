"""The starters' expressions and views on another engine: each metric equals the same hand-written SQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from adbc_driver_postgresql import dbapi

from connectors import connect
from semantic.config.settings import Settings
from semantic.interop.column_types import type_text
from semantic.starters.matching import match_starters
from semantic.starters.writing import starter_files
from semantic.workspace import Workspace
from tests.engines import postgres_database
from tests.semantic.starters.by_hand import PROOFS, assert_equals_by_hand
from tests.semantic.starters.owned import ANSWERS, ME, PLATFORMS, TOGETHER, Owned, columns_of, open_owned

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def owned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owned]:
    with _on_postgres(open_owned(tmp_path_factory.mktemp("together"), TOGETHER)) as company:
        yield company


@pytest.fixture(scope="module")
def platforms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owned]:
    with _on_postgres(open_owned(tmp_path_factory.mktemp("platforms"), PLATFORMS)) as company:
        yield company


@contextmanager
def _on_postgres(company: Owned) -> Iterator[Owned]:
    """Create the same tables in a PostgreSQL database, and the model from the columns that PostgreSQL reports."""
    tables = columns_of(company.tables)
    with postgres_database("SELECT 1") as url:
        with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
            for name in tables:
                cursor.adbc_ingest(name, company.tables.table(name).to_arrow_table(), mode="create")
        engine = connect(url)
        types = {
            name: {column: type_text(type_) or "" for column, type_ in engine.columns(name).items()} for name in tables
        }
        engine.close()
        matches = match_starters(types)
        files = starter_files(matches, ANSWERS, person=ME.id)
        workspace = Workspace.open(Settings(data=url, model=Path("none")), files)
        yield Owned(company.tables, workspace, matches, files)
        workspace.close()


@pytest.mark.parametrize("starter", PROOFS)
def test_a_starters_metrics_equal_sql_by_hand(starter: str, owned: Owned, platforms: Owned) -> None:
    for metric in PROOFS[starter]:
        assert_equals_by_hand(platforms if starter in PLATFORMS else owned, starter, metric)


def test_every_check_runs(owned: Owned, platforms: Owned) -> None:
    """The checks report only the currencies that aren't added up."""
    findings = [*owned.workspace.check_data(), *platforms.workspace.check_data()]
    assert [finding for finding in findings if not finding.ok and finding.kind != "accepted"] == []
