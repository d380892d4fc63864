"""Groups from several connections are combined exactly, within limits, and can be stopped.

Nothing else has access to them while they are combined.
"""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from connectors.connector import Limits
from semantic.errors import Cancelled, EngineFailed, TimedOut, TooManyRows
from semantic.run.combine import CombineQuery

LARGE = Decimal("99999999999999999999999999999999999.12")
MONEY, LIMITS = pa.decimal128(38, 2), Limits()
LEFT = pa.table({"day": [date(2026, 3, 1), None], "spent": pa.array([Decimal("0.10"), LARGE], MONEY)})
RIGHT = pa.table({"day": [None, date(2026, 4, 1)], "planned": pa.array([Decimal("0.20"), None], MONEY)})
TABLES = {"_part0": LEFT, "_part1": RIGHT}
TOGETHER = """
SELECT day, MAX(spent) AS spent, MAX(planned) AS planned FROM (
  SELECT day, spent, CAST(NULL AS DECIMAL(38,2)) AS planned FROM _part0 UNION ALL
  SELECT day, CAST(NULL AS DECIMAL(38,2)), planned FROM _part1) AS facts
GROUP BY day ORDER BY day NULLS LAST
"""


def met(sql: str, *params: object, limits: Limits = LIMITS) -> pa.Table:
    return CombineQuery().result(TABLES, sql, params, limits)


def test_a_missing_key_is_one_group_and_decimals_stay_exact() -> None:
    assert met(TOGETHER).to_pylist() == [
        {"day": date(2026, 3, 1), "spent": Decimal("0.10"), "planned": None},
        {"day": date(2026, 4, 1), "spent": None, "planned": None},
        {"day": None, "spent": LARGE, "planned": Decimal("0.20")},
    ]


def test_values_are_parameters() -> None:
    assert met("SELECT count(*) AS n FROM _part0 WHERE spent > $1", 1).to_pylist() == [{"n": 1}]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "COPY _part0 TO 'x'",
        "SELECT 1; SELECT 2",
    ],
)
def test_combining_reads_only_the_given_rows(sql: str) -> None:
    with pytest.raises(EngineFailed):
        met(sql)


def test_combining_stops_at_the_limits() -> None:
    with pytest.raises(TooManyRows, match="more than 2 rows"):
        met("SELECT a.day FROM _part0 AS a, _part1 AS b", limits=Limits(max_rows=2))
    with pytest.raises(TimedOut):
        met("SELECT count(*) AS n FROM range(10000000) AS a, range(1000000) AS b", limits=Limits(timeout_seconds=0.2))


def test_combining_can_be_cancelled_before_and_during_the_work() -> None:
    combining = CombineQuery()
    combining.cancel()
    with pytest.raises(Cancelled):
        combining.result(TABLES, TOGETHER, (), LIMITS)
    combining, stopped = CombineQuery(), list[BaseException]()

    def work() -> None:
        try:
            combining.result(TABLES, "SELECT count(*) AS n FROM range(10000000) AS a, range(1000000) AS b", (), LIMITS)
        except EngineFailed as error:
            stopped.append(error)

    working = threading.Thread(target=work)
    working.start()
    combining.cancel()
    working.join(timeout=60)
    assert [type(error) for error in stopped] == [Cancelled]
