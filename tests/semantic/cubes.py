"""A bakery as Cube and OSI models, and its tables, with numbers that you can add up by hand."""

from __future__ import annotations

import duckdb

TABLES = """
CREATE SCHEMA bakery;
CREATE TABLE bakery.customers AS FROM (VALUES
    ('c1', 'DE', 'n1'), ('c2', 'AT', 'n2'), ('c3', 'DE', NULL)
) t (id, country, newsletter);
CREATE TABLE bakery.orders AS FROM (VALUES
    (1, 'c1', 'paid', TIMESTAMP '2026-01-05 10:00', 10.0, 2.0, 'DE', 'AT'),
    (2, 'c1', 'paid', TIMESTAMP '2026-01-20 11:00', 30.0, 5.0, 'DE', 'DE'),
    (3, 'c2', 'open', TIMESTAMP '2026-02-03 12:00', 40.0, 9.0, 'AT', 'AT'),
    (4, NULL, 'paid', TIMESTAMP '2026-02-10 13:00', 120.0, 1.0, NULL, 'DE')
) t (id, customer_id, state, created_at, amount, cost, bill_to, ship_to);
CREATE TABLE bakery.lines AS FROM (VALUES
    (1, 1, 3), (1, 2, 1), (2, 1, 2), (3, 1, 5), (4, 1, 8)
) t (order_id, line_no, pieces);
CREATE TABLE bakery.countries AS FROM (VALUES ('DE', 'Germany'), ('AT', 'Austria')) t (code, country_name);
"""

CUBE = {
    "orders.yml": """
cubes:
  - name: orders
    title: Orders of the bakery
    sql_table: bakery.orders
    refresh_key: {every: 1 hour}
    joins:
      - {name: customers, relationship: many_to_one, sql: "{CUBE}.customer_id = {customers.id}"}
      - {name: lines, relationship: one_to_many, sql: "{CUBE.id} = {lines}.order_id"}
      - {name: countries, relationship: many_to_one, sql: "{CUBE}.bill_to = {countries}.code"}
      - {name: delivery_countries, relationship: many_to_one, sql: "{delivery_countries}.code = {orders}.ship_to"}
    dimensions:
      - {name: id, sql: id, type: number, primary_key: true}
      - {name: created_at, sql: "{CUBE}.created_at", type: time}
      - {name: status, sql: "{CUBE}.state", type: string, meta: {owner: ovens}}
      - {name: is_paid, sql: "{status} = 'paid'", type: boolean}
      - name: size
        type: string
        case:
          when:
            - {sql: "{CUBE}.amount >= 100", label: large}
            - {sql: "{CUBE}.amount >= 30", label: medium}
          else: {label: small}
      - {name: initial, sql: "regexp_extract({CUBE}.state, '.')", type: string}
      - {name: customer_country, sql: "{customers.country}", type: string}
      - {name: customer_orders, sql: "{customers.count}", type: number, sub_query: true}
      - {name: place, type: geo}
    measures:
      - {name: count, type: count, drill_members: [id]}
      - {name: revenue, title: Takings, type: sum, sql: "{CUBE}.amount", format: currency, currency: eur}
      - {name: paid, type: sum, sql: "{CUBE}.amount", filters: [{sql: "{is_paid}"}, {sql: "{CUBE}.amount < 100"}]}
      - {name: german, type: sum, sql: amount, filters: [{sql: "{customers.country} = 'DE'"}]}
      - {name: buyers, type: count_distinct, sql: customer_id, public: false}
      - {name: about_buyers, type: count_distinct_approx, sql: customer_id}
      - {name: mean, type: avg, sql: amount}
      - {name: least, type: min, sql: amount}
      - {name: most, type: max, sql: amount}
      - {name: aov, type: number, sql: "{revenue} / NULLIF({count}, 0)"}
      - {name: profit, type: number, sql: "{revenue} - {costs}"}
      - {name: costs, type: sum, sql: cost}
      - {name: spread, type: number, sql: "MAX({CUBE}.amount) - {least}"}
      - {name: pieces_per_order, type: number, sql: "1.0 * {lines.pieces} / {orders.count}"}
      - {name: middle, type: number, sql: "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY {CUBE}.amount)"}
      - name: last_month
        type: number
        multi_stage: true
        sql: "{revenue}"
        time_shift: [{interval: 1 month, type: prior}]
      - {name: rolling, type: sum, sql: "{CUBE}.amount", rolling_window: {trailing: 20 days}}
      - {name: so_far, type: sum, sql: "{CUBE}.amount", rolling_window: {type: to_date, granularity: month}}
      - {name: ever, type: sum, sql: cost, filters: [{sql: "{is_paid}"}], rolling_window: {trailing: unbounded}}
      - {name: ahead, type: sum, sql: amount, rolling_window: {leading: 1 month}}
      - {name: before, type: sum, sql: amount, rolling_window: {trailing: 1 month, offset: start}}
      - {name: place_of, type: rank, multi_stage: true, order_by: [{sql: "{revenue}", dir: asc}], reduce_by: [status]}
      - {name: newest, type: time, sql: "MAX({CUBE}.created_at)"}
      - {name: told, type: sum, sql: "{FILTER_PARAMS.orders.status.filter('state')}"}
    segments:
      - {name: large_ones, title: Large, sql: "{CUBE}.amount >= 40"}
      - {name: german_ones, sql: "{customers.country} = 'DE'"}
    pre_aggregations:
      - {name: by_day, measures: [count], time_dimension: created_at, granularity: day}
    access_policy:
      - {role: manager, member_level: {includes: "*"}}
""",
    "others.yml": """
cubes:
  - name: customers
    sql: "SELECT * FROM bakery.customers;"
    dimensions:
      - {name: id, sql: id, type: string, primary_key: true}
      - {name: country, sql: country, type: string}
    measures:
      - {name: count, type: count}
  - name: lines
    sql: SELECT l.order_id, l.line_no, l.pieces FROM bakery.lines AS l
    dimensions:
      - {name: order_id, sql: order_id, type: number, primary_key: true}
      - {name: line_no, sql: line_no, type: number, primary_key: true}
    measures:
      - {name: pieces, type: sum, sql: pieces}
  - name: countries
    sql_table: bakery.countries
    dimensions:
      - {name: code, sql: code, type: string, primary_key: true}
      - {name: country_name, sql: country_name, type: string}
  - name: delivery_countries
    extends: countries
    title: Countries of delivery
views:
  - name: sales
    cubes: [{join_path: orders, includes: "*"}]
""",
}

