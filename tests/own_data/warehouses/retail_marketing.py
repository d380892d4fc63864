"""The schema `marketing` of the made-up retailer: nine tables as ad platforms and email tools deliver them.

Traps: costs in micros, a history in which `id` repeats, a bridge, and a view that adds up another table.
"""

from __future__ import annotations

from datetime import date, timedelta

from tests.own_data.warehouses.made import Dice, Made, columns
from tests.own_data.warehouses.retail_shop import CUSTOMERS, STATUS


def marketing() -> list[Made]:
    """Return the tables of the schema."""
    return [*_ads(), *_messages()]


def _ads() -> list[Made]:
    dice = Dice("marketing.campaigns")
    codes = ("ads", "crm", "seo", "tv", "aff", "soc", "dir", "out")
    channels = [(n, code.upper(), code) for n, code in enumerate(codes, 1)]
    campaigns = [
        (n, f"Campaign {n}", dice.choice(STATUS), dice.randint(1, 8), start, start + timedelta(days=40), f"K{n:03d}")
        for n, start in ((n, dice.day(600)) for n in range(1, 61))
    ]
    synced = [dice.moment() for _ in range(5)]  # each sync writes a version of every campaign
    history = [(n, moment, f"Campaign {n}", dice.choice(STATUS)) for n in range(1, 61) for moment in synced]
    groups = [(n, dice.randint(1, 60), f"Group {n}", dice.choice(STATUS)) for n in range(1, 201)]
    dice = Dice("marketing.ad_stats")
    days = [date(2026, 8, 1) + timedelta(days=day) for day in range(60)]
    stats = [
        (
            day,
            group,
            device,
            dice.randrange(1_000_000, 90_000_000),
            dice.randrange(5_000),
            dice.randrange(300),
            dice.random(),
        )
        for (day, group), device in (
            (pair, dice.choice(("mobile", "desktop"))) for pair in dice.pairs(days, range(1, 201), 2_500)
        )
    ]
    stats += [(day, group, "tablet", cost, shown, clicks, 0.0) for day, group, _, cost, shown, clicks, _ in stats[:900]]
    return [
        Made("marketing", "channels", columns("id BIGINT, name VARCHAR, code VARCHAR"), channels),
        Made(
            "marketing",
            "campaigns",
            columns(
                "id BIGINT, name VARCHAR, status VARCHAR, channel_id BIGINT, start_date DATE, end_date DATE,"
                " code VARCHAR"
            ),
            campaigns,
        ),
        Made(
            "marketing",
            "campaign_history",
            columns("id BIGINT, updated_at TIMESTAMP, name VARCHAR, status VARCHAR"),
            history,
        ),
        Made("marketing", "ad_groups", columns("id BIGINT, campaign_id BIGINT, name VARCHAR, status VARCHAR"), groups),
        Made(
            "marketing",
            "ad_stats",
            columns(
                "date DATE, ad_group_id BIGINT, device VARCHAR, cost_micros BIGINT, impressions BIGINT, clicks BIGINT,"
                " conversions DOUBLE"
            ),
            stats,
        ),
        Made(
            "marketing",
            "campaign_daily",
            columns("date DATE, campaign_id BIGINT, cost_micros BIGINT, clicks BIGINT"),
            view="SELECT s.date, g.campaign_id, CAST(SUM(s.cost_micros) AS BIGINT) AS cost_micros,"
            " CAST(SUM(s.clicks) AS BIGINT) AS clicks FROM marketing.ad_stats AS s"
            " JOIN marketing.ad_groups AS g ON g.id = s.ad_group_id GROUP BY s.date, g.campaign_id",
        ),
    ]


def _messages() -> list[Made]:
    dice = Dice("marketing.sends")
    sends: list[tuple[object, ...]] = []
    for token in dice.tokens(4_000, 20):
        sent = dice.moment()
        opened = dice.maybe(0.6, sent + timedelta(minutes=dice.randrange(1, 900)))
        sends.append((token, dice.email(dice.randint(1, 3_000)), dice.maybe(0.1, dice.randint(1, 60)), sent, opened))
    segments = [(n, f"Segment {n}", f"SG{n}") for n in range(1, 11)]
    members = dice.pairs(range(1, CUSTOMERS + 1), range(1, 11), 3_000)
    return [
        Made(
            "marketing",
            "sends",
            columns(
                "message_id VARCHAR, recipient VARCHAR, campaign_id BIGINT, sent_at TIMESTAMP, opened_at TIMESTAMP"
            ),
            sends,
        ),
        Made("marketing", "segments", columns("id BIGINT, name VARCHAR, code VARCHAR"), segments),
        Made("marketing", "customer_segments", columns("customer_id BIGINT, segment_id BIGINT"), members),
    ]
