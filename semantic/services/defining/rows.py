"""Count rows for a metric's conditions: for each value of a field, and after each condition.

Rows are counted under the actor's own policy. Columns that are hidden or masked for the actor are neither offered nor
used to count rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic, sleep
from types import MappingProxyType
from typing import Final, Literal

from semantic.answering.pending import Pending
from semantic.errors import SemanticError
from semantic.explore.pasted_values import near_values
from semantic.model.definitions import Additivity, Aggregation, DataType, Dimension, Measure, Metric, TypeKind
from semantic.model.editing.conditions import Condition, Sign
from semantic.model.expression import METRIC_OF, Expression, ExpressionError, ExpressionKind, read_expression
from semantic.model.model import definitions_of, make_model
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.query import Breakdown, Order, Query
from semantic.results.result import Result
from semantic.services.defining.offered import is_open, open_columns
from semantic.workspace import Workspace

PATIENCE: Final = 4.0
"""The most seconds to wait for a count."""
MOST_VALUES: Final = 500
MOST_CONDITIONS: Final = 10

Of = Literal["text", "number", "boolean", "day", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field that a condition can test. `dimension` is the dimension whose values are suggested, or ""."""

    name: str
    label: str
    of: Of
    dimension: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A value of a dimension, and the number of rows that have it."""

    value: str
    label: str
    rows: int


@dataclass(frozen=True, slots=True)
class Members:
    """The values of a dimension, the most frequent first. `is_whole` means that the list is complete."""

    members: tuple[Member, ...]
    is_whole: bool
    asked: Result


def column_fields(seen: VisibleModel, dataset: str) -> tuple[Field, ...]:
    """Return the fields that this actor can use in a condition over a dataset's columns, sorted by label."""
    if dataset not in seen.model.datasets or not seen.shows_fact(dataset):
        return ()
    target = seen.model.datasets[dataset]
    shown = open_columns(seen, dataset)
    by_column: dict[str, Dimension] = {}
    for dimension in target.dimensions.values():
        if len(dimension.sql.columns) == 1 and dimension.sql.text.strip('"') == dimension.sql.columns[0]:
            by_column.setdefault(dimension.sql.columns[0], dimension)
    fields = [
        Field(
            name=column,
            label=by_column[column].label if column in by_column else column.replace("_", " ").capitalize(),
            of=_of(data_type),
            dimension=by_column[column].name if column in by_column and _is_listed(by_column[column], seen) else "",
        )
        for column, data_type in target.columns.items()
        if column in shown
    ]
    return tuple(sorted(fields, key=lambda field: (field.label.casefold(), field.name)))


def dimension_fields(seen: VisibleModel) -> tuple[Field, ...]:
    """Return the fields that this actor can use in a condition over dimensions, sorted by label."""
    return tuple(
        Field(
            name=dimension.name, label=dimension.label, of=_of(dimension.type),
            dimension=dimension.name if _is_listed(dimension, seen) else "",
        )
        for dimension in seen.dimensions
        if is_open(dimension, seen)
    )  # fmt: skip


def members_of(workspace: Workspace, actor: Actor, dataset: str, dimension: str) -> Members | None:
    """Return the values of a dimension in a dataset's rows, or None if they can't be read in time."""
    counting = _counting(workspace, dataset, actor)
    if counting is None:
        return None
    workspace, rows = counting
    seen = workspace.visible(actor)
    if not seen.places(dimension) or not _is_listed(seen.places(dimension)[0], seen):
        return None
    query = Query(
        metrics=(rows.name,), by=(Breakdown(dimension),), order=(Order(rows.name, desc=True),), limit=MOST_VALUES + 1
    )
    result = _answer(workspace, query, actor, rows)
    if result is None:
        return None
    values = zip(result.table.column(dimension).to_pylist(), result.table.column(rows.name).to_pylist(), strict=True)
    labels = seen.member_labels(dimension)
    found = [
        Member(str(value), labels.get(str(value), str(value)), int(count or 0)) for value, count in values
        if value is not None
    ]  # fmt: skip
    return Members(tuple(found[:MOST_VALUES]), len(found) <= MOST_VALUES, result)


def rows_left(
    workspace: Workspace, actor: Actor, dataset: str, conditions: Sequence[str], kind: ExpressionKind
) -> tuple[int, ...] | None:
    """Return the number of a dataset's rows, and the number left after each condition.

    Returns None if the rows can't be counted in time.
    """
    counting = _counting(workspace, dataset, actor)
    if counting is None or len(conditions) > MOST_CONDITIONS:
        return None
    workspace, rows = counting
    seen = workspace.visible(actor)
    metrics = [rows]
    try:
        for count in range(1, len(conditions) + 1):
            text = " AND ".join(f"({part}\n)" for part in conditions[:count])
            expression = read_expression(text, kind)
            if not _may_read(expression, kind, dataset, seen):
                return None
            key = "filter" if kind is ExpressionKind.VALUE else "where"
            metrics.append(replace(rows, name=f"{rows.name}_{count}", **{key: expression}))
    except ExpressionError:
        return None
    result = _answer(workspace, Query(metrics=tuple(metric.name for metric in metrics)), actor, *metrics)
    if result is None or result.table.num_rows != 1 or result.hidden:
        return None
    return tuple(int(result.table.column(metric.name).to_pylist()[0] or 0) for metric in metrics)


