"""Convert dbt's questions, saved or not, to questions over an imported model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from semantic.errors import InvalidQuery, UnknownName
from semantic.interop.dbt.filter import translate_filter
from semantic.interop.dbt.metrics import length
from semantic.interop.dbt.names import Names
from semantic.interop.dbt.nouns import SavedQuery
from semantic.interop.dbt.reference import METRIC_TIME, NO_PERIODS, Periods, Reference, read_call, read_dunder
from semantic.interop.dbt.say import Speaker, default_grain
from semantic.model.definitions import DatePart, Granularity, Metric
from semantic.model.expression import ExpressionError, parse_condition
from semantic.policy.narrow import measures_of
from semantic.query.data import column_name
from semantic.query.narrowing import all_of
from semantic.query.query import Between, Breakdown, Order, Query, SqlCondition

Ends = tuple[datetime | None, datetime | None]
"""The first and last moment of a period, both included. None means no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DbtQuestion:
    """A question in dbt's terms.

    A metric is its name, or a reference if its column has an alias.
    """

    metrics: Sequence[str | Reference] = ()
    by: Sequence[Reference] = ()
    where: Sequence[str] = ()
    time: Ends | None = None
    order: Sequence[Reference] = ()
    limit: int | None = None

    def with_more(self, more: DbtQuestion) -> DbtQuestion:
        """Return a saved query with additions. A new order, limit or period replaces that of the saved query."""
        return DbtQuestion(
            metrics=[*self.metrics, *more.metrics],
            by=[*self.by, *more.by],
            where=[*self.where, *more.where],
            time=more.time if any(more.time or ()) else self.time,
            order=more.order or self.order,
            limit=self.limit if more.limit is None else more.limit,
        )


class Questions:
    """Asks an imported model questions in dbt's form."""

    def __init__(self, names: Names, custom: Periods = NO_PERIODS) -> None:
        self._names, self._custom = names, custom
        self._metrics = {
            called: metric for metric in names.model.metrics.values() for called in (metric.name, *metric.synonyms)
        } | dict(names.model.metrics)

    def saved(self, query: SavedQuery) -> DbtQuestion:
        """Return a saved query as a question in dbt's terms. Raises InvalidFilter for a name that can't be parsed."""
        return DbtQuestion(
            metrics=tuple(self.metric(text) for text in query.metrics),
            by=tuple(self.reference(text) for text in query.group_by),
            where=query.where,
            order=tuple(self.reference(text) for text in query.order_by),
            limit=int(query.limit) if query.limit.isdigit() else None,
        )

    def reference(self, text: str) -> Reference:
        """Return the reference in `Dimension('listing__country')` or `listing__country`.

        A minus in front means descending order.
        """
        if "(" in text:
            return read_call(text, self._custom)
        reference = read_dunder(text.removeprefix("-"), self._custom)
        return replace(reference, descending=text.startswith("-"))

    def metric(self, text: str) -> str | Reference:
        """Return the metric in a plain name, or in `Metric('bookings', alias='total')`."""
        return read_call(text, self._custom) if "(" in text else text

    def columns(self, asked: DbtQuestion) -> list[tuple[str, str]]:
        """Return the columns of the answer in order, each with our name and dbt's. Raises UnknownName, NoPath.

        A metric with two names in the question is a single column in our answer.
        """
        query = self.query(asked)
        named: list[tuple[str, str]] = []
        for metric in asked.metrics:
            name, alias = (metric, "") if isinstance(metric, str) else (metric.name, metric.alias)
            named.append((self._metric(metric).name, alias or (name if name in self._metrics else name.lower())))
        return [*((breakdown.name, breakdown.name) for breakdown in query.by), *named]

    def query(self, asked: DbtQuestion) -> Query:
        """Return the question in Samepage's terms. Each breakdown's column keeps dbt's name or its alias.

        Raises UnknownName, NoPath, InvalidFilter, InvalidQuery.
        """
        metrics = [self._metric(name) for name in asked.metrics]
        facts = self.facts(metrics)
        grain = max((self.grain(metric) for metric in metrics), key=length, default="day")
        by = [self._breakdown(reference, facts, grain) for reference in asked.by]
        speaker = Speaker(self._names, facts, grain, {name: metric.name for name, metric in self._metrics.items()})
        parts = [_condition(translate_filter(condition, speaker.say, self._custom)) for condition in asked.where]
        days, clock = self._time(
            asked, grain, max((self._known_by(metric) for metric in metrics), key=length, default="day")
        )
        return Query(
            metrics=tuple(dict.fromkeys(metric.name for metric in metrics)),
            by=tuple(dict.fromkeys(by)),
            where=all_of([*parts, *clock]),
            time=days,
            order=tuple(self._order(reference, facts, grain, by, asked.metrics) for reference in asked.order),
            limit=asked.limit,
        )

    def facts(self, metrics: Sequence[Metric]) -> list[str]:
        """Return the datasets of these metrics' rows, which for a conversion are those of its base."""
        texts: list[str] = []
        for metric in metrics:
            whole_metric = self._names.model.metrics[metric.inputs[0]] if metric.conversion else metric
            texts += [measure.dataset for measure in measures_of(whole_metric, self._names.model)]
        return list(dict.fromkeys(texts))

    def grain(self, metric: Metric) -> str:
        """Return the default granularity of a metric's date."""
        if metric.grain:
            return metric.grain.value
        model = self._names.model
        dates = [
            model.datasets[measure.dataset].dimensions.get(measure.time or "") for measure in measures_of(metric, model)
        ]
        return max((dimension.days_grain.value for dimension in dates if dimension), key=length, default="day")

    def _known_by(self, metric: Metric) -> str:
        """Return the shortest granularity of a metric's date."""
        model = self._names.model
        dates = [
            model.datasets[measure.dataset].dimensions.get(measure.time or "") for measure in measures_of(metric, model)
        ]
        return max(
            ((dimension.grain or dimension.days_grain).value for dimension in dates if dimension),
            key=length,
            default="day",
        )

    def _metric(self, asked: str | Reference) -> Metric:
        name = asked if isinstance(asked, str) else asked.name
        metric = self._metrics.get(name) or self._metrics.get(name.lower())
        if metric is None:
            raise UnknownName(name, self._metrics, kind="metric")
        return metric

    def _breakdown(self, reference: Reference, facts: Sequence[str], grain: str) -> Breakdown:
        field = self._names.find(reference, facts)
        part = reference.part.lower()
        period = "" if part else reference.grain.lower() or default_grain(field, grain)
        column = "__".join((field.column, *([f"extract_{part}"] if part else [period] if period else [])))
        standard = Granularity(period) if period in tuple(Granularity) else None
        own = period if period and standard is None else None
        return Breakdown(field.dim, standard, field.via, _part(part) if part else None, own, reference.alias or column)

    def _order(
        self,
        reference: Reference,
        facts: Sequence[str],
        grain: str,
        by: Sequence[Breakdown],
        metrics: Sequence[str | Reference],
    ) -> Order:
        """Return the order by an alias, a metric or a breakdown.

        A breakdown, with or without an alias, refers to the column that shows it.
        """
        name = "__".join((*reference.path, reference.name))
        if not reference.path and not reference.grain and not reference.part:
            aliased = [metric for metric in metrics if not isinstance(metric, str) and metric.alias == name]
            if aliased or reference.is_metric or name in self._metrics:
                return Order(self._metric(aliased[0] if aliased else reference).name, reference.descending)
            if name in {shown.name for shown in by}:
                return Order(name, reference.descending)
        asked = self._breakdown(replace(reference, alias=""), facts, grain)
        same = [shown for shown in by if replace(shown, name="") == replace(asked, name="")]
        if not same and not reference.grain and not reference.part:
            # Without a granularity it is the column that shows this date, at whichever granularity.
            same = [shown for shown in by if (shown.dim, shown.via) == (asked.dim, asked.via)]
        return Order(same[0].name if same else asked.name, reference.descending)

    def _period(self, asked: DbtQuestion, grain: str, known_by: str) -> str:
        """Return the shortest granularity at which the date is shown or could be shown."""
        dates = [
            reference
            for reference in asked.by
            if reference.name.lower() == METRIC_TIME and not reference.path and not reference.part
        ]
        shown = [day.grain.lower() or grain for day in dates]
        return min(shown, key=length) if shown else known_by

    def _time(self, asked: DbtQuestion, grain: str, known_by: str) -> tuple[Between | None, list[SqlCondition]]:
        """Return the period as days, both ends included, extended to whole periods.

        Periods shorter than a day add a condition.
        """
        start, end = asked.time or (None, None)
        if start is None and end is None:
            return None, []
        period = self._period(asked, grain, known_by)
        days = Between(_floor(start.date(), period) if start else None, _ceil(end.date(), period) if end else None)
        if length(period) >= length("day"):
            return days, []
        edges = [(">=", start), ("<=", end)]
        tests = [
            f"{METRIC_TIME}__{period} {op} CAST('{_tick(moment, period).isoformat(' ', 'milliseconds')}' AS TIMESTAMP)"
            for op, moment in edges
            if moment is not None
        ]
        return days, [_condition(" AND ".join(tests))]


