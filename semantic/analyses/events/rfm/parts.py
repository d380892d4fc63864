"""Parts of an RFM analysis: the buyers in a named group, or with certain scores."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from semantic.analyses.events.kind import PartKind
from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.rfm.lower import SCORED, add_scores
from semantic.analyses.events.rfm.question import AXES, LABELS, Rfm, scores_of
from semantic.analyses.events.rows import EventTable
from semantic.errors import InvalidQuery
from semantic.query.checked import mapping
from semantic.sql.dialects.build_tree import aliased, column, named_table, number, select_from
from semantic.sql.rows.legs import where_all


@dataclass(frozen=True, slots=True, kw_only=True)
class RfmPart:
    """The buyers in a group and with certain scores.

    An empty group includes all groups. Without scores for an axis, all scores of that axis are included.
    """

    group: str = ""
    scores: tuple[tuple[int, ...], ...] = ((), (), ())


def _read(rfm: Rfm, data: object) -> RfmPart:
    fields = mapping(data, "The part of RFM", ("group", *AXES))
    group = fields.get("group", "")
    if not isinstance(group, str) or (group and group not in LABELS):
        raise InvalidQuery(f"{str(group)[:40]!r} isn't a group of RFM. Use {', '.join(LABELS)}.")
    if not fields:
        raise InvalidQuery("Name a 'group' of RFM, or scores of recency, frequency or money.")
    return RfmPart(group=group, scores=tuple(_scores(fields.get(axis), axis, rfm.levels) for axis in AXES))


def _scores(data: object, axis: str, levels: int) -> tuple[int, ...]:
    if data is None:
        return ()
    scores: list[object] = data if isinstance(data, list) else [data]  # pyright: ignore[reportUnknownVariableType]
    if not scores or not all(type(score) is int and 1 <= score <= levels for score in scores):
        raise InvalidQuery(f"{axis!r} must be a score from 1 to {levels}, or several.")
    return tuple(sorted({score for score in scores if isinstance(score, int)}))


def _members(rfm: Rfm, table: EventTable, part: RfmPart) -> exp.Select:
    add_scores(rfm, table)
    tests: list[exp.Expr] = []
    if part.group:
        recency, frequency = scores_of(part.group, rfm.levels)
        tests += [_among(0, recency), _among(1, frequency)]
    tests += [_among(place, scores) for place, scores in enumerate(part.scores) if scores]
    keys = [aliased(column(each, SCORED), each) for each in table.subject]
    return where_all(select_from(named_table(SCORED), keys, keys=0), tests)


def _words(rfm: Rfm, planned: PlannedEvents, part: RfmPart) -> str:
    words = [f"are {LABELS[part.group].lower()}"] if part.group else []
    if not part.group and not any(part.scores):
        return "ordered"
    for axis, scores in zip(AXES, part.scores, strict=True):
        if scores:
            words.append(f"have a {axis} score of {' or '.join(str(score) for score in scores)}")
    return " and ".join(words)


def _among(place: int, scores: tuple[int, ...]) -> exp.Expr:
    return exp.In(this=column(f"score{place}", SCORED), expressions=[number(score) for score in scores])


def _atoms(rfm: Rfm, part: RfmPart) -> list[dict[str, str]] | None:
    """Return the parts of all named groups. None for parts by scores, because a combination of scores can be small."""
    return [{"group": group} for group in LABELS] if not any(part.scores) else None


RFM_PARTS: PartKind[Rfm, RfmPart] = PartKind(
    read=_read,
    members=_members,
    words=_words,
    offers=lambda rfm: [{"group": group} for group in LABELS],
    whole={"group": ""},
    atoms=_atoms,
)
