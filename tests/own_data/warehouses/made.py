"""A made-up table, and small generators of values that are the same on every machine."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

START = date(2025, 1, 1)
DAYS = 660
FIRST = ("Ada", "Björn", "Chloé", "Dmitri", "Elif", "Farah", "Grace", "Hiro", "Inès", "João", "Kim", "Łukasz")
LAST = ("Müller", "O'Neil", "Silva", "Nakamura", "Öztürk", "van Dijk", "Smith", "Rossi", "Novák", "Berg")
STREETS = ("Hauptstraße", "High Street", "Rue de la Paix", "Via Roma", "Kerkstraat")
CITIES = ("Köln", "London", "Lyon", "Torino", "Utrecht", "Bern", "Wien")


@dataclass(frozen=True, slots=True)
class Made:
    """A table with its rows, or a view with its SQL. Types and SQL are DuckDB's."""

    schema: str
    name: str
    columns: Mapping[str, str]
    rows: Sequence[Sequence[object]] = ()
    view: str = ""

    def __post_init__(self) -> None:
        wrong = [row for row in self.rows if len(row) != len(self.columns)]
        assert not wrong, f"{self.schema}.{self.name}: {wrong[0]} has not one value for each column"


def columns(text: str) -> dict[str, str]:
    """Return columns written as "id BIGINT, name VARCHAR", with their types.

    A name in double quotes can contain spaces.
    """
    found: dict[str, str] = {}
    for part in text.split(","):
        name, _, kind = part.strip().rpartition(" ")
        found[name.strip('"')] = kind.replace(";", ",")
    return found


class Dice(random.Random):
    """A seeded source of made-up values. Each table has its own, so that changing one doesn't change the others."""

    def __init__(self, table: str) -> None:
        super().__init__(f"samepage {table}")

    def maybe(self, share_of_nulls: float, value: object) -> object:
        return None if self.random() < share_of_nulls else value

    def day(self, within: int = DAYS) -> date:
        return START + timedelta(days=self.randrange(within))

    def moment(self, within: int = DAYS) -> datetime:
        """Return a random UTC datetime, without its time zone."""
        start = datetime(START.year, START.month, START.day)  # noqa: DTZ001 a column without a zone
        return start + timedelta(seconds=self.randrange(within * 86_400))

    def instant(self, within: int = DAYS) -> datetime:
        return self.moment(within).replace(tzinfo=UTC)

    def money(self, most: int) -> Decimal:
        return Decimal(self.randrange(100, most * 100)) / 100

    def person(self) -> str:
        return f"{self.choice(FIRST)} {self.choice(LAST)}"

    def email(self, number: int) -> str:
        return f"{self.choice(FIRST).lower()}.{number}@{self.choice(('example.com', 'example.org', 'mail.test'))}"

    def phone(self) -> str:
        return f"+49 {self.randrange(150, 180)} {self.randrange(1_000_000, 9_999_999)}"

    def token(self, letters: int, prefix: str = "") -> str:
        return prefix + "".join(self.choices("0123456789abcdefghjkmnpqrstvwxyz", k=letters - len(prefix)))

    def tokens(self, count: int, letters: int, prefix: str = "") -> list[str]:
        """Return this many different tokens, in random order."""
        found: dict[str, None] = {}
        while len(found) < count:
            found[self.token(letters, prefix)] = None
        return list(found)

    def pairs(self, lefts: Iterable[object], rights: Iterable[object], count: int) -> list[tuple[object, object]]:
        """Return this many different pairs of the two, in random order."""
        return self.sample([(left, right) for left in lefts for right in rights], count)


def german(day: date) -> str:
    """Return a date as text, such as 31.12.2025."""
    return day.strftime("%d.%m.%Y")


def epoch(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp())
