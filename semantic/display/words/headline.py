"""START HERE for headlines: sum up an answer in a sentence, for screens, alt texts, files and emails.

    compared          Net revenue rose 41% to €25.9K. Email contributed most, +€3.9K of +€7.5K.
    hardly changed    Orders stayed about the same at 1,240 (−0.1%).
    not compared      Germany brought in €295K, 33% of net revenue.
    not final         Ad spend is €58.1K so far; the last 3 days can still change.
    too little data   Not enough orders to compare: 12 of 30.

A headline says "contributed", never "because". Each number is in the answer, or a difference or quotient of two numbers
in it. If no sentence would be correct, the headline is empty. Hidden numbers never appear in a sentence or affect one.
The headline of a whole board is in `display/boards/headline.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import fsum, isclose, isfinite

from semantic.display.change import exact, judge_change
from semantic.display.evidence import evidence, evidence_of, unranked
from semantic.display.format import key_text, share, with_span, writer
from semantic.display.rows import (
    NO_USUAL,
    Kinds,
    Usual,
    compared_with,
    comparison_words,
    is_of_all,
    is_total,
    judge_row_change,
    main_values,
    row_kinds,
)
from semantic.display.shares import adds_up, is_cut
from semantic.display.words.kpi import only_row, read_headline
from semantic.display.words.notable import WeekValues, judged
from semantic.display.words.sentences import NAMED_FROM, contributed, happened, is_plural, size_words
from semantic.model.definitions import Granularity, NumberFormat
from semantic.plan.time.like_for_like import STILL_OPEN
from semantic.query.comparisons import NEGLIGIBLE
from semantic.query.describe import lower_first
from semantic.results.change import Moved
from semantic.results.finality import open_columns, open_days
from semantic.results.result import Result, ResultColumn

MOST_METRICS = 2
"""The most metrics that a headline can be about. An answer with more metrics has no headline."""

LONGEST_FINDING = 110
"""The most characters of a tile's title. They fill two lines of a tile that is half a board wide."""


def headline(result: Result, usual: Usual = NO_USUAL) -> str:
    """Return one or two sentences about each metric of the answer. "" if no sentence would be correct.

    `usual` has the changes of a single number between earlier periods. If there are several comparisons, the first one
    is used.
    """
    columns = [column for column in main_values(result) if column.calculation is None]
    if not columns or len(columns) > MOST_METRICS or not result.table.num_rows or (result.keys and is_cut(result)):
        return ""
    sentences = [_sentence(column, result, usual, is_only=len(columns) == 1) for column in columns]
    return " ".join(sentences) if all(sentences) else ""


def subject(result: Result, usual: Usual = NO_USUAL) -> str:
    """Return the subject of an email on one line.

    It's the headline's first sentence or, without a headline, the question's title.
    """
    return first_sentence(headline(result, usual), result) or _on_one_line(result.title)


def finding(result: Result, usual: Usual = NO_USUAL) -> str:
    """Return the headline in the form of a tile's title.

    If it's too long for two lines, it's only the first sentence.
    """
    text = _on_one_line(headline(result, usual))
    return text if len(text) <= LONGEST_FINDING else f"{first_sentence(text, result)}."


def first_sentence(text: str, result: Result) -> str:
    """Return the first sentence of an answer's headline on one line, without its full stop."""
    text = _on_one_line(text)
    labels = [_on_one_line(column.label) for column in main_values(result)]
    label = next((label for label in labels if text.startswith(label)), "")
    end = text.find(". ", len(label))  # "No. of orders" is a name
    return text[:end] if end >= 0 else text.removesuffix(".")


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _sentence(column: ResultColumn, result: Result, usual: Usual, *, is_only: bool) -> str:
    before = next(iter(compared_with(column, result)), None)
    row = _row_of_all(result)
    if row is not None and before is not None:
        return _compared(column, before, row, result, usual)
    if row is not None:
        return (_by_member(column, result, row) if is_only else "") or _number_sentence(column, row, result)
    if before is not None and (summed := _summed(column, before, result)):
        return summed
    if before is not None:
        return _newest(column, result) if is_only else ""
    return (_newest(column, result) or _by_member(column, result, None)) if is_only else ""


