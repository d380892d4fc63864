"""Raw tables of Google Ads and Meta, as a connector loads them. Reports over all platforms are in `ads`."""

import duckdb

from tests.own_data.shapes.ads import CAMPAIGNS
from tests.own_data.shapes.rows import LAST, cents, create, days, generator, when


def write_google_ads(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the tables. Spend is in millionths of the account's currency.

    - Statistics have one row per campaign, day, network and device, so that a campaign has several rows a day.
    - The history has one row per change of a campaign. One was renamed, so joining by id alone repeats its spend.
    - Conversions of the last two days are null, because Google restates them.
    """
    chance = generator("google ads")
    stats, history = [], []
    for campaign in CAMPAIGNS:
        if campaign.platform != "google_ads":
            continue
        number, customer = int(campaign.number), int(campaign.account[0])
        names = ["Brand (old name)", campaign.name] if campaign.number == "1001" else [campaign.name]
        for version, name in enumerate(names):
            changed = when(2026, 8, 1 + version)
            history.append(
                {"id": number, "updated_at": changed, "customer_id": customer, "name": name, "status": "ENABLED"}
            )
        for day in days():
            for device in ("DESKTOP", "MOBILE"):
                clicks = chance.randrange(12)
                settled = (LAST - day).days >= 2
                stats.append(
                    {
                        "customer_id": customer,
                        "date": day,
                        "id": number,
                        "ad_network_type": "SEARCH",
                        "device": device,
                        "clicks": clicks,
                        "impressions": clicks * 30 + 5,
                        "cost_micros": round(clicks * campaign.price * 1_000_000),
                        "conversions": cents(clicks * 0.05) if settled else None,
                        "conversions_value": cents(clicks * 3.0) if settled else None,
                        "view_through_conversions": 0,
                    }
                )
    create(
        connection,
        "google_ads__campaign_stats",
        "customer_id bigint, date date, id bigint, ad_network_type text, device text, clicks bigint, "
        "impressions bigint, cost_micros bigint, conversions double, conversions_value double, "
        "view_through_conversions bigint",
        stats,
    )
    columns = "id bigint, updated_at timestamp, customer_id bigint, name text, status text"
    create(connection, "google_ads__campaign_history", columns, history)


def write_meta_ads(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the tables. Spend is in the account's currency. Reach counts people and can't be added up over days or ads.

    - The actions table has one row per ad, day and action type, and counts the same purchase under several types.
    - Link clicks are fewer than clicks, which include likes and comments.
    """
    chance = generator("meta ads")
    ads, actions = [], []
    for campaign in CAMPAIGNS:
        if campaign.platform != "facebook_ads":
            continue
        for day in days():
            ad = f"{campaign.number}1a"
            clicks = chance.randrange(20)
            impressions = clicks * 40 + chance.randrange(50)
            facts = {
                "ad_id": ad,
                "date": day,
                "account_id": 77001,
                "campaign_name": campaign.name,
                "ad_name": f"Ad {ad}",
            }
            ads.append(
                {
                    **facts,
                    "impressions": impressions,
                    "reach": int(impressions * 0.7),
                    "frequency": 1.43 if impressions else 0.0,
                    "inline_link_clicks": int(clicks * 0.8),
                    "clicks": clicks,
                    "spend": cents(clicks * campaign.price),
                }
            )
            if purchases := clicks // 8:
                for kind in ("purchase", "omni_purchase", "offsite_conversion.fb_pixel_purchase"):
                    actions.append({"ad_id": ad, "date": day, "action_type": kind, "value": float(purchases)})
    create(
        connection,
        "facebook_ads__basic_ad",
        "ad_id text, date date, account_id bigint, campaign_name text, ad_name text, impressions bigint, reach bigint, "
        "frequency double, inline_link_clicks bigint, clicks bigint, spend double",
        ads,
    )
    create(
        connection, "facebook_ads__basic_ad_actions", "ad_id text, date date, action_type text, value double", actions
    )
