"""A certification that no longer counts is shown nowhere: every surface, asked again after each thing that ends it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pages.explore.builder.metric_picker import find_metrics
from pages.metrics.list import BADGES
from pages.widgets.standing import MARKS, standing_mark
from semantic.api.tools import answer_data, listed_data
from semantic.display import trust
from semantic.display.export.export import export
from semantic.display.glossary.glossary import glossary_of, named_in_model
from semantic.model.definitions import Granularity
from semantic.model.standing import Standing
from semantic.query.query import Last, Query
from semantic.results.result import Result
from semantic.services.people import switch_off
from tests.semantic.services.certifying.certified_company import Company, company

LAST = Query(metrics=("revenue",), time=Last(1, Granularity.MONTH))


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Company]:
    with company(str(tmp_path / "store.sqlite"), tmp_path) as opened:
        opened.checked(days=30)
        opened.certify("revenue", by="ana", until=date(2027, 6, 30))
        yield opened


def asked(here: Company) -> Result:
    return here.live.workspace().ask(LAST, here.people["mia"])


def surfaces(here: Company, shown: Result) -> dict[str, bool]:
    """Whether each surface shows the metric as certified."""
    workspace, mia = here.live.workspace(), here.people["mia"]
    seen, today = workspace.visible(mia), workspace.today()
    metric, facts = seen.metric("revenue"), trust.facts(shown, today=today)
    sheet = openpyxl.load_workbook(io.BytesIO(export(shown, seen, "xlsx")))
    rows = [row for name in sheet.sheetnames for row in sheet[name].iter_rows(values_only=True)]
    cells = " ".join(str(cell) for row in rows for cell in row)
    schema = pq.read_schema(pa.BufferReader(export(shown, seen, "parquet")))
    about = json.dumps({str(key): value.decode() for key, value in (schema.metadata or {}).items()})
    api = json.dumps(answer_data(shown, seen))
    picked = {row.name: row for row in find_metrics("", seen).rows}
    listed = {str(each["name"]): each for each in listed_data("metric", workspace, mia)["metrics"]}
    words = {entry.name: entry for entry in glossary_of(seen, today, named_in_model(seen))}
    return {
        "trust of an answer": facts[0].state == "good",
        "trust of a board": trust.board_trust([("Revenue", facts)])[0].state == "good",
        "metric page": trust.metric_fact(metric, today=today).state == "good",
        "mark beside a name": standing_mark(metric, today).strip() == MARKS[Standing.CERTIFIED],
        "spreadsheet": "By Ana, marketing operations until" in cells,
        "parquet": "By Ana, marketing operations until" in about,
        "API, answer": "By Ana, marketing operations until" in api and '"state": "good"' in api,
        "API, list": listed["revenue"]["certified"] is not None,
        "glossary": words["revenue"].kind == "Metric, certified",
        "metric picker": picked["revenue"].mark == "Certified",
    }


def change_definition(here: Company) -> None:
    here.publish("measure: orders.amount", "measure: orders.amount\n    filter: market = 'DE'")


def change_what_it_reads(here: Company) -> None:
    here.publish("sql: amount}", "sql: amount * 2}")


def deactivate_owner(here: Company) -> None:
    switch_off(here.live, "bo", here.people["otto"], why="Left")


def deactivate_certifier(here: Company) -> None:
    switch_off(here.live, "ana", here.people["otto"], why="Left")


def revoke(here: Company) -> None:
    here.work("bo").revoke("revenue", "Wrong")


def run_out(here: Company) -> None:
    here.clock.at = here.clock.at.replace(year=2027, month=7, day=1)
    here.live.settle()


def break_check(here: Company) -> None:
    here.break_check()


ENDS = (change_definition, change_what_it_reads, deactivate_owner, deactivate_certifier, revoke, run_out, break_check)


@pytest.mark.parametrize("end", ENDS)
def test_the_badge_is_gone_everywhere_in_the_next_run(here: Company, end: Callable[[Company], None]) -> None:
    before = surfaces(here, asked(here))
    assert all(before.values()), before
    end(here)
    after = surfaces(here, asked(here))
    assert not any(after.values()), after


def test_an_answer_from_before_loses_its_badge_too(here: Company) -> None:
    shown = asked(here)
    change_definition(here)
    assert not any(value for name, value in surfaces(here, shown).items() if name.startswith(("trust", "API")))


def test_wording_keeps_it_everywhere(here: Company) -> None:
    here.publish("What customers paid.", "What customers have paid.")
    assert all(surfaces(here, asked(here)).values())


def test_every_standing_has_its_mark() -> None:
    assert set(MARKS) == set(Standing)
    assert set(BADGES) == set(Standing) - {Standing.CANDIDATE}
