"""Upgrading and downgrading a store loses nothing that both versions can store, on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

import semantic.store.migrate
from semantic.errors import StoreFailed
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.query.upgrades import salvage
from semantic.store.boards.boards import list_boards
from semantic.store.boards.favourites import read_favourite_boards
from semantic.store.database import Store, connect_store
from semantic.store.keys import Keys
from semantic.store.migrate import downgrade, head, step, upgrade
from semantic.store.models.drafts import drafts_of, rename_draft, save_draft
from semantic.store.questions.favourites import read_favourites, set_favourite
from semantic.store.questions.links import Sharing, make_link, read_chart, read_link, read_link_note
from semantic.store.questions.questions import file_question, list_questions, read_version, save_question
from semantic.store.questions.versions import Content
from semantic.store.tables import metadata
from tests.copies import empty_store
from tests.semantic.store import stores
from tests.semantic.store.clock import Clock


@pytest.fixture
def store(address: str, clock: Clock) -> Iterator[Store]:
    """A store that the migrations have created. Other test files begin with a copy."""
    opened = Store(connect_store(address), clock=clock)
    upgrade(opened)
    yield opened
    opened.close()


def test_a_copy_has_the_same_tables_as_a_migrated_store(store: Store, tmp_path: Path) -> None:
    with (
        stores.address(store.kind, tmp_path / "copies") as first,
        stores.address(store.kind, tmp_path / "more") as second,
    ):
        for address in (first, second):
            copy = empty_store(address)
            with store.read() as migrated, copy.read() as copied:
                assert step(copied) == head()
                assert _schema(copied) == _schema(migrated)
            copy.close()


def _schema(connection: Connection) -> list[object]:
    """Return every table with its columns, keys, constraints and indexes, as the database reports them."""
    found = inspect(connection)
    return [
        (table, repr(found.get_columns(table)), found.get_pk_constraint(table), found.get_foreign_keys(table),
         found.get_unique_constraints(table), found.get_check_constraints(table), found.get_indexes(table))
        for table in sorted(found.get_table_names())
    ]  # fmt: skip


def test_the_steps_make_the_tables_that_the_code_reads(store: Store) -> None:
    with store.read() as connection:
        assert step(connection) == head()
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []


def test_every_step_can_be_undone_and_redone(store: Store) -> None:
    assert downgrade(store, "base") is None
    with store.read() as connection:
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
    assert upgrade(store) == (None, head())
    with store.read() as connection:
        assert set(inspect(connection).get_table_names()) == {"alembic_version", *metadata.tables}


def test_a_downgrade_keeps_the_data_of_the_earlier_steps(store: Store) -> None:
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(
            text("INSERT INTO settings VALUES ('', 'zone', '\"UTC\"', '2026-09-01 12:00:00', 1)")
        )
    assert downgrade(store, "0002") == "0002"
    upgrade(store)
    with store.read() as connection:
        assert connection.execute(text("SELECT value FROM settings WHERE name = 'zone'")).scalar() == '"UTC"'


def test_older_questions_and_links_without_folders_and_notes_still_open(store: Store, keys: Keys) -> None:
    """The rows are as release 0014 wrote them: one saved question, and one link to a question."""
    downgrade(store, "0014")
    question = '{"v": 1, "metrics": ["revenue"]}'
    rows = (
        "INSERT INTO people (subject, id, name, first_seen_at, last_seen_at, revision)"
        " VALUES ('s1', 'jonas', 'Jonas Falk', :at, :at, 1)",
        "INSERT INTO questions (id, name, sentence, owner, space, state, current, asked, metrics, created_at,"
        " changed_at, revision) VALUES ('q1', 'Revenue', '', 's1', '', 'active', 1, 'd', '[\"revenue\"]', :at, :at, 1)",
        "INSERT INTO question_versions (question, number, query, sealed, display, author, note, saved_at)"
        " VALUES ('q1', 1, :question, :none, '{}', 's1', '', :at)",
        "INSERT INTO question_links (id, query, sealed, author, asked, made_at)"
        " VALUES ('AAAAAAAAAAAAAAAAAAAAAA', :question, :none, 's1', 'd', :at)",
    )
    values = {"at": "2026-09-01 12:00:00", "question": question, "none": b""}
    with store.write(recorded=False) as transaction:
        for row in rows:
            wanted = {name: value for name, value in values.items() if f":{name}" in row}
            transaction.connection.execute(text(row), wanted)
    assert upgrade(store) == ("0014", head())
    jonas, lena = (Actor(id=name, name=name, roles=frozenset({"marketer"})) for name in ("jonas", "lena"))
    with store.read() as connection:
        (saved,) = list_questions(connection, jonas)
        assert (saved.name, saved.folder, saved.metrics) == ("Revenue", "", ("revenue",))
        assert read_version(connection, "q1", jonas, keys).text == question
        assert read_link(connection, "A" * 22, keys) == question
        assert read_chart(connection, "A" * 22) == ""
        assert read_link_note(connection, "A" * 22, lena, keys, access="") is None
        assert read_favourites(connection, jonas) == frozenset()


def test_a_downgrade_keeps_questions_and_links_without_folders_and_notes(store: Store, keys: Keys) -> None:
    jonas = Actor(id="jonas", name="Jonas Falk", roles=frozenset({"marketer"}))
    query = Query(metrics=("revenue",))
    with store.write() as transaction:
        saved = save_question(transaction, Content(query=query), jonas, keys, name="Revenue", sentence="", space="")
        file_question(transaction, saved, "Weekly", jonas, keys, revision=1)
        link = make_link(transaction, query, jonas, keys, is_personal=False, sharing=Sharing(note="Look"))
    with store.write(recorded=False) as transaction:
        set_favourite(transaction, saved, jonas, on=True)
    assert downgrade(store, "0014") == "0014"
    upgrade(store)
    with store.read() as connection:
        (found,) = list_questions(connection, jonas)
        assert (found.name, found.folder) == ("Revenue", "")
        assert salvage(read_link(connection, link, keys)) == (query, True)
        assert read_link_note(connection, link, jonas, keys, access="") is None


def test_older_boards_are_listed_with_their_notes(store: Store) -> None:
    """The rows are as release 0015 wrote them: a published board with a draft, an unpublished board, and a
    damaged one.
    """
    downgrade(store, "0015")
    content = '{"v":1,"title":"%s","note":"%s","tabs":[]}'
    board = (
        "INSERT INTO boards (id, title, owner, space, state, published, metrics, tiles, created_at, changed_at,"
        " revision) VALUES (:id, :id, 's1', 'sp', 'active', :published, '[]', 1, :at, :at, 1)"
    )
    version = (
        "INSERT INTO board_versions (board, number, content, digest, author, note, published_at)"
        " VALUES (:id, :number, :content, 'd', 's1', '', :at)"
    )
    draft = (
        "INSERT INTO board_drafts (board, content, based_on, author, changed_at, revision)"
        " VALUES (:id, :content, :number, 's1', :at, 1)"
    )
    person = (
        "INSERT INTO people (subject, id, name, first_seen_at, last_seen_at, revision)"
        " VALUES ('s1', 'jonas', 'Jonas Falk', :at, :at, 1)"
    )
    space = "INSERT INTO spaces (id, name, folded, author, made_at) VALUES ('sp', 'Team', 'team', 's1', :at)"
    at = "2026-09-01 12:00:00"
    with store.write(recorded=False) as transaction:
        run = transaction.connection.execute
        run(text(person), {"at": at})
        run(text(space), {"at": at})
        for name, published in (("live", 2), ("new", 0), ("bad", 1)):
            run(text(board), {"id": name, "published": published, "at": at})
        for number, note in ((1, "first"), (2, "second")):
            run(text(version), {"id": "live", "number": number, "content": content % ("live", note), "at": at})
        run(text(version), {"id": "bad", "number": 1, "content": "{", "at": at})
        run(text(draft), {"id": "live", "number": 2, "content": content % ("live", "third"), "at": at})
        run(text(draft), {"id": "new", "number": 0, "content": content % ("new", "draft"), "at": at})
    assert upgrade(store) == ("0015", head())
    jonas = Actor(id="jonas", name="jonas", roles=frozenset({"marketer"}))
    with store.read() as connection:
        boards = list_boards(connection, jonas)
        assert {board.title: (board.note, board.folder) for board in boards} == {
            "live": ("second", ""), "new": ("draft", ""), "bad": ("", ""),
        }  # fmt: skip
        assert read_favourite_boards(connection, jonas) == frozenset()
    assert downgrade(store, "0015") == "0015"
    assert upgrade(store) == ("0015", head())
    with store.read() as connection:
        assert {board.title: board.note for board in list_boards(connection, jonas)}["live"] == "second"


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


def test_older_drafts_without_names_are_kept(store: Store, keys: Keys) -> None:
    """The rows are as release 0025 wrote them: one version and a draft of it."""
    downgrade(store, "0025")
    rows = (
        "INSERT INTO people (subject, id, name, first_seen_at, last_seen_at, revision)"
        " VALUES ('s1', 'ana', 'Ana Ribeiro', :at, :at, 1)",
        "INSERT INTO model_versions (number, digest, author, note, published_at, effective_at, is_seed)"
        " VALUES (1, 'd', 's1', 'First', :at, :at, :no)",
        "INSERT INTO model_drafts (id, author, based_on, files, note, changed_at, revision)"
        " VALUES ('d1', 's1', 1, '{\"a.yml\": \"half a te\"}', 'From git', :at, 7)",
    )
    values = {"at": "2026-09-01 12:00:00", "no": False}
    with store.write(recorded=False) as transaction:
        for row in rows:
            wanted = {name: value for name, value in values.items() if f":{name}" in row}
            transaction.connection.execute(text(row), wanted)
    assert upgrade(store) == ("0025", head())
    ana = Actor(id="ana", name="Ana Ribeiro", roles=frozenset({"steward"}))
    with store.read() as connection:
        (draft,) = drafts_of(connection, ana)
    assert (draft.id, draft.title, draft.revision, draft.changes) == ("d1", "From git", 7, {"a.yml": "half a te"})
    with store.write(recorded=False) as transaction:
        rename_draft(transaction, ana, "d1", "Net revenue")
        assert save_draft(transaction, ana, "d1", {"a.yml": "half a text"}, revision=7) == 8
    assert downgrade(store, "0025") == "0025"
    with store.read() as connection:
        assert connection.execute(text("SELECT files FROM model_drafts")).scalar() == '{"a.yml": "half a text"}'


def test_a_step_has_the_number_of_its_file() -> None:
    """Opening a store relies on file names, so that it doesn't have to load every step."""
    steps = ScriptDirectory(str(Path(semantic.store.migrate.__file__).parent / "migrations"))
    for revision in steps.walk_revisions():
        assert Path(revision.path).name.startswith(f"{revision.revision}_")
    assert head() == steps.get_current_head()
