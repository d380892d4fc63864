"""Check whether questions in words still get the right answers.

Paraphrases of certified questions are compared with the originals.

An engine, such as Samepage's own reader, parses each paraphrase. Its answer is compared with that of the certified
question, both with the access of the question's owner, a steward. The language model is switched off if any answer is
different or too few are the same. The reader always stays on.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from semantic.agents.guidance import strings_of
from semantic.compile import plan_question
from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed, SemanticError, StoreFailed
from semantic.policy.actor import Actor
from semantic.policy.hidden_names import names_nothing_hidden
from semantic.query.data import query_to_data
from semantic.query.names import read_name
from semantic.query.query import Query
from semantic.results.result import Result
from semantic.services.outbox.notices import queue_notice
from semantic.services.outbox.reader import Reader, reader_of
from semantic.services.process import Live
from semantic.store.agents.drift import (
    Certified,
    DriftRun,
    Outcome,
    ParaphraseOutcome,
    QuestionOutcomes,
    StoredCertified,
    add_certified,
    change_certified,
    keep_run,
    read_certified,
    read_model_reader,
    read_runs,
    remove_certified,
    switch_model_reader,
)
from semantic.store.audit.log import SAMEPAGE
from semantic.store.outbox.sends import Recipient
from semantic.store.people import subject_of
from semantic.worker.job import Turn

BAR: Final = 0.98
"""The smallest share of paraphrases that must give the same answer."""
FROM: Final = time(2)
"""The time when nightly runs begin, in the model's time zone."""
READER, MODEL = "reader", "model"
LABELS: Final = {READER: "Reader", MODEL: "Language model"}
NOT_SHOWN: Final = Certified(name="A question about something you can't see", query=Query(), paraphrases=())
"""What a steward sees instead of a certified question about something hidden from them."""
ABSENT: Final = "This question can't run for its owner: {}."


@dataclass(frozen=True, slots=True)
class NoQuestion:
    """Why an engine found no question in a text: it asked back, or refused."""

    outcome: Outcome
    why: str


class Engine(Protocol):
    """Parses a text into a question, for one person."""

    @property
    def name(self) -> str:
        """`reader` or `model`."""
        ...

    @property
    def version(self) -> str:
        """The engine's version, such as a language model's name.

        After it changes, the certified questions run again.
        """
        ...

    def read(self, words: str, actor: Actor) -> Query | NoQuestion:
        """Parse a text into a question, or return why that isn't possible.

        Raises SemanticError if the engine is unavailable.
        """
        ...


@dataclass(frozen=True, slots=True)
class WordsReader:
    """Samepage's own reader of questions in words, which doesn't need a language model."""

    live: Live = field(repr=False)
    name: str = READER
    version: str = "1"

    def read(self, words: str, actor: Actor) -> Query | NoQuestion:
        reading = self.live.finder().words.read(words, actor)
        if reading.question is not None and not reading.why:
            return reading.question
        if reading.asks:
            return NoQuestion("asked_back", f"“{reading.asks[0].words}” has several meanings.")
        if reading.left:
            return NoQuestion("refused", f"Not understood: {', '.join(reading.left)}.")
        return NoQuestion("refused", reading.reason or "This asks why something changed.")


def no_model(_: Live) -> Engine | None:
    """Return None. For processes without a language model."""
    return None


# Running


def run_engine(live: Live, engine: Engine, *, is_stopping: Callable[[], bool] = lambda: False) -> DriftRun | None:
    """Run all certified questions through an engine, and return the run without saving it.

    Returns None if the run was stopped. Raises StoreFailed.
    """
    now, workspace = live.store.now(), live.workspace()
    with live.store.read() as connection:
        kept = read_certified(connection, live.keys)
    asked = list[QuestionOutcomes]()
    for each in kept:
        if is_stopping():
            return None
        asked.append(_ask(live, engine, each, now))
    return DriftRun(
        id=secrets.token_hex(8),
        engine=engine.name,
        engine_version=engine.version,
        model_version=workspace.model.version[:80],
        begun_at=now,
        asked=tuple(asked),
    )


