"""A session of our own on a Spark Connect server: its address, fixed settings, and what its errors mean."""

from __future__ import annotations

import hashlib
import logging
import re
import warnings
import weakref
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote, urlsplit

import grpc
import pyarrow as pa
from pyspark.errors import PySparkException
from sqlglot import exp
from sqlglot.errors import SqlglotError

from connectors.connector import (
    Cancelled,
    ConnectorError,
    Params,
    StatementFailed,
    StatementRefused,
    Unavailable,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns about a Pandas that we don't use
    from pyspark.sql.connect.client import DefaultChannelBuilder
    from pyspark.sql.connect.client.retries import DefaultPolicy
    from pyspark.sql.connect.session import SparkSession

# About a setting's future spelling, and about retries: our own errors say what a person should know.
warnings.filterwarnings("ignore", module=r"pyspark\.sql\.connect\.(conf|client\.retries)")
# The client would write every failed statement with its values to standard error.
logging.getLogger("SQLQueryContextLogger").disabled = True

# What decides the meaning of a statement. Set in the session, then read back.
SESSION_SETTINGS: Final[Mapping[str, str]] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "false",
    "spark.sql.ansi.enforceReservedKeywords": "false",
    "spark.sql.caseSensitive": "false",
    "spark.sql.decimalOperations.allowPrecisionLoss": "true",
    "spark.sql.groupByOrdinal": "true",
    "spark.sql.orderByOrdinal": "true",
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.parser.quotedRegexColumnNames": "false",
    "spark.sql.runSQLOnFiles": "false",  # otherwise a table name can be a path
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.sql.variable.substitute": "false",  # otherwise a value can read the server's environment
}
# Optional: an older server lacks them, and no answer depends on them.
_WISHES: Final[Mapping[str, str]] = {
    "spark.connect.session.planCache.enabled": "false",  # a cached plan reads yesterday's files
    "spark.sql.cbo.planStats.enabled": "true",  # EXPLAIN COST then shows rows
}
# Literals that any other setting, whatever its name, would change.
_PROBE: Final = (
    "SELECT '${system:java.version}${env:HOME}${spark.app.name}' AS variable, 'a\\\\b\\'c' AS escapes, \"d\" AS double"
)
_PROBE_ANSWER: Final = {
    "variable": "${system:java.version}${env:HOME}${spark.app.name}",
    "escapes": "a\\b'c",
    "double": "d",
}
_RELATION_CACHE: Final = "spark.sql.filesourceTableRelationCacheSize"
_DEFAULT_PORT: Final = 15002

