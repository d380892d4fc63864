"""The failing data checks, the datasets that they concern, and what each actor can know about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from semantic.model.definitions import CheckKind
from semantic.policy.narrow import VisibleModel
from semantic.results.result import FailedCheck


class CheckState(StrEnum):
    """The result of a check. Neither a warning nor a check that couldn't run counts as a failure."""

    HOLDS = "holds"
    WARNS = "warns"
    FAILS = "fails"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCheck:
    """The latest result of one check of a dataset.

    `what` is for stewards. It names columns, but contains no values from rows. `since` is when the check first had this
    result. `data_version` is None if the engine provides none.
    """

    id: str
    dataset: str
    kind: str
    what: str
    state: CheckState
    since: datetime
    looked_at: datetime
    model_version: str
    data_version: str | None = None


FoundChecks = Mapping[str, tuple[FoundCheck, ...]]
"""The latest results of each dataset's checks, in the order in which they were checked."""

_KIND_WORDS = {
    CheckKind.UNIQUE: "some rows are duplicated",
    CheckKind.NOT_NULL: "a required field is empty",
    CheckKind.ACCEPTED: "a field has unexpected values",
    CheckKind.RELATIONSHIP: "some rows refer to something that doesn't exist",
    CheckKind.ROWS: "there are fewer rows than expected",
    "grain": "some rows are duplicated",
    "columns": "its table doesn't match the model",
    "validity": "some versions overlap",
    "bridge": "some shares don't add up to 1",
    "read": "its table couldn't be read",
}
"""What a failing check of each kind means, in words. Columns aren't named, because not everyone can see all of them."""


def failed_checks(checks: FoundChecks, datasets: Iterable[str], visible: VisibleModel) -> tuple[FailedCheck, ...]:
    """Return the failing checks of `datasets`, in words for this actor.

    Checks that this actor can see in detail come first, sorted by how long they have failed, longest first.
    """
    told = dict.fromkeys(_failed(checks, sorted(datasets), visible))
    return tuple(sorted(told, key=lambda check: (not check.what, check.at is None, check.at, check.data, check.what)))


def _failed(checks: FoundChecks, datasets: Iterable[str], visible: VisibleModel) -> Iterator[FailedCheck]:
    for name in datasets:
        for check in checks.get(name, ()):
            if check.state is CheckState.FAILS:
                yield describe_failed_check(check, visible)


def describe_failed_check(check: FoundCheck, visible: VisibleModel) -> FailedCheck:
    """Return a failing check, in words for this actor.

    An actor who can't see all rows of the dataset learns that a check fails, but not which one, because the failure may
    be in hidden rows (guarantee G6). Only stewards see the names of columns.
    """
    dataset = visible.model.datasets.get(check.dataset)
    if dataset is None or visible.rules or not visible.shows_fact(check.dataset):
        return FailedCheck()
    data = dataset.label or dataset.name
    what = check.what if visible.actor.is_at_least("steward") else _KIND_WORDS.get(check.kind, "a check failed")
    return FailedCheck(what, data, check.since)
