"""Read dates and periods in words, in English and German, and how two periods are compared."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from semantic.model.definitions import Granularity
from semantic.query.query import Back, Between, Comparison, Last, LastYear, Named, Period, Previous, ToDate
from semantic.reading.feasts import FEAST, easter, feast
from semantic.reading.text import NUMBERS

DAY, WEEK, MONTH, QUARTER, YEAR = (
    Granularity.DAY, Granularity.WEEK, Granularity.MONTH, Granularity.QUARTER, Granularity.YEAR,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Days:
    """A period named in words, with its first and last day.

    `by_year` returns the same period in another year, for periods with a name (a month, a quarter, Black Friday).
    `is_now` marks "right now", which isn't a period.
    """

    period: Period | None
    start: date
    end: date
    unit: Granularity | None = None
    by_year: Callable[[int], Days | None] | None = None
    is_named_month: bool = False
    is_now: bool = False
    compare: Comparison | None = None  # what the period is compared with, as in "MoM"
    is_end: bool = False  # "the end of October": only for a balance, which has the last day's value
    or_else: str = ""  # the words of its other meaning: "on monday" can also mean every Monday


@dataclass(frozen=True, slots=True)
class Clock:
    """The date that relative periods count from, and when weeks and fiscal years begin."""

    today: date
    fiscal_start: int = 1  # 1 to 12
    week_start: int = 0  # Monday is 0


MONTHS = {
    "jan": 1, "january": 1, "januar": 1, "janner": 1, "feb": 2, "february": 2, "februar": 2, "mar": 3, "march": 3, "marz": 3,
    "maerz": 3, "apr": 4, "april": 4, "may": 5, "mai": 5, "jun": 6, "june": 6, "juni": 6, "jul": 7, "july": 7, "juli": 7,
    "aug": 8, "august": 8, "sep": 9, "sept": 9, "september": 9, "oct": 10, "october": 10, "okt": 10, "oktober": 10,
    "nov": 11, "november": 11, "dec": 12, "december": 12, "dez": 12, "dezember": 12,
}  # fmt: skip
UNITS = {
    "d": DAY, "day": DAY, "days": DAY, "tag": DAY, "tage": DAY, "tagen": DAY, "week": WEEK, "weeks": WEEK, "wk": WEEK,
    "wks": WEEK, "w": WEEK, "woche": WEEK, "wochen": WEEK, "month": MONTH, "months": MONTH, "mth": MONTH, "mths": MONTH,
    "mnth": MONTH, "monat": MONTH, "monate": MONTH, "monaten": MONTH, "monats": MONTH, "mo": MONTH, "quarter": QUARTER,
    "quarters": QUARTER, "qtr": QUARTER, "qtrs": QUARTER, "quartal": QUARTER, "quartale": QUARTER, "quartalen": QUARTER,
    "quartals": QUARTER, "year": YEAR, "years": YEAR, "yr": YEAR, "yrs": YEAR, "jahr": YEAR, "jahre": YEAR,
    "jahren": YEAR, "jahres": YEAR,
}  # fmt: skip
_COUNTS = NUMBERS | {"couple": 2}

_U = f"(?P<unit>{'|'.join(sorted(UNITS, key=len, reverse=True))})"
_M = f"(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})"
_N = rf"(?P<n>\d{{1,4}}|{'|'.join(_COUNTS)})"
_Y = r"(?:20[0-3]\d)"
_LAST = r"(?:the |den |die |das |der |im |in )?(?:last|past|previous|prior|latest|preceding|letzte[nrsm]?|vergangene[nrsm]?|vorige[nrsm]?)"
_THIS = r"(?:the |den |die |das |der )?(?:this|current|running|diese[nrsm]?|laufende[nrsm]?|aktuelle[nrsm]?)"
_DAY = (
    r"(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})?"
    rf"|\d{{1,2}}(?: ?(?:st|nd|rd|th)| \.)?(?: of)? {_M}(?: {_Y})?|{_M} \d{{1,2}}(?: (?:st|nd|rd|th))?(?: {_Y})?)(?!\S)"
)
_WEEKDAYS = {
    "monday": 0, "montag": 0, "tuesday": 1, "dienstag": 1, "wednesday": 2, "mittwoch": 2, "thursday": 3, "donnerstag": 3,
    "friday": 4, "freitag": 4, "saturday": 5, "samstag": 5, "sunday": 6, "sonntag": 6,
}  # fmt: skip
_WD = f"(?:{'|'.join(_WEEKDAYS)})"
_ORDINALS = {"fir": 1, "sec": 2, "thi": 3, "fou": 4, "ers": 1, "zwe": 2, "dri": 3, "vie": 4}
_NTH = (
    r"(?P<{0}>first|second|third|fourth|erste[mns]?|zweite[mns]?|dritte[mns]?|vierte[mns]?|[1-4] (?:st|nd|rd|th|\.))"
    r" (?P<{1}>quarter|quartal|half|halbjahr)(?: of the year| des jahres)?"
)
_PART_OF_YEAR = re.compile(_NTH.format("nth", "of"))
_PLAIN_NTH = re.sub(r"\?P<\{\d\}>", "?:", _NTH)
_NAME = rf"(?:{FEAST}(?:(?: in)? {_Y})?|{_PLAIN_NTH}(?:(?: of)? {_Y})?|{_M}(?: {_Y})?|q ?[1-4](?: {_Y})?|h[12](?: {_Y})?|fiscal q ?[1-4](?: {_Y})?|{_Y})"


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    make: Callable[[re.Match[str], Clock], Days | None]
    is_dated: bool = False  # days that "last year" can follow, as in "20 to 24 December last year"


def read_days(words: Sequence[str], place: int, clock: Clock) -> tuple[int, Days] | None:
    """Return the longest period whose words begin at `place`, with its number of words."""
    text = " ".join(words[place : place + 9])
    best: tuple[int, Days] | None = None
    for rule in _RULES:
        match = rule.pattern.match(text)
        if match is None or not match[0]:
            continue
        count = len(match[0].split())
        if best is None or count > best[0]:
            made = rule.make(match, clock)
            if made is not None:
                best = (count, made)
                if rule.is_dated and (after := _of_that_year(match, rule, clock)):
                    best = after
    return best


def _of_that_year(match: re.Match[str], rule: _Rule, clock: Clock) -> tuple[int, Days] | None:
    """Return the days of a rule in the year that's named after them: "3 to 9 March last year"."""
    after = _YEAR_AFTER.match(match.string[match.end() :])
    if after is None or re.search(rf"\b{_Y}\b", match[0]):
        return None
    year = clock.today.year - (1 if re.search(rf"{_LAST}|vorjahr", after[0]) else 0)
    made = rule.make(match, replace(clock, today=date(year, 12, 31)))
    return (len((match[0] + after[0]).split()), made) if made is not None else None


