"""A metric's lineage as columns to draw, from its source columns to the saved items that use it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from semantic.display.format import counted, listed
from semantic.display.words.metrics import HIDDEN
from semantic.model.definitions import Metric
from semantic.model.lineage import Lineage, Node, lineage, readers_of, used_by
from semantic.policy.narrow import VisibleModel

MOST_USERS = 8
MOST_CARDS = 12
"""The most boxes in a column. The list in words has all of them."""
OUTSIDE = "Outside your scope"
SHOWN_IN = "Shown in"


@dataclass(frozen=True, slots=True)
class Card:
    """One box: its text, and the metric that opens on click, if any."""

    id: str
    label: str
    note: str = ""
    opens: str = ""
    is_subject: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedUse:
    """A saved item that shows a metric.

    `what` is the kind of item, and `opens` identifies what opens on click: `question:ID`.
    """

    id: str
    title: str
    what: str
    metrics: frozenset[str]
    opens: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """Columns from left to right. An edge goes from a card to another card that is computed from it.

    `alt` describes the drawing in a sentence. `words` has the title and cards of each column.
    """

    columns: tuple[Column, ...]
    edges: tuple[tuple[str, str], ...]
    alt: str
    words: tuple[tuple[str, tuple[str, ...]], ...] = ()


def flow(metric: Metric, seen: VisibleModel, *, with_tables: bool, uses: Sequence[SavedUse] = ()) -> Flow:
    """Return the lineage of `metric` for this person. With `with_tables`, it includes tables and their columns.

    Hidden names are left out. `uses` are the saved items that this person can open.
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
    shown = {metric.name, *(user.name for user in users)}
    if uses := [use for use in uses if not shown.isdisjoint(use.metrics)]:
        columns.append(Column(SHOWN_IN, tuple(Card(use.id, use.title, use.what, use.opens) for use in uses)))
        edges += [edge for use in uses for edge in _shown_by(metric, users, use)]
    words = tuple((column.title, tuple(_words(card) for card in column.cards)) for column in columns if column.cards)
    columns = [_cut(column, f"metric:{metric.name}") for column in columns]
    drawn = {card.id for column in columns for card in column.cards}
    kept_edges = tuple(edge for edge in edges if edge[0] in drawn and edge[1] in drawn)
    alt = _alt(metric, found_lineage, users)
    return Flow(tuple(column for column in columns if column.cards), kept_edges, alt, words)


def column_flow(table: str, column: str, seen: VisibleModel, uses: Sequence[SavedUse] = ()) -> Flow:
    """Return everything that is computed from a table's column, or from the whole table if `column` is "".

    Hidden metrics are left out.
    """
    datasets, measures, names = readers_of(table, column, seen.model)
    metrics = [seen.model.metrics[name] for name in names if seen.shows_metric(seen.model.metrics[name])]
    shown = {metric.name for metric in metrics}
    source = Card(f"table:{table}", f"{table}.{column}" if column else table, is_subject=True)
    edges: list[tuple[str, str]] = [(source.id, f"dataset:{name}") for name in datasets]
    measure_cards: list[Card] = []
    for name in measures:
        measure = seen.model.measure(name)
        if not any(metric.is_simple and metric.measure == name for metric in metrics):
            continue
        label = measure.label or measure.name.replace("_", " ").capitalize()
        measure_cards.append(Card(f"measure:{name}", label))
        edges.append((f"dataset:{measure.dataset}", f"measure:{name}"))
    simple = [metric for metric in metrics if metric.is_simple]
    edges += [(f"measure:{metric.measure}", f"metric:{metric.name}") for metric in simple]
    others = [metric for metric in metrics if not metric.is_simple]
    edges += [(f"metric:{name}", f"metric:{metric.name}") for metric in others for name in metric.inputs]
    using = [use for use in uses if not shown.isdisjoint(use.metrics)]
    edges += [(f"metric:{name}", use.id) for use in using for name in sorted(use.metrics & shown)]
    columns = [
        Column("Column" if column else "Table", (source,)),
        Column("Data", tuple(_dataset_card(name, seen) for name in datasets)),
        Column("Measures", tuple(measure_cards)),
        Column("Metrics", tuple(Card(f"metric:{one.name}", one.label or one.name, "", one.name) for one in simple)),
        Column("Used by", tuple(Card(f"metric:{one.name}", one.label or one.name, "", one.name) for one in others)),
        Column(SHOWN_IN, tuple(Card(use.id, use.title, use.what, use.opens) for use in using)),
    ]
    words = tuple((one.title, tuple(_words(card) for card in one.cards)) for one in columns if one.cards)
    kept = [_cut(one, source.id) for one in columns if one.cards]
    drawn = {card.id for one in kept for card in one.cards}
    alt = f"{source.label} is read by {counted(len(metrics), 'metric')}"
    alt += f", shown in {counted(len(using), 'saved item')}." if using else "."
    return Flow(tuple(kept), tuple(edge for edge in edges if drawn.issuperset(edge)), alt, words)


def _dataset_card(name: str, seen: VisibleModel) -> Card:
    return Card(f"dataset:{name}", seen.model.datasets[name].label or name.replace("_", " ").capitalize())


def _shown_by(metric: Metric, users: list[Metric], use: SavedUse) -> list[tuple[str, str]]:
    """Return the edges to a saved item.

    They start at the metric or at those of its dependent metrics that the item shows.
    """
    if metric.name in use.metrics:
        return [(f"metric:{metric.name}", use.id)]
    return [(f"user:{user.name}", use.id) for user in users[:MOST_USERS] if user.name in use.metrics]


def _cut(column: Column, subject: str) -> Column:
    """Return a column with few enough boxes to be legible. The subject is always included."""
    if len(column.cards) <= MOST_CARDS:
        return column
    first = [card for card in column.cards if card.id == subject or card.is_subject]
    cards = [*first, *(card for card in column.cards if card not in first)][: MOST_CARDS - 1]
    more = Card(f"more:{column.title}", f"{len(column.cards) - len(cards):,} more")
    return Column(column.title, (*cards, more))


def _words(card: Card) -> str:
    return f"{card.label} ({card.note})" if card.note else card.label


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
    """Return the metrics from the measures to the subject, arranged in columns.

    The longer a metric's path to the subject, the further left its column.
    """
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
