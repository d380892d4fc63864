"""Record questions, exports and listed rows in the background.

A caller waits only for records that must be stored first. Each process has one writer, which writes many entries at a
time, in order. A receipt and its audit log entry are stored in one transaction. Files, and answers to scripts, are
returned only after their receipt is stored. A page shows its receipt slightly earlier. While the store can't be written
to, questions still work, entries wait in order, and answers say so. An entry is dropped only if a working store refuses
it, and the log then has a gap in its place.
"""

from __future__ import annotations

import atexit
import logging
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Hashable, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Final

from semantic.audit_trail.analysis_receipts import AnalysisRun, receipt_of
from semantic.audit_trail.outcomes import Outcomes
from semantic.audit_trail.recent_receipts import RecentReceipts
from semantic.errors import Cancelled, EngineFailed, NotStorable, SemanticError, StoreFailed
from semantic.observability.metrics import Meters
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.codec import query_to_json
from semantic.query.personal import names_a_person
from semantic.query.query import Query
from semantic.results.cell import Cell
from semantic.results.digests import attributes_text, definitions_of, policy_digest, rows_digest
from semantic.results.receipt import DRAWN, LETTERS, Receipt, receipt_id
from semantic.results.records import Records
from semantic.results.result import Result
from semantic.run.single_flight_cache import SingleFlightCache
from semantic.store.audit.gaps import Gap, record_gap
from semantic.store.audit.log import Act, Plain, record_all
from semantic.store.audit.recorders import BEAT_SECONDS, Watch, forget_recorder, name_lost_acts, note_recorder
from semantic.store.database import Store, Transaction
from semantic.store.keys import Keys
from semantic.store.numbers.receipts import has_receipt, save_receipts
from semantic.store.people import subject_of

MOST_WAITING: Final = 10_000
MOST_AT_ONCE: Final = 200
GATHERS_SECONDS: Final = 0.05  # so that a page's dozen questions are one transaction
AGAIN_SECONDS: Final = (0.2, 1.0, 5.0)  # when the store is tried again after a failure
MOST_SAME, MOST_SAME_ROWS = 5_000, 200
LARGE_ANSWER: Final = 1_000_000  # bytes: the rows of a larger one are digested every time
LATE_SECONDS: Final = 60.0  # an entry written this much later says when it happened
PATIENCE: Final = 10.0  # seconds a file waits for its receipt

NOT_YET: Final = (
    "This answer isn't recorded yet, because the store can't be written to. You can open its receipt once the store "
    "works again."
)
NOT_RECORDED: Final = "This answer isn't recorded and has no receipt, because the store can't be written to."
NO_FILE: Final = (
    "This answer couldn't be recorded, so no file was made. Try again. If it keeps happening, ask the person who runs "
    "Samepage to check the store."
)
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Entry:
    act: Act
    at: datetime
    receipt: Receipt | None = None  # without its subject, which is only known on writing
    names_a_person: bool = False
    is_kept: bool = False  # set once it is in the store

    def gap(self) -> Gap:
        """The gap that replaces this entry in the log if the store refuses the entry."""
        receipt = self.receipt.id if self.receipt else ""
        return Gap(cause="not_storable", first=self.at, last=self.at, kinds={self.act.kind: 1}, receipt=receipt)


@dataclass(slots=True)
class _LeftOut:
    """Acts that were dropped because too many were waiting. The log gets a single gap for all of them."""

    kinds: Counter[str]
    first: datetime
    last: datetime

    def gap(self) -> Gap:
        return Gap(cause="too_many_waiting", first=self.first, last=self.last, kinds=dict(self.kinds))


_shown_in: Final[ContextVar[str]] = ContextVar("shown_in", default="")


@contextmanager
def shown_in(surface: str) -> Generator[None]:
    """Record this surface in receipts of answers, instead of the process's default, within a `with` block."""
    token = _shown_in.set(surface)
    try:
        yield
    finally:
        _shown_in.reset(token)


