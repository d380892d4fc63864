"""A clock that can be set to a later time, so that no test has to wait."""

from __future__ import annotations

import datetime as clock
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

LATER = clock.timedelta(days=400, hours=5, minutes=7, seconds=9)


class _IsAnyMoment(type):
    """Metaclass that counts datetimes from before the clock was set as instances, too."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _NOW)


_NOW = clock.datetime


class _LaterDatetime(clock.datetime, metaclass=_IsAnyMoment):
    @classmethod
    def now(cls, tz: clock.tzinfo | None = None) -> Any:
        return _NOW.now(tz) + LATER

    @classmethod
    def utcnow(cls) -> Any:
        return cls.now(clock.UTC).replace(tzinfo=None)

    @classmethod
    def today(cls) -> Any:
        return cls.now()


@contextmanager
def later() -> Iterator[None]:
    """Within this block, set the year, day, minute and second that Python's `time` and `datetime` return."""
    seconds = LATER.total_seconds()
    read, local, utc = time.time, time.localtime, time.gmtime
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: read() + seconds)
        patch.setattr(time, "localtime", lambda at=None: local(read() + seconds if at is None else at))
        patch.setattr(time, "gmtime", lambda at=None: utc(read() + seconds if at is None else at))
        patch.setattr(clock, "datetime", _LaterDatetime)
        for module in list(sys.modules.values()):
            if module is not None and vars(module).get("datetime") is _NOW and module.__name__ != __name__:
                patch.setattr(module, "datetime", _LaterDatetime)
        yield
