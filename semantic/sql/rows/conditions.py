"""Build the tests of groups: filters on a metric's value, and the periods to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from semantic.model.definitions import Dataset
from semantic.plan.tree.nodes import Output, Plan
from semantic.query.followed import carried
from semantic.sql.dialects.build_tree import and_all
from semantic.sql.dialects.phrases import fill
from semantic.sql.dialects.table import Dialect
from semantic.sql.dialects.values import Values
from semantic.sql.rows.calendar_days import periods_beside

_COMPARISONS: dict[str, type[exp.Binary]] = {
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
    "=": exp.EQ,
    "!=": exp.NEQ,
}


def group_tests(
    plan: Plan,
    values: Values,
    value: Callable[[Output], exp.Expr],
    key: Callable[[str], exp.Expr] | None,
) -> list[exp.Expr]:
    """Return all tests of a group. A missing value passes no filter.

    `value` and `key` return the trees to compare.
    """
    tests = [metric_test(condition.op, condition.values, value(condition.value), values) for condition in plan.having]
    return tests + ([test for _, test in window_tests(plan, values, key)] if key else [])


def window_tests(plan: Plan, values: Values, key: Callable[[str], exp.Expr]) -> list[tuple[str, exp.Expr]]:
    """Return a test for the periods to show, for each time key that a comparison can extend beyond."""
    tests: list[tuple[str, exp.Expr]] = []
    for window in plan.windows:
        edges: list[exp.Expr] = []
        if window.first is not None:
            edges.append(exp.GTE(this=key(window.key), expression=values.add(window.first)))
        if window.end is not None:
            edges.append(exp.LT(this=key(window.key), expression=values.add(window.end)))
        if edges:
            tests.append((window.key, and_all(edges)))
    return tests


def unknown_tests(
    output: Output, datasets: Mapping[str, Dataset], dialect: Dialect, values: Values, key: Callable[[str], exp.Expr]
) -> list[exp.Expr]:
    """Return tests of which one is true wherever an output has no known day. `key` returns the tree of a date."""
    tests: list[exp.Expr] = []
    for unknown in output.unknown:
        if unknown.since is not None:
            tests.append(exp.GTE(this=key(unknown.key), expression=values.add(unknown.since)))
        if unknown.before is not None:
            tests.append(exp.LT(this=key(unknown.key), expression=values.add(unknown.before)))
        if unknown.after is not None:
            tests.append(exp.GT(this=key(unknown.key), expression=values.add(unknown.after)))
        if unknown.upto is not None:
            tests.append(exp.LTE(this=key(unknown.key), expression=values.add(unknown.upto)))
        if unknown.on is not None:
            tests.append(exp.EQ(this=key(unknown.key), expression=values.add(unknown.on)))
        if unknown.among:
            tests.append(exp.In(this=key(unknown.key), expressions=[values.add(value) for value in unknown.among]))
        if unknown.calendar is not None:
            periods = periods_beside(
                unknown.calendar, datasets[unknown.calendar.dataset], dialect, values, unknown.begins
            )
            tests.append(exp.Not(this=exp.In(this=key(unknown.key), query=exp.Subquery(this=periods))))
        if unknown.months:
            before = fill(dialect.add_months, dialect.name, n=-unknown.months, x=key(unknown.key))
            parts = [exp.Extract(this=exp.var("DAY"), expression=day) for day in (key(unknown.key), before)]
            tests.append(exp.NEQ(this=parts[0], expression=parts[1]))
    return tests


def metric_test(op: str, numbers: tuple[int | float, ...], value: exp.Expr, values: Values) -> exp.Expr:
    """Return a test that compares a metric's value with numbers. It's null if the value is missing."""
    placed = [values.add(carried(_bound, number)) for number in numbers]
    if op == "between":
        return exp.Between(this=value, low=placed[0], high=placed[1])
    return _COMPARISONS[op](this=value, expression=placed[0])


def _bound(number: int | float) -> object:
    """Return a number as a bind value. An integer that doesn't fit in 64 bits becomes a float.

    That is safe because the values it's compared with are DOUBLE.
    """
    return float(number) if isinstance(number, float) or abs(number) >= 2**63 else number
