"""The command `read`: the question on stdout, everything else on stderr, and one line for each question in a file."""

import json
from pathlib import Path

import pytest

from semantic.__main__ import main
from tests.copies import copy_shop
from tests.shop import SHOP


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    data = copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb")
    return ["--model", str(SHOP), "--data", str(data), "--as", "steward"]


def test_a_question_is_printed_as_json(shop: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", "revenue by channel last month", *shop]) == 0
    out, _ = capsys.readouterr()
    assert json.loads(out) == {"metrics": ["revenue"], "by": ["channel"], "time": {"last": 1, "unit": "month"}}


def test_unread_words_are_reported(shop: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", "revenue by weather last month", *shop]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "Not understood: weather" in err


def test_a_question_continues_the_previous_one(shop: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    before = '{"metrics": ["revenue"], "time": {"last": 1, "unit": "month"}}'
    assert main(["read", "by channel", "--previous", before, *shop]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(before) | {"by": ["channel"]}


def test_a_batch_prints_a_line_for_each_question(
    shop: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    batch = tmp_path / "batch.jsonl"
    texts = ["revenue last week", "why did revenue fall last week", "weather"]
    lines = [{"id": str(place), "text": text, "as": "steward", "previous": None} for place, text in enumerate(texts)]
    batch.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert main(["read", "--batch", str(batch), "--today", "2026-06-17", *shop]) == 0
    read = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    week = {"metrics": ["revenue"], "time": {"last": 1, "unit": "week"}}
    assert [each["id"] for each in read] == ["0", "1", "2"]
    assert read[0]["question"] == week
    assert (read[1]["question"], read[1]["why"]) == (None, True)
    assert read[1]["change"] == week | {"compare": [{"to": "previous"}]}
    assert (read[2]["question"], read[2]["left"]) == (None, ["weather"])
    assert all(each["ms"] >= 0 for each in read)


def test_wrong_usage_is_reported(shop: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["read", *shop]) == 2
    assert "--batch" in capsys.readouterr().err
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"id": 1}\n', encoding="utf-8")
    assert main(["read", "--batch", str(broken), *shop]) == 1
    assert "Line 1 has no text" in capsys.readouterr().err
