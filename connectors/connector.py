"""The interface of an engine, which takes one SELECT as text and returns Arrow, and the errors that it can raise.

    ConnectorError                 any of the errors below
    |-- StatementRefused           not exactly one SELECT, reaches outside the data, or has an unsupported column type
    |-- StatementFailed            the engine could not run it
    |-- TimedOut, Cancelled        it was stopped
    |-- TooManyRows                the answer is longer than the limit
    `-- Unavailable                the engine, its data or its driver cannot be reached

Any screen can show a message, because it contains no path, host or port. Those are in `place`, for people who run the
server. The engine's own message is only in `detail`.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Final, Protocol

import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

Params = Sequence[object]  # by position: the SQL has $1..$n


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What an engine supports besides running statements."""

    cancels: bool  # cancel() stops the work, not only the wait
    estimates: bool  # estimate() gives a number
    reports_progress: bool  # progress() gives a fraction
    versions_data: bool  # data_version() gives a version
    publishes: bool = False  # data is replaced as a whole: the version for no tables applies to all


@dataclass(frozen=True, slots=True)
class Limits:
    """When a run is stopped: `timeout_seconds` after `start`, or once it has more than `max_rows` rows."""

    max_rows: int = 100_000
    timeout_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many rows the engine expects to read and to return. None if it doesn't say."""

    rows: int | None  # rows read from tables
    result_rows: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """A run's progress from 0 to 1, or None if the engine doesn't report it, and the seconds since `start`."""

    fraction: float | None
    elapsed_seconds: float


@dataclass(frozen=True, slots=True)
class Listed:
    """One table or view in an engine's catalogue.

    `name` is the name that `columns` accepts and that a dataset has in `table:`. It includes the schema if that isn't
    the connection's own, and it's only quoted if the plain name would be read as another one. `rows` is the catalogue's
    own estimate, or None if there is none.
    """

    name: str
    rows: int | None
    is_view: bool


class Run(Protocol):
    """One running statement. Any thread can call `cancel` and `progress` at any time."""

    @property
    def data_version(self) -> str | None:
        """The version of the data that this run reads, or None if it isn't known. Newer data doesn't change it."""
        ...

    def result(self) -> pa.Table:
        """Wait for the rows and return them. It can be called once.

        An in-process engine does its work in the calling thread. Raises StatementFailed, TimedOut, Cancelled,
        TooManyRows, Unavailable, or StatementRefused if a column of the answer has an unsupported type.
        """
        ...

    def cancel(self) -> None: ...
    def progress(self) -> Progress: ...


class Connector(Protocol):
    """An open connection to one engine. It doesn't know about metrics."""

    @property
    def dialect(self) -> str: ...
    @property
    def capabilities(self) -> Capabilities: ...
    @property
    def fingerprint(self) -> str:
        """A digest of where the connection's data is and which user reads it, without secrets."""
        ...

    @property
    def identity(self) -> str:
        """The engine and its version, such as "duckdb 2.0.1". Last digits can differ between versions."""
        ...

    @property
    def place(self) -> str:
        """Where the connection's data is, for administrators: a path, or host, port and database. Never a password."""
        ...

    @property
    def uses(self) -> Mapping[str, str]:
        """What the connection can use of this machine, such as "memory": "60%".

        Empty if Samepage doesn't control that.
        """
        ...

    @property
    def session_settings(self) -> Mapping[str, str]:
        """The settings that affect what a statement means. They're set and verified before the first run."""
        ...

    def tables(self) -> Sequence[Listed]:
        """Return every table and view that the connection's user can read, by name, except the engine's own."""
        ...

    def columns(self, table: str) -> Mapping[str, pa.DataType]: ...
    def data_version(self, tables: Sequence[str]) -> str | None:
        """Return a text that changes whenever answers from these tables could change, or None if that isn't known."""
        ...

    def writable(self, tables: Sequence[str]) -> Sequence[str] | None:
        """Return those of `tables` that the connection's user could change with another program.

        Missing tables are left out. None if the engine doesn't say. Samepage itself never changes a table, because its
        sessions are read-only.
        """
        ...

    def estimate(self, sql: str, params: Params = ()) -> Estimate | None: ...
    def start(self, sql: str, params: Params = (), *, limits: Limits, tag: str = "") -> Run: ...
    def close(self) -> None:
        """Stop all running statements. From then on, every call raises Unavailable."""
        ...


