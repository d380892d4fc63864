"""The demo company's channels and campaigns, written by hand."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from semantic.demo.world.planted import MARKETS, KnownPatterns, black_friday


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel that brings people to the shop.

    Shares are percentages of orders (new, repeat) and of other sessions.
    """

    key: str
    channel: str
    group: str
    is_paid: bool
    role: str
    new: float
    repeat: float
    visits: float
    trend: float  # relative change of the shares over the whole period
    source: str
    medium: str
    return_on_spend: float = 0.0  # net sales per EUR of spend, at the middle of the period
    cost_per_click: float = 0.0  # EUR
    click_rate: float = 0.0  # clicks per impression


CHANNELS = (
    Channel(key="ch-01", channel="Paid search brand", group="Paid Search", is_paid=True, role="brand",
            new=10, repeat=17, visits=6, trend=0.0, source="google", medium="cpc",
            return_on_spend=15, cost_per_click=0.35, click_rate=0.16),
    Channel(key="ch-02", channel="Paid search generic", group="Paid Search", is_paid=True, role="nonbrand",
            new=18, repeat=7, visits=15, trend=-0.35, source="google", medium="cpc",
            return_on_spend=4.0, cost_per_click=0.95, click_rate=0.045),
    Channel(key="ch-03", channel="Shopping ads", group="Paid Shopping", is_paid=True, role="nonbrand",
            new=20, repeat=13, visits=16, trend=0.1, source="google", medium="cpc",
            return_on_spend=5.0, cost_per_click=0.60, click_rate=0.011),
    Channel(key="ch-04", channel="Paid social", group="Paid Social", is_paid=True, role="prospecting",
            new=14, repeat=6, visits=22, trend=0.5, source="facebook", medium="paid_social",
            return_on_spend=2.9, cost_per_click=0.85, click_rate=0.012),
    Channel(key="ch-05", channel="Video ads", group="Paid Video", is_paid=True, role="prospecting",
            new=3, repeat=1, visits=5, trend=0.4, source="youtube", medium="paid_video",
            return_on_spend=2.3, cost_per_click=1.20, click_rate=0.004),
    Channel(key="ch-06", channel="Display", group="Display", is_paid=True, role="retargeting",
            new=3.5, repeat=3.5, visits=8, trend=-0.2, source="adnetwork", medium="display",
            return_on_spend=2.6, cost_per_click=0.70, click_rate=0.003),
    Channel(key="ch-07", channel="Affiliates", group="Affiliates", is_paid=True, role="nonbrand",
            new=3.5, repeat=2.5, visits=3, trend=0.0, source="awin", medium="affiliate",
            return_on_spend=5.8, cost_per_click=0.50, click_rate=0.02),
    Channel(key="ch-08", channel="Email", group="Email", is_paid=False, role="retention",
            new=3, repeat=23, visits=5, trend=0.1, source="newsletter", medium="email"),
    Channel(key="ch-09", channel="Organic search", group="Organic Search", is_paid=False, role="nonbrand",
            new=13, repeat=10, visits=11, trend=-0.05, source="google", medium="organic"),
    Channel(key="ch-10", channel="Organic social", group="Organic Social", is_paid=False, role="prospecting",
            new=4, repeat=2.5, visits=4, trend=0.2, source="instagram", medium="social"),
    Channel(key="ch-11", channel="Direct", group="Direct", is_paid=False, role="brand",
            new=6, repeat=12.5, visits=5, trend=0.0, source="(direct)", medium="(none)"),
    Channel(key="ch-12", channel="Referral", group="Referral", is_paid=False, role="nonbrand",
            new=2.5, repeat=2, visits=2, trend=0.0, source="referrer", medium="referral"),
)  # fmt: skip

PRODUCT_LINES = ("Lighting", "Textiles", "Kitchen", "Storage", "Furniture", "Garden", "Decoration")
OWNERS = ("Aylin Demir", "Jonas Falk", "Camille Roux", "Sanne de Wit", "Ingrid Solberg", "Tom Ashworth")


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One campaign in one market.

    `weight` is its share within its channel. `lift` raises the channel's share while the campaign runs.
    """

    campaign_id: str = ""
    name: str
    platform: str
    objective: str
    channel_key: str
    market: str
    product_line: str
    is_brand: bool = False
    start: date
    end: date | None = None
    owner: str = ""
    weight: float
    lift: float = 0.0
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Always:
    """A campaign that always runs in every market. `from_day` counts from the shop's first day."""

    name: str
    platform: str
    channel_key: str
    weight: float
    line: str = "All"
    objective: str = "sales"
    source: str = ""
    from_day: int = 0


