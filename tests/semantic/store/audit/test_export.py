"""The audit log as a file: no cell is a formula, and the JSON lines have everything that the chain is computed from."""

import csv
import io
import json
from base64 import b64decode
from datetime import datetime

from semantic.policy.actor import Actor
from semantic.store.audit.entries import read_entries
from semantic.store.audit.export import HEADS, export_bytes
from semantic.store.audit.log import Act, Sealed, canonical, mac_of, record
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.people import erase_person

EVIL = Actor(id="=cmd|'/C calc'!A1", name='=HYPERLINK("http://x")')


def _file(store: Store, keys: Keys, form: str) -> bytes:
    with store.read() as connection:
        return export_bytes(read_entries(connection, keys)[::-1], "csv" if form == "csv" else "jsonl")


def test_no_cell_of_the_csv_is_a_formula(store: Store, keys: Keys) -> None:
    with store.write() as transaction:
        act = Act(kind="question.saved", actor=EVIL, about="-1+1", personal={"name": '@SUM(1)";=1+1\n=2'})
        record(transaction, act, keys)
    rows = list(csv.reader(io.StringIO(_file(store, keys, "csv").decode("utf-8-sig"), newline="")))
    assert rows[0] == list(HEADS)
    assert rows[1][:7] == [
        "1",
        "2026-09-01T12:00:00.000000+00:00",
        '\'=HYPERLINK("http://x")',
        "'=cmd|'/C calc'!A1",
        "",
        "question.saved",
        "'-1+1",
    ]
    assert rows[1][7].startswith("'=HYPERLINK")
    assert "@SUM(1)" in rows[1][7]
    assert ";'=1+1" in rows[1][7]


def test_json_lines_have_everything_that_the_chain_is_computed_from(store: Store, keys: Keys) -> None:
    for name in ("Spend", "Ümlaut \ud800"):
        with store.write() as transaction:
            act = Act(kind="question.saved", actor=Actor(id="ana"), details={"rows": 3}, personal={"name": name})
            record(transaction, act, keys)
    before, lines = "", [json.loads(line) for line in _file(store, keys, "jsonl").decode("ascii").splitlines()]
    for document in lines:
        entry = Sealed(
            number=document["number"],
            at=datetime.fromisoformat(document["at"]),
            kind=document["kind"],
            about=document["about"],
            subject=document["subject"],
            behind=document["behind"],
            said=canonical(document["said"]).decode(),
            sealed=b64decode(document["sealed"]),
        )
        assert document["mac"] == mac_of(entry, before, keys)
        before = document["mac"]
    assert lines[1]["personal"] == {"name": "Ümlaut \ud800"}
    assert lines[1]["who"] == {"id": "ana", "name": ""}


def test_an_erased_person_is_not_in_the_file(store: Store, keys: Keys) -> None:
    with store.write() as transaction:
        record(transaction, Act(kind="question.saved", actor=Actor(id="ana", name="Ana Ribeiro")), keys)
    with store.write(recorded=False) as transaction:
        erase_person(transaction, "ana", keys)
    line = json.loads(_file(store, keys, "jsonl"))
    assert (line["who"], line["seal"]) == (None, "erased")
    assert b"Ana" not in _file(store, keys, "csv")
