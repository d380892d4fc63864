"""Describe an alert's rule, and how often the alert can fire, in words: "Net revenue in Germany falls below €10K"."""

from __future__ import annotations

from semantic.alerts.alert import (
    Alert,
    BehindTarget,
    Changed,
    CheckFailed,
    DataLate,
    OutsideUsual,
    Threshold,
)
from semantic.display.format import Write, counted, exact, share
from semantic.model.definitions import Granularity

AGAINST = {
    (Granularity.DAY, "previous"): "the same weekday a week before",
    (Granularity.DAY, "last_year"): "the same weekday 52 weeks before",
    (Granularity.WEEK, "previous"): "the week before",
    (Granularity.WEEK, "last_year"): "the week 52 weeks before",
    (Granularity.MONTH, "previous"): "the month before",
    (Granularity.MONTH, "last_year"): "the same month a year before",
}
_ADVERBS = {Granularity.DAY: "Daily", Granularity.WEEK: "Weekly", Granularity.MONTH: "Monthly"}


def rule_words(alert: Alert, label: str, write: Write, where: str = "") -> str:
    """Return an alert's rule as a sentence, without a full stop.

    `label` is the metric's label, `write` formats numbers, and `where` describes the filter, such as `Country is DE`.
    """
    subject = f"{label} ({where})" if where else label
    return f"{subject} {_verb(alert, write)}"


def _verb(alert: Alert, write: Write) -> str:
    match alert.rule:
        case Threshold(side=side, value=value, of="target"):
            verb = "falls below" if side == "below" else "rises above"
            return f"{verb} {_percent(value)} of its target in a {alert.grain.value}"
        case Threshold(side=side, value=value):
            verb = "falls below" if side == "below" else "rises above"
            return f"{verb} {exact(write, value)} in a {alert.grain.value}"
        case Changed() as rule:
            verb = {"up": "rises", "down": "falls", "either": "changes"}[rule.way]
            by = _percent(rule.by) if rule.how == "share" else _amount(write, rule.by)
            other = AGAINST[alert.grain, rule.against]
            to_date = f" in the {alert.grain.value} to date" if rule.to_date else ""
            against = f"the same days of {other}" if rule.to_date else other
            return f"{verb} by more than {by}{to_date} from {against}"
        case OutsideUsual(way=way):
            of = "" if alert.grain is Granularity.DAY else f" in a {alert.grain.value}"
            side = {"up": "rises above", "down": "falls below", "either": "leaves"}[way]
            return f"{side} its usual range{of}"
        case BehindTarget(by=by):
            size = f" by {_percent(by)} or more" if by else ""
            return f"is on pace to miss its target for the {alert.grain.value}{size}"
        case CheckFailed():
            return "is based on data that fails a check"
        case DataLate(days=days):
            return f"lacks {counted(days, 'day')} of data or more"


def patience_words(alert: Alert) -> str:
    """Return a sentence about how often an alert is judged and can fire."""
    apart = (
        f"at most one message in {counted(alert.apart_days, 'day')}" if alert.apart_days > 1 else "at most one a day"
    )
    normal = counted(alert.ends_after, f"normal {alert.grain.value}")
    words = f"{_ADVERBS[alert.grain]}, {apart}. Ends after {normal}."
    if isinstance(alert.rule, CheckFailed | DataLate):
        return words  # these rules are about faulty data, so they don't wait for data
    return f"{words} Held for at most {counted(alert.hold_days, 'day')} while data isn't final."


def _amount(write: Write, by: float) -> str:
    """Return a change in the number's own unit, as text. For a share, that is points: 2% of 50% is 1 point."""
    text = exact(write, by)
    return f"{text.removesuffix('%')} percentage points" if text.endswith("%") else text


def _percent(value: float) -> str:
    return share(value, 0 if abs(value * 100 - round(value * 100)) < 1e-9 else 1)
