"""Writers killed in the middle of anything: what was acknowledged is there, no update is lost, the log is whole."""

import json
import random
import sqlite3
from contextlib import closing
from dataclasses import fields
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest
from sqlalchemy import select

from semantic.model.load import digest_of
from semantic.policy.actor import Actor
from semantic.store.audit import AUDIT, Act, Sealed, mac_of, record
from semantic.store.database import Store
from semantic.store.drafts import DRAFTS
from semantic.store.keys import Keys
from semantic.store.settings import read_setting, write_setting
from semantic.store.versions import FILES, TEXTS, files_of, publish, read_versions
from tests.proof import part
from tests.store.small_model import ANA, small_model
from tests.store.writers import draft_text, start, write_until_killed
from tests.waiting import STUCK, until

WRITERS, KILLS = 8, 32


def _start(address: str, folder: Path, number: int, life: int) -> ForkServerProcess:
    name = f"writer {number} life {life}"
    return start(write_until_killed, address, folder / f"{number}-{life}.txt", name, 1_000 * life + number)


def _write_and_kill(address: str, folder: Path, kills: int) -> list[list[str]]:
    """Everything that was acknowledged to any writer, as words."""
    chance = random.Random(7)
    alive = {number: _start(address, folder, number, 0) for number in range(WRITERS)}
    until(lambda: len(list(folder.glob("*-0.txt"))) == WRITERS)  # all have started
    for life in range(1, kills + 1):
        enough = len(_acknowledged(folder)) + chance.randrange(1, 30)
        until(lambda enough=enough: len(_acknowledged(folder)) >= enough)
        number = chance.randrange(WRITERS)
        assert alive[number].is_alive(), f"writer {number} ended by itself with {alive[number].exitcode}"
        alive[number].kill()
        alive[number].join(STUCK)
        alive[number] = _start(address, folder, number, life)
    until(lambda: _is_enough(_acknowledged(folder)))
    for one in alive.values():
        assert one.is_alive(), f"a writer ended by itself with {one.exitcode}"
        one.kill()
        one.join(STUCK)
    return _acknowledged(folder)


def _acknowledged(folder: Path) -> list[list[str]]:
    texts = [path.read_text(encoding="ascii") for path in sorted(folder.glob("*.txt"))]
    # The last line of one that was killed while it wrote may be half a line, and was acknowledged to nobody.
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
    (tmp_path / "notes").mkdir()
    kills = part(KILLS, one_in=4)
    noted = _write_and_kill(address, tmp_path / "notes", kills)
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
        files = {one.number: files_of(connection, one.number) for one in versions}
        drafts = {row.id: row for row in connection.execute(select(DRAFTS))}
        texts = set(connection.execute(select(TEXTS.c.digest)).scalars())
        used = set(connection.execute(select(FILES.c.text)).scalars())
        log = connection.execute(select(AUDIT).order_by(AUDIT.c.number)).mappings().all()

    _check_log([dict(row) for row in log], keys)
    told = [json.loads(row["said"]) for row in log if row["kind"] == "setting.changed"]
    assert [one["to"] for one in told] == list(range(1, len(told) + 1))  # each step once, none skipped
    assert (counter, revision) == (len(told), len(told) + 1)
    assert len(set(counted)) == len(counted)
    assert set(counted) <= {one["to"] for one in told}
    assert len(told) - len(counted) <= kills + WRITERS  # at most the last one of each killed writer

    assert [one.number for one in versions] == list(range(len(versions), 0, -1))
    assert {one.number: one.digest for one in versions}.items() >= published.items()
    assert all(digest_of(files[one.number]) == one.digest for one in versions)
    assert all(f"after {one.parent}\n" in files[one.number]["who.yml"] for one in versions if one.parent)
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


def _check_log(log: list[dict[str, object]], keys: Keys) -> None:
    before = ""
    for number, row in enumerate(log, start=1):
        entry = Sealed(**{one.name: row[one.name] for one in fields(Sealed)})  # type: ignore[arg-type]
        assert row["number"] == number
        assert row["mac"] == mac_of(entry, before, keys)
        before = str(row["mac"])
