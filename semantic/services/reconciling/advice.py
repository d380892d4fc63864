"""Suggest what to do about the differences in a comparison, most useful suggestion first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from semantic.display.format import listed
from semantic.errors import counted
from semantic.query.describe import describe_day
from semantic.query.member_labels import Labels
from semantic.reconciliation.words import off_words
from semantic.services.reconciling.work import Compared

MOST_NAMED: Final = 3
SMALL: Final = Fraction(1, 100)
"""The largest share of our number by which our rules may miss our metric and still describe it well enough."""


def advice(compared: Compared, group: str, labels: Labels, write: Callable[[Fraction], str]) -> list[str]:
    """Return suggestions for a comparison, as sentences.

    `group` is the heading for the groups, and `write` formats numbers.
    """
    whole, steps = compared.whole, list[str]()
    if abs(whole.own) > SMALL * abs(whole.ours):
        way = "more" if whole.own < 0 else "fewer"
        steps.append(
            f"Check how you count: your metric counts {write(abs(whole.own))} {way} than your rules give. "
            + (f"It counts only these rows: {compared.filters[0]}." if compared.filters[0] else "")
        )
    if compared.unmatched:
        steps.append(_unmatched(compared, group, labels, write))
    if compared.gaps:
        steps.append(f"Upload the missing days and compare again. {' '.join(compared.gaps)}")
    if compared.open_until is not None:
        steps.append(
            f"Compare again after {describe_day(compared.open_until)}. Until then, clicks of these months can still "
            "convert, and the platform's number can grow."
        )
    if compared.setup.is_guess:
        steps.append(
            "Check its rules in the platform's settings, because a search found them. Then choose Edit, and confirm "
            "that you checked them. Until then, nothing here counts as reconciled."
        )
    if compared.is_close:
        return steps
    if whole.is_within(compared.setup.tolerance):
        months = listed([f"{month:%b %Y}" for month in compared.outside])
        steps.append(f"Look at {months} on their own: more is unexplained there than your tolerance allows.")
    elif whole.unexplained > 0:
        steps.append(
            f"{write(whole.unexplained)} ({off_words(whole)}) more than its rules count here. Check its windows "
            "and its view-through in its settings. If they're right, it may see clicks that you don't, or estimate "
            "conversions."
        )
    else:
        steps.append(
            f"{write(-whole.unexplained)} ({off_words(whole)}) less than its rules count here. Check whether it "
            "gets all conversions, and keeps them. Typical reasons are blocked cookies, people it doesn't recognize, "
            "and orders that it subtracts later, such as returns."
        )
    steps.append("If you don't know its rules, use Find the closest rules below.")
    return steps


def _unmatched(compared: Compared, group: str, labels: Mapping[str, str], write: Callable[[Fraction], str]) -> str:
    names = [labels.get(name) or name or "(none)" for name in compared.unmatched]
    value = sum((value for (_, name), value in compared.totals.items() if name in compared.unmatched), Fraction(0))
    shown = names[:MOST_NAMED] + ([f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else [])
    return (
        f"Check names: the platform reports {write(value)} for {counted(len(names), 'value')} of "
        f"{group.lower()} that your rows don't have: {listed(shown)}."
    )
