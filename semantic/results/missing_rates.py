"""Refuse answers that contain amounts without an exchange rate.

The queries that find them are in sql/rate_checks.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pyarrow as pa

from semantic.compile import RateCheck
from semantic.errors import MissingRate
from semantic.query.describe import describe_day, describe_range


def check_rates(checks: Iterable[tuple[RateCheck, pa.Table]]) -> None:
    """Raise MissingRate if some amounts of the question have no exchange rate.

    A sum without them would be too small.
    """
    for check, table in checks:
        row = table.to_pylist()[0]
        if not row["missing"]:
            continue
        into, paid = check.currency, row["currency"] if check.tells_paid else None
        if not check.tells_paid:
            what = f"to {into} for some amounts"
        else:
            what = f"from {paid} to {into}" if paid else f"to {into} for amounts without a currency"
        if check.on is not None:
            when = f"on {describe_day(check.on)}"
        elif not check.tells_days:
            when = "on some days"
        else:
            when = _days(row.get("first"), row.get("last"), int(row["missing"]))
        message = f"There's no exchange rate {what} {when}, so a total in {into} would leave out these amounts."
        raise MissingRate(
            f"{message} Ask the owner of the exchange rates to add one for each day.",
            names=(into, str(paid or "")),
        )


def _days(first: object, last: object, count: int) -> str:
    if not isinstance(first, date) or not isinstance(last, date):
        return "on some days"
    words = describe_range(first, last)
    return f"on {words}" if first == last else f"on {count:,} days, {words}"
