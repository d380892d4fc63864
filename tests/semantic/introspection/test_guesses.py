"""What a draft guesses about tables, and what it asks. Each trap is a small table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from semantic.introspection.profile import Budget
from semantic.introspection.profiling import profile_at
from semantic.introspection.proposing import open_guesses, propose
from semantic.model.loading.load import parse_model
from tests.engines import duckdb_file
from tests.semantic.introspection.drafted import accepted, drafted, guess_ids, guess_words, is_on

ORDERS = "SELECT range AS order_id, DATE '2026-01-01' + CAST(range AS INT) AS ordered_on FROM range(30)"


# Keys


def test_a_key_shows_how_many_rows_it_is_unique_in(tmp_path):
    draft = drafted(f"CREATE TABLE orders AS {ORDERS}", tmp_path)
    assert guess_words(draft, "orders.key") == "on One row per order (order_id is unique in 30 rows) → order_id"


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (
            "SELECT if(range = 99, 0, range) AS order_id FROM range(100)",
            "? One row per order (order_id is almost unique: 1 row of 100 repeats another) → rows",
        ),
        (
            "SELECT if(range = 99, NULL, range) AS order_id FROM range(100)",
            "? One row per order (order_id is almost unique: 1 row has none) → order_id",
        ),
        (
            "SELECT 'x' AS note FROM range(100)",
            "on Every row counts (no columns are unique in 100 rows) → rows",
        ),
    ],
)
def test_keys_that_are_not_quite_unique_are_asked(tmp_path, rows, says):
    assert guess_words(drafted(f"CREATE TABLE orders AS {rows}", tmp_path), "orders.key") == says


def test_amounts_that_happen_to_be_unique_arent_a_key(tmp_path):
    sql = "CREATE TABLE payments AS SELECT range * 1.5 AS amount, 'card' AS method FROM range(50)"
    assert guess_words(drafted(sql, tmp_path), "payments.key").endswith("→ rows")


def test_a_key_of_a_sample_is_asked(tmp_path):
    sql = "CREATE TABLE orders AS SELECT range AS order_id FROM range(20000)"
    words = guess_words(drafted(sql, tmp_path, Budget(rows=2_000, exact_rows=5_000)), "orders.key")
    assert words.startswith("? One row per order (≈ order_id is unique in ")
    assert words.endswith(" of 20,000 rows) → order_id")


def test_a_key_of_two_columns_is_found(tmp_path):
    sql = """CREATE TABLE order_lines AS SELECT o.range AS order_id, l.range AS line_number
        FROM range(30) AS o, range(3) AS l"""
    assert guess_words(drafted(sql, tmp_path), "order_lines.key") == (
        "on One row per order line (order_id and line_number are unique together in 90 rows) → order_id+line_number"
    )


def test_an_empty_table_asks_nothing(tmp_path):
    draft = drafted("CREATE TABLE orders (id INT, customer_id INT, note VARCHAR)", tmp_path)
    assert guess_words(draft, "orders.key") == "on Every row counts (the table is empty) → rows"
    assert open_guesses(draft) == ()


# Joins


def test_a_join_says_how_many_rows_match(tmp_path):
    sql = """CREATE TABLE customers AS SELECT range AS id FROM range(1, 1000);
        CREATE TABLE orders AS SELECT range AS id, if(range < 8, 5000, range % 900 + 1) AS customer_id
            FROM range(1000)"""
    assert guess_words(drafted(sql, tmp_path), "orders.customer_id.join") == (
        "on customer_id joins customers (99.2% match, 8 don't) → customers"
    )


def test_a_join_that_few_rows_prove_is_asked_and_off(tmp_path):
    sql = """CREATE TABLE customers AS SELECT range AS id FROM range(1, 100);
        CREATE TABLE orders AS SELECT range AS id, range + 50 AS customer_id FROM range(100)"""
    assert guess_words(drafted(sql, tmp_path), "orders.customer_id.join") == (
        "? customer_id joins customers (50.0% match, 50 don't) → customers"
    )


@pytest.mark.parametrize("name", ["id", "status", "name", "date", "code", "type", "value"])
def test_reused_names_are_no_evidence(tmp_path, name):
    sql = f"""CREATE TABLE products AS SELECT range AS {name} FROM range(1, 60);
        CREATE TABLE orders AS SELECT range AS order_id, range % 50 + 1 AS {name} FROM range(100)"""
    assert guess_ids(drafted(sql, tmp_path), "join") == []


@pytest.mark.parametrize("name", ["legacy_customer_id", "external_customer_id", "shopify_customer_id"])
def test_numbers_assigned_by_another_system_are_asked(tmp_path, name):
    sql = f"""CREATE TABLE customers AS SELECT range AS customer_id FROM range(200);
        CREATE TABLE orders AS SELECT range AS order_id, range % 150 AS {name} FROM range(500)"""
    assert guess_words(drafted(sql, tmp_path), f"orders.{name}.join").startswith("? ")


def test_initials_name_a_table_only_after_confirmation(tmp_path):
    sql = """CREATE TABLE account_details AS SELECT range AS id FROM range(200);
        CREATE TABLE clicks AS SELECT range AS click_id, range % 150 AS ad_id FROM range(500)"""
    assert guess_words(drafted(sql, tmp_path), "clicks.ad_id.join").startswith("? ")


def test_a_column_refers_to_the_key_of_its_own_name(tmp_path):
    sql = """CREATE TABLE customers AS SELECT range AS customer_id, (range * 37) % 200 AS legacy_customer_id
            FROM range(200);
        CREATE TABLE orders AS SELECT range AS order_id, range % 150 AS legacy_customer_id FROM range(500)"""
    draft = accepted(drafted(sql, tmp_path))
    joined = next(relation for relation in draft.relations if relation.dataset == "orders")
    assert joined.targets == {"customers": ("customers", ("legacy_customer_id",))}
    assert guess_ids(draft, "join") == ["orders.legacy_customer_id.join"]


def test_matching_numbers_without_a_name_are_no_evidence(tmp_path):
    sql = """CREATE TABLE warehouses AS SELECT range AS id FROM range(1, 100);
        CREATE TABLE order_lines AS SELECT range AS id, range % 9 + 1 AS quantity, range % 5 + 1 AS line
            FROM range(100)"""
    assert guess_ids(drafted(sql, tmp_path), "join") == []


def test_roles_of_one_key_are_separate_joins(tmp_path):
    sql = """CREATE TABLE countries AS SELECT unnest(['DE', 'FR', 'IT']) AS code;
        CREATE TABLE orders AS SELECT range AS id, ['DE', 'FR'][range % 2 + 1] AS billing_country,
            ['IT', 'FR'][range % 2 + 1] AS shipping_country_code FROM range(40)"""
    draft = drafted(sql, tmp_path)
    assert guess_words(draft, "orders.billing_country.join") == (
        "on billing_country joins countries (all 40 rows match) → countries"
    )
    assert guess_words(draft, "orders.shipping_country_code.join").startswith("on ")


def test_a_parent_joins_its_own_table(tmp_path):
    sql = "CREATE TABLE categories AS SELECT range AS id, nullif(range // 3, 0) AS parent_id FROM range(1, 40)"
    assert guess_words(drafted(sql, tmp_path), "categories.parent_id.join").startswith(
        "on parent_id joins itself (all 37 rows match)"
    )


def test_two_tables_that_would_match_are_asked(tmp_path):
    sql = """CREATE TABLE shop_customers AS SELECT range AS id FROM range(1, 100);
        CREATE TABLE crm_customers AS SELECT range AS id FROM range(1, 100);
        CREATE TABLE orders AS SELECT range AS id, range % 90 + 1 AS customer_id FROM range(100)"""
    draft = drafted(sql, tmp_path)
    guess = draft.guess("orders.customer_id.join")
    assert guess is not None
    assert guess.is_open
    assert not guess.is_on
    assert {choice for choice, _ in guess.choices} == {"shop_customers", "crm_customers", "none"}
    assert "would match too" in guess.evidence


def test_two_matching_keys_are_one_join_from_the_smaller_to_the_larger(tmp_path):
    sql = """CREATE TABLE leads AS SELECT md5('l' || range) AS lead_id FROM range(100);
        CREATE TABLE deals AS SELECT md5('l' || range) AS lead_id FROM range(40)"""
    draft = drafted(sql, tmp_path)
    assert guess_ids(draft, "join") == ["deals.lead_id.join"]
    assert guess_words(draft, "deals.lead_id.join") == "on lead_id joins leads (all 40 rows match) → leads"


def test_a_repeating_key_cannot_be_joined_to(tmp_path):
    sql = """CREATE TABLE customers AS SELECT range // 2 AS id FROM range(100);
        CREATE TABLE orders AS SELECT range AS id, range % 50 AS customer_id FROM range(100)"""
    assert guess_ids(drafted(sql, tmp_path), "join") == []


def test_a_column_without_values_is_not_joined_and_not_asked(tmp_path):
    sql = """CREATE TABLE customers AS SELECT range AS id FROM range(1, 100);
        CREATE TABLE orders AS SELECT range AS id, CAST(NULL AS BIGINT) AS customer_id FROM range(10)"""
    draft = drafted(sql, tmp_path)
    assert open_guesses(draft) == ()
    assert not any(is_on(draft, guess_id) for guess_id in guess_ids(draft, "join"))


# Dates and zones


def test_the_date_is_when_the_rows_event_happened(tmp_path):
    sql = """CREATE TABLE orders AS SELECT range AS id,
        TIMESTAMP '2026-01-01' + to_days(CAST(range AS INT)) AS created_at,
        TIMESTAMP '2026-02-01' AS updated_at, DATE '2026-03-01' AS due_date FROM range(30)"""
    draft = drafted(sql, tmp_path)
    assert guess_words(draft, "orders.date") == (
        "on Date: created_at (1 Jan 2026 to 30 Jan 2026, without a zone) → created_at"
    )
    assert guess_words(draft, "zone").startswith("? Time zone: UTC (created_at, updated_at don't say")


def test_two_possible_dates_are_asked(tmp_path):
    sql = """CREATE TABLE orders AS SELECT range AS id, DATE '2026-01-01' AS order_date,
        DATE '2026-01-02' AS purchase_date FROM range(30)"""
    words = guess_words(drafted(sql, tmp_path), "orders.date")
    assert words.startswith("? Date: order_date")
    assert "purchase_date could be meant too" in words


def test_a_table_of_entities_needs_no_date(tmp_path):
    sql = """CREATE TABLE coupons AS SELECT range AS id, DATE '2026-01-01' AS valid_from, DATE '2026-02-01' AS valid_to
        FROM range(30)"""
    assert guess_words(drafted(sql, tmp_path), "coupons.date").startswith("on No date")


def test_instants_need_no_time_zone(tmp_path):
    sql = "CREATE TABLE orders AS SELECT range AS id, TIMESTAMPTZ '2026-01-01 00:00:00+00' AS created_at FROM range(30)"
    assert guess_words(drafted(sql, tmp_path), "zone").startswith("on Time zone: UTC")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("strftime(day, '%Y-%m-%d')", "on ordered holds dates as text (such as 2026-01-01, 2026-01-02) → date"),
        ("strftime(day, '%m/%d/%Y')", "on ordered holds dates as text (such as 01/01/2026, 01/02/2026) → month"),
        ("strftime(day, '%d.%m.%Y')", "on ordered holds dates as text (such as 01.01.2026, 02.01.2026) → day"),
        (
            "strftime(least(day, DATE '2026-01-09'), '%d/%m/%Y')",
            "? ordered holds dates as text (such as 01/01/2026, 02/01/2026) → month",
        ),
        (
            "if(range = 3, 'soon', strftime(day, '%Y-%m-%d'))",
            "? ordered holds dates as text (such as 2026-01-01, 2026-01-02; 1 value is something else) → date",
        ),
    ],
)
def test_dates_written_as_text_are_recognized(tmp_path, value, says):
    sql = f"""CREATE TABLE orders AS SELECT range AS id, {value} AS ordered
        FROM (SELECT range, DATE '2026-01-01' + CAST(range AS INT) AS day FROM range(30))"""
    assert guess_words(drafted(sql, tmp_path), "orders.ordered.reading") == says


def test_seconds_since_1970_can_date_rows(tmp_path):
    sql = "CREATE TABLE events AS SELECT range AS event_id, 1767225600 + range AS ts FROM range(30)"
    assert guess_words(drafted(sql, tmp_path), "events.date") == "on Date: ts (seconds since 1970) → timestamp"


# Money


def test_one_currency_is_accepted_and_two_are_asked(tmp_path):
    one = "CREATE TABLE orders AS SELECT range AS id, 9.5 AS total, 'EUR' AS currency FROM range(30)"
    assert guess_words(drafted(one, tmp_path), "orders.currency") == (
        "on Currency of total: EUR (currency is always EUR) → EUR"
    )
    two = one.replace("'EUR'", "if(range < 1, 'USD', 'EUR')")
    assert guess_words(drafted(two, tmp_path), "orders.currency") == (
        "? Currency of total: ? (2 currencies in currency: EUR 29, USD 1) → EUR"
    )


@pytest.mark.parametrize(("company", "suggested"), [("USD", "USD"), ("GBP", "EUR")])
def test_the_currency_of_the_company_is_suggested_if_it_is_among_them(company, suggested, tmp_path):
    sql = """CREATE TABLE orders AS SELECT range AS id, 9.5 AS total, if(range < 1, 'USD', 'EUR') AS currency
        FROM range(30)"""
    existing = parse_model({"model.yml": f"model: {{name: Shop, currency: {company}, time_zone: UTC}}"})
    draft = propose(*profile_at(str(duckdb_file(sql, tmp_path)), (), Budget()), existing=existing)
    assert guess_words(draft, "orders.currency") == (
        f"? Currency of total: ? (2 currencies in currency: EUR 29, USD 1) → {suggested}"
    )


def test_money_without_a_currency_is_asked_once(tmp_path):
    sql = "CREATE TABLE orders AS SELECT range AS id, 9.5 AS total, 1.5 AS tax FROM range(30)"
    draft = drafted(sql, tmp_path)
    assert [guess.id for guess in open_guesses(draft)] == ["currency"]
    named = "CREATE TABLE orders AS SELECT range AS id, 9.5 AS total_usd FROM range(30)"
    assert open_guesses(drafted(named, tmp_path)) == ()


def test_whole_amounts_may_be_cents_unless_the_name_says_so(tmp_path):
    sql = """CREATE TABLE payments AS SELECT range AS id, 100 * range AS amount, 100 * range AS fee_cents,
        1000000 * range AS cost_micros, 'EUR' AS currency FROM range(30)"""
    draft = drafted(sql, tmp_path)
    assert guess_words(draft, "payments.cents").startswith("? amount: whole amounts (whole numbers such as ")
    assert guess_words(draft, "payments.fee_cents.money").startswith("on Money: fee_cents, divided by 100")
    assert guess_words(draft, "payments.cost_micros.money").startswith("on Money: cost_micros, divided by 1,000,000")


# Measures, labels, personal data


def test_numbers_add_up_only_if_their_name_says_what_they_count(tmp_path):
    sql = """CREATE TABLE ads AS SELECT range AS ad_id, 7 * range AS clicks, range * 0.01 AS click_rate,
        1000 + range AS campaign_number, 2020 + range % 5 AS year, range * 13 AS x FROM range(300)"""
    draft = drafted(sql, tmp_path)
    assert {name: guess_words(draft, name).split()[0] for name in guess_ids(draft, "measure")} == {
        "ads.clicks.measure": "on",
        "ads.click_rate.measure": "off",
        "ads.x.measure": "off",
    }


def test_labels_and_omitted_columns_are_proposed(tmp_path):
    sql = """CREATE TABLE orders AS SELECT range AS id, DATE '2026-01-01' AS ord_dt, ['a', 'b'][range % 2 + 1] AS chan,
        repeat('word ' || range, 30) AS remark, NULL::VARCHAR AS nothing FROM range(2000)"""
    draft = drafted(sql, tmp_path)
    assert guess_words(draft, "orders.order_date.label").startswith("on ord_dt is “Order date”")
    assert guess_words(draft, "orders.chan.label") == "on chan is “Chan” (2 values)"
    assert guess_words(draft, "orders.remark.label").startswith("off ")
    assert guess_words(draft, "orders.nothing.label") == "off nothing is “Nothing” (it has no values)"


def test_an_estimated_count_of_values_is_marked(tmp_path):
    # Values are counted one by one in up to 100,000 rows, and estimated in more.
    sql = "CREATE TABLE orders AS SELECT range AS id, ['a', 'b', 'c'][range % 3 + 1] AS channel FROM range({})"
    assert guess_words(drafted(sql.format(900), tmp_path), "orders.channel.label").endswith("(3 values)")
    assert "(≈ " in guess_words(drafted(sql.format(100_001), tmp_path), "orders.channel.label")


def test_personal_columns_are_hidden_and_their_values_are_not_repeated(tmp_path):
    sql = """CREATE TABLE orders AS SELECT range AS id, 'p' || range || '@example.org' AS x7, 'Ada' AS first_name
        FROM range(30)"""
    draft = drafted(sql, tmp_path)
    assert guess_words(draft, "orders.x_7.personal") == "on x7 is personal: hidden (looks like email addresses)"
    assert guess_words(draft, "orders.first_name.personal").startswith("on ")
    words = " ".join(guess.says + guess.evidence for guess in draft.guesses)
    assert "example.org" not in words
    assert "Ada" not in words


# Freshness, checks, metrics


@pytest.mark.parametrize(("days", "mark"), [(0, "on"), (2, "on"), (30, "off")])
def test_only_data_that_is_still_loaded_can_be_late(tmp_path, days, mark):
    day = datetime.now(UTC).date() - timedelta(days=days)
    sql = f"CREATE TABLE orders AS SELECT range AS id, DATE '{day}' - CAST(range AS INT) AS order_date FROM range(30)"
    assert guess_words(drafted(sql, tmp_path), "orders.freshness").startswith(
        f"{mark} Late if order_date is older than 36 hours (the newest is {day.day} "
    )


def test_columns_that_never_miss_a_value_get_a_check(tmp_path):
    sql = """CREATE TABLE orders AS SELECT range AS id, DATE '2026-01-01' AS order_date, nullif(range, 3) AS clicks
        FROM range(30)"""
    assert guess_ids(drafted(sql, tmp_path), "check") == ["orders.order_date.check"]


def test_first_metrics_count_rows_and_people_and_divide(tmp_path):
    sql = """CREATE TABLE ads AS SELECT range AS ad_id, range AS impressions, range AS clicks,
        1.5 AS spend FROM range(30);
        CREATE TABLE orders AS SELECT range AS id, range % 7 AS user_id, 2.5 AS total FROM range(30)"""
    draft = drafted(sql, tmp_path)
    assert [guess.says for guess in draft.guesses if guess.about == "metric"] == [
        *("Metric “Ads”", "Metric “Click rate”", "Metric “Cost per click”"),
        *("Metric “Orders”", "Metric “Users”", "Metric “Total per order”"),
    ]


def test_report_rows_are_not_named_after_a_column_that_is_added_up(tmp_path):
    sql = """CREATE TABLE conversion_data AS SELECT range AS ad_id, range % 3 AS total_conversion, 1.5 AS spent
        FROM range(30)"""
    says = [guess.says for guess in drafted(sql, tmp_path).guesses if guess.about == "metric"]
    assert says[0] == "Metric “Conversion rows”"


def test_a_wide_table_shows_its_first_hundred_columns(tmp_path):
    columns = ", ".join(f"['a', 'b'][range % 2 + 1] AS p_{number:03}" for number in range(150))
    draft = drafted(f"CREATE TABLE events AS SELECT range AS event_id, {columns} FROM range(50)", tmp_path)
    shown = [name for name in guess_ids(draft, "label") if is_on(draft, name)]
    assert len(shown) == 100
    assert guess_words(draft, "events.p_149.label") == "off p_149 is “P 149” (the table has 151 columns)"