def _row_of_all(result: Result) -> int | None:
    """Return the row for the whole answer, which is its only row or the grand total. None if there is neither."""
    if not result.keys:
        return only_row(result)
    return next((row for row, kinds in enumerate(row_kinds(result)) if is_of_all(kinds)), None)


# One number


def _number_sentence(column: ResultColumn, row: int, result: Result) -> str:
    """Return a sentence about a number without a comparison.

    It gives the value, or says that there is too little data or why the number is missing.
    """
    if result.table.column(column.name)[row].as_py() is not None and _cell(column, row, result) is None:
        return ""  # a day or a text
    read = read_headline(column, row, result)
    if read.missing:
        return f"{column.label}: {lower_first(read.missing)}"
    behind = evidence_of(column.name, row, result)
    if behind is not None and not behind.is_enough:
        count = f": {behind.words}" if behind.count is not None else ""
        return f"Too little data for {lower_first(column.label)}{count}."
    return f"{column.label} {_is(column)} {read.value}{_so_far(column, result)}."


def _compared(column: ResultColumn, before: ResultColumn, row: int, result: Result, usual: Usual) -> str:
    """Return sentences on how the total changed and who contributed most."""
    now, then = _cell(column, row, result), _cell(before, row, result)
    if now is None or then is None:
        return _number_sentence(column, row, result)
    if too_little := _too_little((column, before), row, result):
        return too_little
    if not result.is_judged(before, row) or _is_open(column, result):
        return _not_alike(column, before, now, then, result)
    change = judge_row_change(column, before, result, row, usual).moved
    sentence = happened(column, now, then, change)
    if change is not Moved.CHANGED:
        return sentence
    return f"{sentence} {_contributor(column, before, now, then, result)}".rstrip()


def plain_change(column: ResultColumn, before: ResultColumn, row: int, result: Result, usual: Usual = NO_USUAL) -> str:
    """Return a sentence about a change that may be usual, even if the last days aren't final yet.

    For example, "ROAS is 5.28 so far, 15% below the previous period." "" if the change is too small to matter, or if
    the two numbers can't be compared.
    """
    now, then = _cell(column, row, result), _cell(before, row, result)
    if now is None or then is None or _too_little((column, before), row, result):
        return ""
    is_open, change = _is_open(column, result), judge_row_change(column, before, result, row, usual).moved
    if change is Moved.SAME or not (result.is_judged(before, row) or (is_open and _is_only_open(before, row, result))):
        return ""
    if not is_open:
        return happened(column, now, then, change)
    if change is Moved.UNCERTAIN or not (size := size_words(column, now, then)):
        return ""
    value, side = with_span(writer(column, (then, now))(now), column), "above" if now > then else "below"
    return f"{column.label} {_is(column)} {value} so far, {size} {side} the {comparison_words(column, before)}."


def _is_only_open(before: ResultColumn, row: int, result: Result) -> bool:
    """Whether two numbers can't be compared only because the last days of one can still change."""
    return result.incomparable[before.name][row] == STILL_OPEN


def _not_alike(column: ResultColumn, before: ResultColumn, now: float, then: float, result: Result) -> str:
    """Return both numbers without saying that one changed, because the periods differ or one can still change."""
    write = writer(column, (now, then))
    value, earlier = (with_span(write(amount), column) for amount in (now, then))
    if so_far := _so_far(column, result):
        return f"{column.label} {_is(column)} {value}{so_far}."
    return f"{column.label} {_is(column)} {value} ({comparison_words(column, before)}: {earlier})."


def _so_far(column: ResultColumn, result: Result) -> str:
    """Return ` so far; the last 3 days can still change`, or "" if every day is final."""
    days = open_days(result) if column in open_columns(result) else 0
    if not days:
        return ""
    return f" so far; the last {'day' if days == 1 else f'{days:,} days'} can still change"


