"""An answer's table: a grid of typed cells, so that numbers sort as numbers; totals bold, changes coloured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import streamlit as st

from pages.ui.parts import block, plain
from semantic.display.change import change_words, verdict
from semantic.display.format import counted, decimals_of, grid_format, grid_label, period
from semantic.display.rows import (
    Kinds,
    ShownColumn,
    changes,
    count_words,
    is_other,
    is_total,
    key_cells,
    numbers_beside,
    row_kinds,
    shown_columns,
    totals_words,
)
from semantic.display.tokens import Tokens
from semantic.model.definitions import Granularity, NumberFormat, TypeKind
from semantic.query.describe import describe_day

if TYPE_CHECKING:
    from semantic.result import Result, ResultColumn

ROWS_SHOWN = 5_000
STYLED = 300  # rows that are given bold and colour: more of them would cost every rerun of the page
LABELS = {
    Granularity.WEEK: "Week of",
    Granularity.FISCAL_QUARTER: "Fiscal quarter from",
    Granularity.FISCAL_YEAR: "Fiscal year from",
}
FORMATS = {
    Granularity.MONTH: "MMM YYYY",
    Granularity.QUARTER: "[Q]Q YYYY",
    Granularity.YEAR: "YYYY",
    Granularity.FISCAL_QUARTER: "MMM YYYY",
    Granularity.FISCAL_YEAR: "MMM YYYY",
}

column = st.column_config


@dataclass(frozen=True, slots=True)
class Grid:
    """The rows as the grid is sent them, with their columns' heads and formats."""

    rows: Any  # Arrow, or a Styler over it: pandas comes in only where Streamlit reads cell styles from it
    columns: dict[str, Any]
    note: str  # how many rows, and of how many


def table(shown: Result, grid: Grid, *, key: str) -> None:
    """The grid under its heading."""
    count = shown.table.num_rows
    with block("Table", grid.note):
        st.dataframe(
            grid.rows, key=key, hide_index=True, row_height=34,
            column_config={name: one.copy() for name, one in grid.columns.items()},  # the grid writes into them
            placeholder="\N{EM DASH}",
            height="content" if count <= 20 else 34 * 16, alt=f"{shown.title}, {grid.note}",
        )  # fmt: skip


def make_grid(shown: Result, tokens: Tokens) -> Grid:
    """The table of an answer in one mode's colours."""
    frame, kinds = table_frame(shown), _kept(shown)[1]
    columns = shown_columns(shown)
    special = any(one != "member" for kind in kinds for one in kind)
    is_styled = frame.height <= STYLED and (special or any(one.kind == "change" for one in columns))
    rows = _styled(frame, kinds, columns, tokens) if is_styled else _as_arrow(frame)
    return Grid(rows, _columns(shown, frame, columns, is_styled=is_styled), _note(shown))


def _note(shown: Result) -> str:
    count = shown.table.num_rows
    note = count_words(shown) if count <= ROWS_SHOWN else f"the first {ROWS_SHOWN:,} of {counted(count, 'row')}"
    return ", ".join(part for part in (note, totals_words(shown)) if part)


def table_frame(shown: Result) -> pl.DataFrame:
    """The rows as they are shown: keys as text where a row is not of a member, shares and changes in per cent."""
    places, kinds = _kept(shown)
    # Arrow in, a frame out: from_arrow gives a Series only for a single array.
    whole: Any = pl.from_arrow(shown.table)
    frame = whole if len(places) == whole.height else whole[places]
    found = dict(zip((key.name for key in shown.keys), _keys(frame, kinds, shown), strict=True))
    for one in shown_columns(shown):
        if one.kind == "value":
            is_share = one.column.format is NumberFormat.SHARE
            found[one.name] = frame[one.name] * 100 if is_share else frame[one.name]
        elif one.before is not None:
            every = changes(one.column, one.before, shown)
            found[one.name] = pl.Series(one.name, [every[place] for place in places], dtype=pl.Float64) * 100
    return pl.DataFrame([series.alias(name) for name, series in found.items()])


def _kept(shown: Result) -> tuple[list[int], list[Kinds]]:
    """Which rows are shown, and what they are: the first, and every total, which a reader looks for."""
    kinds = row_kinds(shown)
    if len(kinds) <= ROWS_SHOWN:
        return list(range(len(kinds))), kinds
    totals = [place for place, kind in enumerate(kinds) if is_total(kind)][:ROWS_SHOWN]
    others = [place for place, kind in enumerate(kinds) if not is_total(kind)][: ROWS_SHOWN - len(totals)]
    return others + totals, [kinds[place] for place in others + totals]


# Keys


def _keys(frame: pl.DataFrame, kinds: Sequence[Kinds], shown: Result) -> list[pl.Series]:
    """Each key as it is; as text where it is text, or where some row has no value of it.

    Dates as text are ISO days, whose order is that of the dates; the grid shows their words.
    """
    whole = [_in_zone(frame[key.name], shown.period.time_zone) for key in shown.keys]
    special = [any(kind[place] != "member" for kind in kinds) for place in range(len(whole))]
    special = [one or (place == 0 and any(map(is_total, kinds))) for place, one in enumerate(special)]
    if not any(special) and not any(map(_is_text, shown.keys)):
        return whole
    values = list(zip(*(series.to_list() for series in whole), strict=True))
    cells = [key_cells(value, kind, shown.keys) for value, kind in zip(values, kinds, strict=True)]
    series: list[pl.Series] = []
    for place, key in enumerate(shown.keys):
        texts = [cell[place] for cell in cells]
        if key.grain is not None:
            texts = [
                str(value[place]) if kind[place] == "member" and not is_total(kind) else text
                for value, kind, text in zip(values, kinds, texts, strict=True)
            ]
        is_text = special[place] or _is_text(key)
        series.append(pl.Series(key.name, texts, dtype=pl.String) if is_text else whole[place])
    return series


