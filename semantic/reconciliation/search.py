"""Search for the rules that match a platform's totals most closely. The result is a guess, and is shown as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from semantic.reconciliation.counting import Cell, Paths
from semantic.reconciliation.rules import MOST_DAYS, SWITCHES, CountedPer, Credit, Dated, Rules, differing

CLICK_DAYS: Final = (1, 3, 7, 14, 21, 30, 45, 60, 90)
VIEW_DAYS: Final = (0, 1, 3, 7, 30)
MOST_VIEW_DAYS: Final = 30
MOST_ROUNDS: Final = 6
MOST_ENDS: Final = 8
"""The number of ways of counting for which every length of the windows is tried."""
AS_CLOSE: Final = Fraction(1, 100)
"""Rules count as equally close if their distance differs by at most this share of the platform's total."""
MOST_WORK: Final = 40_000_000
"""The most conversions that the search counts, over all rules that it tries. This takes about half a minute."""
_FEW_CLICK_DAYS: Final = (1, 7, 30, 90)
_FEW_VIEW_DAYS: Final = (0, 1, 7)


@dataclass(frozen=True, slots=True)
class ClosestRules:
    """The rules that match a platform's totals most closely.

    `off` is the distance between their counts and the platform's totals, over all cells, as a share of the totals.
    `open` has the switches that the totals don't determine, because a different setting matches about as well.
    `is_complete` is false if the search stopped early because there was too much to count.
    """

    rules: Rules
    off: Fraction
    open: tuple[str, ...] = ()
    is_complete: bool = True


def distance(counts: Mapping[Cell, Fraction], totals: Mapping[Cell, Fraction]) -> Fraction:
    """Return the sum of the absolute differences between counts and totals, over all cells."""
    cells = counts.keys() | totals.keys()
    return sum((abs(counts.get(cell, Fraction(0)) - totals.get(cell, Fraction(0))) for cell in cells), Fraction(0))


def closest_rules(
    paths: Paths, totals: Mapping[Cell, Fraction], start: Rules, *, zones: Sequence[str] = ()
) -> ClosestRules:
    """Return the rules whose counts match a platform's totals most closely.

    For each way of crediting, dating and counting, some lengths of both windows are tried. Starting from the best of
    these, the search changes one rule at a time, to any length and any time zone, for as long as that improves the
    match. Among equally good rules, the first is chosen, so the same data gives the same rules. With many conversions,
    fewer lengths are tried first. The search ends after counting MOST_WORK conversions.
    """
    size = sum(map(abs, totals.values()), Fraction(0)) or Fraction(1)
    known: dict[Rules, Fraction] = {}
    each = max(len(paths.paths), 1)
    most = MOST_WORK // each + 1

    def off(rules: Rules) -> Fraction:
        if rules not in known:
            if len(known) >= most:
                return Fraction(1 << 62)  # as if it were far away, so that rules with a known distance win
            known[rules] = distance(paths.count(rules), totals)
        return known[rules]

    ways = len(Credit) * len(Dated) * len(CountedPer)
    is_small = ways * len(CLICK_DAYS) * len(VIEW_DAYS) <= most // 2
    click_days, view_days = (CLICK_DAYS, VIEW_DAYS) if is_small else (_FEW_CLICK_DAYS, _FEW_VIEW_DAYS)
    off(start)
    places = tuple(dict.fromkeys((start.zone, *zones)))
    starts = [
        min(
            (
                replace(start, credit=credit, dated=dated, counted=counted, click_days=click, view_days=view)
                for click in click_days
                for view in view_days
            ),
            key=off,
        )
        for credit in Credit
        for dated in Dated
        for counted in CountedPer
    ]
    choices: dict[str, Sequence[object]] = {
        "click_days": range(1, MOST_DAYS + 1),
        "view_days": range(MOST_VIEW_DAYS + 1),
        "calendar_days": (False, True),
        "without_returned": (False, True) if paths.has_returned else (start.without_returned,),
        "zone": places,
        "credit": tuple(Credit),
        "dated": tuple(Dated),
        "counted": tuple(CountedPer),
    }
    ends = [_descend(rules, choices, off) for rules in sorted(starts, key=off)[:MOST_ENDS]]
    rules = min([start, *ends], key=off)
    near = off(rules) + AS_CLOSE * size
    others = [differing(rules, other) for other, far in known.items() if far <= near]
    unsettled = {switch for switches in others for switch in switches}
    return ClosestRules(
        rules,
        off(rules) / size,
        open=tuple(switch for switch in SWITCHES if switch in unsettled),
        is_complete=len(known) < most,
    )


def _descend(rules: Rules, choices: Mapping[str, Sequence[object]], off: Callable[[Rules], Fraction]) -> Rules:
    """Return the rules after changing one at a time to its best setting, until no change improves the match."""
    for _ in range(MOST_ROUNDS):
        before = rules
        for name, options in choices.items():
            rules = min([rules, *(replace(rules, **{name: option}) for option in options)], key=off)
        if rules == before:
            break
    return rules
