"""How an answer is shown: trust, chart, table, definitions, where it came from; and a failure in plain sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui.parts import Act, Fact, block, empty_state, plain, trust_strip
from pages.ui.table import Grid, make_grid, table
from pages.ui.theme import current_tokens
from semantic.display.change import change_between, change_words, verdict
from semantic.display.charts import Chart, chart_for
from semantic.display.format import MINUS, Write, listed, moment, writer
from semantic.display.rows import compared_with, comparison_words, count_words, main_values
from semantic.display.template import CONFIG
from semantic.display.tokens import Tokens
from semantic.display.words import formula
from semantic.errors import SemanticError
from semantic.model.definitions import Metric, NumberFormat
from semantic.query.describe import describe_day

if TYPE_CHECKING:
    from semantic.model.model import Model
    from semantic.policy.actor import Actor
    from semantic.policy.narrow import Visible
    from semantic.result import Result, ResultColumn

BESIDE = 4  # columns of a table that still has its definitions beside it
FAILED = {
    "timed_out": ("timer_off", "This took too long"),
    "cancelled": ("cancel", "Cancelled"),
    "too_many_rows": ("table_rows", "Too many rows to show"),
    "unavailable": ("cloud_off", "The data did not answer"),
    "engine_failed": ("error", "The data could not be read"),
}
"""What stands over a failed answer, by its code: icon and title. Others say their own first sentence."""


def result(shown: Result, visible: Visible, model: Model, *, today: date, key: str) -> None:
    """Trust, notes, chart, table and definitions of an answer; a narrow table has its definitions beside it."""
    trust_strip(facts(shown, today))
    if shown.notes:
        with st.container(gap="xxsmall"):
            for note in shown.notes:
                st.markdown(f":small[:gray[:material/info:] {plain(note)}]")
    drawn = _draw(shown, key)
    chart(shown, drawn.chart, key=key)
    if drawn.chart.kind == "tiles":
        definitions(shown, visible, model)
    elif len(drawn.grid.columns) > BESIDE or len(main_values(shown)) > 2:
        table(shown, drawn.grid, key=f"{key}-table")
        definitions(shown, visible, model)
    else:
        left, right = st.columns([2, 1], gap="medium")
        with left:
            table(shown, drawn.grid, key=f"{key}-table")
        with right:
            definitions(shown, visible, model, columns=1)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What an answer looks like in one mode's colours: made once, since a page runs many times over one answer."""

    result: Result
    tokens: Tokens
    chart: Chart
    grid: Grid


def _draw(shown: Result, key: str) -> Drawn:
    """The answer as drawn before in this session, if it is this very answer in these colours; else drawn now."""
    tokens, name = current_tokens(), f"{key}-drawn"
    held: Drawn | None = st.session_state.get(name)
    if held is None or held.result is not shown or held.tokens is not tokens:
        held = Drawn(shown, tokens, chart_for(shown, tokens), make_grid(shown, tokens))
        st.session_state[name] = held
    return held


# Trust


def facts(shown: Result, today: date) -> list[Fact]:
    """What is known about these numbers; a fact that is not known is left out rather than guessed."""
    said = [_certified([one.metric for one in main_values(shown) if one.metric], today)]
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
    inexact = listed(one.label for one in main_values(shown) if not one.exact)
    if inexact:
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
    """Each metric large, and a line for each period it is compared with."""
    row = _row_of_tiles(shown)
    compared = any(one.compare for one in shown.values)
    with st.grid(3 if compared else 4, min_column_width=230 if compared else 160, gap="small"):
        for one in main_values(shown):
            with st.container(border=True, height="stretch", gap="xxsmall"):
                partners = compared_with(one, shown)
                value, every = row[one.name], [row[it.name] for it in (one, *partners)]
                text = writer(one, every)(value)
                st.metric(
                    plain(one.label), text, help=plain(one.metric.means) if one.metric and one.metric.means else None
                )
                full = writer(one, every, short=False)(value)
                unit = "" if one.format is NumberFormat.MONEY else one.unit
                said = " ".join(part for part in (full if full != text else "", unit) if part)
                st.caption(plain(said) or "&nbsp;")
                for before in partners:
                    st.markdown(_change_line(one, before, row, writer(one, every)))


def _row_of_tiles(shown: Result) -> dict[str, Any]:
    """The one row there is to show: of the period, where there is one; a total or what has no date stands below it."""
    rows = shown.rows()
    return next((row for row in rows if all(row[key.name] is not None for key in shown.keys)), rows[0])


def _change_line(one: ResultColumn, before: ResultColumn, row: dict[str, Any], write: Write) -> str:
    """Arrow, change and verdict in the colour of the verdict, then the earlier value and when that was."""
    change = change_between(row[one.name], row[before.name], one)
    colour = {"better": "green", "worse": "red", "": "gray"}[verdict(change, one)]
    words = change_words(change, one)
    arrow = {"+": ":material/arrow_upward: ", MINUS: ":material/arrow_downward: "}.get(words[0], "")
    earlier = f"vs {write(row[before.name])}, {comparison_words(one, before)}"
    return f":small[:{colour}[{arrow}{plain(words)}] :gray[{plain(earlier)}]]"


# Definitions


def definitions(shown: Result, visible: Visible, model: Model, *, columns: int = 3) -> None:
    """What each number means, what it does not, how it is computed and who answers for it."""
    metrics = [one.metric for one in main_values(shown) if one.metric]
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
    st.caption(plain(f"Computed {moment(shown.computed_at)} UTC, {how}. {count_words(shown)}. {version}."))
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
