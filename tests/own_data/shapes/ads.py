"""Ad spend over all platforms, one table for each report level. Raw tables of a single platform are in `platforms`."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

from tests.own_data.shapes.rows import FIRST, LAST, cents, create, days, generator, summed

MEASURES = "clicks bigint, impressions bigint, spend double, conversions double, conversions_value double"
SUMS = ("clicks", "impressions", "spend", "conversions", "conversions_value")
ACCOUNT = "platform text, account_id text, account_name text"
CAMPAIGN = f"{ACCOUNT}, campaign_id text, campaign_name text"
AD_GROUP = f"{CAMPAIGN}, ad_group_id text, ad_group_name text"
DAILY = "source_relation text, date_day date"
ACCOUNT_BY = ("source_relation", "date_day", "platform", "account_id", "account_name")
CAMPAIGN_BY = (*ACCOUNT_BY, "campaign_id", "campaign_name")
AD_GROUP_BY = (*CAMPAIGN_BY, "ad_group_id", "ad_group_name")

# Levels of reports: the table, its columns before the measures, and what its rows are summed by.
LEVELS: tuple[tuple[str, str, Sequence[str]], ...] = (
    ("ad_reporting__account_report", f"{DAILY}, {ACCOUNT}", ACCOUNT_BY),
    ("ad_reporting__campaign_report", f"{DAILY}, {CAMPAIGN}", CAMPAIGN_BY),
    ("ad_reporting__ad_group_report", f"{DAILY}, {AD_GROUP}", AD_GROUP_BY),
    ("ad_reporting__ad_report", f"{DAILY}, {AD_GROUP}, ad_id text, ad_name text", (*AD_GROUP_BY, "ad_id", "ad_name")),
)
KEYWORD = "keyword_id text, keyword_text text"
URL = (
    "base_url text, url_host text, url_path text, utm_source text, utm_medium text, utm_campaign text, "
    "utm_content text, utm_term text"
)


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign of one account, with the tags in its links."""

    platform: str
    account: tuple[str, str]
    number: str
    name: str | None
    source: str | None
    medium: str | None
    groups: int
    price: float  # per click


GOOGLE = ("1112223333", "Nordwind Shop")
GOOGLE_EU = ("4445556666", "Nordwind EU (EUR)")
META = ("act_77001", "Nordwind Meta")
LINKEDIN = ("508811", "Nordwind B2B")

CAMPAIGNS = (
    Campaign("google_ads", GOOGLE, "1001", "de_search_sales_brand_202609", "google", "cpc", 2, 0.42),
    Campaign("google_ads", GOOGLE, "1002", "us_search_sales_shoes_202609", "Google", "CPC", 2, 1.1),
    Campaign("google_ads", GOOGLE, "1003", "us_pmax_sales_all_202610", "google", "cpc", 0, 0.8),
    Campaign("google_ads", GOOGLE_EU, "1004", "fr_search_sales_brand_202610", "google", "cpc", 1, 0.5),
    Campaign("facebook_ads", META, "2001", "de_social_sales_retargeting_202609", "facebook", "paid_social", 2, 0.35),
    Campaign("facebook_ads", META, "2002", "us_social_reach_autumn_202610", "Facebook", "paid-social", 1, 0.6),
    Campaign("facebook_ads", META, "2003", "de_search_sales_brand_202609", "fb", "cpc", 1, 0.3),
    Campaign("facebook_ads", META, "2004", None, None, None, 1, 0.4),
    Campaign("linkedin_ads", LINKEDIN, "3001", "us_social_leads_whitepaper_202609", "linkedin", "paid_social", 1, 4.5),
)


