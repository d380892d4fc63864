"""The parts that every analysis has on the page: the form, the sentence, the counting rule, the notes and
the tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from pages.analyses import kinds
from pages.analyses.alerting import alert_button
from pages.analyses.comparing import compare_with
from pages.analyses.downloads import download
from pages.analyses.draft import Data, put
from pages.analyses.form import Form
from pages.analyses.kind import Answer, KindPage, ShownAnswer
from pages.analyses.opening import UNREAD, open_example
from pages.analyses.people import only_these
from pages.analyses.saving import save_button
from pages.analyses.share import share_button
from pages.analyses.state import AnalysisState, is_personal
from pages.analysis_tables.tables import unique_names
from pages.explore.builder.filters import filters
from pages.explore.builder.periods import is_fiscal, period
from pages.explore.result.show import failure
from pages.shell import links, session
from pages.shell.parts import Action, empty_state, notice, page_header, plain, refusal, unseen
from pages.shell.turns import in_turn
from pages.widgets.held_answer import hold_answer
from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.asked import SAMPLES
from semantic.display.failures import failure_words
from semantic.display.format import MISSING
from semantic.display.words.settings.periods import PERIODS
from semantic.errors import EngineFailed, NothingToCompare, SemanticError, TimedOut
from semantic.query.period_data import period_data

if TYPE_CHECKING:
    from semantic.services.analyzing.cost import Cost
    from semantic.services.analyzing.tables import TextTable
    from semantic.workspace import Workspace

TITLE = "Analyses"
UNSAID = 3.0  # the seconds before the page says that it's still working
SENTENCE, CHART = 40, 360  # the height of the answer's placeholders in pixels
MOST_LINES, MOST_LEADING, MOST_TRAILING = 50, 3, 2
MOST_TABLES = 3
"""The number of tables shown at first. Further tables are collapsed, unless there is only one."""
COUNTING = "How it counts"
UNFOLDED = "analysis_unfolded"
HIDDEN = "(hidden)"
OTHER_PERIODS = ("Last 4 weeks", "Last 13 weeks", "Last 12 months")
"""The periods to suggest if the analysis's own can't be compared."""


def header(state: AnalysisState | None, workspace: Workspace) -> None:
    """Draw the title, the row scope, and the actions of the page."""
    actor = state.actor if state is not None else session.require("viewer")[1]
    scope = workspace.visible(actor).scope
    if state is None:
        page_header(TITLE, "Pick what you want to know.", scope=scope)
        return
    page_header(
        state.page.label, state.page.answers, lambda: _actions(state, workspace), tab=state.page.label, scope=scope
    )


def _actions(state: AnalysisState, workspace: Workspace) -> None:
    if state.history.before or state.history.after:
        st.button(
            "Undo", icon=":material/undo:", key="analysis-undo", help="Undo Ctrl+Z", on_click=state.undo,
            disabled=not state.history.before,
        )  # fmt: skip
        st.button(
            "Redo" if state.history.after else unseen("Redo"), icon=":material/redo:", key="analysis-redo",
            help="Redo Ctrl+Shift+Z", on_click=state.redo, disabled=not state.history.after,
        )  # fmt: skip
    save_button(state)
    alert_button(state)
    share_button(state, workspace)
    download(state)


# Choosing a kind


def choose_kind(state: AnalysisState | None, workspace: Workspace) -> None:
    """Draw the kinds in a row. A click opens an example of that kind, with the current period and filters."""
    offered = list(kinds.KIND_PAGES)
    key = f"analysis-kind-{state.generation if state is not None else 0}"

    def pick() -> None:
        chosen = st.session_state[key]
        if chosen is not None:
            open_example(kinds.KIND_PAGES[chosen], workspace, session.require("viewer")[1])

    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="analysis-kinds"):
        st.pills(
            "Analysis", offered, default=state.kind if state is not None else None, key=key, on_change=pick,
            format_func=lambda name: f":material/{kinds.KIND_PAGES[name].icon}: {kinds.KIND_PAGES[name].label}",
            label_visibility="collapsed", required=state is not None, width="content",
        )  # fmt: skip
        with st.popover(
            unseen("What each analysis answers"), icon=":material/help:", type="tertiary", key="analysis-which",
            help="What each analysis answers", on_change="rerun",
        ) as which:  # fmt: skip
            if which.open:
                _which()


def _which() -> None:
    """Draw what each kind of analysis answers."""
    with st.container(width=400):
        lines = (
            f":material/{page.icon}: **{plain(page.label)}**  \n{plain(page.answers)}"
            for page in kinds.KIND_PAGES.values()
        )
        st.markdown("\n\n".join(lines))


def first_visit(workspace: Workspace) -> None:
    """Draw the reason why there is nothing to analyze, in place of the whole page."""
    reason = st.session_state.pop(UNREAD, "") or "None of the metrics you have access to count events."
    empty_state("query_stats", "Nothing to analyze yet", reason, key="analysis-none")


# The form


def form(state: AnalysisState, workspace: Workspace) -> None:
    """Draw the form of a kind: its main fields, the period and filters, and "How it counts"."""
    drawn = Form(state, workspace)
    state.bound, state.written, state.asking.changed = {}, False, False
    visible, settings = workspace.visible(state.actor), workspace.model.settings
    with st.container(border=True, gap="small", key="builder"):
        state.page.form(drawn)
        only_these(drawn)
        checked = state.asking.check(workspace) if state.asking.draft.metrics else None
        fiscal = is_fiscal(state.asking.draft, settings)
        period(state.asking, checked, settings, fiscal=fiscal, today=workspace.today())
        compare_with(drawn, state.asking.draft.time, checked)
        filters(state.asking, visible, checked, workspace)
        if state.page.counting is not None:
            with st.expander(COUNTING, icon=":material/rule:", key="analysis-counting"):
                state.page.counting(drawn)
                _sample(drawn, state)
    if state.written or state.asking.changed:
        st.rerun()


def _sample(drawn: Form, state: AnalysisState) -> None:
    """Draw the choice between everyone and a sample, which is faster."""
    kind = EVENT_KINDS.get(state.kind)
    if kind is not None and kind.tells_samples:
        shares: dict[float | None, str] = {None: "Everyone"} | {one: f"{one:.0%} (estimate)" for one in SAMPLES}
        drawn.choice("Sample", ("sample",), shares)


@contextmanager
def folding(state: AnalysisState) -> Iterator[None]:
    """On a phone, collapse the form of an answered analysis behind a button, so that the answer comes first."""
    is_open = bool(st.session_state.get(UNFOLDED))

    def turn() -> None:
        st.session_state[UNFOLDED] = not is_open

    with st.container(key=f"unfold-{'open' if is_open else 'shut'}"):
        st.button(
            "Show result" if is_open else "Edit analysis", icon=":material/tune:", key="unfold-builder", on_click=turn,
            width="stretch",
        )  # fmt: skip
    yield


# The answer


def answer(state: AnalysisState, workspace: Workspace) -> None:
    """Draw a refusal, a failure, the progress, or the answer. The previous answer stays until the next one is ready."""
    for place, sentence in enumerate(state.banner):
        notice("caution", "link_off", sentence, key=f"analysis-banner-{place}")
    if is_personal(state, workspace):
        notice(
            "info",
            "link_off",
            "This analysis filters by a person, so it isn't in the URL.",
            key="analysis-unlinked",
        )
    if state.cost is not None and state.answered != state.data and state.pending is None:
        _asks(state.cost, state)
        return
    if state.error is not None and state.pending is None:
        _refused(state.error, state, workspace)
        return
    if state.shown is not None:
        _show(state, workspace, *state.shown)
    if state.pending is not None:
        _running(state)


def _asks(cost: Cost, state: AnalysisState) -> None:
    """Draw what an expensive analysis costs, and the buttons that run it."""
    acts = [Action("Run it", state.agree), *_estimate(state)]
    empty_state("hourglass_top", "This takes a while", cost.words, acts, key="analysis-cost")


def _estimate(state: AnalysisState) -> list[Action]:
    """Return the button that asks for a sample, if there is none yet and this kind of analysis can be estimated."""
    kind = EVENT_KINDS.get(state.kind)
    if kind is None or not kind.tells_samples or state.data.get("sample") is not None:
        return []

    def sample() -> None:
        state.edit(lambda data: put(data, ("sample",), SAMPLES[0]))

    return [Action(f"Estimate from {SAMPLES[0]:.0%}", sample, "Follows a sample, and marks estimates with ≈.")]


def _refused(error: SemanticError, state: AnalysisState, workspace: Workspace) -> None:
    """Draw why there is no answer, with the next steps: always at least one."""
    undo = [Action("Undo", state.undo)] if state.history.before else []
    if isinstance(error, EngineFailed):
        faster = _estimate(state) if isinstance(error, TimedOut) else []
        failure(error, [*faster, Action("Try again", state.again), *undo], key="analysis-refused")
        return
    if isinstance(error, NothingToCompare):
        _nothing_to_compare(error, state, undo)
        return

    def example() -> None:
        if reason := open_example(state.page, workspace, state.actor, keep=False):
            st.toast(plain(reason), icon=":material/info:")

    title = "This analysis can't be answered as asked"
    ways = undo or [Action("Open an example", example)]
    refusal(title, failure_words(error), ways, error.code, key="analysis-refused")


def _nothing_to_compare(error: NothingToCompare, state: AnalysisState, undo: list[Action]) -> None:
    """Draw why two periods can't be compared, and suggest two other periods and, with filters, to remove them."""

    def change(key: str, value: object) -> Callable[[], None]:
        return lambda: state.edit(lambda data: put(data, (key,), value))

    periods = {name: period_data(PERIODS[name]) for name in OTHER_PERIODS}
    others = [name for name in OTHER_PERIODS if periods[name] != state.data.get("time")]
    acts = [Action(name, change("time", periods[name])) for name in others[:2]]
    if state.data.get("where") is not None:
        acts.append(Action("Remove filters", change("where", None)))
    empty_state("filter_alt_off", "Nothing to compare", str(error), [*acts, *undo], key="analysis-refused")


