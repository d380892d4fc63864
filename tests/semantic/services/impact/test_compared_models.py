"""Questions compared in one statement have the same outcomes as when asked alone, and those that could differ stay
alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from semantic.model.definitions import Granularity
from semantic.query.query import DATE, AllOf, Breakdown, Condition, MetricFilter, Operator, Order, Query
from semantic.run.execute import Runner
from semantic.services.impact.compare import Effect
from semantic.services.impact.report import Impact, impact_of
from tests.semantic.services.impact.impact_world import (
    AUGUST,
    BASE,
    PER_ORDER,
    REVENUE,
    WEB_ONLY,
    ImpactWorld,
    edited,
    impact_world,
)

TWO = Query(metrics=("revenue", "orders"), time=AUGUST)
"""The first of these metrics changes, and the second doesn't."""
WEEKS = (Breakdown(DATE, Granularity.WEEK),)
IN_FR = Condition("market", Operator.IN, ("FR",))
PLAIN = (
    REVENUE,
    TWO,
    PER_ORDER,
    replace(REVENUE, by=(Breakdown("market"),)),
    replace(TWO, by=(Breakdown("channel"),)),
    replace(PER_ORDER, by=WEEKS, time=None),
    replace(REVENUE, by=WEEKS, time=None),
    replace(PER_ORDER, where=IN_FR),
    replace(REVENUE, where=AllOf((IN_FR, Condition("channel", Operator.IN, ("web",))))),
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ImpactWorld]:
    with impact_world(tmp_path) as opened:
        for place, query in enumerate(PLAIN):
            opened.question("ana", f"Q{place}", query)
        yield opened


def impact(world: ImpactWorld, *pairs: tuple[str, str], actor: str = "stew", alone: bool = False) -> Impact:
    found = impact_of(world.world.live, world.actor(actor), BASE, edited(*pairs))
    found.comparing.gone_after = math.inf  # no page looks at it
    if alone:
        found.comparing.together = None
    found.comparing.run()
    return found


CHANGES = (
    WEB_ONLY,
    ("measure: orders.amount", "measure: orders.amount\n    filter: market = 'DE' and day >= '2026-06-01'"),
    ("label: Orders, measure: orders.orders", "label: Orders, measure: orders.orders, filter: amount > 100"),
    ("numerator: revenue, denominator: orders", "numerator: revenue, denominator: web"),
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("actor", ["stew", "dee"])
def test_each_question_has_the_same_outcome_as_when_asked_alone(
    world: ImpactWorld, change: tuple[str, str], actor: str
) -> None:
    together, alone = impact(world, change, actor=actor), impact(world, change, actor=actor, alone=True)
    assert together.comparing.together is not None
    assert together.rows() == alone.rows()
    assert together.comparing.starts == alone.comparing.starts
    assert any(row.effect in (Effect.HISTORY, Effect.FROM) for row in together.rows())


def test_values_equal_sql(world: ImpactWorld) -> None:
    truth = world.sql(
        "SELECT sum(amount), sum(amount) FILTER (channel = 'web') FROM orders "
        "WHERE day BETWEEN '2026-08-01' AND '2026-08-28'"
    )
    rows = {row.title: row for row in impact(world, WEB_ONLY).rows()}
    written = tuple(f"€{float(value) / 1000:.1f}K" for value in truth[0])
    assert (rows["Q0"].outcome.old, rows["Q0"].outcome.new) == written
    assert (rows["Q1"].outcome.old, rows["Q1"].outcome.new) == written  # beside orders, which don't change
    assert rows["Q1"].outcome.where == "1 of 2 values changes: Revenue"


def test_questions_over_the_same_rows_are_one_statement(world: ImpactWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    def statements(*, alone: bool) -> int:
        asked: list[str] = []
        real = Runner.submit

        def submit(self: Runner, key: str | None, *args: object, **more: object) -> object:
            asked.append(str(args[1]))
            return real(self, key, *args, **more)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(Runner, "submit", submit)
            impact(world, WEB_ONLY, alone=alone)
        return sum("AS revenue" in text or "AS per_order" in text for text in asked)

    apart, together = statements(alone=True), statements(alone=False)
    # Frames: August, by market, by channel, by week, in France, in France from the site; and the months of two metrics.
    assert together == 7
    assert apart == 2 * (len(PLAIN) + 2)


LEFT_ALONE = (
    replace(REVENUE, by=(Breakdown("market"),), order=(Order("revenue"),)),
    replace(REVENUE, by=(Breakdown("market"),), having=(MetricFilter("orders", ">", (5.0,)),)),
    replace(REVENUE, by=(Breakdown("market"),), limit=1),
)


@pytest.mark.parametrize("query", LEFT_ALONE)
def test_a_question_whose_metrics_depend_on_each_other_is_asked_alone(world: ImpactWorld, query: Query) -> None:
    found = impact(world, WEB_ONLY)
    assert found.comparing.together is not None
    assert found.comparing.together.frame(REVENUE) is not None
    assert found.comparing.together.frame(query) is None


def test_a_draft_that_changes_more_than_metrics_is_compared_alone(world: ImpactWorld) -> None:
    changed = ('"upper(channel)"', '"lower(channel)"')
    assert impact(world, WEB_ONLY, changed).comparing.together is None


def test_a_metric_hidden_from_the_steward_is_in_no_statement(world: ImpactWorld) -> None:
    found = impact(world, WEB_ONLY, actor="nora")
    assert found.comparing.together is not None
    assert found.comparing.together.frame(REVENUE) is None
    assert found.comparing.together.frame(PER_ORDER) is None
    assert {row.words for row in found.rows()} == {"Changes; not shown to you"}
