"""The whole demo company is consistent. Each rule that checks this finds an error in a damaged copy of the company."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from semantic.demo.tables.tables import TABLES
from semantic.demo.world import planted as truths
from semantic.demo.world.planted import planted
from tests.semantic.conftest import UNTIL

TRUTHS = planted(UNTIL)
FOREVER = "DATE '9999-12-31'"


@pytest.fixture(scope="module")
def copy(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy that can be damaged inside a transaction, which is rolled back."""
    connection = duckdb.connect(
        shutil.copy(folder / "company.duckdb", tmp_path_factory.mktemp("copy") / "company.duckdb")
    )
    connection.execute("SET TimeZone = 'UTC'")
    yield connection
    connection.close()


def one(company: duckdb.DuckDBPyConnection, sql: str) -> Any:  # whatever the query gives
    [(value,)] = company.execute(sql).fetchall()
    return value


def wrong_after(copy: duckdb.DuckDBPyConnection, damage: str, sql: str) -> int:
    """Return what the rule counts after the damage, which is then undone."""
    copy.execute("BEGIN")
    try:
        copy.execute(damage)
        return one(copy, sql)
    finally:
        copy.execute("ROLLBACK")


def test_the_shop_is_still_the_shop(company):
    """The documentation quotes numbers from these eight tables, so their rows don't change, whatever else is built."""
    rows = company.execute(
        """SELECT (SELECT sum(net_sales)::VARCHAR FROM fct_order), (SELECT sum(tax)::VARCHAR FROM fct_order),
            (SELECT sum(cogs)::VARCHAR FROM fct_order_line), (SELECT sum(quantity) FROM fct_order_line),
            (SELECT count(*) FROM fct_web_session), (SELECT sum(engagement_seconds) FROM fct_web_session),
            (SELECT sum(spend)::VARCHAR FROM fct_ad_campaign_daily), (SELECT count(*) FROM dim_customer)"""
    ).fetchall()
    assert rows == [("1697523.1524", "360337.4426", "812863.6058", 60_484, 160_326, 23_158_011, "249483.4754", 14_001)]


# Keys, times, references: the same rule for every table, and a damage that it must see


def doubled(table: str, key: tuple[str, ...]) -> str:
    keys = ", ".join(key)
    missing = " OR ".join(f"{name} IS NULL" for name in key)
    return f"""SELECT (SELECT count(*) FROM (SELECT {keys} FROM {table} GROUP BY ALL HAVING count(*) > 1))
        + (SELECT count(*) FROM {table} WHERE {missing})"""


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_duplicate_row_is_detected(copy, table):
    sql = doubled(table.name, table.key)
    assert one(copy, sql) == 0
    assert wrong_after(copy, f"INSERT INTO {table.name} SELECT * FROM {table.name} LIMIT 1", sql) > 0


TIMES = {
    "fct_ad_campaign_daily": "date_day", "fct_web_session": "session_date", "fct_order": "order_date",
    "fct_ad_creative_daily": "date_day", "fct_ad_keyword_daily": "date_day", "fct_ad_reach_period": "period_start",
    "fct_web_event": "event_date", "fct_message_recipient": "sent_date", "fct_touchpoint": "occurred_date",
    "fct_conversion": "converted_date", "fct_attribution_credit": "converted_date",
    "fct_attribution_weighted": "converted_date", "fct_lead_ad_daily": "date_day", "fct_sales_target": "month",
    "fct_experiment_assignment": "exposed_date", "fct_experiment_unit_metric": "exposed_date",
    "fct_budget_month": "month", "fct_budget_daily": "date_day", "fct_target": "month", "fct_annotation": "starts_on",
    "fct_share_of_voice_week": "week", "fct_lead": "lead_date", "fct_lifecycle_transition": "entered_date",
    "fct_opportunity": "created_date", "fct_opportunity_snapshot_daily": "snapshot_date", "fct_refund": "refund_date",
    "fct_subscription_period": "valid_from", "fct_mrr_month": "month",
}  # fmt: skip


@pytest.mark.parametrize(("table", "column"), TIMES.items(), ids=TIMES)
def test_every_fact_has_its_day_and_it_is_in_the_calendar(copy, table, column):
    sql = f"SELECT count(*) FROM {table} f LEFT JOIN dim_date d ON d.date_day = f.{column} WHERE d.date_day IS NULL"
    assert one(copy, sql) == 0
    assert wrong_after(copy, f"UPDATE {table} SET {column} = NULL WHERE rowid = 3", sql) == 1


