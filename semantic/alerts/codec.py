"""The codec that writes and reads alerts as JSON. It round-trips exactly, and validates everything it reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final, Literal, TypeVar, cast

from semantic.alerts.alert import (
    GRAINS,
    LONGEST_NAME,
    MOST_APART_DAYS,
    MOST_ENDS_AFTER,
    MOST_HOLD_DAYS,
    Alert,
    AnalysisNumber,
    BehindTarget,
    Changed,
    CheckFailed,
    DataLate,
    OutsideUsual,
    Rule,
    Threshold,
)
from semantic.alerts.analysis_numbers import NUMBERS, check_number, first_metric, kept_analysis
from semantic.analyses.events.definition import analysis_from_data
from semantic.analyses.events.funnel.question import MOST_STEPS
from semantic.errors import InvalidQuery
from semantic.model.definitions import Granularity
from semantic.query.checked import grain, mapping, name, number, truth, whole
from semantic.query.codec import data_from_json
from semantic.query.filters import filter_data, read_filter

VERSION: Final = 1
MOST_LATE_DAYS: Final = 60
RULES: Final[Mapping[type[Rule], str]] = {
    Threshold: "threshold",
    Changed: "changed",
    OutsideUsual: "outside_usual",
    BehindTarget: "behind_target",
    CheckFailed: "check_failed",
    DataLate: "data_late",
}
"""The name of each rule in JSON, the audit log and metrics."""

_KEYS: Final = ("v", "metric", "where", "grain", "rule", "apart_days", "ends_after", "hold_days", "name", "of")
_OF_ANALYSES: Final = (Threshold, Changed, OutsideUsual)
"""The rules that a number of an analysis can't have, because it has no target and no checks of its own."""
Chosen = TypeVar("Chosen", bound=str)


def alert_to_json(alert: Alert) -> str:
    """Return the alert as compact JSON."""
    return json.dumps(alert_data(alert), ensure_ascii=False, separators=(",", ":"))


def alert_from_json(text: str) -> Alert:
    """Return the alert in a JSON text. Raises InvalidQuery, with what is wrong and where."""
    return read_alert(data_from_json(text))


def alert_data(alert: Alert) -> dict[str, Any]:
    where = {"where": filter_data(alert.where)} if alert.where is not None else {}
    named = {"name": alert.name} if alert.name else {}
    rule = {"kind": RULES[type(alert.rule)], **asdict(alert.rule)}
    of = {"of": number_data(alert.of)} if alert.of is not None else {}
    patience = {"apart_days": alert.apart_days, "ends_after": alert.ends_after, "hold_days": alert.hold_days}
    return {
        "v": VERSION,
        "metric": alert.metric,
        **of,
        **where,
        "grain": alert.grain.value,
        "rule": rule,
        **patience,
        **named,
    }


def read_alert(data: object) -> Alert:
    """Return the alert in JSON data. Raises InvalidQuery."""
    fields = mapping(data, "An alert", _KEYS)
    if fields.get("v", VERSION) != VERSION:
        raise InvalidQuery("This alert was saved by another version of Samepage, which this one can't read.")
    alert = Alert(
        metric=name(fields.get("metric"), "metric"),
        where=read_filter(fields["where"]) if fields.get("where") is not None else None,
        grain=_read_grain(fields.get("grain", Granularity.DAY.value)),
        rule=_read_rule(fields.get("rule")),
        apart_days=whole(fields.get("apart_days", 3), "apart_days", MOST_APART_DAYS),
        ends_after=whole(fields.get("ends_after", 2), "ends_after", MOST_ENDS_AFTER),
        hold_days=whole(fields.get("hold_days", 3), "hold_days", MOST_HOLD_DAYS),
        name=_read_name(fields.get("name", "")),
        of=read_number(fields["of"]) if fields.get("of") is not None else None,
    )
    if alert.of is not None:
        _check_of(alert, alert.of)
    if isinstance(alert.rule, Changed) and alert.rule.to_date and alert.grain is Granularity.DAY:
        raise InvalidQuery("Only weeks and months can be compared to date. Choose one of them, or whole days.")
    if isinstance(alert.rule, BehindTarget) and alert.grain is Granularity.DAY:
        raise InvalidQuery("A target's pace is judged over a week or a month. Choose one of them.")
    return alert


def number_data(of: AnalysisNumber) -> dict[str, Any]:
    """Return a number of an analysis as JSON-ready data."""
    step = {"step": of.step} if of.step is not None else {}
    return {"analysis": of.analysis.data, "number": of.name, **step}


