"""Platform totals that a marketer uploads, in the platforms' formats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from semantic.errors import NotAllowed
from semantic.services.process import Live
from semantic.services.reconciling.work import ReconcilingWork
from semantic.services.uploads import UploadWork
from semantic.uploads.reading import read_file
from semantic.uploads.upload import metric_name
from tests.semantic.reconciliation.made_platform import MONTHS
from tests.semantic.services.reconciling.world import DOLLARS, SETUP, THEIRS, log, open_world, person, whole


@pytest.fixture
def live(tmp_path: Path, empty_store: Path) -> Iterator[Live]:
    opened = open_world(tmp_path, empty_store, has_uploads=True)
    yield opened
    opened.close()


def uploaded(live: Live, content: bytes, column: str) -> str:
    """Upload a file as Mark, and return the name of its metric. Its campaigns are the model's."""
    work = UploadWork(live, person(live, "mark"))
    reading = read_file(content)
    made = work.make(reading, work.plan(reading, label="Meta totals", dimensions={"campaign": "campaign"}))
    return metric_name(work.find(made).plan, column)


def test_a_marketer_reconciles_uploaded_totals(live: Live) -> None:
    """The file is as spreadsheets write it: UTF-16, with semicolons, a total and a campaign that looks like a
    formula.
    """
    rows = [f"{month:%d.%m.%Y};{campaign};{int(count)}" for (month, campaign), count in THEIRS.totals(log()).items()]
    rows += ["01.10.2026;=HYPERLINK(A1);7", "Total;;99999"]
    name = uploaded(live, "\n".join(["Month;Campaign;Conversions", *rows]).encode("utf-16"), "conversions")
    mark = ReconcilingWork(live, person(live, "mark"))
    setup = replace(SETUP, theirs=name)
    kept = mark.find(mark.make(setup))
    compared = mark.compare(kept.setup, MONTHS)
    assert compared.whole.theirs == whole(THEIRS.totals(log())) + 7
    assert compared.whole.unexplained == 7
    assert compared.unmatched == ("=HYPERLINK(A1)",)
    # Until the upload is shared, its totals are for its owner alone, and so is the comparison.
    steward = ReconcilingWork(live, person(live, "stew"))
    assert steward.all() == []
    with pytest.raises(NotAllowed):
        steward.find(kept.id)


def test_uploaded_totals_can_be_in_dollars(live: Live) -> None:
    values = THEIRS.totals(log(valued=True))
    rows = [f"{month},{campaign},${float(value * DOLLARS[month]):.2f}" for (month, campaign), value in values.items()]
    content = "\n".join(["month,campaign,value", *rows]).encode()
    name = uploaded(live, content, "value")
    setup = replace(
        SETUP,
        metric="value",
        theirs=name,
        conversions=replace(SETUP.conversions, value="sale_value"),
        their_rules=replace(SETUP.their_rules, currency="USD", rate=Fraction(1)),
        model_rates=True,
    )
    compared = ReconcilingWork(live, person(live, "mark")).compare(setup, MONTHS)
    assert compared.whole.theirs == sum(value * DOLLARS[month] for (month, _), value in values.items())
    assert compared.whole.unexplained == 0
