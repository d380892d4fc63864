"""Fill fct_opportunity, its daily snapshots, and its bridges to contacts and campaigns."""

import duckdb

from semantic.demo.world.days import MIX_SLOTS
from semantic.demo.world.planted import MERGED_OPPORTUNITIES, WIN_RATES, KnownPatterns


def fill_opportunities(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Fill the opportunities that leads became, and the expansions and renewals after those that were won.

    It reads the tables prospect and contact, which `fill_leads` creates.
    """
    _create_deal(connection, planted)
    connection.execute(
        """
        INSERT INTO company.fct_opportunity
        SELECT opportunity_id, account_key, account_id, owner_id, lead_id, created,
            CASE WHEN qualified <= until THEN qualified END, expected, CASE WHEN is_closed THEN closed END, stage,
            is_closed, is_closed AND is_won, amount_local, currency_code, fx_rate, amount,
            CASE WHEN chance(number, 'service') < 0.6 THEN round(amount * 0.2, 4) ELSE 0 END, type, channel_key,
            campaign_id, loss_reason, merged_into,
            loaded(CASE WHEN is_closed THEN closed ELSE until END, number, 'opportunity')
        FROM deal ORDER BY number
        """
    )
    _fill_snapshots(connection)
    _fill_bridges(connection)


def _create_deal(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    later = planted.until
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE deal AS
        WITH fresh AS (
            SELECT lead_no * 4 AS number, p.*, 'new' AS type, opportunity AS created FROM prospect p
            WHERE opportunity IS NOT NULL
        ), again AS (
            SELECT number + kind AS number, lead_no, person_no, market, channel_key, campaign_id, types.type,
                closed + least_days + pick(number + kind, 'again after', spread) AS created,
                created + pick(number + kind, 'qualified after', 8) AS qualified,
                created + 10 + pick(number + kind, 'closed after', 60) AS closed,
                chance(number + kind, 'won') < rate AS is_won
            FROM (SELECT * EXCLUDE (type, created, qualified, is_won) FROM fresh WHERE customer IS NOT NULL),
                (VALUES (1, 'expansion', 90, 200, 0.45, {WIN_RATES["expansion"]}),
                    (2, 'renewal', 330, 30, 0.60, {WIN_RATES["renewal"]})) AS
                    types(kind, type, least_days, spread, share, rate)
            WHERE chance(number + kind, 'again') < share
        ), doubled AS (
            SELECT * REPLACE (number + 3 AS number, false AS is_won,
                least(closed, created + 5 + pick(number, 'merged after', 20)) AS closed), number AS into_number
            FROM fresh WHERE chance(number, 'merged') < {MERGED_OPPORTUNITIES}
        ), every AS (
            SELECT number, lead_no, person_no, market, channel_key, campaign_id, type, created, qualified, closed,
                is_won, NULL AS into_number FROM fresh
            UNION ALL
            SELECT *, NULL FROM again WHERE created <= DATE '{later}'
            UNION ALL
            SELECT number, lead_no, person_no, market, channel_key, campaign_id, type, created,
                least(qualified, closed), closed, is_won, into_number FROM doubled WHERE closed <= DATE '{later}'
        ), priced AS (
            SELECT e.*, DATE '{later}' AS until, m.currency_code, fx_rate,
                ceil(list_rate * 18 * exp(4.2 * chance(coalesce(into_number, number), 'deal size')))
                    * 100 * CASE type WHEN 'new' THEN 1 ELSE 0.5 END AS local
            FROM every e JOIN market m USING (market)
            JOIN rate r ON r.currency_code = m.currency_code AND r.rate_date = created
        )
        SELECT p.* EXCLUDE (local), local::DECIMAL(18,4) AS amount_local,
            round(amount_local * fx_rate, 4)::DECIMAL(18,4) AS amount,
            'OP' || lpad(number::VARCHAR, 8, '0') AS opportunity_id,
            CASE WHEN into_number IS NOT NULL THEN 'OP' || lpad(into_number::VARCHAR, 8, '0') END AS merged_into,
            CASE type WHEN 'new' THEN 'L-' || lpad(lead_no::VARCHAR, 7, '0') END AS lead_id, c.person_id,
            a.account_id, account_key, owner_id, closed <= until AS is_closed,
            CASE WHEN closed <= until THEN CASE WHEN is_won THEN 'won' ELSE 'lost' END
                ELSE stage_on(until, created, qualified, closed) END AS stage,
            CASE WHEN closed <= until THEN closed ELSE greatest(closed, until + 1) END
                + pick(number, 'expected', 21) - CASE WHEN closed <= until THEN 10 ELSE 0 END AS expected,
            CASE WHEN closed <= until AND NOT is_won THEN CASE WHEN into_number IS NOT NULL THEN 'duplicate'
                ELSE ['price', 'no budget', 'competitor', 'no answer', 'timing'][1 + pick(number, 'lost', 5)] END END
                AS loss_reason
        FROM priced p JOIN contact c USING (person_no) JOIN company.dim_account a ON a.account_id = c.account_id
            AND created >= valid_from AND created < valid_to
        """
    )


