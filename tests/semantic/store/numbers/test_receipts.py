"""Receipts in the store: they round-trip, are encrypted if they name a person, and tolerate tampering."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from semantic.policy.actor import Actor
from semantic.query.codec import query_from_json
from semantic.results.receipt import Receipt, receipt_id
from semantic.store.audit.log import Act, record
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.numbers.receipts import has_receipt, read_stored_receipt, save_receipts
from semantic.store.people import erase_person, subject_of

ANA = Actor(id="ana", name="Ana Ribeiro")
DIGEST = "ab" * 32
ZOE = query_from_json('{"metrics":["revenue"],"where":{"dim":"email","op":"in","values":["zoe@example.com"]}}')
RECEIPT = Receipt(
    id=receipt_id([1] * 11),
    at=datetime(2026, 9, 1, 11, 59, tzinfo=UTC),
    subject="",
    query=query_from_json('{"metrics":["revenue"],"by":["channel"]}'),
    today=date(2026, 9, 1),
    model_version=None,
    model_digest=DIGEST,
    definitions={"metric:revenue": DIGEST, "settings": "cd" * 32},
    policy=DIGEST,
    attributes="",
    data_version="file 7",
    sql_digest=DIGEST,
    rows_digest=DIGEST,
    row_count=7,
    surface="page",
)


def saved(store: Store, keys: Keys, receipt: Receipt, *, personal: bool = False) -> Receipt:
    with store.write() as transaction:
        kept_receipt = replace(receipt, subject=subject_of(transaction, ANA.id, ANA.name))
        assert save_receipts(transaction, [(kept_receipt, personal)], keys) == {kept_receipt.id}
        assert not save_receipts(transaction, [(kept_receipt, personal)], keys), "the second time nothing is added"
        record(transaction, Act(kind="question.asked", actor=ANA), keys)
    return kept_receipt


def read(store: Store, keys: Keys, receipt: str = RECEIPT.id) -> Receipt | None:
    with store.read() as connection:
        assert has_receipt(connection, receipt) == (receipt == RECEIPT.id)
        return read_stored_receipt(connection, receipt, keys)


def test_a_receipt_round_trips(store: Store, keys: Keys) -> None:
    receipt = saved(store, keys, RECEIPT)
    assert read(store, keys) == receipt
    assert read(store, keys, receipt_id([2] * 11)) is None


def test_a_question_that_names_a_person_is_erased_with_whoever_asked_it(store: Store, keys: Keys) -> None:
    receipt = saved(store, keys, replace(RECEIPT, query=ZOE), personal=True)
    assert read(store, keys) == receipt
    with store.read() as connection:
        row = connection.execute(text("SELECT query, sealed FROM receipts")).one()
        assert row.query is None
        assert b"zoe" not in bytes(row.sealed)
    with store.write(recorded=False) as transaction:
        assert erase_person(transaction, "ana", keys)
    assert read(store, keys) == replace(receipt, query=None, is_erased=True)


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ("query = '{'", {"query": None}),
        ('query = \'{"metrics":["revenue"],"drop":1}\'', {"query": None}),
        ("query = NULL", {"query": None}),
        ("today = 'yesterday'", {"query": None}),
        ("definitions = '[[[['", {"definitions": {}}),
        ('definitions = \'{"metric:revenue": [1], "settings": "no digest"}\'', {"definitions": {}}),
    ],
)
def test_tampered_fields_are_left_empty(store: Store, keys: Keys, change: str, left: dict[str, object]) -> None:
    receipt = saved(store, keys, RECEIPT)
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(text(f"UPDATE receipts SET {change.replace(':', chr(92) + ':')}"))
    assert read(store, keys) == replace(receipt, **left)  # type: ignore[arg-type]


def test_a_sealed_question_cannot_be_moved_to_another_receipt(store: Store, keys: Keys) -> None:
    saved(store, keys, replace(RECEIPT, id=receipt_id([3] * 11), query=ZOE), personal=True)
    saved(store, keys, replace(RECEIPT, query=ZOE), personal=True)
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(
            text("UPDATE receipts SET sealed = (SELECT sealed FROM receipts WHERE id = :other) WHERE id = :id"),
            {"id": RECEIPT.id, "other": receipt_id([3] * 11)},
        )
    with store.read() as connection:
        moved, other = (read_stored_receipt(connection, receipt_id([number] * 11), keys) for number in (1, 3))
    assert moved is not None
    assert other is not None
    assert (moved.query, moved.is_erased, other.query) == (None, False, ZOE)
