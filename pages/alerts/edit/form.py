"""The form of an alert: its number, its rule, and its patience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import streamlit as st

from pages.alerts.edit.draft import Draft
from pages.alerts.edit.rule_fields import rule_fields
from pages.explore.builder.filters import filters
from pages.shell.parts import plain
from semantic.alerts.alert import (
    GRAINS,
    LONGEST_NAME,
    MOST_APART_DAYS,
    MOST_ENDS_AFTER,
    MOST_HOLD_DAYS,
    Alert,
    CheckFailed,
    DataLate,
)
from semantic.explore.weekly import is_dated
from semantic.model.definitions import Granularity, Metric

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

CHECKED: Final[Mapping[Granularity, str]] = {
    Granularity.DAY: "Every day", Granularity.WEEK: "Every week", Granularity.MONTH: "Every month",
}  # fmt: skip


def alert_fields(draft: Draft, workspace: Workspace) -> Alert | None:
    """Draw the fields, and return the alert they describe; None while something is missing or can't be asked."""
    asking, seen, before = draft.asking, workspace.visible(draft.asking.actor), draft.before
    metric = _metric(draft, seen)
    if metric is None:
        st.caption("Choose the number to watch.")
        return None
    checked = asking.check(workspace)
    filters(asking, seen, checked, workspace)
    if checked.error is not None:
        st.warning(plain(str(checked.error)), icon=":material/error:")
    grain = _chosen_grain(draft)
    start = before.rule if before is not None and before.metric == metric.name else None
    rule = rule_fields(f"{draft.key}-{metric.name}", metric, grain, start)
    is_about_data = isinstance(rule, CheckFailed | DataLate)
    apart, ends, held = _patience(draft, grain, before or _PATIENT, is_about_data=is_about_data)
    name = st.text_input(
        "Name (optional)", value=before.name if before is not None else "", key=f"{draft.key}-name",
        max_chars=LONGEST_NAME, placeholder="Without one, its rule is its name",
    )  # fmt: skip
    if rule is None or checked.error is not None:
        return None
    return Alert(
        metric=metric.name, rule=rule, where=asking.draft.where, grain=grain, apart_days=apart, ends_after=ends,
        hold_days=held, name=" ".join((name or "").split()),
    )  # fmt: skip


def _metric(draft: Draft, seen: VisibleModel) -> Metric | None:
    """The number to watch: any with a date that this person can see."""
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


def _chosen_grain(draft: Draft) -> Granularity:
    """The periods that are chosen in a field further down, which the rule's own fields depend on."""
    start = draft.before.grain if draft.before is not None else Granularity.DAY
    chosen = st.session_state.get(f"{draft.key}-grain", start)
    return chosen if chosen in GRAINS else start


def _choose_grain(draft: Draft, grain: Granularity) -> None:
    st.selectbox(
        "Checked", GRAINS, index=GRAINS.index(grain), key=f"{draft.key}-grain",
        format_func=lambda grain: CHECKED[grain],
        help="Each day, week or month is checked once it's over and its data is loaded. Today is never checked.",
    )  # fmt: skip


def _patience(draft: Draft, grain: Granularity, start: Alert, *, is_about_data: bool) -> tuple[int, int, int]:
    """Days between two messages, normal periods after which it ends, and the longest it is held."""
    with st.grid(2, min_column_width=140, gap="small"):
        _choose_grain(draft, grain)
        apart = st.number_input(
            "Days between alerts", min_value=1, max_value=MOST_APART_DAYS, value=start.apart_days, step=1,
            key=f"{draft.key}-apart",
        )  # fmt: skip
        ends = st.number_input(
            plain(f"Ends after ({grain.words}s)"), min_value=1, max_value=MOST_ENDS_AFTER, value=start.ends_after,
            step=1,
            key=f"{draft.key}-ends",
            help=plain(f"After it fires, it can't fire again until this many normal {grain.words}s."),
        )  # fmt: skip
        held = start.hold_days
        if not is_about_data:
            held = st.number_input(
                "Hold at most (days)", min_value=1, max_value=MOST_HOLD_DAYS, value=start.hold_days, step=1,
                key=f"{draft.key}-held",
                help="While data is late, not final, too small or failing a check, no message is sent. After this long "
                "it is sent and says what isn't final.",
            )  # fmt: skip
    return int(apart), int(ends), int(held)


_PATIENT = Alert(metric="", rule=DataLate())
"""An alert as patient as a new one."""
