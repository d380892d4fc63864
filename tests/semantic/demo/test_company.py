"""The demo company's data: keys, sums, errors, seasons, the same rows for the same seed, and no half-built files."""

import hashlib
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from semantic.commands.demo import run
from semantic.demo import build_company
from semantic.demo.company import sessions_per_order
from semantic.demo.tables.tables import TABLES
from semantic.demo.world import planted as truths
from semantic.demo.world.planted import black_friday, planted
from tests.companies import SMALL, shared_company
from tests.quiet import run_quietly
from tests.semantic.conftest import ORDERS, UNTIL

TRUTHS = planted(UNTIL)


def one(company: duckdb.DuckDBPyConnection, sql: str) -> Any:  # whatever the query gives
    [(value,)] = company.execute(sql).fetchall()
    return value


def part(company: duckdb.DuckDBPyConnection, table: str, where: str) -> float:
    """Return the share of the table's rows for which `where` is true. Null counts as false."""
    return one(company, f"SELECT count(*) FILTER ({where}) / count(*) FROM {table}")


# Keys and shape


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_columns_are_as_declared_and_the_key_is_unique_and_never_null(company, table):
    rows = company.execute(f"SELECT column_name, column_type FROM (DESCRIBE {table.name})").fetchall()
    declared = [(name, "TIMESTAMP WITH TIME ZONE" if kind == "TIMESTAMPTZ" else kind) for name, kind in table.columns]
    assert rows == declared
    key = ", ".join(table.key)
    doubled = f"SELECT count(*) FROM (SELECT {key} FROM {table.name} GROUP BY ALL HAVING count(*) > 1)"
    missing = f"SELECT count(*) FROM {table.name} WHERE " + " OR ".join(f"{name} IS NULL" for name in table.key)
    assert one(company, f"SELECT count(*) FROM {table.name}") != 0
    assert (one(company, doubled), one(company, missing)) == (0, 0)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_parquet_has_the_same_rows_in_the_same_order(company, folder, table):
    native = company.execute(f"SELECT * FROM {table.name} LIMIT 500").fetchall()
    beside = f"read_parquet('{folder}/parquet/{table.name}.parquet')"
    assert company.execute(f"SELECT * FROM {beside} LIMIT 500").fetchall() == native
    assert one(company, f"SELECT bit_xor(hash(t)) FROM {beside} AS t") == one(
        company, f"SELECT bit_xor(hash(t)) FROM {table.name} AS t"
    )


def test_there_are_as_many_orders_as_requested_and_about_eight_sessions_each(company):
    assert one(company, "SELECT count(*) FROM fct_order") == ORDERS
    assert one(company, "SELECT count(*) FROM fct_web_session") == pytest.approx(8 * ORDERS, rel=0.05)


@pytest.mark.parametrize(
    ("orders", "expected"), [(1_000, 8), (100_000, 8), (1_000_000, 5.5), (10_000_000, 3), (10**9, 3)]
)
def test_sessions_per_order_fall_with_size(orders, expected):
    assert sessions_per_order(orders) == pytest.approx(expected)


def test_every_fact_has_a_day_of_the_three_years_and_a_currency_beside_each_amount(company):
    for table, column in (
        ("fct_order", "order_date"),
        ("fct_web_session", "session_date"),
        ("fct_ad_campaign_daily", "date_day"),
    ):
        bounds = company.execute(
            f"SELECT min({column}), max({column}), count(*) - count({column}) FROM {table}"
        ).fetchall()
        assert bounds == [(TRUTHS.first_day, UNTIL, 0)], table
    for table, amount in (("fct_order", "gross_sales_local"), ("fct_ad_campaign_daily", "spend_local")):
        assert one(company, f"SELECT count(*) FROM {table} WHERE ({amount} IS NULL) <> (currency_code IS NULL)") == 0


def test_days_are_those_of_their_instants_in_the_reporting_zone(company):
    for table, instant, day in (
        ("fct_order", "created_at", "order_date"),
        ("fct_web_session", "session_start_at", "session_date"),
    ):
        zoned = f"timezone('{truths.REPORTING_ZONE}', {instant})::DATE"
        assert one(company, f"SELECT count(*) FROM {table} WHERE {zoned} <> {day}") == 0, table


