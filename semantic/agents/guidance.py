"""What an agent should know, limited to what its person can see, and topics that it can't ask about.

Guidance never contains a metric or breakdown that the person can't see. It limits only agents: on pages, people can ask
about blocked topics as far as their policies allow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from semantic.agents.blocking import QuestionParts, parts_of_question, reveals
from semantic.errors import BlockedTopic, StaleVersion, UnknownVersion
from semantic.governance.guidance import NONE, Blocked, Guidance
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.policy.hidden_names import names_nothing_hidden
from semantic.policy.narrow import VisibleModel
from semantic.query.data import query_to_data
from semantic.query.query import Query
from semantic.reading.text import stems
from semantic.services.service_process import ServiceProcess
from semantic.store.agents.guidance import read_live

AGENT: Final = "agent"
NO_TOPIC: Final = "this topic"
NO_REASON: Final = "Stewards blocked it."
NO_ONE: Final = "a steward"
"""Replaces texts that name something hidden from the person."""
MOST_NAMED: Final = 20
"""The most metrics in one line of the guidance as text."""


def guidance_for(live: ServiceProcess, seen: VisibleModel) -> Guidance:
    """Return the live guidance, without metrics and breakdowns that this person can't see.

    Raises StoreFailed, also if the guidance was changed outside Samepage.
    """
    with live.store.read() as connection:
        _, guidance = read_live(connection, live.keys)
    return narrowed(guidance, seen)


def narrowed(guidance: Guidance, seen: VisibleModel) -> Guidance:
    """Return guidance without metrics and breakdowns that this person can't see."""
    if guidance.is_empty:
        return NONE
    shown = {metric.name for metric in seen.metrics}
    preferred = [
        replace(each, why=each.why if names_nothing_hidden(each.why, seen) else "")
        for each in guidance.preferred
        if each.metric in shown and names_nothing_hidden(each.words, seen)
    ]
    blocked = [narrow for each in guidance.blocked if (narrow := _narrowed(each, shown, seen)) is not None]
    caveats = [each for each in guidance.caveats if each.metric in shown and names_nothing_hidden(each.text, seen)]
    notes = [line for line in guidance.notes.splitlines() if names_nothing_hidden(line, seen)]
    return Guidance(
        preferred=tuple(preferred), blocked=tuple(blocked), caveats=tuple(caveats), notes="\n".join(notes).strip()
    )


def _narrowed(blocked: Blocked, shown: set[str], seen: VisibleModel) -> Blocked | None:
    """Return a topic without names that are hidden from this person, or None if nothing is left.

    If all its metrics are hidden, a question about the topic gets the same answer as one about names that don't exist.

    Metrics and words that the person can see stay blocked. Texts that contain hidden names are replaced.
    """
    metrics = tuple(metric for metric in blocked.metrics if metric in shown)
    words = tuple(word for word in blocked.words if names_nothing_hidden(word, seen))
    if (blocked.metrics and not metrics) or not (metrics or words):
        return None
    texts = {
        name: text if names_nothing_hidden(text, seen) else instead
        for name, text, instead in (
            ("topic", blocked.topic, NO_TOPIC), ("reason", blocked.reason, NO_REASON), ("ask", blocked.ask, NO_ONE)
        )
    }  # fmt: skip
    return Blocked(words=words, metrics=metrics, **texts)


def refuse_blocked(
    live: ServiceProcess,
    actor: Actor,
    seen: VisibleModel,
    *,
    words: str = "",
    query: Query | None = None,
    subject: str = "",
) -> Guidance:
    """Raise BlockedTopic for an agent's question about a blocked topic, or else return the guidance.

    A question is about a topic if its words, its names, its values or the sources of its numbers match the topic.
    `subject` is the entity whose events an analysis counts. Actors other than agents are never refused. Raises
    BlockedTopic, StoreFailed.
    """
    if actor.kind != AGENT:
        return NONE
    guidance = guidance_for(live, seen)
    found = blocked_by(guidance, seen, words=words, query=query)
    if found is None and query is not None and any(each.metrics for each in guidance.blocked):
        found = _revealed(guidance, seen, parts_of_question(query, _asked_in(live, seen, query), subject=subject))
    if found is not None:
        raise BlockedTopic(f"Agents can't ask about {found.topic}: {_sentence(found.reason)} Ask {found.ask}.")
    return guidance


