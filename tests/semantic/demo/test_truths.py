"""Everything planted in the demo company can be found again, and is as large as planned."""

from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from semantic.demo.world import planted as truths
from semantic.demo.world.planted import planted
from tests.semantic.conftest import UNTIL

TRUTHS = planted(UNTIL)


def one(company: duckdb.DuckDBPyConnection, sql: str) -> Any:  # whatever the query gives
    [(value,)] = company.execute(sql).fetchall()
    return value


# A share of rows, and how far off it may be: about three standard errors at this size, or the constant says "about".
MATURE = f"fct_lead WHERE lead_date <= DATE '{UNTIL - timedelta(days=truths.LEAD_MATURES)}'"
CLOSED = "fct_opportunity WHERE is_closed AND merged_into IS NULL AND type ="
NEWSLETTER = f"fct_message_recipient WHERE delivered AND flow_id IS NULL AND sent_date < '{TRUTHS.mix_after}'"
FLOW = f"fct_message_recipient WHERE delivered AND flow_id IS NOT NULL AND sent_date < '{TRUTHS.mix_after}'"
READ = "opens > 0 AND NOT is_machine_open"
SHARES = [
    ("duplicate purchases", "is_twice", """(SELECT count(*) > 1 AS is_twice FROM fct_web_event
        WHERE event_name = 'purchase' GROUP BY transaction_id)""", truths.DUPLICATE_PURCHASES, 0.002),
    ("events without product", "product_id IS NULL", "fct_web_event WHERE event_name IN ('view_item', 'add_to_cart')",
     truths.NO_PRODUCT_EVENTS, 0.0004),
    ("events of an unknown product", "product_id = 'p-9999'",
     "fct_web_event WHERE event_name IN ('view_item', 'add_to_cart')", truths.ORPHAN_PRODUCT_EVENTS, 0.0004),
    ("leads of an unknown campaign", "campaign_id NOT IN (SELECT campaign_id FROM dim_campaign)",
     "fct_lead WHERE campaign_id IS NOT NULL", truths.ORPHAN_CAMPAIGN_LEADS, 0.004),
    ("mql of lead", "mql_date IS NOT NULL", MATURE, truths.MQL_OF_LEAD, 0.035),
    ("sal of mql", "sal_date IS NOT NULL", f"{MATURE} AND mql_date IS NOT NULL", truths.SAL_OF_MQL, 0.035),
    ("sql of sal", "sql_date IS NOT NULL", f"{MATURE} AND sal_date IS NOT NULL", truths.SQL_OF_SAL, 0.04),
    ("opportunity of sql", "opportunity_date IS NOT NULL", f"{MATURE} AND sql_date IS NOT NULL",
     truths.OPPORTUNITY_OF_SQL, 0.045),
    *((f"win rate, {kind}", "is_won", f"{CLOSED} '{kind}'", rate, 0.055 if kind == "new" else 0.18)
      for kind, rate in truths.WIN_RATES.items()),
    ("partial refunds", "order_id IN (SELECT order_id FROM fct_refund)",
     f"fct_order WHERE status = 'completed' AND order_date < DATE '{UNTIL}' - 40", truths.PARTIAL_REFUNDS, 0.004),
    ("members of customers", "customer_id IN (SELECT customer_id FROM fct_subscription_period)",
     f"dim_customer WHERE is_current AND first_order_date < DATE '{UNTIL}' - 60", truths.PLUS_MEMBERS, 0.015),
    ("trials that convert", "is_kept", f"""(SELECT bool_or(status = 'active') AS is_kept FROM fct_subscription_period
        GROUP BY subscription_id HAVING bool_or(is_trial) AND min(valid_from) < DATE '{UNTIL}' - 14)""",
     truths.TRIAL_CONVERSION, 0.04),
    ("undelivered", "NOT delivered", "fct_message_recipient WHERE send_no = 1", truths.UNDELIVERED, 0.002),
    ("newsletters read", READ, NEWSLETTER, truths.NEWSLETTER_OPENS, 0.01),
    ("flows read", READ, FLOW, truths.FLOW_OPENS, 0.015),
    ("opened by machines alone", "is_machine_open", "fct_message_recipient WHERE delivered",
     truths.MACHINE_OPENS, 0.005),
    ("clicked by bots", "is_bot_click", "fct_message_recipient WHERE delivered", truths.BOT_CLICKS, 0.001),
    ("messages to nobody", "customer_id IS NULL", "fct_message_recipient", truths.NO_CUSTOMER_MESSAGES, 0.0006),
    ("messages to an unknown customer", "customer_id = 'C99999999'", "fct_message_recipient",
     truths.ORPHAN_CUSTOMER_MESSAGES, 0.0006),
    ("duplicate conversions", "is_duplicate", "fct_conversion WHERE conversion_type = 'order'",
     truths.DUPLICATE_CONVERSIONS, 0.002),
    ("opportunities merged", "merged_into IS NOT NULL", "fct_opportunity WHERE type = 'new'",
     truths.MERGED_OPPORTUNITIES, 0.015),
    ("units in the treatment that should be half", "variant = 'treatment'",
     "fct_experiment_assignment WHERE experiment_id = 'ex-03'", truths.MISMATCH_SHARE, 0.025),
    ("units in the treatment that are half", "variant = 'treatment'",
     "fct_experiment_assignment WHERE experiment_id <> 'ex-03'", 0.5, 0.02),
]  # fmt: skip


