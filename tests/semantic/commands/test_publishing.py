"""Shell commands for versions: a model that is pulled, edited and pushed goes live, and no changes are lost."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from semantic.__main__ import main
from semantic.config.settings import load_settings
from semantic.errors import ModelError
from semantic.model.loading import load
from semantic.services.process import Live
from tests.semantic.store import stores
from tests.semantic.store.small_model import small_model, write_model, write_rows

SEED = small_model()
Said = tuple[int, str, str]
Shell = Callable[..., Said]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Runs a command, and returns its exit code, stdout and stderr."""
    monkeypatch.setenv("SAMEPAGE_STORE", str(tmp_path / "store.sqlite"))
    monkeypatch.setenv("SAMEPAGE_AUDIT_KEY", stores.SECRET)
    monkeypatch.setenv("SAMEPAGE_DATA", str(write_rows(tmp_path / "rows.duckdb")))
    monkeypatch.setenv("SAMEPAGE_MODEL", str(write_model(tmp_path / "shipped", SEED)))
    monkeypatch.setenv("SAMEPAGE_MODEL_SOURCE", "store")
    monkeypatch.setenv("SAMEPAGE_MODEL_CACHE", "none")

    def run(*arguments: object) -> Said:
        code = main([str(argument) for argument in arguments])
        output = capsys.readouterr()
        return code, output.out, output.err

    return run


def _changed(folder: Path, before: str, after: str, file: str = "orders.yml") -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert before in text
    (folder / file).write_text(text.replace(before, after), encoding="utf-8")


def _revenue(shell: Shell) -> float:
    code, out, _ = shell("ask", '{"metrics":["revenue"]}', "--as", "jonas", "--json")
    assert code == 0
    return float(json.loads(out)["rows"][0]["revenue"])


