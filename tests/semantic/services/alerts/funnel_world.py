"""A shop with 120 days of visits and orders in two markets, one day's conversion broken, and an alert on its funnel.

Every day, 40 new people visit at 10:00, 20 in DE and 20 in FR. Of each 20, ten order at 9:00 on the next day: 50%. Of
the people who visited on 25 August 2026, only two of each 20 order: 10%. The window is three days, so everyone of 25
August had time to convert by 29 August, which is today here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from semantic.alerts.alert import Alert, AnalysisNumber, OutsideUsual, Threshold
from semantic.analyses.events.definition import analysis_from_data
from semantic.model.definitions import Granularity
from tests.semantic.services.alerts.alerts_world import World, alerts_world

BROKEN = date(2026, 8, 25)

MODEL = """
model: {time_zone: UTC}
datasets:
  - name: visits
    label: Visits
    table: visits
    grain: [id]
    time: moment
    columns: {id: integer, person: integer, moment: timestamp, market: string, loaded_at: timestamptz}
    entities: [{name: person, kind: foreign, columns: [person]}]
    freshness: {column: loaded_at, warn_after_hours: 36}
    dimensions: [{name: moment, kind: time}, {name: market, label: Market}]
    measures: [{name: visits, agg: count}]
  - name: orders
    label: Orders
    table: orders
    grain: [id]
    time: moment
    columns: {id: integer, person: integer, moment: timestamp, market: string, loaded_at: timestamptz}
    entities: [{name: person, kind: foreign, columns: [person]}]
    freshness: {column: loaded_at, warn_after_hours: 36}
    dimensions: [{name: moment, kind: time}, {name: market}]
    measures: [{name: orders, agg: count}, {name: slow, agg: count, final_after: 2 days}]
metrics:
  - {name: visits, label: Visits, measure: visits.visits, format: count}
  - {name: orders, label: Orders, measure: orders.orders, format: count}
  - {name: slow, label: Slow orders, measure: orders.slow, format: count}
policies:
  - name: all_rows
    who: {people: [ana, otto]}
    grant: {metrics: all, dimensions: all}
    whole: all
  - name: own_market
    who: {people: [dora, fred]}
    grant: {metrics: all, dimensions: all}
    rows:
      - {dataset: visits, where: "market IN (:markets)"}
      - {dataset: orders, where: "market IN (:markets)"}
  - name: no_orders
    who: {people: [nora]}
    grant: {metrics: [visits], dimensions: all}
    whole: all
people:
  - {id: ana, name: Ana, roles: [marketer]}
  - {id: otto, name: Otto, roles: [administrator]}
  - {id: dora, name: Dora, roles: [viewer], attributes: {markets: [DE]}}
  - {id: fred, name: Fred, roles: [viewer], attributes: {markets: [FR]}}
  - {id: nora, name: Nora, roles: [viewer]}
"""

DATA = """
DROP TABLE orders;
CREATE TABLE visits AS
SELECT CAST(back * 100 + n AS INTEGER) AS id, CAST(back * 100 + n AS INTEGER) AS person,
    CAST(DATE '2026-08-28' - CAST(back AS INTEGER) AS TIMESTAMP) + INTERVAL 10 HOUR AS moment,
    CASE WHEN n < 20 THEN 'DE' ELSE 'FR' END AS market, TIMESTAMPTZ '2026-08-29 05:00:00+00' AS loaded_at
FROM range(120) AS d(back), range(40) AS p(n);
CREATE TABLE orders AS
SELECT id, person, CAST(CAST(moment AS DATE) + 1 AS TIMESTAMP) + INTERVAL 9 HOUR AS moment, market, loaded_at
FROM visits WHERE person % 20 < CASE WHEN CAST(moment AS DATE) = DATE '2026-08-25' THEN 2 ELSE 10 END
    AND CAST(moment AS DATE) < DATE '2026-08-28';
"""
LATE = """
UPDATE visits SET loaded_at = TIMESTAMPTZ '2026-08-28 05:00:00+00';
UPDATE orders SET loaded_at = TIMESTAMPTZ '2026-08-28 05:00:00+00';
"""
"""28 August isn't loaded. People who visited on 25 August can still order on that day."""

FUNNEL = {"kind": "funnel", "subject": "person", "steps": ["visits", "orders"], "within": "3 days"}


def number(name: Any = "conversion", step: int | None = 2, **more: Any) -> AnalysisNumber:
    return AnalysisNumber(analysis_from_data(FUNNEL | more), name, step)


BELOW_30 = Alert(
    metric="visits", rule=Threshold(side="below", value=0.3), grain=Granularity.DAY, of=number()
)  # fmt: skip
UNUSUAL = replace(BELOW_30, rule=OutsideUsual())


@contextmanager
def funnel_world(address: str, folder: Path, *changes: str, model: str = MODEL) -> Iterator[World]:
    with alerts_world(address, folder, DATA, *changes, model=model) as world:
        yield world
