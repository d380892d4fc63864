"""Compare two periods or sides of an analysis in words and tables.

Each kind of analysis provides the numbers. A comparison shows the change, its interval, and whether chance explains the
change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isclose
from typing import Any

from semantic.analyses.events.comparing import ONE, OtherPeriod
from semantic.display.change import points_text, relative_text
from semantic.display.format import even_decimals, number
from semantic.services.analyzing.differences import Difference, difference, is_clear_among
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.sampled import counted, marked
from semantic.services.analyzing.tables import TextTable

HIDDEN, UNKNOWN = "(hidden)", ""
TOO_FEW_THEN = "One of the two numbers is based on too few people, so they can't be compared."
SEVERAL = "With several comparisons, some differ clearly just by chance: at 95%, about one in twenty."


@dataclass(frozen=True, slots=True)
class Part:
    """A count and the total that it is part of.

    A count is None if it's hidden or not known yet. If it isn't known yet, `is_open` is true.
    """

    part: int | None
    whole: int | None
    is_open: bool = False

    @property
    def share(self) -> float | None:
        return self.part / self.whole if self.part is not None and self.whole else None


@dataclass(frozen=True, slots=True)
class Change:
    """A share in this period and in the other one.

    `tests` is how many changes are compared, if chance is judged among all of them. It's 0 if chance isn't judged,
    because the counts aren't of independent subjects, and None if each change is judged alone.
    """

    now: Part
    before: Part
    tests: int | None = None

    @property
    def apart(self) -> Difference | None:
        """The difference of the two shares with its interval, or None unless both are known."""
        if self.now.share is None or self.before.share is None:
            return None
        now, before = self.now, self.before
        return difference(now.part or 0, now.whole or 0, before.part or 0, before.whole or 0)

    @property
    def is_tested(self) -> bool:
        """Whether it's judged whether chance explains the change."""
        return self.tests != 0

    @property
    def is_clear(self) -> bool:
        """Whether the change is more than chance explains."""
        apart, now, before = self.apart, self.now, self.before
        if apart is None or not self.tests:
            return apart is not None and self.is_tested and apart.is_clear
        return is_clear_among(self.tests, now.part or 0, now.whole or 0, before.part or 0, before.whole or 0)

    @property
    def data(self) -> dict[str, Any] | None:
        """The change as JSON-ready data."""
        apart = self.apart
        if apart is None:
            return None
        before = self.before.share
        low, high = (100 * end if self.is_tested else None for end in (apart.low, apart.high))
        return {
            "now": self.now.share, "before": before, "points": 100 * apart.value,
            "relative": apart.value / before if before else None,
            "low_points": low, "high_points": high,
            "more_than_chance": self.is_clear if self.is_tested else None,
        }  # fmt: skip


def moved_words(change: Change, other: OtherPeriod, sample: float | None) -> str:
    """Return how a share has changed, as text to follow the share, or "" unless both shares are known.

    For example, `, up 0.4 points from Q2 2026 (2.8%), more than chance explains`.
    """
    apart, now, before = change.apart, change.now.share, change.before.share
    if apart is None or now is None or before is None:
        return UNKNOWN
    chance = f", {'' if change.is_clear else 'no '}more than chance explains" if change.is_tested else ""
    decimals = decimals_of([change])
    text = points_text(apart.value, decimals).removesuffix(" pp")
    then = marked(_percent(before, decimals), sample)
    if not text.strip("+−0.,"):
        return f", the same as {other.other}" if other.is_side else f", unchanged from {other.other}"
    if other.is_side:
        way = "more" if apart.value > 0 else "less"
        return f", {text.lstrip('+−')} points {way} than {other.other} ({then}){chance}"
    way = "up" if apart.value > 0 else "down"
    return f", {way} {text.lstrip('+−')} points from {other.other} ({then}){chance}"


def share_words(change: Change, other: OtherPeriod, sample: float | None) -> tuple[str, str]:
    """Return a share with enough decimals to compare it, and how it has changed, as text to follow the share.

    For example, `3.2%`, and `, up 0.4 points from Q2 2026 (2.8%), more than chance explains`. Both are "" unless both
    shares are known.
    """
    moved = moved_words(change, other, sample)
    if not moved:
        return "", ""
    return marked(_percent(change.now.share or 0.0, decimals_of([change])), sample), moved


def decimals_of(changes: Sequence[Change]) -> int:
    """Return the number of decimals for shares and their changes in a sentence or table.

    Shares get an extra decimal if the rounded change would otherwise differ from the difference of the rounded shares.
    """
    pairs = [(each.now.share, each.before.share) for each in changes]
    known = [(now, before) for now, before in pairs if now is not None and before is not None]
    decimals = even_decimals(value for pair in pairs for value in pair)
    add_up = all(
        isclose(
            round(100 * now, decimals) - round(100 * before, decimals),
            round(100 * (now - before), decimals),
            abs_tol=1e-9,
        )
        for now, before in known
    )
    return decimals if add_up else decimals + 1


