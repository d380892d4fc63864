"""Build the question behind a list of filter values: a dimension's values in the rows that another question covers."""

from __future__ import annotations

from collections.abc import Sequence

from semantic.explore.shared_link import is_known
from semantic.model.definitions import TypeKind
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.query.member_labels import codes_with
from semantic.query.query import AnyOf, Breakdown, Condition, Filter, Operator, Order, Query

OPTION_LIMIT, FOR_EACH_OPTION, MOST_OPTIONS = 200, 20, 10_000


def option_question(
    dimension: str, query: Query, seen: VisibleModel, *, search: str, limit: int, codes: Sequence[str] = ()
) -> Query:
    """Return the question for the values of `dimension`, most used first.

    It asks for one more value than `limit`, to find out whether there are more.

    Only text and labels are searched. `codes` are members whose labels match the search. Raises UnknownName.
    """
    metrics = _ordering(query, seen)
    apart = _sorting_breakdowns(metrics, dimension, seen)
    return Query(
        metrics=metrics,
        by=(Breakdown(dimension), *apart),
        where=_searched(dimension, search.strip(), seen, codes),
        time=query.time,
        order=(Order(metrics[0], desc=True),) if metrics else (Order(dimension),),
        limit=min((limit + 1) * (FOR_EACH_OPTION if apart else 1), seen.limits.rows or MOST_OPTIONS),
        time_zone=query.time_zone,
        week_start=query.week_start,
        fiscal_start=query.fiscal_start,
        currency=query.currency,
        rates=query.rates,
        history=query.history,
        as_of=query.as_of,
    )


def _searched(dimension: str, search: str, seen: VisibleModel, more: Sequence[str]) -> Filter | None:
    """Return a filter for members that contain the searched text, or None if there is no search.

    It also matches the members in `more`, whose labels contain the text.
    """
    one = seen.dimension(dimension)[0]
    if not search or one.kind != "categorical":
        return None
    is_text = one.type.kind is TypeKind.STRING
    codes = tuple(dict.fromkeys((*codes_with(search, seen.member_labels(dimension)), *more)))
    parts: list[Condition] = [Condition(dimension, Operator.CONTAINS, (search,))] if is_text else []
    if codes:
        parts.append(Condition(dimension, Operator.IN, codes if is_text else tuple(map(int, codes))))
    return AnyOf(tuple(parts)) if len(parts) > 1 else parts[0] if parts else None


def _sorting_breakdowns(metrics: Sequence[str], dimension: str, seen: VisibleModel) -> list[Breakdown]:
    """Return the breakdowns that are needed to sort the options by these metrics, which can't be added up over them."""
    measures = [measure for name in metrics for measure in measures_of(seen.metric(name), seen.model)]
    names = dict.fromkeys(name for measure in measures for name in measure.within)
    return [Breakdown(name) for name in names if name != dimension]


def _ordering(query: Query, seen: VisibleModel) -> tuple[str, ...]:
    """Return the metric that sorts the options: the question's first metric.

    Empty if that metric can't be added up over a dimension that is hidden from this person.
    """
    measures = [measure for name in query.metrics[:1] for measure in measures_of(seen.metric(name), seen.model)]
    hidden = any(not is_known(seen.dimension, name) for measure in measures for name in measure.within)
    return () if hidden else query.metrics[:1]
