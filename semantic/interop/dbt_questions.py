"""Questions as dbt asks them, saved or not, as questions of ours over an imported model."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from semantic.errors import InvalidQuery, UnknownName
from semantic.interop.dbt_filter import translate_filter
from semantic.interop.dbt_metrics import length
from semantic.interop.dbt_names import Names
from semantic.interop.dbt_nouns import SavedQuery
from semantic.interop.dbt_reference import METRIC_TIME, Reference, read_call, read_dunder
from semantic.interop.dbt_say import Speaker, default_grain
from semantic.model.definitions import DatePart, Granularity, Metric
from semantic.model.expression import ExpressionError, parse_condition
from semantic.policy.narrow import measures_of
from semantic.query.data import column_name
from semantic.query.narrowing import all_of
from semantic.query.query import Between, Breakdown, Order, Query, Said


@dataclass(frozen=True, slots=True, kw_only=True)
class DbtQuestion:
    """What is asked, in dbt's words. `time` has both ends in it, each a day or an instant, or is None."""

    metrics: Sequence[str] = ()
    by: Sequence[Reference] = ()
    where: Sequence[str] = ()
    time: tuple[datetime, datetime] | None = None
    order: Sequence[Reference] = ()
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """What a result's columns are called: ours to dbt's."""

    names: dict[str, str] = field(default_factory=dict[str, str])


class Questions:
    """Asks an imported model as dbt would."""

    def __init__(self, names: Names, custom: Collection[str] = ()) -> None:
        self._names, self._custom = names, custom
        self._metrics = {
            called: one for one in names.model.metrics.values() for called in (one.name, *one.synonyms)
        } | dict(names.model.metrics)

    def saved(self, one: SavedQuery) -> DbtQuestion:
        """A saved query in the same form as any other. Raises InvalidFilter for a name that cannot be read."""
        return DbtQuestion(
            metrics=one.metrics,
            by=tuple(self.reference(text) for text in one.group_by),
            where=one.where,
            order=tuple(self.reference(text) for text in one.order_by),
            limit=int(one.limit) if one.limit.isdigit() else None,
        )

    def reference(self, text: str) -> Reference:
        """`Dimension('listing__country')`, `listing__country`, or with a minus in front of it, to be turned round."""
        if "(" in text:
            return read_call(text, self._custom)
        found = read_dunder(text.removeprefix("-"), self._custom)
        return replace(found, descending=text.startswith("-"))

    def query(self, asked: DbtQuestion) -> Query:
        """The question in our words; each breakdown's column is called as dbt calls it.

        Raises UnknownName, NoPath, InvalidFilter, InvalidQuery.
        """
        metrics = [self._metric(name) for name in asked.metrics]
        facts = self.facts(metrics)
        grain = max((self.grain(one) for one in metrics), key=length, default="day")
        by = [self._breakdown(one, facts, grain) for one in asked.by]
        speaker = Speaker(self._names, facts, grain, {name: one.name for name, one in self._metrics.items()})
        parts = [_condition(translate_filter(one, speaker.say, self._custom)) for one in asked.where]
        days, clock = self._time(asked, grain, max((self._known_by(one) for one in metrics), key=length, default="day"))
        return Query(
            metrics=tuple(one.name for one in metrics),
            by=tuple(dict.fromkeys(by)),
            where=all_of([*parts, *clock]),
            time=days,
            order=tuple(self._order(one, facts, grain, by) for one in asked.order),
            limit=asked.limit,
        )

    def facts(self, metrics: Sequence[Metric]) -> list[str]:
        """The datasets that these metrics' rows are of; of a conversion those of its base."""
        found: list[str] = []
        for one in metrics:
            whole = self._names.model.metrics[one.inputs[0]] if one.conversion else one
            found += [measure.dataset for measure in measures_of(whole, self._names.model)]
        return list(dict.fromkeys(found))

    def grain(self, metric: Metric) -> str:
        """The period of a metric's date where none is asked."""
        if metric.grain:
            return metric.grain.value
        model = self._names.model
        dates = [model.datasets[one.dataset].dimensions.get(one.time or "") for one in measures_of(metric, model)]
        return max((one.days_grain.value for one in dates if one), key=length, default="day")

    def _known_by(self, metric: Metric) -> str:
        """The shortest period that a metric's date can be shown by."""
        model = self._names.model
        dates = [model.datasets[one.dataset].dimensions.get(one.time or "") for one in measures_of(metric, model)]
        return max(((one.grain or one.days_grain).value for one in dates if one), key=length, default="day")

    def _metric(self, name: str) -> Metric:
        if name not in self._metrics:
            raise UnknownName(name, self._metrics, kind="metric")
        return self._metrics[name]

    def _breakdown(self, one: Reference, facts: Sequence[str], grain: str) -> Breakdown:
        found = self._names.find(one, facts)
        period = "" if one.part else one.grain or default_grain(found, grain)
        column = "__".join((found.column, *([f"extract_{one.part}"] if one.part else [period] if period else [])))
        standard = Granularity(period) if period in tuple(Granularity) else None
        own = period if period and standard is None else None
        return Breakdown(found.dim, standard, found.via, _part(one.part) if one.part else None, own, column)

    def _order(self, one: Reference, facts: Sequence[str], grain: str, by: Sequence[Breakdown]) -> Order:
        name = "__".join((*one.path, one.name))
        if one.is_metric or (not one.path and name in self._metrics and not one.grain):
            return Order(self._metric(name).name, one.descending)
        name = self._breakdown(one, facts, grain).name
        if not one.grain and not one.part and name not in {shown.name for shown in by}:
            # Without a period it is the column that shows this date, by whichever period that is.
            whole = self._names.find(one, facts).column
            name = next((shown.name for shown in by if shown.name.rpartition("__")[0] == whole), name)
        return Order(name, one.descending)

    def _period(self, asked: DbtQuestion, grain: str, known_by: str) -> str:
        """The shortest period that the date is shown by, or could be."""
        shown = [one.grain or grain for one in asked.by if one.name == METRIC_TIME and not one.path and not one.part]
        return min(shown, key=length) if shown else known_by

    def _time(self, asked: DbtQuestion, grain: str, known_by: str) -> tuple[Between | None, list[Said]]:
        """Both ends included and whole periods, as days; and for periods of the clock a condition besides."""
        if asked.time is None:
            return None, []
        period, (start, end) = self._period(asked, grain, known_by), asked.time
        days = Between(_floor(start.date(), period), _ceil(end.date(), period))
        if length(period) >= length("day"):
            return days, []
        first, last = (_tick(one, period).isoformat(" ", "milliseconds") for one in (start, end))
        name = f"{METRIC_TIME}__{period}"
        return days, [_condition(f"{name} >= CAST('{first}' AS TIMESTAMP) AND {name} <= CAST('{last}' AS TIMESTAMP)")]


