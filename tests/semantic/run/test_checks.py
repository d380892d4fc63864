"""How many keys of each relationship match a row, as reported by data checks and the shell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from semantic.__main__ import main
from semantic.config.settings import Settings
from semantic.run.checks import Finding
from semantic.workspace import Workspace

MODEL = """
datasets:
  - name: deals
    table: deals
    grain: [deal_id]
    columns: {deal_id: integer, lead_id: string, seller: string}
    entities:
      - {name: lead, kind: foreign, columns: [lead_id]}
      - {name: seller, kind: foreign, columns: [seller]}
    measures: [{name: deals, agg: count}]
    %s
  - name: leads
    table: leads
    grain: [lead_id]
    columns: {lead_id: string}
    entities: [{name: lead, kind: primary, columns: [lead_id]}]
    measures: [{name: leads, agg: count}]
  - name: answers
    table: answers
    grain: [lead_id]
    columns: {lead_id: string}
    entities: [{name: lead, kind: primary, columns: [lead_id]}]
  - name: sellers
    table: sellers
    grain: [seller]
    columns: {seller: string}
    entities: [{name: seller, kind: primary, columns: [seller]}]
metrics:
  - {name: deals, measure: deals.deals}
policies:
  - {name: all, who: {roles: [viewer]}, grant: {metrics: all, dimensions: all}, whole: all}
"""
ROWS = """
CREATE TABLE deals (deal_id BIGINT, lead_id VARCHAR, seller VARCHAR);
INSERT INTO deals VALUES
  (1, 'a', 's1'), (2, 'b', 's1'), (3, 'c', 's2'), (4, 'x', 's2'), (5, 'y', 's2'), (6, NULL, 's1'), (7, 'a', NULL);
CREATE TABLE leads (lead_id VARCHAR);
INSERT INTO leads VALUES ('a'), ('b'), ('c');
CREATE TABLE answers (lead_id VARCHAR);
INSERT INTO answers VALUES ('a');
CREATE TABLE sellers (seller VARCHAR);
INSERT INTO sellers VALUES ('s1'), ('s2');
"""
Shell = Callable[[str], tuple[int, str, str]]


def write(folder: Path, checks: str, model: str = MODEL) -> Settings:
    (folder / "model").mkdir()
    (folder / "model" / "m.yml").write_text(model % checks, encoding="utf-8")
    with duckdb.connect(folder / "rows.duckdb") as connection:
        connection.execute(ROWS)
    return Settings(data=str(folder / "rows.duckdb"), model=folder / "model")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    def check(checks: str = "") -> tuple[int, str, str]:
        settings = write(tmp_path, checks)
        monkeypatch.setenv("SAMEPAGE_MODEL_CACHE", str(tmp_path / "cache"))
        code = main(["check", "--connect", "--model", str(settings.model), "--data", settings.data])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return check


def found(tmp_path: Path, checks: str = "", model: str = MODEL) -> list[Finding]:
    workspace = Workspace.open(write(tmp_path, checks, model))
    findings = workspace.check_data()
    workspace.close()
    return [finding for finding in findings if finding.kind == "match"]


def test_each_relationship_says_how_many_keys_match(tmp_path: Path) -> None:
    """Six deals have a lead: a, b, c, x, y and a again. x and y aren't leads, and only a has an answer."""
    assert [(finding.id, finding.what, finding.ok, finding.warns) for finding in found(tmp_path)] == [
        ("deals.match.lead.leads", "lead matches leads: 66.667% of 6 keys, 2 match nothing", True, True),
        ("deals.match.lead.answers", "lead matches answers: 33.333% of 6 keys, 4 match nothing", True, True),
        ("deals.match.seller.sellers", "seller matches sellers: all 6 keys", True, False),
        # An entity and its extra table are joined in both directions, and not every lead has an answer.
        ("leads.match.lead.answers", "lead matches answers: 33.333% of 3 keys, 2 match nothing", True, False),
        ("answers.match.lead.leads", "lead matches leads: all 1 key", True, False),
    ]


def test_the_shell_says_that_all_checks_pass_only_if_all_do(shell: Shell) -> None:
    code, out, err = shell("")
    assert code == 0
    assert "WARN deals: lead matches leads: 66.667% of 6 keys, 2 match nothing\n" in out
    assert "ok   deals: seller matches sellers: all 6 keys\n" in out
    assert "13 checks, none failed, 2 relationships have keys that match nothing." in err
    assert "all hold" not in err


def test_a_check_of_the_matching_share_replaces_the_rate(tmp_path: Path) -> None:
    stated = "checks: [{relationship: {entity: lead, at_least: 0.5}}]"
    assert [(finding.id, finding.warns) for finding in found(tmp_path, stated)] == [
        ("deals.match.lead.leads", False),  # the check accepts a lead in either dataset; these are the two rates
        ("deals.match.lead.answers", False),
        ("deals.match.seller.sellers", False),
        ("leads.match.lead.answers", False),
        ("answers.match.lead.leads", False),
    ]


def test_a_check_of_one_datasets_key_replaces_its_rate(tmp_path: Path) -> None:
    stated = "checks: [{relationship: {entity: seller, at_least: 0.5}}]"
    assert "deals.match.seller.sellers" not in [finding.id for finding in found(tmp_path, stated)]


def test_rows_that_reference_an_entity_by_its_own_key_can_be_missing(tmp_path: Path) -> None:
    """Only lead a has an answer. With an answer's key as a foreign key, there is no warning about deals or leads."""
    own = "entities: [{name: lead, kind: primary, columns: [lead_id]}]\n  - name: sellers"
    beside = MODEL.replace(own, own.replace("primary", "foreign"))
    assert beside != MODEL
    findings = found(tmp_path, model=beside)
    assert [(finding.what, finding.warns) for finding in findings if "answers" in finding.id] == [
        ("lead matches answers: 33.333% of 6 keys, 4 match nothing", False),
        ("lead matches answers: 33.333% of 3 keys, 2 match nothing", False),
        ("lead matches leads: all 1 key", False),
    ]
    assert [finding.warns for finding in findings if finding.id == "deals.match.lead.leads"] == [True]


def test_a_failed_check_is_reported(shell: Shell) -> None:
    code, out, err = shell("checks: [{relationship: {entity: lead, at_least: 0.9}}]")
    assert code == 1
    assert "FAIL deals: lead matches a row: 66.667%, at least 90.000%\n" in out
    assert "14 checks, 1 failed." in err
