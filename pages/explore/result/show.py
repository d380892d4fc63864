"""An answer with its trust, chart, table, definitions and provenance, and failures in plain sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.result.reading import read
from pages.shell import session
from pages.shell.parts import NO_DESCRIPTION, Action, Fact, empty_state, plain, trust_strip
from pages.widgets.standing import offer_instead, standing_mark
from semantic.display import trust
from semantic.display.failures import failure_details, failure_title, failure_words
from semantic.display.format import moment_in
from semantic.display.rows import count_words, main_values
from semantic.display.words.metrics import formula
from semantic.errors import SemanticError
from semantic.sql.dialects.table import find_dialect

if TYPE_CHECKING:
    from semantic.model.definitions import Metric
    from semantic.model.model import Model
    from semantic.policy.actor import Actor
    from semantic.policy.narrow import VisibleModel
    from semantic.query.query import Query
    from semantic.results.result import Result
    from semantic.workspace import Workspace

FAILED = {
    "timed_out": ("timer_off", "This took too long"),
    "cancelled": ("cancel", "Cancelled"),
    "too_many_rows": ("table_rows", "Too many rows to show"),
    "unavailable": ("cloud_off", "The data source didn't respond"),
    "engine_failed": ("error", "Couldn't read the data"),
    "missing_rate": ("currency_exchange", "Missing exchange rate"),
}
"""The icon and title of a failed answer, by its error code. For other codes, the title is the first sentence of the
error.
"""


def result(
    shown: Result,
    visible: VisibleModel,
    model: Model,
    *,
    today: date,
    key: str,
    workspace: Workspace,
    actor: Actor,
    ask: Callable[[Query], None],
) -> None:
    """Draw an answer's trust and notes, its chart, its numbers and its definitions. `ask` asks another question in its
    place.
    """
    if (failed := workspace.failed(shown, visible)) != shown.failed:  # The finding for this answer.
        shown = replace(shown, failed=failed)
    # Notes are on the line of the trust strip if there is room, so that they move nothing below.
    trust_strip(facts(shown, today), shown.notes)
    # The container is drawn even when it's empty, so that the chart has the same place on the page.
    with st.container():
        offer_instead(shown, workspace, actor, ask, today=today, key=key)
    read(shown, workspace, actor, ask, lambda: definitions(shown, visible, model, today=today), key)


# Trust


def facts(shown: Result, today: date) -> tuple[Fact, ...]:
    """Return the known facts about the numbers. Unknown facts are left out, never guessed. The scope is next to the
    title.
    """
    return tuple(fact for fact in trust.facts(shown, today=today) if fact.kind != "scope")


# Definitions


def definitions(shown: Result, visible: VisibleModel, model: Model, *, today: date, columns: int = 3) -> None:
    """Draw the meaning of each number, what it doesn't mean, its formula and its owner."""
    metrics = [*dict.fromkeys(main_value.metric for main_value in main_values(shown) if main_value.metric)]
    definition_cards(metrics, visible, model, today=today, columns=columns)


def definition_cards(
    metrics: Iterable[Metric], visible: VisibleModel, model: Model, *, today: date, columns: int = 3
) -> None:
    """Draw a card for each metric."""
    labels = {metric.name: metric.label or metric.name for metric in visible.metrics}
    with st.grid(columns, min_column_width=260, gap="small"):
        for metric in metrics:
            with st.container(border=True, height="stretch" if columns > 1 else "content", gap="xxsmall"):
                st.markdown(f"**{plain(metric.label or metric.name)}**{standing_mark(metric, today)}")
                st.markdown(plain(metric.means or metric.description or NO_DESCRIPTION))
                if metric.does_not_mean:
                    st.markdown(f":gray[Not: {plain(metric.does_not_mean)}]")
                st.markdown(f":gray[Formula:] {plain(formula(metric, labels, model))}.")
                if metric.owner:
                    st.caption(f"Owner: {plain(metric.owner)}")


# Provenance


def provenance(shown: Result, actor: Actor, workspace: Workspace) -> None:
    """Draw when and from what data the rows were computed and, for stewards and above, the SQL, which loads
    on opening.
    """
    how = "cached" if shown.cached else f"in {shown.elapsed_seconds:.2f} s"
    version = f"Model version {shown.version_words or shown.model_version[:8]}"
    is_late = workspace.recorder is not None and workspace.recorder.is_late(shown.receipt)
    receipt = f" Receipt {shown.receipt}{', not recorded yet' if is_late else ''}." if shown.receipt else ""
    when = moment_in(shown.computed_at, shown.period.time_zone)
    st.caption(plain(f"Computed {when}, {how}. {count_words(shown)}. {version}.{receipt}"))
    if actor.is_at_least("steward"):
        name = f"SQL for {plain(find_dialect(shown.dialect).label)}"
        with st.expander(name, icon=":material/code:", key="answer-sql", on_change="rerun") as sql:
            if sql.open:
                st.code(shown.readable_sql, language=None, wrap_lines=True)


# Failures


@contextmanager
def errors(retry: Callable[[], None] | None = None, *, key: str = "failed") -> Iterator[None]:
    """Draw a SemanticError that is raised in the block as a card. If `retry` is set, the card has a button to try
    again.
    """
    try:
        yield
    except SemanticError as error:
        failure(error, [Action("Try again", retry)] if retry else [], key=key)


def failure(error: SemanticError, acts: list[Action], *, key: str) -> None:
    """Draw a failed answer: what happened, in plain sentences, and the next steps."""
    icon, title = FAILED.get(error.code, ("error", ""))
    sentence = failure_words(error)
    if not title:
        sentence = sentence.removeprefix(error.title).lstrip(": ")
    ways = (lambda: details(error, key=f"{key}-details")) if has_details(error) else None
    empty_state(icon, title or failure_title(error), sentence, acts, key=key, ways=ways)


def has_details(error: SemanticError) -> bool:
    """Return whether an error has details that this person can see, as stewards and above can."""
    actor = session.actor() if failure_details(error) else None
    return actor is not None and actor.is_at_least("steward")


def details(error: SemanticError, *, key: str) -> None:
    """Draw a button that opens the data source's own message."""
    with st.popover("Details", icon=":material/data_object:", type="tertiary", key=key):
        st.markdown(plain(failure_details(error)))


def period_words(shown: Result) -> str:
    """Return the line below the title: the days, the filters, the time zone and, if the question sets it, the first
    weekday.
    """
    weeks = f"Weeks begin on {shown.query.week_start.capitalize()}" if shown.query.week_start else ""
    return ". ".join(part for part in (shown.period.words, shown.filters, shown.period.time_zone, weeks) if part)
