"""Trace a metric down to the columns of the engine's tables, and up to the metrics that use it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from semantic.model.definitions import Dataset, Measure, Metric
from semantic.model.model import Model
from semantic.model.source_columns import source_columns

NodeKind = Literal["table", "dataset", "measure", "metric", "hidden"]


@dataclass(frozen=True, slots=True)
class Node:
    """One step between tables and a metric, identified by `id`. `columns` are those read from a table or view.

    A node of kind `hidden` is a metric that the reader can't see. It has no name, and its own inputs aren't traced.
    """

    id: str
    kind: NodeKind
    name: str = ""
    label: str = ""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lineage:
    """The nodes behind a metric, from the metric to its tables, and the edges from each node to its users."""

    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]

    def below(self, name: str) -> list[Node]:
        """Return the nodes that the node with the ID `name` uses directly."""
        sources = [source for source, target in self.edges if target == name]
        return [node for node in self.nodes if node.id in sources]


def lineage(metric: Metric, model: Model, shows: Callable[[Metric], bool] = lambda _: True) -> Lineage:
    """Return everything that a metric uses. Metrics that `shows` rejects are hidden nodes."""
    nodes: dict[str, Node] = {}
    edges: dict[tuple[str, str], None] = {}
    read: dict[str, dict[str, None]] = {}  # by node

    def add(node: Node, used_by: str) -> bool:
        """Add a node, and return whether it wasn't in the graph yet."""
        is_fresh = node.id not in nodes
        nodes.setdefault(node.id, node)
        if used_by:
            edges[node.id, used_by] = None
        return is_fresh

    def visit(used: Metric, used_by: str) -> None:
        if not shows(used):
            add(Node(f"hidden:{len(nodes)}", "hidden"), used_by)
            return
        text = f"metric:{used.name}"
        if not add(Node(text, "metric", used.name, used.label or used.name), used_by):
            return
        for name in used.inputs:
            visit(model.metrics[name], text)
        if used.is_simple:
            measure = model.measure(used.measure)
            dataset = model.datasets[measure.dataset]
            label = measure.label or measure.name.replace("_", " ").capitalize()
            add(Node(f"measure:{used.measure}", "measure", measure.name, label), text)
            add(Node(f"dataset:{dataset.name}", "dataset", dataset.name, dataset.label), f"measure:{used.measure}")
            for table in tables_of(dataset):
                add(Node(f"table:{table}", "table", table, table), f"dataset:{dataset.name}")
            columns = _columns(used, measure, dataset)
            if dataset.query:
                read.setdefault(f"dataset:{dataset.name}", {}).update(dict.fromkeys(columns))
            for table, column in (pair for name in columns for pair in source_columns(dataset, name)):
                read.setdefault(f"table:{table}", {})[column] = None

    visit(metric, "")
    order = ("metric", "hidden", "measure", "dataset", "table")
    found_nodes = sorted(nodes.values(), key=lambda node: order.index(node.kind))
    whole_nodes = [
        Node(node.id, node.kind, node.name, node.label, tuple(read.get(node.id, ()))) for node in found_nodes
    ]
    return Lineage(tuple(whole_nodes), tuple(edges))


def used_by(metric: Metric, model: Model) -> list[Metric]:
    """Return the metrics that use this metric directly, sorted by label."""
    metrics = [model_metric for model_metric in model.metrics.values() if metric.name in model_metric.inputs]
    return sorted(
        metrics, key=lambda each_metric: ((each_metric.label or each_metric.name).casefold(), each_metric.name)
    )


def dependents(name: str, model: Model) -> frozenset[str]:
    """Return the names of all metrics that use this metric, directly or through others."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        users = [metric.name for metric in model.metrics.values() if current in metric.inputs]
        waiting += [user for user in users if user not in found]
        found.update(users)
    return frozenset(found) - {name}


def readers_of(table: str, column: str, model: Model) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the names of the datasets, measures and metrics that read a table's column.

    If `column` is "", any column counts. Measures are named `dataset.measure`. Metrics include those computed from
    other metrics.
    """
    datasets: dict[str, frozenset[str]] = {}
    for dataset in model.datasets.values():
        if table not in tables_of(dataset):
            continue
        read = {name for name in dataset.columns if not column or (table, column) in source_columns(dataset, name)}
        if read or not column:
            datasets[dataset.name] = frozenset(read)
    measures: dict[str, None] = {}
    metrics: set[str] = set()
    for metric in model.metrics.values():
        if not metric.is_simple:
            continue
        measure = model.measure(metric.measure)
        columns = datasets.get(measure.dataset)
        if columns is None:
            continue
        used = _columns(metric, measure, model.datasets[measure.dataset])
        if not column or not columns.isdisjoint(used):
            measures[metric.measure] = None
            metrics |= {metric.name, *dependents(metric.name, model)}
    return tuple(sorted(datasets)), tuple(sorted(measures)), tuple(sorted(metrics))


def tables_of(dataset: Dataset) -> tuple[str, ...]:
    """Return the names of the engine's tables that a dataset reads, sorted."""
    if dataset.query is None:
        return (dataset.source,)
    named = {cte.alias for cte in dataset.query.tree.find_all(exp.CTE)}
    tables = {
        ".".join(part.name for part in table.parts)
        for table in dataset.query.tree.find_all(exp.Table)
        if table.name not in named
    }
    return tuple(sorted(tables))


def _columns(metric: Metric, measure: Measure, dataset: Dataset) -> list[str]:
    """Return the columns of its dataset that a simple metric reads for its value, filter and date."""
    time = dataset.dimensions.get(measure.time) if measure.time else None
    expressions = (measure.sql, metric.filter, time.sql if time else None)
    return [name for expression in expressions if expression is not None for name in expression.columns]
