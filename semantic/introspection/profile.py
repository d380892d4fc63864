"""The results of profiling tables: counts, ranges and samples of columns, keys, and how columns match."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

Value = str | int | float | Decimal | bool | date | datetime
"""A value of a column that a profile repeats."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits on profiling.

    Tables with more than `rows` rows are sampled. Uniqueness is confirmed over all rows only in tables of at most
    `exact_rows`. One statement runs at a time, and after each one the engine rests for `rest` times as long, so that
    people's questions come first.
    """

    seconds: float = 60.0
    rows: int = 1_000_000
    exact_rows: int = 5_000_000
    columns: int = 2_000  # of one table
    rest: float = 0.0


@dataclass(frozen=True, slots=True)
class ProfilingProgress:
    """The table that is being read, and how many are done. `problem` is why the last one couldn't be read."""

    table: str
    done: int
    of: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column. `type` is as in a dataset's `columns:`.

    `null_share` and `distinct` cover the rows that were read; `is_exact` says whether `distinct` was counted rather
    than estimated. `samples` are a few different values. `lengths` is the average and the longest length of text in the
    inspected rows, and `forms` is the share of these rows that match each format, such as "email". Of texts that look
    like dates, `unfit` is how many of all rows don't. `counts` are the most frequent values of a column that can hold
    currencies.
    """

    name: str
    type: str
    null_share: float
    distinct: int
    is_exact: bool
    minimum: Value | None = None
    maximum: Value | None = None
    samples: tuple[Value, ...] = ()
    lengths: tuple[float, int] = (0.0, 0)
    forms: Mapping[str, float] = field(default_factory=dict[str, float])
    counts: tuple[tuple[str, int], ...] = ()
    unfit: int = 0


@dataclass(frozen=True, slots=True)
class KeyEvidence:
    """The evidence that columns identify a row: the number of rows, of different combinations, and of rows in which one
    is missing.

    `is_exact` means that all rows of the table were counted.
    """

    columns: tuple[str, ...]
    rows: int
    distinct: int
    missing: int
    is_exact: bool

    @property
    def is_unique(self) -> bool:
        """Whether no two of the counted rows have the same values."""
        return self.rows > 0 and self.distinct == self.rows - self.missing

    @property
    def repeated(self) -> int:
        """How many rows have values that another row has."""
        return self.rows - self.missing - self.distinct


@dataclass(frozen=True, slots=True)
class TableProfile:
    """One table or view. `rows` is the number of its rows, or an estimate if it is sampled; `read_rows` were read.

    `problem` is why it couldn't be read; it then has no columns. `left_out` are columns of types that a model doesn't
    have.
    """

    table: str
    connection: str = ""
    rows: int = 0
    is_sampled: bool = False
    columns: tuple[ColumnProfile, ...] = ()
    keys: tuple[KeyEvidence, ...] = ()
    read_rows: int = 0
    is_view: bool = False
    left_out: tuple[str, ...] = ()
    read_on: date | None = None
    problem: str = ""

    def column(self, name: str) -> ColumnProfile:
        """The column with this name. Raises KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def key(self, *columns: str) -> KeyEvidence | None:
        """Return the evidence for these columns as a key, None if they weren't examined."""
        return next((key for key in self.keys if key.columns == columns), None)


@dataclass(frozen=True, slots=True)
class JoinEvidence:
    """The evidence for a join: how many rows of `table` that have a value in `columns` find it in the key
    `target_columns` of `target`.

    `is_exact` means that all rows were compared.
    """

    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    rows: int
    matched: int
    is_exact: bool

    @property
    def share(self) -> float:
        """The share of rows that find a match, 0 if no row has a value."""
        return self.matched / self.rows if self.rows else 0.0
