"""Check that each label of a dimension belongs to one member, and that `labels_from` names a usable dimension."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from semantic.errors import Problem
from semantic.model.definitions import Dataset, Dimension, TypeKind

PERSONAL = "personal"


def label_problems(places: Sequence[Dimension]) -> Iterator[Problem]:
    """Yield each problem with the labels of one dimension, in all datasets that have it.

    Labels that differ only in case or spaces count as equal, because readers can't tell them apart.
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


def label_source_problems(places: Sequence[Dimension], datasets: Mapping[str, Dataset]) -> Iterator[Problem]:
    """Yield each problem with a dimension's `labels_from`, in all datasets that have the dimension."""
    labelled = [one for one in places if one.labels_from]
    for one in labelled[1:]:
        message = f"The dimension {one.name!r} has `labels_from` in {labelled[0].dataset!r} and in {one.dataset!r}."
        yield _at(one, message, "Keep the one in the dataset with a row for each member.")
    for one in labelled:
        said = f"The dimension {one.name!r} takes its labels from {one.labels_from!r}"
        source = datasets[one.dataset].dimensions.get(one.labels_from)
        if one.kind != "categorical" or one.type.kind not in (TypeKind.STRING, TypeKind.INTEGER):
            message = (
                f"The dimension {one.name!r} has `labels_from`, but it's a {one.kind} dimension of type {one.type}."
            )
            yield _at(one, message, "Only categorical dimensions of text or whole numbers have labels.")
        elif source is None:
            known = sorted(other for other in datasets[one.dataset].dimensions if other != one.name)
            near = get_close_matches(one.labels_from, known, n=1)
            remedy = f"Did you mean {near[0]}?" if near else "Name a dimension of the same dataset."
            yield _at(one, f"{said}, which isn't a dimension of {one.dataset!r}.", remedy)
        elif source.name == one.name:
            yield _at(one, f"{said}, which is the dimension itself.", "Name another dimension of the same dataset.")
        elif source.kind != "categorical" or source.type.kind is not TypeKind.STRING:
            message = f"{said}, a {source.kind} dimension of type {source.type}."
            yield _at(one, message, "Name a categorical dimension of text.")
        elif source.labels_from:
            yield _at(
                one,
                f"{said}, which takes its own from {source.labels_from!r}.",
                "Use the dimension that holds the labels.",
            )
        elif PERSONAL in source.tags and any(PERSONAL not in place.tags for place in places):
            message = f"{said}, which is tagged `{PERSONAL}`."
            yield _at(one, message, f"Tag {one.name} `{PERSONAL}` too, because its labels are about the same people.")


def _at(one: Dimension, message: str, remedy: str) -> Problem:
    return Problem(one.file, one.line, message, remedy)


def _folded(label: str) -> str:
    return " ".join(label.casefold().split())
