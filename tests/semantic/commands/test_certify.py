"""Certifications written to files record the definition that they are for, and lapse if it changes."""

from pathlib import Path

import pytest

from semantic.commands.certify import run
from semantic.model.certification_status import lapsed_words
from semantic.model.editing.written_meaning import lapse_changed_metrics
from semantic.model.loading.load import load_model
from tests.semantic.services.certifying.certified_company import MODEL


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model.yml").write_text(MODEL, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("metric", ["revenue", "cost", "margin"])
def test_a_certification_applies_to_one_definition(
    folder: Path, metric: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([metric, "--by", "Bo, marketing operations", "--until", "2027-03-31", "--model", str(folder)]) == 0
    assert f"{metric}: certified by Bo, marketing operations until 2027-03-31" in capsys.readouterr().out
    model = load_model(folder)
    certified = model.metrics[metric].certified
    assert certified is not None
    assert (certified.by, certified.until.isoformat(), len(certified.meaning)) == (
        "Bo, marketing operations", "2027-03-31", 16,
    )  # fmt: skip
    lapse_changed_metrics(model)
    assert lapsed_words(model.metrics[metric]) == ""
    file = folder / "model.yml"
    text = file.read_text(encoding="utf-8")
    changed = text.replace("sql: amount}", "sql: amount + 1}").replace("sql: cost}", "sql: cost + 1}")
    file.write_text(changed, encoding="utf-8")
    after = load_model(folder)
    lapse_changed_metrics(after)
    assert lapsed_words(after.metrics[metric]) == "Certification lapsed: the definition changed."


def test_an_unknown_metric_changes_nothing(folder: Path) -> None:
    before = (folder / "model.yml").read_bytes()
    assert run(["revenue", "profit", "--by", "Bo", "--until", "2027-03-31", "--model", str(folder)]) == 1
    assert (folder / "model.yml").read_bytes() == before
