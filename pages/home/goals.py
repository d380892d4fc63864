"""Targets on the Home page of a leader: a sentence about those that are behind, and the progress of each."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shell import links, session
from pages.shell.parts import block, plain
from pages.shell.turns import in_turn
from pages.widgets.attainment import TargetAttainment, attainments_of, current_aims
from pages.widgets.meter import attainment
from semantic.display.words.kpi import only_row, read_headline
from semantic.display.words.pace import pace_cells, targets_sentence
from semantic.display.words.targets import span_words, target_scope_words
from semantic.errors import SemanticError
from semantic.query.periods import Calendar
from semantic.results.result import Result
from semantic.targets.pace import Pace
from semantic.workspace import Workspace

MOST, MOST_ASKED = 4, 12


@st.fragment(parallel=True)
@in_turn
def goals() -> None:
    """Draw the targets whose period hasn't ended, with those behind target first. Draws nothing if there are none."""
    workspace, actor = session.require("viewer")
    try:
        targets = session.target_work(workspace, actor).targets()
    except SemanticError:
        with block("Targets"):
            st.caption("Couldn't load targets. Reload to try again.")
        return
    aims = current_aims(targets, workspace, actor)[:MOST_ASKED]
    if not aims:
        return
    slot = st.empty()
    found = attainments_of(aims, targets, workspace, actor, waiting=lambda: slot.skeleton(150))
    paced = [(row, row.pace) for row in found if isinstance(row.pace, Pace)]
    with slot.container(gap="xsmall"), block("Targets"):
        sentence = targets_sentence([(_name(row, workspace), pace, row.column) for row, pace in paced])
        if sentence:
            st.markdown(plain(sentence))
        _cards(paced[:MOST], workspace)
        if not paced:
            st.caption("None of the current targets can be compared with your data.")


def _cards(rows: Sequence[tuple[TargetAttainment, Pace]], workspace: Workspace) -> None:
    settings = workspace.model.settings
    calendar = Calendar(settings.week_start, settings.fiscal_start)
    if not rows:
        return
    with st.grid(MOST, min_column_width=160, gap="small"):
        for row, pace in rows:
            aim = row.aim
            with st.container(border=True, height="stretch", gap="xxsmall", key=f"goal-{aim.id}"):
                links.explore_link(_name(row, workspace), aim.query, strong=True)
                st.markdown(f":small[:gray[{plain(span_words(aim.first, aim.last, calendar))}]]")
                assert isinstance(row.answer, Result)  # Without an answer, there's no pace.
                number = read_headline(row.column, only_row(row.answer), row.answer)
                st.metric(plain(aim.metric.label or aim.metric.name), number.value, label_visibility="collapsed")
                attainment(pace, row.column, key=f"goal-{aim.id}")
                target = f"Target {pace_cells(pace, row.column).target}"
                st.markdown(f":small[:gray[{plain(target)}]]")


def _name(row: TargetAttainment, workspace: Workspace) -> str:
    """Return the label of a target: its metric, and who the target is for."""
    aim, label = row.aim, row.aim.metric.label or row.aim.metric.name
    if not aim.dim:
        return label
    actor = session.require("viewer")[1]
    return f"{label}, {target_scope_words(aim.dim, aim.member, workspace.visible(actor))}"
