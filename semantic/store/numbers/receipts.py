"""Receipts in the store: saved in the transaction of their act, and read back as text that isn't trusted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Integer, LargeBinary, Row, String, Table, Text, select

from semantic.errors import SemanticError
from semantic.query.codec import query_from_json, query_to_json
from semantic.query.query import Query
from semantic.results.receipt import Receipt
from semantic.store.database import Instant, Transaction, insert_all_missing, metadata
from semantic.store.keys import Keys, seal, unseal
from semantic.store.people import key_of, read_key

RECEIPTS: Final = Table(
    "receipts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("subject", String(32), nullable=False, index=True),
    Column("query", Text),  # null if it names a person: then it is in `sealed`
    Column("sealed", LargeBinary),
    Column("today", String(10), nullable=False),
    Column("model_version", Integer),  # null if a folder is the model
    Column("model_digest", String(64), nullable=False),
    Column("definitions", Text, nullable=False),  # JSON: kind:name -> digest of everything that determines it
    Column("policy", String(64), nullable=False),
    Column("attributes", String(64), nullable=False),  # a keyed digest of the attributes used by row rules
    Column("data_version", Text),
    Column("sql_digest", String(64), nullable=False),
    Column("rows_digest", String(64), nullable=False),
    Column("row_count", Integer, nullable=False),
    Column("surface", String(40), nullable=False),
    Column("analysis", String(40)),  # the kind of an analysis, whose definition is in place of the question; else null
)


def save_receipts(transaction: Transaction, receipts: Iterable[tuple[Receipt, bool]], keys: Keys) -> frozenset[str]:
    """Save receipts, and return the IDs of the new ones. The second value says whether the question names a person.

    An existing receipt isn't changed, so a retry after a failure doesn't add it twice. A question that names a person
    is sealed with the key of the person who asked it.
    """
    rows = [_row(transaction, receipt, keys, names_a_person=is_personal) for receipt, is_personal in receipts]
    return insert_all_missing(transaction.connection, RECEIPTS.c.id, rows)


def _row(transaction: Transaction, receipt: Receipt, keys: Keys, *, names_a_person: bool) -> dict[str, object]:
    assert receipt.query is not None or receipt.analysis
    text = query_to_json(receipt.query) if receipt.query is not None else receipt.definition
    key = key_of(transaction, receipt.subject, keys) if names_a_person else None
    return {
        "id": receipt.id,
        "at": receipt.at,
        "subject": receipt.subject,
        "query": None if names_a_person else text,
        "sealed": seal(key, text.encode(), _place(receipt.id)) if key is not None else None,
        "today": receipt.today.isoformat(),
        "model_version": receipt.model_version,
        "model_digest": receipt.model_digest,
        "definitions": json.dumps(dict(receipt.definitions), sort_keys=True),
        "policy": receipt.policy,
        "attributes": receipt.attributes,
        "data_version": receipt.data_version,
        "sql_digest": receipt.sql_digest,
        "rows_digest": receipt.rows_digest,
        "row_count": receipt.row_count,
        "surface": receipt.surface,
        "analysis": receipt.analysis or None,
    }


def was_asked_since(connection: Connection, metric: str, since: datetime) -> bool:
    """Whether anyone has got an answer that contains a metric since a moment."""
    is_of_it = RECEIPTS.c.definitions.contains(json.dumps(f"metric:{metric}"), autoescape=True)
    chosen = select(RECEIPTS.c.id).where(RECEIPTS.c.at >= since, is_of_it).limit(1)
    return connection.execute(chosen).first() is not None


def has_receipt(connection: Connection, receipt: str) -> bool:
    """Whether there is a receipt with this ID."""
    return connection.execute(select(RECEIPTS.c.id).where(RECEIPTS.c.id == receipt)).first() is not None


def read_stored_receipt(connection: Connection, receipt: str, keys: Keys) -> Receipt | None:
    """Return the receipt with this ID, or None. Parts that can't be read are empty."""
    row = connection.execute(select(RECEIPTS).where(RECEIPTS.c.id == receipt)).one_or_none()
    if row is None:
        return None
    text, is_erased = _text(connection, row, keys)
    query = _query(text) if text and not row.analysis else None
    try:
        today = date.fromisoformat(row.today)
    except ValueError:
        query, text, today = None, "", row.at.date()
    return Receipt(
        id=row.id,
        at=row.at,
        subject=row.subject,
        query=query,
        today=today,
        model_version=row.model_version,
        model_digest=row.model_digest,
        definitions=definitions_from_text(row.definitions),
        policy=row.policy,
        attributes=row.attributes,
        data_version=row.data_version,
        sql_digest=row.sql_digest,
        rows_digest=row.rows_digest,
        row_count=row.row_count,
        surface=row.surface,
        is_erased=is_erased,
        analysis=row.analysis or "",
        definition=text if row.analysis else "",
    )


def _text(connection: Connection, row: Row[Any], keys: Keys) -> tuple[str, bool]:
    """Return a receipt's question or definition as JSON, and whether it was erased with the person who asked."""
    text: str | None = row.query
    if text is not None:
        return text, False
    key = read_key(connection, row.subject, keys)
    if key is None:
        return "", True
    opened = unseal(key, row.sealed or b"", _place(row.id))
    return (opened.decode(errors="replace") if opened is not None else ""), False


def _query(text: str) -> Query | None:
    try:
        return query_from_json(text)
    except SemanticError:
        return None


def definitions_from_text(text: str) -> Mapping[str, str]:
    """Return a receipt's definitions: their digests by `kind:name`. Damaged parts are omitted."""
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    pairs: dict[Any, Any] = document if isinstance(document, dict) else {}  # Any: checked on the next line
    return {name: pair for name, pair in pairs.items() if isinstance(pair, str) and re.fullmatch("[0-9a-f]{64}", pair)}


def _place(receipt: str) -> str:
    """Return the text that binds a sealed question to its receipt, so that it can't be moved to another receipt."""
    return f"receipt {receipt}"
