"""The subject of a comment, as data, and who can read the comment.

A comment is about the answer to a tile or a saved question, or about one number or mark in that answer. Its text can
quote numbers. By default, only people who see at least those of the answer's rows that its author saw can read the
comment (decision 53). The author can open it to everyone who sees the number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any, Final, Literal, cast

from semantic.errors import UnknownName
from semantic.model.definitions import Metric
from semantic.policy.access import access_to
from semantic.policy.members import Member, sees_everything, sees_member
from semantic.policy.narrow import VisibleModel
from semantic.query.names import read_name
from semantic.query.query import DATE, AllOf, Condition, Filter, Operator, Query

Kind = Literal["board", "question"]
KINDS: Final[tuple[Kind, ...]] = ("board", "question")

MOST_NAMES: Final = 100
MOST_MEMBERS: Final = 500
LONGEST_NAME: Final = 300
MOST_MENTIONS: Final = 10
FORMER: Final = "someone who left"
_MARKS_READ: Final = 50  # the maximum number of "@" in a text; later ones are only text
_TOKEN: Final = re.compile(r"@\[([0-9a-f]{32})\]")
NO_SETTINGS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The subject of a comment: the metrics and breakdowns of an answer.

    If the comment is about one mark of the chart, the subject includes that mark.

    `mark` has the mark's members. `metric` is the number's metric, or "" for the whole answer. `within` has, by
    dimension, the members that the question's own filters allow. `days` are the first and last day of the mark or the
    answer. `settings` are the board's settings at that time, in the format of its address.
    """

    metrics: tuple[str, ...]
    dims: tuple[str, ...] = ()
    mark: tuple[tuple[str, Member], ...] = ()
    metric: str = ""
    within: tuple[tuple[str, tuple[Member, ...]], ...] = ()
    days: tuple[date, date] | None = None
    settings: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: NO_SETTINGS)


def filters_within(where: Filter | None) -> tuple[tuple[str, tuple[Member, ...]], ...]:
    """Return the members to which filters limit a question, by dimension, except dimensions reached by a path.

    Other conditions only limit the question further, so it's safe to ignore them.
    """
    parts = where.parts if isinstance(where, AllOf) else (where,)
    found: list[tuple[str, tuple[Member, ...]]] = []
    for part in parts:
        if isinstance(part, AllOf):
            found += filters_within(part)
        elif isinstance(part, Condition) and part.op is Operator.IN and part.via is None and part.values:
            members = tuple(value for value in part.values if not isinstance(value, float))
            if len(members) == len(part.values) <= MOST_MEMBERS:
                found.append((part.dim, members))
    return tuple(found)


def about_question(query: Query, metrics: Iterable[str]) -> About:
    """Return the subject of a comment on a question's whole answer.

    `metrics` are the metrics of the answer's columns.
    """
    names = dict.fromkeys((*metrics, *(condition.metric for condition in query.having)))
    return About(
        metrics=tuple(names),
        dims=tuple(dict.fromkeys(breakdown.dim for breakdown in query.by if breakdown.dim != DATE)),
        within=filters_within(query.where),
    )


def about_analysis(named: Query, where: Filter | None, days: tuple[date, date] | None) -> About:
    """Return the subject of a comment on an analysis of events.

    `named` has all names that the analysis uses. `where` is the filter that applies to all its events, because a filter
    of one event doesn't limit the others.
    """
    return replace(about_question(replace(named, where=where), named.metrics), days=days)


def access_of(about: About, seen: VisibleModel) -> str:
    """Return, as text, the limits on the numbers that an actor sees in the answer.

    Only a keyed digest of this text is stored.
    """
    names = (*about.dims, *(dim for dim, _ in about.mark))
    return access_to(about.metrics, sorted(set(names)), seen)


def may_read(about: About, seen: VisibleModel, *, is_mine: bool, is_same_access: bool, is_wide: bool) -> bool:
    """Whether an actor can read a comment.

    Everyone, including the author, must be able to see its metrics and breakdowns. Others must also have the author's
    own access, or see every row of the answer. With `is_wide`, it's enough to see every row of the mark, or without a
    mark, the number.
    """
    metrics = _metrics(about, seen)
    if not metrics or not all(_places(dim, seen) for dim in (*about.dims, *(dim for dim, _ in about.mark))):
        return False
    if is_mine or is_same_access:
        return True
    if any(seen.mask(dim) is not None for dim in (*about.dims, *(dim for dim, _ in about.mark))):
        return False
    if about.mark and not any(_sees(seen, metrics, dim, [member]) for dim, member in about.mark):
        return False
    return is_wide or (not seen.min_groups and _sees_all(about, metrics, seen))


def _metrics(about: About, seen: VisibleModel) -> list[Metric]:
    """Return the metrics that a comment is about, or an empty list if one of them is hidden or removed."""
    try:
        return [seen.metric(name) for name in about.metrics]
    except UnknownName:
        return []


