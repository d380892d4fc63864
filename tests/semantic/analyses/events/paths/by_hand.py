"""Follow paths by walking through each person's rows one by one, following the rule in words, without any SQL."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tests.semantic.analyses.events.by_hand import COUNTS, HELD, SPANS, TABLES, metric_of, passes
from tests.semantic.analyses.events.logged import TODAY, Row

Way = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Walked:
    """One path: its group, its events, and the seconds from its first to its last event."""

    group: str
    way: Way
    seconds: int


@dataclass
class Expected:
    """Expected counts of paths, in the form in which findings are compared."""

    steps: list[dict[str, int]] = field(default_factory=list[dict[str, int]])
    links: dict[tuple[int, str, str], int] = field(default_factory=dict[tuple[int, str, str], int])
    wholes: list[tuple[Way, int, int, dict[str, int]]] = field(
        default_factory=list[tuple[Way, int, int, dict[str, int]]]
    )
    covered: int = 0
    groups: dict[str, int] = field(default_factory=dict[str, int])


def events_of(paths: Mapping[str, Any]) -> tuple[list[Any], int | None]:
    """Return all events in the order in which they are listed, and the position of the start or end among them."""
    if "from" in paths:
        return [paths["from"], *paths["events"]], 0
    if "to" in paths:
        return [*paths["events"], paths["to"]], len(paths["events"])
    return [*paths["events"]], None


def code_of(row: Row, events: Sequence[Any], anchor: int | None) -> str:
    """Return the code of a row: the start or end, or the first listed event that it belongs to."""
    order = [anchor] if anchor is not None else []
    order += [place for place in range(len(events)) if place != anchor]
    place = next(place for place in order if passes(events[place], row))
    event = events[place]
    if isinstance(event, dict) and "each" in event:
        value = getattr(row, event["each"])
        return "n" if value is None else f"v{value}"
    return f"e{place:02}"


def walk_paths(paths: Mapping[str, Any], rows: Sequence[Row], known: date = TODAY) -> list[Walked]:
    """Return every path that counts. Nothing from the day `known` on counts."""
    events, anchor = events_of(paths)
    back = "to" in paths
    by_day = len({TABLES[metric_of(event)] == "letters" for event in events}) > 1
    first, end = date.min, known
    if "time" in paths:
        first, end = (date.fromisoformat(paths["time"][key]) for key in ("from", "to"))
        end += timedelta(days=1)
    window = timedelta(hours=SPANS[paths["within"]]) if "within" in paths else None
    gap = timedelta(hours=SPANS[paths["gap"]]) if "gap" in paths else None
    whole_days = -(-window // timedelta(days=1)) if window is not None else None
    since, until = first, end
    if back:
        has_since = whole_days is not None and first != date.min
        since = first - timedelta(days=whole_days) if has_since and whole_days is not None else date.min
    else:
        until = known if whole_days is None else min(known, end + timedelta(days=whole_days))
    tables = list(dict.fromkeys(TABLES[metric_of(event)] for event in events))

    def moment(row: Row) -> datetime:
        return datetime.combine(row.at.date(), time(), UTC) if by_day else row.at

    def place(row: Row) -> tuple[object, ...]:
        part = next(number for number, event in enumerate(events) if passes(event, row))
        if back and anchor is not None and passes(events[anchor], row):
            part = anchor
        keys = (row.person, str(row.at.date())) if row.table == "letters" else (row.key,)
        if len(tables) == 1 and row.table == "purchases":
            keys = (int(row.key),)
        return moment(row), part, tables.index(row.table), *keys

    people: dict[str, list[Row]] = {}
    general = paths.get("where")
    for row in rows:
        kept = general is None or getattr(row, general["dim"]) in general["values"]
        kept = kept and any(passes(event, row) for event in events)
        if row.person is not None and since <= row.at.date() < until and kept:
            people.setdefault(row.person, []).append(row)
    found: list[Walked] = []
    for own in people.values():
        own.sort(key=place)  # pyright: ignore[reportArgumentType]
        codes = [code_of(row, events, anchor) for row in own]
        moments = [moment(row) for row in own]
        begins = [
            first <= row.at.date() < end and (anchor is None or passes(events[anchor], row)) for row in own
        ]  # fmt: skip
        starts = [at for at in range(len(own)) if begins[at]]
        if paths.get("occurrence", "first") == "first":
            starts = starts[:1]
        elif paths.get("collapse", True):
            starts = [at for at in starts if not (at and begins[at - 1] and near(moments, at, window, gap))]
        for at in starts:
            way, seconds = follow(paths, codes, moments, at, window, gap, known)
            by = getattr(own[at], paths["by"]) if "by" in paths else ""
            group = "" if "by" not in paths else "n" if by is None else f"v{by}"
            found.append(Walked(group, way, seconds))
    return found


def near(moments: Sequence[datetime], at: int, window: timedelta | None, gap: timedelta | None) -> bool:
    """Return whether a row follows the previous one so soon that it would be a repeat of the same event."""
    pause = moments[at] - moments[at - 1]
    return all(span is None or pause <= span for span in (window, gap))


def follow(
    paths: Mapping[str, Any],
    codes: Sequence[str],
    moments: Sequence[datetime],
    start: int,
    window: timedelta | None,
    gap: timedelta | None,
    known: date = TODAY,
) -> tuple[Way, int]:
    """Return the events before or after a row, how the path ends, and its seconds."""
    back, steps, collapse = "to" in paths, paths.get("steps", 5), paths.get("collapse", True)
    direction = -1 if back else 1
    way, last, before, at = [codes[start]], start, start, start + direction
    while 0 <= at < len(codes) and len(way) < steps:
        if gap is not None and abs(moments[at] - moments[before]) > gap:
            break
        if window is not None and abs(moments[at] - moments[start]) > window:
            break
        if not (collapse and codes[at] == way[-1]):
            way.append(codes[at])
            last = at
        before = at
        at += direction
    seconds = int(abs(moments[last] - moments[start]).total_seconds())
    if len(way) == steps:
        return tuple(way), seconds
    edge = start
    while gap is not None and 0 <= edge + direction < len(codes):
        if abs(moments[edge + direction] - moments[edge]) > gap:
            break
        edge += direction
    could_go_on = not back and (window is not None or gap is not None)
    midnight = datetime.combine(known, time(), UTC)
    could_go_on = could_go_on and (window is None or moments[start] + window >= midnight)
    could_go_on = could_go_on and (gap is None or moments[edge] + gap >= midnight)
    return (*way, "y" if could_go_on else "x"), seconds


def counted_paths(paths: Mapping[str, Any], walked: Sequence[Walked]) -> Expected:
    """Return the counts of paths. Events that are rare at a step are counted as everything else."""
    expected, most = Expected(), paths.get("top", 8)
    frequent: list[set[str]] = []
    for step in range(paths.get("steps", 5)):
        at_step: dict[str, int] = {}
        for path in walked:
            if step < len(path.way) and path.way[step] not in "xy":
                at_step[path.way[step]] = at_step.get(path.way[step], 0) + 1
        frequent.append({code for code, _ in sorted(at_step.items(), key=lambda item: (-item[1], item[0]))[:most]})
    of_group: dict[str, int] = {}
    for path in walked:
        of_group[path.group] = of_group.get(path.group, 0) + 1
    largest = [group for group, _ in sorted(of_group.items(), key=lambda item: (-item[1], item[0]))[:4]]
    wholes: dict[Way, list[Walked]] = {}
    for path in walked:
        wholes.setdefault(path.way, []).append(path)
        shown = [
            code if code in "xy" or code in frequent[step] else "o" for step, code in enumerate(path.way)
        ]  # fmt: skip
        expected.covered += "o" not in shown
        for step, code in enumerate(shown):
            while len(expected.steps) <= step:
                expected.steps.append({})
            expected.steps[step][code] = expected.steps[step].get(code, 0) + 1
            if step:
                key = (step, shown[step - 1], code)
                expected.links[key] = expected.links.get(key, 0) + 1
    ranked = sorted(wholes.items(), key=lambda item: (-len(item[1]), item[0]))[:10]
    for way, taken in ranked:
        groups: dict[str, int] = {}
        for path in taken:
            group = path.group if path.group in largest else "o"
            groups[group] = groups.get(group, 0) + 1
        expected.wholes.append((way, len(taken), sum(path.seconds for path in taken), groups))
    if "by" in paths:
        for group, count in of_group.items():
            shown_group = group if group in largest else "o"
            expected.groups[shown_group] = expected.groups.get(shown_group, 0) + count
    return expected


# Generated definitions


def make_paths(chance: random.Random) -> dict[str, Any]:
    """Return random paths as JSON-like data. Their events have all the dimensions that tell events or groups apart."""
    pool = chance.choice(
        (
            ("views", "carts", "checkouts", "removals", "searches", "acts", "named_acts"),
            ("views", "carts", "checkouts", "revenue", "gifts"),
            ("views", "carts", "clicks", "revenue"),
            ("letters", "views", "carts", "revenue"),
            ("revenue", "gifts"),
            tuple(COUNTS),
        )
    )
    events: list[Any] = [_event(chance, pool) for _ in range(chance.choice((1, 2, 3, 4, 5)))]
    paths: dict[str, Any] = {"subject": "person", "events": events}
    if chance.random() < 0.5:
        place = chance.randrange(len(events))
        event = dict(events[place]) if chance.random() < 0.5 else {"metric": chance.choice(("acts", "named_acts"))}
        of = HELD.get(TABLES[event["metric"]], {"market"})
        events[place] = event | {"each": chance.choice(sorted(of | ({"act"} if "device" in of else set())))}
    anchor = chance.choice(("from", "from", "to", "to", None))
    if anchor is not None:
        paths[anchor] = _event(chance, pool)
        if chance.random() < 0.5:
            paths["occurrence"] = "every"
    if chance.random() < 0.5:
        paths["within"] = chance.choice(tuple(SPANS))
    if chance.random() < 0.35:
        paths["gap"] = chance.choice(tuple(SPANS))
    if chance.random() < 0.5:
        paths["collapse"] = False
    if chance.random() < 0.5:
        paths["steps"] = chance.choice((2, 3, 4, 6, 10))
    if chance.random() < 0.5:
        paths["top"] = chance.choice((1, 2, 3))
    if chance.random() < 0.35:
        shared = {"market", "product", "device"}
        for event in [paths[anchor]] if anchor is not None else events:
            shared &= HELD.get(TABLES[metric_of(event)], {"market"})
        paths["by"] = chance.choice(sorted(shared))
    if chance.random() < 0.5:
        low, high = sorted(chance.sample(range(2, 20), 2))
        paths["time"] = {"from": f"2026-03-{low:02}", "to": f"2026-03-{high:02}"}
    if chance.random() < 0.15:
        paths["where"] = {"dim": "market", "op": "in", "values": ["DE"]}
    return paths


def _event(chance: random.Random, pool: Sequence[str]) -> dict[str, Any]:
    event: dict[str, Any] = {"metric": chance.choice(pool)}
    if chance.random() < 0.2:
        event["where"] = {"dim": "market", "op": "in", "values": [chance.choice(("DE", "FR"))]}
    return event
