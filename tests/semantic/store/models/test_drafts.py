"""Drafts: only the author saves typed text, and never over text that another window has saved."""

import pytest
from sqlalchemy import select, update

from semantic.errors import ChangedMeanwhile, StoreFailed, UnknownVersion
from semantic.store.audit.log import AUDIT
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.models.drafts import DRAFTS, Draft, begin_draft, discard_draft, drafts_of, read_draft, save_draft
from semantic.store.models.versions import publish
from tests.semantic.store.clock import Clock
from tests.semantic.store.small_model import ANA, JONAS, small_model


@pytest.fixture
def draft(store: Store, keys: Keys) -> Draft:
    publish(store, keys, small_model(), parent=None, actor=ANA, note="First")
    with store.write() as transaction:
        return begin_draft(transaction, keys, ANA, based_on=1)


def _save(store: Store, draft: str, changes: dict[str, str | None], revision: int) -> int:
    with store.write(recorded=False) as transaction:
        return save_draft(transaction, ANA, draft, changes, revision=revision, note="Half way")


def test_an_unfinished_model_is_kept(store: Store, draft: Draft) -> None:
    changes: dict[str, str | None] = {"orders.yml": "metrics: [\0 \ud800 \U0001f600\r\n", "access/policies.yml": None}
    assert _save(store, draft.id, changes, 1) == 2
    with store.read() as connection:
        found_draft = read_draft(connection, ANA, draft.id)
    assert found_draft is not None
    assert (found_draft.changes, found_draft.revision, found_draft.note, found_draft.based_on) == (
        changes,
        2,
        "Half way",
        1,
    )
    assert found_draft.applied_to(small_model()) == {"orders.yml": changes["orders.yml"]}


def test_of_two_windows_the_later_one_gets_a_conflict(store: Store, draft: Draft) -> None:
    _save(store, draft.id, {"orders.yml": "one"}, 1)
    with pytest.raises(ChangedMeanwhile, match="another window"):
        _save(store, draft.id, {"orders.yml": "two"}, 1)
    with store.read() as connection:
        found_draft = read_draft(connection, ANA, draft.id)
    assert found_draft is not None
    assert found_draft.changes == {"orders.yml": "one"}


def test_a_draft_belongs_only_to_its_author(store: Store, keys: Keys, draft: Draft) -> None:
    with store.read() as connection:
        assert read_draft(connection, JONAS, draft.id) is None
        assert drafts_of(connection, JONAS) == []
    with pytest.raises(ChangedMeanwhile), store.write(recorded=False) as transaction:
        save_draft(transaction, JONAS, draft.id, {"orders.yml": "mine"}, revision=1)
    with pytest.raises(ChangedMeanwhile), store.write() as transaction:
        discard_draft(transaction, keys, JONAS, draft.id)
    with store.read() as connection:
        assert drafts_of(connection, ANA) == [draft]


def test_drafts_are_listed_newest_first_and_can_be_discarded(
    store: Store, keys: Keys, draft: Draft, clock: Clock
) -> None:
    clock.move(minutes=1)
    with store.write() as transaction:
        other = begin_draft(transaction, keys, ANA, based_on=1, note="Another")
    with store.read() as connection:
        assert drafts_of(connection, ANA) == [other, draft]
    with store.write() as transaction:
        discard_draft(transaction, keys, ANA, other.id)
    with pytest.raises(ChangedMeanwhile), store.write() as transaction:
        discard_draft(transaction, keys, ANA, other.id)
    with store.read() as connection:
        assert drafts_of(connection, ANA) == [draft]
        kinds = connection.execute(select(AUDIT.c.kind).order_by(AUDIT.c.number)).scalars().all()
    assert kinds == ["model.published", "draft.begun", "draft.begun", "draft.discarded"]


def test_a_draft_starts_from_an_existing_version(store: Store, keys: Keys, draft: Draft) -> None:
    with pytest.raises(UnknownVersion), store.write() as transaction:
        begin_draft(transaction, keys, ANA, based_on=2)
    with pytest.raises(UnknownVersion), store.write(recorded=False) as transaction:
        save_draft(transaction, ANA, draft.id, {}, revision=1, based_on=2)


@pytest.mark.parametrize("held", ["", "[", "[1]", '{"a.yml": 1}', "null"])
def test_a_damaged_draft_is_reported(store: Store, draft: Draft, held: str) -> None:
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(update(DRAFTS).values(files=held))
    with store.read() as connection:
        with pytest.raises(StoreFailed, match="This draft can't be read"):
            read_draft(connection, ANA, draft.id)
        assert [each_draft.changes for each_draft in drafts_of(connection, ANA)] == [{}]


def test_a_draft_with_many_millions_of_characters_is_refused(store: Store, draft: Draft) -> None:
    with pytest.raises(StoreFailed, match="at most 20,000,000"):
        _save(store, draft.id, {"a.yml": "x" * 20_000_001}, 1)
