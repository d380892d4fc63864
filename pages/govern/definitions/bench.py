"""A place to edit definitions: the Definitions page, or the Domains page for a team's stewards.

The editor and its forms are the same in both places. A bench gives them the open draft, and writes to it with the
rights of its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import streamlit as st

from pages.govern.definitions import desk as desks
from pages.shell import session
from semantic.errors import ModelError
from semantic.model.editing.edit import ObjectProblem
from semantic.model.editing.objects import Key
from semantic.model.loading.load import parse_model
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.services.drafts import (
    Desk,
    EditResult,
    drop_object,
    preview,
    problems_in,
    put_back,
    write_object,
)
from semantic.services.process import Live
from semantic.workspace import Workspace

_KEPT: Final = "definition_preview"


class Bench(Protocol):
    """A place to edit definitions. Rights are checked at each step, because a page can stay open longer than they
    last.
    """

    @property
    def adds_measures(self) -> bool:
        """Whether a metric's form can add to the dataset that it counts."""
        ...

    def require(self) -> tuple[Live, Actor, Desk]:
        """Return the person, and their open draft. Stops the run without access."""
        ...

    def acting(self) -> Actor | None:
        """Return the person who clicked, or None if they may no longer edit here."""
        ...

    def current(self, live: Live, actor: Actor) -> Desk:
        """Return the open draft."""
        ...

    def chosen(self, desk: Desk) -> Key | None:
        """Return the object to edit, or None if there is none that may be edited here."""
        ...

    def choose(self, key: Key | None) -> None:
        """Open another object, or none."""
        ...

    def keep(self, desk: Desk) -> None:
        """Store the draft after a change."""
        ...

    def write(self, live: Live, actor: Actor, desk: Desk, key: Key, text: str) -> EditResult:
        """Save the typed text of an object, and return how it was saved. Raises SemanticError."""
        ...

    def drop(self, live: Live, actor: Actor, desk: Desk, key: Key) -> Desk:
        """Remove an object from the draft, and return the draft. Raises SemanticError."""
        ...

    def revert(self, live: Live, actor: Actor, desk: Desk, key: Key) -> Desk:
        """Revert an object to its published text, and return the draft. Raises SemanticError."""
        ...

    def problems(self, live: Live, actor: Actor, desk: Desk, key: Key) -> tuple[ObjectProblem, ...]:
        """Return the draft's problems, starting with one object's."""
        ...

    def drafted(self, running: Workspace, actor: Actor, desk: Desk) -> Workspace | None:
        """Return the draft as a workspace, or None if it has errors. Raises NotAllowed if it can't be previewed."""
        ...

    def known(self, running: Workspace, actor: Actor, desk: Desk) -> Model:
        """Return the model whose names the completions offer."""
        ...


@dataclass(frozen=True, slots=True)
class CoreBench:
    """The Definitions page: central stewards edit everything, in any of their drafts."""

    adds_measures: bool = True

    def require(self) -> tuple[Live, Actor, Desk]:
        return desks.require()

    def acting(self) -> Actor | None:
        return desks.acting()

    def current(self, live: Live, actor: Actor) -> Desk:
        return desks.current(live, actor)

    def chosen(self, desk: Desk) -> Key | None:
        return desks.chosen(desk)

    def choose(self, key: Key | None) -> None:
        desks.choose(key)

    def keep(self, desk: Desk) -> None:
        desks.keep(desk)

    def write(self, live: Live, actor: Actor, desk: Desk, key: Key, text: str) -> EditResult:
        return write_object(live, actor, desk, key, text)

    def drop(self, live: Live, actor: Actor, desk: Desk, key: Key) -> Desk:
        return drop_object(live, actor, desk, key)

    def revert(self, live: Live, actor: Actor, desk: Desk, key: Key) -> Desk:
        return put_back(live, actor, desk, key)

    def problems(self, live: Live, actor: Actor, desk: Desk, key: Key) -> tuple[ObjectProblem, ...]:
        return problems_in(desk, key) if desk.changed() else ()

    def drafted(self, running: Workspace, actor: Actor, desk: Desk) -> Workspace | None:
        return cached_preview(running, actor, desk, lambda: preview(running, desk))

    def known(self, running: Workspace, actor: Actor, desk: Desk) -> Model:
        try:
            return parse_model(desk.files)
        except ModelError:
            return session.workspace().model


CORE: Final = CoreBench()


@dataclass(frozen=True, slots=True)
class _CachedPreview:
    """The workspace of a draft, cached while the draft and its reader stay the same."""

    desk: Desk
    running: Workspace
    actor: str
    workspace: Workspace


def cached_preview(
    running: Workspace, actor: Actor, desk: Desk, make: Callable[[], Workspace]
) -> Workspace | None:  # fmt: skip
    """Return the draft as a workspace, cached while it's unchanged, or None if it has errors. Raises the errors of
    `make`.
    """
    cached: _CachedPreview | None = st.session_state.get(_KEPT)
    is_same = cached is not None and cached.running is running and cached.actor == actor.id
    if cached is not None and is_same and cached.desk.files == desk.files:
        return cached.workspace
    try:
        workspace = make()
    except ModelError:
        return None
    st.session_state[_KEPT] = _CachedPreview(desk, running, actor.id, workspace)
    return workspace
