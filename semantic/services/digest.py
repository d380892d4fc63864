"""A person's digest: the followed metrics that moved out of their usual range, most surprising first.

A digest sent weekly or less often has the same findings as Home: the latest final week compared with the 12 before. A
more frequent digest applies the rule of alerts to the days that became final since the last one, so it doesn't repeat
findings.

Every number is an answer under this person's own policy, with a receipt. Metrics that count the same rows and changed
together share a line, because they probably have the same cause.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from semantic.alerts.alert import Alert, OutsideUsual
from semantic.alerts.judging import Judgement, Memory, judge_period
from semantic.display.format import listed
from semantic.display.trust import facts
from semantic.display.words.contribution import can_be_shared, contribution
from semantic.display.words.headline import week_sentence
from semantic.display.words.notable import NAMED, SIMILAR, Move, WeekValues, judged, moves
from semantic.errors import SemanticError
from semantic.explore.weekly import datasets_of, is_dated, questions_by_part, weekly, weekly_questions
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.describe import describe_day
from semantic.query.query import DATE, Between, Breakdown, Query
from semantic.results.result import Result
from semantic.services.alerts.message import headline
from semantic.services.alerts.readings import MetricReadings, ask
from semantic.workspace import Workspace

MOST_LINES: Final = 7
MOST_DAYS: Final = 7
SHOWN_DAYS: Final = 26
ONE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestLine:
    """A change of one metric, or of several that probably have the same cause.

    `first` is a complete sentence about the first metric, and `text` is the rest of the line. `values` are that
    metric's numbers over time, with the days of the first and last number. `query` is the question that shows the
    numbers.
    """

    names: tuple[str, ...]
    title: str
    first: str
    text: str
    values: tuple[float, ...]
    ends: tuple[str, str]
    query: Query
    receipt: str
    checks: tuple[str, ...] = ()  # failed checks of the data, in sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The digest of a person who follows `followed` metrics.

    `moved` is the number of unusual metrics, including those that `lines` omits. `checked` is the number of metrics
    that were judged, `skipped` of those with too little final data, and `failed` of those without an answer. The other
    followed metrics aren't available to this person, or have no dates. `when` is the period that was judged.
    """

    lines: tuple[DigestLine, ...]
    followed: int
    when: str
    checked: int = 0
    moved: int = 0
    skipped: int = 0
    failed: int = 0


# By week


def weekly_digest(followed: Collection[str], workspace: Workspace, actor: Actor) -> Digest:
    """Return what changed unusually in the latest final week among the metrics that a person follows."""
    seen = workspace.visible(actor)
    unusual: list[tuple[WeekValues, Result]] = []
    checked = skipped = failed = 0
    for query in weekly_questions(seen, followed, is_only_mine=True):
        try:
            result = workspace.ask(query, actor)
        except SemanticError:
            failed += len(query.metrics)
            continue
        weeks = judged(result)
        checked, skipped = checked + len(weeks), skipped + len(query.metrics) - len(weeks)
        unusual += [(week, result) for week in weeks if week.is_notable]
    unusual.sort(key=lambda pair: -pair[0].spreads)
    answers = {id(week): result for week, result in unusual}
    found = moves((week, datasets_of(week.column.metric, seen)) for week, _ in unusual)[:MOST_LINES]
    return Digest(
        lines=tuple(_week_line(move, answers[id(move.first)], workspace, actor) for move in found),
        when="latest final week", followed=len(followed), checked=checked, moved=len(unusual), skipped=skipped,
        failed=failed,
    )  # fmt: skip


def _week_line(move: Move, result: Result, workspace: Workspace, actor: Actor) -> DigestLine:
    week = move.first
    sentence = f"{week.column.label}: {week.sentence}" if move.others else week.sentence
    names = tuple(each.column.name for each in move.every)
    return DigestLine(
        names=names,
        title=f"{move.title} {move.change} {move.verdict}".rstrip(),
        first=week_sentence(week, ranged=False),
        text=" ".join(filter(None, (sentence, _part(week, workspace, actor)))),
        values=(*week.before, week.value),
        ends=(describe_day(week.weeks_before[0]), describe_day(week.week)),
        query=weekly(*names),
        receipt=result.receipt,
        checks=_checks(result, workspace),
    )


def _part(week: WeekValues, workspace: Workspace, actor: Actor) -> str:
    """Return a sentence about which group contributed most to the change, or "" if that isn't known.

    This asks at most one more question, and only for a metric whose groups add up.
    """
    if not can_be_shared(week.column, workspace.visible(actor).model):
        return ""
    for query in questions_by_part(week.column.name):
        if workspace.preflight(query, actor).ok:
            try:
                found = contribution(week, workspace.ask(query, actor))
            except SemanticError:
                return ""
            return found.sentence if found is not None else ""
    return ""


def _checks(result: Result, workspace: Workspace) -> tuple[str, ...]:
    if not result.failed:
        return ()
    return tuple(fact.sentence for fact in facts(result, today=workspace.today()) if fact.kind == "checks")


# By day


