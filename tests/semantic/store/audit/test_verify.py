"""Tampering with the log by someone who can write to the store but has no key, and what `verify` reports."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, insert, select, text, update

from semantic.errors import InvalidQuery
from semantic.policy.actor import Actor
from semantic.store.audit.log import AUDIT, Act, mac_of, parse_sealed, record, sealed_entries
from semantic.store.audit.verify import Head, Reason, Verified, note_head, parse_head, read_head, verify
from semantic.store.database import Store, Transaction
from semantic.store.keys import Keys, keys_of
from semantic.store.people import PEOPLE, erase_person
from tests.copies import empty_store
from tests.semantic.store import stores

ANA, JONAS = Actor(id="ana", name="Ana Ribeiro"), Actor(id="jonas", name="Jonas Falk")
OTTO, CLAIRE = Actor(id="otto", name="Otto Weiss"), Actor(id="claire", name="Claire Moreau")
WRITERS = (ANA, JONAS, ANA, replace(ANA, viewed_by="otto"), JONAS, CLAIRE, ANA, JONAS, ANA, OTTO)
"""The people of entries 1 to 10. The fourth is by Otto viewing as Ana."""

OTHER_KEYS = keys_of("the key of somebody else, long enough too")

Attack = Callable[[Connection], object]


@pytest.fixture(scope="module", params=stores.kinds())
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A log of ten entries, one a minute from noon on. Tests undo their changes to it."""
    with stores.address(request.param, tmp_path_factory.mktemp("store")) as address:
        minutes = iter(range(60))
        store = empty_store(address, clock=lambda: datetime(2026, 9, 1, 12, next(minutes), tzinfo=UTC))
        minutes = iter(range(60))
        for number, actor in enumerate(WRITERS, start=1):
            with store.write() as transaction:
                record(transaction, _act(number, actor), _keys())
        yield store
        store.close()


@pytest.fixture
def log(written: Store) -> Iterator[Connection]:
    with written.engine.connect() as connection:
        yield connection  # never committed


def _act(number: int, actor: Actor) -> Act:
    return Act(kind="question.asked", actor=actor, about=f"question:{number}", details={"number": number})


def _keys() -> Keys:
    return keys_of(stores.SECRET)


def _set(number: int, **values: object) -> Attack:
    return lambda connection: connection.execute(update(AUDIT).where(AUDIT.c.number == number).values(**values))


def _delete(*numbers: int) -> Attack:
    return lambda connection: connection.execute(delete(AUDIT).where(AUDIT.c.number.in_(numbers)))


def _swap(one: int, other: int, *, columns: tuple[str, ...]) -> Attack:
    def swap(connection: Connection) -> None:
        wanted = [AUDIT.c[name] for name in columns]
        first, second = (
            connection.execute(select(*wanted).where(AUDIT.c.number == number)).one() for number in (one, other)
        )
        _set(one, **second._asdict())(connection)
        _set(other, **first._asdict())(connection)

    return swap


def _delete_and_close_the_gap(connection: Connection) -> None:
    _delete(5)(connection)
    _renumber(connection, range(6, 11), -1)


def _insert_and_make_room(connection: Connection) -> None:
    _renumber(connection, range(10, 4, -1), +1)
    _insert(5, OTHER_KEYS)(connection)


def _renumber(connection: Connection, numbers: Iterable[int], by: int) -> None:
    for number in numbers:
        connection.execute(update(AUDIT).where(AUDIT.c.number == number).values(number=number + by))


def _insert(number: int, keys: Keys) -> Attack:
    """Insert a forged entry: a copy of the last one, with its own number and another key's MAC."""

    def forge(connection: Connection) -> None:
        last = connection.execute(sealed_entries().order_by(AUDIT.c.number.desc()).limit(1)).one()
        parsed = parse_sealed(last)
        assert parsed is not None
        entry = replace(parsed[0], number=number)
        row = {name: getattr(entry, name) for name in entry.__slots__}
        connection.execute(insert(AUDIT).values(**row, mac=mac_of(entry, parsed[1], keys)))

    return forge


def _sign_anew_with_another_key(connection: Connection) -> None:
    before = ""
    for row in connection.execute(sealed_entries().order_by(AUDIT.c.number)).all():
        parsed = parse_sealed(row)
        assert parsed is not None
        before = mac_of(parsed[0], before, OTHER_KEYS)
        _set(row.number, mac=before)(connection)


def _person(person: str, **values: object) -> Attack:
    return lambda connection: connection.execute(update(PEOPLE).where(PEOPLE.c.id == person).values(**values))


def _swap_ids(connection: Connection) -> None:
    for before, after in (("ana", "nobody"), ("jonas", "ana"), ("nobody", "jonas")):
        _person(before, id=after, name=after.title())(connection)


