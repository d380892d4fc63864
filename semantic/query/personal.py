"""Find out whether a question names a person. Such questions stay out of URLs and are stored encrypted."""

from __future__ import annotations

from collections.abc import Iterator

from semantic.model.model import Model
from semantic.query.names import read_name
from semantic.query.query import AllOf, AnyOf, ByMember, Condition, Filter, InSegment, NotAny, Query, SqlCondition


def names_a_person(query: Query, model: Model) -> bool:
    """Return whether a filter or an index refers to a value of a dimension tagged `personal`."""
    texts = set(_compared(query.where)) if query.where is not None else set[str]()
    if any(calculation.base is not None for calculation in query.calc):
        texts |= {breakdown.dim for breakdown in query.by}
    named = texts | {read_name(name, model).dim for name in texts}
    return any("personal" in dimension.tags for name in named for dimension in model.dimensions.get(name, ()))


def _compared(part: Filter) -> Iterator[str]:
    """Yield the dimensions whose values a filter contains, including those in filters by a metric and in SQL."""
    match part:
        case Condition(dim):
            yield dim
        case SqlCondition(condition):
            yield from condition.columns
        case ByMember(where=where):
            if where is not None:
                yield from _compared(where)
        case NotAny(inner):
            yield from _compared(inner)
        case AllOf(parts) | AnyOf(parts):
            for inner_part in parts:
                yield from _compared(inner_part)
        case InSegment():
            return
