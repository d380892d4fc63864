"""How paths in two periods are compared, in words and tables: the shares of whole paths, and of events at each step.

All changes shown are tested together, so that among many, hardly any is called more than chance just by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from semantic.analyses.events.paths.finding import PathsBeside, PathsFound
from semantic.analyses.events.paths.question import ELSE, HIDDEN, OPEN
from semantic.services.analyzing.sampled import estimated
from semantic.services.analyzing.tables import TextTable
from semantic.services.analyzing.words.compared import (
    TOO_FEW_THEN,
    Change,
    Part,
    counts_table,
    moved_words,
    nothing_words,
    period_data,
    share_words,
    shares_table,
)
from semantic.services.analyzing.words.path_labels import (
    Paths,
    code_label,
    events_of,
    has_anchor,
    in_time,
    step_label,
    units,
    way_words,
)

LEFT_OUT: Final = (ELSE, OPEN, HIDDEN)
"""The codes that aren't compared: what isn't known yet or is hidden, and other events, which differ between periods."""


@dataclass(frozen=True, slots=True)
class ComparedPath:
    """A whole path that is listed in one of the two periods, by its codes, with its share in both."""

    codes: tuple[str, ...]
    change: Change


@dataclass(frozen=True, slots=True)
class ComparedStep:
    """A code that is shown at a step, counted from 1, in one of the two periods, with its share in both."""

    step: int
    code: str
    change: Change


@dataclass(frozen=True, slots=True)
class ComparedPaths:
    """Everything that is compared. It's empty if one of the two periods has no paths, or too few to show."""

    wholes: tuple[ComparedPath, ...] = ()
    steps: tuple[ComparedStep, ...] = ()

    def at_step(self, step: int, code: str) -> Change | None:
        """Return the change of a code's share at a step, or None if it isn't compared."""
        return next((each.change for each in self.steps if (each.step, each.code) == (step, code)), None)


def compared_paths(analyzed: Paths) -> ComparedPaths:
    """Return the paths and the events at each step that are shown in either period, with their shares in both.

    They are in the order of this period, and those that only the other period shows come last.
    """
    if analyzed.compared is None or not analyzed.found.total or not analyzed.compared.analyzed.found.total:
        return ComparedPaths()
    found, before = analyzed.found, analyzed.compared.analyzed.found

    def change(count: Callable[[PathsBeside], int | None]) -> Change:
        return Change(_part(found, count), _part(before, count))

    wholes = [
        ComparedPath(codes, change(lambda beside, codes=codes: beside.whole(codes)))
        for codes in dict.fromkeys(whole.codes for whole in (*found.wholes, *before.wholes))
        if codes[-1] not in LEFT_OUT
    ]
    steps = [
        ComparedStep(step, code, change(lambda beside, step=step, code=code: beside.at_step(step, code)))
        for step, code in _shown(analyzed)
    ]
    known = sum(each.change.apart is not None for each in (*wholes, *steps))
    tests = max(known, 1) if found.counts_subjects else 0
    return ComparedPaths(
        tuple(replace(each, change=replace(each.change, tests=tests)) for each in wholes),
        tuple(replace(each, change=replace(each.change, tests=tests)) for each in steps),
    )


def _part(found: PathsFound, count: Callable[[PathsBeside], int | None]) -> Part:
    known = count(found.beside) if found.beside is not None else None
    return Part(known, found.total, is_open=known is None and not found.hides)


def _shown(analyzed: Paths) -> Iterator[tuple[int, str]]:
    """Yield the steps and codes that are shown in either period, without the start or end, which everyone has."""
    assert analyzed.compared is not None
    both = analyzed.found.steps, analyzed.compared.analyzed.found.steps
    for step in range(2 if has_anchor(analyzed) else 1, max(map(len, both)) + 1):
        for code in dict.fromkeys(code for steps in both for code in (steps[step - 1] if step <= len(steps) else ())):
            if code not in LEFT_OUT:
                yield step, code


