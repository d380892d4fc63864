"""Compare analyses with hand-written SQL that counts the same: python -m tests.bench.analyses [EVENTS ...].

Creates a log with this many events (default: 1,000,000 and 10,000,000) and a tenth as many visitors. Samepage's
statements and the hand-written ones take turns on a connection with two threads. Prints the CPU seconds of each (the
lowest of several runs), Samepage's divided by the hand-written one's, and how Samepage's grow with the number of
events. Both must return the same counts. `--only NAME …` runs only the named analyses.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from connectors.duckdb import SESSION_SETTINGS
from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.compile import compile_events
from semantic.compile import Statement
from semantic.model.loading.load import load_model, read_folder
from semantic.policy.narrow import narrow
from semantic.policy.people import read_people
from semantic.sql.dialects.table import DUCKDB
from tests.bench.journeys import JOURNEYS
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
    "held_best": {**STEPS, "hold": "product", "attempt": "best"},
    "any": {**STEPS, "order": "any"},
    "strict": {**STEPS, "order": "strict", "attempt": "best"},
    "repeated": {**STEPS, "steps": ["views", "views", "purchases"]},
}
END = "moment < TIMESTAMPTZ '2026-04-10 00:00:00+00'"
TIMES = "sum(epoch_us(t2) - epoch_us(t1)) / 1e6, sum(epoch_us(t3) - epoch_us(t1)) / 1e6"
COUNTS = f"count(t1), count(t2), count(t3), {TIMES}"
FIRST = f"""
WITH v AS (SELECT visitor, min(moment) AS t1 FROM events WHERE name = 'view' AND {END} GROUP BY visitor),
c AS (
    SELECT visitor, min(t1) AS t1, min(moment) AS t2 FROM v JOIN events USING (visitor)
    WHERE name = 'cart' AND {END} AND moment >= t1 AND moment <= t1 + INTERVAL 7 DAY GROUP BY visitor
), p AS (
    SELECT visitor, min(moment) AS t3 FROM c JOIN events USING (visitor)
    WHERE name = 'purchase' AND {END} AND moment >= t2 AND moment <= t1 + INTERVAL 7 DAY GROUP BY visitor
), tries AS (
    SELECT visitor, v.t1, c.t2, p.t3 FROM v LEFT JOIN c USING (visitor) LEFT JOIN p USING (visitor)
)
"""
TRIES = f"""
WITH c AS (SELECT visitor, moment FROM events WHERE name = 'cart' AND {END}),
p AS (SELECT visitor, moment FROM events WHERE name = 'purchase' AND {END}),
n AS (
    SELECT c.visitor, c.moment AS t2, p.moment AS t3
    FROM c ASOF LEFT JOIN p ON c.visitor = p.visitor AND p.moment >= c.moment
), tries AS (
    SELECT v.visitor, v.id, v.device, v.moment AS t1,
        CASE WHEN n.t2 <= v.moment + INTERVAL 7 DAY THEN n.t2 END AS t2,
        CASE WHEN n.t2 <= v.moment + INTERVAL 7 DAY AND n.t3 <= v.moment + INTERVAL 7 DAY THEN n.t3 END AS t3
    FROM events AS v ASOF LEFT JOIN n ON v.visitor = n.visitor AND n.t2 >= v.moment
    WHERE v.name = 'view' AND v.{END}
)"""
BEST = """
best AS (
    SELECT visitor{device}, min(t1) FILTER (t3 IS NOT NULL) AS a1, min(t2) FILTER (t3 IS NOT NULL) AS a2, min(t3) AS a3,
        min(t1) FILTER (t3 IS NULL AND t2 IS NOT NULL) AS b1, min(t2) FILTER (t3 IS NULL) AS b2, min(t1) AS c1
    FROM tries GROUP BY visitor
), chosen AS (
    SELECT *, coalesce(a1, b1, c1) AS t1, CASE WHEN a1 IS NULL THEN b2 ELSE a2 END AS t2, a3 AS t3 FROM best
)"""
OF_BEST = """, arg_min_null(device, (-(CASE WHEN t3 IS NOT NULL THEN 3 WHEN t2 IS NOT NULL THEN 2 ELSE 1 END), t1, id))
    AS device"""
BY_HAND: Mapping[str, str] = {
    "first": f"{FIRST} SELECT {COUNTS} FROM tries",
    "first_by_device": f"""{FIRST}, d AS (
        SELECT visitor, arg_min_null(device, (moment, id)) AS device FROM events WHERE name = 'view' AND {END}
        GROUP BY visitor
    ) SELECT device, {COUNTS} FROM tries JOIN d USING (visitor) GROUP BY device""",
    "best": f"{TRIES}, {BEST.format(device='')} SELECT {COUNTS} FROM chosen",
    "best_by_device": f"{TRIES}, {BEST.format(device=OF_BEST)} SELECT device, {COUNTS} FROM chosen GROUP BY device",
    "excluded": f"""
        WITH v AS (SELECT visitor, min(moment) AS t1 FROM events WHERE name = 'view' AND {END} GROUP BY visitor),
        c AS (
            SELECT visitor, min(t1) AS t1, min(moment) FILTER (name = 'cart') AS t2,
                min(moment) FILTER (name = 'search') AS x
            FROM v JOIN events USING (visitor)
            WHERE name IN ('cart', 'search') AND {END} AND moment >= t1 AND moment <= t1 + INTERVAL 7 DAY
            GROUP BY visitor HAVING t2 IS NOT NULL AND (x IS NULL OR x >= t2)
        ), p AS (
            SELECT visitor, min(moment) FILTER (name = 'purchase') AS t3, min(moment) FILTER (name = 'search') AS x
            FROM c JOIN events USING (visitor)
            WHERE name IN ('purchase', 'search') AND {END} AND moment >= t2 AND moment <= t1 + INTERVAL 7 DAY
            GROUP BY visitor HAVING t3 IS NOT NULL AND (x IS NULL OR x >= t3)
        )
        SELECT {COUNTS.replace("t1", "v.t1")} FROM v LEFT JOIN c USING (visitor) LEFT JOIN p USING (visitor)""",
    "held": f"""
        WITH v AS (
            SELECT visitor, min(moment) AS t1, arg_min_null(product, (moment, id)) AS product
            FROM events WHERE name = 'view' AND {END} AND product IS NOT NULL GROUP BY visitor
        ), c AS (
            SELECT visitor, product, min(t1) AS t1, min(moment) AS t2 FROM v JOIN events USING (visitor, product)
            WHERE name = 'cart' AND {END} AND moment >= t1 AND moment <= t1 + INTERVAL 7 DAY GROUP BY visitor, product
        ), p AS (
            SELECT visitor, min(moment) AS t3 FROM c JOIN events USING (visitor, product)
            WHERE name = 'purchase' AND {END} AND moment >= t2 AND moment <= t1 + INTERVAL 7 DAY GROUP BY visitor
        )
        SELECT {COUNTS.replace("t1", "v.t1")} FROM v LEFT JOIN c USING (visitor) LEFT JOIN p USING (visitor)""",
    "held_best": f"""
        WITH c AS (
            SELECT visitor, product, moment FROM events WHERE name = 'cart' AND product IS NOT NULL AND {END}
        ), p AS (
            SELECT visitor, product, moment FROM events WHERE name = 'purchase' AND product IS NOT NULL AND {END}
        ), n AS (
            SELECT c.visitor, c.product, c.moment AS t2, p.moment AS t3 FROM c ASOF LEFT JOIN p
            ON c.visitor = p.visitor AND c.product = p.product AND p.moment >= c.moment
        ), tries AS (
            SELECT v.visitor, v.product, v.id, v.moment AS t1,
                CASE WHEN n.t2 <= v.moment + INTERVAL 7 DAY THEN n.t2 END AS t2,
                CASE WHEN n.t2 <= v.moment + INTERVAL 7 DAY AND n.t3 <= v.moment + INTERVAL 7 DAY THEN n.t3 END AS t3
            FROM events AS v ASOF LEFT JOIN n
            ON v.visitor = n.visitor AND v.product = n.product AND n.t2 >= v.moment
            WHERE v.name = 'view' AND v.product IS NOT NULL AND v.{END}
        ), far AS (
            SELECT visitor, max(CASE WHEN t3 IS NOT NULL THEN 3 WHEN t2 IS NOT NULL THEN 2 ELSE 1 END) AS steps
            FROM tries GROUP BY visitor
        ), chosen AS (
            SELECT visitor, min(t1) AS t1, arg_min_null(t2, (t1, id)) AS t2, arg_min_null(t3, (t1, id)) AS t3
            FROM tries JOIN far USING (visitor)
            WHERE steps = 1 OR (steps = 2 AND t2 IS NOT NULL) OR t3 IS NOT NULL GROUP BY visitor
        ) SELECT {COUNTS} FROM chosen""",
    "any": f"""
        WITH f AS (
            SELECT visitor, min(moment) AS t0, min(moment) FILTER (name = 'view') AS a,
                min(moment) FILTER (name = 'cart') AS b, min(moment) FILTER (name = 'purchase') AS c
            FROM events WHERE name IN ('view', 'cart', 'purchase') AND {END} GROUP BY visitor
        ), tries AS (
            SELECT t0, a AS t1, CASE WHEN b <= t0 + INTERVAL 7 DAY THEN greatest(a, b) END AS t2,
                CASE WHEN b <= t0 + INTERVAL 7 DAY AND c <= t0 + INTERVAL 7 DAY THEN greatest(a, b, c) END AS t3
            FROM f WHERE a <= t0 + INTERVAL 7 DAY
        ) SELECT {COUNTS.replace("epoch_us(t1)", "epoch_us(t0)")} FROM tries""",
    "strict": f"""
        WITH e AS (
            SELECT visitor, name, moment AS t1, lead(name) OVER w AS n2, lead(moment) OVER w AS m2,
                lead(name, 2) OVER w AS n3, lead(moment, 2) OVER w AS m3
            FROM events WHERE name IN ('view', 'cart', 'purchase') AND {END}
            WINDOW w AS (
                PARTITION BY visitor
                ORDER BY moment, CASE name WHEN 'view' THEN 0 WHEN 'cart' THEN 1 ELSE 2 END, id
            )
        ), tries AS (
            SELECT visitor, t1, CASE WHEN n2 = 'cart' AND m2 <= t1 + INTERVAL 7 DAY THEN m2 END AS t2,
                CASE WHEN n2 = 'cart' AND n3 = 'purchase' AND m3 <= t1 + INTERVAL 7 DAY THEN m3 END AS t3
            FROM e WHERE name = 'view'
        ), {BEST.format(device="")} SELECT {COUNTS} FROM chosen""",
    "repeated": f"""
        WITH v AS (
            SELECT visitor, moment, row_number() OVER (PARTITION BY visitor ORDER BY moment, id) AS place
            FROM events WHERE name = 'view' AND {END}
        ), c AS (
            SELECT visitor, min(moment) FILTER (place = 1) AS t1, min(moment) FILTER (place = 2) AS t2
            FROM v WHERE place <= 2 GROUP BY visitor
        ), tries AS (
            SELECT visitor, t1, CASE WHEN t2 <= t1 + INTERVAL 7 DAY THEN t2 END AS t2 FROM c
        ), p AS (
            SELECT visitor, min(moment) AS t3 FROM tries JOIN events USING (visitor)
            WHERE name = 'purchase' AND {END} AND moment >= t2 AND moment <= t1 + INTERVAL 7 DAY GROUP BY visitor
        ) SELECT {COUNTS} FROM tries LEFT JOIN p USING (visitor)""",
}
"""Hand-written SQL for the same funnels. Events with the same timestamp are ordered in the same way."""


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU seconds of Samepage and of the hand-written SQL: the lowest of several runs."""

    ours: float
    theirs: float


