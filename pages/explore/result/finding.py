"""The sentence above an answer, and the usual range of its number. Both are computed once per answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import TYPE_CHECKING

import streamlit as st

from pages.shell.parts import plain
from semantic.display.format import MINUS
from semantic.display.rows import NO_USUAL, Usual
from semantic.display.words.headline import headline
from semantic.errors import SemanticError
from semantic.services.usual import UsualQuestion, usual_question

if TYPE_CHECKING:
    from semantic.answering.pending import Pending
    from semantic.policy.actor import Actor
    from semantic.results.result import Result
    from semantic.workspace import Workspace

PATIENCE = 0.2
"""The seconds to wait for the usual range. If it takes longer, the change has no verdict until the next rerun."""

WORD_JOINER = "\N{WORD JOINER}"


@dataclass(slots=True)
class Finding:
    """The finding of an answer. `pending` computes the usual range, and is None once that's done."""

    about: Result
    question: UsualQuestion | None = None
    pending: Pending | None = None
    usual: Usual = field(default_factory=lambda: NO_USUAL)
    sentence: str = ""

    def settle(self) -> None:
        if self.question is not None and self.pending is not None and self.pending.done():
            self.usual, self.pending = self.question.read(self.pending), None
            self.sentence = headline(self.about, self.usual)


def find(shown: Result, workspace: Workspace, actor: Actor, key: str) -> Finding:
    """Return the finding of an answer. The session caches it while the answer stays the same."""
    name = f"{key}-finding"
    finding: Finding | None = st.session_state.get(name)
    if finding is None or finding.about is not shown:
        if finding is not None and finding.pending is not None:
            finding.pending.leave()
        finding = st.session_state[name] = _begun(shown, workspace, actor)
    finding.settle()
    return finding


def _begun(shown: Result, workspace: Workspace, actor: Actor) -> Finding:
    finding = Finding(shown, sentence=headline(shown))
    try:
        home = workspace.at(shown.query)
        finding.question = usual_question(shown, home.visible(actor))
        if finding.question is not None:
            finding.pending = home.start(finding.question.query, actor)
            _wait(finding.pending)
    except SemanticError:
        finding.question = finding.pending = None  # the change is shown without a verdict
    return finding


def _wait(pending: Pending) -> None:
    until = monotonic() + PATIENCE
    while not pending.done() and monotonic() < until:
        sleep(0.01)


def show_sentence(finding: Finding, key: str) -> None:
    """Draw the sentence, unless it would only repeat the number below it."""
    if finding.sentence and (finding.about.keys or finding.about.compared):
        with st.container(key=f"{key}-headline"):
            st.markdown(f"**{plain(unbroken(finding.sentence))}**")


def unbroken(sentence: str) -> str:
    """Return a sentence with its signs and numbers joined, so that no line breaks between them."""
    return sentence.replace("+", f"+{WORD_JOINER}").replace(MINUS, f"{MINUS}{WORD_JOINER}")
