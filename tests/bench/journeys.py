"""Retention, paths, channel overlap and contact pressure, with hand-written SQL that computes the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Rows = Sequence[tuple[Any, ...]]
Told = Mapping[tuple[Any, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Journey:
    """An analysis, hand-written SQL for the same, and the part of Samepage's rows that must equal the SQL's rows."""

    kind: str
    asked: Mapping[str, Any]
    by_hand: str
    told: Callable[[Sequence[Mapping[str, Any]]], Told]


END = "moment < TIMESTAMPTZ '2026-04-10 00:00:00+00'"
ORDER = """
    PARTITION BY visitor
    ORDER BY moment, CASE name WHEN 'view' THEN 0 WHEN 'cart' THEN 1 WHEN 'purchase' THEN {purchase} ELSE 3 END, id"""


# Retention


def _retained(rows: Sequence[Mapping[str, Any]]) -> Told:
    told: dict[tuple[Any, ...], tuple[int, ...]] = {}
    for row in rows:
        group = (row["k0"],) if "k0" in row else ()
        key = (*group, int(row["what"]), int(row["x"]), int(row["first_back"]) if not row["what"] else 0)
        told[key] = (told.get(key, (0,))[0] + int(row["subjects"]),)
    return told


RETAINED = """
WITH s AS ({starts}),
w AS (
    SELECT *, date_trunc('week', t0) AS w0,
        least(date_diff('week', date_trunc('week', t0), TIMESTAMPTZ '2026-04-06 00:00:00+00'), 9) AS known FROM s
), c AS (
    SELECT visitor{by}, known, least(date_diff('week', w0, date_trunc('week', moment)), 9) AS apart
    FROM w JOIN events AS e USING (visitor) WHERE e.name = '{back}' AND {end} AND moment > t0 GROUP BY ALL
), f AS (
    SELECT visitor, min(apart) AS first_back FROM c GROUP BY visitor
)
SELECT {group}0, known, coalesce(first_back, 9), count(*) FROM w LEFT JOIN f USING (visitor) GROUP BY ALL
UNION ALL
SELECT {group}1, apart, 0, count(*) FROM c WHERE apart BETWEEN 1 AND 8 AND known > apart GROUP BY ALL
"""
STARTS = f"SELECT visitor, min(moment) AS t0 FROM events WHERE name = 'view' AND {END} GROUP BY visitor"
STARTS_BY_DEVICE = f"""
    SELECT visitor, min(moment) AS t0, arg_min_null(device, (moment, id)) AS first_device
    FROM events WHERE name = 'view' AND {END} GROUP BY visitor"""
RETENTION = {"subject": "visitor", "first": "views", "return": "purchases", "unit": "week", "periods": 8}
_ALL = {"by": "", "group": "", "end": END}


# Paths


def _linked(rows: Sequence[Mapping[str, Any]]) -> Told:
    return {
        (row["part"], int(row["step"]), int(row["place"]), row["a"], row["b"]): (int(row["c"]), int(row["us"]))
        for row in rows
    }


COUNTED_PATHS = """,
q AS (SELECT p1, p2, p3, p4, p5, count(*) AS c, sum(us) AS us FROM p GROUP BY ALL),
t AS (
    SELECT step, code FROM (
        SELECT step, code, row_number() OVER (PARTITION BY step ORDER BY sum(c) DESC, code) AS place FROM (
            SELECT unnest([1, 2, 3, 4, 5]) AS step, unnest([p1, p2, p3, p4, p5]) AS code, c FROM q
        ) WHERE code NOT IN ('', 'x', 'y') GROUP BY step, code
    ) WHERE place <= 8
), m AS (
    SELECT q.*, {named} FROM q {joined}
), l AS (
    SELECT unnest([0, 1, 2, 3, 4, 5]) AS step, unnest(['', m1, m2, m3, m4, m5]) AS a,
        unnest([m1, m2, m3, m4, m5, '']) AS b, c, us FROM m
), g AS (
    SELECT *, row_number() OVER (ORDER BY c DESC, p1, p2, p3, p4, p5) AS place FROM q ORDER BY place LIMIT 10
)
SELECT 'link', step, 0, a, b, sum(c), sum(us) FROM l WHERE b <> '' GROUP BY ALL
UNION ALL SELECT 'covered', 0, 0, '', '', sum(c), sum(us) FROM m
WHERE m1 <> 'o' AND m2 <> 'o' AND m3 <> 'o' AND m4 <> 'o' AND m5 <> 'o'
UNION ALL SELECT 'path', step, place, '', b, c, us FROM (
    SELECT unnest([0, 1, 2, 3, 4]) AS step, place, unnest([p1, p2, p3, p4, p5]) AS b, c, us FROM g
) WHERE b <> ''
""".format(
    named=", ".join(
        f"CASE WHEN p{step} NOT IN ('', 'x', 'y') AND t{step}.code IS NULL THEN 'o' ELSE p{step} END AS m{step}"
        for step in range(1, 6)
    ),
    joined=" ".join(
        f"LEFT JOIN t AS t{step} ON t{step}.step = {step} AND t{step}.code = p{step}" for step in range(1, 6)
    ),
)
OPEN = "moment >= TIMESTAMPTZ '2026-04-10 00:00:00+00' - INTERVAL 7 DAY"
FOLLOWED = ", ".join(
    f"coalesce(max(code) FILTER (k = {step}), CASE WHEN max(k) = {step - 1} THEN {{over}} ELSE '' END) AS p{step}"
    for step in range(2, 6)
)
"""The events of a path, numbered by `k`, and how the path ends."""
FROM_VIEW = f"""
WITH s AS (SELECT visitor, min(moment) AS t1 FROM events WHERE name = 'view' AND {END} GROUP BY visitor),
e AS (
    SELECT visitor, t1, moment, id, name, lag(name) OVER w AS before
    FROM events JOIN s USING (visitor) WHERE moment >= t1 AND moment <= t1 + INTERVAL 7 DAY AND {END}
    WINDOW w AS ({ORDER.format(purchase=2)})
), c AS (
    SELECT visitor, t1, moment,
        CASE name WHEN 'view' THEN 'e00' WHEN 'cart' THEN 'e01' WHEN 'purchase' THEN 'e02' ELSE 'e03' END AS code,
        row_number() OVER ({ORDER.format(purchase=2)}) AS k
    FROM e WHERE before IS DISTINCT FROM name
), p AS (
    SELECT visitor, max(code) FILTER (k = 1) AS p1,
        {FOLLOWED.format(over=f"CASE WHEN t1 {OPEN[7:]} THEN 'y' ELSE 'x' END")},
        max(epoch_us(moment)) - epoch_us(t1) AS us
    FROM c WHERE k <= 5 GROUP BY visitor, t1
){COUNTED_PATHS}"""
TO_PURCHASE = f"""
WITH s AS (SELECT visitor, min(moment) AS t1 FROM events WHERE name = 'purchase' AND {END} GROUP BY visitor),
e AS (
    SELECT visitor, t1, moment, id, name, row_number() OVER w AS n, lead(name) OVER w AS after
    FROM events JOIN s USING (visitor) WHERE moment <= t1 AND moment >= t1 - INTERVAL 7 DAY AND {END}
    WINDOW w AS ({ORDER.format(purchase=4)})
), c AS (
    SELECT visitor, t1, moment,
        CASE name WHEN 'view' THEN 'e00' WHEN 'cart' THEN 'e01' WHEN 'search' THEN 'e02' ELSE 'e03' END AS code,
        row_number() OVER (PARTITION BY visitor ORDER BY n DESC) AS k
    FROM e WHERE after IS DISTINCT FROM name
), p AS (
    SELECT visitor, max(code) FILTER (k = 1) AS p1, {FOLLOWED.format(over="'x'")},
        epoch_us(t1) - min(epoch_us(moment)) AS us
    FROM c WHERE k <= 5 GROUP BY visitor, t1
){COUNTED_PATHS}"""
FROM_THE_FIRST = f"""
WITH e AS (
    SELECT visitor, moment, id, name, lag(name) OVER (PARTITION BY visitor ORDER BY moment, id) AS before
    FROM events WHERE {END}
), c AS (
    SELECT visitor, moment, 'v' || name AS code, row_number() OVER (PARTITION BY visitor ORDER BY moment, id) AS k
    FROM e WHERE before IS DISTINCT FROM name
), p AS (
    SELECT visitor, max(code) FILTER (k = 1) AS p1, {FOLLOWED.format(over="'x'")},
        max(epoch_us(moment)) - min(epoch_us(moment)) AS us
    FROM c WHERE k <= 5 GROUP BY visitor
){COUNTED_PATHS}"""


# Channels


def _overlapped(rows: Sequence[Mapping[str, Any]]) -> Told:
    return {
        (int(row["combination"]),): (int(row["reached"]), *(int(row[each]) for each in ("did", "young") if each in row))
        for row in rows
    }


OVERLAPPED = f"""
WITH f AS (
    SELECT visitor, min(moment) FILTER (name = 'view') AS a, min(moment) FILTER (name = 'cart') AS b,
        min(moment) FILTER (name = 'search') AS c
    FROM events WHERE name IN ('view', 'cart', 'search') AND {END} GROUP BY visitor
), r AS (
    SELECT visitor, greatest(a, b, c) AS done,
        CASE WHEN a IS NULL THEN 0 ELSE 1 END + CASE WHEN b IS NULL THEN 0 ELSE 2 END
            + CASE WHEN c IS NULL THEN 0 ELSE 4 END AS combination
    FROM f
)"""
OVERLAPPED_THEN = f"""{OVERLAPPED}, d AS (
    SELECT DISTINCT visitor FROM r JOIN events USING (visitor)
    WHERE name = 'purchase' AND {END} AND moment >= done AND moment <= done + INTERVAL 7 DAY
)
SELECT combination, count(*), count(d.visitor),
    count(*) FILTER (d.visitor IS NULL AND done >= TIMESTAMPTZ '2026-04-10 00:00:00+00' - INTERVAL 7 DAY)
