"""Why a funnel step changed, on the Analyses page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.analyses import charts
from pages.analyses.breakdowns import several_breakdowns
from pages.analyses.draft import Data, at
from pages.analyses.form import Form
from pages.analyses.funnel.page import example as funnel_example
from pages.analyses.kind import Answer, KindPage, ShownAnswer, metrics_in
from pages.analyses.running import ConvertedResult, PendingResult
from pages.widgets.theme import current_tokens
from semantic.analyses.events.profile.question import MOST_BREAKDOWNS
from semantic.analyses.events.step_change import STEP_CHANGE, StepChange, read_step_change, step_change_data
from semantic.services.analyzing.breakdowns import breakdowns_of
from semantic.services.analyzing.cost import cost_of
from semantic.services.analyzing.pending import ThreadedAnalysis
from semantic.services.analyzing.step_change import (
    StepChanged,
    change_charts,
    change_of_step,
    change_sentence,
    change_tables,
)

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace


def example(seen: VisibleModel, workspace: Workspace) -> Data | str:
    """Return the analysis of the second step in the funnel's example, or why there is none."""
    funnel = funnel_example(seen, workspace)
    if isinstance(funnel, str):
        return funnel
    by = breakdowns_of(workspace, funnel["steps"][0]["metric"], funnel["subject"], seen.actor)
    if not by:
        return "This needs an event with a breakdown, and you don't have access to any."
    time = funnel.pop("time")
    return {"kind": "step_change", "v": 1, "funnel": funnel, "step": 2, "by": by, "time": time}


def form(form: Form) -> None:
    """Draw the choice of a step, and the breakdowns whose groups are searched."""
    steps: list[Any] = at(form.data, ("funnel", "steps"), [])
    names = [str(step.get("name") or form.label_of(str(step.get("metric", "")))) for step in steps]
    options = {place + 1: f"{names[place - 1]} → {names[place]}" for place in range(1, len(names))}
    form.choice("Step", ("step",), options)
    several_breakdowns(form, ("by",), str(at(form.data, ("funnel", "steps", 0, "metric"), "")), MOST_BREAKDOWNS)
    st.caption("The period is compared with the one before it, of the same length.")


def result(shown: ShownAnswer) -> None:
    """Draw the contributions of the groups that explain most of the change."""
    changed: StepChanged = shown.answer.found
    charts.draw(change_charts(changed, current_tokens()), shown)


def run(workspace: Workspace, asked: StepChange, actor: Actor) -> Answer:
    """Run the analysis, and return its answer for the page."""
    return _told(change_of_step(workspace, asked, actor))


def begin(workspace: Workspace, asked: StepChange, actor: Actor) -> PendingResult[Answer]:
    """Start the analysis, and return the pending result, which the page can cancel."""
    return ConvertedResult(ThreadedAnalysis(lambda stop: change_of_step(workspace, asked, actor, stop=stop)), _told)


def _told(changed: StepChanged) -> Answer:
    return Answer(
        found=changed,
        sentence=change_sentence(changed),
        rule=changed.rule,
        notes=changed.notes,
        tables=change_tables(changed),
        scope=changed.scope,
    )


STEP_CHANGE_PAGE = KindPage(
    name="step_change",
    label="Why a step changed",
    icon="compare_arrows",
    answers="Why more or fewer people reached a funnel step than in the previous period.",
    example=example,
    form=form,
    result=result,
    read=read_step_change,
    data=step_change_data,
    run=run,
    begin=begin,
    cost=lambda workspace, asked, actor: cost_of(workspace, STEP_CHANGE, asked, actor),
    metrics=metrics_in,
)
