"""A metric's formula as a tree down to simple metrics, limited to what one person can see.

A part of a rolling ratio is rolling too, and a part of an offset metric is from an earlier time. To query such a part,
this module builds a temporary metric from the part and its context.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, Protocol

from semantic.model.contract import Contract
from semantic.model.definitions import Input, Metric
from semantic.model.expression import Expression, parse_expression
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import lower_first
from semantic.query.query import DATE

MOST_NODES = 40
"""The most nodes of a tree. Larger trees are cut, because they would be too long to read."""

Role = Literal["whole", "numerator", "denominator", "input"]


@dataclass(frozen=True, slots=True)
class Node:
    """One metric of the tree.

    `metric` is None if it's hidden from this person. `cut` is true if some parts are left out. `asked` is the metric to
    query for this part's number. That's the metric itself or a temporary one, which may need the metrics in `beside`.
    It's None if the number is hidden from this person. `around` has the windows, conditions and offsets that apply to
    the part.
    """

    role: Role
    metric: Metric | None
    parts: tuple[Node, ...] = ()
    cut: bool = False
    asked: Metric | None = None
    beside: tuple[Metric, ...] = ()
    around: tuple[Metric | Input, ...] = ()

    @property
    def is_made(self) -> bool:
        """Whether the node's number comes from a temporary metric instead of the metric itself."""
        return self.metric is not None and self.asked is not None and self.asked.name != self.metric.name


_Around = tuple[Metric | Input, ...]
"""The context of a part, outermost first: windows, conditions, and inputs from another time."""


def formula_tree(metric: Metric, visible: VisibleModel) -> Node:
    """Return a metric's formula as a tree, limited to what `visible` shows."""
    left = [MOST_NODES]

    def node(inner_metric: Metric, role: Role, around: _Around) -> Node:
        left[0] -= 1
        if not visible.shows_metric(inner_metric):
            return Node(role, None)
        asked, beside = _asked(inner_metric, around, visible)
        if inner_metric.is_simple:
            return Node(role, inner_metric, asked=asked, beside=beside, around=around)
        if left[0] < len(inner_metric.inputs):
            return Node(role, inner_metric, cut=True, asked=asked, beside=beside, around=around)
        inner = around + _own(inner_metric)
        parts: Iterator[Node]
        if inner_metric.conversion is not None:
            parts = _conversion_parts(inner_metric, around, visible, node)
        elif inner_metric.cumulative is not None:
            over = node(visible.model.metrics[inner_metric.inputs[0]], "input", inner)
            parts = iter(over.parts or (over,))  # a ratio over a window is the ratio of its parts over the window
        else:
            ratio: tuple[Role, ...] = ("numerator", "denominator")
            roles = ratio if inner_metric.is_ratio else ("input",) * len(inner_metric.uses)
            parts = (
                node(visible.model.metrics[use.metric], part, (*inner, *_moved(use)))
                for use, part in zip(inner_metric.uses, roles, strict=True)
            )
        return Node(role, inner_metric, tuple(parts), asked=asked, beside=beside, around=around)

    return node(metric, "whole", ())


def _own(metric: Metric) -> _Around:
    """Return the filters, windows and offsets that a metric applies to its parts."""
    return (metric,) if metric.cumulative is not None or metric.where is not None else ()


def _moved(use: Input) -> _Around:
    return (use,) if use.offset is not None or use.offset_to is not None or use.where is not None else ()


def _conversion_parts(metric: Metric, around: _Around, visible: VisibleModel, node: _Visit) -> Iterator[Node]:
    """Yield the conversions and all base events of a conversion rate.

    A conversion count isn't a division, so only its hidden parts are yielded.
    """
    assert metric.conversion is not None
    base, target = (visible.model.metrics[name] for name in metric.inputs)
    if metric.conversion.gives == "count" or not all(
        visible.shows_metric(each_metric) for each_metric in (base, target)
    ):
        yield from (
            node(each_metric, "input", ()) for each_metric in (base, target) if not visible.shows_metric(each_metric)
        )
        return
    label = f"{base.label or base.name} that led to {lower_first(target.label or target.name)}"
    # In a formula it is a count, in the conversion's unit.
    count = replace(
        metric, name=_name(metric.name, "count"), label=label, conversion=replace(metric.conversion, gives="count"),
        unit=target.unit, format=target.format, decimals=target.decimals, certified=None, contract=Contract(),
        enough=None, where=None, description="", means="", fill=target.fill,
    )  # fmt: skip
    inner = around + _own(metric)
    asked, beside = _asked(count, inner, visible, is_made=True)
    yield Node("numerator", count, asked=asked, beside=beside, around=inner)
    yield node(base, "denominator", inner)


