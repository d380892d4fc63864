"""A small shop with weekly patterns in its daily sales, two days that went wrong, and the people who watch them."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from semantic.config.settings import Settings
from semantic.policy.actor import Actor
from semantic.services.process import Live

DAYS = 250
"""The number of days with sales. The last one is yesterday, and all were loaded today."""

BAD_DAYS = (1, 40)
"""The days, counted back from today, on which sales in Germany fell to a third."""

MODEL = """\
model: {name: Shop, time_zone: Europe/Berlin, currency: EUR}
datasets:
  - name: sales
    label: Sales
    table: sales
    grain: [id]
    time: day
    columns: {id: integer, day: date, market: string, amount: "decimal(18,2)",
      loaded_at: timestamp}
    freshness: {column: loaded_at, warn_after_hours: 36}
    dimensions:
      - {name: market, label: Market, labels: {DE: Germany, FR: France}}
      - {name: day, label: Day, kind: time}
    measures:
      - {name: amount, agg: sum, sql: amount}
      - {name: buyers, agg: count}
metrics:
  - {name: revenue, label: Revenue, measure: sales.amount, unit: EUR, format: money, direction: up}
  - {name: sales, label: Sales, measure: sales.buyers, format: count, direction: up}
policies:
  - name: whole
    who: {people: [stew, mark, vera]}
    grant: {metrics: all, dimensions: all}
    whole: all
  - name: own_market
    who: {people: [fay]}
    grant: {metrics: all, dimensions: all}
    rows:
      - {dataset: sales, where: "market IN (:markets)"}
  - name: sales_alone
    who: {people: [nora]}
    grant: {metrics: [sales], dimensions: all}
    whole: [sales]
people:
  - {id: stew, name: "Stew Ward, operations", roles: [steward]}
  - {id: mark, name: "Mark Etter, marketing", roles: [marketer]}
  - {id: vera, name: "Vera Lind, sales", roles: [viewer]}
  - {id: fay, name: "Fay Roux, France", roles: [marketer], attributes: {markets: [FR]}}
  - {id: nora, name: "Nora Berg, support", roles: [marketer]}
"""


DATA = f"""
CREATE TABLE sales AS
SELECT row_number() OVER ()::INTEGER AS id, day, market,
  -- Sales differ a little from day to day, by a fixed pattern. A weekend sells half.
  (amount * (1 + ((ago * 7 + sale * 3) % 11 - 5) / 100.0) * CASE WHEN isodow(day) > 5 THEN 0.5 ELSE 1 END
    * CASE WHEN market = 'DE' AND ago IN {BAD_DAYS} THEN 1.0 / 3 ELSE 1 END)::DECIMAL(18,2) AS amount,
  ?::TIMESTAMP AS loaded_at
FROM (
  SELECT ago, sale, market, amount, (?::DATE - ago::INTEGER)::DATE AS day
  FROM range(1, {DAYS + 1}) AS days(ago), range(10) AS sales(sale),
    (VALUES ('DE', 100), ('FR', 50)) AS markets(market, amount)
)
"""
"""Ten sales a day in each market, of about 100 each in Germany and 50 each in France."""


def build_alerts_world(folder: Path) -> Path:
    """Write the shop's data and its model to a folder, and return the data's file."""
    (folder / "model").mkdir()
    (folder / "model/shop.yml").write_text(MODEL, encoding="utf-8")
    data = folder / "shop.duckdb"
    with duckdb.connect(str(data)) as engine:
        today = datetime.now(ZoneInfo("Europe/Berlin"))
        engine.execute(DATA, [today.replace(tzinfo=None, hour=0, minute=5), today.date()])
    return data


def open_alerts_world(folder: Path, empty_store: Path) -> Live:
    """Open the shop as one process, in demo mode, with an empty store."""
    data, store = build_alerts_world(folder), shutil.copyfile(empty_store, folder / "store.sqlite")
    settings = Settings(
        data=str(data), model=folder / "model", store=str(store), audit_key_file=folder / "audit.key", demo=True
    )
    return Live.open(settings)


def person(live: Live, name: str) -> Actor:
    return live.workspace().people[name]