# Making periods


def between(start: date, end: date, unit: Granularity | None = None) -> Days:
    return Days(Between(start, end), start, end, unit)


def last(count: int, unit: Granularity, clock: Clock) -> Days | None:
    """Return the last complete periods, or None if they begin before the earliest possible date."""
    if not 0 < count <= 1000:
        return None
    try:
        end = start_of(clock.today, unit, clock) - timedelta(days=1)
        start = _back(start_of(clock.today, unit, clock), count, unit)
    except (OverflowError, ValueError):
        return None
    return Days(Last(count, unit), start, end, unit if count == 1 else None)


def to_date(unit: Granularity, clock: Clock) -> Days:
    return Days(ToDate(unit), start_of(clock.today, unit, clock), clock.today - timedelta(days=1), unit)


def whole(unit: Granularity, day: date, clock: Clock) -> Days:
    """Return the whole period that contains a day."""
    start = start_of(day, unit, clock)
    return between(start, _back(start, -1, unit) - timedelta(days=1), unit)


def start_of(day: date, unit: Granularity, clock: Clock) -> date:
    match unit:
        case Granularity.WEEK:
            return day - timedelta(days=(day.weekday() - clock.week_start) % 7)
        case Granularity.MONTH:
            return day.replace(day=1)
        case Granularity.QUARTER:
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        case Granularity.YEAR:
            return date(day.year, 1, 1)
        case Granularity.FISCAL_YEAR:
            return date(day.year - (day.month < clock.fiscal_start), clock.fiscal_start, 1)
        case Granularity.FISCAL_QUARTER:
            into = (day.month - clock.fiscal_start) % 12 % 3
            return _months(day.replace(day=1), -into)
        case _:
            return day


