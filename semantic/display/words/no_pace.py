"""Explain why a number has no matching target, although people set targets for its metric.

Only targets that the actor can see are passed in, so nothing hidden can be revealed (decision 34).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from semantic.display.words.targets import span_words, target_scope_words
from semantic.model.definitions import Granularity
from semantic.policy.members import Member
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import join_words
from semantic.query.periods import Calendar, shift
from semantic.targets.pace import NoPace
from semantic.targets.target import Target, pieces_for

ONE = timedelta(days=1)
MOST_NAMED = 3

TargetScope = tuple[str, Member]
"""A target's scope: a dimension with one of its members, or ("", None) for everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberAsked:
    """A number that has no matching target: its days from `first` to before `end`, and its scope.

    `of` is a dimension with the members that the number is limited to, by its filter or by the actor's row rules. It's
    None if the number covers everything or is filtered in another way. `words` describe the filter.
    """

    first: date
    end: date
    is_narrowed: bool
    adds_up: bool
    of: tuple[str, Sequence[Member]] | None = None
    words: str = ""


def why_none_fits(targets: Sequence[Target], number: NumberAsked, seen: VisibleModel, calendar: Calendar) -> NoPace:
    """Return why none of these targets matches the number.

    All targets must be of one metric, and there must be at least one.
    """
    days = _days_words(number.first, number.end - ONE, calendar)
    whoms = list(dict.fromkeys((target.dim, target.member) for target in targets))
    fitting = [whom for whom in whoms if _covers(targets, whom, number, adds_up=number.adds_up)]
    mine = _scopes_of(number)
    alike = [target for target in targets if (target.dim, target.member) in mine]
    if not fitting or (alike and not any(whom in fitting for whom in mine)):
        return _of_other_days(alike or targets, number, days, calendar)
    if mine and all(whom in fitting for whom in mine):
        why = (
            f"The targets for {days} are for {_named(mine, seen)} separately, and this metric doesn't add up "
            "across them."
        )
        return NoPace(why, "Targets don't add up")
    if ("", None) in fitting:
        text = f": {number.words}" if number.words else ""
        why = f"The target for {days} covers everything, but this number is filtered{text}."
        return NoPace(why, "Target covers everything")
    subject = "target" if len(fitting) == 1 else "targets"
    why = f"The {subject} for {days} {_is(fitting)} for {_named(fitting, seen)} only"
    if number.is_narrowed:
        return NoPace(f"{why}, but this number covers something else: {number.words}.", "Target covers another part")
    return NoPace(f"{why}, but this number covers more.", "Target covers only a part")


def _of_other_days(targets: Sequence[Target], number: NumberAsked, days: str, calendar: Calendar) -> NoPace:
    """Return that the targets are for other days, with the periods that are nearest to the number's days."""
    spans = sorted({(target.first, target.last) for target in targets}, key=lambda span: _days_apart(span, number))
    named = [_days_words(*span, calendar) for span in sorted(spans[:MOST_NAMED])]
    subject = "target is" if len(spans) == 1 else "targets are"
    why = f"The {subject} for {_listed(named, len(spans))}, not for {days}."
    if not number.adds_up and any(_covers(targets, whom, number, adds_up=True) for whom in _scopes_of(number)):
        why += " This metric doesn't add up across them."
    by_month = all(first.day == 1 and shift(first, Granularity.MONTH, 1) == last + ONE for first, last in spans)
    by_month = by_month and not number.first.day == number.end.day == 1
    return NoPace(why, "Target is for different days", is_by_month=by_month)


def _covers(targets: Iterable[Target], whom: TargetScope, number: NumberAsked, *, adds_up: bool) -> bool:
    """Whether the targets of this scope cover the number's days, alone or together."""
    mine = [target for target in targets if (target.dim, target.member) == whom]
    of = (whom[0], (whom[1],)) if whom[0] else None
    pieces = pieces_for(mine, mine[0].metric, of, first=number.first, end=number.end, adds_up=adds_up) if mine else None
    return pieces is not None


def _scopes_of(number: NumberAsked) -> list[TargetScope]:
    if number.of is None:
        return [] if number.is_narrowed else [("", None)]
    dim, members = number.of
    return [(dim, member) for member in members]


def _days_apart(span: tuple[date, date], number: NumberAsked) -> tuple[int, date]:
    """Return a sort key for a period: how many days it is away from the number's days, and its first day."""
    first, last = span
    return max(0, (first - number.end).days + 1, (number.first - last).days), first


def _days_words(first: date, last: date, calendar: Calendar) -> str:
    words = span_words(first, last, calendar)
    return f"the {words}" if words.startswith("week") else words


def _named(whoms: Sequence[TargetScope], seen: VisibleModel) -> str:
    return _listed([target_scope_words(dim, member, seen) for dim, member in whoms[:MOST_NAMED]], len(whoms))


def _listed(named: Sequence[str], count: int) -> str:
    more = count - len(named)
    return join_words([*named, *([f"{more:,} more"] if more > 0 else [])])


def _is(whoms: Sequence[TargetScope]) -> str:
    return "is" if len(whoms) == 1 else "are"
