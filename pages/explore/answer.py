"""Everything next to the builder: the answer, or why there is none yet, in one of a few states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.boards.edit.add_to_board import add_button
from pages.boards.edit.explore_for import show_way_back
from pages.explore.builder import recents
from pages.explore.builder.first_visit import first_visit, open_tour
from pages.explore.builder.metric_filters import metric_filter_words
from pages.explore.builder.question import PATIENCE, ExploreState, asking, names_a_person
from pages.explore.result import exports, no_answer, show
from pages.explore.result.share import share
from pages.saved.line import saved_line
from pages.saved.save import save
from pages.shell.parts import Act, notice
from pages.shell.turns import in_turn
from semantic.display.format import listed
from semantic.errors import EngineFailed
from semantic.query.query import Query

if TYPE_CHECKING:
    from semantic.workspace import Workspace

AT_ONCE = 0.03  # seconds within which an answer can appear together with the builder


def advance(held: ExploreState, workspace: Workspace, *, patience: float | None = None) -> None:
    """Starts the question if it can run and takes any answer, before the page is drawn; waits at most this long."""
    if held.pending is not None and held.asked != held.draft:
        held.cancel()
    held.settle()
    if held.pending is None and held.answered != held.draft and held.draft.metrics:
        checked = held.check(workspace)
        if checked.ok and (held.pressed or checked.cost != "large"):
            held.start(workspace)
            held.settle(PATIENCE if patience is None else patience)
    if held.result is not None and held.answered == held.draft and not names_a_person(held.draft, workspace):
        recents.remember(held.draft, held.actor)


def heading(held: ExploreState, workspace: Workspace) -> tuple[str, str]:
    """The page's title and the line below: of the answer shown, else of the question being built."""
    visible = workspace.visible(held.actor)
    groups = [f"Only where {metric_filter_words(one, visible, held.draft.currency)}" for one in held.draft.having]
    if held.result is not None and held.answered == held.draft:
        return held.result.title, ". ".join([show.period_words(held.result), *groups])
    if not held.draft.metrics:
        return "Explore", "Pick a metric, or start from an example." if visible.metrics else ""
    checked = held.check(workspace)
    labels = {one.name: one.label or one.name for one in visible.metrics}
    title = checked.title or listed(labels.get(name, name) for name in held.draft.metrics)
    return title, ". ".join(part for part in (checked.period.words, checked.filters, *groups) if part)


def actions(held: ExploreState, workspace: Workspace) -> None:
    """The page's actions; undo and redo have keyboard shortcuts too."""
    if held.history.before or held.history.after:
        st.button(
            "", icon=":material/undo:", key="undo", help="Undo, Ctrl+Z", on_click=held.undo,
            disabled=not held.history.before,
        )  # fmt: skip
        st.button(
            "", icon=":material/redo:", key="redo", help="Redo, Ctrl+Shift+Z", on_click=held.redo,
            disabled=not held.history.after,
        )  # fmt: skip
    _help()
    if held.draft.metrics:
        save(held, workspace, lambda: heading(held, workspace)[0])
    if held.draft != Query():
        add_button(held, workspace, lambda: heading(held, workspace)[0])
        share(held, workspace)
        exports.menu(held.result if held.answered == held.draft else None, workspace, held.actor)
        st.button("New question", icon=":material/add:", key="new-question", on_click=asking(held, Query()))


def _help() -> None:
    """Help for newcomers: the steps, the keys."""
    with st.popover("", icon=":material/help:", help="Help", key="help", on_change="rerun") as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            st.markdown("**Keys**")
            st.markdown(
                ":small[Ctrl+Enter: run  \nCtrl+Z, Ctrl+Shift+Z: undo, redo  \n"
                "Arrows, Enter: move through results, pick  \nEscape: close a list]"
            )
            st.button("Show getting started", icon=":material/flag:", key="tour-again", on_click=open_tour)


def show_answer(held: ExploreState, workspace: Workspace) -> None:
    """The current state: nothing picked, refused, not run, running, failed, empty, or the answer."""
    show_way_back(held, workspace)
    saved_line(held, workspace)
    for place, sentence in enumerate(held.banner):
        notice("caution", "link_off", sentence, key=f"repaired-{place}")
    if held.is_changed and names_a_person(held.draft, workspace) and (held.link or (None,))[0] != held.draft:
        notice(
            "info",
            "link_off",
            "This question filters by a person, so it isn't in the address. Use Share to get a link.",
            key="unlinked",
        )
    if workspace.as_of_words:
        sentence = f"Using definitions {workspace.as_of_words}. Access follows today's policies."
        todays = Act("Use today's definitions", asking(held, replace(held.draft, as_of=None)))
        notice("info", "history", sentence, todays, key="as-of")
    if not held.draft.metrics:
        first_visit(held, workspace)
        return
    checked = held.check(workspace)
    if isinstance(checked.error, EngineFailed):
        show.failure(checked.error, [Act("Try again", held.press)], key="failed")
    elif not checked.ok:
        no_answer.refused(held, checked)
    elif held.pending is not None:
        _running(held)
    elif held.answered != held.draft:
        no_answer.not_run(held, checked, workspace)
    elif held.error is not None:
        show.failure(held.error, no_answer.ways_on(held, workspace), key="failed")
    elif held.result is not None and no_answer.is_empty(held.result):
        no_answer.empty(held, held.result, workspace)
    elif held.result is not None:
        show.result(
            held.result, workspace.visible(held.actor), workspace.model, today=workspace.today(), key="answer",
            workspace=workspace, actor=held.actor, ask=held.replace,
        )  # fmt: skip
        show.provenance(held.result, held.actor, workspace)


# Running


@st.fragment(run_every=0.5)
@in_turn
def _running(held: ExploreState) -> None:
    """Checks twice a second for the answer; until then, the elapsed time and Cancel."""
    if held.settle() or held.pending is None:
        st.rerun()
    progress = held.pending.progress()
    read = f", {progress.fraction:.0%} read" if progress.fraction else ""
    waiting = "Queued" if progress.state == "queued" else "Running"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="running"):
        st.markdown(
            f":gray[:material/progress_activity:] {waiting}, {progress.elapsed_seconds:.0f} s{read}", width="stretch"
        )
        st.button("Cancel", key="cancel", on_click=_cancelled(held))
    st.skeleton(300)
    st.skeleton(160)


def _cancelled(held: ExploreState) -> Callable[[], None]:
    def cancel() -> None:
        held.give_up()

    return cancel
