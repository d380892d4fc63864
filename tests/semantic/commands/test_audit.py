"""The audit log in the shell: what each command prints, where, and its exit code."""

import csv
import io
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from semantic.__main__ import main
from semantic.config.settings import load_settings
from semantic.policy.actor import Actor
from semantic.store.audit.gaps import Gap, record_gap
from semantic.store.audit.log import Act, record
from semantic.store.audit.recorders import note_recorder
from semantic.store.database import Store
from semantic.store.open import open_keys, open_store

ANA, JONAS = Actor(id="ana", name="Ana Ribeiro"), Actor(id="jonas", name="Jonas Falk")
NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=100)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with two entries from 100 days ago, by Ana and Jonas, and a current one by Ana."""
    monkeypatch.setenv("SAMEPAGE_STORE", str(tmp_path / "store.sqlite"))
    monkeypatch.setenv("SAMEPAGE_AUDIT_KEY_FILE", str(tmp_path / "audit.key"))
    days = iter([LONG_AGO, LONG_AGO, NOW])
    store, keys = open_store(load_settings())
    store._clock = lambda: next(days, NOW)
    for actor, name in ((ANA, "Spend"), (JONAS, "Revenue"), (ANA, "Profit")):
        with store.write() as transaction:
            record(transaction, Act(kind="question.saved", actor=actor, personal={"name": name}), keys)
    store.close()
    return store


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["audit", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.usefixtures("store")
def test_entries_are_listed_as_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _run(capsys, "list")
    when = f"{LONG_AGO:%Y-%m-%d %H:%M:%S}"
    assert code == 0
    assert out.splitlines()[2] == f"      1  {when}   Ana Ribeiro saved the question “Spend”"
    assert err == "3 of 3 entries, newest first.\n"
    today, then = f"{NOW:%Y-%m-%d}", f"{LONG_AGO:%Y-%m-%d}"
    for options, names in (
        (["--person", "jonas"], ["Revenue"]),
        (["--since", today], ["Profit"]),
        (["--until", then], ["Revenue", "Spend"]),
        (["--kind", "question.asked"], []),
        (["--limit", "1"], ["Profit"]),
    ):
        _, out, _ = _run(capsys, "list", *options)
        assert [line.split("“")[1].rstrip("”") for line in out.splitlines()] == names


@pytest.mark.usefixtures("store")
def test_wrong_usage_and_failure_have_different_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, code, says in (
        ([], 2, "required"),
        (["list", "--limit", "0"], 2, "from 1 to 100,000"),
        (["list", "--person", "anna"], 1, "Did you mean ana?"),
        (["verify", "--head", "41"], 1, "a number, a colon and 64 characters"),
        (["export", "--out", "audit.txt"], 2, "--out audit.csv"),
        (["export", "--out", "/nowhere/audit.csv"], 1, "audit.csv"),
        (["expire"], 2, "kept forever"),
        (["expire", "--before", f"{NOW:%Y-%m-%d}"], 1, "last 30 days"),
        (["keep", "soon"], 2, "isn't a number of days"),
        (["keep", "3"], 1, "30 to 36,500"),
        (["erase", "nobody"], 1, "There's no person in the store"),
        (["erase", "ana"], 2, "2 entries of the audit log, for good. Add --yes"),
    ):
        exit_code, out, err = _run(capsys, *arguments)
        assert (exit_code, out) == (code, ""), arguments
        assert says in err, arguments


def test_verify_reports_an_intact_log_and_a_broken_one(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "verify")
    line, head = out.splitlines()
    assert (code, line) == (0, "The audit log is intact: 3 entries, none changed, missing or moved.")
    head = head.removeprefix("Head: ")
    assert _run(capsys, "verify", "--head", head)[0] == 0
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(text("DELETE FROM audit WHERE number = 3"))
    assert _run(capsys, "verify")[0] == 0
    code, out, _ = _run(capsys, "verify", "--head", head)
    assert code == 1
    assert "Entry 3 is missing at the end" in out
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(text("UPDATE audit SET kind = 'question.asked' WHERE number = 2"))
    code, out, _ = _run(capsys, "verify")
    assert code == 1
    assert out.startswith("The audit log is broken. Entry 2 (")


def test_gaps_are_named_with_an_exit_code_of_their_own(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """A head that was noted after a gap proves that someone has seen the gap."""
    keys = open_keys(load_settings())
    with store.write() as transaction:
        record_gap(transaction, Gap(cause="not_storable", first=NOW, last=NOW, receipt="R-2222-2222-2222"), keys)
    code, out, _ = _run(capsys, "verify")
    line, head = out.splitlines()
    assert code == 3
    assert line.startswith("The audit log has 1 gap: 4 entries, none changed, missing or moved, but not every act")
    assert "Missing: the answer of R-2222-2222-2222 (entry 4, " in line
    assert _run(capsys, "verify", "--head", head.removeprefix("Head: "))[0] == 0
    with store.write(recorded=False) as transaction:
        note_recorder(transaction, "a process that was killed", NOW - timedelta(hours=1))
        note_recorder(transaction, "one that runs", NOW)
    code, out, _ = _run(capsys, "verify", "--head", head.removeprefix("Head: "))
    assert (code, out.count("the last acts of a process that was killed (entry 5, ")) == (3, 1)


@pytest.mark.usefixtures("store")
def test_an_export_is_recorded_and_readable_only_by_its_owner(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sheet, lines = tmp_path / "audit.csv", tmp_path / "audit.jsonl"
    assert _run(capsys, "export", "--out", str(sheet), "--person", "ana") == (0, "", f"{sheet}: 2 entries.\n")
    rows = list(csv.DictReader(io.StringIO(sheet.read_text(encoding="utf-8-sig"))))
    assert [row["What"] for row in rows] == [
        "Ana Ribeiro saved the question “Spend”",
        "Ana Ribeiro saved the question “Profit”",
    ]
    assert os.stat(sheet).st_mode & 0o077 == 0
    assert _run(capsys, "export", "--out", str(lines))[0] == 0
    entries = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    assert [document["number"] for document in entries] == [1, 2, 3, 4]
    assert (entries[3]["kind"], entries[3]["said"]) == ("audit.exported", {"as": "csv", "entries": 2})


@pytest.mark.usefixtures("store")
def test_old_entries_are_removed(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(capsys, "keep") == (0, "Entries are kept forever.\n", "")
    assert _run(capsys, "keep", "90") == (0, "Entries are kept for 90 days.\n", "")
    code, _, err = _run(capsys, "expire")
    assert (code, err.split(" from ")[0]) == (0, "2 entries")
    _, out, _ = _run(capsys, "list")
    assert [line.split()[0] for line in out.splitlines()] == ["5", "4", "3"]
    assert "starts at number 3" in _run(capsys, "verify")[1]
    assert _run(capsys, "keep", "ever") == (0, "Entries are kept forever.\n", "")


@pytest.mark.usefixtures("store")
def test_a_person_is_erased(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = _run(capsys, "erase", "ana", "--yes")
    assert (code, err) == (
        0,
        "ana is erased. 2 entries of the audit log now belong to an erased person, and the chain is intact.\n",
    )
    _, out, _ = _run(capsys, "list")
    assert "Ana" not in out
    assert "An erased person saved a question" in out
    assert "Someone at the server's shell erased a person" in out
    assert _run(capsys, "verify")[0] == 0
