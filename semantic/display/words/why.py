"""Describe the explanation of a change: a headline, and a row for each part. All numbers come from the explanation.

Parts are contributions. The words never say "because": the members add up to the change, but they may not be its cause.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from semantic.display.format import MINUS, Rest, counted, key_text, writer
from semantic.display.rows import key_value
from semantic.display.text import text_table
from semantic.display.words import sentences
from semantic.display.words.sentences import NAMED_FROM, contributed, happened, size_words
from semantic.query.describe import describe_day, describe_range, lower_first
from semantic.results.change import Explanation, Late, Moved, Part, Parts

if TYPE_CHECKING:
    from semantic.results.result import ResultColumn

TOO_LITTLE = "Too little data"
LATE = "Late data"

MOST_LISTED = 8
"""The most parts that are shown at first."""


@dataclass(frozen=True, slots=True)
class PartWords:
    """One part of a change as a row: the member, its numbers and its contribution. Missing texts are "".

    `length` is the size of the part with its sign, relative to the largest part of the breakdown.
    """

    member: str
    before: str
    after: str
    part: str
    share: str  # of the change
    rate: str = ""
    mix: str = ""
    note: str = ""
    length: float = 0.0


def change_sentence(explanation: Explanation, column: ResultColumn, keys: Mapping[str, ResultColumn]) -> str:
    """Return a sentence on the change, its size, and the member that contributed most.

    A change that is too small to matter is "about the same". If the change is within the usual range or can be due to
    chance, the sentence says so, and names no member.
    """
    before, after = _float(explanation.whole.before), _float(explanation.whole.after)
    if before is None or after is None:
        return ""
    sentence = happened(column, after, before, explanation.moved)
    if explanation.moved is not Moved.CHANGED:
        return sentence
    return f"{sentence} {_contributor(explanation, column, keys)}".rstrip()


def _contributor(explanation: Explanation, column: ResultColumn, keys: Mapping[str, ResultColumn]) -> str:
    """Return a sentence on the member of the first breakdown that contributed most, if it has enough data.

    "" if no member accounts for enough of the change.
    """
    first = next((parts for parts in explanation.by if parts.adds_up), None)
    if first is None:
        return ""
    change = explanation.change
    named = [part for part in first.parts if part.kind in ("member", "none") and part.is_enough]
    largest = max(named, key=lambda part: (part.part or 0) / change, default=None)
    if largest is None or largest.part is None or largest.part / change < NAMED_FROM:
        return ""
    who = member_words(largest, keys[first.dim])
    who = f"Rows without {lower_first(first.label)}" if largest.kind == "none" else who
    others = [*(other.part or 0 for other in first.parts), *([explanation.late.part] if explanation.late else [])]
    is_most = all(other / change <= largest.part / change for other in others)
    return contributed(who, largest.part, change, _ends(explanation), column, is_most=is_most)


def about_sentences(explanation: Explanation, column: ResultColumn) -> list[str]:
    """Return sentences about everything else: late data, a ratio's rate and mix, and the formula."""
    said = [late] if (late := late_sentence(explanation, column)) else []
    first = next((parts for parts in explanation.by if parts.rate is not None), None)
    if first is not None and first.rate is not None and first.mix is not None:
        rate, mix = (signed(number, explanation, column) for number in (first.rate, first.mix))
        said.append(f"By {lower_first(first.label)}: rate {rate}, mix {mix}.")
    if explanation.factors:
        parts = (f"{lower_first(one.label)} {signed(one.part, explanation, column)}" for one in explanation.factors)
        said.append(f"By formula: {', '.join(parts)}.")
    return said


def late_sentence(explanation: Explanation, column: ResultColumn) -> str:
    """Return sentences on the contribution of late data, why it counts as late, and the change without it.

    "" if the contribution isn't known or is zero.
    """
    late, change = explanation.late, explanation.change
    if late is None or late.is_nothing:
        return ""
    part, whole = signed(late.part, explanation, column), signed(change, explanation, column)
    of = f"of {whole}" if change and 0 <= late.part / change <= 1 else f"to a change of {whole}"
    without = _without(late, column)
    if late.low is None or late.high is None:
        return f"Late data contributed {part} {of}. {_loaded(late)} {without}".rstrip()
    low, high = (signed(end, explanation, column) for end in (late.low, late.high))
    said = [f"Late data contributed an estimated {part} {of}, between {low} and {high}."]
    if late.open_days is not None:
        first, end = late.open_days
        days = describe_range(first, end, open_end=True)
        is_one = end - first == timedelta(days=1)
        said.append(f"{days} {'is' if is_one else 'are'}n't final yet.")
    if late.has_late_rows:
        said.append(_loaded(late))
    return " ".join([*said, without]).rstrip()


def _loaded(late: Late) -> str:
    """Return which rows are late, in words."""
    after = f"only after {describe_day(late.loaded_to)}, at" if late.loaded_to is not None else "only at"
    return f"Part of the older period was loaded {after} an age that the newer one hasn't reached yet."


def _without(late: Late, column: ResultColumn) -> str:
    """Return how the number would have changed if both periods were equally complete."""
    before, after = _float(late.comparable.before), _float(late.comparable.after)
    if before is None or after is None:
        return ""
    name, size = lower_first(column.label), size_words(column, after, before)
    if before == after:
        return f"Without it, {name} stayed the same."
    about = "" if late.is_exact else "about "
    return f"Without it, {name} {'rose' if after > before else 'fell'} {about}{size}." if size else ""