def _tick(moment: datetime, period: str) -> datetime:
    """The start of the period of the clock that a moment is in."""
    fields = {"hour": 1, "minute": 2, "second": 3}.get(period)
    if fields is None:
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return moment.replace(microsecond=0, **dict.fromkeys(("minute", "second")[fields - 1 :], 0))


def _part(text: str) -> DatePart:
    if text not in tuple(DatePart):
        raise InvalidQuery(f"There is no part {text!r} of a date. Ask for one of {', '.join(DatePart)}.")
    return DatePart(text)


def _condition(text: str) -> Said:
    try:
        return Said(parse_condition(text))
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
    """The last day of the period that `day` is in."""
    start = _floor(day, period)
    months = {"month": 1, "quarter": 3, "year": 12}.get(period)
    if months is None:
        return start + timedelta(days=6) if period == "week" else start
    month = start.month - 1 + months
    return date(start.year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def question_text(query: Query) -> Query:
    """The same question with its names in one word each, as JSON carries them."""
    by = tuple(Breakdown(_said(one)) if one.via else replace(one, name="") for one in query.by)
    renamed = {old.name: column_name(new) for old, new in zip(query.by, by, strict=True)}
    order = tuple(replace(one, by=renamed.get(one.by, one.by)) for one in query.order)
    return replace(query, by=by, order=order)


def _said(one: Breakdown) -> str:
    shown = one.grain.value if one.grain else f"extract_{one.part.value}" if one.part else one.period
    return "__".join((*(one.via.split(".") if one.via else ()), one.dim, *([shown] if shown else [])))
