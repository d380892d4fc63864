"""Plan questions without metrics: choose the dataset that lists the values, and which members to add."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from semantic.errors import AmbiguousPath, NoPath, Refused
from semantic.model.definitions import Dataset
from semantic.model.join_graph import JoinPath, goes_beside
from semantic.plan.joins.filters import build_test
from semantic.plan.joins.versions import check_versions
from semantic.plan.measures.spine_join import spine_of, unit_of
from semantic.plan.tree.contexts import PLAIN
from semantic.plan.tree.fields import Field, LegKey, Passes, prefixes
from semantic.plan.tree.nodes import Beside, Filled, Leg, Output
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import describe_key, join_words, lower_first
from semantic.query.names import read_name
from semantic.query.query import DATE, Condition, SqlCondition
from semantic.query.resolve import Asked, Key

MIN, MAX = "__min", "__max"


def values_leg(
    asked: Asked,
    lead: Callable[[Dataset, Asked], Leg],
    dated: Callable[[Key, Field, Dataset, Asked], LegKey],
) -> Leg:
    """Return a leg over the dataset that reaches every breakdown and filter by the fewest joins. Raises Refused.

    `lead` makes a leg from a dataset. Members without any row there are listed too, with nulls, if the actor can see
    them without those rows. `dated` makes the key of a date: every day of the model's spine, combined with each of the
    other values.
    """
    dates = [key for key in asked.keys if not key.dimensions and key.entity is None]
    if not dates:
        return _nearest(asked, lead)
    settings = asked.visible.model.settings
    unit = unit_of(PLAIN, dates)
    spine = spine_of(asked, unit, describe_key(dates[0]))
    if spine.dataset is None:
        raise _needs_metric(describe_key(dates[0]))
    named = dict(settings.clock_spines)[unit] if unit.is_clock else settings.spine
    day = Field(spine.dataset.dimensions[named.partition(".")[2]], ())
    of_date = [
        part for part in asked.where if isinstance(part, SqlCondition | Condition) and _reads_dates_alone(part, asked)
    ]
    others = replace(
        asked,
        keys=tuple(key for key in asked.keys if key not in dates),
        where=tuple(part for part in asked.where if part not in of_date),
    )
    if others.keys:
        leg = _nearest(others, lead)
    elif others.where:
        raise _needs_metric(describe_key(dates[0]))  # days have no rows that a filter could select
    else:
        leg = Leg(dataset=spine.dataset, joins=(), keys=(), where=(), days=None, leaves=())
    keys = {key.name: key for key in leg.keys} | {key.name: dated(key, day, spine.dataset, asked) for key in dates}
    tests = [build_test(part, leg.dataset, asked, leg.dataset.label, day) for part in of_date]
    return replace(
        leg,
        keys=tuple(keys[key.name] for key in asked.keys),
        where=(*leg.where, *tests),
        time=day,
        crossed=Filled(spine, asked.days.start, asked.days.end, for_groups=True),
    )


def _reads_dates_alone(condition: SqlCondition | Condition, asked: Asked) -> bool:
    names = condition.condition.columns if isinstance(condition, SqlCondition) else (condition.dim,)
    return all(read_name(text, asked.visible.model).dim == DATE for text in names)


def _nearest(asked: Asked, lead: Callable[[Dataset, Asked], Leg]) -> Leg:
    legs: list[Leg] = []
    for dataset in asked.visible.model.datasets.values():
        if asked.visible.shows_fact(dataset.name):
            try:
                legs.append(lead(dataset, asked))
            except Refused:
                continue  # another dataset may reach all; the reason of the first breakdown's own is given below
    if not legs:
        first = asked.keys[0]
        owner = asked.visible.model.datasets[first.dimensions[0].dataset]
        if len(first.dimensions) == 1 and asked.visible.shows_fact(owner.name):
            lead(owner, asked)
        raise _needs_metric(describe_key(first))
    fewest = min(_joined(leg) for leg in legs)
    nearest = [leg for leg in legs if _joined(leg) == fewest]
    in_full = asked.visible.model.settings.rules.lists == "joined"
    if in_full and not _same_rows(nearest, asked.visible):
        nearest = [min(nearest, key=lambda leg: len(leg.dataset.dimensions) + len(leg.dataset.entities))]
    if len(nearest) > 1 and not _same_rows(nearest, asked.visible):
        labels = [describe_key(asked.keys[0]), *(lower_first(describe_key(key)) for key in asked.keys[1:])]
        if len(labels) == 1:
            raise _needs_metric(labels[0])
        places = " and in ".join(lower_first(leg.dataset.label) for leg in nearest)
        message = f"{join_words(labels)} appear together in {places}. Add a metric of one of them."
        raise AmbiguousPath(message, names=tuple(labels))
    leg = nearest[0]
    date = leg.at if leg.at is None or not asked.visible.hides_dates(leg.at.dimension) else None
    check_versions(leg.joins, date, asked, leg.dataset.label)
    where = tuple(replace(test, joined=True) if in_full and isinstance(test, Passes) else test for test in leg.where)
    return replace(leg, where=where, beside=tuple(_beside(leg, asked.visible)))


def _joined(leg: Leg) -> tuple[bool, int]:
    """Return a sort key for legs: fewer joins first, and all legs with a `beside` hop last."""
    return any(goes_beside(path) for path in leg.joins), len(leg.joins)


def _same_rows(legs: Sequence[Leg], visible: VisibleModel) -> bool:
    """Return whether two legs are the same join seen from both ends, each with all of its members."""
    if len(legs) != 2 or any(len(leg.joins) != 1 or len([*_beside(leg, visible)]) != 1 for leg in legs):
        return False
    edge, back = (leg.joins[0][-1] for leg in legs)
    return (edge.source, edge.columns, edge.target, edge.target_columns) == (
        (back.target, back.target_columns, back.source, back.columns)
    )


def range_outputs(outputs: list[Output]) -> list[Output]:
    """Return outputs for the minimum and maximum of each key, in place of the keys."""
    return [replace(output, name=f"{output.name}{end}") for output in outputs for end in (MIN, MAX)]


def _needs_metric(label: str) -> NoPath:
    return NoPath(f"{label} can only be listed with a metric. Add one.", names=(label,))


def _beside(leg: Leg, visible: VisibleModel) -> Iterator[Beside]:
    """Yield the datasets of breakdowns whose members are listed even without rows.

    Versions belong to a row, so they're never listed that way.
    """
    wanted = dict.fromkeys(path for key in leg.keys for path in prefixes(key.field.path))
    alone: set[JoinPath] = {()}
    for path in wanted:
        edge = path[-1]
        if path[:-1] in alone and edge.current is None and edge.validity is None and visible.shows_fact(edge.target):
            alone.add(path)
            yield Beside(path, visible.model.datasets[edge.target])
