"""The rows of an upload: its key, its last day, and what another file would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from itertools import combinations
from typing import Any, Final

import polars as pl

from semantic.errors import InvalidQuery, UnreadableFile, counted
from semantic.uploads.reading import ReadColumn, Reading
from semantic.uploads.upload import ROW, UploadColumn, UploadPlan, Use, metric_name

SHOWN: Final = 20
LEAST_DECIMALS: Final = 4
"""The minimum number of decimal places that are stored, so that next month's file may have more than this month's."""
_MOST_TRIED: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The changes that another file would make.

    `gone_rows` are the first few of the rows that would be removed. Without a key, only the numbers of rows are known.
    """

    before: int
    after: int
    added: int
    gone: int
    changed: int
    has_key: bool
    gone_rows: pl.DataFrame = field(repr=False)

    @property
    def is_nothing(self) -> bool:
        return self.has_key and not (self.added or self.gone or self.changed)


def parquet_of(table: pl.DataFrame) -> bytes:
    """Return rows as the bytes of a Parquet file."""
    content = BytesIO()
    table.write_parquet(content, compression="zstd")
    return content.getvalue()


def table_of(parquet: bytes) -> pl.DataFrame:
    """Return the rows in a Parquet file that `parquet_of` made."""
    return pl.read_parquet(parquet)


def type_of(values: pl.Series) -> str:
    """Return a column's type, as written in a dataset's `columns:`."""
    match values.dtype:
        case pl.Int64:
            return "integer"
        case pl.Decimal():
            scale = values.dtype.scale
            return f"decimal({values.dtype.precision or 38},{scale})"
        case pl.Date:
            return "date"
        case pl.Datetime():
            return "timestamp"
        case pl.Boolean:
            return "boolean"
        case _:
            return "string"


def use_of(column: ReadColumn) -> Use:
    """Suggest a use for a column: numbers add up, shares are averaged, and text is a breakdown."""
    match column.kind:
        case "number":
            return "average" if column.unit else "sum"
        case "date" | "time":
            return "date"
        case _:
            return "breakdown"


def columns_of(
    reading: Reading,
    uses: Mapping[str, Use],
    dimensions: Mapping[str, str],
    currencies: Mapping[str, str] | None = None,
) -> tuple[UploadColumn, ...]:
    """Return the columns for an upload's plan, with the uses, breakdowns and currencies that a person chose."""
    table = prepared(reading.table())
    return tuple(
        UploadColumn(
            name=column.name,
            label=column.label,
            type=type_of(table[column.name]),
            use=uses.get(column.name) or use_of(column),
            dimension=dimensions.get(column.name, ""),
            unit=(currencies or {}).get(column.name, column.currency),
            is_share=column.unit == "percent",
        )
        for column in reading.kept
    )


def prepared(table: pl.DataFrame) -> pl.DataFrame:
    """Return rows with the types in which they are stored. Decimals get room for more digits than this file needs."""
    wider = [
        pl.col(name).cast(pl.Decimal(38, max(kind.scale, LEAST_DECIMALS)))
        for name, kind in table.schema.items()
        if isinstance(kind, pl.Decimal)
    ]
    return table.with_columns(wider)


def numbered(table: pl.DataFrame, plan: UploadPlan) -> pl.DataFrame:
    """Return the rows to save, with row numbers as the key if the plan has none.

    Raises InvalidQuery for an invalid key.
    """
    check_key(table, plan)
    return table if plan.key else table.with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.Int64))


def check_key(table: pl.DataFrame, plan: UploadPlan) -> None:
    """Raise InvalidQuery if several rows have the same values in the key's columns."""
    if not plan.key:
        return
    labels = {column.name: column.label for column in plan.columns}
    named = " and ".join(labels[name] for name in plan.key)
    for name in plan.key:
        if empty := table[name].null_count():
            raise InvalidQuery(f"{labels[name]} is empty in {counted(empty, 'row')}, so it can't be part of the key.")
    if twice := _repeated(table, plan.key):
        example = ", ".join(str(value) for value in twice)
        raise InvalidQuery(f"Several rows have the same {named}, such as {example}. Choose more columns for the key.")


def suggest_key(table: pl.DataFrame, columns: Sequence[UploadColumn]) -> tuple[str, ...]:
    """Return the fewest columns that identify every row, or an empty tuple if no columns do."""
    names = [column.name for column in columns if column.use in ("breakdown", "date", "column")][:_MOST_TRIED]
    names = [name for name in names if not table[name].null_count()]
    for size in (1, 2, 3):
        for key in combinations(names, size):
            if not table.select(key).is_duplicated().any():
                return key
    return ()


def last_day(table: pl.DataFrame, plan: UploadPlan) -> date | None:
    """Return the last day for which a table has rows, or None if there are no dates."""
    if not plan.day or not table.height:
        return None
    latest = table[plan.day].cast(pl.Date).max()
    return latest if isinstance(latest, date) else None


def first_values(table: pl.DataFrame, plan: UploadPlan) -> dict[str, tuple[Any, bool]]:
    """Return each metric's value over all rows, and whether it's a share.

    A person compares these with the file.
    """
    values: dict[str, tuple[Any, bool]] = {metric_name(plan, ""): (table.height, False)}
    for column in plan.columns:
        if column.use in ("sum", "average"):
            series = table[column.name]
            values[metric_name(plan, column.name)] = (
                series.sum() if column.use == "sum" else series.mean(), column.is_share,
            )  # fmt: skip
    return values