def main(arguments: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("events", nargs="*", type=int, default=[1_000_000, 10_000_000])
    options.add_argument("--only", nargs="+", choices=[*FUNNELS, *JOURNEYS])
    options.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = options.parse_args(arguments)
    names = chosen.only or [*FUNNELS, *JOURNEYS]
    before: dict[str, float] = {}
    for events in chosen.events:
        head(f"Analyses beside SQL by hand, CPU seconds, {events:,} events, load {os.getloadavg()[0]:.1f}")
        with tempfile.TemporaryDirectory() as folder:
            for name, found in measured(Path(folder), events, names, chosen.rounds):
                growth = f", {found.ours / before[name]:.1f} times the size before" if name in before else ""
                beside = f"1.2 wanted; {found.ours:.2f} of {found.theirs:.2f} s{growth}"
                line(name.replace("_", " "), f"{found.ours / found.theirs:.2f}", beside)
                before[name] = found.ours


def measured(folder: Path, events: int, names: Sequence[str], rounds: int) -> Iterator[tuple[str, Measured]]:
    """Run each funnel and its hand-written SQL in turns. Raises AssertionError if their counts differ."""
    (folder / "model.yml").write_text(MODEL, encoding="utf-8")
    with duckdb.connect(folder / "log.duckdb") as connection:
        for setting, value in {**SESSION_SETTINGS, "threads": str(THREADS), "memory_limit": MEMORY}.items():
            connection.execute(f"SET GLOBAL {setting} = '{value}'")
        connection.execute("SELECT setseed(0.5)")
        connection.execute(LOG.format(events=events, visitors=events // 10))
        for name in names:
            yield name, _compared(connection, folder, name, rounds)


def compiled(folder: Path, name: str, asked: Mapping[str, Any]) -> Statement:
    kind, people = EVENT_KINDS[name], read_people(read_folder(folder))
    seen = narrow(load_model(folder), people["ana"])
    return compile_events(kind, kind.read({**asked}), seen, lambda _: DUCKDB, today=TODAY).statement


def _compared(connection: duckdb.DuckDBPyConnection, folder: Path, name: str, rounds: int) -> Measured:
    journey = JOURNEYS.get(name)
    if journey is not None:
        mine, theirs = compiled(folder, journey.kind, journey.asked), journey.by_hand
    else:
        mine, theirs = compiled(folder, "funnel", FUNNELS[name]), BY_HAND[name]
    least = [float("inf"), float("inf")]
    for _ in range(rounds):
        answers: list[list[tuple[Any, ...]]] = []
        columns: list[list[str]] = []
        for place, (sql, params) in enumerate(((mine.sql, mine.params), (theirs, ()))):
            began = time.process_time()
            answers.append(connection.execute(sql, list(params)).fetchall())
            least[place] = min(least[place], time.process_time() - began)
            columns.append([each[0] for each in connection.description or ()])
        if journey is None:
            assert _of_funnel(name, answers[0]) == _of_funnel(name, answers[1]), (name, answers)
            continue
        told = journey.told([dict(zip(columns[0], row, strict=True)) for row in answers[0]])
        keys = len(next(iter(told)))
        by_hand = {row[:keys]: tuple(map(int, row[keys:])) for row in answers[1]}
        assert told == by_hand, (name, sorted(map(str, {*told.items()} ^ {*by_hand.items()}))[:10])
    return Measured(*least)


def _of_funnel(name: str, rows: Sequence[tuple[Any, ...]]) -> Mapping[tuple[Any, ...], Sequence[int]]:
    """Return the counts and the first time of each group, by the group's values."""
    keys = 1 if FUNNELS[name].get("by") else 0
    return {row[:keys]: [round(value or 0) for value in row[keys : keys + 4]] for row in rows}


if __name__ == "__main__":
    main()
