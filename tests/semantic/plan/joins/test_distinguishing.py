"""Numbers that can't be added up across platforms, asked by campaign. Each campaign runs on one platform."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from semantic.errors import UnsafeReaggregation
from semantic.model.loading.load import parse_model
from tests.semantic.asked import ask

MODEL = """
model: {name: Claims}
datasets:
  - name: claims
    table: claims
    grain: [claim_id]
    columns: {claim_id: integer, campaign_id: string, platform: string, conversions: integer}
    entities: [{name: campaign, kind: foreign, columns: [campaign_id]}]
    dimensions: [{name: platform}]
    measures:
      - {name: conversions, agg: sum, sql: conversions, within: [platform]}
      - {name: claims, agg: count}
  - name: campaigns
    table: campaigns
    grain: [campaign_id]
    columns: {campaign_id: string, campaign: string, platform: string, goal: string}
    entities: [{name: campaign, kind: primary, columns: [campaign_id]}]
    dimensions: [{name: campaign}, {name: platform}, {name: goal}]
    checks: [{unique: [campaign]}]
metrics:
  - {name: claimed, measure: claims.conversions}
  - {name: claimed_or_none, measure: claims.conversions, fill: 0}
  - {name: claims, measure: claims.claims}
policies:
  - {name: all, who: {roles: [steward]}, whole: all, grant: {metrics: all, dimensions: all}}
"""
ROWS = """
CREATE TABLE claims AS FROM (VALUES
  (1, 'c1', 'alpha', 1), (2, 'c1', 'alpha', 2), (3, 'c2', 'beta', 4),
  (4, 'deleted', 'alpha', 8), (5, 'gone', 'beta', 16)) t (claim_id, campaign_id, platform, conversions);
CREATE TABLE campaigns AS FROM (VALUES ('c1', 'Spring', 'alpha', 'sales'), ('c2', 'Summer', 'beta', 'sales'))
  t (campaign_id, campaign, platform, goal);
"""


@pytest.fixture
def rows() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(ROWS)
        yield connection


def asked(rows: duckdb.DuckDBPyConnection, **question: Any) -> set[tuple[Any, ...]]:
    return set(ask(parse_model({"m.yml": MODEL}), rows, question))


def test_campaigns_without_a_name_can_be_on_several_platforms_and_have_no_value(
    rows: duckdb.DuckDBPyConnection,
) -> None:
    """Two campaigns are missing from their table. Alpha's 8 and beta's 16 must not become 24 without a platform."""
    assert asked(rows, metrics=["claimed", "claims"], by=["campaign"]) == {
        ("Spring", 3, 2),
        ("Summer", 4, 1),
        (None, None, 2),
    }
    assert asked(rows, metrics=["claimed_or_none"], by=["campaign"]) == {("Spring", 3), ("Summer", 4), (None, None)}


def test_numbers_by_campaign_and_platform_are_answered(rows: duckdb.DuckDBPyConnection) -> None:
    by_both = asked(rows, metrics=["claimed"], by=["campaign", "platform"])
    assert by_both == {
        ("Spring", "alpha", 3),
        ("Summer", "beta", 4),
        (None, "alpha", 8),
        (None, "beta", 16),
    }


def test_totals_and_ranks_leave_out_campaigns_on_several_platforms(rows: duckdb.DuckDBPyConnection) -> None:
    totals = asked(rows, metrics=["claimed"], by=["campaign"], totals=["grand"])
    assert {row[:1] + row[-1:] for row in totals} == {("Spring", 3), ("Summer", 4), (None, None)}
    few = asked(rows, metrics=["claimed"], by=["campaign"], having=[{"metric": "claimed", "op": ">", "value": 3}])
    assert few == {("Summer", 4)}


def test_one_campaign_has_one_platform_and_unnamed_campaigns_are_refused(rows: duckdb.DuckDBPyConnection) -> None:
    one = {"dim": "campaign", "op": "in", "values": ["Spring"]}
    assert asked(rows, metrics=["claimed"], where=one) == {(3,)}
    with pytest.raises(UnsafeReaggregation):
        asked(rows, metrics=["claimed"], where=one | {"values": [None]})
    with pytest.raises(UnsafeReaggregation):
        asked(rows, metrics=["claimed"], by=["goal"])
