"""The cells of an answer's table, as a grid gets them: readable keys, typed numbers, and styles."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import polars as pl
import pyarrow as pa

from pages.widgets.still import still_styler
from semantic.display.change import Verdict, change_text, change_words
from semantic.display.evidence import Evidence, evidence
from semantic.display.format import (
    NAMED_PARTS,
    NO_MARKS,
    Marks,
    Write,
    grid_write,
    key_text,
    moment,
    period,
    with_mark,
    writer,
)
from semantic.display.in_part import marks_of
from semantic.display.rows import (
    Kinds,
    ShownColumn,
    changes,
    is_of_all,
    is_other,
    is_total,
    key_cells,
    main_values,
    numbers_beside,
    row_kinds,
    shown_columns,
    verdicts,
)
from semantic.display.shares import adds_up, shares
from semantic.display.tints import tints
from semantic.display.tokens import Tokens, ink_on
from semantic.model.definitions import Granularity, NumberFormat
from semantic.query.describe import describe_day, upper_first

if TYPE_CHECKING:
    from semantic.results.result import Result, ResultColumn

ROWS_SHOWN = 5_000
FEWEST_BARS = 3  # rows that a column of bars needs
ALL_BARS = 100  # more metrics than a question can have
STYLED = 300  # the maximum number of rows with styles, because more would slow down every browser


@dataclass(frozen=True, slots=True)
class TableDisplay:
    """The display settings of a table: additions, and hidden columns and rows.

    `bars` is the number of metrics with a bar next to each number, relative to the column's largest. Only metrics that
    add up can have one. Without `earlier`, a metric shows only its change, and only if some row has one. Without
    `verdicts`, no words say whether a change is better or worse, only its sign, its colour and the column's help. With
    `short`, the only change of a metric has the header "Change", since it's next to the metric's number. `first` is the
    number of rows below the grand total, or 0 for all. `order` replaces the question's order with a column to sort
    these rows by, and whether the largest comes first.
    """

    share: bool = False
    scale: bool = False
    intervals: bool = False
    bars: int = 0
    hidden: frozenset[str] = field(default_factory=frozenset[str])
    earlier: bool = True
    verdicts: bool = True
    short: bool = False
    first: int = 0
    order: tuple[str, bool] | None = None


@dataclass(frozen=True, slots=True)
class GridColumn:
    """One column of the grid. Unless it's a key, it belongs to the metric in `column`."""

    kind: Literal["key", "value", "change", "share", "interval", "bar"]
    name: str
    label: str
    column: ResultColumn
    before: ResultColumn | None = None


def grid_columns(shown: Result, look: TableDisplay) -> list[GridColumn]:
    """Return the columns of an answer's grid. A metric's bar, share and interval come after its number."""
    known = evidence(shown) if look.intervals else {}
    metrics = main_values(shown)
    seen = [metric.label for metric in metrics if metric.name not in look.hidden]
    alone = seen[0] if len(seen) == 1 else ""
    grid_columns: list[GridColumn] = []
    bars, columns = look.bars, list(_columns_of(shown, look))
    changes_of = Counter(column.column.name for column in columns if column.kind == "change")
    for column in columns:
        is_only = look.short and column.kind == "change" and changes_of[column.column.name] == 1
        head = "Change" if is_only else _head(column, alone)
        grid_columns.append(GridColumn(column.kind, column.name, head, column.column, column.before))
        if column.kind != "value" or column.column.compare:
            continue
        if bars and longest_bar(column.column, shown):
            bars -= 1
            grid_columns.append(GridColumn("bar", f"{column.name} bar", "Size", column.column))
        if look.share and shares(column.column, shown) is not None:
            grid_columns.append(GridColumn("share", f"{column.name} share", f"{column.label}, share", column.column))
        if any(
            each_evidence is not None and each_evidence.low is not None for each_evidence in known.get(column.name, ())
        ):
            grid_columns.append(
                GridColumn("interval", f"{column.name} interval", f"{column.label}, 95% interval", column.column)
            )
    return grid_columns


def _columns_of(shown: Result, look: TableDisplay) -> Iterator[ShownColumn]:
    """Yield the columns of a table, without bars, shares and intervals."""
    kinds = row_kinds(shown)
    for column in shown_columns(shown):
        if look.earlier or (column.kind == "value" and not column.column.compare) or column.kind == "key":
            yield column
        elif column.kind == "change" and column.before is not None:
            every = changes(column.column, column.before, shown)
            if any(change is not None and not is_total(kind) for change, kind in zip(every, kinds, strict=True)):
                yield column