def _ask(live: Live, engine: Engine, kept: StoredCertified, now: datetime) -> QuestionOutcomes:
    name = kept.certified.name
    if not kept.is_sealed:
        return QuestionOutcomes(
            kept.id, name, why="This question was changed outside Samepage. Remove it, and add it again."
        )
    reader = reader_of(live, Recipient(kind="person", id=kept.owner), now)
    if not isinstance(reader, Reader):
        return QuestionOutcomes(kept.id, name, why=ABSENT.format(reader.why[:1].lower() + reader.why[1:]))
    if not reader.actor.is_at_least("steward"):
        return QuestionOutcomes(kept.id, name, why="This question's owner is no longer a steward.")
    try:
        right = _cells(live, kept.certified.query, reader.actor)
    except StoreFailed:
        raise
    except SemanticError as error:
        return QuestionOutcomes(kept.id, name, why=f"The certified question can't be answered. {error.title}")
    reads = [
        _read(live, engine, words, kept.certified.query, right, reader.actor) for words in kept.certified.paraphrases
    ]
    return QuestionOutcomes(kept.id, name, tuple(reads))


def _read(
    live: Live, engine: Engine, words: str, query: Query, right: Counter[object], actor: Actor
) -> ParaphraseOutcome:
    try:
        read = engine.read(words, actor)
    except StoreFailed:
        raise
    except SemanticError as error:
        return ParaphraseOutcome(words, "failed", error.title)
    if isinstance(read, NoQuestion):
        return ParaphraseOutcome(words, read.outcome, read.why)
    if read == query:
        return ParaphraseOutcome(words, "same")
    try:
        cells = _cells(live, read, actor)
    except StoreFailed:
        raise
    except SemanticError as error:
        return ParaphraseOutcome(words, "refused", error.title)
    return (
        ParaphraseOutcome(words, "same") if cells == right else ParaphraseOutcome(words, "other", "The answer differs.")
    )


def _cells(live: Live, query: Query, actor: Actor) -> Counter[object]:
    """Return the rows of a question's answer, as `cells_of` counts them. The question isn't recorded."""
    workspace = live.workspace()
    # Planned first, so that it doesn't count among the questions that people were refused.
    plan_question(workspace.visible(actor), query, today=workspace.today(), noted=False)
    return cells_of(workspace.start(query, actor).answered())


def cells_of(result: Result) -> Counter[object]:
    """Return how often each row of an answer occurs, with values by column name.

    The order of rows and columns doesn't matter. Numbers are rounded to 12 significant digits, because engines add
    floats in varying order.
    """
    rows = Counter[object](
        tuple(sorted((name, _plain(value)) for name, value in row.items())) for row in result.table.to_pylist()
    )
    rows[("columns", *sorted(result.table.column_names))] += 1  # so that empty answers to different questions differ
    return rows


def _plain(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int | float | Decimal):
        return f"{float(value):.12g}"
    return repr(value)


# What follows from a run


def below(run: DriftRun) -> str:
    """Return why a run isn't good enough, as a sentence without a full stop, or "" if it is."""
    share, others = run.share, run.count("other")
    if share is None:
        return ""
    percent = f"{share:.1%}"
    if share < BAR:
        return f"Only {percent} of paraphrases gave the same answer, below the bar of {BAR:.0%}"
    return f"{percent} of paraphrases gave the same answer, but {others} gave a different one" if others else ""