def compared_tables(analyzed: Paths, compared: ComparedPaths) -> list[TextTable]:
    """Return tables of the numbers, the whole paths and the steps in both periods. Empty if nothing is compared."""
    if analyzed.compared is None or not compared.steps:
        return []
    other, who, sample = analyzed.compared.other, units(analyzed), analyzed.planned.sample
    total = [(f"All {who}", analyzed.found.total, analyzed.compared.analyzed.found.total)]
    tables = [counts_table(f"Number of {who}, compared with {other.other}", who, total, other, sample)]
    if compared.wholes:
        rows = [(way_words(analyzed, each.codes), each.change) for each in compared.wholes]
        title = f"Paths of all {who}, compared with {other.other}"
        tables.append(shares_table(title, "path", rows, other, sample))
    rows = [
        (f"{step_label(analyzed, each.step)}: {code_label(analyzed, each.code)}", each.change)
        for each in compared.steps
    ]
    return [*tables, shares_table(f"Steps of all {who}, compared with {other.other}", "step", rows, other, sample)]


def compared_sentences(analyzed: Paths, compared: ComparedPaths) -> list[str]:
    """Return what changed most, or why there is nothing to compare with. Empty if there is no comparison."""
    if analyzed.compared is None:
        return []
    before, other = analyzed.compared.analyzed, analyzed.compared.other
    if not compared.steps:
        hides = analyzed.found.hides or before.found.hides
        otherwise = TOO_FEW_THEN if hides else "No path or step can be compared."
        return [nothing_words(before, other, units(analyzed), "had such events", before.found.total) or otherwise]
    known = [each for each in compared.wholes if each.change.apart is not None]
    if known and not known[0].change.is_tested:
        return []
    clear = [each for each in known if each.change.is_clear]
    if not clear:
        return ["None of the listed paths changed more than chance explains."] if known else []
    most = max(clear, key=_size)  # the first listed of those with the same change
    share, moved = share_words(most.change, other, analyzed.planned.sample)
    return [f"The path that changed most is {way_words(analyzed, most.codes)}: {share}{moved}."]


def _size(compared: ComparedPath) -> float:
    """Return how far a path's share has moved, in either direction, without the rounding errors of shares."""
    return round(abs(compared.change.apart.value), 9) if compared.change.apart is not None else 0.0


def moved_at_step(analyzed: Paths, compared: ComparedPaths, step: int, code: str) -> tuple[str, str]:
    """Return a code's share at a step and how it has changed, to put after it. Both are "" if it isn't compared."""
    change = compared.at_step(step, code)
    if analyzed.compared is None or change is None:
        return "", ""
    return share_words(change, analyzed.compared.other, analyzed.planned.sample)


def earlier_words(analyzed: Paths, compared: ComparedPaths, step: int, code: str) -> str:
    """Return how the share of a code at a step has changed, for the chart: `up 2.0 points from Q1 2026 (5.0%)`."""
    change = compared.at_step(step, code)
    if analyzed.compared is None or change is None:
        return ""
    return moved_words(change, analyzed.compared.other, analyzed.planned.sample).removeprefix(", ")


def compared_data(analyzed: Paths, compared: ComparedPaths) -> dict[str, Any]:
    """Return the comparison as JSON-ready data, empty without one."""
    if analyzed.compared is None:
        return {}
    total, sample = analyzed.compared.analyzed.found.total, analyzed.planned.sample

    def both(change: Change) -> dict[str, Any]:
        parts = (change.now.part, change.before.part)
        counts = [None if part is None else estimated(part, sample) for part in parts]
        return {"counts": counts, "of_all": change.data}

    return {
        "compared": {
            **period_data(analyzed.compared.other),
            "total": None if total is None else estimated(total, sample),
            "paths": [
                {
                    "events": [code_label(analyzed, code) for code in in_time(analyzed, events_of(each.codes))],
                    "way": way_words(analyzed, each.codes),
                    **both(each.change),
                }
                for each in compared.wholes
            ],
            "steps": [
                {
                    "step": step_label(analyzed, each.step),
                    "event": code_label(analyzed, each.code),
                    **both(each.change),
                }
                for each in compared.steps
            ],
        }
    }
