"""How an answer is shown: trust, chart, table, definitions, where it came from; and a failure in plain sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import streamlit as st

from pages.ui.parts import Act, Fact, block, empty_state, plain, trust_strip
from pages.ui.theme import current_tokens
from semantic.display.charts import Chart, chart_for
from semantic.display.format import (
    counted,
    grid_format,
    grid_label,
    key_text,
    listed,
    moment,
    writer,
)
from semantic.display.template import CONFIG
from semantic.display.tokens import Tokens
from semantic.display.words import formula
from semantic.errors import SemanticError
from semantic.model.definitions import Granularity, Metric, NumberFormat, TypeKind
from semantic.query.describe import describe_day

if TYPE_CHECKING:
    from semantic.model.model import Model
    from semantic.policy.actor import Actor
    from semantic.policy.narrow import Visible
    from semantic.result import Result, ResultColumn

ROWS_SHOWN, BESIDE = 5_000, 4
FAILED = {
    "timed_out": ("timer_off", "This took too long"),
    "cancelled": ("cancel", "Cancelled"),
    "too_many_rows": ("table_rows", "Too many rows to show"),
    "unavailable": ("cloud_off", "The data did not answer"),
    "engine_failed": ("error", "The data could not be read"),
}
"""What stands over a failed answer, by its code: icon and title. Others say their own first sentence."""

column = st.column_config


def result(shown: Result, visible: Visible, model: Model, *, today: date, key: str) -> None:
    """Trust, notes, chart, table and definitions of an answer; a narrow table has its definitions beside it."""
    trust_strip(facts(shown, today))
    for note in shown.notes:
        st.markdown(f":small[:gray[:material/info:] {plain(note)}]")
    drawn = _draw(shown, key)
    chart(shown, drawn.chart, key=key)
    if drawn.chart.kind == "tiles":
        definitions(shown, visible, model)
    elif len(shown.columns) > BESIDE or len(shown.values) > 2:
        table(shown, drawn, key=f"{key}-table")
        definitions(shown, visible, model)
    else:
        left, right = st.columns([2, 1], gap="medium")
        with left:
            table(shown, drawn, key=f"{key}-table")
        with right:
            definitions(shown, visible, model, columns=1)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What an answer looks like in one mode's colours: made once, since a page runs many times over one answer."""

    result: Result
    tokens: Tokens
    chart: Chart
    rows: pa.Table
    columns: dict[str, Any]


def _draw(shown: Result, key: str) -> Drawn:
    """The answer as drawn before in this session, if it is this very answer in these colours; else drawn now."""
    tokens, name = current_tokens(), f"{key}-drawn"
    held: Drawn | None = st.session_state.get(name)
    if held is None or held.result is not shown or held.tokens is not tokens:
        frame = table_frame(shown)
        held = Drawn(shown, tokens, chart_for(shown, tokens), _grid_rows(frame), _columns(shown, frame))
        st.session_state[name] = held
    return held


# Trust


def facts(shown: Result, today: date) -> list[Fact]:
    """What is known about these numbers; a fact that is not known is left out rather than guessed."""
    said = [_certified([one.metric for one in shown.values if one.metric], today)]
    if shown.data_to_words or shown.data_to:
        several = "," in shown.data_to_words.partition(":")[2] or not shown.data_to_words
        words = f"Data to {describe_day(shown.data_to)}" if several and shown.data_to else shown.data_to_words
        sentence = (
            "The newest data has come later than its owner promises."
            if shown.is_stale
            else "The newest data is as recent as its owner promises."
        )
        said.append(Fact(words, "schedule", "caution" if shown.is_stale else "quiet", sentence))
    if shown.scope:
        said.append(
            Fact(
                shown.scope,
                "visibility",
                "quiet",
                "Your policy shows you these rows only. Everything here is computed from them.",
            )
        )
    if not all(one.exact for one in shown.values):
        inexact = listed(one.label for one in shown.values if not one.exact)
        said.append(
            Fact("Rounded sums", "approximation", "quiet", f"{inexact}: added from fractions, exact to nine digits.")
        )
    return said


def _certified(metrics: list[Metric], today: date) -> Fact:
    valid = [one for one in metrics if one.certified and one.certified.until >= today]
    lapsed = [one for one in metrics if one.certified and one.certified.until < today]
    if lapsed:
        names = listed(one.label or one.name for one in lapsed)
        return Fact(
            "Certificate expired",
            "gpp_maybe",
            "caution",
            f"{names}: the certificate has run out. The owner has to renew it.",
        )
    if valid and len(valid) == len(metrics):
        who = "; ".join(
            f"{one.label or one.name} by {one.certified.by} until {describe_day(one.certified.until)}"
            for one in valid
            if one.certified
        )
        return Fact("Certified", "verified", "good", f"{who}.")
    names = listed(one.label or one.name for one in metrics if one not in valid)
    word = f"{len(valid)} of {len(metrics)} certified" if valid else "Not certified"
    return Fact(word, "shield_question", "quiet", f"{names}: nobody has certified this definition yet.")


