"""Old entries are deleted behind a signed checkpoint that can't be forged, and the rest still verifies."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from semantic.errors import InvalidQuery, StoreFailed
from semantic.policy.actor import Actor
from semantic.store.accounts.settings import write_setting
from semantic.store.audit.checkpoints import CHECKPOINTS
from semantic.store.audit.log import AUDIT, SAMEPAGE, Act, record
from semantic.store.audit.verify import LogProblem, Verified, read_head, verify
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.people import PEOPLE, erase_person
from semantic.store.upkeep.retention import (
    expire,
    expire_by_setting,
    read_retention_days,
    retention_words,
    set_retention_days,
    tend_log,
)
from tests.semantic.store.clock import Clock

ANA, OTTO = Actor(id="ana", name="Ana Ribeiro"), Actor(id="otto", name="Otto Weiss")
FIRST = datetime(2026, 9, 1, 12, tzinfo=UTC)


@pytest.fixture
def log(store: Store, keys: Keys, clock: Clock) -> Store:
    """Ten entries, one a day from 1 September at noon. It's now 1 December."""
    for _ in range(10):
        with store.write() as transaction:
            record(transaction, Act(kind="question.asked", actor=ANA), keys)
        clock.move(days=1)
    clock.at = datetime(2026, 12, 1, tzinfo=UTC)
    return store


def _verify(store: Store, keys: Keys) -> Verified:
    with store.read() as connection:
        return verify(connection, keys)


def _broken(connection: Connection, keys: Keys) -> LogProblem:
    gap = verify(connection, keys).broken
    assert gap is not None
    return gap


def _numbers(store: Store) -> list[int]:
    with store.read() as connection:
        return list(connection.execute(select(AUDIT.c.number).order_by(AUDIT.c.number)).scalars())


def test_old_entries_are_deleted_and_the_rest_verifies(log: Store, keys: Keys) -> None:
    assert expire(log, datetime(2026, 9, 5, tzinfo=UTC), OTTO, keys) == 4
    assert _numbers(log) == [5, 6, 7, 8, 9, 10, 11]
    verified = _verify(log, keys)
    assert (verified.whole, verified.first, verified.broken) == (7, 5, None)
    assert "It starts at number 5; earlier entries were removed on purpose." in verified.words
    with log.read() as connection:
        last = connection.execute(select(AUDIT).order_by(AUDIT.c.number.desc()).limit(1)).one()
        assert (last.kind, last.about, last.said) == ("audit.expired", "audit:4", '{"before":"2026-09-05","removed":4}')
    assert expire(log, datetime(2026, 9, 5, tzinfo=UTC), OTTO, keys) == 0
    assert _numbers(log) == [5, 6, 7, 8, 9, 10, 11]


def test_all_entries_can_be_old(log: Store, keys: Keys) -> None:
    assert expire(log, datetime(2026, 10, 20, tzinfo=UTC), OTTO, keys) == 10
    assert _numbers(log) == [11]
    with log.write() as transaction:
        record(transaction, Act(kind="question.asked", actor=ANA), keys)
    assert (_verify(log, keys).whole, _verify(log, keys).broken) == (2, None)


def test_an_old_entry_after_a_recent_one_stays(log: Store, keys: Keys, clock: Clock) -> None:
    clock.at = FIRST
    with log.write() as transaction:
        record(transaction, Act(kind="question.asked", actor=ANA), keys)
    clock.at = datetime(2026, 12, 1, tzinfo=UTC)
    assert expire(log, datetime(2026, 9, 3, tzinfo=UTC), OTTO, keys) == 2
    assert _numbers(log) == [*range(3, 13)]


def test_the_last_thirty_days_are_never_removed(log: Store, keys: Keys, clock: Clock) -> None:
    with pytest.raises(InvalidQuery, match="last 30 days"):
        expire(log, clock.at - timedelta(days=29), OTTO, keys)
    assert _numbers(log) == [*range(1, 11)]


def test_nothing_is_removed_from_a_broken_log(log: Store, keys: Keys) -> None:
    with log.write(recorded=False) as transaction:
        transaction.connection.execute(update(AUDIT).where(AUDIT.c.number == 3).values(kind="question.saved"))
    with pytest.raises(StoreFailed, match=r"Nothing was removed.*Entry 3 "):
        expire(log, datetime(2026, 9, 5, tzinfo=UTC), OTTO, keys)
    assert _numbers(log) == [*range(1, 11)]


