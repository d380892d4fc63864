"""Hide numbers that are based on too few members, then select and sort the groups that the question asks for.

The engine and the cache return all rows (decision 38). If only one number of a shown total would be hidden, another one
is hidden too. Otherwise, a reader could subtract the others from the total (decision 36).
"""

# pyarrow.compute makes its functions when it is imported, so a type checker sees none of them.
# pyright: reportAttributeAccessIssue=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from semantic.compile import Compiled
from semantic.model.model import Model
from semantic.model.policies import MinGroup
from semantic.plan.tree.nodes import Guard, Plan, Suppression, Window
from semantic.query.describe import lower_first
from semantic.query.resolve import BUCKET
from semantic.results.result import ColumnSupport, count_groups, read_support, typed_table, with_grand_total
from semantic.results.secondary_suppression import NEARLY_ZERO, find_lines, protect
from semantic.sql.answer.order import OTHER, orders, total_flag


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressedAnswer:
    """The rows to show.

    `hidden` has, for each column, whether the number in each row is hidden. Columns without hidden numbers are absent.
    With `leaves_out`, groups whose numbers are all hidden are left out. It says so even if there are no such groups.
    """

    table: pa.Table
    groups: int
    support: Mapping[str, ColumnSupport]
    hidden: Mapping[str, tuple[bool, ...]] = field(default_factory=lambda: MappingProxyType({}))
    leaves_out: bool = False
    notes: tuple[str, ...] = ()


def read_answer(raw: pa.Table, compiled: Compiled) -> SuppressedAnswer:
    """Return the rows to show, from the engine's rows. If no policy hides small groups, that's all rows."""
    suppression = compiled.plan.suppression
    table = typed_table(raw, compiled)
    if suppression is None:
        return SuppressedAnswer(table=table, groups=count_groups(raw, compiled), support=read_support(raw, compiled))
    raw = with_grand_total(raw, compiled)
    hidden = _hidden(table, raw, suppression, compiled.plan)
    for name, rows in hidden.items():
        place, column = table.schema.get_field_index(name), table.column(name)
        table = table.set_column(
            place, name, pc.if_else(pa.array(rows, pa.bool_()), pa.scalar(None, column.type), column)
        )
    shows = _shows(table, hidden, suppression, compiled.plan)
    chosen, groups = _chosen(table, raw, shows, suppression, compiled.plan)
    shown = MappingProxyType({name: tuple(rows[row] for row in chosen) for name, rows in hidden.items()})
    support = {
        name: _support_of_rows(behind, chosen, shown.get(name)) for name, behind in read_support(raw, compiled).items()
    }
    return SuppressedAnswer(
        table=table.take(pa.array(chosen, pa.int64())),
        groups=groups,
        support=MappingProxyType(support),
        hidden=shown,
        leaves_out=suppression.leaves_out,
        notes=tuple(_notes(shown, suppression, compiled.asked.visible.model)),
    )


# Which numbers


def _hidden(table: pa.Table, raw: pa.Table, suppression: Suppression, plan: Plan) -> dict[str, list[bool]]:
    lines = find_lines(table, plan)
    hidden_rows: dict[str, list[bool]] = {}
    for names in suppression.together:
        guards = [guard for guard in suppression.guards if guard.of in names]
        counts, small = _counted(raw, guards)
        for row in (row for name in names for row, value in enumerate(table.column(name).to_pylist()) if value):
            counts[row] = max(counts[row], NEARLY_ZERO)
        hidden = protect(small, counts, lines, max(guard.need.at_least for guard in guards))
        rows = [row in hidden for row in range(table.num_rows)]
        hidden_rows |= dict.fromkeys(names, rows)
    return hidden_rows


def _counted(raw: pa.Table, guards: Sequence[Guard]) -> tuple[list[float], set[int]]:
    """Return the smallest number of members behind any number of each row, and the rows where it's too small."""
    counts, small = [float("inf")] * raw.num_rows, set[int]()
    for guard in guards:
        for row, count in enumerate(raw.column(guard.value.name).to_pylist()):
            counts[row] = min(counts[row], count or 0)
            if (count or 0) < guard.need.at_least:
                small.add(row)
    return counts, small


# Which groups


def _shows(table: pa.Table, hidden: Mapping[str, list[bool]], suppression: Suppression, plan: Plan) -> list[bool]:
    """Return, for each row, whether it has anything to show. The grand total is always shown.

    If all numbers of a group are hidden, the row itself would reveal that someone in the group passes the question's
    filters.
    """
    if not suppression.leaves_out:
        return [True] * table.num_rows
    numbers = {
        output.name: table.column(output.name).to_pylist() for output in plan.outputs if output.metric is not None
    }
    buckets = [str(value) for value in table.column(BUCKET).to_pylist()] if plan.keys else ["total"] * table.num_rows
    return [
        all(kind == "total" for kind in bucket.split(","))
        or any(values[row] for name, values in numbers.items() if name not in hidden)
        or not all(rows[row] for rows in hidden.values())
        for row, bucket in enumerate(buckets)
    ]


