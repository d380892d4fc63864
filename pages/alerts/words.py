"""The state of an alert in words: firing, held, snoozed, paused or normal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pages.shell.parts import State
from semantic.alerts.judging import is_judged_daily
from semantic.display.format import period as period_name
from semantic.display.format import writer
from semantic.display.words.targets import column_of
from semantic.model.definitions import Granularity
from semantic.query.describe import describe_day

if TYPE_CHECKING:
    from semantic.alerts.alert import Alert
    from semantic.display.format import Write
    from semantic.model.definitions import Metric
    from semantic.services.alerts.listing import AlertNow
    from semantic.store.alerts.runs import AlertRun

OUTSIDE = "It was changed outside Samepage, so it isn't used. Remove it, and set it again."
NO_ACCESS = "You no longer have access to its metric."


@dataclass(frozen=True, slots=True)
class AlertState:
    """An alert's state: a few words, its colour and icon, the reason in a sentence, and its sort order."""

    words: str
    state: State
    icon: str
    why: str = ""
    rank: int = 0


def state_of(alert: AlertNow, today: date, *, has_access: bool) -> AlertState:
    """Return an alert's state for one person, who may have no access to its metric."""
    kept, run, until = alert.kept, alert.newest, alert.snoozed_until(today)
    if not kept.is_sealed:
        return AlertState("Not used", "bad", "error", OUTSIDE, 2)
    if kept.paused_at is not None or not has_access:
        return AlertState("Paused", "quiet", "pause_circle", kept.why_paused if has_access else NO_ACCESS, 6)
    if until is not None:
        return AlertState(f"Snoozed until {describe_day(until)}", "quiet", "snooze", "", 5)
    since = alert.firing_since
    if since is not None:
        who = kept.acknowledged_by.partition(", ")[0] or "a former user"
        why = f"Acknowledged by {who}." if alert.is_acknowledged else ""
        name = period_name(since, grain_of(kept.alert))
        return AlertState(f"Firing since {name}", "bad", "notification_important", why, int(alert.is_acknowledged))
    if run is None:
        return AlertState("Not checked yet", "quiet", "schedule", "", 4)
    if run.outcome == "held":
        held = run.judgement.until
        return AlertState(f"Held until {describe_day(held)}" if held else "Held", "caution", "hourglass_top", "", 2)
    if run.outcome == "failed":
        return AlertState("Failed", "bad", "error", "", 2)
    return AlertState("Normal", "good", "check_circle", "", 3)


def grain_of(alert: Alert) -> Granularity:
    """Return the grain of the periods that an alert judges."""
    return Granularity.DAY if is_judged_daily(alert) else alert.grain


def when_words(run: AlertRun, alert: Alert) -> str:
    """Return the name of a period in the history, as people write it."""
    return period_name(run.period, grain_of(alert))


def write_of(metric: Metric) -> Write:
    """Return the function that formats an alert's numbers."""
    return writer(column_of(metric))


def value_words(run: AlertRun, metric: Metric) -> str:
    """Return a period's number and its expected range, such as `€10.2K, expected €12.1K to €15.0K`."""
    write, judgement = write_of(metric), run.judgement
    if judgement.value is None:
        return ""
    low, high = judgement.low, judgement.high
    if low is not None and high is not None:
        return f"{write(judgement.value)}, expected {write(low)} to {write(high)}"
    return write(judgement.value)
