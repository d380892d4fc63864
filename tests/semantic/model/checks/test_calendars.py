"""Calendars and parts of a date: what a model can declare, and how questions and pages use it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from semantic.display.format import part_text
from semantic.errors import ModelError, NoPath
from semantic.model.definitions import DatePart, Granularity
from semantic.model.loading.load import parse_model, read_folder
from semantic.query.codec import query_from_params, query_to_params
from semantic.query.data import query_from_data, query_to_data
from semantic.query.query import Breakdown, Query
from semantic.workspace import Workspace
from tests.copies import copy_shop
from tests.shop import SHOP, ShopWorkspace, open_shop

MODEL = """
datasets:
  - name: days
    table: days
    grain: [day]
    columns: {day: date, begins: date, number: integer, share: double, at: timestamp}
    dimensions:
      - {name: day, kind: time}
      - {name: begins, kind: time}
      - {name: at, kind: time}
      - {name: number}
      - {name: share}
calendars:
  - {name: own, dataset: days, day: day, periods: [{name: own_month, dimension: begins, number: number}]}
"""


def test_a_valid_calendar_is_read() -> None:
    table, period = parse_model({"m.yml": MODEL}).period("own_month") or pytest.fail("no period")
    assert (table.name, period.label, period.dimension, period.number) == ("own", "Own month", "begins", "number")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("dataset: days, day: day", "dataset: dayz, day: day", "which is not a dataset. Did you mean days?"),
        ("dataset: days, day: day", "dataset: days, day: at", "not a time dimension of dates"),
        ("dataset: days, day: day", "dataset: days, day: begins", "needs one row for each day"),
        ("dimension: begins", "dimension: beginz", "Did you mean begins?"),
        ("dimension: begins", "dimension: share", "of type double"),
        ("number: number}]", "number: begins}]", "not a dimension of whole numbers"),
        ("name: own_month,", "name: month,", "the name of a granularity"),
        ("number: number}]", "number: number}, {name: own_month, dimension: begins}]", "Rename one"),
    ],
)
def test_calendar_errors_name_their_line(old: str, new: str, said: str) -> None:
    with pytest.raises(ModelError) as caught:
        parse_model({"m.yml": MODEL.replace(old, new)})
    (problem,) = caught.value.problems
    assert said in f"{problem.message} {problem.remedy}"
    assert (problem.file, problem.line) == ("m.yml", 14)


@pytest.mark.parametrize(
    ("one", "data", "address"),
    [
        (Breakdown("date", part=DatePart.DOW), {"dim": "date", "part": "dow"}, "date:part.dow"),
        (Breakdown("date", period="retail_month"), {"dim": "date", "grain": "retail_month"}, "date:retail_month"),
        (Breakdown("date", Granularity.MINUTE), {"dim": "date", "grain": "minute"}, "date:minute"),
    ],
)
def test_a_breakdown_is_the_same_in_json_and_in_the_address(one: Breakdown, data: object, address: str) -> None:
    query = Query(metrics=("revenue",), by=(one,))
    assert query_to_data(query)["by"] == [data]
    assert query_to_params(query)["by"] == [address]
    assert query_from_data(query_to_data(query)) == query == query_from_params(query_to_params(query))


def test_parts_are_read_in_words() -> None:
    parts = [
        (7, DatePart.DOW),
        (1, DatePart.MONTH),
        (3, DatePart.QUARTER),
        (9, DatePart.HOUR),
        (2, DatePart.DAY_NUMBER),
    ]
    assert [part_text(*part) for part in parts] == ["Sun", "Jan", "Q3", "09:00", "Day 2"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return open_shop(copy_shop(Path(tmp_path_factory.mktemp("shop")) / "shop.duckdb"))


def test_a_question_offers_what_its_dates_have(shop: Workspace) -> None:
    steward = shop.people["steward"]
    instants = shop.preflight(Query(metrics=("revenue",)), steward).splits
    days = shop.preflight(Query(metrics=("cost",)), steward).splits
    assert Breakdown("date", period="retail_month") in days
    assert Breakdown("date", part=DatePart.DOW) in days
    assert set(instants) - set(days) == {Breakdown("date", part=DatePart.HOUR)}
    assert shop.preflight(Query(), steward).splits == ()


def test_titles_say_the_part_and_the_period(shop: Workspace) -> None:
    by = (Breakdown("date", part=DatePart.MONTH), Breakdown("date", period="retail_month"))
    preflight = shop.preflight(Query(metrics=("revenue",), by=by), shop.people["steward"])
    assert preflight.title == "Revenue by month of the year and retail month"


# Days without a metric


@pytest.fixture(scope="module")
def with_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    """The shop, with retail days as its model's days."""
    folder = tmp_path_factory.mktemp("with_days")
    for file, text in read_folder(SHOP).items():
        changed = text.replace("  name: Shop\n", "  name: Shop\n  spine: retail_days.retail_day\n")
        (folder / Path(file).name).write_text(changed, encoding="utf-8")
    settings = replace(open_shop(copy_shop(folder / "shop.duckdb")).settings, model=folder)
    opened = ShopWorkspace.open(settings)
    assert isinstance(opened, ShopWorkspace)
    yield opened
    opened.close()


def months(workspace: ShopWorkspace, **more: Any) -> list[date]:
    question = {"by": [{"dim": "date", "grain": "month"}], **more}
    answer = workspace.ask(query_from_data(question), workspace.people["steward"])
    return sorted(answer.table.column("date_month").to_pylist())


def test_the_months_of_the_models_days_are_listed_and_chosen_by_their_date(with_days: ShopWorkspace) -> None:
    """The days are 2 February to 3 May 2025 and 1 February to 2 May 2026."""
    assert months(with_days) == [date(year, month, 1) for year in (2025, 2026) for month in (2, 3, 4, 5)]
    where = {"sql": "metric_time__day >= '2026-04-01'"}
    assert months(with_days, where=where) == [date(2026, 4, 1), date(2026, 5, 1)]
    may = {"dim": "date__extract_month", "op": "in", "values": [5]}
    assert months(with_days, where=may) == [date(2025, 5, 1), date(2026, 5, 1)]


@pytest.mark.parametrize(
    "where",
    [
        {"dim": "channel", "op": "in", "values": ["Mail"]},
        {"not": {"dim": "channel", "op": "in", "values": ["Mail"]}},
        {"and": [{"sql": "metric_time__day >= '2026-04-01'"}, {"dim": "channel", "op": "in", "values": ["Mail"]}]},
    ],
    ids=["only", "not", "beside a date"],
)
def test_a_calendar_of_months_alone_has_no_channel(with_days: ShopWorkspace, where: dict[str, Any]) -> None:
    with pytest.raises(NoPath, match=r"Month can only be listed with a metric\. Add one\."):
        months(with_days, where=where)
