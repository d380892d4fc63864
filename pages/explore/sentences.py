"""Sentences that people type into the search field: ask their question, or say why not and what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

import streamlit as st

from pages.analyses.state import definition_text
from pages.analyses.words import analysis_in_words
from pages.asking import form as asking
from pages.explore.builder.filters import filter_labels, listed_labels
from pages.explore.builder.question import ExploreState
from pages.explore.result import why
from pages.shell import links, session
from pages.shell.parts import quoted
from pages.widgets.ask_field import Line, LineAct
from semantic.display.words.settings.filters import filter_words
from semantic.errors import SemanticError
from semantic.explore.repairs import does_compile, use_instead
from semantic.explore.search import folded
from semantic.query.describe import lower_first
from semantic.query.narrowing import all_of, parts_of
from semantic.query.query import Condition, Operator, Query
from semantic.reading.lexicon import Meaning
from semantic.reading.text import cut
from semantic.services.finding.finder import period_words
from semantic.services.requests.work import RequestOrigin

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel
    from semantic.reading.understood import Reading

NOTE, WAITING, WHY, LEAVE = "ask-note", "ask-waiting", "ask-why", "ask-leave"
ANALYZE = "ask-analyze"
"""The session key for the analysis that a sentence asks for, until this run can switch pages."""
OFFERED = 4  # the number of next steps of one kind


@dataclass(frozen=True, slots=True)
class NextStep:
    """A next step: a question, a sentence, a search or a request to stewards. If it has none of these, it opens the
    catalogue.
    """

    label: str
    query: Query | None = None
    sentence: str = ""
    search: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A note about a sentence, shown until the question changes."""

    words: str
    about: Query
    next_steps: tuple[NextStep, ...] = ()
    is_caution: bool = False
    text: str = ""  # the sentence, if it wasn't asked, so that people can continue typing
    said_at: float = 0.0


def ask(state: ExploreState, text: str) -> None:
    """Ask a question in words, or say why not. If the values are still loading, the next run waits for them."""
    if not text.strip():
        return
    analysis = analysis_in_words(text, session.finder().workspace, state.actor)
    if analysis is not None:
        st.session_state[ANALYZE] = definition_text(analysis)
    elif session.finder().words.known(state.actor) is None:
        st.session_state[WAITING] = text
    else:
        answer_sentence(state, text)


def answer_sentence(state: ExploreState, text: str) -> None:
    """Ask the question in a text. The current question stays if a word wasn't understood or has several meanings."""
    finder = session.finder()
    reading = finder.reading(text, state.actor, query=state.draft)
    if reading is None:
        return
    visible = finder.workspace.visible(state.actor)
    if reading.question is not None:
        take_query(state, replace(reading.question, as_of=state.draft.as_of))
        state.pressed = True
        if reading.why:
            st.session_state[WHY] = state.draft
        if took := other_readings(reading, state, visible):
            st.session_state[NOTE] = took
    elif reading.left:
        _say_left(state, text, reading)
    elif reading.asks:
        asked = reading.asks[0]
        labels = distinctions(asked.readings, visible)
        acts = [NextStep(label, query) for label, query in zip(labels, asked.readings, strict=True)]
        is_open = len({query.metrics for query in asked.readings}) > 1 and not names_metric(reading)
        words = "Which metric?" if is_open else f"{quoted(asked.words)} can mean:"
        say(state, words, acts, text)
    else:
        say(state, reading.reason, [NextStep("All metrics"), *_requests(state, text)], text, is_caution=True)


def is_understood(reading: Reading) -> bool:
    """Whether every word of a text is known, even if the text lacks something an answer needs, such as a metric."""
    return not reading.left and any(phrase.kind != "word" for phrase in reading.understood)


def names_metric(reading: Reading) -> bool:
    return any(phrase.kind == "metric" for phrase in reading.understood)


def say(state: ExploreState, words: str, acts: Sequence[NextStep], text: str = "", *, is_caution: bool = False) -> None:
    st.session_state[NOTE] = Note(words, state.draft, tuple(acts), is_caution, text, monotonic())


def _say_left(state: ExploreState, text: str, reading: Reading) -> None:
    """Say which words weren't understood, which were, and the next steps. Nothing runs without another click."""
    understood = understood_in(text, reading)
    words = f"{', '.join(map(quoted, reading.left[:OFFERED]))} not understood."
    words += f" Understood: {', '.join(map(quoted, understood))}." if understood else ""
    acts: list[NextStep] = []
    for word, names in (reading.near or {}).items():
        acts += [NextStep(f"Use {name}", sentence=swapped(text, [word], name)) for name in names[:2]]
    rest = swapped(text, reading.left, "")
    if understood and rest:
        acts.append(NextStep(f"Ask without {'it' if len(reading.left) == 1 else 'them'}", sentence=rest))
    acts += [NextStep("Search", search=reading.left[0]), NextStep("All metrics"), *_requests(state, text)]
    say(state, words, acts, text, is_caution=True)