def test_a_checkpoint_cannot_be_forged_changed_removed_or_replayed(log: Store, keys: Keys) -> None:
    expire(log, datetime(2026, 9, 3, tzinfo=UTC), OTTO, keys)  # entries 1 and 2; entry 11 records it
    with log.read() as connection:
        first = connection.execute(select(CHECKPOINTS)).one()._asdict()
        noted = read_head(connection)
    expire(log, datetime(2026, 9, 5, tzinfo=UTC), OTTO, keys)  # entries 3 and 4; number 12
    assert _verify(log, keys).broken is None
    with log.engine.connect() as connection:  # never committed
        changed = connection.begin_nested()
        connection.execute(update(CHECKPOINTS).where(CHECKPOINTS.c.number == 4).values(number=5))
        connection.execute(delete(AUDIT).where(AUDIT.c.number == 5))
        assert _broken(connection, keys).reason == "checkpoint"
        changed.rollback()

        made = connection.begin_nested()
        connection.execute(insert(CHECKPOINTS).values(**first | {"number": 6}))
        connection.execute(delete(AUDIT).where(AUDIT.c.number <= 6))
        assert _broken(connection, keys).reason == "checkpoint"
        made.rollback()

        taken = connection.begin_nested()
        connection.execute(delete(CHECKPOINTS))
        break_ = _broken(connection, keys)
        assert (break_.reason, break_.number) == ("missing", 1)
        assert "no signed record says" in break_.words
        taken.rollback()

        replayed = connection.begin_nested()
        connection.execute(delete(CHECKPOINTS).where(CHECKPOINTS.c.number == 4))
        assert (_broken(connection, keys).reason, _broken(connection, keys).number) == ("missing", 3)
        replayed.rollback()

        cut = connection.begin_nested()
        connection.execute(delete(AUDIT).where(AUDIT.c.number >= 12))
        assert (_broken(connection, keys).reason, _broken(connection, keys).number) == ("cut_off", 12)
        connection.execute(delete(AUDIT))
        assert (_broken(connection, keys).reason, _broken(connection, keys).number) == ("cut_off", 5)
        cut.rollback()

        found_again = verify(connection, keys, noted=[noted])
        assert found_again.broken is None
        assert found_again.too_old == ()


def test_deleted_entries_cannot_be_put_back(log: Store, keys: Keys) -> None:
    with log.read() as connection:
        second = connection.execute(select(AUDIT).where(AUDIT.c.number == 2)).one()._asdict()
    expire(log, datetime(2026, 9, 5, tzinfo=UTC), OTTO, keys)
    with log.write(recorded=False) as transaction:
        transaction.connection.execute(insert(AUDIT).values(**second))
    with log.read() as connection:
        break_ = _broken(connection, keys)
    assert (break_.reason, break_.number) == ("out_of_order", 2)
    assert "put back" in break_.words


def test_a_recorded_head_is_verified_back_to_the_last_deleted_entry(log: Store, keys: Keys) -> None:
    with log.read() as connection:
        macs = connection.execute(select(AUDIT.c.mac).order_by(AUDIT.c.number)).scalars().all()
    expire(log, datetime(2026, 9, 5, tzinfo=UTC), OTTO, keys)
    head = type(_verify(log, keys).head)
    with log.read() as connection:
        assert verify(connection, keys, noted=[head(2, macs[1])]).too_old == (2,)
        assert verify(connection, keys, noted=[head(4, macs[3])]).broken is None
        broken = verify(connection, keys, noted=[head(4, macs[2])]).broken
    assert broken is not None
    assert broken.reason == "cut_off"


def test_erased_people_stay_erased_when_the_entry_about_it_is_deleted(log: Store, keys: Keys) -> None:
    with log.write(recorded=False) as transaction:
        erase_person(transaction, "ana", keys)
    expire(log, datetime(2026, 9, 5, tzinfo=UTC), OTTO, keys)
    assert _verify(log, keys).broken is None
    with log.read() as connection:
        assert connection.execute(select(PEOPLE.c.id).where(PEOPLE.c.erased_at.is_not(None))).scalars().all() == [None]


def test_the_retention_setting_deletes_older_entries(log: Store, keys: Keys, clock: Clock) -> None:
    assert expire_by_setting(log, keys) == 0  # none is set
    with log.write() as transaction:
        set_retention_days(transaction, 85, OTTO, keys)
    assert expire_by_setting(log, keys) == 6  # what is before 7 September, 0:00
    with log.read() as connection:
        assert read_retention_days(connection) == 85
        subject = connection.execute(select(AUDIT.c.subject).order_by(AUDIT.c.number.desc()).limit(1)).scalar()
        assert connection.execute(select(PEOPLE.c.id).where(PEOPLE.c.subject == subject)).scalar() == SAMEPAGE.id
    with log.write() as transaction:
        set_retention_days(transaction, None, OTTO, keys)
    clock.move(days=400)
    assert expire_by_setting(log, keys) == 0


def test_a_clock_that_is_ahead_at_startup_removes_nothing(log: Store, keys: Keys, clock: Clock) -> None:
    """There are ten entries from September, and one from 1 December, when the setting was changed."""
    with log.write() as transaction:
        set_retention_days(transaction, 365, OTTO, keys)
    clock.move(days=3_650)
    tend_log(log, keys)
    clock.move(days=-3_650)
    with log.read() as connection:
        gap = verify(connection, keys)
    assert (gap.whole, gap.first, gap.broken) == (11, 1, None)


@pytest.mark.parametrize("days", [-1, 0, 29, 36_501])
def test_an_invalid_number_of_days_is_refused(store: Store, keys: Keys, days: int) -> None:
    with pytest.raises(InvalidQuery, match=f"{days:,} days"), store.write() as transaction:
        set_retention_days(transaction, days, OTTO, keys)


@pytest.mark.parametrize("value", ["90", True, -5, 1, [90]])
def test_a_damaged_setting_removes_nothing(store: Store, keys: Keys, value: "str | int | list[int]") -> None:
    with store.write(recorded=False) as transaction:
        write_setting(transaction, "audit.retention_days", value, revision=0)  # pyright: ignore[reportArgumentType]
    assert expire_by_setting(store, keys) == 0


def test_the_setting_is_described_in_words() -> None:
    assert retention_words(None) == "Entries are kept forever."
    assert retention_words(90) == "Entries are kept for 90 days."
