"""The one place where model, connector, cache and policy meet: ask(query, actor) -> Result."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pyarrow as pa
from sqlglot import exp

from connectors import connect
from connectors.connector import Connector, ConnectorError, Limits
from semantic.annotations import Annotation, annotation_questions, read_annotations
from semantic.cell import Cell
from semantic.compile import Compiled, RateCheck, Statement, check_read_back, readable_sql
from semantic.errors import MissingRate, TooExpensive, UnknownName
from semantic.freshness import freshness_statements
from semantic.model.definitions import Dataset, Granularity, Metric, TypeKind
from semantic.model.model import Model
from semantic.plan.limits import check_rows
from semantic.plan.nodes import Plan, every_leg, fields, members
from semantic.plan_cache import PlanCache
from semantic.policy.actor import Actor
from semantic.policy.narrow import Visible, measures_of, narrow
from semantic.policy_findings import PolicyFinding, run_policy_tests
from semantic.preflight import Preflight, asked_period, compared_periods, preflight
from semantic.query.describe import describe_filters, describe_title
from semantic.query.names import read_name
from semantic.query.query import (
    DATE,
    AllOf,
    AnyOf,
    Breakdown,
    ByMember,
    Condition,
    Filter,
    InSegment,
    Last,
    NotAny,
    Operator,
    Order,
    Query,
    Said,
)
from semantic.rates import check_rates
from semantic.records import MOST_ROWS, Records, check_group, compile_records, read_records
from semantic.repairs import fitted
from semantic.result import Result, describe_columns
from semantic.run.cache import CachedTable, ResultCache, result_key
from semantic.run.checks import Finding, check_data
from semantic.run.execute import Runner, Ticket, TicketProgress, translate
from semantic.run.kept import Kept
from semantic.run.model_cache import open_model
from semantic.run.proofs import Proofs, Proven, matches_of
from semantic.run.sizes import Sizes
from semantic.settings import Settings
from semantic.sql.dialects import Dialect, find_dialect
from semantic.sql.values import Secret
from semantic.suppress import read_answer

OPTION_LIMIT, FOR_EACH_OPTION, MOST_OPTIONS = 200, 20, 10_000
MOST_SEEN = 500  # actors whose model is kept
MOST_READ_BACK = 4_000  # texts that are known to say what was meant
MOST_CHECKED, MOST_READY, MOST_TOLD = 200, 500, 200  # questions, and answers, of whom what is known is kept
LARGE_ANSWER = 1_000_000  # bytes: the rows of a larger one are kept by the cache alone
CHECKED_SECONDS = 300.0  # how many rows a question reads is as old as that at most, as the sizes themselves
NONE_MADE: Mapping[str, Metric] = MappingProxyType({})
_UNAVAILABLE = "This link asked for something that is not available to you. The rest is shown."
_NOTHING_LEFT = "This link asked for something that is not available to you. Nothing of it can be shown."


class Workspace:
    """A model over an engine, with a pool of workers and a cache. One for each process; safe from several threads."""

    def __init__(self, settings: Settings, model: Model, people: Mapping[str, Actor], connector: Connector) -> None:
        self.settings, self.model, self.people, self.connector = settings, model, people, connector
        self.dialect: Dialect = find_dialect(connector.dialect)
        self.runner = Runner(workers=settings.workers, cache=ResultCache())
        self.plans = PlanCache()
        self.proofs = Proofs(model, connector, self.dialect)
        self._seen: dict[int, Visible] = {}
        self._read_back: set[str] = set()
        self._checked = Kept[Preflight](MOST_CHECKED, seconds=CHECKED_SECONDS)
        self._ready = Kept[_Ready](MOST_READY)
        self._told = Kept[_Told](MOST_TOLD)
        self._limits = Limits(max_rows=settings.max_rows, timeout_seconds=settings.timeout_seconds)
        facts = (one for one in model.datasets.values() if one.measures)
        self._sizes = Sizes(connector, self.dialect, {one.name: sorted(tables_of(one)) for one in facts})

    @classmethod
    def open(cls, settings: Settings) -> Workspace:
        """Loads the model and opens the engine. Raises ModelError, Unavailable."""
        model, people = open_model(settings.model, settings.model_cache)
        try:
            return cls(settings, model, people, connect(settings.data))
        except ConnectorError as error:
            raise translate(error) from error

    def close(self) -> None:
        self.proofs.close()
        self.runner.close()
        self.connector.close()

    def today(self) -> date:
        """Today in the model's time zone."""
        return today_of(self.model)

    def visible(self, actor: Actor) -> Visible:
        """The model as this actor sees it: narrowed once for each, since a page asks for it many times."""
        held = self._seen.get(id(actor))
        if held is None or held.actor is not actor or held.model is not self.model:
            if len(self._seen) >= MOST_SEEN:
                self._seen.clear()
            held = self._seen[id(actor)] = narrow(self.model, actor)
        return held

    def preflight(self, query: Query, actor: Actor, *, today: date | None = None) -> Preflight:
        """What is known of a question before it runs. Reads no rows; how many there are, the engine's estimate says.

        Worked out once for each question, actor and day. Anew where it was not valid, since that may have been mended,
        and where nobody knew how much it reads, since by then somebody may.
        """
        day, seen = today or self.today(), self.visible(actor)
        return self._checked.get(
            _asked_key(query, seen, day),
            lambda: preflight(query, seen, self.dialect, today=day, table_rows=self._sizes),
            keeps=lambda one: one.compiled is not None and bool(one.cost_words or seen.rules),
        )

    def start(
        self,
        query: Query,
        actor: Actor,
        *,
        today: date | None = None,
        made: Mapping[str, Metric] = MappingProxyType({}),
    ) -> Pending:
        """Starts a question, or joins one that is the same. Raises SemanticError when it cannot be asked.

        `made` are metrics that stand in no model, made of those this actor may see: the parts of a rolling ratio.
        """
        return self._start(query, actor, today or self.today(), made, self.proofs.current())

    def _start(
        self, query: Query, actor: Actor, day: date, made: Mapping[str, Metric], proven: Proven | None
    ) -> Pending:
        seen = self.visible(actor).with_made(made)
        if seen.rules:  # of all rows something is known that the SQL would tell: these are not all this actor's
            proven = None
        if made:
            ready = self._make_ready(query, seen, day, proven)
        else:
            key = (*_asked_key(query, seen, day), proven and proven.version)
            ready = self._ready.get(key, lambda: self._make_ready(query, seen, day, proven))
        version = self._data_version(ready.datasets)
        if proven is not None and version != proven.version:  # published in between
            return self._start(query, actor, day, made, None)
        ticket = self._submit(ready.compiled.legs[0], version, actor)
        fresh = [(dataset, self._submit(statement, version, actor)) for dataset, statement in ready.fresh]
        rates = [(one, self._submit(one.statement, version, actor)) for one in ready.compiled.rate_checks]
        again = (lambda: self._start(query, actor, day, made, None)) if proven is not None else None
        return Pending(self, ready.compiled, ticket, fresh, version, rates, again)

    def ask(
        self,
        query: Query,
        actor: Actor,
        *,
        today: date | None = None,
        made: Mapping[str, Metric] = MappingProxyType({}),
    ) -> Result:
        """The answer, waited for. Raises SemanticError."""
        return self.start(query, actor, today=today, made=made).result()

    def annotations(self, shown: Result, actor: Actor) -> tuple[Annotation, ...]:
        """The remarks about an answer's days that this actor may see, by the same rules as rows. Raises EngineFailed.

        None where the actor may not see the dataset, or anything of it by name.
        """
        found: list[Annotation] = []
        for source, query in annotation_questions(shown, self.visible(actor)):
            found += read_annotations(source, self.ask(query, actor), shown)
        return tuple(found)

    def records(
        self, query: Query, cell: Cell, metric: str, actor: Actor, *, today: date | None = None, limit: int = MOST_ROWS
    ) -> Records:
        """The rows of the fact that a simple metric was computed from, in a cell of the answer to `query`.

        Every look at single rows passes through here, on whatever page: who looked at which is known in this one place.
        Raises UnknownName for who may not list them, and SemanticError.
        """
        seen = self.visible(actor)
        compiled = compile_records(seen, query, cell, metric, self.dialect, today=today or self.today(), limit=limit)
        if compiled.plan.suppression is not None:
            check_group(self.ask(query, actor, today=today), cell)
        ticket = self._submit(compiled.statement, self._data_version(datasets_of(compiled.plan)), actor)
        return read_records(ticket.answer().table, compiled, seen)

    def run_policy_tests(self) -> tuple[PolicyFinding, ...]:
        """What each policy test of the model finds, those with rows asked of the engine."""
        return run_policy_tests(
            self.model, self.people, today=self.today(), dialect=self.dialect,
            ask=lambda query, actor: self.ask(query, actor, today=self.today()),
        )  # fmt: skip

    def check_data(self) -> list[Finding]:
        """The model against the engine's tables, and every check it states."""
        return check_data(self.model, self.connector, self.dialect, self._limits)

    def values(
        self, dimension: str, query: Query, actor: Actor, *, search: str = "", limit: int = OPTION_LIMIT
    ) -> tuple[list[object], bool]:
        """Values of a dimension among the rows of the question's metrics that this actor may see, most used first.

        Null is (none). Only text is searched. The second part tells whether there are more. Raises SemanticError.
        """
        where: Filter | None = None
        one = self.visible(actor).dimension(dimension)[0]
        if search.strip() and one.kind == "categorical" and one.type.kind is TypeKind.STRING:
            where = Condition(dimension, Operator.CONTAINS, (search.strip(),))
        metrics = self._ordering(query, actor)
        apart = self._told_apart_by(metrics, dimension, actor)
        question = Query(
            metrics=metrics,
            by=(Breakdown(dimension), *apart),
            where=where,
            time=query.time,
            order=(Order(metrics[0], desc=True),) if metrics else (Order(dimension),),
            limit=min((limit + 1) * (FOR_EACH_OPTION if apart else 1), self.visible(actor).limits.rows or MOST_OPTIONS),
            time_zone=query.time_zone,
            week_start=query.week_start,
            fiscal_start=query.fiscal_start,
            currency=query.currency,
            rates=query.rates,
            history=query.history,
        )
        try:
            found = self.ask(question, actor)
        except TooExpensive as error:
            if error.what != "days":
                raise
            found = self.ask(replace(question, time=Last(error.most, Granularity.DAY)), actor)
        except MissingRate:  # an amount that cannot be shown is left out by choosing among values
            found = self.ask(replace(question, metrics=(), order=(Order(dimension),), currency=None, rates=None), actor)
        values = list(dict.fromkeys(found.table.column(dimension).to_pylist()))
        return values[:limit], len(values) > limit

    def _told_apart_by(self, metrics: Sequence[str], dimension: str, actor: Actor) -> list[Breakdown]:
        """What else the rows must be split by, so that a metric which cannot be added may order the options."""
        seen = self.visible(actor)
        measures = [one for name in metrics for one in measures_of(seen.metric(name), self.model)]
        return [
            Breakdown(name)
            for name in dict.fromkeys(name for one in measures for name in one.within)
            if name != dimension
        ]

    def _ordering(self, query: Query, actor: Actor) -> tuple[str, ...]:
        """The metric that orders options: the first asked for, unless this actor cannot tell its parts apart."""
        seen = self.visible(actor)
        measures = [one for name in query.metrics[:1] for one in measures_of(seen.metric(name), self.model)]
        hidden = any(not _is_known(seen.dimension, name) for one in measures for name in one.within)
        return () if hidden else query.metrics[:1]

    def repair(self, query: Query, actor: Actor) -> tuple[Query, tuple[str, ...]]:
        """A link's question without what this actor cannot have, and a sentence when something was left out.

        The sentence is the same for what does not exist and for what is hidden (decision D15).
        """
        seen = self.visible(actor)
        metrics = tuple(name for name in query.metrics if _is_known(seen.metric, name))
        by = tuple(one for one in query.by if one.dim == DATE or _is_known(seen.dimension, one.dim))
        by = tuple(one for one in by if one.period is None or seen.period(one.period) is not None)
        where = _kept(query.where, seen)
        having = tuple(one for one in query.having if _is_known(seen.metric, one.metric))
        top = query.top if query.top and _is_known(seen.metric, query.top.metric) else None
        kept = replace(query, metrics=metrics, by=by, where=where, having=having, top=top)
        repaired = fitted(kept if metrics else replace(kept, having=(), top=None, totals=(), compare=()))
        if repaired == query:
            return repaired, ()
        return repaired, (_UNAVAILABLE if metrics else _NOTHING_LEFT,)

    def _make_ready(self, query: Query, seen: Visible, day: date, proven: Proven | None) -> _Ready:
        compiled = self.plans.compile(seen, query, self.dialect, today=day, proven=matches_of(proven))
        self._check_read_back(compiled)
        fresh = tuple(freshness_statements(compiled.plan, self.dialect))
        return _Ready(compiled, tuple(datasets_of(compiled.plan)), fresh)

    def _check_read_back(self, compiled: Compiled) -> None:
        """Each text once, where values are no part of it."""
        text = compiled.legs[0].sql
        if text in self._read_back:
            return
        check_read_back(compiled, self.dialect)
        if self.dialect.parameters != "written":
            if len(self._read_back) >= MOST_READ_BACK:
                self._read_back.clear()
            self._read_back.add(text)

    def told(self, key: Hashable, make: Callable[[], _Told]) -> _Told:
        """For Pending: what has been told of these very answers to this very question, by whoever came first."""
        return self._told.get(key, make, keeps=lambda one: one.result.table.nbytes <= LARGE_ANSWER)

    def _submit(self, statement: Statement, version: str | None, actor: Actor) -> Ticket:
        params = [self._secret(value) if isinstance(value, Secret) else value for value in statement.params]
        key = result_key(
            self.connector.fingerprint,
            self.connector.identity,
            self.connector.session_settings,
            statement.sql,
            params,
            version,
        )
        return self.runner.submit(
            key, self.connector, statement.sql, params, limits=self._limits, tag=actor.id, data_version=version
        )

    def _secret(self, value: Secret) -> str:
        return f"{self.settings.mask_key}:{value.name}"

    def _data_version(self, datasets: Sequence[Dataset]) -> str | None:
        try:
            return self.connector.data_version(sorted({table for one in datasets for table in tables_of(one)}))
        except ConnectorError as error:
            raise translate(error) from error


