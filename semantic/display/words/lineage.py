"""A metric's lineage as columns to draw, from tables on the left to the metrics that use it on the right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from semantic.display.format import counted, listed
from semantic.display.words.metrics import HIDDEN
from semantic.model.definitions import Metric
from semantic.model.lineage import Lineage, Node, lineage, used_by
from semantic.policy.narrow import VisibleModel

MOST_USERS = 8
OUTSIDE = "Outside your scope"


@dataclass(frozen=True, slots=True)
class Card:
    """One box: its text, and the metric that a click opens, if any."""

    id: str
    label: str
    note: str = ""
    opens: str = ""
    is_subject: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """Columns from left to right. An edge goes from a card to one computed from it. `alt` describes the drawing in a
    sentence.
    """

    columns: tuple[Column, ...]
    edges: tuple[tuple[str, str], ...]
    alt: str


def flow(metric: Metric, seen: VisibleModel, *, with_tables: bool) -> Flow:
    """Return the lineage of `metric` for this person. Tables and columns are included if `with_tables` is set. Hidden
    names never appear.
    """
    found_lineage = lineage(metric, seen.model, seen.shows_metric)
    users = [each_metric for each_metric in used_by(metric, seen.model) if seen.shows_metric(each_metric)]
    kinds = ("table", "dataset") if with_tables else ("dataset",)
    columns = [
        _column(_title(kind), [node for node in found_lineage.nodes if node.kind == kind], metric) for kind in kinds
    ]
    columns.append(_column("Measures", [node for node in found_lineage.nodes if node.kind == "measure"], metric))
    columns += _metric_columns(found_lineage, metric)
    edges = [*found_lineage.edges]
    if users:
        columns.append(_users(users))
        edges += [(f"metric:{metric.name}", f"user:{user.name}") for user in users[:MOST_USERS]]
    drawn = {card.id for column in columns for card in column.cards}
    kept_edges = tuple(edge for edge in edges if edge[0] in drawn and edge[1] in drawn)
    return Flow(tuple(column for column in columns if column.cards), kept_edges, _alt(metric, found_lineage, users))


def _title(kind: str) -> str:
    return {"table": "Tables", "dataset": "Data"}[kind]


def _column(title: str, nodes: Iterable[Node], metric: Metric) -> Column:
    return Column(title, tuple(_card(node, metric) for node in nodes))


def _card(node: Node, metric: Metric) -> Card:
    if node.kind == "hidden":
        return Card(node.id, OUTSIDE)
    is_subject = node.kind == "metric" and node.name == metric.name
    opens = node.name if node.kind == "metric" and not is_subject else ""
    note = ", ".join(node.columns) if node.kind == "table" else ""
    return Card(node.id, node.label or node.name.replace("_", " ").capitalize(), note, opens, is_subject)


def _metric_columns(graph: Lineage, metric: Metric) -> list[Column]:
    """The metrics between measures and the subject, each as far left as the longest path to the subject requires."""
    depth: dict[str, int] = {}
    waiting = [(f"metric:{metric.name}", 0)]
    while waiting:
        text, level = waiting.pop()
        if level >= depth.get(text, 0):
            depth[text] = level
            waiting += [(node.id, level + 1) for node in graph.below(text) if node.kind in ("metric", "hidden")]
    columns: list[Column] = []
    for level in range(max(depth.values()), -1, -1):
        nodes = [node for node in graph.nodes if depth.get(node.id) == level]
        columns.append(_column("Metrics" if level else "This metric", nodes, metric))
    return columns


def _users(users: list[Metric]) -> Column:
    cards = [Card(f"user:{user.name}", user.label or user.name, "", user.name) for user in users[:MOST_USERS]]
    if len(users) > MOST_USERS:
        cards.append(Card("users:more", f"{len(users) - MOST_USERS} more"))
    return Column("Used by", tuple(cards))


def _alt(metric: Metric, graph: Lineage, users: list[Metric]) -> str:
    label = metric.label or metric.name
    inputs = [node.label or HIDDEN for node in graph.below(f"metric:{metric.name}")]
    data = [node.label or node.name for node in graph.nodes if node.kind == "dataset"]
    text = f"{label} is calculated from {listed(inputs)}" + (f", out of {listed(data)}" if data else "")
    return text + (
        f". Used by {counted(len(users), 'metric')}: {listed(user.label or user.name for user in users)}."
        if users
        else "."
    )
