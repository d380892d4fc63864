"""Fill fct_ad_campaign_daily: each paid campaign's daily spend in the account's own currency."""

import duckdb

from semantic.demo.world.planted import AVERAGE_ORDER_VALUE, ORPHAN_CAMPAIGNS, KnownPatterns

_PLATFORM_OVERCLAIM = 1.35  # ad platforms count more conversions than the shop has orders
_RETURN_DECLINE = 0.20  # clicks get more expensive: the return falls by this share over the whole period
_DELETED_PART = 0.05  # share of its market's orders that sets the deleted campaign's spend
_LANDED, _LANDED_SPREAD = 0.72, 0.2  # the share of clicks that reached the page: 72 to 92%
_ARRIVED = (0.95, 0.85, 0.60)  # the share of spend known on the last days, oldest first


def fill_ads(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Add a row for each day and paid campaign.

    There are no rows during the outage, and the last days have lower numbers that aren't final.
    """
    connection.execute(
        f"""
        INSERT INTO company.fct_ad_campaign_daily
        WITH running AS (
            SELECT period, market, c.channel_key, campaign_id, platform, (0.55 * n.part + 0.45 * r.part) AS part
            FROM (SELECT * FROM mix WHERE kind = 'new') n
            JOIN (SELECT period, market, campaign_id, part FROM mix WHERE kind = 'repeat') r
                USING (period, market, campaign_id)
            JOIN campaign c USING (market, campaign_id)
            WHERE platform <> 'email'
            UNION ALL
            SELECT DISTINCT period, 'FR', 'ch-04', '{planted.deleted_campaign}', 'meta_ads', {_DELETED_PART}
            FROM day WHERE day BETWEEN '{planted.deleted_campaign_from}' AND '{planted.deleted_campaign_to}'
        ), daily AS (
            SELECT d.day_no, d.day, r.*, m.currency_code, m.zone, m.place, x.fx_rate,
                h.cost_per_click, h.click_rate, progress,
                CASE WHEN campaign_id = '{ORPHAN_CAMPAIGNS[0]}' THEN 999 ELSE substr(campaign_id, 5)::INTEGER END
                    AS campaign_no,
                campaign_no * 10000 + d.day_no AS number, d.day - DATE '{planted.provisional_from}' AS late,
                CASE WHEN late < 0 THEN 1 ELSE [{", ".join(map(str, _ARRIVED))}][1 + late] END AS arrived,
                part * d.orders * s.share AS orders,
                h.return_on_spend * (1 + {_RETURN_DECLINE} * (0.5 - progress))
                    * (0.75 + 0.5 * chance(campaign_no, 'return')) AS return_on_spend
            FROM day d JOIN running r USING (period) JOIN market m USING (market) JOIN channel h USING (channel_key)
            JOIN rate x ON x.currency_code = m.currency_code AND x.day_no = d.day_no
            JOIN (SELECT DISTINCT day_no, market, share FROM market_slot) s ON s.day_no = d.day_no
                AND s.market = r.market
            WHERE (d.day <> '{planted.outage_day}' OR platform <> '{planted.outage_platform}')
                AND (campaign_id <> '{planted.deleted_campaign}'
                    OR d.day BETWEEN '{planted.deleted_campaign_from}' AND '{planted.deleted_campaign_to}')
        ), spent AS (
            SELECT *, (orders * {AVERAGE_ORDER_VALUE} / return_on_spend * arrived
                * (0.85 + 0.3 * chance(number, 'spend')) / fx_rate)::DECIMAL(18,2)::DECIMAL(18,4) AS spend_local,
                round(spend_local * fx_rate, 4)::DECIMAL(18,4) AS spend,
                round(spend / (cost_per_click * (0.9 + 0.25 * progress)
                    * (0.85 + 0.3 * chance(number, 'click'))))::BIGINT AS clicks,
                round(orders * {_PLATFORM_OVERCLAIM} * arrived * arrived * (0.8 + 0.4 * chance(number, 'conversion'))
                    + chance(number, 'conversion rounds') - 0.5)::BIGINT AS raw_conversions,
                greatest(0, raw_conversions) AS conversions
            FROM daily
        )
        SELECT day, platform, platform || '-' || lower(market), campaign_id, market, channel_key,
            greatest(clicks, round(clicks / (click_rate * (0.85 + 0.3 * chance(number, 'impression')))))::BIGINT,
            clicks, spend_local, currency_code, fx_rate, spend, conversions,
            (conversions * {AVERAGE_ORDER_VALUE} * (0.85 + 0.3 * chance(number, 'value')))::DECIMAL(18,2),
            CASE WHEN platform IN ('tiktok_ads', 'pinterest_ads') THEN 'UTC' ELSE zone END, late < 0,
            least(day + {len(_ARRIVED)}, DATE '{planted.until}' + 1)::TIMESTAMPTZ
                + to_seconds(15000 + pick(number, 'loaded', 1200)),
            round(clicks * ({_LANDED} + {_LANDED_SPREAD} * chance(number, 'landing')))::BIGINT
        FROM spent ORDER BY day, platform, market, campaign_id
        """
    )
