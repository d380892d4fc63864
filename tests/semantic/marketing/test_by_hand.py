"""Time-based metrics of the marketing model, over rows that you can add up in your head and over planted patterns."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.errors import FanOut, GrainTooFine, NoPath, NotForMetric, SemanticError, TimeMismatch, UnsafeReaggregation
from semantic.interop.cube.exporting import export_cube
from semantic.interop.dbt.exporting import export_dbt
from semantic.interop.osi.exporting import export_osi
from semantic.query.data import query_from_data
from semantic.workspace import Workspace

TODAY = date(2026, 7, 1)
LOADED = "2026-07-01 03:00:00+00"
"""When the hand-written rows were loaded. June is known to its last day."""
MONTH = [{"dim": "date", "grain": "month"}]
SECOND_QUARTER = {"from": "2026-04-01", "to": "2026-06-30"}
BRIDGE = [
    "opening_mrr", "new_mrr", "reactivation_mrr", "expansion_mrr", "contraction_mrr", "churned_mrr",
    "net_new_mrr", "mrr",
]  # fmt: skip

MEMBERS = """
    ('ann', '2025-05-01', 100, 100, 'none'), ('bob', '2025-05-01', 60, 60, 'none'),
    ('cem', '2025-05-01', 30, 30, 'none'),
    ('ann', '2026-04-01', 100, 100, 'none'), ('bob', '2026-04-01', 60, 60, 'none'),
    ('cem', '2026-04-01', 30, 30, 'none'), ('eva', '2026-04-01', 40, 0, 'churn'),
    ('ann', '2026-05-01', 100, 130, 'expansion'), ('bob', '2026-05-01', 60, 50, 'contraction'),
    ('cem', '2026-05-01', 30, 30, 'none'), ('dea', '2026-05-01', 0, 25, 'new'), ('eva', '2026-05-01', 0, 0, 'none'),
    ('ann', '2026-06-01', 130, 130, 'none'), ('bob', '2026-06-01', 50, 50, 'none'),
    ('cem', '2026-06-01', 30, 0, 'churn'), ('dea', '2026-06-01', 25, 25, 'none'),
    ('eva', '2026-06-01', 0, 40, 'reactivation')
"""
"""Member, month, the monthly payment at the month's start and end, and why it changed."""
PERIODS = """
    ('ann', 'pl-01', '2025-01-01', '9999-12-31'), ('bob', 'pl-03', '2025-01-01', '9999-12-31'),
    ('cem', 'pl-02', '2025-01-01', '2026-06-15'), ('dea', 'pl-02', '2026-05-10', '9999-12-31'),
    ('eva', 'pl-01', '2026-01-01', '2026-04-20'), ('eva', 'pl-01', '2026-06-05', '9999-12-31')
"""
"""Billing periods: pl-01 and pl-02 are Plus billed monthly and yearly, pl-03 is Plus Home."""
LEADS = """
    ('a', '2026-01-02', '2026-01-05', '2026-01-20'), ('b', '2026-01-03', '2026-01-08', '2026-02-10'),
    ('c', '2026-01-04', '2026-01-09', NULL), ('d', '2026-01-05', '2026-01-10', '2026-06-20'),
    ('e', '2026-01-06', NULL, NULL), ('f', '2026-02-01', '2026-02-02', '2026-02-03')
"""
"""Lead, and the days on which it enquired, became an MQL and became an SQL. `d` took 161 days from MQL to SQL."""

DEALS = """
    ('big', 400, '2026-08-10', FALSE), ('twin', 400, '2026-08-10', FALSE), ('late', 60, '2026-05-20', FALSE),
    ('small', 80, '2026-06-15', TRUE)
"""
"""Deal, its value, the day it was won or is expected to be, and whether it was won. The twin is a duplicate."""


