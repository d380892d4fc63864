"""The digest's letter: at most seven lines about the metrics a person follows, the most surprising first."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from semantic.display.format import counted
from semantic.display.messages.blocks import Block, Button, Finding, Footer, Headline, Note, Scope
from semantic.display.messages.letter import Letter
from semantic.display.words.headline import week_sentence
from semantic.explore.weekly import weekly
from semantic.query.codec import query_to_params
from semantic.query.describe import describe_day
from semantic.services.digest import Digest, DigestLine

TITLE: Final = "Your digest"
NOTHING_FOLLOWED: Final = "You don't follow any metrics yet"
NOTHING_MOVED: Final = "Nothing moved outside its usual range"


def digest_letter(digest: Digest, *, address: str, footer: Footer) -> Letter:
    """Return the letter. `address` is where people open the app."""
    blocks: list[Block] = [Scope(_scope(digest)), Headline(_headline(digest))]
    blocks += [_finding(line) for line in digest.lines]
    blocks += [Note(text) for text in _notes(digest)]
    lines = digest.lines
    # One move opens in Explore; several are on Home, which lists them with their charts.
    link = explore_link(address, lines[0]) if len(lines) == 1 else f"{address}/"
    blocks += [Button("Open in Explore" if len(lines) == 1 else "Open Samepage", link), footer]
    return Letter(
        title=TITLE,
        blocks=tuple(blocks),
        receipts=tuple(dict.fromkeys(line.result.receipt for line in lines if line.result.receipt)),
        values={"moved": [{"metrics": [*_names(line)], "change": line.move.change} for line in lines]},
    )


def explore_link(address: str, line: DigestLine) -> str:
    """Return the address in the app of a line's numbers by week."""
    return f"{address}/explore?{urlencode(query_to_params(weekly(*_names(line))), doseq=True)}"


def _names(line: DigestLine) -> list[str]:
    return [each.column.name for each in line.move.every]


def _scope(digest: Digest) -> str:
    weeks = {line.move.first.week for line in digest.lines}
    week = f"week of {describe_day(weeks.pop())}" if len(weeks) == 1 else "latest final weeks"
    return f"{counted(digest.followed, 'metric')} you follow · {week}"


def _headline(digest: Digest) -> str:
    if digest.lines:
        more = digest.moved - len(digest.lines[0].move.every)
        first = week_sentence(digest.lines[0].move.first, ranged=False)
        return f"{first} {counted(more, 'other metric')} also moved." if more else first
    if not digest.checked:
        return "None of the metrics you follow could be checked."
    return f"{NOTHING_MOVED}."


def _finding(line: DigestLine) -> Finding:
    week = line.move.first
    values = (*week.before, week.value)
    return Finding(
        title=f"{line.move.title} {line.move.change} {line.move.verdict}".rstrip(),
        text=" ".join(filter(None, (line.sentence, line.part))),
        line=values,
        ends=(describe_day(week.weeks_before[0]), describe_day(week.week)),
        note=" ".join(line.checks),
    )


def _notes(digest: Digest) -> list[str]:
    named = sum(len(line.move.every) for line in digest.lines)
    notes: list[str] = []
    if digest.moved > named:
        notes.append(f"{counted(digest.moved - named, 'more metric')} moved. Home lists all of them.")
    if digest.skipped:
        notes.append(f"{counted(digest.skipped, 'metric')} skipped: too few complete, final weeks.")
    if digest.failed:
        notes.append(f"Couldn't load {counted(digest.failed, 'metric')}.")
    return notes