OSI = {
    "bakery.yml": """
version: 0.2.0.dev0
semantic_model:
  - name: bakery
    description: Orders and customers
    ai_context: {instructions: Answer in euros}
    datasets:
      - name: orders
        source: bakery.orders
        primary_key: [order_id]
        ai_context: {synonyms: [purchases], examples: [How much did we sell?]}
        fields:
          - {name: order_id, expression: {dialects: [{dialect: ANSI_SQL, expression: id}]}}
          - {name: customer_id, expression: {dialects: [{dialect: ANSI_SQL, expression: customer_id}]}}
          - name: created_at
            datatype: DateTime
            expression: {dialects: [{dialect: ANSI_SQL, expression: created_at}]}
          - {name: amount, expression: {dialects: [{dialect: ANSI_SQL, expression: amount}]}, datatype: Decimal}
          - name: bill_to
            dimension: {is_time: false}
            expression: {dialects: [{dialect: ANSI_SQL, expression: bill_to}]}
          - name: status
            label: State
            expression:
              dialects:
                - {dialect: SNOWFLAKE, expression: "UPPER(state)::VARCHAR"}
                - {dialect: ANSI_SQL, expression: upper(orders.state)}
            custom_extensions: [{vendor_name: DBT, data: '{"tag": "core"}'}]
          - {name: shape, expression: {dialects: [{dialect: TABLEAU, expression: "[Shape]"}]}}
      - name: customers
        source: SELECT id, country FROM bakery.customers
        primary_key: [id]
        fields:
          - {name: id, expression: {dialects: [{dialect: ANSI_SQL, expression: id}]}}
          - {name: country, expression: {dialects: [{dialect: BIGQUERY, expression: "LOWER(`country`)"}]}}
      - name: countries
        source: {kind: table, object: bakery.countries}
        primary_key: [code]
        fields:
          - {name: code, expression: {dialects: [{dialect: ANSI_SQL, expression: code}]}}
          - {name: country_name, expression: {dialects: [{dialect: ANSI_SQL, expression: country_name}]}}
    relationships:
      - {name: buyer, from: orders, to: customers, from_columns: [customer_id], to_columns: [id]}
      - {name: billing, from: orders, to: countries, from_columns: [bill_to], to_columns: [code]}
      - {name: shipping, from: orders, to: countries, from_columns: [ship_to], to_columns: [code]}
    metrics:
      - name: revenue
        description: All that was sold
        expression: {dialects: [{dialect: ANSI_SQL, expression: SUM(orders.amount)}]}
        ai_context: {synonyms: [takings]}
        custom_extensions: [{vendor_name: SALESFORCE, data: '{"board": 1}'}]
      - name: paid
        expression:
          dialects: [{dialect: ANSI_SQL, expression: "SUM(CASE WHEN orders.status = 'PAID' THEN orders.amount END)"}]
      - name: filtered
        expression: {dialects: [{dialect: ANSI_SQL, expression: "COUNT(*) FILTER (WHERE orders.amount > 20)"}]}
      - name: per_customer
        expression: {dialects: [{dialect: ANSI_SQL, expression: SUM(orders.amount) / COUNT(DISTINCT customers.id)}]}
      - name: after_costs
        expression: {dialects: [{dialect: ANSI_SQL, expression: "revenue - 2 * COUNT(orders.order_id)"}]}
      - name: middle
        expression: {dialects: [{dialect: ANSI_SQL, expression: "MEDIAN(amount)"}]}
      - name: crossed
        expression:
          dialects: [{dialect: ANSI_SQL, expression: "SUM(CASE WHEN customers.country = 'de' THEN orders.amount END)"}]
      - name: cells
        expression: {dialects: [{dialect: MDX, expression: "[Measures].[Cells]"}]}
      - name: spread_out
        expression: {dialects: [{dialect: ANSI_SQL, expression: STDDEV(orders.amount)}]}
      - name: ranked
        expression: {dialects: [{dialect: ANSI_SQL, expression: "RANK() OVER (ORDER BY orders.amount)"}]}
""",
}


def open_bakery() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(TABLES)
    return connection
