"""A bakery as a dbt project: few rows on few days, so that any month or hour can be counted by hand."""

from __future__ import annotations

import duckdb

TABLES = """
CREATE SCHEMA bake;
CREATE TABLE bake.sales AS SELECT * FROM (VALUES
    (1, 'g1', 'north', DATE '2026-01-05', DATE '2026-01-01', 10.0),
    (2, 'g2', 'north', DATE '2026-01-20', DATE '2026-01-01', 20.0),
    (3, 'g1', 'south', DATE '2026-02-03', DATE '2026-02-01', 5.0),
    (4, NULL, 'north', DATE '2026-02-03', DATE '2026-02-01', 7.0),
    (5, 'g4', 'south', DATE '2026-03-01', DATE '2026-03-01', 3.0)
) t (sale_id, guest_id, shop, sold_on, sold_in, amount);
CREATE TABLE bake.visits AS SELECT * FROM (VALUES
    (1, 'g1', 'ad', DATE '2026-01-04'), (2, 'g1', 'mail', DATE '2026-01-04'),
    (3, 'g2', 'ad', DATE '2026-01-19'), (4, 'g3', 'ad', DATE '2026-02-10')
) t (visit_id, guest_id, source, came_on);
CREATE TABLE bake.tickets AS SELECT * FROM (VALUES
    (1, TIMESTAMP '2026-01-01 09:10'), (2, TIMESTAMP '2026-01-01 09:40'), (3, TIMESTAMP '2026-01-01 11:00')
) t (ticket_id, opened_at);
CREATE TABLE bake.plans AS SELECT * FROM (VALUES
    (1, DATE '2026-01-01', 100.0), (2, DATE '2026-02-01', 200.0), (3, DATE '2026-03-01', 50.0)
) t (plan_id, month, planned);
CREATE TABLE bake.guests AS SELECT * FROM (VALUES ('g1', 'Oslo'), ('g2', 'Bergen')) t (guest_id, town);
CREATE TABLE bake.cards AS SELECT * FROM (VALUES
    ('c1', 'g1', 'gold'), ('c2', 'g9', 'green')
) t (card_id, guest_id, colour);
CREATE TABLE bake.days AS
    SELECT CAST(d AS DATE) AS day FROM generate_series(DATE '2026-01-01', DATE '2026-03-31', INTERVAL 1 DAY) s (d);
CREATE TABLE bake.hours AS
    SELECT h AS hour FROM generate_series(TIMESTAMP '2026-01-01', TIMESTAMP '2026-01-01 23:00', INTERVAL 1 HOUR) s (h);
"""

MODELS = """
semantic_models:
  - name: sales
    model: ref('sales')
    defaults: {agg_time_dimension: sold_on}
    entities:
      - {name: sale, type: primary, expr: sale_id}
      - {name: guest, type: foreign, expr: guest_id}
    dimensions:
      - {name: sold_on, type: time, type_params: {time_granularity: day}}
      - {name: sold_in, type: time, type_params: {time_granularity: month}}
      - {name: shop, type: categorical}
    measures:
      - {name: takings, agg: sum, expr: amount, create_metric: true}
      - {name: sold, agg: count, expr: "1"}
      - {name: sold_by_month, agg: count, expr: "1", agg_time_dimension: sold_in}
  - name: visits
    model: ref('visits')
    defaults: {agg_time_dimension: came_on}
    entities:
      - {name: visit, type: primary, expr: visit_id}
      - {name: guest, type: foreign, expr: guest_id}
    dimensions:
      - {name: came_on, type: time, type_params: {time_granularity: day}}
      - {name: source, type: categorical}
    measures:
      - {name: visits, agg: count, expr: "1", create_metric: true}
  - name: guests
    model: ref('guests')
    entities:
      - {name: guest, type: primary, expr: guest_id}
    dimensions:
      - {name: town, type: categorical}
  - name: cards
    model: ref('cards')
    entities:
      - {name: card, type: primary, expr: card_id}
      - {name: guest, type: unique, expr: guest_id}
    dimensions:
      - {name: colour, type: categorical}
  - name: tickets
    model: ref('tickets')
    defaults: {agg_time_dimension: opened_at}
    entities:
      - {name: ticket, type: primary, expr: ticket_id}
    dimensions:
      - {name: opened_at, type: time, type_params: {time_granularity: hour}}
    measures:
      - {name: tickets, agg: count, expr: "1", create_metric: true}
  - name: plans
    model: ref('plans')
    defaults: {agg_time_dimension: month}
    entities:
      - {name: plan, type: primary, expr: plan_id}
    dimensions:
      - {name: month, type: time, type_params: {time_granularity: month}}
    measures:
      - {name: planned, agg: sum, create_metric: true}
"""

