"""The demo company's calendar: daily orders and visits by market and channel, and exchange rates."""

from datetime import timedelta

import duckdb

from semantic.demo.world.channels import CHANNELS, Campaign, opening_day
from semantic.demo.world.draw import insert
from semantic.demo.world.planted import DAYS, MARKETS, REPORTING_ZONE, YEARLY_GROWTH, KnownPatterns, black_friday

MARKET_SLOTS = 500
MIX_SLOTS = 500

# Units of local currency per EUR around which rates fluctuate; price lists use them too.
LIST_RATES = {"EUR": 1.0, "SEK": 11.30, "GBP": 0.86, "NOK": 11.65}


def create_calendar(
    connection: duckdb.DuckDBPyConnection, planted: KnownPatterns, campaigns: list[Campaign], orders: int, ratio: float
) -> None:
    """Create day, market, rate, market_slot, channel, campaign, mix and mix_slot in the staging database."""
    _create_market(connection, planted)
    _create_channel(connection)
    _create_campaign(connection, campaigns)
    _create_day(connection, planted, campaigns, orders, ratio)
    _create_rate(connection)
    _create_market_slot(connection)
    _create_mix(connection)


def _create_market(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    insert(
        connection,
        "market",
        "place INTEGER, market VARCHAR, currency_code VARCHAR, list_rate DOUBLE, share DOUBLE, trend DOUBLE,"
        " vat DECIMAL(4,2), shipping DECIMAL(18,4), free_above INTEGER, zone VARCHAR, regions VARCHAR[], opens INTEGER",
        [
            (place, market.code, market.currency, LIST_RATES[market.currency], market.share, market.trend, market.vat,
             market.shipping, market.free_above, market.zone, list(market.regions),
             (opening_day(market.code, planted) - planted.first_day).days)
            for place, market in enumerate(MARKETS)
        ],
    )  # fmt: skip


def _create_channel(connection: duckdb.DuckDBPyConnection) -> None:
    insert(
        connection,
        "channel",
        "place INTEGER, channel_key VARCHAR, channel VARCHAR, channel_group VARCHAR, is_paid BOOLEAN,"
        ' funnel_role VARCHAR, "new" DOUBLE, "repeat" DOUBLE, visits DOUBLE, trend DOUBLE,'
        " source VARCHAR, medium VARCHAR, return_on_spend DOUBLE, cost_per_click DOUBLE, click_rate DOUBLE",
        [
            (place, each.key, each.channel, each.group, each.is_paid, each.role, each.new, each.repeat, each.visits,
             each.trend, each.source, each.medium, each.return_on_spend, each.cost_per_click, each.click_rate)
            for place, each in enumerate(CHANNELS, start=1)
        ],
    )  # fmt: skip


def _create_campaign(connection: duckdb.DuckDBPyConnection, campaigns: list[Campaign]) -> None:
    insert(
        connection,
        "campaign",
        "campaign_id VARCHAR, campaign VARCHAR, platform VARCHAR, objective VARCHAR, channel_key VARCHAR,"
        " market VARCHAR, product_line VARCHAR, is_brand BOOLEAN, start_date DATE, end_date DATE, owner VARCHAR,"
        " weight DOUBLE, lift DOUBLE, source VARCHAR",
        [
            (each.campaign_id, each.name, each.platform, each.objective, each.channel_key, each.market,
             each.product_line, each.is_brand, each.start, each.end, each.owner, each.weight, each.lift,
             each.source or None)
            for each in campaigns
        ],
    )  # fmt: skip


def _create_day(
    connection: duckdb.DuckDBPyConnection, planted: KnownPatterns, campaigns: list[Campaign], orders: int, ratio: float
) -> None:
    """Create a row per day, with the day's share of orders and the numbers of its first order and first other visit.

    A period is at most a week in which the same campaigns run.
    """
    fridays = [(black_friday(year),) for year in range(planted.first_day.year, planted.until.year + 1)]
    insert(connection, "black_friday", "friday DATE", fridays)
    turns = {campaign.start for campaign in campaigns}
    turns |= {campaign.end + timedelta(days=1) for campaign in campaigns if campaign.end}
    insert(connection, "turn", "day DATE", [(day,) for day in sorted(turns)])
    connection.execute(
        f"""
        CREATE TABLE day AS
        WITH dates AS (
            SELECT day_no::INTEGER AS day_no, DATE '{planted.first_day}' + day_no::INTEGER AS day
            FROM range({DAYS}) AS numbers(day_no)
        ), seasons AS (
            SELECT d.*, dayofyear(d.day) AS nth, (d.day - f.friday)::INTEGER AS to_friday,
                d.day - f.friday BETWEEN -4 AND 3 AS is_black_week,
                isodow(d.day) = 1 OR t.day IS NOT NULL AS is_turn
            FROM dates d JOIN black_friday f ON year(f.friday) = year(d.day) LEFT JOIN turn t ON t.day = d.day
        ), weighed AS (
            SELECT *, (1e6
                * pow({1 + YEARLY_GROWTH}, day_no / 365)
                * (1 + 0.10 * cos(2 * pi() * (nth - 335) / 365)
                    + 0.40 * exp(-pow(to_friday / 14, 2)) + 0.90 * exp(-pow(to_friday / 2.5, 2))
                    + 0.40 * exp(-pow((nth - 345) / 9, 2)) - 0.40 * exp(-pow((nth - 360) / 4, 2))
                    - 0.20 * exp(-pow((nth - 18) / 15, 2)) + 0.08 * exp(-pow((nth - 115) / 25, 2)))
                * [1.06, 1.0, 0.98, 0.97, 0.93, 0.92, 1.14][isodow(day)]
                * (0.96 + 0.08 * chance(day_no, 'day')))::BIGINT AS weight
            FROM seasons
        ), counted AS (
            SELECT *, ({orders} * (sum(weight) OVER days - weight) // sum(weight) OVER ())::BIGINT AS first_order,
                ({orders} * sum(weight) OVER days // sum(weight) OVER ())::BIGINT AS next_order
            FROM weighed WINDOW days AS (ORDER BY day_no ROWS UNBOUNDED PRECEDING)
        ), visited AS (
            SELECT *, greatest(0, round((next_order - first_order) * ({ratio} * (0.96 + 0.08 * chance(day_no, 'visits')
                - 0.20 * exp(-pow(to_friday / 5, 2)) + 0.05 * (month(day) IN (6, 7, 8))::INTEGER) - 1)))::BIGINT
                    AS visits
            FROM counted
        )
        SELECT day_no, day, month(day)::INTEGER AS month, quarter(day) + 4 * year(day) AS quarter_no, is_black_week,
            (sum(is_turn::INTEGER) OVER days)::INTEGER AS period, day_no / {DAYS} AS progress,
            first_order, (next_order - first_order)::INTEGER AS orders,
            (sum(visits) OVER days - visits)::BIGINT AS first_visit, visits::INTEGER AS visits,
            (day::TIMESTAMP AT TIME ZONE '{REPORTING_ZONE}') AS start_at,
            epoch(((day + 1)::TIMESTAMP AT TIME ZONE '{REPORTING_ZONE}') - start_at) AS seconds
        FROM visited WINDOW days AS (ORDER BY day_no ROWS UNBOUNDED PRECEDING)
        ORDER BY day_no
        """
    )
    # The share of the day that has passed when this share of orders has been placed: quiet nights, busy evenings.
    connection.execute(
        """
        CREATE MACRO clock(part) AS CASE
            WHEN part < 0.03 THEN part / 0.03 * 6 WHEN part < 0.10 THEN 6 + (part - 0.03) / 0.07 * 2
            WHEN part < 0.40 THEN 8 + (part - 0.10) / 0.30 * 5 WHEN part < 0.62 THEN 13 + (part - 0.40) / 0.22 * 5
            WHEN part < 0.93 THEN 18 + (part - 0.62) / 0.31 * 4 ELSE 22 + (part - 0.93) / 0.07 * 2 END / 24
        """
    )


def _create_rate(connection: duckdb.DuckDBPyConnection) -> None:
    """Create a rate for every currency and day, in slow waves around the currency's list rate. EUR is 1."""
    connection.execute(
        """
        CREATE TABLE rate AS
        WITH currency AS (SELECT currency_code, any_value(list_rate) AS list_rate, min(place) AS place
            FROM market GROUP BY ALL)
        SELECT currency_code, day_no, day AS rate_date, (CASE WHEN currency_code = 'EUR' THEN 1 ELSE 1 / list_rate * (1
            + 0.030 * sin(2 * pi() * (day_no / 620 + chance(place, 'rate wave')))
            + 0.012 * sin(2 * pi() * (day_no / 97 + chance(place, 'rate ripple')))
            + 0.003 * sin(2 * pi() * (day_no / 11 + chance(place, 'rate noise')))) END)::DECIMAL(18,8) AS fx_rate
        FROM currency, day ORDER BY currency_code, day_no
        """
    )


def _create_market_slot(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the market of each slot of a day. A market's slots are adjacent, in proportion to its share that day."""
    connection.execute(
        f"""
        CREATE TABLE market_slot AS
        WITH weighed AS (
            SELECT day_no, place, market, opens, (1e6 * share * (1 + trend * (progress - 0.5))
                * CASE WHEN opens = 0 THEN 1 ELSE least(1, 0.2 + 0.8 * (day_no - opens) / 150) END)::BIGINT AS weight
            FROM day, market WHERE day_no >= opens
        ), stacked AS (
            SELECT *, sum(weight) OVER (PARTITION BY day_no ORDER BY place ROWS UNBOUNDED PRECEDING) AS upto,
                sum(weight) OVER (PARTITION BY day_no) AS total
            FROM weighed
        )
        SELECT day_no, slot::INTEGER AS slot, market, opens, weight::DOUBLE / total AS share
        FROM stacked, range({MARKET_SLOTS}) AS slots(slot)
        WHERE slot * total >= (upto - weight) * {MARKET_SLOTS} AND slot * total < upto * {MARKET_SLOTS}
        """
    )


def _create_mix(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the sources of orders and visits in each market and period.

    They're shares of channels, then of their running campaigns. `kind` is new (first orders), repeat or visit. The
    table mix has the exact shares, and rows are drawn from mix_slot.
    """
    connection.execute(
        """
        CREATE TABLE mix AS
        WITH period AS (SELECT period, min(day) AS starts, min(progress) AS progress FROM day GROUP BY period),
        share AS (
            SELECT kind, channel_key, place, trend, source, medium, CASE kind WHEN 'new' THEN "new" WHEN 'repeat'
                THEN "repeat" ELSE visits END AS share
            FROM channel, (VALUES ('new'), ('repeat'), ('visit')) AS kinds(kind)
        ), running AS (
            SELECT period, c.market, c.channel_key, campaign_id, c.source, weight,
                sum(weight) OVER of_channel AS of_weight, max(lift) OVER of_channel AS lift
            FROM period p JOIN campaign c ON c.start_date <= p.starts AND (c.end_date IS NULL OR c.end_date >= p.starts)
            WINDOW of_channel AS (PARTITION BY period, c.market, c.channel_key ORDER BY campaign_id
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
        ), weighed AS (
            SELECT kind, period, market, s.channel_key, campaign_id, coalesce(r.source, s.source) AS source, medium,
                row_number() OVER (PARTITION BY kind, period, market ORDER BY s.place, campaign_id) AS place,
                (1e6 * s.share * (1 + s.trend * (p.progress - 0.5)) * (1 + coalesce(lift, 0))
                    * coalesce(weight / of_weight, 1)
                    * CASE WHEN campaign_id IS NULL THEN 1
                        ELSE 0.8 + 0.4 * chance(m.place * 100 + s.place, 'market taste') END)::BIGINT AS weight
            FROM period p CROSS JOIN market m CROSS JOIN share s LEFT JOIN running r USING (period, market, channel_key)
        )
        SELECT *, weight::DOUBLE / sum(weight) OVER every AS part,
            sum(weight) OVER (every ORDER BY place ROWS UNBOUNDED PRECEDING) AS upto, sum(weight) OVER every AS total
        FROM weighed WINDOW every AS (PARTITION BY kind, period, market)
        """
    )
    # The jitter gives a campaign that is smaller than one slot a slot in some periods.
    connection.execute(
        f"""
        CREATE TABLE mix_slot AS
        SELECT kind, period, market, slot::INTEGER AS slot, channel_key, campaign_id, source, medium
        FROM (SELECT *, chance(period, 'mix ' || kind || market) AS jitter, unnest(range(
                ceil(greatest(0, {MIX_SLOTS} * (upto - weight)::DOUBLE / total - jitter))::BIGINT,
                ceil(greatest(0, {MIX_SLOTS} * upto::DOUBLE / total - jitter))::BIGINT)) AS slot
            FROM mix)
        """
    )