def test_a_pulled_changed_and_pushed_model_goes_live(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    assert shell("pull", folder)[:2] == (0, f"{folder}\n")
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == {
        "orders.yml", "access/policies.yml", ".samepage-version",
    }  # fmt: skip
    assert (folder / "orders.yml").read_text(encoding="utf-8") == SEED["orders.yml"]
    assert _revenue(shell) == 60
    _changed(folder, "sql: amount", "sql: amount + 1")
    code, out, err = shell("push", folder, "--note", "A fee")
    assert (code, out) == (0, "2\n")
    assert "live now" in err
    assert _revenue(shell) == 63
    live = Live.open(load_settings())  # as the app does
    published = live.workspace().published
    live.close()
    assert published is not None
    assert (published.number, published.note, published.author_name) == (2, "A fee", "You, on this machine")
    assert shell("push", folder, "--note", "Again")[:2] == (0, "")
    _, out, _ = shell("versions")
    assert [line.split()[0] for line in out.splitlines()[-2:]] == ["2", "1"]
    assert [("runs" in line, "A fee" in line) for line in out.splitlines()[-2:]] == [(True, True), (False, False)]


def test_check_fields_and_sql_use_the_running_version(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shell("pull", folder)
    _changed(folder, "sql: amount", "sql: amount + 7")
    _changed(folder, "label: Revenue", "label: Turnover")
    shell("push", folder, "--note", "Renamed")
    assert "Version 2: 1 dataset, 2 metrics" in shell("check")[2]
    assert "Turnover" in shell("fields", "--as", "jonas")[1]
    assert "+ 7" in shell("sql", '{"metrics":["revenue"]}', "--as", "jonas")[1]
    named = shell("sql", '{"metrics":["revenue"]}', "--as", "jonas", "--model", tmp_path / "shipped")[1]
    assert "+ 7" not in named


def test_two_different_changes_are_merged(shell: Shell, tmp_path: Path) -> None:
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    shell("pull", mine)
    shell("pull", theirs)
    _changed(theirs, "label: Orders", "label: Number of orders")
    assert shell("push", theirs, "--note", "Theirs")[0] == 0
    _changed(mine, "label: Revenue", "label: Turnover")
    code, out, err = shell("push", mine, "--note", "Mine")
    assert (code, out) == (0, "3\n")
    assert "everything published since version 1" in err
    text = (mine / "orders.yml").read_text(encoding="utf-8")
    assert ("label: Turnover" in text, "label: Number of orders" in text) == (True, True)
    assert shell("pull", tmp_path / "again")[0] == 0
    assert (tmp_path / "again" / "orders.yml").read_text(encoding="utf-8") == text


def test_conflicts_are_shown_and_nothing_is_published(shell: Shell, tmp_path: Path) -> None:
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    shell("pull", mine)
    shell("pull", theirs)
    _changed(theirs, "label: Revenue", "label: Income")
    shell("push", theirs, "--note", "Theirs")
    _changed(mine, "label: Revenue", "label: Turnover")
    code, out, err = shell("push", mine, "--note", "Mine")
    assert code == 1
    assert out.startswith(f"{mine / 'orders.yml'}:12: Both changed the metric 'revenue'")
    assert ("label: Turnover" in out, "label: Income" in out, "1 conflict. " in err) == (True, True, True)
    assert "Mine" not in shell("versions")[1]
    assert "Turnover" in (mine / "orders.yml").read_text(encoding="utf-8")
    assert shell("push", mine, "--note", "Mine", "--settle", "mine")[:2] == (0, "3\n")
    assert "Turnover" in shell("fields", "--as", "jonas")[1]


def test_a_merge_that_is_not_a_valid_model_is_refused(shell: Shell, tmp_path: Path) -> None:
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    shell("pull", mine)
    shell("pull", theirs)
    _changed(theirs, "  - {name: orders, measure: orders.orders, label: Orders}\n", "")
    shell("push", theirs, "--note", "Theirs")
    with (mine / "orders.yml").open("a", encoding="utf-8") as file:
        file.write("  - {name: each, kind: ratio, numerator: revenue, denominator: orders}\n")
    code, _, err = shell("push", mine, "--note", "Mine")
    assert code == 1
    assert "'orders'" in err
    assert "merged with those up to version 2, don't make a valid model" in err


def test_a_folder_without_a_version_is_not_published_over_one(shell: Shell, tmp_path: Path) -> None:
    own = write_model(tmp_path / "own", small_model("amount + 1"))
    code, _, err = shell("push", own, "--note", "Ours")
    assert code == 1
    assert "doesn't say which version it was made from" in err
    (own / ".samepage-version").write_text(f"1 {'0' * 64}\n", encoding="ascii")
    assert "another store" in shell("push", own, "--note", "Ours")[2]
    (own / ".samepage-version").write_text("; rm -rf /", encoding="ascii")
    assert "doesn't say which version" in shell("push", own, "--note", "Ours")[2]
    assert shell("push", own, "--note", "Ours", "--replace")[:2] == (0, "2\n")
    assert _revenue(shell) == 63


def test_pull_discards_nothing(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shell("pull", folder)
    (folder / "more.yml").write_text("segments: []\n", encoding="utf-8")
    (folder / "README.md").write_text("Ours\n", encoding="utf-8")
    code, _, err = shell("pull", folder)
    assert (code, "has unpublished changes" in err) == (1, True)
    assert (folder / "more.yml").exists()
    assert shell("pull", folder, "--force")[0] == 0
    assert (folder / "README.md").exists()
    assert not (folder / "more.yml").exists()


def test_an_earlier_version_is_pulled_and_rolled_back_to(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shell("pull", folder)
    _changed(folder, "sql: amount", "sql: amount + 1")
    shell("push", folder, "--note", "A fee")
    assert shell("pull", folder, "--version", 1)[0] == 0
    assert (folder / "orders.yml").read_text(encoding="utf-8") == SEED["orders.yml"]
    assert shell("rollback", 1, "--note", "No fee")[:2] == (0, "3\n")
    assert _revenue(shell) == 60
    code, _, err = shell("rollback", 9, "--note", "No such")
    assert (code, "no version 9 of the model" in err) == (1, True)
    assert shell("pull", folder, "--version", 9)[0] == 1


def test_a_version_for_later_does_not_run_yet(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shell("pull", folder)
    _changed(folder, "sql: amount", "sql: amount + 1")
    code, _, err = shell("push", folder, "--note", "A fee", "--effective", "2126-07-01")
    assert (code, "takes effect on 2126-07-01 00:00 UTC" in err) == (0, True)
    assert _revenue(shell) == 60
    assert "from 2126-07-01 00:00" in shell("versions")[1]
    for wrong in ("soon", "2126-07-01T06:00"):
        with pytest.raises(SystemExit):
            main(["push", str(folder), "--note", "x", "--effective", wrong])


def test_a_difference_is_described_in_words_and_sql(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shell("pull", folder)
    assert "No changes." in shell("diff", folder)[2]
    _changed(folder, "sql: amount", "sql: amount + 7")
    code, out, err = shell("diff", folder, "--sql")
    assert (code, f"From version 1 to {folder}: 1 metric calculated differently." in err) == (0, True)
    assert "The dataset 'orders' is changed." in out
    assert [line for line in out.splitlines() if "+ 7" in line and line.startswith("+")]
    shell("push", folder, "--note", "More")
    assert "From version 1 to version 2: 1 metric calculated differently." in shell("diff")[2]
    assert "From version 2 to version 1: 1 metric calculated differently." in shell("diff", 2, 1)[2]
    assert "From version 2 to version 2: No changes." in shell("diff", 2)[2]
    assert shell("diff", 3, 1)[0] == 1
    assert shell("diff", tmp_path / "nowhere")[0] == 1


def test_a_model_that_does_not_load_is_refused_with_its_lines(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shell("pull", folder)
    _changed(folder, "agg: sum", "agg: summ")
    code, _, err = shell("push", folder, "--note", "Wrong")
    assert (code, "orders.yml:9:" in err) == (1, True)
    assert "Wrong" not in shell("versions")[1]


RULED = """\
datasets:
  - name: orders
    sql: SELECT country, sum(amount) AS amount, sum(sum(amount)) OVER () AS everywhere FROM orders GROUP BY country
    grain: [country]
    columns: {country: string, amount: "decimal(38,2)", everywhere: "decimal(38,2)"}
    dimensions:
      - {name: country}
    measures:
      - {name: amount, agg: sum, sql: amount}
metrics:
  - {name: revenue, measure: orders.amount, label: Revenue}
"""


def test_a_published_model_that_no_longer_loads_is_pulled_repaired_and_pushed(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The previous release published models whose row rules don't reach inside a dataset's SQL."""
    folder = tmp_path / "model"
    shell("pull", folder)
    (folder / "orders.yml").write_text(RULED, encoding="utf-8")
    rule = "    rows: [{dataset: orders, where: country = 'DE'}]\n"
    _changed(folder, "    whole: all\n", rule, file="access/policies.yml")
    with monkeypatch.context() as previous_release:
        previous_release.setattr("semantic.model.checks.validate.row_rule_problems", lambda model: iter(()))
        assert shell("push", folder, "--note", "By country")[:2] == (0, "2\n")
    load._parse.cache_clear()  # a new process checks the model again
    with pytest.raises(ModelError, match="orders"):
        Live.open(load_settings())
    code, _, err = shell("ask", '{"metrics":["revenue"]}', "--as", "jonas", "--json")
    assert code == 1
    assert "row_rules_reviewed" in err
    fresh = tmp_path / "fresh"
    assert shell("pull", fresh)[0] == 0
    _changed(fresh, ", sum(sum(amount)) OVER () AS everywhere", "")
    _changed(fresh, ', everywhere: "decimal(38,2)"', "")
    code, out, err = shell("push", fresh, "--note", "Without the sum of everything")
    assert (code, out) == (0, "3\n"), err
    assert _revenue(shell) == 30