# Sums


@pytest.mark.parametrize(
    ("says", "sql"),
    [
        ("net is gross minus discounts", "FROM fct_order WHERE net_sales <> gross_sales - discounts"),
        ("EUR is local times the rate", "FROM fct_order WHERE gross_sales <> round(gross_sales_local * fx_rate, 4)"),
        ("spend is local times the rate", "FROM fct_ad_campaign_daily WHERE spend <> round(spend_local * fx_rate, 4)"),
        ("a line's net is its own", "FROM fct_order_line WHERE net <> gross - discount"),
        ("nothing is sold below nothing", "FROM fct_order_line WHERE net < 0 OR cogs <= 0 OR quantity < 1"),
        ("a coupon gives a discount", "FROM fct_order WHERE coupon_code IS NOT NULL AND discounts = 0"),
        ("a first order is number one", "FROM fct_order WHERE is_first_order <> (order_number = 1)"),
        ("bounced is not engaged", "FROM fct_web_session WHERE is_bounce = is_engaged"),
        ("clicks are impressions", "FROM fct_ad_campaign_daily WHERE clicks > impressions"),
        ("nothing is loaded before it happened", "FROM fct_order WHERE loaded_at <= created_at"),
        ("no session is loaded before it happened", "FROM fct_web_session WHERE loaded_at <= session_start_at"),
    ],
)  # fmt: skip
def test_no_row_breaks_a_relationship(company, says, sql):
    assert one(company, f"SELECT count(*) {sql}") == 0, says


def test_lines_add_up_to_their_order(company):
    wrong = """
        SELECT count(*) FROM fct_order o FULL JOIN (
            SELECT order_id, sum(gross) AS gross, sum(discount) AS discount, sum(net) AS net, sum(cogs) AS cogs,
                count(*) AS lines, max(line_no) AS last FROM fct_order_line GROUP BY order_id
        ) l USING (order_id)
        WHERE (o.gross_sales, o.discounts, o.net_sales, o.cogs, lines)
            IS DISTINCT FROM (gross, discount, net, l.cogs, last)
    """
    assert one(company, wrong) == 0
    assert one(company, "SELECT count(*) / count(DISTINCT order_id) FROM fct_order_line") == pytest.approx(2.2, abs=0.1)


def test_each_rate_is_the_rate_of_its_day_and_every_currency_has_every_day(company):
    assert one(company, "SELECT count(*) FROM dim_fx_rate") == 4 * truths.DAYS
    for table, day in (("fct_order", "order_date"), ("fct_ad_campaign_daily", "date_day")):
        wrong = f"""SELECT count(*) FROM {table} f LEFT JOIN dim_fx_rate r ON r.currency_code = f.currency_code
            AND r.rate_date = {day} WHERE fx_rate IS DISTINCT FROM rate_to_reporting"""
        assert one(company, wrong) == 0, table
    steps = """SELECT max(abs(rate_to_reporting / before - 1)) FROM (SELECT *, lag(rate_to_reporting)
        OVER (PARTITION BY currency_code ORDER BY rate_date) AS before FROM dim_fx_rate)"""
    assert 0 < one(company, steps) < 0.01
    assert one(company, "SELECT count(*) FROM dim_fx_rate WHERE currency_code = 'EUR' AND rate_to_reporting <> 1") == 0


# Customers, orders and sessions


def test_customer_versions_have_no_gaps_and_no_overlaps(company):
    wrong = """
        SELECT count(*) FROM (
            SELECT *, lead(valid_from) OVER versions AS next, row_number() OVER versions AS nth FROM dim_customer
            WINDOW versions AS (PARTITION BY customer_id ORDER BY valid_from)
        ) WHERE valid_to <> coalesce(next, DATE '9999-12-31') OR is_current <> (next IS NULL) OR valid_from >= valid_to
            OR (nth = 1 AND valid_from <> first_order_date)
    """
    assert one(company, wrong) == 0
    changed = """
        SELECT count(*) FILTER (countries > 1), count(*) FILTER (segments > 1), count(*) FILTER (tiers > 1) FROM (
            SELECT count(DISTINCT country) AS countries, count(DISTINCT segment) AS segments,
                count(DISTINCT tier) AS tiers
            FROM dim_customer GROUP BY customer_id)
    """
    assert all(count > 20 for count in company.execute(changed).fetchall()[0])


