"""A comparison as files: the same numbers, and texts that can't run."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from zipfile import ZipFile

from pages.govern.reconciling.outcome import bars_of, writer_of
from semantic.display.charts.figures.steps import waterfall
from semantic.display.tokens import LIGHT
from semantic.reconciliation.rules import Rules
from semantic.reconciliation.words import OWN, SWITCH_LABELS, UNEXPLAINED, finding_words
from semantic.services.process import Live
from semantic.services.reconciling.files import to_csv, to_pdf, to_xlsx
from semantic.services.reconciling.work import Compared, ReconcilingWork
from tests.semantic.reconciliation.made_platform import MONTHS
from tests.semantic.services.reconciling.world import OURS, SETUP, THEIRS, log, person, whole


def compared(live: Live) -> Compared:
    return ReconcilingWork(live, person(live, "stew")).compare(replace(SETUP, label="=Meta"), MONTHS)


def test_csv_has_every_cell_and_the_total(live: Live) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(compared(live), "Campaign", {"Brand": "=1+1"}).decode("utf-8-sig"))))
    total = rows.pop()
    assert total["Month"] == "Total"
    assert float(total["Conversions"]) == whole(OURS.totals(log()))
    assert float(total["Conversions (Meta)"]) == whole(THEIRS.totals(log())) - 2
    assert float(total["Not explained"]) == -2
    assert {row["Campaign"] for row in rows} == {"'=1+1", "Generic", "Social"}
    named = {"Brand": "'=1+1"}
    truth = {(f"{month:%Y-%m}", named.get(name, name)): n for (month, name), n in OURS.totals(log()).items()}
    assert {(row["Month"], row["Campaign"]): float(row["Conversions"]) for row in rows} == {
        (row["Month"], row["Campaign"]): truth.get((row["Month"], row["Campaign"]), 0) for row in rows
    }
    parts = [name for name in (*SWITCH_LABELS.values(), OWN, UNEXPLAINED) if name in total]
    for row in [*rows, total]:
        assert abs(sum(float(row[name]) for name in parts) - float(row["Gap"])) < 1e-9


def test_a_spreadsheet_and_a_pdf_have_the_same_numbers(live: Live) -> None:
    found = compared(live)
    with ZipFile(io.BytesIO(to_xlsx(found, "Campaign", {}, "=The finding"))) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/")]
        assert len(sheets) == 2
        assert not any("<f>" in sheet for sheet in sheets)
        assert found.receipts[0] in book.read("xl/sharedStrings.xml").decode()
    assert to_csv(found, "Campaign", {}).count(b"\r\n") == len(found.cells) + 2


def test_the_finding_is_described_in_words(live: Live) -> None:
    found = compared(live).whole
    said = finding_words("Meta", found, SETUP.our_rules, SETUP.their_rules, lambda value: f"{float(value):.1f}")
    assert said.startswith(f"Meta reports {float(found.theirs)}, and we count {float(found.ours)}.")
    assert said.endswith("not explained: its number is lower than these rules give.")
    same = replace(found, theirs=found.ours, parts=(), unexplained=found.ours * 0)
    assert finding_words("Meta", same, Rules(), Rules(), str).endswith("There is no difference.")


def test_a_pdf_can_be_written(live: Live) -> None:
    found = compared(live)
    figure, _ = waterfall(bars_of(found, writer_of(found.metric), LIGHT), LIGHT)
    pdf = to_pdf(found, "Campaign", {}, "The finding.", figure, datetime(2026, 11, 30, tzinfo=UTC))
    assert pdf.startswith(b"%PDF")
    assert pdf == to_pdf(found, "Campaign", {}, "The finding.", figure, datetime(2026, 11, 30, tzinfo=UTC))
