"""Resolve a question: names become elements of the model, and periods become days. Join paths come later."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from sqlglot import exp

from semantic.errors import InvalidQuery, TimeMismatch, UnknownName
from semantic.model.calendars import CalendarPeriod
from semantic.model.definitions import DatePart, Dimension, EntityKind, Granularity, Measure, Metric, TypeKind
from semantic.model.model import Model
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.query.calculated import find_calculations
from semantic.query.comparisons import Compared, Split, find_comparisons
from semantic.query.data import column_name
from semantic.query.filter_parts import by_members, check_filter_size, conditions, segments, sql_conditions
from semantic.query.known_through import (
    NOTHING_LOADED,
    Loaded,
    QuestionContext,
    known_from,
    known_through,
    latest_of,
    of_filtered,
)
from semantic.query.member_conditions import conditions_in
from semantic.query.names import own_breakdown, own_filter, read_name
from semantic.query.periods import Calendar, Days, as_known, coarsest, end_with_today, find_days, widened
from semantic.query.query import (
    DATE,
    AllOf,
    AnyOf,
    Breakdown,
    ByMember,
    Calculation,
    Condition,
    Filter,
    MetricFilter,
    Order,
    Previous,
    Query,
    SqlCondition,
    Top,
)

BUCKET = "bucket"
"""The column that says whether a row is a member, (none), Other or a total (decision 26)."""


@dataclass(frozen=True, slots=True)
class Key:
    """One breakdown.

    `dimensions` has one entry for each dataset with the dimension. It's empty for `date`, each metric's own date. A
    date has one of `grain`, `part` or `period`.
    """

    name: str
    breakdown: Breakdown
    dimensions: tuple[Dimension, ...]
    grain: Granularity | None
    part: DatePart | None = None
    period: CalendarPeriod | None = None
    entity: EntityKey | None = None  # the key of an entity, instead of a dimension

    @property
    def is_time(self) -> bool:
        """Whether the key groups a date."""
        return self.grain is not None or self.part is not None or self.period is not None


@dataclass(frozen=True, slots=True)
class EntityKey:
    """One column of an entity's key, at position `place`.

    `roles` lead to the entity, and the last of them is its name or one of its roles. `thing` is its name.
    """

    roles: tuple[str, ...]
    thing: str
    place: int


@dataclass(frozen=True, slots=True)
class InnerQuestion:
    """The question behind a filter by a metric: the metric by member. Its rows are in `table` in the statement."""

    part: ByMember
    table: str
    asked: Asked


@dataclass(frozen=True, slots=True)
class Reach:
    """The days for which a metric is known in a question.

    `first` and `last` are the first and last known day, or None. `days` are the question's known days, and `compared`
    the days that they're compared with. None of the metric's facts has data before `opens`.
    """

    first: date | None
    last: date | None
    days: Days
    opens: date | None
    compared: tuple[Compared, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A resolved question. `reaches` caches the days for which each metric is known, which a plan needs often."""

    visible: VisibleModel
    query: Query
    metrics: tuple[Metric, ...]
    keys: tuple[Key, ...]
    dates: frozenset[str]  # the keys that are each metric's own date, onto which comparisons are shifted
    own_periods: frozenset[str]  # the keys that are a calendar's periods of each metric's own date
    where: tuple[Filter, ...]  # joined by AND
    asked_days: Days  # as asked for, known or not
    days: Days  # the asked days that are known for any metric
    compared: tuple[Compared, ...]
    split: Split
    having: tuple[tuple[Metric, MetricFilter], ...]
    top: Top | None
    totals: tuple[tuple[str, ...], ...]  # columns that are kept, in the order of the breakdowns
    asking: QuestionContext
    calendar: Calendar
    order: tuple[Order, ...]
    limit: int | None
    currency: str  # the currency in which money is shown
    rates_of: date | None = None  # the one day whose rates apply; None for each amount's own day
    inner: tuple[InnerQuestion, ...] = ()  # one for each filter by a metric
    calc: tuple[Calculation, ...] = ()
    reaches: dict[str, tuple[Metric, Reach]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def today(self) -> date:
        """The day on which the question is asked."""
        return self.asking.today

    @property
    def time_zone(self) -> str:
        """The time zone of days in the result."""
        return self.asking.zone


def resolve(
    query: Query, visible: VisibleModel, *, today: date, loaded: Loaded = NOTHING_LOADED, tables: str = "_per"
) -> Asked:
    """Return a question, resolved against what an actor can see of the model. Raises UnknownName, InvalidQuery.

    `loaded` has the extent of each dataset's rows. `tables` is the prefix for the names of extra tables.
    """
    if not query.metrics and not query.by:
        raise InvalidQuery("The question has no metric. Add one.")
    if query.where is not None:
        check_filter_size(query.where)
    settings = visible.model.settings
    calendar = Calendar(query.week_start or settings.week_start, query.fiscal_start or settings.fiscal_start)
    metrics = tuple([visible.metric(name) for name in query.metrics])
    default = _default_grain(metrics, visible.model)
    keys = tuple([_key(own_breakdown(breakdown, visible.model, default), visible, default) for breakdown in query.by])
    own = [key for key in keys if _is_date(key, metrics, visible)]
    dates = frozenset(key.name for key in own if key.grain)
    grains = [key.grain for key in keys if key.name in dates and key.grain]
    asked_days = find_days(query.time, calendar, today=today)
    if settings.rules.grain_mismatch == "widen":
        shortest = sorted(grains, key=[*Granularity].index)[:1]
        asked_days = widened(asked_days, coarsest([*shortest, *own_grains(metrics, visible.model)]), calendar)
    if Previous() in query.compare and (asked_days.start is None or asked_days.end is None):
        message = "A comparison with the previous period needs a start and an end date."
        raise InvalidQuery(f"{message} Choose a period that has both.")
    if query.compare:
        asked_days = end_with_today(asked_days, today=today)
    where = tuple(_own_filters(query.where, visible.model))
    asking = QuestionContext(today, of_filtered(loaded, where, visible), query.time_zone or settings.time_zone)
    lasts = [known_through(metric, visible.model, asking) for metric in metrics]
    known = latest_of(lasts, visible.model, asking)
    days = as_known(asked_days, known, today)
    split = split_of(own, calendar)
    asked = Asked(
        visible=visible,
        query=query,
        metrics=metrics,
        keys=keys,
        dates=dates,
        own_periods=frozenset(key.name for key in own if key.period),
        where=where,
        asked_days=asked_days,
        days=days,
        compared=find_comparisons(query.compare, days, split, known),
        split=split,
        having=tuple((visible.metric(condition.metric), condition) for condition in query.having),
        top=query.top,
        totals=tuple(tuple(key.name for key in keys if key.name in total) for total in query.totals),
        asking=asking,
        calendar=calendar,
        order=query.order or _default_order(query, keys),
        limit=query.limit,
        currency=_currency(query, visible.model),
        rates_of=_rates_of(query, days, visible.model, today),
    )
    if query.calc:
        values = column_names(asked)[len(keys) :]
        asked = replace(asked, calc=find_calculations(query.calc, {key.name: key for key in keys}, values))
    _check_names(asked)
    if query.top is not None:
        _check_top(query.top, asked)
    _check_totals(asked)
    _check_each_row(asked)
    _check_ranges(asked)
    inner = tuple(_inner(asked, tables))
    asked = replace(asked, inner=inner) if inner else asked
    for metric, last in zip(metrics, lasts, strict=True):
        _keep_reach(metric, last, days if last == known else as_known(asked_days, last, today), asked)
    return asked


def reach_of(metric: Metric, asked: Asked) -> Reach:
    """Return the days for which a metric is known in a question."""
    reach = asked.reaches.get(metric.name)
    if reach is not None and reach[0] is metric:
        return reach[1]
    last = known_through(metric, asked.visible.model, asked.asking)
    days = asked.days if last is None else as_known(asked.asked_days, last, asked.today)
    return _keep_reach(metric, last, days, asked)


def _keep_reach(metric: Metric, last: date | None, days: Days, asked: Asked) -> Reach:
    first, opens = known_from(metric, asked.visible.model, asked.asking)
    reach = Reach(first, last, days, opens, compared_with(days, last, asked))
    asked.reaches[metric.name] = metric, reach
    return reach


def compared_with(days: Days, known: date | None, asked: Asked) -> tuple[Compared, ...]:
    """Return the days of each comparison, for a question that counts `days` and data known through `known`."""
    return find_comparisons(asked.query.compare, days, asked.split, known)


def compared_of(compare: str, reach: Reach) -> Compared | None:
    """Return the known days of the comparison with this name, or None for the question's own period."""
    return next((compared for compared in reach.compared if compared.name == compare), None) if compare else None


def split_of(dates: Sequence[Key], calendar: Calendar) -> Split:
    """Return how these keys break down the question's own date."""
    return Split(
        tuple(key.grain for key in dates if key.grain),
        tuple(key.part for key in dates if key.part),
        any(key.period for key in dates),
        calendar,
    )


def _currency(query: Query, model: Model) -> str:
    """Return the currency of amounts. Raises InvalidQuery."""
    own, rates = model.settings.currency, model.settings.rates
    if query.currency is None:
        return own
    known = dict.fromkeys([own, *(rates.currencies if rates else ())])
    if query.currency not in known:
        message = f"Amounts can't be shown in {query.currency}, because the model has no exchange rates for it."
        raise InvalidQuery(f"{message} Use {' or '.join(known)}.")
    return query.currency


def _rates_of(query: Query, days: Days, model: Model, today: date) -> date | None:
    """Return the day whose exchange rates apply, or None if each day has its own.

    For `period_end`, it's the period's last completed day.
    """
    if query.rates is not None and model.settings.rates is None:
        raise InvalidQuery("The model has no exchange rates. Leave 'rates' out.")
    if query.rates != "period_end":
        return query.rates
    yesterday = today - timedelta(days=1)
    return yesterday if days.end is None else min(yesterday, days.end - timedelta(days=1))


def _inner(asked: Asked, tables: str) -> Iterator[InnerQuestion]:
    """Yield each filter by a metric as a separate question, over this question's period unless it has its own."""
    query = asked.query
    metrics = [*asked.metrics, *(metric for metric, _ in asked.having)]
    metrics += [asked.visible.metric(asked.top.metric)] if asked.top else []
    own_parts = conditions_in(metrics, asked.visible.model)
    parts = dict.fromkeys([member for part in (*asked.where, *own_parts) for member in by_members(part)])
    if not parts:
        return
    asked_parts = {member for part in asked.where for member in by_members(part)}
    for place, part in enumerate(parts):
        is_asked = part in asked_parts  # a metric's own condition is in the model's currency
        own = Query(
            metrics=(part.metric,),
            where=part.where,
            time=part.time,
            time_zone=query.time_zone,
            week_start=query.week_start,
            fiscal_start=query.fiscal_start,
            currency=query.currency if is_asked else None,
            rates=asked.rates_of if is_asked else None,
            history=query.history,
        )
        table = f"{tables}{place}"
        inner = resolve(own, asked.visible, today=asked.today, loaded=asked.asking.loaded, tables=f"{table}_")
        over = asked if part.time is None else inner
        keys = tuple(_entity_keys(part.per, asked.visible))
        yield InnerQuestion(
            part, table, replace(inner, keys=keys, asked_days=over.asked_days, days=over.days, order=())
        )


def _entity_keys(per: str, visible: VisibleModel) -> Iterator[Key]:
    """Yield the columns of an entity's key. Raises UnknownName for an unknown entity or role."""
    roles = tuple(per.replace("__", ".").split("."))
    model = visible.model
    seen = dict.fromkeys(
        target for fact in model.datasets if visible.shows_fact(fact) for target in model.joins.paths(fact)
    )
    known = [entity for name in seen for entity in model.datasets[name].entities]
    entity = next((candidate for candidate in known if candidate.entity == roles[-1]), None)
    found_entity = entity or next((candidate for candidate in known if candidate.name == roles[-1]), None)
    if found_entity is None or not all(
        role in {name for entity in known for name in (entity.name, entity.entity)} for role in roles
    ):
        raise UnknownName(per, {entity.entity for entity in known}, kind="entity")
    versions = model.versions_of(found_entity.entity)
    columns = versions.history.key if versions and versions.history else found_entity.columns
    for place, _ in enumerate(columns):
        yield Key(f"_k{place}", Breakdown(per), (), None, entity=EntityKey(roles, found_entity.entity, place))


def _key(breakdown: Breakdown, visible: VisibleModel, default_grain: Granularity) -> Key:
    if breakdown.dim == DATE:
        if breakdown.via:
            raise InvalidQuery("'date' is each metric's own date and can't have a 'via'. Leave it out.")
        dimensions, default = (), default_grain
    else:
        dimensions = visible.dimension(breakdown.dim)
        default = dimensions[0].days_grain if dimensions[0].kind == "time" else None
    if default is None and (breakdown.grain or breakdown.part or breakdown.period):
        what, key = ("part", "part") if breakdown.part else ("granularity", "grain")
        raise InvalidQuery(f"{breakdown.dim!r} isn't a time dimension and has no {what}. Leave {key!r} out.")
    period = _period(breakdown.period, visible) if breakdown.period else None
    grain = None if breakdown.part or period else breakdown.grain or default
    return Key(column_name(breakdown), breakdown, dimensions, grain, breakdown.part, period)


def _default_grain(metrics: tuple[Metric, ...], model: Model) -> Granularity:
    """Return the period that the metrics' dates are grouped by if the question doesn't specify one."""
    grains = [metric.grain or Granularity.DAY for metric in metrics]
    if model.settings.rules.grain_mismatch == "widen":
        grains += own_grains(metrics, model)
    return coarsest(grains) or Granularity.DAY


def own_grains(metrics: Sequence[Metric], model: Model) -> Iterator[Granularity]:
    """Yield the shortest period that each measure's own date supports."""
    for metric in metrics:
        for measure in measures_of(metric, model):
            if measure.time:
                yield model.datasets[measure.dataset].dimensions[measure.time].days_grain


def _period(name: str, visible: VisibleModel) -> CalendarPeriod:
    """Return a calendar period whose dimensions the actor can use. Raises UnknownName."""
    period = visible.period(name)
    if period is None:
        known = [*Granularity, *(calendar_period.name for calendar_period in visible.periods)]
        raise UnknownName(name, known, kind="granularity")
    return period[1]


def is_date_of(key: Key, measure: Measure, model: Model) -> bool:
    """Return whether a breakdown is by a measure's own date, as `date` or by its dimension's name."""
    if key.breakdown.dim == DATE:
        return True
    entities = model.datasets[measure.dataset].entities
    own = {entity.name for entity in entities if entity.kind is not EntityKind.FOREIGN}
    return key.breakdown.dim == measure.time and (key.breakdown.via is None or key.breakdown.via in own)


def _is_date(key: Key, metrics: tuple[Metric, ...], visible: VisibleModel) -> bool:
    """Return whether a key is the own date of every requested measure, as `date` or by its name."""
    if key.breakdown.dim == DATE:
        return True
    if not key.is_time:
        return False
    measures = [measure for metric in metrics for measure in measures_of(metric, visible.model)]
    return bool(measures) and all(is_date_of(key, measure, visible.model) for measure in measures)


def _own_filters(where: Filter | None, model: Model) -> Iterator[Filter]:
    """Yield the question's filters with the model's own names."""
    for conjunct in _conjuncts(where):
        yield from _conjuncts(own_filter(conjunct, model))


def _conjuncts(where: Filter | None) -> list[Filter]:
    match where:
        case None:
            return []
        case AllOf(parts) | AnyOf((_,) as parts):
            return [conjunct for part in parts for conjunct in _conjuncts(part)]
        case _:
            return [where]


def _default_order(query: Query, keys: tuple[Key, ...]) -> tuple[Order, ...]:
    """Return the default order: by time, otherwise by the top's or the first metric, largest first."""
    times = tuple(Order(key.name) for key in keys if key.is_time)
    first = query.metrics[:1]
    if query.top is not None and query.top.metric in query.metrics:
        first = (query.top.metric,)
    return times or tuple(Order(name, desc=True) for name in first)


def _check_each_row(asked: Asked) -> None:
    """Raise InvalidQuery if single rows are listed together with metrics or ranges."""
    if asked.query.each_row and (asked.metrics or asked.query.ranges):
        raise InvalidQuery("'each_row' lists values of breakdowns row by row. Leave out metrics and 'ranges'.")


def _check_ranges(asked: Asked) -> None:
    """Raise InvalidQuery if `ranges` is used for values without an order, or together with other parts."""
    if not asked.query.ranges:
        return
    if asked.metrics or not asked.keys or asked.query.order or asked.limit is not None:
        raise InvalidQuery("'ranges' gives the minimum and maximum of breakdowns. Leave out metrics, order and limit.")
    for key in asked.keys:
        if key.dimensions and key.dimensions[0].type.kind is TypeKind.BOOLEAN:
            raise InvalidQuery(f"{key.name!r} is true or false, so it has no range. Leave it out.")


def column_names(asked: Asked) -> list[str]:
    """Return the result columns: breakdowns, metrics, the metrics of each comparison, and calculations."""
    compared = [f"{metric.name}_{each_compared.name}" for each_compared in asked.compared for metric in asked.metrics]
    calculated = [calculation.name for calculation in asked.calc]
    return [*(key.name for key in asked.keys), *(metric.name for metric in asked.metrics), *compared, *calculated]


def _check_names(asked: Asked) -> None:
    for part in asked.where:
        for condition in conditions(part):
            _check_condition(condition, asked)
        segments(part, asked.visible)  # each must be present
        for condition in sql_conditions(part):
            _check_sql_condition(condition, asked)
    columns = column_names(asked)
    for order in asked.order:
        if order.by not in columns:
            raise UnknownName(order.by, columns, kind="column in this result")
    for name in columns:
        if columns.count(name) > 1 or name == BUCKET:
            raise InvalidQuery(f"Two columns of the result would be named {name!r}. Remove one.")
    _check_dates(asked)
    if not asked.metrics and (asked.compared or asked.having or asked.top or asked.totals or asked.calc):
        raise InvalidQuery("Comparisons, calculations, filters on metrics, a top and totals need a metric. Add one.")
    if asked.having and not asked.keys:
        raise InvalidQuery("A filter on a metric's value selects groups, so it needs a breakdown. Add one.")


def _check_condition(condition: Condition, asked: Asked) -> None:
    """Raise InvalidQuery or TimeMismatch unless a condition is on a dimension or date part that the actor can use."""
    named = read_name(condition.dim, asked.visible.model)
    if not named.is_grouped:
        if condition.dim == DATE:
            raise InvalidQuery("To filter 'date', use 'time' instead of 'where'.")
        asked.visible.dimension(condition.dim)
        return
    if named.dim != DATE and any(dimension.kind != "time" for dimension in asked.visible.dimension(named.dim)):
        raise InvalidQuery(f"{named.dim!r} isn't a time dimension, so {condition.dim!r} can't be filtered.")
    if condition.via:
        raise InvalidQuery(f"The name {condition.dim!r} already includes the path to {named.dim!r}. Leave 'via' out.")
    if named.grain is not None and named.grain.is_clock:
        raise InvalidQuery(f"{named.grain.words.capitalize()}s can't be filtered one by one. Use 'time'.")
    if named.period is not None:
        _period(named.period, asked.visible)
        if asked.compared and named.dim == DATE:
            message = f"{named.period.replace('_', ' ').capitalize()} belongs to each day, and a comparison's days"
            raise TimeMismatch(f"{message} have different ones. Filter by 'time'.", names=(named.period,))
    if named.part is DatePart.DAY_NUMBER:
        raise InvalidQuery("Days of a period are filtered by 'time', not by 'where'.")


def _check_sql_condition(condition: SqlCondition, asked: Asked) -> None:
    """Raise InvalidQuery for an SQL condition that could fail on values that the actor can't see.

    Raises UnknownName if it reads a dimension that the actor can't use.
    """
    plain = set[str]()
    for text in condition.condition.columns:
        named = read_name(text, asked.visible.model)
        if named.dim != DATE and any(dimension.kind != "time" for dimension in asked.visible.dimension(named.dim)):
            plain.add(text)
    for node in condition.condition.tree.walk():
        if _can_fail(node, plain):
            message = f"{node.sql()} in a filter could fail on a row you can't see. Compare the value itself."
            raise InvalidQuery(message)


def _can_fail(node: exp.Expr, plain: Collection[str]) -> bool:
    """Return whether an operation can fail for some values. `plain` are the names that aren't times.

    Casts to text, casts and parts of times, and operations without columns can't fail.
    """
    if isinstance(node, exp.Cast) and node.to.is_type("varchar", "text"):
        return False
    of_times = isinstance(node, exp.Extract) or (
        isinstance(node, exp.Cast) and node.to.is_type("timestamp", "timestampntz", "date")
    )
    if of_times:
        return any(column.name in plain for column in node.find_all(exp.Column))
    risky = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Cast, exp.Interval)
    return isinstance(node, risky) and node.find(exp.Column) is not None


