"""Describe the result of a channel overlap in sentences and text tables, the same for every surface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from semantic.analyses.events.overlap.finding import Group, OverlapFound, share_of
from semantic.display.evidence import wilson
from semantic.display.format import part_share, period, share, share_range
from semantic.query.describe import lower_first, upper_first
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.sampled import counted, estimated, marked, sample_data
from semantic.services.analyzing.tables import TextTable
from semantic.services.analyzing.words.channel import names_of, together
from semantic.services.analyzing.words.compared import (
    SEVERAL,
    TOO_FEW_THEN,
    Change,
    Part,
    counts_table,
    nothing_words,
    own_words,
    period_data,
    share_words,
    shares_table,
    side_words,
)
from semantic.services.analyzing.words.subject import based_on_few, so_many, subjects

MISSING, HIDDEN = "", "(hidden)"
ENOUGH = 100
"""The fewest subjects for which a share isn't marked as based on few."""


def overlap_sentence(analyzed: Analyzed[OverlapFound]) -> str:
    """Return the overlap's result in one or two sentences."""
    found, who, names = analyzed.found, subjects(analyzed), channel_names(analyzed)
    total, sample = found.whole.reached, analyzed.planned.sample
    if analyzed.planned.smallest and total is None:
        return f"Too few {who} were reached to show you numbers."
    if not total:
        return f"None of the channels reached anyone in this period: {', '.join(names)}."
    sentences = list[str]()
    both = found.pairs[0].both if len(names) == 2 else found.several
    if both is not None:
        how = f"both {names[0]} and {names[1]}" if len(names) == 2 else "two or more channels"
        part, moved = _changed(analyzed, _both, _share_of(both, total, sample))
        of = f"{side_words(analyzed)}of" if own_words(analyzed) else "Of"
        sentences.append(f"{of} {so_many(total, analyzed)} reached, {part} were reached by {how}{moved}.")
    else:
        by = f" by {names[0]} or {names[1]}" if len(names) == 2 else ""
        were = "was" if estimated(total, sample) == 1 else "were"
        sentences.append(f"{side_words(analyzed)}{so_many(total, analyzed)} {were} reached{by}.")
    sentences += _nothing(analyzed)
    common = next((each for each in found.combinations if len(each.channels) > 1), None)
    if len(names) > 2 and common is not None and common.group.reached is not None:
        of_all = _share_of(common.group.reached, total, sample)
        words = together(common.channels, names)
        sentences.append(
            f"The most common combination is {words}: {counted(common.group.reached, sample)}, or {of_all}."
        )
    if found.whole.rate is not None:
        rate = marked(share(found.whole.rate), sample)
        rate, moved = _changed(analyzed, lambda each: _then(each.whole), rate)
        sentences.append(f"Then {lower_first(then_label(analyzed))}: {rate} of everyone reached{moved}.")
    if total < ENOUGH:
        sentences.append(based_on_few(total, analyzed))
    return " ".join(sentences)


def overlap_about(analyzed: Analyzed[OverlapFound]) -> str:
    """Return the overlap's channels as a short text for titles."""
    return ", ".join(channel_names(analyzed))


def overlap_notes(analyzed: Analyzed[OverlapFound]) -> list[str]:
    """Return notes that a reader needs before using the numbers."""
    notes, found = [*analyzed.notes], analyzed.found
    if found.young:
        who = so_many(found.young, analyzed)
        label = lower_first(then_label(analyzed))
        notes.append(f"For {who}, the time limit hasn't passed yet, so {label} can still follow.")
    if has_then(analyzed):
        notes.append("These shares compare different groups of people, so they don't show what a channel causes.")
    if analyzed.compared is not None:
        notes.append(SEVERAL)
    if found.hides or (analyzed.compared is not None and analyzed.compared.analyzed.found.hides):
        notes.append("Numbers based on too few people are hidden from you, and so are sums that would reveal them.")
    return notes


def overlap_tables(analyzed: Analyzed[OverlapFound]) -> list[TextTable]:
    """Return tables of combinations, channels and pairs, or an empty list if no one was reached."""
    found, names, who = analyzed.found, channel_names(analyzed), subjects(analyzed)
    total, sample = found.whole.reached, analyzed.planned.sample
    if total == 0:
        return []
    more = _then_header(analyzed)
    combined = [
        [
            together(each.channels, names),
            _count(each.group.reached, sample),
            _share_of(each.group.reached, total, sample),
            *_then_cells(analyzed, each.group),
        ]
        for each in found.combinations
    ]
    channels = [
        [
            name,
            _count(group.reached, sample),
            _share_of(group.reached, total, sample),
            _count(alone, sample),
            *_then_cells(analyzed, group),
        ]
        for name, group, alone in zip(names, found.channels, found.alone, strict=True)
    ]
    pairs = [
        [
            f"{names[pair.first]} + {names[pair.second]}",
            _count(pair.both, sample),
            _share_of(pair.both, found.channels[pair.first].reached, sample),
            _share_of(pair.both, found.channels[pair.second].reached, sample),
        ]
        for pair in found.pairs
    ]
    own = own_words(analyzed)
    return [
        *([_periods_table(analyzed)] if found.periods else []),
        *_compared_tables(analyzed),
        TextTable(f"Combinations{own}", ["combination", who, "of all reached", *more], combined),
        TextTable(f"Channels{own}", ["channel", who, "of all reached", "only this channel", *more], channels),
        TextTable(f"Pairs{own}", ["pair", "reached by both", "of the first channel", "of the second channel"], pairs),
    ]