# Chart and tiles


def chart(shown: Result, drawn: Chart, *, key: str) -> None:
    """The chart its rule picks, with the reason as the heading's help; or the numbers themselves, large."""
    if drawn.kind == "tiles":
        _tiles(shown)
    elif drawn.figure is not None:
        with block(drawn.title, help=drawn.reason):
            st.plotly_chart(drawn.figure, config=CONFIG, key=f"{key}-{drawn.kind}", alt=drawn.alt)
            if drawn.note:
                st.caption(plain(drawn.note))
    else:
        st.caption(plain(drawn.reason))


def _tiles(shown: Result) -> None:
    row = shown.rows()[0]
    with st.grid(4, min_column_width=160, gap="small"):
        for one in shown.values:
            with st.container(border=True, height="stretch"):
                value = row[one.name]
                text = writer(one, [value])(value)  # type: ignore[arg-type]  # a value column holds numbers
                st.metric(
                    plain(one.label), text, help=plain(one.metric.means) if one.metric and one.metric.means else None
                )
                full = writer(one, [value], short=False)(value)  # type: ignore[arg-type]
                unit = "" if one.format is NumberFormat.MONEY else one.unit
                said = " ".join(part for part in (full if full != text else "", unit) if part)
                st.caption(plain(said) or "&nbsp;")


# Table


def table(shown: Result, drawn: Drawn, *, key: str) -> None:
    """The rows as a grid of typed cells: numbers stay numbers and dates dates, so that sorting is right."""
    count = shown.table.num_rows
    note = counted(count, "row") if count <= ROWS_SHOWN else f"the first {ROWS_SHOWN:,} of {count:,} rows"
    with block("Table", note):
        st.dataframe(
            drawn.rows, key=key, hide_index=True, row_height=34,
            column_config={name: one.copy() for name, one in drawn.columns.items()},  # the grid writes into them
            placeholder="\N{EM DASH}",
            height="content" if count <= 20 else 34 * 16, alt=f"{shown.title}, {counted(count, 'row')}",
        )  # fmt: skip


def table_frame(shown: Result) -> pl.DataFrame:
    """The rows as they are shown: keys as text or dates with "(none)", shares in per cent; undated rows by size."""
    # Arrow in, a frame out: from_arrow gives a Series only for a single array.
    frame: Any = pl.from_arrow(shown.table)
    if shown.values and not shown.query.order and all(one.grain is None for one in shown.keys):
        frame = frame.sort(shown.values[0].name, descending=True, nulls_last=True, maintain_order=True)
    frame = frame.head(ROWS_SHOWN)
    return frame.select(
        *(_key_series(_in_zone(frame[one.name], shown.period.time_zone), one) for one in shown.keys),
        *(frame[one.name] * 100 if one.format is NumberFormat.SHARE else frame[one.name] for one in shown.values),
    )


def _grid_rows(frame: pl.DataFrame) -> pa.Table:
    """The same as Arrow, which goes to the browser as it is; with the text type every reader of Arrow knows."""
    rows = frame.to_arrow()
    large = {pa.large_string(), pa.string_view()}
    return rows.cast(
        pa.schema([field.with_type(pa.string()) if field.type in large else field for field in rows.schema])
    )


def _in_zone(values: pl.Series, time_zone: str) -> pl.Series:
    """Instants as the clock of the question's zone shows them; a grid would show UTC."""
    if not isinstance(values.dtype, pl.Datetime) or values.dtype.time_zone is None:
        return values
    return values.dt.convert_time_zone(time_zone).dt.replace_time_zone(None)


def _key_series(values: pl.Series, one: ResultColumn) -> pl.Series:
    if not _is_text(one) and values.null_count() == 0:
        return values
    if one.grain is not None:  # as text its order has to be that of the dates
        texts = ["(none)" if value is None else str(value) for value in values.to_list()]
    else:
        texts = [key_text(value, one) for value in values.to_list()]
    return pl.Series(values.name, texts, dtype=pl.String)


def _is_text(one: ResultColumn) -> bool:
    return not (one.grain is not None or one.type.is_time or one.type.is_number)