def _back(day: date, count: int, unit: Granularity) -> date:
    match unit:
        case Granularity.DAY:
            return day - timedelta(days=count)
        case Granularity.WEEK:
            return day - timedelta(weeks=count)
        case Granularity.MONTH:
            return _months(day, -count)
        case Granularity.QUARTER | Granularity.FISCAL_QUARTER:
            return _months(day, -3 * count)
        case _:
            return _months(day, -12 * count)


def _months(day: date, count: int) -> date:
    """Return the same day of the month `count` months later, or the last day of a shorter month."""
    month = day.year * 12 + day.month - 1 + count
    year, month = divmod(month, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def compared(shown: Days, other: Days) -> Comparison | None:
    """Return how `shown` is compared with `other`, the text's second period. None if they can't be compared."""
    if (shown.start, shown.end) == (other.start, other.end):
        return Previous() if isinstance(shown.period, Last) else None
    if isinstance(shown.period, ToDate):
        return _compared_to_date(shown, other)
    if other.unit is YEAR and isinstance(other.period, Last) and shown.unit is not YEAR:
        return LastYear()
    if shown.unit is not None and other.unit is shown.unit and other.end == shown.start - timedelta(days=1):
        return Previous()
    if _is_months(shown) and _months(shown.start, -12) == other.start and _months(_after(shown), -12) == _after(other):
        return LastYear()
    is_alike = shown.unit is other.unit or (shown.end - shown.start == other.end - other.start)
    return Named(other.start, other.end) if is_alike else None


def _compared_to_date(shown: Days, other: Days) -> Comparison | None:
    """Return the comparison of a period to date with the same days of another period.

    The text can name the whole other period.
    """
    if other.unit is YEAR and isinstance(other.period, Last):
        return LastYear()
    if other.unit is shown.unit and other.end == shown.start - timedelta(days=1):
        return Previous()
    return LastYear() if other.unit is shown.unit and other.start == _months(shown.start, -12) else None


def same_in(shown: Days | None, other: Days) -> Comparison | None:
    """Return the comparison for "the same days of" another period."""
    if other.unit is YEAR:
        return LastYear()
    if other.unit is None or not isinstance(other.period, Last) or other.unit is DAY:
        return None
    if shown is not None and isinstance(shown.period, ToDate) and shown.unit is other.unit:
        return Previous()
    return Back(1, other.unit)


def _after(days: Days) -> date:
    return days.end + timedelta(days=1)


def _is_months(days: Days) -> bool:
    """Whether a period consists of one or more whole months."""
    return days.start.day == 1 and _after(days).day == 1


def one_before(period: Period | None, unit: Granularity, clock: Clock) -> Period | None:
    """Return the period before a question's period, in the same unit.

    None if the question's period isn't exactly one whole unit, or if it's the first possible one.
    """
    try:
        match period:
            case Last(count=1, unit=own, complete=True) if own is unit:
                end = _back(start_of(clock.today, unit, clock), 1, unit)
            case ToDate(unit=own) if own is unit:
                return Last(1, unit)
            case Between(start=date() as start, end=date() as end) if _is_whole(start, end, unit, clock):
                end = start
            case _:
                return None
        return Between(_back(end, 1, unit), end - timedelta(days=1))
    except (OverflowError, ValueError):
        return None


def _is_whole(start: date, end: date, unit: Granularity, clock: Clock) -> bool:
    return start == start_of(start, unit, clock) and _back(start, -1, unit) == end + timedelta(days=1)


# Days known by name


def _feast(name: str, year: int) -> Days | None:
    days = feast(name, year)
    return between(*days, DAY if days[0] == days[1] else None) if days else None


def _named(text: str, clock: Clock) -> Days | None:
    """Return the month, quarter, half-year, year or holiday with this name.

    If the name has no year, return the most recent one that has begun.
    """
    year = re.search(rf"{_Y}$", text)
    given = int(year[0]) if year else None
    name = (text[: year.start()] if year else text).strip().removesuffix(" of").removesuffix(" in")
    if nth := _PART_OF_YEAR.fullmatch(name):
        number = _ORDINALS.get(nth["nth"][:3]) or int(nth["nth"][0])
        name = f"{'h' if nth['of'].startswith('hal') else 'q'}{number}"

    def of(year: int) -> Days | None:
        if not name:
            return between(date(year, 1, 1), date(year, 12, 31), YEAR)
        if name in MONTHS:
            start = date(year, MONTHS[name], 1)
            return replace(whole(MONTH, start, clock), is_named_month=True)
        if name.startswith("fiscal"):
            start = _months(date(year, clock.fiscal_start, 1), 3 * (int(name[-1]) - 1))
            return whole(Granularity.FISCAL_QUARTER, start, clock)
        if name[0] == "q" and name[-1].isdigit():
            return whole(QUARTER, date(year, 3 * int(name[-1]) - 2, 1), clock)
        if name in ("h3", "h4"):
            return None
        if name in ("h1", "h2"):
            first = 1 if name == "h1" else 7
            return between(date(year, first, 1), _months(date(year, first, 1), 6) - timedelta(days=1))
        return _feast(name, year)

    named = of(clock.today.year if given is None else given)
    if named is not None and given is None and named.start > clock.today:
        named = of(clock.today.year - 1)
    return replace(named, by_year=of) if named is not None else None


def _day(text: str, clock: Clock) -> date | None:
    """Return the date that a text names. Without a year, it's the most recent such date up to today."""
    try:
        if match := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})?", text):
            year = int(match[3]) if match[3] else None
            return _dated(year and year + 2000 * (year < 100), int(match[2]), int(match[1]), clock)
        words = [word for word in text.split() if word not in ("st", "nd", "rd", "th", "of", ".")]
        month = next(MONTHS[word] for word in words if word in MONTHS)
        numbers = [int(re.sub(r"\D", "", word)) for word in words if word not in MONTHS]
        return _dated(numbers[1] if len(numbers) > 1 else None, month, numbers[0], clock)
    except ValueError:
        return None


