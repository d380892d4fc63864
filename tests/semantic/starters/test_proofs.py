"""Every metric of every starter equals hand-written SQL, over rows written by someone who didn't write the starters."""

from typing import Any

import pytest

from semantic.boards.apply import asked
from semantic.boards.board import Board
from semantic.query.data import query_from_data
from semantic.starters.starter import all_starters
from semantic.starters.writing import starter_boards
from tests.semantic.starters.by_hand import MONTH, PROOFS, assert_equals_by_hand, filled_in, proofs
from tests.semantic.starters.owned import ANSWERS, ME, PLATFORMS, TODAY, TOGETHER, Owned, open_owned


@pytest.fixture(scope="module")
def owned(tmp_path_factory: pytest.TempPathFactory) -> Owned:
    return open_owned(tmp_path_factory.mktemp("together"), TOGETHER)


@pytest.fixture(scope="module")
def platforms(tmp_path_factory: pytest.TempPathFactory) -> Owned:
    return open_owned(tmp_path_factory.mktemp("platforms"), PLATFORMS)


def test_every_metric_has_a_proof() -> None:
    for starter in all_starters():
        assert {metric["name"] for metric in starter.metrics} == PROOFS[starter.name].keys(), starter.name


@pytest.mark.parametrize(("starter", "metric"), [*proofs()])
def test_a_metric_equals_hand_written_sql(starter: str, metric: str, owned: Owned, platforms: Owned) -> None:
    """Each question covers one period, so that a wrong date is noticed, and the period is never empty."""
    assert_equals_by_hand(platforms if starter in PLATFORMS else owned, starter, metric)


def test_sums_by_channel_and_campaign_equal_sql_by_hand(owned: Owned) -> None:
    """Dimensions are conformed: the same UTM campaign means the same in the shop and in ads."""
    question = {"metrics": ["matched_sales", "utm_spend"], "by": ["utm_campaign"], "time": MONTH}
    check = """
        WITH sold AS (
          SELECT lower(regexp_extract(landing_site_base_url, 'utm_campaign=([^&]*)', 1)) AS name,
            sum(subtotal_price) AS sales
          FROM shopify__orders WHERE IN(created_timestamp) AND VALID GROUP BY 1),
        spent AS (
          SELECT lower(utm_campaign) AS name, sum(spend) AS spend FROM ad_reporting__url_report
          WHERE IN(date_day) GROUP BY 1)
        SELECT name, sales, spend FROM spent LEFT JOIN sold USING (name) ORDER BY name
    """
    expected = owned.tables.execute(filled_in(check, MONTH)).fetchall()
    found = owned.workspace.ask(query_from_data(question), ME, today=TODAY).rows()
    assert {row["utm_campaign"]: (row["matched_sales"], row["utm_spend"]) for row in found} == {
        name: (pytest.approx(sales), pytest.approx(spend)) for name, sales, spend in expected
    }


def test_levels_of_reports_are_never_added_up(owned: Owned) -> None:
    """Spend by platform comes from the campaign report, whatever else repeats the spend."""
    question = query_from_data({"metrics": ["ad_spend"], "by": ["ads_platform"], "time": MONTH})
    rows = owned.workspace.ask(question, ME, today=TODAY).rows()
    check = "SELECT platform, sum(spend) FROM ad_reporting__campaign_report WHERE IN(date_day) GROUP BY 1"
    expected = owned.tables.execute(filled_in(check, MONTH)).fetchall()
    assert {row["ads_platform"]: pytest.approx(row["ad_spend"]) for row in rows} == dict(expected)


def test_claimed_conversions_arent_added_up_over_platforms(owned: Owned) -> None:
    assert not owned.workspace.preflight(query_from_data({"metrics": ["platform_roas"]}), ME, today=TODAY).ok
    by = query_from_data({"metrics": ["platform_roas"], "by": ["ads_platform"]})
    assert owned.workspace.preflight(by, ME, today=TODAY).ok


def test_every_check_passes_but_other_currencies_are_found(owned: Owned, platforms: Owned) -> None:
    """Stripe's tables have three currencies. Only euros are added up."""
    failed = [finding for finding in owned.workspace.check_data() if not finding.ok]
    assert {(finding.dataset, finding.kind) for finding in failed} == {
        (dataset, "accepted") for dataset in ("stripe_balance", "stripe_invoices", "stripe_mrr")
    }
    assert [finding for finding in platforms.workspace.check_data() if not finding.ok] == []


def test_every_tile_of_every_board_has_an_answer(owned: Owned, platforms: Owned) -> None:
    titles = [_answered(board, company) for company in (owned, platforms) for board in _boards(company)]
    assert titles == [starter.board["title"] for starter in _in_order()]


def _in_order() -> list[Any]:
    found = all_starters()
    return [one for one in found if one.name not in PLATFORMS] + [one for one in found if one.name in PLATFORMS]


def _boards(company: Owned) -> tuple[Board, ...]:
    return starter_boards(company.matches, ANSWERS)


def _answered(board: Board, company: Owned) -> str:
    seen = company.workspace.visible(ME)

    def check(query: Any) -> Any:
        return company.workspace.preflight(query, ME, today=TODAY)

    for tile in board.tiles:
        question = asked(tile, board.start, seen, check, today=TODAY)
        assert question.query is not None, tile.id
        assert not question.ignored, (board.title, tile.id, question.ignored)
        assert company.workspace.ask(question.query, ME, today=TODAY).rows(), (board.title, tile.id)
    return board.title