def _show(state: AnalysisState, workspace: Workspace, data: Data, asked: object, found: Answer) -> None:
    shown = ShownAnswer(
        answer=found, asked=asked, data=data, key=f"analysis-{state.kind}", workspace=workspace, actor=state.actor,
        ask=state.show, pages=state.pages,
    )  # fmt: skip
    page = kinds.KIND_PAGES[str(data["kind"])]
    with st.container(gap="small", key="analysis-answer"):
        st.header(plain(found.sentence), anchor=False)
        how_it_counts(page, shown)
        page.result(shown)
        if found.notes:
            st.markdown("  \n".join(f":small[:gray[:material/info:] {plain(note)}]" for note in found.notes))
        _tables(found.tables)
        receipt: str = getattr(found.found, "receipt", "")  # some findings have none
        if receipt:
            with st.container(horizontal=True, key="analysis-receipt"):
                links.receipt_link(receipt, f"Receipt {receipt}")


def how_it_counts(page: KindPage, shown: ShownAnswer) -> None:
    """Draw the counting rule: the first sentence, a button for all of it, and the switches."""
    first, *rest = shown.answer.rule
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="analysis-rule"):
        st.markdown(f":small[:gray[:material/rule:] {plain(first)}]", width="content")
        for place, switch in enumerate(page.switches(shown.asked, shown.data)):
            st.button(
                plain(switch.label), key=f"{shown.key}-switch-{place}", type="tertiary",
                on_click=_asking(shown, switch.data),
            )  # fmt: skip
        if rest or shown.answer.filters:
            with st.popover("All rules", type="tertiary", key=f"{shown.key}-rules"), st.container(width=420):
                lines = [first, *rest, *([f"Filters: {shown.answer.filters}."] if shown.answer.filters else [])]
                st.markdown("\n".join(f"- {plain(sentence)}" for sentence in lines))