def read_number(data: object) -> AnalysisNumber:
    """Return a number of an analysis from JSON data. Raises InvalidQuery."""
    fields = mapping(data, "A number of an analysis", ("analysis", "number", "step"))
    analysis = kept_analysis(analysis_from_data(fields.get("analysis")))
    step = whole(fields["step"], "step", MOST_STEPS) if fields.get("step") is not None else None
    return AnalysisNumber(analysis, _choice(fields.get("number"), "number", NUMBERS), step)


def _check_of(alert: Alert, of: AnalysisNumber) -> None:
    if alert.where is not None or alert.metric != first_metric(of):
        raise InvalidQuery("An alert on an analysis has the analysis's own events and filters. Change them there.")
    is_to_date = isinstance(alert.rule, Changed) and alert.rule.to_date
    is_of_target = isinstance(alert.rule, Threshold) and alert.rule.of == "target"
    if not isinstance(alert.rule, _OF_ANALYSES) or is_to_date or is_of_target:
        raise InvalidQuery(
            "An alert on an analysis compares whole periods with a value, with other periods or with its usual range."
        )
    check_number(of, alert.grain)


def _read_grain(data: object) -> Granularity:
    unit = grain(data)
    if unit not in GRAINS:
        raise InvalidQuery("An alert judges days, weeks or months. Choose one of them.")
    return unit


def _read_name(data: object) -> str:
    if not isinstance(data, str) or len(data) > LONGEST_NAME or not (data == "" or data.isprintable()):
        raise InvalidQuery(f"An alert's name has at most {LONGEST_NAME} characters, on one line.")
    return data.strip()


def _read_rule(data: object) -> Rule:
    kinds = {kind: rule for rule, kind in RULES.items()}
    kind = cast(Mapping[str, object], data).get("kind") if isinstance(data, dict) else None
    rule = kinds.get(kind) if isinstance(kind, str) else None
    if rule is None:
        raise InvalidQuery(f"An alert needs a rule of the kind {', '.join(kinds)}.")
    fields = mapping(data, "An alert's rule", ("kind", *rule.__dataclass_fields__))
    return _READ[rule](fields)


def _threshold(fields: Mapping[str, Any]) -> Threshold:
    of: Literal["value", "target"] = _choice(fields.get("of", "value"), "of", ("value", "target"))
    value = float(number(fields.get("value"), "value"))
    if of == "target" and not 0 < value <= 10:
        raise InvalidQuery("A share of the target must be between 0% and 1,000%.")
    return Threshold(side=_choice(fields.get("side"), "side", ("above", "below")), value=value, of=of)


def _changed(fields: Mapping[str, Any]) -> Changed:
    by = float(number(fields.get("by"), "by"))
    if by <= 0:
        raise InvalidQuery("A change must be larger than 0. Choose how much matters.")
    return Changed(
        by=by,
        how=_choice(fields.get("how", "share"), "how", ("share", "amount")),
        way=_choice(fields.get("way", "either"), "way", ("up", "down", "either")),
        against=_choice(fields.get("against", "previous"), "against", ("previous", "last_year")),
        to_date=truth(fields.get("to_date", False), "to_date"),
    )


def _outside_usual(fields: Mapping[str, Any]) -> OutsideUsual:
    return OutsideUsual(
        sensitivity=_choice(fields.get("sensitivity", "normal"), "sensitivity", ("low", "normal", "high")),
        way=_choice(fields.get("way", "either"), "way", ("up", "down", "either")),
    )


def _behind_target(fields: Mapping[str, Any]) -> BehindTarget:
    by = float(number(fields.get("by", 0), "by"))
    if not 0 <= by < 1:
        raise InvalidQuery("A target can be missed by 0% to 99%.")
    return BehindTarget(by=by)


def _choice(data: object, what: str, choices: tuple[Chosen, ...]) -> Chosen:
    for choice in choices:
        if data == choice:
            return choice
    raise InvalidQuery(f"{what!r} must be one of {', '.join(choices)}.")


_READ: Final = {
    Threshold: _threshold,
    Changed: _changed,
    OutsideUsual: _outside_usual,
    BehindTarget: _behind_target,
    CheckFailed: lambda fields: CheckFailed(),
    DataLate: lambda fields: DataLate(days=whole(fields.get("days", 2), "days", MOST_LATE_DAYS)),
}
