"""Measure what it costs to compile the outside cases: SAMEPAGE_CONFORMANCE=FOLDER python -m tests.bench.outside
[OTHERS.json].

Imports every manifest, compared with reading its files as YAML. Then compiles each of MetricFlow's own cases, imported
as in the tests, from the case to the SQL text, and prints CPU milliseconds: the median of several rounds for each case,
and over all cases the geometric mean, median and maximum. OTHERS.json has the same for another layer, `{case id:
milliseconds}`; with it, Samepage's is divided by the other layer's, case by case. MetricFlow's are measured without
dbt: only its package `metricflow`, a `MetricFlowEngine` over the parsed manifest with a client that has DuckDB's
renderer and runs nothing, timed over `explain(request).sql_statement`.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from pathlib import Path

import yaml

from tests.bench.table import cpu_ms
from tests.conformance import adapter
from tests.conformance.bundle import VARIABLE, cases, folder, manifests, open_tables

ROUNDS, WARM_UP = 15, 2


def main() -> None:
    place = folder()
    if place is None:
        raise SystemExit(f"Name the folder of the outside cases in {VARIABLE}.")
    others = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")) if len(sys.argv) > 1 else {}
    print_loading(place)
    taken = measured(place)
    print_row(f"{len(taken)} cases", list(taken.values()))
    both = [name for name in taken if others.get(name)]
    if both:
        print_row("the others'", [others[name] for name in both])
        print_row("ours / theirs", [taken[name] / others[name] for name in both])


def print_loading(place: Path) -> None:
    """Print what it costs to import every manifest, compared with reading its files as YAML."""
    connection = open_tables(place)
    folders = manifests(place)
    texts = [path.read_text() for folder in folders for path in sorted(folder.rglob("*.y*ml"))]
    imported = cpu_ms(lambda: [adapter.load(str(manifest), connection) for manifest in folders], 3)
    parsed = cpu_ms(lambda: [list(yaml.safe_load_all(text)) for text in texts], 3)
    print(f"{len(folders)} manifests import in {imported:.0f} ms, {imported / parsed:.1f} times PyYAML reading them")


def measured(place: Path) -> dict[str, float]:
    """Return the CPU milliseconds to compile each case that a Samepage question can express, by case."""
    connection = open_tables(place)
    asked = cases(place)
    names = {case["manifest"] for case in asked}
    layers = {name: adapter.load(str(place / "manifests" / name), connection) for name in names}
    ratios: dict[str, float] = {}
    for case in asked:
        layer, times = layers[case["manifest"]], list[float]()
        for _ in range(WARM_UP + ROUNDS):
            began = time.process_time()
            adapter.compile_sql(layer, case)
            times.append((time.process_time() - began) * 1000)
        ratios[case["id"]] = statistics.median(times[WARM_UP:])
    return ratios


def print_row(title: str, values: list[float]) -> None:
    mean, most = statistics.geometric_mean(values), max(values)
    print(f"{title:<16} geometric mean {mean:.2f}, median {statistics.median(values):.2f}, most {most:.2f}")


if __name__ == "__main__":
    print(f"CPU ms, load {os.getloadavg()[0]:.1f}")
    main()
