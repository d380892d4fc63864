"""Explain why a number changed: exact parts by member and by formula, and the breakdown that explains most.

    a sum         a member's contribution is its own change
    a ratio       rate: the member's own ratio changed; mix: its share of the denominator changed
    a formula     each metric's contribution: the mean over every order in which the metrics could have changed

If the groups make up the whole, all parts of one split add up to the change, to the last digit. Members count as 0 in a
period in which they are missing. Late data is a separate part, which no other part includes. A part is a contribution,
and not a cause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations
from math import factorial

from sqlglot import exp

from semantic.analyses.analysis import Analysis, Finding
from semantic.errors import counted
from semantic.results.change import (
    NOTHING,
    Amounts,
    Explanation,
    Factor,
    Formula,
    Late,
    Member,
    Moved,
    Pair,
    Part,
    Parts,
    movement,
)
from semantic.results.sums import is_with_zero

MOST_PARTS = 50
"""The most parts of a breakdown to list. All others are combined into one part."""

MOST_FACTORS = 8
"""The most metrics of a formula whose contributions can be calculated. The work doubles with each metric."""

DEVIATING = 3
"""The most members that count for a breakdown's rank. Otherwise, a breakdown with thousands of members would rank first
because of noise.
"""

NOT_ADDING = "These groups don't add up to the whole, so their changes aren't contributions."
_ALMOST = Fraction(1, 10**9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The members of one breakdown. `why_not` is why their changes aren't contributions, or "" if they are."""

    dim: str
    label: str
    members: tuple[Member, ...]
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeInput:
    """A number in two periods, the members of each examined breakdown, and the metric's formula, if it has one.

    `earlier` has the changes of the same number between earlier periods of the same length. `is_apart` is whether the
    intervals of the two numbers don't overlap, or None if they have none. `searched` is the number of examined
    breakdowns. `matters` is the smallest change that matters for the metric, or None for the default. With `late`, the
    amounts of members and of the formula are as if both periods were equally complete, but `whole` is always the actual
    number.
    """

    whole: Amounts
    groups: tuple[Groups, ...]
    searched: int
    is_share: bool = False
    matters: Fraction | None = None
    formula: Formula | None = None
    earlier: tuple[Fraction, ...] = ()
    is_apart: bool | None = None
    late: Late | None = None


def find(given: ChangeInput) -> Finding[Explanation]:
    """Return the contributions to the change, and whether the change is unusual.

    The figures are in the metric's own unit.
    """
    whole = given.whole
    split = given.late.comparable if given.late is not None else whole
    by = [_parts(groups, split, whole) for groups in given.groups]
    ranked = sorted(by, key=lambda parts: (not parts.adds_up, -parts.uneven))
    moved = movement(
        whole.before, whole.after, is_share=given.is_share, least=given.matters, earlier=given.earlier,
        is_apart=given.is_apart,
    )  # fmt: skip
    explanation = Explanation(
        whole=whole,
        moved=moved.moved,
        is_unusual=moved.is_unusual,
        by=tuple(ranked),
        searched=given.searched,
        factors=_factors(given, split),
        late=given.late,
    )
    figures = {"before": whole.before, "after": whole.after, "change": explanation.change}
    return Finding(
        conclusion=explanation.moved,
        reason=_reason(explanation),
        figures={name: None if value is None else float(value) for name, value in figures.items()},
        detail=explanation,
    )


WHY = Analysis(name="why", question="Why did it change?", given=ChangeInput, conclusions=Moved, find=find)


def _reason(explanation: Explanation) -> str:
    looked = f"Looked at {counted(explanation.searched, 'breakdown')}."
    if any(parts.adds_up for parts in explanation.by):
        return f"{looked} Contributions add up to the change. They don't prove a cause."
    return looked


# Parts by member


def contributions(
    whole: Amounts, members: Sequence[Amounts]
) -> list[tuple[Fraction, Fraction | None, Fraction | None]]:
    """Return each member's contribution, with its rate and its mix for a ratio. They add up to the change of the whole.

    The members must add up to the whole, and a ratio's denominator must not be 0.

    >>> pair = lambda before, after: Pair(Fraction(before), Fraction(after))
    >>> [str(part) for part, _, _ in contributions(Amounts(pair(3, 8)), [Amounts(pair(3, 1)), Amounts(pair(0, 7))])]
    ['-2', '7']
    """
    if whole.bottom is None:
        return [(member.top.change, None, None) for member in members]
    before, after = whole.before, whole.after
    assert before is not None
    assert after is not None
    middle = (before + after) / 2
    return [_of_ratio(member, whole.bottom, middle) for member in members]