@contextmanager
def counted_refusals(recorder: Recorder | None, query: Query, seen: VisibleModel) -> Generator[None]:
    """Count the question asked in a `with` block if it is refused or fails. Does nothing without a recorder."""
    try:
        yield
    except SemanticError as error:
        if recorder is not None:
            recorder.meters.refused(recorder.surface, error.code)
            if not isinstance(error, Cancelled):
                recorder.outcomes.refused(query, seen, recorder.surface, has_failed=isinstance(error, EngineFailed))
        raise


class Recorder:
    """The recorder of this process. Several threads can use it safely. `surface` is where answers are shown."""

    def __init__(self, store: Store, keys: Keys, *, surface: str = "page", most_waiting: int = MOST_WAITING) -> None:
        self.store, self.keys, self._surface = store, keys, surface
        # A shell command shows no receipt before it is recorded, so killing one leaves no gap.
        self._id = secrets.token_hex(16) if surface == "page" else ""
        self._beat_at, self._is_beating, self._watch = 0.0, True, Watch(self._id)
        self.meters: Final = Meters()
        self.outcomes: Final = Outcomes(store)
        self._most_waiting = most_waiting
        self._waiting: deque[_Entry | Gap] = deque()
        self._changed = threading.Condition()  # guards everything below
        self._taken = self._done = 0  # numbers of entries added, and of those stored or replaced by a gap
        self._hurried = 0  # how many callers wait for the writer
        self._pending = set[str]()  # receipts that were issued but aren't stored yet
        self._left_out: _LeftOut | None = None
        self._away = self._closing = False
        self._same = RecentReceipts(MOST_SAME)
        self._same_rows = RecentReceipts(MOST_SAME_ROWS)
        self._digests = SingleFlightCache[tuple[object, str]](MOST_SAME_ROWS)
        self._writer = threading.Thread(target=self._write_on, name="samepage-recorder", daemon=True)
        self._writer.start()
        atexit.register(self.close)

    @property
    def is_away(self) -> bool:
        """Whether the store refused the latest entries."""
        return self._away

    @property
    def takes_writes(self) -> bool:
        """Whether the latest write to the store succeeded, either of acts or of the heartbeat written once a minute."""
        return self._is_beating and not self._away

    @property
    def waiting(self) -> int:
        """The number of acts that aren't in the audit log yet."""
        return len(self._waiting)

    def is_pending(self, receipt: str) -> bool:
        """Whether a receipt was issued but isn't stored yet."""
        return receipt in self._pending

    def is_late(self, receipt: str) -> bool:
        """Whether a receipt was issued while the store couldn't be written to."""
        return self._away and receipt in self._pending

    def is_kept(self, receipt: str, *, seconds: float) -> bool:
        """Wait up to `seconds` for a receipt to be stored, and return whether it is.

        Doesn't wait while the store fails.
        """
        with self._changed:
            self._hurried += 1
            self._changed.notify_all()
            try:
                self._changed.wait_for(lambda: receipt not in self._pending or self._away, seconds)
            finally:
                self._hurried -= 1
            if receipt in self._pending:
                return False
        try:
            with self.store.read() as connection:  # the store may have refused it
                return has_receipt(connection, receipt)
        except StoreFailed:
            return False

    # Recording

    def digest_of(self, result: Result) -> str:
        """Return a digest of an answer's rows for its receipt.

        It is computed only once for everyone with the same rows. The digest is keyed, because otherwise a single number
        could be guessed.
        """

        def make() -> tuple[object, str]:
            parts = result.table, result.columns  # referenced, so that nothing else can get their ids
            return parts, self.keys.sign(b"receipt rows", rows_digest(result).encode())

        is_small = result.table.nbytes <= LARGE_ANSWER
        return self._digests.get((id(result.table), id(result.columns)), make, keeps=lambda _: is_small)[1]

    def digest_of_sql(self, result: Result) -> str:
        """Return a digest of an answer's statement, including filter values and attributes."""
        return self.keys.sign(b"receipt sql", result.sql.encode(), repr(result.params).encode())

    def digest_of_attributes(self, visible: VisibleModel) -> str:
        """Return a digest of the attributes that an actor's row rules use."""
        return self.keys.sign(b"receipt attributes", attributes_text(visible).encode())

    @property
    def surface(self) -> str:
        """The surface that is recorded in receipts, such as `page` or `api`."""
        return _shown_in.get() or self._surface

    def asked(self, result: Result, visible: VisibleModel, *, today: date, version: int | None) -> str:
        """Return a receipt for an answer, or "" if too many entries are waiting for the store.

        For some minutes, the same answer to the same person gets the same receipt.
        """
        rows = (id(result.table), id(visible), repr(result.query), today)
        known = self._same_rows.get(rows)
        if known:
            return known
        receipt = self._receipt(result, visible, today, version)
        who = (visible.actor.id, visible.actor.for_person, visible.actor.viewed_by)
        parts = (receipt.model_digest, receipt.policy, receipt.attributes, receipt.data_version, receipt.rows_digest)
        whole = (*who, repr(result.query), today, *parts)
        known = self._same.get(whole)
        if not known:
            details: dict[str, Plain] = {
                "metrics": [*result.query.metrics],
                "rows": receipt.row_count,
                "surface": receipt.surface,
            }
            act = Act(kind="question.asked", actor=visible.actor, about=f"receipt:{receipt.id}", details=details)
            is_personal = names_a_person(result.query, visible.model)
            known = receipt.id if self._take(_Entry(act, receipt.at, receipt, is_personal)) else ""
            self._same.put(whole, known)
            self._same.put((visible.actor.agent, whole), known)
        elif not self._same.get((visible.actor.agent, whole)):
            # One receipt for a person and their agents, and an entry for each.
            details = {"metrics": [*result.query.metrics], "rows": receipt.row_count, "surface": receipt.surface}
            self._noted("question.asked", known, details, visible.actor, whole)
        if result.table.nbytes <= LARGE_ANSWER:
            self._same_rows.put(rows, known, (result.table, visible))
        return known

    def listed(self, query: Query, cell: Cell, records: Records, actor: Actor) -> None:
        """Record that a person viewed the rows behind a cell of a question's answer."""
        details: dict[str, Plain] = {
            "dataset": records.dataset.name,
            "rows": records.table.num_rows,
            "of": records.count,
        }
        where = {key.column.name: f"{key.kind} {key.value}" for key in cell.keys}
        personal: dict[str, Plain] = {"question": query_to_json(query), "cell": {**where}}
        about = f"metric:{records.metric.name}"
        act = Act(kind="rows.listed", actor=actor, about=about, details=details, personal=personal)
        self._take(_Entry(act, self.store.now()))

    def analyzed(self, ran: AnalysisRun, visible: VisibleModel, *, today: date, version: int | None) -> str:
        """Return a receipt for an analysis, as `asked` does for an answer."""
        receipt = receipt_of(ran, visible, self.keys, id=receipt_id(_drawn()), at=self.store.now(), today=today,
                             version=version, surface=self._surface_of(visible))  # fmt: skip
        who = (visible.actor.id, visible.actor.for_person, visible.actor.viewed_by)
        parts = (receipt.model_digest, receipt.policy, receipt.attributes, receipt.data_version, receipt.rows_digest)
        whole = (*who, ran.definition, today, *parts)
        known = self._same.get(whole)
        if not known:
            details: dict[str, Plain] = {
                "analysis": ran.kind,
                "metrics": [*ran.named.metrics],
                "surface": receipt.surface,
            }
            act = Act(kind="analysis.run", actor=visible.actor, about=f"receipt:{receipt.id}", details=details)
            is_personal = names_a_person(ran.named, visible.model)
            known = receipt.id if self._take(_Entry(act, receipt.at, receipt, is_personal)) else ""
            self._same.put(whole, known)
            self._same.put((visible.actor.agent, whole), known)
        elif not self._same.get((visible.actor.agent, whole)):
            details = {"analysis": ran.kind, "metrics": [*ran.named.metrics], "surface": receipt.surface}
            self._noted("analysis.run", known, details, visible.actor, whole)
        return known

    def _noted(self, kind: str, receipt: str, details: dict[str, Plain], actor: Actor, whole: Hashable) -> None:
        """Record that an agent got an answer for which its person already has a receipt, or the other way round."""
        act = Act(kind=kind, actor=actor, about=f"receipt:{receipt}", details=details)
        if self._take(_Entry(act, self.store.now())):
            self._same.put((actor.agent, whole), receipt)

    def opened(self, receipt: str, actor: Actor) -> None:
        """Record that a person opened a receipt, so that its question was asked again."""
        self._take(_Entry(Act(kind="receipt.opened", actor=actor, about=f"receipt:{receipt}"), self.store.now()))

    def offered(self, dimension: str, search: str, result: Result, actor: Actor) -> None:
        """Record that a person was offered a dimension's values to choose from, at most once every few minutes."""
        key = (actor.id, actor.for_person, actor.viewed_by, actor.agent, dimension, search, repr(result.query))
        if not self._same.get(key):
            details: dict[str, Plain] = {"values": result.table.num_rows}
            about = f"dimension:{dimension}"
            act = Act(kind="values.offered", actor=actor, about=about, details=details, personal={"search": search})
            if self._take(_Entry(act, self.store.now())):
                self._same.put(key, act.kind)

    def previewed(self, query: Query, actor: Actor) -> None:
        """Record that a person viewed numbers of a draft, which have no receipt, at most once every few minutes."""
        key = (actor.id, actor.for_person, actor.viewed_by, actor.agent, "draft", repr(query))
        if not self._same.get(key):
            about, personal = f"metric:{query.metrics[0]}", {"question": query_to_json(query)}
            act = Act(kind="draft.previewed", actor=actor, about=about, personal=personal)
            if self._take(_Entry(act, self.store.now())):
                self._same.put(key, act.kind)

    def exported(self, receipt: str, actor: Actor, kind: str) -> None:
        """Record that a person is about to download an answer as a file, and return when that is stored.

        The answer's receipt is stored, too. Raises StoreFailed if either can't be stored, and then the file must not be
        downloaded.
        """
        act = Act(kind="answer.exported", actor=actor, about=f"receipt:{receipt}", details={"as": kind})
        self._hand_out([receipt], [act])
        self.meters.exported(kind, receipt)

    def board_exported(self, board: str, receipts: Sequence[str], actor: Actor, kind: str) -> None:
        """Record that a person is about to download a board as a file, and return when that is stored.

        The receipts of all the board's answers are stored, too. Raises StoreFailed if any can't be stored, and then the
        file must not be downloaded.
        """
        details: dict[str, Plain] = {"as": kind, "answers": len(receipts)}
        acts = [Act(kind="board.exported", actor=actor, about=f"board:{board}", details=details)]
        acts += [
            Act(kind="answer.exported", actor=actor, about=f"receipt:{receipt}", details={"as": kind})
            for receipt in dict.fromkeys(receipts)
        ]
        self._hand_out(receipts, acts)
        self.meters.exported(kind, ", ".join(receipts))

    def _hand_out(self, receipts: Sequence[str], acts: Sequence[Act]) -> None:
        """Store these acts and receipts before returning. Raises StoreFailed if one can't be stored."""
        entries = [_Entry(act, self.store.now()) for act in acts]
        if not all(receipts) or not all(self._take(entry) for entry in entries):
            raise StoreFailed(NO_FILE)
        self.flush()
        with self.store.read() as connection:
            if not all(has_receipt(connection, receipt) for receipt in receipts):
                raise StoreFailed(NO_FILE)
        if not all(entry.is_kept for entry in entries):
            raise StoreFailed(NO_FILE)

    def flush(self, *, seconds: float = PATIENCE) -> None:
        """Wait until everything recorded so far is stored. Raises StoreFailed after `seconds`."""
        until = time.monotonic() + seconds
        with self._changed:
            wanted = self._taken + (self._left_out is not None)  # its gap comes next
            self._hurried += 1
            self._changed.notify_all()
            try:
                while self._done < wanted:
                    left = until - time.monotonic()
                    if left <= 0 or not self._writer.is_alive():
                        raise StoreFailed(NO_FILE)
                    self._changed.wait(min(left, 0.5))
            finally:
                self._hurried -= 1

    def close(self, *, seconds: float = PATIENCE) -> None:
        """Write the waiting entries, and stop. Entries that aren't written in time are lost, which is logged."""
        with self._changed:
            if self._closing and not self._writer.is_alive():
                return
            self._closing = True
            self._changed.notify_all()
        atexit.unregister(self.close)
        self._writer.join(seconds)
        lost = len(self._waiting) + (sum(self._left_out.kinds.values()) if self._left_out else 0)
        if lost:
            log.error("%d acts were not written to the audit log: the store couldn't be written to.", lost)

    def _receipt(self, result: Result, visible: VisibleModel, today: date, version: int | None) -> Receipt:
        return Receipt(
            id=receipt_id(_drawn()),
            at=self.store.now(),
            subject="",
            query=result.query,
            today=today,
            model_version=version,
            model_digest=result.model_version,
            definitions=definitions_of(result.query, visible.model),
            policy=policy_digest(visible),
            attributes=self.digest_of_attributes(visible),
            data_version=result.data_version,
            sql_digest=self.digest_of_sql(result),
            rows_digest=self.digest_of(result),
            row_count=result.table.num_rows,
            surface=self._surface_of(visible),
        )

    def _surface_of(self, visible: VisibleModel) -> str:
        return "api" if visible.actor.kind in ("service", "agent") else self.surface  # they have no screen

    # The writer

    def _take(self, entry: _Entry) -> bool:
        with self._changed:
            if self._closing or len(self._waiting) >= self._most_waiting:
                left = self._left_out or _LeftOut(Counter(), entry.at, entry.at)
                left.kinds[entry.act.kind] += 1
                left.last = entry.at
                self._left_out = left
                return False
            self._put(entry)
            if entry.receipt is not None:
                self._pending.add(entry.receipt.id)
            return True

    def _put(self, entry: _Entry | Gap) -> None:
        self._waiting.append(entry)
        self._taken += 1
        self._changed.notify_all()

    def _write_on(self) -> None:
        failed = 0
        while True:
            self._beat()
            with self._changed:
                has_work = self._changed.wait_for(
                    lambda: self._waiting or self._closing, BEAT_SECONDS if self._id else None
                )
                if not has_work:
                    continue
                if not self._waiting or (self._closing and failed):
                    break
                if failed:
                    pause = AGAIN_SECONDS[min(failed, len(AGAIN_SECONDS)) - 1]
                    self._changed.wait_for(lambda: self._closing, pause)
                elif not self._hurried and not self._closing:
                    self._changed.wait_for(lambda: bool(self._hurried) or self._closing, GATHERS_SECONDS)
                batch = [*self._waiting][:MOST_AT_ONCE]
                is_all = len(batch) == len(self._waiting)
                complete_at = self.store.now() if is_all else _moment(batch[-1])
            settled = self._write(batch, complete_at)
            failed = 0 if settled else failed + 1
            with self._changed:
                self._away = not settled
                for _ in range(settled):
                    entry = self._waiting.popleft()
                    if isinstance(entry, _Entry) and entry.receipt is not None:
                        self._pending.discard(entry.receipt.id)
                if settled and self._left_out is not None:  # before anything newer is taken
                    self._put(self._left_out.gap())
                    self._left_out = None
                self._done += settled
                self._changed.notify_all()
        if self._id and not self._waiting and self._left_out is None:
            self._try(lambda transaction: forget_recorder(transaction, self._id))

    def _beat(self) -> None:
        """Once a minute, record that this process is running, and write gaps for processes that ended unexpectedly."""
        now = time.monotonic()
        if not self._id or (self._beat_at and now - self._beat_at < BEAT_SECONDS - 1):
            return
        self._beat_at = now

        def beat(transaction: Transaction) -> None:
            if not self._waiting:
                note_recorder(transaction, self._id, transaction.now)
            name_lost_acts(transaction, self.keys, self._watch)

        self._is_beating = self._try(beat)
        if not self._is_beating:  # other processes couldn't update their rows either, so earlier checks are discarded
            self._watch = Watch(self._id)

    def _try(self, work: Callable[[Transaction], object]) -> bool:
        """Try a write, and return whether it succeeded.

        A failure is only logged, because the next heartbeat tries again.
        """
        try:
            with self.store.write(recorded=False) as transaction:
                work(transaction)
        except Exception as error:  # noqa: BLE001 (whatever happens, acts are still written)
            log.warning("Couldn't note in the store that this process is recording. %s", error)
            return False
        return True

    def _write(self, batch: list[_Entry | Gap], complete_at: datetime) -> int:
        """Write entries, and return how many of the first ones are done: written, or replaced by a gap.

        Returns 0 if the store itself fails.
        """
        for some in (batch, batch[:1]):
            try:
                with self.store.write(recorded=False) as transaction:
                    self._write_some(transaction, some)
                    if self._id:
                        whole = len(some) == len(batch)
                        note_recorder(transaction, self._id, complete_at if whole else _moment(some[-1]))
            except Exception as error:  # noqa: BLE001 (a bug in one entry must not stop the others)
                if not _is_of_one_entry(error):
                    if not self._away:
                        log.error(
                            "The audit log can't be written to: %d acts are waiting. %s", len(self._waiting), error
                        )
                    return 0
                refused = error
            else:
                for entry in some:
                    if isinstance(entry, _Entry):
                        entry.is_kept = True
                return len(some)
        return self._give_up(batch[0], refused)

    def _give_up(self, entry: _Entry | Gap, refused: Exception) -> int:
        """Replace an entry that a working store refuses with a gap. Return 1 if the gap was stored, or else 0."""
        gap = entry if isinstance(entry, Gap) else entry.gap()
        try:
            with self.store.write() as transaction:
                record_gap(transaction, gap, self.keys)
        except Exception:
            log.exception("The audit log can't be written to: %d acts are waiting.", len(self._waiting))
            return 0
        for lately in (self._same, self._same_rows):
            lately.forget(gap.receipt)
        # The error itself may contain someone's input.
        log.error(
            "Acts couldn't be recorded (%s), so the audit log has a gap: %s", type(refused).__name__, [*gap.kinds]
        )
        return 1

    def _write_some(self, transaction: Transaction, some: Sequence[_Entry | Gap]) -> None:
        """Write entries in order. Entries between two gaps are written together."""
        for is_gap, run in groupby(some, lambda entry: isinstance(entry, Gap)):
            if not is_gap:
                self._write_entries(transaction, [entry for entry in run if isinstance(entry, _Entry)])
                continue
            for entry in run:
                if isinstance(entry, Gap):
                    record_gap(transaction, entry, self.keys)

    def _write_entries(self, transaction: Transaction, entries: Sequence[_Entry]) -> None:
        subjects: dict[tuple[str, str], str] = {}
        receipts: list[tuple[Receipt, bool]] = []
        for entry in entries:
            if entry.receipt is not None:
                viewer = entry.act.actor.viewed_by  # while viewing as someone, the viewer asked
                asker = (viewer, "") if viewer else (entry.act.actor.id, entry.act.actor.name)
                if asker not in subjects:
                    subjects[asker] = subject_of(transaction, *asker)
                receipts.append((replace(entry.receipt, subject=subjects[asker]), entry.names_a_person))
        saved = save_receipts(transaction, receipts, self.keys)
        # A receipt that is there already was saved, with its act, by a commit that seemed to fail.
        new = [entry for entry in entries if entry.receipt is None or entry.receipt.id in saved]
        record_all(transaction, [_as_written(entry, transaction.now) for entry in new], self.keys)


def _as_written(entry: _Entry, now: datetime) -> Act:
    """Return an entry's act. If it is written much later than it happened, the act includes its time."""
    if (now - entry.at).total_seconds() <= LATE_SECONDS:
        return entry.act
    return replace(entry.act, details={**entry.act.details, "done_at": entry.at.isoformat(timespec="seconds")})


def _moment(entry: _Entry | Gap) -> datetime:
    return entry.at if isinstance(entry, _Entry) else entry.last


def _is_of_one_entry(error: Exception) -> bool:
    """Whether the error affects only one entry. A full disk, a read-only store or an I/O error affects all of them."""
    if isinstance(error, StoreFailed):
        return isinstance(error, NotStorable)
    return not isinstance(error, OSError | MemoryError)


def _drawn() -> list[int]:
    """Return the random numbers for a receipt's ID, drawn together because each draw is a system call."""
    number, digits = secrets.randbelow(len(LETTERS) ** DRAWN), list[int]()
    for _ in range(DRAWN):
        number, letter = divmod(number, len(LETTERS))
        digits.append(letter)
    return digits
