"""A store is brought up to date and back without losing what both steps hold, on each database."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from semantic.errors import StoreFailed
from semantic.store.database import Store, connect_store
from semantic.store.migrate import downgrade, head, step, upgrade
from semantic.store.tables import metadata


def test_the_steps_make_the_tables_that_the_code_reads(store: Store) -> None:
    with store.read() as connection:
        assert step(connection) == head()
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []


def test_every_step_can_be_taken_back_and_again(store: Store) -> None:
    assert downgrade(store, "base") is None
    with store.read() as connection:
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
    assert upgrade(store) == (None, head())
    with store.read() as connection:
        assert set(inspect(connection).get_table_names()) == {"alembic_version", *metadata.tables}


def test_a_step_back_keeps_what_the_earlier_steps_hold(store: Store) -> None:
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(
            text("INSERT INTO settings VALUES ('', 'zone', '\"UTC\"', '2026-09-01 12:00:00', 1)")
        )
    assert downgrade(store, "0002") == "0002"
    upgrade(store)
    with store.read() as connection:
        assert connection.execute(text("SELECT value FROM settings WHERE name = 'zone'")).scalar() == '"UTC"'


def test_an_up_to_date_store_is_left_alone(store: Store) -> None:
    assert upgrade(store) == (head(), head())


def test_a_store_of_a_newer_program_is_refused(store: Store, address: str) -> None:
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    other = Store(connect_store(address))
    with pytest.raises(StoreFailed, match="newer Samepage"):
        upgrade(other)
    other.close()


def test_a_step_that_does_not_exist_is_named(store: Store) -> None:
    with pytest.raises(StoreFailed, match="'0999'"):
        downgrade(store, "0999")
