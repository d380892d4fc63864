"""What profiling finds out about tables: counts, ranges and samples of columns, keys, and matches between columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

Value = str | int | float | Decimal | bool | date | datetime
"""A value of a column, as a profile shows it."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits on profiling.

    Tables with more than `rows` rows are sampled. Keys are confirmed over all rows only in tables of at most
    `exact_rows` rows. Statements run one at a time. After each one the engine rests for `rest` times as long as the
    statement took, so that people's questions go first.
    """

    seconds: float = 60.0
    rows: int = 1_000_000
    exact_rows: int = 5_000_000
    columns: int = 2_000  # of one table
    rest: float = 0.0


@dataclass(frozen=True, slots=True)
class ProfilingProgress:
    """The table being read, and how many are done. `problem` is why the last table couldn't be read, or ""."""

    table: str
    done: int
    of: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column. `type` is a type as in a dataset's `columns:`.

    `null_share` and `distinct` cover the rows that were read. `is_exact` says whether `distinct` was counted or
    estimated. `samples` are a few different values. `lengths` is the average and maximum length of text in the
    inspected rows. `forms` is the share of these rows in each format, such as "email". `unfit` is how many texts, among
    all rows, don't have the date format of the others. `counts` are the most frequent values of a column that could
    contain currencies.
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
    """How well columns identify a row: the number of rows, of distinct combinations, and of rows with a missing value.

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
        """The number of rows that repeat another row's values."""
        return self.rows - self.missing - self.distinct


@dataclass(frozen=True, slots=True)
class TableProfile:
    """One table or view.

    `rows` is its number of rows, or an estimate if it's sampled. `read_rows` is how many were read. `problem` is why
    the table couldn't be read, in which case it has no columns. `left_out` are columns whose types a model doesn't
    support.
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
        """Return the column of this name. Raises KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def key(self, *columns: str) -> KeyEvidence | None:
        """Return how well these columns identify a row, or None if that wasn't checked."""
        return next((key for key in self.keys if key.columns == columns), None)


@dataclass(frozen=True, slots=True)
class JoinEvidence:
    """How well a join matches: how many rows of `table` have a value in `columns`, and how many of these match.

    They match the key `target_columns` of `target`. `is_exact` means that all rows were compared.
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
        """The share of rows with a match among the rows with a value, or 0 if there are none."""
        return self.matched / self.rows if self.rows else 0.0
