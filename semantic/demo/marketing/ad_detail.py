"""Fill dim_ad and the facts by ad, by keyword, and by week and month (people reached)."""

import duckdb

from semantic.demo.world.draw import insert
from semantic.demo.world.keywords import LANGUAGES, keyword_rows
from semantic.demo.world.planted import AD_COVERAGE, DELETED_AD, KEYWORD_DAYS, SHARED_AD, KnownPatterns


def fill_ad_detail(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Fill the details of fct_ad_campaign_daily, whose sums are never more than in that table.

    Days with almost no spend have no details.
    """
    _fill_ads(connection)
    _fill_creatives(connection, planted)
    _fill_keywords(connection, planted)
    _fill_reach(connection, planted)


def _fill_ads(connection: duckdb.DuckDBPyConnection) -> None:
    """Create two ads per campaign. A deleted ad isn't there, and one ad runs in two groups."""
    connection.execute(
        f"""
        CREATE TABLE ad AS
        SELECT 'ad-' || substr(campaign_id, 5) || '-' || ad_no AS ad_key, campaign_id, campaign, platform, ad_no,
            substr(campaign_id, 5)::BIGINT * 10 + ad_no AS number
        FROM campaign, (VALUES (1), (2), (3)) AS ads(ad_no)
        WHERE platform <> 'email' AND (ad_no < 3 OR campaign = '{SHARED_AD}')
        """
    )
    connection.execute(
        f"""
        INSERT INTO company.dim_ad
        SELECT ad_key, a.platform, (bits(number - CASE ad_no WHEN 3 THEN 2 ELSE 0 END, 'ad id') % 9000000000
                + 1000000000)::VARCHAR,
            (bits(number - CASE ad_no WHEN 2 THEN 1 ELSE 0 END, 'ad group id') % 900000000 + 100000000)::VARCHAR,
            CASE ad_no WHEN 3 THEN 'Returning visitors' ELSE 'Everybody' END, campaign_id,
            CASE WHEN c.channel_key IN ('ch-01', 'ch-02') THEN 'text' WHEN c.channel_key = 'ch-03' THEN 'product'
                WHEN c.channel_key = 'ch-05' THEN 'video' WHEN a.platform = 'awin' THEN 'banner'
                ELSE ['image', 'carousel'][1 + (ad_no = 2)::INTEGER] END,
            ['Made to stay', 'Small things, well made', 'New for your home', 'For every room', 'Back in stock'][
                1 + pick(number - CASE ad_no WHEN 3 THEN 2 ELSE 0 END, 'headline', 5)],
            'https://kupferhain.example/' || lower(market) || CASE product_line WHEN 'All' THEN '/sale'
                ELSE '/' || lower(product_line) END
        FROM ad a JOIN (SELECT campaign_id, channel_key, market, product_line FROM campaign) c USING (campaign_id)
        WHERE a.campaign <> '{DELETED_AD}' OR ad_no <> 2 ORDER BY ad_key
        """
    )


def _fill_creatives(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Fill each campaign's daily spend by ad.

    One platform's campaign IDs are broken for some days, and some of another's days are restated.
    """
    connection.execute(
        f"""
        INSERT INTO company.fct_ad_creative_daily
        WITH part AS (
            SELECT f.*, ad_key, ad_no, a.number * 2000 + (date_day - DATE '{planted.first_day}') AS draw,
                ({AD_COVERAGE - 0.04} + 0.08 * chance(draw - ad_no * 2000, 'coverage'))
                    * CASE WHEN a.campaign = '{SHARED_AD}' AND ad_no = 1 THEN 0.35
                        WHEN ad_no = 3 THEN 0.25 WHEN a.campaign = '{SHARED_AD}' THEN 0.40
                        WHEN ad_no = 1 THEN tilt ELSE 1 - tilt END AS part
            FROM company.fct_ad_campaign_daily f JOIN (
                SELECT *, 0.45 + 0.2 * chance(number - ad_no, 'tilt') AS tilt FROM ad) a USING (campaign_id)
        ), counted AS (
            SELECT *, floor(impressions * part)::BIGINT AS shown,
                platform = '{planted.restated_platform}'
                    AND date_day BETWEEN '{planted.restated_from}' AND '{planted.restated_to}' AS is_restated,
                platform = '{planted.broken_key_platform}'
                    AND date_day BETWEEN '{planted.broken_key_from}' AND '{planted.broken_key_to}' AS is_broken
            FROM part
        )
        SELECT date_day, platform, account_id, CASE WHEN is_broken THEN substr(campaign_id, 5) ELSE campaign_id END,
            ad_key, shown, least(shown, floor(clicks * part)::BIGINT),
            floor(spend::DOUBLE * part * 10000)::BIGINT / 10000, is_final,
            CASE WHEN is_restated THEN TIMESTAMP '{planted.restated_on}' AT TIME ZONE 'UTC' + to_seconds(21600)
                ELSE loaded_at END
        FROM counted WHERE shown > 0 OR spend * part >= 0.01
        ORDER BY date_day, platform, account_id, campaign_id, ad_key
        """
    )


def _fill_keywords(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Fill the keywords of search campaigns.

    Eligible impressions are those that could have been shown, so the impression share is a ratio of sums.
    """
    insert(
        connection,
        "keyword",
        "language VARCHAR, line VARCHAR, nth INTEGER, keyword VARCHAR, match_type VARCHAR",
        keyword_rows(),
    )
    insert(connection, "spoken", "market VARCHAR, language VARCHAR", list(LANGUAGES.items()))
    connection.execute(
        f"""
        INSERT INTO company.fct_ad_keyword_daily
        WITH searched AS (
            SELECT campaign_id, keyword, match_type, nth, substr(campaign_id, 5)::BIGINT * 4 + nth AS number
            FROM campaign c JOIN spoken s ON s.market = c.market JOIN keyword k ON k.language = s.language
                AND k.line = CASE WHEN is_brand THEN 'Brand' ELSE product_line END
            WHERE channel_key IN ('ch-01', 'ch-02')
        ), part AS (
            SELECT f.*, keyword, match_type, nth, number * 2000 + (date_day - DATE '{planted.first_day}') AS draw,
                [0.5, 0.28, 0.16][nth + 1] * (0.9 + 0.1 * chance(draw, 'keyword')) AS part
            FROM company.fct_ad_campaign_daily f JOIN searched USING (campaign_id)
            WHERE date_day > DATE '{planted.until}' - {KEYWORD_DAYS}
        ), counted AS (SELECT *, floor(impressions * part)::BIGINT AS shown FROM part)
        SELECT date_day, campaign_id, keyword, match_type, shown,
            ceil(shown / (0.45 + 0.4 * chance(draw, 'eligible')))::BIGINT, least(shown, floor(clicks * part)::BIGINT),
            floor(spend::DOUBLE * part * 10000)::BIGINT / 10000, loaded_at
        FROM counted WHERE shown > 0 ORDER BY date_day, campaign_id, nth
        """
    )


def _fill_reach(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Fill the number of people that social, video and display reached, per week and per month.

    A month reaches fewer people than its weeks together.
    """
    connection.execute(
        f"""
        INSERT INTO company.fct_ad_reach_period
        WITH shown AS (
            SELECT campaign_id, period_type, date_trunc(period_type, date_day)::DATE AS period_start,
                sum(impressions)::BIGINT AS impressions
            FROM company.fct_ad_campaign_daily, (VALUES ('week'), ('month')) AS periods(period_type)
            WHERE channel_key IN ('ch-04', 'ch-05', 'ch-06') GROUP BY ALL
        ), drawn AS (
            SELECT *, substr(campaign_id, 5)::BIGINT * 2000 + (period_start - DATE '{planted.first_day}') + 50 AS number
            FROM shown WHERE impressions > 0
        )
        SELECT campaign_id, period_type, period_start, ceil(impressions / (CASE period_type
                WHEN 'week' THEN 1.4 ELSE 3.4 END + chance(number, 'often')))::BIGINT, impressions,
            loaded(least(CASE period_type WHEN 'week' THEN period_start + 6 ELSE last_day(period_start) END,
                DATE '{planted.until}'), number, 'reach')
        FROM drawn ORDER BY campaign_id, period_type, period_start
        """
    )