def bar_values(value: ResultColumn, shown: Result) -> list[float | None]:
    """Return each row's number for its bar, or None for totals and Other, which would be longer than any member."""
    numbers = shown.table.column(value.name).to_pylist()
    return [
        None if number is None or is_total(kind) or is_other(kind) else float(number)
        for number, kind in zip(numbers, row_kinds(shown), strict=True)
    ]


def longest_bar(value: ResultColumn, shown: Result) -> float:
    """Return the largest number in a column of bars, or 0 if the column shouldn't have bars.

    Bars would suggest parts of a whole, so the metric must add up. Columns with negative numbers or with fewer than
    three rows have no bars.
    """
    if value.is_ratio or value.calculation is not None or not shown.keys or not adds_up(value, shown):
        return 0.0
    known = [number for number in bar_values(value, shown) if number is not None]
    return max(known) if len(known) >= FEWEST_BARS and min(known) >= 0 and math.isfinite(max(known)) else 0.0


def _head(column: ShownColumn, alone: str) -> str:
    """Return the label of a column.

    `alone` is the label of the only metric in the table, which its comparisons don't repeat, or "".
    """
    return upper_first(column.label.removeprefix(f"{alone}, ")) if alone else column.label


def above_numbers(label: str) -> str:
    """Return a header that the grid aligns right, like the numbers below it.

    The grid aligns headers left unless they start with right-to-left text, so this adds an invisible right-to-left
    mark. If a later version of the grid ignores the mark, the header is aligned left again.
    """
    return f"\N{ARABIC LETTER MARK}{label}"


def table_frame(shown: Result, look: TableDisplay = TableDisplay()) -> pl.DataFrame:
    """Return the rows of a table. Keys are text in a column where some row isn't a member. Shares and changes are in
    percent.
    """
    places, kinds = visible_rows(shown, look)
    # Arrow in, a frame out: from_arrow gives a Series only for a single array.
    whole: Any = pl.from_arrow(shown.table)
    frame = whole if places == list(range(whole.height)) else whole[places]
    keys = dict(zip((key.name for key in shown.keys), _keys(frame, kinds, shown), strict=True))
    for grid_column in grid_columns(shown, look):
        if grid_column.kind != "key":
            keys[grid_column.name] = _cells(grid_column, frame, places, shown)
    return pl.DataFrame([series.alias(name) for name, series in keys.items()])


def _cells(column: GridColumn, frame: pl.DataFrame, places: Sequence[int], shown: Result) -> pl.Series:
    """Return the cells of one column of a metric."""
    match column.kind:
        case "change":
            assert column.before is not None
            every = changes(column.column, column.before, shown)
            return pl.Series(column.name, [every[place] for place in places], dtype=pl.Float64) * 100
        case "bar":
            lengths = bar_values(column.column, shown)
            return pl.Series(column.name, [lengths[place] for place in places], dtype=pl.Float64)
        case "share":
            parts = shares(column.column, shown) or []
            return pl.Series(column.name, [parts[place] for place in places], dtype=pl.Float64) * 100
        case "interval":
            return pl.Series(column.name, _interval_texts(column.column, places, shown), dtype=pl.String)
        case _:
            is_share = column.column.format is NumberFormat.SHARE
            return frame[column.column.name] * 100 if is_share else frame[column.column.name]


def _interval_texts(value: ResultColumn, places: Sequence[int], shown: Result) -> list[str | None]:
    every = evidence(shown)[value.name]
    write = writer(value, shown.table.column(value.name).to_pylist(), short=False)
    intervals = (every[place] for place in places)
    return [_interval_text(each_evidence, write) for each_evidence in intervals]


def _interval_text(interval: Evidence | None, write: Write) -> str | None:
    if interval is None or interval.low is None or interval.high is None:
        return None
    return f"{write(interval.low)} \N{EN DASH} {write(interval.high)}"


