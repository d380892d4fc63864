"""A question as plain data, the JSON of decision 40: what it looks like, and how each part is read and checked.

Absent means default; a key that is not known is refused, never dropped.
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
    """The question as JSON-ready data."""
    data: dict[str, Any] = {"v": VERSION}
    if query.metrics:
        data["metrics"] = list(query.metrics)
    if query.by:
        data["by"] = [breakdown_data(one) for one in query.by]
    if query.where is not None:
        data["where"] = filter_data(query.where)
    if query.having:
        data["having"] = [metric_filter_data(one) for one in query.having]
    if query.time is not None:
        data["time"] = period_data(query.time)
    if query.compare:
        data["compare"] = [_comparison_data(one) for one in query.compare]
    if query.top is not None:
        data["top"] = _top_data(query.top)
    if query.totals:
        data["totals"] = _totals_data(query.totals)
    if query.order:
        data["order"] = [{"by": one.by} | ({"desc": True} if one.desc else {}) for one in query.order]
    if query.calc:
        data["calc"] = [calculation_data(one) for one in query.calc]
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
    """The question in JSON-like data. Raises InvalidQuery."""
    data = mapping(data, "The question", KEYS)
    if data.get("v", VERSION) != VERSION:
        raise InvalidQuery(f"The question has version {data['v']!r:.40}; this Samepage reads version {VERSION}.")
    metrics = tuple([name(one, "metrics") for one in items(data.get("metrics", []), "metrics")])
    by = tuple([_read_breakdown(one) for one in items(data.get("by", []), "by")])
    no_repeats([*metrics], "metrics")
    no_repeats([column_name(one) for one in by], "by")
    others = {
        key: read(data[key])
        for key, read in _READERS.items()
        if key in data and (data[key] is not None or key not in _MAY_BE_NULL)
    }
    return Query(metrics=metrics, by=by, **others)


def rates_text(rates: date | Literal["period_end"]) -> str:
    return rates if isinstance(rates, str) else rates.isoformat()


def column_name(breakdown: Breakdown) -> str:
    """The result column of a breakdown: `channel`, `date_month`, `date_part_dow`, `country_via_billing_customer`."""
    if breakdown.name:
        return breakdown.name
    via = f"_via_{breakdown.via.replace('.', '_')}" if breakdown.via else ""
    part = f"part_{breakdown.part.value}" if breakdown.part else ""
    how = breakdown.grain.value if breakdown.grain else part or breakdown.period
    return breakdown.dim + (f"_{how}" if how else "") + via


def breakdown_data(one: Breakdown) -> str | dict[str, str]:
    how = one.grain.value if one.grain else one.period
    data = {"dim": one.dim} | ({"grain": how} if how else {}) | ({"part": one.part.value} if one.part else {})
    data |= {"via": one.via} if one.via else {}
    return data if len(data) > 1 else one.dim


def _read_breakdown(data: object) -> Breakdown:
    if isinstance(data, str):
        return Breakdown(name(data, "by"))
    found = mapping(data, "A breakdown", ("dim", "grain", "part", "via"))
    how, wanted = found.get("grain"), found.get("part")
    if how is not None and wanted is not None:
        raise InvalidQuery("A breakdown can have either a grain or a part of the date. Keep one.")
    is_own = isinstance(how, str) and how not in _GRAINS  # a calendar of the model may have it
    return Breakdown(
        name(found.get("dim"), "by"),
        grain(how) if how is not None and not is_own else None,
        via(found["via"]) if found.get("via") is not None else None,
        part(wanted) if wanted is not None else None,
        name(how, "grain") if is_own else None,
    )


def _comparison_data(one: Comparison) -> dict[str, Any]:
    match one:
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
    found = mapping(to, "A comparison's 'to'", ("from", "to", "back", "unit"))  # pyright: ignore[reportUnknownArgumentType]
    if found.keys() & {"back", "unit"}:
        if found.keys() & {"from", "to"}:
            raise InvalidQuery("A comparison can have either dates or a number of periods back. Keep one.")
        return Back(whole(found.get("back"), "back", MAX_BACK), read_unit(found.get("unit")))
    start, end = read_ends(found)
    if start is None or end is None:
        raise InvalidQuery("A comparison with a named period needs both 'from' and 'to'.")
    return Named(start, end)


def _read_comparisons(data: object) -> tuple[Comparison, ...]:
    found = tuple(_read_comparison(one) for one in items(data, "compare"))
    if len(found) > MAX_COMPARISONS:
        raise InvalidQuery(f"A question can have at most {MAX_COMPARISONS} comparisons.")
    if len(set(found)) < len(found):
        raise InvalidQuery("'compare' lists the same comparison twice. Keep one.")
    return found


def _read_where(data: object) -> Filter:
    whole = read_filter(data)
    check_filter_size(whole)
    return whole


def _top_data(top: Top) -> dict[str, Any]:
    within = {"within": list(top.within)} if top.within else {}
    return {"n": top.n, "dim": top.dim, "metric": top.metric, **within} | ({} if top.other else {"other": False})


def _read_top(data: object) -> Top:
    found = mapping(data, "'top'", ("n", "dim", "metric", "within", "other"))
    within = tuple(column(one, "within") for one in items(found.get("within", []), "within"))
    no_repeats([*within], "within")
    other = truth(found.get("other", True), "other")
    n, dim = whole(found.get("n"), "n", MAX_TOP), column(found.get("dim"), "top")
    return Top(n, dim, name(found.get("metric"), "top"), within, other)


def _totals_data(totals: tuple[tuple[str, ...], ...]) -> list[str | list[str]]:
    return ["grand" if not kept else kept[0] if len(kept) == 1 else list(kept) for kept in totals]


def _read_all_totals(data: object) -> tuple[tuple[str, ...], ...]:
    found = tuple(_read_totals(one) for one in items(data, "totals"))
    if len({frozenset(kept) for kept in found}) < len(found):
        raise InvalidQuery("'totals' lists the same total twice. Keep one.")
    return found


def _read_totals(data: object) -> tuple[str, ...]:
    """The columns that are kept."""
    if data == "grand":
        return ()
    if not isinstance(data, list):
        return (column(data, "totals"),)
    kept = tuple(column(one, "totals") for one in items(data, "totals"))  # pyright: ignore[reportUnknownArgumentType]
    no_repeats([*kept], "totals")
    if "grand" in kept:
        raise InvalidQuery("'grand' in 'totals' is the total of everything. Use it on its own, not inside a list.")
    return kept


def _read_order(data: object) -> Order:
    if isinstance(data, str):
        return Order(column(data, "order"))
    found = mapping(data, "An order", ("by", "desc"))
    return Order(column(found.get("by"), "order"), truth(found.get("desc", False), "desc"))


def _history(data: object) -> Literal["as_was", "as_is"]:
    if data == "as_was":
        return "as_was"
    if data == "as_is":
        return "as_is"
    raise InvalidQuery(f"{str(data)[:40]!r} isn't a history. Use as_was or as_is.")


_READERS: dict[str, Callable[[Any], Any]] = {
    "where": _read_where,
    "having": lambda data: tuple([read_metric_filter(one) for one in items(data, "having")]),
    "time": read_period,
    "compare": _read_comparisons,
    "top": _read_top,
    "totals": _read_all_totals,
    "order": lambda data: tuple([_read_order(one) for one in items(data, "order")]),
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
"""The reader of each part of a question besides metrics and breakdowns, in the order errors are reported."""

_MAY_BE_NULL = frozenset(
    {"where", "time", "top", "limit", "time_zone", "week_start", "fiscal_start", "currency", "rates", "as_of"}
)
"""Parts for which null is the same as leaving them out."""