def made_by_hand(connection: duckdb.DuckDBPyConnection) -> None:
    """Replace the company's rows with a few others, in the tables for memberships, budgets, ads, leads and pipeline."""

    def replace(table: str, rows: str, columns: str, loaded: str = LOADED) -> None:
        columns = f"{columns}, TIMESTAMPTZ '{loaded}' AS loaded_at"
        connection.execute(f"CREATE TEMP TABLE one AS SELECT * FROM {table} LIMIT 1")
        connection.execute(f"DELETE FROM {table}")
        connection.execute(f"INSERT INTO {table} SELECT one.* REPLACE ({columns}) FROM one, {rows}")
        connection.execute("DROP TABLE one")

    replace(
        "fct_mrr_month",
        f"(VALUES {MEMBERS}) v(member, begin, before, after, why)",
        """member AS customer_id, begin::DATE AS month, 'DE' AS market, after AS mrr, before AS opening_mrr,
        after - before AS change, why AS category, after > 0 AS is_active""",
    )
    replace(
        "fct_subscription_period",
        f"(VALUES {PERIODS}) v(member, paid, begin, finish)",
        """member || begin AS subscription_id, member AS customer_id, paid AS plan_key, 'DE' AS market,
        'active' AS status, begin::DATE AS valid_from, finish::DATE AS valid_to, FALSE AS is_trial""",
    )
    replace(
        "fct_budget_daily",
        "(SELECT unnest(generate_series(DATE '2026-05-01', DATE '2026-05-31', INTERVAL 1 DAY))::DATE AS d)",
        "'plan' AS scenario, 1 AS version, d AS date_day, 'ch-01' AS channel_key, 'DE' AS market,"
        " 1000 AS budget_amount",
    )
    replace(
        "fct_ad_campaign_daily",
        "(SELECT unnest(generate_series(DATE '2026-05-01', DATE '2026-05-10', INTERVAL 1 DAY))::DATE AS d)",
        "d AS date_day, 'ch-01' AS channel_key, 'DE' AS market, 1200 AS spend",
        loaded="2026-05-11 03:00:00+00",
    )
    replace(
        "fct_lead",
        f"(VALUES {LEADS}) v(name, asked, mql, sql)",
        """name AS lead_id, name AS person_id, asked::DATE AS lead_date, mql::DATE AS mql_date, sql::DATE AS sql_date,
        NULL AS customer_date, 'DE' AS market, FALSE AS is_test, FALSE AS is_internal""",
    )
    replace(
        "fct_opportunity",
        f"(VALUES {DEALS}) v(name, worth, close, won)",
        """name AS opportunity_id, NULL AS lead_id, CASE WHEN name = 'twin' THEN 'big' END AS merged_into,
        worth AS amount, won AS is_won, won AS is_closed, CASE WHEN won THEN close::DATE END AS closed_date,
        CASE WHEN won THEN 'won' ELSE 'proposal' END AS stage, NULL AS loss_reason,
        CASE WHEN won THEN DATE '2026-01-31' ELSE close::DATE END AS expected_close_date""",
    )
    replace(
        "fct_sales_target",
        "(VALUES ('2026-02-01', 30), ('2026-05-01', 50), ('2026-06-01', 100), ('2026-08-01', 1000)) v(begin, worth)",
        "begin::DATE AS month, 'DE' AS market, worth AS target_value",
    )
    replace(
        "fct_opportunity_snapshot_daily",
        """(VALUES ('big', '2026-05-30', 500, 0.1), ('small', '2026-05-30', 80, 0.25), ('big', '2026-05-31', 500, 0.25),
        ('twin', '2026-05-31', 500, 0.25), ('big', '2026-06-29', 500, 0.45), ('late', '2026-06-29', 60, 0.1),
        ('big', '2026-06-30', 400, 0.7), ('late', '2026-06-30', 60, 0.1)) v(name, d, worth, chance)""",
        "d::DATE AS snapshot_date, name AS opportunity_id, worth AS amount, chance AS probability",
    )


