"""Calendars and parts of a date: what a model may say of them, and how they are read in a question and on screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from semantic.display.format import part_text
from semantic.errors import ModelError
from semantic.model.definitions import DatePart, Granularity
from semantic.model.load import parse_model
from semantic.query.codec import query_from_params, query_to_params
from semantic.query.data import query_from_data, query_to_data
from semantic.query.query import Breakdown, Query
from semantic.workspace import Workspace
from tests.shop import build_shop, open_shop

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


def test_a_calendar_that_holds_is_read() -> None:
    table, period = parse_model({"m.yml": MODEL}).period("own_month") or pytest.fail("no period")
    assert (table.name, period.label, period.dimension, period.number) == ("own", "Own month", "begins", "number")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("dataset: days, day: day", "dataset: dayz, day: day", "which is not there. Did you mean days?"),
        ("dataset: days, day: day", "dataset: days, day: at", "no time dimension of dates"),
        ("dataset: days, day: day", "dataset: days, day: begins", "has not one row for each day"),
        ("dimension: begins", "dimension: beginz", "Did you mean begins?"),
        ("dimension: begins", "dimension: share", "of the type double"),
        ("number: number}]", "number: begins}]", "no dimension of whole numbers"),
        ("name: own_month,", "name: month,", "the name of a granularity"),
        ("number: number}]", "number: number}, {name: own_month, dimension: begins}]", "Rename one"),
    ],
)
def test_what_is_wrong_with_a_calendar_is_said_with_its_line(old: str, new: str, said: str) -> None:
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
    assert [part_text(*one) for one in parts] == ["Sun", "Jan", "Q3", "09:00", "Day 2"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return open_shop(build_shop(Path(tmp_path_factory.mktemp("shop")) / "shop.duckdb"))


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
    found = shop.preflight(Query(metrics=("revenue",), by=by), shop.people["steward"])
    assert found.title == "Revenue by month of the year and retail month"
