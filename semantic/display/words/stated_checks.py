"""Describe a dataset's checks, counted by kind. Columns aren't named, because not everyone can see all of them."""

from __future__ import annotations

from collections.abc import Sequence

from semantic.display.format import counted, share
from semantic.model.definitions import Check, CheckKind

_ALWAYS = {
    CheckKind.NOT_NULL: ("field is always filled in", "fields are always filled in"),
    CheckKind.ACCEPTED: ("field has expected values only", "fields have expected values only"),
    CheckKind.RELATIONSHIP: ("link always leads to an existing row", "links always lead to an existing row"),
}
_MOSTLY = {
    CheckKind.NOT_NULL: ("field is filled in at least", "fields are filled in at least"),
    CheckKind.RELATIONSHIP: ("link leads to an existing row in at least", "links lead to an existing row in at least"),
}


def stated_checks(checks: Sequence[Check]) -> list[str]:
    """Return the conditions that the checks test: "7 fields are always filled in", "no duplicate rows"."""
    stated_checks: list[str] = []
    if any(check.kind is CheckKind.UNIQUE for check in checks):
        stated_checks.append("No duplicate rows")
    for kind, (single, several) in _ALWAYS.items():
        count = sum(check.kind is kind and check.at_least >= 1 for check in checks)
        if count:
            stated_checks.append(counted(count, single, several))
    for kind, (single, several) in _MOSTLY.items():
        shares = [check.at_least for check in checks if check.kind is kind and check.at_least < 1]
        if shares:
            stated_checks.append(f"{counted(len(shares), single, several)} {share(min(shares), 0)} of rows")
    for check in checks:
        if check.kind is CheckKind.ROWS:
            stated_checks.append(
                f"There {'is' if check.at_least == 1 else 'are'} at least {counted(round(check.at_least), 'row')}"
            )
    return stated_checks
