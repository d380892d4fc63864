"""When one question is asked repeatedly over a large file, on several threads, the answer has the same digits every
time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from semantic.config.settings import Settings
from semantic.query.data import query_from_data
from semantic.workspace import Workspace
from tests.semantic.asked import STEWARD

TIMES = 6
MODEL = """
model:
  name: Sales
  currency: EUR
  rates: {dataset: rates, currency: code, day: day, rate: rate, currencies: [GBP, SEK]}
datasets:
  - name: rates
    table: rates
    grain: [code, day]
    columns: {code: string, day: date, rate: "decimal(18,8)"}
    dimensions: [{name: day, kind: time}]
  - name: sales
    table: sales
    grain: [id]
    time: day
    columns:
      {id: integer, shop: string, day: date, code: string,
       net: "decimal(18,4)", paid: "decimal(18,4)", fx: "decimal(18,8)"}
    entities: [{name: sale, kind: primary, columns: [id]}]
    dimensions: [{name: day, kind: time}, {name: shop}]
    measures:
      - {name: net, agg: sum, sql: net, local: net / fx, currency: code}
      - {name: paid, agg: sum, sql: paid, local: paid, currency: code}
      - {name: mean, agg: avg, sql: paid, local: paid, currency: code}
  - name: touches
    table: touches
    grain: [id, campaign]
    bridge: {weight: share, of: sale}
    columns: {id: integer, campaign: string, share: double}
    entities: [{name: sale, kind: foreign, columns: [id]}, {name: campaign, kind: foreign, columns: [campaign]}]
  - name: campaigns
    table: campaigns
    grain: [campaign]
    columns: {campaign: string}
    entities: [{name: campaign, kind: primary, columns: [campaign]}]
    dimensions: [{name: campaign}]
metrics:
  - {name: net, measure: sales.net, unit: EUR, format: money}
  - {name: paid, measure: sales.paid, unit: EUR, format: money}
  - {name: mean, measure: sales.mean, unit: EUR, format: money}
policies:
  - {name: all, who: {roles: [administrator, steward]}, whole: all, grant: {metrics: all, dimensions: all}}
"""
# Four row groups; hashes of the row's number, so that the file is the same wherever it is made.
ROWS = """
CREATE TABLE rates AS
SELECT c.code, CAST(d.day AS DATE) AS day,
  CAST(c.rate + (hash(c.code || d.day) % 1000) / 100000 AS DECIMAL(18, 8)) AS rate
FROM (VALUES ('GBP', 1.17), ('SEK', 0.09)) AS c (code, rate),
  generate_series(DATE '2024-01-01', DATE '2025-12-31', INTERVAL 1 DAY) AS d (day);
CREATE TABLE sales AS
SELECT i AS id, 'shop ' || hash(i) % 40 AS shop, DATE '2024-01-01' + CAST(hash(i + 1) % 730 AS INTEGER) AS day,
  CASE hash(i + 2) % 3 WHEN 0 THEN 'EUR' WHEN 1 THEN 'GBP' ELSE 'SEK' END AS code,
  CAST(hash(i + 3) % 1000000007 / 10000 AS DECIMAL(18, 4)) AS net,
  CAST(hash(i + 4) % 1000000007 / 10000 AS DECIMAL(18, 4)) AS paid,
  CAST(1 + hash(i + 5) % 1000 / 7919 AS DECIMAL(18, 8)) AS fx
FROM range(400000) AS r (i);
CREATE TABLE touches AS SELECT id, 'campaign ' || id % 3 AS campaign, 1 / (2 + id % 5) AS share FROM sales;
CREATE TABLE campaigns AS SELECT DISTINCT campaign FROM touches;
"""
# By hand, in fractions, with the error of each addition carried along.
BY_HAND = """
SELECT fsum(CASE WHEN code = 'GBP' THEN CAST(paid AS DOUBLE)
  ELSE CAST(paid AS DOUBLE) * coalesce(CAST(own.rate AS DOUBLE), 1) / CAST(gbp.rate AS DOUBLE) END)
FROM sales LEFT JOIN rates AS own USING (code, day) JOIN rates AS gbp ON gbp.code = 'GBP' AND gbp.day = sales.day
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("sales")
    with duckdb.connect(str(folder / "sales.duckdb")) as connection:
        connection.execute(ROWS)
    (folder / "model").mkdir()
    (folder / "model" / "sales.yml").write_text(MODEL)
    data = f"duckdb://{folder}/sales.duckdb?threads=4"
    opened = Workspace.open(Settings(data=data, model=folder / "model", mask_key="a key"))
    yield opened
    opened.close()


@pytest.mark.parametrize("question", [
    {"metrics": ["net", "paid"]},
    {"metrics": ["mean"]},
    {"metrics": ["net", "paid"], "by": ["shop"], "totals": ["grand"]},
    {"metrics": ["net"], "by": ["shop"], "calc": [{"do": "percent_of_total", "of": "net", "name": "share"}]},
    {"metrics": ["paid"], "by": ["campaign"], "currency": "EUR"},
], ids=["sums", "mean", "totals", "shares", "parts"])  # fmt: skip
def test_the_digits_are_the_same_every_time(workspace: Workspace, question: dict[str, Any]) -> None:
    answers: set[str] = set()
    for _ in range(TIMES):
        workspace.runner.cache.clear()
        shown = workspace.ask(query_from_data({"currency": "GBP"} | question), STEWARD)
        answers.add(repr([shown.table.column(name).to_pylist() for name in shown.table.column_names]))
    assert len(answers) == 1


def test_decimal_sums_equal_exact_fractions(workspace: Workspace) -> None:
    shown = workspace.ask(query_from_data({"metrics": ["paid"], "currency": "GBP"}), STEWARD).rows()[0]["paid"]
    with duckdb.connect() as connection:
        connection.execute(ROWS)
        by_hand = connection.execute(BY_HAND).fetchone()
    assert by_hand is not None
    assert shown == pytest.approx(by_hand[0], rel=1e-14)