@dataclass(frozen=True, slots=True)
class _Day:
    """A metric on the day that was furthest outside its usual range."""

    asked: MetricReadings
    judgement: Judgement
    low: float
    high: float
    value: float

    @property
    def surprise(self) -> float:
        """How far the number is outside the usual range, as a multiple of the range's width."""
        width = self.high - self.low
        beyond = max(self.low - self.value, self.value - self.high)
        return beyond / width if width else beyond

    @property
    def relative(self) -> float:
        middle = (self.low + self.high) / 2
        return (self.value - middle) / abs(middle) if middle else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusualDay:
    """A metric on its most unusual day, with metrics that count the same rows and changed similarly.

    `text` is a sentence about the first metric in `names`.
    """

    names: tuple[str, ...]
    title: str
    text: str
    day: date
    side: str


def unusual_lately(names: Collection[str], workspace: Workspace, actor: Actor, days: int) -> list[UnusualDay]:
    """Return the unusual days among the newest `days` final days, one for each cause, most unusual first.

    Nothing is recorded.
    """
    groups, *_ = _groups(names, workspace, actor, days)
    return [
        UnusualDay(
            names=tuple(each.asked.column.name for each in group),
            title=_title([each.asked.column.label for each in group], group[0].judgement.side),
            text=_day_words(group[0]), day=group[0].judgement.period, side=group[0].judgement.side,
        )
        for group in groups[:MOST_LINES]
    ]  # fmt: skip


def daily_digest(followed: Sequence[str], workspace: Workspace, actor: Actor, days: int) -> Digest:
    """Return what changed unusually on the newest `days` final days among the metrics that a person follows."""
    days = min(days, MOST_DAYS)
    groups, checked, skipped, failed = _groups(followed, workspace, actor, days)
    when = "latest final day" if days == 1 else f"latest {days} final days"
    return Digest(
        lines=tuple(_day_line(group, workspace) for group in groups[:MOST_LINES]), followed=len(followed), when=when,
        checked=checked, moved=sum(map(len, groups)), skipped=skipped, failed=failed,
    )  # fmt: skip


def _groups(
    names: Collection[str], workspace: Workspace, actor: Actor, days: int
) -> tuple[list[list[_Day]], int, int, int]:
    """Return the unusual days, grouped by cause, and the numbers of metrics that were checked, skipped and failed."""
    seen = workspace.visible(actor)
    unusual: list[_Day] = []
    checked = skipped = failed = 0
    for metric in seen.metrics:
        if metric.name not in names or not is_dated(metric, seen):
            continue
        alert = Alert(metric=metric.name, rule=OutsideUsual())
        try:
            asked = ask(alert, workspace, actor)
        except SemanticError:
            failed += 1
            continue
        known, last = asked.known(alert), asked.readings.open_from - ONE
        found = [judge_period(known, Memory(), last - place * ONE) for place in range(days)]
        judgements = [one for one in found if one is not None and one.outcome in ("fired", "normal", "quiet")]
        checked, skipped = checked + bool(judgements), skipped + (not judgements)
        outside = [day for one in judgements if (day := _day(asked, one)) is not None]
        unusual += [max(outside, key=lambda day: day.surprise)] if outside else []
    unusual.sort(key=lambda day: -day.surprise)
    groups: list[list[_Day]] = []
    for day in unusual:
        group = next((group for group in groups if _have_one_cause(group[0], day)), None)
        if group is None:
            groups.append([day])
        else:
            group.append(day)
    return groups, checked, skipped, failed


def _day(asked: MetricReadings, judgement: Judgement) -> _Day | None:
    """Return the day that was judged if its number is outside the usual range, or None."""
    low, high, value = judgement.low, judgement.high, judgement.value
    if judgement.outcome != "fired" or low is None or high is None or value is None or judgement.days:
        return None
    return _Day(asked, judgement, low, high, value)


def _have_one_cause(one: _Day, other: _Day) -> bool:
    """Whether two metrics have the same cause: they count the same rows, and changed similarly on the same day."""
    rows = [datasets_of(day.asked.column.metric, day.asked.seen) for day in (one, other)]
    small, large = sorted((abs(one.relative), abs(other.relative)))
    is_same = rows[0] == rows[1] and one.judgement.period == other.judgement.period
    return is_same and one.judgement.side == other.judgement.side and small >= SIMILAR * large


def _day_line(group: Sequence[_Day], workspace: Workspace) -> DigestLine:
    day = group[0]
    asked = day.asked
    names = tuple(each.asked.column.name for each in group)
    first = _day_words(day)
    readings = asked.readings
    shown = [day.judgement.period - place * ONE for place in range(SHOWN_DAYS - 1, -1, -1)]
    values = [(each, reading.value) for each in shown if (reading := readings.over(each, each + ONE)) is not None]
    known = [(each, value) for each, value in values if value is not None]
    return DigestLine(
        names=names,
        title=_title([each.asked.column.label for each in group], day.judgement.side),
        first=first,
        text=first,
        values=tuple(value for _, value in known),
        ends=(describe_day(known[0][0]), describe_day(known[-1][0])),
        query=Query(
            metrics=names, by=(Breakdown(DATE, Granularity.DAY),), time=Between(shown[0], day.judgement.period)
        ),
        receipt=asked.receipt(),
        checks=_checks(asked.result, workspace),
    )  # fmt: skip


def _day_words(day: _Day) -> str:
    column, alert = day.asked.column, Alert(metric=day.asked.column.name, rule=OutsideUsual())
    return f"{headline(alert, day.judgement, column.label, day.asked.write)}."


def _title(labels: Sequence[str], side: str) -> str:
    more = len(labels) - NAMED
    named = listed(labels) if more < 1 else f"{', '.join(labels[:NAMED])} and {more} more"
    return f"{named} {side} the usual range"