def _places(dim: str, seen: VisibleModel) -> bool:
    return bool(seen.places(dim) or seen.places(read_name(dim, seen.model).dim))


def _sees(seen: VisibleModel, metrics: Sequence[Metric], dim: str, members: Collection[Member]) -> bool:
    return all(sees_member(seen, metric, dim, member) for metric in metrics for member in members)


def _sees_all(about: About, metrics: Sequence[Metric], seen: VisibleModel) -> bool:
    """Whether an actor sees every row from which the answer can be computed."""
    if all(sees_everything(seen, metric) for metric in metrics):
        return True
    return any(_sees(seen, metrics, dim, members) for dim, members in about.within)


# Stored form


def about_to_json(about: About) -> str:
    """Return a comment's subject as JSON for the store."""
    return json.dumps(
        {
            "metrics": about.metrics,
            "dims": about.dims,
            "mark": about.mark,
            "metric": about.metric,
            "within": about.within,
            "days": [day.isoformat() for day in about.days] if about.days else None,
            "settings": {name: list(texts) for name, texts in about.settings.items()},
        },
        ensure_ascii=False,
    )


def about_from_json(text: str) -> About | None:
    """Return the subject of a comment, or None if the stored text is damaged.

    If it's None, no one can read the comment.
    """
    try:
        document: Any = json.loads(text)  # Any: checked below
        return About(
            metrics=_texts(document["metrics"], MOST_NAMES),
            dims=_texts(document["dims"], MOST_NAMES),
            mark=tuple((_text(dim), _member(member)) for dim, member in document["mark"][:MOST_NAMES]),
            metric=_text(document["metric"]),
            within=tuple(
                (_text(dim), tuple(_member(member) for member in members[:MOST_MEMBERS]))
                for dim, members in document["within"][:MOST_NAMES]
            ),
            days=_days(document["days"]),
            settings={_text(name): _texts(texts, MOST_NAMES) for name, texts in document["settings"].items()},
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value


def _texts(values: object, most: int) -> tuple[str, ...]:
    if not isinstance(values, list) or len(cast("list[object]", values)) > most:
        raise ValueError("not a short list")
    return tuple(_text(value) for value in cast("list[object]", values))


def _member(value: object) -> Member:
    if value is None or isinstance(value, str | int | bool):
        return value
    raise ValueError("not a member")


def _days(value: object) -> tuple[date, date] | None:
    if value is None:
        return None
    first, last = _texts(value, 2)
    return date.fromisoformat(first), date.fromisoformat(last)


# Mentions in a text


def with_numbers(text: str, people: Iterable[tuple[str, str]]) -> tuple[str, tuple[str, ...]]:
    """Return a text with people's names replaced by their numbers, and these numbers in order.

    `people` are numbers with names. A name that two people share isn't replaced, because it is ambiguous.
    """
    names: dict[str, str] = {}
    for subject, name in people:
        folded = name.casefold()
        names[folded] = "" if folded in names else subject
    lengths = sorted({len(name) for name in names}, reverse=True)
    parts, mentioned, at = list[str](), dict[str, None](), 0
    for _ in range(_MARKS_READ):
        start = text.find("@", at)
        if start < 0:
            break
        parts.append(text[at:start])
        is_address = text[start - 1 : start].isalnum()  # as in ana@example.com
        found = None if is_address else _name_at(text, start + 1, names, lengths)
        if found is None:
            parts.append("@")
            at = start + 1
        else:
            subject, at = found
            parts.append(f"@[{subject}]")
            mentioned[subject] = None
    return "".join((*parts, text[at:])), tuple(mentioned)


def _name_at(text: str, start: int, names: Mapping[str, str], lengths: Sequence[int]) -> tuple[str, int] | None:
    """Return the number of the person whose name starts at `start`, and where the name ends, or None.

    If several names match, the longest is used.
    """
    for length in lengths:
        end = start + length
        subject = names.get(text[start:end].casefold(), "")
        if subject and length and not text[end : end + 1].isalnum():
            return subject, end
    return None


def parts_of(text: str, names: Mapping[str, str]) -> list[tuple[str, bool]]:
    """Split a text into typed text and mentions. A mention is `@` followed by a person's name.

    The second value of each part is true for a mention. `names` has names by number, or "" for someone who left. A
    number that isn't in `names` is treated as typed text.
    """
    parts, at = list[tuple[str, bool]](), 0
    for token in _TOKEN.finditer(text):
        if token[1] in names:
            parts += [(text[at : token.start()], False), (f"@{names[token[1]] or FORMER}", True)]
            at = token.end()
    return [part for part in (*parts, (text[at:], False)) if part[0]]


def with_names(text: str, names: Mapping[str, str]) -> str:
    """Return a text with the numbers of mentioned people replaced by their names."""
    return "".join(part for part, _ in parts_of(text, names))
