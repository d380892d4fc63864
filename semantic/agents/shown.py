"""Describe every part of an agent's proposal in words, so that its person sees all that an approval covers.

Acts with different digests have different words: every part is included, with its exact names and values. Values are
quoted, and invisible characters are spelled out.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from semantic.agents.acts import AskQuestion, ProposedAct, RequestMetric, SaveQuestion, SetAlert, Subscribe
from semantic.alerts.alert import (
    Alert,
    BehindTarget,
    Changed,
    CheckFailed,
    DataLate,
    OutsideUsual,
    Rule,
    Threshold,
)
from semantic.alerts.codec import number_data
from semantic.errors import counted
from semantic.policy.narrow import VisibleModel
from semantic.query.data import query_to_data
from semantic.query.filters import filter_data
from semantic.query.query import Query
from semantic.query.same import canonical

_Data = Mapping[str, Any]  # Any: JSON of a question
Label = Callable[[str], str]
"""Returns the label of a name, as people know it."""

_OPERATORS: Final = {
    "in": "is one of", "not_in": "is none of", "between": "is between", "contains": "contains",
    "not_contains": "doesn't contain", "starts_with": "starts with", "not_starts_with": "doesn't start with",
}  # fmt: skip
_COMPARED: Final = {"previous": "the period before", "last_year": "last year"}
_CONDITIONS: Final = {
    "always": "always", "changed": "if the numbers changed", "behind": "if a number is behind its target",
    "alert": "if an alert fires",
}  # fmt: skip
_NAMES: Final = ("to", "within", "along", "via")
"""The JSON keys whose values are names."""
_CHOICES: Final = ("grain", "part", "unit", "to_date")
"""The JSON keys whose values are one of a few fixed words, which needn't be quoted."""
_RISES: Final = {"up": "rises", "down": "falls", "either": "changes"}
_LEAVES: Final = {"up": "rises above", "down": "falls below", "either": "leaves"}


def shown_of(act: ProposedAct, seen: VisibleModel) -> list[str]:
    """Return a line for each part of an act. The caller checks that this person can see the names in it."""
    label = _labels(seen)
    match act:
        case AskQuestion(query):  # why it needs approval isn't part of what is approved
            return shown_parts(query, seen)
        case SaveQuestion(query=query):
            return [*shown_parts(query, seen), *_texts(Name=act.name, Description=act.sentence)]
        case SetAlert(alert):
            return [*_alert(alert, label)]
        case Subscribe():
            return [
                f"Sends the {'board' if act.what == 'board' else 'saved question'} {_said(act.title)} "
                f"(number {_said(act.about)}, version {act.version})",
                f"Schedule: {_said(act.cron)}, time zone {_said(act.zone)}",
                f"Sent {_CONDITIONS[act.condition]}",
            ]
        case RequestMetric(query=query):
            asked = shown_parts(query, seen) if query is not None else []
            metric = [f"Related metric: {label(act.metric)}"] if act.metric else []
            day = [f"Needed by: {act.needed_by:%-d %b %Y}"] if act.needed_by else []
            return [*_texts(**{"Asks for": act.words, "Needed for": act.purpose}), *day, *metric, *asked]


def shown_parts(query: Query, seen: VisibleModel) -> list[str]:
    """Return a line for each part of a question."""
    data, label = query_to_data(canonical(query)), _labels(seen)
    return [words(data[name], label) for name, words in PARTS.items() if name in data]


def _texts(**texts: str) -> list[str]:
    return [f"{head}: {_said(text)}" for head, text in texts.items() if text]


def _alert(alert: Alert, label: Label) -> Iterator[str]:
    yield f"Metric: {label(alert.metric)}"
    if alert.of is not None:
        yield f"Number of an analysis: {_said(number_data(alert.of))}"
    if alert.where is not None:
        yield f"Only rows where {_filter(filter_data(alert.where), label)}"
    yield f"Fires if {_rule(alert.rule)}"
    yield f"Checked for each {alert.grain.value}"
    yield f"At most one message in {counted(alert.apart_days, 'day')}"
    yield f"Ends after {counted(alert.ends_after, f'normal {alert.grain.value}')}"
    yield f"Held for at most {counted(alert.hold_days, 'day')} while data isn't final"
    yield from _texts(Name=alert.name)


def _rule(rule: Rule) -> str:
    """Return an alert's rule in words, with its exact numbers."""
    match rule:
        case Threshold(side=side, value=value, of="target"):
            return f"it's {side} {_percent(value)} of its target"
        case Threshold(side=side, value=value):
            return f"it's {side} {_number_text(value)}"
        case Changed():
            by = _percent(rule.by) if rule.how == "share" else _number_text(rule.by)
            to_date = ", to date" if rule.to_date else ""
            return f"it {_RISES[rule.way]} by more than {by} from {_COMPARED[rule.against]}{to_date}"
        case OutsideUsual():
            return f"it {_LEAVES[rule.way]} its usual range (sensitivity: {rule.sensitivity})"
        case BehindTarget():
            return f"it's expected to miss its target by {_percent(rule.by)} or more"
        case CheckFailed():
            return "a check of its data fails"
        case DataLate():
            return f"{counted(rule.days, 'day')} or more of its data are missing"


def _percent(share: float) -> str:
    return f"{_number_text(Decimal(repr(share)) * 100)}%"


