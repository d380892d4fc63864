"""A process that writes to a store as fast as it can, and notes in a file of its own what was acknowledged to it."""

import os
import random
from pathlib import Path

from semantic.errors import ChangedMeanwhile
from semantic.store.audit import Act, record
from semantic.store.database import Store, connect_store
from semantic.store.drafts import begin_draft, save_draft
from semantic.store.keys import Keys, keys_of
from semantic.store.settings import read_setting, write_setting
from semantic.store.versions import publish, read_head
from tests.store.small_model import ANA, small_model
from tests.store.stores import SECRET


def write_until_killed(address: str, notes: Path, name: str, seed: int) -> None:
    """Never ends by itself. Each line of `notes` is written, and on the disk, after its transaction was kept."""
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
    """One more in a number that all writers share."""
    try:
        with store.write() as transaction:
            value, revision = read_setting(transaction.connection, "counter")
            assert isinstance(value, int)
            write_setting(transaction, "counter", value + 1, revision=revision)
            said = {"to": value + 1}
            record(transaction, Act(kind="setting.changed", actor=ANA, about="setting:counter", said=said), keys)
    except ChangedMeanwhile:
        return ""
    return f"count {value + 1}"
