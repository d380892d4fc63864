"""List how each engine's SQL differs, in one table.

A phrase is a piece of the engine's own SQL over names such as x, y, n and zone, which trees replace. An empty phrase
means that the engine has no SQL of its own for this, so the plain form is used.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from semantic.errors import InvalidQuery
from semantic.sql.dialects.reserved_words import EVERYWHERE, SNOWFLAKE


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One engine's SQL. `name` is sqlglot's name for the engine.

    `parameters` says how values are passed separately from the text: as $1, $2 … or as :p1, :p2 …. With "written",
    values are escaped literals in the text, and secrets can't be used.
    """

    name: str
    label: str  # its name for people
    parameters: Literal["numbered", "named", "written"]
    # A WHERE over a table that is read several times is evaluated for each of its source rows: it is put in the
    # aggregates instead.
    filters_sources: bool = False
    filter_clause: bool = True  # sum(x) FILTER (WHERE …); elsewhere CASE inside the aggregate
    null_safe: bool = True  # x IS NOT DISTINCT FROM y; elsewhere spelled out
    groups_by_place: bool = True  # GROUP BY 1; elsewhere by the expression at that position
    orders_nulls: bool = True  # NULLS LAST; elsewhere nulls are an extra sort key before it
    orders_nulls_in_windows: bool = True  # NULLS LAST there too; elsewhere they are the smallest
    range_frames: bool = True  # window frames by value: RANGE 2 PRECEDING
    typed_nulls: bool = True  # CAST(NULL AS …) where others have a value; elsewhere plain NULL, which fits every type
    names_columns: bool = True  # SELECT t.x is named x; elsewhere it needs an alias where tables are combined
    interval_of_text: bool = True  # INTERVAL '1' DAY; elsewhere INTERVAL 1 DAY
    divides_exactly: bool = True  # / of whole numbers and AVG of decimals give DOUBLE; elsewhere cast first
    whole_products: bool = True  # a product of decimals keeps all digits; elsewhere it loses some beyond 38
    rounds_casts: bool = True  # CAST to a decimal of fewer digits rounds; elsewhere it truncates, or keeps them
    backslash_in_like: bool = False  # \ escapes in a LIKE pattern even without ESCAPE
    list_rows: str = ""  # a SELECT of each value of a list x; empty if each value is its own parameter
    text_order: str = ""  # the collation with code-point order, if that isn't the default
    # Periods, of a DATE; {unit} is week, month, quarter or year. A week begins on Monday.
    period: str
    week: str = ""  # if WEEK would begin on another day
    moved_period: str = ""  # truncated n {step}s earlier, and shifted back
    add_days: str
    add_months: str
    # A SELECT of every day from x to y, both included, in the column _day; empty if a calendar table is needed.
    days: str = ""
    # The days from x to y as a column of a SELECT, one row each, if that is faster than a join.
    days_in_rows: str = ""
    # The same of every n {unit}s from x on, where x is the first day of a period and y the last day of one.
    periods: str = ""
    # The months since year 0 of a date, if that is cheaper to group by than days; and the first day of one.
    month_number: str = ""
    month_start: str = ""
    day_number: str  # from the day y on, which is 1
    parts: tuple[tuple[str, str], ...]  # of a DATE or local timestamp, where EXTRACT differs or doesn't exist
    # The local time of an instant in a zone, and the instant or local time at which its {unit}, an hour or shorter,
    # began.
    local: str
    clock: str
    local_clock: str
    # Text
    lower: str  # one letter for one: İ is i, Σ is σ anywhere
    sha256: str  # of a text's UTF-8, in lower-case hexadecimal digits
    instant: str = ""  # an instant written as text in UTC, without its zone
    # The value below which a share p of the numbers x lies: interpolated, one of them, or estimated; and the distinct
    # count of x, estimated. A function that estimates without being asked isn't exact.
    percentile: str = "PERCENTILE_CONT(p) WITHIN GROUP (ORDER BY x)"
    percentile_of_values: str = "PERCENTILE_DISC(p) WITHIN GROUP (ORDER BY x)"
    percentile_estimated: str
    distinct_estimated: str
    inexact: frozenset[Literal["percentile", "percentile_of_values"]] = frozenset()
    # By sqlglot's names: types with another name here, and functions of characters that would count bytes.
    types: tuple[tuple[str, str], ...] = ()
    functions: tuple[tuple[str, str], ...] = ()
    reserved: frozenset[str] = field(default=EVERYWHERE, repr=False)  # words quoted as names, besides sqlglot's own


