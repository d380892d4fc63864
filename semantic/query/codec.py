"""Encode questions as JSON and as readable URL parameters, without loss: decode(encode(q)) == q."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from semantic.errors import InvalidQuery
from semantic.query.calculations import calculation_from_text, calculation_text
from semantic.query.data import VERSION, query_from_data, query_to_data, rates_text
from semantic.query.filters import filter_data
from semantic.query.query import (
    AllOf,
    Back,
    Between,
    Breakdown,
    Comparison,
    Condition,
    Filter,
    InSegment,
    Last,
    LastYear,
    MetricFilter,
    Named,
    Period,
    Previous,
    Query,
    ToDate,
    Top,
    Value,
)

MAX_TEXT = 100_000


def query_to_json(query: Query) -> str:
    """Return a question as compact JSON without default values."""
    return json.dumps(query_to_data(query), ensure_ascii=False, separators=(",", ":"))


def query_from_json(text: str) -> Query:
    """Return the question in a JSON text. Raises InvalidQuery with what's wrong and where."""
    return query_from_data(data_from_json(text))


def data_from_json(text: str) -> object:
    """Return the data in a JSON text, not yet read as a question. Raises InvalidQuery if it isn't JSON."""
    if len(text) > MAX_TEXT:
        raise InvalidQuery(f"The question is longer than {MAX_TEXT:,} characters. Shorten its filters.")
    try:
        return _JSON.decode(text)
    except (ValueError, RecursionError) as error:
        raise InvalidQuery(f"The question isn't valid JSON: {error}.") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} isn't a number")


_JSON = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)
"""A shared decoder, because json.loads would create one for each text."""


_SETTINGS = (
    ("tz", "time_zone"), ("ws", "week_start"), ("fy", "fiscal_start"), ("cur", "currency"), ("rates", "rates"),
    ("hist", "history"),
)  # fmt: skip
_LOOKS_TYPED = re.compile(r"^(?:null|true|false|-?\d.*|')", re.DOTALL)


def query_to_params(query: Query) -> dict[str, list[str]]:
    """Return a question as readable URL parameters, such as m, by, f and t.

    If there are any, v states the version of the format.
    """
    params: dict[str, list[str]] = {}
    if query.metrics:
        params["m"] = [",".join(query.metrics)]
    if query.by:
        params["by"] = [",".join(_breakdown_text(breakdown) for breakdown in query.by)]
    if query.where is not None:
        params["f"] = _filter_params(query.where)
    if query.having:
        params["h"] = [_metric_filter_text(condition) for condition in query.having]
    if query.time is not None:
        params["t"] = [_period_text(query.time)]
    if query.compare:
        params["c"] = [_comparison_text(comparison) for comparison in query.compare]
    if query.top is not None:
        params["top"] = [_top_text(query.top)]
    if query.totals:
        params["tot"] = [",".join("+".join(total) or "grand" for total in query.totals)]
    if query.order:
        params["o"] = [",".join(order.by + ("!" if order.desc else "") for order in query.order)]
    if query.limit is not None:
        params["n"] = [str(query.limit)]
    if query.calc:
        params["calc"] = [calculation_text(calculation) for calculation in query.calc]
    if query.time_zone is not None:
        params["tz"] = [query.time_zone]
    if query.week_start is not None:
        params["ws"] = [query.week_start]
    if query.fiscal_start is not None:
        params["fy"] = [query.fiscal_start]
    if query.currency is not None:
        params["cur"] = [query.currency]
    if query.rates is not None:
        params["rates"] = [rates_text(query.rates)]
    if query.history != "as_was":
        params["hist"] = [query.history]
    if query.as_of is not None:
        params["asof"] = [str(query.as_of)]
    if query.every_period:
        params["every"] = ["period"]
    if query.each_row:
        params["rows"] = ["each"]
    if query.ranges:
        params["show"] = ["ranges"]
    return params | ({"v": [str(VERSION)]} if params else {})


