"""Count how many of N random questions Samepage answers as the law does: `python -m tests.law.agreement 500`.

Prints the rate by kind, by rows, by time and by comparison, and the first differences of each kind.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from pathlib import Path

from semantic.errors import SemanticError
from semantic.model.definitions import Granularity
from semantic.query.data import query_to_data
from semantic.query.query import Named, Query
from semantic.results.result import Result
from semantic.workspace import Workspace
from tests.law.law import DAY, loaded_to
from tests.law.metrics import METRICS, Offset, facts_of, parts_of
from tests.law.oracle import Answer, Oracle, RowKey
from tests.law.questions import KINDS, Drawn, draw
from tests.law.world import World, make_world, open_world

WORLDS = 4
Rows = dict[RowKey, dict[str, float | None]]


def questions(worlds: list[World], count: int, seed: int = 1) -> Iterator[tuple[int, Drawn]]:
    """Yield N questions, each with the index of its world. The same seed gives the same questions."""
    for number in range(count):
        chance = random.Random(seed * 1_000_003 + number)
        place = number % len(worlds)
        yield place, draw(worlds[place], chance, KINDS[number // len(worlds) % len(KINDS)])


def rows_of(result: Result, breakdowns: int) -> Rows:
    """Return the rows of an answer, by their identifying keys."""
    rows: Rows = {}
    for row in result.table.to_pylist():
        names = list(row)
        keys = names[:breakdowns]
        buckets = str(row.get("bucket", "")).split(",") if breakdowns else []
        totalled = frozenset(place for place, bucket in enumerate(buckets) if bucket == "total")
        if breakdowns and row["bucket"] == "total":
            totalled = frozenset(range(breakdowns))
        values = tuple(_plain(row[name]) for name in keys)
        key = RowKey(values, totalled)
        if key in rows:
            raise AssertionError(f"two rows of {key}")
        rows[key] = {name: _number(row[name]) for name in names[breakdowns:] if name != "bucket"}
    return rows


def _plain(value: object) -> object:
    return value.date() if isinstance(value, datetime) else value


def _number(value: object) -> float | None:
    return None if value is None else float(value)  # type: ignore[arg-type]


def differences(
    expected: Answer, actual: Rows, *, fills: bool = False, offsets: bool = False, named: bool = False
) -> list[str]:
    """Return the rows and cells in which an answer differs from the law's.

    If everything in a subtotal is missing, the subtotal can be present or not. A group's period that has only filled
    values can be left out, even if every period is requested. With `offsets`, such a row can be present for a day
    without a partner. With `named`, it can be present for a group that only the named days have.
    """
    wrong: list[str] = []
    for key in sorted(actual.keys() - expected.rows.keys(), key=str):
        if key.totalled and all(value is None for value in actual[key].values()):
            continue
        if offsets and {*actual[key].values()} <= {None, 0}:
            continue
        if named and len(key.values) > 1 and {*actual[key].values()} == {None}:
            continue
        wrong.append(f"a row too many: {_key_words(key)} {actual[key]}")
    for key in sorted(expected.rows.keys() - actual.keys(), key=str):
        values = {cell.value for cell in expected.rows[key].values()}
        if (key.totalled and values == {None}) or (fills and len(key.values) > 1 and values <= {None, 0}):
            continue
        wrong.append(f"no row: {_key_words(key)} { {name: cell.value for name, cell in expected.rows[key].items()} }")
    for key in sorted(expected.rows.keys() & actual.keys(), key=str):
        for name, cell in expected.rows[key].items():
            if name not in actual[key]:
                wrong.append(f"no column {name}")
            elif not same(actual[key][name], cell.value):
                wrong.append(f"{_key_words(key)} {name}: {actual[key][name]} for {cell.value}")
    return wrong


def same(actual: float | None, expected: float | None) -> bool:
    if actual is None or expected is None:
        return actual is expected
    return abs(actual - expected) <= 1e-9 * max(1.0, abs(expected))


def _key_words(key: RowKey) -> str:
    words = [value.isoformat() if isinstance(value, date) else str(value) for value in key.values]
    return ", ".join("total" if place in key.totalled else word for place, word in enumerate(words)) or "the row"


def judged_differences(expected: Answer, result: Result, breakdowns: int) -> list[str]:
    """Return the changes that Samepage calls better or worse and the law doesn't, or the other way round."""
    wrong: list[str] = []
    by_calendar = any(column.is_period for column in result.keys)
    columns = {column.name: column for column in result.columns}
    own = {column.name: column.metric.name for column in result.columns if column.metric and not column.compare}
    for row, (key, values) in enumerate(rows_of(result, breakdowns).items()):
        for name, metric in own.items():
            for compare in result.compared:
                before = columns[f"{name}_{compare}"]
                if key not in expected.rows or None in (values[name], values[before.name]):
                    continue
                cell = expected.rows[key][f"{metric}_{compare}"]
                said = result.is_judged(before, row) and columns[name].direction != "none"
                if by_calendar and not said:  # its periods' lengths aren't known when changes are judged
                    continue
                if said != cell.judged:
                    why = f"the law does not: {', '.join(cell.why_not)}" if said else "the law does"
                    wrong.append(f"{_key_words(key)} {name}_{compare}: {'judged' if said else 'not judged'}, {why}")
    return wrong