def fitted(reading: Reading, plan: UploadPlan) -> tuple[pl.DataFrame, UploadPlan]:
    """Return another file's rows as the columns of an upload, matched by label, and the upload's plan.

    The plan changes if numbers have more digits than before. Raises UnreadableFile if a column is missing or has
    another type.
    """
    table = prepared(reading.table())
    by_label = {column.label.casefold(): column.name for column in reading.kept}
    missing = [column.label for column in plan.columns if column.label.casefold() not in by_label]
    if missing:
        raise UnreadableFile(f"It has no column {missing[0]!r}. Use the same headings, or upload it as a new table.")
    series: list[pl.Series] = []
    columns: list[UploadColumn] = []
    for column in plan.columns:
        values = table[by_label[column.label.casefold()]].alias(column.name)
        values, kind = _same_type(values, column)
        series.append(values)
        columns.append(_retyped(column, kind))
    from_plan = UploadPlan(
        name=plan.name, label=plan.label, purpose=plan.purpose, columns=tuple(columns), key=plan.key, day=plan.day,
        shared=plan.shared,
    )  # fmt: skip
    return pl.DataFrame(series), from_plan


def ignored(reading: Reading, plan: UploadPlan) -> tuple[str, ...]:
    """Return the headers in another file for which the upload has no column."""
    known = {column.label.casefold() for column in plan.columns}
    return tuple(column.label for column in reading.kept if column.label.casefold() not in known)


def appended(old: pl.DataFrame, new: pl.DataFrame, plan: UploadPlan) -> pl.DataFrame:
    """Return the old rows followed by the new rows. Raises InvalidQuery if a new row has the same key as an old one."""
    both = pl.concat([_like(old.drop(ROW, strict=False), new), new])
    if plan.key:
        repeated = new.select(plan.key).join(old.select(plan.key), on=list(plan.key), how="semi")
        if repeated.height:
            raise InvalidQuery(
                f"{counted(repeated.height, 'row')} with a key that already exists. Replace the rows instead, or "
                "remove them from the file."
            )
    return both


def difference(old: pl.DataFrame, new: pl.DataFrame, plan: UploadPlan) -> Difference:
    """Return what changes if `new` replaces `old`, with rows matched by key."""
    old = old.drop(ROW, strict=False)
    if not plan.key:
        nothing = old.clear()
        return Difference(
            before=old.height, after=new.height, added=0, gone=0, changed=0, has_key=False, gone_rows=nothing
        )
    key, old = list(plan.key), _like(old, new)
    gone = old.join(new.select(key), on=key, how="anti")
    kept = new.join(old.select(key), on=key, how="semi")
    same = kept.join(old, on=list(new.columns), how="semi", nulls_equal=True).height
    return Difference(
        before=old.height,
        after=new.height,
        added=new.height - kept.height,
        gone=gone.height,
        changed=kept.height - same,
        has_key=True,
        gone_rows=gone.head(SHOWN),
    )


def _repeated(table: pl.DataFrame, key: Sequence[str]) -> tuple[Any, ...]:
    """Return the values of a key that several rows have, or an empty tuple if no two rows have the same key."""
    chosen = table.select(key)
    twice = chosen.filter(chosen.is_duplicated())
    return twice.row(0) if twice.height else ()


def _like(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    return old.select(pl.col(name).cast(kind) for name, kind in new.schema.items())


def _same_type(values: pl.Series, column: UploadColumn) -> tuple[pl.Series, str]:
    """Return a column converted to its earlier type or to a number with more digits, and that type.

    Raises UnreadableFile if it has another type.
    """
    kind = type_of(values)
    if kind == column.type or (column.type == "string" and kind == "string"):
        return values, column.type
    if values.null_count() == len(values):  # an empty column has any type
        return values.cast(_TYPES.get(column.type, pl.Decimal(38, LEAST_DECIMALS))), column.type
    numbers = ("integer", "decimal")
    if column.type.startswith(numbers) and kind.startswith(numbers):
        scale = max(_scale(column.type), _scale(kind))
        cast = values.cast(pl.Decimal(38, scale))
        return cast, type_of(cast)
    if column.type == "timestamp" and kind == "date":
        return values.cast(pl.Datetime("us")), column.type
    kept = _WORDS[column.type.partition("(")[0]]
    raise UnreadableFile(
        f"{column.label!r} is {kept} in the table, but has another type in this file. Change its type below, or "
        "upload the file as a new table."
    )


_WORDS: Final = {
    "integer": "a number", "decimal": "a number", "date": "a date", "timestamp": "a date and time",
    "boolean": "yes or no", "string": "text",
}  # fmt: skip
_TYPES: Final[dict[str, Any]] = {
    "integer": pl.Int64(), "date": pl.Date(), "timestamp": pl.Datetime("us"), "boolean": pl.Boolean(),
    "string": pl.String(),
}  # fmt: skip


def _scale(kind: str) -> int:
    return int(kind.rpartition(",")[2].rstrip(")")) if "," in kind else 0


def _retyped(column: UploadColumn, kind: str) -> UploadColumn:
    return UploadColumn(
        name=column.name, label=column.label, type=kind, use=column.use, dimension=column.dimension, unit=column.unit,
        is_share=column.is_share,
    )  # fmt: skip