def _columns(shown: Result, frame: pl.DataFrame) -> dict[str, Any]:
    """A column's head, width, help and how its cells are written."""
    configured: dict[str, Any] = {}
    for place, one in enumerate(shown.keys):
        configured[one.name] = _key_column(frame[one.name], one, pinned=place == 0)
    for one in shown.values:
        numbers = shown.table.column(one.name).to_pylist()
        means = one.metric.means if one.metric else ""
        configured[one.name] = column.NumberColumn(
            grid_label(one, numbers), format=grid_format(one, numbers), help=plain(means) or None
        )
    return configured


def _key_column(values: pl.Series, one: ResultColumn, *, pinned: bool) -> Any:
    if values.dtype == pl.String:
        longest = max((len(text) for text in values.to_list()), default=0)
        return column.TextColumn(one.label, pinned=pinned, width=min(280, max(96, 28 + 7 * longest)))
    if one.grain is Granularity.HOUR or (
        one.grain is None and one.type.kind in (TypeKind.TIMESTAMP, TypeKind.TIMESTAMPTZ)
    ):
        return column.DatetimeColumn(one.label, format="D MMM YYYY, HH:mm", pinned=pinned)
    if one.grain is not None or one.type.is_time:
        words = {Granularity.MONTH: "MMM YYYY", Granularity.QUARTER: "[Q]Q YYYY", Granularity.YEAR: "YYYY"}
        label = "Week of" if one.grain is Granularity.WEEK else one.grain.value.capitalize() if one.grain else one.label
        return column.DateColumn(
            label, format=words.get(one.grain or Granularity.DAY, "D MMM YYYY"), pinned=pinned, width=120
        )
    return column.NumberColumn(one.label, format="plain" if one.type.kind is TypeKind.DOUBLE else "%d", pinned=pinned)


# Definitions


def definitions(shown: Result, visible: Visible, model: Model, *, columns: int = 3) -> None:
    """What each number means, what it does not, how it is computed and who answers for it."""
    metrics = [one.metric for one in shown.values if one.metric]
    labels = {one.name: one.label or one.name for one in visible.metrics}
    with block("What these numbers mean"), st.grid(columns, min_column_width=260, gap="small"):
        for metric in metrics:
            with st.container(border=True, height="stretch" if columns > 1 else "content", gap="xxsmall"):
                certified = " :green[:material/verified:]" if metric.certified else ""
                st.markdown(f"**{plain(metric.label or metric.name)}**{certified}")
                st.markdown(plain(metric.means or metric.description or "No definition is written yet."))
                if metric.does_not_mean:
                    st.markdown(f":gray[Not: {plain(metric.does_not_mean)}]")
                st.markdown(f":gray[Computed as:] {plain(formula(metric, labels, model))}.")
                if metric.owner:
                    st.caption(f"Owner: {plain(metric.owner)}")


# Where it came from


def provenance(shown: Result, actor: Actor) -> None:
    """When and from what the rows were computed; the SQL for stewards and above."""
    how = "from the cache" if shown.cached else f"in {shown.elapsed_seconds:.2f} s"
    version = f"Model version {shown.model_version[:8]}"
    st.caption(
        plain(f"Computed {moment(shown.computed_at)} UTC, {how}. {counted(shown.table.num_rows, 'row')}. {version}.")
    )
    if actor.is_at_least("steward"):
        with st.expander(f"SQL for {plain(shown.dialect)}", icon=":material/code:"):
            st.code(shown.readable_sql, language=None, wrap_lines=True)


# Failures


@contextmanager
def errors(retry: Callable[[], None] | None = None, *, key: str = "failed") -> Iterator[None]:
    """What is raised on purpose inside becomes a card with a plain sentence, and Retry where that can help."""
    try:
        yield
    except SemanticError as error:
        failure(error, [Act("Try again", retry)] if retry else [], key=key)


def failure(error: SemanticError, acts: list[Act], *, key: str) -> None:
    """A failed answer: what is so, in the error's own sentence, and ways on."""
    icon, title = FAILED.get(error.code, ("error", ""))
    sentence = str(error) if title else str(error).removeprefix(error.title).lstrip(": ")
    empty_state(icon, title or error.title, sentence, acts, key=key)


def period_words(shown: Result) -> str:
    """What stands under the title: the days, the filters, the zone, a first weekday that was asked for."""
    weeks = f"Weeks begin on {shown.query.week_start.capitalize()}" if shown.query.week_start else ""
    return ". ".join(part for part in (shown.period.words, shown.filters, shown.period.time_zone, weeks) if part)
