"""Describe who can see what, and why, as text for the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from semantic.display.format import counted, writer
from semantic.display.rows import key_cells, numbers_beside
from semantic.display.text import text_table
from semantic.governance.compare_people import Numbers, RowPair, View
from semantic.policy.explain import Access, AccessOverview
from semantic.policy.narrow import VisibleModel
from semantic.policy.subjects import Subject
from semantic.results.result import Result

NOTHING = "\N{EM DASH}"


def verdict_words(access: Access) -> str:
    """Return `yes`, `no`, or `yes, no rows` if the name is visible but all its rows are hidden."""
    return "no" if not access.allowed else "yes" if access.sees_rows else "yes, no rows"


def metric_access_text(accesses: Sequence[tuple[Subject, Access]]) -> str:
    """Return a line with yes or no for each person or group, followed by all reasons."""
    width = max(len(subject.label) for subject, _ in accesses)
    lines: list[str] = []
    for subject, access in accesses:
        lines.append(f"{subject.label.ljust(width)}  {verdict_words(access)}")
        lines += [f"  {sentence}" for sentence in access.sentences]
    return "\n".join(lines)


def sight_text(sight: AccessOverview) -> str:
    """Return what one person can see: policies, rows, and names with reasons. Hidden names are last."""
    shown = [metric for metric in sight.metrics if metric.allowed]
    dimensions = [dimension for dimension in sight.dimensions if dimension.allowed]
    hidden = [field for field in (*sight.metrics, *sight.dimensions) if not field.allowed]
    records = [record for record in sight.records if record.allowed]
    policies = ", ".join(policy.label for policy in sight.policies) or "none"
    lines = [f"Policies for {sight.actor.short_name}: {policies}", ""]
    lines += ["Rows", *(f"  {row.text}" for row in sight.rows), *([] if sight.rows else ["  No row rules."]), ""]
    for title, group in (("metric", shown), ("dimension", dimensions)):
        lines += [counted(len(group), title), *_named(group), ""]
    lines += ["Individual rows", *(_named(records) if records else ["  None can be viewed."]), ""]
    lines += [f"{len(hidden)} hidden", *_named(hidden)]
    return "\n".join(lines).rstrip("\n")


def _named(group: Sequence[Access]) -> Iterator[str]:
    for field in group:
        yield f"  {field.name}: {' '.join(field.sentences)}"


def view_text(view: View) -> str:
    """Return how one person sees a question: their scope, each name with its reason, and any refusal."""
    lines = [f"{view.seen.actor.short_name}: {view.scope}"]
    lines += [f"  {name.name}: {verdict_words(name)}. {' '.join(name.sentences)}" for name in view.names]
    if view.refused is not None:
        lines.append(f"  Refused: {view.refused.title} ({view.refused.code})")
    return "\n".join(lines)


def pairs_text(pairs: Sequence[RowPair], left: Result, right: Result, names: tuple[str, str]) -> str:
    """Return both answers in one table. Rows that differ are marked."""
    heads = ["", *(column.label for column in left.keys)]
    for column in left.values:
        heads += [f"{column.label}, {name}" for name in names]
    rows = [[mark_words(pair), *key_words(pair, left, right), *_numbers(pair, left, right)] for pair in pairs]
    sides = [False] * (1 + len(left.keys)) + [True] * (2 * len(left.values))
    differing = sum(pair.differs for pair in pairs)
    same = len(pairs) - differing
    differ, are = "differs" if differing == 1 else "differ", "is" if same == 1 else "are"
    return f"{text_table(heads, rows, sides)}\n{counted(differing, 'row')} {differ} and {same} {are} the same."


def mark_words(pair: RowPair) -> str:
    """Return the difference between both answers in a row, in words. "" if there is none."""
    if pair.left is None:
        return "second only"
    return "first only" if pair.right is None else "differs" if pair.differing else ""


def key_words(pair: RowPair, left: Result, right: Result) -> list[str]:
    """Return a group's keys as on screen. Empty if the answers have no breakdown.

    The labels come from the answer that contains the group, because an answer has only the labels of its own members.
    """
    result = left if pair.left is not None else right
    if not result.keys:
        return []
    return key_cells(pair.key[:-1], tuple(str(pair.key[-1]).split(",")), result.keys)


def _numbers(pair: RowPair, left: Result, right: Result) -> Iterator[str]:
    for column in left.values:
        for side, result in ((pair.left, left), (pair.right, right)):
            yield number_words(side, column.name, result)


def number_words(side: Numbers | None, name: str, result: Result) -> str:
    """Return the number of one answer as on screen, or a dash if it doesn't have the group."""
    if side is None:
        return NOTHING
    column = next(value for value in result.values if value.name == name)
    return writer(column, numbers_beside(column, result), short=False)(side[name])


def known_sight(sight: AccessOverview, asker: VisibleModel) -> AccessOverview:
    """Return what one person can see, limited to the names that `asker` can see too (decision 34)."""
    model = asker.model
    return replace(
        sight,
        metrics=tuple(metric for metric in sight.metrics if asker.shows_metric(model.metrics[metric.name])),
        dimensions=tuple(dimension for dimension in sight.dimensions if asker.places(dimension.name)),
        records=tuple(record for record in sight.records if asker.shows_fact(record.name)),
    )