def test_every_fact_except_order_lines_states_its_day():
    facts = {table.name for table in TABLES if table.name.startswith("fct_")}
    assert facts - {"fct_order_line"} == set(TIMES)


# Only these may be later than the last day: plans, and load times, since rows are loaded the following night.
PLANNED = {("dim_date", "*"), ("dim_experiment", "end_date"), ("fct_annotation", "ends_on"), ("fct_budget_month", "*"),
           ("fct_budget_daily", "*"), ("fct_target", "*"), ("fct_sales_target", "*"),
           ("fct_opportunity", "expected_close_date"),
           ("fct_opportunity_snapshot_daily", "expected_close_date"), ("dim_campaign", "end_date")}  # fmt: skip
DATED = [
    (table.name, column)
    for table in TABLES
    for column, kind in table.columns
    if kind in ("DATE", "TIMESTAMPTZ") and not {(table.name, "*"), (table.name, column)} & PLANNED
]


@pytest.mark.parametrize(("table", "column"), DATED)
def test_nothing_has_happened_after_the_last_day(copy, table, column):
    last = UNTIL + timedelta(days=1) if column == "loaded_at" else UNTIL
    # A day of an instant is a day in Berlin.
    day = f"timezone('{truths.REPORTING_ZONE}', {column}::TIMESTAMPTZ)::DATE" if column.endswith("_at") else column
    sql = f"SELECT count(*) FROM {table} WHERE {day} > DATE '{last}' AND {day} <> {FOREVER}"
    assert one(copy, sql) == 0
    assert wrong_after(copy, f"UPDATE {table} SET {column} = DATE '{last}' + 2 WHERE rowid = 3", sql) == 1


# Fact, its column, dimension, its column, the part of rows with a key that must be known.
REFERENCES = [
    ("fct_order", "market", "dim_geo", "country_code", 1), ("fct_web_session", "device", "dim_device", "device", 1),
    ("fct_order_line", "product_id", "dim_product", "product_id", 0.999),
    ("fct_web_session", "landing_page", "dim_page", "page_key", 1),
    ("fct_web_event", "page_key", "dim_page", "page_key", 0.995),
    ("fct_web_event", "product_id", "dim_product", "product_id", 0.996),
    ("fct_web_event", "session_id", "fct_web_session", "session_id", 1),
    ("fct_ad_creative_daily", "ad_key", "dim_ad", "ad_key", 0.995),
    ("fct_ad_keyword_daily", "campaign_id", "dim_campaign", "campaign_id", 1),
    ("fct_ad_reach_period", "campaign_id", "dim_campaign", "campaign_id", 0.997),
    ("fct_lead", "person_id", "dim_person", "person_id", 1),
    ("fct_lead", "campaign_id", "dim_campaign", "campaign_id", 0.99),
    ("fct_lifecycle_transition", "person_id", "dim_person", "person_id", 1),
    ("fct_lifecycle_transition", "to_stage", "dim_lifecycle_stage", "stage", 1),
    ("fct_opportunity", "account_key", "dim_account", "account_key", 1),
    ("fct_opportunity", "owner_id", "dim_owner", "owner_id", 1),
    ("fct_opportunity", "lead_id", "fct_lead", "lead_id", 1),
    ("fct_opportunity", "stage", "dim_opportunity_stage", "stage", 1),
    ("fct_opportunity_snapshot_daily", "opportunity_id", "fct_opportunity", "opportunity_id", 1),
    ("bridge_opportunity_contact", "person_id", "dim_person", "person_id", 1),
    ("bridge_opportunity_campaign", "campaign_id", "dim_campaign", "campaign_id", 1),
    ("dim_person", "account_id", "dim_account", "account_id", 1),
    ("dim_account", "owner_id", "dim_owner", "owner_id", 1),
    ("fct_refund", "order_id", "fct_order", "order_id", 1),
    ("fct_subscription_period", "plan_key", "dim_plan", "plan_key", 1),
    ("fct_subscription_period", "customer_id", "dim_customer", "customer_id", 0.995),
    ("fct_mrr_month", "customer_id", "fct_subscription_period", "customer_id", 1),
    ("fct_message_recipient", "customer_id", "dim_customer", "customer_id", 0.993),
    ("fct_message_recipient", "campaign_id", "dim_campaign", "campaign_id", 1),
    ("fct_attribution_credit", "touchpoint_id", "fct_touchpoint", "touchpoint_id", 1),
    ("fct_attribution_credit", "conversion_id", "fct_conversion", "conversion_id", 1),
    ("fct_attribution_weighted", "touchpoint_id", "fct_touchpoint", "touchpoint_id", 1),
    ("fct_attribution_weighted", "conversion_id", "fct_conversion", "conversion_id", 1),
    ("fct_lead_ad_daily", "market", "dim_geo", "country_code", 1),
    ("fct_sales_target", "market", "dim_geo", "country_code", 1),
    ("fct_experiment_assignment", "experiment_id", "dim_experiment", "experiment_id", 1),
    ("fct_experiment_unit_metric", "unit_id", "fct_experiment_assignment", "unit_id", 1),
    ("fct_budget_month", "channel_key", "dim_channel", "channel_key", 1),
    ("fct_target", "market", "dim_geo", "country_code", 1),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "column", "dimension", "key", "least"), REFERENCES)
