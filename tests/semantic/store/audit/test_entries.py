"""Reading the audit log: filters, whose entry each one is, and that a damaged row doesn't stop anyone from reading."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, event, insert, select, text, update

from semantic.policy.actor import Actor
from semantic.store.audit.entries import (
    Entry,
    EntryFilter,
    count_entries,
    each_entry,
    find_subject,
    is_chained,
    read_entries,
    read_entry,
    read_kinds,
)
from semantic.store.audit.log import AUDIT, Act, Plain, record
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, erase_person
from semantic.store.upkeep.retention import expire
from tests.copies import empty_store
from tests.semantic.store.clock import Clock

ANA = Actor(id="ana", name="Ana Ribeiro, marketing operations")
JONAS, OTTO = Actor(id="jonas", name="Jonas Falk"), Actor(id="otto", name="Otto Weiss")
MANY = 20_000


def _record(store: Store, keys: Keys, kind: str, actor: Actor = ANA, about: str = "", **personal: Plain) -> None:
    with store.write() as transaction:
        record(transaction, Act(kind=kind, actor=actor, about=about, details={"rows": 3}, personal=personal), keys)


def _read(store: Store, keys: Keys, chosen: EntryFilter | None = None) -> tuple[Entry, ...]:
    with store.read() as connection:
        return read_entries(connection, keys, chosen or EntryFilter())


def _numbers(store: Store, keys: Keys, chosen: EntryFilter) -> list[int]:
    with store.read() as connection:
        numbers = [entry.number for entry in read_entries(connection, keys, chosen)]
        assert count_entries(connection, chosen) == len(numbers)
        assert [entry.number for entry in each_entry(connection, keys, chosen)] == numbers[::-1]
    return numbers


def test_an_entry_has_its_person_and_its_details(store: Store, keys: Keys, clock: Clock) -> None:
    _record(store, keys, "question.saved", about="question:7f", name="Spend by channel")
    (entry,) = _read(store, keys)
    assert (entry.number, entry.at, entry.kind, entry.about) == (1, clock.at, "question.saved", "question:7f")
    assert (entry.person.id, entry.person.words, entry.person.state) == ("ana", "Ana Ribeiro", "known")
    assert (entry.details, entry.personal, entry.seal) == ({"rows": 3}, {"name": "Spend by channel"}, "open")
    assert (entry.behind, entry.relation) == (None, "")


def test_an_entry_has_the_name_at_that_time(store: Store, keys: Keys) -> None:
    _record(store, keys, "question.saved")
    _record(store, keys, "question.saved", replace(ANA, name="Ana Costa"))
    assert [entry.person.words for entry in _read(store, keys)] == ["Ana Costa", "Ana Ribeiro"]


def test_entries_name_the_person_behind_a_viewing(store: Store, keys: Keys) -> None:
    _record(store, keys, "person.signed_in", OTTO)
    _record(store, keys, "question.asked", replace(ANA, viewed_by="otto"))
    _record(store, keys, "question.asked", Actor(id="agent 1", kind="agent", for_person="otto"))
    agent, viewed, _ = _read(store, keys)
    assert viewed.behind is not None
    assert (viewed.person.words, viewed.behind.words, viewed.relation) == ("Ana Ribeiro", "Otto Weiss", "viewed_by")
    assert agent.behind is not None
    assert (agent.person.words, agent.behind.id, agent.relation) == ("agent 1", "otto", "for_person")


def test_a_person_affected_by_an_act_is_stored_by_number(store: Store, keys: Keys) -> None:
    _record(store, keys, "person.signed_in", OTTO)
    with store.read() as connection:
        otto = find_subject(connection, "otto")
    _record(store, keys, "view_as.began", about=f"person:{otto}")
    about = _read(store, keys)[0].about_person
    assert about is not None
    assert (about.id, about.words) == ("otto", "Otto Weiss")
    with store.write(recorded=False) as transaction:
        erase_person(transaction, "otto", keys)
    about = _read(store, keys)[0].about_person
    assert about is not None
    assert about.words == "An erased person"


def test_entries_can_be_filtered_by_person_kind_subject_and_time(store: Store, keys: Keys, clock: Clock) -> None:
    for kind, actor, about in (
        ("question.saved", ANA, "question:7f"),
        ("question.saved", JONAS, "question:7f0"),
        ("question.asked", replace(JONAS, viewed_by="ana"), "receipt:A"),
        ("store.restored", OTTO, "store"),
    ):
        _record(store, keys, kind, actor, about)
        clock.move(days=1)
    with store.read() as connection:
        ana = find_subject(connection, "ana")
        assert ana is not None
        assert find_subject(connection, "nobody") is None
        assert read_kinds(connection) == ["question.asked", "question.saved", "store.restored"]
    noon = datetime(2026, 9, 1, 12, tzinfo=UTC)
    for chosen, numbers in (
        (EntryFilter(), [4, 3, 2, 1]),
        (EntryFilter(person=ana), [3, 1]),
        (EntryFilter(kind="question.saved"), [2, 1]),
        (EntryFilter(about="question:7f"), [1]),
        (EntryFilter(about="question"), [2, 1]),
        (EntryFilter(about="store"), [4]),
        (EntryFilter(about="quest"), []),
        (EntryFilter(about="%"), []),
        (EntryFilter(since=noon + timedelta(days=1)), [4, 3, 2]),
        (EntryFilter(until=noon + timedelta(days=1)), [1]),
        (EntryFilter(since=noon + timedelta(days=1), until=noon + timedelta(days=3), person=ana), [3]),
    ):
        assert _numbers(store, keys, chosen) == numbers, chosen


def test_pages_continue_from_each_other(store: Store, keys: Keys) -> None:
    for _ in range(5):
        _record(store, keys, "question.asked")
    with store.read() as connection:
        first = read_entries(connection, keys, limit=2)
        second = read_entries(connection, keys, limit=2, before=first[-1].number)
        assert [entry.number for entry in (*first, *second)] == [5, 4, 3, 2]


def test_an_erased_person_has_no_name(store: Store, keys: Keys) -> None:
    _record(store, keys, "question.saved", about="question:7f", name="Spend by channel")
    _record(store, keys, "question.asked", replace(JONAS, viewed_by="ana"))
    with store.write(recorded=False) as transaction:
        subject = erase_person(transaction, "ana", keys)
    viewed, saved = _read(store, keys)
    assert (saved.person.state, saved.person.id, saved.person.words) == ("erased", "", "An erased person")
    assert (saved.seal, saved.personal, saved.details, saved.about) == ("erased", {}, {"rows": 3}, "question:7f")
    assert viewed.behind is not None
    assert (viewed.behind.words, viewed.person.words) == ("An erased person", "Jonas Falk")
    with store.read() as connection:
        everything = repr(connection.execute(select(PEOPLE)).all()) + repr(connection.execute(select(AUDIT)).all())
        assert "Ana" not in everything
        assert "'ana'" not in everything
    _record(store, keys, "person.signed_in")
    newest = _read(store, keys)[0]
    assert newest.person.words == "Ana Ribeiro"
    assert newest.person.subject != subject


def test_an_entry_moved_to_another_person_names_neither(store: Store, keys: Keys) -> None:
    for actor in (ANA, JONAS):
        _record(store, keys, "question.saved", actor)
    with store.write(recorded=False) as transaction:
        jonas = find_subject(transaction.connection, "jonas")
        transaction.connection.execute(update(AUDIT).where(AUDIT.c.number == 1).values(subject=jonas))
    first = _read(store, keys)[1]
    assert (first.person.words, first.seal) == ("Someone who can't be read", "damaged")


def test_an_id_moved_to_another_number_names_no_one(store: Store, keys: Keys) -> None:
    _record(store, keys, "question.saved", ANA)
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(update(PEOPLE).values(id="jonas", name="Jonas Falk"))
    (entry,) = _read(store, keys)
    assert (entry.person.id, entry.person.name, entry.seal) == ("", "", "damaged")


def test_a_single_entry_can_be_verified(store: Store, keys: Keys, clock: Clock) -> None:
    for _ in range(4):
        _record(store, keys, "question.asked")
    with store.read() as connection:
        assert [is_chained(connection, keys, number) for number in range(6)] == [False, True, True, True, True, False]
        assert read_entry(connection, keys, 5) is None
        assert read_entry(connection, keys, 2**70) is None
    clock.move(days=60)
    expire(store, clock.at - timedelta(days=40), OTTO, keys)
    _record(store, keys, "question.asked")
    with store.write(recorded=False) as transaction:
        connection = transaction.connection
        assert [is_chained(connection, keys, number) for number in (4, 5, 6)] == [False, True, True]
        connection.execute(update(AUDIT).where(AUDIT.c.number == 6).values(kind="question.saved"))
        assert [is_chained(connection, keys, number) for number in (5, 6)] == [True, False]


@pytest.mark.parametrize(
    ("column", "value"),
    [("at", "'yesterday'"), ("sealed", "'text'"), ("said", "'no json'"), ("said", "'[1]'"), ("subject", "''")],
)
def test_a_damaged_row_is_shown_as_damaged(tmp_path: Path, keys: Keys, column: str, value: str) -> None:
    store = empty_store(str(tmp_path / "store.sqlite"))
    for _ in range(2):
        _record(store, keys, "question.asked")
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(text(f"UPDATE audit SET {column} = {value} WHERE number = 2"))
    second, first = _read(store, keys)
    with store.read() as connection:
        assert not is_chained(connection, keys, 2)
    store.close()
    assert (second.number, second.seal, second.kind, first.seal) == (2, "damaged", "question.asked", "open")


def _fill(store: Store, count: int) -> None:
    """Add copies of the entries of a few people, so many that the database has to choose between plans."""
    with store.write(recorded=False) as transaction:
        connection = transaction.connection
        rows = [row._asdict() for row in connection.execute(select(AUDIT).order_by(AUDIT.c.number))]
        connection.execute(delete(AUDIT))
        connection.execute(
            insert(AUDIT), [rows[number % len(rows)] | {"number": number} for number in range(1, count + 1)]
        )
        if store.kind == "postgresql":
            connection.execute(text("ANALYZE audit"))


def test_a_page_of_many_entries_is_found_by_its_index(store: Store, keys: Keys) -> None:
    for place in range(100):
        actor = (ANA, JONAS, OTTO)[place % 3] if place else Actor(id="claire", name="Claire Moreau")
        _record(store, keys, "question.asked" if place else "person.erased", actor, f"question:{place}")
    _fill(store, MANY)
    with store.read() as connection:
        claire, jonas = find_subject(connection, "claire"), find_subject(connection, "jonas")
        assert claire is not None
        assert jonas is not None
        for chosen in (
            EntryFilter(),
            EntryFilter(person=claire),
            EntryFilter(person=jonas),
            EntryFilter(kind="person.erased"),
            EntryFilter(about="question:0"),
            EntryFilter(person=claire, kind="person.erased", since=datetime(2026, 1, 1, tzinfo=UTC)),
        ):
            with _sent(connection) as sent:
                assert len(read_entries(connection, keys, chosen, before=MANY // 2)) == 50, chosen
            [(page, values)] = [(sql, values) for sql, values in sent if "FROM audit" in sql]
            steps = _steps(connection, page, values)
            assert not _reads_all(steps), (chosen, steps)
            assert count_entries(connection, chosen) >= MANY // 100
        unindexed = "SELECT mac FROM audit WHERE mac > '' ORDER BY mac LIMIT 50"
        assert _reads_all(_steps(connection, unindexed, ()))


@contextmanager
def _sent(connection: Connection) -> Iterator[list[tuple[str, Any]]]:
    """Collect each statement sent to the database in this block, with its values."""
    sent: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, values: Any, ___: object, ____: object) -> None:
        sent.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    yield sent
    event.remove(connection, "before_cursor_execute", note)


def _steps(connection: Connection, statement: str, values: Any) -> list[str]:
    """Return the steps of the database's query plan for a statement."""
    explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    return [str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", values)]


def _reads_all(steps: list[str]) -> bool:
    """Return whether the plan reads every entry of the log."""
    return any(step.startswith("SCAN audit") or "Seq Scan on audit" in step for step in steps)
