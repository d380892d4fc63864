"""A draft's impact as a steward sees it: values by SQL, effects by hand, and nothing that belongs to someone else."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from semantic.errors import NotAllowed
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.query import Breakdown, Query
from semantic.services.impact import report, run
from semantic.services.impact.compare import Effect
from semantic.services.impact.items import ItemKind
from semantic.services.impact.report import Impact, ImpactRow, impact_csv, impact_of
from semantic.workspace import Workspace
from tests.semantic.services.impact.impact_world import (
    AUGUST,
    BASE,
    BY_KIND,
    ORDERS,
    PER_ORDER,
    REVENUE,
    WEB_ONLY,
    ImpactWorld,
    edited,
    impact_world,
)

FROM_JULY = ("measure: orders.amount", "measure: orders.amount\n    filter: \"channel = 'web' or day < '2026-07-01'\"")
"""Revenue from the site only, from July on."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ImpactWorld]:
    with impact_world(tmp_path) as opened:
        yield opened


def impact(world: ImpactWorld, *pairs: tuple[str, str], actor: str = "stew", run: bool = True) -> Impact:
    found = impact_of(world.world.live, world.actor(actor), BASE, edited(*pairs))
    found.comparing.gone_after = math.inf  # no page looks at it
    if run:
        found.comparing.run()
    return found


def by_title(found: Impact) -> dict[str, ImpactRow]:
    return {row.title: row for row in found.rows()}


def test_values_before_and_after_a_filter_equal_sql(world: ImpactWorld) -> None:
    world.question("ana", "August revenue", REVENUE)
    world.question("ana", "August orders", ORDERS)
    world.board("otto", "Money", PER_ORDER, ORDERS)
    found = impact(world, WEB_ONLY)
    rows = by_title(found)
    assert set(rows) == {"August revenue", next(title for title in rows if title.startswith("Per order"))}
    truth = world.sql(
        "SELECT sum(amount), sum(amount) FILTER (channel = 'web') FROM orders "
        "WHERE day BETWEEN '2026-08-01' AND '2026-08-28'"
    )
    revenue = rows["August revenue"]
    assert (revenue.outcome.old, revenue.outcome.new) == tuple(f"€{float(value) / 1000:.1f}K" for value in truth[0])
    assert revenue.effect is Effect.HISTORY
    assert (revenue.owner, revenue.place) == ("Ana", "Marketing")


def test_the_sentence_counts_the_affected_work_and_its_owners(world: ImpactWorld) -> None:
    world.question("ana", "August revenue", REVENUE)
    world.question("ana", "August orders", ORDERS)
    world.board("otto", "Money", PER_ORDER, ORDERS)
    world.target("stew", "revenue")
    world.delivery("ana", "August revenue")
    found = impact(world, WEB_ONLY)
    words = "Changes 2 metrics · 1 saved question · 1 board · 1 target · 1 delivery, owned by 3 people."
    assert found.sentence == words
    assert found.progress == "All 3 items compared."


def test_wording_changes_no_values(world: ImpactWorld) -> None:
    world.question("ana", "August revenue", REVENUE)
    found = impact(world, ("label: Web orders", "label: Orders from the site"))
    assert (found.sentence, found.rows(), found.progress) == ("No values change.", (), "")


def test_a_definition_with_the_same_values_reports_no_change(world: ImpactWorld) -> None:
    world.question("ana", "August revenue", REVENUE)
    found = impact(world, ("measure: orders.amount", "measure: orders.amount\n    filter: amount > 0"))
    assert found.rows()[0].effect is Effect.NONE
    assert found.progress == "1 item compared. No values change."


def test_values_before_a_start_date_stay(world: ImpactWorld) -> None:
    monthly = Query(metrics=("revenue",), by=(Breakdown("date", Granularity.MONTH),))
    world.question("ana", "Monthly", monthly)
    world.question("ana", "August revenue", REVENUE)
    rows = by_title(impact(world, FROM_JULY))
    assert rows["Monthly"].words == "Changes from 1 Jul 2026 on"
    assert rows["August revenue"].words == "Changes from 1 Jul 2026 on"
    assert by_title(impact(world, WEB_ONLY))["August revenue"].words == "Restates history"


def test_a_removed_metric_breaks_what_uses_it(world: ImpactWorld) -> None:
    world.question("ana", "Per order", PER_ORDER)
    world.question("ana", "August revenue", REVENUE)
    line = next(line for line in BASE["all.yml"].splitlines() if "name: per_order" in line)
    found = impact(world, (line + "\n", ""))
    (row,) = found.rows()
    assert (row.title, row.words, row.outcome.why) == ("Per order", "Breaks", "Per order is removed.")


