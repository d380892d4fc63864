"""Describe contact pressure in sentences and text tables, the same for every surface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from semantic.analyses.events.pressure.finding import Answers, Bucket, Line, PressureFound
from semantic.display.evidence import wilson
from semantic.display.format import even_decimals, even_shares, number, part_share, period_cell, share_range
from semantic.model.definitions import Granularity
from semantic.query.describe import lower_first, upper_first
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.sampled import counted, estimated, marked, sample_data
from semantic.services.analyzing.tables import TextTable
from semantic.services.analyzing.words.channel import names_of, together
from semantic.services.analyzing.words.compared import (
    TOO_FEW_THEN,
    Change,
    Part,
    counts_table,
    nothing_words,
    numbers_table,
    own_words,
    period_data,
    relative_words,
    share_words,
    shares_table,
    side_words,
)
from semantic.services.analyzing.words.subject import based_on_few, so_many, subject, subjects

MISSING, HIDDEN, OTHERS = "", "(hidden)", "Other mixes"
ENOUGH = 100
"""The fewest subjects for which a share isn't marked as based on few."""


def pressure_sentence(analyzed: Analyzed[PressureFound]) -> str:
    """Return the result in one or two sentences."""
    found, who, sample = analyzed.found, subjects(analyzed), analyzed.planned.sample
    if analyzed.planned.smallest and found.people is None:
        return f"Too few {who} got messages to show you numbers."
    if not found.calendar and not found.people:
        return "The period doesn't contain a full week. Choose a longer one."
    if not found.people or found.whole.mean is None:
        return "These channels sent no messages in this period."
    mean = marked(number(found.whole.mean, 1), sample)
    sentences = [
        f"{side_words(analyzed)}{so_many(found.people, analyzed)} got {mean} messages a week on average, in weeks with"
        f" a message{_mean_moved(analyzed)}.",
        *_nothing(analyzed),
    ]
    if found.whole.share_above is not None:
        above = marked(part_share(found.whole.share_above), sample)
        above = above.replace("<", "less than ") if found.whole.share_above else "none"
        sentences.append(f"{upper_first(above)} of these weeks had more than {number(found.limit)}.")
    if found.people_above:
        sentences.append(f"{so_many(found.people_above, analyzed)} had such a week{_above_moved(analyzed)}.")
    sides = _sides(analyzed)
    if sides is not None:
        low, high, above_limit = sides
        label = lower_first(then_label(analyzed))
        beside = [bucket.answers.rate for bucket in found.buckets if bucket.answers is not None]
        rates = [marked(rate, sample) for rate in even_shares((high, low, *beside))[:2]]  # as in the table
        few = f" (only {counted(above_limit, sample)})" if above_limit < ENOUGH else ""
        sentences.append(f"Then {label}: {rates[0]} of weeks above the limit{few}, and {rates[1]} of the others.")
    if found.people < ENOUGH:
        sentences.append(based_on_few(found.people, analyzed))
    return " ".join(sentences)


def pressure_about(analyzed: Analyzed[PressureFound]) -> str:
    """Return the messages' channels as a short text for titles."""
    return ", ".join(channel_names(analyzed))


def pressure_notes(analyzed: Analyzed[PressureFound]) -> list[str]:
    """Return notes that a reader needs before using the numbers."""
    notes, found = [*analyzed.notes], analyzed.found
    if found.unfollowed:
        count = counted(found.unfollowed, analyzed.planned.sample)
        verb, weeks = ("is", "week") if count == "1" else ("are", "weeks")
        notes.append(
            f"{count} {subject(analyzed)}-{weeks} {verb} too recent to show what follows, and {verb} left out."
        )
    if found.has_then and found.people:
        notes.append("People who get many messages differ from others, so these shares don't show what messages cause.")
    if found.hides or (analyzed.compared is not None and analyzed.compared.analyzed.found.hides):
        notes.append("Numbers based on too few people are hidden from you, or combined with others.")
    return notes


def pressure_tables(analyzed: Analyzed[PressureFound]) -> list[TextTable]:
    """Return tables of messages per week, of mixes of channels, and of weeks."""
    found = analyzed.found
    names, total, sample = channel_names(analyzed), found.whole.weeks, analyzed.planned.sample
    more = [f"then {lower_first(then_label(analyzed))}", "share", "95% interval"] if found.has_then else []
    weeks = f"{subject(analyzed)}-weeks"
    above = f"more than {number(found.limit)}"
    followed = _answer_cells(analyzed, [*(bucket.answers for bucket in found.buckets), found.answers])
    distribution = [
        [bucket_words(bucket), counted(bucket.weeks, sample), _share(bucket.weeks, total, sample), *cells]
        for bucket, cells in zip(found.buckets, followed, strict=False)
    ]
    if distribution:
        distribution.append(["All", _count(total, sample), _share(total, total, sample), *followed[-1]])
    mixes = [
        [OTHERS if mix is None else together(mix, names), *_line_cells(line, total, sample)]
        for mix, line in found.mixes
    ]
    calendar = [
        [period_cell(day, Granularity.WEEK), _count(line.weeks, sample), *_line_cells(line, None, sample)[2:]]
        for day, line in found.calendar
    ]
    own = own_words(analyzed)
    by_mix = TextTable(f"Channel mixes{own}", ["channels", weeks, f"of all {weeks}", "messages a week", above], mixes)
    return [
        *_compared_tables(analyzed),
        TextTable(f"Messages in a week{own}", ["messages", weeks, f"of all {weeks}", *more], distribution),
        *([by_mix] if len(names) > 1 else []),
        TextTable(f"Weeks{own}", ["week", subjects(analyzed), "messages each", above], calendar),
    ]


