"""Questions as JSON-like data (decision 40): how each part is read, checked and written.

A missing key means its default value. An unknown key is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Literal

from semantic.errors import InvalidQuery
from semantic.model.definitions import Granularity
from semantic.query.calculations import calculation_data, read_calculations
from semantic.query.checked import (
    column,
    currency_code,
    grain,
    items,
    mapping,
    month,
    name,
    no_repeats,
    part,
    rates_day,
    truth,
    via,
    week_day,
    whole,
    zone,
)
from semantic.query.filter_parts import check_filter_size
from semantic.query.filters import filter_data, metric_filter_data, read_filter, read_metric_filter
from semantic.query.period_data import period_data, read_ends, read_period, read_unit
from semantic.query.query import (
    Back,
    Breakdown,
    Comparison,
    Filter,
    LastYear,
    Named,
    Order,
    Previous,
    Query,
    Top,
)

VERSION = 1
MAX_LIMIT = 100_000
MAX_VERSION = 1_000_000
_GRAINS = frozenset(Granularity)
MAX_BACK, MAX_TOP, MAX_COMPARISONS = 1_000, 1_000, 3
KEYS = (
    "v", "metrics", "by", "where", "having", "time", "compare", "top", "totals", "order", "limit",
    "calc", "time_zone", "week_start", "fiscal_start", "currency", "rates", "history",
    "every_period", "each_row", "ranges", "as_of",
)  # fmt: skip


def query_to_data(query: Query) -> dict[str, Any]:
    """Return a question as JSON-like data."""
    data: dict[str, Any] = {"v": VERSION}
    if query.metrics:
        data["metrics"] = list(query.metrics)
    if query.by:
        data["by"] = [breakdown_data(breakdown) for breakdown in query.by]
    if query.where is not None:
        data["where"] = filter_data(query.where)
    if query.having:
        data["having"] = [metric_filter_data(condition) for condition in query.having]
    if query.time is not None:
        data["time"] = period_data(query.time)
    if query.compare:
        data["compare"] = [comparison_data(comparison) for comparison in query.compare]
    if query.top is not None:
        data["top"] = _top_data(query.top)
    if query.totals:
        data["totals"] = _totals_data(query.totals)
    if query.order:
        data["order"] = [{"by": order.by} | ({"desc": True} if order.desc else {}) for order in query.order]
    if query.calc:
        data["calc"] = [calculation_data(calculation) for calculation in query.calc]
    for key in ("limit", "time_zone", "week_start", "fiscal_start", "as_of"):
        if (value := getattr(query, key)) is not None:
            data[key] = value
    if query.currency is not None:
        data["currency"] = query.currency
    if query.rates is not None:
        data["rates"] = rates_text(query.rates)
    if query.every_period:
        data["every_period"] = True
    if query.each_row:
        data["each_row"] = True
    if query.ranges:
        data["ranges"] = True
    return data | ({"history": query.history} if query.history != "as_was" else {})


def query_from_data(data: object) -> Query:
    """Return the question in JSON-like data. Raises InvalidQuery."""
    data = mapping(data, "The question", KEYS)
    if data.get("v", VERSION) != VERSION:
        raise InvalidQuery(f"The question has version {data['v']!r:.40}; this Samepage reads version {VERSION}.")
    metrics = tuple([name(item, "metrics") for item in items(data.get("metrics", []), "metrics")])
    by = tuple([_read_breakdown(item) for item in items(data.get("by", []), "by")])
    no_repeats([*metrics], "metrics")
    no_repeats([column_name(breakdown) for breakdown in by], "by")
    others = {
        key: read(data[key])
        for key, read in _READERS.items()
        if key in data and (data[key] is not None or key not in _MAY_BE_NULL)
    }
    return Query(metrics=metrics, by=by, **others)


def rates_text(rates: date | Literal["period_end"]) -> str:
    return rates if isinstance(rates, str) else rates.isoformat()


def column_name(breakdown: Breakdown) -> str:
    """Return the name of a breakdown's result column.

    Examples are `channel`, `date_month`, `date_part_dow` and `country_via_billing_customer`.
    """
    if breakdown.name:
        return breakdown.name
    via = f"_via_{breakdown.via.replace('.', '_')}" if breakdown.via else ""
    part = f"part_{breakdown.part.value}" if breakdown.part else ""
    how = breakdown.grain.value if breakdown.grain else part or breakdown.period
    return breakdown.dim + (f"_{how}" if how else "") + via


def breakdown_data(breakdown: Breakdown) -> str | dict[str, str]:
    how = breakdown.grain.value if breakdown.grain else breakdown.period
    data = (
        {"dim": breakdown.dim}
        | ({"grain": how} if how else {})
        | ({"part": breakdown.part.value} if breakdown.part else {})
    )
    data |= {"via": breakdown.via} if breakdown.via else {}
    return data if len(data) > 1 else breakdown.dim


def _read_breakdown(data: object) -> Breakdown:
    if isinstance(data, str):
        return Breakdown(name(data, "by"))
    fields = mapping(data, "A breakdown", ("dim", "grain", "part", "via"))
    how, wanted = fields.get("grain"), fields.get("part")
    if how is not None and wanted is not None:
        raise InvalidQuery("A breakdown can have either a grain or a part of the date. Keep one.")
    is_own = isinstance(how, str) and how not in _GRAINS  # a calendar of the model may have it
    return Breakdown(
        name(fields.get("dim"), "by"),
        grain(how) if how is not None and not is_own else None,
        via(fields["via"]) if fields.get("via") is not None else None,
        part(wanted) if wanted is not None else None,
        name(how, "grain") if is_own else None,
    )


def comparison_data(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as JSON-like data."""
    match comparison:
        case Previous():
            return {"to": "previous"}
        case LastYear():
            return {"to": "last_year"}
        case Back(count, unit):
            return {"to": {"back": count, "unit": unit.value}}
        case Named(start, end):
            return {"to": {"from": start.isoformat(), "to": end.isoformat()}}


