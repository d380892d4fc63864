"""The edit context of the Domains page: a team's stewards edit their own metrics and segments with the rights of
their team.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import streamlit as st

from pages.govern.definitions import current_edits as current_edits
from pages.govern.definitions.edit_context import cached_preview
from pages.govern.definitions.editor import HEADER
from pages.shell import session
from semantic.model.editing.edit import ObjectProblem
from semantic.model.editing.objects import Key
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.services.defining.offered import usable_model
from semantic.services.domains import DomainWork
from semantic.services.drafts import EditResult, Edits
from semantic.services.process import Live
from semantic.workspace import Workspace

_EDITS: Final = "definitions_edits"
"""The session key for the open draft of the Definitions page, which is outdated after a change here."""


@dataclass(frozen=True, slots=True)
class TeamEditContext:
    """The edit context of one domain, whose stewards edit its metrics and segments."""

    domain: str
    adds_measures: bool = False

    def require(self) -> tuple[Live, Actor, Edits]:
        actor = session.require("marketer")[1]
        work = DomainWork(session.live(), actor)
        if self.domain not in work.led:
            st.caption("You aren't a steward of this domain any more. Reload the page.")
            st.stop()
        return work.live, actor, work.edits()

    def acting(self) -> Actor | None:
        actor = session.actor()
        return actor if actor is not None and actor.is_at_least("marketer") else None

    def current(self, live: Live, actor: Actor) -> Edits:
        return DomainWork(live, actor).edits()

    def chosen(self, edits: Edits) -> Key | None:
        actor = self.acting()
        key = current_edits.chosen(edits)
        if actor is None or key is None:
            return None
        work = DomainWork(session.live(), actor)
        return key if work.opens(edits, key) and work.domain_of(edits, key) == self.domain else None

    def choose(self, key: Key | None) -> None:
        current_edits.choose(key)

    def keep(self, edits: Edits) -> None:
        st.session_state.pop(_EDITS, None)

    def write(self, live: Live, actor: Actor, edits: Edits, key: Key, text: str) -> EditResult:
        return DomainWork(live, actor).write(edits, key, text)

    def drop(self, live: Live, actor: Actor, edits: Edits, key: Key) -> Edits:
        return DomainWork(live, actor).drop(edits, key)

    def revert(self, live: Live, actor: Actor, edits: Edits, key: Key) -> Edits:
        return DomainWork(live, actor).revert(edits, key)

    def problems(self, live: Live, actor: Actor, edits: Edits, key: Key) -> tuple[ObjectProblem, ...]:
        return DomainWork(live, actor).problems(edits, key) if edits.changed() else ()

    def drafted(self, running: Workspace, actor: Actor, edits: Edits) -> Workspace | None:
        return cached_preview(running, actor, edits, lambda: DomainWork(session.live(), actor).preview(edits))

    def known(self, running: Workspace, actor: Actor, edits: Edits) -> Model:
        drafted = self.drafted(running, actor, edits)
        return usable_model((drafted or running).visible(actor))


def note_changes(edits: Edits) -> None:
    """Store the number of changes that the page shows, so that the editor reruns the page after another change."""
    st.session_state[HEADER] = len(edits.changed())