def write(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the tables. Every report level repeats the same spend, so adding two levels counts it twice.

    - Ad groups and ads lack the spend of campaigns without ad groups (Performance Max).
    - Keywords cover search campaigns only, and search terms leave out the rare ones, so both have less spend.
    - The URL report leaves out ads without a link. Its tags are as people typed them, in mixed case.
    - Two platforms have a campaign with the same name, and one deleted campaign has no name.
    - One account is in EUR and the others in USD. No column says so.
    - Conversions are fractions. They are null on the last two days, which the platforms still restate.
    - LinkedIn reports no countries, and the country report is monthly.
    """
    chance = generator("ad reporting")
    rows = list(_ad_rows(chance))
    for table, columns, by in LEVELS:
        level = [row for row in rows if "ad_id" not in by or row["ad_id"]]
        level = [row for row in level if "ad_group_id" not in by or row["ad_group_id"]]
        create(connection, table, f"{columns}, {MEASURES}", _summed(level, by))
    _write_keywords(connection, rows, chance)
    _write_urls(connection, rows)
    _write_countries(connection, rows)


def _summed(rows: Sequence[dict[str, object]], by: Sequence[str]) -> list[dict[str, object]]:
    """Return the rows of one level. Conversions stay null where the platform hasn't reported them."""
    totals = summed(rows, by, SUMS)
    for row in totals:
        if (LAST - row["date_day"]).days < 2:  # type: ignore[operator]  # the days are dates
            row["conversions"] = row["conversions_value"] = None
    return totals


def _ad_rows(chance: random.Random) -> Iterator[dict[str, object]]:
    """Yield one row per ad and day. Campaigns without ad groups have one row without an ad."""
    for campaign in CAMPAIGNS:
        groups = [f"{campaign.number}{number}" for number in range(1, campaign.groups + 1)] or [None]
        for day in days(FIRST if campaign.number != "1003" else FIRST.replace(month=10)):
            if campaign.number == "2004" and day.month > 9:
                continue
            for group in groups:
                for ad in (f"{group}a", f"{group}b") if group else (None,):
                    clicks = chance.randrange(0, 8 if day == LAST else 16)
                    conversions = cents(clicks * chance.choice((0, 0.02, 0.05, 0.08)))
                    yield {
                        "source_relation": "",
                        "date_day": day,
                        "platform": campaign.platform,
                        "account_id": campaign.account[0],
                        "account_name": campaign.account[1],
                        "campaign_id": campaign.number,
                        "campaign_name": campaign.name,
                        "ad_group_id": group,
                        "ad_group_name": group and f"Group {group}",
                        "ad_id": ad,
                        "ad_name": ad and f"Ad {ad}",
                        "clicks": clicks,
                        "impressions": clicks * chance.randrange(20, 60) + chance.randrange(30),
                        "spend": cents(clicks * campaign.price * chance.uniform(0.8, 1.2)),
                        "conversions": conversions,
                        "conversions_value": cents(conversions * 60),
                    }


def _write_keywords(
    connection: duckdb.DuckDBPyConnection, rows: Sequence[dict[str, object]], chance: random.Random
) -> None:
    keywords, searches = [], []
    for row in rows:
        if row["platform"] != "google_ads" or not str(row["ad_id"]).endswith("a"):
            continue
        text = chance.choice(("running shoes", "nordwind", "trail shoes"))
        keyword = {**row, "keyword_id": f"{row['ad_group_id']}-{text[:3]}", "keyword_text": text}
        keywords.append({**keyword, "keyword_match_type": "PHRASE"})
        if int(str(row["clicks"])) > 4:
            searches.append({**keyword, "search_query": f"buy {text}", "search_match_type": "NEAR_EXACT"})
    by = (*AD_GROUP_BY, "keyword_id", "keyword_text")
    for table, more, found in (
        ("ad_reporting__keyword_report", ("keyword_match_type",), keywords),
        ("ad_reporting__search_report", ("search_query", "search_match_type"), searches),
    ):
        columns = ", ".join(f"{name} text" for name in more)
        create(
            connection, table, f"{DAILY}, {AD_GROUP}, {KEYWORD}, {columns}, {MEASURES}", _summed(found, (*by, *more))
        )


def _write_urls(connection: duckdb.DuckDBPyConnection, rows: Sequence[dict[str, object]]) -> None:
    tagged = {campaign.number: campaign for campaign in CAMPAIGNS}
    linked = []
    for row in rows:
        campaign = tagged[str(row["campaign_id"])]
        if row["ad_id"] and campaign.source:
            link = {"base_url": "https://shop.example/sale", "url_host": "shop.example", "url_path": "/sale"}
            tags = {"utm_source": campaign.source, "utm_medium": campaign.medium, "utm_campaign": campaign.name}
            linked.append({**row, **link, **tags, "utm_content": row["ad_name"]})
    by = (*AD_GROUP_BY, "base_url", "url_host", "url_path", "utm_source", "utm_medium", "utm_campaign", "utm_content")
    create(connection, "ad_reporting__url_report", f"{DAILY}, {AD_GROUP}, {URL}, {MEASURES}", _summed(linked, by))


COUNTRIES = (("Germany", "DE", "EMEA", 0.5), ("United States", "US", "AMER", 0.3), (None, None, None, 0.2))


def _write_countries(connection: duckdb.DuckDBPyConnection, rows: Sequence[dict[str, object]]) -> None:
    by = ("source_relation", "date_month", *CAMPAIGN_BY[2:])
    months = [{**row, "date_month": row["date_day"].replace(day=1)} for row in rows]  # type: ignore[union-attr]
    countries, regions = [], []
    for row in summed(months, by, SUMS):
        if row["platform"] == "linkedin_ads":
            continue
        for country, code, region, share in COUNTRIES:
            parts = {name: cents(float(str(row[name])) * share) for name in SUMS}
            countries.append({**row, **parts, "country": country, "country_code": code, "global_region": region})
        regions.append({**row, "region": "Bavaria" if row["platform"] == "google_ads" else None})
    monthly = f"source_relation text, date_month date, {CAMPAIGN}, {MEASURES}"
    table = "ad_reporting__monthly_campaign_country_report"
    create(connection, table, f"{monthly}, country text, country_code text, global_region text", countries)
    create(connection, "ad_reporting__monthly_campaign_region_report", f"{monthly}, region text", regions)
