"""Digests of rows and definitions: equal for equal content, different if a number can differ."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from semantic.model.loading.load import load_model
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.policy.narrow import narrow
from semantic.policy.people import read_people
from semantic.query.codec import query_from_json
from semantic.results.digests import attributes_text, definitions_of, policy_digest, rows_digest
from tests.semantic.made_results import CHANNEL, REVENUE, result
from tests.shop import SHOP

ROWS: list[tuple[Any, ...]] = [("Search", 10.0), ("Social", None), (None, 0.5)]
SUMMED = replace(REVENUE, exact=False)


def test_the_same_rows_have_one_digest_whatever_their_memory_layout() -> None:
    shown = result([CHANNEL, REVENUE], ROWS)
    apart = pa.concat_tables([shown.table.slice(0, 1), shown.table.slice(1)])
    cut = pa.concat_tables([shown.table.slice(2), shown.table]).slice(1)
    assert {rows_digest(replace(shown, table=one)) for one in (shown.table, apart, cut)} == {rows_digest(shown)}


@pytest.mark.parametrize(
    "rows",
    [
        [ROWS[1], ROWS[0], ROWS[2]],
        ROWS[:2],
        [("Search", 10.0), ("Social", 0.0), (None, 0.5)],
        [("Search", 10.0), ("Social", None), ("", 0.5)],
        [("SearchS", 10.0), ("ocial", None), (None, 0.5)],
        [("Search", math.nextafter(10.0, 11.0)), ("Social", None), (None, 0.5)],
    ],
    ids=["another order", "a row less", "0 for nothing", "an empty text for nothing", "a letter moved", "the last bit"],
)
def test_different_rows_have_different_digests(rows: list[tuple[Any, ...]]) -> None:
    assert rows_digest(result([CHANNEL, REVENUE], rows)) != rows_digest(result([CHANNEL, REVENUE], ROWS))


def test_sums_of_fractions_count_with_nine_digits() -> None:
    digests = [rows_digest(result([SUMMED], [(number,)])) for number in (0.1 + 0.2, 0.3, 0.300000001, 0.0, -0.0)]
    assert digests[0] == digests[1]
    assert digests[3] == digests[4]
    assert len(set(digests)) == 3


def test_every_type_of_a_column_counts() -> None:
    """Each pair differs in one value. Columns also have a missing value in between."""
    pairs: list[tuple[pa.DataType, Any, Any]] = [
        (pa.int64(), 1, 2),
        (pa.bool_(), True, False),
        (pa.date32(), 1, 2),
        (pa.timestamp("us", tz="UTC"), 1, 2),
        (pa.decimal128(18, 4), Decimal("1.0000"), Decimal("1.0001")),
        (pa.string(), "a", "b"),
        (pa.float64(), 1.0, float("nan")),
    ]
    for kind, first, second in pairs:
        shown = result([REVENUE], [(1.0,)])
        tables = [pa.table({"revenue": pa.array([one, None, first], kind)}) for one in (first, second, first)]
        one, other, again = (rows_digest(replace(shown, table=table)) for table in tables)
        assert (one == again, one == other) == (True, False), kind


# Definitions: the shop's own, each with one change


@pytest.fixture(scope="module")
def shop() -> Model:
    return load_model(SHOP)


def changed(tmp_path: Path, before: str, after: str) -> Model:
    for file in SHOP.glob("*.yml"):
        text = file.read_text(encoding="utf-8")
        (tmp_path / file.name).write_text(text.replace(before, after, 1), encoding="utf-8")
    assert any(before in file.read_text(encoding="utf-8") for file in SHOP.glob("*.yml"))
    return load_model(tmp_path)


ASKED = query_from_json('{"metrics":["aov"],"by":["channel"],"where":{"dim":"device","op":"in","values":["mobile"]}}')


@pytest.mark.parametrize(
    ("before", "after", "differs"),
    [
        ("revenue, measure: orders.amount, filter: NOT is_test", "revenue, measure: orders.amount", {"metric:aov"}),
        ("{name: cost, measure: ads.cost,", "{name: cost, measure: ads.cost, description: What ads cost,", set()),
        ("visits, measure: sessions.sessions, filter: NOT is_bot", "visits, measure: sessions.sessions", set()),
        ("format: money, enough: {denominator: 3}}", "format: number}", set()),
        ("numerator: revenue, denominator: order_count", "numerator: revenue, denominator: buyers", {"metric:aov"}),
    ],
    ids=["an input's filter", "words of another", "another metric", "how it is written", "another denominator"],
)  # fmt: skip
def test_a_definition_differs_when_its_number_could(
    shop: Model, tmp_path: Path, before: str, after: str, differs: set[str]
) -> None:
    then, now = definitions_of(ASKED, shop), definitions_of(ASKED, changed(tmp_path, before, after))
    assert set(then) == {"metric:aov", "dimension:channel", "dimension:device", "settings"}
    assert {name for name in then if then[name] != now[name]} == differs


def test_names_inside_filters_and_tops_are_found(shop: Model) -> None:
    query = query_from_json(
        '{"metrics":["revenue"],"by":[{"dim":"date","grain":"month"},"channel"],"having":[{"metric":"clicks","op":">","value":1}],'
        '"top":{"n":2,"dim":"channel","metric":"cost"},'
        '"where":{"or":[{"dim":"device","op":"in","values":["kiosk"]},{"not":{"dim":"tier","op":"in","values":["gold"]}}]}}'
    )
    assert set(definitions_of(query, shop)) == {
        *("metric:revenue", "metric:clicks", "metric:cost", "dimension:channel", "dimension:device", "dimension:tier"),
        "settings",
    }


# Policies


def test_people_with_the_same_policy_have_one_digest(shop: Model) -> None:
    people = read_people({file.name: file.read_text(encoding="utf-8") for file in SHOP.glob("*.yml")})
    digests = {
        name: policy_digest(narrow(shop, people[name])) for name in ("steward", "dora", "vera", "finn", "nick", "mia")
    }
    assert len(set(digests.values())) == 5
    assert digests["finn"] == digests["nick"], "one rule, though one of them has no attribute"
    assert attributes_text(narrow(shop, people["finn"])) == '{"channels": ["c1", "c5"]}'
    assert attributes_text(narrow(shop, people["nick"])) == '{"channels": []}'


def test_names_and_additional_grants_do_not_change_the_digest(shop: Model) -> None:
    actor, other = Actor(id="a", roles=frozenset({"steward"})), Actor(id="b", roles=frozenset({"steward", "viewer"}))
    assert policy_digest(narrow(shop, actor)) == policy_digest(narrow(shop, other))
