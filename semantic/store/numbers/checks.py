"""The latest results of data checks, and the lease of the process that is running them.

Results are sentences without values from rows. `revision` increases with each checked dataset, so that every process
notices the change when it next reads the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from semantic.policy.actor import Actor
from semantic.results.failed_checks import CheckState, FoundCheck, FoundChecks
from semantic.run.checks import Finding
from semantic.store.audit.log import Act, record
from semantic.store.database import Instant, Transaction, insert_if_missing, metadata, storable
from semantic.store.keys import Keys
from semantic.store.numbers.past_findings import forget_gone, keep_past_findings

CHECK_RUNS: Final = Table(
    "check_runs",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # one row: the newest run
    Column("revision", BigInteger, nullable=False),
    Column("began_at", Instant),
    Column("ended_at", Instant),  # of the last completed run
    Column("holder", String(32), nullable=False),  # the process that is checking; "" is none
    Column("leased_until", Instant),
    Column("model_version", String(40), nullable=False),  # of the last run
    Column("data_version", Text),
    Column("is_whole", Boolean, nullable=False),  # whether every check gave an answer
)
CHECK_FINDINGS: Final = Table(
    "check_findings",
    metadata,
    Column("id", String(220), primary_key=True),
    Column("place", Integer, nullable=False),  # in the dataset's list
    Column("dataset", String(63), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("what", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("since", Instant, nullable=False),
    Column("looked_at", Instant, nullable=False),
    Column("model_version", String(40), nullable=False),
    Column("data_version", Text),
)
_ONE: Final = 1
AHEAD: Final = timedelta(hours=1)
"""A time this far ahead comes from a process with a wrong clock. It is ignored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRun:
    """The newest run of data checks. `ended_at` is None if no run has finished yet."""

    revision: int = 0
    began_at: datetime | None = None
    ended_at: datetime | None = None
    leased_until: datetime | None = None
    model_version: str = ""
    data_version: str | None = None
    is_whole: bool = False

    def is_under_way(self, now: datetime) -> bool:
        return self.leased_until is not None and now < self.leased_until <= now + AHEAD


def read_check_run(connection: Connection) -> CheckRun:
    """Return the newest run, or an empty one if the checks never ran."""
    row = connection.execute(select(CHECK_RUNS).where(CHECK_RUNS.c.number == _ONE)).one_or_none()
    if row is None:
        return CheckRun()
    return CheckRun(
        revision=row.revision, began_at=row.began_at, ended_at=row.ended_at, leased_until=row.leased_until,
        model_version=row.model_version, data_version=row.data_version, is_whole=row.is_whole,
    )  # fmt: skip


def read_findings(connection: Connection) -> FoundChecks:
    """Return the latest results, by dataset."""
    checks_by_dataset: dict[str, list[FoundCheck]] = {}
    for row in connection.execute(select(CHECK_FINDINGS).order_by(CHECK_FINDINGS.c.dataset, CHECK_FINDINGS.c.place)):
        check = FoundCheck(
            id=row.id, dataset=row.dataset, kind=row.kind, what=row.what, state=CheckState(row.state), since=row.since,
            looked_at=row.looked_at, model_version=row.model_version, data_version=row.data_version,
        )  # fmt: skip
        checks_by_dataset.setdefault(row.dataset, []).append(check)
    return {name: tuple(checks) for name, checks in checks_by_dataset.items()}


def begin_check_run(
    transaction: Transaction, holder: str, seconds: float, *, keys: Keys | None = None, actor: Actor | None = None
) -> bool:
    """Take the lease to run checks for `seconds`, and return whether `holder` has it now.

    If a person started the run, it is recorded as their act.
    """
    now, connection = transaction.now, transaction.connection
    empty = {"number": _ONE, "revision": 0, "holder": "", "model_version": "", "is_whole": False}
    insert_if_missing(connection, CHECK_RUNS, empty)
    until = CHECK_RUNS.c.leased_until
    is_free = until.is_(None) | (until <= now) | (until > now + AHEAD)
    taken = connection.execute(
        update(CHECK_RUNS)
        .where(CHECK_RUNS.c.number == _ONE, is_free)
        .values(holder=holder, leased_until=now + timedelta(seconds=seconds), began_at=now)
    )
    is_taken = taken.rowcount == 1
    if is_taken and actor is not None and keys is not None:
        record(transaction, Act(kind="checks.started", actor=actor), keys)
    return is_taken


