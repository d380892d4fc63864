"""Days known by name: Easter, Black Friday, Christmas, and the weeks and weekends named after them."""

from __future__ import annotations

from datetime import date, timedelta

FEAST = (
    r"(?:black friday (?:week|woche)|black friday|cyber monday|good friday|karfreitag|easter monday|ostermontag"
    r"|easter sunday|ostersonntag|easter weekend|osterwochenende|easter|ostern|christmas eve|heiligabend|christmas"
    r"|weihnachten|new year|neujahr|valentines day|valentines|black week|cyber week)"
)
"""The pattern of a feast's name, longer names first."""


def easter(year: int) -> date:
    """Return Easter Sunday in the Gregorian calendar.

    >>> easter(2026).isoformat()
    '2026-04-05'
    """
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


def black_friday(year: int) -> date:
    """Return the day after the fourth Thursday of November.

    >>> black_friday(2025).isoformat()
    '2025-11-28'
    """
    return date(year, 11, 1) + timedelta(days=(3 - date(year, 11, 1).weekday()) % 7 + 22)


def feast(name: str, year: int) -> tuple[date, date] | None:
    """Return the first and last day of a feast, or None for any other name."""
    friday, sunday = black_friday(year), easter(year)
    if name in ("christmas", "weihnachten"):
        return date(year, 12, 24), date(year, 12, 26)
    if name in ("easter", "ostern", "easter weekend", "osterwochenende"):
        return sunday - timedelta(days=2), sunday + timedelta(days=1)
    if name in ("black week", "cyber week", "black friday week", "black friday woche"):
        return friday - timedelta(days=4), friday + timedelta(days=3)
    day = {
        "black friday": friday, "cyber monday": friday + timedelta(days=3), "good friday": sunday - timedelta(days=2),
        "karfreitag": sunday - timedelta(days=2), "easter monday": sunday + timedelta(days=1),
        "ostermontag": sunday + timedelta(days=1), "easter sunday": sunday, "ostersonntag": sunday,
        "christmas eve": date(year, 12, 24), "heiligabend": date(year, 12, 24),
        "new year": date(year, 1, 1), "neujahr": date(year, 1, 1),
        "valentines day": date(year, 2, 14), "valentines": date(year, 2, 14),
    }.get(name)  # fmt: skip
    return (day, day) if day else None