METRICS = """
metrics:
  - {name: takings_so_far, label: So far, type: cumulative, type_params: {measure: takings}}
  - name: week_takings
    label: Of seven days
    type: cumulative
    type_params: {measure: takings, cumulative_type_params: {window: 7 days, period_agg: last}}
  - name: week_takings_at_first
    label: Of the first seven days
    type: cumulative
    type_params: {measure: takings, cumulative_type_params: {window: 7 days}}
  - name: tickets_of_two_hours
    label: Of two hours
    type: cumulative
    type_params: {measure: tickets, cumulative_type_params: {window: 2 hours}}
  - name: tickets_this_hour
    label: This hour
    type: cumulative
    type_params: {measure: tickets, cumulative_type_params: {grain_to_date: hour}}
  - name: tickets_at_the_hour
    label: At the hour
    type: derived
    type_params: {expr: at_start, metrics: [{name: tickets, offset_to_grain: hour, alias: at_start}]}
  - name: planned_of_two_months
    label: Of two months
    type: cumulative
    type_params: {measure: planned, cumulative_type_params: {window: 2 months}}
  - name: takings_at_month_start
    label: At the start of the month
    type: derived
    type_params: {expr: at_start, metrics: [{name: takings, offset_to_grain: month, alias: at_start}]}
  - name: late_takings
    label: From the end of March
    type: simple
    type_params: {measure: {name: takings, join_to_timespine: true}}
    filter: "{{ TimeDimension('metric_time', 'day') }} >= '2026-03-30'"
  - name: late_northern_takings
    label: Northern, from the end of March
    type: simple
    type_params: {measure: {name: takings, join_to_timespine: true}}
    filter:
      - "{{ TimeDimension('metric_time', 'day') }} >= '2026-03-30'"
      - "{{ Dimension('sale__shop') }} = 'north'"
  - {name: weekly_takings, label: By the week, type: simple, type_params: {measure: takings}, time_granularity: week}
  - name: takings_or_nothing
    label: Takings, or nothing
    type: simple
    type_params: {measure: {name: takings, fill_nulls_with: 0}}
  - name: twice_takings
    label: Twice the takings
    type: derived
    type_params: {expr: 2 * takings_or_nothing, metrics: [{name: takings_or_nothing}]}
  - name: visits_that_bought
    label: Visits that bought
    type: conversion
    type_params:
      conversion_type_params:
        base_measure: visits
        conversion_measure: {name: sold, fill_nulls_with: 0}
        entity: guest
        window: 7 days
        calculation: conversions
  - name: visits_that_bought_by_month
    label: Visits that bought within a month
    type: conversion
    type_params:
      conversion_type_params:
        {base_measure: visits, conversion_measure: sold_by_month, entity: guest, window: 1 month,
         calculation: conversions}
"""

SPINES = """
models:
  - name: days
    time_spine: {standard_granularity_column: day}
    columns: [{name: day, granularity: day}]
  - name: hours
    time_spine: {standard_granularity_column: hour}
    columns: [{name: hour, granularity: hour}]
"""

PROJECT = {"models.yml": MODELS, "metrics.yml": METRICS, "spines.yml": SPINES}


def open_bakery() -> duckdb.DuckDBPyConnection:
    """Open a database with the bakery's tables."""
    connection = duckdb.connect()
    connection.execute(TABLES)
    return connection