def _is_text(one: ResultColumn) -> bool:
    return not (one.grain is not None or one.type.is_time or one.type.is_number)


def _in_zone(values: pl.Series, time_zone: str) -> pl.Series:
    """Instants as the clock of the question's zone shows them; a grid would show UTC."""
    if not isinstance(values.dtype, pl.Datetime) or values.dtype.time_zone is None:
        return values
    return values.dt.convert_time_zone(time_zone).dt.replace_time_zone(None)


# What the browser is sent


def _as_arrow(frame: pl.DataFrame) -> pa.Table:
    """Arrow goes to the browser as it is; with the text type every reader of Arrow knows."""
    rows = frame.to_arrow()
    large = {pa.large_string(), pa.string_view()}
    return rows.cast(
        pa.schema([field.with_type(pa.string()) if field.type in large else field for field in rows.schema])
    )


def _styled(frame: pl.DataFrame, kinds: Sequence[Kinds], columns: Sequence[ShownColumn], tokens: Tokens) -> Any:
    """The rows with bold totals, grey Other, coloured changes, and dates and changes in words."""
    inks = {"better": tokens.favourable, "worse": tokens.unfavourable, "": tokens.muted}
    grey = f"color: {tokens.muted}"
    plain_rows = ["font-weight: 600" if is_total(one) else grey if is_other(one) else "" for one in kinds]
    styles: dict[str, list[str]] = {}
    written: dict[str, Any] = {}
    for place, one in enumerate(columns):
        # The first column is pinned, which greys it already: twice would be too pale to read.
        styles[one.name] = plain_rows if place else [style if style != grey else "" for style in plain_rows]
        if one.kind == "change":
            written[one.name] = lambda value, of=one.column: change_words(_part(value), of)
            styles[one.name] = [
                f"color: {inks[verdict(_part(value), one.column)]}" + ("; font-weight: 600" if is_total(kind) else "")
                for value, kind in zip(frame[one.name].to_list(), kinds, strict=True)
            ]
        elif one.kind == "key" and one.column.grain is not None and frame[one.name].dtype == pl.String:
            written[one.name] = lambda value, of=one.column: _date_words(value, of)
    css = pl.DataFrame(styles).to_pandas()
    return frame.to_pandas().style.apply(lambda _: css, axis=None).format(written)


def _part(value: float | None) -> float | None:
    """A change as it was before it was written in per cent; None where the grid has nothing."""
    return None if value is None or value != value else value / 100


def _date_words(text: str, of: ResultColumn) -> str:
    """An ISO day as its period is said; what is no day as it stands."""
    try:
        value = date.fromisoformat(text[:10])
    except ValueError:
        return text
    if of.grain is Granularity.HOUR:
        return f"{describe_day(value)}, {text[11:16]}"
    return describe_day(value) if of.grain is Granularity.WEEK else period(value, of.grain)


def _columns(shown: Result, frame: pl.DataFrame, columns: Sequence[ShownColumn], *, is_styled: bool) -> dict[str, Any]:
    """A column's head, width, help and how its cells are written."""
    configured: dict[str, Any] = {}
    for place, one in enumerate(columns):
        if one.kind == "key":
            configured[one.name] = _key_column(frame[one.name], one.column, pinned=place == 0)
        elif one.kind == "change":
            configured[one.name] = _change_column(one, is_styled=is_styled)
        else:
            numbers = numbers_beside(one.column, shown)
            means = one.column.metric.means if one.column.metric and not one.column.compare else ""
            configured[one.name] = column.NumberColumn(
                grid_label(one.column, numbers), format=grid_format(one.column, numbers), help=plain(means) or None
            )
    return configured


def _change_column(one: ShownColumn, *, is_styled: bool) -> Any:
    """A styled grid shows each change in words of its own, which a format would overrule."""
    is_share = one.column.format is NumberFormat.SHARE
    unit = f"{decimals_of(one.column)}f pp" if is_share else "1f%%"
    said = "In percent points." if is_share else "In per cent of the earlier value."
    better = {"up": " More is better.", "down": " Less is better.", "none": ""}[one.column.direction]
    return column.NumberColumn(one.label, format=None if is_styled else f"%+.{unit}", help=said + better)


def _key_column(values: pl.Series, one: ResultColumn, *, pinned: bool) -> Any:
    label = LABELS.get(one.grain, one.grain.words.capitalize()) if one.grain else one.label
    if values.dtype == pl.String:
        longest = max((len(text) for text in values.to_list()), default=0)
        label = label if one.grain is Granularity.WEEK else one.label
        return column.TextColumn(label, pinned=pinned, width=min(280, max(96, 28 + 7 * max(longest, len(label)))))
    if one.grain is Granularity.HOUR or (
        one.grain is None and one.type.kind in (TypeKind.TIMESTAMP, TypeKind.TIMESTAMPTZ)
    ):
        return column.DatetimeColumn(one.label, format="D MMM YYYY, HH:mm", pinned=pinned)
    if one.grain is not None or one.type.is_time:
        words = FORMATS.get(one.grain or Granularity.DAY, "D MMM YYYY")
        return column.DateColumn(label, format=words, pinned=pinned, width=120)
    return column.NumberColumn(one.label, format="plain" if one.type.kind is TypeKind.DOUBLE else "%d", pinned=pinned)
