"""A library as dbt projects in two versions of dbt's spec, and its tables, with numbers that you can add up by hand."""

from __future__ import annotations

import duckdb

TABLES = """
CREATE SCHEMA lib;
CREATE TABLE lib.authors AS SELECT * FROM (VALUES ('a1', 'NO'), ('a2', 'PT')) t (author_id, country);
CREATE TABLE lib.books AS SELECT * FROM (VALUES
    ('b1', 'novel', 300, 'a1'), ('b2', 'poems', 80, 'a2'), ('b3', 'novel', 500, NULL)
) t (book_id, genre, pages, author_id);
CREATE TABLE lib.loans AS SELECT * FROM (VALUES
    (1, 'r1', 'b1', TIMESTAMP '2026-01-01', true, 2.0), (2, 'r2', 'b1', TIMESTAMP '2026-01-01', false, 3.0),
    (3, 'r1', 'b2', TIMESTAMP '2026-01-02', true, 4.0), (4, 'r2', 'b3', TIMESTAMP '2026-02-03', true, 5.0),
    (5, 'r3', NULL, TIMESTAMP '2026-02-03', NULL, 1.0)
) t (loan_id, reader_id, book_id, lent_on, is_returned, fee);
CREATE TABLE lib.visits AS SELECT * FROM (VALUES
    ('r1', TIMESTAMP '2026-01-01'), ('r2', TIMESTAMP '2025-12-30'), ('r3', TIMESTAMP '2026-01-20')
) t (reader_id, came_on);
CREATE TABLE lib.days AS
    SELECT CAST(d AS TIMESTAMP) AS day FROM generate_series(DATE '2025-12-28', DATE '2026-02-05', INTERVAL 1 DAY) s (d);
"""

MODELS = """
semantic_models:
  - name: loans
    model: ref('loans')
    description: Each book lent to a reader.
    defaults: {agg_time_dimension: lent_on}
    entities:
      - {name: loan, type: primary, expr: loan_id}
      - {name: reader, type: foreign, expr: reader_id}
      - {name: book, type: foreign, expr: book_id}
    dimensions:
      - {name: lent_on, type: time, type_params: {time_granularity: day}}
      - {name: is_returned, type: categorical}
      - {name: size, type: categorical, expr: "CASE WHEN fee > 3 THEN 'large' ELSE 'small' END"}
    measures:
      - {name: loans, agg: sum, expr: "1"}
      - {name: fees, agg: sum, expr: fee}
      - {name: returned, agg: sum_boolean, expr: is_returned}
      - {name: readers, agg: count_distinct, expr: reader_id, create_metric: true}
  - name: books
    model: ref('books')
    entities:
      - {name: book, type: primary, expr: book_id}
      - {name: author, type: foreign, expr: author_id}
    dimensions:
      - {name: genre, type: categorical}
      - {name: pages, type: categorical}
  - name: authors
    model: ref('authors')
    entities:
      - {name: author, type: primary, expr: author_id}
    dimensions:
      - {name: country, type: categorical}
  - name: visits
    model: ref('visits')
    primary_entity: visit
    defaults: {agg_time_dimension: came_on}
    entities:
      - {name: reader, type: foreign, expr: reader_id}
    dimensions:
      - {name: came_on, type: time, type_params: {time_granularity: day}}
    measures:
      - {name: visits, agg: count, expr: "1"}
"""

METRICS = """
metrics:
  - {name: loans, label: Books lent, type: simple, type_params: {measure: loans}}
  - {name: fees, label: Fees, type: simple, type_params: {measure: fees}}
  - name: novel_fees
    label: Fees of novels
    type: simple
    type_params: {measure: fees}
    filter: "{{ Dimension('book__genre') }} = 'novel'"
  - name: returned_fees
    label: Fees of what came back
    type: simple
    type_params: {measure: {name: fees, filter: "{{ Dimension('loan__is_returned') }}", fill_nulls_with: 0}}
  - name: novel_share
    label: Share of novels
    type: ratio
    type_params:
      numerator: {name: fees, filter: "{{ Dimension('book__genre') }} = 'novel'", alias: of_novels}
      denominator: fees
  - name: fee_growth
    label: Fees against the day before
    type: derived
    type_params:
      expr: fees - fees_before
      metrics:
        - name: fees
        - {name: fees, offset_window: 1 day, alias: fees_before}
  - name: fees_so_far
    label: Fees so far this month
    type: cumulative
    type_params: {measure: fees, cumulative_type_params: {grain_to_date: month}}
  - name: visit_to_loan
    label: Visits that led to a loan
    type: conversion
    type_params:
      conversion_type_params:
        {base_measure: visits, conversion_measure: loans, entity: reader, calculation: conversions, window: 7 days}
"""