def today_of(model: Model) -> date:
    """Today in a model's time zone."""
    return datetime.now(ZoneInfo(model.settings.time_zone)).date()


def _asked_key(query: Query, seen: Visible, day: date) -> tuple[int, str, date]:
    """What decides how a question is compiled. As text, since 1, True and 1.0 are equal and not the same question.

    The number stands for the one object: what is kept under the key holds it, so that no other can have its number.
    """
    return id(seen), repr(query), day


@dataclass(frozen=True, slots=True)
class _Ready:
    """A question as it runs, proved to read back as it was meant; for all who ask it."""

    compiled: Compiled
    datasets: Sequence[Dataset]
    fresh: Sequence[tuple[Dataset, Statement]]


@dataclass(frozen=True, slots=True)
class _Told:
    """Rows and what they mean, for all who ask the same. It holds what its key stands for."""

    compiled: Compiled
    answers: Sequence[CachedTable]
    loads: Sequence[tuple[Dataset, datetime]]
    result: Result


@dataclass
class Pending:
    """A question under way: one waiter's claim on an answer."""

    workspace: Workspace
    compiled: Compiled
    ticket: Ticket
    fresh: Sequence[tuple[Dataset, Ticket]]
    version: str | None
    rates: Sequence[tuple[RateCheck, Ticket]] = ()
    again: Callable[[], Pending] | None = None  # without what is proven of one version of the data alone

    def done(self) -> bool:
        return self.ticket.done() and all(one.done() for one in self._beside())

    def _beside(self) -> list[Ticket]:
        return [*(ticket for _, ticket in self.fresh), *(ticket for _, ticket in self.rates)]

    def progress(self) -> TicketProgress:
        return self.ticket.progress()

    def leave(self) -> None:
        """This waiter goes; the engine stops when it was the last."""
        self.ticket.leave()
        for one in self._beside():
            one.leave()

    def result(self) -> Result:
        """Waits for the rows. Raises EngineFailed and its kin; MissingRate where an amount could not be exchanged."""
        answer = self.ticket.answer()
        if self.again is not None and answer.data_version != self.version:
            return self.again().result()
        check_rates((check, ticket.answer().table) for check, ticket in self.rates)
        answers = (answer, *(ticket.answer() for _, ticket in self.fresh))
        key = (id(self.compiled), *(id(one) for one in answers))
        told = self.workspace.told(key, lambda: self._tell(answers))
        return replace(
            told.result,
            cached=self.ticket.is_cached,
            elapsed_seconds=self.ticket.progress().elapsed_seconds,
            is_stale=any(_is_stale(dataset, newest) for dataset, newest in told.loads),
        )

    def _tell(self, answers: Sequence[CachedTable]) -> _Told:
        """What does not depend on who waited how long, nor on what time it is."""
        compiled, workspace, answer = self.compiled, self.workspace, answers[0]
        newest = [(dataset, _newest(one.table)) for (dataset, _), one in zip(self.fresh, answers[1:], strict=True)]
        loads = [(dataset, when) for dataset, when in newest if when is not None]
        shown = read_answer(answer.table, compiled)
        check_rows(shown.table.num_rows, compiled.asked)
        result = Result(
            query=compiled.asked.query,
            table=shown.table,
            columns=describe_columns(compiled),
            groups=shown.groups,
            title=describe_title(compiled.asked),
            period=asked_period(compiled.asked),
            filters=describe_filters(compiled.asked),
            scope=compiled.asked.visible.scope,
            notes=(*compiled.notes, *shown.notes),
            sql=compiled.legs[0].sql,
            params=compiled.legs[0].params,
            readable_sql=readable_sql(compiled, workspace.dialect),
            dialect=workspace.dialect.name,
            model_version=workspace.model.version,
            data_version=answer.data_version,
            computed_at=answer.computed_at,
            cached=False,
            elapsed_seconds=0.0,
            data_to=min((when for _, when in loads), default=None),
            data_to_words=", ".join(f"{dataset.label} to {_moment(when, workspace)}" for dataset, when in loads),
            compared=compared_periods(compiled.asked),
            support=shown.support,
            hidden=shown.hidden,
        )
        return _Told(compiled, answers, loads, result)