def late_row(explanation: Explanation, column: ResultColumn, parts: Parts) -> PartWords | None:
    """Return a row for late data, so that all rows add up to the change. None if no data is late."""
    late = explanation.late
    if late is None or late.is_nothing:
        return None
    note = "" if late.low is None or late.high is None else "Estimated"
    share = _share(late.part / explanation.change) if explanation.change else ""
    length = float(late.part / largest) if (largest := _largest(parts)) else 0.0
    part = signed(late.part, explanation, column, short=False)
    return PartWords(LATE, "", "", part, share, note=note, length=length)


def _largest(parts: Parts) -> Fraction:
    return max((abs(part.part) for part in parts.parts if part.part is not None), default=Fraction(0))


def explanation_text(explanation: Explanation, column: ResultColumn, keys: Mapping[str, ResultColumn]) -> Iterator[str]:
    """Yield the lines and tables of the whole explanation as plain text."""
    yield change_sentence(explanation, column, keys)
    yield from about_sentences(explanation, column)
    for parts in explanation.by:
        rows = part_rows(parts, explanation, column, keys[parts.dim])
        is_ratio = any(row.rate for row in rows)
        yield ""
        if parts.adds_up:
            rows += [late] if (late := late_row(explanation, column, parts)) is not None else []
            head = [parts.label, "earlier", "later", "contributed", "of the change"]
            cells = [[row.member, row.before, row.after, row.part, row.share] for row in rows]
        else:
            head = [parts.label, "earlier", "later"]
            cells = [[row.member, row.before, row.after] for row in rows]
        if is_ratio:
            head += ["rate", "mix"]
            cells = [[*line, row.rate, row.mix] for line, row in zip(cells, rows, strict=True)]
        if any(row.note for row in rows):
            head.append("")
            cells = [[*line, row.note] for line, row in zip(cells, rows, strict=True)]
        yield text_table(head, cells)


def shortened(parts: Parts, most: int = MOST_LISTED) -> Parts:
    """Return the largest parts, with all others combined into one part, so that they still add up."""
    if len(parts.parts) <= most + 1:
        return parts
    shown, rest = parts.parts[:most], parts.parts[most:]
    if not parts.adds_up:
        return replace(parts, parts=shown)

    def total(numbers: Iterable[Fraction | None]) -> Fraction | None:
        known = [number for number in numbers if number is not None]
        return sum(known, Fraction(0)) if known else None

    others = Part(
        value=None, kind="rest", before=None, after=None, part=total(part.part for part in rest),
        rate=total(part.rate for part in rest), mix=total(part.mix for part in rest),
        late=total(part.late for part in rest), count=sum(part.count for part in rest),
    )  # fmt: skip
    return replace(parts, parts=(*shown, others))


def part_rows(parts: Parts, explanation: Explanation, column: ResultColumn, key: ResultColumn) -> list[PartWords]:
    """Return a row for each part of a breakdown, in order."""
    largest = _largest(parts)
    write = writer(column, _numbers(parts), short=False)
    rows: list[PartWords] = []
    for part in parts.parts:
        numbers = (part.part, part.rate, part.mix)
        texts = ["" if it is None else signed(it, explanation, column, short=False) for it in numbers]
        is_shared = part.part is not None and explanation.change != 0
        rows.append(
            PartWords(
                member_words(part, key),
                write(_float(part.before)),
                write(_float(part.after)),
                texts[0],
                share=_share((part.part or Fraction(0)) / explanation.change) if is_shared else "",
                rate=texts[1],
                mix=texts[2],
                note=". ".join(
                    filter(None, ("" if part.is_enough else TOO_LITTLE, _late_note(part, explanation, column)))
                ),
                length=float((part.part or Fraction(0)) / largest) if largest else 0.0,
            )
        )
    return rows


def _late_note(part: Part, explanation: Explanation, column: ResultColumn) -> str:
    """Return a note on late data's contribution to a group's change. The group's own part excludes it."""
    text = signed(part.late or Fraction(0), explanation, column)
    if explanation.late is None or not any(digit in text for digit in "123456789"):
        return ""
    return f"{LATE}: {'' if explanation.late.is_exact else 'about '}{text}"


def member_words(part: Part, key: ResultColumn) -> str:
    """Return the label of a part's member, or "6 others" for the combined smallest parts."""
    match part.kind:
        case "rest":
            return counted(part.count, "other", "others")
        case "other":
            return Rest.OTHER.value
        case _:
            return key_text(key_value(part.value, part.kind), key)


def signed(value: Fraction, explanation: Explanation, column: ResultColumn, *, short: bool = True) -> str:
    """Return a contribution with its sign, formatted like the numbers of the explanation."""
    return sentences.signed(value, _ends(explanation), column, short=short)


def _ends(explanation: Explanation) -> tuple[float, float]:
    return _float(explanation.whole.before) or 0.0, _float(explanation.whole.after) or 0.0


def _share(share: Fraction) -> str:
    text = f"{abs(float(share)):.0%}"
    return f"{MINUS}{text}" if share < 0 and text != "0%" else text


def _numbers(parts: Parts) -> list[float | None]:
    return [_float(number) for part in parts.parts for number in (part.before, part.after)]


def _float(number: Fraction | None) -> float | None:
    return None if number is None else float(number)
