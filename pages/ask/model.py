"""The language model in a conversation.

It's asked only if the reader finds no question in a text. Its question is shown before it runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from pages.ask.conversation import Conversation, Turn, new_state
from pages.explore import answer
from pages.explore.builder.question_chips import question_parts
from pages.shell import session
from pages.shell.once import once
from semantic.agents.guidance import guidance_for, guidance_words
from semantic.agents.model.reader import IS_OFF, Call, ModelReader, model_reader
from semantic.agents.model.switch import is_switched_off
from semantic.agents.model.values import with_members
from semantic.query.query import Query

if TYPE_CHECKING:
    from semantic.policy.narrow import VisibleModel
    from semantic.workspace import Workspace

PATIENCE: Final = 0.2
"""The seconds to wait for the model before the page shows that it's being asked."""


@once
def reader() -> ModelReader | None:
    """Return the reader with the configured model, or None if there is none."""
    settings = session.settings()

    def guide(seen: VisibleModel) -> Sequence[str]:
        return guidance_words(guidance_for(session.process_parts(), seen), seen).splitlines()

    return model_reader(
        settings.language_model, settings.allowed_hosts, guide=guide, today=lambda: session.workspace().today()
    )  # fmt: skip


def is_off() -> bool:
    """Return whether the model is switched off."""
    return is_switched_off(session.process_parts())


def consult(turn: Turn, talk: Conversation, workspace: Workspace) -> None:
    """Ask the language model, if there is one, about a text in which the reader found no question."""
    model = reader()
    if model is None:
        return
    if is_off():
        turn.note = IS_OFF
        return
    turn.call = Call(model, turn.words, workspace.visible(talk.actor), talk.previous())
    settle(turn, talk, workspace, PATIENCE)


def settle(turn: Turn, talk: Conversation, workspace: Workspace, seconds: float = 0.0) -> bool:
    """Use the model's question if it arrives within `seconds`, and return whether the wait is over."""
    if turn.call is None:
        return True
    found = turn.call.wait(seconds)
    if found is None:
        return False
    name, turn.call = turn.call.name, None
    if found.question is not None:
        names = session.finder().words.known(talk.actor)
        question = with_members(found.question, names.members) if names is not None else found.question
        turn.read_by, turn.proposal = name, question
        turn.chips = chips_of(question, talk, workspace)
    else:
        turn.note = found.why
    return True


def run(turn: Turn, talk: Conversation, workspace: Workspace) -> None:
    """Run the question that the model proposed, once the person has confirmed it."""
    if turn.proposal is None:
        return
    turn.state, turn.reply, turn.proposal = new_state(turn.proposal, talk), None, None
    answer.advance(turn.state, workspace)


def decline(turn: Turn) -> None:
    """Reject the model's question, and show the reader's reply instead."""
    turn.proposal, turn.read_by, turn.chips = None, "", ()


def chips_of(query: Query, talk: Conversation, workspace: Workspace) -> tuple[str, ...]:
    """Return each part of a question in words."""
    state, visible = new_state(query, talk), workspace.visible(talk.actor)
    return tuple(part.chip.label for part in question_parts(state, visible, workspace))