def _compared_tables(analyzed: Analyzed[OverlapFound]) -> list[TextTable]:
    """Return tables of channels and combinations in both periods. Empty if no one was reached in the other period."""
    if analyzed.compared is None or not analyzed.compared.analyzed.found.whole.reached:
        return []
    now, before, other = analyzed.found, analyzed.compared.analyzed.found, analyzed.compared.other
    names, who, sample = channel_names(analyzed), subjects(analyzed), analyzed.planned.sample
    counts = [
        ("All reached", now.whole.reached, before.whole.reached),
        *(
            (name, mine.reached, theirs.reached)
            for name, mine, theirs in zip(names, now.channels, before.channels, strict=True)
        ),
    ]
    pairs = _paired(analyzed)
    reached = [
        (together(places, names), Change(_reached(mine, now), _reached(theirs, before)))
        for places, mine, theirs in pairs
    ]
    tables = [
        counts_table(f"{upper_first(who)}, compared with {other.other}", "channel", counts, other, sample),
        shares_table(f"Of all reached, compared with {other.other}", "combination", reached, other, sample),
    ]
    if has_then(analyzed):
        followed = [("All reached", Change(_then(now.whole), _then(before.whole)))]
        followed += [(together(places, names), Change(_then(mine), _then(theirs))) for places, mine, theirs in pairs]
        title = f"Then {lower_first(then_label(analyzed))}, compared with {other.other}"
        tables.append(shares_table(title, "combination", followed, other, sample))
    return tables


def _paired(analyzed: Analyzed[OverlapFound]) -> list[tuple[tuple[int, ...], Group, Group]]:
    """Return each combination of channels from either period, with its group in both.

    A combination without a row reached no one, or is hidden.
    """
    assert analyzed.compared is not None
    (mine, no_one), (theirs, no_one_then) = map(_groups, (analyzed.found, analyzed.compared.analyzed.found))
    every = dict.fromkeys((*mine, *theirs))
    return [(places, mine.get(places, no_one), theirs.get(places, no_one_then)) for places in every]


def _groups(found: OverlapFound) -> tuple[dict[tuple[int, ...], Group], Group]:
    """Return the group of each combination, and the group to use for any other combination."""
    absent = Group(reached=None) if found.hides else Group(reached=0, did=0)
    return {each.channels: each.group for each in found.combinations}, absent


def _reached(group: Group, found: OverlapFound) -> Part:
    return Part(group.reached, found.whole.reached)


def _then(group: Group) -> Part:
    return Part(group.did, group.reached)


def _both(found: OverlapFound) -> Part:
    """Return how many subjects two or more channels reached, out of all who were reached."""
    both = found.pairs[0].both if len(found.channels) == 2 else found.several
    return Part(both, found.whole.reached)


def _changed(analyzed: Analyzed[OverlapFound], part: Callable[[OverlapFound], Part], text: str) -> tuple[str, str]:
    """Return a share as text, and how it has changed.

    Returns `text` and "" if there is no comparison, or unless both shares are known.
    """
    if analyzed.compared is None:
        return text, ""
    change, sample = Change(part(analyzed.found), part(analyzed.compared.analyzed.found)), analyzed.planned.sample
    now, moved = share_words(change, analyzed.compared.other, sample)
    return now or text, moved


def _nothing(analyzed: Analyzed[OverlapFound]) -> list[str]:
    """Return why there is nothing to compare with, as a list of sentences that is empty if a comparison is possible."""
    if analyzed.compared is None or _changed(analyzed, _both, "")[1]:
        return []
    before, other = analyzed.compared.analyzed, analyzed.compared.other
    count = before.found.whole.reached
    return [nothing_words(before, other, subjects(analyzed), "were reached", count) or TOO_FEW_THEN]


def _periods_table(analyzed: Analyzed[OverlapFound]) -> TextTable:
    grain, sample = analyzed.planned.carried[0].grain, analyzed.planned.sample
    lines = [
        [
            period(each.first, grain),
            _count(each.reached, sample),
            _count(each.several, sample),
            _share_of(each.several, each.reached, sample),
        ]
        for each in analyzed.found.periods
    ]
    head = grain.words if grain is not None else "period"
    return TextTable("Over time", [head, subjects(analyzed), "by several channels", "of all"], lines)


