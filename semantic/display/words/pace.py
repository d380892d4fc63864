"""A pace in words: how far, where it is heading, what is needed; written like the metric's own numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from semantic.display.format import Write, counted, share, writer
from semantic.query.describe import describe_day, describe_range
from semantic.results.result import ResultColumn
from semantic.targets.pace import Pace, Verdict

VERDICTS = {
    Verdict.REACHED: "Target reached",
    Verdict.MISSED: "Target missed",
    Verdict.REACHES: "Projected on target",
    Verdict.ABOVE: "Projected above target",
    Verdict.BELOW: "Projected below target",
    Verdict.OPEN: "",
}
"""The words for each verdict; empty if there is nothing to say."""


def pace_words(found: Pace, column: ResultColumn) -> str:
    """`102% of plan to date, €4.15M`; for days that are over, and without a pace, the target itself."""
    write = _write(found, column)
    if found.index is not None and found.expected is not None and found.days_left:
        return f"{share(found.index, 0)} of plan to date, {write(found.expected)}"
    if found.expected is None or found.attained is None:
        days = f" for {describe_range(found.first, found.last)}" if found.days_left else ""
        return f"{write(found.value)} against a target of {write(found.target)}{days}"
    if found.days_left:
        return f"The target is {write(found.target)}"
    return f"{share(found.attained, 0)} of the target, {write(found.target)}"


def verdict_words(found: Pace, column: ResultColumn) -> str:
    """The verdict for a sentence; "" if there is none."""
    if found.verdict is Verdict.MISSES and column.direction == "up":
        return "Projected below target"
    if found.verdict is Verdict.MISSES:
        return "Projected above target"
    if not found.days_left and found.verdict in (Verdict.ABOVE, Verdict.BELOW):
        return "Above the target" if found.verdict is Verdict.ABOVE else "Below the target"
    return VERDICTS[found.verdict]


def pace_sentences(found: Pace, column: ResultColumn) -> Iterator[str]:
    """Everything about it, in sentences: the target, the likely result, what is needed, how it was computed."""
    write = _write(found, column)
    yield f"The target for {describe_range(found.first, found.last)} is {write(found.target)}."
    if found.days_left and found.until > found.first:
        yield f"Counts days through {describe_day(found.until - timedelta(days=1))}."
    if found.waits_for_data:
        later = counted(found.days_left, "later day")
        yield f"{later} {'is' if found.days_left == 1 else 'are'} over but not loaded yet."
    if found.projection is not None and found.days_left:
        around = ""
        if found.low is not None and found.high is not None:
            around = f", likely {write(found.low)} to {write(found.high)}"
        yield f"Projected {write(found.projection)} by {describe_day(found.last)}{around}."
    if found.required_per_day is not None:
        days = counted(found.days_left, "day")
        if found.required_per_day > 0:
            yield f"Needs {write(found.required_per_day)} a day for the remaining {days}."
        elif column.direction == "up":
            yield f"Reached with {days} left."
        else:
            yield f"Used up with {days} left."
    if found.method:
        yield found.method


def _write(found: Pace, column: ResultColumn) -> Write:
    values = [found.value, found.target, found.required_per_day]
    if column.decimals is None and found.required_per_day is not None:
        values = [found.value, found.target]
    return writer(column, values)
