"""Find the target for a question's number, ask for the numbers that pacing needs, and calculate the pace.

All questions are asked under the actor's own policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from semantic.analyses.pacing import MONTHS, PACING, WEEKS, PacingInput
from semantic.display.failures import failure_title
from semantic.display.words.days_behind import calendar_of, known_to
from semantic.display.words.no_pace import NumberAsked, why_none_fits
from semantic.display.words.pace import pace_words
from semantic.errors import SemanticError
from semantic.model.amounts import amounts_in
from semantic.model.definitions import Additivity, Granularity, Metric
from semantic.model.money import is_money
from semantic.plan.measures.metrics import additivity
from semantic.policy.actor import Actor
from semantic.policy.members import Member, members_seen, sees_everything
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.query.describe import describe_range, lower_first
from semantic.query.periods import Calendar, find_days, first_day, shift
from semantic.query.query import DATE, AllOf, Between, Breakdown, Condition, Filter, Operator, Query, ToDate
from semantic.query.query import Last as LastPeriods
from semantic.results.result import Result, ResultColumn
from semantic.targets.pace import NoPace, Pace, Piece, Verdict
from semantic.targets.target import Target, may_see_target, pieces_for
from semantic.workspace import Workspace

ONE = timedelta(days=1)
MOST_PERIODS = 400
SPARE_MONTHS = 2  # besides those of the profile: the current month, and the one the first begins in


@dataclass(frozen=True, slots=True)
class Goal:
    """The days of a question's target, [first, end), and the first of them that hasn't ended or isn't known yet."""

    first: date
    end: date
    until: date

    @property
    def words(self) -> str:
        return describe_range(self.first, self.end - ONE)


def find_pace(
    query: Query, result: Result, targets: Iterable[Target], workspace: Workspace, actor: Actor
) -> Pace | NoPace | None:
    """Return the pace of a question's only metric, or None if there is no visible target. `result` is the question's
    answer.

    `targets` are those that people set, for any metric. Targets in the model's data are read here.
    """
    try:
        home = workspace.at(query)
        seen = home.visible(actor)
        if len(query.metrics) != 1 or not all(breakdown.is_time for breakdown in query.by):
            return None
        metric = seen.metric(query.metrics[0])
        mine = [target for target in targets if target.metric == metric.name and may_see_target(target, seen)]
        if not mine and not _has_own_target(metric, seen):
            return None
        return _Pacing(query, result, metric, seen, home, actor).find(mine)
    except SemanticError as error:
        return NoPace(failure_title(error))


def find_targets(
    query: Query, result: Result, targets: Iterable[Target], workspace: Workspace, actor: Actor
) -> Mapping[date, float]:
    """Return the target of a question's only metric for each of the answer's periods, by the period's first day.

    Periods without a target are omitted. Empty if the question has other metrics or breakdowns.
    """
    try:
        home = workspace.at(query)
        seen = home.visible(actor)
        if len(query.metrics) != 1 or len(result.keys) != 1 or not query.by[0].runs:
            return {}
        metric = seen.metric(query.metrics[0])
        mine = [target for target in targets if target.metric == metric.name and may_see_target(target, seen)]
        if not mine and not _has_own_target(metric, seen):
            return {}
        return _Pacing(query, result, metric, seen, home, actor).by_period(mine)
    except SemanticError:
        return {}


@dataclass(frozen=True, slots=True)
class ModelTarget:
    """A metric with a target in the model's data. `grain` is the shortest period for which the target has values."""

    metric: Metric
    target: Metric
    grain: Granularity


def model_targets(seen: VisibleModel) -> tuple[ModelTarget, ...]:
    """Return the targets in the model's data that pace can use: visible, and covering the same rows as their metric."""
    return tuple(
        ModelTarget(metric, target, _grain_of(target, seen))
        for metric in seen.metrics
        if _has_own_target(metric, seen) and _is_of_same_rows(metric, target := seen.metric(metric.target), seen)
    )


def _has_own_target(metric: Metric, seen: VisibleModel) -> bool:
    target = seen.model.metrics.get(metric.target)
    return target is not None and seen.shows_metric(target)


def _is_of_same_rows(metric: Metric, target: Metric, seen: VisibleModel) -> bool:
    """Whether this person's row rules limit both metrics to the same rows."""
    return sees_everything(seen, metric) == sees_everything(seen, target)


