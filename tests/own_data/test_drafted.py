"""Drafts of the made-up warehouses: nearly all keys and joins are right, and no wrong one is taken without a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.own_data.drafted import scored
from tests.own_data.score import Scores, report
from tests.own_data.warehouses.build import build_duckdb, postgres_warehouse


def assert_good(scores: Scores) -> None:
    keys, joins = scores["key"], scores["join"]
    assert keys.wrong + joins.wrong == [], report(scores)
    assert keys.share_right >= 0.9, report(scores)
    assert joins.share_right >= 0.9, report(scores)


def test_leads(tmp_path: Path) -> None:
    assert_good(scored(str(build_duckdb("leads", tmp_path / "leads.duckdb")), "leads"))


@pytest.mark.server
@pytest.mark.long
def test_retail_in_postgresql() -> None:
    with postgres_warehouse("retail") as url:
        assert_good(scored(url, "retail"))