class _Visit(Protocol):
    """A function that turns a part of a formula into a node."""

    def __call__(self, inner_metric: Metric, role: Role, around: _Around) -> Node: ...


_VALUE = parse_expression("value")


def _asked(
    metric: Metric, around: _Around, visible: VisibleModel, *, is_made: bool = False
) -> tuple[Metric | None, tuple[Metric, ...]]:
    """Return a temporary metric for a metric in its context, and the other metrics it needs.

    Names in the model never contain a space, so temporary names can't collide with them.
    """
    if any(not _may_read(outer.where, visible) for outer in around):
        return None, ()
    metrics: list[Metric] = [metric] if is_made else []
    inner = metric
    for one in reversed(around):
        name = _name(inner.name, _identity(one))
        if isinstance(one, Input):
            use = replace(one, name="value", metric=inner.name)
            inner = replace(
                metric, name=name, kind="derived", measure="", filter=None, where=None, inputs=(inner.name,),
                uses=(use,), expression=_VALUE, cumulative=None, conversion=None, enough=None,
            )  # fmt: skip
        elif one.cumulative is not None:
            inner = replace(
                metric, name=name, kind="cumulative", measure="", filter=None, where=one.where,
                inputs=(inner.name,), uses=(), expression=None, cumulative=one.cumulative, conversion=None, enough=None,
                every_period=one.every_period or metric.every_period,
            )  # fmt: skip
        else:
            inner = replace(
                metric, name=name, kind="derived", measure="", filter=None, where=one.where,
                inputs=(inner.name,), uses=(Input("value", inner.name),), expression=_VALUE, cumulative=None,
                conversion=None, enough=None,
            )  # fmt: skip
        metrics.append(inner)
    return inner, tuple(metrics)


def _name(inner: str, around: str) -> str:
    """Return a name for a part in its context.

    It's short, because it becomes a column name and some engines truncate long names.
    """
    return f"part {zlib.crc32(f'{inner} in {around}'.encode()):08x}"


def _identity(outer: Metric | Input) -> str:
    """Return a text that identifies a window, condition or offset."""
    where = outer.where.text if outer.where else ""
    if isinstance(outer, Input):
        return f"{outer.offset} {outer.offset_to} {where}"
    return f"{outer.cumulative} {where}"


def _may_read(where: Expression | None, visible: VisibleModel) -> bool:
    """Whether this person can see all data that a condition uses.

    If not, the rows that pass the condition would reveal hidden data.
    """
    if where is None:
        return True
    known = visible.model.dimensions
    return all(
        name.partition("__")[0] in (DATE, "metric_time")
        or any(
            part in known and visible.shows_dimension(known[part][0]) and visible.mask(part) is None for part in parts
        )
        for name in where.columns
        for parts in [_dimension_names(name)]
    )


def _dimension_names(name: str) -> list[str]:
    """Return the possible names of a dimension, without the roles before it or the granularity after it."""
    parts = name.split("__")
    return ["__".join(parts[first:last]) for first in range(len(parts)) for last in range(first + 1, len(parts) + 1)]


def metrics_in(tree: Node) -> Iterator[str]:
    """Yield the names of the model's metrics in a tree, starting at the top."""
    if tree.metric is not None and " " not in tree.metric.name:
        yield tree.metric.name
    for part in tree.parts:
        yield from metrics_in(part)


def asked_in(tree: Node) -> Iterator[str]:
    """Yield the names of the columns that contain a tree's numbers, starting at the top."""
    if tree.asked is not None:
        yield tree.asked.name
    for part in tree.parts:
        yield from asked_in(part)


def made_in(tree: Node) -> Mapping[str, Metric]:
    """Return the temporary metrics of a tree by name."""
    metrics = {metric.name: metric for metric in tree.beside}
    for part in tree.parts:
        metrics |= made_in(part)
    return MappingProxyType(metrics)


def hides_a_part(tree: Node) -> bool:
    return tree.metric is None or any(hides_a_part(part) for part in tree.parts)
