"""The command `board`: a board round-trips as YAML, and invalid boards and missing rights are reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from semantic.__main__ import main
from semantic.boards.data import board_from_yaml
from semantic.config.settings import load_settings
from semantic.policy.actor import OWNER
from semantic.services.boards import BoardWork
from semantic.services.process import Live
from semantic.store.spaces.spaces import make_space
from tests.copies import copy_shop
from tests.shop import SHOP

WRITTEN = """\
title: Shop
period: {last: 2, unit: month}
rows:
- tiles:
  - id: money
    kind: number
    question:
      metrics: [revenue]
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shop, with a separate store for the test, in demo mode."""
    monkeypatch.setenv("SAMEPAGE_DATA", str(copy_shop(tmp_path / "shop.duckdb")))
    monkeypatch.setenv("SAMEPAGE_STORE", str(tmp_path / "store.sqlite"))
    monkeypatch.setenv("SAMEPAGE_AUDIT_KEY_FILE", str(tmp_path / "audit.key"))
    monkeypatch.setenv("SAMEPAGE_MODEL", str(SHOP))
    monkeypatch.setenv("SAMEPAGE_DEMO", "1")
    (tmp_path / "shop.yml").write_text(WRITTEN, encoding="utf-8")
    return tmp_path


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    asked = [] if "--as" in arguments or arguments[0] == "template" else ["--as", "steward"]
    code = main(["board", *arguments, *asked])
    output = capsys.readouterr()
    return code, output.out, output.err


def test_a_board_round_trips_through_files(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text, said = _run(capsys, "import", str(place / "shop.yml"), "--publish", "--note", "First")
    assert (code, said) == (0, "Published as version 1.\n")
    assert _run(capsys, "export", text.strip()) == (0, WRITTEN, "")
    _, listed, _ = _run(capsys, "list")
    assert "Shop" in listed
    assert "version 1" in listed
    assert text.strip() in listed


def test_a_change_is_a_draft_until_it_is_published(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = _run(capsys, "import", str(place / "shop.yml"), "--publish")[1].strip()
    changed = WRITTEN.replace("title: Shop", "title: Our shop")
    (place / "changed.yml").write_text(changed, encoding="utf-8")
    code, _, said = _run(capsys, "import", str(place / "changed.yml"), "--board", text)
    assert (code, said) == (0, "Saved as a draft. Publish it on its page, or with --publish.\n")
    assert _run(capsys, "export", text)[1] == WRITTEN
    assert _run(capsys, "export", text, "--draft")[1] == changed
    assert _run(capsys, "import", str(place / "changed.yml"), "--board", text, "--publish")[0] == 0
    assert _run(capsys, "export", text)[1] == changed
    assert _run(capsys, "export", text, "--version", "1")[1] == WRITTEN
    again = _run(capsys, "import", str(place / "changed.yml"), "--board", text, "--publish")
    assert again == (0, "", f"{text} already has this content.\n")


def test_a_board_is_created_in_a_shared_space(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live = Live.open(load_settings())
    with live.store.write() as transaction:
        make_space(transaction, "Team", OWNER, live.keys)
    live.close()
    text = _run(capsys, "import", str(place / "shop.yml"), "--space", "team", "--publish")[1].strip()
    assert text in _run(capsys, "list", "--as", "dora")[1]
    code, _, text = _run(capsys, "import", str(place / "shop.yml"), "--space", "Teem")
    assert code == 1
    assert "no space named 'Teem'" in text


def test_missing_rights_and_invalid_boards_are_reported(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = _run(capsys, "import", str(place / "shop.yml"), "--publish")[1].strip()
    code, out, said = _run(capsys, "export", text, "--as", "dora")
    assert (code, out) == (1, "")
    assert "don't have access to it" in said
    (place / "wrong.yml").write_text(WRITTEN.replace("kind: number", "kind: kpi"), encoding="utf-8")
    code, _, text = _run(capsys, "import", str(place / "wrong.yml"))
    assert code == 1
    assert "wrong.yml:6" in text
    (place / "wrong.yml").write_bytes(b"\xff\xfe\x00title")
    assert _run(capsys, "import", str(place / "wrong.yml"))[0] == 1
    assert _run(capsys, "import", str(place / "nowhere.yml"))[0] == 1
    assert _run(capsys, "list", "--as", "nobody")[0] == 1


def test_a_board_with_hidden_parts_is_not_exported(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """If it were left out, importing the file again would remove it for everyone. Ole sees ads but no orders."""
    live = Live.open(load_settings())
    with live.store.write() as transaction:
        make_space(transaction, "Team", OWNER, live.keys)
    live.close()
    text = _run(capsys, "import", str(place / "shop.yml"), "--space", "team", "--publish")[1].strip()
    ads = WRITTEN.replace("metrics: [revenue]", "metrics: [cost]")
    (place / "ads.yml").write_text(ads, encoding="utf-8")
    assert _run(capsys, "import", str(place / "ads.yml"), "--board", text, "--publish")[0] == 0
    assert _run(capsys, "export", text, "--as", "ole") == (0, ads, "")
    code, out, said = _run(capsys, "export", text, "--version", "1", "--as", "ole")
    assert (code, out) == (1, "")
    assert "isn't available to this person, so it isn't exported. Export it --as its owner" in said
    assert "revenue" not in said
    assert _run(capsys, "import", str(place / "shop.yml"), "--board", text, "--publish")[0] == 0
    assert _run(capsys, "export", text, "--as", "ole")[:2] == (1, "")
    assert _run(capsys, "export", text) == (0, WRITTEN, "")
    assert _run(capsys, "export", text, "--as", "dora") == (0, WRITTEN, "")


def test_a_template_is_a_board(capsys: pytest.CaptureFixture[str]) -> None:
    code, written, _ = _run(capsys, "template", "paid_media")
    assert code == 0
    assert board_from_yaml(written).title == "Paid media"


def test_nothing_that_cannot_be_answered_is_published(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = WRITTEN.replace("metrics: [revenue]", "metrics: [never_heard_of]")
    (place / "wrong.yml").write_text(wrong, encoding="utf-8")
    code, text, said = _run(capsys, "import", str(place / "wrong.yml"), "--publish")
    assert code == 1
    assert "isn't available" in said
    live = Live.open(load_settings())
    steward = live.workspace().people["steward"]
    assert BoardWork(live.store, live.keys, live.workspace(), steward).draft(text.strip()).board.title == "Shop"
    live.close()