def visible_rows(shown: Result, look: TableDisplay = TableDisplay()) -> tuple[list[int], list[Kinds]]:
    """Return the rows to show, and the kinds of each.

    The grand total comes first, unless no metric has one, then the other rows in order. If there are too many, only the
    first ones are shown, and all subtotals, because readers look for those.
    """
    kinds = row_kinds(shown)
    of_all = [place for place, kind in enumerate(kinds) if is_of_all(kind)]
    others = [place for place, kind in enumerate(kinds) if not is_of_all(kind)]
    if look.first:
        others = others[: look.first]
    elif len(kinds) > ROWS_SHOWN:
        subtotals = [place for place in others if is_total(kinds[place])][: ROWS_SHOWN - len(of_all)]
        groups = [place for place in others if not is_total(kinds[place])]
        others = groups[: ROWS_SHOWN - len(of_all) - len(subtotals)] + subtotals
    places = [place for place in of_all if _has_number(place, shown)] + others
    return places, [kinds[place] for place in places]


def _has_number(place: int, shown: Result) -> bool:
    return any(shown.table.column(value.name)[place].is_valid for value in shown.values)


# Keys


def _keys(frame: pl.DataFrame, kinds: Sequence[Kinds], shown: Result) -> list[pl.Series]:
    """Return the key columns. A key is converted to text if some row isn't a member, or covers part of its period.

    Dates become ISO days, which sort like dates. The grid shows them in words.
    """
    keys = [in_zone(frame[key.name], shown.period.time_zone) for key in shown.keys]
    marked = {name for name, _ in _marks(shown, kinds)}
    special = [any(kind[place] != "member" for kind in kinds) for place in range(len(keys))]
    special = [is_special or (place == 0 and any(map(is_total, kinds))) for place, is_special in enumerate(special)]
    special = [is_special or key.name in marked for is_special, key in zip(special, shown.keys, strict=True)]
    if not any(special) and not any(map(_is_text, shown.keys)):
        return keys
    values = list(zip(*(series.to_list() for series in keys), strict=True))
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
        series.append(pl.Series(key.name, texts, dtype=pl.String) if is_text else keys[place])
    return series


def _marks(shown: Result, kinds: Sequence[Kinds]) -> Marks:
    """Return the days counted in incomplete periods, or none if there are too many rows to style."""
    return marks_of(shown) if len(kinds) <= STYLED else NO_MARKS


def key_letters(values: pl.Series, column: ResultColumn, shown: Result) -> int:
    """Return the length of the longest text in a key column, as the grid shows it."""
    marks = _marks(shown, row_kinds(shown)) if column.grain is not None else NO_MARKS
    texts = (date_words(text, column, marks) if column.grain is not None else text for text in values.to_list())
    return max(map(len, texts), default=0)


def _is_text(column: ResultColumn) -> bool:
    return bool(column.labels) or not (column.grain is not None or column.type.is_time or column.type.is_number)


def in_zone(values: pl.Series, time_zone: str) -> pl.Series:
    """Return instants as local times in `time_zone`. The grid would show them in UTC."""
    if not isinstance(values.dtype, pl.Datetime) or values.dtype.time_zone is None:
        return values
    return values.dt.convert_time_zone(time_zone).dt.replace_time_zone(None)


# The data for the browser


def as_arrow(frame: pl.DataFrame) -> pa.Table:
    """Return a frame as Arrow for the browser, with a text type that every reader of Arrow supports."""
    rows = frame.to_arrow()
    large = {pa.large_string(), pa.string_view()}
    return rows.cast(
        pa.schema([field.with_type(pa.string()) if field.type in large else field for field in rows.schema])
    )


def is_styled(shown: Result, look: TableDisplay) -> bool:
    """Return whether any cell needs a style. A grid without styles is sent as it is, which is fastest."""
    kinds = visible_rows(shown, look)[1]
    if len(kinds) > STYLED:
        return False
    special = any(level != "member" for kind in kinds for level in kind)
    changed = any(grid_column.kind == "change" for grid_column in grid_columns(shown, look))
    weak = any(
        each_evidence is not None and not each_evidence.is_enough
        for every in evidence(shown).values()
        for each_evidence in every
    )
    named = any(column.part in NAMED_PARTS for column in shown.keys)
    small = any(
        grid_column.kind == "value" and own_digits(grid_column, shown) is not None
        for grid_column in grid_columns(shown, look)
    )
    cut = bool(_marks(shown, kinds))
    return special or changed or weak or named or small or cut or (look.scale and bool(shown.keys))


def own_digits(column: GridColumn, shown: Result) -> Write | None:
    """Return the format for a metric whose numbers are negative or too small for the column's decimals, or
    else None.
    """
    return grid_write(column.column, numbers_beside(column.column, shown)) if column.kind == "value" else None


