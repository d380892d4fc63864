"""Describe the result of an analysis of paths in sentences and text tables, the same for every surface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from semantic.analyses.events.paths.finding import NOT_EVENTS, PathsFound, Whole
from semantic.analyses.events.paths.question import ELSE, END, HIDDEN, MISSING_VALUE, OPEN
from semantic.display.format import number, part_share, value_text
from semantic.query.describe import lower_first
from semantic.query.member_labels import NO_LABELS, label_of
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.sampled import counted, estimated, marked, sample_data
from semantic.services.analyzing.tables import TextTable
from semantic.services.analyzing.words.funnel import ENOUGH, MISSING, duration
from semantic.services.analyzing.words.subject import subject, subjects

Paths = Analyzed[PathsFound]
ARROW: Final = " → "
ELSE_LABEL: Final = "Everything else"
_ENDS: Final = {
    ELSE: (ELSE_LABEL, ELSE_LABEL),
    END: ("End", "Nothing before"),
    OPEN: ("Could still go on", "Before the data begins"),
    HIDDEN: ("Too few to show", "Too few to show"),
}
_KINDS: Final = {ELSE: "everything_else", END: "end", OPEN: "open", HIDDEN: "too_few"}


def paths_sentence(analyzed: Paths) -> str:
    """Return the result in one or two sentences."""
    found = analyzed.found
    did = _anchor(analyzed)
    if found.total is None:
        return f"Too few {subjects(analyzed)} {did} to show you numbers."
    if not found.total:
        return f"No {subjects(analyzed)} {did} in this period."
    sentences = [_nearest(analyzed)]
    longer = next((each for each in found.wholes if each.count and len(_events(each)) > 1), None)
    if longer is not None:
        way = ARROW.join(code_label(analyzed, code) for code in _in_time(analyzed, _events(longer)))
        is_first = longer is found.wholes[0]
        which = "most frequent path" if is_first else "most frequent path with more than one event"
        sentences.append(f"The {which} is {way} ({share_words(analyzed, longer.count, found.total)}).")
    if found.covered < found.total:
        sentences.append(f"Named events cover the paths of {_of_all(analyzed, found.covered)}.")
    if found.total < ENOUGH:
        where = " in the sample" if analyzed.planned.sample is not None else ""
        sentences.append(f"This is based on only {number(found.total)} {units(analyzed, found.total)}{where}.")
    return " ".join(sentence for sentence in sentences if sentence)


def _nearest(analyzed: Paths) -> str:
    """Return a sentence about the most frequent next or previous event, and the share of paths without one."""
    found, begins = analyzed.found, analyzed.planned.reads.begins
    is_free = len(begins) > 1 or len(analyzed.planned.legs) == 1
    near = found.steps[0] if is_free else found.steps[1] if len(found.steps) > 1 else {}
    event = max((code for code in near if code not in NOT_EVENTS), key=lambda code: near[code], default=None)
    nothing = 0 if is_free else near.get(END, 0)
    where = "First" if is_free else f"{'Last before' if found.goes_back else 'Next after'} {_anchor_label(analyzed)}"
    if event is None:
        return f"{where} came nothing for {_of_all(analyzed, nothing)}." if nothing else ""
    rest = f", and nothing for {share_words(analyzed, nothing, found.total or 0)}" if nothing else ""
    return f"{where} came {code_label(analyzed, event)} for {_of_all(analyzed, near[event])}{rest}."


def _of_all(analyzed: Paths, count: int) -> str:
    return f"{share_words(analyzed, count, analyzed.found.total or 0)} of {units(analyzed)}"


def _anchor_label(analyzed: Paths) -> str:
    return analyzed.planned.legs[min(analyzed.planned.reads.begins)].label


def paths_notes(analyzed: Paths) -> list[str]:
    """Return notes that a reader needs before using the numbers."""
    notes, found = [*analyzed.notes], analyzed.found
    if found.open:
        who = f"{number_words(analyzed, found.open)} {units(analyzed, estimated(found.open, analyzed.planned.sample))}"
        if found.goes_back:
            notes.append(f"{who} may have begun earlier, before the data begins.")
        else:
            notes.append(f"{who} could still go on after the last known day.")
    if found.hides:
        notes.append(
            "Paths that too few people took are hidden from you. They are counted together as “Too few to show”."
        )
    return notes


def paths_about(analyzed: Paths) -> str:
    """Return where the paths start or end, for titles: `before Memberships ended`."""
    begins = analyzed.planned.reads.begins
    if len(begins) > 1 or len(analyzed.planned.legs) == 1:
        return analyzed.planned.legs[0].label
    return f"{'before' if analyzed.found.goes_back else 'after'} {analyzed.planned.legs[min(begins)].label}"


def paths_tables(analyzed: Paths) -> list[TextTable]:
    """Return tables of the most frequent paths, and of what happened at each step."""
    found = analyzed.found
    if not found.total:
        return []
    tables: list[TextTable] = []
    groups = [group_label(analyzed, group) for group in found.groups]
    if found.wholes:
        took = [each.mean for each in found.wholes]
        is_timed = any(took)
        header = ["path", units(analyzed), f"of all {units(analyzed)}", *(["mean time"] if is_timed else []), *groups]
        lines = [
            [
                way_words(analyzed, each),
                number_words(analyzed, each.count),
                share_words(analyzed, each.count, found.total),
                *([_took(analyzed, mean)] if is_timed else []),
                *(share_words(analyzed, each.groups.get(group, 0), found.groups[group]) for group in found.groups),
            ]
            for each, mean in zip(found.wholes, took, strict=True)
        ]
        tables.append(TextTable(f"Top {len(lines)} paths" if len(lines) > 1 else "The only path", header, lines))
    lines = [
        [
            step_label(analyzed, step),
            code_label(analyzed, code),
            number_words(analyzed, count),
            share_words(analyzed, count, found.total),
            *(
                share_words(analyzed, found.group_steps[group][step - 1].get(code, 0), found.groups[group])
                for group in found.groups
            ),
        ]
        for step, codes in enumerate(found.steps, start=1)
        for code, count in codes.items()
    ]
    return [
        *tables,
        TextTable("Steps", ["step", "event", units(analyzed), f"of all {units(analyzed)}", *groups], lines),
    ]


def paths_json(analyzed: Paths) -> dict[str, Any]:
    """Return the whole result as JSON-ready data. Hidden numbers are null or omitted."""
    found, sample = analyzed.found, analyzed.planned.sample
    total = found.total or 0
    return {
        "sentence": paths_sentence(analyzed),
        "rule": [*analyzed.rule],
        "notes": paths_notes(analyzed),
        "scope": analyzed.scope,
        "filters": analyzed.planned.filters,
        "data_version": analyzed.data_version,
        "counts": units(analyzed),
        "total": None if found.total is None else estimated(found.total, sample),
        "covered": found.covered / total if total else None,
        "could_go_on": estimated(found.open, sample) if total else None,
        "groups": [
            {"group": group_label(analyzed, group), "count": estimated(count, sample)}
            for group, count in found.groups.items()
        ],
        "paths": [
            {
                "events": [code_label(analyzed, code) for code in _in_time(analyzed, _events(whole))],
                "ends": _KINDS.get(whole.codes[-1]),
                "count": estimated(whole.count, sample),
                "rate": whole.count / total,
                "mean_seconds": whole.mean,
                "groups": {
                    group_label(analyzed, group): estimated(count, sample)
                    for group, count in whole.groups.items()
                    if group
                },
            }
            for whole in found.wholes
        ],
        "steps": [
            {
                "step": step_label(analyzed, step),
                "events": [
                    {
                        "event": code_label(analyzed, code),
                        "is": _KINDS.get(code, "event"),
                        "count": estimated(count, sample),
                    }
                    for code, count in codes.items()
                ],
            }
            for step, codes in enumerate(found.steps, start=1)
        ],
        "links": [
            {
                "step": step_label(analyzed, link.step),
                "event": code_label(analyzed, link.before),
                "beside": code_label(analyzed, link.after),
                "count": estimated(link.count, sample),
            }
            for link in found.links
        ],
        **sample_data(analyzed.planned),
    }


def code_label(analyzed: Paths, code: str) -> str:
    """Return the label of one position in a path: an event, a value, or that nothing happened."""
    if code in _ENDS:
        return _ENDS[code][1 if analyzed.found.goes_back else 0]
    if code == MISSING_VALUE:
        return f"(no {lower_first(analyzed.planned.carried[0].label)})"
    if code.startswith("e"):
        return analyzed.planned.legs[int(code[1:])].label
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


def way_words(analyzed: Paths, whole: Whole) -> str:
    """Return a whole path in words, in order of time."""
    return ARROW.join(code_label(analyzed, code) for code in _in_time(analyzed, whole.codes))


def units(analyzed: Paths, count: int = 2) -> str:
    """Return the unit that is counted: subjects, or paths if a subject can have several."""
    if not analyzed.found.counts_subjects:
        return "path" if count == 1 else "paths"
    return subject(analyzed) if count == 1 else subjects(analyzed)


def _anchor(analyzed: Paths) -> str:
    """Return the event that every path starts or ends with, in words."""
    begins = analyzed.planned.reads.begins
    if len(begins) > 1 or len(analyzed.planned.legs) == 1:
        return "had any of these events"
    return f"had {lower_first(analyzed.planned.legs[min(begins)].label)}"


def _events(whole: Whole) -> list[str]:
    return [code for code in whole.codes if code not in NOT_EVENTS]


def _in_time(analyzed: Paths, codes: Sequence[str]) -> Sequence[str]:
    return codes[::-1] if analyzed.found.goes_back else codes


def _took(analyzed: Paths, seconds: float | None) -> str:
    return MISSING if seconds is None else marked(duration(seconds), analyzed.planned.sample)


def number_words(analyzed: Paths, count: int) -> str:
    """Return a number of subjects or paths as text."""
    return counted(count, analyzed.planned.sample)


def share_words(analyzed: Paths, count: int, total: int) -> str:
    """Return as text which share of all subjects or paths a number is."""
    return marked(part_share(count / total), analyzed.planned.sample) if total else MISSING