@dataclass(frozen=True, slots=True)
class _Pacing:
    query: Query
    result: Result
    metric: Metric
    seen: VisibleModel
    workspace: Workspace
    actor: Actor

    def find(self, targets: Sequence[Target]) -> Pace | NoPace:
        calendar = calendar_of(self.result, self.seen.model.settings)
        goal = self._goal(calendar)
        if goal is None:
            return NoPace("Targets need a period with a start and an end date. Choose one.", "No target for all time")
        why = self._why_not(goal)
        if why is not None:
            return why
        adds_up = additivity(self.metric, self.seen.model) is Additivity.FULL
        pieces = self._set(targets, goal, adds_up=adds_up) or self._of_model(goal, calendar, adds_up=adds_up)
        if isinstance(pieces, NoPace):
            return self._why_none_fits(targets, goal, calendar, adds_up=adds_up) if targets else pieces
        return self._pace(pieces, goal, adds_up=adds_up)

    def by_period(self, targets: Sequence[Target]) -> dict[date, float]:
        """Return the target of each period in the answer, by the period's first day."""
        calendar, key = calendar_of(self.result, self.seen.model.settings), self.result.keys[0]
        grain = key.grain
        if grain is None or grain.is_clock:
            return {}
        adds_up = additivity(self.metric, self.seen.model) is Additivity.FULL
        totals: dict[date, float] = {}
        starts = [value for value in self.result.table.column(key.name).to_pylist() if isinstance(value, date)]
        for start in starts[:MOST_PERIODS]:
            goal = Goal(start, shift(start, grain, 1), start)
            if self._why_not(replace(goal, until=goal.end)) is not None:
                return {}
            if self._is_cut(goal):
                continue
            pieces = self._set(targets, goal, adds_up=adds_up)
            if pieces is not None:
                totals[start] = sum(piece.value for piece in pieces)
        missing = [
            start
            for start in starts
            if start not in totals and not self._is_cut(Goal(start, shift(start, grain, 1), start))
        ]
        if missing and _has_own_target(self.metric, self.seen) and not self._why_not_of_model():
            totals |= self._periods_of_model(missing, grain, calendar, adds_up=adds_up)
        return totals

    def _is_cut(self, goal: Goal) -> bool:
        """Whether the question omits past days of the target's period, so that its value isn't complete."""
        shown = self.result.period
        over = min(goal.end, self.workspace.today(), known_to(self.result))
        return (shown.start is not None and goal.first < shown.start) or (shown.end is not None and shown.end < over)

    def _periods_of_model(
        self, starts: Sequence[date], grain: Granularity, calendar: Calendar, *, adds_up: bool
    ) -> dict[date, float]:
        """Return the model's own target for each of these periods, with one question.

        Each period must consist of whole periods of the target.
        """
        target = self.seen.metric(self.metric.target)
        own = _grain_of(target, self.seen)
        first, end = min(starts), shift(max(starts), grain, 1)
        whole = all(first_day(day, own, calendar) == day for day in (*starts, end))
        if not whole or [*Granularity].index(own) > [*Granularity].index(grain):
            return {}
        if own is not grain and not (adds_up and additivity(target, self.seen.model) is Additivity.FULL):
            return {}
        asked = self._asked(target.name, first, end)
        result = self._answer(replace(asked, by=(Breakdown(DATE, grain),)))
        values = _known(result, target.name)
        return {start: values[start] for start in starts if start in values}

    def _goal(self, calendar: Calendar) -> Goal | None:
        today, time = self.workspace.today(), self.query.time
        days = find_days(time, calendar, today=today)
        if days.start is None or days.end is None:
            return None
        end = days.end
        if isinstance(time, ToDate) or (isinstance(time, LastPeriods) and not time.complete):
            end = shift(first_day(today, time.unit, calendar), time.unit, 1)  # all of the current period
        return Goal(days.start, end, min(end, today, known_to(self.result)))

    def _why_not(self, goal: Goal) -> NoPace | None:
        asked = self.query
        if goal.until < goal.first or (goal.until == goal.first and goal.first > self.workspace.today()):
            return NoPace(f"{goal.words} hasn't started.", "Not started")
        if asked.having or asked.top is not None:
            why = "The target covers all groups. Remove the filters on values to compare with it."
            return NoPace(why, "Target covers all groups")
        if self._is_exchanged():
            unit = self.metric.unit or self.seen.model.settings.currency
            return NoPace(
                f"The target is in {unit}. Switch to that currency to compare with it.", f"Target is in {unit}"
            )
        return None

    def _is_exchanged(self) -> bool:
        """Whether the number is in a different currency than the metric's targets."""
        currency, model = self.query.currency, self.seen.model
        if currency is None or is_money(self.metric):
            return currency not in (None, self.metric.unit)
        return currency != model.settings.currency and amounts_in(self.metric, model) != 0

    # The target

    def _set(self, targets: Sequence[Target], goal: Goal, *, adds_up: bool) -> tuple[Piece, ...] | None:
        """Return the targets set by people that together cover exactly these days and this filter, or None."""
        part, of = self.query.where, None
        if part is not None:
            of = _members(part)
            if of is None:
                return None
        pieces = pieces_for(targets, self.metric.name, of, first=goal.first, end=goal.end, adds_up=adds_up)
        if pieces is None and part is None and (mine := members_seen(self.seen, self.metric)) is not None:
            pieces = pieces_for(targets, self.metric.name, mine, first=goal.first, end=goal.end, adds_up=adds_up)
        return pieces

    def _why_none_fits(self, targets: Sequence[Target], goal: Goal, calendar: Calendar, *, adds_up: bool) -> NoPace:
        """Return why no target set by people matches these days and this filter."""
        part = self.query.where
        of = NumberAsked(
            first=goal.first, end=goal.end, is_narrowed=part is not None, words=self.result.filters, adds_up=adds_up,
            of=_members(part) if part is not None else members_seen(self.seen, self.metric),
        )  # fmt: skip
        return why_none_fits(targets, of, self.seen, calendar)

    def _of_model(self, goal: Goal, calendar: Calendar, *, adds_up: bool) -> tuple[Piece, ...] | NoPace:
        """Return the model's own target by its own periods, under this person's policy, or why there is none."""
        of = "" if self.query.where is None else " with these filters"
        nothing = NoPace(
            f"There's no target for {lower_first(self.metric.label)} in {goal.words}{of}.", "No matching target"
        )
        if not _has_own_target(self.metric, self.seen):
            return nothing
        if why := self._why_not_of_model():
            return NoPace(why, "Target covers different rows")
        target = self.seen.metric(self.metric.target)
        grain = _grain_of(target, self.seen)
        starts = _starts(goal, grain, calendar)
        if not starts:
            why = (
                f"The target is set by {grain.words}, and {goal.words} isn't made up of whole {grain.words}s. Choose "
                f"whole {grain.words}s, or this {grain.words} to date."
            )
            word = f"Target is set by {grain.words}. Choose whole {grain.words}s."
            return NoPace(why, word, is_by_month=grain is Granularity.MONTH)
        if len(starts) > 1 and not (adds_up and additivity(target, self.seen.model) is Additivity.FULL):
            return nothing
        asked = replace(self._asked(target.name, goal.first, goal.end), by=(Breakdown(DATE, grain),))
        if self.query.where is not None and not self.workspace.preflight(asked, self.actor).ok:
            why = f"The target can't be filtered the same way: {self.result.filters}."
            return NoPace(why, "Target covers everything")
        result = self._answer(asked)
        values = _known(result, target.name)
        if any(start not in values for start in starts):
            return nothing
        ends = [*starts[1:], goal.end]
        return tuple(Piece(start, end - ONE, values[start]) for start, end in zip(starts, ends, strict=True))

    def _why_not_of_model(self) -> str:
        """Return why the model's own target covers other rows than this person's rules show."""
        if _is_of_same_rows(self.metric, self.seen.metric(self.metric.target), self.seen):
            return ""
        return "The target covers different rows than you have access to, so the two aren't compared."

    # The number

    def _pace(self, pieces: Sequence[Piece], goal: Goal, *, adds_up: bool) -> Pace | NoPace:
        if goal.until == goal.first and not adds_up:
            return NoPace(f"{goal.words} has no complete day yet.", "No complete day yet")
        value = self._value(goal, adds_up=adds_up)
        if isinstance(value, NoPace):
            return value
        history = self._history(goal, pieces) if adds_up else None
        direction = self.metric.direction
        pace = PacingInput(pieces=(*pieces,), value=value, until=goal.until, direction=direction, history=history)
        detail = PACING.find(pace).detail
        if goal.until < goal.end <= self.workspace.today():
            detail = replace(
                detail, waits_for_data=True, verdict=Verdict.OPEN, projection=None, low=None, high=None,
                required_per_day=None, method="",
            )  # fmt: skip
        return replace(detail, words=pace_words(detail, _column(self.result, self.metric)))

    def _value(self, goal: Goal, *, adds_up: bool) -> float | NoPace:
        """Return the metric's value over the days that have passed, or why it can't be used."""
        if goal.until == goal.first:
            return 0.0
        result = self._answer(self._asked(self.metric.name, goal.first, goal.until))
        value = result.rows()[0][self.metric.name] if result.table.num_rows else None
        if any(_hidden(result, self.metric.name)):
            return NoPace("The number is hidden for privacy.", "Hidden for privacy")
        if isinstance(value, int | float):
            return float(value)
        return 0.0 if adds_up else NoPace(f"{goal.words} has no value yet.", "No value yet")

    def _history(self, goal: Goal, pieces: Sequence[Piece]) -> dict[date, float]:
        """Return the metric by day: for as long as a profile needs, or for the goal's days if that isn't possible.

        Empty if the metric has no values by day, or if days are hidden.
        """
        is_long = any((piece.first.year, piece.first.month) != (piece.last.year, piece.last.month) for piece in pieces)
        since = goal.until - WEEKS * 7 * ONE
        if is_long:
            since = min(since, shift(goal.until.replace(day=1), Granularity.MONTH, -MONTHS - SPARE_MONTHS))
        for start in (min(since, goal.first), goal.first):
            if start >= goal.until:
                continue
            asked = replace(self._asked(self.metric.name, start, goal.until), by=(Breakdown(DATE, Granularity.DAY),))
            try:
                result = self._answer(asked)
            except SemanticError:
                continue
            if any(_hidden(result, self.metric.name)):
                return {}
            return _by_day(result, self.metric.name)
        return {}

    def _answer(self, query: Query) -> Result:
        """Return the answer to a question without recording it, because no person asked it."""
        return self.workspace.start(query, self.actor).unrecorded()

    def _asked(self, metric: str, first: date, end: date) -> Query:
        """Return a question for a metric over these days, with the original question's filters."""
        return replace(
            self.query, metrics=(metric,), by=(), time=Between(first, end - ONE), compare=(), having=(), top=None,
            totals=(), order=(), limit=None, calc=(), every_period=False,
        )  # fmt: skip


