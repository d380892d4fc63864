"""What stands beside the builder: the answer, or why there is none yet, in one of a few states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import exports, recents, show
from pages.ui.filters import filter_labels, filter_words
from pages.ui.metric_filters import metric_filter_words
from pages.ui.parts import Act, block, empty_state, notice, plain, refusal
from pages.ui.pickers import DEFAULT_PERIOD
from pages.ui.question import PATIENCE, Question, asking, check, names_a_person, parts_of, with_parts, without_part
from pages.ui.share import share
from semantic.display.format import listed
from semantic.model.definitions import Granularity, Metric
from semantic.query.query import DATE, Breakdown, Previous, Query

if TYPE_CHECKING:
    from semantic.preflight import Preflight
    from semantic.result import Result
    from semantic.workspace import Workspace

STARTERS = 6


def advance(held: Question, workspace: Workspace) -> None:
    """Starts what may start and takes what has come, before the page is drawn."""
    if held.pending is not None and held.asked != held.draft:
        held.cancel()
    held.settle()
    if held.pending is None and held.answered != held.draft and held.draft.metrics:
        checked = held.check(workspace)
        if checked.ok and (held.pressed or checked.cost != "large"):
            held.start(workspace)
            held.settle(PATIENCE)
    if held.result is not None and held.answered == held.draft and not names_a_person(held.draft, workspace):
        recents.remember(held.draft)


def heading(held: Question, workspace: Workspace) -> tuple[str, str]:
    """The page's title and the line under it: of the answer shown, else of the question being built."""
    visible = workspace.visible(held.actor)
    groups = [f"Only where {metric_filter_words(one, visible)}" for one in held.draft.having]
    if held.result is not None and held.answered == held.draft:
        return held.result.title, ". ".join([show.period_words(held.result), *groups])
    if not held.draft.metrics:
        return "Explore", "Pick a metric, or start from one of these questions."
    checked = held.check(workspace)
    labels = {one.name: one.label or one.name for one in visible.metrics}
    title = checked.title or listed(labels.get(name, name) for name in held.draft.metrics)
    return title, ". ".join(part for part in (checked.period.words, checked.filters, *groups) if part)


def actions(held: Question, workspace: Workspace) -> None:
    """The page's actions; undo and redo have keys too."""
    if held.history.before or held.history.after:
        st.button(
            "", icon=":material/undo:", key="undo", help="Undo, Ctrl+Z", on_click=held.undo,
            disabled=not held.history.before,
        )  # fmt: skip
        st.button(
            "", icon=":material/redo:", key="redo", help="Redo, Ctrl+Shift+Z", on_click=held.redo,
            disabled=not held.history.after,
        )  # fmt: skip
    if held.draft != Query():
        share(held, workspace)
        exports.menu(held.result if held.answered == held.draft else None, workspace, held.actor)
        st.button("New question", icon=":material/add:", key="new-question", on_click=asking(held, Query()))


def show_answer(held: Question, workspace: Workspace) -> None:
    """The one state that holds: nothing picked, refused, not run, running, failed, empty, or the answer."""
    for place, sentence in enumerate(held.banner):
        notice("caution", "link_off", sentence, key=f"repaired-{place}")
    if names_a_person(held.draft, workspace):
        notice(
            "info",
            "link_off",
            "This question is not in the address, because it filters by a person. A link would not open it.",
            key="unlinked",
        )
    if not held.draft.metrics:
        _starters(held, workspace)
        return
    checked = held.check(workspace)
    if checked.error is not None and checked.error.code in show.FAILED:
        show.failure(checked.error, [Act("Try again", held.press)], key="failed")
    elif not checked.ok:
        _refused(held, checked)
    elif held.pending is not None:
        _running(held)
    elif held.answered != held.draft:
        _not_run(held, checked)
    elif held.error is not None:
        show.failure(held.error, _ways_on(held, workspace), key="failed")
    elif held.result is not None and _is_empty(held.result):
        _empty(held, held.result, workspace)
    elif held.result is not None:
        show.result(
            held.result, workspace.visible(held.actor), workspace.model, today=workspace.today(), key="answer",
            workspace=workspace, actor=held.actor, ask=held.replace,
        )  # fmt: skip
        show.provenance(held.result, held.actor)


# Nothing picked


def _starters(held: Question, workspace: Workspace) -> None:
    """Certified metrics as cards; a card offers only questions that have passed the preflight."""
    visible = workspace.visible(held.actor)
    certified = [one for one in visible.metrics if one.certified]
    metrics = sorted(certified or visible.metrics, key=lambda one: (one.label or one.name).casefold())
    with block("Start from a metric", "certified" if certified else ""), st.grid(3, min_column_width=220, gap="small"):
        shown = 0
        for metric in metrics:
            questions = _questions(metric, held, workspace)
            if questions and shown < STARTERS:
                shown += 1
                _starter(metric, questions, held)
    if not metrics:
        st.caption("There is no metric you may see. An administrator grants them.")


def _starter(metric: Metric, questions: list[tuple[str, Query]], held: Question) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        certified = " :green[:material/verified:]" if metric.certified else ""
        st.markdown(f"**{plain(metric.label or metric.name)}**{certified}")
        st.caption(plain(metric.description or metric.means or "No definition is written yet."))
        st.space("stretch")
        with st.container(horizontal=True, gap="xsmall"):
            for label, query in questions:
                st.button(plain(label), key=f"start-{metric.name}-{label}", on_click=asking(held, query))