def datasets_of(plan: Plan) -> list[Dataset]:
    """Every dataset that a plan reads facts from: legs, segments, calendars, and what the top is chosen by."""
    legs = every_leg(plan)
    found = [dataset for leg in legs for dataset in leg.datasets]
    looked_up = [key for leg in legs for key in (*leg.keys, *(one for test in leg.where for one in fields(test)))]
    found += [plan.datasets[key.calendar.dataset] for key in looked_up if key.calendar]
    found += [leg.exchange.dataset for leg in legs if leg.exchange]
    found += [member.dataset for leg in legs for test in leg.where for member in members(test)]
    return found + (datasets_of(plan.chosen.plan) if plan.chosen else [])


def tables_of(dataset: Dataset) -> set[str]:
    """The engine's tables that a dataset reads."""
    if dataset.query is None:
        return {dataset.source}
    named = {cte.alias for cte in dataset.query.tree.find_all(exp.CTE)}
    return {
        table.sql()
        for table in (_bare(one) for one in dataset.query.tree.find_all(exp.Table))
        if table.name not in named
    }


def _bare(table: exp.Table) -> exp.Table:
    return exp.Table(this=table.this, db=table.args.get("db"), catalog=table.args.get("catalog"))


def _is_known(find: Callable[[str], object], name: str) -> bool:
    try:
        find(name)
    except UnknownName:
        return False
    return True


