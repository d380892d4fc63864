"""Certified questions with their paraphrases, and the runs that compare the paraphrases' answers.

A run can switch off the language model, so questions and runs are sealed. A question with an invalid seal isn't run,
and a run with an invalid seal isn't shown.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from semantic.errors import ChangedMeanwhile, InvalidQuery, SemanticError
from semantic.policy.actor import Actor
from semantic.query.codec import query_from_json, query_to_json
from semantic.query.query import Query
from semantic.store.accounts.settings import read_setting, write_setting
from semantic.store.audit.log import Act, Plain, record
from semantic.store.database import Instant, Transaction, metadata, parse_moment, storable
from semantic.store.keys import Keys
from semantic.store.people import read_key_holders, subject_of
from semantic.store.row_seals import seal_row

FEWEST, MOST_PARAPHRASES = 3, 5
LONGEST_NAME: Final = 120
LONGEST_WORDS: Final = 300
MOST_QUESTIONS: Final = 100
KEPT: Final = timedelta(days=400)
MODEL_READER: Final = "model_reader"
"""The setting that says whether the model reads questions. Without it, the model does if it's configured."""

Outcome = Literal["same", "other", "asked_back", "refused", "failed"]
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)

DRIFT_QUESTIONS: Final = Table(
    "drift_questions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(LONGEST_NAME), nullable=False),
    Column("question", Text, nullable=False),  # as JSON
    Column("paraphrases", Text, nullable=False),  # a JSON list
    Column("owner", String(32), nullable=False, index=True),  # a subject, whose access answers it
    Column("made_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("removed_at", Instant),
    Column("revision", Integer, nullable=False),
    Column("seal", String(64), nullable=False),
)
_SEALED: Final = ("id", "name", "question", "paraphrases", "owner", "revision")

DRIFT_RUNS: Final = Table(
    "drift_runs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("engine", String(20), nullable=False),
    Column("engine_version", String(200), nullable=False),
    Column("model_version", String(80), nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("outcomes", Text, nullable=False),  # JSON
    Column("seal", String(64), nullable=False),
    Index("ix_drift_runs_engine_begun_at", "engine", "begun_at"),
)
_SEALED_RUN: Final = ("id", "engine", "engine_version", "model_version", "outcomes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """A question whose answer is trusted, with other ways to phrase the question."""

    name: str
    query: Query
    paraphrases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCertified:
    """A certified question in the store. `owner_id` is proven by the owner's own key, or "" if it can't be.

    `is_hidden` means that the steward who lists the question can't see what it asks for. Then its name, question and
    paraphrases are left out.
    """

    id: str
    certified: Certified
    owner: str
    owner_id: str
    owner_name: str
    changed_at: datetime
    revision: int
    is_sealed: bool
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class ParaphraseOutcome:
    """The outcome of one paraphrase, and the reason for it, or "" if its answer is the same."""

    words: str
    outcome: Outcome
    why: str = ""


@dataclass(frozen=True, slots=True)
class QuestionOutcomes:
    """The outcomes of one certified question's paraphrases.

    If the question couldn't run, there are no outcomes, and `why` is the reason.
    """

    question: str
    name: str
    reads: tuple[ParaphraseOutcome, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRun:
    """One run of all certified questions through one engine."""

    id: str
    engine: str
    engine_version: str
    model_version: str
    begun_at: datetime
    asked: tuple[QuestionOutcomes, ...]

    def count(self, outcome: Outcome) -> int:
        """Return the number of paraphrases with an outcome."""
        return sum(read.outcome == outcome for each in self.asked for read in each.reads)

    @property
    def judged(self) -> int:
        """The number of paraphrases that count: all except those for which the engine didn't respond."""
        return sum(read.outcome != "failed" for each in self.asked for read in each.reads)

    @property
    def share(self) -> float | None:
        """The share of paraphrases with the same answer, from 0 to 1, or None if no paraphrase counts."""
        return self.count("same") / self.judged if self.judged else None


# Certified questions: the caller has checked that the actor can change them


def add_certified(transaction: Transaction, keys: Keys, certified: Certified, actor: Actor) -> str:
    """Add a certified question, and return its ID. It runs with the actor's access. Raises InvalidQuery."""
    row = _row(certified)
    current = select(func.count()).select_from(DRIFT_QUESTIONS).where(DRIFT_QUESTIONS.c.removed_at.is_(None))
    if transaction.connection.execute(current).scalar_one() >= MOST_QUESTIONS:
        raise InvalidQuery(f"There are {MOST_QUESTIONS} certified questions, which is the limit. Remove one first.")
    id_, now = secrets.token_hex(8), transaction.now
    row |= {"id": id_, "owner": subject_of(transaction, actor.id, actor.name), "revision": 1}
    values = {**row, "made_at": now, "changed_at": now, "removed_at": None, "seal": _seal(keys, row)}
    transaction.connection.execute(insert(DRIFT_QUESTIONS).values(**values))
    _record(transaction, keys, "made", id_, certified, actor)
    return id_


def change_certified(
    transaction: Transaction, keys: Keys, kept: StoredCertified, certified: Certified, actor: Actor
) -> None:
    """Change a question or its paraphrases, and make `actor` its owner. Raises InvalidQuery, ChangedMeanwhile."""
    row: dict[str, object] = {"id": kept.id, **_row(certified), "revision": kept.revision + 1}
    row["owner"] = subject_of(transaction, actor.id, actor.name)
    _write(transaction, kept, {**row, "changed_at": transaction.now, "seal": _seal(keys, row)})
    _record(transaction, keys, "changed", kept.id, certified, actor)


def remove_certified(transaction: Transaction, keys: Keys, kept: StoredCertified, actor: Actor) -> None:
    """Remove a certified question, so that it no longer runs. Raises ChangedMeanwhile."""
    _write(transaction, kept, {"removed_at": transaction.now, "revision": kept.revision + 1})
    _record(transaction, keys, "removed", kept.id, kept.certified, actor)


def read_certified(connection: Connection, keys: Keys) -> list[StoredCertified]:
    """Return all certified questions, oldest first. Unreadable rows are omitted."""
    wanted = select(DRIFT_QUESTIONS).where(DRIFT_QUESTIONS.c.removed_at.is_(None))
    rows = connection.execute(wanted.order_by(DRIFT_QUESTIONS.c.made_at, DRIFT_QUESTIONS.c.id)).mappings().all()
    holders = read_key_holders(connection, {str(row["owner"]) for row in rows}, keys)
    found = list[StoredCertified]()
    for row in rows:
        try:
            paraphrases = json.loads(row["paraphrases"])
            certified = Certified(
                name=row["name"],
                query=query_from_json(row["question"]),
                paraphrases=tuple(str(each) for each in paraphrases),
            )
        except (SemanticError, ValueError, TypeError, RecursionError):
            continue
        owner = holders.get(str(row["owner"]))
        found.append(
            StoredCertified(
                id=row["id"],
                certified=certified,
                owner=row["owner"],
                owner_id=owner.id if owner is not None and owner.key is not None else "",
                owner_name=owner.name if owner is not None else "",
                changed_at=row["changed_at"],
                revision=row["revision"],
                is_sealed=hmac.compare_digest(_seal(keys, row).encode(), str(row["seal"]).encode(errors="replace")),
            )
        )
    return found


def _row(certified: Certified) -> dict[str, object]:
    name = " ".join(storable(certified.name).split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidQuery(f"A certified question needs a name of 1 to {LONGEST_NAME} characters.")
    texts = [" ".join(storable(text).split()) for text in certified.paraphrases]
    if not FEWEST <= len(texts) <= MOST_PARAPHRASES or not all(texts):
        raise InvalidQuery(f"Write {FEWEST} to {MOST_PARAPHRASES} paraphrases, one per line.")
    if len({text.casefold() for text in texts}) < len(texts):
        raise InvalidQuery("Two paraphrases are the same. Change or remove one.")
    if max(map(len, texts)) > LONGEST_WORDS:
        raise InvalidQuery(f"A paraphrase can have at most {LONGEST_WORDS} characters. Shorten the longest one.")
    question = query_to_json(certified.query)
    if storable(question) != question:
        raise InvalidQuery("The question has invalid characters, so it can't be saved.")
    return {"name": name, "question": question, "paraphrases": json.dumps(texts, ensure_ascii=False)}


def _write(transaction: Transaction, kept: StoredCertified, values: Mapping[str, object]) -> None:
    current = DRIFT_QUESTIONS.c.removed_at.is_(None) & (DRIFT_QUESTIONS.c.revision == kept.revision)
    changed = update(DRIFT_QUESTIONS).where(DRIFT_QUESTIONS.c.id == kept.id, current).values(**values)
    if transaction.connection.execute(changed).rowcount != 1:
        raise ChangedMeanwhile("Someone else changed this question. Reload the page, then try again.")


def _seal(keys: Keys, row: Mapping[str, object] | RowMapping) -> str:
    values = {str(name): value for name, value in row.items()}
    return seal_row(keys, b"certified question", values, columns=_SEALED, moments=())


def _record(transaction: Transaction, keys: Keys, verb: str, id_: str, certified: Certified, actor: Actor) -> None:
    personal: dict[str, Plain] = {"name": storable(certified.name).strip()[:LONGEST_NAME]}
    about = f"certified_question:{id_}"
    record(transaction, Act(kind=f"drift.question_{verb}", actor=actor, about=about, personal=personal), keys)


# Runs


def keep_run(transaction: Transaction, keys: Keys, run: DriftRun) -> None:
    """Save a run, and delete runs that are too old."""
    row: dict[str, object] = {"id": run.id, "engine": run.engine, "engine_version": run.engine_version[:200]}
    row |= {"model_version": run.model_version[:80]}
    row["outcomes"] = json.dumps([asdict(each) for each in run.asked], ensure_ascii=False)
    seal = seal_row(keys, b"drift run", row | {"begun_at": run.begun_at}, columns=_SEALED_RUN, moments=("begun_at",))
    transaction.connection.execute(insert(DRIFT_RUNS).values(**row, begun_at=run.begun_at, seal=seal))
    transaction.connection.execute(delete(DRIFT_RUNS).where(DRIFT_RUNS.c.begun_at < transaction.now - KEPT))


def read_runs(connection: Connection, keys: Keys, engine: str, *, most: int = 30) -> list[DriftRun]:
    """Return an engine's most recent runs, newest first. Damaged runs are omitted."""
    wanted = select(DRIFT_RUNS).where(DRIFT_RUNS.c.engine == engine)
    rows = connection.execute(wanted.order_by(DRIFT_RUNS.c.begun_at.desc(), DRIFT_RUNS.c.id).limit(most)).mappings()
    return [run for row in rows if (run := _run(row, keys)) is not None]


def _run(row: RowMapping, keys: Keys) -> DriftRun | None:
    values = {str(name): value for name, value in row.items()}
    seal = seal_row(keys, b"drift run", values, columns=_SEALED_RUN, moments=("begun_at",))
    begun_at = parse_moment(row["begun_at"])
    if begun_at is None or not hmac.compare_digest(seal.encode(), str(row["seal"]).encode(errors="replace")):
        return None
    return DriftRun(
        id=row["id"],
        engine=row["engine"],
        engine_version=row["engine_version"],
        model_version=row["model_version"],
        begun_at=begun_at,
        asked=_question_outcomes(json.loads(row["outcomes"])),
    )


def _question_outcomes(document: Sequence[Any]) -> tuple[QuestionOutcomes, ...]:  # Any: JSON that was sealed here
    return tuple(
        QuestionOutcomes(
            each["question"],
            each["name"],
            tuple(ParaphraseOutcome(read["words"], read["outcome"], read["why"]) for read in each["reads"]),
            each["why"],
        )
        for each in document
    )


# Whether the model reads questions


def read_model_reader(connection: Connection, keys: Keys) -> tuple[bool, str, int]:
    """Return whether the language model is on, why it isn't ("" if it is), and the setting's revision.

    A value that Samepage didn't write counts as off.
    """
    value, revision = read_setting(connection, MODEL_READER)
    if revision == 0:
        return True, "", 0
    if not isinstance(value, dict) or not isinstance(value.get("why"), str):
        return False, "The setting was changed outside Samepage.", revision
    is_on, why = value.get("on") is True, str(value["why"])
    seal = _seal_setting(keys, is_on, why)
    if not hmac.compare_digest(seal.encode(), str(value.get("seal")).encode(errors="replace")):
        return False, "The setting was changed outside Samepage.", revision
    return is_on, why, revision


def switch_model_reader(
    transaction: Transaction, keys: Keys, actor: Actor, *, is_on: bool, why: str, revision: int
) -> None:
    """Switch the language model on or off. Raises ChangedMeanwhile."""
    value: dict[str, Plain] = {"on": is_on, "why": why, "seal": _seal_setting(keys, is_on, why)}
    write_setting(transaction, MODEL_READER, value, revision=revision)
    details: dict[str, Plain] = {"why": why} if why else {}
    kind = f"model_reader.switched_{'on' if is_on else 'off'}"
    record(transaction, Act(kind=kind, actor=actor, about=f"setting:{MODEL_READER}", details=details), keys)


def _seal_setting(keys: Keys, is_on: bool, why: str) -> str:
    return keys.sign(b"model reader", str(is_on).encode(), why.encode(errors="replace"))