class ConnectorError(Exception):
    """An error of an engine, with a plain sentence as its message.

    `place` says where the problem is, only for people who run the server. `detail` is the engine's own message, which
    can contain values of hidden rows.
    """

    def __init__(self, sentence: str, *, place: str = "", detail: str = "") -> None:
        super().__init__(sentence)
        self.place, self.detail = place, detail


class StatementRefused(ConnectorError):
    """The text isn't exactly one SELECT, it reads outside the data, or a column has an unsupported type."""


class StatementFailed(ConnectorError):
    """The engine couldn't run the statement."""


class TimedOut(ConnectorError):
    """The run took longer than its limit and was stopped."""

    @classmethod
    def after(cls, seconds: float) -> TimedOut:
        limit = "a second" if seconds == 1 else f"{seconds:g} seconds"
        return cls(f"This took longer than {limit} and was stopped. Ask for a shorter period.")


class Cancelled(ConnectorError):
    """The run was cancelled."""


class TooManyRows(ConnectorError):
    """The answer has more rows than the limit. No rows are returned."""

    @classmethod
    def over(cls, limit: int) -> TooManyRows:
        most = "one row" if limit == 1 else f"{limit:,} rows"
        return cls(f"The answer has more than {most}. Break down by less, or ask for a shorter period.")


class Unavailable(ConnectorError):
    """The engine, its data or its driver can't be reached."""


# Functions that make rows from their arguments alone: the only ones allowed as tables.
_ROW_FUNCTIONS: Final = frozenset(
    {
        "range",
        "generate_series",
        "exploding_generate_series",
        "generate_date_array",
        "generate_timestamp_array",
        "sequence",
        "numbers",
    }
    | {"unnest", "explode", "explode_outer", "posexplode", "posexplode_outer", "inline", "inline_outer"}
)
# Functions that read the machine, the session or other statements, or leave a trace.
_FORBIDDEN_FUNCTION: Final = re.compile(
    r"getenv|current_setting|set_config|getvariable|setseed|sleep\w*|pg_sleep\w*|nextval|setval|currval|lastval"
    r"|read_\w+|glob|sniff_csv|\w+_scan|parquet_\w+|duckdb_\w+|pragma_\w+|which_secret|query|query_table|write_log"
    r"|current_query\w*|json_execute_serialized_sql|json_serialize_sql"
    r"|pg_read_\w+|pg_ls_\w+|pg_stat_file|pg_terminate_backend|pg_cancel_backend|pg_advisory\w+|pg_reload_conf|lo_\w+"
    r"|dblink\w*|\w*_to_xml\w*|java_method|reflect|try_reflect|external_query|result_scan|system\$\w+|secret"
    r"|file|s3|s3cluster|url|remote|remotesecure|hdfs|jdbc|odbc|mysql|postgresql|executable|dictget\w*"
)
_FORBIDDEN_NODES: Final = (
    exp.DDL,
    exp.Insert,
    exp.Update,
    exp.Delete,
    exp.Merge,
    exp.Copy,
    exp.Drop,
    exp.Alter,
    exp.Command,
    exp.Set,
    exp.Pragma,
    exp.Attach,
    exp.Detach,
    exp.Use,
    exp.Into,
    exp.Lock,
    exp.Describe,
    exp.Show,
    exp.Summarize,
    exp.QueryTransform,
    exp.TableFromRows,
)
_FILE_NAME: Final = re.compile(
    r"[/\\]|\.(parquet|csv|tsv|jsonl?|ndjson|txt|avro|orc|xlsx|db|duckdb|gz|zst)$", re.IGNORECASE
)
_STATEMENT_WORDS: Final = frozenset({"show", "describe", "desc", "summarize"})

_MOST_ACCEPTED: Final = 4096
_accepted: OrderedDict[bytes, None] = OrderedDict()
_accepted_lock: Final = threading.Lock()
_LONG_TEXT: Final = 20_000
_long_texts: Final = threading.Lock()
"""The lock for parsing a long text. One busy Python thread slows down all others, and several would stop them."""


