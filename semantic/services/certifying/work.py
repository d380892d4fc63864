"""Request, give, renew and revoke certifications of metrics and named analyses, as one person.

Each act is checked against the current state of the criteria.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from semantic.analyses.events.named import find_named, metrics_of_named, named_analyses
from semantic.display.format import counted, listed
from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed
from semantic.model.certification_status import certificate
from semantic.model.named_analyses import NamedAnalysis
from semantic.model.settings import Criterion
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import describe_day
from semantic.results.failed_checks import CheckState
from semantic.services.certifying.settling import (
    LONGEST_MONTHS,
    Certifiable,
    Company,
    datasets_behind,
    key_of,
    meaning_of,
    months_after,
)
from semantic.services.process import Live
from semantic.services.reconciling.work import reconciled
from semantic.store.accounts.accounts import read_accounts
from semantic.store.audit.entries import find_subject
from semantic.store.certifications.certifications import ANALYSIS, GIVES, Acts, Deed, add_act, read_acts_of
from semantic.store.certifications.changes import DefinitionChange, read_changes
from semantic.store.models.versions import read_version
from semantic.store.numbers.past_findings import read_past_findings
from semantic.store.numbers.receipts import was_asked_since

ROLE: Final = "steward"
USED_DAYS: Final = 30
SOON: Final = timedelta(days=30)
"""How long before a certification's end people are reminded of it."""
IN_FILES: Final = (
    "Here, metrics are certified in the model's files. Add `certified:`, or run `python -m semantic certify`."
)
_OWN_DATA: Final = "It counts rows of a file that someone uploaded, so it can't be certified."
State = Literal["met", "unmet", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """The current state of one criterion. `blocks` means that the criterion is required and isn't met."""

    criterion: Criterion
    label: str
    state: State
    sentence: str
    is_required: bool

    @property
    def blocks(self) -> bool:
        return self.is_required and self.state != "met"


LABELS: Final = {
    Criterion.DESCRIBED: "Described",
    Criterion.OWNER: "Owner active",
    Criterion.CHECKS: "Checks passed",
    Criterion.REVIEWED: "Reviewed",
    Criterion.RECONCILED: "Reconciled",
    Criterion.USED: "Used",
}


@dataclass(frozen=True, slots=True)
class CertifyWork:
    """Certification for `actor`, checked against the current model. Raises StoreFailed whenever it reads or writes."""

    live: Live = field(repr=False)
    actor: Actor

    @property
    def seen(self) -> VisibleModel:
        return self.live.workspace().visible(self.actor)

    @property
    def is_here(self) -> bool:
        """Whether certification happens in the app, which requires a model with published versions."""
        return self.live.workspace().published is not None

    @property
    def _is_person(self) -> bool:
        return self.actor.kind == "person" and self.actor.viewed_by is None

    @property
    def may_request(self) -> bool:
        return self.is_here and self._is_person and self.actor.is_at_least("viewer")

    def may_decide(self, metric: Certifiable) -> bool:
        """Whether this person can certify a metric, provided that it meets the model's requirements."""
        return self.may_request and self.actor.is_at_least(ROLE) and self._shows(metric)

    def acts(self, metric: Certifiable) -> Acts:
        """Return the recorded acts of a metric's certification."""
        self._require_seen(key_of(metric))
        with self.live.store.read() as connection:
            return read_acts_of(connection, self.live.keys, key_of(metric))

    def longest(self) -> date:
        """Return the latest day until which a certification given today can be valid."""
        months = min(self.seen.model.settings.certification.months, LONGEST_MONTHS)
        return months_after(self.live.workspace().today(), months)

    # Criteria

    def criteria(self, metric: Certifiable) -> tuple[Criteria, ...]:
        """Return the current state of each criterion for a metric."""
        self._require_seen(key_of(metric))
        required = self.seen.model.settings.certification.require
        met: dict[Criterion, tuple[State, str]] = {
            Criterion.DESCRIBED: self._described(metric),
            Criterion.OWNER: self._owner(metric),
            Criterion.CHECKS: self._checks(metric),
            Criterion.REVIEWED: self._reviewed(metric),
        }
        if not isinstance(metric, NamedAnalysis):
            met |= {Criterion.RECONCILED: self._reconciled(metric), Criterion.USED: self._used(metric)}
        return tuple(
            Criteria(
                criterion=criterion,
                label=LABELS[criterion],
                state=state,
                sentence=text,
                is_required=criterion in required,
            )
            for criterion, (state, text) in met.items()
        )

    def _described(self, metric: Certifiable) -> tuple[State, str]:
        if isinstance(metric, NamedAnalysis):
            is_described = bool(metric.description.strip())
            return ("met", "Has a description.") if is_described else ("unmet", "Add a description.")
        missing = [
            name for name, text in (("what it means", metric.means), ("what it doesn't mean", metric.does_not_mean))
            if not text.strip()
        ]  # fmt: skip
        return ("unmet", f"Describe {listed(missing)}.") if missing else ("met", "Says what it means and doesn't mean.")

    def _owner(self, metric: Certifiable) -> tuple[State, str]:
        if not metric.owner:
            return "unmet", "It has no owner."
        with self.live.store.read() as connection:
            company = Company.of(self.live.people(), read_accounts(connection, self.live.keys, self.live.claimed))
        if company.is_off(metric.owner):
            return "unmet", f"The account of {metric.owner} is deactivated."
        return "met", f"{metric.owner}." if company.is_active(metric.owner) else f"{metric.owner}, a team."

    def _checks(self, metric: Certifiable) -> tuple[State, str]:
        model, now = self.seen.model, self.live.store.now()
        days = model.settings.certification.check_days
        datasets = datasets_behind(metric, model)
        found = [check for name in datasets for check in self.live.checks.known.found.get(name, ())]
        ran = [check for check in found if check.state is not CheckState.UNKNOWN]
        if any(check.state is CheckState.FAILS for check in ran):
            return "unmet", "A data check is failing."
        if not ran:
            return "unmet", "Its data hasn't been checked yet."
        with self.live.store.read() as connection:
            past = read_past_findings(connection)
        since = now - timedelta(days=days)
        if any(one.state is CheckState.FAILS and one.until >= since for check in ran for one in past.get(check.id, ())):
            return "unmet", f"A data check failed in the last {counted(days, 'day')}."
        if len(ran) < len(found):
            return "unmet", "A data check couldn't run."

        known = min((now - min([check.since, *(one.since for one in past.get(check.id, ()))])).days for check in ran)
        if known < days:
            return "unmet", f"All checks of its data have passed for {known} of the required {counted(days, 'day')}."
        passed = f"All checks of its data have passed for {counted(days, 'day')}."
        return "met", passed if days else "All checks of its data pass."

    def _reviewed(self, metric: Certifiable) -> tuple[State, str]:
        with self.live.store.read() as connection:
            changes = read_changes(connection, [key_of(metric)])
            if not changes:
                return "met", "Its meaning hasn't changed since it was first published."
            version = read_version(connection, changes[-1].version)
            me = find_subject(connection, self.actor.id)
        day = self._day(changes[-1])
        who = version.author_name.partition(",")[0] or "someone who left"
        if version.author == me:
            return "unmet", f"You changed its meaning on {day}, so someone else has to certify it."
        return (
            "met",
            f"{who[:1].upper()}{who[1:]} changed its meaning on {day}, so you can certify it.",
        )

    def _reconciled(self, metric: Certifiable) -> tuple[State, str]:
        found = reconciled(self.live, metric.name)
        if found is None:
            return "unknown", "Not reconciled with a platform's totals yet."
        return ("met" if found.is_within else "unmet"), f"{found.words} of a platform's totals in {found.month:%b %Y}."

    def _used(self, metric: Certifiable) -> tuple[State, str]:
        since = self.live.store.now() - timedelta(days=USED_DAYS)
        with self.live.store.read() as connection:
            is_used = was_asked_since(connection, metric.name, since)
        text = f"in the last {USED_DAYS} days."
        return ("met", f"Used {text}") if is_used else ("unmet", f"Not used {text}")

    def _day(self, change: DefinitionChange) -> str:
        zone = ZoneInfo(self.seen.model.settings.time_zone)
        return describe_day(change.at.astimezone(zone).date())

    # Actions

    def request(self, name: str, note: str = "") -> None:
        """Ask stewards to certify a metric. Raises NotAllowed, InvalidQuery, ChangedMeanwhile."""
        if not self.may_request:
            raise NotAllowed(
                IN_FILES if not self.is_here else "You can't request certification while viewing as someone else."
            )
        metric = self._certifiable(name)
        acts = self.acts(metric)
        if acts.request is not None:
            raise ChangedMeanwhile("Someone has requested this already. A steward will decide.")
        self._add(metric, "requested", acts, note=note)

    def decline(self, name: str, note: str) -> None:
        """Decline a request for certification, with a reason. Raises NotAllowed, InvalidQuery, ChangedMeanwhile."""
        metric, acts = self._decided(name)
        if acts.request is None:
            raise ChangedMeanwhile("There's no open request any more. Reload the page.")
        if not note.strip():
            raise InvalidQuery("Say why, so that the person who asked knows what to change.")
        self._add(metric, "declined", acts, note=note)

    def grant(self, name: str, until: date, *, meaning: str, note: str = "") -> None:
        """Certify a metric until a day, or renew its certification.

        `meaning` is the digest of the definition that this person was shown.

        Raises NotAllowed, InvalidQuery, ChangedMeanwhile.
        """
        self.live.take()
        metric, acts = self._decided(name)
        if metric.deprecated is not None:
            raise InvalidQuery("A deprecated metric can't be certified.")
        if meaning != self.meaning(metric):
            raise ChangedMeanwhile("The definition has changed since you opened it. Review it again, then certify it.")
        today, longest = self.live.workspace().today(), self.longest()
        if not today < until <= longest:
            raise InvalidQuery(f"Choose a day after today, up to {describe_day(longest)}.")
        if missing := [one.label.lower() for one in self.criteria(metric) if one.blocks]:
            raise NotAllowed(f"It doesn't meet the requirements for certification: {listed(missing)}.")
        deed: Deed = "renewed" if acts.decision is not None and acts.decision.deed in GIVES else "granted"
        if not acts.is_sealed:
            raise InvalidQuery("Its record was changed outside Samepage, so it can't be certified under this name.")
        self._add(metric, deed, acts, until=until, meaning=meaning, note=note)

    def revoke(self, name: str, note: str) -> None:
        """Revoke a certification now, even if someone else gave it.

        Raises NotAllowed, InvalidQuery, ChangedMeanwhile.
        """
        metric, acts = self._decided(name)
        if certificate(metric) is None:
            raise ChangedMeanwhile("It isn't certified any more. Reload the page.")
        if not note.strip():
            raise InvalidQuery("Say why. People who used the metric will want to know.")
        self._add(metric, "revoked", acts, note=note)

    def meaning(self, metric: Certifiable) -> str:
        """Return a digest of everything that determines the metric's numbers.

        A certification applies to this digest.
        """
        return meaning_of(self.live.workspace().model, key_of(metric))

    def _decided(self, name: str) -> tuple[Certifiable, Acts]:
        if not self.is_here:
            raise NotAllowed(IN_FILES)
        if not (self._is_person and self.actor.is_at_least(ROLE)):
            raise NotAllowed("Only stewards and administrators can certify metrics. Request certification from them.")
        metric = self._certifiable(name)
        return metric, self.acts(metric)

    def _certifiable(self, name: str) -> Certifiable:
        metric = self._require_seen(name)
        if metric.own_data:
            raise InvalidQuery(_OWN_DATA)
        if isinstance(metric, NamedAnalysis):
            model = self.seen.model
            if any(model.metrics[used].own_data for used in metrics_of_named(metric, model)):
                raise InvalidQuery(_OWN_DATA)
        return metric

    def _shows(self, metric: Certifiable) -> bool:
        if isinstance(metric, NamedAnalysis):
            return any(named.name == metric.name for named in named_analyses(self.seen))
        return self.seen.shows_metric(metric)

    def _require_seen(self, name: str) -> Certifiable:
        """Return the metric or analysis with this key. Raises UnknownName if it's unknown or hidden."""
        if name.startswith(ANALYSIS):
            return find_named(name.removeprefix(ANALYSIS), self.seen)
        return self.seen.metric(name)

    def _add(
        self,
        metric: Certifiable,
        deed: Deed,
        acts: Acts,
        *,
        until: date | None = None,
        meaning: str = "",
        note: str = "",
    ) -> None:
        with self.live.store.write() as transaction:
            add_act(
                transaction, self.live.keys, key_of(metric), deed, self.actor, known=len(acts.acts), until=until,
                meaning=meaning, note=note, label=metric.label,
            )  # fmt: skip
        self.live.settle()