# Everything the client raises; it raises ValueError on a closed channel.
CLIENT_ERRORS: Final = (PySparkException, grpc.RpcError, pa.ArrowException, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Address:
    """The server's host and port, the user, and the schema that unqualified names are in."""

    host: str
    port: int
    user: str
    schema: str
    url: str = field(repr=False)  # as Spark's client takes it; may contain a token

    @property
    def place(self) -> str:
        """The host and port, which contain no secret and can be shown."""
        return f"{self.host}:{self.port}"

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(f"spark\0{self.place}\0{self.user}\0{self.schema}".encode()).hexdigest()


def read_address(location: str) -> Address:
    """Return the address in a text such as `sc://host:15002/;token=…;use_ssl=true;user_id=…;schema=shop`.

    Raises Unavailable without repeating any part of it.
    """
    parts = urlsplit("sc://" + location.partition("://")[2])
    path, *pairs = parts.path.split(";")
    given = {name: value for name, _, value in (pair.partition("=") for pair in pairs if pair)}
    try:
        host, port = parts.hostname, parts.port or _DEFAULT_PORT
    except ValueError:
        host, port = None, 0
    if not host or path not in ("", "/") or parts.query or parts.username is not None or not all(given.values()):
        raise Unavailable(
            "A Spark address is sc://host:15002, with options after /; such as sc://host:15002/;schema=shop."
        )
    if "session_id" in given:
        raise Unavailable("A Spark address can't name a session: every connection has its own.")
    schema = unquote(given.pop("schema", ""))
    bracketed = f"[{host}]" if ":" in host else host
    options = "".join(f";{name}={value}" for name, value in given.items())
    return Address(host, port, unquote(given.get("user_id", "")), schema, f"sc://{bracketed}:{port}/{options}")


class Session:
    """One session on the server. Several threads can use it, and `close` ends it."""

    def __init__(self, address: Address) -> None:
        try:
            self.spark: Final = SparkSession(connection=DefaultChannelBuilder(address.url))
        except CLIENT_ERRORS:
            # Without the client's message: it may repeat the address.
            raise Unavailable("The options of this Spark address are not accepted.") from None
        # About three seconds, not the client's ten minutes: someone is waiting.
        self.spark.client.set_retry_policies([DefaultPolicy(max_retries=4, max_backoff=2000)])
        self.is_broken = False
        # Also when the process exits: a channel that is closed only with the interpreter would wait forever.
        self._release = weakref.finalize(self, SparkSession.stop, self.spark)
        try:
            self.version: Final = self.spark.version
            self._pin(address)
            self.caches_files: Final = self.spark.conf.get(_RELATION_CACHE, "1000") != "0"
        except CLIENT_ERRORS as error:
            self.give_up(error)
            self.close()
            raise _opening_failure(error, address) from None
        except ConnectorError:
            self.close()
            raise

    def answer(self, sql: str, params: Params = (), most_rows: int | None = None) -> pa.Table:
        """Run a statement and return its rows, at most `most_rows` if that's set."""
        frame = self.spark.sql(sql, args={f"p{place}": _bound(value) for place, value in enumerate(params, 1)})
        return _plain(frame.toArrow() if most_rows is None else frame.limit(most_rows).toArrow())

    @contextmanager
    def tagged(self, *tags: str) -> Generator[None]:
        """Tag this thread's statements in the `with` block, so that they can be interrupted by any of the tags."""
        for tag in tags:
            self.spark.addTag(tag)
        try:
            yield
        finally:
            self.spark.clearTags()

    def give_up(self, error: Exception) -> None:
        """Stop using the session. If the error means that the server is gone, `close` doesn't contact it."""
        self.is_broken = True
        self.spark.release_session_on_close = not is_lost(error)

    def close(self) -> None:
        self._release()

    def _pin(self, address: Address) -> None:
        for name, value in {**SESSION_SETTINGS, **_WISHES}.items():
            try:
                self.spark.conf.set(name, value)
            except PySparkException as error:
                if is_lost(error):
                    raise
        wrong = [
            name
            for name, value in SESSION_SETTINGS.items()
            if (self.spark.conf.get(name, "") or "").upper() != value.upper()
        ]
        if not wrong and self.answer(_PROBE).to_pylist() != [_PROBE_ANSWER]:
            wrong = ["spark.sql.variable.substitute or another setting of literals"]
        if wrong:
            raise Unavailable(
                f"Spark did not accept these settings: {', '.join(wrong)}. "
                "Without them, a value could be read as SQL. Set them on the server.",
                place=address.place,
            )
        if address.schema:
            self.spark.sql(f"USE {quoted_name(address.schema)}")


def quoted_name(table: str) -> str:
    """Return the name of a table or schema with each part in backquotes. Raises StatementRefused if it isn't a name."""
    try:
        return exp.to_table(table, dialect="spark").sql("spark", identify=True)
    except (SqlglotError, RecursionError):
        raise StatementRefused(f"{table!r} is not the name of a table.") from None


def is_lost(error: Exception) -> bool:
    """Return whether the session or connection was lost, so that a new one might work."""
    status = _status(error)
    return (
        status in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAUTHENTICATED)
        or _condition(error).startswith(("INVALID_HANDLE", "SESSION_"))
        or any(words in str(error) for words in ("closed channel", "Channel closed", "stopped SparkContext"))
    )


def is_stale(error: Exception) -> bool:
    """Return whether a file of a table was replaced after this session looked it up."""
    return _condition(error).startswith("FAILED_READ_FILE.FILE_NOT_EXIST") or "SparkFileNotFoundException" in str(error)


def failure(error: Exception, place: str) -> ConnectorError:
    """Return an error as a plain sentence. Spark's own message, which can contain values, is only in `detail`."""
    text = str(error)
    if isinstance(error, UnicodeEncodeError):
        return StatementRefused("A value contains a broken character (half of a surrogate pair).")
    texts = (_condition(error), text)
    for pattern, kind, sentence in _FAILURES:
        if any(pattern.match(words) for words in texts):
            return kind(sentence, detail=text)
    if is_lost(error):
        return Unavailable("Spark stopped responding. Ask again when it is running.", place=place, detail=text)
    if _status(error) is grpc.StatusCode.PERMISSION_DENIED:
        return StatementFailed("This connection can't read that in Spark.", detail=text)
    return StatementFailed("Spark could not run this.", detail=text)


