"""Targets: a metric's target for a period, who can see it, and which targets apply to a question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from semantic.policy.members import Member, sees_everything, sees_member
from semantic.policy.narrow import VisibleModel
from semantic.targets.pace import Piece

ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A metric's target from its first to its last day, both included, in the metric's own unit.

    With a `dim`, the target is for one member of that dimension, and None means "no value". Without a `dim`, it is for
    the total.
    """

    metric: str
    first: date
    last: date
    value: Decimal
    dim: str = ""
    member: Member = None


def may_see_target(target: Target, seen: VisibleModel) -> bool:
    """Whether an actor can see a target. They must see every row of its member, or for a total, every row.

    People who see only some rows can't see the target of the total, because together with their rows it would reveal
    the others (decision 34).
    """
    metric = seen.model.metrics.get(target.metric)
    if metric is None:
        return False
    if target.dim:
        return sees_member(seen, metric, target.dim, target.member)
    return sees_everything(seen, metric)


def pieces_for(
    targets: Iterable[Target], metric: str, of: tuple[str, Sequence[Member]] | None, *, first: date, end: date,
    adds_up: bool,
) -> tuple[Piece, ...] | None:  # fmt: skip
    """Return the targets that add up to the target for the days [first, end), or None if none do.

    They are for the total, or for each of the members in `of`. If there is a target for exactly these days, only that
    is used. Otherwise, if the metric adds up, the fewest possible targets are combined, without gaps or overlaps. The
    targets of several members are added up in the same way.
    """
    dim, members = of if of is not None else ("", (None,))
    if len(members) > 1 and not adds_up:
        return None
    mine = [target for target in targets if target.metric == metric and target.dim == dim]
    pieces: list[Piece] = []
    for member in members:
        laid = _laid([target for target in mine if _same(target.member, member)], first, end, adds_up=adds_up)
        if laid is None:
            return None
        pieces += laid
    return tuple(pieces)


def _same(member: Member, other: Member) -> bool:
    """Whether two members are equal and of the same type, because True and 1 are different members."""
    return member == other and type(member) is type(other)


def _laid(targets: Sequence[Target], first: date, end: date, *, adds_up: bool) -> list[Piece] | None:
    """Return the fewest targets that cover the days exactly.

    If there are several such lists, returns the one whose first targets are longest.
    """
    pieces = [Piece(target.first, target.last, float(target.value)) for target in targets]
    if not adds_up:
        return next(([piece] for piece in pieces if (piece.first, piece.last + ONE) == (first, end)), None)
    by_start: dict[date, list[Piece]] = {}
    for piece in sorted(pieces, key=lambda each_piece: each_piece.last, reverse=True):
        by_start.setdefault(piece.first, []).append(piece)
    ways: dict[date, list[Piece]] = {end: []}
    for start in sorted((day for day in by_start if first <= day < end), reverse=True):
        onward = [[piece, *ways[piece.last + ONE]] for piece in by_start[start] if piece.last + ONE in ways]
        if onward:
            ways[start] = min(onward, key=len)
    return ways.get(first)


def by_metric(targets: Iterable[Target]) -> Mapping[str, list[Target]]:
    """Return the targets grouped by metric."""
    targets_by_metric: dict[str, list[Target]] = {}
    for target in targets:
        targets_by_metric.setdefault(target.metric, []).append(target)
    return targets_by_metric