def _tables(tables: Sequence[TextTable]) -> None:
    """Draw the tables. If there are many, the last ones are collapsed."""
    folded = MOST_TABLES if len(tables) > MOST_TABLES + 1 else len(tables)
    for place, table in enumerate(tables[:folded]):
        text_table(table, place=place, is_titled=len(tables) > 1)
    if more := tables[folded:]:
        with st.expander(f"{len(more)} more tables", icon=":material/table_rows:", key="analysis-more-tables"):
            for place, table in enumerate(more, start=folded):
                text_table(table, place=place)


def _asking(shown: ShownAnswer, data: Data) -> Callable[[], None]:
    return lambda: shown.ask(data)


def text_table(table: TextTable, *, place: int = 0, is_titled: bool = True) -> None:
    """Draw a table of text, with columns of numbers aligned to the right."""
    if is_titled:
        st.markdown(f"**{plain(table.title)}**")
    rows = table.lines[:MOST_LINES]
    ahead = min(leading(table.header, rows), MOST_LEADING)
    trailing = min(_trailing(table.header, rows, ahead), MOST_TRAILING)
    with st.container(key=f"analysis-table-{ahead}-{place}-ends-{trailing}"):
        names = unique_names(table.heads)  # Two steps can have the same name.
        cells = {plain(name): [_kept_together(plain(line[at])) for line in rows] for at, name in enumerate(names)}
        st.table(cells, border="horizontal", hide_index=True, alt=table.title)
    if len(table.lines) > MOST_LINES:
        st.caption(f"{len(table.lines) - MOST_LINES:,} more rows are in the file. Use Export.")


