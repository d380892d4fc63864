"""Read texts over the marketing model without an engine, with the members that a person sees in the demo company."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from semantic.model.loading.load import parse_files, read_folder
from semantic.policy.narrow import narrow
from semantic.policy.people import people_of
from semantic.query.data import query_from_data, query_to_data
from semantic.query.query import Query
from semantic.query.same import canonical
from semantic.reading.lexicon import Lexicon, Members, lexicon_of
from semantic.reading.reading import read
from semantic.reading.understood import Reading

MODEL = Path(__file__).resolve().parents[3] / "semantic" / "marketing"
TODAY = date(2026, 6, 17)
"""A Wednesday. The last complete week is 8 to 14 June, the last complete month May, and the last complete
quarter Q1.
"""

MEMBERS: Members = {
    "channel": (
        *("Affiliates", "Direct", "Display", "Email", "Organic search", "Organic social", "Paid search brand"),
        *("Paid search generic", "Paid social", "Referral", "Shopping ads", "Video ads"),
    ),
    "channel_group": ("Direct", "Email", "Organic Search", "Organic Social", "Paid Search", "Paid Social"),
    "market": ("AT", "DE", "FR", "GB", "NL", "NO", "SE"),
    "country": ("Austria", "France", "Germany", "Netherlands", "Norway", "Sweden", "United Kingdom"),
    "region_group": ("Benelux", "DACH", "France", "Nordics", "UK and Ireland"),
    "platform": ("google_ads", "microsoft_ads", "meta_ads", "pinterest_ads", "tiktok_ads", "awin", "criteo", "email"),
    "device": ("mobile", "desktop", "tablet"),
    "funnel_role": ("brand", "nonbrand", "prospecting", "retargeting", "retention"),
    "is_paid_channel": (True, False),
    "is_first_order": (True, False),
    "is_weekend": (True, False),
    "weekday": (1, 2, 3, 4, 5, 6, 7),
    "coupon": ("SALE5", "SALE10", "SALE20", "WELCOME10", "THANKS5", "BLACK20"),
    "customer_segment": ("families", "couples", "professionals", "students", "retirees"),
    "customer_tier": ("basic", "silver", "gold"),
    "traffic_source": ("google", "bing", "facebook", "instagram", "pinterest", "tiktok", "newsletter", "(direct)"),
    "campaign": tuple(
        f"{market} {name}"
        for market in ("AT", "DE", "FR", "GB", "NL", "NO", "SE")
        for name in ("Social Spring launch", "Display Prospecting", "Display Retargeting", "Email Newsletter")
    ),
    "deal_stage": ("discovery", "qualified", "proposal", "negotiation", "won", "lost"),
    "sales_team": ("Benelux", "DACH", "France", "Key accounts", "Nordics"),
    "lead_source": ("web form", "call", "trade fair", "catalogue request"),
    "industry": ("Coworking", "Health", "Hotels", "Interior design", "Law and tax"),
    "creative_type": ("text", "image", "carousel", "product", "banner", "video"),
    "attribution_model": ("first", "last", "last_non_direct", "linear", "position_based", "time_decay"),
    "attribution_window": (7, 30),
    "landing_page": ("/", "/decoration", "/kitchen", "/sale"),
    "page": ("/", "/decoration", "/kitchen", "/sale", "/checkout"),
}


@cache
def lexicon(person: str = "lena") -> Lexicon:
    model, docs = parse_files(read_folder(MODEL))
    return lexicon_of(narrow(model, people_of(docs)[person]), MEMBERS)


def read_as(text: str, person: str = "lena", *, today: date = TODAY, previous: dict[str, Any] | None = None) -> Reading:
    before = query_from_data(previous) if previous else None
    return read(text, lexicon(person), today=today, previous=before)


def same(question: Query | None, truth: dict[str, Any]) -> bool:
    """Return whether a question is the same as the expected one, whatever the names of its calculations."""
    if question is None:
        return False
    return _plain(question) == _plain(query_from_data(truth))


def _plain(query: Query) -> dict[str, Any]:
    data = query_to_data(canonical(query))
    for each in data.get("calc", []):
        each.pop("name")
    return data
