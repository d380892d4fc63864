"""A pace in words: how far a metric has come, where it is heading, and what it needs, written like the metric's own
numbers.
"""

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


def pace_words(pace: Pace, column: ResultColumn) -> str:
    """Return `102% of plan to date, €4.15M`. For days that are over, or without a pace, return the target itself."""
    write = _write(pace, column)
    if pace.index is not None and pace.expected is not None and pace.days_left:
        return f"{share(pace.index, 0)} of plan to date, {write(pace.expected)}"
    if pace.expected is None or pace.attained is None:
        days = f" for {describe_range(pace.first, pace.last)}" if pace.days_left else ""
        return f"{write(pace.value)} against a target of {write(pace.target)}{days}"
    if pace.days_left:
        return f"The target is {write(pace.target)}"
    return f"{share(pace.attained, 0)} of the target, {write(pace.target)}"


def verdict_words(pace: Pace, column: ResultColumn) -> str:
    """Return the verdict for a sentence, or "" if there is none."""
    if pace.verdict is Verdict.MISSES and column.direction == "up":
        return "Projected below target"
    if pace.verdict is Verdict.MISSES:
        return "Projected above target"
    if not pace.days_left and pace.verdict in (Verdict.ABOVE, Verdict.BELOW):
        return "Above the target" if pace.verdict is Verdict.ABOVE else "Below the target"
    return VERDICTS[pace.verdict]


def pace_sentences(pace: Pace, column: ResultColumn) -> Iterator[str]:
    """Return everything about a pace, in sentences: the target, the likely result, what is needed, how it was
    computed.
    """
    write = _write(pace, column)
    yield f"The target for {describe_range(pace.first, pace.last)} is {write(pace.target)}."
    if pace.days_left and pace.until > pace.first:
        yield f"Counts days through {describe_day(pace.until - timedelta(days=1))}."
    if pace.waits_for_data:
        later = counted(pace.days_left, "later day")
        yield f"{later} {'is' if pace.days_left == 1 else 'are'} over but not loaded yet."
    if pace.projection is not None and pace.days_left:
        around = ""
        if pace.low is not None and pace.high is not None:
            around = f", likely {write(pace.low)} to {write(pace.high)}"
        yield f"Projected {write(pace.projection)} by {describe_day(pace.last)}{around}."
    if pace.required_per_day is not None:
        days = counted(pace.days_left, "day")
        if pace.required_per_day > 0:
            yield f"Needs {write(pace.required_per_day)} a day for the remaining {days}."
        elif column.direction == "up":
            yield f"Reached with {days} left."
        else:
            yield f"Used up with {days} left."
    if pace.method:
        yield pace.method


def _write(pace: Pace, column: ResultColumn) -> Write:
    values = [pace.value, pace.target, pace.required_per_day]
    if column.decimals is None and pace.required_per_day is not None:
        values = [pace.value, pace.target]
    return writer(column, values)