def test_a_changed_dimension_affects_work_that_is_broken_down_by_it(world: ImpactWorld) -> None:
    world.question("ana", "By kind", BY_KIND)
    world.question("ana", "August orders", ORDERS)
    (row,) = impact(world, ('"upper(channel)"', "\"CASE WHEN channel = 'web' THEN 'SITE' ELSE 'SHOP' END\"")).rows()
    assert row.title == "By kind"
    assert row.effect is Effect.HISTORY


def test_an_alert_that_would_no_longer_fire_is_reported(world: ImpactWorld) -> None:
    # A market has at most 15 orders of 102 a day, so two have 3,060, and from the site alone 16 orders, 1,632.
    world.alert("stew", "revenue", above=2_500, name="Revenue is high")
    row = by_title(impact(world, WEB_ONLY))["Revenue is high"]
    assert row.effect is Effect.SILENT
    assert row.outcome.new == "fires 0 times"
    assert row.outcome.old != "fires 0 times"


def test_work_that_the_steward_cannot_open_is_only_counted(world: ImpactWorld) -> None:
    world.question("ana", "Secret takeover", REVENUE, shared=False)
    world.board("ana", "Secret board", REVENUE, shared=False)
    world.alert("ana", "revenue", above=1, name="Secret alert")
    world.question("ana", "Open", REVENUE)
    found = impact(world, WEB_ONLY)
    hidden = [row for row in found.rows() if not row.title]
    assert {(row.kind, row.count, row.words, row.owner) for row in hidden} == {
        (kind, 1, "Changes; not shown to you", "") for kind in (ItemKind.QUESTION, ItemKind.TILE, ItemKind.ALERT)
    }
    assert "2 saved questions · 1 board · 1 alert" in found.sentence
    assert b"Secret" not in impact_csv(found.rows())


def test_values_of_a_metric_hidden_from_the_steward_are_not_shown(world: ImpactWorld) -> None:
    world.question("ana", "August revenue", REVENUE)
    found = impact(world, WEB_ONLY, actor="nora")
    (row,) = found.rows()
    assert (row.title, row.words, row.outcome.old) == ("August revenue", "Changes; not shown to you", "")
    assert (found.labels, found.hidden_metrics) == ((), 2)


def test_two_companies_that_differ_in_hidden_rows_look_the_same(tmp_path: Path) -> None:
    lines: list[object] = []
    for name, change in (("a", ()), ("b", ("UPDATE orders SET amount = amount * 7 WHERE market = 'FR'",))):
        folder = tmp_path / name
        folder.mkdir()
        with impact_world(folder, *change) as world:
            world.question("ana", "By market", replace(REVENUE, by=(Breakdown("market"),)))
            world.asks("ana", REVENUE)
            found = impact(world, WEB_ONLY, actor="dee")
            lines.append((found.sentence, found.progress, [replace(row, opens="") for row in found.rows()]))
    assert lines[0] == lines[1]


def test_a_draft_shows_no_rows_that_the_published_model_hides(tmp_path: Path) -> None:
    """A steward who sees only DE reads a table in which every row says DE, so the rule on `market` would let all rows
    pass.
    """
    with impact_world(tmp_path, "CREATE TABLE copied AS SELECT * REPLACE ('DE' AS market) FROM orders") as world:
        world.question("ana", "August revenue", REVENUE)
        (row,) = impact(world, ("table: orders", "table: copied"), actor="dee").rows()
        assert (row.words, row.outcome.old, row.outcome.new) == ("Changes; not shown to you", "", "")
        (row,) = impact(world, ("table: orders", "table: copied")).rows()
        assert row.words == "None"


def test_recent_questions_are_listed_without_saying_who_asked(world: ImpactWorld) -> None:
    for name in ("ana", "otto", "stew"):
        world.asks(name, REVENUE)
    world.asks("nora", ORDERS)
    (row,) = impact(world, WEB_ONLY).rows()
    assert (row.kind, row.owner, row.used) == (ItemKind.RECEIPT, "Fewer than 5 people", 3)
    assert row.title.startswith("Revenue")


