"""Alternative filters, and filters for missing values: rows checked by hand, and nothing beyond a policy."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from semantic.errors import SemanticError
from semantic.query.codec import query_from_params, query_to_params
from semantic.query.data import query_from_data
from semantic.query.query import AnyOf, Condition, Operator, Query
from semantic.workspace import Workspace
from tests.copies import copy_shop
from tests.shop import open_shop

SEARCH = {"dim": "channel", "op": "in", "values": ["Search"]}
SOCIAL = {"dim": "channel", "op": "in", "values": ["Social"]}
KIOSK = {"dim": "device", "op": "in", "values": ["kiosk"]}
NO_DEVICE = {"dim": "device", "op": "in", "values": [None]}
NO_CHANNEL, A_CHANNEL = ({"dim": "channel", "op": op, "values": [None]} for op in ("in", "not_in"))
NO_TIER, A_TIER = ({"dim": "tier", "op": op, "values": [None]} for op in ("in", "not_in"))
NO_HOME = {"dim": "home", "op": "in", "values": [None]}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("alternatives") / "shop.duckdb"))
    yield opened
    opened.close()


def revenue(shop: Workspace, where: object, person: str = "steward") -> Decimal | None:
    answer = shop.ask(query_from_data({"metrics": ["revenue"], "where": where}), shop.people[person])
    (value,) = answer.table.column("revenue").to_pylist() or [None]
    return value


@pytest.mark.parametrize(
    ("where", "truth"),
    [
        ({"or": [SOCIAL, NO_DEVICE]}, 20 + 2560 + 0.5),
        ({"or": [SEARCH, {"dim": "device", "op": "in", "values": ["mobile"]}]}, 10 + 20 + 40 + 160 + 640 + 2560 + 5120),
        # Of customers in Germany, Ada bought for 10 and O'Brien for 5120 through Search.
        ({"and": [{"or": [SEARCH, KIOSK]}, {"dim": "home", "op": "in", "values": ["DE"]}]}, 10 + 5120),
        ({"or": [{"and": [SEARCH, {"dim": "device", "op": "in", "values": ["desktop"]}]}, KIOSK]}, 40 + 1280),
    ],
    ids=["one of two", "both at once count once", "within another filter", "a list of two in one"],
)
def test_rows_that_pass_one_of_several_filters_count_once(shop: Workspace, where: object, truth: float) -> None:
    assert revenue(shop, where) == Decimal(str(truth))


@pytest.mark.parametrize(
    ("where", "truth"),
    [
        # No channel, and a channel that isn't among the channels. A member called "(none)", with -5, is a value.
        (NO_CHANNEL, 320 + 640),
        (A_CHANNEL, 10 + 20 + 40 + 80 + 160 - 5 + 1280 + 2560 + 5120 + 0.5),
        ({"dim": "device", "op": "not_contains", "value": "mob"}, 40 + 80 + 320 - 5 + 1280 + 0.5),
        ({"dim": "device", "op": "not_starts_with", "value": "desk"}, 10 + 20 + 160 + 640 + 1280 + 2560 + 5120 + 0.5),
        # Customers without a year of birth, and orders without a customer who is known.
        ({"dim": "birth_year", "op": "in", "values": [None]}, 160 + 320 + 1280),
        ({"dim": "order_time", "op": "in", "values": [None]}, 0.5),
    ],
    ids=["empty", "not empty", "doesn't contain", "doesn't start with", "a number", "a date"],
)
def test_rows_without_a_value_count_as_empty_and_contain_no_text(shop: Workspace, where: object, truth: float) -> None:
    assert revenue(shop, where) == Decimal(str(truth))


@pytest.mark.parametrize(
    ("where", "truth"),
    [
        ({"or": [NO_CHANNEL, A_CHANNEL]}, 10 + 20 + 5120 + 0.5),
        ({"or": [NO_HOME, SOCIAL]}, 20),
        (NO_HOME, None),
        ({"or": [NO_HOME, {"not": NO_HOME}]}, 10 + 20 + 5120 + 0.5),
    ],
    ids=["everything", "another home", "no home", "or not"],
)
def test_alternatives_never_go_beyond_a_row_rule(shop: Workspace, where: object, truth: float | None) -> None:
    """Dora sees only orders of customers in Germany."""
    assert revenue(shop, where, "dora") == (None if truth is None else Decimal(str(truth)))


def test_a_masked_field_is_empty_for_every_row(shop: Workspace) -> None:
    """Mia can't see any tier, so no tier tells rows apart for her. In the data, 480 has no tier."""
    assert revenue(shop, NO_TIER) == 160 + 320
    assert revenue(shop, NO_TIER, "mia") == Decimal("10225.5")
    assert revenue(shop, A_TIER, "mia") is None
    assert revenue(shop, {"or": [A_TIER, KIOSK]}, "mia") == 1280
    assert revenue(shop, {"or": [{"dim": "tier", "op": "in", "values": ["gold"]}, KIOSK]}, "mia") == 1280


@pytest.mark.parametrize("op", ["in", "not_in"])
def test_a_hidden_field_among_alternatives_reads_like_one_that_does_not_exist(shop: Workspace, op: str) -> None:
    def refused(name: str) -> str:
        with pytest.raises(SemanticError) as error:
            revenue(shop, {"or": [SEARCH, {"dim": name, "op": op, "values": [None]}]}, "noa")
        return f"{error.value.code}: {str(error.value).replace(name, '?')}"

    assert refused("email") == refused("xmail")


def test_alternatives_are_the_same_in_the_link_and_in_json() -> None:
    either = AnyOf((Condition("channel", Operator.IN, ("Social",)), Condition("device", Operator.IN, (None,))))
    query = Query(metrics=("revenue",), where=either)
    text = '{"or":[{"dim":"channel","op":"in","values":["Social"]},{"dim":"device","op":"in","values":[null]}]}'
    assert query_to_params(query)["f"] == [text]
    assert query_from_params({"m": ["revenue"], "f": [text]}) == query


def test_alternatives_and_missing_values_are_described_in_words(shop: Workspace) -> None:
    where = {"and": [{"or": [SOCIAL, NO_DEVICE]}, {"dim": "device", "op": "not_contains", "value": "mob"}, A_CHANNEL]}
    query = query_from_data({"metrics": ["revenue"], "where": where})
    said = shop.preflight(query, shop.people["steward"]).filters
    assert said == "Channel is Social or Device is empty; Device doesn't contain mob; Channel is not empty"
