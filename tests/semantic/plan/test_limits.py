"""Limits of questions: limits that only the answer can show, and questions with a cached shape."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from semantic.errors import TooExpensive
from semantic.model.definitions import Granularity
from semantic.query.query import Between, Breakdown, Last, Query
from tests.copies import copy_shop
from tests.shop import ShopWorkspace, open_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("limits") / "shop.duckdb"))
    yield opened
    opened.close()


SPRING = Between(date(2026, 3, 1), date(2026, 5, 31))


def test_an_answer_with_too_many_rows_is_refused_but_its_first_rows_are_not(shop: ShopWorkspace) -> None:
    cara = shop.people["cara"]
    query = Query(metrics=("revenue",), by=(Breakdown("channel"),), time=SPRING)
    with pytest.raises(TooExpensive, match="The result has 6 rows, and your limit is 4"):
        shop.ask(query, cara)
    assert shop.ask(query, shop.people["steward"]).table.num_rows == 6
    first = Query(metrics=("revenue",), by=(Breakdown("channel"),), time=SPRING, limit=4)
    assert shop.ask(first, cara).table.num_rows == 4


def test_totals_do_not_count_towards_a_row_limit(shop: ShopWorkspace) -> None:
    query = Query(metrics=("revenue",), by=(Breakdown("channel"),), time=SPRING, limit=4, totals=((),))
    assert shop.ask(query, shop.people["cara"]).table.num_rows == 5


def test_a_longer_period_of_a_cached_shape_is_refused(shop: ShopWorkspace) -> None:
    """A question with a cached shape isn't compiled again, but the length of its period must still be checked."""
    cara = shop.people["cara"]
    for start in range(1, 9):
        shop.ask(Query(metrics=("revenue",), time=Between(date(2026, 3, start), date(2026, 3, 20 + start))), cara)
    with pytest.raises(TooExpensive, match="more than 92 days"):
        shop.ask(Query(metrics=("revenue",), time=Between(date(2026, 3, 1), date(2026, 6, 1))), cara)


def test_options_are_listed_within_the_limits(shop: ShopWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    cara = shop.people["cara"]
    values, _ = shop.values("channel", Query(metrics=("revenue",), time=SPRING), cara)
    assert values == ["Other", None, "Search", "Walk-in"]  # 1280, 960, 210, 80; at most four rows
    monkeypatch.setattr(shop, "day", date(2026, 4, 20))
    values, _ = shop.values("device", Query(metrics=("revenue",)), cara)
    assert values == ["mobile", "desktop"]  # of all days no number may be: of the 92 to 19 April, 830 and 435


def test_metrics_without_a_date_have_no_days_to_limit(shop: ShopWorkspace) -> None:
    tim = shop.people["tim"]
    assert shop.preflight(Query(by=(Breakdown("channel"),)), tim).ok
    assert not shop.preflight(Query(metrics=("revenue",)), tim).ok
    assert shop.preflight(Query(metrics=("revenue",), time=Last(31, Granularity.DAY)), tim).ok
    assert not shop.preflight(Query(metrics=("revenue",), time=Last(32, Granularity.DAY)), tim).ok