@pytest.fixture(scope="module")
def by_hand(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    file = Path(shutil.copy(folder / "company.duckdb", tmp_path_factory.mktemp("by_hand") / "company.duckdb"))
    connection = duckdb.connect(file)
    made_by_hand(connection)
    connection.close()
    yield from opened(file)


@pytest.fixture(scope="module")
def company_workspace(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    yield from opened(
        Path(shutil.copy(folder / "company.duckdb", tmp_path_factory.mktemp("planted") / "company.duckdb"))
    )


def opened(file: Path) -> Iterator[Workspace]:
    workspace = Workspace.open(
        Settings(data=str(file), model=MARKETING_MODEL, demo=True, mask_key="a key of the tests")
    )
    yield workspace
    workspace.close()


def rows(workspace: Workspace, ask: dict[str, Any], person: str = "lena") -> list[list[Any]]:
    """Return an answer's rows with money as plain numbers, without the bucket column."""
    table = workspace.ask(query_from_data(ask), workspace.people[person], today=TODAY).table
    rows = [[value for name, value in row.items() if name != "bucket"] for row in table.to_pylist()]
    return [
        [value if value is None or isinstance(value, str | date) else float(value) for value in row] for row in rows
    ]


def test_the_bridge_adds_up_by_month_and_over_the_quarter(by_hand: Workspace) -> None:
    ask = {"metrics": BRIDGE, "by": MONTH, "time": SECOND_QUARTER, "totals": ["grand"]}
    assert rows(by_hand, ask) == [
        [date(2026, 4, 1), 230, None, None, None, None, 40, -40, 190],
        [date(2026, 5, 1), 190, 25, None, 30, 10, None, 45, 235],
        [date(2026, 6, 1), 235, None, 40, None, None, 30, 10, 245],
        [None, 230, 25, 40, 30, 10, 70, 15, 245],
    ]


def test_the_bridge_of_a_month_adds_up_for_each_plan(by_hand: Workspace) -> None:
    may = {"from": "2026-05-01", "to": "2026-05-31"}
    ask = {"metrics": BRIDGE, "by": ["plan"], "time": may, "totals": ["grand"], "order": ["plan"]}
    assert rows(by_hand, ask) == [
        ["Plus", 130, 25, None, 30, None, None, 55, 185],
        ["Plus Home", 60, None, None, None, 10, None, -10, 50],
        [None, 0, None, None, None, None, None, 0, 0],
        [None, 190, 25, None, 30, 10, None, 45, 235],
    ]


def test_retention_covers_members_who_paid_a_year_before(by_hand: Workspace) -> None:
    """The payment was 190, and is now 210 with Ann's extra 30, or 180 without it. Dea's 25 count in neither."""
    may = {"from": "2026-05-01", "to": "2026-05-31"}
    ask = {"metrics": ["mrr_a_year_before", "net_revenue_retention", "gross_revenue_retention"], "time": may}
    (row,) = rows(by_hand, ask)
    assert row == pytest.approx([190, 210 / 190, 180 / 190])
    assert [round(one, 4) for one in row[1:]] == [1.1053, 0.9474]


@pytest.mark.parametrize(("by", "place"), [([], []), (["market"], ["DE"])])
@pytest.mark.parametrize(
    ("time", "to", "shown", "as_of"),
    [
        ({"from": "2026-05-01", "to": "2026-05-31"}, "last_year", [235, 190], ("31 May 2026", "31 May 2025")),
        ({"from": "2026-06-01", "to": "2026-06-30"}, "previous", [245, 235], ("30 Jun 2026", "31 May 2026")),
        ({"from": "2026-05-01", "to": "2026-05-15"}, "previous", [190, 190], ("30 Apr 2026", "30 Apr 2026")),
        ({"last": 4, "unit": "week"}, "last_year", [235, 190], ("31 May 2026", "31 May 2025")),
    ],
)
def test_recurring_revenue_is_as_of_the_newest_month_end(
    by: list[str],
    place: list[str],
    time: dict[str, Any],
    to: str,
    shown: list[int],
    as_of: tuple[str, str],
    by_hand: Workspace,
) -> None:
    """May 2025 had Ann's 100, Bob's 60 and Cem's 30.

    For 15 May, and for the 15 days before May, the newest month end is April's. For 28 June, it's May's, and for 29
    June 2025, 364 days earlier, it's that of May 2025.
    """
    asked = query_from_data({"metrics": ["mrr"], "by": by, "time": time, "compare": [{"to": to}]})
    lena = by_hand.people["lena"]
    answer = by_hand.ask(asked, lena, today=TODAY)
    assert rows(by_hand, {"metrics": ["mrr"], "by": by, "time": time, "compare": [{"to": to}]}) == [[*place, *shown]]
    assert "The period shows MRR as of {}, compared with {}.".format(*as_of) in answer.notes
    assert by_hand.preflight(asked, lena, today=TODAY).ok


@pytest.mark.parametrize(("by", "place"), [([], []), (["market"], ["DE"])])
def test_movements_of_a_partial_month_are_offered_by_whole_months(
    by: list[str], place: list[str], by_hand: Workspace
) -> None:
    """In May 2026, Dea's 25 are new. In May 2025, no one was new."""
    most_of_may = {"from": "2026-05-04", "to": "2026-05-31"}
    asked = query_from_data({"metrics": ["new_mrr"], "by": by, "time": most_of_may, "compare": [{"to": "last_year"}]})
    lena = by_hand.people["lena"]
    preflight = by_hand.preflight(asked, lena, today=TODAY)
    assert isinstance(preflight.error, GrainTooFine)
    labels = [repair.label for repair in preflight.repairs]
    assert labels == ["Use whole months", "Break down by month, whole months", "Remove the comparison"]
    shown = [by_hand.ask(repair.query, lena, today=TODAY).table.to_pylist() for repair in preflight.repairs]
    numbers = [[value for name, value in row.items() if name != "bucket"] for (row,) in shown]
    assert numbers == [[*place, 25, None], [date(2026, 5, 1), *place, 25, None], [*place, 25]]


@pytest.mark.parametrize(("by", "none"), [([], [[None, None]]), (["market"], [])])
def test_on_the_first_of_a_month_none_of_it_is_known(by: list[str], none: list[list[Any]], by_hand: Workspace) -> None:
    """There is no row for the month, although June's row is the newest."""
    ask = {"metrics": ["mrr"], "by": by, "time": {"to_date": "month"}, "compare": [{"to": "last_year"}]}
    assert rows(by_hand, ask) == none
    shown = by_hand.ask(query_from_data(ask), by_hand.people["lena"], today=TODAY)
    assert shown.notes == ("No day of the period is over yet.",)


def test_rates_of_members_and_of_revenue_have_their_own_denominators(by_hand: Workspace) -> None:
    metrics = [
        "paying_members", "members_at_start", "member_churn_rate", "mrr_churn_rate", "net_mrr_churn_rate",
        "mrr_growth_rate", "mrr_quick_ratio", "mrr_per_member", "arr",
    ]  # fmt: skip
    (row,) = rows(by_hand, {"metrics": metrics, "time": SECOND_QUARTER})
    assert row == pytest.approx([4, 4, 2 / 11, 70 / 655, (70 + 10 - 30) / 655, 15 / 230, 95 / 80, 245 / 4, 12 * 245])


def test_a_month_without_churn_lost_nothing(by_hand: Workspace) -> None:
    """April lost Eva's 40 of 230, May nothing of 190, and June Cem's 30 of 235, so a month loses 70 of 655 on average.

    People who don't pay at the start can't leave.
    """
    ask = {"metrics": ["mrr_churn_rate"], "by": MONTH, "time": SECOND_QUARTER, "totals": ["grand"]}
    assert [rate for _, rate in rows(by_hand, ask)] == pytest.approx([40 / 230, 0, 30 / 235, 70 / 655])
    may = {"from": "2026-05-01", "to": "2026-05-31"}
    by_plan = {"metrics": ["opening_mrr", "mrr_churn_rate"], "by": ["plan"], "time": may, "order": ["plan"]}
    assert rows(by_hand, by_plan) == [["Plus", 130, 0], ["Plus Home", 60, 0], [None, 0, None]]


def test_the_pace_of_a_current_month_covers_the_finished_days(by_hand: Workspace) -> None:
    """With 31,000 for the month and 12,000 spent in ten days, the pace is 1.2, whatever the period of the question."""
    metrics = ["spend", "budget_by_day", "spend_month_to_date", "budget_month_to_date", "pacing_index"]
    for ask in ({"by": MONTH}, {"time": {"from": "2026-05-01", "to": "2026-05-31"}}):
        (row,) = rows(by_hand, {"metrics": metrics, **ask})
        assert row[-5:] == [12_000, 31_000, 12_000, 10_000, 1.2]
    tenth = {"metrics": ["pacing_index"], "time": {"from": "2026-05-01", "to": "2026-05-10"}}
    assert rows(by_hand, tenth) == [[1.2]]


def test_a_cohort_and_a_period_have_different_rates(by_hand: Workspace) -> None:
    """Of January's four MQLs, two became SQLs within 90 days, one of them in January.

    February has two SQLs and one MQL.
    """
    ask = {
        "metrics": ["mqls", "mql_to_sql_rate_cohort", "mql_to_sql_rate_period"], "by": MONTH,
        "time": {"from": "2026-01-01", "to": "2026-02-28"}, "totals": ["grand"],
    }  # fmt: skip
    assert rows(by_hand, ask) == [
        [date(2026, 1, 1), 4, 0.5, 0.25],
        [date(2026, 2, 1), 1, 1, 2],
        [None, 5, 0.6, 0.6],
    ]


def test_the_usual_duration_of_a_step_is_the_median(by_hand: Workspace) -> None:
    """From enquiry to MQL, it took 3, 5, 5, 5 and 1 days, and from MQL to SQL 15, 33, 161 and 1."""
    assert rows(by_hand, {"metrics": ["days_lead_to_mql", "days_mql_to_sql"]}) == [[5, 24]]


def test_pipeline_coverage_counts_the_deals_due_in_the_period(by_hand: Workspace) -> None:
    ask = {
        "metrics": ["bookings_target", "won_by_month", "pipeline_due", "pipeline_coverage"],
        "by": [{"dim": "date", "grain": "quarter"}],
        "time": {"from": "2026-01-01", "to": "2026-09-30"},
    }
    # Nothing is due in the first quarter. In the second 60 are overdue, of 150 - 80 that are missing.
    assert rows(by_hand, ask) == [
        [date(2026, 1, 1), 30, None, None, None],
        [date(2026, 4, 1), 150, 80, 60, pytest.approx(60 / 70)],
        [date(2026, 7, 1), 1000, None, 400, 0.4],
    ]
    by_market = ask | {"by": ["market"], "time": {"from": "2026-07-01", "to": "2026-09-30"}, "totals": ["grand"]}
    # Without a lead there is no market, so the deals have no target, and count only in the total.
    assert rows(by_hand, by_market) == [
        ["DE", 1000, None, None, None],
        [None, None, None, 400, None],
        [None, 1000, None, 400, 0.4],
    ]
    reached = ask | {"time": {"from": "2026-06-01", "to": "2026-06-30"}, "by": []}
    assert rows(by_hand, reached) == [[100, 80, None, None]]


def test_attainment_covers_the_months_that_have_begun(by_hand: Workspace) -> None:
    ask = {"metrics": ["won_amount", "bookings_target", "bookings_attainment"], "time": {"from": "2026-04-01"}}
    assert rows(by_hand, ask) == [[80, 1150, pytest.approx(80 / 150)]]


def test_the_pipeline_of_a_period_is_as_of_its_last_day(by_hand: Workspace) -> None:
    """A deal that was merged into another isn't counted as open twice."""
    ask = {"metrics": ["open_deals", "open_pipeline", "weighted_pipeline"], "by": MONTH, "totals": ["grand"]}
    assert rows(by_hand, ask) == [
        [date(2026, 5, 1), 1, 500, 125],
        [date(2026, 6, 1), 2, 460, 286],
        [None, 2, 460, 286],
    ]


@pytest.mark.parametrize(
    ("metric", "time", "least", "most"),
    [
        ("trial_conversion_rate", {"from": "2024-07-01", "to": "2026-05-01"}, 0.75, 0.81),
        ("lead_to_mql_rate_cohort", {"from": "2023-07-01", "to": "2026-03-31"}, 0.57, 0.63),
        ("member_churn_rate", {"from": "2025-01-01", "to": "2026-06-30"}, 0.03, 0.04),
        ("annual_member_churn_rate", {"from": "2025-01-01", "to": "2025-12-31"}, 0.22, 0.35),
        ("mql_to_sql_rate_cohort", {"from": "2023-07-01", "to": "2026-03-31"}, 0.56, 0.64),
    ],
)
def test_planted_shares_are_found(
    metric: str, time: dict[str, str], least: float, most: float, company_workspace: Workspace
) -> None:
    ((value,),) = rows(company_workspace, {"metrics": [metric], "time": time})
    assert least < value < most


def test_members_leave_at_the_planted_rate_each_month(company_workspace: Workspace) -> None:
    ask = {
        "metrics": ["churned_members", "members_at_start"],
        "by": MONTH,
        "time": {"from": "2025-01-01", "to": "2026-06-30"},
    }
    found_rows = rows(company_workspace, ask)
    assert len(found_rows) == 18
    assert 0.03 < sum(left for _, left, _ in found_rows) / sum(start for _, _, start in found_rows) < 0.04


def test_the_price_increase_shows_as_expansion_in_its_month_and_plan(company_workspace: Workspace) -> None:
    october = {"from": "2025-10-01", "to": "2025-10-31"}
    ask = {"metrics": ["expansion_mrr", "net_mrr_churn_rate"], "by": ["plan", "billing_period"], "time": october}
    rates_by_plan = {(plan, period): (more, rate) for plan, period, more, rate in rows(company_workspace, ask)}
    more, rate = rates_by_plan["Plus", "month"]
    assert more > 0.8 * sum(one or 0 for one, _ in rates_by_plan.values())
    assert rate < 0
    before = {"metrics": ["mrr_per_member"], "by": MONTH, "time": {"from": "2025-09-01", "to": "2025-10-31"}}
    (_, september), (_, later) = rows(company_workspace, before)
    assert later > september + 0.3


def test_data_counts_as_late_unless_it_is_forward(company_workspace: Workspace) -> None:
    """A plan made before the year isn't late if nothing is added to it. All other rows are loaded."""
    forward = {"targets", "sales_targets", "budgets", "budget_days"}
    watched = {
        name: dataset.freshness is not None
        for name, dataset in company_workspace.model.datasets.items()
        if dataset.measures and "loaded_at" in dataset.columns
    }
    assert {name for name, is_watched in watched.items() if not is_watched} == forward


def test_a_ratio_from_a_year_before_is_a_ratio(company_workspace: Workspace) -> None:
    asked = query_from_data({"metrics": ["roas_last_year", "net_revenue_last_year", "roas_28d"], "by": MONTH})
    shown = company_workspace.ask(asked, company_workspace.people["lena"], today=TODAY)
    assert [column.is_ratio for column in shown.values] == [True, False, True]


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("mrr", ("Each month shows MRR as of its last day.",)),
        ("arr", ("Each month shows ARR as of its last day.",)),
        ("opening_mrr", ("Each month shows MRR at the start as of its first day.",)),
        ("mrr_churn_rate", ()),
        ("mrr_growth_rate", ()),
        ("stickiness", ()),
    ],
)
def test_balances_name_their_day_and_sums_do_not(
    metric: str, said: tuple[str, ...], company_workspace: Workspace
) -> None:
    """Churn is the month's loss divided by the balance of its first day, so it isn't as of that day."""
    asked = query_from_data({"metrics": [metric], "by": MONTH, "time": SECOND_QUARTER})
    assert company_workspace.ask(asked, company_workspace.people["lena"], today=TODAY).notes == said