def _requests(state: ExploreState, text: str) -> list[NextStep]:
    """Return the step that asks stewards for what a text means, or none if this person can't make requests."""
    return [NextStep(asking.ASK_LABEL, request=text)] if asking.may_ask(state.actor) else []


def request(text: str) -> None:
    """Open the request form, filled in with the text that someone typed."""
    asking.begin(asking.Start(words=text, asking=RequestOrigin(place="explore")))


def understood_in(text: str, reading: Reading) -> list[str]:
    """Return the phrases that were understood, including that of a period's comparison, such as "vs last year"."""
    phrases, begun = list[str](), -1
    for phrase in reading.understood:
        if phrase.kind == "comparison":
            begun = phrase.start
        elif phrase.kind != "word":
            phrases.append(text[begun if begun >= 0 and phrase.kind == "period" else phrase.start : phrase.end])
            begun = -1
    return phrases


def swapped(text: str, words: Sequence[str], name: str) -> str:
    """Return a text with these words replaced or, without a `name`, removed."""
    for word in words:
        pattern = r"\s*".join(re.escape(token.text) for token in cut(word))
        text = re.sub(pattern, lambda _: name, text, count=1, flags=re.IGNORECASE) if pattern else text
    return " ".join(text.split())


def other_readings(reading: Reading, state: ExploreState, visible: VisibleModel) -> Note | None:
    """Return a note with the meaning that was used for the first word with several meanings, and with the
    alternatives.
    """
    query = state.draft
    for word in reading.took:
        meanings = _meanings(word, state)
        used = next((meaning for meaning in meanings if _is_used(meaning, query)), None)
        if used is None:
            continue
        others = [meaning for meaning in meanings if (meaning.kind, meaning.name) != (used.kind, used.name)]
        if used.kind == "dimension":
            others += _longer_names(used, word, visible)
        asked = [(meaning, _with_other(query, used, meaning, visible)) for meaning in others]
        acts = [
            NextStep(_label(meaning, query, visible), other)
            for meaning, other in asked
            if other is not None and other != query and _can_ask(other, visible)
        ]
        if acts:
            words = f"{quoted(word)} matched {_label(used, query, visible)}. Use instead:"
            return Note(words, query, tuple(dict.fromkeys(acts))[:OFFERED])
    return None


def _meanings(word: str, state: ExploreState) -> list[Meaning]:
    """Return all meanings of a whole phrase."""
    names = session.finder().words.known(state.actor)
    if names is None:
        return []
    tokens = names.lexicon.corrected(cut(word))
    found = [meanings for size, meanings in names.lexicon.find(tokens, 0) if size == len(tokens)]
    return [meaning for meanings in found for meaning in meanings if not meaning.contains]


def _longer_names(used: Meaning, word: str, visible: VisibleModel) -> Iterator[Meaning]:
    """Yield other breakdowns whose labels end with this one's or with the word, as "Customer country" does with both
    for "country".
    """
    ends = (f" {folded(visible.dimension(used.name)[0].label)}", f" {folded(word)}")
    for dimension in visible.dimensions:
        if dimension.name != used.name and folded(dimension.label).endswith(ends) and dimension.kind == "categorical":
            yield Meaning("dimension", dimension.name, used.tier)


def _is_used(meaning: Meaning, query: Query) -> bool:
    match meaning.kind:
        case "metric":
            return meaning.name in query.metrics
        case "dimension":
            return any(breakdown.dim == meaning.name for breakdown in query.by)
        case "member":
            return any(_is_of(part, meaning) for part in parts_of(query.where))
        case _:
            return False


def _is_of(part: object, meaning: Meaning) -> bool:
    return (
        isinstance(part, Condition)
        and part.dim == meaning.name
        and part.op in (Operator.IN, Operator.NOT_IN)
        and set(part.values) == set(meaning.values)
    )


def _with_other(query: Query, used: Meaning, other: Meaning, visible: VisibleModel) -> Query | None:
    """Return the question with another meaning, or None if the meanings are of different kinds or can't be swapped."""
    if other.kind != used.kind:
        return None
    if used.kind != "member":
        return use_instead(query, used.name, other.name, visible).query
    parts = [
        replace(part, dim=other.name, values=other.values)
        if isinstance(part, Condition) and _is_of(part, used)
        else part
        for part in parts_of(query.where)
    ]
    return replace(query, where=all_of(parts))