_ALWAYS = (
    _Always(name="Search Brand", platform="google_ads", channel_key="ch-01", weight=8),
    _Always(name="Search Brand Bing", platform="microsoft_ads", channel_key="ch-01", weight=1.5, source="bing"),
    *(
        _Always(name=f"Search Generic {line}", platform="google_ads", channel_key="ch-02", weight=weight, line=line)
        for line, weight in zip(PRODUCT_LINES, (3, 2.5, 2, 1.5, 2.5, 1.5, 2), strict=True)
    ),
    _Always(name="Search Generic Bing", platform="microsoft_ads", channel_key="ch-02", weight=2, source="bing"),
    _Always(name="Shopping All products", platform="google_ads", channel_key="ch-03", weight=6),
    _Always(name="Shopping Bestsellers", platform="google_ads", channel_key="ch-03", weight=4),
    _Always(name="Shopping Furniture", platform="google_ads", channel_key="ch-03", weight=2, line="Furniture"),
    _Always(name="Shopping Bing", platform="microsoft_ads", channel_key="ch-03", weight=1, source="bing"),
    _Always(name="Social Prospecting", platform="meta_ads", channel_key="ch-04", weight=5, objective="acquisition"),
    _Always(name="Social Retargeting", platform="meta_ads", channel_key="ch-04", weight=3),
    _Always(name="Social Inspiration", platform="pinterest_ads", channel_key="ch-04", weight=1.5,
            objective="awareness", source="pinterest", line="Decoration"),
    _Always(name="Social Creators", platform="tiktok_ads", channel_key="ch-04", weight=2.5,
            objective="acquisition", source="tiktok", from_day=480),
    _Always(name="Video Living rooms", platform="google_ads", channel_key="ch-05", weight=1,
            objective="awareness", line="Furniture"),
    _Always(name="Display Retargeting", platform="criteo", channel_key="ch-06", weight=3, source="criteo"),
    _Always(name="Display Prospecting", platform="google_ads", channel_key="ch-06", weight=1,
            objective="acquisition", source="google"),
    _Always(name="Affiliates Content", platform="awin", channel_key="ch-07", weight=2),
    _Always(name="Affiliates Cashback", platform="awin", channel_key="ch-07", weight=3),
    _Always(name="Email Newsletter", platform="email", channel_key="ch-08", weight=6, objective="retention"),
    _Always(name="Email Welcome series", platform="email", channel_key="ch-08", weight=2, objective="activation"),
    _Always(name="Email Win back", platform="email", channel_key="ch-08", weight=1.5, objective="retention"),
)  # fmt: skip


def campaigns(planted: KnownPatterns) -> list[Campaign]:
    """Return every campaign of dim_campaign, oldest first, with its ID and owner."""
    campaigns = [*_always_on(planted), *_seasonal(planted), *_launches(planted)]
    campaigns.sort(key=lambda campaign: (campaign.start, campaign.name))
    return [
        replace(
            campaign, campaign_id=f"cmp-{number:04}", owner=OWNERS[(number * 7 + ord(campaign.market[0])) % len(OWNERS)]
        )
        for number, campaign in enumerate(campaigns, start=1)
    ]


def opening_day(market: str, planted: KnownPatterns) -> date:
    """Return the first day on which a market sells."""
    return planted.no_opens if market == "NO" else planted.first_day


def _always_on(planted: KnownPatterns) -> list[Campaign]:
    return [
        Campaign(
            name=f"{market.code} {each.name}",
            platform=each.platform,
            objective=each.objective,
            channel_key=each.channel_key,
            market=market.code,
            product_line=each.line,
            is_brand=each.channel_key == "ch-01",
            start=max(opening_day(market.code, planted), planted.first_day + timedelta(days=each.from_day)),
            weight=each.weight,
            source=each.source,
        )
        for market in MARKETS
        for each in _ALWAYS
    ]


def _seasonal(planted: KnownPatterns) -> list[Campaign]:
    """Return Black Week in every market, and Christmas, spring and summer campaigns in larger markets.

    They run for whole weeks from a Monday.
    """
    campaigns: list[Campaign] = []
    for year in range(planted.first_day.year, planted.until.year + 1):
        friday = black_friday(year)
        before, after = friday - timedelta(days=4), friday + timedelta(days=3)
        spring, summer = _monday_of(date(year, 3, 20)), _monday_of(date(year, 6, 20))
        for name, start, weeks, markets, channel, platform, line, weight, lift in (
            ("Social Black week", before, 1, "DE AT FR NL SE GB NO", "ch-04", "meta_ads", "All", 5, 0.5),
            ("Email Black week", before, 1, "DE FR GB", "ch-08", "email", "All", 12, 0.6),
            ("Video Christmas at home", after, 3, "DE FR GB", "ch-05", "google_ads", "Decoration", 2, 1.0),
            ("Social Garden spring", spring, 8, "DE NL GB", "ch-04", "meta_ads", "Garden", 2.5, 0.1),
            ("Display Summer sale", summer, 4, "DE FR SE", "ch-06", "criteo", "All", 2, 0.4),
        ):
            end = start + timedelta(days=weeks * 7 - 1)
            for market in markets.split():
                if start >= opening_day(market, planted) and start <= planted.until:
                    campaigns.append(
                        Campaign(
                            name=f"{market} {name} {year}",
                            platform=platform,
                            objective="retention" if platform == "email" else "sales",
                            channel_key=channel,
                            market=market,
                            product_line=line,
                            start=start,
                            end=end,
                            weight=weight,
                            lift=lift,
                        )
                    )
    return campaigns


def _launches(planted: KnownPatterns) -> list[Campaign]:
    """Return the autumn launch on social in every market, and the campaign that opens the Norwegian market."""
    autumn = [
        Campaign(
            name=f"{market.code} Social Autumn launch",
            platform="meta_ads",
            objective="launch",
            channel_key="ch-04",
            market=market.code,
            product_line="Textiles",
            start=planted.autumn_launch_from,
            end=planted.autumn_launch_to,
            weight=7,
            lift=0.7,
        )
        for market in MARKETS
    ]
    opening = Campaign(
        name="NO Social Market opening",
        platform="meta_ads",
        objective="launch",
        channel_key="ch-04",
        market="NO",
        product_line="All",
        start=planted.no_opens,
        end=planted.no_opens + timedelta(days=55),
        weight=8,
        lift=1.0,
    )
    return [*autumn, opening]


def _monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())