def _questions(metric: Metric, held: Question, workspace: Workspace) -> list[tuple[str, Query]]:
    weekly = Query(metrics=(metric.name,), by=(Breakdown(DATE, Granularity.WEEK),), time=DEFAULT_PERIOD)
    checked = check(weekly, held.actor, workspace)
    if not checked.ok:
        plainly = Query(metrics=(metric.name,))
        return [("Show", plainly)] if check(plainly, held.actor, workspace).ok else []
    questions = [("Over time", weekly)]
    usable = [
        one
        for one in checked.available
        if one.name != DATE and one.kind == "categorical" and not one.tags & {"personal", "id"}
    ]
    if usable:
        first = next((one for one in usable if "channel" in one.name), usable[0])
        by = replace(weekly, by=(Breakdown(first.name),))
        if check(by, held.actor, workspace).ok:
            questions.append((f"By {(first.label or first.name).casefold()}", by))
    return questions


# No answer, and why


def _refused(held: Question, checked: Preflight) -> None:
    if checked.error is None:
        return
    title = checked.error.title
    reason = str(checked.error).removeprefix(title).lstrip(".: ")
    repairs = [Act(one.label, asking(held, one.query), one.effect) for one in checked.repairs]
    if Previous() in held.draft.compare and (checked.period.start is None or checked.period.end is None):
        repairs = [*_lighter(held), *repairs]
    refusal(title, reason[:1].upper() + reason[1:], repairs, checked.error.code, key="refused")


def _not_run(held: Question, checked: Preflight) -> None:
    acts = [Act("Run", held.press), *_lighter(held)]
    empty_state(
        "hourglass_empty",
        "Not run yet",
        f"This question {checked.cost_words}. It runs when you say so.",
        acts,
        key="not-run",
    )


def _lighter(held: Question) -> list[Act]:
    """The same question over fewer days."""
    return (
        []
        if held.draft.time == DEFAULT_PERIOD
        else [Act("Last 13 weeks", asking(held, replace(held.draft, time=DEFAULT_PERIOD)))]
    )


def _ways_on(held: Question, workspace: Workspace) -> list[Act]:
    """Try again; and where there was too much of it, questions with less."""
    again = Act("Run again" if held.error is not None and held.error.code == "cancelled" else "Try again", held.press)
    if held.error is None or held.error.code not in ("too_many_rows", "timed_out"):
        return [again]
    dims = [one for one in held.draft.by if one.dim != DATE]
    less = (
        []
        if not dims
        else [
            (
                f"Without {dims[-1].dim.replace('_', ' ')}",
                replace(held.draft, by=tuple(one for one in held.draft.by if one != dims[-1])),
            )
        ]
    )
    return (
        [Act(label, asking(held, query)) for label, query in less if check(query, held.actor, workspace).ok]
        + _lighter(held)
        + [again]
    )


def _is_empty(result: Result) -> bool:
    """Whether there is no group, or no value in any; totals that stand over nothing are no answer."""
    if result.table.num_rows == 0 or (result.keys and not result.groups):
        return True
    return all(result.table.column(one.name).null_count == result.table.num_rows for one in result.values)


def _empty(held: Question, result: Result, workspace: Workspace) -> None:
    """Says what leaves nothing: the filters, else the days."""
    visible = workspace.visible(held.actor)
    labels = filter_labels(visible)
    draft, parts = held.draft, parts_of(held.draft)
    within = f" You see {result.scope.removeprefix('Scope: ')} only." if result.scope else ""
    found = [(filter_words(part, labels), without_part(draft, part)) for part in parts]
    found += [
        (metric_filter_words(one, visible), replace(draft, having=tuple(it for it in draft.having if it != one)))
        for one in draft.having
    ]
    if found:
        acts = [Act(f"Remove {_short_name(words)}", asking(held, query)) for words, query in found[:3]]
        if len(found) > 1:
            acts.append(Act("Remove all", asking(held, replace(with_parts(draft, ()), having=()))))
        said = "; ".join(f"\N{LEFT DOUBLE QUOTATION MARK}{words}\N{RIGHT DOUBLE QUOTATION MARK}" for words, _ in found)
        empty_state(
            "filter_alt_off",
            "Nothing matches these filters",
            f"{said} in {result.period.words} leaves no rows.{within}",
            acts,
            key="empty",
        )
        return
    acts = [] if draft.time is None else [Act("All days there are", asking(held, replace(draft, time=None)))]
    loaded = f" {result.data_to_words}." if result.data_to_words else ""
    days = f"in {result.period.words}" if draft.time is not None else "on any day"
    empty_state("event_busy", "No data for these days", f"There is nothing {days}.{loaded}{within}", acts, key="empty")


def _short_name(words: str) -> str:
    """A filter's name on a button: without its values, where it says them after a colon."""
    return words.split(":")[0]


# Under way


@st.fragment(run_every=0.5)
def _running(held: Question) -> None:
    """Looks twice a second whether the answer has come; the elapsed time and Cancel meanwhile."""
    if held.settle() or held.pending is None:
        st.rerun()
    progress = held.pending.progress()
    read = f", {progress.fraction:.0%} read" if progress.fraction else ""
    waiting = "Waiting for its turn" if progress.state == "queued" else "Running"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="running"):
        st.markdown(
            f":gray[:material/progress_activity:] {waiting}, {progress.elapsed_seconds:.0f} s{read}", width="stretch"
        )
        st.button("Cancel", key="cancel", on_click=_cancelled(held))
    st.skeleton(300)
    st.skeleton(160)


def _cancelled(held: Question) -> Callable[[], None]:
    def cancel() -> None:
        held.give_up()

    return cancel
