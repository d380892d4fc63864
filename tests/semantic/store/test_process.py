"""A published version runs in every process within seconds, and no answer mixes two versions."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.errors import ModelError
from semantic.model.loading.load import digest_of, read_folder
from semantic.query.query import Query
from semantic.services import process as live_module
from semantic.services.process import Live
from semantic.store.models.versions import FILES, TEXTS, VERSIONS, publish, read_head, read_versions, roll_back
from semantic.store.spaces.spaces import list_spaces
from semantic.workspace import Workspace
from tests.proof import part
from tests.semantic.store import stores
from tests.semantic.store.clock import Clock
from tests.semantic.store.small_model import ANA, small_model, write_model, write_rows
from tests.semantic.store.writers import join, publish_next, start
from tests.waiting import STUCK, until

REVENUE = Query(metrics=("revenue",))
BOTH = Query(metrics=("revenue", "spare"))
SEED = small_model()


@pytest.fixture
def settings(address: str, tmp_path: Path) -> Settings:
    return Settings(
        data=str(write_rows(tmp_path / "rows.duckdb")),
        model=write_model(tmp_path / "model", SEED),
        model_source="store",
        store=address,
        audit_key=stores.SECRET,
        workers=2,
    )


@pytest.fixture
def live(settings: Settings) -> Iterator[Live]:
    opened = Live.open(settings)
    yield opened
    opened.close()


def _revenue(workspace: Workspace) -> float:
    return float(workspace.ask(REVENUE, workspace.people["jonas"]).table.column("revenue")[0].as_py())


def _number(live: Live) -> int:
    published = live.workspace().published
    return published.number if published else 0


def _publish(live: Live, amount: str, effective_at: datetime | None = None) -> None:
    with live.store.read() as connection:
        head = read_head(connection)
    assert head is not None
    files = small_model(amount)
    publish(live.store, live.keys, files, parent=head.number, actor=ANA, note=amount, effective_at=effective_at)


def test_an_empty_store_runs_the_model_of_the_folder(live: Live) -> None:
    published = live.workspace().published
    assert published is not None
    assert (published.number, published.is_seed, published.digest) == (1, True, digest_of(SEED))
    assert _revenue(live.workspace()) == 60


def test_a_folder_is_read_as_it_is_and_never_published(settings: Settings) -> None:
    live = Live.open(replace(settings, model_source="folder"))
    assert live.workspace().published is None
    assert live.take() is live.workspace()
    with live.store.read() as connection:
        assert read_head(connection) is None
    live.close()


def test_the_seed_follows_the_folder_until_someone_publishes(settings: Settings, live: Live) -> None:
    write_model(settings.model, small_model("amount + 1"))
    other = Live.open(settings)
    assert _revenue(other.workspace()) == 63
    _publish(other, "amount + 2")
    write_model(settings.model, small_model("amount + 3"))
    other.close()
    again = Live.open(settings)
    assert _revenue(again.workspace()) == 66
    again.close()
    write_model(settings.model, {"orders.yml": "metrics: ["})
    broken = Live.open(settings)  # the store has a model
    assert _revenue(broken.workspace()) == 66
    broken.close()


def test_an_invalid_folder_seeds_nothing(settings: Settings) -> None:
    write_model(settings.model, {"orders.yml": "metrics: ["})
    with pytest.raises(ModelError, match=r"orders\.yml"):
        Live.open(settings)


def test_a_published_version_is_loaded_and_running_questions_continue(live: Live) -> None:
    before = live.workspace()
    pending = before.start(REVENUE, before.people["jonas"])
    _publish(live, "amount + 1")
    assert live.workspace() is before
    after = live.take()
    assert after is live.workspace() is live.take()
    assert (after.connector, after.runner, after.plans) == (before.connector, before.runner, before.plans)
    assert (_revenue(after), pending.result().table.column("revenue")[0].as_py()) == (63, 60)
    assert _revenue(before) == 60
    roll_back(live.store, live.keys, 1, head=2, actor=ANA, note="Back")
    assert _revenue(live.take()) == 60


def test_a_scheduled_version_is_loaded_when_its_time_comes(settings: Settings, clock: Clock) -> None:
    live = Live.open(settings)
    clock.at = live.store.now()
    live.store._clock = clock
    _publish(live, "amount + 1", effective_at=clock.at + timedelta(hours=1))
    assert _revenue(live.take()) == 60
    clock.move(hours=1)
    assert _revenue(live.take()) == 63
    live.close()


def test_a_version_that_cannot_run_leaves_the_running_one(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    """Such a version can't be published, but a store written by other means can contain one."""
    files = {"orders.yml": "metrics: ["}
    with live.store.write(recorded=False) as transaction:
        values = {"number": 2, "digest": digest_of(files), "parent": 1, "author": "x", "note": "", "is_seed": False}
        times = {"published_at": live.store.now(), "effective_at": live.store.now()}
        transaction.connection.execute(insert(VERSIONS).values(**values, **times))
        transaction.connection.execute(insert(TEXTS).values(digest="t", text=files["orders.yml"]))
        transaction.connection.execute(insert(FILES).values(version=2, path="orders.yml", text="t"))
    with caplog.at_level(logging.ERROR):
        assert _revenue(live.take()) == _revenue(live.take()) == 60
    assert [record.getMessage().split(". ")[0] for record in caplog.records] == [
        "Version 2 of the model can't run, so version 1 stays live"
    ]
    with live.store.write(recorded=False) as transaction:
        transaction.connection.execute(update(VERSIONS).where(VERSIONS.c.number == 2).values(number=2, digest="x"))
    publish(live.store, live.keys, small_model("amount + 1"), parent=2, actor=ANA, note="Mended")
    assert _revenue(live.take()) == 63


