"""The command `funnel`: the numbers on stdout, and how they were counted on stderr."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from semantic.__main__ import main
from tests.semantic.analyses.events.logged import Row, open_log

STEPS = '{"subject": "person", "steps": ["views", "carts"]'
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A log in which two people view, and one of them has a cart an hour later."""
    folder = tmp_path_factory.mktemp("log")
    acts = (("p1", "a", 0, "phone"), ("p1", "b", 1, "phone"), ("p2", "a", 0, "desktop"))
    rows = [
        Row(
            table="actions", key=f"{person}{act}", person=person, act=act, market="DE", device=device,
            at=NOON + timedelta(hours=hour),
        )
        for person, act, hour, device in acts
    ]  # fmt: skip
    open_log(folder, rows).close()
    return ["--model", str(folder / "model"), "--data", str(folder / "log.duckdb"), "--as", "ana"]


def test_steps_and_groups_are_printed_with_the_rule(log: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["funnel", STEPS + ', "by": "device", "within": "2 days"}', *log, "--today", "2026-03-03"]) == 0
    out, err = capsys.readouterr()
    assert [line.split() for line in out.splitlines()[3:5]] == [
        ["Views", "2"],
        ["Carts", "1", "50.0%", "9.5%", "–", "90.5%", "50.0%", "1", "hour"],
    ]
    assert ["Phone", "1", "1", "100.0%"] in [line.split() for line in out.splitlines()]
    assert "50.0% of people got from Views to Carts. Half of those" in out, "a single step has no biggest drop"
    assert "Half of those who converted did so within 1 hour. This is based on only 2 people." in out
    assert "1 person hasn't converted yet, but still can within the time limit." in err
    assert "  Only the first try in the period counts. It begins with the first step." in err.splitlines()


def test_json_has_all_numbers(
    log: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(STEPS + "}"))
    assert main(["funnel", "-", *log, "--json", "--today", "2026-03-20"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["whole"]["counts"] == [2, 1]
    assert data["whole"]["rates"] == [1.0, 0.5]
    assert data["whole"]["mean_seconds_since_start"] == [3600.0]
    assert data["whole"]["converted_within_seconds"]["3600"] == 1
    assert data["whole"]["converted_within_seconds"]["900"] == 0
    assert (data["steps"], data["groups"], data["not_finished"]) == (["Views", "Carts"], [], None)


def test_sql_is_printed_and_not_run(log: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["funnel", STEPS + "}", *log, "--sql"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("WITH _events AS (")
    assert "FROM actions" in out


def test_a_funnel_that_no_one_began_is_an_answer(log: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    asked = STEPS + ', "time": {"from": "2026-03-10", "to": "2026-03-12"}}'
    assert main(["funnel", asked, *log, "--today", "2026-03-20"]) == 0
    assert "No people reached Views in this period." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("funnel", "says"),
    [
        ("{", "isn't valid JSON"),
        ('{"steps": ["views", "carts"]}', "Name the 'subject'"),
        ('{"subject": "person", "steps": ["views", "cart"]}', "There is no metric named 'cart'."),
    ],
)
def test_an_invalid_funnel_is_reported(
    log: list[str], capsys: pytest.CaptureFixture[str], funnel: str, says: str
) -> None:
    assert main(["funnel", funnel, *log]) == 1
    out, err = capsys.readouterr()
    assert says in err
    assert out == ""


def test_an_unknown_person_is_reported(log: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["funnel", STEPS + "}", *log[:-1], "nemo"]) == 1
    assert "There is no person named 'nemo'." in capsys.readouterr().err
