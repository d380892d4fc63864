"""The command `start`: a store with an empty model and one person, and the settings to run the app with."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from semantic.__main__ import main
from semantic.commands.start import empty_model
from semantic.config.settings import load_settings
from semantic.services.process import Live
from tests.browser.own_data import write_shop

BOARD = """title: Shop
rows:
- tiles:
  - {id: total, kind: number, question: {metrics: [total]}}
"""


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SETTINGS", "MODEL", "MODEL_SOURCE", "DATA", "STORE", "DEMO", "AUDIT_KEY", "AUDIT_KEY_FILE"):
        monkeypatch.delenv(f"SAMEPAGE_{name}", raising=False)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "orders.csv").write_text("order_id,total\n1,10.50\n2,20.00\n", encoding="utf-8")
    return folder


def start(tmp_path: Path, *more: str) -> int:
    return main(["start", "--folder", str(tmp_path / "own"), "--prepare", *more])


def opened(tmp_path: Path) -> Live:
    return Live.open(load_settings({"SAMEPAGE_SETTINGS": str(tmp_path / "own" / "settings.toml")}))


def test_a_store_begins_with_one_administrator_and_no_metrics(tmp_path: Path, shop: Path) -> None:
    assert start(tmp_path, "--data", str(shop), "--name", "Ruth Hale", "--currency", "GBP") == 0
    live = opened(tmp_path)
    try:
        workspace = live.workspace()
        assert (len(workspace.model.datasets), len(workspace.model.metrics), len(workspace.model.policies)) == (0, 0, 0)
        assert workspace.model.settings.currency == "GBP"
        assert [(person.name, person.roles) for person in workspace.people.values()] == [
            ("Ruth Hale", frozenset({"administrator"}))
        ]
        assert live.settings.demo
        assert live.settings.data == str(shop)
    finally:
        live.close()
    file = tmp_path / "own" / "settings.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600  # its address could hold a password


def test_a_second_start_changes_nothing(
    tmp_path: Path, shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert start(tmp_path, "--data", "shop", "--name", "Ruth Hale") == 0
    before = (tmp_path / "own" / "settings.toml").read_text()
    assert "is new" in capsys.readouterr().err
    assert start(tmp_path) == 0
    assert "which isn't changed" in capsys.readouterr().err
    assert (tmp_path / "own" / "settings.toml").read_text() == before
    monkeypatch.chdir(tmp_path / "own")  # the address works in every working directory
    live = opened(tmp_path)
    assert live.workspace().version_words.startswith("1,")
    live.close()
    assert start(tmp_path, "--data", "elsewhere") == 1
    assert "already says where the data is" in capsys.readouterr().err


def test_another_companys_settings_do_not_interfere(
    tmp_path: Path, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMEPAGE_DATA", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("SAMEPAGE_STORE", str(tmp_path / "other.sqlite"))
    assert start(tmp_path, "--data", str(shop), "--name", "Ruth Hale") == 0
    assert not (tmp_path / "other.sqlite").exists()


def test_data_that_cannot_be_opened_leaves_nothing_behind(
    tmp_path: Path, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert start(tmp_path, "--data", str(tmp_path / "nothing"), "--name", "Ruth Hale") == 1
    assert "There is no data" in capsys.readouterr().err
    assert start(tmp_path, "--data", str(shop), "--name", "Ruth Hale") == 0
    assert "is new" in capsys.readouterr().err


def test_the_command_asks_for_missing_answers(tmp_path: Path, shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(tmp_path, "--data", str(shop)) == 1
    assert "--name" in capsys.readouterr().err
    assert start(tmp_path, "--name", "Ruth Hale") == 1
    assert "--data" in capsys.readouterr().err


def test_an_invalid_time_zone_is_reported(tmp_path: Path, shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(tmp_path, "--data", str(shop), "--name", "Ruth", "--time-zone", "Europe/Nowhere") == 1
    assert "isn't a time zone" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "id"),
    [("Ruth Hale", "ruth"), ("Zoë O'Neil", "zoe"), ("李 娜", "owner"), ("-", "owner"), ('"; x', "owner")],
)
def test_a_person_has_a_plain_id(name: str, id: str) -> None:
    assert f"id: {id}\n" in empty_model(name, "EUR", "UTC")["people.yml"]


def test_a_company_with_a_provider_has_no_one_in_its_model() -> None:
    assert list(empty_model("", "EUR", "UTC")) == ["model.yml"]


def test_from_tables_to_a_board_in_the_shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps are those of the tutorial without the browser. The eight orders add up to 184.39."""
    monkeypatch.chdir(tmp_path)
    shop = str(write_shop(tmp_path / "shop"))
    assert main(["draft", shop, "--yes", "--to", "model", "--person", "ruth"]) == 0
    assert start(tmp_path, "--data", shop, "--name", "Ruth Hale", "--model", "model") == 0
    monkeypatch.setenv("SAMEPAGE_SETTINGS", str(tmp_path / "own" / "settings.toml"))
    (tmp_path / "board.yml").write_text(BOARD, encoding="utf-8")
    assert main(["board", "import", "board.yml", "--as", "ruth"]) == 0
    capsys.readouterr()
    assert main(["ask", "--as", "ruth", "--format", "csv", '{"metrics": ["orders", "total"]}']) == 0
    assert "8,184.39" in capsys.readouterr().out
    assert main(["pull", "pulled"]) == 0
    assert (tmp_path / "pulled" / "people.yml").exists()