def _chosen(
    table: pa.Table, raw: pa.Table, shows: Sequence[bool], suppression: Suppression, plan: Plan
) -> tuple[list[int], int]:
    """Return the positions of the rows to show, in order, and the number of groups.

    Missing values don't pass any filter.
    """
    kinds = (
        [str(value).split(",") for value in table.column(BUCKET).to_pylist()] if plan.keys else [[]] * table.num_rows
    )
    special = [any(part in ("other", "total") for part in kind) for kind in kinds]
    rows = [row for row in range(table.num_rows) if shows[row] and (suppression.other or "other" not in kinds[row])]
    for name, op, numbers in suppression.having:
        values = table.column(name).to_pylist()
        rows = [row for row in rows if special[row] or _passes(values[row], op, numbers)]
    for window in suppression.windows:
        place = [key.name for key in plan.keys].index(window.key)
        values = table.column(window.key).to_pylist()
        rows = [row for row in rows if kinds[row][place] == "total" or _is_inside(values[row], window)]
    groups = sum(not special[row] for row in rows)
    rows = _ordered(rows, table, raw, suppression, plan)
    if suppression.limit is None:
        return rows, groups
    shown = set([row for row in rows if not special[row]][: suppression.limit])
    return [row for row in rows if special[row] or row in shown], groups


def _passes(value: Any, op: str, numbers: tuple[int | float, ...]) -> bool:
    """Whether a value passes a filter. The type is Any because it's an integer or a double, depending on the metric."""
    if value is None:
        return False
    first = numbers[0]
    match op:
        case "between":
            return bool(first <= value <= numbers[1])
        case "<":
            return bool(value < first)
        case "<=":
            return bool(value <= first)
        case ">":
            return bool(value > first)
        case ">=":
            return bool(value >= first)
        case "=":
            return bool(value == first)
        case _:
            return bool(value != first)


def _is_inside(value: Any, window: Window) -> bool:
    """Whether a day is within the window. The type is Any because the value is a day or None."""
    begun = window.first is None or (value is not None and value >= window.first)
    return value is not None and begun and (window.end is None or value < window.end)


def _ordered(rows: list[int], table: pa.Table, raw: pa.Table, suppression: Suppression, plan: Plan) -> list[int]:
    """Return the rows in the question's SQL order. Missing values come last, and ties are sorted by the keys."""
    flags = [total_flag(place) for place in range(len(plan.keys))]
    flags = [name for name in [*flags, OTHER] if name in raw.column_names]
    names = [column_name for column_name in table.column_names if column_name != BUCKET]
    wanted = orders(replace(plan, order=suppression.order), [*names, *flags])
    for order in reversed(wanted):
        values = (raw if order.by in flags else table).column(order.by).to_pylist()
        known = sorted((row for row in rows if values[row] is not None), key=values.__getitem__, reverse=order.desc)
        rows = [*known, *(row for row in rows if values[row] is None)]
    return rows


# Notes


def _support_of_rows(behind: ColumnSupport, rows: Sequence[int], hidden: Sequence[bool] | None) -> ColumnSupport:
    """Return the data behind the numbers of these rows, without the data behind hidden numbers."""

    def taken(values: tuple[float | None, ...] | None) -> tuple[float | None, ...] | None:
        if values is None:
            return None
        row_values = [values[row] for row in rows]
        return tuple(None if hidden and hidden[place] else value for place, value in enumerate(row_values))

    enough = tuple(behind.is_enough[row] or bool(hidden and hidden[place]) for place, row in enumerate(rows))
    return replace(behind, is_enough=enough, counts=taken(behind.counts), beside=taken(behind.beside))


def _notes(hidden: Mapping[str, tuple[bool, ...]], suppression: Suppression, model: Model) -> Iterator[str]:
    needs = dict.fromkeys(guard.need for guard in suppression.guards)
    few = " or ".join(f"fewer than {need.at_least:,} {_things(need, model)}" for need in needs)
    if suppression.leaves_out:  # even if none are left out, because the note mustn't reveal that
        yield f"Groups of {few} are left out, and so are groups whose numbers would reveal theirs."
    count = sum(any(cells) for cells in zip(*hidden.values(), strict=True))
    if not count:
        return
    has, them = ("1 group has", "it") if count == 1 else (f"{count:,} groups have", "them")
    yield (
        f"{has} numbers hidden for privacy (—): {few} are behind {them}, or nearby numbers would reveal them. "
        "Combining several questions could still reveal them."
    )


def _things(need: MinGroup, model: Model) -> str:
    """Return what a policy counts as members, by the label of the dataset: `customers`."""
    for dataset in model.datasets.values():
        if any(
            need.entity in (entity.entity, entity.name) and set(entity.columns) == set(dataset.grain)
            for entity in dataset.entities
        ):
            return lower_first(dataset.label)
    return need.entity.replace("_", " ")