def _members(part: Filter) -> tuple[str, tuple[Member, ...]] | None:
    """Return the dimension and the members to which a filter narrows it, or None for any other kind of filter."""
    if isinstance(part, AllOf) and len(part.parts) == 1:
        return _members(part.parts[0])
    if not isinstance(part, Condition) or part.op is not Operator.IN or part.via is not None:
        return None
    members = tuple(dict.fromkeys(value for value in part.values if not isinstance(value, float)))
    return (part.dim, members) if len(members) == len(part.values) else None


def _grain_of(target: Metric, seen: VisibleModel) -> Granularity:
    """Return the coarsest granularity at which any part of the target has values."""
    grains = [Granularity.DAY]
    for measure in measures_of(target, seen.model):
        dated = seen.model.datasets[measure.dataset].dimensions.get(measure.time or "")
        grains += [dated.days_grain] if dated is not None else []
    return max(grains, key=[*Granularity].index)


def _starts(goal: Goal, grain: Granularity, calendar: Calendar) -> list[date]:
    """Return the first days of the goal's periods, or an empty list unless the goal consists of whole periods."""
    if first_day(goal.first, grain, calendar) != goal.first or first_day(goal.end, grain, calendar) != goal.end:
        return []
    starts = [goal.first]
    while (following := shift(starts[-1], grain, 1)) < goal.end:
        starts.append(following)
    return starts


def _hidden(result: Result, column: str) -> tuple[bool, ...]:
    return result.hidden.get(column) or (False,) * result.table.num_rows


def _known(result: Result, metric: str) -> dict[date, float]:
    """Return the answer's numbers by first day of the period, without empty and hidden ones."""
    name = result.keys[0].name
    values: dict[date, float] = {}
    for row, is_hidden in zip(result.rows(), _hidden(result, metric), strict=True):
        first, value = row[name], row[metric]
        if isinstance(first, date) and isinstance(value, int | float) and not is_hidden:
            values[first] = float(value)
    return values


def _by_day(result: Result, metric: str) -> dict[date, float]:
    name = result.keys[0].name
    days: dict[date, float] = {}
    for row in result.rows():
        day, value = row[name], row[metric]
        if isinstance(day, date):
            days[day] = float(value) if isinstance(value, int | float) else 0.0
    return days


def _column(result: Result, metric: Metric) -> ResultColumn:
    return next(column for column in result.values if column.metric is not None and column.metric.name == metric.name)