@pytest.mark.parametrize(("name", "where", "of", "planted_share", "off"), SHARES, ids=[row[0] for row in SHARES])
def test_each_share_is_as_planted(company, name, where, of, planted_share, off):
    share = one(company, f"SELECT count(*) FILTER ({where}) / count(*) FROM {of}")
    assert share == pytest.approx(planted_share, abs=off), name


def test_the_funnel_of_sessions_is_as_planted(company):
    steps = company.execute(
        """SELECT count(DISTINCT session_id) FILTER (event_name = 'view_item'),
            count(DISTINCT session_id) FILTER (event_name = 'add_to_cart'),
            count(DISTINCT session_id) FILTER (event_name = 'begin_checkout'),
            count(DISTINCT session_id) FILTER (event_name = 'purchase') FROM fct_web_event WHERE NOT is_bot"""
    ).fetchall()[0]
    sessions = one(company, "SELECT count(*) FROM fct_web_session WHERE NOT is_bot")
    rates = [part / whole_sessions for part, whole_sessions in zip(steps, (sessions, *steps), strict=False)]
    assert rates == pytest.approx(
        [truths.VIEW_OF_SESSION, truths.CART_OF_VIEW, truths.CHECKOUT_OF_CART, truths.PURCHASE_OF_CHECKOUT], abs=0.01
    )
    assert one(company, "SELECT count(*) FROM fct_web_event WHERE is_bot AND event_name <> 'view_item'") == 0


def test_the_experiment_lifts_its_metric_and_the_others_do_not(company):
    effects = {
        (key, metric): (treated / control - 1, error / control)
        for key, metric, treated, control, error in company.execute(
            """SELECT experiment_id, metric, (avg(value) FILTER (variant = 'treatment'))::DOUBLE,
                (avg(value) FILTER (variant = 'control'))::DOUBLE,
                sqrt(2 * var_samp(value::DOUBLE) / (count(*) / 2)) FROM fct_experiment_unit_metric GROUP BY ALL"""
        ).fetchall()
    }
    lift, error = effects.pop(("ex-01", "added_to_cart"))
    assert lift == pytest.approx(truths.CART_LIFT, abs=0.01)
    assert lift > 2.5 * error
    assert len(effects) == 11
    assert all(abs(other) < 3 * noise for other, noise in effects.values()), effects


def test_a_sample_ratio_mismatch_is_beyond_chance_in_one_experiment_alone(company):
    values_by_experiment = dict(
        company.execute(
            """SELECT experiment_id, pow(sum(CASE variant WHEN 'treatment' THEN 1 ELSE -1 END), 2) / count(*)
            FROM fct_experiment_assignment GROUP BY experiment_id"""
        ).fetchall()
    )
    assert values_by_experiment.pop("ex-03") > 15  # chi-squared with one degree of freedom: one in ten thousand
    assert all(value < 7 for value in values_by_experiment.values()), values_by_experiment
    assert one(company, "SELECT count(*) FROM dim_variant WHERE planned_share <> 0.5") == 0