def _kept(part: Filter | None, seen: Visible) -> Filter | None:
    """A filter without the comparisons of dimensions that this actor does not have."""
    match part:
        case None:
            return None
        case Condition():
            found = read_name(part.dim, seen.model)
            if found.period is not None and seen.period(found.period) is None:
                return None
            is_date = found.is_grouped and found.dim == DATE
            return part if is_date or _is_known(seen.dimension, found.dim if found.is_grouped else part.dim) else None
        case InSegment(name):
            return part if _is_known(seen.segment, name) else None
        case Said(condition):
            names = (read_name(one, seen.model).dim for one in condition.columns)
            return part if all(one == DATE or _is_known(seen.dimension, one) for one in names) else None
        case ByMember(metric, where=where):
            return part if _is_known(seen.metric, metric) and _kept(where, seen) == where else None
        case NotAny(inner):
            kept = _kept(inner, seen)
            return NotAny(kept) if kept else None
        case AllOf(parts) | AnyOf(parts):
            kept_parts = tuple(one for one in (_kept(inner, seen) for inner in parts) if one)
            return type(part)(kept_parts) if kept_parts else None


def _newest(table: pa.Table) -> datetime | None:
    """The one value of a freshness statement as an instant in UTC."""
    value = table.column(0)[0].as_py() if table.num_rows else None
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime(value.year, value.month, value.day, tzinfo=UTC) if isinstance(value, date) else None


def _moment(instant: datetime, workspace: Workspace) -> str:
    local = instant.astimezone(ZoneInfo(workspace.model.settings.time_zone))
    return f"{local.day} {local:%b} {local.year}, {local:%H:%M}"


def _is_stale(dataset: Dataset, newest: datetime) -> bool:
    assert dataset.freshness is not None
    return datetime.now(UTC) - newest > timedelta(hours=dataset.freshness.warn_after_hours)