def _of_ratio(member: Amounts, bottom: Pair, middle: Fraction) -> tuple[Fraction, Fraction, Fraction]:
    """Return a member's contribution to a ratio, with its rate and mix.

    The result doesn't depend on which period is first, except for its sign. Mix is measured from the mean ratio of the
    whole: a member with a low ratio lowers it by growing. A new or vanished member has no ratio in one period, so all
    of its contribution is mix.
    """
    own = member.bottom or NOTHING
    share = Pair(own.before / bottom.before, own.after / bottom.after)
    piece = Pair(member.top.before / bottom.before, member.top.after / bottom.after)
    part = piece.change - middle * share.change
    if own.before and own.after:
        ratio = Pair(member.top.before / own.before, member.top.after / own.after)
        rate = (share.before + share.after) / 2 * ratio.change
        return part, rate, part - rate
    return (part, Fraction(0), part) if own.before or own.after else (part, part, Fraction(0))


def _parts(groups: Groups, whole: Amounts, counted: Amounts) -> Parts:
    """Return the parts of one breakdown. If they don't add up to the change, they have no contributions.

    `whole` excludes late data, and `counted` includes it.
    """
    why_not = groups.why_not or ("" if is_whole(groups.members, whole) else NOT_ADDING)
    if why_not:
        listed = sorted((_plain(member) for member in groups.members), key=_own_change, reverse=True)
        return Parts(dim=groups.dim, label=groups.label, parts=tuple(listed[:MOST_PARTS]), why_not=why_not)
    split = contributions(whole, [member.amounts for member in groups.members])
    parts = [
        (replace(_plain(member), part=part, rate=rate, mix=mix, late=late), member)
        for member, (part, rate, mix), late in zip(
            groups.members, split, _late(groups.members, split, counted), strict=True
        )
    ]
    parts.sort(key=lambda pair: (-abs(pair[0].part or 0), pair[0].kind, str(pair[0].value)))
    shown = [part for part, _ in parts[:MOST_PARTS]]
    if len(parts) > MOST_PARTS:
        shown.append(_rest(parts[MOST_PARTS:]))
    return Parts(dim=groups.dim, label=groups.label, parts=tuple(shown), uneven=_unevenness(parts, whole))


def is_whole(members: Sequence[Member], whole: Amounts) -> bool:
    """Whether the members add up to the whole in both periods. The sums are compared to nine digits."""
    total = Amounts(NOTHING, None if whole.bottom is None else NOTHING)
    size = total
    for member in members:
        total, size = total + member.amounts, size + _absolute(member.amounts)
    pairs = [(total.top, whole.top, size.top)]
    if whole.bottom is not None:
        pairs.append((total.bottom or NOTHING, whole.bottom, size.bottom or NOTHING))
    return all(
        abs(found.before - given.before) <= _ALMOST * most.before
        and abs(found.after - given.after) <= _ALMOST * most.after
        for found, given, most in pairs
    )


def _absolute(amounts: Amounts) -> Amounts:
    bottom = amounts.bottom
    return Amounts(
        Pair(abs(amounts.top.before), abs(amounts.top.after)),
        Pair(abs(bottom.before), abs(bottom.after)) if bottom is not None else None,
    )


def _plain(member: Member) -> Part:
    return Part(
        value=member.value, kind=member.kind, before=member.before, after=member.after, is_enough=member.is_enough
    )


def _own_change(part: Part) -> Fraction:
    return abs((part.after or Fraction(0)) - (part.before or Fraction(0)))


def _late(
    members: Sequence[Member], split: Sequence[tuple[Fraction, Fraction | None, Fraction | None]], counted: Amounts
) -> list[Fraction | None]:
    """Return late data's contribution to each member's change.

    It's the member's part with late data minus its part without late data.
    """
    own = [member.counted for member in members if member.counted is not None]
    if len(own) < len(members):
        return [None] * len(members)
    return [with_it - part for (with_it, _, _), (part, _, _) in zip(contributions(counted, own), split, strict=True)]