def styled(frame: pl.DataFrame, shown: Result, look: TableDisplay, tokens: Tokens) -> Any:
    """Return the rows with styles.

    Totals are bold, and numbers based on too little data are grey. Changes have colours, values have tints, and dates
    and changes are in words.
    """
    places, kinds = visible_rows(shown, look)
    plain_rows = ["font-weight: 600" if is_total(level) else "" for level in kinds]
    styles: dict[str, list[str]] = {}
    written: dict[str, Any] = {}
    in_words: list[tuple[GridColumn, list[Verdict]]] = []
    columns, marks = grid_columns(shown, look), _marks(shown, kinds)
    for grid_column in columns:
        styles[grid_column.name] = plain_rows
        if grid_column.kind == "change":
            assert grid_column.before is not None
            every = verdicts(grid_column.column, grid_column.before, shown)
            said: list[Verdict] = [every[place] for place in places]
            written[grid_column.name] = lambda value, of=grid_column.column: change_text(_part(value), of)
            if look.verdicts:
                in_words.append((grid_column, said))
            styles[grid_column.name] = _change_styles(said, kinds, tokens)
        elif (
            grid_column.kind == "key"
            and grid_column.column.grain is not None
            and frame[grid_column.name].dtype == pl.String
        ):
            written[grid_column.name] = lambda value, of=grid_column.column: date_words(value, of, marks)
        elif (
            grid_column.kind == "key"
            and grid_column.column.part in NAMED_PARTS
            and frame[grid_column.name].dtype != pl.String
        ):
            written[grid_column.name] = lambda value, of=grid_column.column: key_text(int(value), of)
        elif grid_column.kind in ("value", "interval"):
            if (write := own_digits(grid_column, shown)) is not None:
                written[grid_column.name] = write
            styles[grid_column.name] = _value_styles(grid_column, places, plain_rows, shown, look, tokens)
    css = pl.DataFrame(styles).to_pandas()
    styler = frame.to_pandas().style.apply(lambda _: css, axis=None).format(written)
    for column, said in in_words:
        for which in dict.fromkeys(said):
            rows = [at for at, verdict in enumerate(said) if verdict == which]
            say = partial(_say_change, of=column.column, said=which)
            styler = styler.format(say, subset=(rows, [column.name]))
    names = [grid_column.name for grid_column in columns]
    return still_styler(styler, {names.index(name) for name in written})


def _value_styles(
    column: GridColumn, places: Sequence[int], rows: Sequence[str], shown: Result, look: TableDisplay, tokens: Tokens
) -> list[str]:
    """Return the style of each number: that of its row, grey if it's based on too little data, and tinted on a colour
    scale.
    """
    value_styles = list(rows)
    if look.scale and column.kind == "value" and not column.column.compare:
        scale = tints(column.column, shown, tokens)
        for at, place in enumerate(places):
            if (tint := scale[place]) is not None:
                value_styles[at] = f"background-color: {tint}; color: {ink_on(tint)}"
    every = evidence(shown).get(column.column.name, ())
    for at, place in enumerate(places):
        if every and (it := every[place]) is not None and not it.is_enough:
            value_styles[at] = f"color: {tokens.muted}; font-style: italic"
    return value_styles


def _change_styles(said: Sequence[Verdict], kinds: Sequence[Kinds], tokens: Tokens) -> list[str]:
    inks = {"better": tokens.favourable, "worse": tokens.unfavourable, "": tokens.muted}
    bold = ["; font-weight: 600" if is_total(kind) else "" for kind in kinds]
    return [f"color: {inks[verdict]}{more}" for verdict, more in zip(said, bold, strict=True)]


def _say_change(value: float | None, *, of: ResultColumn, said: Verdict) -> str:
    return change_words(_part(value), of, said)


def _part(value: float | None) -> float | None:
    """Return a change as a fraction instead of a percentage, or None if the grid has no change."""
    return None if value is None or value != value else value / 100


def date_words(text: str, of: ResultColumn, marks: Marks = NO_MARKS) -> str:
    """Return the name of the period that starts on an ISO day, with the number of days counted. Any other text is
    returned unchanged.
    """
    try:
        value = date.fromisoformat(text[:10])
    except ValueError:
        return text
    if of.grain is not None and of.grain.is_clock:
        return moment(datetime.fromisoformat(text), of.grain) if len(text) > 10 else describe_day(value)
    words = describe_day(value) if of.grain is Granularity.WEEK else period(value, of.grain)
    return with_mark(words, marks.get((of.name, value), ""))
