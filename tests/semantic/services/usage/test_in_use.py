"""Metrics used by something in the store: boards, alerts, deliveries and current targets, including private ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from semantic.query.query import Breakdown, MetricFilter, Query
from semantic.services.usage.in_use import metrics_in_use
from tests.semantic.services.impact.impact_world import ORDERS, PER_ORDER, ImpactWorld, impact_world

JUNE = date(2026, 6, 1)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[ImpactWorld]:
    with impact_world(tmp_path) as world:
        yield world


def in_use(here: ImpactWorld, since: date = JUNE) -> frozenset[str]:
    return metrics_in_use(here.world.live, since)


def test_an_empty_store_uses_no_metric(here: ImpactWorld) -> None:
    assert in_use(here) == frozenset()


def test_a_board_uses_the_metrics_of_its_tiles_and_of_their_filters(here: ImpactWorld) -> None:
    large = Query(metrics=("web",), by=(Breakdown("market"),), having=(MetricFilter("revenue", ">", (100.0,)),))
    here.board("ana", "Private", large, shared=False)
    assert in_use(here) == {"web", "revenue"}


def test_an_alert_uses_its_metric(here: ImpactWorld) -> None:
    here.alert("ana", "web", above=10.0)
    assert in_use(here) == {"web"}


def test_a_saved_question_counts_once_a_delivery_sends_it(here: ImpactWorld) -> None:
    here.question("ana", "Sent", ORDERS)
    here.question("ana", "Kept", PER_ORDER)
    assert in_use(here) == frozenset()
    here.delivery("ana", "Sent")
    assert in_use(here) == {"orders"}


def test_a_target_counts_until_it_has_ended(here: ImpactWorld) -> None:
    here.target("stew", "revenue")  # for August 2026
    assert in_use(here, date(2026, 8, 31)) == {"revenue"}
    assert in_use(here, date(2026, 9, 1)) == frozenset()