def _can_ask(query: Query, visible: VisibleModel) -> bool:
    workspace = session.finder().workspace
    return does_compile(query, visible, workspace.dialect, workspace.today())


def _label(meaning: Meaning, query: Query, visible: VisibleModel) -> str:
    """Return the label of a meaning for a chip or a list, such as `Net revenue` or `Market: Austria`."""
    if meaning.kind == "member":
        part = Condition(meaning.name, Operator.IN, meaning.values)
        return filter_words(part, _labels(replace(query, where=part), visible))
    thing = visible.metric(meaning.name) if meaning.kind == "metric" else visible.dimension(meaning.name)[0]
    return thing.label or thing.name


def _labels(query: Query, visible: VisibleModel) -> dict[str, str]:
    """Return the labels of the question's filters, including the names of its members."""
    return filter_labels(visible) | listed_labels(query, visible, session.finder().workspace)


def distinctions(readings: Sequence[Query], visible: VisibleModel) -> list[str]:
    """Return what distinguishes each reading from the others, in words."""
    known = {metric.name: metric.label or metric.name for metric in visible.metrics}
    dimensions = {dimension.name: dimension.label or dimension.name for dimension in visible.dimensions}

    def words(query: Query) -> list[tuple[str, ...]]:
        labels = _labels(query, visible)
        filters = [filter_words(part, labels) for part in parts_of(query.where)]
        by = [f"by {lower_first(dimensions.get(breakdown.dim, breakdown.dim))}" for breakdown in query.by]
        return [
            tuple(known.get(name, name) for name in query.metrics),
            tuple(by),
            tuple(filters),
            (_days(query, visible),),
        ]

    described = [words(query) for query in readings]
    differing = [place for place in range(4) if len({parts[place] for parts in described}) > 1]
    return [
        ", ".join(word for place in differing or [0] for word in parts[place] if word) or "All" for parts in described
    ]


def _days(query: Query, visible: VisibleModel) -> str:
    try:
        checked = session.finder().workspace.preflight(query, visible.actor)
    except SemanticError:
        return ""
    return period_words(checked.compiled.asked) if checked.compiled is not None else ""


def take_query(state: ExploreState, query: Query) -> None:
    st.session_state.pop(NOTE, None)
    state.replace(query)


def finish_next_step(state: ExploreState) -> None:
    """Finish a next step that needs another run. Call this before the field is drawn.

    It waits for the values and reads a sentence, opens an analysis, opens the list of metrics, or reruns the whole
    page.
    """
    if sentence := st.session_state.pop(WAITING, ""):
        with st.spinner("Loading values from your data\N{HORIZONTAL ELLIPSIS}"):
            session.finder().words.names(state.actor)
        answer_sentence(state, sentence)
    if definition := st.session_state.pop(ANALYZE, ""):
        st.switch_page(links.page_of(links.ANALYSES), query_params={links.ANALYSIS: definition})
    if st.session_state.pop(LEAVE, False):
        st.switch_page(links.CATALOGUE)
    if (state.changed or WHY in st.session_state or asking.is_open()) and session.runs_alone():
        st.rerun()


def open_why(state: ExploreState) -> None:
    """Open "Why did it change?" once its question is answered. Call this before the answer is drawn."""
    if WHY in st.session_state and state.pending is None and state.answered == state.draft:
        query: Query = st.session_state.pop(WHY)
        if query == state.draft and state.result is not None and why.has_change(state.result):
            why.begin(query, "answer")


# The line below the chips


def _note(state: ExploreState) -> Note | None:
    note: Note | None = st.session_state.get(NOTE)
    return note if note is not None and note.about == state.draft else None


def line_of(state: ExploreState) -> Line | None:
    note = _note(state)
    if note is None:
        return None
    acts = [LineAct(f"{place}:{act.label}", act.label, act.search) for place, act in enumerate(note.next_steps)]
    return Line(note.words, acts, "caution" if note.is_caution else "info", note.text, note.said_at)


def take_next_step(state: ExploreState, name: str) -> None:
    """Carry out a next step, if the line still offers it."""
    note = _note(state)
    for place, act in enumerate(note.next_steps if note is not None else ()):
        if name != f"{place}:{act.label}":
            continue
        if act.query is not None:
            take_query(state, act.query)
        elif act.sentence:
            st.session_state.pop(NOTE, None)
            ask(state, act.sentence)
        elif act.request:
            request(act.request)
        elif not act.search:
            st.session_state[LEAVE] = True