def _mean_moved(analyzed: Analyzed[PressureFound]) -> str:
    """Return how the mean number of messages per week changed, as text to follow it. "" if there is no comparison."""
    if analyzed.compared is None:
        return ""
    now, then = analyzed.found.whole.mean, analyzed.compared.analyzed.found.whole.mean
    if now is None or then is None:
        return ""
    if number(now, 1) == number(then, 1):  # as the sentence shows them
        now = then
    return relative_words(now, then, marked(number(then, 1), analyzed.planned.sample), analyzed.compared.other)


def _above_moved(analyzed: Analyzed[PressureFound]) -> str:
    """Return how the share of people with a week above the limit has changed, as text to follow the share.

    People are compared, not weeks, because one person's weeks aren't independent.
    """
    if analyzed.compared is None:
        return ""
    change = Change(_people_above(analyzed.found), _people_above(analyzed.compared.analyzed.found))
    now, moved = share_words(change, analyzed.compared.other, analyzed.planned.sample)
    return f", {now} of all{moved}" if moved else ""


def _people_above(found: PressureFound) -> Part:
    return Part(found.people_above, found.people)


def _nothing(analyzed: Analyzed[PressureFound]) -> list[str]:
    """Return why there is nothing to compare with, as a list of sentences that is empty if a comparison is possible."""
    if analyzed.compared is None or _mean_moved(analyzed):
        return []
    before, other = analyzed.compared.analyzed, analyzed.compared.other
    if not before.found.calendar and before.found.people == 0:
        return [f"The other period ({other.other}) doesn't contain a full week, so there is nothing to compare with."]
    count = before.found.people
    return [nothing_words(before, other, subjects(analyzed), "got messages", count) or TOO_FEW_THEN]


def _compared_tables(analyzed: Analyzed[PressureFound]) -> list[TextTable]:
    """Return tables of the numbers in both periods, or an empty list if no one got a message in the other one."""
    if analyzed.compared is None or not analyzed.compared.analyzed.found.people:
        return []
    now, before, other = analyzed.found, analyzed.compared.analyzed.found, analyzed.compared.other
    who, sample, weeks = subjects(analyzed), analyzed.planned.sample, f"{subject(analyzed)}-weeks"
    shares = [(f"with a week of more than {number(now.limit)}", Change(_people_above(now), _people_above(before)))]
    means = [now.whole.mean, before.whole.mean]
    texts = [marked(number(mean, 2), sample) if mean is not None else HIDDEN for mean in means]
    counts = [
        (upper_first(who), now.people, before.people),
        (upper_first(weeks), now.whole.weeks, before.whole.weeks),
        ("Messages", now.whole.messages, before.whole.messages),
    ]
    title = f"compared with {other.other}"
    return [
        counts_table(f"Messages, {title}", "number", counts, other, sample),
        numbers_table(
            f"Messages a week, {title}", "number",
            [("Messages a week", (texts[0], texts[1]), (means[0], means[1]))], other, sample,
        ),
        shares_table(f"{upper_first(who)}, {title}", who, shares, other, sample),
    ]  # fmt: skip


def _compared_data(analyzed: Analyzed[PressureFound]) -> dict[str, Any]:
    if analyzed.compared is None:
        return {}
    before, sample = analyzed.compared.analyzed.found, analyzed.planned.sample
    people = None if before.people is None else estimated(before.people, sample)
    above = Change(_people_above(analyzed.found), _people_above(before)).data
    whole = _line_data(before.whole, sample)
    return {
        "compared": {**period_data(analyzed.compared.other), "people": people, "whole": whole, "above_limit": above}
    }


def pressure_json(analyzed: Analyzed[PressureFound]) -> dict[str, Any]:
    """Return the whole result as JSON-ready data. Hidden numbers are null."""
    found, names, sample = analyzed.found, channel_names(analyzed), analyzed.planned.sample

    def scaled(count: int | None) -> int | None:
        return None if count is None else estimated(count, sample)

    return {
        "sentence": pressure_sentence(analyzed),
        "rule": [*analyzed.rule],
        "notes": pressure_notes(analyzed),
        "scope": analyzed.scope,
        "filters": analyzed.planned.filters,
        "data_version": analyzed.data_version,
        "limit": found.limit,
        "people": scaled(found.people),
        "people_above_limit": scaled(found.people_above),
        "whole": _line_data(found.whole, sample) | _answer_data(found, found.answers, sample),
        "messages": [
            {"from": bucket.first, "to": bucket.last, "weeks": scaled(bucket.weeks)}
            | _answer_data(found, bucket.answers, sample)
            for bucket in found.buckets
        ],
        "mixes": [
            {"channels": [names[place] for place in mix] if mix is not None else None} | _line_data(line, sample)
            for mix, line in found.mixes
        ],
        "weeks": [{"week": day.isoformat()} | _line_data(line, sample) for day, line in found.calendar],
        "not_followed": scaled(found.unfollowed),
        **_compared_data(analyzed),
        **sample_data(analyzed.planned),
    }


