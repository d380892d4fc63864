"""The conversation of a session. Each turn has the text that was typed and the question read from it, or a reply."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import streamlit as st

from pages.explore.builder import recents
from pages.explore.builder.question import ExploreState
from semantic.policy.access_snapshot import AccessSnapshot, access_snapshot
from semantic.query.query import Query

if TYPE_CHECKING:
    from semantic.agents.model.reader import Call
    from semantic.policy.actor import Actor
    from semantic.store.questions.conversations import StoredTurn
    from semantic.workspace import Workspace

KEY: Final = "conversation"
MOST_TURNS: Final = 30
"""The maximum number of turns on the page. Earlier ones are dropped."""

Kind = Literal["answer", "choice", "unread", "analysis"]


@dataclass(frozen=True, slots=True)
class NextStep:
    """An option that a reply offers: a question, a sentence, a request to stewards, a search in Explore or the list of
    metrics.

    `meaning` is the line below its button.
    """

    label: str
    meaning: str = ""
    query: Query | None = None
    sentence: str = ""
    request: str = ""
    place: Literal["", "explore", "metrics"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply that takes the place of an answer.

    `definition` is the analysis that the text asks for, as JSON, or "" if it asks for none.
    """

    words: str
    next_steps: tuple[NextStep, ...] = ()
    is_caution: bool = False
    definition: str = ""


@dataclass(slots=True, kw_only=True)
class Turn:
    """One message in the conversation, with its question and answer, or with a reply.

    If a word has several meanings, `noted` says which one was used and offers the others. `call` is the pending call of
    a language model, `proposal` is the question that the model chose but that hasn't run yet, and `read_by` is the
    model's name. `note` explains why the model chose no question.
    """

    number: int
    words: str
    kind: Kind
    state: ExploreState | None = None
    reply: Reply | None = None
    noted: Reply | None = None
    chips: tuple[str, ...] = ()
    asks_why: bool = False
    is_chosen: bool = False  # by a button, so `words` are its label
    call: Call | None = None
    proposal: Query | None = None
    read_by: str = ""
    note: str = ""
    is_earlier: bool = False  # from a saved conversation, and not asked again yet
    receipt: str = ""  # the receipt of its earlier answer
    follow_ups: tuple[NextStep, ...] | None = None  # None until its answer is drawn

    @property
    def key(self) -> str:
        """The prefix of the keys of this turn's widgets."""
        return f"turn-{self.number}"

    @property
    def is_running(self) -> bool:
        return self.call is not None or (self.state is not None and self.state.pending is not None)


@dataclass(slots=True)
class Conversation:
    """The turns of a session, oldest first. They belong to one person and one version of the model."""

    actor: Actor
    version: str
    sight: AccessSnapshot  # the access that its answers were computed with
    turns: list[Turn] = field(default_factory=list[Turn])
    count: int = 0  # the number of all turns, including dropped ones
    drawn: int = 0  # the value of `count` when the page was drawn
    waiting: str = ""  # a text to read once the values are loaded
    id: str = ""  # its ID in the store, once it's saved
    kept: tuple[StoredTurn, ...] = ()  # the turns that were last saved

    @property
    def last(self) -> Turn | None:
        return self.turns[-1] if self.turns else None

    def previous(self) -> Query | None:
        """Return the last question that was asked, which the next text can continue."""
        for turn in reversed(self.turns):
            if turn.state is not None and turn.state.draft.metrics:
                return turn.state.draft
        return None

    def add(self, turn: Turn) -> None:
        """Add a turn. If the previous question is still running, cancel it."""
        before = self.last
        if before is not None:
            before.call = None
            if before.state is not None and before.state.pending is not None:
                before.state.give_up()
        self.turns.append(turn)
        self.count += 1
        for dropped in self.turns[:-MOST_TURNS]:
            forget(dropped)
        del self.turns[:-MOST_TURNS]

    def clear(self) -> None:
        for turn in self.turns:
            forget(turn)
        self.turns.clear()
        self.waiting, self.id, self.kept = "", "", ()


def forget(turn: Turn) -> None:
    """Cancel the question of a turn, and remove the turn's data from the session."""
    if turn.state is not None:
        turn.state.cancel()
    for name in [name for name in st.session_state if str(name).startswith(f"{turn.key}-")]:
        del st.session_state[name]


def current(workspace: Workspace, actor: Actor) -> Conversation:
    """Return this session's conversation. Another person, or the same person with less access, gets an empty one.

    With another model version, earlier answers stay, because each shows its version.
    """
    recents.begin(actor)
    version, talk = workspace.model.version, _held()
    if talk is not None and talk.actor == actor and talk.version == version:
        return talk
    sight = access_snapshot(workspace.visible(actor))
    if talk is None or talk.actor != actor or not sight.shows_all_of(talk.sight):
        if talk is not None:
            talk.clear()
        talk = st.session_state[KEY] = Conversation(actor, version, sight)
    talk.version, talk.sight = version, sight
    return talk


def _held() -> Conversation | None:
    return st.session_state.get(KEY)


def new_state(query: Query, talk: Conversation) -> ExploreState:
    """Return a new state for a question that is about to run."""
    return ExploreState(talk.actor, talk.version, query)
