"""Read a text in the conversation. The result is a question, a choice of meanings, or a reply that it wasn't
understood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.analyses.state import definition_text
from pages.analyses.words import analysis_in_words
from pages.ask import model
from pages.ask.conversation import Conversation, NextStep, Reply, Turn, new_state
from pages.asking import form as asking
from pages.explore import answer
from pages.explore.sentences import distinctions, names_metric, other_readings, swapped, understood_in
from pages.shell import session
from pages.shell.parts import quoted
from semantic.query.query import Query
from semantic.services.finding.finder import LONGEST
from semantic.services.requests.work import RequestOrigin

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.policy.narrow import VisibleModel
    from semantic.reading.understood import Reading
    from semantic.workspace import Workspace

MOST_WAYS = 6
UNREAD = "Samepage couldn't read this as a question."


def take_text(text: str, talk: Conversation, workspace: Workspace) -> None:
    """Add a turn for a text. If the values are still loading, the text is read on the next run."""
    text = " ".join(text.split())[:LONGEST]
    if not text:
        return
    if session.finder().words.known(talk.actor) is None:
        talk.waiting = text
        return
    talk.add(_turn(text, talk, workspace))


def read_waiting_text(talk: Conversation, workspace: Workspace) -> None:
    """Read the text that waited for the values to load. Call this before the turns are drawn."""
    if talk.waiting:
        text, talk.waiting = talk.waiting, ""
        with st.spinner("Loading values from your data\N{HORIZONTAL ELLIPSIS}"):
            session.finder().words.names(talk.actor)
        take_text(text, talk, workspace)


def take_next_step(way: NextStep, talk: Conversation, workspace: Workspace) -> None:
    """Continue with the option that was clicked. Its label becomes the text of the next turn."""
    if way.query is not None:
        talk.add(question_turn(way.label, way.query, talk, workspace, is_chosen=True))
    elif way.sentence:
        take_text(way.sentence, talk, workspace)
    elif way.request:
        asking.begin(asking.Start(words=way.request, asking=RequestOrigin(place="explore")))


def _turn(text: str, talk: Conversation, workspace: Workspace) -> Turn:
    analysis = analysis_in_words(text, workspace, talk.actor)
    if analysis is not None:
        reply = Reply(words="This question needs an analysis.", definition=definition_text(analysis))
        return Turn(number=talk.count, words=text, kind="analysis", reply=reply)
    reading = session.finder().reading(text, talk.actor, query=talk.previous())
    if reading is not None and reading.question is not None:
        return question_turn(text, reading.question, talk, workspace, reading=reading)
    if reading is not None and reading.refused is not None:
        return question_turn(text, reading.refused, talk, workspace)
    visible = workspace.visible(talk.actor)
    if reading is not None and reading.asks:
        return Turn(number=talk.count, words=text, kind="choice", reply=_choices(reading, visible))
    turn = Turn(number=talk.count, words=text, kind="unread", reply=_unread(text, reading, talk.actor))
    model.consult(turn, talk, workspace)
    return turn


def question_turn(
    text: str,
    query: Query,
    talk: Conversation,
    workspace: Workspace,
    *,
    reading: Reading | None = None,
    is_chosen: bool = False,
) -> Turn:
    """Return a turn for a question. The question runs immediately, unless it's refused or reads a lot of data."""
    state = new_state(query, talk)
    visible, chips = workspace.visible(talk.actor), model.chips_of(query, talk, workspace)
    turn = Turn(
        number=talk.count, words=text, kind="answer", state=state, chips=chips, is_chosen=is_chosen,
        asks_why=reading is not None and reading.why,
    )  # fmt: skip
    if reading is not None and (took := other_readings(reading, state, visible)) is not None:
        ways = tuple(NextStep(act.label, query=act.query) for act in took.next_steps if act.query is not None)
        turn.noted = Reply(words=took.words, next_steps=ways)
    answer.advance(state, workspace)
    return turn


def _choices(reading: Reading, visible: VisibleModel) -> Reply:
    """Return a reply that asks which meaning to use, and lists each with its definition."""
    ask = reading.asks[0]
    labels = distinctions(ask.readings, visible)
    is_open = len({query.metrics for query in ask.readings}) > 1 and not names_metric(reading)
    ways = [
        NextStep(label, _meaning(query, ask.readings, visible), query=query)
        for label, query in zip(labels, ask.readings, strict=True)
    ]
    words = "Which metric do you mean?" if is_open else f"{quoted(ask.words)} can mean:"
    return Reply(words=words, next_steps=tuple(ways[:MOST_WAYS]))


def _meaning(query: Query, others: tuple[Query, ...], visible: VisibleModel) -> str:
    """Return the label of a question's metric, if the possible meanings have different metrics, or ""."""
    if len({each.metrics for each in others}) == 1:
        return ""
    metrics = [visible.metric(name) for name in query.metrics]
    return " ".join(metric.means or metric.description for metric in metrics[:1])


def _unread(text: str, reading: Reading | None, actor: Actor) -> Reply:
    """Return a reply that says which words were understood, which weren't, and what to do next.

    Nothing runs without a click.
    """
    ways: list[NextStep] = []
    if reading is None or not reading.left:
        words = reading.reason if reading is not None and reading.reason else UNREAD
    else:
        understood = understood_in(text, reading)
        words = f"{', '.join(map(quoted, reading.left[:4]))} not understood."
        words += f" Understood: {', '.join(map(quoted, understood))}." if understood else ""
        for word, names in (reading.near or {}).items():
            ways += [NextStep(f"Use {name}", sentence=swapped(text, [word], name)) for name in names[:2]]
        rest = swapped(text, reading.left, "")
        if understood and rest:
            ways.append(NextStep(f"Ask without {'it' if len(reading.left) == 1 else 'them'}", sentence=rest))
    ways = ways[: MOST_WAYS - 3]
    ways += [NextStep("Build it in Explore", place="explore"), NextStep("All metrics", place="metrics")]
    if asking.may_ask(actor):
        ways.append(NextStep(asking.ASK_LABEL, request=text))
    return Reply(words=words, next_steps=tuple(ways), is_caution=True)
