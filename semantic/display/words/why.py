"""Why a number changed, in words: the sentence above it, and each part's row. Every number is one of the explanation.

Parts are contributions. Nothing here says "because": members add up to a change, which isn't what caused it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from semantic.display.format import MINUS, Rest, counted, key_text, writer
from semantic.display.rows import key_value
from semantic.display.text import text_table
from semantic.display.words import sentences
from semantic.display.words.sentences import NAMED_FROM, contributed, happened
from semantic.query.describe import lower_first
from semantic.results.change import Explanation, Moved, Part, Parts

if TYPE_CHECKING:
    from semantic.results.result import ResultColumn

TOO_LITTLE = "Too little data"

MOST_LISTED = 8
"""Parts shown at first."""


@dataclass(frozen=True, slots=True)
class PartWords:
    """One part of a change as a row: the member, its numbers, what it contributed. A text is "" if it has none.

    `length` is the part's size relative to the largest of its breakdown, with its sign.
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
    """What happened, how much, and who contributed most.

    A change too small to matter is "about the same". One within the usual range, or that can be chance, is stated with
    that and without contributors.
    """
    before, after = _float(explanation.whole.before), _float(explanation.whole.after)
    if before is None or after is None:
        return ""
    sentence = happened(column, after, before, explanation.moved)
    if explanation.moved is not Moved.CHANGED:
        return sentence
    return f"{sentence} {_contributor(explanation, column, keys)}".rstrip()


def _contributor(explanation: Explanation, column: ResultColumn, keys: Mapping[str, ResultColumn]) -> str:
    """The member of the first breakdown that contributed most of those with enough data; "" if none holds enough of
    the change."""
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
    is_most = all((other.part or 0) / change <= largest.part / change for other in first.parts)
    return contributed(who, largest.part, change, _ends(explanation), column, is_most=is_most)


def about_sentences(explanation: Explanation, column: ResultColumn) -> list[str]:
    """What else the parts say: rate and mix of a ratio, and its formula."""
    said: list[str] = []
    first = next((parts for parts in explanation.by if parts.rate is not None), None)
    if first is not None and first.rate is not None and first.mix is not None:
        rate, mix = (signed(number, explanation, column) for number in (first.rate, first.mix))
        said.append(f"By {lower_first(first.label)}: rate {rate}, mix {mix}.")
    if explanation.factors:
        parts = (f"{lower_first(one.label)} {signed(one.part, explanation, column)}" for one in explanation.factors)
        said.append(f"By formula: {', '.join(parts)}.")
    return said


def explanation_text(explanation: Explanation, column: ResultColumn, keys: Mapping[str, ResultColumn]) -> Iterator[str]:
    """The whole explanation as lines and tables of plain text."""
    yield change_sentence(explanation, column, keys)
    yield from about_sentences(explanation, column)
    for parts in explanation.by:
        rows = part_rows(parts, explanation, column, keys[parts.dim])
        is_ratio = any(row.rate for row in rows)
        yield ""
        if parts.adds_up:
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
    """The largest parts, with all others as one: they still add up."""
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
        count=sum(part.count for part in rest),
    )  # fmt: skip
    return replace(parts, parts=(*shown, others))


def part_rows(parts: Parts, explanation: Explanation, column: ResultColumn, key: ResultColumn) -> list[PartWords]:
    """Each part of a breakdown, in order."""
    largest = max((abs(part.part) for part in parts.parts if part.part is not None), default=Fraction(0))
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
                note="" if part.is_enough else TOO_LITTLE,
                length=float((part.part or Fraction(0)) / largest) if largest else 0.0,
            )
        )
    return rows


def member_words(part: Part, key: ResultColumn) -> str:
    """A part's member by its label; "6 others" for the smallest parts together."""
    match part.kind:
        case "rest":
            return counted(part.count, "other", "others")
        case "other":
            return Rest.OTHER.value
        case _:
            return key_text(key_value(part.value, part.kind), key)


def signed(value: Fraction, explanation: Explanation, column: ResultColumn, *, short: bool = True) -> str:
    """A contribution with its sign, written as beside the numbers of the explanation."""
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
