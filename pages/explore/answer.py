"""The part of the page next to the builder: the answer, or why there is none yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit.add_to_board import add_button
from pages.boards.edit.explore_for import show_way_back
from pages.explore.builder import recents
from pages.explore.builder.differences import differences
from pages.explore.builder.first_visit import first_visit, open_tour
from pages.explore.builder.metric_filters import metric_filter_words
from pages.explore.builder.question import PATIENCE, ExploreState, asking, names_a_person
from pages.explore.definition_switch import definition_switch
from pages.explore.result import exports, no_answer, show
from pages.explore.result.share import share, show_sent
from pages.saved.line import saved_line
from pages.saved.save import save
from pages.shell import session
from pages.shell.parts import Action, notice, plain, unseen
from pages.shell.turns import in_turn
from pages.widgets.held_answer import hold_answer
from semantic.display.format import counted, listed
from semantic.errors import EngineFailed
from semantic.query.query import Query

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel
    from semantic.results.result import Result
    from semantic.workspace import Workspace

AT_ONCE = 0.03  # seconds within which an answer can appear together with the builder
UNSAID = 3.0  # seconds before the page says that it's still working
CHART_AND_HEADING, TABLE = 430, 340  # pixels of the placeholders for an answer


def advance(state: ExploreState, workspace: Workspace, *, patience: float | None = None) -> None:
    """Start the question if it can run, and store its answer if it arrives within `patience` seconds.

    Call this before the page is drawn.
    """
    if state.pending is not None and state.asked != state.draft:
        state.cancel()
    state.settle()
    if not state.draft.metrics:
        state.forget_answer()
    if state.pending is None and state.answered != state.draft and state.draft.metrics:
        checked = state.check(workspace)
        if checked.ok and (state.pressed or checked.cost != "large"):
            state.start(workspace)
            state.settle(PATIENCE if patience is None else patience)
    if state.result is not None and state.answered == state.draft and not names_a_person(state.draft, workspace):
        recents.remember(state.draft, state.actor)


def heading(state: ExploreState, workspace: Workspace) -> tuple[str, str]:
    """Return the page's title and the line below it, for the answer on screen or else for the draft."""
    shown = state.result if state.answered == state.draft else None
    if shown is None and state.pending is not None:
        shown = state.earlier  # the answer that is still on the page
    if shown is not None:
        return shown.title, ". ".join([show.period_words(shown), *_groups(shown.query, state, workspace)])
    if not state.draft.metrics:
        is_any = bool(workspace.visible(state.actor).metrics)
        return "Explore", "Pick a metric, or start from an example." if is_any else ""
    checked = state.check(workspace)
    period = checked.period
    below = (period.words, checked.filters, period.time_zone, *_groups(state.draft, state, workspace))
    return draft_title(state, workspace), ". ".join(part for part in below if part)


def _groups(query: Query, state: ExploreState, workspace: Workspace) -> list[str]:
    """Return the filters on metric values of a question in words."""
    visible = workspace.visible(state.actor)
    return [f"Only where {metric_filter_words(condition, visible, query.currency)}" for condition in query.having]


def draft_title(state: ExploreState, workspace: Workspace) -> str:
    """Return the title of the draft, even if the page still shows an earlier answer."""
    if state.result is not None and state.answered == state.draft:
        return state.result.title
    labels = {metric.name: metric.label or metric.name for metric in workspace.visible(state.actor).metrics}
    return state.check(workspace).title or listed(labels.get(name, name) for name in state.draft.metrics)


def actions(state: ExploreState, workspace: Workspace) -> None:
    """Draw the actions of the page. Undo and redo also have keyboard shortcuts."""
    before, after = state.history.before, state.history.after
    if before or after:
        undone, redone = _steps(state, workspace)
        st.button(
            "Undo", icon=":material/undo:", key="undo", help=plain(f"{undone} Ctrl+Z".strip()), on_click=state.undo,
            disabled=not before,
        )  # fmt: skip
        st.button(
            "Redo" if after else unseen("Redo"), icon=":material/redo:", key="redo",
            help=plain(f"{redone} Ctrl+Shift+Z".strip()), on_click=state.redo, disabled=not after,
        )  # fmt: skip
    _help()
    if state.draft.metrics:
        save(state, workspace, lambda: draft_title(state, workspace))
    if state.draft != Query():
        add_button(state, workspace, lambda: draft_title(state, workspace))
        share(state, workspace)
        exports.menu(state.result if state.answered == state.draft else None, workspace, state.actor)
        st.button("New question", icon=":material/add:", key="new-question", on_click=asking(state, Query()))