_PLAIN_PERIOD = "CAST(DATE_TRUNC('{unit}', x) AS DATE)"
_MOVED_PERIOD = "CAST(DATE_TRUNC('{unit}', x - INTERVAL 'n' {step}) + INTERVAL 'n' {step} AS DATE)"
_PLAIN_CLOCK = "x - (x AT TIME ZONE zone - DATE_TRUNC('{unit}', x AT TIME ZONE zone))"
_ISO_WEEKDAY = (("dow", "EXTRACT(ISODOW FROM x)"),)
_SPARK_LOCAL = "CONVERT_TIMEZONE('UTC', zone, CAST(x AS TIMESTAMP_NTZ))"
_SPARK_PARTS = (("dow", "WEEKDAY(x) + 1"), ("doy", "DAYOFYEAR(x)"))
_BELOW = "ARRAY_AGG(x IGNORE NULLS ORDER BY x)[SAFE_OFFSET(CAST(FLOOR(p * (COUNT(x) - 1)) AS INT64))]"
_ABOVE = _BELOW.replace("FLOOR", "CEIL")
_SPARK_TYPES = (("TIMESTAMP", "TIMESTAMP_NTZ"),)

DUCKDB = Dialect(
    name="duckdb",
    label="DuckDB",
    parameters="numbered",
    filters_sources=True,
    list_rows="SELECT UNNEST(x)",
    period=_PLAIN_PERIOD,
    moved_period=_MOVED_PERIOD,
    add_days="CAST(x + INTERVAL 'n' DAY AS DATE)",
    add_months="CAST(x + INTERVAL 'n' MONTH AS DATE)",
    days="SELECT CAST(UNNEST(GENERATE_SERIES(x, y, INTERVAL '1' DAY)) AS DATE) AS _day",
    days_in_rows="CAST(UNNEST(GENERATE_SERIES(x, y, INTERVAL '1' DAY)) AS DATE)",
    periods="SELECT CAST(UNNEST(GENERATE_SERIES(x, y, INTERVAL 'n' {unit})) AS DATE) AS _day",
    month_number="YEAR(x) * 12 + MONTH(x) - 1",
    month_start="MAKE_DATE(x // 12, x % 12 + 1, 1)",
    day_number="DATE_DIFF('DAY', y, x) + 1",
    parts=_ISO_WEEKDAY,
    local="x AT TIME ZONE zone",
    clock=_PLAIN_CLOCK,
    local_clock="DATE_TRUNC('{unit}', x)",
    lower="LOWER(x)",
    sha256="SHA256(x)",
    percentile="QUANTILE_CONT(x, p)",
    percentile_of_values="QUANTILE_DISC(x, p)",
    percentile_estimated="APPROX_QUANTILE(x, p)",
    distinct_estimated="APPROX_COUNT_DISTINCT(x)",
    reserved=frozenset(),  # sqlglot's own list is complete
)
POSTGRES = Dialect(
    name="postgres",
    label="PostgreSQL",
    parameters="numbered",
    divides_exactly=False,
    backslash_in_like=True,
    text_order="C",
    period=_PLAIN_PERIOD,
    moved_period=_MOVED_PERIOD,
    add_days="CAST(x + INTERVAL 'n' DAY AS DATE)",
    add_months="CAST(x + INTERVAL 'n' MONTH AS DATE)",
    days="SELECT CAST(_day AS DATE) AS _day FROM GENERATE_SERIES(CAST(x AS TIMESTAMP), CAST(y AS TIMESTAMP), "
    "INTERVAL '1 day') AS t(_day)",
    day_number="x - y + 1",
    parts=_ISO_WEEKDAY,
    local="x AT TIME ZONE zone",
    clock=_PLAIN_CLOCK,
    local_clock="DATE_TRUNC('{unit}', x)",
    # LOWER follows the collation: under C it knows only ASCII.
    lower="LOWER(TRANSLATE(x, 'İΣ', 'iσ') COLLATE \"und-x-icu\")",
    sha256="ENCODE(SHA256(CONVERT_TO(x, 'UTF8')), 'hex')",
    percentile_estimated="PERCENTILE_CONT(p) WITHIN GROUP (ORDER BY x)",
    distinct_estimated="COUNT(DISTINCT x)",
)
SPARK = Dialect(
    name="spark",
    label="Spark",
    parameters="named",
    divides_exactly=False,
    whole_products=False,
    backslash_in_like=True,
    period="TRUNC(x, '{unit}')",
    add_days="DATE_ADD(x, n)",
    add_months="ADD_MONTHS(x, n)",
    days="SELECT EXPLODE(SEQUENCE(x, y, INTERVAL '1' DAY)) AS _day",
    day_number="DATEDIFF(x, y) + 1",
    parts=_SPARK_PARTS,
    local=_SPARK_LOCAL,
    clock=f"x - ({_SPARK_LOCAL} - CAST(DATE_TRUNC('{{unit}}', {_SPARK_LOCAL}) AS TIMESTAMP_NTZ))",
    local_clock="CAST(DATE_TRUNC('{unit}', x) AS TIMESTAMP_NTZ)",
    lower="LOWER(TRANSLATE(x, 'İΣ', 'iσ'))",
    sha256="SHA2(x, 256)",
    percentile="PERCENTILE(x, p)",
    percentile_estimated="PERCENTILE_APPROX(x, p)",
    distinct_estimated="APPROX_COUNT_DISTINCT(x)",
    types=_SPARK_TYPES,
)
DATABRICKS = replace(SPARK, name="databricks", label="Databricks")
CLICKHOUSE = Dialect(
    name="clickhouse",
    label="ClickHouse",
    parameters="written",
    filter_clause=False,
    names_columns=False,
    typed_nulls=False,  # a count is unsigned there and can't be combined with a signed number
    divides_exactly=False,
    rounds_casts=False,
    backslash_in_like=True,
    period="CAST(DATE_TRUNC('{unit}', x) AS Nullable(Date32))",
    add_days="addDays(x, n)",
    add_months="addMonths(x, n)",
    days="SELECT addDays(x, number) AS _day FROM numbers(0, GREATEST(0, COALESCE(DATE_DIFF('DAY', x, y) + 1, 0)))",
    day_number="dateDiff('day', y, x) + 1",
    parts=(("dow", "toDayOfWeek(x)"), ("doy", "toDayOfYear(x)"), ("quarter", "toQuarter(x)")),
    local="toDateTime64(toString(toTimeZone(x, zone)), 6, 'UTC')",
    clock="toTimeZone(DATE_TRUNC('{unit}', toTimeZone(x, zone)), 'UTC')",
    local_clock="DATE_TRUNC('{unit}', x)",
    lower="lowerUTF8(translateUTF8(x, 'İΣ', 'iσ'))",
    sha256="LOWER(HEX(SHA256(x)))",
    percentile="quantileExactInclusive(p)(x)",
    # quantileExact takes the next value up if a share falls on one.
    percentile_of_values="CASE WHEN COUNT(x) > 0 THEN "
    "arrayElement(arraySort(groupArray(x)), CAST(GREATEST(1, CEIL(p * COUNT(x))) AS UInt32)) END",
    percentile_estimated="quantileTDigest(p)(x)",
    distinct_estimated="uniq(x)",
    instant="toDateTime64(x, 6, 'UTC')",
    types=(
        ("DATE", "Nullable(Date32)"),
        ("TIMESTAMP", "Nullable(DateTime64(6))"),
        ("TIMESTAMPTZ", "Nullable(DateTime64(6, 'UTC'))"),
    ),
    functions=(
        ("Lower", "lowerUTF8"),
        ("Upper", "upperUTF8"),
        ("Length", "lengthUTF8"),
        ("Substring", "substringUTF8"),
        ("Left", "leftUTF8"),
        ("Right", "rightUTF8"),
    ),
)
SNOWFLAKE_SQL = Dialect(
    name="snowflake",
    label="Snowflake",
    parameters="written",
    filter_clause=False,
    divides_exactly=False,
    period=_PLAIN_PERIOD,
    # DATE_TRUNC('WEEK') follows a session setting.
    week="CAST(DATEADD(DAY, 1 - DAYOFWEEKISO(x), x) AS DATE)",
    add_days="CAST(DATEADD(DAY, n, x) AS DATE)",
    add_months="CAST(DATEADD(MONTH, n, x) AS DATE)",
    days="SELECT CAST(DATEADD(DAY, CAST(value AS INT), x) AS DATE) AS _day FROM TABLE(FLATTEN(INPUT => "
    "ARRAY_GENERATE_RANGE(0, DATEDIFF(DAY, x, y) + 1)))",
    day_number="DATEDIFF(DAY, y, x) + 1",
    parts=(("dow", "DAYOFWEEKISO(x)"), ("doy", "DAYOFYEAR(x)")),
    local="CAST(CONVERT_TIMEZONE(zone, x) AS TIMESTAMPNTZ)",
    clock="DATEADD(MICROSECOND, -DATEDIFF(MICROSECOND, DATE_TRUNC('{unit}', CONVERT_TIMEZONE(zone, x)), "
    "CONVERT_TIMEZONE(zone, x)), x)",
    local_clock="DATE_TRUNC('{unit}', x)",
    lower="LOWER(TRANSLATE(x, 'İΣ', 'iσ'))",
    sha256="SHA2(x, 256)",
    percentile_estimated="APPROX_PERCENTILE(x, p)",
    distinct_estimated="APPROX_COUNT_DISTINCT(x)",
    types=(("TIMESTAMP", "TIMESTAMPNTZ"),),
    reserved=SNOWFLAKE,  # a quoted word is lower-case there, so only what must be quoted
)
BIGQUERY = Dialect(
    name="bigquery",
    label="BigQuery",
    parameters="written",
    filter_clause=False,
    orders_nulls_in_windows=False,
    interval_of_text=False,
    divides_exactly=False,
    rounds_casts=False,
    backslash_in_like=True,
    period="DATE_TRUNC(x, {unit})",
    week="DATE_TRUNC(x, ISOWEEK)",
    add_days="DATE_ADD(x, INTERVAL n DAY)",
    add_months="DATE_ADD(x, INTERVAL n MONTH)",
    days="SELECT _day FROM UNNEST(GENERATE_DATE_ARRAY(x, y)) AS _day",
    day_number="DATE_DIFF(x, y, DAY) + 1",
    parts=(("dow", "MOD(EXTRACT(DAYOFWEEK FROM x) + 5, 7) + 1"), ("doy", "EXTRACT(DAYOFYEAR FROM x)")),
    local="DATETIME(x, zone)",
    clock="TIMESTAMP_TRUNC(x, {unit}, zone)",
    local_clock="DATETIME_TRUNC(x, {unit})",
    lower="LOWER(TRANSLATE(x, 'İΣ', 'iσ'))",
    sha256="TO_HEX(SHA256(x))",
    # PERCENTILE_CONT is a window function there; this is an aggregate among others.
    percentile=f"{_BELOW} + ({_ABOVE} - {_BELOW}) * (p * (COUNT(x) - 1) - FLOOR(p * (COUNT(x) - 1)))",
    percentile_of_values="ARRAY_AGG(x IGNORE NULLS ORDER BY x)"
    "[SAFE_OFFSET(CAST(GREATEST(0, CEIL(p * COUNT(x)) - 1) AS INT64))]",
    percentile_estimated="APPROX_QUANTILES(x, 1000)[SAFE_OFFSET(CAST(ROUND(p * 1000) AS INT64))]",
    distinct_estimated="APPROX_COUNT_DISTINCT(x)",
)
TRINO = Dialect(
    name="trino",
    label="Trino",
    parameters="written",
    divides_exactly=False,
    period="DATE_TRUNC('{unit}', x)",
    add_days="DATE_ADD('DAY', n, x)",
    add_months="DATE_ADD('MONTH', n, x)",
    days="SELECT _day FROM UNNEST(SEQUENCE(x, y, INTERVAL '1' DAY)) AS t(_day)",
    day_number="DATE_DIFF('DAY', y, x) + 1",
    parts=(("dow", "DAY_OF_WEEK(x)"), ("doy", "DAY_OF_YEAR(x)")),
    local="CAST(AT_TIMEZONE(x, zone) AS TIMESTAMP)",
    clock="DATE_TRUNC('{unit}', AT_TIMEZONE(x, zone))",
    local_clock="DATE_TRUNC('{unit}', x)",
    lower="LOWER(TRANSLATE(x, 'İΣ', 'iσ'))",
    sha256="LOWER(TO_HEX(SHA256(TO_UTF8(x))))",
    percentile="APPROX_PERCENTILE(x, p)",
    percentile_of_values="APPROX_PERCENTILE(CAST(x AS DOUBLE), p)",
    percentile_estimated="APPROX_PERCENTILE(x, p)",
    distinct_estimated="APPROX_DISTINCT(x)",
    inexact=frozenset(("percentile", "percentile_of_values")),
)
REDSHIFT = Dialect(
    name="redshift",
    label="Redshift",
    parameters="numbered",
    filter_clause=False,
    null_safe=False,
    range_frames=False,
    divides_exactly=False,
    backslash_in_like=True,
    period=_PLAIN_PERIOD,
    add_days="CAST(DATEADD(DAY, n, x) AS DATE)",
    add_months="CAST(DATEADD(MONTH, n, x) AS DATE)",
    day_number="DATEDIFF(DAY, y, x) + 1",
    parts=(("dow", "MOD(EXTRACT(DOW FROM x) + 6, 7) + 1"),),
    local="x AT TIME ZONE zone",
    clock="DATEADD(MICROSECOND, -DATEDIFF(MICROSECOND, DATE_TRUNC('{unit}', x AT TIME ZONE zone), "
    "x AT TIME ZONE zone), x)",
    local_clock="DATE_TRUNC('{unit}', x)",
    lower="LOWER(TRANSLATE(x, 'İΣ', 'iσ'))",
    sha256="SHA2(x, 256)",
    percentile_of_values="APPROXIMATE PERCENTILE_DISC(p) WITHIN GROUP (ORDER BY x)",
    percentile_estimated="PERCENTILE_CONT(p) WITHIN GROUP (ORDER BY x)",
    distinct_estimated="APPROXIMATE COUNT(DISTINCT x)",
    inexact=frozenset(("percentile_of_values",)),
    types=(("VARCHAR", "TEXT"),),  # plain VARCHAR is 256 bytes
)

DIALECTS = {
    dialect.name: dialect
    for dialect in (DUCKDB, POSTGRES, SPARK, DATABRICKS, CLICKHOUSE, SNOWFLAKE_SQL, BIGQUERY, TRINO, REDSHIFT)
}


def find_dialect(name: str) -> Dialect:
    """Return the dialect of that name. Raises InvalidQuery with a list of all dialects if there is none."""
    if name not in DIALECTS:
        raise InvalidQuery(f"There is no dialect named {name[:40]!r}. Choose one of {', '.join(DIALECTS)}.")
    return DIALECTS[name]