def _check_dates(asked: Asked) -> None:
    """Raise InvalidQuery if a comparison can't pair the dates, or if numbered days have no first day."""
    for key in asked.keys:
        if asked.compared and key.name in asked.dates and key.grain and key.grain.is_clock:
            words = f"{key.grain.words.capitalize()}s"
            raise InvalidQuery(f"{words} can't be compared, because a day has 23 to 25 hours. Break down by day.")
        if key.part is DatePart.DAY_NUMBER and key.dimensions:
            raise InvalidQuery("Days are only numbered within the question's period, by 'date'. Use 'date'.")
        if key.part is DatePart.DAY_NUMBER and asked.days.start is None:
            raise InvalidQuery(
                "The days of a period are numbered from its start date, and this one has none. Choose "
                "a period with a start date."
            )
        if key.part is DatePart.DAY_NUMBER and any(compared.days.start is None for compared in asked.compared):
            raise InvalidQuery("The days of a comparison are numbered from its start date, and this one has none.")
        if asked.compared and key.name in asked.own_periods:
            assert key.period is not None
            if not key.period.number:
                message = f"{key.period.label} can't be compared: its calendar doesn't number its periods, so"
                raise TimeMismatch(f"{message} they have no counterpart.", names=(key.name,))
            if asked.days.start is None or any(compared.days.start is None for compared in asked.compared):
                message = f"{key.period.label} is compared from the period's start date, and this one has none."
                raise InvalidQuery(f"{message} Choose a period with a start date.")


def _check_top(top: Top, asked: Asked) -> None:
    keys = {key.name: key for key in asked.keys}
    for name in (top.dim, *top.within):
        if name not in keys:
            raise UnknownName(name, keys, kind="breakdown in this question")
    if keys[top.dim].grain is not None:
        raise InvalidQuery(f"A top ranks values, and {top.dim!r} is time. Use a period instead.")
    if top.dim in top.within:
        raise InvalidQuery(f"The top of {top.dim!r} can't be within {top.dim!r}. Remove it from 'within'.")
    asked.visible.metric(top.metric)


def _check_totals(asked: Asked) -> None:
    keys = [key.name for key in asked.keys]
    for total in asked.query.totals:
        for name in total:
            if name not in keys:
                raise UnknownName(name, keys, kind="breakdown in this question")
        top = asked.top
        if top and top.dim in total and not set(top.within) <= set(total):
            missing = next(name for name in top.within if name not in total)
            raise InvalidQuery(
                f"The top of {top.dim!r} differs for each {missing!r}, so a total by {top.dim!r} alone has no "
                f"Other. Keep {missing!r} too."
            )
        if set(total) == set(keys):
            raise InvalidQuery("A total must keep fewer breakdowns than the question has. Remove one.")