def note_run(live: Live, run: DriftRun, *, can_be_switched: bool) -> None:
    """Save a run.

    If the run isn't good enough and its engine can be switched off, this switches it off and notifies stewards. Raises
    StoreFailed.
    """
    why = below(run)
    with live.store.write(recorded=False) as transaction:
        keep_run(transaction, live.keys, run)
    if not why or not can_be_switched:
        return
    stewards = [each for each in live.people().values() if each.kind == "person" and each.is_at_least("steward")]
    with live.store.write(recorded=False) as transaction:
        is_on, _, revision = read_model_reader(transaction.connection, live.keys)
        if not is_on:
            return
        for each in stewards:
            to = subject_of(transaction, each.id, each.name)
            details = {"title": "The language model", "why": why}
            queue_notice(transaction, live.keys, "model_off", f"drift:{run.id}", run.begun_at, to, details)
        switch_model_reader(transaction, live.keys, SAMEPAGE, is_on=False, why=why, revision=revision)


def model_is_on(live: Live) -> bool:
    """Whether the language model is switched on, if one is configured. Raises StoreFailed."""
    with live.store.read() as connection:
        return read_model_reader(connection, live.keys)[0]


def is_due(live: Live, engine: Engine, now: datetime) -> bool:
    """Whether certified questions should run: each night, and after a publication or a change of questions or engine.

    Raises StoreFailed.
    """
    with live.store.read() as connection:
        last = next(iter(read_runs(connection, live.keys, engine.name, most=1)), None)
        kept = read_certified(connection, live.keys)
    if not kept:
        return False
    workspace = live.workspace()
    if last is None or last.engine_version != engine.version[:200]:
        return True
    if last.model_version != workspace.model.version[:80] or {each.question for each in last.asked} != {
        each.id for each in kept
    }:
        return True
    if any(each.changed_at > last.begun_at for each in kept):
        return True
    zone = ZoneInfo(workspace.model.settings.time_zone)
    return _night(now, zone) > _night(last.begun_at, zone)


def _night(moment: datetime, zone: ZoneInfo) -> date:
    local = moment.astimezone(zone)
    return local.date() - timedelta(days=local.time() < FROM)


@dataclass(frozen=True, slots=True)
class Drift:
    """The job that runs certified questions through all engines, each night and after each publication."""

    live: Live
    model: Callable[[Live], Engine | None] = no_model
    name: str = "drift"
    every: timedelta = timedelta(minutes=5)
    is_shared: bool = False

    def run(self, turn: Turn) -> datetime | None:
        for engine in engines_of(self.live, self.model):
            if turn.is_stopping():
                return turn.now
            if not is_due(self.live, engine, turn.now):
                continue
            run = run_engine(self.live, engine, is_stopping=turn.is_stopping)
            if run is None:
                return turn.now
            if not turn.is_mine():
                return None
            note_run(self.live, run, can_be_switched=engine.name == MODEL)
        return None


def engines_of(live: Live, model: Callable[[Live], Engine | None] = no_model) -> list[Engine]:
    """Return the engines of this installation: the reader, and the language model if one is configured."""
    configured = model(live)
    return [WordsReader(live), *([configured] if configured is not None else [])]


# A steward's work


def _without_hidden_texts(asked: QuestionOutcomes, shown: Set[str]) -> QuestionOutcomes:
    """Return a question's outcomes, without their texts unless the question is in `shown`."""
    if asked.question in shown:
        return asked
    reads = tuple(replace(read, words="", why="") for read in asked.reads)
    return replace(asked, name=NOT_SHOWN.name, reads=reads, why="It couldn't be run." if asked.why else "")


