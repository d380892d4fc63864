"""Functions that other processes run on a store.

They fork from one process that has imported little more than this file.
"""

import multiprocessing
import os
import random
import resource
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import count
from multiprocessing.context import ForkServerProcess
from multiprocessing.queues import Queue
from pathlib import Path
from tempfile import TemporaryDirectory

from semantic.annotations.remarks import Remark
from semantic.audit_trail.recorder import Recorder
from semantic.boards.board import Board, Row, Tab, Tile, TileKind
from semantic.errors import ChangedMeanwhile
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.store.accounts.settings import read_setting, write_setting
from semantic.store.audit.log import Act, record
from semantic.store.boards.boards import make_board
from semantic.store.boards.versions import keep_board_draft, publish_board
from semantic.store.database import Store, connect_store
from semantic.store.keys import Keys, keys_of
from semantic.store.models.drafts import begin_draft, save_draft
from semantic.store.models.versions import publish, publish_upload, read_head
from semantic.store.numbers.remarks import add_remark
from semantic.store.numbers.targets import keep_targets
from semantic.store.questions.questions import save_question, save_version
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import MINE
from semantic.targets.target import Target
from tests.copies import copy_shop
from tests.pages.api_world import open_world
from tests.semantic.store.small_model import ANA, JONAS, small_model
from tests.semantic.store.stores import SECRET
from tests.shop import open_shop
from tests.waiting import STUCK

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.semantic.store.writers"])


def start(target: Callable[..., None], *arguments: object) -> ForkServerProcess:
    """Start another process that runs a function of this file."""
    process = FORKS.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def join(processes: list[ForkServerProcess]) -> None:
    """Wait until all processes have ended by themselves, without an error."""
    for process in processes:
        process.join(STUCK)
    assert [process.exitcode for process in processes] == [0] * len(processes)


def count_up(address: str, times: int) -> None:
    """Increase the setting `counter` by one, `times` times."""
    store = Store(connect_store(address))
    done = 0
    while done < times:
        with store.write(recorded=False) as transaction:
            value, revision = read_setting(transaction.connection, "counter")
            assert isinstance(value, int)
            try:
                write_setting(transaction, "counter", value + 1, revision=revision)
            except ChangedMeanwhile:
                continue
        done += 1
    store.close()


