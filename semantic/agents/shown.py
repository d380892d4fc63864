"""Every part of what an agent proposes, in words, so that its person sees all that an approval covers.

Two acts with different digests have different words: each part has its exact names and values, and none is left out.
Values are quoted, and characters that can't be seen are spelled out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from semantic.agents.acts import AskQuestion, ProposedAct, RequestMetric, SaveQuestion, SetAlert, act_data
from semantic.policy.narrow import VisibleModel
from semantic.query.data import query_to_data
from semantic.query.query import Query
from semantic.query.same import canonical

_Data = Mapping[str, Any]  # Any: JSON of a question
Label = Callable[[str], str]
"""A name with its label, as people know it."""

_OPERATORS: Final = {
    "in": "is one of", "not_in": "is none of", "between": "is between", "contains": "contains",
    "not_contains": "doesn't contain", "starts_with": "starts with", "not_starts_with": "doesn't start with",
}  # fmt: skip
_COMPARED: Final = {"previous": "the period before", "last_year": "last year"}


def shown_of(act: ProposedAct, seen: VisibleModel) -> list[str]:
    """Return every part of an act, a line each. The caller has checked that this person can see what it names."""
    label, data = _labels(seen), act_data(act)
    query = act.query if isinstance(act, AskQuestion | SaveQuestion | RequestMetric) else None
    lines = shown_parts(query, seen) if query is not None else []
    for name in ("query", "why"):  # the reason isn't part of what is approved
        data.pop(name, None)
    if isinstance(act, SetAlert):
        alert = data["alert"]
        lines += [f"Metric: {label(alert.pop('metric'))}"]
        where = alert.pop("where", None)
        lines += [f"Only rows where {_filter(where, label)}"] if where is not None else []
        data = alert
    elif isinstance(act, SaveQuestion | RequestMetric):
        data = {name: value for name, value in data.items() if value != ""}
    lines += [f"{_spaced(name).capitalize()}: {_said(value)}" for name, value in sorted(data.items())]
    return lines


def shown_parts(query: Query, seen: VisibleModel) -> list[str]:
    """Return every part of a question, a line each."""
    data, label = query_to_data(canonical(query)), _labels(seen)
    return [words(data[name], label) for name, words in PARTS.items() if name in data]


def _labels(seen: VisibleModel) -> Label:
    known = {thing.name: thing.label for thing in (*seen.dimensions, *seen.segments, *seen.metrics)}

    def label(name: str) -> str:
        return f"“{known[name]}” ({name})" if known.get(name) else name

    return label


def _listed(head: str) -> Callable[[Any, Label], str]:
    return lambda values, label: f"{head}: {', '.join(label(name) for name in values)}"


def _exactly(head: str) -> Callable[[Any, Label], str]:
    return lambda value, _: f"{head}: {_said(value)}"


def _breakdowns(values: list[Any], label: Label) -> str:
    texts = [label(each) if isinstance(each, str) else f"{label(each['dim'])}{_rest(each, 'dim')}" for each in values]
    return f"Broken down by: {', '.join(texts)}"


def _compared(values: list[_Data], label: Label) -> str:
    del label
    texts = [_COMPARED[each["to"]] if isinstance(each["to"], str) else _said(each["to"]) for each in values]
    return f"Compared with: {', '.join(texts)}"


def _top(top: _Data, label: Label) -> str:
    rest = _rest(top, "n", "dim", "metric")
    return f"Only the first {top['n']} of {label(top['dim'])} by {label(top['metric'])}{rest}"


def _orders(values: list[_Data], label: Label) -> str:
    texts = [f"{label(each['by'])}, {'largest' if each.get('desc') else 'smallest'} first" for each in values]
    return f"Sorted by: {'; '.join(texts)}"


def _calculations(values: list[_Data], label: Label) -> str:
    texts = [
        f"{each['name']} = {_spaced(each['do'])} of {label(each['of'])}{_rest(each, 'name', 'do', 'of')}"
        for each in values
    ]
    return f"Calculated: {'; '.join(texts)}"


def _totals(values: list[Any], label: Label) -> str:
    texts = [f"by {', '.join(map(label, each))}" if isinstance(each, list) else
             "of everything" if each == "grand" else f"by {label(each)}" for each in values]  # fmt: skip
    return f"Totals: {'; '.join(texts)}"


PARTS: Final[Mapping[str, Callable[[Any, Label], str]]] = {
    "metrics": _listed("Metrics"),
    "by": _breakdowns,
    "where": lambda data, label: f"Only rows where {_filter(data, label)}",
    "having": lambda data, label: f"Only groups where {' and '.join(_number(each, label) for each in data)}",
    "time": _exactly("Days"),
    "compare": _compared,
    "top": _top,
    "totals": _totals,
    "calc": _calculations,
    "order": _orders,
    "limit": lambda count, _: f"At most {count} rows",
    "time_zone": _exactly("Time zone"),
    "week_start": _exactly("Weeks start on"),
    "fiscal_start": _exactly("Fiscal years start in"),
    "currency": _exactly("Currency"),
    "rates": _exactly("Exchange rates of"),
    "history": _exactly("Attributes at the time, or as they are now"),
    "every_period": _exactly("Also periods without rows"),
    "each_row": _exactly("Values of each row"),
    "ranges": _exactly("Only the smallest and largest values"),
    "as_of": _exactly("Definitions of version"),
}
"""The words of each part of a question, in order."""


def _filter(data: _Data, label: Label) -> str:
    match data:
        case {"and": parts}:
            return f"({' and '.join(_filter(part, label) for part in parts)})"
        case {"or": parts}:
            return f"({' or '.join(_filter(part, label) for part in parts)})"
        case {"not": part}:
            return f"not ({_filter(part, label)})"
        case {"segment": name}:
            return f"the row is in the segment {label(name)}"
        case {"sql": text}:
            return f"this is true: {_said(text)}"
        case {"metric": _, "per": per}:
            where = f", counting only rows where {_filter(data['where'], label)}" if "where" in data else ""
            days = f", in {_said(data['time'])}" if "time" in data else ""
            return f"({_number(data, label)} for each {per}{where}{days})"
        case _:
            role = f" through {data['via']}" if "via" in data else ""
            return f"{label(data['dim'])}{role} {_compares(data)}"


def _number(data: _Data, label: Label) -> str:
    return f"{label(data['metric'])} {_compares(data)}"


def _compares(data: _Data) -> str:
    values = data["values"] if "values" in data else [data.get("value")]
    return f"{_OPERATORS.get(data['op'], data['op'])} {', '.join(map(_said, values))}"


def _rest(data: _Data, *told: str) -> str:
    rest = {name: value for name, value in data.items() if name not in told}
    return f" ({', '.join(_pairs(rest))})" if rest else ""


def _pairs(data: _Data) -> Iterator[str]:
    for name, value in sorted(data.items()):
        yield f"{_spaced(name)}: {_said(value)}"


def _said(value: Any) -> str:
    """A value exactly, with its characters spelled out if one can't be seen."""
    match value:
        case str():
            return json.dumps(value, ensure_ascii=not value.isprintable())
        case Mapping():
            return f"({', '.join(_pairs(value))})"  # pyright: ignore[reportUnknownArgumentType]
        case list() | tuple():
            return f"[{', '.join(map(_said, value))}]"  # pyright: ignore[reportUnknownArgumentType]
        case _:
            return json.dumps(value)


def _spaced(name: str) -> str:
    return name.replace("_", " ")