def _is_open(column: ResultColumn, result: Result) -> bool:
    """Whether so many days can still change that the number can't be compared."""
    start, end = column.counted_from or result.period.start, column.counted_to or result.period.end
    if not _so_far(column, result):
        return False
    return start is None or end is None or open_days(result) > NEGLIGIBLE * (end - start).days


def _too_little(columns: Sequence[ResultColumn], row: int, result: Result) -> str:
    """Return a sentence such as `Not enough orders to compare: 12 of 30.` "" if both periods have enough data."""
    for column in columns:
        behind = evidence_of(column.name, row, result)
        if behind is None or behind.is_enough:
            continue
        support = result.support[column.name]
        if behind.count is None or not support.what:
            return "Too little data to compare."
        return f"Not enough {support.what} to compare: {behind.count:,.0f} of {support.need.at_least:,}."
    return ""


# Members


@dataclass(frozen=True, slots=True)
class _Member:
    """A row of an answer by one breakdown, with its number in both periods.

    A missing number counts as 0, as in a sum.
    """

    row: int
    now: float
    then: float

    @property
    def part(self) -> float:
        return self.now - self.then


def _members(column: ResultColumn, before: ResultColumn | None, result: Result) -> list[_Member]:
    """Return the members of the only breakdown, including Other.

    Empty if the breakdown is a date, or if a policy hides or leaves out a number.
    """
    if len(result.keys) != 1 or result.keys[0].is_dated or result.keys[0].type.is_time:
        return []
    if result.hides(column) or (before is not None and result.hides(before)):
        return []
    now = result.table.column(column.name).to_pylist()
    then = result.table.column(before.name).to_pylist() if before is not None else now
    return [
        _Member(row, _finite(now[row]) or 0.0, _finite(then[row]) or 0.0)
        for row, kinds in enumerate(row_kinds(result))
        if not is_total(kinds)
    ]


def _contributor(column: ResultColumn, before: ResultColumn, now: float, then: float, result: Result) -> str:
    """Return a sentence about the member that contributed most, or "".

    The members must add up to the total in both periods.
    """
    members = _members(column, before, result)
    if len(members) < 2 or not adds_up(column, result):
        return ""
    if not (_is_sum([member.now for member in members], now) and _is_sum([member.then for member in members], then)):
        return ""
    change, kinds = now - then, row_kinds(result)
    largest = max(member.part / change for member in members)
    is_tie = sum(member.part / change >= largest for member in members) > 1
    nameable = [member for member in members if _can_be_named(member, kinds, (column, before), result)]
    first = max(nameable, key=lambda member: member.part / change, default=None)
    if first is None or first.part / change < NAMED_FROM:
        return ""
    part, whole = exact(first.part) or Fraction(0), exact(change) or Fraction(1)
    who, is_most = _who(first, kinds, result), first.part / change >= largest and not is_tie
    return contributed(who, part, whole, (then, now), column, is_most=is_most)


def _can_be_named(member: _Member, kinds: Sequence[Kinds], columns: Sequence[ResultColumn], result: Result) -> bool:
    if kinds[member.row][0] not in ("member", "none"):
        return False
    behind = [evidence_of(column.name, member.row, result) for column in columns]
    return all(each is None or each.is_enough for each in behind)


def _who(member: _Member, kinds: Sequence[Kinds], result: Result) -> str:
    key = result.keys[0]
    if kinds[member.row][0] == "none":
        return f"Rows without {lower_first(key.label)}"
    return key_text(result.table.column(key.name)[member.row].as_py(), key)


def _is_sum(values: Sequence[float], whole: float) -> bool:
    return isclose(fsum(values), whole, rel_tol=1e-9, abs_tol=1e-9 * fsum(map(abs, values)))


def _summed(column: ResultColumn, before: ResultColumn, result: Result) -> str:
    """Return a sentence about the total of an answer without a total row. The metric's members must add up."""
    members, reasons = _members(column, before, result), result.incomparable.get(before.name, ())
    if not members or not adds_up(column, result) or any(reasons) or _is_open(column, result):
        return ""
    if not (_has_any(column, result) and _has_any(before, result)):
        return ""  # no data isn't 0
    now, then = fsum(member.now for member in members), fsum(member.then for member in members)
    change = judge_change(now, then, column).moved
    sentence = happened(column, now, then, change)
    if change is not Moved.CHANGED:
        return sentence
    return f"{sentence} {_contributor(column, before, now, then, result)}".rstrip()


