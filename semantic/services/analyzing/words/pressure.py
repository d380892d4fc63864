"""Contact pressure in words and in tables of text, the same for every surface."""

from __future__ import annotations

from typing import Any

from semantic.analyses.events.pressure.finding import Answers, Bucket, Line, PressureFound
from semantic.display.evidence import wilson
from semantic.display.format import number, period, share
from semantic.model.definitions import Granularity
from semantic.query.describe import lower_first
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.sampled import counted, estimated, marked, sample_data
from semantic.services.analyzing.tables import TextTable
from semantic.services.analyzing.words.channel import names_of, together
from semantic.services.analyzing.words.subject import counted_subjects, subject, subjects

MISSING, HIDDEN, OTHERS = "", "(hidden)", "Other mixes"
ENOUGH = 100
"""The number of subjects from which a share isn't marked as based on few."""


def pressure_sentence(analyzed: Analyzed[PressureFound]) -> str:
    """Return what was found in a sentence or two."""
    found, who, sample = analyzed.found, subjects(analyzed), analyzed.planned.sample
    if analyzed.planned.smallest and found.people is None:
        return f"Too few {who} got messages to show you numbers."
    if not found.calendar and not found.people:
        return "The period has no whole week. Choose a longer one."
    if not found.people or found.whole.mean is None:
        return "These channels sent no messages in this period."
    sentences = [
        f"{counted(found.people, sample)} {counted_subjects(found.people, analyzed)} got"
        f" {marked(number(found.whole.mean, 1), sample)} messages a week on average, in weeks with a message."
    ]
    if found.whole.share_above is not None:
        sentences.append(
            f"{marked(share(found.whole.share_above), sample)} of these weeks had more than {number(found.limit)}."
        )
    sides = _sides(analyzed)
    if sides is not None:
        low, high = sides
        label, rates = lower_first(then_label(analyzed)), [marked(share(rate), sample) for rate in (high, low)]
        sentences.append(f"Then {label}: {rates[0]} of weeks above the limit, and {rates[1]} of the others.")
    if found.people < ENOUGH:
        where = " in the sample" if sample is not None else ""
        sentences.append(
            f"This is based on only {number(found.people)} {counted_subjects(found.people, analyzed)}{where}."
        )
    return " ".join(sentences)


def pressure_about(analyzed: Analyzed[PressureFound]) -> str:
    """Return what the messages are in a few words: their channels."""
    return ", ".join(channel_names(analyzed))


def pressure_notes(analyzed: Analyzed[PressureFound]) -> list[str]:
    """Return what a reader must know before using the numbers."""
    notes, found = [*analyzed.notes], analyzed.found
    if found.unfollowed:
        count = counted(found.unfollowed, analyzed.planned.sample)
        verb, weeks = ("is", "week") if count == "1" else ("are", "weeks")
        notes.append(
            f"{count} {subject(analyzed)}-{weeks} {verb} too recent to show what follows, and {verb} left out."
        )
    if found.has_then and found.people:
        notes.append("People who get many messages differ from others, so these shares don't show what messages cause.")
    if found.hides:
        notes.append("Numbers based on too few people are hidden from you, or combined with others.")
    return notes


def pressure_tables(analyzed: Analyzed[PressureFound]) -> list[TextTable]:
    """Return the tables of messages in a week, of mixes of channels and of weeks."""
    found = analyzed.found
    names, total, sample = channel_names(analyzed), found.whole.weeks, analyzed.planned.sample
    more = [f"then {lower_first(then_label(analyzed))}", "share", "95% interval"] if found.has_then else []
    weeks = f"{subject(analyzed)}-weeks"
    above = f"more than {number(found.limit)}"
    distribution = [
        [
            bucket_words(bucket),
            counted(bucket.weeks, sample),
            _share(bucket.weeks, total, sample),
            *_answer_cells(analyzed, bucket.answers),
        ]
        for bucket in found.buckets
    ]
    if distribution:
        distribution.append(
            ["All", _count(total, sample), _share(total, total, sample), *_answer_cells(analyzed, found.answers)]
        )
    mixes = [
        [OTHERS if mix is None else together(mix, names), *_line_cells(line, total, sample)]
        for mix, line in found.mixes
    ]
    calendar = [
        [period(day, Granularity.WEEK), _count(line.weeks, sample), *_line_cells(line, None, sample)[2:]]
        for day, line in found.calendar
    ]
    by_mix = TextTable("Channel mixes", ["channels", weeks, "of all", "messages a week", above], mixes)
    return [
        TextTable("Messages in a week", ["messages", weeks, "of all", *more], distribution),
        *([by_mix] if len(names) > 1 else []),
        TextTable("Weeks", ["week", subjects(analyzed), "messages each", above], calendar),
    ]


def pressure_json(analyzed: Analyzed[PressureFound]) -> dict[str, Any]:
    """Return everything that was found as JSON-ready data. Hidden numbers are null."""
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
        **sample_data(analyzed.planned),
    }


def channel_names(analyzed: Analyzed[PressureFound]) -> list[str]:
    """Return the name of each channel."""
    found = analyzed.found
    seen = {place for mix, _ in found.mixes for place in mix or ()}
    count = len(analyzed.planned.reads.begins)
    return names_of(analyzed, found.split, [place in seen for place in range(count)])


def bucket_words(bucket: Bucket) -> str:
    """Return numbers of messages in words: `3`, `4 – 6`, `10 or more`."""
    if bucket.last is None:
        return f"{number(bucket.first)} or more"
    return number(bucket.first) if bucket.first == bucket.last else f"{number(bucket.first)} – {number(bucket.last)}"


def then_label(analyzed: Analyzed[PressureFound]) -> str:
    """Return the label of what may follow."""
    return analyzed.planned.legs[-1].label


def interval_of(answers: Answers) -> tuple[float, float] | None:
    """Return the 95% interval of a share. It counts each subject once: weeks of one subject aren't independent."""
    if answers.people is None or answers.rate is None:
        return None
    return wilson(answers.rate * answers.people, answers.people)


def _sides(analyzed: Analyzed[PressureFound]) -> tuple[float, float] | None:
    """The shares with an answer of weeks up to the limit and above it, if both are known."""
    found = analyzed.found
    rates: list[float] = []
    for is_above in (False, True):
        buckets = [bucket for bucket in found.buckets if (bucket.first > found.limit) is is_above]
        answers = [bucket.answers for bucket in buckets]
        known = [each for each in answers if each is not None]
        weeks = sum(each.weeks for each in known)
        if not found.has_then or len(known) < len(answers) or not weeks:
            return None
        rates.append(sum(each.answered for each in known) / weeks)
    return rates[0], rates[1]


def _answer_cells(analyzed: Analyzed[PressureFound], answers: Answers | None) -> list[str]:
    if not analyzed.found.has_then:
        return []
    if answers is None:
        return [HIDDEN, MISSING, MISSING]
    ends, sample = interval_of(answers), analyzed.planned.sample
    return [
        counted(answers.answered, sample),
        marked(share(answers.rate), sample) if answers.rate is not None else MISSING,
        f"{share(ends[0])} – {share(ends[1])}" if ends is not None else MISSING,
    ]


def _line_cells(line: Line, total: int | None, sample: float | None) -> list[str]:
    return [
        _count(line.weeks, sample),
        _share(line.weeks, total, sample),
        marked(number(line.mean, 1), sample) if line.mean is not None else MISSING,
        marked(share(line.share_above), sample) if line.share_above is not None else HIDDEN if line.weeks else MISSING,
    ]


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
    return marked(share(part / whole), sample) if part is not None and whole else MISSING
