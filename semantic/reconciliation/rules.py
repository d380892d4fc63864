"""Rules for counting conversions.

They determine which touch gets the credit, on which day a conversion counts, and what counts only once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final

MOST_DAYS: Final = 90
"""The longest window, in days."""
LONGEST: Final = MOST_DAYS + 1
"""The longest time between a touch and its conversion, in days of 24 hours. It is one day more than the longest window,
because windows of calendar days begin earlier.
"""


class Dated(StrEnum):
    CLICK = "click"  # the day of the credited click or view
    CONVERSION = "conversion"


class CountedPer(StrEnum):
    EACH = "each"  # every row, even if it was sent twice
    PER_CLICK = "per_click"
    PER_PERSON = "per_person"  # in each month
    PER_ORDER = "per_order"


class Credit(StrEnum):
    LAST = "last"  # of all channels
    LAST_OWN = "last_own"  # of the platform's own touches, clicks before views
    LATEST_OWN = "latest_own"  # of the platform's own touches, clicks or views
    FIRST_OWN = "first_own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One way of counting.

    `click_days` and `view_days` are windows in days of 24 hours or, with `calendar_days`, in whole days in `zone`
    before the day of the conversion. If view-through conversions don't count, `view_days` is 0. With
    `without_returned`, orders that were returned later don't count. `currency` is the currency of values. One unit of
    the model's currency is worth `rate` units of `currency`. `rates` override `rate` for some months, identified by
    their first day.
    """

    click_days: int = 30
    view_days: int = 0
    calendar_days: bool = False
    dated: Dated = Dated.CONVERSION
    zone: str = "UTC"
    counted: CountedPer = CountedPer.PER_ORDER
    credit: Credit = Credit.LAST
    without_returned: bool = False
    currency: str = ""
    rate: Fraction = Fraction(1)
    rates: tuple[tuple[date, Fraction], ...] = ()

    @property
    def longest(self) -> int:
        """Return the longest time between a touch and its conversion that these rules allow, in days of 24 hours."""
        return max(self.click_days, self.view_days) + self.calendar_days

    def rate_in(self, month: date) -> Fraction:
        """Return the exchange rate for a month."""
        return dict(self.rates).get(month, self.rate)


SWITCHES: Final[Mapping[str, tuple[str, ...]]] = {
    "window": ("click_days", "calendar_days"),
    "view_through": ("view_days",),
    "dated": ("dated",),
    "zone": ("zone",),
    "counted": ("counted",),
    "credit": ("credit",),
    "returns": ("without_returned",),
    "currency": ("currency", "rate", "rates"),
}
"""The rules that can differ. Each has the fields of `Rules` that it covers."""


def differing(ours: Rules, theirs: Rules) -> tuple[str, ...]:
    """Return the switches (keys of SWITCHES) in which the two sides' rules differ, in the order of SWITCHES."""
    return tuple(
        name
        for name, fields in SWITCHES.items()
        if any(getattr(ours, field) != getattr(theirs, field) for field in fields)
    )


def switched(ours: Rules, theirs: Rules, switches: frozenset[str]) -> Rules:
    """Return our rules, but with the platform's setting for each of these switches."""
    fields = [field for name in switches for field in SWITCHES[name]]
    return replace(ours, **{field: getattr(theirs, field) for field in fields})


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A platform's usual rules. `note` describes what an account can set differently."""

    label: str
    rules: Rules
    note: str


_AD_PLATFORM: Final = Rules(
    click_days=7, view_days=1, dated=Dated.CLICK, counted=CountedPer.EACH, credit=Credit.LAST_OWN
)
"""The usual rules of ad platforms, which see only their own ads and date a conversion by its click."""

PRESETS: Final[Mapping[str, Preset]] = {
    "google_ads": Preset(
        label="Google Ads",
        rules=replace(_AD_PLATFORM, click_days=30, view_days=0),
        note="Each conversion action has its own window, and can count one conversion per click. Conversions (by conv. "
        "time) are dated by the conversion. View-through conversions have a column of their own. Data-driven "
        "attribution divides a conversion among clicks, which these rules can't follow.",
    ),
    "meta_ads": Preset(
        label="Meta Ads",
        rules=_AD_PLATFORM,
        note="Each ad set has its own attribution setting, which also decides whether all conversions count or only "
        "the first. Engagement with an ad within a day can count too. If your touches have it, count it as a view.",
    ),
    "ga4": Preset(
        label="Google Analytics 4",
        rules=replace(_AD_PLATFORM, click_days=90, view_days=0, dated=Dated.CONVERSION, credit=Credit.LAST),
        note="First visits have a window of 30 days. The data-driven model divides conversions among channels, which "
        "these rules can't follow, so choose a last-click report.",
    ),
    "linkedin_ads": Preset(
        label="LinkedIn Ads",
        rules=replace(
            _AD_PLATFORM, click_days=30, view_days=7, dated=Dated.CONVERSION, credit=Credit.LATEST_OWN,
        ),
        note="Each conversion has its own windows. Purchases and adds to cart count every time, others once for each "
        "person. Each campaign that someone saw can get a conversion, so campaigns can add up to more than the total.",
    ),
    "tiktok_ads": Preset(
        label="TikTok Ads",
        rules=_AD_PLATFORM,
        note="Attribution settings can change the windows. Real-time metrics are dated by the conversion.",
    ),
}  # fmt: skip
"""Suggested rules for well-known platforms. Accounts can differ, so people check these rules."""