def overlap_json(analyzed: Analyzed[OverlapFound]) -> dict[str, Any]:
    """Return the whole result as JSON-ready data. Hidden numbers are null."""
    found, names = analyzed.found, channel_names(analyzed)
    return {
        "sentence": overlap_sentence(analyzed),
        "rule": [*analyzed.rule],
        "notes": overlap_notes(analyzed),
        "scope": analyzed.scope,
        "filters": analyzed.planned.filters,
        "data_version": analyzed.data_version,
        "channels": [
            {"channel": name} | _group_data(analyzed, group) | {"only": _scaled(alone, analyzed)}
            for name, group, alone in zip(names, found.channels, found.alone, strict=True)
        ],
        "whole": _group_data(analyzed, found.whole),
        "combinations": [
            {"channels": [names[place] for place in each.channels]} | _group_data(analyzed, each.group)
            for each in found.combinations
        ],
        "pairs": [
            {"channels": [names[pair.first], names[pair.second]], "both": _scaled(pair.both, analyzed)}
            for pair in found.pairs
        ],
        "not_finished": _scaled(found.young, analyzed),
        **({"periods": _periods_data(analyzed)} if found.periods else {}),
        **_compared_data(analyzed),
        **sample_data(analyzed.planned),
    }


def _compared_data(analyzed: Analyzed[OverlapFound]) -> dict[str, Any]:
    if analyzed.compared is None:
        return {}
    now, before, names = analyzed.found, analyzed.compared.analyzed.found, channel_names(analyzed)
    combinations = [
        {
            "channels": [names[place] for place in places],
            "reached": [_scaled(mine.reached, analyzed), _scaled(theirs.reached, analyzed)],
            "of_all": Change(_reached(mine, now), _reached(theirs, before)).data,
            **({"then": Change(_then(mine), _then(theirs)).data} if has_then(analyzed) else {}),
        }
        for places, mine, theirs in _paired(analyzed)
    ]
    return {
        "compared": {
            **period_data(analyzed.compared.other),
            "reached": _scaled(before.whole.reached, analyzed),
            "several": Change(_both(now), _both(before)).data,
            **({"then": Change(_then(now.whole), _then(before.whole)).data} if has_then(analyzed) else {}),
            "combinations": combinations,
        }
    }


def _periods_data(analyzed: Analyzed[OverlapFound]) -> list[dict[str, Any]]:
    return [
        {
            "first": each.first.isoformat(),
            "reached": _scaled(each.reached, analyzed),
            "several": _scaled(each.several, analyzed),
            "share": share_of(each.several, each.reached),
        }
        for each in analyzed.found.periods
    ]


def channel_names(analyzed: Analyzed[OverlapFound]) -> list[str]:
    """Return the name of each channel."""
    found, compared = analyzed.found, analyzed.compared
    reached = [bool(group.reached) for group in found.channels]
    if compared is not None:
        earlier = compared.analyzed.found.channels
        reached = [now or bool(group.reached) for now, group in zip(reached, earlier, strict=True)]
    return names_of(analyzed, found.split, reached)


def then_label(analyzed: Analyzed[OverlapFound]) -> str:
    """Return the label of the next event that the overlap asks about."""
    return analyzed.planned.legs[-1].label


def has_then(analyzed: Analyzed[OverlapFound]) -> bool:
    """Whether the overlap asks about a next event."""
    return len(analyzed.planned.legs) > len(analyzed.found.channels)


def _then_header(analyzed: Analyzed[OverlapFound]) -> list[str]:
    label = lower_first(then_label(analyzed))
    return [f"then {label}", "share", "95% interval"] if has_then(analyzed) else []


def _then_cells(analyzed: Analyzed[OverlapFound], group: Group) -> list[str]:
    if not has_then(analyzed):
        return []
    if group.did is None or group.reached is None:
        return [HIDDEN if analyzed.planned.smallest else MISSING, MISSING, MISSING]
    ends = wilson(group.did, group.reached)
    interval = share_range(*ends) if ends is not None else MISSING
    sample = analyzed.planned.sample
    rate = marked(share(group.rate), sample) if group.rate is not None else MISSING
    return [counted(group.did, sample), rate, interval]


def _group_data(analyzed: Analyzed[OverlapFound], group: Group) -> dict[str, Any]:
    of_all = share_of(group.reached, analyzed.found.whole.reached)
    data: dict[str, Any] = {"reached": _scaled(group.reached, analyzed), "of_all": of_all}
    return data | ({"did": _scaled(group.did, analyzed), "rate": group.rate} if has_then(analyzed) else {})


def _scaled(count: int | None, analyzed: Analyzed[OverlapFound]) -> int | None:
    return None if count is None else estimated(count, analyzed.planned.sample)


def _count(count: int | None, sample: float | None) -> str:
    return HIDDEN if count is None else counted(count, sample)


def _share_of(part: int | None, whole: int | None, sample: float | None) -> str:
    value = share_of(part, whole)
    return MISSING if value is None else marked(part_share(value), sample)