def channel_names(analyzed: Analyzed[PressureFound]) -> list[str]:
    """Return the name of each channel."""
    found = analyzed.found
    seen = {place for mix, _ in found.mixes for place in mix or ()}
    if analyzed.compared is not None:
        seen |= {place for mix, _ in analyzed.compared.analyzed.found.mixes for place in mix or ()}
    count = len(analyzed.planned.reads.begins)
    return names_of(analyzed, found.split, [place in seen for place in range(count)])


def bucket_words(bucket: Bucket) -> str:
    """Return a range of messages per week in words: `3`, `4 – 6`, `10 or more`."""
    if bucket.last is None:
        return f"{number(bucket.first)} or more"
    return number(bucket.first) if bucket.first == bucket.last else f"{number(bucket.first)} – {number(bucket.last)}"


def then_label(analyzed: Analyzed[PressureFound]) -> str:
    """Return the label of the next event that the analysis asks about."""
    return analyzed.planned.legs[-1].label


def interval_of(answers: Answers) -> tuple[float, float] | None:
    """Return the 95% interval of a share of weeks.

    The sample size is the number of subjects, because one subject's weeks aren't independent.
    """
    if answers.people is None or answers.rate is None:
        return None
    return wilson(answers.rate * answers.people, answers.people)


def _sides(analyzed: Analyzed[PressureFound]) -> tuple[float, float, int] | None:
    """Return the share of weeks with an answer up to the limit, that above it, and the number of weeks above it.

    Returns None unless all three are known.
    """
    found = analyzed.found
    rates: list[float] = []
    weeks = 0
    for is_above in (False, True):
        buckets = [bucket for bucket in found.buckets if (bucket.first > found.limit) is is_above]
        answers = [bucket.answers for bucket in buckets]
        known = [each for each in answers if each is not None]
        weeks = sum(each.weeks for each in known)
        if not found.has_then or len(known) < len(answers) or not weeks:
            return None
        rates.append(sum(each.answered for each in known) / weeks)
    return rates[0], rates[1], weeks


def _answer_cells(analyzed: Analyzed[PressureFound], lines: Sequence[Answers | None]) -> list[list[str]]:
    """Return the table cells about the next event, for each line.

    All shares have the same number of decimals, so that they can be compared.
    """
    if not analyzed.found.has_then:
        return [[] for _ in lines]
    sample, cells = analyzed.planned.sample, list[list[str]]()
    shares = [answers.rate if answers is not None else None for answers in lines]
    rates, decimals = even_shares(shares), even_decimals(shares)
    for answers, rate in zip(lines, rates, strict=True):
        if answers is None:
            cells.append([HIDDEN, MISSING, MISSING])
            continue
        ends = interval_of(answers)
        cells.append(
            [
                counted(answers.answered, sample),
                marked(rate, sample) if answers.rate is not None else MISSING,
                share_range(*ends, decimals=decimals) if ends is not None else MISSING,
            ]
        )
    return cells


def _line_cells(line: Line, total: int | None, sample: float | None) -> list[str]:
    return [
        _count(line.weeks, sample),
        _share(line.weeks, total, sample),
        marked(number(line.mean, 1), sample) if line.mean is not None else MISSING,
        _above(line, sample),
    ]


def _above(line: Line, sample: float | None) -> str:
    """Return the share of a line's weeks that are above the limit, as text."""
    if line.share_above is None:
        return HIDDEN if line.weeks else MISSING
    return marked(part_share(line.share_above), sample)


def _line_data(line: Line, sample: float | None) -> dict[str, Any]:
    def scaled(count: int | None) -> int | None:
        return None if count is None else estimated(count, sample)

    return {
        "weeks": scaled(line.weeks),
        "messages": scaled(line.messages),
        "mean": line.mean,
        "above_limit": scaled(line.above),
        "share_above_limit": line.share_above,
    }


def _answer_data(found: PressureFound, answers: Answers | None, sample: float | None) -> dict[str, Any]:
    if not found.has_then:
        return {}
    ends = interval_of(answers) if answers is not None else None
    return {
        "followed": estimated(answers.weeks, sample) if answers is not None else None,
        "answered": estimated(answers.answered, sample) if answers is not None else None,
        "rate": answers.rate if answers is not None else None,
        "interval": [*ends] if ends is not None else None,
    }


def _count(count: int | None, sample: float | None) -> str:
    return HIDDEN if count is None else counted(count, sample)


def _share(part: int | None, whole: int | None, sample: float | None) -> str:
    return marked(part_share(part / whole), sample) if part is not None and whole else MISSING
