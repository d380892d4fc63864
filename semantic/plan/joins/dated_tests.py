"""Apply conditions on a leg's date when rows appear on other dates than their own.

Rows are shifted in time or expanded over a window of days.
"""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from semantic.errors import TimeMismatch
from semantic.model.definitions import DatePart
from semantic.plan.tree.fields import All, Any, Field, LegKey, Not, SaidTest, Test
from semantic.plan.tree.nodes import Leg

_OF_EACH_DAY = (DatePart.DOW, DatePart.DAY, DatePart.DOY, DatePart.HOUR)
"""Date parts of a single day. A filter on one of them, such as no weekends, also applies to the earlier days read."""


def shift_test(test: Test, time: Field, days: int, months: int) -> Test:
    """Return a condition on the shown dates as a condition on rows, which appear `days` and `months` later.

    A row keeps its own weekday.
    """

    def moved(key: LegKey) -> LegKey:
        if key.field != time or key.part in _OF_EACH_DAY:
            return key
        return replace(key, move_days=days, move_months=months)

    match test:
        case SaidTest(own=False):
            return replace(test, fields=tuple(moved(field) for field in test.fields))
        case All(parts):
            return All(tuple(shift_test(part, time, days, months) for part in parts))
        case Any(parts):
            return Any(tuple(shift_test(part, time, days, months) for part in parts))
        case Not(part):
            return Not(shift_test(part, time, days, months))
        case _:
            return test


def with_dated_tests(leg: Leg, subject: str) -> Leg:
    """Return the leg with conditions split into those on its date and all others, if rows appear on other days.

    Parts joined by AND are split, and each part then applies either to the shown dates or to the rows. If OR joins the
    two, it isn't clear which date is meant. Raises TimeMismatch for this.
    """
    if leg.converted is not None and leg.converted.by_conversion and any(_reads_date(test, leg) for test in leg.where):
        message = f"{subject} uses the date of the conversion, so it can't be filtered by another date."
        raise TimeMismatch(f"{message} Set the period instead.", names=(subject,))
    if (leg.laid is None and leg.balance is None) or not any(_is_mixed(test, leg) for test in leg.where):
        return leg
    conjuncts = [part for test in leg.where for part in (_conjuncts(test) if _is_mixed(test, leg) else [test])]
    for test in conjuncts:
        if _is_mixed(test, leg):
            message = (
                f"{subject} covers days other than those shown, so one filter can't combine its date with other "
                "conditions"
            )
            raise TimeMismatch(f"{message}. Use separate filters.", names=(subject,))
    return replace(leg, where=tuple(conjuncts))


def _is_mixed(test: Test, leg: Leg) -> bool:
    """Return whether a question's test reads both the leg's own date and something else."""
    is_of_date = isinstance(test, SaidTest) and all(field.field == leg.time for field in test.fields)
    return not is_of_date and _reads_date(test, leg)


def _conjuncts(test: Test) -> list[Test]:
    """Return the tests that a test joins by AND."""
    match test:
        case All(parts):
            return [conjunct for part in parts for conjunct in _conjuncts(part)]
        case SaidTest(tree=exp.Paren(this=inner)):
            return _conjuncts(replace(test, tree=inner))
        case SaidTest(tree=exp.And(this=left, expression=right)):
            return [conjunct for tree in (left, right) for conjunct in _conjuncts(_part(test, tree))]
        case _:
            return [test]


def _part(test: SaidTest, tree: exp.Expr) -> SaidTest:
    """Return part of a condition as a test, with the fields that this part reads."""
    names = {column.name for column in tree.find_all(exp.Column)}
    return replace(test, tree=tree, fields=tuple(field for field in test.fields if field.name in names))


def _reads_date(test: Test, leg: Leg) -> bool:
    """Return whether a question's test reads the leg's own date."""
    match test:
        case SaidTest(fields=fields, own=False):
            return any(field.field == leg.time for field in fields)
        case All(parts) | Any(parts):
            return any(_reads_date(part, leg) for part in parts)
        case Not(part):
            return _reads_date(part, leg)
        case _:
            return False
