"""Checks of the labels of a dimension's members: each label belongs to one member, in every dataset that has the
dimension.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from semantic.errors import Problem
from semantic.model.definitions import Dimension, TypeKind


def label_problems(places: Sequence[Dimension]) -> Iterator[Problem]:
    """Return the problems with the labels of one dimension, in all datasets that have it.

    Labels that differ only by capitals or spaces are the same to a reader.
    """
    codes: dict[str, str] = {}  # by code, its label
    owners: dict[str, str] = {}  # by label, its code
    known = {_folded(code): code for one in places for code, _ in one.labels}
    for one in places:
        if one.labels and (one.kind != "categorical" or one.type.kind not in (TypeKind.STRING, TypeKind.INTEGER)):
            message = f"The dimension {one.name!r} has labels, but it's a {one.kind} dimension of type {one.type}."
            yield _at(one, message, "Only categorical dimensions of text or whole numbers have labels.")
        if one.member_synonyms and one.kind == "time":
            message = f"The dimension {one.name!r} has synonyms of members, but it's a time dimension."
            yield _at(one, message, "Days are read from words by themselves.")
        for code, label in one.labels:
            if one.type.kind is TypeKind.INTEGER and not re.fullmatch("-?(0|[1-9][0-9]*)", code):
                message = f"The dimension {one.name!r} labels {code!r}, which isn't a whole number."
                yield _at(one, message, "Write the number as it appears in the data.")
            before = codes.setdefault(code, label)
            if before != label:
                message = f"The dimension {one.name!r} labels {code!r} both {before!r} and {label!r}."
                yield _at(one, message, "Keep one of them.")
                continue
            owner = owners.setdefault(_folded(label), code)
            if owner != code:
                message = f"The dimension {one.name!r} has the label {label!r} for both {owner!r} and {code!r}."
                yield _at(one, message, "Give each its own label.")
            elif known.get(_folded(label), code) != code:
                message = f"The dimension {one.name!r} labels {code!r} as {label!r}, which is another of its members."
                yield _at(one, message, "Give it another label.")


def _at(one: Dimension, message: str, remedy: str) -> Problem:
    return Problem(one.file, one.line, message, remedy)


def _folded(label: str) -> str:
    return " ".join(label.casefold().split())
