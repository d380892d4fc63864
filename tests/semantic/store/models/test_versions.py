"""Versions of the model: stored as published, in order, and only if they can run."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from semantic.errors import ChangedMeanwhile, ModelError, NotAllowed, Problem, StoreFailed, UnknownVersion
from semantic.model.model import Model
from semantic.store.audit.log import AUDIT
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.models.versions import (
    SYSTEM,
    TEXTS,
    Version,
    files_of,
    publish,
    publish_seed,
    read_head,
    read_running,
    read_version,
    read_versions,
    roll_back,
)
from semantic.store.people import erase_person
from tests.proof import part
from tests.semantic.store.clock import Clock
from tests.semantic.store.small_model import ANA, JONAS, small_model
from tests.semantic.store.writers import FORKS, join, start, try_to_publish
from tests.waiting import STUCK

SEED, NET = small_model(), small_model("amount - 1")


def _head(store: Store) -> Version | None:
    with store.read() as connection:
        return read_head(connection)


def _running(store: Store) -> int:
    with store.read() as connection:
        version = read_running(connection, store.now())
    assert version is not None
    return version.number


def test_a_version_is_stored_as_it_was_published(store: Store, keys: Keys, clock: Clock) -> None:
    files = {**SEED, "notes/ä b.yml": "# no model, CRLF\r\n# and no end of line"}
    first = publish(store, keys, files, parent=None, actor=ANA, note=" First ")
    clock.move(hours=1)
    second = publish(store, keys, NET, parent=1, actor=ANA, note="Net of a fee")
    assert (first.number, first.parent, first.note, first.author_name) == (1, None, "First", "Ana Ribeiro")
    assert (second.number, second.parent, second.published_at - first.published_at) == (2, 1, timedelta(hours=1))
    with store.read() as connection:
        assert files_of(connection, 1) == files
        assert files_of(connection, 2) == NET
        assert read_versions(connection) == [second, first]
        assert read_versions(connection, limit=1) == [second]
        assert len(connection.execute(select(TEXTS)).all()) == 4  # what both have is there once
        acts = connection.execute(select(AUDIT.c.kind, AUDIT.c.about).order_by(AUDIT.c.number)).all()
    assert acts == [("model.published", "version:1"), ("model.published", "version:2")]


def test_only_a_version_that_follows_the_head_is_published(store: Store, keys: Keys) -> None:
    publish(store, keys, SEED, parent=None, actor=ANA, note="First")
    publish(store, keys, NET, parent=1, actor=ANA, note="Second")
    for parent, says in ((None, "no version"), (1, "version 1"), (3, "version 3")):
        with pytest.raises(ChangedMeanwhile, match=f"is at version 2, and this was made from {says}. Nothing was"):
            publish(store, keys, SEED, parent=parent, actor=ANA, note="Late")
    with pytest.raises(ChangedMeanwhile, match="is at version 2"):
        roll_back(store, keys, 1, head=1, actor=ANA, note="Late")
    head = _head(store)
    assert head is not None
    assert head.number == 2


def test_a_model_that_does_not_load_is_refused_with_all_its_errors(store: Store, keys: Keys) -> None:
    wrong = {"orders.yml": SEED["orders.yml"].replace("sum,", "summ,").replace("orders.orders", "orders.order")}
    with pytest.raises(ModelError) as caught:
        publish(store, keys, wrong, parent=None, actor=ANA, note="Wrong")
    assert [problem.file for problem in caught.value.problems] == ["orders.yml"]
    twice = SEED["access/policies.yml"].replace("id: jonas", "id: ana")
    with pytest.raises(ModelError, match="Two people have the id 'ana'"):
        publish(store, keys, {**SEED, "access/policies.yml": twice}, parent=None, actor=ANA, note="Wrong")
    assert _head(store) is None


@pytest.mark.parametrize(
    "path",
    [
        "../a.yml",
        "/etc/a.yml",
        "a/../b.yml",
        ".git/a.yml",
        "a//b.yml",
        "a\\b.yml",
        "a.txt",
        "a\n.yml",
        f"{'a' * 400}.yml",
    ],
)
def test_a_file_that_could_be_written_outside_a_folder_is_refused(store: Store, keys: Keys, path: str) -> None:
    with pytest.raises(ModelError, match="Its name"):
        publish(store, keys, {**SEED, path: "datasets: []"}, parent=None, actor=ANA, note="Out")


@pytest.mark.parametrize("text", ["a: \ud800", "a: \0", "a: [", "\ufffe"])
def test_an_unstorable_or_unreadable_text_is_refused(store: Store, keys: Keys, text: str) -> None:
    with pytest.raises(ModelError, match=r"odd\.yml"):
        publish(store, keys, {**SEED, "odd.yml": text}, parent=None, actor=ANA, note="Odd")


def test_an_empty_set_of_files_is_not_a_model(store: Store, keys: Keys) -> None:
    with pytest.raises(ModelError, match="0 files"):
        publish(store, keys, {}, parent=None, actor=ANA, note="Nothing")


def test_checks_are_run_before_anything_is_published(store: Store, keys: Keys) -> None:
    def sees(model: Model) -> list[Problem]:
        return [] if "revenue" not in model.metrics else [Problem("policies.yml", 4, "Jonas would see revenue.")]

    with pytest.raises(ModelError, match=r"policies.yml:4: Jonas would see revenue\."):
        publish(store, keys, SEED, parent=None, actor=ANA, note="First", checks=[lambda _: (), sees])
    assert _head(store) is None
    publish(store, keys, SEED, parent=None, actor=ANA, note="First")
    with pytest.raises(ModelError, match="Jonas would see"):
        roll_back(store, keys, 1, head=1, actor=ANA, note="Back", checks=[sees])


def test_a_marketer_publishes_nothing(store: Store, keys: Keys) -> None:
    publish(store, keys, SEED, parent=None, actor=ANA, note="First")
    with pytest.raises(NotAllowed, match="steward role"):
        publish(store, keys, NET, parent=1, actor=JONAS, note="Mine")
    with pytest.raises(NotAllowed, match="steward role"):
        roll_back(store, keys, 1, head=1, actor=JONAS, note="Mine")


def test_a_version_for_a_later_day_runs_from_that_day(store: Store, keys: Keys, clock: Clock) -> None:
    publish(store, keys, SEED, parent=None, actor=ANA, note="First", effective_at=clock() - timedelta(days=9))
    second = publish(store, keys, NET, parent=1, actor=ANA, note="In May", effective_at=clock() + timedelta(days=2))
    assert (_running(store), _head(store)) == (1, second)
    with store.read() as connection:
        assert read_version(connection, 1).effective_at == clock()  # a moment that has passed means at once
    with pytest.raises(ChangedMeanwhile, match=r"only takes effect on 3 Sep 2026 at 12:00 UTC"):
        publish(store, keys, SEED, parent=2, actor=ANA, note="Sooner")
    clock.move(days=2)
    assert _running(store) == 2


def test_a_rollback_also_cancels_scheduled_versions(store: Store, keys: Keys, clock: Clock) -> None:
    first = publish(store, keys, SEED, parent=None, actor=ANA, note="First")
    publish(store, keys, NET, parent=1, actor=ANA, note="Later", effective_at=clock() + timedelta(days=2))
    third = roll_back(store, keys, 1, head=2, actor=ANA, note="Not in May")
    assert (third.number, third.parent, third.restores, third.digest) == (3, 2, 1, first.digest)
    clock.move(days=3)
    assert _running(store) == 3
    with store.read() as connection:
        assert files_of(connection, 3) == SEED
        kinds = connection.execute(select(AUDIT.c.kind, AUDIT.c.said).order_by(AUDIT.c.number.desc())).first()
    assert kinds is not None
    assert (kinds.kind, '"restores":1' in kinds.said) == ("model.rolled_back", True)


@pytest.mark.parametrize("number", [0, -1, 2, 2**40])
def test_a_missing_version_is_named(store: Store, keys: Keys, number: int) -> None:
    publish(store, keys, SEED, parent=None, actor=ANA, note="First")
    with store.read() as connection, pytest.raises(UnknownVersion, match=f"no version {number} of the model"):
        files_of(connection, number)
    with pytest.raises(UnknownVersion):
        roll_back(store, keys, number, head=1, actor=ANA, note="Back")


def test_files_that_were_changed_in_the_store_are_not_used(store: Store, keys: Keys) -> None:
    publish(store, keys, SEED, parent=None, actor=ANA, note="First")
    with store.write(recorded=False) as transaction:
        changed = update(TEXTS).where(TEXTS.c.text == SEED["orders.yml"]).values(text=NET["orders.yml"])
        assert transaction.connection.execute(changed).rowcount == 1
    with store.read() as connection, pytest.raises(StoreFailed, match="version 1 of the model aren't as they were"):
        files_of(connection, 1)


def test_the_shipped_model_is_updated_until_someone_publishes_their_own(store: Store, keys: Keys) -> None:
    first = publish_seed(store, keys, SEED)
    assert first is not None
    assert (first.number, first.is_seed, first.author_name) == (1, True, SYSTEM.name)
    assert publish_seed(store, keys, SEED) is None
    second = publish_seed(store, keys, NET)
    assert second is not None
    assert (second.number, second.parent, second.is_seed) == (2, 1, True)
    publish(store, keys, SEED, parent=2, actor=ANA, note="Ours")
    assert publish_seed(store, keys, NET) is None
    roll_back(store, keys, 2, head=3, actor=ANA, note="Theirs again")  # this belongs to someone, too
    assert publish_seed(store, keys, SEED) is None
    assert _running(store) == 4


def test_versions_of_an_erased_person_stay_without_their_name(store: Store, keys: Keys) -> None:
    publish(store, keys, SEED, parent=None, actor=ANA, note="First")
    with store.write(recorded=False) as transaction:
        assert erase_person(transaction, "ana", keys)
    with store.read() as connection:
        assert read_version(connection, 1).author_name == ""
        assert files_of(connection, 1) == SEED


@pytest.mark.server
def test_concurrent_publishers_get_distinct_numbers(store: Store, keys: Keys, address: str) -> None:
    publish(store, keys, SEED, parent=None, actor=ANA, note="First")
    each, done = part(5, one_in=2), FORKS.Queue()
    started = [start(try_to_publish, address, f"writer {number}", each, done) for number in range(4)]
    numbers = [done.get(timeout=STUCK) for _ in range(4 * each)]
    join(started)
    given_numbers = sorted(number for number in numbers if number)
    assert given_numbers == list(range(2, len(given_numbers) + 2))
    with store.read() as connection:
        versions = read_versions(connection)
        assert [version.number for version in versions] == [*reversed(given_numbers), 1]
        for version in versions[:-1]:
            assert files_of(connection, version.number)[f"{version.note}.yml"] == f"# after {version.parent}"


@pytest.mark.parametrize("note", ["More\0 gold", "More \ud800gold", "\0"])
def test_a_note_with_unstorable_characters_is_kept_without_them(note: str, store: Store, keys: Keys) -> None:
    publish(store, keys, SEED, parent=None, actor=ANA, note=note)
    with store.read() as connection:
        version = read_version(connection, 1)
    assert "\0" not in version.note
    assert ("gold" in version.note) == ("gold" in note)
