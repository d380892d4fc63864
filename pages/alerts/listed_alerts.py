"""One alert as the list, its own page and Home show it: its title, its state, and its recipients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pages.alerts.words import AlertState, state_of, value_words, when_words
from pages.widgets.item_words import name_without_job
from semantic.display.format import counted
from semantic.errors import NotAllowed, UnknownName
from semantic.model.definitions import Metric
from semantic.query.query import DATE, Breakdown, Last, Query
from semantic.services.alerts.listing import AlertNow, NamedRecipient, alert_now, alerts_now, named_recipients
from semantic.store.alerts.alerts import AlertRecipient

if TYPE_CHECKING:
    from semantic.services.alerts.work import AlertWork
    from semantic.store.alerts.alerts import StoredAlert

HIDDEN = "An alert on a metric you don't have access to"
PERIODS = {"day": 90, "week": 26, "month": 24}
"""The number of periods that an alert's question in Explore covers, by grain."""


@dataclass(frozen=True, slots=True)
class ListedAlert:
    """One alert, for one person. `metric` is None if the person has no access to the metric."""

    alert: AlertNow
    metric: Metric | None
    title: str
    rule: str
    patience: str
    to: str
    now: AlertState
    last: str
    today: date

    @property
    def kept(self) -> StoredAlert:
        return self.alert.kept

    @property
    def is_snoozed(self) -> bool:
        return self.alert.snoozed_until(self.today) is not None

    @property
    def is_firing(self) -> bool:
        """Whether the alert fires for this person, isn't snoozed, and hasn't been acknowledged."""
        return (
            self.metric is not None
            and self.alert.firing_since is not None
            and not (self.alert.is_acknowledged or self.is_snoozed)
        )

    @property
    def search_text(self) -> str:
        """The text that a search matches."""
        return " ".join((self.title, self.rule, self.to, self.now.words)).casefold()

    @property
    def query(self) -> Query:
        """The question about the alert's metric by period."""
        alert = self.kept.alert
        time = Last(PERIODS[alert.grain.value], alert.grain)
        return Query(metrics=(alert.metric,), where=alert.where, by=(Breakdown(DATE, alert.grain),), time=time)


def listed_alerts(work: AlertWork) -> list[ListedAlert]:
    """Return a person's alerts, firing ones first. Raises StoreFailed."""
    every = alerts_now(work)
    named = named_recipients(work, [alert.kept for alert in every])
    listed = [_listed(alert, work, named) for alert in every]
    return sorted(listed, key=lambda alert: (alert.now.rank, alert.title.casefold(), alert.kept.id))


def find_listed(work: AlertWork, id_: str) -> ListedAlert | None:
    """Return a person's alert by its ID, or None if it doesn't exist or isn't theirs. Raises StoreFailed."""
    try:
        alert = alert_now(work, id_)
    except NotAllowed:
        return None
    return _listed(alert, work, named_recipients(work, [alert.kept]))


def _listed(alert: AlertNow, work: AlertWork, named: Mapping[AlertRecipient, NamedRecipient]) -> ListedAlert:
    kept, today = alert.kept, work.workspace.today()
    try:
        metric = work.watched(kept.alert)
        rule = work.rule_words(kept.alert)
    except UnknownName:
        metric, rule = None, ""
    title = kept.alert.name or rule if metric is not None else HIDDEN
    return ListedAlert(
        alert, metric, title, rule, work.patience_words(kept.alert), _to(alert, work, named),
        state_of(alert, today, has_access=metric is not None), _last(alert, metric), today,
    )  # fmt: skip


def _last(alert: AlertNow, metric: Metric | None) -> str:
    """Return the newest period and its outcome, such as `28 Nov 2026: €10.2K, expected €12.1K to €15.0K`."""
    run = alert.newest
    if run is None or metric is None:
        return ""
    value = value_words(run, metric)
    return f"{when_words(run, alert.kept.alert)}: {value or run.why}"


def _to(alert: AlertNow, work: AlertWork, named: Mapping[AlertRecipient, NamedRecipient]) -> str:
    """Return who set the alert or, to the person who set it, who gets it. Recipients don't see each other."""
    kept = alert.kept
    owner = name_without_job(kept.owner_name) or "a former user"
    if not alert.is_mine:
        return f"Set by {owner}."
    others = [_name(named[one]) for one in kept.recipients if named[one].chosen.id != work.actor.id]
    return f"To {_names(['you'] if alert.is_told else [], others)}."


def _name(named: NamedRecipient) -> str:
    match named.chosen.kind:
        case "group":
            return f"group {named.name}"
        case "destination":
            return named.name or "a removed destination"
        case "person":
            return name_without_job(named.name) or "a former user"


def _names(mine: Sequence[str], others: Sequence[str]) -> str:
    names = [*mine, *others]
    if len(names) <= 3:
        return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]
    return f"{', '.join(names[:2])} and {counted(len(names) - 2, 'other')}"
