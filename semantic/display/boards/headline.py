"""Write a board's headline, which sums up its tiles in at most two sentences.

    targets behind       Behind target: Net revenue €318K, 90% of target to date.
    worse                ROAS fell 4% to 5.47. Certified metrics come first.
    off a target         Projected above target: Ad spend €13.1K, 108% of target to date.
    perhaps worse        Average order value fell 21% to €75.61.
    better               Orders rose 12% to 1,240.
    unusual weeks        Ad spend was €150 in the week of 25 May 2026, above all of the 12 weeks before.
    all is well          All 3 targets are on track. Overall, nothing moved outside its usual range.

Good news never comes before possibly bad news. A change that is perhaps worse is large enough to matter, but may be
within the usual range, so only one is mentioned, without a judgement. If no change is a signal, only such changes are
mentioned: first those that may be unusual, then unfavourable ones, then the largest.

The headline asks no questions: every number in it is on a tile. The most urgent news comes first, and each metric is
mentioned once. Tiles whose answer is missing or being refreshed are ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf

from semantic.display.boards.shown import TileShown
from semantic.display.change import Verdict
from semantic.display.rows import compared_with, judge_row_change, main_values, row_verdict
from semantic.display.words.headline import first_sentence, headline, plain_change, week_sentence
from semantic.display.words.kpi import only_row
from semantic.display.words.notable import judged
from semantic.display.words.pace import off_target_sentence, targets_sentence
from semantic.results.change import Moved
from semantic.results.result import Result, ResultColumn
from semantic.targets.pace import Pace, urgency
from semantic.targets.pace import Verdict as OnTarget

MOST_SENTENCES = 2
NOTHING_MOVED = "Overall, nothing moved outside its usual range."
_BEHIND = (OnTarget.MISSED, OnTarget.MISSES)
_ON_TRACK = (OnTarget.REACHED, OnTarget.REACHES)
Subject = tuple[str, str]
"""A metric's label, and the rows that it covers in words."""


def board_headline(tiles: Iterable[TileShown]) -> str:
    """Return the headline, or "" if the tiles have nothing to report."""
    newest = [tile for tile in tiles if tile.result is not None and not tile.is_earlier and not tile.sentence]
    paced, changes, weeks = _paced(newest), _changes(newest), [*_weeks(newest)]
    behind = {subject for subject, pace, _ in paced if pace.verdict in _BEHIND}
    plain = [] if _is_all_usual(newest) else [one for one in _plain_changes(newest) if one.subject not in behind]
    worse = [(change.subject, change.sentence) for change in changes if change.verdict == "worse"]
    better = [(change.subject, change.sentence) for change in changes if change.verdict == "better"]
    maybe_worse = [(one.subject, one.sentence) for one in plain if one.is_worse and not one.is_usual][:1]
    sentences: dict[Subject, str] = {}
    for subject, sentence in (*worse, *_off_target(paced), *maybe_worse, *better, *weeks):
        if subject not in behind:
            sentences.setdefault(subject, sentence)
    if not (changes or weeks):
        sentences |= {one.subject: one.sentence for one in plain if one.subject not in sentences}
    on_target = targets_sentence([(column.label, pace, column) for _, pace, column in paced]) if behind else ""
    if not (on_target or changes or weeks or _off_target(paced)) and sentences:
        on_target = _all_on_track(paced)
    if on_target or sentences:
        return " ".join([*filter(None, [on_target]), *sentences.values()][:MOST_SENTENCES])
    return " ".join(filter(None, (_on_track(paced), NOTHING_MOVED if _is_all_usual(newest) else "")))


def has_moved(tiles: Iterable[TileShown]) -> bool:
    """Whether any number changed by a large and unusual amount, or its latest final week is an extreme.

    A week is an extreme if it's outside the range of all weeks before.
    """
    newest = [tile for tile in tiles if tile.result is not None and not tile.is_earlier]
    compared = [(tile, parts) for tile in newest if (parts := _compared(tile)) is not None]
    moved = any(
        judge_row_change(parts[1], parts[2], parts[0], parts[3], tile.usual).is_signal for tile, parts in compared
    )
    return moved or any(True for _ in _weeks(newest))


def is_behind(tiles: Iterable[TileShown]) -> bool:
    """Whether any number is behind its target or missed it."""
    return any(pace.verdict in _BEHIND for _, pace, _ in _paced([tile for tile in tiles if not tile.is_earlier]))


# Targets


def _paced(tiles: Sequence[TileShown]) -> list[tuple[Subject, Pace, ResultColumn]]:
    """Return the targets of the number tiles, furthest behind first. Each target occurs once."""
    paced = {
        _subject(column, tile.result): (tile.pace, column)
        for tile in tiles
        if tile.pace is not None and tile.result is not None
        for column in main_values(tile.result)[:1]
    }
    each = [(subject, pace, column) for subject, (pace, column) in paced.items()]
    return sorted(each, key=lambda one: urgency(one[1], one[2].direction))


