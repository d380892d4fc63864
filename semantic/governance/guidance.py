"""Guidance that stewards write for agents: preferred metrics, blocked topics, caveats and notes.

It advises and limits agents, but it isn't access control. Only policies decide what someone can see.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, cast

from semantic.errors import InvalidQuery

LONGEST_NOTES: Final = 2_000
LONGEST_TEXT: Final = 400
LONGEST_WORDS: Final = 80
MOST_ENTRIES: Final = 100
"""The most entries of each kind: preferred metrics, blocked topics and caveats."""
MOST_NAMES: Final = 50
"""The most words, and the most metrics, in one blocked topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferred:
    """The metric to use for a word or topic, and the reason, or ""."""

    words: str
    metric: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """A topic that agents can't ask about.

    A question is about the topic if it contains one of these words or metrics. `ask` is the person or team to ask
    instead.
    """

    topic: str
    words: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    reason: str
    ask: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caveat:
    """A text to show with every answer that contains a certain metric."""

    metric: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """All guidance for agents. `notes` are general and can have several paragraphs."""

    preferred: tuple[Preferred, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    caveats: tuple[Caveat, ...] = ()
    notes: str = ""

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of all metrics in the guidance, each once."""
        named = (
            *(each.metric for each in self.preferred),
            *(metric for each in self.blocked for metric in each.metrics),
            *(each.metric for each in self.caveats),
        )
        return tuple(dict.fromkeys(named))

    @property
    def is_empty(self) -> bool:
        return self == NONE


NONE: Final = Guidance()


def check_guidance(guidance: Guidance) -> None:
    """Raise InvalidQuery if an entry is incomplete, too long or repeated. Metric names aren't looked up."""
    for what, entries in (
        ("preferred metrics", guidance.preferred),
        ("blocked topics", guidance.blocked),
        ("caveats", guidance.caveats),
    ):
        if len(entries) > MOST_ENTRIES:
            raise InvalidQuery(f"There are {len(entries)} {what}, and the limit is {MOST_ENTRIES}. Remove some.")
    if len(guidance.notes) > LONGEST_NOTES:
        raise InvalidQuery(
            f"The notes have {len(guidance.notes):,} characters, and the limit is {LONGEST_NOTES:,}. Shorten them."
        )
    for each in guidance.preferred:
        _check("words of a preferred metric", each.words, LONGEST_WORDS)
        _check("reason of a preferred metric", each.why, LONGEST_TEXT, is_needed=False)
    _check_once("preferred metric", [each.words for each in guidance.preferred])
    for each in guidance.blocked:
        _check("name of a blocked topic", each.topic, LONGEST_WORDS)
        _check(f"reason of the blocked topic {each.topic!r}", each.reason, LONGEST_TEXT)
        _check(f"person to ask about the blocked topic {each.topic!r}", each.ask, LONGEST_WORDS)
        for word in each.words:
            _check(f"word of the blocked topic {each.topic!r}", word, LONGEST_WORDS)
        if len(each.words) > MOST_NAMES or len(each.metrics) > MOST_NAMES:
            raise InvalidQuery(f"The blocked topic {each.topic!r} has more than {MOST_NAMES} words or metrics.")
        if not each.words and not each.metrics:
            raise InvalidQuery(f"The blocked topic {each.topic!r} names no words and no metrics. Add at least one.")
    _check_once("blocked topic", [each.topic for each in guidance.blocked])
    for each in guidance.caveats:
        _check(f"caveat of {each.metric}", each.text, LONGEST_TEXT)
    _check_once("caveat for the metric", [each.metric for each in guidance.caveats])


def _check(what: str, text: str, longest: int, *, is_needed: bool = True) -> None:
    if is_needed and not text.strip():
        raise InvalidQuery(f"The {what} is empty. Write something, or remove the row.")
    if len(text) > longest:
        raise InvalidQuery(f"The {what} has {len(text)} characters, and the limit is {longest}. Shorten it.")


def _check_once(what: str, names: Sequence[str]) -> None:
    seen = set[str]()
    for name in names:
        if name.casefold() in seen:
            raise InvalidQuery(f"There are two entries for the {what} {name!r}. Remove one.")
        seen.add(name.casefold())


def loosens(before: Guidance, after: Guidance) -> bool:
    """Return whether a change unblocks a topic, or removes or changes a caveat."""
    return not (set(before.blocked) <= set(after.blocked) and set(before.caveats) <= set(after.caveats))


# Differences, in words


@dataclass(frozen=True, slots=True)
class Difference:
    """One entry that a change adds (`+`) or removes (`-`). A changed entry is both."""

    sign: str
    text: str


def differences(before: Guidance, after: Guidance, label: Callable[[str], str]) -> tuple[Difference, ...]:
    """Return the entries that a change removes and adds, in the order of the guidance.

    `label` returns a metric's label.
    """
    old, new = list(_lines(before, label)), list(_lines(after, label))
    removed = [Difference("-", text) for text in old if text not in new]
    return (*removed, *(Difference("+", text) for text in new if text not in old))


def _lines(guidance: Guidance, label: Callable[[str], str]) -> Iterator[str]:
    for each in guidance.preferred:
        why = f" ({each.why})" if each.why else ""
        yield f"For “{each.words}”, use {label(each.metric)}{why}"
    for each in guidance.blocked:
        named = [*(f"“{word}”" for word in each.words), *(label(metric) for metric in each.metrics)]
        yield f"{each.topic} is blocked ({', '.join(named)}): {each.reason} Ask {each.ask}."
    for each in guidance.caveats:
        yield f"{label(each.metric)}: {each.text}"
    yield from (f"Note: {line.strip()}" for line in guidance.notes.splitlines() if line.strip())


# Stored form


def guidance_to_json(guidance: Guidance) -> str:
    """Return guidance as JSON, for storage."""
    return json.dumps(asdict(guidance), ensure_ascii=False, sort_keys=True)


def guidance_from_json(text: str) -> Guidance:
    """Return the guidance in stored JSON. Raises InvalidQuery if it isn't valid."""
    try:
        document: Any = json.loads(text)  # Any: checked below
        guidance = Guidance(
            preferred=tuple(
                Preferred(words=_text(each["words"]), metric=_text(each["metric"]), why=_text(each["why"]))
                for each in document["preferred"]
            ),
            blocked=tuple(
                Blocked(
                    topic=_text(each["topic"]),
                    words=_texts(each["words"]),
                    metrics=_texts(each["metrics"]),
                    reason=_text(each["reason"]),
                    ask=_text(each["ask"]),
                )
                for each in document["blocked"]
            ),
            caveats=tuple(
                Caveat(metric=_text(each["metric"]), text=_text(each["text"])) for each in document["caveats"]
            ),
            notes=_text(document["notes"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        raise InvalidQuery("This guidance can't be read.") from None
    check_guidance(guidance)
    return guidance


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value


def _texts(values: object) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise ValueError("not a list")
    return tuple(_text(value) for value in cast("list[object]", values))