def _number_text(value: float | Decimal) -> str:
    """Return a number as text with all its digits, but without trailing zeros."""
    text = f"{Decimal(str(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _labels(seen: VisibleModel) -> Label:
    """Return a function that returns a name's label. If two names have the same label, it adds the name."""
    known = {thing.name: thing.label or thing.name for thing in (*seen.dimensions, *seen.segments, *seen.metrics)}
    times = Counter(known.values())

    def label(name: str) -> str:
        base, _, compare = name.partition("@")  # a metric of a comparison
        if compare and base in known:
            return f"{label(base)} ({_COMPARED.get(compare, compare)})"
        text = known.get(name)
        if text is None:
            return _said(name)
        return f"“{text}” ({name})" if times[text] > 1 and text != name else f"“{text}”"

    return label


def _listed(head: str) -> Callable[[Any, Label], str]:
    return lambda values, label: f"{head}: {', '.join(label(name) for name in values)}"


def _chosen(head: str) -> Callable[[Any, Label], str]:
    """Return a function that describes a setting with fixed choices, such as a time zone."""
    return lambda value, _: f"{head}: {_spaced(str(value)).capitalize() if str(value).islower() else value}"


def _breakdowns(values: list[Any], label: Label) -> str:
    texts = [
        label(each) if isinstance(each, str) else f"{label(each['dim'])}{_rest(each, label, 'dim')}" for each in values
    ]
    return f"Broken down by: {', '.join(texts)}"


def _compared(values: list[_Data], label: Label) -> str:
    texts = [_COMPARED[each["to"]] if isinstance(each["to"], str) else _days(each["to"], label) for each in values]
    return f"Compared with: {', '.join(texts)}"


def _days(data: _Data, label: Label) -> str:
    """Return a period in exact words: `from 2026-01-01 to 2026-01-31`, `the last 4 weeks`."""
    match data:
        case {"last": count, "unit": unit}:
            words = f"the last {counted(count, str(unit).replace('_', ' '))}"
        case {"back": count, "unit": unit}:
            return f"{counted(count, str(unit).replace('_', ' '))} before"
        case {"to_date": unit}:
            words = f"the {_spaced(str(unit))} to date"
        case _:
            words = " ".join(f"{end} {data[end]}" for end in ("from", "to") if end in data)
    return f"{words}{_rest(data, label, 'last', 'unit', 'to_date', 'from', 'to')}"


def _top(top: _Data, label: Label) -> str:
    rest = _rest(top, label, "n", "dim", "metric")
    return f"Only the first {top['n']} of {label(top['dim'])} by {label(top['metric'])}{rest}"


def _orders(values: list[_Data], label: Label) -> str:
    texts = [f"{label(each['by'])}, {'largest' if each.get('desc') else 'smallest'} first" for each in values]
    return f"Sorted by: {'; '.join(texts)}"


def _calculations(values: list[_Data], label: Label) -> str:
    texts = [
        f"{each['name']} = {_spaced(each['do'])} of {label(each['of'])}{_rest(each, label, 'name', 'do', 'of')}"
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
    "time": lambda data, label: f"Days: {_days(data, label)}",
    "compare": _compared,
    "top": _top,
    "totals": _totals,
    "calc": _calculations,
    "order": _orders,
    "limit": lambda count, _: f"At most {count} rows",
    "time_zone": _chosen("Time zone"),
    "week_start": _chosen("Weeks start on"),
    "fiscal_start": _chosen("Fiscal years start in"),
    "currency": _chosen("Currency"),
    "rates": _chosen("Exchange rates of"),
    "history": lambda _, __: "Attributes as they are now, not as they were",
    "every_period": lambda _, __: "Also periods without rows",
    "each_row": lambda _, __: "Values of each row",
    "ranges": lambda _, __: "Only the smallest and largest values",
    "as_of": lambda version, _: f"Definitions of version {version}",
}
"""How to describe each part of a question, in the order of display."""


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
            days = f", in the days {_days(data['time'], label)}" if "time" in data else ""
            return f"({_number(data, label)} for each {label(per)}{where}{days})"
        case _:
            role = f" through {label(data['via'])}" if "via" in data else ""
            return f"{label(data['dim'])}{role} {_compares(data)}"


def _number(data: _Data, label: Label) -> str:
    return f"{label(data['metric'])} {_compares(data)}"


def _compares(data: _Data) -> str:
    values = data["values"] if "values" in data else [data.get("value")]
    return f"{_OPERATORS.get(data['op'], data['op'])} {', '.join(map(_said, values))}"


def _rest(data: _Data, label: Label, *told: str) -> str:
    rest = {name: value for name, value in data.items() if name not in told}
    return f" ({', '.join(_pairs(rest, label))})" if rest else ""


def _pairs(data: _Data, label: Label | None = None) -> Iterator[str]:
    for name, value in sorted(data.items()):
        if label is not None and name in _NAMES:
            names = [value] if isinstance(value, str) else value
            yield f"{_spaced(name)}: {', '.join(map(label, names))}"
        else:
            yield f"{_spaced(name)}: {_spaced(value) if name in _CHOICES else _said(value)}"


def _said(value: Any) -> str:
    """Return a value exactly as text. If one of its characters is invisible, such characters are escaped."""
    match value:
        case str():
            return json.dumps(value, ensure_ascii=not value.isprintable())
        case Mapping():
            return f"({', '.join(_pairs(value))})"  # pyright: ignore[reportUnknownArgumentType]
        case list() | tuple():
            return f"[{', '.join(map(_said, value))}]"  # pyright: ignore[reportUnknownArgumentType]
        case bool():
            return "yes" if value else "no"
        case None:
            return "(none)"
        case float():
            return _number_text(value)
        case _:
            return json.dumps(value)


def _spaced(name: str) -> str:
    return name.replace("_", " ")
