"""Funnels beside SQL written by hand for exactly that funnel: python -m tests.bench.analyses [EVENTS ...].

Makes a log with this many events (default: 1,000,000 and 10,000,000) of a tenth as many visitors, and runs ours and
theirs in turns on a connection with two threads. Prints the CPU seconds of each (the least of several), ours divided by
theirs, and how ours grows with the number of events. Both must give the same counts. `--only NAME` runs one of them.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from connectors.duckdb import SESSION_SETTINGS
from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.compile import compile_events
from semantic.compile import Statement
from semantic.model.loading.load import load_model
from semantic.policy.narrow import narrow
from semantic.sql.dialects.table import DUCKDB
from tests.bench.table import head, line

ROUNDS, THREADS, MEMORY = 5, 2, "5GB"
TODAY = date(2026, 4, 10)
MODEL = """
model: {name: Log, time_zone: UTC}
datasets:
  - name: events
    label: Events
    table: events
    grain: [id]
    time: happened
    columns: {id: integer, visitor: string, name: string, moment: timestamptz, device: string, product: string}
    entities: [{name: visitor, kind: foreign, columns: [visitor]}]
    dimensions:
      - {name: happened, label: Happened, kind: time, sql: moment}
      - {name: visitor, label: Visitor}
      - {name: name, label: Name}
      - {name: device, label: Device}
      - {name: product, label: Product}
    measures: [{name: events, agg: count}]
metrics:
  - {name: views, label: Views, measure: events.events, filter: name = 'view', format: count}
  - {name: carts, label: Carts, measure: events.events, filter: name = 'cart', format: count}
  - {name: purchases, label: Purchases, measure: events.events, filter: name = 'purchase', format: count}
  - {name: searches, label: Searches, measure: events.events, filter: name = 'search', format: count}
  - {name: acts, label: Anything, measure: events.events, format: count}
policies: [{name: all_rows, who: {people: [ana]}, grant: {metrics: all, dimensions: all}, whole: all}]
people: [{id: ana, name: Ana, roles: [marketer]}]
"""
LOG = """
CREATE TABLE events AS
SELECT i AS id, 'v' || CAST(floor(pow(random(), 1.3) * {visitors}) AS BIGINT) AS visitor,
    CASE WHEN r < 0.62 THEN 'view' WHEN r < 0.82 THEN 'cart' WHEN r < 0.88 THEN 'purchase' ELSE 'search' END AS name,
    TIMESTAMPTZ '2026-01-01 00:00:00+00' + to_seconds(CAST(floor(random() * 86400 * 90) AS BIGINT)) AS moment,
    CASE WHEN i % 10 < 6 THEN 'phone' WHEN i % 10 < 9 THEN 'desktop' END AS device,
    'p' || CAST(floor(random() * 50) AS BIGINT) AS product
FROM (SELECT range AS i, random() AS r FROM range({events}))
"""
STEPS = {"subject": "visitor", "steps": ["views", "carts", "purchases"], "within": "7 days"}
FUNNELS: Mapping[str, dict[str, Any]] = {
    "first": STEPS,
    "first_by_device": {**STEPS, "by": "device"},
    "best": {**STEPS, "attempt": "best"},
    "best_by_device": {**STEPS, "attempt": "best", "by": "device"},
    "excluded": {**STEPS, "exclude": ["searches"]},
    "held": {**STEPS, "hold": "product"},
    "strict": {**STEPS, "order": "strict", "attempt": "best"},
}