def test_every_open_rate_rises_and_the_total_falls(company):
    """This is a mix shift: newsletters, which fewer people open, become a much larger share of all messages."""
    assert (date(2026, 1, 1), date(2026, 4, 1)) == (TRUTHS.mix_before, TRUTHS.mix_after)
    before, after = (
        company.execute(
            f"""SELECT count(*) FILTER ({READ} AND flow_id IS NULL) / count(*) FILTER (flow_id IS NULL),
                count(*) FILTER ({READ} AND flow_id IS NOT NULL) / count(*) FILTER (flow_id IS NOT NULL),
                count(*) FILTER ({READ}) / count(*) FROM fct_message_recipient
            WHERE delivered AND date_trunc('quarter', sent_date) = '{quarter}'"""
        ).fetchall()[0]
        for quarter in (TRUTHS.mix_before, TRUTHS.mix_after)
    )
    assert after[0] > before[0] + 0.01
    assert after[1] > before[1] + 0.02
    assert after[2] < before[2] - 0.03
    assert after[0] == pytest.approx(truths.NEWSLETTER_OPENS_AFTER, abs=0.015)
    assert after[1] == pytest.approx(truths.FLOW_OPENS_AFTER, abs=0.03)


def test_one_platforms_campaign_ids_lose_their_prefix_for_ten_days(company):
    rows = company.execute(
        """SELECT platform, min(date_day), max(date_day), count(DISTINCT date_day), count(*) > 300,
            bool_and('cmp-' || campaign_id IN (SELECT campaign_id FROM dim_campaign)) FROM fct_ad_creative_daily
        WHERE campaign_id NOT LIKE 'cmp-%' GROUP BY platform"""
    ).fetchall()
    assert rows == [(TRUTHS.broken_key_platform, TRUTHS.broken_key_from, TRUTHS.broken_key_to, 10, True, True)]
    text = f"""SELECT count(*) FROM fct_ad_creative_daily WHERE platform = '{TRUTHS.broken_key_platform}'
        AND campaign_id LIKE 'cmp-%' AND date_day BETWEEN '{TRUTHS.broken_key_from}' AND '{TRUTHS.broken_key_to}'"""
    assert one(company, text) == 0


def test_the_outage_also_affects_ads_by_ad(company):
    days = f"FROM fct_ad_creative_daily WHERE platform = '{TRUTHS.outage_platform}' AND date_day"
    assert one(company, f"SELECT count(*) {days} = '{TRUTHS.outage_day}'") == 0
    assert one(company, f"SELECT count(*) {days} = DATE '{TRUTHS.outage_day}' + 1") > 10


def test_restated_days_were_reloaded_in_one_night(company):
    rows = company.execute(
        """SELECT platform, min(date_day), max(date_day), loaded_at::DATE FROM fct_ad_creative_daily
        WHERE loaded_at::DATE > date_day + 3 GROUP BY platform, loaded_at::DATE"""
    ).fetchall()
    assert rows == [(TRUTHS.restated_platform, TRUTHS.restated_from, TRUTHS.restated_to, TRUTHS.restated_on)]


def test_one_ad_is_deleted_and_one_is_in_two_groups(company):
    orphans = company.execute(
        """SELECT c.campaign, count(*) > 100 FROM fct_ad_creative_daily f ANTI JOIN dim_ad USING (ad_key)
        JOIN dim_campaign c USING (campaign_id) GROUP BY f.ad_key, c.campaign"""
    ).fetchall()
    assert orphans == [(truths.DELETED_AD, True)]
    shared = """SELECT c.campaign, count(DISTINCT ad_group_id), count(DISTINCT ad_key) FROM dim_ad
        JOIN dim_campaign c USING (campaign_id) GROUP BY c.campaign, ad_id HAVING count(*) > 1"""
    assert company.execute(shared).fetchall() == [(truths.SHARED_AD, 2, 2)]
    assert one(company, "SELECT count(*) - count(DISTINCT (platform, ad_group_id, ad_id)) FROM dim_ad") == 0


