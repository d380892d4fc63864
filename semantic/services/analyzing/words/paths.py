"""Describe the result of an analysis of paths in sentences and text tables, the same for every surface."""

from __future__ import annotations

from typing import Any, Final

from semantic.analyses.events.paths.finding import NOT_EVENTS
from semantic.analyses.events.paths.question import ELSE, END, HIDDEN, OPEN
from semantic.display.format import number
from semantic.services.analyzing.sampled import estimated, marked, sample_data
from semantic.services.analyzing.tables import TextTable
from semantic.services.analyzing.words.compared import own_words, side_words
from semantic.services.analyzing.words.funnel import ENOUGH, MISSING, duration
from semantic.services.analyzing.words.path_labels import (
    ARROW,
    Paths,
    code_label,
    events_of,
    group_label,
    has_anchor,
    in_time,
    number_words,
    share_words,
    step_label,
    units,
    way_words,
)
from semantic.services.analyzing.words.paths_compared import (
    ComparedPaths,
    compared_data,
    compared_paths,
    compared_sentences,
    compared_tables,
    moved_at_step,
)
from semantic.services.analyzing.words.subject import subjects

_KINDS: Final = {ELSE: "everything_else", END: "end", OPEN: "open", HIDDEN: "too_few"}


def paths_sentence(analyzed: Paths) -> str:
    """Return the result in one or two sentences."""
    found = analyzed.found
    did = _anchor(analyzed)
    if found.total is None:
        return f"Too few {subjects(analyzed)} {did} to show you numbers."
    if not found.total:
        return f"{side_words(analyzed)}No {subjects(analyzed)} {did} in this period."
    compared = compared_paths(analyzed)
    nearest = _nearest(analyzed, compared)
    sentences = [f"{side_words(analyzed)}{nearest}" if nearest else "", *compared_sentences(analyzed, compared)]
    longer = next((each for each in found.wholes if each.count and len(events_of(each.codes)) > 1), None)
    if longer is not None:
        way = ARROW.join(code_label(analyzed, code) for code in in_time(analyzed, events_of(longer.codes)))
        is_first = longer is found.wholes[0]
        which = "most frequent path" if is_first else "most frequent path with more than one event"
        sentences.append(f"The {which} is {way} ({share_words(analyzed, longer.count, found.total)}).")
    if found.covered < found.total:
        sentences.append(f"Named events cover the paths of {_of_all(analyzed, found.covered)}.")
    if found.total < ENOUGH:
        where = " in the sample" if analyzed.planned.sample is not None else ""
        sentences.append(f"This is based on only {number(found.total)} {units(analyzed, found.total)}{where}.")
    return " ".join(sentence for sentence in sentences if sentence)


def _nearest(analyzed: Paths, compared: ComparedPaths) -> str:
    """Return a sentence about the most frequent next or previous event, and the share of paths without one."""
    found, is_free = analyzed.found, not has_anchor(analyzed)
    near = found.steps[0] if is_free else found.steps[1] if len(found.steps) > 1 else {}
    event = max((code for code in near if code not in NOT_EVENTS), key=lambda code: near[code], default=None)
    nothing = 0 if is_free else near.get(END, 0)
    where = "First" if is_free else f"{'Last before' if found.goes_back else 'Next after'} {_anchor_label(analyzed)}"
    if event is None:
        return f"{where} came nothing for {_of_all(analyzed, nothing)}." if nothing else ""
    share, moved = moved_at_step(analyzed, compared, 1 if is_free else 2, event)
    if moved:
        return f"{where} came {code_label(analyzed, event)} for {share} of {units(analyzed)}{moved}."
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
    if found.hides or (analyzed.compared is not None and analyzed.compared.analyzed.found.hides):
        notes.append(
            "Paths that too few people took are hidden from you. They are counted together as “Too few to show”."
        )
    return notes


def paths_about(analyzed: Paths) -> str:
    """Return where the paths start or end, for titles: `before Memberships ended`."""
    if not has_anchor(analyzed):
        return analyzed.planned.legs[0].label
    return f"{'before' if analyzed.found.goes_back else 'after'} {_anchor_label(analyzed)}"


def paths_tables(analyzed: Paths) -> list[TextTable]:
    """Return tables of the most frequent paths, and of what happened at each step."""
    found = analyzed.found
    if not found.total:
        return []
    tables, own = compared_tables(analyzed, compared_paths(analyzed)), own_words(analyzed)
    groups = [group_label(analyzed, group) for group in found.groups]
    if found.wholes:
        took = [each.mean for each in found.wholes]
        is_timed = any(took)
        header = ["path", units(analyzed), f"of all {units(analyzed)}", *(["mean time"] if is_timed else []), *groups]
        lines = [
            [
                way_words(analyzed, each.codes),
                number_words(analyzed, each.count),
                share_words(analyzed, each.count, found.total),
                *([_took(analyzed, mean)] if is_timed else []),
                *(share_words(analyzed, each.groups.get(group, 0), found.groups[group]) for group in found.groups),
            ]
            for each, mean in zip(found.wholes, took, strict=True)
        ]
        title = f"Top {len(lines)} paths" if len(lines) > 1 else "The only path"
        tables.append(TextTable(f"{title}{own}", header, lines))
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
        TextTable(f"Steps{own}", ["step", "event", units(analyzed), f"of all {units(analyzed)}", *groups], lines),
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
                "events": [code_label(analyzed, code) for code in in_time(analyzed, events_of(whole.codes))],
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
        **compared_data(analyzed, compared_paths(analyzed)),
        **sample_data(analyzed.planned),
    }


def _anchor(analyzed: Paths) -> str:
    """Return what the subjects of all paths have in common: `with Views`, the event that starts or ends each path."""
    return f"with {_anchor_label(analyzed)}" if has_anchor(analyzed) else "had any of these events"


def _took(analyzed: Paths, seconds: float | None) -> str:
    return MISSING if seconds is None else marked(duration(seconds), analyzed.planned.sample)
