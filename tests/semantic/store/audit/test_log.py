"""Writing the audit log: one chain regardless of the writer, encrypted parts bound to their entry, and known limits."""

import logging
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text, update

from semantic.errors import StoreFailed
from semantic.policy.actor import Actor
from semantic.store.audit.log import AUDIT, NOTED_EVERY, Act, canonical, record
from semantic.store.audit.verify import Verified, verify
from semantic.store.database import Store
from semantic.store.keys import Keys, keys_of
from semantic.store.people import PEOPLE
from tests.proof import part
from tests.semantic.store.writers import join, record_acts, start

ANA, JONAS = Actor(id="ana", name="Ana Ribeiro"), Actor(id="jonas", name="Jonas Falk")
PROCESSES, THREADS, EACH = 3, 3, 10


def _record(store: Store, keys: Keys, kind: str, actor: Actor = ANA, about: str = "") -> int:
    with store.write() as transaction:
        return record(transaction, Act(kind=kind, actor=actor, about=about), keys)


def _verify(store: Store, keys: Keys) -> Verified:
    with store.read() as connection:
        return verify(connection, keys)


def test_entries_are_numbered_from_one_without_a_gap(store: Store, keys: Keys) -> None:
    assert [_record(store, keys, "question.asked") for _ in range(3)] == [1, 2, 3]
    with store.write() as transaction:
        assert [record(transaction, Act(kind="question.asked", actor=actor), keys) for actor in (JONAS, ANA)] == [4, 5]
    assert (_verify(store, keys).whole, _verify(store, keys).broken) == (5, None)


def test_a_rolled_back_act_leaves_no_gap_and_no_head(
    store: Store, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "samepage.audit")
    with store.write() as transaction:
        for _ in range(NOTED_EVERY - 1):
            record(transaction, Act(kind="question.asked", actor=ANA), keys)
    with suppress(ZeroDivisionError), store.write() as transaction:
        record(transaction, Act(kind="question.asked", actor=ANA), keys)
        raise ZeroDivisionError
    assert caplog.messages == []
    assert _record(store, keys, "question.saved") == NOTED_EVERY
    with store.read() as connection:
        mac = connection.execute(select(AUDIT.c.mac).where(AUDIT.c.number == NOTED_EVERY)).scalar_one()
    assert caplog.messages == [f"Head of the audit log: {NOTED_EVERY}:{mac}"]


@pytest.mark.server
def test_threads_of_several_processes_write_one_chain(store: Store, keys: Keys, address: str) -> None:
    """Several writers at the same time record each person for the first time, rename them and record their acts."""
    each = part(EACH, one_in=2)
    join([start(record_acts, address, f"process {number}", THREADS, each) for number in range(PROCESSES)])
    verified = _verify(store, keys)
    assert (verified.whole, verified.broken) == (PROCESSES * THREADS * each * 2, None)
    with store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM people")).scalar() == 5


def test_the_person_behind_an_act_is_stored_as_a_number(store: Store, keys: Keys) -> None:
    _record(store, keys, "person.signed_in", Actor(id="otto", name="Otto Weiss"))
    _record(store, keys, "question.asked", Actor(id="ana", name="Ana Ribeiro", viewed_by="otto"))
    _record(store, keys, "question.asked", Actor(id="agent 1", kind="agent", for_person="otto"))
    with store.read() as connection:
        otto = connection.execute(select(PEOPLE.c.subject).where(PEOPLE.c.id == "otto")).scalar_one()
        assert connection.execute(select(AUDIT.c.behind).order_by(AUDIT.c.number)).scalars().all() == ["", otto, otto]


def test_the_log_has_no_unencrypted_personal_data(store: Store, keys: Keys) -> None:
    with store.write() as transaction:
        act = Act(kind="question.asked", actor=ANA, details={"metrics": ["revenue"]}, personal={"customer": "Moreau"})
        record(transaction, act, keys)
    with store.read() as connection:
        row = connection.execute(select(AUDIT)).one()
    open_text = repr([value for name, value in row._asdict().items() if name != "sealed"])
    assert "revenue" in open_text
    assert not any(word.encode() in row.sealed or word in open_text for word in ("Ana", "ana", "Moreau"))


def test_a_person_whose_key_was_changed_is_not_recorded_without_it(store: Store, keys: Keys) -> None:
    _record(store, keys, "question.asked")
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(update(PEOPLE).values(sealed_key=b"x" * 60))
    with pytest.raises(StoreFailed, match="SAMEPAGE_AUDIT_KEY"):
        _record(store, keys, "question.asked")
    with store.read() as connection:
        assert connection.execute(select(AUDIT.c.number)).scalars().all() == [1]


def test_a_different_secret_cannot_record(store: Store, keys: Keys) -> None:
    _record(store, keys, "question.asked")
    with pytest.raises(StoreFailed, match="SAMEPAGE_AUDIT_KEY"):
        _record(store, keys_of("another secret, of the same length or so"), "question.asked")


def test_an_unsigned_mark_of_erasure_does_not_allow_nameless_entries(store: Store, keys: Keys) -> None:
    _record(store, keys, "question.asked")
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(update(PEOPLE).values(erased_at=datetime(2026, 1, 1, tzinfo=UTC)))
    _record(store, keys, "question.asked")
    assert _verify(store, keys).erased == 0


def test_texts_too_long_for_a_column_are_an_internal_error(store: Store, keys: Keys) -> None:
    with pytest.raises(ValueError, match="about"):
        _record(store, keys, "question.asked", about="x" * 201)


def test_equal_mappings_have_equal_bytes() -> None:
    assert canonical({"b": 1, "a": "ü"}) == b'{"a":"\\u00fc","b":1}'
    assert canonical({"half a letter": "\ud800"}) == b'{"half a letter":"\\ud800"}'