def test_an_order_has_the_customer_version_of_its_day_in_that_versions_country(company):
    joined = "FROM fct_order o JOIN dim_customer c USING (customer_key)"
    assert one(company, f"SELECT count(*) {joined}") > 0.99 * ORDERS
    wrong = """WHERE o.customer_id <> c.customer_id OR o.market <> c.country OR order_date < valid_from
        OR order_date >= valid_to OR (order_number = 1 AND order_date <> first_order_date)
        OR (order_number = 1 AND o.channel_key <> acquisition_channel_key)"""
    assert one(company, f"SELECT count(*) {joined} {wrong}") == 0


def test_orders_of_a_customer_are_numbered_in_order_of_time(company):
    wrong = """
        SELECT count(*) FROM (
            SELECT order_number, row_number() OVER (PARTITION BY customer_id ORDER BY created_at) AS nth
            FROM fct_order WHERE customer_id IS NOT NULL) WHERE order_number <> nth
    """
    assert one(company, wrong) == 0


def test_a_known_campaign_runs_that_day_in_that_market_and_channel(company):
    for table, day in (
        ("fct_order", "order_date"),
        ("fct_ad_campaign_daily", "date_day"),
        ("fct_web_session", "session_date"),
    ):
        channel = "false" if table == "fct_web_session" else "f.channel_key <> c.channel_key"
        joined = f"FROM {table} f JOIN dim_campaign c USING (campaign_id)"
        assert one(company, f"SELECT count(*) {joined}") > 1000
        wrong = f"WHERE f.market <> c.market OR {channel} OR {day} < start_date OR {day} > end_date"
        assert one(company, f"SELECT count(*) {joined} {wrong}") == 0, table
    assert one(company, "SELECT count(*) FROM dim_campaign ANTI JOIN dim_channel USING (channel_key)") == 0


def test_every_order_has_its_own_session_before_it_in_its_market_with_its_customer(company):
    joined = "FROM fct_order o JOIN fct_web_session s USING (session_id)"
    assert one(company, f"SELECT count(DISTINCT session_id) {joined}") == ORDERS
    wrong = """WHERE o.market <> s.market OR session_start_at > created_at
        OR o.customer_id IS DISTINCT FROM s.customer_id OR is_bot OR is_bounce OR o.device <> s.device
        OR is_test <> is_internal"""
    assert one(company, f"SELECT count(*) {joined} {wrong}") == 0


def test_a_visitor_has_one_first_session_and_it_is_the_earliest(company):
    wrong = """
        SELECT count(*) FROM (
            SELECT count(*) FILTER (is_first_session) AS firsts, min(session_start_at) AS earliest,
                min(session_start_at) FILTER (is_first_session) AS first FROM fct_web_session GROUP BY visitor_id
        ) WHERE firsts <> 1 OR first <> earliest
    """
    assert one(company, wrong) == 0
    assert one(company, "SELECT count(*) / count(DISTINCT visitor_id) FROM fct_web_session") > 1.3


# Dirt

DIRT = [
    ("fct_order", "campaign_id NOT IN (SELECT campaign_id FROM dim_campaign)", truths.ORPHAN_CAMPAIGN_ORDERS, 0.4),
    ("fct_order", "customer_key IS NULL AND customer_id IS NULL", truths.GUEST_ORDERS, 0.4),
    ("fct_order", "customer_key NOT IN (SELECT customer_key FROM dim_customer)", truths.ERASED_CUSTOMERS, 0.6),
    ("fct_order", "is_test", truths.TEST_ORDERS, 0.5),
    ("fct_order", "campaign_id IS NULL", truths.NO_CAMPAIGN_ORDERS, 0.1),
    ("fct_order", "status = 'cancelled'", truths.CANCELLED_ORDERS, 0.15),
    ("fct_order", "status = 'returned'", truths.RETURNED_ORDERS, 0.1),
    ("fct_order", "loaded_at::DATE > order_date + 1", truths.LATE_ROWS, 0.2),
    ("fct_web_session", "channel_key IS NULL", truths.NO_CHANNEL_SESSIONS, 0.15),
    ("fct_web_session", "channel_key NOT IN (SELECT channel_key FROM dim_channel)",
     truths.ORPHAN_CHANNEL_SESSIONS, 0.2),
    ("fct_web_session", "is_bot", truths.BOT_SESSIONS, 0.1),
    ("fct_web_session", "is_internal", truths.INTERNAL_SESSIONS, 0.2),
    ("fct_web_session", "loaded_at::DATE > session_date + 1", truths.LATE_ROWS, 0.1),
]  # fmt: skip