def _rest(parts: Sequence[tuple[Part, Member]]) -> Part:
    """Return the smallest parts, combined into one part."""
    total = parts[0][1].counted or parts[0][1].amounts
    for _, member in parts[1:]:
        total += member.counted or member.amounts
    is_ratio = total.bottom is not None
    rate, mix, late = (
        sum((getattr(part, name) or Fraction(0) for part, _ in parts), Fraction(0)) for name in ("rate", "mix", "late")
    )
    return Part(
        value=None,
        kind="rest",
        before=total.before,
        after=total.after,
        part=sum((part.part or Fraction(0) for part, _ in parts), Fraction(0)),
        rate=rate if is_ratio else None,
        mix=mix if is_ratio else None,
        late=late if parts[0][0].late is not None else None,
        count=len(parts),
    )


def _unevenness(parts: Sequence[tuple[Part, Member]], whole: Amounts) -> Fraction:
    """Return how much of the change differs from members all having changed by the same percentage.

    Only the members that deviate most count. Members with too little data are ignored.
    """
    before, after = whole.before, whole.after
    assert before is not None
    assert after is not None
    over = whole.bottom.before if whole.bottom is not None else Fraction(1)
    growth = (after - before) / before if before else Fraction(0)
    deviations = [
        abs((part.part or Fraction(0)) - member.amounts.top.before / over * growth)
        for part, member in parts
        if part.is_enough and part.kind in ("member", "none")
    ]
    return sum(sorted(deviations, reverse=True)[:DEVIATING], Fraction(0)) / 2


# Parts by formula


def _factors(given: ChangeInput, whole: Amounts) -> tuple[Factor, ...]:
    """Return the parts of the formula. Empty if they don't add up to the number's own change."""
    before, after = whole.before, whole.after
    if given.formula is None or before is None or after is None:
        return ()
    found = factors(given.formula)
    change = sum((factor.part for factor in found), Fraction(0))
    return found if abs(change - (after - before)) <= _ALMOST * (abs(before) + abs(after)) else ()


def factors(formula: Formula) -> tuple[Factor, ...]:
    """Return each metric of a formula with its contribution to the change of the formula's value.

    Empty if the change can't be split. A contribution is the mean over every order in which the metrics could have
    changed one after another (Shapley's value). This also works with zeros and negative numbers and favours no metric,
    and the contributions add up to the change.
    """
    given = formula.factors
    count = len(given)
    if not 1 < count <= MOST_FACTORS:
        return ()
    values: dict[frozenset[int], Fraction] = {}
    for size in range(count + 1):
        for changed in combinations(range(count), size):
            numbers = {
                name: factor.pair.after if place in changed else factor.pair.before
                for place, (name, factor) in enumerate(zip(formula.names, given, strict=True))
            }
            value = evaluate(formula.expression.tree, numbers)
            if value is None:
                return ()
            values[frozenset(changed)] = value
    return tuple(replace(factor, part=_mean_step(place, values, count)) for place, factor in enumerate(given))


def _mean_step(place: int, values: Mapping[frozenset[int], Fraction], count: int) -> Fraction:
    total = Fraction(0)
    for changed, value in values.items():
        if place not in changed:
            orders = factorial(len(changed)) * factorial(count - len(changed) - 1)
            total += orders * (values[changed | {place}] - value)
    return total / factorial(count)


def evaluate(tree: exp.Expr, numbers: Mapping[str, Fraction]) -> Fraction | None:
    """Return the value of a formula made of sums, products and quotients.

    None for any other formula, and for a division by 0.
    """
    match tree:
        case exp.Column():
            return numbers.get(tree.name)
        case exp.Literal() if not tree.is_string:
            return Fraction(tree.name)
        case exp.Paren():
            return evaluate(tree.this, numbers)
        case exp.Neg():
            inner = evaluate(tree.this, numbers)
            return None if inner is None else -inner
        case exp.Coalesce() | exp.Nullif() if is_with_zero(tree):
            return evaluate(tree.this, numbers)
        case exp.Add() | exp.Sub() | exp.Mul() | exp.Div():
            left, right = evaluate(tree.this, numbers), evaluate(tree.expression, numbers)
            return None if left is None or right is None else _computed(tree, left, right)
        case _:
            return None


def _computed(tree: exp.Expr, left: Fraction, right: Fraction) -> Fraction | None:
    match tree:
        case exp.Add():
            return left + right
        case exp.Sub():
            return left - right
        case exp.Mul():
            return left * right
        case _:
            return left / right if right else None