def test_recent_questions_above_the_limit_are_counted_but_not_compared(
    world: ImpactWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "MOST_RECENT", 1)
    by_channel = replace(REVENUE, by=(Breakdown("channel"),))
    for query in (REVENUE, PER_ORDER, by_channel, ORDERS):
        world.asks("ana", query)
    world.asks("otto", REVENUE)
    found = impact(world, WEB_ONLY)
    assert found.sentence == "Changes 2 metrics · 3 recent questions."
    assert {(row.title, row.count, row.used, row.words) for row in found.rows() if row.title[0] != "R"} == {
        ("2 more, asked less often", 2, 0, "Not compared")
    }
    assert [row.used for row in found.rows() if row.title.startswith("Revenue")] == [2]
    assert b"Only the 1 most asked are listed and compared" in impact_csv(found.rows())


def test_the_report_names_people_whose_own_values_are_not_compared(world: ImpactWorld) -> None:
    world.question("dee", "Revenue in Germany", REVENUE)
    world.question("ana", "August revenue", REVENUE)
    world.question("stew", "Stew's revenue", REVENUE)
    found = impact(world, WEB_ONLY)
    rows = by_title(found)
    assert [rows[title].other_rows for title in ("Revenue in Germany", "August revenue", "Stew's revenue")] == [
        "Dee", "", "",
    ]  # fmt: skip
    assert rows["Revenue in Germany"].details == "Dee sees other rows, which aren't compared"
    assert found.under == (
        "Values are compared under your access. The owner of 1 item sees other rows, which can change differently."
    )
    others = impact(world, WEB_ONLY, actor="dee")
    assert {title: row.other_rows for title, row in by_title(others).items()} == {
        "Revenue in Germany": "", "August revenue": "Ana", "Stew's revenue": "Stew",
    }  # fmt: skip
    assert "The owners of 2 items see other rows" in others.under


def test_without_different_access_the_report_does_not_mention_it(world: ImpactWorld) -> None:
    world.question("ana", "August revenue", REVENUE)
    assert impact(world, WEB_ONLY).under == ""


def test_an_owner_who_loses_a_metric_is_named(world: ImpactWorld) -> None:
    world.question("ana", "August revenue", REVENUE)
    world.question("otto", "Otto's revenue", REVENUE)
    (row,) = impact(world, ("who: {people: [ana, stew, otto]}", "who: {people: [stew, otto]}")).rows()
    assert (row.title, row.owner, row.words) == ("August revenue", "Ana", "Its owner loses access")


def test_comparing_stops_at_the_budget_and_can_be_continued(world: ImpactWorld) -> None:
    world.question("ana", "August revenue", REVENUE)
    found = impact(world, WEB_ONLY, run=False)
    found.comparing.budget = 0
    found.comparing.run()
    assert found.progress == "0 of 1 item compared; 1 not, over the 0 s budget."
    assert found.rows()[0].words == "Not compared"
    rest = found.comparing.rest()
    rest.run()
    found.comparing = rest
    assert found.progress == "1 item compared."


def test_a_cancelled_run_stops(world: ImpactWorld) -> None:
    world.question("ana", "August revenue", REVENUE)
    found = impact(world, WEB_ONLY, run=False)
    found.comparing.cancel()
    found.comparing.run()
    assert found.progress == "0 of 1 item compared; 1 not, cancelled."


def test_only_stewards_see_the_report(world: ImpactWorld) -> None:
    with pytest.raises(NotAllowed):
        impact(world, WEB_ONLY, actor="ana")


def test_no_text_in_the_file_is_a_formula(world: ImpactWorld) -> None:
    world.question("ana", "=HYPERLINK(1)", REVENUE)
    lines = impact_csv(impact(world, WEB_ONLY).rows()).decode().splitlines()
    assert lines[1].split(",")[1].startswith("'=")


def test_questions_as_of_an_earlier_version_are_not_affected(world: ImpactWorld) -> None:
    world.question("ana", "As of 1", replace(REVENUE, as_of=1, time=AUGUST))
    assert impact(world, WEB_ONLY).rows() == ()


def test_changed_values_are_listed_before_start_dates(world: ImpactWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.question("ana", "August revenue", REVENUE)
    begun: list[str] = []
    real = run._Step.begin

    def begin(step: run._Step, *args: Workspace | Actor) -> None:
        begun.append(step.wanted[0].start)
        real(step, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(run._Step, "begin", begin)
    found = impact(world, WEB_ONLY)
    assert set(found.change.metrics) == {"revenue", "per_order"}
    assert begun == ["", "revenue"]  # and not the months of what no one asks