def _kept_together(text: str) -> str:
    """Return a cell's text with no-break spaces between a day and its month, and before a unit."""
    return re.sub(r"(\d) (?=(?:[A-Z][a-z]{2}|pp)\b)", "\\1\N{NO-BREAK SPACE}", text)


def leading(header: list[str], rows: list[list[str]]) -> int:
    """Return the number of text columns before the first column of numbers."""
    return next((at for at in range(1, len(header)) if _has_numbers(rows, at)), len(header))


def _trailing(header: list[str], rows: list[list[str]], ahead: int) -> int:
    """Return the number of text columns after the last column of numbers."""
    at = len(header)
    while at > ahead and any(line[at - 1] for line in rows) and not _has_numbers(rows, at - 1):
        at -= 1
    return len(header) - at


def _has_numbers(rows: list[list[str]], at: int) -> bool:
    """Return whether a column has only numbers or amounts with a currency, or only hidden numbers. Empty cells are
    ignored.
    """
    cells = [line[at] for line in rows if line[at] not in ("", MISSING)]
    texts = [cell for cell in cells if not cell.startswith("(")]
    return (bool(texts) or HIDDEN in cells) and all(
        re.match(r"[^\w\s]{0,3}(?:[A-Z]{2,3}\N{NO-BREAK SPACE})?[^\w\s]?\d", text) for text in texts
    )


@st.fragment(run_every=0.5)
@in_turn
def _running(state: AnalysisState) -> None:
    """Check twice a second whether the analysis is done, and after a while show that it's still running,
    with Cancel.
    """
    _, asking = session.require("viewer")
    if asking != state.actor or state.settle() or state.pending is None:
        st.rerun()
    if state.shown is None:
        st.skeleton(SENTENCE)
        st.skeleton(CHART)
    else:
        hold_answer()
    progress = state.pending[2].progress()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="running"):
        if progress.elapsed_seconds < UNSAID:
            return
        read = f", {progress.fraction:.0%} read" if progress.fraction else ""
        waiting = "Queued" if progress.state == "queued" else "Still working"
        words = f":gray[:material/progress_activity:] {waiting}: {progress.elapsed_seconds:.0f} s{read}"
        st.markdown(words, width="content")
        st.button("Cancel", key="analysis-cancel", on_click=state.give_up)
