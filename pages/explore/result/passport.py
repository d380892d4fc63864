"""The passport of a number, on the right of the page: its meaning, its components, and its origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.asking import form as asking
from pages.shell import links, session
from pages.shell.parts import NO_DESCRIPTION, plain
from pages.shell.turns import in_turn
from semantic.display.words.passport import Line, Passport, describe_cell
from semantic.errors import SemanticError
from semantic.results.cell import cell_of, cell_question
from semantic.results.formula import asked_in, formula_tree, made_in
from semantic.services.requests.work import RequestOrigin

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.results.result import Result
    from semantic.workspace import Workspace

INDENT = 16  # pixels for each level of the tree


def open_passport(workspace: Workspace, actor: Actor, shown: Result, row: int, column: str) -> None:
    """Open the passport of a cell, which is in a row of the result's table and in a metric's column."""
    _dialog(workspace, actor, shown, row, column)


@st.dialog("Where this number comes from", position="right", width="small")
@in_turn
def _dialog(workspace: Workspace, actor: Actor, shown: Result, row: int, column: str) -> None:
    _, asking = session.require("viewer")
    if asking != actor:
        st.rerun()
    draw_passport(passport_of(workspace, actor, shown, row, column), with_sql=actor.is_at_least("steward"))


def passport_of(workspace: Workspace, actor: Actor, shown: Result, row: int, column: str) -> Passport:
    """Return the passport of a cell. Its components are computed under the person's own policy."""
    visible, today = workspace.visible(actor), workspace.today()
    cell = cell_of(shown, row, column)
    assert cell.column.metric is not None
    tree = formula_tree(cell.column.metric, visible)
    try:
        parts = cell_question(cell, shown.query, tuple(asked_in(tree)))
        again = workspace.ask(parts, actor, today=today, made=made_in(tree))
    except SemanticError:
        again = None
    return describe_cell(shown, row, cell, tree, again, visible, today=today)


def draw_passport(passport: Passport, *, with_sql: bool) -> None:
    """Draw the parts of a passport, from the number to its origin."""
    with st.container(gap="xxsmall", key="passport-number"):
        number = plain(passport.value) if passport.is_enough else f":gray[{plain(passport.value)}]"
        unit = f" :small[:gray[{plain(passport.unit)}]]" if passport.unit else ""
        st.metric(
            plain(passport.title), number + unit, delta=plain(passport.place), delta_color="off", delta_arrow="off"
        )
        if passport.remark:
            st.markdown(f":small[:orange[:material/info:] {plain(passport.remark)}]")
    with st.container(gap="xxsmall", key="passport-meaning"):
        st.markdown(plain(passport.means or NO_DESCRIPTION))
        if passport.does_not_mean:
            st.markdown(f":gray[Not: {plain(passport.does_not_mean)}]")
    _formula(passport)
    if passport.receipt:
        with st.container(horizontal=True, gap="small", key="passport-receipt"):
            links.receipt_link(passport.receipt, "Re-run this number")
            _is_it_right(passport)
    st.table({label: plain(text) for label, text in passport.facts}, border="horizontal")
    if with_sql:
        with st.expander("SQL of this number", icon=":material/code:"):
            st.code(passport.sql, language=None, wrap_lines=True)


def _is_it_right(passport: Passport) -> None:
    """Draw a button that asks a steward about the number and attaches its receipt."""
    _, actor = session.require("viewer")
    if asking.may_ask(actor) and st.button(
        asking.RIGHT_LABEL, icon=f":material/{asking.ICON}:", key="passport-right", type="tertiary"
    ):
        place = RequestOrigin(place="receipt", receipt=passport.receipt)
        words = f"Is {passport.title} right?"
        asking.begin(asking.Start(kind="number", words=words, metric=passport.metric, asking=place))
        st.rerun()


def _formula(passport: Passport) -> None:
    """Draw the formula as a tree. Each line has a metric with its own number, and its calculation is below."""
    with st.container(border=True, gap="xxsmall", key="passport-formula"):
        st.markdown("**How it's calculated**")
        if not passport.parts:
            st.markdown(plain(passport.computed_as))
            if passport.no_parts:
                st.markdown(f":small[:orange[:material/sync_problem:] {plain(passport.no_parts)}]")
            return
        for place, line in enumerate(passport.parts):
            _line(line, place)


def _line(line: Line, place: int) -> None:
    label = plain(line.label) if line.value else f":gray[{plain(line.label)}]"
    name = f"**{label}**" if line.depth == 0 else f":gray[{line.sign}] {label}" if line.sign else label
    with st.container(horizontal=True, gap=None, key=f"passport-line-{place}"):
        if line.depth:
            st.space(INDENT * line.depth)
        with st.container(gap=None, width="stretch"):
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                st.markdown(name, width="stretch")
                if line.value:
                    st.markdown(f"**{plain(line.value)}**", width="content")
            if line.how:
                st.markdown(f":small[:gray[{plain(line.how)}]]")
