"""Bring questions that ask the same thing into one form, so that a repeated question is recognized.

Only parts whose order can't change a number are sorted. It does little harm to take equal questions for different ones:
at worst, someone is offered to save one twice. Taking different questions for equal ones would show wrong numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from semantic.query.filters import filter_data
from semantic.query.query import AllOf, AnyOf, ByMember, Condition, Filter, NotAny, Operator, Query


def canonical(query: Query) -> Query:
    """Return a question with its parts sorted wherever their order doesn't matter.

    Metrics and breakdowns keep their order if the question has a limit but no sort order, because their order then
    decides which rows are cut.
    """
    cuts = query.limit is not None and not query.order
    return replace(
        query,
        metrics=query.metrics if cuts else tuple(sorted(query.metrics)),
        by=query.by if cuts else tuple(sorted(query.by, key=repr)),
        where=None if query.where is None else _filter(query.where),
        having=tuple(sorted(dict.fromkeys(query.having), key=repr)),
        compare=tuple(sorted(query.compare, key=repr)),
        totals=tuple(sorted(tuple(sorted(total)) for total in query.totals)),
        calc=tuple(sorted(query.calc, key=lambda calculation: calculation.name)),
    )


def _filter(part: Filter) -> Filter:
    match part:
        case AllOf(parts):
            return _joined(AllOf, (inner for inner_part in parts for inner in _opened(AllOf, _filter(inner_part))))
        case AnyOf(parts):
            return _joined(AnyOf, (inner for inner_part in parts for inner in _opened(AnyOf, _filter(inner_part))))
        case NotAny(inner):
            return NotAny(_filter(inner))
        case Condition(op=Operator.IN | Operator.NOT_IN, values=values):
            # As text: 1, True and 1.0 are equal but not the same value.
            texts = sorted({json.dumps(value): value for value in values}.items())
            return replace(part, values=tuple(value for _, value in texts))
        case ByMember(where=where) if where is not None:
            return replace(part, where=_filter(where))
        case _:
            return part


def _opened(kind: type[AllOf] | type[AnyOf], part: Filter) -> tuple[Filter, ...]:
    """Return the parts of a filter, with nested parts of the same kind expanded.

    Brackets don't matter there.
    """
    return part.parts if isinstance(part, kind) else (part,)


def _joined(kind: type[AllOf] | type[AnyOf], parts: Iterable[Filter]) -> Filter:
    told = sorted({json.dumps(filter_data(part), sort_keys=True): part for part in parts}.items())
    kept_parts = tuple(part for _, part in told)
    return kept_parts[0] if len(kept_parts) == 1 else kind(kept_parts)
