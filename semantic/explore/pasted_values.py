"""Match a pasted list with existing values, and suggest similar values for lines that don't match."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import Indel

from semantic.query.member_labels import NO_LABELS, Labels, label_of
from semantic.query.query import Value

MOST = 5_000
NEAR, CLOSE_ENOUGH = 2, 0.75
LOOKED_UP, LONGEST = 50, 200  # lines for which similar values are searched, and their length


@dataclass(frozen=True, slots=True)
class UnmatchedLine:
    """A line that matches no value, with similar values as suggestions."""

    line: str
    near: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Matched:
    """The matched values without duplicates, in the order of the lines, and the lines that match nothing."""

    values: tuple[Value, ...]
    unmatched: tuple[UnmatchedLine, ...]


def lines_of(text: str, known: Collection[str] = ()) -> list[str]:
    """Return the entries of a pasted text, one per line. A single line is split at commas, semicolons or tabs.

    Commas and quotes within a known value don't split it.
    """
    lines = [line for line in map(str.strip, text.splitlines()) if line]
    if len(lines) == 1 and lines[0] not in known:
        lines = [line.strip() for line in re.split(r"[,;\t]", text)]
    stripped = [line if line in known else line.strip("\"'").strip() for line in lines]
    return list(dict.fromkeys(line for line in stripped if line))[:MOST]


def match_list(text: str, known: Sequence[Value], labels: Labels = NO_LABELS) -> Matched:
    """Match each line with the same value, or with one that differs only in capitals or spaces.

    A line can also be the label of a value. All other lines are returned as unmatched.

    >>> match_list("de\\nFrance", ["DE", "FR"])
    Matched(values=('DE',), unmatched=(Unmatched(line='France', near=()),))
    """
    # A value that is literally named (none) wins over no value.
    labelled = {label: value for value in known if (label := label_of(value, labels)) is not None}
    exact = labelled | {_text(value): value for value in sorted(known, key=lambda each_value: each_value is not None)}
    folded: dict[str, list[Value]] = {}
    for value in known:
        texts = (_text(value), label_of(value, labels))
        for folded_text in dict.fromkeys(_fold(name) for name in texts if name is not None):
            folded.setdefault(folded_text, []).append(value)
    values: list[Value] = []
    unmatched: list[UnmatchedLine] = []
    for line in lines_of(text, exact):
        alike = folded.get(_fold(line), [])
        if line in exact:
            values.append(exact[line])
        elif len(alike) == 1:
            values.append(alike[0])
        else:
            near = alike or (_near(line, folded) if len(unmatched) < LOOKED_UP else [])
            unmatched.append(UnmatchedLine(line, tuple(near[:NEAR])))
    return Matched(tuple(dict.fromkeys(values)), tuple(unmatched))


def near_values(text: str, known: Collection[str]) -> tuple[str, ...]:
    """Return the known texts that differ from `text` only in capitals or spaces.

    If there are none, return similar ones.

    >>> near_values("de", ["DE", "FR"]), near_values("Serch", ["Search", "Social"]), near_values("x", ["Search"])
    (('DE',), ('Search',), ())
    """
    folded: dict[str, list[Value]] = {}
    for value in sorted(known):
        folded.setdefault(_fold(value), []).append(value)
    near = folded.get(_fold(text)) or _near(text, folded)
    return tuple(str(value) for value in near[:NEAR])


def _near(line: str, folded: Mapping[str, Sequence[Value]]) -> list[Value]:
    """Return the values similar to a line, most similar first."""
    if len(line) > LONGEST:
        return []
    close = process.extract(
        _fold(line), list(folded), scorer=Indel.normalized_similarity, score_cutoff=CLOSE_ENOUGH, limit=NEAR
    )
    return list(dict.fromkeys(value for name, _, _ in close for value in folded[name]))


def _text(value: Value) -> str:
    """Return a value as the page shows it, with words for null, true and false."""
    if value is None:
        return "(none)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())