@pytest.mark.parametrize(("table", "where", "rate", "tolerance"), DIRT, ids=[f"{row[0]}-{row[2]}" for row in DIRT])
def test_dirt_appears_at_its_planned_rate(company, table, where, rate, tolerance):
    assert part(company, table, where) == pytest.approx(rate, rel=tolerance)


def test_only_guests_lack_both_keys(company):
    assert one(company, "SELECT count(*) FROM fct_order WHERE (customer_id IS NULL) <> (customer_key IS NULL)") == 0
    assert one(company, "SELECT count(*) FROM fct_order WHERE customer_id IS NULL AND NOT is_first_order") == 0


def test_one_platform_has_no_ads_on_the_day_of_the_outage(company):
    silent = """
        WITH platform AS (SELECT platform, min(date_day) AS since FROM fct_ad_campaign_daily GROUP BY platform),
            day AS (SELECT DISTINCT date_day FROM fct_ad_campaign_daily)
        SELECT platform, date_day FROM platform JOIN day ON date_day >= since
        ANTI JOIN fct_ad_campaign_daily USING (platform, date_day)
    """
    assert company.execute(silent).fetchall() == [(TRUTHS.outage_platform, TRUTHS.outage_day)]


def test_a_deleted_campaign_has_spend_in_its_days_and_is_the_only_orphan_of_the_ads(company):
    rows = company.execute(
        """SELECT campaign_id, min(date_day), max(date_day), bool_and(spend > 0) FROM fct_ad_campaign_daily
        ANTI JOIN dim_campaign USING (campaign_id) GROUP BY campaign_id"""
    ).fetchall()
    assert rows == [(TRUTHS.deleted_campaign, TRUTHS.deleted_campaign_from, TRUTHS.deleted_campaign_to, True)]


def test_the_last_ad_days_are_not_final_and_lower(company):
    first, days = "SELECT min(date_day) FROM fct_ad_campaign_daily WHERE NOT is_final", truths.PROVISIONAL_AD_DAYS
    assert one(company, first) == TRUTHS.provisional_from == UNTIL - timedelta(days=days - 1)
    assert one(company, f"SELECT count(*) FROM fct_ad_campaign_daily WHERE is_final AND date_day >= ({first})") == 0
    last = f"SELECT sum(spend) / {days} FROM fct_ad_campaign_daily WHERE NOT is_final"
    usual = f"SELECT sum(spend) / 28 FROM fct_ad_campaign_daily WHERE is_final AND date_day >= ({first}) - 28"
    assert float(one(company, last)) < 0.9 * float(one(company, usual))


def test_nothing_is_loaded_after_the_morning_that_follows_the_last_day(company):
    for table in ("fct_order", "fct_web_session", "fct_ad_campaign_daily"):
        assert one(company, f"SELECT max(loaded_at)::DATE FROM {table}") == UNTIL + timedelta(days=1), table


# A believable shop


def orders_between(company: duckdb.DuckDBPyConnection, start: date, days: int, where: str = "true") -> int:
    asked = f"order_date >= '{start}' AND order_date < '{start + timedelta(days=days)}' AND {where}"
    return one(company, f"SELECT count(*) FROM fct_order WHERE {asked}")


@pytest.mark.parametrize("year", [2024, 2025])
def test_sales_peak_before_christmas_and_dip_in_january(company, year):
    peak = orders_between(company, date(year, 11, 15), 35)
    assert peak > 1.25 * orders_between(company, date(year, 9, 1), 35)
    assert orders_between(company, date(year + 1, 1, 5), 35) < 0.7 * peak
    friday = black_friday(year)
    assert orders_between(company, friday, 1) > 1.5 * orders_between(company, friday - timedelta(days=14), 1)