def _dated(year: int | None, month: int, day: int, clock: Clock) -> date:
    if year is not None:
        return date(year, month, day)
    this = date(clock.today.year, month, day)
    return this if this <= clock.today else date(clock.today.year - 1, month, day)


def _point(text: str, clock: Clock) -> Days | None:
    """Return the single day or the named period that a text names, or None."""
    if re.fullmatch(_DAY, text):
        day = _day(text, clock)
        return between(day, day, DAY) if day else None
    return _named(text, clock)


# The rules


def _range(match: re.Match[str], clock: Clock) -> Days | None:
    first, then = _point(match["a"], clock), _point(match["b"], clock)
    if first is None or then is None:
        return None
    if then.start < first.start and first.by_year is not None and not re.search(_Y, match["a"]):
        first = first.by_year(then.start.year - (first.start.month > then.start.month)) or first
    return between(first.start, then.end) if first.start <= then.end else None


def _days_of_month(match: re.Match[str], clock: Clock) -> Days | None:
    """Return the days in texts such as "1 to 15 October" or "October 1 to 15".

    "And" only joins days after "between" or "from", so "October and 15 channels" isn't read as days.
    """
    if re.search(r" (?:and|und) ", match[0]) and not re.match("between|zwischen|from|von|vom", match[0]):
        return None
    end = match.groupdict().get("e") or re.match(r"\d+", match["b"])
    last_day = int(end if isinstance(end, str) else end[0]) if end else 0
    year = int(match["y"]) if match["y"] else None
    try:
        start = _dated(year, MONTHS[match["m"]], int(match["d"]), clock)
        last = date(start.year, start.month, last_day)
    except ValueError:
        return None
    return between(start, last) if start <= last else None