def _may_read(expression: Expression, kind: ExpressionKind, dataset: str, seen: VisibleModel) -> bool:
    """Whether an actor can see every column that a condition uses."""
    if kind is ExpressionKind.VALUE:
        return open_columns(seen, dataset).issuperset(expression.columns)
    names = [name.rpartition("__")[2] for name in expression.columns]
    is_plain = METRIC_OF not in expression.text.casefold()
    return is_plain and all((places := seen.places(name)) and is_open(places[0], seen) for name in names)


def unknown_in(members: Members | None, condition: Condition) -> str:
    """Return a warning about values in a condition that no row has. "" if there are none, or if values aren't known."""
    if members is None or not members.is_whole or condition.test not in (Sign.IS, Sign.IS_NOT):
        return ""
    known = {member.value: member.label for member in members.members}
    if not known:
        return ""
    words: list[str] = []
    for value in condition.values:
        if value not in known:
            words.append(
                f"\N{LEFT DOUBLE QUOTATION MARK}{value}\N{RIGHT DOUBLE QUOTATION MARK}{_instead(value, known)}"
            )
    return f"No rows have {' or '.join(words)}." if words else ""


def _instead(value: str, known: Mapping[str, str]) -> str:
    """Return text that suggests which value was meant: the one with this label, or the most similar ones."""
    labelled = [one for one, label in known.items() if label.casefold() == value.casefold() and one != label]
    if labelled:
        return f" (a label; its value is {' or '.join(map(_in_quotes, labelled))})"
    near = near_values(value, known)
    return f" (closest: {', '.join(near)})" if near else ""


def _in_quotes(value: str) -> str:
    return f"\N{LEFT DOUBLE QUOTATION MARK}{value}\N{RIGHT DOUBLE QUOTATION MARK}"


def _of(data_type: DataType) -> Of:
    if data_type.kind is TypeKind.STRING:
        return "text"
    if data_type.is_number:
        return "number"
    if data_type.kind is TypeKind.BOOLEAN:
        return "boolean"
    return "day" if data_type.kind is TypeKind.DATE else "other"


def _is_listed(dimension: Dimension, seen: VisibleModel) -> bool:
    """Whether a dimension's values can be listed: they must be text, and not masked, hidden or about individuals."""
    return (
        dimension.kind == "categorical"
        and dimension.type.kind is TypeKind.STRING
        and "personal" not in dimension.tags
        and seen.mask(dimension.name) is None
        and seen.shows_dimension(dimension)
    )


def _counting(workspace: Workspace, dataset: str, actor: Actor) -> tuple[Workspace, Metric] | None:
    """Return a workspace with a metric that counts a dataset's rows, or None if this actor can't see any of them."""
    seen = workspace.visible(actor)
    target = workspace.model.datasets.get(dataset)
    if target is None or not seen.shows_fact(dataset):
        return None
    name = next(
        (one.name for one in target.measures.values() if one.agg is Aggregation.COUNT and one.sql is None
         and not one.within and one.over_time is None),
        "",
    )  # fmt: skip
    if not name:
        name = _free("rows_counted", target.measures)
        rows = Measure(
            name=name, label="Rows", dataset=dataset, agg=Aggregation.COUNT, sql=None, time=target.time,
            type=DataType(TypeKind.INTEGER), additivity=Additivity.FULL,
        )  # fmt: skip
        counted = replace(target, measures=MappingProxyType({**target.measures, name: rows}))
        written = definitions_of(workspace.model)
        datasets = tuple(counted if one.name == dataset else one for one in written.datasets)
        model = make_model(replace(written, datasets=datasets))
        recorder = workspace.recorder
        workspace = type(workspace)(workspace.settings, model, workspace.people, workspace.connector, beside=workspace)
        workspace.recorder = recorder
    metric = Metric(
        name=_free("rows_of_conditions", workspace.model.metrics), label="Rows", kind="simple",
        measure=f"{dataset}.{name}", fill=0,
    )  # fmt: skip
    return workspace, metric


def _free(name: str, taken: Iterable[str]) -> str:
    known = set(taken)
    return next(
        one for one in (name, *(f"{name}_{number}" for number in range(2, 10_000)))
        if not any(other.startswith(one) for other in known)
    )  # fmt: skip


def _answer(workspace: Workspace, query: Query, actor: Actor, *made: Metric) -> Result | None:
    """Return the answer to a question without recording it, or None if it doesn't arrive in time."""
    try:
        return within(workspace.start(query, actor, made={metric.name: metric for metric in made}), PATIENCE)
    except SemanticError:
        return None


def within(pending: Pending, seconds: float) -> Result | None:
    """Return an answer without recording it. After `seconds`, cancel the question and return None."""
    until = monotonic() + seconds
    while not pending.done():
        if monotonic() > until:
            pending.leave()
            return None
        sleep(0.005)
    return pending.unrecorded()
