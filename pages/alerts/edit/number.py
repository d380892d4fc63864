"""The form of an alert on a number of an analysis: the number, its rule, and its waiting times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.alerts.analysis_link import analysis_link
from pages.alerts.edit.draft import Draft
from pages.alerts.edit.patience import chosen_grain, name_field, patience_fields
from pages.alerts.edit.rule_fields import rule_fields
from pages.shell.parts import plain
from semantic.alerts.alert import GRAINS, Alert, AnalysisNumber
from semantic.alerts.analysis_numbers import (
    check_number,
    first_metric,
    grains_of,
    number_label,
    number_metric,
    numbers_of,
    usual_grain,
)
from semantic.errors import SemanticError
from semantic.services.alerts.of_analysis import named_number

if TYPE_CHECKING:
    from semantic.analyses.events.read import PlannedEvents
    from semantic.workspace import Workspace


def number_fields(draft: Draft, of: AnalysisNumber, workspace: Workspace) -> Alert | None:
    """Draw the fields, and return the alert that they describe, or None while a value is missing or invalid."""
    try:
        planned = named_number(of, workspace, draft.asking.actor)
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/error:")
        return None
    of = draft.of = _number(draft, of, planned)
    grain = chosen_grain(draft, usual_grain(of))
    filters = f"{planned.filters}. " if planned.filters else ""
    st.caption(plain(f"{filters}Each {grain.words} is counted as if it were the only one."))
    analysis_link(of, grain, workspace)
    try:
        check_number(of, grain)
    except SemanticError as error:
        st.warning(plain(str(error)), icon=":material/error:")
        return None
    before = draft.before
    key = f"{draft.key}-{of.name}-{of.step}"
    start = before.rule if before is not None and before.of == of else None
    rule = rule_fields(key, number_metric(of, planned), grain, start, is_of_analysis=True)
    grains = [each for each in GRAINS if each in grains_of(of)]
    apart, ends, held = patience_fields(draft, grain, grains=grains)
    name = name_field(draft)
    if rule is None:
        return None
    return Alert(
        metric=first_metric(of), rule=rule, grain=grain, apart_days=apart, ends_after=ends, hold_days=held, name=name,
        of=of,
    )  # fmt: skip


def _number(draft: Draft, of: AnalysisNumber, planned: PlannedEvents) -> AnalysisNumber:
    """Draw the choice of the number to watch, and return it."""
    offered = numbers_of(of.analysis)
    labels = [number_label(each, planned) for each in offered]
    now = number_label(of, planned)
    chosen: str | None = st.selectbox(
        "Alert me about", labels, index=labels.index(now) if now in labels else 0, key=f"{draft.key}-number",
    )  # fmt: skip
    return offered[labels.index(chosen)] if chosen in labels else of
