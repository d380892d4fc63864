"""The command line: results on stdout, messages on stderr, exit codes 0, 1 and 2."""

import csv
import io
import json
import re
import subprocess
import sys

import pytest

from semantic.__main__ import main
from tests.copies import copy_shop
from tests.shop import SHOP


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> list[str]:
    data = copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb")
    return ["--model", str(SHOP), "--data", str(data)]


@pytest.fixture(scope="module")
def steward(shop) -> list[str]:
    return [*shop, "--as", "steward"]


def ask(question: object) -> str:
    return json.dumps(question)


def test_the_table_is_on_stdout_and_messages_on_stderr(steward, capsys) -> None:
    assert main(["ask", ask({"metrics": ["revenue"], "by": ["channel"]}), *steward]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split() == ["Channel", "Revenue"]
    assert "Revenue by channel" in err
    assert "Revenue by channel" not in out


def test_csv_and_json_have_the_same_rows(steward, capsys) -> None:
    question = ask({"metrics": ["revenue"], "by": ["channel"]})
    assert main(["ask", question, "--format", "csv", *steward]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert main(["ask", question, "--json", *steward]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [(row["Channel"], float(row["Revenue (EUR)"])) for row in rows] == [
        (row["channel"] or "(none)", row["revenue"]) for row in data["rows"]
    ]
    assert data["columns"][0]["name"] == "channel"


APRIL = {
    "metrics": ["revenue"],
    "time": {"from": "2026-04-01", "to": "2026-04-30"},
    "compare": [{"to": {"from": "2026-03-01", "to": "2026-03-31"}}],
}


def test_why_prints_the_parts_and_its_json_has_the_same(steward, capsys) -> None:
    """March had 310, and April 2,235."""
    question = ask(APRIL | {"by": ["channel"]})
    assert main(["why", question, *steward]) == 0
    out, err = capsys.readouterr()
    assert main(["why", question, "--json", *steward]) == 0
    data = json.loads(capsys.readouterr().out)
    assert out.splitlines()[0] == data["sentences"][0]
    (channel,) = data["breakdowns"]
    assert sum(part["contribution"] for part in channel["parts"]) == data["change"] == 1925
    assert all(part["label"] in out for part in channel["parts"])
    assert "Looked at 1 breakdown. Contributions add up to the change. They don't prove a cause." in err
    assert "Receipt R-" in err


def test_why_needs_a_comparison(steward, capsys) -> None:
    assert main(["why", ask({"metrics": ["revenue"]}), *steward]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "isn't compared with anything" in err


@pytest.mark.parametrize(
    ("ending", "begins"), [("csv", b"\xef\xbb\xbfChannel,"), ("XLSX", b"PK"), ("parquet", b"PAR1")]
)
def test_a_file_has_the_format_of_its_name(ending: str, begins: bytes, steward, capsys, tmp_path) -> None:
    place = tmp_path / f"answer.{ending}"
    assert main(["ask", ask({"metrics": ["revenue"], "by": ["channel"]}), "--out", str(place), *steward]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    written, receipt = err.splitlines()
    assert written == f"{place}: Revenue by channel. 7 rows."
    assert re.fullmatch("Receipt R(-[A-Z0-9]{4}){3}", receipt)
    assert place.read_bytes().startswith(begins)


def test_the_format_option_overrides_the_file_name(steward, tmp_path) -> None:
    place = tmp_path / "answer"
    assert main(["ask", ask({"metrics": ["revenue"]}), "--format", "csv", "--out", str(place), *steward]) == 0
    assert place.read_text(encoding="utf-8-sig").startswith("Revenue (EUR)")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--format", "xlsx"], "--out answer.xlsx"),
        (["--out", "answer.txt"], "--out writes xlsx, csv and parquet"),
        (["--out", "answer.csv", "--json"], "--out writes"),
        (["--out", "answer.csv", "--format", "table"], "--out writes"),
    ],
)
def test_a_file_needs_a_format_and_a_folder(options: list[str], says: str, steward, capsys) -> None:
    assert main(["ask", ask({"metrics": ["revenue"]}), *options, *steward]) == 2
    assert says in capsys.readouterr().err


def test_an_unwritable_path_is_reported(steward, capsys, tmp_path) -> None:
    place = tmp_path / "missing" / "answer.csv"
    assert main(["ask", ask({"metrics": ["revenue"]}), "--out", str(place), *steward]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_a_refusal_names_a_repair_that_runs(steward, capsys) -> None:
    assert main(["ask", ask({"metrics": ["revenue"], "by": ["product"]}), *steward]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "(fan_out)" in err
    repaired = next(line.split(": ", 1)[1] for line in err.splitlines() if line.startswith("- "))
    assert main(["ask", repaired, *steward]) == 0


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("{", "isn't valid JSON"),
        ('{"metric":["revenue"]}', "an unknown key 'metric'"),
        ('{"metrics":["revenu"]}', "Did you mean revenue or"),
        ("{}", "no metric"),
        ('{"metrics":["revenue"],"time":{"last":0,"unit":"day"}}', "'last' must be a whole number"),
        ('{"metrics":["revenue"],"limit":true}', "'limit'"),
        ('{"metrics":["revenue"],"time_zone":"Mars/Base"}', "isn't a time zone"),
        ('{"metrics":["revenue","revenue"]}', "twice"),
        ('{"v":2,"metrics":["revenue"]}', "version 2"),
    ],
)
def test_an_unreadable_question_is_reported(steward, capsys, question: str, says: str) -> None:
    assert main(["ask", question, *steward]) == 1
    out, err = capsys.readouterr()
    assert (out, says in err) == ("", True), err


def test_sql_is_printed_and_not_run(steward, capsys) -> None:
    assert main(["sql", ask({"metrics": ["revenue"]}), *steward]) == 0
    assert capsys.readouterr().out.startswith("SELECT")


def test_check_reports_what_is_valid(shop, capsys) -> None:
    assert main(["check", *shop]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "No problems found" in err


def test_an_unknown_person_is_reported(shop, capsys) -> None:
    assert main(["ask", ask({"metrics": ["revenue"]}), "--as", "nobody", *shop]) == 1
    assert "There is no person named 'nobody'" in capsys.readouterr().err


def test_wrong_usage_exits_with_2(capsys) -> None:
    with pytest.raises(SystemExit) as left:
        main(["ask"])
    assert left.value.code == 2
    assert main(["demo", "--orders", "many"]) == 2


def test_the_schema_is_json(capsys) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Samepage model file"


def test_the_shell_starts_without_libraries_that_few_commands_need() -> None:
    code = "import sys, semantic.__main__; print(*sorted({'alembic', 'authlib', 'xlsxwriter'} & set(sys.modules)))"
    started = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert started.stdout.split() == []