def _off_target(paced: Sequence[tuple[Subject, Pace, ResultColumn]]) -> list[tuple[Subject, str]]:
    """Return a sentence about the first missed target of a metric without a good direction. Empty if there is none."""
    for subject, pace, column in paced:
        if pace.verdict in (OnTarget.ABOVE, OnTarget.BELOW):
            return [(subject, off_target_sentence(column.label, pace, column))]
    return []


def _on_track(paced: Sequence[tuple[Subject, Pace, ResultColumn]]) -> str:
    """Return the sentence about the targets when none of them is behind."""
    return _all_on_track(paced) or targets_sentence([(column.label, pace, column) for _, pace, column in paced])


def _all_on_track(paced: Sequence[tuple[Subject, Pace, ResultColumn]]) -> str:
    known = [pace for _, pace, _ in paced if not pace.is_early]
    if not known or not all(pace.verdict in _ON_TRACK for pace in known):
        return ""
    return f"All {len(known)} targets are on track." if len(known) > 1 else "The target is on track."


# Changes


@dataclass(frozen=True, slots=True)
class _Change:
    """A sentence about a number that got better or worse."""

    subject: Subject
    sentence: str
    verdict: Verdict
    is_certified: bool


def _changes(tiles: Sequence[TileShown]) -> list[_Change]:
    """Return the changes of single numbers that have a verdict, certified metrics first.

    Only large and unusual changes have a verdict.
    """
    changes: list[_Change] = []
    for tile in tiles:
        if (compared := _compared(tile)) is None:
            continue
        result, column, before, row = compared
        verdict = row_verdict(column, before, result, row, tile.usual)
        sentence = first_sentence(headline(result, tile.usual), result) if verdict else ""
        if verdict and sentence:
            is_certified = any(fact.kind == "certified" and fact.state == "good" for fact in tile.facts)
            changes.append(_Change(_subject(column, result), f"{sentence}.", verdict, is_certified))
    return sorted(changes, key=lambda change: not change.is_certified)


@dataclass(frozen=True, slots=True)
class _PlainChange:
    """A sentence about a change that is large enough to matter, but is usual or may be usual."""

    subject: Subject
    sentence: str
    is_worse: bool
    is_usual: bool
    size: float


def _plain_changes(tiles: Sequence[TileShown]) -> list[_PlainChange]:
    """Return the changes of single numbers without a verdict, most important first.

    If all are usual, return at most one.
    """
    plain: list[_PlainChange] = []
    for tile in tiles:
        if (compared := _compared(tile)) is None or compared[1].direction == "none":
            continue
        result, column, before, row = compared
        if sentence := plain_change(column, before, row, result, tile.usual):
            now, then = (float(result.table.column(each.name)[row].as_py()) for each in (column, before))
            is_worse = (now < then) == (column.direction == "up")
            size = abs(now - then) / abs(then) if then else inf
            movement = judge_row_change(column, before, result, row, tile.usual).moved
            is_usual = movement is not Moved.CHANGED and result.is_judged(before, row)  # otherwise, it isn't known yet
            plain.append(_PlainChange(_subject(column, result), sentence, is_worse, is_usual, size))
    plain.sort(key=lambda one: (one.is_usual, not one.is_worse, -one.size))
    return [one for one in plain if not one.is_usual] or plain[:1]


def _compared(tile: TileShown) -> tuple[Result, ResultColumn, ResultColumn, int] | None:
    """Return a tile's answer, its only number, the number's first comparison, and its row.

    None if there is no comparison.
    """
    result = tile.result
    columns = main_values(result) if result is not None else ()
    if result is None or result.keys or len(columns) != 1 or not result.table.num_rows:
        return None
    before = next(iter(compared_with(columns[0], result)), None)
    return (result, columns[0], before, only_row(result)) if before is not None else None


def _weeks(tiles: Sequence[TileShown]) -> Iterator[tuple[Subject, str]]:
    """Yield a sentence about each latest final week outside the range of all weeks before, for tiles by week."""
    for tile in tiles:
        result = tile.result
        if result is None or len(result.keys) != 1:
            continue
        for week in judged(result):
            if week.is_notable:
                yield _subject(week.column, result), week_sentence(week, ranged=False)


def _is_all_usual(tiles: Sequence[TileShown]) -> bool:
    """Whether there are compared numbers and all of them are known to be in their usual range."""
    known: list[bool] = []
    for tile in tiles:
        if (compared := _compared(tile)) is None:
            continue
        result, column, before, row = compared
        if not result.is_judged(before, row):
            return False
        if any(result.table.column(each.name)[row].as_py() is None for each in (column, before)):
            return False
        movement = judge_row_change(column, before, result, row, tile.usual)
        known.append(movement.moved in (Moved.SAME, Moved.USUAL))
    return bool(known) and all(known)


def _subject(column: ResultColumn, result: Result) -> Subject:
    return column.metric.name if column.metric is not None else column.name, result.filters
