"""The one place that combines model, engine, cache and policy: ask(query, actor) -> Result."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pyarrow as pa

from connectors import connect
from connectors.connector import Connector, ConnectorError
from semantic.analyses.events.named import lapse_changed_analyses
from semantic.annotations.annotation import Annotation, annotation_questions, read_annotations
from semantic.annotations.remarks import Remark, remarks_about
from semantic.answering.definition_marks import FindChanges, changes_within, definition_marks
from semantic.answering.engines import Engines
from semantic.answering.extents import Extents, ExtentsAsked, facts_of, loaded_of
from semantic.answering.members import Members
from semantic.answering.pending import Pending, Ready, Running, SharedAnswer
from semantic.answering.plan_cache import PlanCache
from semantic.answering.read_back import ReadBackCheck
from semantic.audit_trail.recorder import NO_FILE, NOT_RECORDED, NOT_YET, Recorder, counted_refusals
from semantic.compile import Compiled
from semantic.config.settings import Settings
from semantic.errors import ModelError, SemanticError, StaleVersion, StoreFailed, UnknownVersion
from semantic.explore.filter_values import OPTION_LIMIT
from semantic.explore.preflight import Preflight, preflight
from semantic.explore.repairs import Repair
from semantic.explore.shared_link import linked_question
from semantic.governance.run_policy_tests import PolicyFinding, run_policy_tests
from semantic.model.definitions import Metric
from semantic.model.editing.written_meaning import lapse_changed_metrics
from semantic.model.model import Model
from semantic.plan.reads import datasets_of, tables_of
from semantic.policy.actor import Actor
from semantic.policy.as_of import narrow_as_of, under_policies
from semantic.policy.narrow import VisibleModel, narrow
from semantic.query.describe import describe_day
from semantic.query.known_through import NOTHING_LOADED, Loaded
from semantic.query.member_labels import Labels
from semantic.query.query import Query
from semantic.results.cell import Cell
from semantic.results.records import MOST_ROWS, Records, check_group, compile_records, read_records
from semantic.results.result import FailedCheck, Period, Result
from semantic.run.cache import ResultCache
from semantic.run.checks import Finding, check_data
from semantic.run.connectors import MAIN, Connectors
from semantic.run.execute import Runner, translate
from semantic.run.model_cache import open_files, open_model
from semantic.run.proofs import Proofs, Proven, known_of
from semantic.run.single_flight_cache import SingleFlightCache
from semantic.run.sizes import Sizes
from semantic.run.stale_answers import EarlierAnswer, EarlierAnswers, earlier_key
from semantic.sql.dialects.table import Dialect, find_dialect
from semantic.store.certifications.changes import DefinitionChange
from semantic.store.models.versions import Version

MOST_EARLIER = 4  # versions of the model besides the current one
MOST_SEEN = 500  # actors whose model is kept
MOST_CHECKED, MOST_READY, MOST_SHARED = 200, 500, 200  # questions and answers whose results are kept
LARGE_ANSWER = 1_000_000  # bytes: the rows of a larger one are only in the cache
FILE_SECONDS = 2.0  # how long an export menu waits for the store
RECEIPT_SECONDS = 5.0  # how long an answer to a script waits for its receipt to be stored
AHEAD_SECONDS = 5.0  # per dataset when looking ahead: longer queries would block questions
CHECKED_SECONDS = 300.0  # row estimates are at most this old, like the sizes themselves
FindVersion = Callable[[int], tuple[Version, Mapping[str, str]]]
"""Returns a published version by its number, with its files. Raises UnknownVersion."""
FindFailed = Callable[[Iterable[str], VisibleModel], tuple[FailedCheck, ...]]
"""Returns the failing checks of the given datasets, without anything that the actor can't see."""
ReadRemarks = Callable[[Period], Sequence[tuple[str, Remark]]]
"""Returns people's remarks on the days of a period, each with its ID. Raises StoreFailed."""
NONE_MADE: Mapping[str, Metric] = MappingProxyType({})