# By the start of the condition's name, or by words in the message if it has none.
_FAILURES: Final[Sequence[tuple[re.Pattern[str], type[ConnectorError], str]]] = tuple(
    (re.compile(pattern, re.DOTALL), kind, sentence)
    for pattern, kind, sentence in (
        (
            r"TABLE_OR_VIEW_NOT_FOUND|UNRESOLVED_ROUTINE|SCHEMA_NOT_FOUND",
            StatementFailed,
            "The SQL names a table or function that the data does not have.",
        ),
        (
            r"UNRESOLVED_COLUMN|DATATYPE_MISMATCH|UNRESOLVED_FIELD|AMBIGUOUS_REFERENCE|MISSING_AGGREGATION",
            StatementFailed,
            "The SQL names a column that the data does not have, or mixes incompatible types.",
        ),
        (r"PARSE_|INVALID_SQL_SYNTAX", StatementFailed, "Spark cannot read this SQL."),
        (
            r"UNBOUND_SQL_PARAMETER|INVALID_SQL_ARG|VALUE_NOT_BETWEEN|UNSUPPORTED_LITERAL|CANNOT_CONVERT",
            StatementFailed,
            "The SQL and its parameters don't match.",
        ),
        (
            r"CAST_INVALID_INPUT|CAST_OVERFLOW|CANNOT_PARSE_TIMESTAMP|CONVERSION_INVALID_INPUT",
            StatementFailed,
            "A value in the data cannot be converted to the type that the SQL asks for.",
        ),
        (r"ARITHMETIC_OVERFLOW|NUMERIC_VALUE_OUT_OF_RANGE", StatementFailed, "A number is too large for its type."),
        (r"DIVIDE_BY_ZERO|REMAINDER_BY_ZERO", StatementFailed, "The SQL divides by zero."),
        (r"OPERATION_CANCELED|.*cancelled because", Cancelled, "This was cancelled."),
        (r"INSUFFICIENT_PERMISSIONS", StatementFailed, "This connection can't read that in Spark."),
        (
            r"UNSUPPORTED_DATA_TYPE_FOR_ARROW",
            StatementRefused,
            "A column of the answer is an interval or another unsupported type. Cast it to text.",
        ),
        (
            r".*(OutOfMemoryError|UNABLE_TO_ACQUIRE_MEMORY|spark\.driver\.maxResultSize)",
            StatementFailed,
            "This needs more memory than Spark is allowed. Ask for less at once.",
        ),
        (
            r".*(ExecutorLostFailure|SparkContext was shut down|stopped SparkContext|FetchFailed)",
            Unavailable,
            "Spark lost machines while working on this. Ask again.",
        ),
    )
)


def _opening_failure(error: Exception, address: Address) -> ConnectorError:
    if _status(error) in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
        return Unavailable("Spark does not accept this user or token.", place=address.place)
    if _condition(error).startswith("SCHEMA_NOT_FOUND"):
        return Unavailable(f"Spark has no schema {address.schema!r}.", place=address.place)
    return Unavailable("Spark can't be reached. Check that it is running.", place=address.place, detail=str(error))


def _condition(error: Exception) -> str:
    return (error.getCondition() or "") if isinstance(error, PySparkException) else ""


def _status(error: Exception) -> grpc.StatusCode | None:
    # The client's own errors have one method for it, those of the channel below another.
    for read in (getattr(error, "getGrpcStatusCode", None), getattr(error, "code", None)):
        if callable(read) and isinstance(status := read(), grpc.StatusCode):
            return status
    return None


def _bound(value: object) -> object:
    # The client would read a time without zone in this machine's zone; the session's is UTC.
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


def _plain(table: pa.Table) -> pa.Table:
    """Return a table with all columns nullable, so that the same question always has the same schema.

    Raises StatementRefused if a column is an interval.
    """
    for column in table.schema:
        if pa.types.is_duration(column.type):
            raise StatementRefused(f"Column {column.name!r} of the answer is an interval. Cast it to a number or text.")
    return pa.Table.from_arrays(
        table.columns, schema=pa.schema([pa.field(table_field.name, table_field.type) for table_field in table.schema])
    )