def record_acts(address: str, name: str, threads: int, times: int) -> None:
    """Record two acts `times` times in each thread: one by a person who is renamed at the same time, and one by
    Jonas.
    """
    store, keys = Store(connect_store(address)), keys_of(SECRET)

    def write(thread: int) -> None:
        for place in range(times):
            actor = Actor(id=f"person {place % 4}", name=f"{name} {thread}")
            with store.write() as transaction:
                record(transaction, Act(kind="question.asked", actor=actor), keys)
                record(transaction, Act(kind="question.asked", actor=Actor(id="jonas", name="Jonas Falk")), keys)

    started = [threading.Thread(target=write, args=(number,)) for number in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join(STUCK)
    store.close()


def publish_next(address: str, amount: str) -> None:
    """Publish the version after the head."""
    store = Store(connect_store(address))
    with store.read() as connection:
        head = read_head(connection)
    assert head is not None
    publish(store, keys_of(SECRET), small_model(amount), parent=head.number, actor=ANA, note=amount)
    store.close()


def try_to_publish(address: str, name: str, times: int, done: "Queue[int]") -> None:
    """Put the number of each published version in `done`, or 0 if someone else was first."""
    store, keys = Store(connect_store(address)), keys_of(SECRET)
    for _ in range(times):
        with store.read() as connection:
            head = read_head(connection)
        assert head is not None
        try:
            files = {**small_model(), f"{name}.yml": f"# after {head.number}"}
            done.put(publish(store, keys, files, parent=head.number, actor=ANA, note=name).number)
        except ChangedMeanwhile:
            done.put(0)
    store.close()


def try_to_upload(address: str, name: str, text: str, times: int, done: "Queue[tuple[str, str, bool]]") -> None:
    """Publish an upload with one label after another, and put each label in `done`, with whether it was published."""
    store, keys = Store(connect_store(address)), keys_of(SECRET)
    for place in range(times):
        label = f"File {place:03}"
        try:
            publish_upload(store, keys, name, text.replace("XLABELX", label), actor=JONAS, note=label)
            done.put((name, label, True))
        except ChangedMeanwhile:
            done.put((name, label, False))
    store.close()


def write_until_killed(address: str, notes: Path, name: str, seed: int) -> None:
    """Write as fast as possible, and never end.

    Once a transaction is committed, a line is added to `notes` and flushed to disk.
    """
    store, keys, chance = Store(connect_store(address)), keys_of(SECRET), random.Random(seed)
    with store.write() as transaction:
        draft, revision = begin_draft(transaction, keys, ANA, based_on=1).id, 1
    with notes.open("a", encoding="ascii") as file:
        while True:
            match chance.choice(("publish", "draft", "draft", "count", "count", "count")):
                case "publish":
                    note = _publish(store, keys, name)
                case "draft":
                    revision = _save(store, draft, revision)
                    note = f"draft {draft} {revision}"
                case _:
                    note = _count(store, keys)
            if note:
                file.write(f"{note}\n")
                file.flush()
                os.fsync(file.fileno())


SAVED = ("question", "board", "target", "remark")


def save_until_killed(address: str, notes: Path, name: str, seed: int) -> None:
    """Save the kinds of work that people save, as fast as possible, and never end.

    Each version contains its own number.

    Once a transaction is committed, a line is added to `notes` and flushed to disk: `kind id version`.
    """
    store, keys, chance = Store(connect_store(address)), keys_of(SECRET), random.Random(seed)
    metric = f"revenue_{seed}"
    question = board = remark = ""
    versions: dict[str, int] = {}
    with notes.open("a", encoding="ascii") as file:
        while True:
            kind = chance.choice(SAVED)
            version = versions.get(kind, 0) + 1
            with store.write() as transaction:
                match kind:
                    case "question" if version == 1:
                        content = saved_question(1)
                        question = save_question(transaction, content, ANA, keys, name=name, sentence="", space=MINE)
                    case "question":
                        save_version(transaction, question, saved_question(version), ANA, keys, revision=version - 1)
                    case "board" if version == 1:
                        board = make_board(transaction, saved_board(1), ANA, keys, space=MINE)
                        publish_board(transaction, board, ANA, keys, revision=1)
                    case "board":
                        revision = keep_board_draft(transaction, board, saved_board(version), ANA, revision=0)
                        publish_board(transaction, board, ANA, keys, revision=revision)
                    case "target":
                        keep_targets(transaction, [saved_target(metric, version)], ANA, keys)
                    case _:
                        remark = add_remark(transaction, saved_remark(f"{name} {version}"), ANA, keys)
            versions[kind] = version
            thing = {"question": question, "board": board, "target": metric, "remark": remark}[kind]
            file.write(f"{kind} {thing} {version}\n")
            file.flush()
            os.fsync(file.fileno())


def serve_until_killed(address: str, folder: Path) -> None:
    """Answer scripts over HTTP, and never end. The port is written to `folder` once the server listens."""
    with open_world(folder, store=address, audit_key=SECRET) as world:
        (folder / "port.new").write_text(f"{world.port}")
        (folder / "port.new").rename(folder / "port")
        threading.Event().wait()


def ask_until_killed(address: str, notes: Path, name: str, seed: int) -> None:
    """Ask as fast as possible, and never end. For each confirmed receipt, a line is added to `notes`."""
    with TemporaryDirectory() as folder:
        shop = open_shop(copy_shop(Path(folder) / "shop.duckdb"))
        shop.recorder = Recorder(Store(connect_store(address)), keys_of(SECRET))
        steward = replace(shop.people["steward"], id=name)
        with notes.open("a", encoding="ascii") as file:
            for limit in count(1):
                shown = shop.ask(Query(metrics=("revenue",), limit=limit), steward)
                # Every second answer is shown on a page, which doesn't wait for its receipt.
                if limit % 2:
                    file.write(f"{shop.confirmed(shown).receipt}\n")
                    file.flush()
                    os.fsync(file.fileno())


def ask_beyond_a_limit(address: str, answers: "Queue[tuple[list[str], list[str]]]") -> None:
    """Ask while no file of this process can grow, which the system reports as an I/O error, and then without the limit.

    Records the receipts confirmed during that time, and the receipts of the same questions afterwards.
    """
    store = Store(connect_store(address))
    with TemporaryDirectory() as folder:
        shop = open_shop(copy_shop(Path(folder) / "shop.duckdb"))
        shop.recorder = Recorder(store, keys_of(SECRET))
        steward = shop.people["steward"]
        queries = [Query(metrics=("revenue",), limit=limit) for limit in range(1, 41)]
        most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (Path(address).stat().st_size, most))
        limited = [shop.confirmed(shop.ask(query, steward)).receipt for query in queries]
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        shop.recorder.flush()
        answers.put((limited, [shop.confirmed(shop.ask(query, steward)).receipt for query in queries]))
        shop.recorder.close()
        shop.close()


def saved_question(version: int) -> Content:
    return Content(query=Query(metrics=("revenue",), limit=version), chart="bars", is_personal=False)


def saved_board(version: int) -> Board:
    tile = Tile(id="revenue", kind=TileKind.NUMBER, question=Query(metrics=("revenue",)))
    return Board(title=f"Board {version}", tabs=(Tab(rows=(Row(tiles=(tile,)),)),))


def saved_target(metric: str, version: int) -> Target:
    return Target(metric=metric, first=date(2026, 9, 1), last=date(2026, 9, 30), value=Decimal(version))


def saved_remark(text: str) -> Remark:
    return Remark(first=date(2026, 9, 3), last=date(2026, 9, 5), text=text, kind="outage", audience="marketer")


def draft_text(draft: str, revision: int) -> str:
    return f"# {draft} at {revision}\n" * 50


def _publish(store: Store, keys: Keys, name: str) -> str:
    with store.read() as connection:
        head = read_head(connection)
    assert head is not None
    files = {**small_model(f"amount + {head.number}"), "who.yml": f"# {name} after {head.number}\n"}
    try:
        version = publish(store, keys, files, parent=head.number, actor=ANA, note=name)
    except ChangedMeanwhile:
        return ""
    return f"version {version.number} {version.digest}"


def _save(store: Store, draft: str, revision: int) -> int:
    changes = {"a.yml": draft_text(draft, revision + 1)}
    with store.write(recorded=False) as transaction:
        return save_draft(transaction, ANA, draft, changes, revision=revision)


def _count(store: Store, keys: Keys) -> str:
    """Add one to a number that all writers share, and return what was written."""
    try:
        with store.write() as transaction:
            value, revision = read_setting(transaction.connection, "counter")
            assert isinstance(value, int)
            write_setting(transaction, "counter", value + 1, revision=revision)
            details = {"to": value + 1}
            record(transaction, Act(kind="setting.changed", actor=ANA, about="setting:counter", details=details), keys)
    except ChangedMeanwhile:
        return ""
    return f"count {value + 1}"
