"""Questions offered instead of one that can't be answered. The shop's budgets are known only by month."""

from __future__ import annotations

from datetime import date

import pytest

from semantic.query.codec import query_from_data
from semantic.query.query import Between
from semantic.workspace import Workspace
from tests.copies import copy_shop
from tests.shop import open_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return open_shop(copy_shop(tmp_path_factory.mktemp("repairs") / "shop.duckdb"))


@pytest.mark.parametrize(
    ("time", "says", "offered"),
    [
        (  # March is in it whole, February and April are not
            {"from": "2026-02-10", "to": "2026-04-15"},
            "10 Feb – 15 Apr 2026 isn't made up of whole months. Use whole months: 1 – 31 Mar 2026.",
            [
                ("Use whole months", "1 – 31 Mar 2026.", Between(date(2026, 3, 1), date(2026, 3, 31))),
                (
                    "Include every month it touches",
                    "1 Feb – 30 Apr 2026.",
                    Between(date(2026, 2, 1), date(2026, 4, 30)),
                ),
            ],
        ),
        (
            {"from": "2026-03-20", "to": "2026-04-10"},
            "Use whole months: 1 Mar – 30 Apr 2026.",
            [("Use whole months", "1 Mar – 30 Apr 2026.", Between(date(2026, 3, 1), date(2026, 4, 30)))],
        ),
        (
            {"from": "2026-04-05"},
            "since 5 Apr 2026 isn't made up of whole months. Use whole months: since 1 May 2026.",
            [
                ("Use whole months", "Since 1 May 2026.", Between(date(2026, 5, 1), None)),
                ("Include every month it touches", "Since 1 Apr 2026.", Between(date(2026, 4, 1), None)),
            ],
        ),
    ],
)
def test_whole_months_are_named_and_offered(
    time: dict[str, str], says: str, offered: list[tuple[str, str, Between]], shop: Workspace
) -> None:
    steward = shop.people["steward"]
    preflight = shop.preflight(query_from_data({"metrics": ["budget"], "time": time}), steward)
    assert says in str(preflight.error)
    shown = [
        (repair.label, repair.effect, repair.query.time)
        for repair in preflight.repairs
        if "whole" in repair.label or "touches" in repair.label
    ]
    assert shown == offered
    for repair in preflight.repairs:
        shop.ask(repair.query, steward)


def test_months_that_extend_beyond_today_say_that_the_last_is_not_over(shop: Workspace) -> None:
    thirteen_weeks = query_from_data({"metrics": ["budget"], "time": {"last": 13, "unit": "week"}})
    preflight = shop.preflight(thirteen_weeks, shop.people["steward"], today=date(2026, 4, 29))
    # The last Monday is 27 April, and 13 weeks before it is 26 January.
    assert "26 Jan – 26 Apr 2026 isn't made up of whole months." in str(preflight.error)
    assert [(repair.label, repair.effect) for repair in preflight.repairs[:2]] == [
        ("Use whole months", "1 Feb – 31 Mar 2026."),
        ("Include every month it touches", "1 Jan – 30 Apr 2026. The current month isn't over yet."),
    ]
    days = query_from_data({"metrics": ["budget"], "time": {"from": "2026-04-05", "to": "2026-04-12"}})
    inside = shop.preflight(days, shop.people["steward"], today=date(2026, 4, 29)).repairs[0]
    assert (inside.label, inside.effect) == ("Use whole months", "1 – 30 Apr 2026. The current month isn't over yet.")
    after = shop.preflight(days, shop.people["steward"], today=date(2026, 5, 1)).repairs[0]
    assert (after.label, after.effect) == ("Use whole months", "1 – 30 Apr 2026.")


def test_month_to_date_is_answered_with_the_months_that_it_overlaps(shop: Workspace) -> None:
    """In a month that isn't over, metrics that are known only by month are as of the last known day (guarantee G9)."""
    for time, budget in (({"to_date": "month"}, 230), ({"to_date": "quarter"}, 230)):
        query = query_from_data({"metrics": ["budget"], "time": time})
        shown = shop.ask(query, shop.people["steward"], today=date(2026, 4, 20))
        assert shown.table.column("budget").to_pylist() == [budget]


def test_days_that_a_question_is_compared_with_are_not_offered_as_its_period(shop: Workspace) -> None:
    april = {"from": "2026-04-01", "to": "2026-04-30"}
    spring = {"from": "2025-04-02", "to": "2025-05-01"}
    query = query_from_data({"metrics": ["budget"], "time": april, "compare": [{"to": spring}]})
    preflight = shop.preflight(query, shop.people["steward"])
    assert str(preflight.error).endswith("2 Apr – 1 May 2025 isn't made up of whole months.")
    labels = [repair.label for repair in preflight.repairs]
    assert labels[0] == "Remove the comparison"
    assert not any("whole" in label or "touches" in label for label in labels)