def query_from_params(params: Mapping[str, Sequence[str]]) -> Query:
    """Return the question in URL parameters, ignoring unrelated ones. Raises InvalidQuery."""
    if sum(len(text) for texts in params.values() for text in texts) > MAX_TEXT:
        raise InvalidQuery("The link is too long to be a question.")
    data: dict[str, Any] = {}
    if version := _one(params, "v"):
        data["v"] = int(version) if re.match(r"^\d{1,4}$", version) else version
    if metrics := _one(params, "m"):
        data["metrics"] = metrics.split(",")
    if by := _one(params, "by"):
        data["by"] = [_breakdown_from_text(text) for text in by.split(",")]
    if filters := list(params.get("f", ())):
        parts = [_filter_from_text(text) for text in filters]
        data["where"] = parts[0] if len(parts) == 1 else {"and": parts}
    if params.get("h"):
        data["having"] = [_metric_filter_from_text(text) for text in params["h"]]
    if time := _one(params, "t"):
        data["time"] = period_from_text(time)
    if params.get("c"):
        data["compare"] = [_comparison_from_text(text) for text in params["c"]]
    if top := _one(params, "top"):
        data["top"] = _top_from_text(top)
    if totals := _one(params, "tot"):
        data["totals"] = [text.split("+") if text != "grand" else text for text in totals.split(",")]
    if order := _one(params, "o"):
        data["order"] = [{"by": text.removesuffix("!"), "desc": text.endswith("!")} for text in order.split(",")]
    if limit := _one(params, "n"):
        data["limit"] = int(limit) if re.match(r"^\d{1,9}$", limit) else limit
    if as_of := _one(params, "asof"):
        data["as_of"] = int(as_of) if re.match(r"^\d{1,9}$", as_of) else as_of
    if params.get("calc"):
        data["calc"] = [calculation_from_text(text) for text in params["calc"]]
    for key, name in _SETTINGS:
        if text := _one(params, key):
            data[name] = text
    if every := _one(params, "every"):
        data["every_period"] = True if every == "period" else every
    if rows := _one(params, "rows"):
        data["each_row"] = True if rows == "each" else rows
    if show := _one(params, "show"):
        data["ranges"] = True if show == "ranges" else show
    return query_from_data(data)


def _one(params: Mapping[str, Sequence[str]], key: str) -> str:
    texts = params.get(key, ())
    return texts[-1] if texts else ""


def _breakdown_text(breakdown: Breakdown) -> str:
    how = (
        breakdown.grain.value
        if breakdown.grain
        else f"part.{breakdown.part.value}"
        if breakdown.part
        else breakdown.period
    )
    return breakdown.dim + (f":{how}" if how else "") + (f"@{breakdown.via}" if breakdown.via else "")


def _breakdown_from_text(text: str) -> dict[str, str]:
    rest, _, via = text.partition("@")
    dim, _, how = rest.partition(":")
    is_part = how.startswith("part.")  # no name has a dot
    said = {"part": how.removeprefix("part.")} if is_part else {"grain": how} if how else {}
    return {"dim": dim} | said | ({"via": via} if via else {})


def _period_text(period: Period) -> str:
    match period:
        case Last(count, unit, complete):
            return f"last_{count}_{unit.value}" + ("" if complete else "_running")
        case ToDate(unit, complete):
            return f"{unit.value}_to_date" + ("" if complete else "_running")
        case Between(start, end, complete):
            return f"{start or ''}..{end or ''}" + ("" if complete else "_running")


def period_from_text(text: str) -> dict[str, Any]:
    if match := re.match(r"^last_(\d{1,6})_([a-z_]+?)(_running)?$", text):
        return {"last": int(match[1]), "unit": match[2]} | ({"complete": False} if match[3] else {})
    if match := re.match(r"^([a-z_]+?)_to_date(_running)?$", text):
        return {"to_date": match[1]} | ({"complete": False} if match[2] else {})
    # Links of earlier releases state that a period is complete, which is now the default.
    days = text.removesuffix("_complete").removesuffix("_running")
    start, dots, end = days.partition("..")
    if not dots:
        raise InvalidQuery(f"{text[:80]!r} isn't a period. Use the form last_13_week or 2026-01-01..2026-03-31.")
    complete = {"complete": False} if text.endswith("_running") else {}
    return ({"from": start} if start else {}) | ({"to": end} if end else {}) | complete


def _comparison_text(comparison: Comparison) -> str:
    match comparison:
        case Previous():
            return "previous"
        case LastYear():
            return "last_year"
        case Back(count, unit):
            return f"back:{count}:{unit.value}"
        case Named(start, end):
            return f"{start}..{end}"


def _comparison_from_text(text: str) -> dict[str, Any]:
    if match := re.match(r"^back:(\d{1,6}):([a-z_]+)$", text):
        return {"to": {"back": int(match[1]), "unit": match[2]}}
    start, dots, end = text.partition("..")
    return {"to": {"from": start, "to": end}} if dots else {"to": text}