def test_trials_convert_and_not_membership_periods(company_workspace: Workspace) -> None:
    asked = query_from_data({"metrics": ["trial_conversion_rate"], "by": MONTH})
    shown = company_workspace.ask(asked, company_workspace.people["lena"], today=TODAY)
    assert shown.notes == (
        "Trial conversion (45 days) uses the date of the trial; trials of the last 45 days can still convert.",
    )


@pytest.mark.parametrize(
    ("metric", "table", "rows_that_count"),
    [
        ("gross_revenue_retention", "fct_mrr_month", "TRUE"),
        # Rare rows are as new as those that the same job loads every day.
        ("sales_cycle_days", "fct_opportunity_snapshot_daily", "TRUE"),
        ("days_lead_to_mql", "fct_opportunity_snapshot_daily", "TRUE"),
        ("refunded_of_orders", "fct_order", "TRUE"),
    ],
)
def test_a_view_is_as_new_as_its_table(
    metric: str, table: str, rows_that_count: str, company_workspace: Workspace, folder: Path
) -> None:
    """The same is true of retention, although each of its rows begins with a row from the year before."""
    with duckdb.connect(str(folder / "company.duckdb"), read_only=True) as connection:
        newest = connection.execute(f"SELECT max(loaded_at) FROM {table} WHERE {rows_that_count}").fetchone()
    shown = company_workspace.ask(query_from_data({"metrics": [metric]}), company_workspace.people["lena"], today=TODAY)
    assert newest is not None
    assert shown.data_to == newest[0]