FROM r LEFT JOIN d USING (visitor) GROUP BY combination"""


def _pressed(rows: Sequence[Mapping[str, Any]]) -> Told:
    names = ("weeks", "messages", "above", "followed", "did")
    people = ("all", "above", "below", "followed", "unfollowed", "did", "rest")
    return {
        (int(row["part"]), int(row["value"]), str(row["k0"] or "")): tuple(
            int(row[each]) for each in (*names, *(f"of_{each}" for each in people))
        )
        for row in rows
    }


PRESSED_SUMS = """count(*) AS weeks, sum(messages) AS messages, count(*) FILTER (messages > 3) AS above,
    sum(followed) AS followed, sum(followed * did) AS did"""
PRESSED_PEOPLE = """sum(weeks), sum(messages), sum(above), sum(followed), sum(did),
    count(*), count(*) FILTER (above > 0), count(*) FILTER (weeks > above),
    count(*) FILTER (followed > 0), count(*) FILTER (weeks > followed),
    count(*) FILTER (did > 0), count(*) FILTER (followed > did)"""
PRESSED = f"""
WITH w AS (
    SELECT visitor, date_trunc('week', moment) AS week, count(*) AS messages, min(moment) AS t1,
        max(CASE WHEN name = 'cart' THEN 1 ELSE 0 END) + max(CASE WHEN name = 'search' THEN 2 ELSE 0 END) AS mix
    FROM events WHERE name IN ('cart', 'search') AND moment < TIMESTAMPTZ '2026-04-06 00:00:00+00' GROUP BY 1, 2
), d AS (
    SELECT DISTINCT visitor, week FROM w JOIN events USING (visitor)
    WHERE name = 'purchase' AND {END} AND moment >= t1 AND moment <= t1 + INTERVAL 7 DAY
), a AS (
    SELECT w.*, CASE WHEN d.visitor IS NULL THEN 0 ELSE 1 END AS did,
        CASE WHEN t1 < TIMESTAMPTZ '2026-04-10 00:00:00+00' - INTERVAL 7 DAY THEN 1 ELSE 0 END AS followed
    FROM w LEFT JOIN d USING (visitor, week)
)
SELECT 0, 0, '', {PRESSED_PEOPLE} FROM (SELECT visitor, {PRESSED_SUMS} FROM a GROUP BY visitor)
UNION ALL SELECT 1, value, '', {PRESSED_PEOPLE} FROM (
    SELECT visitor, least(messages, 10) AS value, {PRESSED_SUMS} FROM a GROUP BY visitor, value
) GROUP BY value
UNION ALL SELECT 2, mix, '', {PRESSED_PEOPLE} FROM (SELECT visitor, mix, {PRESSED_SUMS} FROM a GROUP BY visitor, mix)
GROUP BY mix
UNION ALL SELECT 3, 0, CAST(CAST(week AS DATE) AS VARCHAR), {PRESSED_PEOPLE} FROM (
    SELECT visitor, week, {PRESSED_SUMS} FROM a GROUP BY visitor, week
) GROUP BY week"""

JOURNEYS: Mapping[str, Journey] = {
    "retention": Journey(
        "retention", RETENTION, RETAINED.format(starts=STARTS, back="purchase", **_ALL), _retained
    ),
    "retention_same": Journey(
        "retention", RETENTION | {"return": "views"}, RETAINED.format(starts=STARTS, back="view", **_ALL), _retained
    ),
    "retention_by_device": Journey(
        "retention",
        RETENTION | {"by": "device"},
        RETAINED.format(
            starts=STARTS_BY_DEVICE, back="purchase", by=", first_device", group="first_device, ", end=END
        ),
        _retained,
    ),
    "paths_from": Journey(
        "paths",
        {"subject": "visitor", "from": "views", "events": ["carts", "purchases", "searches"], "within": "7 days"},
        FROM_VIEW,
        _linked,
    ),
    "paths_to": Journey(
        "paths",
        {"subject": "visitor", "events": ["views", "carts", "searches"], "to": "purchases", "within": "7 days"},
        TO_PURCHASE,
        _linked,
    ),
    "paths_of_all": Journey(
        "paths", {"subject": "visitor", "events": [{"metric": "acts", "each": "name"}]}, FROM_THE_FIRST, _linked
    ),
    "overlap": Journey(
        "overlap",
        {"subject": "visitor", "channels": ["views", "carts", "searches"]},
        f"{OVERLAPPED} SELECT combination, count(*) FROM r GROUP BY combination",
        _overlapped,
    ),
    "overlap_then": Journey(
        "overlap",
        {"subject": "visitor", "channels": ["views", "carts", "searches"], "then": "purchases", "within": "7 days"},
        OVERLAPPED_THEN,
        _overlapped,
    ),
    "pressure": Journey(
        "pressure",
        {"subject": "visitor", "channels": ["carts", "searches"], "then": "purchases", "within": "7 days"},
        PRESSED,
        _pressed,
    ),
}  # fmt: skip
"""The hand-written SQL returns the rows of `told`: their keys, then their values."""
