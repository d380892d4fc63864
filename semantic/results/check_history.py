"""Past results of the data checks, as plain data: how long each result held and when it changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from semantic.results.failed_checks import CheckState, FoundCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFinding:
    """The result of a check from one run to another, both included, UTC; afterwards it changed or the check no
    longer ran. `what` is for stewards: it names columns, but no value of a row."""

    check: str
    dataset: str
    what: str
    state: CheckState
    since: datetime
    until: datetime


PastFindings = Mapping[str, Sequence[PastFinding]]
"""By check, the newest first."""


@dataclass(frozen=True, slots=True)
class Change:
    """A check whose result changed: `before` is None if nothing was known."""

    at: datetime
    dataset: str
    what: str
    state: CheckState
    before: PastFinding | None


def last_held(check: str, past: PastFindings) -> datetime | None:
    """When a failing check last passed; None if unknown."""
    return next((one.until for one in past.get(check, ()) if one.state is CheckState.HOLDS), None)


def changes(found: Iterable[FoundCheck], past: PastFindings) -> list[Change]:
    """The changes of some checks, newest first. A check's first result isn't a change, unless it failed and the
    check no longer runs: nothing else would mention it."""
    now = {one.id: one for one in found if one.state is not CheckState.UNKNOWN}
    made: list[Change] = []
    for check in {**now, **past}:
        newest, older = [now[check]] if check in now else [], past.get(check, ())
        for one, before in zip([*newest, *older], [*older[1 - len(newest) :], None], strict=True):
            was = (
                before.state if before is not None else CheckState.HOLDS if isinstance(one, PastFinding) else one.state
            )
            if one.state is not was:
                made.append(Change(one.since, one.dataset, one.what, one.state, before))
    return sorted(made, key=lambda one: (one.at, one.dataset, one.what), reverse=True)