@pytest.mark.parametrize(
    ("ask", "refusal"),
    [
        ({"metrics": ["reach"]}, UnsafeReaggregation),
        ({"metrics": ["frequency"], "by": ["market"]}, UnsafeReaggregation),
        ({"metrics": ["mrr"], "by": ["date"]}, GrainTooFine),
        ({"metrics": ["net_revenue_attainment"], "time": {"from": "2026-05-01", "to": "2026-05-15"}}, GrainTooFine),
        ({"metrics": ["orders_target"], "by": [{"dim": "date", "grain": "week"}]}, GrainTooFine),
        ({"metrics": ["roas_last_year"], "by": [{"dim": "date", "grain": "week"}]}, TimeMismatch),
        ({"metrics": ["roas_28d"], "by": ["product_category"]}, FanOut),
        ({"metrics": ["second_order_rate"], "by": ["product_category"]}, FanOut),
        ({"metrics": ["trial_conversion_rate"], "by": ["channel"]}, NoPath),
        ({"metrics": ["gross_revenue_retention"], "by": ["plan"]}, NoPath),
        ({"metrics": ["pacing_index"], "by": ["campaign"]}, NoPath),
        ({"metrics": ["trials_started"], "by": ["cancel_reason"]}, NoPath),
        ({"metrics": ["open_pipeline"], "by": ["cohort_day"]}, SemanticError),
    ],
)
def test_questions_without_a_right_answer_are_refused(
    ask: dict[str, Any], refusal: type[SemanticError], company_workspace: Workspace
) -> None:
    with pytest.raises(refusal):
        rows(company_workspace, ask)


