"""Each row's share of the whole, for metrics that add up. There are no shares if the whole isn't known."""

from __future__ import annotations

import math
from collections.abc import Iterable

from semantic.display.rows import is_total, row_kinds
from semantic.model.definitions import Additivity
from semantic.results.result import Result, ResultColumn


def adds_up(value: ResultColumn, result: Result) -> bool:
    """Whether a metric's groups add up to its total over all breakdowns of this result."""
    return adds_up_over(value, result.keys)


def adds_up_over(value: ResultColumn, keys: Iterable[ResultColumn]) -> bool:
    """Whether a metric's groups add up over these keys.

    Balances don't add up over dates, because most of a balance is the same on every day.
    """
    dated = any(key.is_dated or key.type.is_time for key in keys)
    return value.additivity is Additivity.FULL or (value.additivity is Additivity.SEMI and not dated)


def whole(value: ResultColumn, result: Result) -> float | None:
    """Return the total of a metric that adds up: the grand total or, if there is none, the sum of all groups.

    None if some groups aren't shown, if a policy hides some numbers, or if no part of the total is positive.
    """
    if not result.keys or not adds_up(value, result):
        return None
    numbers = result.table.column(value.name).to_pylist()
    kinds = row_kinds(result)
    grand = [number for number, kind in zip(numbers, kinds, strict=True) if all(level == "total" for level in kind)]
    if not grand and (is_cut(result) or result.hides(value)):
        return None
    groups = [number for number, kind in zip(numbers, kinds, strict=True) if not is_total(kind) and number is not None]
    total = grand[0] if grand else math.fsum(groups)
    return float(total) if total is not None and total > 0 else None


def shares(value: ResultColumn, result: Result) -> list[float | None] | None:
    """Return each row's share, including totals. None if the whole isn't known."""
    total = whole(value, result)
    if total is None:
        return None
    numbers = result.table.column(value.name).to_pylist()
    return [None if number is None else float(number) / total for number in numbers]


def is_cut(result: Result) -> bool:
    """Whether the answer leaves out groups because of a limit, a filter on values, or a top without Other."""
    query = result.query
    limited = query.limit is not None and query.limit < result.groups
    return limited or bool(query.having) or (query.top is not None and not query.top.other)
