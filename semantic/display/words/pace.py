"""Describe a pace: the progress towards a target, the projection, and what is still needed.

Numbers are formatted like the metric's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from semantic.display.format import Write, counted, share, writer
from semantic.query.describe import describe_day, describe_range
from semantic.results.result import ResultColumn
from semantic.targets.pace import FEWEST_JUDGED, NoPace, Pace, Verdict

NAMED = 2  # targets that a sentence names
VERDICTS = {
    Verdict.REACHED: "Target reached",
    Verdict.MISSED: "Target missed",
    Verdict.REACHES: "Projected on target",
    Verdict.ABOVE: "Projected above target",
    Verdict.BELOW: "Projected below target",
    Verdict.OPEN: "",
}
"""The words for each verdict. A verdict that isn't shown has ""."""


def pace_words(pace: Pace, column: ResultColumn) -> str:
    """Return a pace in words: `102% of target to date, €4.15M`.

    If the period is over or has no pace, the words are about the whole target.
    """
    write = _write(pace, column)
    if pace.index is not None and pace.expected is not None and pace.days_left:
        return f"{share(pace.index, 0)} of target to date, {write(pace.expected)}"
    if pace.expected is None or pace.attained is None:
        days = f" for {describe_range(pace.first, pace.last)}" if pace.days_left else ""
        return f"{write(pace.value)} against a target of {write(pace.target)}{days}"
    if pace.days_left:
        return f"The target is {write(pace.target)}"
    return f"{share(pace.attained, 0)} of the target, {write(pace.target)}"


def verdict_words(pace: Pace, column: ResultColumn) -> str:
    """Return the verdict in the form used in a sentence, or "" if there is none."""
    if pace.verdict is Verdict.MISSES and column.direction == "up":
        return "Projected below target"
    if pace.verdict is Verdict.MISSES:
        return "Projected above target"
    if not pace.days_left and pace.verdict in (Verdict.ABOVE, Verdict.BELOW):
        return "Above the target" if pace.verdict is Verdict.ABOVE else "Below the target"
    return VERDICTS[pace.verdict]


def pace_sentences(pace: Pace, column: ResultColumn) -> Iterator[str]:
    """Yield sentences about a pace: the target, the projection, the amount still needed, and the method."""
    write = _write(pace, column)
    yield f"The target for {describe_range(pace.first, pace.last)} is {write(pace.target)}."
    if pace.days_left and pace.until > pace.first:
        yield f"Counts days through {describe_day(pace.until - timedelta(days=1))}."
    if pace.waits_for_data:
        state = "has ended but isn't" if pace.days_left == 1 else "have ended but aren't"
        yield f"{counted(pace.days_left, 'later day')} {state} loaded yet."
    if pace.projection is not None and pace.days_left:
        around = ""
        if pace.low is not None and pace.high is not None:
            around = f", likely {write(pace.low)} to {write(pace.high)}"
        yield f"Projected {write(pace.projection)} by {describe_day(pace.last)}{around}."
    if pace.is_early:
        yield f"Judged after {FEWEST_JUDGED} complete days."
    if pace.required_per_day is not None:
        days = counted(pace.days_left, "day")
        when = "on the last day" if pace.days_left == 1 else f"a day for the remaining {days}"
        if pace.required_per_day > 0:
            yield f"{'Leaves' if column.direction == 'down' else 'Needs'} {write(pace.required_per_day)} {when}."
        elif column.direction == "up":
            yield f"Reached with {days} left."
        else:
            yield f"Used up with {days} left."
    if pace.method:
        yield pace.method


@dataclass(frozen=True, slots=True)
class PaceCells:
    """The texts of a pace for a table. "" for an empty cell."""

    actual: str
    target: str
    to_date: str  # "90% to date", or "90% of target" if it isn't known how much is due by now
    projection: str
    likely: str  # "€361K to €424K"
    needed: str  # "€25.5K a day", or "€25.5K a day left" if more isn't better


def pace_cells(pace: Pace, column: ResultColumn) -> PaceCells:
    """Return the cells of a pace for a table. The actual number and the target are in full.

    All other numbers are estimates, and short.
    """
    full, write = writer(column, (pace.value, pace.target), short=False), _write(pace, column)
    is_open, likely = pace.days_left > 0, ""
    if is_open and pace.low is not None and pace.high is not None:
        likely = f"{write(pace.low)} to {write(pace.high)}"
    needed = ""
    if is_open and pace.required_per_day is not None and not pace.waits_for_data:
        left = "" if column.direction == "up" else " left"
        over = "Used up" if left else "Reached"
        needed = f"{write(pace.required_per_day)} a day{left}" if pace.required_per_day > 0 else over
    return PaceCells(
        actual=full(pace.value),
        target=full(pace.target),
        to_date=_to_date(pace),
        projection=write(pace.projection) if is_open and pace.projection is not None else "",
        likely=likely,
        needed=needed,
    )