@pytest.mark.parametrize(
    ("metric", "dimension", "instead"),
    [
        ("member_churn_rate", "cancel_reason", "churned_members"),
        ("mrr_churn_rate", "cancel_reason", "churned_mrr"),
        ("mrr_churn_rate", "mrr_movement", "churned_mrr"),
        ("net_mrr_churn_rate", "mrr_movement", "churned_mrr"),
        ("win_rate_count", "loss_reason", "lost_opportunities"),
        ("win_rate_amount", "loss_reason", "lost_amount"),
        ("stage_conversion_rate", "loss_reason", ""),
        ("sales_cycle_days", "loss_reason", ""),
        ("open_pipeline", "loss_reason", ""),
        ("win_rate_count", "deal_stage", "opportunities_created"),
        ("open_pipeline", "deal_stage", "pipeline_created"),
        ("sales_velocity", "deal_stage", ""),
        ("cart_abandonment", "product", "cart_sessions"),
        ("checkout_rate", "product_category", "cart_sessions"),
        ("checkout_abandonment", "product_category", ""),
        ("purchase_session_rate", "product_category", ""),
        ("cart_abandonment", "page_type", "cart_sessions"),
        ("search_rate", "page", "sessions"),
        ("cart_abandonment", "event_name", ""),
        ("trial_conversion_rate_period", "membership_status", "trials_started"),
        ("delivery_rate", "bounce_type", "mails_bounced"),
        ("mail_click_rate", "clicked_day", "mail_clicks"),
        ("lead_to_mql_rate_period", "mql_day", "mqls"),
        ("mql_to_sql_rate_period", "sql_day", "sqls"),
    ],
)
def test_dimensions_of_only_some_rows_neither_split_nor_filter_rates(
    metric: str, dimension: str, instead: str, company_workspace: Workspace
) -> None:
    """Members who stay have no cancel reason, and a checkout has no product, so each group would be 100%."""
    lena = company_workspace.people["lena"]
    fixed = {"dim": "stage_of_deal", "op": "in", "values": ["proposal"]}  # which only some metrics need
    where = {"where": fixed} if metric == "stage_conversion_rate" else {}
    split = query_from_data({"metrics": [metric], "by": [dimension], **where})
    told = {"dim": dimension, "op": "in", "values": [None]}
    filtered = query_from_data({"metrics": [metric], "where": {"and": [told, fixed]} if where else told})
    for question in (split, filtered):
        preflight = company_workspace.preflight(question, lena, today=TODAY)
        label = company_workspace.model.metrics[metric].label
        # A formula over several facts can name a path that one of them lacks.
        assert isinstance(preflight.error, NotForMetric | NoPath)
        assert str(preflight.error).startswith(label)
        assert preflight.repairs
        for repair in preflight.repairs:
            company_workspace.ask(repair.query, lena, today=TODAY)
    repairs = company_workspace.preflight(split, lena, today=TODAY).repairs
    assert not instead or any(instead in repair.query.metrics and repair.query.by for repair in repairs)
    alone = company_workspace.preflight(query_from_data({"metrics": [metric], **where}), lena, today=TODAY)
    assert dimension not in {alone_dimension.name for alone_dimension in alone.available}
    assert dimension in {unavailable.dimension.name for unavailable in alone.unavailable}


