"""The known patterns of the demo company: its markets, its error rates, and the days on which something happened.

The company is Kupferhain, an online shop for home goods. It opened on the first day of its data, and reports in EUR and
by Berlin days. Tests and docs take the true values from this file, never from the generated rows.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

COMPANY = "Kupferhain"
REPORTING_ZONE = "Europe/Berlin"
DAYS = 1095  # about three years, the last one is `until`

# How dirty the data is, as a share of the rows of that table unless said otherwise.
ORPHAN_CAMPAIGN_ORDERS = 0.004  # campaign_id that isn't in dim_campaign
GUEST_ORDERS = 0.003  # neither customer_id nor customer_key; counted as a first order
ERASED_CUSTOMERS = 0.002  # share of customers erased on request: their orders keep a key that isn't in dim_customer
TEST_ORDERS = 0.002  # is_test; their sessions are internal
NO_CHANNEL_SESSIONS = 0.005  # channel_key is null
ORPHAN_CHANNEL_SESSIONS = 0.003  # channel_key that isn't in dim_channel
BOT_SESSIONS = 0.03  # is_bot; never the session of an order
INTERNAL_SESSIONS = 0.005  # is_internal
LATE_ROWS = 0.02  # orders and sessions loaded one to three days after the usual night
CANCELLED_ORDERS = 0.03
RETURNED_ORDERS = 0.07

# Known figures that aren't dirt.
NO_CAMPAIGN_ORDERS = 0.25  # about: organic, direct and referral orders carry no campaign
REPEAT_ORDERS = 0.45  # about: orders that aren't their customer's first
AVERAGE_ORDER_VALUE = 85.0  # about: net sales per order in EUR
YEARLY_GROWTH = 0.22  # of the number of orders
PROVISIONAL_AD_DAYS = 3  # the last days of ads aren't final yet, and are lower

# Web events, as shares of the step before; sessions of bots are left out. Up to 100,000 orders, see events.py.
VIEW_OF_SESSION = 0.58
CART_OF_VIEW = 0.31
CHECKOUT_OF_CART = 0.84
PURCHASE_OF_CHECKOUT = 0.85  # about: the orders already exist
DUPLICATE_PURCHASES = 0.008  # of orders: the purchase event was sent twice
NO_PRODUCT_EVENTS, ORPHAN_PRODUCT_EVENTS = 0.002, 0.002  # of events about one product
UNLISTED_PRODUCT = "Sculpture Form, clay"  # sold, but not in dim_product

# Refunds and ads in detail.
PARTIAL_REFUNDS = 0.02  # of completed orders
AD_COVERAGE = 0.94  # about: the share of a campaign's spend that is known by ad
DELETED_AD = "DE Social Prospecting"  # its second ad is not in dim_ad
SHARED_AD = "DE Social Retargeting"  # its ads 1 and 3 are one ad in two ad groups
KEYWORD_DAYS = 761  # search engines keep about 25 months of keywords

# Selling to offices and hotels; stages as shares of the previous stage's leads that are old enough.
LEADS_PER_ORDER = 0.12
MQL_OF_LEAD, SAL_OF_MQL, SQL_OF_SAL, OPPORTUNITY_OF_SQL = 0.60, 0.80, 0.75, 0.80
LEAD_MATURES = 92  # days within which every lead that becomes an opportunity has done so
WIN_RATES = {"new": 0.30, "expansion": 0.55, "renewal": 0.80}  # won deals of closed ones, without merged ones
MERGED_OPPORTUNITIES = 0.015  # of new ones
ORPHAN_CAMPAIGN_LEADS = 0.004  # of leads with a campaign
INTERNAL_LEADS, TEST_LEADS = 0.003, 0.003

# Membership.
PLUS_MEMBERS = 0.16  # of customers, eventually
PLUS_TRIALS, TRIAL_CONVERSION = 0.70, 0.78
MONTHLY_CHURN = 0.035  # of those who pay
RETURNING_MEMBERS = 0.18  # of those who left
PLUS_OLD_PRICE, PLUS_NEW_PRICE = "4.90", "5.90"  # per month, when the price changes

# Email, as shares of delivered messages: opened by a person, and opened only by a machine.
NEWSLETTER_OPENS, FLOW_OPENS = 0.20, 0.55
NEWSLETTER_OPENS_AFTER, FLOW_OPENS_AFTER = 0.225, 0.60  # in the quarter after the mix shift, and only then
MACHINE_OPENS = 0.18
UNDELIVERED = 0.018
BOT_CLICKS = 0.008
NO_CUSTOMER_MESSAGES, ORPHAN_CUSTOMER_MESSAGES = 0.002, 0.002

DUPLICATE_CONVERSIONS = 0.005

# Experiments: the lift is relative, on added_to_cart of the first one only.
CART_BASE, CART_LIFT = 0.30, 0.15
MISMATCH_SHARE = 0.46  # of units in the treatment of the third, planned 0.5

ORPHAN_CHANNEL = "ch-99"
ORPHAN_CAMPAIGNS = ("cmp-0999", "cmp-9001", "cmp-9002", "cmp-9003")  # the first one also has spend


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """A country that the shop sells to. `share` and `trend` determine its share of all orders."""

    code: str
    currency: str
    share: float
    trend: float  # relative change of the share over the whole period
    vat: str  # as a decimal literal
    shipping: str  # in local currency, waived above `free_above`
    free_above: int
    zone: str
    regions: tuple[str, ...]


MARKETS = (
    Market(code="DE", currency="EUR", share=0.34, trend=-0.10, vat="0.19", shipping="4.95", free_above=80,
           zone="Europe/Berlin", regions=("Bayern", "Berlin", "Hamburg", "Hessen", "Nordrhein-Westfalen", "Sachsen")),
    Market(code="AT", currency="EUR", share=0.08, trend=0.00, vat="0.20", shipping="5.95", free_above=80,
           zone="Europe/Vienna", regions=("Wien", "Steiermark", "Tirol", "Salzburg")),
    Market(code="FR", currency="EUR", share=0.18, trend=0.20, vat="0.20", shipping="5.90", free_above=90,
           zone="Europe/Paris", regions=("Île-de-France", "Bretagne", "Occitanie", "Grand Est", "Normandie")),
    Market(code="NL", currency="EUR", share=0.12, trend=0.15, vat="0.21", shipping="4.50", free_above=70,
           zone="Europe/Amsterdam", regions=("Noord-Holland", "Zuid-Holland", "Utrecht", "Gelderland")),
    Market(code="SE", currency="SEK", share=0.10, trend=0.05, vat="0.25", shipping="49.00", free_above=900,
           zone="Europe/Stockholm", regions=("Stockholm", "Skåne", "Västra Götaland", "Uppsala")),
    Market(code="GB", currency="GBP", share=0.14, trend=-0.30, vat="0.20", shipping="3.95", free_above=70,
           zone="Europe/London", regions=("London", "Scotland", "Wales", "South East", "North West")),
    Market(code="NO", currency="NOK", share=0.07, trend=0.00, vat="0.25", shipping="59.00", free_above=950,
           zone="Europe/Oslo", regions=("Oslo", "Vestland", "Rogaland", "Trøndelag")),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPatterns:
    """The dates of the known patterns in a company whose data ends on `until`. Both ends of a range are included."""

    until: date
    first_day: date
    no_opens: date  # first day of the Norwegian market
    outage_platform: str
    outage_day: date  # that platform has no ad rows on this day
    deleted_campaign: str
    deleted_campaign_from: date  # spend of a campaign that isn't in dim_campaign
    deleted_campaign_to: date
    autumn_launch_from: date  # "<market> Social Autumn launch" runs, and paid social takes a larger share
    autumn_launch_to: date
    provisional_from: date  # ads aren't final from here on
    broken_key_platform: str
    broken_key_from: date  # its campaign ids in fct_ad_creative_daily have lost their "cmp-"
    broken_key_to: date
    restated_platform: str
    restated_from: date  # its rows by ad for these days were sent again, and these are the valid ones
    restated_to: date
    restated_on: date  # the night in which they arrived
    plus_opens: date  # the membership starts
    price_change: date  # "Plus, monthly" gets more expensive for everyone who has it
    mix_before: date  # first day of the quarter in which few newsletters are sent
    mix_after: date  # and of the next, in which many are; every open rate rises, but the total falls
    experiments: tuple[tuple[date, date], ...]  # first and last day of each, in order; the last one is still running


def planted(until: date) -> KnownPatterns:
    """Return the known patterns of the company that `build_company(until=until)` writes."""
    autumn = _monday_on_or_after(date(until.year, 9, 8))
    if autumn > until - timedelta(days=30):
        autumn = _monday_on_or_after(date(until.year - 1, 9, 8))
    first_day = until - timedelta(days=DAYS - 1)
    deleted_from = first_day + timedelta(days=420)
    mix_after = _quarter_of(until)
    if _months_before(mix_after, -3) > until + timedelta(days=1):
        mix_after = _months_before(mix_after, 3)
    return KnownPatterns(
        until=until,
        first_day=first_day,
        no_opens=_months_before(until, 14),
        outage_platform="meta_ads",
        outage_day=until - timedelta(days=40),
        deleted_campaign=ORPHAN_CAMPAIGNS[0],
        deleted_campaign_from=deleted_from,
        deleted_campaign_to=deleted_from + timedelta(days=119),
        autumn_launch_from=autumn,
        autumn_launch_to=autumn + timedelta(days=8 * 7 - 1),
        provisional_from=until - timedelta(days=PROVISIONAL_AD_DAYS - 1),
        broken_key_platform="microsoft_ads",
        broken_key_from=until - timedelta(days=75),
        broken_key_to=until - timedelta(days=66),
        restated_platform="meta_ads",
        restated_from=until - timedelta(days=25),
        restated_to=until - timedelta(days=21),
        restated_on=until - timedelta(days=12),
        plus_opens=first_day + timedelta(days=200),
        price_change=_months_before(until.replace(day=1), 8),
        mix_before=_months_before(mix_after, 3),
        mix_after=mix_after,
        experiments=tuple((until - timedelta(days=back), until - timedelta(days=back - 41))
                          for back in (300, 200, 110, 27)),
    )  # fmt: skip


def black_friday(year: int) -> date:
    """Return Black Friday of a year, which is the day after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)


def _monday_on_or_after(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def _quarter_of(day: date) -> date:
    return date(day.year, day.month - (day.month - 1) % 3, 1)


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