def relative_words(now: float, before: float, then: str, other: OtherPeriod) -> str:
    """Return how a number that isn't a share has changed: `, up 8.0% from Q2 2026 (€3.00)`.

    `then` is the earlier number as text.
    """
    text = relative_text(now, before)
    if not before:
        return f", compared with {then} {other.inside}"
    if not text.strip("+−0.,%"):
        return f", the same as {other.other}" if other.is_side else f", unchanged from {other.other}"
    if other.is_side:
        return f", {text.lstrip('+−')} {'more' if now > before else 'less'} than {other.other} ({then})"
    return f", {'up' if now > before else 'down'} {text.lstrip('+−')} from {other.other} ({then})"


def own_words(analyzed: Analyzed[Any]) -> str:
    """Return what to add to the title of a table about one side only: `: Paid social`, or "" for periods."""
    compared = analyzed.compared
    return f": {compared.other.own}" if compared is not None and compared.other.is_side else ""


def side_words(analyzed: Analyzed[Any]) -> str:
    """Return how to begin a sentence about one side: `Paid social: `."""
    return f"{own_words(analyzed)[2:]}: " if own_words(analyzed) else ""


def nothing_words(before: Analyzed[Any], other: OtherPeriod, subjects: str, did: str, count: int | None) -> str:
    """Return why there is nothing to compare with, or "" if a comparison is possible.

    `did` says what subjects do first, such as "reached View" or "with View". `count` is how many did so in the other
    period, or None if that is hidden.
    """
    where = other.inside if other.is_side else f"in the other period ({other.other})"
    if count is None:
        return f"Too few {subjects} {did} {where} to compare."
    if count:
        return ""
    began = before.planned.began
    if not other.is_side and began is not None and began >= other.end:
        return f"Data doesn't go back to the other period ({other.other}), so there is nothing to compare with."
    return f"No {subjects} {did} {where}, so there is nothing to compare with."


def counts_table(
    title: str, names: str, rows: Sequence[tuple[str, int | None, int | None]], other: OtherPeriod,
    sample: float | None,
) -> TextTable:  # fmt: skip
    """Return a table of numbers of subjects in both periods, with the relative change."""
    lines = [
        [
            name,
            HIDDEN if now is None else counted(now, sample),
            HIDDEN if before is None else counted(before, sample),
            marked(relative_text(now, before), sample) if now is not None and before else UNKNOWN,
        ]
        for name, now, before in rows
    ]
    return TextTable(title, [names, other.own, other.other, "change"], lines)


def numbers_table(
    title: str,
    names: str,
    rows: Sequence[tuple[str, tuple[str, str], tuple[float | None, float | None]]],
    other: OtherPeriod,
    sample: float | None,
) -> TextTable:
    """Return a table of other numbers in both periods, given as text, with the relative change."""
    lines = [
        [
            name,
            *texts,
            marked(relative_text(now, before), sample) if now is not None and before else UNKNOWN,
        ]
        for name, texts, (now, before) in rows
    ]
    return TextTable(title, [names, other.own, other.other, "change"], lines)


def shares_table(
    title: str, names: str, rows: Sequence[tuple[str, Change]], other: OtherPeriod, sample: float | None
) -> TextTable:
    """Return a table of shares in both periods, with the change in points, its interval, and the relative change.

    If chance isn't judged, there is no interval.
    """
    lines: list[list[str]] = []
    decimals, is_tested = decimals_of([change for _, change in rows]), any(change.is_tested for _, change in rows)
    for name, change in rows:
        apart, now, before = change.apart, change.now.share, change.before.share
        texts = [_share(each, sample, decimals) for each in (change.now, change.before)]
        if apart is None or now is None or before is None:
            lines.append([name, *texts, UNKNOWN, UNKNOWN, *([UNKNOWN, UNKNOWN] if is_tested else [])])
            continue
        relative = marked(relative_text(now, before), sample) if before else UNKNOWN
        tested = [between(apart, decimals), "yes" if change.is_clear else "no"] if is_tested else []
        lines.append([name, *texts, marked(points_text(apart.value, decimals), sample), relative, *tested])
    header = [names, other.own, other.other, "change", "relative"]
    header += ["95% interval", "more than chance"] if is_tested else []
    return TextTable(title, header, lines)


def between(apart: Difference, decimals: int = 1) -> str:
    """Return the interval of a difference as text: `+0.2 to +0.6 pp`."""
    low, high = (points_text(end, decimals) for end in (apart.low, apart.high))
    return f"{low.removesuffix(' pp')} to {high}"


def period_data(other: OtherPeriod) -> dict[str, Any]:
    """Return the other period, or the names of both sides, as JSON-ready data.

    A period has three dates: its first day, its last day, and the day through which its subjects are followed.
    """
    if other.is_side:
        return {"own_side": other.own, "side": other.other}
    days = (("from", other.start), ("to", other.end - ONE), ("followed_through", other.through - ONE))
    return {"period": other.other, **{name: day.isoformat() for name, day in days}}


def _share(part: Part, sample: float | None, decimals: int) -> str:
    if part.share is not None:
        return marked(_percent(part.share, decimals), sample)
    return HIDDEN if not part.is_open and (part.part is None or part.whole is None) else UNKNOWN


def _percent(value: float, decimals: int) -> str:
    return f"{number(100 * value, decimals)}%"