def _to_date(pace: Pace) -> str:
    if pace.to_date is None:
        return ""
    return f"{share(pace.to_date, 0)} {'to date' if _is_due_by_now(pace) else 'of target'}"


def _is_due_by_now(pace: Pace) -> bool:
    return pace.index is not None and pace.days_left > 0


def attained_words(pace: Pace) -> str:
    """Return how much of a target is reached: `90% of target to date`, or `90% of target` if the period is over.

    "" if that isn't known.
    """
    if pace.to_date is None:
        return ""
    return f"{share(pace.to_date, 0)} of target{' to date' if _is_due_by_now(pace) else ''}"


def outlook_words(pace: Pace, column: ResultColumn, *, is_dated: bool = True) -> str:
    """Return the projection and the amount still needed, as far as they are known.

    `Projected €353K of €395K by 30 Nov. Needs €25.5K a day.`

    Without `is_dated`, the last day is left out, so that the text fits on one line of a narrow tile.
    """
    write, needed = _write(pace, column), pace_cells(pace, column).needed
    last = describe_day(pace.last)
    if pace.last.year == pace.until.year:
        last = last.removesuffix(f" {pace.last.year}")
    if not pace.days_left:
        return f"The target was {write(pace.target)}."
    if pace.is_early:
        return f"The target is {write(pace.target)} by {last}. Judged after {FEWEST_JUDGED} complete days."
    if pace.projection is None:
        return f"The target is {write(pace.target)} by {last}."
    by = f" by {last}" if is_dated else ""
    words = f"Projected {write(pace.projection)} of {write(pace.target)}{by}."
    if not needed or pace.required_per_day is None or pace.required_per_day <= 0:
        return f"{words} {needed}." if needed else words
    amount = write(pace.required_per_day)
    if pace.days_left == 1:
        return f"{words} {f'Needs {amount} more' if column.direction == 'up' else f'Leaves {amount}'}."
    return f"{words} {'Needs' if column.direction == 'up' else 'Leaves'} {amount} a day."


def state_words(pace: Pace | NoPace | None, column: ResultColumn) -> str:
    """Return the state of a target in two or three words. "" if the target can still be reached or missed."""
    if not isinstance(pace, Pace):
        return pace.word if pace is not None else "No matching target"
    if pace.verdict is Verdict.MISSES and column.direction == "up":
        return "Behind target"
    if pace.is_early:
        return "Too early to judge"
    return verdict_words(pace, column)


def targets_sentence(paces: Sequence[tuple[str, Pace, ResultColumn]]) -> str:
    """Return a sentence that names the targets that are behind, the first ones with numbers, or says that none is.

    `paces` have their names and are sorted by urgency.
    """
    behind = [each for each in paces if each[1].verdict in (Verdict.MISSED, Verdict.MISSES)]
    if behind:
        texts = [_behind_words(*each) for each in behind[:NAMED]]
        more = len(behind) - len(texts)
        return f"Behind target: {'; '.join(texts)}{f'; and {more} more' if more else ''}."
    judged = [pace for _, pace, _ in paces if not pace.is_early]
    if not judged:
        return f"Too early to judge: targets are judged after {FEWEST_JUDGED} complete days." if paces else ""
    if all(pace.verdict in (Verdict.REACHED, Verdict.REACHES) for pace in judged):
        return f"{'Every target has' if len(judged) > 1 else 'The target has'} been reached or is projected to be."
    return "No targets are behind."


def off_target_sentence(name: str, pace: Pace, column: ResultColumn) -> str:
    """Return a sentence that says a number is above or below its target, for a metric without a good direction."""
    return f"{verdict_words(pace, column)}: {_behind_words(name, pace, column)}."


def _behind_words(name: str, pace: Pace, column: ResultColumn) -> str:
    of = "target to date" if _is_due_by_now(pace) else "the target"
    share_of = f", {share(pace.to_date, 0)} of {of}" if pace.to_date is not None else ""
    return f"{name} {_write(pace, column)(pace.value)}{share_of}"


def _write(pace: Pace, column: ResultColumn) -> Write:
    values = [pace.value, pace.target, pace.required_per_day]
    if column.decimals is None and pace.required_per_day is not None:
        values = [pace.value, pace.target]
    return writer(column, values)