class Workspace:
    """A model over an engine, with a pool of workers and a cache.

    There is one per process. It's safe to use from several threads.
    """

    def __init__(
        self,
        settings: Settings,
        model: Model,
        people: Mapping[str, Actor],
        connector: Connector,
        *,
        published: Version | None = None,
        beside: Workspace | None = None,
        today_is: Workspace | None = None,
        is_draft: bool = False,
    ) -> None:
        self.settings, self.model, self.people, self.connector = settings, model, people, connector
        lapse_changed_metrics(model)
        lapse_changed_analyses(model)
        shared = beside.connectors if beside is not None and connector is beside.connector else None
        self.connectors = shared or Connectors(connector, settings.connections)
        self.published = published  # None if a folder is the model
        self.versions: FindVersion | None = beside.versions if beside else None
        self._today_is = today_is  # the workspace whose policy applies, if this is an earlier version or a draft
        self._is_draft = is_draft
        self._earlier = SingleFlightCache[Workspace](MOST_EARLIER)
        self.dialect: Dialect = find_dialect(connector.dialect)
        # Whatever doesn't depend on the model is shared by all versions of it: the pool, the answers, the known shapes.
        self.runner = beside.runner if beside else Runner(workers=settings.workers, cache=ResultCache())
        self.plans = beside.plans if beside else PlanCache()
        self.earlier_answers = beside.earlier_answers if beside else EarlierAnswers()
        # Without one nothing is recorded, and answers have no receipt.
        self.recorder: Recorder | None = beside.recorder if beside else None
        self.failing: FindFailed | None = beside.failing if beside else None  # without one nothing was checked
        self.written: ReadRemarks | None = beside.written if beside else None
        self.redefined: FindChanges | None = beside.redefined if beside else None
        self.adopt_earlier: Callable[[Model, Model], None] | None = beside.adopt_earlier if beside else None
        self.proofs = Proofs(model, connector, self.dialect)
        self._seen: dict[int, VisibleModel] = {}
        self._visible_by_access = SingleFlightCache[VisibleModel](MOST_SEEN)
        self._read_back = ReadBackCheck()
        self._checked = SingleFlightCache[Preflight](MOST_CHECKED, seconds=CHECKED_SECONDS)
        self._ready = SingleFlightCache[Ready](MOST_READY)
        self._shared_answers = SingleFlightCache[SharedAnswer](MOST_SHARED)
        self.members = Members(self, self._rows)
        self.engines = Engines(self.connectors, self.runner, settings)
        self._extents = Extents(model, self.engines)
        self._limits = self.engines.limits
        facts = [dataset for dataset in model.datasets.values() if dataset.measures]
        self.table_rows = Sizes(
            self.connectors,
            {dataset.name: (dataset.connection, sorted(tables_of(dataset))) for dataset in facts},
        )

    @classmethod
    def open(
        cls, settings: Settings, files: Mapping[str, str] | None = None, published: Version | None = None
    ) -> Workspace:
        """Return a workspace over `files`, or the settings' folder, with its engine open.

        `published` is the version of the files. Raises ModelError, Unavailable.
        """
        model_cache = settings.model_cache
        model, people = open_model(settings.model, model_cache) if files is None else open_files(files, model_cache)
        try:
            return cls(settings, model, people, connect(settings.data), published=published)
        except ConnectorError as error:
            raise translate(error) from error

    def succeeded_by(self, files: Mapping[str, str], published: Version) -> Workspace:
        """Return the workspace of another version of the model, over the same engine and with the same caches.

        Questions in progress continue with this model. Raises ModelError.
        """
        model, people = open_files(files, self.settings.model_cache)
        return type(self)(self.settings, model, people, self.connector, published=published, beside=self)

    def at(self, query: Query) -> Workspace:
        """Return the workspace that answers a question: this one, or that of an earlier version of the model.

        Definitions come from that version, but the policy is today's. Raises UnknownVersion, StaleVersion, StoreFailed.
        """
        number, today = query.as_of, self._today_is or self
        if number is None and self._is_draft:
            return self
        if number is None or (today.published is not None and number == today.published.number):
            return today
        return today._earlier.get(number, lambda: today._open_earlier(number))

    def with_draft(self, model: Model) -> Workspace:
        """Return a workspace of unpublished definitions over the same engine, which records nothing.

        Published policies apply. As with an earlier version, actors only see what they can see today, and only if
        today's rules reach it in the same way, so a draft never shows its author more than the published model does.
        """
        drafted = type(self)(
            self.settings, under_policies(model, self.model), self.people, self.connector, beside=self, today_is=self,
            is_draft=True,
        )  # fmt: skip
        drafted.recorder = None
        return drafted

    def _open_earlier(self, number: int) -> Workspace:
        if self.versions is None or self.published is None:
            raise StaleVersion("The model is read from a folder, which has no versions. Remove `as_of`.")
        version, files = self.versions(number)
        try:
            model, _ = open_files(files, self.settings.model_cache)
        except ModelError as error:
            raise StaleVersion(
                f"Version {number} can't be queried any more, because this version of Samepage can't read it."
            ) from error
        model = under_policies(model, self.model)
        if self.adopt_earlier is not None:
            self.adopt_earlier(model, self.model)
        return type(self)(
            self.settings, model, self.people, self.connector, published=version, beside=self, today_is=self
        )

    @property
    def as_of_words(self) -> str:
        """The version of the model in words, such as `as of version 3 (4 Mar 2026)`, or "" for the current one."""
        if self._today_is is None or self.published is None:
            return ""
        return f"as of version {self.published.number} ({describe_day(self._day(self.published.effective_at))})"

    @property
    def version_words(self) -> str:
        """The version of the model in words, such as `3, since 4 Mar 2026`, or "" if the model is a folder."""
        version = self.published
        return f"{version.number}, since {describe_day(self._day(version.effective_at))}" if version else ""

    def _day(self, instant: datetime) -> date:
        return instant.astimezone(ZoneInfo(self.model.settings.time_zone)).date()

    def close(self) -> None:
        self.proofs.close()
        self.runner.close()
        self.connectors.close()

    def today(self) -> date:
        """Return the current day in the model's time zone."""
        return today_of(self.model)

    def visible(self, actor: Actor) -> VisibleModel:
        """Return the model as an actor sees it.

        The result is cached for each actor, because a page needs it many times.
        """
        visible = self._seen.get(id(actor))
        if visible is None or visible.actor is not actor or visible.model is not self.model:
            if len(self._seen) >= MOST_SEEN:
                self._seen.clear()
            today = self._today_is
            visible = narrow(self.model, actor) if today is None else narrow_as_of(self.model, today.visible(actor))
            self._seen[id(actor)] = visible
        return visible

    def _for_all_alike(self, seen: VisibleModel) -> VisibleModel:
        """Return the narrowed model that actors with the same access share.

        Whatever is computed from it is then shared too.
        """
        return self._visible_by_access.get(seen.access_key, lambda: seen)

    def preflight(self, query: Query, actor: Actor, *, today: date | None = None) -> Preflight:
        """Check a question before it runs, without reading any row. The engine estimates how many it would read.

        The result is cached for each question and day, and shared by actors with the same access. It's computed again
        if the question wasn't valid, because the cause might be fixed, or if its size wasn't known yet.
        """
        try:
            home = self.at(query)
        except (UnknownVersion, StaleVersion) as error:
            found_preflight = self.preflight(replace(query, as_of=None), actor, today=today)
            return replace(found_preflight, ok=False, error=error, title="", compiled=None, repairs=(_todays(query),))
        if home is not self:
            return home.preflight(query, actor, today=today)
        day, seen = today or self.today(), self._for_all_alike(self.visible(actor))
        return self._checked.get(
            _asked_key(query, seen, day),
            lambda: self._as_of(preflight(query, seen, self.dialect, today=day, table_rows=self.table_rows), query),
            keeps=lambda checked: checked.compiled is not None and bool(checked.cost_words or seen.rules),
        )

    def _as_of(self, checked: Preflight, query: Query) -> Preflight:
        """Add what an earlier version needs: its date in the title, and a repair that uses today's definitions."""
        if self._today_is is None or self._is_draft:
            return checked
        repairs = checked.repairs
        if not checked.ok:
            repairs = (*repairs, _todays(query))
        return replace(checked, title=f"{checked.title}, {self.as_of_words}" if checked.title else "", repairs=repairs)

    def start(
        self,
        query: Query,
        actor: Actor,
        *,
        today: date | None = None,
        made: Mapping[str, Metric] = MappingProxyType({}),
    ) -> Pending:
        """Start a question, or join an identical one. Raises SemanticError if it can't be asked.

        `made` are temporary metrics, such as the parts of a rolling ratio. They must be made from metrics that the
        actor can see.
        """
        with counted_refusals(self.recorder, query, self.visible(actor)):
            home = self.at(query)
            return home._start(query, actor, today or home.today(), made, home.proofs.current())

    def _start(
        self, query: Query, actor: Actor, day: date, metrics: Mapping[str, Metric], proven: Proven | None
    ) -> Pending:
        """Start a question. It raises every error that doesn't depend on how far the data is loaded.

        Extents are requested first, without waiting for them.
        """
        seen = self.visible(actor).with_made(metrics)
        if seen.rules:  # proofs cover all rows and show in the SQL; this actor sees only some
            proven = None
        extents = self._extents.ask(facts_of(query, seen))

        def run() -> Running:
            return self._run(query, seen, day, loaded_of(extents), proven)

        if extents.done():
            return Pending(self, seen, extents, run, run(), query=query)
        ready = self._ready_for(query, seen, day, NOTHING_LOADED, proven)
        version = self.engines.versions_of(ready.datasets).text
        return Pending(self, seen, extents, run, query=query, version=version)

    def _run(self, query: Query, seen: VisibleModel, day: date, loaded: Loaded, proven: Proven | None) -> Running:
        ready = self._ready_for(query, seen, day, loaded, proven)
        versions = self.engines.versions_of(ready.datasets)
        is_proven = proven is not None and versions.by_connection == {MAIN: proven.version}
        if proven is not None and not is_proven:  # published in between, or data of other connections
            return self._run(query, seen, day, loaded, None)
        ticket = self.engines.submit_all(ready.compiled, versions, seen.actor.id)
        loads = self._extents.ask(fact for fact in ready.facts if fact.freshness)
        rates = [
            (rate_check, self.engines.submit(rate_check.statement, versions, seen.actor.id))
            for rate_check in ready.compiled.rate_checks
        ]
        again = (lambda: self._run(query, seen, day, loaded, None)) if proven is not None else None
        return Running(ready, ticket, loads, versions.text, rates, again)

    def _ready_for(self, query: Query, seen: VisibleModel, day: date, loaded: Loaded, proven: Proven | None) -> Ready:
        if seen.made:
            return self._make_ready(query, seen, day, loaded, proven)
        alike = self._for_all_alike(seen)
        key = (*_asked_key(query, alike, day), frozenset(loaded.items()), proven and proven.version)
        return self._ready.get(key, lambda: self._make_ready(query, alike, day, loaded, proven))

    def loaded(self, metrics: Iterable[Metric], actor: Actor) -> Loaded:
        """Return how far the facts of these metrics are loaded, waiting for the engine.

        Raises UnknownName, EngineFailed.
        """
        return loaded_of(self.extents_of(metrics, actor))

    def extents_of(self, metrics: Iterable[Metric], actor: Actor) -> ExtentsAsked:
        """Ask the engine how far the facts of these metrics are loaded, without waiting for the answer.

        Raises UnknownName, EngineFailed.
        """
        names = tuple(dict.fromkeys(metric.name for metric in metrics))
        return self._extents.ask(facts_of(Query(metrics=names), self.visible(actor)))

    def look_ahead(self) -> None:
        """Find out in background threads what questions will need: facts about the data's keys, and its extents."""
        self.proofs.begin()
        # Not a daemon thread: an engine still working while the process exits would crash it.
        with contextlib.suppress(RuntimeError):  # no more threads: questions find out themselves
            threading.Thread(target=self._look_at_extents, name="extents").start()

    def _look_at_extents(self) -> None:
        for dataset in self.model.datasets.values():
            if dataset.measures and not self.proofs.is_closed:
                with contextlib.suppress(SemanticError):  # a question reports the error
                    self._extents.ask([dataset]).look(AHEAD_SECONDS)

    def ask(
        self,
        query: Query,
        actor: Actor,
        *,
        today: date | None = None,
        made: Mapping[str, Metric] = MappingProxyType({}),
    ) -> Result:
        """Return the answer to a question, waiting for the engine. Raises SemanticError."""
        return self.start(query, actor, today=today, made=made).result()

    def earlier(self, query: Query, actor: Actor) -> Result | None:
        """Return the last answer to exactly this question under exactly this policy, or None.

        It can be from any day and any data.
        """
        if (home := self.at(query)) is not self:
            return home.earlier(query, actor)
        seen = self.visible(actor)
        earlier = self.earlier_answers.find(earlier_key(query, seen, self._versions))
        if earlier is None:
            return None
        mine = replace(earlier.result, failed=self.failed(earlier.result, seen))  # cached ones have another actor's
        return self._with_receipt(mine, seen, earlier.today)

    def annotations(self, shown: Result, actor: Actor) -> tuple[Annotation, ...]:
        """Return the remarks about an answer's days that the actor can see. The same rules apply as for rows.

        A dataset of annotations is left out if the actor can't see it or a name that it uses. Raises EngineFailed,
        StoreFailed.
        """
        if (home := self.at(shown.query)) is not self:
            return home.annotations(shown, actor)
        found_annotations: list[Annotation] = []
        for source, query in annotation_questions(shown, self.visible(actor)):
            again = replace(query, as_of=shown.query.as_of)
            found_annotations += read_annotations(source, self.start(again, actor).unrecorded(), shown)
        if self.written is not None:
            found_annotations += remarks_about(shown, self.written(shown.period), self.visible(actor))
        found_annotations += definition_marks(shown, self.changes_within(shown), self._day)
        return tuple(found_annotations)

    def changes_within(self, shown: Result) -> list[DefinitionChange]:
        """Return the changes in the definitions of an answer's metrics that happened after its first day."""
        return changes_within(shown, self.redefined, self._day) if self.redefined is not None else []

    def records(
        self, query: Query, cell: Cell, metric: str, actor: Actor, *, today: date | None = None, limit: int = MOST_ROWS
    ) -> Records:
        """Return the rows of a fact that a simple metric counts in one cell of the answer to `query`.

        Every page that shows single rows must call this method, because it records who looked at which rows. Raises
        UnknownName for anyone who can't list them, and SemanticError.
        """
        if (home := self.at(query)) is not self:
            return home.records(query, cell, metric, actor, today=today, limit=limit)
        seen = self.visible(actor)
        day, loaded = today or self.today(), loaded_of(self._extents.ask(facts_of(query, seen)))
        known = self.model.metrics.get(metric)
        fact = self.model.measure(known.measure).dataset if known is not None and known.is_simple else ""
        place = self.model.datasets[fact].connection if fact else MAIN
        dialect = self.engines.dialect(place)
        compiled = compile_records(seen, query, cell, metric, dialect, today=day, loaded=loaded, limit=limit)
        if compiled.plan.suppression is not None:
            check_group(self.ask(query, actor, today=today), cell)
        versions = self.engines.versions_of(datasets_of(compiled.plan))
        ticket = self.engines.submit(replace(compiled.statement, connection=place), versions, actor.id)
        records = read_records(ticket.answer().table, compiled, seen)
        if self.recorder is not None:
            self.recorder.listed(query, cell, records, actor)
        return records

    def recorded(self, result: Result, seen: VisibleModel, day: date) -> Result:
        """Return an answer with its receipt, or with a note that it doesn't have one yet."""
        if seen.made:  # parts of a number that has a receipt don't get their own
            return result
        if result.data_version is not None and day == self.today():
            key = earlier_key(result.query, seen, self._versions)
            self.earlier_answers.keep(key, EarlierAnswer(replace(result, cached=True), day))
        with_receipt = self._with_receipt(result, seen, day)
        if self.recorder is not None:
            self.recorder.meters.answered(self.recorder.surface, result, with_receipt.receipt)
            self.recorder.outcomes.answered(result, self.recorder.surface)
        return with_receipt

    def _with_receipt(self, result: Result, seen: VisibleModel, day: date) -> Result:
        if self.recorder is None:
            return result
        number = self.published.number if self.published else None
        receipt = self.recorder.asked(result, seen, today=day, version=number)
        missing = NOT_RECORDED if not receipt else NOT_YET if self.recorder.is_late(receipt) else ""
        return replace(result, receipt=receipt, notes=(*result.notes, missing) if missing else result.notes)

    def confirmed(self, shown: Result) -> Result:
        """Return an answer once its receipt is stored.

        If that takes longer than `RECEIPT_SECONDS`, the answer has a note in place of a receipt.
        """
        if self.recorder is None or (shown.receipt and self.recorder.is_kept(shown.receipt, seconds=RECEIPT_SECONDS)):
            return shown
        notes = [note for note in shown.notes if note not in (NOT_YET, NOT_RECORDED)]
        return replace(shown, receipt="", notes=(*notes, NOT_RECORDED))

    @property
    def _versions(self) -> tuple[str, ...]:
        """Return the versions of the model that define the numbers, and that decide who can see them."""
        return self.model.version, (self._today_is or self).model.version

    def why_no_file(self, shown: Result) -> str:
        """Return why an answer can't be exported yet, in a sentence, or "" once its receipt is stored."""
        return self.why_no_files() or (NO_FILE if self.recorder is not None and not shown.receipt else "")

    def why_no_files(self) -> str:
        """Return why no export is possible now, or "". An export that can't be recorded isn't possible."""
        if self.recorder is None:
            return ""
        try:
            self.recorder.flush(seconds=FILE_SECONDS)
        except StoreFailed:
            return NO_FILE
        return ""

    def record_export(self, shown: Result, actor: Actor, kind: str) -> None:
        """Record the export of an answer. Raises StoreFailed if that fails.

        Call this before the file is downloaded.
        """
        if self.recorder is not None:
            self.recorder.exported(shown.receipt, actor, kind)

    def record_board_export(self, board: str, receipts: Sequence[str], actor: Actor, kind: str) -> None:
        """Record the export of a board, with the receipts of all answers in it.

        Call this before the file is downloaded.
        """
        if self.recorder is not None:
            self.recorder.board_exported(board, receipts, actor, kind)

    def run_policy_tests(self) -> tuple[PolicyFinding, ...]:
        """Return the result of each policy test of the model. Tests of rows ask the engine."""
        return run_policy_tests(
            self.model, self.people, today=self.today(), dialect=self.dialect,
            ask=lambda query, actor: self.ask(query, actor, today=self.today()),
        )  # fmt: skip

    def failed(self, shown: Result, visible: VisibleModel) -> tuple[FailedCheck, ...]:
        """Return the failing checks of the data behind an answer that its reader can see."""
        return self.failing(shown.reads, visible) if self.failing is not None else ()

    def check_data(self) -> list[Finding]:
        """Compare the model with the engine's tables, run all of its checks, and return the findings."""
        return check_data(self.model, self.engines.connector, self.engines.dialect, self._limits)

    def values(
        self, dimension: str, query: Query, actor: Actor, *, search: str = "", limit: int = OPTION_LIMIT
    ) -> tuple[list[object], bool]:
        """Return what `Members.values` returns for the model version of the question (see `Query.as_of`)."""
        return self.at(query).members.values(dimension, query, actor, search=search, limit=limit)

    def member_labels(
        self, dimensions: Iterable[str], query: Query, actor: Actor, values: Iterable[object] = ()
    ) -> dict[str, Labels]:
        """Return the labels of members by dimension, as `Members.labels` does."""
        return self.members.labels(dimensions, query, actor, values)

    def with_unknown(self, result: Result, compiled: Compiled, seen: VisibleModel) -> Result:
        """Return an answer with what `Members.with_unknown` adds. `Pending` calls this."""
        return self.members.with_unknown(result, compiled, seen)

    def _rows(self, query: Query, actor: Actor, day: date) -> pa.Table:
        return self._start(query, actor, day, NONE_MADE, self.proofs.current()).answered().table

    def repair(self, query: Query, actor: Actor) -> tuple[Query, tuple[str, ...]]:
        """Return a link's question without names that the actor can't use, and a sentence if any were removed.

        The sentence is the same for names that don't exist and names that are hidden (decision 34).
        """
        try:
            home = self.at(query)
        except (UnknownVersion, StaleVersion):  # the question stays as it is, and its refusal says what to do
            return query, ()
        if home is not self:
            return home.repair(query, actor)
        return linked_question(query, self.visible(actor))

    def _make_ready(self, query: Query, seen: VisibleModel, day: date, loaded: Loaded, proven: Proven | None) -> Ready:
        compiled = self.plans.compile(
            seen,
            query,
            self.dialect,
            today=day,
            loaded=loaded,
            proven=known_of(proven),
            dialects=self.engines.dialect,
        )
        self._read_back.check(compiled)
        facts = tuple({leg.dataset.name: leg.dataset for leg in compiled.plan.legs}.values())
        return Ready(compiled, tuple(datasets_of(compiled.plan)), facts)

    def computed_once(self, key: Hashable, make: Callable[[], SharedAnswer]) -> SharedAnswer:
        """Return the result of `make`, computed once per `key`. `Pending` calls this.

        The key identifies exactly these answers to this question.
        """
        return self._shared_answers.get(key, make, keeps=lambda answer: answer.result.table.nbytes <= LARGE_ANSWER)


def today_of(model: Model) -> date:
    """Return the current day in a model's time zone."""
    return datetime.now(ZoneInfo(model.settings.time_zone)).date()


def _asked_key(query: Query, seen: VisibleModel, day: date) -> tuple[int, str, date]:
    """Return a key for everything that determines how a question is compiled. The question is included as text.

    1, True and 1.0 are equal but not the same question.

    The id identifies one object. The value cached under the key references that object, so no other can get its id.
    """
    return id(seen), repr(query), day


def _todays(query: Query) -> Repair:
    return Repair("Use today's definitions", "", replace(query, as_of=None))