def _since(match: re.Match[str], clock: Clock) -> Days | None:
    if match["a"] in ("easter", "ostern"):
        day = easter(clock.today.year)
        return _open(day if day <= clock.today else easter(clock.today.year - 1), clock)
    point = _point(match["a"], clock)
    if point is None or point.start > clock.today:
        return None
    is_plain = re.fullmatch(rf"from (?:the )?{FEAST}(?: {_Y})?", match[0]) is not None  # the day itself, or since then
    return replace(_open(point.start, clock), or_else=f"on {match['a']}" if is_plain else "")


def _open(day: date, clock: Clock) -> Days:
    return Days(Between(day), day, clock.today - timedelta(days=1))


def _running(match: re.Match[str], clock: Clock) -> Days | None:
    """Return a period to date, such as "November so far"."""
    named = _named(match["a"], clock)
    if named is None or not named.start <= clock.today <= named.end:
        return None
    if named.unit is not None:
        return to_date(named.unit, clock)
    return _open(named.start, clock)


def _ended(match: re.Match[str], clock: Clock) -> Days | None:
    point = _point(match["a"], clock)
    is_end = re.search(r"(?:^|\s)(?:end of|ende)\s", match[0]) is not None
    return replace(point, is_end=True) if point is not None and is_end else point


def _unit(match: re.Match[str]) -> Granularity:
    return UNITS[match["unit"]]


def _count(match: re.Match[str]) -> int:
    return count_of(match["n"])


def count_of(text: str | None) -> int:
    """Return a number in digits or words. Without one, it's 1: "the week before" is one week."""
    return 1 if text is None else _COUNTS.get(text) or int(text)


def _one_back(match: re.Match[str], clock: Clock) -> Days | None:
    """Return a single past period, such as "two weeks ago"."""
    unit, count = _unit(match), _count(match)
    if count > 500:
        return None
    start = _back(start_of(clock.today, unit, clock), count, unit)
    return between(start, _back(start, -1, unit) - timedelta(days=1), unit)


def _of_year(match: re.Match[str], clock: Clock) -> Days | None:
    """Return a named period of this or last year, such as "Q3 last year" or "last year's Black Friday"."""
    named = _named(match["a"], clock)
    if named is None or named.by_year is None:
        return None
    back = 1 if re.search(rf"{_LAST} {_YEAR}|vorjahr|letztjahr", match[0]) else 0
    made = named.by_year(clock.today.year - back)
    return replace(made, by_year=named.by_year) if made else None


def _weekend(clock: Clock) -> Days:
    """Return the most recent weekend that has ended."""
    sunday = clock.today - timedelta(days=clock.today.weekday() + 1)
    return between(sunday - timedelta(days=1), sunday)


def _weekday(match: re.Match[str], clock: Clock) -> Days:
    """Return the most recent day with this name that has ended, such as Monday.

    "On Monday" can also mean every Monday.
    """
    name = match["wd"]
    back = (clock.today.weekday() - _WEEKDAYS[name] - 1) % 7 + 1
    day = clock.today - timedelta(days=back)
    is_last = re.match(_LAST, match[0]) is not None
    return Days(Between(day, day), day, day, DAY, or_else="" if is_last else f"{name}s")


def _week(match: re.Match[str], clock: Clock) -> Days | None:
    return _iso_week(int(match["w"]), match["y"], clock)


def _week_of(match: re.Match[str], clock: Clock) -> Days | None:
    """Read "the week of 3 March" as the week with that day, and "the week starting 3 March" as seven days."""
    point = _point(match["a"], clock)
    if point is None:
        return None
    if match["how"] in ("of", "vom", "von", "mit dem"):
        start = start_of(point.start, WEEK, clock)
        return between(start, start + timedelta(days=6), WEEK)
    start = point.end - timedelta(days=6) if match["how"] in ("ending", "bis") else point.start
    unit = WEEK if start == start_of(start, WEEK, clock) else None
    return between(start, start + timedelta(days=6), unit)


def _iso_week(number: int, year: str | None, clock: Clock) -> Days | None:
    """Return the ISO week with this number. Without a year, it's the most recent one that has begun."""
    try:
        start = date.fromisocalendar(int(year or clock.today.year), number, 1)
        if year is None and start > clock.today:
            start = date.fromisocalendar(clock.today.year - 1, number, 1)
    except ValueError:
        return None
    return between(start, start + timedelta(days=6), WEEK)


