"""A stall with columns that need quotes: names with a space, a capital or a quote, and reserved words of SQL."""

from __future__ import annotations

import duckdb

TABLES = '''
CREATE TABLE sales AS FROM (VALUES
    (1, 'a', DATE '2026-01-01', 10.0, 'big',  true),
    (2, 'a', DATE '2026-01-02', 20.0, 'tiny', false),
    (3, 'b', DATE '2026-02-01', 40.0, 'big',  NULL)
) t ("Sale ID", "user", "Sold On", "Net ""Price""", "order", "Is Paid");
CREATE TABLE guests AS FROM (VALUES ('a', 'Oslo'), ('b', 'Bergen')) t ("user", "Home Town");
CREATE TABLE days AS
    SELECT CAST(d AS DATE) AS "Day" FROM generate_series(DATE '2026-01-01', DATE '2026-02-28', INTERVAL 1 DAY) s (d);
'''

MODEL = {
    "stall.yml": '''
model: {name: Stall, spine: days.spine_day}
datasets:
  - name: sales
    table: sales
    grain: [Sale ID]
    time: sold_on
    columns:
      Sale ID: integer
      user: string
      Sold On: date
      'Net "Price"': decimal(18,4)
      order: string
      Is Paid: boolean
    entities:
      - {name: sale, kind: primary, columns: [Sale ID]}
      - {name: guest, kind: foreign, columns: [user]}
    dimensions:
      - {name: sold_on, kind: time, sql: '"Sold On"'}
      - {name: order, sql: '"order"'}
      - {name: cost_class, sql: "CASE WHEN \\"Net \\"\\"Price\\"\\"\\" > 15 THEN 'dear' ELSE 'cheap' END"}
    measures:
      - {name: takings, agg: sum, sql: '"Net ""Price"""'}
      - {name: sales, agg: count}
  - name: guests
    table: guests
    grain: [user]
    columns: {user: string, Home Town: string}
    entities:
      - {name: guest, kind: primary, columns: [user]}
    dimensions:
      - {name: town, sql: '"Home Town"'}
  - name: days
    table: days
    grain: [Day]
    time: spine_day
    columns: {Day: date}
    dimensions:
      - {name: spine_day, kind: time, sql: '"Day"'}
metrics:
  - {name: takings, measure: sales.takings}
  - {name: big_takings, measure: sales.takings, filter: "\\"order\\" = 'big'"}
  - {name: paid, measure: sales.sales, filter: '"Is Paid"'}
policies:
  - name: stewards
    who: {roles: [administrator, steward]}
    whole: all
    grant: {metrics: all, dimensions: all, segments: all, rows: all}
'''
}


def open_stall() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(TABLES)
    return connection