def _tick(moment: datetime, period: str) -> datetime:
    """Return the start of the hour, minute or shorter period that contains a moment."""
    fields = {"hour": 1, "minute": 2, "second": 3}.get(period)
    if fields is None:
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return moment.replace(microsecond=0, **dict.fromkeys(("minute", "second")[fields - 1 :], 0))


def _part(text: str) -> DatePart:
    if text not in tuple(DatePart):
        raise InvalidQuery(f"{text!r} is not a date part. Use one of {', '.join(DatePart)}.")
    return DatePart(text)


def _condition(text: str) -> SqlCondition:
    try:
        return SqlCondition(parse_condition(text))
    except ExpressionError as error:
        raise InvalidQuery(str(error)) from error


def _floor(day: date, period: str) -> date:
    match period:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            return day.replace(month=1, day=1)
        case _:
            return day


def _ceil(day: date, period: str) -> date:
    """Return the last day of the period that contains `day`."""
    start = _floor(day, period)
    months = {"month": 1, "quarter": 3, "year": 12}.get(period)
    if months is None:
        return start + timedelta(days=6) if period == "week" else start
    month = start.month - 1 + months
    return date(start.year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def question_text(query: Query) -> Query:
    """Return the same question with each breakdown written as a single name, as in JSON."""
    by = tuple(Breakdown(_said(breakdown)) if breakdown.via else replace(breakdown, name="") for breakdown in query.by)
    renamed = {old.name: column_name(new) for old, new in zip(query.by, by, strict=True)}
    order = tuple(replace(ordering, by=renamed.get(ordering.by, ordering.by)) for ordering in query.order)
    return replace(query, by=by, order=order)


def _said(breakdown: Breakdown) -> str:
    shown = (
        breakdown.grain.value
        if breakdown.grain
        else f"extract_{breakdown.part.value}"
        if breakdown.part
        else breakdown.period
    )
    return "__".join((*(breakdown.via.split(".") if breakdown.via else ()), breakdown.dim, *([shown] if shown else [])))