def _weeks(match: re.Match[str], clock: Clock) -> Days | None:
    """Return a range of ISO weeks. None if the first week isn't before the last."""
    numbers = (int(match["w"]), int(match["v"]))
    end = _iso_week(numbers[1], match["y"], clock)
    start = end and _iso_week(numbers[0], str(end.start.isocalendar()[0]), clock)
    return between(start.start, end.end) if start and end and numbers[0] < numbers[1] else None


def _rule(pattern: str, make: Callable[[re.Match[str], Clock], Days | None], *, is_dated: bool = False) -> _Rule:
    return _Rule(re.compile(rf"(?:{pattern})(?!\S)"), make, is_dated)


def _last_n(match: re.Match[str], clock: Clock) -> Days | None:
    return last(_count(match), _unit(match), clock)


def _ago(unit: Granularity) -> Callable[[re.Match[str], Clock], Days | None]:
    return lambda _, clock: last(1, unit, clock)


def _so_far(unit: Granularity) -> Callable[[re.Match[str], Clock], Days | None]:
    return lambda _, clock: to_date(unit, clock)


def _over(unit: Granularity, comparison: Comparison) -> Callable[[re.Match[str], Clock], Days | None]:
    def make(_: re.Match[str], clock: Clock) -> Days | None:
        made = last(1, unit, clock)
        return replace(made, compare=comparison) if made else None

    return make


