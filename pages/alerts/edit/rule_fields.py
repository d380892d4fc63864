"""The fields for when an alert fires: four choices about the number and one about its data, each with details."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal, TypeVar

import streamlit as st

from pages.shell.parts import plain
from semantic.alerts.alert import (
    BehindTarget,
    Changed,
    CheckFailed,
    DataLate,
    OutsideUsual,
    Rule,
    Sensitivity,
    Threshold,
    Way,
)
from semantic.alerts.words import AGAINST
from semantic.model.definitions import Granularity, Metric, NumberFormat
from semantic.model.money import shown_unit
from semantic.query.describe import upper_first
from semantic.targets.import_lines import Unreadable, read_number

Name = TypeVar("Name", bound=str)
Side = Literal["below", "above"]
Against = Literal["previous", "last_year"]
Of = Literal["value", "target"]
Kind = Literal["usual", "threshold", "changed", "target", "data"]
KINDS: Final[Mapping[Kind, tuple[str, str]]] = {
    "usual": ("Leaves its usual range", "Accounts for weekdays and growth. A good start for most numbers."),
    "threshold": ("Rises above or falls below a value", "You choose the value."),
    "changed": ("Changes by more than", "Compared with a week, a month or a year before."),
    "target": ("Falls behind target", "On pace to miss its target."),
    "data": ("Has a data problem", "A check fails, or data is late."),
}
"""The label and the explanation of each choice."""

OF_ANALYSES: Final[tuple[Kind, ...]] = ("usual", "threshold", "changed")

WAYS: Final[Mapping[Way, str]] = {"either": "Above or below it", "up": "Only above it", "down": "Only below it"}
CHANGES: Final[Mapping[Way, str]] = {"either": "Rises or falls", "up": "Rises", "down": "Falls"}
SENSITIVITIES: Final[Mapping[Sensitivity, str]] = {
    "low": "Low: fewer alerts", "normal": "Normal", "high": "High: more alerts",
}  # fmt: skip
SIDES: Final[Mapping[Side, str]] = {"below": "Falls below", "above": "Rises above"}
AGAINSTS: Final[tuple[Against, ...]] = ("previous", "last_year")
PROBLEMS: Final = ("A check fails", "Data is late")


def kind_of(rule: Rule) -> Kind:
    """Return the choice that a rule belongs to."""
    match rule:
        case OutsideUsual():
            return "usual"
        case Threshold():
            return "threshold"
        case Changed():
            return "changed"
        case BehindTarget():
            return "target"
        case CheckFailed() | DataLate():
            return "data"


def use_usual_range(key: str) -> None:
    """Select the usual range in the form whose field keys begin with `key`. Called on click."""
    for name in [name for name in st.session_state if str(name).startswith(key) and str(name).endswith("-kind")]:
        st.session_state[name] = "usual"


def rule_fields(
    key: str, metric: Metric, grain: Granularity, before: Rule | None, *, is_of_analysis: bool = False
) -> Rule | None:
    """Draw the fields, filled in from the rule `before`, and return the new rule, or None while a value is missing.

    A number of an analysis has no targets or checks, and only whole periods of it are judged.
    """
    kinds: list[Kind] = [kind for kind in KINDS if not is_of_analysis or kind in OF_ANALYSES]
    name = f"{key}-kind"
    if name not in st.session_state:
        st.session_state[name] = kind_of(before) if before is not None else "usual"
    kind: Kind = st.radio(
        "When it", kinds, key=name, format_func=lambda each: KINDS[each][0], captions=[KINDS[each][1] for each in kinds]
    )
    start = before if before is not None and kind_of(before) == kind else None
    with st.grid(2, min_column_width=140, gap="small"):
        match kind:
            case "usual":
                return _usual(key, start if isinstance(start, OutsideUsual) else OutsideUsual())
            case "threshold":
                return _threshold(key, metric, start if isinstance(start, Threshold) else None)
            case "changed":
                changed = start if isinstance(start, Changed) else None
                return _changed(key, metric, grain, changed, has_to_date=not is_of_analysis)
            case "target":
                return _target(key, start if isinstance(start, BehindTarget) else BehindTarget())
            case "data":
                return _data(key, start)


def _usual(key: str, start: OutsideUsual) -> Rule:
    way: Way = _choose("Which side", WAYS, start.way, f"{key}-usual-way")
    return OutsideUsual(
        sensitivity=_choose("Sensitivity", SENSITIVITIES, start.sensitivity, f"{key}-sensitivity"), way=way
    )


def _threshold(key: str, metric: Metric, start: Threshold | None) -> Rule | None:
    side: Side = _choose("Which way", SIDES, start.side if start else "below", f"{key}-side")
    unit = shown_unit(metric, None) or "value"
    of: Of = "value"
    if metric.target or (start is not None and start.of == "target"):
        of = _choose(
            "Measured in", {"value": unit, "target": "% of its target"}, start.of if start else "value", f"{key}-of"
        )
    typed = _typed(start.value, metric, of) if start is not None and start.of == of else ""
    label = "Value" if of == "target" or unit == "value" else f"Value in {unit}"
    text = st.text_input(plain(label), value=typed, key=f"{key}-value-{of}", live=True) or ""
    if of == "target":
        percent = _percent(text)
        return None if percent is None else Threshold(side=side, value=percent, of="target")
    value = _number(text, metric)
    return None if value is None else Threshold(side=side, value=float(value))


def _changed(
    key: str, metric: Metric, grain: Granularity, start: Changed | None, *, has_to_date: bool = True
) -> Rule | None:
    way: Way = _choose("Which way", CHANGES, start.way if start else "either", f"{key}-change-way")
    is_share = metric.format is NumberFormat.SHARE
    how: Literal["share", "amount"] = start.how if start is not None else "amount" if is_share else "share"
    in_percent = how == "share" or is_share
    unit = "%" if how == "share" else "percentage points" if is_share else shown_unit(metric, None) or "its own unit"
    size = start.by if start is not None else 0.02 if is_share else 0.2
    typed = f"{size * 100 if in_percent else size:g}"
    text = st.text_input(
        plain(f"By more than, in {unit}"), value=typed, key=f"{key}-by-{how}", live=True
    ) or ""  # fmt: skip
    earlier: Mapping[Against, str] = {each: upper_first(AGAINST[grain, each]) for each in AGAINSTS}
    against: Against = _choose(
        "Compared with", earlier, start.against if start else "previous", f"{key}-against-{grain.value}"
    )
    to_date = False
    if grain is not Granularity.DAY and has_to_date:
        to_date = st.toggle(
            plain(f"Check the {grain.value} to date"), value=start.to_date if start else False, key=f"{key}-to-date",
            help=plain(
                f"Compares the {grain.value} so far with the same days of the earlier one, without waiting for its end."
            ),
        )  # fmt: skip
    by = _percent(text) if in_percent else _number(text, metric)
    if by is None or by <= 0:
        return None
    return Changed(by=float(by), how=how, way=way, against=against, to_date=to_date)


def _target(key: str, start: BehindTarget) -> Rule | None:
    text = st.text_input(
        "Projected to miss it by at least, in %", value=f"{start.by * 100:g}", key=f"{key}-behind", live=True,
        help="0 means any miss that is certain enough.",
    )  # fmt: skip
    by = _percent(text or "0")
    if by is None or not 0 <= by < 1:
        st.caption("Enter a share from 0 to 99.")
        return None
    return BehindTarget(by=by)


def _data(key: str, start: Rule | None) -> Rule:
    is_late = isinstance(start, DataLate)
    problem = st.selectbox("Which problem", PROBLEMS, index=int(is_late), key=f"{key}-problem")
    if problem == PROBLEMS[0]:
        return CheckFailed()
    days = st.number_input(
        "Days late", min_value=1, max_value=60, value=start.days if isinstance(start, DataLate) else 2, step=1,
        key=f"{key}-late",
    )  # fmt: skip
    return DataLate(days=int(days))


def _choose(label: str, labels: Mapping[Name, str], start: Name, key: str) -> Name:
    names = list(labels)
    return st.selectbox(
        plain(label), names, index=names.index(start) if start in names else 0, key=key,
        format_func=lambda each: labels[each],
    )  # fmt: skip


def _percent(text: str) -> float | None:
    """Return typed text such as "20%" or "20" as a share, or None if it's empty or invalid.

    An error appears below the field.
    """
    said = text.strip().removesuffix("%").strip().replace(",", ".")
    if not said:
        return None
    try:
        number = Decimal(said)
    except ArithmeticError:
        number = Decimal("NaN")
    if not number.is_finite() or not 0 <= number <= 1_000:
        st.caption("Enter a percentage, such as 20.")
        return None
    return float(number / 100)


def _number(text: str, metric: Metric) -> Decimal | None:
    if not text.strip():
        return None
    try:
        return read_number(text, metric)
    except Unreadable as wrong:
        st.caption(plain(str(wrong)))
        return None


def _typed(value: float, metric: Metric, of: Of) -> str:
    """Return a number as people type it, with shares as percentages."""
    if of == "target" or metric.format is NumberFormat.SHARE:
        return f"{value * 100:g}%"
    return f"{value:.10f}".rstrip("0").rstrip(".")
