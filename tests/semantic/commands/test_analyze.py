"""The command `analyze` for any kind of analysis, and its short form `funnel`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from semantic.__main__ import main
from semantic.commands import waiting
from semantic.results.receipt import read_receipt_id
from semantic.services.analyzing import cost
from semantic.services.analyzing.pending import PendingAnalysis
from tests.semantic.analyses.events.logged import Row, open_log

STEPS = '"subject": "person", "steps": ["views", "carts"]'
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A log in which 60 people on as many devices view, and the first of them has a cart an hour later."""
    folder = tmp_path_factory.mktemp("log")
    rows = [
        Row(
            table="actions", key=f"p{place}{act}", person=f"p{place}", act=act, market="DE", device=f"device {place}",
            at=NOON + timedelta(hours=hour),
        )
        for place in range(60)
        for act, hour in (("a", 0), ("b", 1))
        if act == "a" or place == 0
    ]  # fmt: skip
    open_log(folder, rows).close()
    return ["--model", str(folder / "model"), "--data", str(folder / "log.duckdb"), "--as", "ana"]


def test_a_single_table_has_no_title(log: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", f'{{"kind": "funnel", "v": 1, {STEPS}}}', *log, "--today", "2026-03-20"]) == 0
    out, err = capsys.readouterr()
    assert [line.split()[:3] for line in out.splitlines()[2:4]] == [["Views", "60"], ["Carts", "1", "1.7%"]]
    assert "1.7% of people got from Views to Carts." in out
    assert "How it counts:" in err.splitlines()


def test_several_tables_have_titles_and_long_ones_are_cut(log: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    asked = f'{{"kind": "funnel", {STEPS}, "by": "device"}}'
    assert main(["analyze", asked, *log, "--today", "2026-03-20"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert (lines[0], lines[6]) == ("Steps:", "Groups:")
    assert len(lines[9 : lines.index("", 9)]) == 50
    assert "10 more lines of Groups aren't listed; --json has all." in err


def test_the_short_form_prints_the_same(log: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Each run of a command has its own receipt."""
    printed: list[dict[str, Any]] = []
    for command in (["analyze", f'{{"kind": "funnel", {STEPS}}}'], ["funnel", f"{{{STEPS}}}"]):
        assert main([*command, *log, "--json", "--today", "2026-03-20"]) == 0
        printed.append(json.loads(capsys.readouterr().out))
    receipts = {data.pop("receipt") for data in printed}
    assert printed[0] == printed[1]
    assert printed[0]["whole"]["counts"] == [60, 1]
    assert printed[0]["analysis"] == {
        "kind": "funnel", "v": 1, "subject": "person", "steps": [{"metric": "views"}, {"metric": "carts"}],
    }  # fmt: skip
    assert len(receipts) == 2
    assert all(read_receipt_id(receipt) == receipt for receipt in receipts)


def test_a_receipt_opens_with_the_same_numbers(log: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", f'{{"kind": "funnel", {STEPS}}}', *log, "--today", "2026-03-20"]) == 0
    first, err = capsys.readouterr()
    receipt = err.splitlines()[-1].removeprefix("Receipt ")
    assert main(["receipt", receipt, *log]) == 0
    out, err = capsys.readouterr()
    assert out == first
    assert "Equal. Re-run: identical to the original." in err
    assert "by Ana: Funnel: Views to Carts" in err


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("[1]", "An analysis must be an object with a 'kind', such as funnel."),
        (f"{{{STEPS}}}", "Name the 'kind' of the analysis. Use funnel"),
        (f'{{"kind": "sorcery", {STEPS}}}', "'sorcery' isn't a kind of analysis. Use funnel"),
        (f'{{"kind": ["funnel"], {STEPS}}}', "isn't a kind of analysis."),
        (f'{{"kind": "funnel", "v": 2, {STEPS}}}', "Use the kind funnel, version 1."),
        (f'{{"kind": "funnel", "limit": 3, {STEPS}}}', "unknown key 'limit'"),
        (f'{{"kind": "funnel", "kind": "funnel", {STEPS}}}', "a key appears twice"),
        ('{"kind": "funnel", "where": ' + "[" * 5000, "isn't valid JSON"),
        ('{"kind": "' + "x" * 1_000_000 + '"}', "is longer than"),
    ],
)
def test_an_invalid_analysis_is_refused(
    log: list[str], capsys: pytest.CaptureFixture[str], asked: str, says: str
) -> None:
    assert main(["analyze", asked, *log]) == 1
    out, err = capsys.readouterr()
    assert says in err
    assert out == ""


def test_an_expensive_analysis_asks_first(
    log: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost, "ASK_ROWS", 10)
    asked = ["analyze", f'{{"kind": "funnel", {STEPS}}}', *log, "--today", "2026-03-20"]
    assert main(asked) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("This reads about 61 rows and takes a few seconds. Add --yes to run it")
    assert main([*asked, "--yes"]) == 0
    assert "1.7% of people got from Views to Carts." in capsys.readouterr().out


def test_the_command_is_cancelled_from_the_keyboard(
    log: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl+C raises KeyboardInterrupt while the command waits.

    The engine stops, and the command says so in a sentence.
    """
    left: list[PendingAnalysis[object]] = []

    def pressed(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(waiting, "_show_progress", pressed)
    monkeypatch.setattr(PendingAnalysis, "leave", lambda self: left.append(self))
    assert main(["analyze", f'{{"kind": "funnel", {STEPS}}}', *log]) == 1
    assert capsys.readouterr().err == "This was cancelled.\n"
    assert len(left) == 1
