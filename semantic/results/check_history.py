"""What the checks of the data were found to be before, as plain data: how long each was so, and when that changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from semantic.results.failed_checks import CheckState, FoundCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFinding:
    """What a check was found to be from one look to another, both included, UTC; then it was found otherwise, or it was
    not looked at any more. `what` is for stewards: it names columns, and no value of a row."""

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
    """A check that was found to be otherwise than before: `before` is None where nothing was known of it."""

    at: datetime
    dataset: str
    what: str
    state: CheckState
    before: PastFinding | None


def last_held(check: str, past: PastFindings) -> datetime | None:
    """When a check that does not hold was last found to hold; None where that is not known."""
    return next((one.until for one in past.get(check, ()) if one.state is CheckState.HOLDS), None)


def changes(found: Iterable[FoundCheck], past: PastFindings) -> list[Change]:
    """The changes of some checks, the newest first. How one was first found is none, but where it failed and nobody
    looks at it any more: nothing else would tell of that."""
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