def create_stage_rule(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the macro stage_on, which returns an open opportunity's stage on a day.

    The stage depends on how much of the time until the opportunity closes has passed.
    """
    connection.execute(
        """
        CREATE MACRO stage_on(day, created, qualified, closed) AS CASE WHEN day < qualified THEN 'discovery'
            WHEN (day - created) / (closed - created) < 0.4 THEN 'qualified'
            WHEN (day - created) / (closed - created) < 0.75 THEN 'proposal' ELSE 'negotiation' END
        """
    )


def _fill_snapshots(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill a row for each day on which an opportunity was open. Before it was qualified, its amount was smaller."""
    connection.execute(
        """
        INSERT INTO company.fct_opportunity_snapshot_daily
        WITH daily AS (
            SELECT d.*, unnest(range(created::TIMESTAMP, least(closed, until + 1)::TIMESTAMP, INTERVAL 1 DAY))::DATE
                AS day FROM deal d
        ), staged AS (SELECT *, stage_on(day, created, qualified, closed) AS stage_then FROM daily)
        SELECT day, opportunity_id, s.stage, CASE WHEN day < qualified AND qualified <= until
                THEN round(amount * 0.85, 4) ELSE amount END, probability,
            CASE s.stage WHEN 'negotiation' THEN 'commit' WHEN 'proposal' THEN 'best case' ELSE 'pipeline' END,
            expected, loaded(day, number, 'snapshot')
        FROM staged JOIN company.dim_opportunity_stage s ON s.stage = stage_then ORDER BY day, opportunity_id
        """
    )


def _fill_bridges(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the bridges.

    An opportunity's weights, and its influences, add up to exactly 1, because the first one absorbs the rounding.
    """
    connection.execute(
        """
        INSERT INTO company.bridge_opportunity_contact
        WITH met AS (
            SELECT number, opportunity_id, o.person_id, o.person_id = d.person_id AS is_primary,
                row_number() OVER (PARTITION BY number ORDER BY o.person_id <> d.person_id, o.person_id) AS place,
                count(*) OVER (PARTITION BY number) AS many
            FROM deal d JOIN contact o USING (account_id)
            WHERE o.person_id = d.person_id OR chance(number * 100003 + o.person_no, 'is involved') < 0.6
        )
        SELECT opportunity_id, person_id, CASE WHEN is_primary THEN 'decision maker'
                ELSE ['user', 'buyer', 'influencer'][1 + pick(number * 8 + place, 'role', 3)] END, is_primary,
            CASE WHEN place = 1 THEN 1 - (many - 1) * round(1.0 / many, 8) ELSE round(1.0 / many, 8) END
        FROM met ORDER BY number, place
        """
    )
    connection.execute(
        f"""
        INSERT INTO company.bridge_opportunity_campaign
        WITH met AS (
            SELECT number, opportunity_id, campaign_id, min(place) AS first FROM (
                SELECT number, opportunity_id, campaign_id, 1 AS place FROM deal WHERE campaign_id IS NOT NULL
                UNION ALL
                SELECT number, opportunity_id, x.campaign_id, 1 + nth FROM deal d, (VALUES (1), (2)) AS more(nth)
                JOIN day ON day = created JOIN mix_slot x ON x.kind = 'visit' AND x.period = day.period
                    AND x.market = d.market AND x.slot = pick(number * 4 + nth, 'influence', {MIX_SLOTS})
                WHERE x.campaign_id IS NOT NULL
            ) GROUP BY ALL
        ), placed_in AS (
            SELECT *, row_number() OVER (PARTITION BY number ORDER BY first, campaign_id) AS place,
                count(*) OVER (PARTITION BY number) AS many
            FROM met
        )
        SELECT opportunity_id, campaign_id, model, CASE WHEN model = 'first' THEN 1
            WHEN place = 1 THEN 1 - (many - 1) * round(1.0 / many, 8) ELSE round(1.0 / many, 8) END
        FROM placed_in, (VALUES ('even'), ('first')) AS models(model) WHERE model = 'even' OR place = 1
        ORDER BY number, model, place
        """
    )
