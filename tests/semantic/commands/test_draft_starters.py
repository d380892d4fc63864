"""The command that drafts a model, over tables that a starter recognizes and one that no starter does."""

import io
import sys
from pathlib import Path

import duckdb
import pytest

from semantic.__main__ import main
from semantic.config.settings import Settings
from semantic.model.loading.load import load_model
from semantic.policy.actor import Actor
from semantic.query.data import query_from_data
from semantic.workspace import Workspace
from tests.own_data.shapes import write_shape


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop's tables, and a list of stores that no starter recognizes."""
    file = tmp_path_factory.mktemp("company") / "company.duckdb"
    with duckdb.connect(str(file)) as connection:
        write_shape("shopify", connection)
        connection.execute(
            "CREATE TABLE store_visits AS SELECT range AS visit_id, DATE '2026-10-01' + CAST(range AS INT) AS "
            "visited_on, 10 + range % 3 AS visitors FROM range(40)"
        )
    return file


def draft(*arguments: object) -> int:
    return main(["draft", *(str(argument) for argument in arguments), "--tables", TABLES])


TABLES = "shopify__orders,shopify__order_lines,shopify__customers,shopify__products,shopify__refunds,store_visits"


def test_matching_starters_are_printed_with_their_questions(company: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert draft(company) == 0
    printed = capsys.readouterr()
    assert "Shopify: 5 tables" in printed.out
    assert "Which currency are amounts in?" in printed.out
    assert "store_visits: 40 rows" in printed.out
    assert "shopify__orders:" not in printed.out
    assert "currency: USD" in printed.err
    assert "need an answer first" in printed.err or "needs an answer first" in printed.err


def test_nothing_is_written_before_a_starters_question_is_answered(
    company: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert draft(company, "--to", tmp_path / "model") == 1
    assert "currency: USD" in capsys.readouterr().err
    assert not (tmp_path / "model").exists()


def test_the_model_has_the_starter_and_the_draft(company: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.yml"
    answers.write_text("currency: EUR\n")
    folder = tmp_path / "model"
    assert draft(company, "--to", folder, "--answers", answers, "--yes", "--person", "ruth") == 0
    model = load_model(folder)
    assert model.settings.currency == "EUR"
    assert {"shop_orders", "store_visits"} <= model.datasets.keys()
    workspace = Workspace.open(Settings(data=str(company), model=folder))
    ruth = Actor(id="ruth", roles=frozenset({"steward"}))
    october = {"from": "2026-10-01", "to": "2026-10-31"}
    row = workspace.ask(query_from_data({"metrics": ["shop_orders"], "time": october}), ruth).rows()[0]
    with duckdb.connect(str(company), read_only=True) as tables:
        check = "SELECT count(*) FROM shopify__orders WHERE NOT is_test_order AND NOT is_deleted"
        days = "CAST(created_timestamp AS DATE) BETWEEN '2026-10-01' AND '2026-10-31'"
        expected = tables.execute(f"{check} AND cancelled_timestamp IS NULL AND {days}").fetchone()
    assert expected == (row["shop_orders"],)


def test_an_answer_typed_at_the_terminal_counts(company: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal("SEK\n" + "\n" * 20))
    assert draft(company, "--to", tmp_path / "model") == 0
    assert load_model(tmp_path / "model").settings.currency == "SEK"


def test_an_impossible_answer_is_refused(company: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = tmp_path / "answers.yml"
    answers.write_text("currency: euros\n")
    assert draft(company, "--to", tmp_path / "model", "--answers", answers) == 1
    assert "isn't a currency" in capsys.readouterr().err


def test_without_starters_known_tables_are_drafted_like_others(
    company: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert draft(company, "--no-starters") == 0
    printed = capsys.readouterr().out
    assert "Shopify: " not in printed
    assert "shopify__orders: " in printed