@pytest.mark.server
def test_a_version_published_by_another_process_is_loaded(live: Live, address: str) -> None:
    live.follow()
    join([start(publish_next, address, "amount + 1")])
    until(lambda: _number(live) == 2)
    assert _revenue(live.workspace()) == 63


def _two(number: int) -> dict[str, str]:
    """Return a model with two metrics that both return its version number, so that an answer with mixed versions would
    have two numbers.
    """
    files = small_model()
    text = files["orders.yml"].replace("sql: amount}", f"sql: {number} * amount}}")
    text = text.replace("agg: count}", f"agg: max, sql: {number} * 60}}").replace(
        "{name: orders, measure", "{name: spare, measure"
    )
    return {**files, "orders.yml": text}


def test_a_new_store_has_a_space_to_share_in(live: Live) -> None:
    with live.store.read() as connection:
        assert [space.name for space in list_spaces(connection)] == ["Company"]


@pytest.mark.parametrize("what", ["recents.write", "viewers.write", "sign_ins.note", "checks.look"])
def test_background_failures_do_not_keep_published_versions_from_loading(
    what: str, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise ValueError("a mistake of ours")

    monkeypatch.setattr(live_module, "LOOK_SECONDS", 0.01)
    owner, name = what.split(".")
    monkeypatch.setattr(getattr(live, owner), name, fails)
    live.follow()
    _publish(live, "amount + 1")
    until(lambda: _number(live) == 2)
    monkeypatch.undo()


def test_no_answer_mixes_two_versions(settings: Settings) -> None:
    write_model(settings.model, _two(1))
    live = Live.open(settings)
    live.follow()
    answers: list[tuple[int, int, int]] = []
    failures: list[BaseException] = []
    is_over = threading.Event()

    def ask() -> None:
        try:
            while not is_over.is_set():
                workspace = live.workspace()
                result = workspace.ask(BOTH, workspace.people["jonas"])
                row = result.table.to_pylist()[0]
                assert workspace.published is not None
                answers.append((workspace.published.number, int(row["revenue"]), int(row["spare"])))
        except BaseException as error:  # noqa: BLE001 (whatever it is, it is told at the end)
            failures.append(error)

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for one in asking:
        one.start()
    last = 1 + part(20, one_in=2)
    for number in range(2, last + 1):
        publish(live.store, live.keys, _two(number), parent=number - 1, actor=ANA, note=str(number))
        live.take()
        until(lambda number=number: bool(failures) or any(answer[0] == number for answer in answers[-20:]))
    is_over.set()
    for one in asking:
        one.join(STUCK)
    live.close()
    assert failures == []
    assert {(number, 60 * number, 60 * number) for number, _, _ in answers} == set(answers)
    assert {number for number, _, _ in answers} >= set(range(2, last + 1))


def test_the_marketing_model_is_the_first_version(settings: Settings) -> None:
    live = Live.open(replace(settings, model=MARKETING_MODEL))
    with live.store.read() as connection:
        assert [version.digest for version in read_versions(connection)] == [digest_of(read_folder(MARKETING_MODEL))]
        assert connection.execute(select(VERSIONS.c.is_seed)).scalars().all() == [True]
    live.close()