def test_ads_cover_most_of_the_spend(company):
    covered = f"""SELECT (SELECT sum(spend) FROM fct_ad_creative_daily) / sum(spend) FROM fct_ad_campaign_daily
        WHERE campaign_id <> '{TRUTHS.deleted_campaign}'"""
    assert truths.AD_COVERAGE - 0.025 < one(company, covered) < truths.AD_COVERAGE + 0.005


def test_keywords_are_kept_for_two_years(company):
    first = UNTIL - timedelta(days=truths.KEYWORD_DAYS - 1)
    assert one(company, "SELECT min(date_day) FROM fct_ad_keyword_daily") == first


def test_a_month_reaches_more_than_a_week_and_fewer_than_its_weeks(company):
    weeks, months = (
        float(one(company, f"""SELECT sum(reach) / sum(impressions) FROM fct_ad_reach_period
            WHERE period_type = '{period}'""")) for period in ("week", "month")
    )  # fmt: skip
    assert 0.45 < weeks < 0.7
    assert weeks / 4.4 < months < 0.8 * weeks


def test_the_last_leads_have_not_all_progressed_yet(company):
    rate = "SELECT count(opportunity_date) / count(*) FROM fct_lead WHERE lead_date"
    mature = one(company, f"{rate} <= DATE '{UNTIL - timedelta(days=truths.LEAD_MATURES)}'")
    late = one(company, f"{rate} > DATE '{UNTIL - timedelta(days=60)}'")
    share = truths.MQL_OF_LEAD * truths.SAL_OF_MQL * truths.SQL_OF_SAL * truths.OPPORTUNITY_OF_SQL
    assert mature == pytest.approx(share, abs=0.03)
    assert late < 0.7 * mature
    longest = one(company, "SELECT max(opportunity_date - lead_date) FROM fct_lead")
    assert 60 < longest <= truths.LEAD_MATURES


def test_some_ask_a_second_time_long_after_the_first(company):
    again = "FROM fct_lead b JOIN fct_lead a USING (person_id) WHERE a.lead_cycle_no = 1 AND b.lead_cycle_no = 2"
    assert one(company, f"SELECT count(*) {again}") > 20
    assert one(company, f"SELECT min(b.lead_date - a.lead_date) {again}") > 250
    merged = "FROM dim_person WHERE merged_into IS NOT NULL"
    assert one(company, f"SELECT count(*) {merged}") > 20
    assert one(company, f"SELECT count(*) FROM fct_lead WHERE person_id IN (SELECT person_id {merged})") == 0
    regressions = (
        "SELECT count(*) FILTER (is_regression), count(*) FILTER (is_skipped_fill) FROM fct_lifecycle_transition"
    )
    assert all(count > 20 for count in company.execute(regressions).fetchall()[0])


def test_the_monthly_membership_price_rises_for_everyone_on_one_day(company):
    assert date(2025, 10, 1) == TRUTHS.price_change
    plans = company.execute(
        """SELECT plan_key, min(valid_from), max(valid_from) FROM fct_subscription_period
        WHERE plan_key IN ('pl-01', 'pl-05') GROUP BY plan_key ORDER BY plan_key"""
    ).fetchall()
    assert plans[0][2] < TRUTHS.price_change == plans[1][1]
    price = "SELECT monthly_price::VARCHAR FROM dim_plan WHERE plan_key ="
    assert one(company, f"{price} 'pl-01'") == f"{truths.PLUS_OLD_PRICE}00"
    assert one(company, f"{price} 'pl-05'") == f"{truths.PLUS_NEW_PRICE}00"
    ended = f"""SELECT count(*) FROM fct_subscription_period WHERE plan_key = 'pl-01' AND status <> 'ended'
        AND valid_to > DATE '{TRUTHS.price_change}'"""
    assert one(company, ended) == 0
    expanded = "SELECT count(*) FILTER (category = 'expansion') FROM fct_mrr_month WHERE month ="
    assert one(company, f"{expanded} '{TRUTHS.price_change}'") > 20 * one(company, f"{expanded} '2025-11-01'")