def _steps(state: ExploreState, workspace: Workspace) -> tuple[str, str]:
    """Return in words what undo and redo would change. They're computed once for each change."""
    earlier, later = (moments[-1].query if moments else None for moments in (state.history.before, state.history.after))
    step = earlier, state.draft, later
    if state.steps is None or state.steps[0] != step:
        visible = workspace.visible(state.actor)
        undone = _change_words(earlier, state.draft, visible) if earlier is not None else ""
        redone = _change_words(state.draft, later, visible) if later is not None else ""
        state.steps = step, (undone, redone)
    return state.steps[1]


def _change_words(before: Query, after: Query, visible: VisibleModel) -> str:
    """Return a change in words, such as `Filter added: Channel: Email, and 2 more changes.`

    For a part that was replaced, it starts with `Filter changed: …`.
    """
    changes = differences(before, after, visible)
    if len(changes) == 2:
        kind, added, text = changes[0].partition(" added: ")
        if added and changes[1].startswith(f"{kind} removed: "):
            return f"{kind} changed: {text}."
    more = f", and {counted(len(changes) - 1, 'more change')}" if len(changes) > 1 else ""
    return f"{changes[0]}{more}." if changes else ""


def _help() -> None:
    """Draw the help for new users, with the steps and the keyboard shortcuts."""
    with st.popover(unseen("Help"), icon=":material/help:", help="Help", key="help", on_change="rerun") as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            st.markdown("**Keys**")
            st.markdown(
                ":small[/: ask or search  \nCtrl+Enter: run  \nCtrl+Z, Ctrl+Shift+Z: undo, redo  \n"
                "Arrows, Enter: move through results, pick  \nEscape: close a list]"
            )
            st.button("Show getting started", icon=":material/flag:", key="tour-again", on_click=open_tour)


def show_answer(state: ExploreState, workspace: Workspace) -> None:
    """Draw the state of the question: empty, refused, not run, running, failed, without data, or answered."""
    show_way_back(state, workspace)
    show_sent(state, workspace)
    saved_line(state, workspace)
    for place, sentence in enumerate(state.banner):
        notice("caution", "link_off", sentence, key=f"repaired-{place}")
    if state.is_changed and names_a_person(state.draft, workspace) and (state.link or (None,))[0] != state.draft:
        notice(
            "info",
            "link_off",
            "This question filters by a person, so it isn't in the URL. Use Share to get a link.",
            key="unlinked",
        )
    if workspace.as_of_words:
        sentence = f"Using definitions {workspace.as_of_words}. Access follows today's policies."
        todays = Action("Use today's definitions", asking(state, replace(state.draft, as_of=None)))
        notice("info", "history", sentence, todays, key="as-of")
    if not state.draft.metrics:
        first_visit(state, workspace)
        return
    checked = state.check(workspace)
    if isinstance(checked.error, EngineFailed):
        show.failure(checked.error, [Action("Try again", state.press)], key="failed")
    elif not checked.ok:
        no_answer.show_refusal(state, checked)
        no_answer.ask_for_help(state, workspace)
    elif state.pending is not None:
        if state.earlier is not None:
            _show(state.earlier, state, workspace)
        _running(state)
    elif state.answered != state.draft:
        no_answer.show_not_run(state, checked, workspace)
    elif state.error is not None:
        show.failure(state.error, no_answer.next_steps(state, workspace), key="failed")
    elif state.result is not None and no_answer.is_empty(state.result):
        no_answer.show_empty(state, state.result, workspace)
    elif state.result is not None:
        _show(state.result, state, workspace)


def _show(result: Result, state: ExploreState, workspace: Workspace) -> None:
    definition_switch(result, state, workspace)
    show.result(
        result, workspace.visible(state.actor), workspace.model, today=workspace.today(), key="answer",
        workspace=workspace, actor=state.actor, ask=state.replace,
    )  # fmt: skip
    show.provenance(result, state.actor, workspace)


# Running


@st.fragment(run_every=0.5)
@in_turn
def _running(state: ExploreState) -> None:
    """Check for the answer twice a second, and after a while show the elapsed time and Cancel.

    Call this last. It's drawn over the answer, so that nothing moves (pages/server/style.css).
    """
    _, asking = session.require("viewer")
    if asking != state.actor or state.settle() or state.pending is None:
        st.rerun()
    progress = state.pending.progress()
    if state.earlier is None:
        st.skeleton(CHART_AND_HEADING)
        st.skeleton(TABLE)
    else:
        hold_answer()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="running"):
        if progress.elapsed_seconds < UNSAID:
            return
        read = f", {progress.fraction:.0%} read" if progress.fraction else ""
        waiting = "Queued" if progress.state == "queued" else "Still working"
        st.markdown(
            f":gray[:material/progress_activity:] {waiting}: {progress.elapsed_seconds:.0f} s{read}", width="content"
        )
        st.button("Cancel", key="cancel", on_click=_cancelled(state))


def _cancelled(state: ExploreState) -> Callable[[], None]:
    def cancel() -> None:
        state.give_up()

    return cancel
