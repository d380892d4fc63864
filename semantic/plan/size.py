"""Estimate how large a plan's SQL will be before it's written, and refuse SQL that would be too large.

An engine plans a statement before it reads a row, and planning can't be interrupted. Planning time grows with the
square or the cube of the number of joins, and with the statement's length. A question within these limits is planned in
seconds on every engine. `tests/bench/planning.py` measures how many seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from semantic.errors import TooLarge
from semantic.model.definitions import Metric
from semantic.model.expression import Expression, weight_of
from semantic.plan.tree.fields import All, Any, Compare, Member, Not, Passes, SaidTest, Test
from semantic.plan.tree.nodes import Leg, Plan

MOST_TABLES: Final = 1_000
"""The maximum number of tables that one statement reads, joins or looks up values in."""
MOST_TERMS: Final = 10_000
"""The maximum number of terms in one statement. A condition is one term. Cheaper parts count as fractions of one."""
VALUES_PER_TERM: Final = 5  # in lists of filters: they are parameters
LETTERS_PER_TERM: Final = 8  # of formulas
BLANKS_PER_TERM: Final = 2  # empty columns that one fact has for another


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a statement, which determines how long an engine takes to plan it."""

    tables: int
    terms: int

    @property
    def is_large(self) -> bool:
        """Whether it takes noticeably long to write the plan's SQL."""
        return self.tables + self.terms > 300


def check_size(plan: Plan) -> None:
    """Raise TooLarge for a plan whose SQL would take an engine more than a few seconds to plan."""
    size = size_of(plan)
    if size.tables > MOST_TABLES or size.terms > MOST_TERMS:
        raise TooLarge(
            "The question is too large to run. Use fewer metrics, comparisons or filters, or shorter lists of values."
        )


def size_of(plan: Plan) -> Size:
    """Return the number of tables and terms in a plan, including the plans inside it."""
    plans = list(_every_plan(plan))
    legs = [leg for each_plan in plans for leg in each_plan.legs]
    tables = sum(1 + len(leg.joins) + len(leg.restrictions) + _looks(leg.where) for leg in legs)
    terms = sum(map(_terms_of_leg, legs)) + sum(map(_terms_of_outputs, plans)) + sum(map(_terms_of_blanks, plans))
    return Size(tables, terms)


def _every_plan(plan: Plan) -> Iterator[Plan]:
    yield plan
    for _, inner in plan.tables:
        yield from _every_plan(inner)
    if plan.chosen is not None:
        yield from _every_plan(plan.chosen.plan)


def _looks(tests: Iterable[Test]) -> int:
    """Return how many tables the tests read, including those on their join paths."""
    count = 0
    for test in tests:
        match test:
            case All(parts) | Any(parts):
                count += _looks(parts)
            case Not(part):
                count += _looks([part])
            case Member(path=path, restrictions=restrictions):
                count += 1 + len(path) + len(restrictions)
            case Passes(path=path):
                count += 1 + len(path)
            case Compare() | SaidTest():
                pass
    return count


def _terms_of_leg(leg: Leg) -> int:
    leaves = sum(1 + _terms_of(leaf.filter) for leaf in leg.leaves)
    return len(leg.keys) + leaves + len(leg.of_period) + sum(map(_terms_of_test, leg.where))


def _terms_of_test(test: Test) -> int:
    match test:
        case All(parts) | Any(parts):
            return sum(map(_terms_of_test, parts))
        case Not(part):
            return _terms_of_test(part)
        case Compare(values=values):
            return 1 + len(values) // VALUES_PER_TERM
        case Member(where=where):
            return 1 + _terms_of(where)
        case Passes():
            return 1
        case SaidTest(tree=tree):
            return weight_of(tree)


def _terms_of(expression: Expression | None) -> int:
    """Return the number of terms in an expression, estimated from the length of its text to avoid parsing it."""
    return 0 if expression is None else 1 + len(expression.text) // LETTERS_PER_TERM


def _terms_of_blanks(plan: Plan) -> int:
    """Return the number of terms for empty columns.

    UNION ALL combines the facts, so each of them has an empty column for every leaf of the others.
    """
    return (len(plan.legs) - 1) * sum(len(leg.leaves) for leg in plan.legs) // BLANKS_PER_TERM


def _terms_of_outputs(plan: Plan) -> int:
    """Return the number of terms in the output columns, with each formula expanded to the columns of legs."""
    metrics, known = dict(plan.metrics), dict[str, int]()
    shown = [*plan.outputs, *plan.beside, *(condition.value for condition in plan.having)]
    return sum(
        1 + len(output.unknown) + _terms_of_metric(output.metric, metrics, known) for output in shown if output.metric
    )


def _terms_of_metric(metric: Metric, metrics: Mapping[str, Metric], known: dict[str, int]) -> int:
    if metric.name not in known:
        known[metric.name] = 1  # stops at a metric that reads itself, which no loaded model has
        inner = sum(
            _terms_of_metric(metrics[metric_input], metrics, known)
            for metric_input in metric.inputs
            if metric_input in metrics
        )
        known[metric.name] = 1 + _terms_of(metric.expression) + inner
    return known[metric.name]