_FISCAL = r"(?:fiscal|financial|business|geschafts)"
_YEAR = r"(?:years?|jahr|jahres)"
_YEAR_AFTER = re.compile(rf" (?:(?:of |in |im |des )?(?:{_LAST}|{_THIS}) {_YEAR}|(?:im |des )?vorjahre?s?)(?!\S)")
_IN = r"(?:(?:in|im|during|for|over|on|at(?! (?:in|on|during|over|for) )|of|the|am|an|zu|zum|wahrend|whole|all of|month of|end of|ende)\s)*"
_RULES = (
    _rule(rf"{_LAST} {_N} (?:full |complete |ganzen )?{_U}", _last_n),
    _rule(rf"{_LAST} (?:full |complete |whole |ganze[nrsm]? |volle[nrsm]? )?{_U}", lambda match, clock: last(1, _unit(match), clock)),
    _rule(rf"(?:in |for |during )?(?:the |der |die )?(?:week|woche) (?P<how>of|starting|beginning|commencing|from|ending|vom|von|mit dem|ab|bis)(?: on)?(?: the| dem)? (?P<a>{_DAY}|{FEAST}(?: {_Y})?)", lambda match, clock: _week_of(match, clock), is_dated=True),
    _rule(r"yesterday|gestern", _ago(DAY)),
    _rule(rf"{_LAST} (?:weekend|wochenende)|(?:am )?{_LAST} wochenende", lambda _, clock: _weekend(clock)),
    _rule(r"(?:in )?(?:calendar week|week|wk|cw|kw|kalenderwoche) (?P<w>\d{1,2})(?: (?P<y>20[0-3]\d))?", lambda match, clock: _week(match, clock)),
    _rule(r"(?:in )?(?:(?:the )?(?:calendar )?weeks?|cw|kw|(?:den )?kalenderwochen?) (?P<w>\d{1,2}) (?:to|until|till|through|bis|-|–|—) (?:(?:week|cw|kw|kalenderwoche) )?(?P<v>\d{1,2})(?: (?P<y>20[0-3]\d))?", lambda match, clock: _weeks(match, clock)),
    _rule(r"vorgestern|the day before yesterday", lambda _, clock: between(clock.today - timedelta(days=2), clock.today - timedelta(days=2), DAY)),
    _rule(r"today|heute", lambda _, clock: Days(Last(1, DAY, complete=False), clock.today, clock.today, DAY)),
    _rule(r"vorjahr|vorjahres", _ago(YEAR)),
    _rule(r"vormonat|vormonats", _ago(MONTH)),
    _rule(r"vorwoche", _ago(WEEK)),
    _rule(r"vorquartal|vorquartals", _ago(QUARTER)),
    _rule(rf"(?:so far |bisher )?{_THIS} {_U}(?: so far| bisher| to date)?", lambda match, clock: to_date(_unit(match), clock)),
    _rule(rf"{_U} (?:to date|bis heute)", lambda match, clock: to_date(_unit(match), clock)),
    _rule(r"mtd", _so_far(MONTH)),
    _rule(r"qtd", _so_far(QUARTER)),
    _rule(r"ytd|since (?:the )?(?:start|beginning) of (?:the|this) year|seit jahresbeginn|seit jahresanfang|seit anfang des jahres", _so_far(YEAR)),
    _rule(r"wtd", _so_far(WEEK)),
    _rule(r"since (?:the )?(?:start|beginning) of (?:the|this) month|seit monatsbeginn|seit monatsanfang", _so_far(MONTH)),
    _rule(r"since (?:the )?(?:start|beginning) of (?:the|this) quarter|seit quartalsbeginn", _so_far(QUARTER)),
    _rule(rf"(?:{_THIS} )?{_FISCAL} (?:year|jahr)(?: to date| so far)?|(?:this )?fy(?: to date| so far)?|fytd|fiscal ytd|(?:{_THIS} )?geschaftsjahr", _so_far(Granularity.FISCAL_YEAR)),
    _rule(rf"{_LAST} {_FISCAL} (?:year|jahr)|last fy|{_LAST} geschaftsjahr", _ago(Granularity.FISCAL_YEAR)),
    _rule(rf"{_LAST} {_FISCAL} quarter", _ago(Granularity.FISCAL_QUARTER)),
    _rule(rf"(?:{_THIS} )?{_FISCAL} quarter(?: to date| so far)?", _so_far(Granularity.FISCAL_QUARTER)),
    _rule(rf"(?:from |between |von |vom |zwischen )?(?P<a>{_DAY}|{_NAME}) (?:to|until|till|through|thru|and|bis|bis zum|und|-|–|—) (?P<b>{_DAY}|{_NAME})", lambda match, clock: None if re.search(r" (?:and|und) ", match[0]) and not re.match("between|zwischen", match[0]) else _range(match, clock), is_dated=True),
    _rule(rf"(?:from |between |von |vom |zwischen )?(?:(?:the|dem|den) )?(?P<d>\d{{1,2}})(?: (?:st|nd|rd|th|\.))? (?:to|until|till|through|thru|and|bis|bis zum|und|-|–|—) (?:(?:the|dem|den) )?(?P<b>\d{{1,2}}(?: (?:st|nd|rd|th|\.))?(?: of)? (?P<m>{_M})(?: (?P<y>{_Y}))?)", lambda match, clock: _days_of_month(match, clock), is_dated=True),
    _rule(rf"(?:from |between |von |vom |zwischen )?(?P<m>{_M}) (?P<d>\d{{1,2}})(?: (?:st|nd|rd|th))? (?:to|until|till|through|thru|and|-|–|—) (?P<e>\d{{1,2}})(?: (?:st|nd|rd|th))?(?: (?P<y>{_Y}))?", lambda match, clock: _days_of_month(match, clock), is_dated=True),
    _rule(rf"(?:(?:on |am )?|{_LAST} )(?P<wd>{_WD})", lambda match, clock: _weekday(match, clock)),
    _rule(rf"(?:since|from|starting|seit|ab)(?: the)?(?: start of| beginning of| anfang)? (?P<a>{_DAY}|{_NAME})(?: on| onwards?| onward)?", _since),
    _rule(rf"{_IN}(?P<a>{_NAME}) (?:so far|bisher|to date|until now|bis jetzt)|(?:so far in|bisher im) (?P<b>{_M})", lambda match, clock: _running(match, clock) if match["a"] else None),
    _rule(rf"{_IN}(?P<a>{_DAY}|{_NAME})", lambda match, clock: _ended(match, clock), is_dated=True),
    _rule(rf"{_IN}(?P<a>{_NAME}) (?:(?:of |des )?(?:{_LAST}|{_THIS}) {_YEAR}|(?:im |des )?vorjahre?s?)", _of_year),
    _rule(rf"{_IN}(?:(?:{_LAST}|{_THIS}) {_YEAR}|diesjahrige[nrsm]?|letztjahrige[nrsm]?|vorjahrige[nrsm]?) (?P<a>{_NAME})", _of_year),
    _rule(rf"{_N} {_U} ago|vor {_N.replace('<n>', '<n2>')} {_U.replace('<unit>', '<unit2>')}", lambda match, clock: _one_back(match, clock) if match["n"] else None),
    _rule(rf"{_LAST} (?P<a>{FEAST}|{_M}|h[12]|q ?[1-4])", lambda match, clock: _before(match, clock)),
    _rule(r"wow|week over week|week on week", _over(WEEK, Previous())),
    _rule(r"mom|month over month|month on month", _over(MONTH, Previous())),
    _rule(r"qoq|quarter over quarter|quarter on quarter", _over(QUARTER, Previous())),
    _rule(r"dod|day over day|day on day", _over(DAY, Previous())),
    _rule(r"(?:right |just )?(?:now|currently|presently|at the moment|at present)|rn|do we have(?: (?:right |just )?(?:now|currently))?|haben wir(?: (?:aktuell|gerade|derzeit|momentan|jetzt))?|aktuell|derzeit|momentan|gerade|zurzeit|as of (?:now|today)", lambda _, clock: Days(None, clock.today, clock.today, is_now=True)),
    _rule(r"(?:of )?all[ -]?time|all days|ever|overall|over its whole run|(?:over )?(?:its|the) whole (?:run|period|time)|since (?:the )?(?:start|beginning)|insgesamt|jemals|gesamter zeitraum|seit beginn", lambda _, clock: Days(None, date.min, clock.today)),
)  # fmt: skip