def test_the_builder_says_why_and_offers_what_has_the_dimension(company_workspace: Workspace) -> None:
    lena, question = company_workspace.people["lena"], query_from_data({"metrics": ["member_churn_rate"]})
    preflight = company_workspace.preflight(question, lena, today=TODAY)
    reason = next(unavailable for unavailable in preflight.unavailable if unavailable.dimension.name == "cancel_reason")
    assert reason.reason == (
        "Member churn (monthly) can't be broken down by reason for leaving: the groups would be misleading. "
        "Of the metrics it's calculated from, only churned members can be."
    )
    assert [repair.query.metrics for repair in reason.repairs] == [("churned_members",)]
    beside = query_from_data({"metrics": ["member_churn_rate", "churned_mrr"]})
    preflight = company_workspace.preflight(beside, lena, today=TODAY)
    reason = next(unavailable for unavailable in preflight.unavailable if unavailable.dimension.name == "cancel_reason")
    assert [repair.query.metrics for repair in reason.repairs] == [("churned_members", "churned_mrr"), ("churned_mrr",)]


def test_open_pipeline_goes_by_the_stage_it_had(by_hand: Workspace, company_workspace: Workspace) -> None:
    lena = company_workspace.people["lena"]
    asked = query_from_data({"metrics": ["open_pipeline"], "by": ["deal_stage"]})
    repair = company_workspace.preflight(asked, lena, today=TODAY).repairs[0]
    assert [breakdown.dim for breakdown in repair.query.by] == ["stage_that_day"]
    stages = {row["stage_that_day"] for row in company_workspace.ask(repair.query, lena, today=TODAY).table.to_pylist()}
    assert stages <= {"discovery", "qualified", "proposal", "negotiation"}
    assert stages


