"""Find what separates numbers that don't add up across a dimension: a breakdown, or a filter to one value."""

from __future__ import annotations

from collections.abc import Sequence

from semantic.model.definitions import CheckKind, Dimension
from semantic.model.model import Model
from semantic.model.policies import MaskKind
from semantic.plan.joins.filters import is_foreign
from semantic.query.query import Condition, Operator
from semantic.query.resolve import Asked, Key


def distinguishing_keys(dimension: str, asked: Asked) -> tuple[Key, ...]:
    """Return the breakdowns whose groups each have a single value of a dimension.

    Numbers are then never added across that dimension. If the question is broken down by that dimension, the result is
    this breakdown. Otherwise it's any breakdown that determines the dimension, such as campaigns that each run on one
    platform.
    """
    if not _shows_each(dimension, asked):
        return ()
    own = tuple(key for key in asked.keys if key.breakdown.dim == dimension)
    return own or tuple(
        key
        for key in asked.keys
        if not key.is_time
        and key.entity is None
        and _shows_each(key.breakdown.dim, asked)
        and _has_one(key.dimensions, dimension, asked.visible.model)
    )


def is_fixed(dimension: str, asked: Asked) -> bool:
    """Return whether filters leave a single value of a dimension."""
    if not _shows_each(dimension, asked):
        return False
    tests = [part for part in asked.where if isinstance(part, Condition) and part.via is None]
    mine = [test for test in tests if test.dim == dimension]
    if any(test.op is Operator.IN and len(set(test.values)) == 1 for test in mine):
        return True
    return _leaves_one(dimension, mine, asked.visible.model) or any(
        _picks_one(test, dimension, asked) for test in tests
    )


def _shows_each(dimension: str, asked: Asked) -> bool:
    """Return whether an actor can tell the values of a dimension apart. A mask can make them look the same."""
    mask = asked.visible.mask(dimension)
    return mask is None or mask.kind is MaskKind.HASH


def _has_one(places: Sequence[Dimension], dimension: str, model: Model) -> bool:
    """Return whether each value of one dimension determines a value of `dimension`.

    `places` has the first dimension in each dataset. Its values determine the other's if they identify a row of a
    dataset with both. A campaign's name determines its platform if a check says that names are unique.
    """
    return bool(places) and all(
        dimension in (dataset := model.datasets[place.dataset]).dimensions
        and any(check.kind is CheckKind.UNIQUE and check.columns == _column_of(place) for check in dataset.checks)
        for place in places
    )


def _picks_one(test: Condition, dimension: str, asked: Asked) -> bool:
    """Return whether a filter selects one member, which has a single value of the dimension.

    Members without a name can be several. A filter that doesn't apply to every fact isn't used, and a note says so.
    """
    if test.op is not Operator.IN or len(set(test.values)) != 1 or test.values[0] is None:
        return False
    model = asked.visible.model
    facts = [
        dataset
        for dataset in model.datasets.values()
        if any(dimension in measure.within for measure in dataset.measures.values())
    ]
    return (
        _shows_each(test.dim, asked)
        and _has_one(asked.visible.places(test.dim), dimension, model)
        and not any(is_foreign(test, fact, asked) for fact in facts)
    )


def _leaves_one(dimension: str, tests: Sequence[Condition], model: Model) -> bool:
    """Return whether exactly one of a dimension's possible values passes all tests."""
    left = _known_values(dimension, model)
    for test in tests:
        values = {str(value) for value in test.values}
        if test.op is Operator.IN:
            left &= values
        elif test.op is Operator.NOT_IN:
            left -= values
    return len(left) == 1


def _known_values(dimension: str, model: Model) -> set[str]:
    """Return all values that checks allow for a dimension.

    Empty if no check lists them or if values can be missing.
    """
    known: set[str] = set()
    for each_dimension in model.places_of(dimension):
        checks = [
            check
            for check in model.datasets[each_dimension.dataset].checks
            if check.columns == _column_of(each_dimension)
        ]
        listed = [check for check in checks if check.kind is CheckKind.ACCEPTED]
        is_filled = any(check.kind is CheckKind.NOT_NULL and check.at_least == 1 for check in checks)
        if not listed or not is_filled:
            return set()
        known |= {value for check in listed for value in check.values}
    return known


def _column_of(dimension: Dimension) -> tuple[str, ...]:
    """Return the column of a dimension as a tuple, which is empty if the dimension is an expression."""
    column = dimension.sql.columns[:1]
    return column if dimension.sql.text.strip('"') in column else ()