@dataclass(frozen=True, slots=True)
class DriftWork:
    """The certified questions and their runs, as `actor` can use them.

    Raises StoreFailed whenever it reads or writes.
    """

    live: Live = field(repr=False)
    actor: Actor
    model: Callable[[Live], Engine | None] = no_model

    def questions(self) -> list[StoredCertified]:
        """Return the certified questions, oldest first.

        Questions that use a name hidden from this person are returned without their texts. Raises NotAllowed.
        """
        self._require()
        with self.live.store.read() as connection:
            found = read_certified(connection, self.live.keys)
        return [each if self._shows(each) else replace(each, certified=NOT_SHOWN, is_hidden=True) for each in found]

    def runs(self, engine: str, *, most: int = 30) -> list[DriftRun]:
        """Return an engine's most recent runs, newest first.

        Texts of questions that this person can't see are left out. Raises NotAllowed.
        """
        shown = {each.id for each in self.questions() if not each.is_hidden}
        with self.live.store.read() as connection:
            runs = read_runs(connection, self.live.keys, engine, most=most)
        return [replace(run, asked=tuple(_without_hidden_texts(each, shown) for each in run.asked)) for run in runs]

    def add(self, certified: Certified) -> str:
        """Add a certified question, and return its ID. It runs with this person's access.

        Raises NotAllowed, SemanticError.
        """
        self._check(certified)
        with self.live.store.write() as transaction:
            return add_certified(transaction, self.live.keys, certified, self.actor)

    def change(self, kept: StoredCertified, certified: Certified) -> None:
        """Change a certified question.

        From then on, it runs with this person's access. Raises NotAllowed, SemanticError.
        """
        self._check(certified)
        with self.live.store.write() as transaction:
            change_certified(transaction, self.live.keys, kept, certified, self.actor)

    def remove(self, kept: StoredCertified) -> None:
        """Remove a certified question, so that it no longer runs. Raises NotAllowed, ChangedMeanwhile."""
        self._require()
        with self.live.store.write() as transaction:
            found = read_certified(transaction.connection, self.live.keys)  # the audit log has its name, also if hidden
            named = next((each.certified for each in found if each.id == kept.id), kept.certified)
            remove_certified(transaction, self.live.keys, replace(kept, certified=named), self.actor)

    def run_now(self) -> list[DriftRun]:
        """Run all certified questions through all engines now, and return the runs. Raises NotAllowed, StoreFailed."""
        self._require()
        runs = list[DriftRun]()
        for engine in engines_of(self.live, self.model):
            run = run_engine(self.live, engine)
            if run is not None:
                note_run(self.live, run, can_be_switched=engine.name == MODEL)
                runs.append(run)
        return runs

    def model_reader(self) -> tuple[bool, str]:
        """Return whether the language model is on, and why it isn't ("" if it is). Raises NotAllowed."""
        self._require()
        with self.live.store.read() as connection:
            is_on, why, _ = read_model_reader(connection, self.live.keys)
            return is_on, why

    def switch_model(self, *, is_on: bool, why: str = "") -> None:
        """Switch the language model on or off. Raises NotAllowed, ChangedMeanwhile."""
        self._require()
        with self.live.store.write() as transaction:
            now_on, _, revision = read_model_reader(transaction.connection, self.live.keys)
            if now_on == is_on:
                raise ChangedMeanwhile("Someone else has already switched it on or off. Reload the page.")
            switch_model_reader(transaction, self.live.keys, self.actor, is_on=is_on, why=why, revision=revision)

    def _shows(self, kept: StoredCertified) -> bool:
        """Whether this person can see what a certified question asks for.

        They can if the question is their own, or if they can ask it and none of its values could be hidden from them.
        """
        if kept.owner_id == self.actor.id:
            return True
        workspace, texts, query = self.live.workspace(), kept.certified, kept.certified.query
        seen = workspace.visible(self.actor)
        dims = {read_name(text, seen.model).dim for text in strings_of(query_to_data(query))}
        if not seen.may_name_members or any(seen.mask(dim) for dim in dims):
            return False
        named = " ".join((texts.name, *texts.paraphrases))
        return workspace.preflight(query, self.actor).ok and names_nothing_hidden(named, seen)

    def _check(self, certified: Certified) -> None:
        self._require()
        checked = self.live.workspace().preflight(certified.query, self.actor)
        if not checked.ok:
            raise checked.error or InvalidQuery("This question can't be asked.")

    def _require(self) -> None:
        if self.actor.kind != "person" or self.actor.viewed_by is not None or not self.actor.is_at_least("steward"):
            raise NotAllowed("Only stewards signed in as themselves can work with certified questions.")
