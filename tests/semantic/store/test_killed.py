"""Writers killed at any moment: confirmed work is saved, no update is lost, and the log is complete."""

import json
import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import fields
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from itertools import count
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest
from sqlalchemy import select

from semantic.boards.data import board_from_json
from semantic.model.loading.load import digest_of
from semantic.policy.actor import Actor
from semantic.query.upgrades import read_stored
from semantic.store.accounts.service_tokens import make_token
from semantic.store.accounts.settings import read_setting, write_setting
from semantic.store.audit.entries import EntryFilter, read_entries
from semantic.store.audit.log import AUDIT, Act, Sealed, mac_of, record
from semantic.store.audit.recorders import name_lost_acts
from semantic.store.audit.sentences import sentence
from semantic.store.audit.verify import verify
from semantic.store.boards.boards import list_boards
from semantic.store.boards.versions import read_board_versions
from semantic.store.database import Store, utc_now
from semantic.store.keys import Keys
from semantic.store.models.drafts import DRAFTS
from semantic.store.models.versions import FILES, TEXTS, files_of, publish, read_versions
from semantic.store.numbers.receipts import has_receipt
from semantic.store.numbers.remarks import read_remarks
from semantic.store.numbers.targets import list_targets
from semantic.store.questions.questions import list_questions, list_versions
from tests.pages.api_world import JSON, OTTO, QUESTION, bearer, granted
from tests.proof import part
from tests.semantic.store.small_model import ANA, small_model
from tests.semantic.store.writers import (
    SAVED,
    ask_until_killed,
    draft_text,
    save_until_killed,
    saved_board,
    saved_question,
    serve_until_killed,
    start,
    write_until_killed,
)
from tests.waiting import STUCK, until

WRITERS, KILLS = 8, 32


Write = Callable[[str, Path, str, int], None]


def _start(write: Write, address: str, folder: Path, number: int, life: int) -> ForkServerProcess:
    name = f"writer {number} life {life}"
    return start(write, address, folder / f"{number}-{life}.txt", name, 1_000 * life + number)


def _write_and_kill(
    write: Write, address: str, folder: Path, kills: int, is_enough: Callable[[list[list[str]]], bool], writers: int
) -> list[list[str]]:
    """Let writers write, kill some of them, and return every confirmed write, as words."""
    folder.mkdir()
    chance = random.Random(7)
    alive = {number: _start(write, address, folder, number, 0) for number in range(writers)}
    until(lambda: len(list(folder.glob("*-0.txt"))) == writers)  # all have started
    for life in range(1, kills + 1):
        enough = len(_acknowledged(folder)) + chance.randrange(1, 30)
        until(lambda enough=enough: len(_acknowledged(folder)) >= enough)
        number = chance.randrange(writers)
        assert alive[number].is_alive(), f"writer {number} ended by itself with {alive[number].exitcode}"
        alive[number].kill()
        alive[number].join(STUCK)
        alive[number] = _start(write, address, folder, number, life)
    until(lambda: is_enough(_acknowledged(folder)))
    for process in alive.values():
        assert process.is_alive(), f"a writer ended by itself with {process.exitcode}"
        process.kill()
        process.join(STUCK)
    return _acknowledged(folder)


def _acknowledged(folder: Path) -> list[list[str]]:
    texts = [path.read_text(encoding="ascii") for path in sorted(folder.glob("*.txt"))]
    # The last line of one that was killed while it wrote may be half a line, and wasn't acknowledged.
    return [line.split() for text in texts for line in text.split("\n")[:-1]]


def _is_enough(noted: list[list[str]]) -> bool:
    drafts = {words[1] for words in noted if words[0] == "draft"}
    counts, versions = (sum(words[0] == kind for words in noted) for kind in ("count", "version"))
    return counts >= 40 and versions >= 8 and len(drafts) >= 8


