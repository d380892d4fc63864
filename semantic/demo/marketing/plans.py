"""Fill the demo's planning data: budgets, targets, dated notes, share of voice, and ads that generate leads."""

from datetime import timedelta

import duckdb

from semantic.demo.world.planted import KnownPatterns, black_friday

_AHEAD = 6  # months planned beyond the last day
_COST_PER_LEAD = 60  # approximate EUR of lead ads per lead
_BRANDS = (
    ("Kupferhain", 1.0),
    ("Nordheim Living", 2.6),
    ("Maison Oriel", 1.7),
    ("Hearth & Loom", 1.2),
    ("Bolig21", 0.8),
)


def fill_plans(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Fill the plans, which need orders, ads and experiments.

    They're close to the actual numbers and extend into the future.
    """
    _fill_budgets(connection, planted)
    _fill_targets(connection, planted)
    _fill_sales_targets(connection, planted)
    _fill_annotations(connection, planted)
    _fill_share_of_voice(connection)
    _fill_lead_ads(connection, planted)


def _fill_budgets(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Fill the budgets.

    Plan 1 covers all of the data, plan 2 the fiscal year of the last day, and the forecast the months around that day.
    A month is spread evenly over its days, and the last day absorbs the rounding.
    """
    connection.execute(
        f"""
        CREATE TEMP TABLE planned_month AS
        WITH spent AS (
            SELECT date_trunc('month', date_day)::DATE AS month, channel_key, market, sum(spend)::DOUBLE AS spend
            FROM company.fct_ad_campaign_daily WHERE date_day < date_trunc('month', DATE '{planted.until}' + 1)
            GROUP BY ALL
        ), longer AS (
            SELECT * FROM spent
            UNION ALL
            SELECT (month + INTERVAL 1 YEAR)::DATE AS later, channel_key, market, spend * 1.2 FROM spent
            WHERE later > (SELECT max(month) FROM spent)
                AND later <= (SELECT max(month) FROM spent) + INTERVAL {_AHEAD} MONTH
        ), scenario AS (
            FROM (VALUES ('plan', 1), ('plan', 2), ('forecast', 1)) AS scenarios(scenario, version)
        )
        SELECT scenario, version, l.month, channel_key, market, d.days_in_month,
            (year(l.month) * 12 + month(l.month)) * 10000 + ascii(market[1]) * 100 + ascii(market[2])
                + substr(channel_key, 4)::INTEGER * 7 + version + (scenario = 'plan')::INTEGER * 3 AS number,
            greatest(1, round(spend * CASE scenario WHEN 'plan' THEN 0.88 + 0.24 * chance(number, 'plan')
                ELSE 0.95 + 0.1 * chance(number, 'plan') END))::DECIMAL(18,4) AS budget_amount,
            CASE WHEN (scenario, version) = ('plan', 1) THEN make_date(d.fiscal_year - 1, 12, 15)
                WHEN scenario = 'plan' THEN make_date(d.fiscal_year, 7, 15)
                ELSE DATE '{planted.until}' - 6 END AS decided
        FROM longer l JOIN company.dim_date d ON d.date_day = l.month, scenario
        WHERE (scenario, version) = ('plan', 1)
            OR (scenario = 'plan' AND d.fiscal_year = year(DATE '{planted.until}' - INTERVAL 3 MONTH))
            OR (scenario = 'forecast' AND l.month >= date_trunc('month', DATE '{planted.until}' - INTERVAL 6 MONTH))
        """
    )
    loaded_at = f"loaded(least(decided, DATE '{planted.until}'), number, 'budget')"
    connection.execute(
        f"""
        INSERT INTO company.fct_budget_month
        SELECT scenario, version, month, channel_key, market, budget_amount, 'EUR', {loaded_at}
        FROM planned_month ORDER BY ALL
        """
    )
    connection.execute(
        f"""
        INSERT INTO company.fct_budget_daily
        SELECT scenario, version, month + nth::INTEGER, channel_key, market, CASE WHEN nth < days_in_month - 1
            THEN floor(budget_amount * 100 / days_in_month) / 100 ELSE budget_amount
                - (days_in_month - 1) * (floor(budget_amount * 100 / days_in_month) / 100)::DECIMAL(18,4) END,
            {loaded_at}
        FROM (SELECT *, unnest(range(days_in_month)) AS nth FROM planned_month) ORDER BY ALL
        """
    )


def _fill_targets(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Fill a monthly target per market for four metrics, a little above the market's actual numbers."""
    connection.execute(
        f"""
        INSERT INTO company.fct_target
        WITH sold AS (
            SELECT date_trunc('month', order_date)::DATE AS month, market, count(*)::DOUBLE AS orders,
                sum(net_sales)::DOUBLE AS net_revenue, count(*) FILTER (is_first_order)::DOUBLE AS new_customers
            FROM company.fct_order WHERE order_date < date_trunc('month', DATE '{planted.until}' + 1) GROUP BY ALL
        ), spent AS (
            SELECT date_trunc('month', date_day)::DATE AS month, market, sum(spend)::DOUBLE AS spend
            FROM company.fct_ad_campaign_daily GROUP BY ALL
        ), every AS (
            UNPIVOT (FROM sold JOIN spent USING (month, market))
            ON orders, net_revenue, new_customers, spend INTO NAME metric_id VALUE reached
        ), longer AS (
            SELECT * FROM every
            UNION ALL
            SELECT (month + INTERVAL 1 YEAR)::DATE AS later, market, metric_id, reached * 1.2 FROM every
            WHERE later > (SELECT max(month) FROM every)
                AND later <= (SELECT max(month) FROM every) + INTERVAL {_AHEAD} MONTH
        )
        SELECT 'plan', month, metric_id, market, round(reached * (0.96 + 0.14 * chance(
                (year(month) * 12 + month(month)) * 10000 + ascii(market[1]) * 100 + ascii(market[2]),
                'target ' || metric_id))),
            loaded(least(month - 20, DATE '{planted.until}'), month(month) * 100 + ascii(market[1]), 'target')
        FROM longer ORDER BY ALL
        """
    )


def _fill_sales_targets(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Fill a monthly revenue target per market for sales, a little above the market's average month."""
    connection.execute(
        f"""
        INSERT INTO company.fct_sales_target
        WITH usual AS (
            SELECT market, sum(amount)::DOUBLE / 24 AS won FROM deal
            WHERE is_closed AND is_won AND closed > DATE '{planted.until}' - INTERVAL 24 MONTH GROUP BY market
        ), months AS (
            SELECT DISTINCT month FROM company.dim_date WHERE month >= date_trunc('month', DATE '{planted.first_day}')
                AND month <= date_trunc('month', DATE '{planted.until}') + INTERVAL {_AHEAD} MONTH
        )
        SELECT month, market, greatest(100, 100 * round(won / 100 * (1 + 0.15 * chance(
                (year(month) * 12 + month(month)) * 10000 + ascii(market[1]) * 100 + ascii(market[2]),
                'sales target')))),
            loaded(least(month - 20, DATE '{planted.until}'), month(month) * 100 + ascii(market[1]), 'sales target')
        FROM months, usual ORDER BY ALL
        """
    )


def _fill_annotations(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Fill the dated notes. In a note about all markets or channels, the market or channel is null."""
    fridays = [black_friday(year) for year in range(planted.first_day.year, planted.until.year + 1)]
    experiments = connection.execute(
        "SELECT experiment, start_date, end_date FROM company.dim_experiment ORDER BY experiment_id"
    ).fetchall()
    rows: list[tuple[object, ...]] = [
        (planted.first_day, planted.first_day, None, None, "The shop opens", "site"),
        (planted.no_opens, planted.no_opens, "NO", None, "Norway opens", "site"),
        (planted.plus_opens, planted.plus_opens, None, None, "Kupferhain Plus starts", "site"),
        (planted.price_change, planted.price_change, None, None, "Plus, monthly, gets dearer", "price"),
        (planted.autumn_launch_from, planted.autumn_launch_to, None, "ch-04", "Autumn launch on social", "campaign"),
        (planted.outage_day, planted.outage_day, None, "ch-04", "No data from Meta", "outage"),
        (planted.broken_key_from, planted.broken_key_to, None, None,
         "Microsoft ads: campaign ids by ad lost their prefix", "outage"),
        (planted.restated_from, planted.restated_to, None, "ch-04", "Meta sent these days again", "outage"),
        (planted.mix_after, planted.mix_after, None, "ch-08", "Newsletter every week this quarter", "campaign"),
        *((start, end, None, None, f"Experiment: {name}", "site") for name, start, end in experiments),
        *((day - timedelta(days=4), day + timedelta(days=3), None, None, "Black week", "campaign")
          for day in fridays if planted.first_day <= day <= planted.until),
    ]  # fmt: skip
    rows.sort(key=lambda row: str(row[0]))
    connection.executemany(
        "INSERT INTO company.fct_annotation VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(f"note-{number:02}", *row) for number, row in enumerate(rows, start=1)],
    )


def _fill_share_of_voice(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill weekly estimates from a research company, for the shop's own brand and four others."""
    brands = ", ".join(f"({place}, '{brand}', {size})" for place, (brand, size) in enumerate(_BRANDS))
    connection.execute(
        f"""
        INSERT INTO company.fct_share_of_voice_week
        WITH spent AS (
            SELECT date_trunc('week', date_day)::DATE AS week, market, sum(spend)::DOUBLE AS spend,
                sum(impressions)::DOUBLE AS impressions
            FROM company.fct_ad_campaign_daily GROUP BY ALL HAVING count(DISTINCT date_day) = 7
        ), estimated AS (
            SELECT *, (week - DATE '2000-01-03') * 10000 + ascii(market[1]) * 100 + ascii(market[2]) AS place_no,
                place_no * 20 + place * 4 + nth AS number, size * share * (0.75 + 0.5 * chance(number, 'voice')) AS part
            FROM spent, (VALUES {brands}) AS brands(place, brand, size),
                (VALUES (0, 'search', 0.4), (1, 'social', 0.35), (2, 'video', 0.25)) AS media(nth, medium, share)
        )
        SELECT week, market, brand, medium, round(spend * part, 2), (impressions * part)::BIGINT,
            (40 + impressions * part * 0.01)::BIGINT, (5 + impressions * part * 0.0008)::BIGINT,
            loaded(week + 6, number, 'voice')
        FROM estimated ORDER BY week, market, place, nth
        """
    )


def _fill_lead_ads(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Fill Kupferhain Contract's own ads: two campaigns per market for leads, with less spend on weekends.

    They and their campaigns aren't part of the shop's.
    """
    connection.execute(
        f"""
        INSERT INTO company.fct_lead_ad_daily
        WITH asked AS (SELECT market, count(*)::DOUBLE AS leads, min(day) AS since FROM prospect GROUP BY market),
        daily AS (
            SELECT day, market, audience, place, ascii(market[1]) * 100 + ascii(market[2]) AS market_no,
                (day - DATE '2000-01-01') * 100000 + market_no * 10 + place AS number,
                leads / (DATE '{planted.until}' - since + 1) * share * {_COST_PER_LEAD}
                    * CASE WHEN isodow(day) > 5 THEN 0.4 ELSE 1.24 END * (0.8 + 0.4 * chance(number, 'lead ad'))
                    AS usual
            FROM day JOIN asked ON day >= since,
                (VALUES (1, 'Offices', 0.6), (2, 'Hotels', 0.4)) AS audiences(place, audience, share)
        )
        SELECT day, 'linkedin_ads', 'lead-' || lower(market) || '-' || place, market || ' Contract ' || audience,
            'leads', market, 180 * round(usual / 4.5)::BIGINT, round(usual / 4.5)::BIGINT, round(usual, 2),
            loaded(day, number, 'lead ad')
        FROM daily ORDER BY day, market, place
        """
    )
