"""Parts of a channel overlap: the subjects that some channels reached and other channels didn't."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from sqlglot import exp

from semantic.analyses.events.kind import PartKind
from semantic.analyses.events.members import is_there
from semantic.analyses.events.overlap.lower import FIRSTS, FOLLOWED, add_reached
from semantic.analyses.events.overlap.question import Overlap
from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.rows import EventTable
from semantic.errors import InvalidQuery
from semantic.query.checked import items, mapping
from semantic.query.describe import join_words, lower_first
from semantic.query.member_labels import label_of
from semantic.sql.dialects.build_tree import aliased, and_all, column, named_table, number, select_from
from semantic.sql.rows.legs import where_all

MOST_SPLIT = 4
"""The most channels for which every combination is checked if small groups are hidden."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapPart:
    """The subjects that all channels at the positions `has` reached, and none of the channels at `lacks`.

    `then` is whether they had the later event, or None for both.
    """

    has: tuple[int, ...] = ()
    lacks: tuple[int, ...] = ()
    then: bool | None = None


def read_overlap_part(overlap: Overlap, data: object) -> OverlapPart:
    """Return the part of an overlap in JSON-like data. In the data, channels are counted from 1.

    Raises InvalidQuery.
    """
    fields = mapping(data, "The part of the overlap", ("channels", "not", "then"))
    if overlap.over is not None:
        raise InvalidQuery("People can't be taken from channels counted over time. Remove 'over' from the overlap.")
    has, lacks = (_channels(overlap, fields.get(key), key) for key in ("channels", "not"))
    if set(has) & set(lacks):
        raise InvalidQuery("A channel can't be in 'channels' and in 'not'. Remove it from one.")
    then = fields.get("then")
    if then is not None and not isinstance(then, bool):
        raise InvalidQuery("'then' must be true or false.")
    if then is not None and overlap.then is None:
        raise InvalidQuery("This overlap doesn't say what may follow. Remove 'then' from its part.")
    return OverlapPart(has=has, lacks=lacks, then=then)


def _channels(overlap: Overlap, data: object, key: str) -> tuple[int, ...]:
    if data is None:
        return ()
    places = items(data, key)
    if not all(type(place) is int and 1 <= place <= overlap.count for place in places):
        raise InvalidQuery(f"{key!r} must list channels from 1 to {overlap.count}.")
    return tuple(sorted({place - 1 for place in places}))


def _members(overlap: Overlap, table: EventTable, part: OverlapPart) -> exp.Select:
    add_reached(overlap, table)
    tests: list[exp.Expr] = [is_there(f"at{place}", FIRSTS) for place in part.has]
    tests += [exp.Is(this=column(f"at{place}", FIRSTS), expression=exp.Null()) for place in part.lacks]
    tree = select_from(named_table(FIRSTS), [aliased(column(each, FIRSTS), each) for each in table.subject], keys=0)
    if part.then is not None:
        on = and_all(table.same_subject(FOLLOWED, FIRSTS))
        tree.set("joins", [exp.Join(this=named_table(FOLLOWED), on=on)])
        tests.append(exp.EQ(this=column("did", FOLLOWED), expression=number(int(part.then))))
    return where_all(tree, tests)


def _words(overlap: Overlap, planned: PlannedEvents, part: OverlapPart) -> str:
    has, lacks = (join_words([_name(overlap, planned, place) for place in places]) for places in (part.has, part.lacks))
    if len(part.has) == 1 and len(part.lacks) == overlap.count - 1:
        words = f"were reached by {has} only"
    elif part.has:
        words = f"were reached by {has}{f', but not by {lacks}' if lacks else ''}"
    else:
        words = f"were reached, but not by {lacks}" if lacks else "were reached by any of the channels"
    if part.then is None:
        return words
    label = lower_first(planned.legs[-1].label)
    within = f" within {overlap.within.words}" if overlap.within is not None else ""
    return f"{words} and then had {label}{within}" if part.then else f"{words} and then didn't have {label}{within}"


def _name(overlap: Overlap, planned: PlannedEvents, place: int) -> str:
    leg, split = planned.legs[place], overlap.channels.split
    seen = leg.asked.visible
    if split is None or not seen.may_name_members:
        return leg.label
    return label_of(split.values[place], seen.member_labels(split.dim)) or leg.label


def _offers(overlap: Overlap) -> list[dict[str, Any]]:
    """Return the parts to offer: each channel, each pair, each channel alone, all channels, and by the later event."""
    if overlap.over is not None:
        return []
    places = range(1, overlap.count + 1)
    offers: list[dict[str, Any]] = [{"channels": [place]} for place in places]
    offers += [{"channels": [*pair]} for pair in combinations(places, 2)]
    offers += [{"channels": [place], "not": [other for other in places if other != place]} for place in places]
    offers.append({})
    return offers + ([{"then": then} for then in (True, False)] if overlap.then is not None else [])


def _atoms(overlap: Overlap, part: OverlapPart) -> list[dict[str, Any]] | None:
    """Return disjoint parts that cover the overlap: one for each combination of channels.

    None if there are too many, or for parts by the later event.
    """
    if overlap.count > MOST_SPLIT or part.then is not None:
        return None
    atoms: list[dict[str, Any]] = []
    for reached in product((True, False), repeat=overlap.count):
        has = [place for place, each in enumerate(reached, start=1) if each]
        lacks = [place for place, each in enumerate(reached, start=1) if not each]
        if has:
            atoms.append({"channels": has, "not": lacks} if lacks else {"channels": has})
    return atoms


OVERLAP_PARTS: PartKind[Overlap, OverlapPart] = PartKind(
    read=read_overlap_part, members=_members, words=_words, offers=_offers, atoms=_atoms
)