SPINE_AND_QUERY = """
models:
  - name: days
    time_spine: {standard_granularity_column: day}
    columns: [{name: day, granularity: day}]
saved_queries:
  - name: fees_by_genre
    query_params:
      metrics: [fees, loans]
      group_by: ["Dimension('book__genre')", "TimeDimension('metric_time', 'month')"]
      where: ["{{ Dimension('author__country') }} = 'NO' OR {{ Entity('book') }} IS NULL"]
      order_by: ["Metric('fees').descending(True)"]
      limit: 5
"""

PROJECT = {"models.yml": MODELS, "metrics.yml": METRICS, "more.yml": SPINE_AND_QUERY}

NEWER = """
models:
  - name: loans
    description: Each book lent to a reader.
    semantic_model: {enabled: true}
    agg_time_dimension: lent_on
    columns:
      - {name: loan_id, entity: {type: primary, name: loan}}
      - {name: reader_id, entity: {type: foreign, name: reader}}
      - {name: book_id, entity: {type: foreign, name: book}}
      - {name: lent_on, granularity: day, dimension: {type: time}}
      - {name: is_returned, dimension: {type: categorical}}
    derived_semantics:
      dimensions:
        - {name: size, type: categorical, expr: "CASE WHEN fee > 3 THEN 'large' ELSE 'small' END"}
    metrics:
      - {name: loans, label: Books lent, type: simple, agg: sum, expr: "1"}
      - {name: fees, label: Fees, type: simple, agg: sum, expr: fee}
  - name: books
    semantic_model: true
    columns:
      - {name: book_id, entity: {type: primary, name: book}}
      - {name: genre, dimension: {type: categorical}}
metrics:
  - name: fees_per_loan
    label: Fees per loan
    type: ratio
    numerator: fees
    denominator: loans
  - name: fees_so_far
    label: Fees so far this month
    type: cumulative
    input_metric: fees
    grain_to_date: month
"""


def open_library() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(TABLES)
    return connection


RARE = {
    "rare.yml": """
semantic_models:
  - name: stock
    model: ref('stock')
    defaults: {agg_time_dimension: counted_on}
    primary_entity: count
    entities:
      - {name: shelf, type: foreign, expr: shelf_id}
    dimensions:
      - {name: counted_on, type: time, type_params: {time_granularity: day}}
      - {name: counted_month, type: time, type_params: {time_granularity: month}}
      - {name: branch, type: categorical, is_partition: true}
    measures:
      - name: books_there
        agg: sum
        expr: books
        non_additive_dimension: {name: counted_on, window_choice: max, window_groupings: [shelf]}
      - {name: usual_books, agg: median, expr: books}
      - {name: most_books, agg: percentile, expr: books, agg_params: {percentile: 0.9, use_discrete_percentile: true}}
      - {name: counts_by_month, agg: count, expr: "1", agg_time_dimension: counted_month, create_metric: true}
  - name: shelves
    model: ref('shelves')
    primary_entity: shelf
    entities:
      - {name: shelf, type: natural, expr: shelf_id}
    dimensions:
      - {name: holds_from, type: time, type_params: {time_granularity: day, validity_params: {is_start: true}}}
      - {name: holds_to, type: time, type_params: {time_granularity: day, validity_params: {is_end: true}}}
      - {name: room, type: categorical}
      - {name: branch, type: categorical, is_partition: true}
metrics:
  - {name: books_there, type: simple, type_params: {measure: books_there}}
  - {name: usual_books, type: simple, type_params: {measure: usual_books}, time_granularity: month}
  - {name: most_books, type: simple, type_params: {measure: {name: most_books, join_to_timespine: true}}}
  - name: full_shelves
    type: simple
    type_params: {measure: counts_by_month}
    filter: "{{ Metric('most_books', group_by=['shelf']) }} > 10 AND {{ Dimension('shelf__room') }} = 'hall'"
  - name: growth_in_month
    type: derived
    type_params:
      expr: counts_by_month - at_start
      metrics:
        - {name: counts_by_month}
        - {name: counts_by_month, offset_to_grain: month, alias: at_start, filter: "{{ Entity('shelf') }} IS NOT NULL"}
  - name: rolling_counts
    type: cumulative
    type_params: {measure: counts_by_month, window: 3 months, cumulative_type_params: {period_agg: average}}
project_configuration:
  time_spines:
    - node_relation: {schema_name: lib, alias: days}
      primary_column: {name: day, time_granularity: day}
      custom_granularities: [{name: term, column_name: school_term}]
"""
}
"""Rarely used features: versions, partitions, balances, percentiles, custom periods."""