def _top_text(top: Top) -> str:
    """Return a top as text, such as `channel:8:spend` or `campaign:3:spend:within=channel:rest`.

    `rest` means that the other members are left out.
    """
    within = f":within={'+'.join(top.within)}" if top.within else ""
    return f"{top.dim}:{top.n}:{top.metric}{within}{'' if top.other else ':rest'}"


def _top_from_text(text: str) -> dict[str, Any]:
    dim, n, metric, *others = [*text.split(":"), "", ""][: max(3, text.count(":") + 1)]
    data: dict[str, Any] = {"dim": dim, "n": int(n) if re.match(r"^\d{1,6}$", n) else n, "metric": metric}
    for word in others:
        if word.startswith("within="):
            data["within"] = word.removeprefix("within=").split("+")
        elif word == "rest":
            data["other"] = False
        else:
            raise InvalidQuery(f"{text[:80]!r} isn't a top. Use the form channel:8:spend.")
    return data


def _metric_filter_text(condition: MetricFilter) -> str:
    return f"{condition.metric}:{condition.op}:{','.join(repr(value) for value in condition.values)}"


def _metric_filter_from_text(text: str) -> dict[str, Any]:
    metric, _, rest = text.partition(":")
    op, colon, values = rest.partition(":")
    if not colon:
        raise InvalidQuery(f"{text[:80]!r} isn't a filter on a metric. Use the form spend:>:100.")
    numbers = [_bare_value(value) for value in values.split(",")]
    return {"metric": metric, "op": op} | ({"value": numbers[0]} if len(numbers) == 1 else {"values": numbers})


def _filter_params(where: Filter) -> list[str]:
    flat = isinstance(where, AllOf) and len(where.parts) > 1
    parts = where.parts if isinstance(where, AllOf) and flat else (where,)
    return [_filter_text(part) for part in parts]


def _filter_text(part: Filter) -> str:
    """Return a filter as text.

    A condition reads like `brand:not_in:yes,no`, and a segment like `segment:name`. Anything else is JSON, which starts
    with a brace.
    """
    if isinstance(part, InSegment):
        return f"segment:{part.segment}"
    if not isinstance(part, Condition):
        return json.dumps(filter_data(part), ensure_ascii=False, separators=(",", ":"))
    via = f"@{part.via}" if part.via else ""
    return f"{part.dim}{via}:{part.op.value}:{','.join(_value_text(value) for value in part.values)}"


def _filter_from_text(text: str) -> Any:
    if text.startswith("{"):
        try:
            return _JSON.decode(text)
        except (ValueError, RecursionError) as error:
            raise InvalidQuery(f"A filter in the link isn't valid JSON: {error}.") from error
    name, _, rest = text.partition(":")
    op, colon, values = rest.partition(":")
    if not colon and name == "segment":
        return {"segment": op}
    if not colon:
        raise InvalidQuery(f"{text[:80]!r} isn't a filter. Use the form dimension:in:value,value.")
    dim, _, via = name.partition("@")
    return {"dim": dim, "op": op, "values": _values_from_text(values)} | ({"via": via} if via else {})


def _value_text(value: Value) -> str:
    """Return a value as text, without quotes where it can be read back.

    Text that looks like a number, true, false or null is quoted.
    """
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if not isinstance(value, str):
        return repr(value)
    if value == "" or "," in value or _LOOKS_TYPED.match(value):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return value


_TOKEN = re.compile(r"'((?:[^'\\]|\\.)*)'(?:,|$)|([^,]*)(?:,|$)", re.DOTALL)


def _values_from_text(text: str) -> list[Value]:
    values: list[Value] = []
    position = 0
    while position <= len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise InvalidQuery(f"{text[:80]!r} isn't a list of values.")
        quoted, bare = match[1], match[2]
        values.append(re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL) if quoted is not None else _bare_value(bare))
        if not match[0].endswith(",") or (match.end() == len(text) and quoted is not None and text[-1] == "'"):
            break
        position = match.end()
    return values


def _bare_value(text: str) -> Value:
    if text in ("null", "true", "false"):
        return json.loads(text)
    if re.match(r"^-?\d{1,40}$", text):
        return int(text)
    if re.match(r"^-?\d{1,40}(\.\d{1,40})?(e[+-]?\d{1,3})?$", text):
        return float(text)
    return text