def _before(match: re.Match[str], clock: Clock) -> Days | None:
    """Return the most recent period with this name that has ended, as in "last October"."""
    named = _named(match["a"], clock)
    if named is None or named.by_year is None:
        return None
    return named if named.end < clock.today else named.by_year(named.start.year - 1)


YEAR_OVER_YEAR = re.compile(r"(?:yoy|y/y|year over year|year on year)(?!\S)")
ONE_BEFORE = re.compile(
    rf"(?:the |das |die |der |den |dem |zum |zur )?(?:(?:(?P<k>\d{{1,3}}|{'|'.join(NUMBERS)}) )?(?P<u>{_U[9:-1]}) (?:before|davor|earlier|zuvor)|one before"
    rf"|(?:previous|prior|preceding|vorherige[nrsm]?) period|vorperiode|vorzeitraum|period before)(?!\S)"
)
SAME_OF = re.compile(
    r"(?:the )?same (?:days?|time|period|months?|weeks?|quarter|zeitraum|dates?)(?: of| in)?(?: the)?"
    r"|(?:im |am |dem )?(?:gleichen|selben) (?:zeitraum|monat|monats|tag|tage|tagen|quartal)(?: im| in| des| der)?"
    r"|(?:in )?(?:der )?(?:gleichen|selben) (?:woche|zeit)(?: im| in| des| der)?"
)
_MORE_DAY_WORDS = (
    "yesterday gestern vorgestern today heute last past previous prior this current next since until before during "
    "letzte letzten letzter letztes vergangenen diese diesen dieses dieser seit bis vor ago black friday cyber monday "
    "easter ostern christmas weihnachten quarter quartal half fiscal financial ytd mtd qtd wtd now currently right "
    "aktuell derzeit momentan gerade vorjahr vormonat vorwoche vorquartal mom yoy wow qoq tuesday wednesday thursday "
    "gleichen selben zeitraum diesjahrigen letztjahrigen vorjahrigen starting beginning commencing ending"
)
DAY_WORDS = frozenset({*UNITS, *MONTHS, *_COUNTS, *_WEEKDAYS, *_MORE_DAY_WORDS.split()})
"""Words in dates and periods, which are never corrected into other words."""