def _read_comparison(data: object) -> Comparison:
    to = mapping(data, "A comparison", ("to",)).get("to")
    if to == "previous":
        return Previous()
    if to == "last_year":
        return LastYear()
    if not isinstance(to, dict):
        raise InvalidQuery(
            f"{str(to)[:40]!r} isn't a comparison. Use previous, last_year, {{from, to}} or {{back, unit}}."
        )
    fields = mapping(to, "A comparison's 'to'", ("from", "to", "back", "unit"))  # pyright: ignore[reportUnknownArgumentType]
    if fields.keys() & {"back", "unit"}:
        if fields.keys() & {"from", "to"}:
            raise InvalidQuery("A comparison can have either dates or a number of periods back. Keep one.")
        return Back(whole(fields.get("back"), "back", MAX_BACK), read_unit(fields.get("unit")))
    start, end = read_ends(fields)
    if start is None or end is None:
        raise InvalidQuery("A comparison with a named period needs both 'from' and 'to'.")
    return Named(start, end)


def read_comparisons(data: object) -> tuple[Comparison, ...]:
    """Return the comparisons in JSON-like data. Raises InvalidQuery."""
    comparisons = tuple(_read_comparison(item) for item in items(data, "compare"))
    if len(comparisons) > MAX_COMPARISONS:
        raise InvalidQuery(f"A question can have at most {MAX_COMPARISONS} comparisons.")
    if len(set(comparisons)) < len(comparisons):
        raise InvalidQuery("'compare' lists the same comparison twice. Keep one.")
    return comparisons


def _read_where(data: object) -> Filter:
    condition = read_filter(data)
    check_filter_size(condition)
    return condition


def _top_data(top: Top) -> dict[str, Any]:
    within = {"within": list(top.within)} if top.within else {}
    return {"n": top.n, "dim": top.dim, "metric": top.metric, **within} | ({} if top.other else {"other": False})


def _read_top(data: object) -> Top:
    fields = mapping(data, "'top'", ("n", "dim", "metric", "within", "other"))
    within = tuple(column(item, "within") for item in items(fields.get("within", []), "within"))
    no_repeats([*within], "within")
    other = truth(fields.get("other", True), "other")
    n, dim = whole(fields.get("n"), "n", MAX_TOP), column(fields.get("dim"), "top")
    return Top(n, dim, name(fields.get("metric"), "top"), within, other)


def _totals_data(totals: tuple[tuple[str, ...], ...]) -> list[str | list[str]]:
    return ["grand" if not total else total[0] if len(total) == 1 else list(total) for total in totals]


def _read_all_totals(data: object) -> tuple[tuple[str, ...], ...]:
    totals = tuple(_read_totals(item) for item in items(data, "totals"))
    if len({frozenset(texts) for texts in totals}) < len(totals):
        raise InvalidQuery("'totals' lists the same total twice. Keep one.")
    return totals


def _read_totals(data: object) -> tuple[str, ...]:
    """Return, for each total, the columns that it keeps. Raises InvalidQuery."""
    if data == "grand":
        return ()
    if not isinstance(data, list):
        return (column(data, "totals"),)
    totals = tuple(column(item, "totals") for item in items(data, "totals"))  # pyright: ignore[reportUnknownArgumentType]
    no_repeats([*totals], "totals")
    if "grand" in totals:
        raise InvalidQuery("'grand' in 'totals' is the total of everything. Use it on its own, not inside a list.")
    return totals


def _read_order(data: object) -> Order:
    if isinstance(data, str):
        return Order(column(data, "order"))
    fields = mapping(data, "An order", ("by", "desc"))
    return Order(column(fields.get("by"), "order"), truth(fields.get("desc", False), "desc"))


def _history(data: object) -> Literal["as_was", "as_is"]:
    if data == "as_was":
        return "as_was"
    if data == "as_is":
        return "as_is"
    raise InvalidQuery(f"{str(data)[:40]!r} isn't a history. Use as_was or as_is.")


_READERS: dict[str, Callable[[Any], Any]] = {
    "where": _read_where,
    "having": lambda data: tuple([read_metric_filter(item) for item in items(data, "having")]),
    "time": read_period,
    "compare": read_comparisons,
    "top": _read_top,
    "totals": _read_all_totals,
    "order": lambda data: tuple([_read_order(item) for item in items(data, "order")]),
    "limit": lambda data: whole(data, "limit", MAX_LIMIT),
    "calc": read_calculations,
    "time_zone": zone,
    "week_start": week_day,
    "fiscal_start": month,
    "currency": currency_code,
    "rates": rates_day,
    "history": _history,
    "every_period": lambda data: truth(data, "every_period"),
    "each_row": lambda data: truth(data, "each_row"),
    "ranges": lambda data: truth(data, "ranges"),
    "as_of": lambda data: whole(data, "as_of", MAX_VERSION),
}
"""The reader of each part of a question besides metrics and breakdowns, in the order in which errors are reported."""

_MAY_BE_NULL = frozenset(
    {"where", "time", "top", "limit", "time_zone", "week_start", "fiscal_start", "currency", "rates", "as_of"}
)
"""Parts of a question that can be null, which is the same as leaving them out."""
