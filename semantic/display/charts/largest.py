"""Choose the groups in each metric's panel of lines. Each metric has its own largest groups, in shared colours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from semantic.display.format import listed
from semantic.display.groups import Group, Rows, first_of, in_table, is_grey, is_rest, left_out, ranked_groups
from semantic.results.result import ResultColumn

NAMED = 7  # groups named by a note before it counts the rest


@dataclass(frozen=True, slots=True)
class Largest:
    """The groups of one metric: those that are drawn, those left out, and those without a number.

    `by` is the metric that ranks them. For a ratio, it's an additive metric of the question if there is one, because
    ratios are highest where there is least data.
    """

    metric: ResultColumn
    by: ResultColumn
    drawn: tuple[Group, ...]
    left: tuple[Group, ...]
    empty: tuple[Group, ...]


def largest_of_each(rows: Rows, metrics: Sequence[ResultColumn], most: int, colours: int) -> list[Largest]:
    """Return the largest groups of each metric.

    There are at most `most` groups for each metric, and fewer if all panels together would need more than `colours`
    colours.
    """
    largests = [_largest(rows, metric, most) for metric in metrics]
    members = {group for largest in largests for group in largest.drawn if not is_grey(group)}
    return largest_of_each(rows, metrics, most - 1, colours) if len(members) > colours and most > 1 else largests


def _largest(rows: Rows, metric: ResultColumn, most: int) -> Largest:
    size = rows.measure_of_size
    by = size if metric.is_ratio and not size.is_ratio else metric
    groups = ranked_groups(rows, by)
    known = with_numbers(rows, metric)
    valued = [group for group in groups if group in known]
    drawn = first_of(valued, most)
    left = [group for group in valued if group not in drawn]
    return Largest(metric, by, tuple(drawn), tuple(left), tuple(group for group in groups if group not in known))


def with_numbers(rows: Rows, metric: ResultColumn) -> set[Group]:
    """Return the groups that have a number of the metric in at least one period or comparison."""
    names = [metric.name, *(column.name for column in rows.before[metric.name])]
    return {
        group
        for name in names
        for group, number, period in zip(rows.groups, rows.numbers[name], rows.periods, strict=True)
        if number is not None and period is not None
    }


def left_out_of_each(rows: Rows, panels: Sequence[Largest]) -> list[str]:
    """Return notes on groups that aren't drawn. If all panels leave out the same groups, there is only one note."""
    first, is_cut = panels[0], any(panel.left for panel in panels)
    are_alike = all(set(panel.drawn) == set(first.drawn) for panel in panels)
    groups = {group for panel in panels for group in (*panel.drawn, *panel.left, *panel.empty)}
    if is_cut and are_alike and all(panel.by is first.by for panel in panels):
        return left_out(rows, list(groups), first.drawn, first.by)
    notes: list[str] = []
    if is_cut:
        most = max(_members(panel.drawn) for panel in panels)
        largest = f"Each panel draws its largest {most} of {_members(groups):,} {rows.noun}"
        notes.append(f"{largest}{_of_ratios(panels)}; {in_table(rows)}.")
    if is_cut and are_alike:
        return notes
    notes += [
        f"{panel.metric.label} leaves out {_some([*map(rows.name, panel.left)])}." for panel in panels if panel.left
    ]
    return notes + [no_numbers(panel.metric, map(rows.name, panel.empty)) for panel in panels if panel.empty]


def _of_ratios(panels: Sequence[Largest]) -> str:
    ranked = [panel for panel in panels if panel.by is not panel.metric]
    return f", {listed(panel.metric.label for panel in ranked)} those by {ranked[0].by.label}" if ranked else ""


def no_numbers(metric: ResultColumn, names: Iterable[str]) -> str:
    """Return a note on groups without a value: `Ad spend has no value for Direct and Email.`"""
    return f"{metric.label} has no value for {_some(list(names))}."


def _members(groups: Collection[Group]) -> int:
    return sum(not is_rest(group) for group in groups)


def _some(names: Sequence[str]) -> str:
    """Return the names or, if there are many, the first ones and the number of others."""
    more = len(names) - NAMED
    return listed(names if more <= 1 else [*names[:NAMED], f"{more} more"])
