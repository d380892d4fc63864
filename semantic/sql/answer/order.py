"""Order an answer's rows: as requested, missing values last, ties by key, Other after members, then totals."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from semantic.plan.tree.nodes import Plan
from semantic.query.query import Order
from semantic.sql.dialects.build_tree import column, number

OTHER = "_other"
"""The name of the column that is 1 for Other."""
GROUPS = "_groups"
"""The name of the column with the number of groups, shown or not."""


def total_flag(index: int) -> str:
    """Return the name of the column that is 1 in totals over the key at `index`."""
    return f"_t{index}"


def order_by(plan: Plan, columns: Sequence[str], table: str = "") -> list[exp.Expr]:
    """Return the sort keys of an answer: positions in `columns`, or columns of `table`. Empty if there are no keys."""
    return [
        exp.Ordered(
            this=column(order.by, table) if table else number(columns.index(order.by) + 1),
            desc=order.desc,
            nulls_first=False,
        )
        for order in orders(plan, columns)
    ]


def orders(plan: Plan, columns: Sequence[str]) -> list[Order]:
    """Return the columns to sort by, each once, the most significant first. Empty if there are no keys."""
    keys = [Order(key.name) for key in plan.keys]
    if not keys:
        return []
    asked = [*plan.order, *keys]
    if OTHER in columns:
        asked = _with_other(asked, plan)
    flags = [Order(each_column) for each_column in columns if each_column.startswith("_t")]
    orders: dict[str, Order] = {}
    for order in [*flags, *asked]:
        orders.setdefault(order.by, order)
    return [*orders.values()]


def _with_other(asked: Sequence[Order], plan: Plan) -> list[Order]:
    """Return the order with Other added, so that Other follows the members with the same outer keys.

    It's added before the first sort key that is neither a time nor an outer key.
    """
    assert plan.chosen is not None
    outer = {key.name for key in plan.keys if key.grain or key.name in plan.chosen.keys} - {plan.chosen.dim}
    place = next((index for index, order in enumerate(asked) if order.by not in outer), len(asked))
    return [*asked[:place], Order(OTHER), *asked[place:]]
