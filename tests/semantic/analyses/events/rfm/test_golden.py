"""RFM of the customers of a real shop, the UCI Online Retail set, equals figures that were computed elsewhere.

The set isn't part of the project: SAMEPAGE_SETS names the folder that has it, as `.ci/run` does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.rfm.finding import RfmFound
from semantic.config.settings import Settings
from semantic.services.analyzing.run import analyze
from semantic.workspace import Workspace

FOLDER = os.environ.get("SAMEPAGE_SETS")
pytestmark = pytest.mark.skipif(not FOLDER, reason="SAMEPAGE_SETS names no folder with public data sets")
RFM = EVENT_KINDS["rfm"]
AS_OF = date(2011, 12, 10)

MODEL = """
model: {name: Shop, time_zone: UTC}
datasets:
  - name: lines
    label: Lines
    table: lines
    grain: [id]
    time: sold
    columns: {id: integer, customer: integer, invoice: string, moment: timestamp, amount: double}
    entities: [{name: customer, kind: foreign, columns: [customer]}]
    dimensions: [{name: sold, label: Sold, kind: time, sql: moment}, {name: invoice, label: Invoice},
      {name: customer, label: Customer}]
    measures:
      - {name: lines, agg: count}
      - {name: orders, agg: count_distinct, sql: invoice}
      - {name: amount, agg: sum, sql: amount}
metrics:
  - {name: lines, label: Lines, measure: lines.lines, format: count}
  - {name: orders, label: Orders, measure: lines.orders, format: count}
  - {name: revenue, label: Revenue, measure: lines.amount, format: count}
policies: [{name: all, who: {people: [ana]}, grant: {metrics: all, dimensions: all}, whole: all}]
people: [{id: ana, name: Ana, roles: [marketer]}]
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RfmFound]:
    folder = tmp_path_factory.mktemp("retail")
    file = Path(FOLDER or "") / "online_retail" / "online_retail_2010_2011.parquet"
    with duckdb.connect(folder / "shop.duckdb") as connection:
        connection.execute(
            "CREATE TABLE lines AS SELECT row_number() OVER () AS id, CAST(CustomerID AS BIGINT) AS customer,"
            " InvoiceNo AS invoice, InvoiceDate AS moment, Quantity * UnitPrice AS amount"
            f" FROM read_parquet('{file}') WHERE Quantity > 0 AND UnitPrice > 0"
        )
    (folder / "model").mkdir()
    (folder / "model" / "all.yml").write_text(MODEL, encoding="utf-8")
    shop = Workspace.open(Settings(data=str(folder / "shop.duckdb"), model=folder / "model"))
    asked = {"subject": "customer", "orders": "orders", "order": "invoice", "money": "revenue"}
    yield analyze(shop, RFM, RFM.read(asked), shop.people["ana"], today=AS_OF).found
    shop.close()


def test_the_means_equal_those_of_the_published_set(found: RfmFound) -> None:
    whole = found.whole
    assert whole is not None
    assert whole.buyers == 4_338
    means = (whole.days / whole.buyers, whole.orders / whole.buyers, whole.spent / whole.buyers)
    assert tuple(round(mean, digits) for mean, digits in zip(means, (3, 4, 3), strict=True)) == (
        93.059,
        4.2720,
        2054.266,
    )


def test_frequency_is_cut_after_one_two_three_and_six_orders(found: RfmFound) -> None:
    ends = [(scored.low, scored.high) for scored in found.scores[1][:4]]
    assert ends == [(1, 1), (2, 2), (3, 3), (4, 6)]
    assert found.scores[1][4].low == 7


def test_everyone_who_bought_once_has_the_same_score(found: RfmFound) -> None:
    once = found.scores[1][0].bought
    assert once is not None
    assert (once.buyers, once.orders) == (1_493, 1_493)