def check_statement(sql: str, dialect: str, native: Callable[[str], None] | None = None) -> None:
    """Raise StatementRefused unless the text is exactly one SELECT over tables.

    `native` is the engine's own parser, which also has to accept the text. Accepted texts are remembered by digest, so
    the same question with other parameters isn't parsed again.
    """
    digest = hashlib.sha256(f"{dialect}\0{sql}".encode("utf-8", "surrogatepass")).digest()
    with _accepted_lock:
        if digest in _accepted:
            _accepted.move_to_end(digest)
            return
    with _long_texts if len(sql) > _LONG_TEXT else nullcontext():
        _check_tree(_parse_one(sql, dialect))
        if native is not None:
            native(sql)
    with _accepted_lock:
        _accepted[digest] = None
        if len(_accepted) > _MOST_ACCEPTED:
            _accepted.popitem(last=False)


def spell_table(parts: Sequence[str], dialect: str, *, folds_case: bool = False) -> str:
    """Return a table's name so that its engine reads it correctly: plain if possible, otherwise with each part quoted.

    `folds_case` is for an engine that reads an unquoted name in lower case.
    """
    plain = ".".join(parts)
    if all(part.isidentifier() and part.isascii() for part in parts) and not (folds_case and plain != plain.lower()):
        with suppress(SqlglotError):
            tree = exp.to_table(plain, dialect=dialect)
            if [part.name for part in tree.parts] == list(parts) and not tree.alias:
                return plain
    return ".".join(exp.to_identifier(part, quoted=True).sql(dialect) for part in parts)


def _parse_one(sql: str, dialect: str) -> exp.Query:
    try:
        sql.encode("utf-8")
        statements = sqlglot.parse(sql, dialect=dialect)
    except UnicodeEncodeError:
        raise StatementRefused("The SQL contains a broken character (half of a surrogate pair).") from None
    except (SqlglotError, RecursionError) as error:
        raise StatementRefused("The SQL can't be parsed.", detail=str(error)) from None
    if "\0" in sql:
        raise StatementRefused("The SQL contains a NUL character.")
    if len(statements) != 1:
        raise StatementRefused(f"Exactly one SELECT is accepted; this text has {len(statements)} statements.")
    statement = statements[0]
    if not isinstance(statement, exp.Query):
        word = statement.key.upper() if statement is not None else "nothing"
        raise StatementRefused(f"Only a SELECT is accepted, not {word}.")
    return statement


def _check_tree(statement: exp.Query) -> None:
    for node in statement.walk():
        if isinstance(node, _FORBIDDEN_NODES):
            raise StatementRefused(f"A SELECT can't contain {node.key.upper()}.")
        match node:
            case exp.CTE() if not isinstance(node.this, (exp.Query, exp.Values)):
                raise StatementRefused(f"A WITH can only contain a SELECT, not {node.this.key.upper()}.")
            case exp.Subquery() if not isinstance(node.this, (exp.Query, exp.Values, exp.Table)):
                raise StatementRefused(f"A subquery can only contain a SELECT, not {node.this.key.upper()}.")
            case exp.Table() | exp.Lateral():
                _check_source(node)
            case exp.Func():
                _check_function(node)
            case _:
                pass


def _check_source(node: exp.Table | exp.Lateral) -> None:
    source = node.this
    if isinstance(source, exp.Identifier):
        _check_table_name(node)
    elif isinstance(source, exp.Func):
        if not _names(source) & _ROW_FUNCTIONS:
            raise StatementRefused(f"The function {_shown(source)} can't be used as a table.")
    elif not (isinstance(node, exp.Lateral) and isinstance(source, (exp.Subquery, exp.Unnest))):
        raise StatementRefused("FROM can only have tables and subqueries.")


def _check_table_name(node: exp.Expr) -> None:
    for part in (node.args.get("catalog"), node.args.get("db"), node.this):
        if isinstance(part, exp.Identifier) and _FILE_NAME.search(part.name):
            raise StatementRefused(f"{part.name!r} is a file, not a table.")
    if not node.this.args.get("quoted") and node.this.name.lower() in _STATEMENT_WORDS:
        raise StatementRefused(f"A subquery can only contain a SELECT, not {node.this.name.upper()}.")


def _check_function(node: exp.Func) -> None:
    if any(_FORBIDDEN_FUNCTION.fullmatch(name) for name in _names(node)):
        raise StatementRefused(f"The function {_shown(node)} can't be used.")


def _names(node: exp.Func) -> set[str]:
    if isinstance(node, (exp.Anonymous, exp.AnonymousAggFunc)):
        return {node.name.lower()}
    return {name.lower() for name in node.sql_names()}


def _shown(node: exp.Func) -> str:
    return min(_names(node))
