"""Names of events, steps, groups and whole paths, and numbers of paths, for the words and charts of paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from semantic.analyses.events.paths.finding import NOT_EVENTS, PathsFound
from semantic.analyses.events.paths.question import ELSE, END, HIDDEN, MISSING_VALUE, OPEN
from semantic.display.format import part_share, value_text
from semantic.query.describe import lower_first
from semantic.query.member_labels import NO_LABELS, label_of
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.sampled import counted, marked
from semantic.services.analyzing.words.subject import subject, subjects

Paths = Analyzed[PathsFound]
ARROW: Final = " → "
MISSING: Final = ""
ELSE_LABEL: Final = "Everything else"
_ENDS: Final = {
    ELSE: (ELSE_LABEL, ELSE_LABEL),
    END: ("End", "Nothing before"),
    OPEN: ("Could still go on", "Before the data begins"),
    HIDDEN: ("Too few to show", "Too few to show"),
}


def code_label(analyzed: Paths, code: str) -> str:
    """Return the label of one position in a path: an event, a value, or that nothing happened."""
    if code in _ENDS:
        return _ENDS[code][1 if analyzed.found.goes_back else 0]
    if code == MISSING_VALUE:
        return f"(no {lower_first(analyzed.planned.carried[0].label)})"
    if code.startswith("e"):
        return analyzed.planned.legs[int(code[1:])].label
    if code not in analyzed.found.values and analyzed.compared is not None:
        return code_label(analyzed.compared.analyzed, code)
    value = analyzed.found.values.get(code, code[1:])
    return label_of(value, analyzed.labels[0] if analyzed.labels else NO_LABELS) or value_text(value)


def group_label(analyzed: Paths, code: str) -> str:
    """Return the label of a group of paths."""
    if code in (ELSE, HIDDEN):
        return _ENDS[code][0]
    if code == MISSING_VALUE:
        return f"(no {lower_first(analyzed.planned.carried[-1].label)})"
    value = analyzed.found.group_values.get(code, code[1:])
    return label_of(value, analyzed.labels[-1] if analyzed.labels else NO_LABELS) or value_text(value)


def step_label(analyzed: Paths, step: int) -> str:
    """Return the name of a step: the start or end, or its distance from there in events. `step` counts from 1."""
    if step == 1:
        return "End" if analyzed.found.goes_back else "Start"
    return f"−{step - 1}" if analyzed.found.goes_back else f"+{step - 1}"


def way_words(analyzed: Paths, codes: Sequence[str]) -> str:
    """Return a path in words, in order of time, from its codes."""
    return ARROW.join(code_label(analyzed, code) for code in in_time(analyzed, codes))


def has_anchor(analyzed: Paths) -> bool:
    """Whether paths have a start or an end that everyone has, instead of beginning with any event."""
    return len(analyzed.planned.reads.begins) == 1 and len(analyzed.planned.legs) > 1


def units(analyzed: Paths, count: int = 2) -> str:
    """Return the unit that is counted: subjects, or paths if a subject can have several."""
    if not analyzed.found.counts_subjects:
        return "path" if count == 1 else "paths"
    return subject(analyzed) if count == 1 else subjects(analyzed)


def events_of(codes: Sequence[str]) -> list[str]:
    """Return the codes of a path that are events."""
    return [code for code in codes if code not in NOT_EVENTS]


def in_time(analyzed: Paths, codes: Sequence[str]) -> Sequence[str]:
    """Return the codes of a path in order of time."""
    return codes[::-1] if analyzed.found.goes_back else codes


def number_words(analyzed: Paths, count: int) -> str:
    """Return a number of subjects or paths as text."""
    return counted(count, analyzed.planned.sample)


def share_words(analyzed: Paths, count: int, total: int) -> str:
    """Return as text which share of all subjects or paths a number is."""
    return marked(part_share(count / total), analyzed.planned.sample) if total else MISSING
