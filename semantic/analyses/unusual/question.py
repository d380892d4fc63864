"""The question which days were unusual: its fields and its data format. Unknown keys are refused, never ignored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from semantic.alerts.usual import SPREADS, Sensitivity
from semantic.analyses.events.parts import breakdown_data, read_breakdown
from semantic.errors import InvalidQuery
from semantic.model.definitions import Granularity
from semantic.query.checked import mapping, name
from semantic.query.filters import filter_data, read_filter
from semantic.query.period_data import period_data, read_period
from semantic.query.query import DATE, Breakdown, Filter, Last, Period

KEYS: Final = ("kind", "v", "metric", "by", "where", "time", "sensitivity")
DEFAULT: Final = Last(90, Granularity.DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusualDays:
    """The question which days of a metric were unusual. `by` is a breakdown whose members may explain these days."""

    metric: str
    by: Breakdown | None = None
    where: Filter | None = None
    time: Period = DEFAULT
    sensitivity: Sensitivity = "normal"


def read_unusual(data: object) -> UnusualDays:
    """Return the question in JSON-like data. Raises InvalidQuery."""
    fields = mapping(data, "The search for unusual days", KEYS)
    if fields.get("kind", "anomalies") != "anomalies" or fields.get("v", 1) != 1:
        raise InvalidQuery("This isn't a search for unusual days. Use the kind anomalies, version 1.")
    if "metric" not in fields:
        raise InvalidQuery("Name the 'metric' to look at, such as revenue.")
    sensitivity = fields.get("sensitivity", "normal")
    if sensitivity not in SPREADS:
        raise InvalidQuery(f"{str(sensitivity)[:40]!r} isn't an option for 'sensitivity'. Use {', '.join(SPREADS)}.")
    by, where, time = (fields.get(key) for key in ("by", "where", "time"))
    return UnusualDays(
        metric=name(fields["metric"], "metric"),
        by=_breakdown(by) if by is not None else None,
        where=read_filter(where) if where is not None else None,
        time=read_period(time) if time is not None else DEFAULT,
        sensitivity=sensitivity,
    )


def unusual_data(asked: UnusualDays) -> dict[str, Any]:
    """Return the question as JSON-ready data. Default values are left out, except for the period."""
    data: dict[str, Any] = {"kind": "anomalies", "v": 1, "metric": asked.metric}
    if asked.by is not None:
        data["by"] = breakdown_data(asked.by)
    if asked.where is not None:
        data["where"] = filter_data(asked.where)
    data["time"] = period_data(asked.time)
    return data | ({"sensitivity": asked.sensitivity} if asked.sensitivity != "normal" else {})


def _breakdown(data: object) -> Breakdown:
    breakdown = read_breakdown(data, "by")
    if breakdown.grain is not None or breakdown.dim == DATE:
        raise InvalidQuery("'by' must be a dimension other than a date, such as channel, because days are judged.")
    return breakdown
