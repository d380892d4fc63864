"""The past results of data checks as plain data: how long each result lasted, and when it changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from semantic.results.failed_checks import CheckState, FoundCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFinding:
    """A result that a check had from one run to another, both included. Times are in UTC.

    After the second run, the result changed or the check stopped running. `what` is for stewards. It names columns, but
    contains no values from rows.
    """

    check: str
    dataset: str
    what: str
    state: CheckState
    since: datetime
    until: datetime


PastFindings = Mapping[str, Sequence[PastFinding]]
"""The past results of each check, newest first."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change in a check's result. `before` is the previous result, or None if there was none."""

    at: datetime
    dataset: str
    what: str
    state: CheckState
    before: PastFinding | None


def last_held(check: str, past: PastFindings) -> datetime | None:
    """Return when a failing check last passed, or None if that isn't known."""
    return next((finding.until for finding in past.get(check, ()) if finding.state is CheckState.HOLDS), None)


def changes(checks: Iterable[FoundCheck], past: PastFindings) -> list[Change]:
    """Return the changes in the results of these checks, newest first.

    A check's first result isn't a change. The exception is a failed check that no longer runs, because it wouldn't be
    mentioned anywhere else.
    """
    now = {check.id: check for check in checks if check.state is not CheckState.UNKNOWN}
    changes: list[Change] = []
    for check in {**now, **past}:
        newest, older = [now[check]] if check in now else [], past.get(check, ())
        for run, before in zip([*newest, *older], [*older[1 - len(newest) :], None], strict=True):
            was = (
                before.state if before is not None else CheckState.HOLDS if isinstance(run, PastFinding) else run.state
            )
            if run.state is not was:
                changes.append(Change(run.since, run.dataset, run.what, run.state, before))
    return sorted(changes, key=lambda change: (change.at, change.dataset, change.what), reverse=True)