def test_every_key_has_a_member(copy, fact, column, dimension, key, least):
    known = f"""SELECT (count(*) FILTER ({column} IN (SELECT {key} FROM {dimension} WHERE {key} IS NOT NULL)))
        / count({column}) FROM {fact}"""
    assert least <= one(copy, known) <= 1
    damage = f"UPDATE {fact} SET {column} = 'nobody' WHERE rowid % 50 = 7"
    assert wrong_after(copy, damage, known) < min(least, 0.99)


# Rule, rows that break it, and damage that it must detect

LINE = "row_number() OVER (PARTITION BY {0} ORDER BY valid_from)"
RULES = [
    ("credit is 1 per conversion, model and window",
     """FROM (SELECT sum(credit) AS total, sum(attributed_value) AS given, any_value(value) AS value
        FROM fct_attribution_credit JOIN fct_conversion USING (conversion_id)
            GROUP BY conversion_id, model, window_days)
        WHERE total <> 1 OR given <> value""",
     "UPDATE fct_attribution_credit SET credit = credit * 0.9 WHERE rowid = 5"),
    ("credit by weight is 1 per conversion, model and window",
     """FROM (SELECT sum(credit) AS total, sum(attributed_value) AS given, any_value(value) AS value
        FROM fct_attribution_weighted JOIN fct_conversion USING (conversion_id)
            GROUP BY conversion_id, model, window_days)
        WHERE total <> 1 OR given <> value""",
     "UPDATE fct_attribution_weighted SET credit = credit * 0.9 WHERE rowid = 5"),
    ("valid orders of a customer are numbered from 1 without a gap, no other has a number",
     """FROM (SELECT *, row_number() OVER (PARTITION BY customer_id, is_test OR status = 'cancelled'
            ORDER BY created_at, order_id) AS nth FROM fct_order)
        WHERE valid_order_number IS DISTINCT FROM CASE WHEN is_test OR status = 'cancelled' THEN NULL
            WHEN customer_id IS NULL THEN 1 ELSE nth END""",
     "UPDATE fct_order SET valid_order_number = valid_order_number + 1 WHERE rowid < 40"),
    ("what is sent costs something, what is cancelled nothing",
     """FROM fct_order WHERE (status = 'cancelled') <> (shipping_cost = 0)
        OR (status = 'cancelled') <> (payment_fee = 0) OR shipping_cost < 0 OR payment_fee < 0""",
     "UPDATE fct_order SET shipping_cost = 0 WHERE rowid < 40"),
    ("no page is seen after an ad without a click",
     "FROM fct_ad_campaign_daily WHERE landing_page_views > clicks OR landing_page_views < 0",
     "UPDATE fct_ad_campaign_daily SET landing_page_views = clicks + 1 WHERE rowid = 5"),
    ("positions run from 1 to the number of touches",
     """FROM (SELECT count(*) AS rows, max(position) AS last, any_value(touch_count) AS touches
        FROM fct_attribution_credit WHERE model = 'linear' GROUP BY conversion_id, window_days)
        WHERE rows <> last OR last <> touches""",
     "DELETE FROM fct_attribution_credit WHERE model = 'linear' AND position = 1 AND touch_count > 1"),
    ("recurring revenue: opening and movement make the close, and the close is the next opening",
     """FROM (SELECT *, lag(mrr) OVER months AS before, lag(month) OVER months AS month_before FROM fct_mrr_month
        WINDOW months AS (PARTITION BY customer_id ORDER BY month)) WHERE opening_mrr + change <> mrr
        OR opening_mrr <> coalesce(before, 0) OR month <> coalesce(month_before + INTERVAL 1 MONTH, month)
        OR category <> CASE WHEN before IS NULL THEN 'new' WHEN opening_mrr = 0 AND mrr > 0 THEN 'reactivation'
            WHEN opening_mrr > 0 AND mrr = 0 THEN 'churn' WHEN change > 0 THEN 'expansion'
            WHEN change < 0 THEN 'contraction' ELSE 'none' END""",
     "UPDATE fct_mrr_month SET mrr = mrr + 1 WHERE rowid = 5"),
    ("recurring revenue of a month is what the periods say on its last day",
     f"""FROM (SELECT month, sum(mrr) AS booked FROM fct_mrr_month GROUP BY month) FULL JOIN (
        SELECT month, sum(mrr) AS running FROM fct_subscription_period JOIN (SELECT DISTINCT month,
            least(last_day(month), DATE '{UNTIL}') AS day FROM dim_date) ON day >= valid_from AND day < valid_to
        WHERE status = 'active' AND month <= '{UNTIL}' GROUP BY month) USING (month)
        WHERE booked IS DISTINCT FROM running""",
     "UPDATE fct_subscription_period SET mrr = mrr + 1 WHERE status = 'active' AND valid_to > DATE '9000-01-01'"),
    ("periods of a membership have no gap and no overlap",
     f"""FROM (SELECT *, lead(valid_from) OVER (PARTITION BY subscription_id ORDER BY valid_from) AS next
        FROM fct_subscription_period) WHERE valid_to <> coalesce(next, {FOREVER}) OR valid_from >= valid_to
        OR is_trial <> (status = 'trial') OR (mrr > 0) <> (status = 'active')
        OR (cancel_reason IS NULL) = (status = 'ended')""",
     "UPDATE fct_subscription_period SET valid_to = valid_to + 1 WHERE valid_to < DATE '9000-01-01' AND rowid < 40"),
    ("versions of an account have no gap and no overlap",
     f"""FROM (SELECT *, lead(valid_from) OVER (PARTITION BY account_id ORDER BY valid_from) AS next FROM dim_account)
        WHERE valid_to <> coalesce(next, {FOREVER}) OR is_current <> (next IS NULL) OR valid_from >= valid_to""",
     "DELETE FROM dim_account WHERE is_current AND valid_from > DATE '2023-12-31'"),
    ("an opportunity has the account version, and its owner, of the day it was created",
     """FROM fct_opportunity o JOIN dim_account a USING (account_key) WHERE o.account_id <> a.account_id
        OR o.owner_id <> a.owner_id OR created_date < valid_from OR created_date >= valid_to""",
     "UPDATE fct_opportunity SET owner_id = 'own-99' WHERE rowid = 5"),
    ("a whole return is the order's net sales, and no refund is more",
     """FROM fct_order o JOIN (SELECT order_id, sum(amount) AS back, max(refund_date - order_date) AS latest,
        min(refund_date - order_date) AS soonest FROM fct_refund JOIN fct_order USING (order_id) GROUP BY order_id) r
        USING (order_id) WHERE back > net_sales OR (status = 'returned') <> (back = net_sales AND status = 'returned')
        OR soonest < 3 OR latest > 40 OR status = 'cancelled'""",
     "UPDATE fct_refund SET amount = amount + 1 WHERE rowid = 5"),
    ("a return older than 40 days has its money back",
     f"""FROM fct_order ANTI JOIN fct_refund USING (order_id)
        WHERE status = 'returned' AND order_date < DATE '{UNTIL}' - 40""",
     "DELETE FROM fct_refund WHERE rowid < 40"),
    ("by ad there is never more than by campaign",
     """FROM (SELECT date_day, CASE WHEN campaign_id LIKE 'cmp-%' THEN campaign_id ELSE 'cmp-' || campaign_id END
            AS campaign_id, sum(spend) AS spend, sum(clicks) AS clicks, sum(impressions) AS impressions
        FROM fct_ad_creative_daily GROUP BY ALL) d LEFT JOIN fct_ad_campaign_daily c USING (date_day, campaign_id)
        WHERE c.spend IS NULL OR d.spend > c.spend OR d.clicks > c.clicks OR d.impressions > c.impressions""",
     "UPDATE fct_ad_creative_daily SET spend = spend * 3 WHERE rowid = 5"),
    ("by keyword there is never more than by campaign, and only for search",
     """FROM (SELECT date_day, campaign_id, sum(spend) AS spend, sum(clicks) AS clicks, sum(impressions) AS impressions,
            bool_and(eligible_impressions >= impressions AND clicks <= impressions) AS is_sound
        FROM fct_ad_keyword_daily GROUP BY ALL) d LEFT JOIN fct_ad_campaign_daily c USING (date_day, campaign_id)
        WHERE c.spend IS NULL OR d.spend > c.spend OR d.clicks > c.clicks OR d.impressions > c.impressions
        OR NOT is_sound OR channel_key NOT IN ('ch-01', 'ch-02')""",
     "UPDATE fct_ad_keyword_daily SET clicks = clicks + 10000 WHERE rowid = 5"),
    ("nobody is reached without an impression, and impressions are those of the days",
     """FROM fct_ad_reach_period r LEFT JOIN (SELECT campaign_id, unnest(['week', 'month']) AS period_type, date_day,
            impressions FROM fct_ad_campaign_daily) d ON d.campaign_id = r.campaign_id AND d.period_type = r.period_type
            AND date_trunc(r.period_type, date_day) = period_start
        GROUP BY r.campaign_id, r.period_type, period_start, reach, r.impressions
        HAVING sum(d.impressions) IS DISTINCT FROM r.impressions OR reach > r.impressions OR reach < 1""",
     "UPDATE fct_ad_reach_period SET reach = impressions + 1 WHERE rowid = 5"),
    ("delivered comes before opened, opened (or a bot) before clicked",
     """FROM fct_message_recipient WHERE ((opens > 0 OR clicks > 0) AND NOT delivered) OR (clicks > 0 AND opens = 0
        AND NOT is_bot_click) OR (opens > 0) <> (first_open_at IS NOT NULL)
        OR (clicks > 0) <> (clicked_date IS NOT NULL)
        OR (bounce_type IS NULL) <> delivered OR first_open_at < sent_at OR first_click_at < sent_at
        OR (is_machine_open AND opens = 0) OR attributed_orders > clicks""",
     "UPDATE fct_message_recipient SET delivered = false WHERE opens > 0 AND rowid < 40"),
    ("nothing is sent to somebody on a day after unsubscribing",
     """FROM fct_message_recipient JOIN (SELECT recipient_id, min(unsubscribed_at)::DATE AS left_on
        FROM fct_message_recipient GROUP BY recipient_id) USING (recipient_id) WHERE sent_date > left_on""",
     "UPDATE fct_message_recipient SET unsubscribed_at = sent_at WHERE rowid < 40"),
    ("stages of a lead come one after the other, none is left out",
     """FROM fct_lead WHERE mql_date < lead_date OR sal_date < mql_date OR sql_date < sal_date
        OR opportunity_date < sql_date OR customer_date < opportunity_date
        OR (sal_date IS NOT NULL AND mql_date IS NULL)
        OR (sql_date IS NOT NULL AND sal_date IS NULL) OR (opportunity_date IS NOT NULL AND sql_date IS NULL)
        OR (customer_date IS NOT NULL AND opportunity_date IS NULL)
        OR (disqualified_date IS NOT NULL AND mql_date IS NOT NULL)""",
     "UPDATE fct_lead SET mql_date = lead_date - 1 WHERE rowid = 5"),
    ("steps of a session come in their order, and none is left out",
     """FROM (SELECT list(event_name ORDER BY event_index) AS names, list(event_index ORDER BY event_index) AS nth,
            list(event_at ORDER BY event_index) AS times, min(event_at) < any_value(session_start_at) AS is_early
        FROM fct_web_event JOIN fct_web_session USING (session_id) GROUP BY session_id)
        WHERE times <> list_sort(times) OR is_early OR nth <> range(1, len(nth) + 1)
        OR (list_contains(names, 'purchase') AND NOT list_contains(names, 'begin_checkout'))
        OR (list_contains(names, 'begin_checkout') AND NOT list_contains(names, 'add_to_cart'))
        OR (list_contains(names, 'add_to_cart') AND NOT list_contains(names, 'view_item'))""",
     "UPDATE fct_web_event SET event_at = event_at - INTERVAL 1 DAY WHERE rowid = 5"),
    ("every order has its purchase, with its value, at its time, in its session",
     """FROM fct_order o FULL JOIN (SELECT transaction_id, session_id, max(value) AS value, min(event_at) AS event_at
        FROM fct_web_event WHERE event_name = 'purchase' GROUP BY ALL) e ON e.transaction_id = o.order_id
        WHERE e.session_id IS DISTINCT FROM o.session_id OR value <> net_sales
        OR abs(epoch(event_at - created_at)) > 1""",
     "DELETE FROM fct_web_event WHERE event_name = 'purchase' AND rowid < 400"),
    ("a stage is entered before it is left",
     """FROM (SELECT *, lead(entered_at) OVER person AS next, lag(to_stage) OVER person AS before
        FROM fct_lifecycle_transition WINDOW person AS (PARTITION BY person_id ORDER BY entered_at))
        WHERE exited_at <= entered_at OR exited_at IS DISTINCT FROM next OR from_stage IS DISTINCT FROM before""",
     "UPDATE fct_lifecycle_transition SET exited_at = entered_at WHERE exited_at IS NOT NULL AND rowid < 40"),
    ("an opportunity is qualified, and closed, after it was created; won is closed",
     """FROM fct_opportunity JOIN dim_opportunity_stage s USING (stage) WHERE qualified_date < created_date
        OR closed_date < created_date OR fct_opportunity.is_closed <> s.is_closed OR fct_opportunity.is_won <> s.is_won
        OR s.is_closed <> (closed_date IS NOT NULL) OR (stage = 'lost') <> (loss_reason IS NOT NULL)""",
     "UPDATE fct_opportunity SET is_won = NOT is_won WHERE rowid = 5"),
    ("a lead that became a customer has its won opportunity",
     """FROM fct_lead l LEFT JOIN fct_opportunity o ON o.lead_id = l.lead_id AND o.merged_into IS NULL
        WHERE (customer_date IS NOT NULL) <> coalesce(is_won, false) OR customer_date <> closed_date
        OR opportunity_date <> created_date""",
     "UPDATE fct_lead SET customer_date = NULL WHERE customer_date IS NOT NULL AND rowid < 200"),
    ("an opportunity is in the snapshots of every day on which it is open, and of no other",
     f"""FROM fct_opportunity o FULL JOIN (SELECT opportunity_id, min(snapshot_date) AS first,
            max(snapshot_date) AS last, count(*) AS days,
            arg_max(stage, snapshot_date) AS last_stage, arg_max(amount, snapshot_date) AS last_amount
        FROM fct_opportunity_snapshot_daily GROUP BY opportunity_id) s USING (opportunity_id)
        WHERE first IS DISTINCT FROM created_date OR last IS DISTINCT FROM coalesce(closed_date - 1, DATE '{UNTIL}')
        OR days <> last - first + 1 OR (NOT is_closed AND (last_stage <> stage OR last_amount <> amount))""",
     "DELETE FROM fct_opportunity_snapshot_daily WHERE rowid = 5"),
    ("weights of an opportunity's contacts add up to 1, with one of them first",
     """FROM (SELECT opportunity_id, sum(weight) AS total, count(*) FILTER (is_primary) AS firsts FROM fct_opportunity
        LEFT JOIN bridge_opportunity_contact USING (opportunity_id) GROUP BY ALL) WHERE total IS DISTINCT FROM 1
        OR firsts <> 1""",
     "UPDATE bridge_opportunity_contact SET weight = 0.4 WHERE rowid = 5"),
    ("influence of campaigns adds up to 1 per opportunity and model",
     """FROM (SELECT sum(influence_pct) AS total FROM bridge_opportunity_campaign
        GROUP BY opportunity_id, influence_model)
        WHERE total <> 1""",
     "UPDATE bridge_opportunity_campaign SET influence_pct = 0.9 WHERE influence_model = 'first' AND rowid < 40"),
    ("days of a budget add up to its month",
     """FROM fct_budget_month m FULL JOIN (SELECT scenario, version, date_trunc('month', date_day)::DATE AS month,
            channel_key, market, sum(budget_amount) AS amount, count(*) AS days FROM fct_budget_daily GROUP BY ALL) d
        USING (scenario, version, month, channel_key, market) WHERE amount IS DISTINCT FROM budget_amount
        OR days <> day(last_day(month))""",
     "UPDATE fct_budget_daily SET budget_amount = budget_amount + 1 WHERE rowid = 5"),
    ("there is a currency where there is an amount, and a rate",
     """FROM (SELECT amount_local AS amount, currency_code, fx_rate FROM fct_refund UNION ALL SELECT amount_local,
            currency_code, fx_rate FROM fct_opportunity UNION ALL SELECT mrr_local, currency_code, fx_rate
            FROM fct_subscription_period UNION ALL SELECT budget_amount, currency_code, 1 FROM fct_budget_month)
        WHERE (amount IS NULL) <> (currency_code IS NULL) OR (fx_rate IS NULL) <> (currency_code IS NULL)""",
     "UPDATE fct_refund SET currency_code = NULL WHERE rowid = 5"),
    ("the rate is the rate of the fact's day; a refund keeps the rate of its order",
     """FROM (SELECT created_date AS day, currency_code, fx_rate FROM fct_opportunity UNION ALL SELECT valid_from,
            currency_code, fx_rate FROM fct_subscription_period UNION ALL SELECT order_date, r.currency_code, r.fx_rate
            FROM fct_refund r JOIN fct_order USING (order_id)) f
        LEFT JOIN dim_fx_rate x ON x.currency_code = f.currency_code AND rate_date = day
        WHERE fx_rate IS DISTINCT FROM rate_to_reporting""",
     "UPDATE dim_fx_rate SET rate_to_reporting = rate_to_reporting * 2 WHERE currency_code = 'GBP'"),
    ("EUR is local times the rate; of a refund, which starts from EUR, to a hundredth of a cent",
     """FROM (SELECT amount_local AS local, fx_rate, amount, 0.0001 AS off FROM fct_refund
            UNION ALL SELECT amount_local, fx_rate, amount, 0 FROM fct_opportunity
            UNION ALL SELECT mrr_local, fx_rate, mrr, 0
            FROM fct_subscription_period) WHERE abs(amount - round(local * fx_rate, 4)) > off""",
     "UPDATE fct_opportunity SET amount = amount + 1 WHERE rowid = 5"),
    ("a conversion has the value, and a customer's conversion the customer, of its source",
     """FROM fct_conversion c LEFT JOIN fct_order o ON o.order_id = source_id LEFT JOIN fct_opportunity p
        ON p.opportunity_id = source_id WHERE coalesce(o.net_sales, p.amount) IS DISTINCT FROM value
        OR coalesce(o.customer_id = subject_id, true) = false OR coalesce(p.is_won, true) = false""",
     "UPDATE fct_conversion SET value = value + 1 WHERE rowid = 5"),
    ("a unit is exposed in the days of its experiment, in a variant of it, and measured in the same",
     """FROM fct_experiment_assignment a LEFT JOIN dim_experiment USING (experiment_id) LEFT JOIN dim_variant v
            USING (experiment_id, variant) LEFT JOIN fct_experiment_unit_metric m USING (experiment_id, unit_id)
        WHERE v.variant IS NULL OR a.exposed_date NOT BETWEEN start_date AND end_date
            OR m.variant IS DISTINCT FROM a.variant OR m.value <> m.numerator / m.denominator""",
     "UPDATE fct_experiment_assignment SET variant = 'other' WHERE rowid = 5"),
    ("nothing is loaded before it happened",
     """FROM (SELECT loaded_at, event_at AS at FROM fct_web_event UNION ALL SELECT loaded_at, occurred_at
            FROM fct_touchpoint UNION ALL SELECT loaded_at, entered_at FROM fct_lifecycle_transition UNION ALL
            SELECT loaded_at, sent_at FROM fct_message_recipient UNION ALL
            SELECT loaded_at, refund_date FROM fct_refund)
        WHERE loaded_at <= "at" """,
     "UPDATE fct_refund SET loaded_at = loaded_at - INTERVAL 9 DAY WHERE rowid = 5"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "wrong", "damage"), RULES, ids=[row[0] for row in RULES])
def test_each_rule_holds_and_detects_a_broken_row(copy, rule, wrong, damage):
    sql = f"SELECT count(*) FROM (SELECT 1 {wrong})"
    assert one(copy, sql) == 0, rule
    assert wrong_after(copy, damage, sql) > 0, rule