def _swap_keys(connection: Connection) -> None:
    ana, jonas = (
        connection.execute(select(PEOPLE.c.sealed_key).where(PEOPLE.c.id == name)).scalar() for name in ("ana", "jonas")
    )
    _person("ana", sealed_key=jonas)(connection)
    _person("jonas", sealed_key=ana)(connection)


def _say_erased(connection: Connection) -> None:
    _person("ana", id=None, name="", sealed_key=None, erased_at=datetime(2026, 9, 2, tzinfo=UTC))(connection)


CONTENT = ("at", "kind", "about", "subject", "behind", "said", "sealed", "mac")
ATTACKS: dict[str, tuple[Attack, Reason, int]] = {
    "what was done": (_set(4, kind="question.archived"), "changed", 4),
    "when": (_set(4, at=datetime(2026, 9, 1, 11, tzinfo=UTC)), "changed", 4),
    "to what": (_set(4, about="question:9"), "changed", 4),
    "what was said": (_set(4, said='{"number":5}'), "changed", 4),
    "who": (_swap(4, 5, columns=("subject",)), "changed", 4),
    "who stood behind": (_set(4, behind=""), "changed", 4),
    "a sealed part copied from another entry": (_swap(1, 3, columns=("sealed",)), "changed", 1),
    "a sealed part taken out": (_set(10, sealed=b""), "changed", 10),
    "the mac": (_set(4, mac="0" * 64), "changed", 4),
    "letters that no mac has": (_set(4, mac="é" * 64), "changed", 4),
    "text moved from one column to the next": (_set(4, about="", subject="question:4"), "changed", 4),
    "one taken out": (_delete(5), "missing", 5),
    "several taken out": (_delete(5, 6, 7), "missing", 5),
    "the first taken out": (_delete(1, 2), "missing", 1),
    "one taken out and the gap closed": (_delete_and_close_the_gap, "missing", 5),
    "one added where room was made": (_insert_and_make_room, "changed", 5),
    "neighbours swapped": (_swap(4, 5, columns=CONTENT), "out_of_order", 4),
    "two swapped": (_swap(4, 8, columns=CONTENT), "out_of_order", 4),
    "one added at the end": (_insert(11, OTHER_KEYS), "changed", 11),
    "one added far behind": (_insert(2**62, OTHER_KEYS), "missing", 11),
    "one added before the first": (_insert(-4, OTHER_KEYS), "out_of_order", -4),
    "all signed anew with another key": (_sign_anew_with_another_key, "other_key", 1),
    "two people's ids swapped": (_swap_ids, "person", 1),
    "a person's id changed": (_person("claire", id="eve", name="Eve"), "person", 6),
    "two people's keys swapped": (_swap_keys, "person", 1),
    "a person's key taken away": (_person("claire", sealed_key=None), "person", 6),
    "a person said to be erased": (_say_erased, "person", 1),
    "who looked as another changed": (_person("otto", id="eve", name="Eve"), "person", 4),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_tampering_is_reported_with_its_place(log: Connection, attack: str) -> None:
    do, reason, number = ATTACKS[attack]
    do(log)
    verified = verify(log, _keys())
    assert verified.broken is not None, verified.words
    assert (verified.broken.reason, verified.broken.number) == (reason, number)
    assert verified.whole == max(number, 1) - 1
    assert str(number) in verified.words


def test_an_untouched_log_is_intact(log: Connection) -> None:
    verified = verify(log, _keys())
    assert (verified.whole, verified.first, verified.broken, verified.head) == (10, 1, None, read_head(log))
    assert verified.words == "The audit log is intact: 10 entries, none changed, missing or moved."
    assert verified.head.number == 10


def test_the_fault_is_described_with_its_time(log: Connection) -> None:
    _set(4, kind="question.archived")(log)
    assert verify(log, _keys()).words == (
        "The audit log is broken. Entry 4 (1 Sep 2026 12:03 UTC) was changed after it was written, or was never "
        "written by Samepage. Before that, 3 entries can be relied on."
    )


def test_a_log_under_another_key_says_so(log: Connection) -> None:
    verified = verify(log, OTHER_KEYS)
    assert verified.broken is not None
    assert (verified.broken.reason, verified.broken.number) == ("other_key", 1)


def test_a_cut_off_end_is_detected_with_an_earlier_head(log: Connection) -> None:
    noted = read_head(log)
    _delete(9, 10)(log)
    assert verify(log, _keys()).broken is None  # nothing in the store can reveal it
    verified = verify(log, _keys(), noted=[noted])
    assert verified.broken is not None
    assert (verified.broken.reason, verified.broken.number, verified.whole) == ("cut_off", 9, 8)
    assert verified.words.startswith("The audit log is broken. Entries 9 to 10 are missing at the end")


def test_an_emptied_log_is_detected_with_an_earlier_head(log: Connection) -> None:
    noted = read_head(log)
    log.execute(delete(AUDIT))
    assert verify(log, _keys()).words == "The audit log has no entries yet."
    verified = verify(log, _keys(), noted=[noted])
    assert verified.broken is not None
    assert (verified.broken.reason, verified.broken.number) == ("cut_off", 1)


def test_a_log_that_was_rolled_back_and_continued_is_detected_with_an_earlier_head(
    written: Store, log: Connection
) -> None:
    noted = read_head(log)
    _delete(9, 10)(log)
    transaction = _transaction(log)
    for _ in range(5):
        record(transaction, _act(0, ANA), _keys())
    assert verify(log, _keys()).broken is None
    verified = verify(log, _keys(), noted=[noted])
    assert verified.broken is not None
    assert (verified.broken.reason, verified.broken.number, verified.whole) == ("cut_off", 10, 9)


def test_a_matching_head_reports_nothing(log: Connection) -> None:
    noted = read_head(log)
    record(_transaction(log), _act(0, ANA), _keys())
    assert verify(log, _keys(), noted=[noted]).words == (
        "The audit log is intact: 11 entries, none changed, missing or moved."
    )


def test_erasing_a_person_keeps_the_chain(log: Connection) -> None:
    assert erase_person(_transaction(log), "ana", _keys()) is not None
    verified = verify(log, _keys())
    assert (verified.whole, verified.erased, verified.broken) == (10, 5, None)
    assert "5 entries of erased people" in verified.words
    assert erase_person(_transaction(log), "otto", _keys()) is not None
    assert verify(log, _keys()).broken is None


def test_the_mark_of_one_erasure_does_not_erase_another_person(log: Connection) -> None:
    subject = erase_person(_transaction(log), "claire", _keys())
    sign = log.execute(select(PEOPLE.c.sealed_key).where(PEOPLE.c.subject == subject)).scalar_one()
    _person("ana", id=None, name="", sealed_key=sign, erased_at=datetime(2026, 9, 2, tzinfo=UTC))(log)
    broken = verify(log, _keys()).broken
    assert broken is not None
    assert (broken.reason, broken.number) == ("person", 1)


def test_a_sealed_part_cannot_be_read_in_another_place(log: Connection) -> None:
    """Even without the MAC, the encrypted part is bound to its entry."""
    _swap(1, 3, columns=("sealed",))(log)
    before = ""
    for row in log.execute(sealed_entries().order_by(AUDIT.c.number)).all():
        parsed = parse_sealed(row)
        assert parsed is not None
        before = mac_of(parsed[0], before, _keys())
        _set(row.number, mac=before)(log)
    broken = verify(log, _keys()).broken
    assert broken is not None
    assert (broken.reason, broken.number) == ("person", 1)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "'yesterday'"),
        ("at", "5"),
        ("number", "'ten'"),
        ("number", "1.5"),
        ("sealed", "'text'"),
        ("said", "x'ff'"),
    ],
)
def test_values_of_another_type_in_sqlite_count_as_tampering(tmp_path: Path, column: str, value: str) -> None:
    """SQLite's columns take values of every type."""
    store = empty_store(str(tmp_path / "store.sqlite"))
    for number in (1, 2, 3):
        with store.write() as transaction:
            record(transaction, _act(number, ANA), _keys())
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(text(f"UPDATE audit SET {column} = {value} WHERE number = 3"))
    with store.read() as connection:
        broken = verify(connection, _keys()).broken
    store.close()
    assert broken is not None
    assert broken.number in (2, 3)


def test_a_head_is_read_in_the_format_of_the_servers_log(written: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "samepage.audit")
    note_head(written, _keys())
    (line,) = caplog.messages
    with written.read() as connection:
        assert parse_head(line.removeprefix("Head of the audit log: ")) == read_head(connection)
    for wrong in ("", "41", "41:abc", f"x:{'0' * 64}", f"{'9' * 40}:{'0' * 64}"):
        with pytest.raises(InvalidQuery, match="head"):
            parse_head(wrong)


def test_a_server_with_another_key_warns_and_records_no_head(written: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "samepage.audit")
    note_head(written, OTHER_KEYS)
    (line,) = caplog.records
    assert line.levelname == "WARNING"
    assert "number 10" in line.message


def test_a_head_older_than_the_retention_proves_nothing() -> None:
    verified = Verified(whole=3, first=8, head=Head(10, "a"), too_old=(4,))
    assert verified.words.endswith("The head 4 is older than the remaining entries, so it proves nothing.")


def _transaction(connection: Connection) -> Transaction:
    return Transaction(connection, datetime(2026, 9, 3, tzinfo=UTC))