def test_the_shop_grows_about_as_fast_as_planned(company):
    last = orders_between(company, UNTIL - timedelta(days=363), 364)
    before = orders_between(company, UNTIL - timedelta(days=727), 364)
    assert last / before == pytest.approx(1 + truths.YEARLY_GROWTH, abs=0.05)


def test_sunday_is_strongest_and_saturday_weak(company):
    days = dict(company.execute("SELECT isodow(order_date), count(*) FROM fct_order GROUP BY 1").fetchall())
    assert max(days, key=lambda day: days[day]) == 7
    assert days[6] < 0.9 * days[7]


def test_black_week_is_discounted(company):
    friday = black_friday(2025)
    days = f"order_date BETWEEN '{friday - timedelta(days=4)}' AND '{friday + timedelta(days=3)}'"
    assert part(company, f"(FROM fct_order WHERE {days})", "discounts > 0") == pytest.approx(0.75, abs=0.1)
    assert part(company, f"(FROM fct_order WHERE NOT {days})", "discounts > 0") < 0.35
    assert part(company, "fct_order", "coupon_code IS NULL") > 0.8


def test_the_norwegian_market_opens_on_its_day_and_all_seven_sell(company):
    assert one(company, "SELECT count(DISTINCT market) FROM fct_order") == 7
    for table, day in (("fct_order", "order_date"), ("fct_ad_campaign_daily", "date_day")):
        first = one(company, f"SELECT min({day}) FROM {table} WHERE market = 'NO'")
        assert TRUTHS.no_opens <= first <= TRUTHS.no_opens + timedelta(days=7), table
    assert date(2025, 4, 30) == TRUTHS.no_opens


def test_the_autumn_launch_lifts_paid_social(company):
    start, days = TRUTHS.autumn_launch_from, (TRUTHS.autumn_launch_to - TRUTHS.autumn_launch_from).days + 1
    social = "channel_key = 'ch-04'"
    during = orders_between(company, start, days, social) / orders_between(company, start, days)
    earlier = start - timedelta(days=days)
    assert during > 1.2 * orders_between(company, earlier, days, social) / orders_between(company, earlier, days)
    names = company.execute(
        "SELECT campaign, start_date, end_date FROM dim_campaign WHERE campaign = 'FR Social Autumn launch'"
    )
    assert names.fetchall() == [("FR Social Autumn launch", start, TRUTHS.autumn_launch_to)]


def test_order_values_are_heavy_tailed_around_their_average(company):
    average, median, top = company.execute(
        "SELECT avg(net_sales), median(net_sales)::DOUBLE, sum(net_sales) FILTER (net_sales >= 300) / sum(net_sales)"
        " FROM fct_order"
    ).fetchall()[0]
    assert average == pytest.approx(truths.AVERAGE_ORDER_VALUE, rel=0.1)
    assert median < 0.75 * average
    assert 0.15 < top < 0.6


def test_about_half_of_the_orders_are_repeats_and_their_share_grows(company):
    assert part(company, "fct_order", "NOT is_first_order") == pytest.approx(truths.REPEAT_ORDERS, abs=0.03)
    early, late = (
        part(company, f"(FROM fct_order WHERE year(order_date) = {year})", "NOT is_first_order")
        for year in (2024, 2026)
    )
    assert late > early + 0.1


def test_return_on_ad_spend_is_between_two_and_six_and_brand_search_far_above(company):
    sales_by_channel = dict(
        company.execute(
            """WITH sold AS (SELECT channel_key, sum(net_sales) AS net FROM fct_order GROUP BY channel_key),
                paid AS (SELECT channel_key, sum(spend) AS spend FROM fct_ad_campaign_daily GROUP BY channel_key)
            SELECT channel_key, net / spend FROM sold JOIN paid USING (channel_key)"""
        ).fetchall()
    )
    brand = sales_by_channel.pop("ch-01")
    assert brand > 10
    assert len(sales_by_channel) == 6
    assert all(1.7 < value < 6.5 for value in sales_by_channel.values()), sales_by_channel
    assert max(sales_by_channel.values()) > 1.8 * min(sales_by_channel.values())


