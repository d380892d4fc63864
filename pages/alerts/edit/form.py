"""The form of an alert on a metric: the metric, its rule, and its waiting times."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.alerts.edit.draft import Draft
from pages.alerts.edit.number import number_fields
from pages.alerts.edit.patience import chosen_grain, name_field, patience_fields
from pages.alerts.edit.rule_fields import rule_fields
from pages.explore.builder.filters import filters
from pages.shell.parts import plain
from semantic.alerts.alert import Alert, CheckFailed, DataLate
from semantic.explore.weekly import is_dated
from semantic.model.definitions import Granularity, Metric

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace


def alert_fields(draft: Draft, workspace: Workspace) -> Alert | None:
    """Draw the fields, and return the alert that they describe, or None while a value is missing or invalid."""
    asking, seen, before = draft.asking, workspace.visible(draft.asking.actor), draft.before
    if draft.of is not None:
        return number_fields(draft, draft.of, workspace)
    if draft.why_not:
        st.warning(plain(draft.why_not), icon=":material/error:")
    metric = _metric(draft, seen)
    if metric is None:
        st.caption("Choose the number to watch.")
        return None
    checked = asking.check(workspace)
    filters(asking, seen, checked, workspace)
    if checked.error is not None:
        st.warning(plain(str(checked.error)), icon=":material/error:")
    grain = chosen_grain(draft, Granularity.DAY)
    start = before.rule if before is not None and before.metric == metric.name else None
    rule = rule_fields(f"{draft.key}-{metric.name}", metric, grain, start)
    is_about_data = isinstance(rule, CheckFailed | DataLate)
    apart, ends, held = patience_fields(draft, grain, is_about_data=is_about_data)
    name = name_field(draft)
    if rule is None or checked.error is not None:
        return None
    return Alert(
        metric=metric.name, rule=rule, where=asking.draft.where, grain=grain, apart_days=apart, ends_after=ends,
        hold_days=held, name=name,
    )  # fmt: skip


def _metric(draft: Draft, seen: VisibleModel) -> Metric | None:
    """Draw the choice of the metric to watch, and return it. All metrics that have a date and that this person can see
    are offered.
    """
    asking = draft.asking
    metrics = {metric.name: metric for metric in seen.metrics if is_dated(metric, seen)}
    names = sorted(metrics, key=lambda name: (metrics[name].label or name).casefold())
    now = asking.draft.metrics[0] if asking.draft.metrics else None
    chosen: str | None = st.selectbox(
        "Alert me about", names, index=names.index(now) if now in metrics else None, key=asking.key("alert-metric"),
        format_func=lambda name: metrics[name].label or name, placeholder="Choose a metric",
    )  # fmt: skip
    if chosen is None:
        return None
    if chosen != now:
        asking.change(replace(asking.draft, metrics=(chosen,)))
    return metrics[chosen]