@pytest.mark.server
@pytest.mark.long
def test_writers_that_are_killed_lose_nothing(store: Store, keys: Keys, address: str, tmp_path: Path) -> None:
    publish(store, keys, small_model(), parent=None, actor=ANA, note="First")
    with store.write(recorded=False) as transaction:
        write_setting(transaction, "counter", 0, revision=0)
    kills = part(KILLS, one_in=4)
    noted = _write_and_kill(write_until_killed, address, tmp_path / "notes", kills, _is_enough, WRITERS)
    counted = [int(one[1]) for one in noted if one[0] == "count"]
    published = {int(one[1]): one[2] for one in noted if one[0] == "version"}
    drafted: dict[str, int] = {}
    for one in noted:
        if one[0] == "draft":
            drafted[one[1]] = max(drafted.get(one[1], 0), int(one[2]))
    assert _is_enough(noted)

    with store.read() as connection:
        counter, revision = read_setting(connection, "counter")
        versions = read_versions(connection)
        files = {version.number: files_of(connection, version.number) for version in versions}
        drafts = {row.id: row for row in connection.execute(select(DRAFTS))}
        texts = set(connection.execute(select(TEXTS.c.digest)).scalars())
        used = set(connection.execute(select(FILES.c.text)).scalars())
        log = connection.execute(select(AUDIT).order_by(AUDIT.c.number)).mappings().all()

    _check_log([dict(row) for row in log], keys)
    documents = [json.loads(row["said"]) for row in log if row["kind"] == "setting.changed"]
    assert [document["to"] for document in documents] == list(
        range(1, len(documents) + 1)
    )  # each step once, none skipped
    assert (counter, revision) == (len(documents), len(documents) + 1)
    assert len(set(counted)) == len(counted)
    assert set(counted) <= {document["to"] for document in documents}
    assert len(documents) - len(counted) <= kills + WRITERS  # at most the last document of each killed writer

    assert [version.number for version in versions] == list(range(len(versions), 0, -1))
    assert {version.number: version.digest for version in versions}.items() >= published.items()
    assert all(digest_of(files[version.number]) == version.digest for version in versions)
    assert all(
        f"after {version.parent}\n" in files[version.number]["who.yml"] for version in versions if version.parent
    )
    assert sum(row["kind"] == "model.published" for row in log) == len(versions)
    assert texts == used

    for draft, acknowledged in drafted.items():
        row = drafts[draft]
        assert acknowledged <= row.revision <= acknowledged + 1
        assert json.loads(row.files) == {"a.yml": draft_text(draft, row.revision)}
    if store.kind == "sqlite":
        with closing(sqlite3.connect(address)) as file:
            assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with store.write() as transaction:  # and it can be gone on with
        record(transaction, Act(kind="setting.changed", actor=Actor(id="jonas")), keys)


SAVERS = 4


@pytest.mark.server
@pytest.mark.long
def test_saved_work_survives_the_process_that_saved_it(store: Store, keys: Keys, address: str, tmp_path: Path) -> None:
    """The saved work consists of questions, boards, targets and remarks.

    Each confirmed version is saved completely, with its act.
    """

    def is_enough(noted: list[list[str]]) -> bool:
        return {kind for kind, _, version in noted if version == "2"} == {*SAVED}

    kills = part(KILLS, one_in=8)
    noted = _write_and_kill(save_until_killed, address, tmp_path / "notes", kills, is_enough, SAVERS)
    newest: dict[tuple[str, str], int] = {}
    for kind, thing, version in noted:
        newest[kind, thing] = max(newest.get((kind, thing), 0), int(version))

    with store.read() as connection:
        verified = verify(connection, keys)
        acts = Counter(connection.execute(select(AUDIT.c.kind)).scalars())
        questions = {question.id: question for question in list_questions(connection, ANA)}
        boards = {board.id: board for board in list_boards(connection, ANA)}
        targets = {target.target.metric: target for target in list_targets(connection)}
        remarks = {text: remark.text for text, remark in read_remarks(connection, first=None, end=None)}
        for (kind, thing), version in newest.items():
            match kind:
                case "question":
                    numbers = range(questions[thing].version, 0, -1)
                    versions = list_versions(connection, thing, ANA, keys)
                    assert [
                        (each_version.number, read_stored(each_version.text or "")) for each_version in versions
                    ] == [(number, saved_question(number).query) for number in numbers]
                    assert version <= questions[thing].version <= version + 1
                case "board":
                    numbers = range(boards[thing].version, 0, -1)
                    board_versions = read_board_versions(connection, thing, ANA)
                    assert [board_version.number for board_version in board_versions] == [*numbers]
                    assert [board_from_json(board_version.text) for board_version in board_versions] == [
                        saved_board(number) for number in numbers
                    ]
                    assert version <= boards[thing].version <= version + 1
                case "target":
                    assert version <= targets[thing].target.value <= version + 1
                case _:
                    assert remarks[thing].endswith(f" {version}")
        assert (verified.broken, verified.gaps) == (None, ())
        assert acts["question.saved"] == len(questions)
        assert acts["board.made"] == len(boards)
        assert acts["board.published"] == sum(board.version for board in boards.values())
        assert acts["remark.written"] == len(remarks)