def compare(workspace: Workspace, world: World, drawn: Drawn) -> tuple[str, list[str], list[str]]:
    """Return the kind of difference in a word, the differences in the answer, and the differences in judgement."""
    expected = Oracle(world, drawn.today).answer(drawn.query)
    try:
        result = workspace.ask(drawn.query, workspace.people["steward"], today=drawn.today)
    except SemanticError as error:
        if expected.refused:
            return "", [], []
        return "refused", [f"{error.code}: {error}"], []
    if expected.refused:
        return "not refused", [f"answered, where the law refuses: {expected.refused}"], []
    rows, fills = rows_of(result, len(drawn.query.by)), drawn.query.every_period
    named = any(isinstance(comparison, Named) for comparison in drawn.query.compare)
    wrong = differences(expected, rows, fills=fills, offsets=has_offset_by_day(drawn.query), named=named)
    if wrong:
        is_of_rows = any(difference.startswith(("a row too many", "no row")) for difference in wrong)
        return "rows" if is_of_rows else "values", wrong, []
    return "", [], judged_differences(expected, result, len(drawn.query.by))


def has_offset_by_day(query: Query) -> bool:
    """Return whether days of a metric from some months before are shown, some of them without a partner."""
    by_day = any(
        breakdown.dim == "date" and breakdown.grain in (None, Granularity.DAY) and breakdown.part is None
        for breakdown in query.by
    )
    offsets = (how for name in query.metrics for how in parts_of(METRICS, name) if isinstance(how, Offset))
    return by_day and any(how.months for how in offsets)


def more_tags(world: World, drawn: Drawn) -> list[str]:
    """Return tags for a question's metrics and its other parts, and for whether data that it reads is loaded late."""
    query = drawn.query
    read = {fact for metric in query.metrics for fact in facts_of(METRICS, metric)}
    loads = {
        loaded_to(drawn.today, world.facts[name].load, world.zone) for name in read if not world.facts[name].is_plan
    }
    tags = [f"metric {metric}" for metric in query.metrics]
    tags += ["with totals"] if query.totals else []
    tags += ["with every period"] if query.every_period else []
    tags += [f"load of yesterday is {'there' if min(loads, default=drawn.today) >= drawn.today - DAY else 'late'}"]
    return tags


@contextmanager
def open_worlds(folder: Path) -> Iterator[tuple[list[World], list[Workspace]]]:
    """Yield the made-up companies, and a workspace for each."""
    worlds = [make_world(number) for number in range(WORLDS)]
    with ExitStack() as stack:
        yield worlds, [stack.enter_context(open_world(world, folder / str(n))) for n, world in enumerate(worlds)]


def disagreements(worlds: list[World], workspaces: list[Workspace], count: int, seed: int) -> list[str]:
    """Return the differences in the answers to N questions, in words: rows, values, refusals and judgements."""
    disagreements: list[str] = []
    for number, (place, drawn) in enumerate(questions(worlds, count, seed)):
        sort, wrong, judged = compare(workspaces[place], worlds[place], drawn)
        sort, wrong = (sort, wrong) if sort else ("judged" if judged else "", judged)
        if sort:
            question = json.dumps(query_to_data(drawn.query))
            text = f"question {number} of seed {seed}, {sort}: world {place}, today {drawn.today}: {question}"
            disagreements.append("\n  ".join([text, *wrong[:5]]))
    return disagreements


def main() -> int:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("count", type=int, nargs="?", default=500)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--kind", default="", help="only questions of this kind")
    ask.add_argument("--show", type=int, default=2, help="how many differences of each kind are shown")
    chosen = ask.parse_args()
    tried, right = Counter[str](), Counter[str]()
    judged_wrong: list[str] = []
    sorts: dict[str, Counter[str]] = defaultdict(Counter)
    shown: dict[str, list[str]] = defaultdict(list)
    by_law = 0.0
    with tempfile.TemporaryDirectory() as folder, open_worlds(Path(folder)) as (worlds, open_ones):
        started = time.process_time()
        for place, drawn in questions(worlds, chosen.count, chosen.seed):
            if chosen.kind and f"kind {chosen.kind}" not in drawn.tags:
                continue
            sort, wrong, judged = compare(open_ones[place], worlds[place], drawn)
            for tag in ("all", *drawn.tags, *more_tags(worlds[place], drawn)):
                tried[tag] += 1
                right[tag] += not sort
                sorts[tag][sort or "agrees"] += 1
            text = f"world {place}, today {drawn.today}: {json.dumps(query_to_data(drawn.query))}"
            if sort and len(shown[drawn.tags[0]]) < chosen.show:
                shown[drawn.tags[0]].append("\n      ".join([f"{sort}: {text}", *wrong[:3]]))
            if judged:
                judged_wrong.append("\n      ".join([text, *judged[:2]]))
        spent = time.process_time() - started
        for place, drawn in questions(worlds, min(chosen.count, 200), chosen.seed):
            before = time.process_time()
            Oracle(worlds[place], drawn.today).answer(drawn.query)
            by_law += time.process_time() - before
    for tag in sorted(tried, key=lambda one: (one.split(" ")[0], -tried[one])):
        others = ", ".join(f"{count} {sort}" for sort, count in sorts[tag].most_common() if sort != "agrees")
        print(f"{right[tag]:5} of {tried[tag]:5}  {tag}{'  (' + others + ')' if others else ''}")
    for tag, texts in shown.items():
        print(f"\n{tag}")
        for text in texts:
            print(f"    {text}")
    print(f"\nOf the {right['all']} that agree, {len(judged_wrong)} differ in what is judged.")
    for text in judged_wrong[: chosen.show]:
        print(f"    {text}")
    each, each_law = 1000 * spent / max(1, tried["all"]), 1000 * by_law / min(chosen.count, 200)
    print(f"\n{spent:.1f} s of CPU, {each:.1f} ms a question, of which the law {each_law:.1f} ms")
    return 0 if right["all"] == tried["all"] else 1


if __name__ == "__main__":
    sys.exit(main())
