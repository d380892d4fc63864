"""The command that drafts a model: what it prints, what it asks, and that it never overwrites a file."""

from __future__ import annotations

import io
import sys

import pytest

from semantic.__main__ import main
from semantic.model.loading.load import load_model

LINES = """InvoiceNo,Quantity,InvoiceDate,UnitPrice
1001,6,2026-03-02 09:15:00,2.50
1001,2,2026-03-02 09:15:00,12.75
1002,12,2026-03-05 16:40:00,2.25
"""
OPEN = ["zone", "currency", "order_lines.line_amount.measure"]


@pytest.fixture
def shop(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "order_lines.csv").write_text(LINES)
    return folder


class Terminal(io.StringIO):
    """A terminal at which someone types these lines."""

    def isatty(self) -> bool:
        return True


def test_guesses_are_printed_with_their_evidence(shop, capsys):
    assert main(["draft", str(shop)]) == 0
    printed = capsys.readouterr()
    assert "order_lines: 3 rows, 4 columns, 1 to answer" in printed.out
    line = next(line for line in printed.out.splitlines() if "order_lines.date" in line)
    assert line.split("  ")[0] == "ok"
    assert "2 Mar 2026 to 5 Mar 2026" in line
    assert next(line for line in printed.out.splitlines() if "line_amount" in line).startswith("?")
    assert "3 guesses need an answer first." in printed.err
    assert all(f"\n{guess_id}: " in printed.err for guess_id in OPEN)


def test_open_guesses_write_nothing(shop, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert main(["draft", str(shop), "--to", str(tmp_path / "model")]) == 1
    assert "3 guesses need an answer first." in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


def test_answers_from_a_file_and_from_the_command_make_a_model(shop, tmp_path, capsys):
    answers = tmp_path / "answers.yml"
    answers.write_text("zone: Europe/London\ncurrency: GBP\n")
    folder = tmp_path / "model"
    given = ["--answers", str(answers), "--yes", "order_lines.line_amount.measure", "--person", "ruth"]
    assert main(["draft", str(shop), "--to", str(folder), *given]) == 0
    model = load_model(folder)
    assert (model.settings.time_zone, model.metrics["revenue"].unit) == ("Europe/London", "GBP")
    assert [policy.people for policy in model.policies] == [frozenset({"ruth"})]
    assert f"semantic check --connect --model {folder} --data {shop}" in capsys.readouterr().err


def test_a_folder_with_files_is_never_written_to(shop, tmp_path, capsys):
    (tmp_path / "model.yml").write_text("mine")
    assert main(["draft", str(shop), "--to", str(tmp_path), "--yes"]) == 1
    assert "isn't empty" in capsys.readouterr().err
    assert (tmp_path / "model.yml").read_text() == "mine"


def test_at_a_terminal_each_open_guess_is_asked(shop, tmp_path, capsys, monkeypatch):
    # Enter takes the zone, GBP is typed after something else, and 2 is no.
    monkeypatch.setattr(sys, "stdin", Terminal("\nnothing\nGBP\n2\n"))
    assert main(["draft", str(shop), "--to", str(tmp_path / "model")]) == 0
    asked = capsys.readouterr().err
    assert "3 guesses to answer." in asked
    assert "Write a number from 1 to 12." in asked
    model = load_model(tmp_path / "model")
    assert (model.settings.time_zone, model.settings.currency, "revenue" in model.metrics) == ("UTC", "GBP", False)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--tables", "orders"], "There is no table named 'orders'. Did you mean order_lines?"),
        (["--yes", "orders.key"], "There is no guess named 'orders.key'."),
    ],
)
def test_missing_tables_are_reported_with_those_that_exist(shop, capsys, arguments, says):
    assert main(["draft", str(shop), *arguments]) == 1
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ("zone: Mars\n", "'Mars' isn't an answer to zone"),
        ("just a text\n", "answers.yml has no answers."),
        ("zone: [UTC]\n", "answers.yml has no answers."),
        ("zone: UTC\nzone: UTC\n", "answers.yml:2"),
    ],
)
def test_answers_that_cannot_be_read_are_explained(shop, tmp_path, capsys, answers, says):
    (tmp_path / "answers.yml").write_text(answers)
    assert main(["draft", str(shop), "--answers", str(tmp_path / "answers.yml")]) == 1
    assert says in capsys.readouterr().err


def test_names_of_tables_cannot_move_the_cursor(tmp_path, capsys):
    (tmp_path / "a\x1b[2J\nb.csv").write_text("x\x1b[1A,y\n1,2\n3,4\n")
    assert main(["draft", str(tmp_path), "--all"]) == 0
    printed = capsys.readouterr()
    assert '"a·[2J·b": 2 rows' in printed.out
    assert "\x1b" not in printed.out + printed.err


def test_missing_data_is_reported_in_a_sentence(tmp_path, capsys):
    assert main(["draft", str(tmp_path / "nothing")]) == 1
    assert "There is no data: its path has no file or folder." in capsys.readouterr().err


def test_a_password_in_the_address_is_not_printed(shop, tmp_path, capsys):
    address = f"duckdb://{shop}?threads=1"
    assert main(["draft", address, "--to", str(tmp_path / "model"), "--yes"]) == 0
    assert f"--data '{address}'" in capsys.readouterr().err
    assert main(["draft", "postgresql://reader:hunter2@127.0.0.1:1/shop"]) == 1
    assert "hunter2" not in capsys.readouterr().err
