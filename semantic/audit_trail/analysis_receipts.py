"""The receipt of an analysis of events: its definition as data, and digests of its statement and its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from semantic.policy.narrow import VisibleModel
from semantic.query.query import Query
from semantic.results.digests import attributes_text, definitions_of, finding_digest, policy_digest
from semantic.results.receipt import Receipt
from semantic.store.keys import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisRun:
    """An analysis that ran. `definition` is its JSON. `named` is a question that uses the same names."""

    kind: str
    definition: str
    named: Query
    sql: str
    params: Sequence[object]
    found: object
    rows: int
    data_version: str | None


def numbers_digest(found: object, keys: Keys) -> str:
    """Return a digest of an analysis's numbers. It is keyed, because otherwise a single number could be guessed."""
    return keys.sign(b"receipt rows", finding_digest(found).encode())


def statement_digest(sql: str, params: Sequence[object], keys: Keys) -> str:
    """Return a digest of an analysis's statement, including filter values and attributes."""
    return keys.sign(b"receipt sql", sql.encode(), repr(tuple(params)).encode())


def receipt_of(
    ran: AnalysisRun,
    visible: VisibleModel,
    keys: Keys,
    *,
    id: str,
    at: datetime,
    today: date,
    version: int | None,
    surface: str,
) -> Receipt:
    """Return an analysis's receipt without its subject, which is known only when the receipt is written."""
    return Receipt(
        id=id,
        at=at,
        subject="",
        query=None,
        today=today,
        model_version=version,
        model_digest=visible.model.version,
        definitions=definitions_of(ran.named, visible.model),
        policy=policy_digest(visible),
        attributes=keys.sign(b"receipt attributes", attributes_text(visible).encode()),
        data_version=ran.data_version,
        sql_digest=statement_digest(ran.sql, ran.params, keys),
        rows_digest=numbers_digest(ran.found, keys),
        row_count=ran.rows,
        surface=surface,
        analysis=ran.kind,
        definition=ran.definition,
    )
