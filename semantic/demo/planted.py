"""What is planted in the demo company: its markets, the rates of its dirt, and the days on which something happened.

The company is Kupferhain, an online shop for home goods. It opened on the first day of its data and reports in
EUR and in Berlin days. Tests and docs take the truth from here, never from the generated rows.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

COMPANY = "Kupferhain"
REPORTING_ZONE = "Europe/Berlin"
DAYS = 1095  # about three years, the last one is `until`

# How dirty the data is, as a share of the rows of that table unless said otherwise.
ORPHAN_CAMPAIGN_ORDERS = 0.004  # campaign_id that dim_campaign does not have
GUEST_ORDERS = 0.003  # neither customer_id nor customer_key; counted as a first order
ERASED_CUSTOMERS = 0.002  # share of customers erased on request: their orders keep a key that is not in dim_customer
TEST_ORDERS = 0.002  # is_test; their sessions are internal
NO_CHANNEL_SESSIONS = 0.005  # channel_key is null
ORPHAN_CHANNEL_SESSIONS = 0.003  # channel_key that dim_channel does not have
BOT_SESSIONS = 0.03  # is_bot; never the session of an order
INTERNAL_SESSIONS = 0.005  # is_internal
LATE_ROWS = 0.02  # orders and sessions loaded one to three days after the usual night
CANCELLED_ORDERS = 0.03
RETURNED_ORDERS = 0.07

# What is no dirt, but known.
NO_CAMPAIGN_ORDERS = 0.25  # about: organic, direct and referral orders carry no campaign
REPEAT_ORDERS = 0.45  # about: orders that are not their customer's first
AVERAGE_ORDER_VALUE = 85.0  # about: net sales per order in EUR
YEARLY_GROWTH = 0.22  # of the number of orders
PROVISIONAL_AD_DAYS = 3  # the last days of ads are not final, and lower

ORPHAN_CHANNEL = "ch-99"
ORPHAN_CAMPAIGNS = ("cmp-0999", "cmp-9001", "cmp-9002", "cmp-9003")  # the first one also has spend


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """A country the shop sells in; `share` and `trend` shape its part of all orders."""

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
class Planted:
    """The dated truths of a company whose data ends on `until`; all days are inclusive."""

    until: date
    first_day: date
    no_opens: date  # first day of the Norwegian market
    outage_platform: str
    outage_day: date  # that platform has no ad rows on this day
    deleted_campaign: str
    deleted_campaign_from: date  # spend of a campaign that dim_campaign does not have
    deleted_campaign_to: date
    autumn_launch_from: date  # "<market> Social Autumn launch" runs, and paid social takes a larger part
    autumn_launch_to: date
    provisional_from: date  # ads are not final from here on


def planted(until: date) -> Planted:
    """The truths of the company that `build_company(until=until)` writes."""
    autumn = _monday_on_or_after(date(until.year, 9, 8))
    if autumn > until - timedelta(days=30):
        autumn = _monday_on_or_after(date(until.year - 1, 9, 8))
    first_day = until - timedelta(days=DAYS - 1)
    deleted_from = first_day + timedelta(days=420)
    return Planted(
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
    )


def black_friday(year: int) -> date:
    """The day after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)


def _monday_on_or_after(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