def test_the_mix_of_channels_changes(company):
    first, last = TRUTHS.first_day, UNTIL - timedelta(days=364)
    for channel, direction in (("ch-02", -1), ("ch-04", 1)):
        where = f"channel_key = '{channel}' AND is_first_order"
        before = orders_between(company, first, 364, where) / orders_between(company, first, 364, "is_first_order")
        after = orders_between(company, last, 364, where) / orders_between(company, last, 364, "is_first_order")
        assert direction * (after - before) > 0.01, channel


# The same again, or not at all


def digest(path: Path) -> str:
    parquet = sorted((path / "parquet").iterdir())
    assert [file.stem for file in parquet] == sorted(table.name for table in TABLES)
    return hashlib.sha256(b"".join(file.read_bytes() for file in parquet)).hexdigest()


RUN = "from semantic.commands.demo import run; sys.exit(run(sys.argv[1:]))"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shared_company(tmp_path_factory)


@pytest.mark.server
def test_another_process_writes_the_same_bytes(tmp_path, small):
    words = ["--orders", str(SMALL), "--until", str(UNTIL)]
    there = run_quietly(RUN, *words, "--out", str(tmp_path / "there"))
    assert (there.returncode, there.stdout.strip()) == (0, str(tmp_path / "there" / "company.duckdb")), there.stderr
    assert digest(tmp_path / "there") == digest(small)


@pytest.mark.parametrize("sql", ["execute('SELECT 1')", "sql('SELECT 1')"])
def test_a_progress_bar_is_detected(sql):
    noisy = run_quietly(f"duckdb.connect().{sql}")
    assert (noisy.returncode, noisy.stderr) == (1, "The progress bar is on during: SELECT 1\n")


class Stopped(Exception):
    """Raised to stop the build from outside."""


@pytest.mark.long
@pytest.mark.parametrize("step", ["Customers", pytest.param("Orders", marks=pytest.mark.proof), "Parquet: fct_order"])
def test_an_interrupted_build_leaves_the_old_files_whole_and_nothing_else(tmp_path, step):
    (tmp_path / "parquet").mkdir()
    old = {tmp_path / "company.duckdb": b"old", tmp_path / "parquet" / "fct_order.parquet": b"older"}
    for path, content in old.items():
        path.write_bytes(content)

    def stop(part: float, text: str) -> None:
        if text.startswith(step):
            raise Stopped

    with pytest.raises(Stopped):
        build_company(tmp_path, orders=1, until=UNTIL, progress=stop)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == old
    assert sorted(path.name for path in tmp_path.iterdir()) == ["company.duckdb", "parquet"]


@pytest.mark.long
def test_a_killed_builds_leftovers_are_removed_and_another_seed_gives_other_rows(tmp_path, small):
    (tmp_path / ".building").mkdir()
    for name in ("company.duckdb", "staging.duckdb", "staging.duckdb.wal"):
        (tmp_path / ".building" / name).write_bytes(b"half")
    build_company(tmp_path, orders=SMALL, until=UNTIL, seed=8)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["company.duckdb", "parquet"]
    assert digest(tmp_path) != digest(small)


@pytest.mark.server
def test_two_builds_into_one_folder_are_refused(tmp_path, capsys):
    (tmp_path / ".building").mkdir()
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", hold, str(tmp_path / ".building" / "lock.duckdb")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        assert run(["--out", str(tmp_path), "--orders", "10"]) == 1
        other.communicate()
    assert "Another build is writing" in capsys.readouterr().err


# The command


def test_help_has_an_example(capsys):
    assert run(["--help"]) == 0
    assert "python -m semantic demo --out data" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "--out"),
        (["--out", "x", "--orders", "0"], "'0' is not a number of orders"),
        (["--out", "x", "--until", "yesterday"], "'yesterday' isn't a date"),
    ],
)
def test_wrong_usage_is_reported_and_nothing_is_built(capsys, tmp_path, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    assert run(words) == 2
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_created_is_reported(capsys, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert run(["--out", str(tmp_path / "file"), "--orders", "10"]) == 1
    assert "was not built" in capsys.readouterr().err