def blocked_by(
    guidance: Guidance, seen: VisibleModel, *, words: str = "", query: Query | None = None
) -> Blocked | None:
    """Return the first blocked topic that a question is about, or None. `guidance` must be limited to this person."""
    texts = [words, *(_texts(query, seen) if query is not None else ())]
    asked = [stems(text) for text in texts if text]
    named = frozenset(strings_of(query_to_data(query))) if query is not None else frozenset[str]()
    for each in guidance.blocked:
        own = [*each.words, *(text for metric in each.metrics for text in _names(metric, seen))]
        if not named.isdisjoint(each.metrics) or any(_has(part, stems(word)) for word in own for part in asked):
            return each
    return None


def _revealed(guidance: Guidance, seen: VisibleModel, asked: QuestionParts) -> Blocked | None:
    """Return the first blocked topic whose metric a question would reveal, or None."""
    metrics = seen.model.metrics
    for each in guidance.blocked:
        if any(reveals(asked, metrics[name], seen.model) for name in each.metrics if name in metrics):
            return each
    return None


def _asked_in(live: ServiceProcess, seen: VisibleModel, query: Query) -> Model:
    """Return the model with the definitions that answer a question, possibly those of an earlier version."""
    try:
        return live.workspace().at(query).model if query.as_of is not None else seen.model
    except (UnknownVersion, StaleVersion):
        return seen.model


def _has(text: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether words appear next to each other in a text. Both are stemmed, so plurals and accents don't matter."""
    count = len(words)
    return bool(words) and any(text[start : start + count] == words for start in range(len(text) - count + 1))


def _texts(query: Query, seen: VisibleModel) -> Iterator[str]:
    """Yield the names and values in a question, with labels and synonyms."""
    names = dict.fromkeys(strings_of(query_to_data(query)))
    labels = [seen.member_labels(name) for name in names if seen.places(name)]
    for name in names:
        yield from _names(name, seen)
        yield from (of_members[name] for of_members in labels if name in of_members)


def _names(name: str, seen: VisibleModel) -> Iterator[str]:
    yield name.replace("_", " ")
    things = [thing for thing in (*seen.metrics, *seen.segments) if thing.name == name] or seen.places(name)[:1]
    for thing in things:
        yield from (text for text in (thing.label, *thing.synonyms) if text)


def strings_of(value: Any) -> Iterator[str]:  # Any: JSON of a question
    """Yield every text in a question's data: its names and values."""
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():  # pyright: ignore[reportUnknownVariableType]
                yield from strings_of(each)
        case list() | tuple():
            for each in value:  # pyright: ignore[reportUnknownVariableType]
                yield from strings_of(each)
        case _:
            pass


def caveats_of(guidance: Guidance, metrics: Iterable[str]) -> tuple[str, ...]:
    """Return the caveats to add to an answer with these metrics, ordered by metric."""
    texts = {each.metric: each.text for each in guidance.caveats}
    return tuple(texts[metric] for metric in dict.fromkeys(metrics) if metric in texts)


def guidance_data(guidance: Guidance) -> dict[str, Any]:
    """Return guidance as JSON-ready data for agents' tools. Each blocked topic has its reason and who to ask."""
    return {
        "preferred": [{"words": each.words, "metric": each.metric, "why": each.why} for each in guidance.preferred],
        "blocked": [
            {"topic": each.topic, "metrics": [*each.metrics], "reason": each.reason, "ask": each.ask}
            for each in guidance.blocked
        ],
        "caveats": [{"metric": each.metric, "text": each.text} for each in guidance.caveats],
        "notes": guidance.notes,
    }


def guidance_words(guidance: Guidance, seen: VisibleModel) -> str:
    """Return guidance as a few lines of text for an agent's instructions or a model's prompt. "" if it's empty."""
    labels = {metric.name: metric.label or metric.name for metric in seen.metrics}
    lines = [
        *(
            f"For {each.words}, use {each.metric} ({labels.get(each.metric, each.metric)})."
            + (f" {_sentence(each.why)}" if each.why else "")
            for each in guidance.preferred
        ),
        *(
            f"Don't ask about {each.topic}"
            + (f" ({', '.join(each.metrics[:MOST_NAMED])})" if each.metrics else "")
            + f": {_sentence(each.reason)} Refer to {each.ask}."
            for each in guidance.blocked
        ),
        *(f"With {each.metric}, say: {each.text}" for each in guidance.caveats),
        *guidance.notes.splitlines(),
    ]
    return "\n".join(line for line in lines if line.strip())


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."