def hold_check_run(transaction: Transaction, holder: str, seconds: float) -> bool:
    """Extend the lease by `seconds` if `holder` still has it, and return whether it does."""
    mine = (CHECK_RUNS.c.number == _ONE) & (CHECK_RUNS.c.holder == holder)
    values = {"leased_until": transaction.now + timedelta(seconds=seconds)}
    return transaction.connection.execute(update(CHECK_RUNS).where(mine).values(**values)).rowcount == 1


def keep_findings(
    transaction: Transaction,
    holder: str,
    dataset: str,
    findings: Sequence[Finding],
    *,
    model_version: str,
    data_version: str | None,
    seconds: float,
) -> bool:
    """Replace a dataset's results, and extend the lease by `seconds`.

    If the lease was lost, saves nothing and returns False. An unchanged result keeps its start time, and a check that
    couldn't run keeps its previous result. Results that changed are also saved as past results.
    """
    if not _go_on(transaction, holder, leased_until=transaction.now + timedelta(seconds=seconds)):
        return False
    connection, now = transaction.connection, transaction.now
    chosen = select(CHECK_FINDINGS).where(CHECK_FINDINGS.c.dataset == dataset)
    before = {row.id: row for row in connection.execute(chosen)}
    connection.execute(delete(CHECK_FINDINGS).where(CHECK_FINDINGS.c.dataset == dataset))
    still = set[str]()
    for place, finding in enumerate(findings):
        state = _state(finding)
        old = before.get(finding.id)
        row = {
            "id": finding.id, "place": place, "dataset": dataset, "kind": finding.kind, "what": storable(finding.what),
            "state": state.value, "since": old.since if old is not None and old.state == state else now,
            "looked_at": now, "model_version": model_version, "data_version": data_version,
        }  # fmt: skip
        if state is CheckState.UNKNOWN and old is not None:
            row |= {name: getattr(old, name) for name in _KEPT}
        if old is not None and old.state == row["state"]:
            still.add(finding.id)
        connection.execute(insert(CHECK_FINDINGS).values(**row))
    keep_past_findings(transaction, [row for name, row in before.items() if name not in still])
    return True


def _state(finding: Finding) -> CheckState:
    if not finding.looked:
        return CheckState.UNKNOWN
    if not finding.ok:
        return CheckState.FAILS
    return CheckState.WARNS if finding.warns else CheckState.HOLDS


_KEPT: Final = ("what", "state", "since", "looked_at", "model_version", "data_version")


def end_check_run(
    transaction: Transaction,
    holder: str,
    datasets: Sequence[str],
    *,
    model_version: str,
    data_version: str | None,
    is_whole: bool,
) -> bool:
    """Release the lease, and delete results of datasets that the model no longer has.

    Return False if the lease was lost.
    """
    values = {"model_version": model_version, "data_version": data_version, "is_whole": is_whole, "holder": ""}
    if not _go_on(transaction, holder, leased_until=None, ended_at=transaction.now, **values):
        return False
    transaction.connection.execute(delete(CHECK_FINDINGS).where(CHECK_FINDINGS.c.dataset.not_in(datasets)))
    forget_gone(transaction, transaction.connection.execute(select(CHECK_FINDINGS.c.id)).scalars())
    return True


def _go_on(transaction: Transaction, mine: str, /, **values: object) -> bool:
    condition = (CHECK_RUNS.c.number == _ONE) & (CHECK_RUNS.c.holder == mine)
    changed = transaction.connection.execute(
        update(CHECK_RUNS).where(condition).values(revision=CHECK_RUNS.c.revision + 1, **values)
    )
    return changed.rowcount == 1