def _has_any(column: ResultColumn, result: Result) -> bool:
    return any(_finite(value) is not None for value in result.table.column(column.name).to_pylist())


def _by_member(column: ResultColumn, result: Result, total: int | None) -> str:
    """Return a sentence about the leading member of an answer without a comparison.

    That's the member with the largest part of a sum or, for other metrics, with the highest number that is reliably
    above all others.
    """
    members, kinds = _members(column, None, result), row_kinds(result)
    if len(members) < 2 or _so_far(column, result):
        return ""
    first = max(members, key=lambda member: member.now)
    if not _can_be_named(first, kinds, (column,), result) or sum(member.now == first.now for member in members) > 1:
        return ""
    if not adds_up(column, result):
        return _highest(column, first, _who(first, kinds, result), result)
    whole, shown = fsum(member.now for member in members), None if total is None else _cell(column, total, result)
    if min(member.now for member in members) < 0 or (shown is not None and not _is_sum([whole], shown)):
        return ""
    if whole <= 0 or first.now / whole < NAMED_FROM:
        return ""
    value = with_span(writer(column, [member.now for member in members])(first.now), column)
    verb = "brought in" if column.format is NumberFormat.MONEY and column.direction == "up" else "had"
    part, label = share(first.now / whole, 0), lower_first(column.label)
    of = f"the {label} shown" if result.filters else label  # other members may be filtered out
    return f"{_who(first, kinds, result)} {verb} {value}, {part} of {of}."


def _highest(column: ResultColumn, first: _Member, who: str, result: Result) -> str:
    """Return a sentence such as `FR has the highest ROAS: 7.20.` "" unless its interval is above all others."""
    ends = [each for row, each in enumerate(evidence(result).get(column.name, ())) if each and row != first.row]
    if not ends or any(first.row in group for group in unranked(result, column.name)):
        return ""
    own = evidence_of(column.name, first.row, result)
    if own is None or own.low is None or any(each.high is None for each in ends):
        return ""
    value = with_span(writer(column)(first.now), column)
    verb = "have" if who.startswith("Rows without") else "has"
    return f"{who} {verb} the highest {lower_first(column.label)}: {value}."


# By week


def _newest(column: ResultColumn, result: Result) -> str:
    """Return a sentence that compares the latest final week with the weeks before it.

    "" if too few of these weeks are known.
    """
    if len(result.keys) != 1 or result.keys[0].grain is not Granularity.WEEK:
        return ""
    week = next((week for week in judged(result) if week.column.name == column.name), None)
    if week is None:
        return ""
    return week_sentence(week)


def week_sentence(week: WeekValues, *, ranged: bool = True) -> str:
    """Return a sentence that compares a week with the weeks before it.

    "Orders were 310 in the week of 3 Nov 2026, below all of the 12 weeks before, which ranged from 320 to 480." Without
    `ranged`, it ends after "the 12 weeks before".
    """
    column = week.column
    write, verb = writer(column, (week.value, *week.before)), "were" if is_plural(column.label) else "was"
    newest = f"{column.label} {verb} {with_span(write(week.value), column)} {week.when}"
    others = f"{len(week.before)} weeks before"
    low, high = write(min(week.before)), write(max(week.before))
    if week.is_notable and not ranged:
        return f"{newest}, {week.side} all of the {others}."
    if week.is_notable:
        return f"{newest}, {week.side} all of the {others}, which ranged from {low} to {high}."
    return f"{newest}. The {others} ranged from {low} to {high}."


def _is(column: ResultColumn) -> str:
    return "are" if is_plural(column.label) else "is"


def _cell(column: ResultColumn, row: int, result: Result) -> float | None:
    return _finite(result.table.column(column.name)[row].as_py())


def _finite(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and isfinite(value) else None
