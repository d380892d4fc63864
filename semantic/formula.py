"""What a metric is made of, as a tree down to its simple metrics, as far as one person may know it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from semantic.model.definitions import Metric, MetricKind
from semantic.policy.narrow import Visible

MOST_NODES = 40
"""A tree with more parts is cut: nobody reads it."""

Role = Literal["whole", "numerator", "denominator", "input"]


@dataclass(frozen=True, slots=True)
class Node:
    """One metric of the tree. `metric` is None where this person may not know it; `cut` where parts are left out."""

    role: Role
    metric: Metric | None
    parts: tuple[Node, ...] = ()
    cut: bool = False


def formula_tree(metric: Metric, visible: Visible) -> Node:
    """The tree of a metric that `visible` has."""
    left = [MOST_NODES]

    def node(one: Metric, role: Role) -> Node:
        left[0] -= 1
        if not visible.shows_metric(one):
            return Node(role, None)
        if one.kind is MetricKind.SIMPLE:
            return Node(role, one)
        if left[0] < len(one.inputs):
            return Node(role, one, cut=True)
        roles: tuple[Role, ...] = ("numerator", "denominator")
        if one.kind is not MetricKind.RATIO:
            roles = ("input",) * len(one.inputs)
        parts = (node(visible.model.metrics[name], part) for name, part in zip(one.inputs, roles, strict=True))
        return Node(role, one, tuple(parts))

    return node(metric, "whole")


def metrics_in(tree: Node) -> Iterator[str]:
    """The names of the metrics in a tree, from the top."""
    if tree.metric is not None:
        yield tree.metric.name
    for part in tree.parts:
        yield from metrics_in(part)


def hides_a_part(tree: Node) -> bool:
    return tree.metric is None or any(hides_a_part(part) for part in tree.parts)