def test_exports_list_what_other_tools_do_not_carry() -> None:
    files = {path.name: path.read_text(encoding="utf-8") for path in MARKETING_MODEL.glob("*.yml")}
    for export in (export_dbt, export_cube, export_osi):
        losses = {loss.name: loss.why for loss in export(files).losses}
        assert losses["dimension loss_reason of opportunities"].startswith(
            "is only for opportunities.lost, opportunities.lost_amount, but "
        )


def test_a_balance_is_not_allocated_over_campaigns_and_a_repair_is_offered(company_workspace: Workspace) -> None:
    by = [{"dim": "objective", "via": "influencing_campaign"}]
    question = query_from_data({"metrics": ["pipeline_created", "open_pipeline"], "by": by})
    lena = company_workspace.people["lena"]
    with pytest.raises(UnsafeReaggregation, match="Open pipeline can't be split across"):
        company_workspace.ask(question, lena, today=TODAY)
    repairs = company_workspace.preflight(question, lena, today=TODAY).repairs
    assert repairs
    for repair in repairs:
        company_workspace.ask(repair.query, lena, today=TODAY)


def test_a_current_month_states_once_which_part_of_its_target_it_covers(by_hand: Workspace) -> None:
    asked = query_from_data({"metrics": ["net_revenue_attainment"], "time": {"from": "2026-06-01", "to": "2026-06-30"}})
    answer = by_hand.ask(asked, by_hand.people["lena"], today=date(2026, 6, 25))
    assert [note for note in answer.notes if "plan" in note] == [
        "Net revenue against target compares the 24 days to 24 Jun 2026 with the plan for all 30 days."
    ]
