"""A clock that moves only when a test moves it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass
class Clock:
    """A clock that begins at noon on 1 September 2026, and is later after each `move`."""

    at: datetime = field(default=datetime(2026, 9, 1, 12, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)