def test_members_leave_at_the_planted_rate(company):
    churn = "SELECT count(*) FILTER (category = 'churn') / count(*) FILTER (opening_mrr > 0) FROM fct_mrr_month"
    assert one(company, churn) == pytest.approx(truths.MONTHLY_CHURN, abs=0.005)
    first = one(company, "SELECT min(valid_from) FROM fct_subscription_period")
    assert TRUTHS.plus_opens <= first <= TRUTHS.plus_opens + timedelta(days=14)
    kinds = "SELECT count(DISTINCT category) FROM fct_mrr_month"
    assert one(company, kinds) == 6


def test_one_product_is_sold_but_not_listed(company):
    rows = company.execute(
        "SELECT DISTINCT product FROM fct_order_line ANTI JOIN dim_product USING (product_id)"
    ).fetchall()
    assert rows == [(truths.UNLISTED_PRODUCT,)]


@pytest.mark.parametrize(
    ("day", "columns"),
    [
        # Retail years open on the Sunday after the Saturday nearest to the end of January; 2023 has 53 weeks.
        (date(2023, 1, 28), (52, False, 2022, 4)),
        (date(2024, 2, 3), (53, False, 2023, 4)),
        (date(2024, 2, 4), (1, False, 2023, 4)),
        (date(2025, 12, 25), (47, True, 2025, 3)),
        (date(2026, 4, 6), (10, True, 2026, 1)),  # Easter Monday
        (date(2024, 5, 9), (14, True, 2024, 1)),  # Ascension
        (date(2026, 3, 31), (9, False, 2025, 4)),
    ],
)
def test_the_calendar_knows_retail_weeks_holidays_and_fiscal_years(company, day, columns):
    rows = company.execute(
        "SELECT retail_454_week, is_holiday_de, fiscal_year, fiscal_quarter FROM dim_date WHERE date_day = ?", [day]
    ).fetchall()
    assert rows == [columns]


def test_targets_are_for_the_models_metrics_and_extend_beyond_the_data(company):
    rows = company.execute("SELECT DISTINCT metric_id FROM fct_target ORDER BY 1").fetchall()
    assert rows == [("net_revenue",), ("new_customers",), ("orders",), ("spend",)]
    for table in ("fct_target", "fct_budget_month"):
        assert one(company, f"SELECT max(month) FROM {table}") == date(2026, 12, 1), table
    used = f"""SELECT (SELECT sum(spend) FROM fct_ad_campaign_daily) / sum(budget_amount) FROM fct_budget_month
        WHERE scenario = 'plan' AND version = 1 AND month <= '{UNTIL}'"""
    assert one(company, used) == pytest.approx(1, abs=0.05)


def test_planted_events_are_documented(company):
    notes = set(company.execute("SELECT starts_on, ends_on, kind FROM fct_annotation").fetchall())
    assert {
        (TRUTHS.outage_day, TRUTHS.outage_day, "outage"),
        (TRUTHS.broken_key_from, TRUTHS.broken_key_to, "outage"),
        (TRUTHS.price_change, TRUTHS.price_change, "price"),
        (TRUTHS.no_opens, TRUTHS.no_opens, "site"),
        (TRUTHS.autumn_launch_from, TRUTHS.autumn_launch_to, "campaign"),
    } <= notes


@pytest.mark.parametrize("until", [date(2026, 6, 29), date(2025, 1, 1), date(2024, 2, 29), date(2026, 11, 23)])
def test_dates_hold_for_any_last_day(until):
    found_truths = planted(until)
    after = found_truths.mix_after + timedelta(days=92)
    assert found_truths.mix_before < found_truths.mix_after < until
    assert after.replace(day=1) - timedelta(days=1) <= until
    assert found_truths.first_day < found_truths.plus_opens < found_truths.price_change < until
    assert all(start < end for start, end in found_truths.experiments)
    assert [end > until for _, end in found_truths.experiments] == [False, False, False, True]
