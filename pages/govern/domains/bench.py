"""The bench of the Domains page: a team's stewards edit their own metrics and segments with the rights of
their team.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import streamlit as st

from pages.govern.definitions import desk as desks
from pages.govern.definitions.bench import cached_preview
from pages.govern.definitions.editor import HEADER
from pages.shell import session
from semantic.model.editing.edit import ObjectProblem
from semantic.model.editing.objects import Key
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.services.defining.offered import usable_model
from semantic.services.domains import DomainWork
from semantic.services.drafts import Desk, EditResult
from semantic.services.process import Live
from semantic.workspace import Workspace

_DESK: Final = "definitions_desk"
"""The session key for the open draft of the Definitions page, which is outdated after a change here."""


@dataclass(frozen=True, slots=True)
class TeamBench:
    """The bench of one domain, whose stewards edit its metrics and segments."""

    domain: str
    adds_measures: bool = False

    def require(self) -> tuple[Live, Actor, Desk]:
        actor = session.require("marketer")[1]
        work = DomainWork(session.live(), actor)
        if self.domain not in work.led:
            st.caption("You aren't a steward of this domain any more. Reload the page.")
            st.stop()
        return work.live, actor, work.desk()

    def acting(self) -> Actor | None:
        actor = session.actor()
        return actor if actor is not None and actor.is_at_least("marketer") else None

    def current(self, live: Live, actor: Actor) -> Desk:
        return DomainWork(live, actor).desk()

    def chosen(self, desk: Desk) -> Key | None:
        actor = self.acting()
        key = desks.chosen(desk)
        if actor is None or key is None:
            return None
        work = DomainWork(session.live(), actor)
        return key if work.opens(desk, key) and work.domain_of(desk, key) == self.domain else None

    def choose(self, key: Key | None) -> None:
        desks.choose(key)

    def keep(self, desk: Desk) -> None:
        st.session_state.pop(_DESK, None)

    def write(self, live: Live, actor: Actor, desk: Desk, key: Key, text: str) -> EditResult:
        return DomainWork(live, actor).write(desk, key, text)

    def drop(self, live: Live, actor: Actor, desk: Desk, key: Key) -> Desk:
        return DomainWork(live, actor).drop(desk, key)

    def revert(self, live: Live, actor: Actor, desk: Desk, key: Key) -> Desk:
        return DomainWork(live, actor).revert(desk, key)

    def problems(self, live: Live, actor: Actor, desk: Desk, key: Key) -> tuple[ObjectProblem, ...]:
        return DomainWork(live, actor).problems(desk, key) if desk.changed() else ()

    def drafted(self, running: Workspace, actor: Actor, desk: Desk) -> Workspace | None:
        return cached_preview(running, actor, desk, lambda: DomainWork(session.live(), actor).preview(desk))

    def known(self, running: Workspace, actor: Actor, desk: Desk) -> Model:
        drafted = self.drafted(running, actor, desk)
        return usable_model((drafted or running).visible(actor))


def note_changes(desk: Desk) -> None:
    """Store the number of changes that the page shows, so that the editor reruns the page after another change."""
    st.session_state[HEADER] = len(desk.changed())
