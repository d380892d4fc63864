"""Lower the rows behind one cell: a leg's rows, not aggregated, where the keys have the cell's values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sqlglot import exp

from semantic.plan.tree.fields import LegKey
from semantic.plan.tree.nodes import AggregateColumn, Leg, Plan
from semantic.sql.answer.order import GROUPS
from semantic.sql.answer.totals import TOP, chosen_members
from semantic.sql.answer.union import lower_leg
from semantic.sql.dialects.build_tree import aliased, and_all, column, named_table, number, select_from, subquery
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values
from semantic.sql.lower import lower_plan
from semantic.sql.rows.inner_tables import with_tables

EVERY, VALUE = "every", "_value"


@dataclass(frozen=True, slots=True)
class Pin:
    """What a cell requires of one key: the member `value`, no value, a member of Other or, in a total, anything."""

    key: str
    kind: Literal["member", "none", "other", "total"]
    value: object


def lower_records(
    plan: Plan,
    leg: Leg,
    leaf: AggregateColumn,
    pins: Sequence[Pin],
    shown: Sequence[LegKey],
    values: Values,
    dialect: Dialect,
    *,
    limit: int,
    with_value: bool,
) -> exp.Select:
    """Return the first `limit` rows behind a cell: the columns `shown`, the value that `leaf` reads, and the row count.

    There is never more than one row for each row of the fact, because joins are to keys. Rows that add nothing to the
    leaf are left out. Rows are ordered by the largest value and then by the columns shown. Without `with_value`, the
    value isn't shown and doesn't affect the order.
    """
    keys = {key.name: f"_k{place}" for place, key in enumerate(leg.keys)}
    own = tuple(replace(key, name=keys[key.name]) for key in leg.keys)
    lowered = lower_leg(replace(leg, leaves=(leaf,), keys=(*own, *shown)), plan, dialect, values)
    rows = lowered.rows([(leaf, VALUE)])
    names = [*(key.name for key in shown), *([VALUE] if with_value else [])]
    columns = [aliased(column(name, EVERY), name) for name in names]
    count = exp.Window(this=exp.Count(this=exp.Star()), over="OVER")
    tree = select_from(subquery(rows, EVERY), [*columns, aliased(count, GROUPS)], keys=0)
    tests: list[exp.Expr] = [exp.Not(this=exp.Is(this=column(VALUE, EVERY), expression=exp.Null()))]
    if any(pin.kind == "other" for pin in pins):
        tests.append(_rest(tree, plan, keys, values, dialect))
    tests += [test for pin in pins if (test := _pinned(pin, keys, values)) is not None]
    tree.set("where", exp.Where(this=and_all(tests)))
    order = sorted(names, key=lambda name: name != VALUE)
    ordered = [exp.Ordered(this=number(names.index(name) + 1), desc=name == VALUE, nulls_first=False) for name in order]
    if ordered:
        tree.set("order", exp.Order(expressions=ordered))
    tree.set("limit", exp.Limit(expression=number(limit)))
    return with_tables(tree, plan, dialect, values, lower_plan)


def _pinned(pin: Pin, keys: dict[str, str], values: Values) -> exp.Expr | None:
    place = column(keys[pin.key], EVERY)
    match pin.kind:
        case "member":
            return exp.EQ(this=place, expression=values.add(pin.value))
        case "none":
            return exp.Is(this=place, expression=exp.Null())
        case "other" | "total":
            return None


def _rest(tree: exp.Select, plan: Plan, keys: dict[str, str], values: Values, dialect: Dialect) -> exp.Expr:
    """Return a test for members outside the top. Adds a left join to the top's members, as the question does."""
    assert plan.chosen is not None
    members = chosen_members(plan.chosen, dialect, values, lower_plan)
    known_as = exp.TableAlias(this=exp.to_identifier(TOP))
    tree.set("with_", exp.With(expressions=[exp.CTE(this=members, alias=known_as)]))
    same = [exp.NullSafeEQ(this=column(key, TOP), expression=column(keys[key], EVERY)) for key in plan.chosen.keys]
    tree.set("joins", [exp.Join(this=named_table(TOP), side="LEFT", on=and_all(list(same)))])
    return exp.Is(this=column("found", TOP), expression=exp.Null())