ASKERS, SERVED_KILLS = 4, 20


@pytest.mark.server
@pytest.mark.long
def test_a_receipt_that_came_over_http_is_in_the_store(store: Store, keys: Keys, address: str, tmp_path: Path) -> None:
    """Scripts ask a server that is killed at random.

    For every answer that reached a script, the receipt is in the store.
    """
    with store.write() as transaction:
        _, token = make_token(transaction, keys, granted(utc_now()), OTTO)  # the servers' clock
    chance, lives = random.Random(7), part(SERVED_KILLS)
    receipts: list[str] = []
    for life in range(lives):
        (tmp_path / f"{life}").mkdir()
        server = start(serve_until_killed, address, tmp_path / f"{life}")
        until((tmp_path / f"{life}/port").exists, "the server's start")
        port = int((tmp_path / f"{life}/port").read_text())
        received: list[str] = []
        with ThreadPoolExecutor(ASKERS) as threads:
            asking = [threads.submit(_ask_until_killed, port, token, number, received) for number in range(ASKERS)]
            enough = chance.randrange(1, 60)
            until(lambda: len(received) >= enough or any(job.done() for job in asking))  # noqa: B023 (waited for here)
            server.kill()
            server.join(STUCK)
            for job in asking:
                job.result()
        receipts += received
    with store.read() as connection:
        unknown = [receipt for receipt in receipts if not has_receipt(connection, receipt)]
        recorded = {*connection.execute(select(AUDIT.c.about).where(AUDIT.c.kind == "question.asked")).scalars()}
        verified = verify(connection, keys)
    assert unknown == []
    assert {f"receipt:{receipt}" for receipt in receipts} <= recorded
    assert verified.broken is None


@pytest.mark.server
@pytest.mark.long
def test_two_processes_record_in_one_log_while_either_dies(
    store: Store, keys: Keys, address: str, tmp_path: Path
) -> None:
    """Each confirmed receipt is saved, the log verifies, and each killed process leaves one gap."""
    kills, notes = part(KILLS, one_in=16), tmp_path / "notes"
    noted = _write_and_kill(ask_until_killed, address, notes, kills, bool, 2)
    receipts = [words[0] for words in noted]
    later = Store(store.engine, clock=lambda: utc_now() + timedelta(hours=1))
    with store.read() as connection:
        assert all(has_receipt(connection, receipt) for receipt in receipts)
        assert (verify(connection, keys).broken, verify(connection, keys).gaps) == (None, ())
    with later.write(recorded=False) as transaction:
        died = name_lost_acts(transaction, keys)
        assert name_lost_acts(transaction, keys) == 0
    # Some may have been killed before they recorded anything.
    assert sum(bool(path.read_text()) for path in notes.glob("*.txt")) <= died <= kills + 2
    with store.read() as connection:
        verified = verify(connection, keys)
        entries = read_entries(connection, keys, EntryFilter(kind="audit.gap"))
    assert verified.broken is None
    assert len(verified.gaps) == died
    assert "Missing: the last acts of a process that was killed (entry " in verified.words
    assert sentence(entries[0]).startswith(
        "Samepage couldn't record the last acts of a process that was killed, between"
    )


def _ask_until_killed(port: int, token: str, number: int, received: list[str]) -> None:
    """Ask one question after another, and record each receipt that is returned."""
    for limit in count(1):
        connection = HTTPConnection("127.0.0.1", port, timeout=STUCK)
        body = json.dumps(QUESTION | {"limit": ASKERS * limit + number})
        try:
            connection.request("POST", "/api/v1/ask", body, bearer(token) | JSON)
            received.append(json.load(connection.getresponse())["receipt"])
        except (OSError, HTTPException, ValueError):
            return
        finally:
            connection.close()


def _check_log(log: list[dict[str, object]], keys: Keys) -> None:
    before = ""
    for number, row in enumerate(log, start=1):
        entry = Sealed(**{field.name: row[field.name] for field in fields(Sealed)})  # type: ignore[arg-type]
        assert row["number"] == number
        assert row["mac"] == mac_of(entry, before, keys)
        before = str(row["mac"])
