"""Count conversions under any rules. The touches and conversions are read only once.

All instants are whole milliseconds since 1970 in UTC. A month is represented by its first day.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from semantic.reconciliation.rules import LONGEST, CountedPer, Credit, Dated, Rules

DAY: Final = 86_400_000
MOST_EARNED: Final = 2_000_000
"""The most credited conversions to cache, over all ways of crediting."""
Cell = tuple[date, str]
"""A month and a group, such as a campaign. The group is "" if there is no breakdown."""
Counts = Mapping[Cell, Fraction]


class Touch(NamedTuple):
    """A click on an ad, or a view of one. `is_own` is true if the ad was on the platform that is compared."""

    at: int
    id: str
    person: str
    is_click: bool
    is_own: bool
    group: str = ""


class Conversion(NamedTuple):
    at: int
    id: str
    person: str
    order: str
    value: Fraction | int = 1
    is_returned: bool = False


@dataclass(frozen=True, slots=True)
class _Path:
    """The touches before one conversion.

    It consists of all touches on the compared platform in chronological order, and the last click and last view on
    other platforms.
    """

    conversion: Conversion
    clicks: tuple[Touch, ...]
    views: tuple[Touch, ...]
    other_click: Touch | None
    other_view: Touch | None


@dataclass(frozen=True)
class Paths:
    """Conversions with their touches in chronological order. They can be counted under any rules."""

    paths: tuple[_Path, ...]
    months: tuple[date, ...]  # consecutive
    _edges: dict[str, list[int]] = field(default_factory=dict[str, "list[int]"], compare=False)
    _earned: dict[tuple[object, ...], list[tuple[Conversion, Touch]]] = field(
        default_factory=dict[tuple[object, ...], "list[tuple[Conversion, Touch]]"], compare=False
    )

    def count(self, rules: Rules) -> dict[Cell, Fraction]:
        """Return the count in each cell, which is a month and a group. Cells without conversions are left out."""
        edges = self._edges_of(rules.zone)
        totals: defaultdict[Cell, Fraction | int] = defaultdict(int)
        seen: set[object] = set()
        for conversion, touch in self._earned_under(rules):
            if conversion.is_returned and rules.without_returned:
                continue
            at = touch.at if rules.dated is Dated.CLICK else conversion.at
            place = bisect_right(edges, at) - 1
            month = self.months[place] if 0 <= place < len(self.months) else None
            if rules.counted is not CountedPer.EACH:
                once = _once(conversion, touch, place, rules.counted)
                if once in seen:
                    continue
                seen.add(once)
            if month is not None:
                totals[month, touch.group] += conversion.value
        rates = {month: rules.rate_in(month) for month in self.months}
        return {cell: Fraction(value * rates[cell[0]]) for cell, value in totals.items()}

    @property
    def has_returned(self) -> bool:
        """Whether any conversion was returned."""
        return any(path.conversion.is_returned for path in self.paths)

    def rows(self, rules: Rules) -> dict[Cell, int]:
        """Return the number of conversions in each cell, regardless of their value."""
        plain = Paths(
            tuple(replace(path, conversion=path.conversion._replace(value=1)) for path in self.paths),
            self.months,
            self._edges,
        )
        counts = plain.count(replace(rules, rate=Fraction(1), rates=()))
        return {cell: int(value) for cell, value in counts.items()}

    def _earned_under(self, rules: Rules) -> list[tuple[Conversion, Touch]]:
        """Return each credited conversion with the touch that gets the credit.

        The result is cached, because several ways of counting use it.
        """
        key = (rules.credit, rules.click_days, rules.view_days, rules.zone if rules.calendar_days else "")
        if key not in self._earned:
            if sum(map(len, self._earned.values())) >= MOST_EARNED:
                self._earned.clear()
            begins = _Begins(rules)
            earned = ((path.conversion, _credited(path, rules, begins)) for path in self.paths)
            self._earned[key] = [(conversion, touch) for conversion, touch in earned if touch is not None]
        return self._earned[key]

    def _edges_of(self, zone: str) -> list[int]:
        """Return the instants at which the months begin in a time zone, followed by the end of the last month."""
        if zone not in self._edges:
            ends = [*self.months, next_month(self.months[-1])]
            self._edges[zone] = [instant(day, zone) for day in ends]
        return self._edges[zone]


def paths_of(
    touches: Iterable[Touch], conversions: Iterable[Conversion], months: Sequence[date], *, longest: int = LONGEST
) -> Paths:
    """Match conversions with the touches of the same person in the `longest` days before them."""
    of_person: defaultdict[str, tuple[list[Touch], list[Touch], list[Touch], list[Touch]]] = defaultdict(
        lambda: ([], [], [], [])
    )
    for touch in sorted(touches):
        own_clicks, own_views, other_clicks, other_views = of_person[touch.person]
        if touch.is_own:
            (own_clicks if touch.is_click else own_views).append(touch)
        else:
            (other_clicks if touch.is_click else other_views).append(touch)
    paths: list[_Path] = []
    for conversion in sorted(conversions):
        if conversion.person not in of_person:
            continue
        clicks, views, other_clicks, other_views = (
            _before(listed, conversion.at, longest) for listed in of_person[conversion.person]
        )
        if clicks or views:
            paths.append(
                _Path(
                    conversion,
                    clicks,
                    views,
                    other_clicks[-1] if other_clicks else None,
                    other_views[-1] if other_views else None,
                )
            )
    return Paths(tuple(paths), tuple(months))


def months_between(first: date, last: date) -> tuple[date, ...]:
    """Return the first day of each month from `first` to `last`, both included."""
    months = [first.replace(day=1)]
    while (month := next_month(months[-1])) <= last:
        months.append(month)
    return tuple(months)


def next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def instant(day: date, zone: str) -> int:
    """Return the instant at which a day begins in a time zone."""
    return round(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def total(cells: Mapping[Cell, Fraction], *, month: date | None = None, group: str | None = None) -> Fraction:
    """Return the sum over all cells, or over those of one month or group."""
    if month is not None and group is not None:
        return cells.get((month, group), Fraction(0))
    return sum(
        (value for (of, name), value in cells.items() if month in (None, of) and group in (None, name)), Fraction(0)
    )


def _before(touches: Sequence[Touch], at: int, longest: int) -> tuple[Touch, ...]:
    """Return the touches at or up to `longest` days before an instant."""
    first = bisect_left(touches, at - longest * DAY, key=lambda touch: touch.at)
    return tuple(touches[first : bisect_right(touches, at, key=lambda touch: touch.at)])


class _Begins:
    """Calculates when the attribution windows before a conversion begin."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.zone = ZoneInfo(rules.zone)
        self.known: dict[tuple[date, int], int] = {}

    def before(self, at: int, days: int) -> int:
        """Return the instant at which a window of `days` days before another instant begins."""
        if not self.rules.calendar_days:
            return at - days * DAY
        day = datetime.fromtimestamp(at // 1000, self.zone).date()
        if (day, days) not in self.known:
            self.known[day, days] = instant(day - timedelta(days=days), self.rules.zone)
        return self.known[day, days]


def _credited(path: _Path, rules: Rules, begins: _Begins) -> Touch | None:
    """Return the platform's touch that gets the credit for a conversion, or None."""
    at = path.conversion.at
    from_click, from_view = begins.before(at, rules.click_days), begins.before(at, rules.view_days)
    with_views = rules.view_days > 0
    if rules.credit is Credit.FIRST_OWN:
        click = next((touch for touch in path.clicks if touch.at >= from_click), None)
        view = next((touch for touch in path.views if touch.at >= from_view), None) if with_views else None
        return click or view
    click = path.clicks[-1] if path.clicks and path.clicks[-1].at >= from_click else None
    view = path.views[-1] if with_views and path.views and path.views[-1].at >= from_view else None
    if rules.credit is Credit.LAST_OWN:
        return click or view
    own = max((touch for touch in (click, view) if touch is not None), default=None)
    if own is None or rules.credit is Credit.LATEST_OWN:
        return own
    if path.other_click is not None and path.other_click > own and path.other_click.at >= from_click:
        return None
    if with_views and path.other_view is not None and path.other_view > own and path.other_view.at >= from_view:
        return None
    return own


def _once(conversion: Conversion, touch: Touch, place: int, counted: CountedPer) -> object:
    """Return the key that identifies what counts only once, such as a click, a person or an order."""
    match counted:
        case CountedPer.PER_CLICK:
            return touch.id
        case CountedPer.PER_PERSON:
            return conversion.person, place
        case _:
            # An order's number can be the same as the ID of a conversion without an order.
            return bool(conversion.order), conversion.order or conversion.id
