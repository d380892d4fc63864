"""A place where people edit definitions: the Definitions page, or the Domains page for the stewards of a team.

Both places use the same editor and forms. An edit context gives them the open draft, and writes to it with the rights
of its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import streamlit as st

from pages.govern.definitions import current_edits as current_edits
from pages.shell import session
from semantic.errors import ModelError
from semantic.model.editing.edit import ObjectProblem
from semantic.model.editing.objects import Key
from semantic.model.loading.load import parse_model
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.services.drafts import (
    EditResult,
    Edits,
    drop_object,
    preview,
    problems_in,
    put_back,
    write_object,
)
from semantic.services.process import Live
from semantic.workspace import Workspace

_KEPT: Final = "definition_preview"


class EditContext(Protocol):
    """A place where people edit definitions.

    Rights are checked at each step, because a page can stay open after someone has lost them.
    """

    @property
    def adds_measures(self) -> bool:
        """Whether the form of a metric can add measures to the metric's dataset."""
        ...

    def require(self) -> tuple[Live, Actor, Edits]:
        """Return the process, the person and the open draft. Stops the run if the person has no access."""
        ...

    def acting(self) -> Actor | None:
        """Return the person who clicked, or None if that person can't edit here any more."""
        ...

    def current(self, live: Live, actor: Actor) -> Edits:
        """Return the open draft."""
        ...

    def chosen(self, edits: Edits) -> Key | None:
        """Return the object that is being edited, or None if there is none that can be edited here."""
        ...

    def choose(self, key: Key | None) -> None:
        """Open another object, or close the open one if `key` is None."""
        ...

    def keep(self, edits: Edits) -> None:
        """Store the draft in the session after a change."""
        ...

    def write(self, live: Live, actor: Actor, edits: Edits, key: Key, text: str) -> EditResult:
        """Save the text of an object to the draft, and return how it was saved. Raises SemanticError."""
        ...

    def drop(self, live: Live, actor: Actor, edits: Edits, key: Key) -> Edits:
        """Remove an object from the draft, and return the draft. Raises SemanticError."""
        ...

    def revert(self, live: Live, actor: Actor, edits: Edits, key: Key) -> Edits:
        """Revert an object to its published text, and return the draft. Raises SemanticError."""
        ...

    def problems(self, live: Live, actor: Actor, edits: Edits, key: Key) -> tuple[ObjectProblem, ...]:
        """Return the problems of the draft, starting with those of this object."""
        ...

    def drafted(self, running: Workspace, actor: Actor, edits: Edits) -> Workspace | None:
        """Return the draft as a workspace, or None if it has errors. Raises NotAllowed if it can't be previewed."""
        ...

    def known(self, running: Workspace, actor: Actor, edits: Edits) -> Model:
        """Return the model with the names that completions offer."""
        ...


@dataclass(frozen=True, slots=True)
class CoreEditContext:
    """The edit context of the Definitions page. Core stewards edit everything there, in any of their drafts."""

    adds_measures: bool = True

    def require(self) -> tuple[Live, Actor, Edits]:
        return current_edits.require()

    def acting(self) -> Actor | None:
        return current_edits.acting()

    def current(self, live: Live, actor: Actor) -> Edits:
        return current_edits.current(live, actor)

    def chosen(self, edits: Edits) -> Key | None:
        return current_edits.chosen(edits)

    def choose(self, key: Key | None) -> None:
        current_edits.choose(key)

    def keep(self, edits: Edits) -> None:
        current_edits.keep(edits)

    def write(self, live: Live, actor: Actor, edits: Edits, key: Key, text: str) -> EditResult:
        return write_object(live, actor, edits, key, text)

    def drop(self, live: Live, actor: Actor, edits: Edits, key: Key) -> Edits:
        return drop_object(live, actor, edits, key)

    def revert(self, live: Live, actor: Actor, edits: Edits, key: Key) -> Edits:
        return put_back(live, actor, edits, key)

    def problems(self, live: Live, actor: Actor, edits: Edits, key: Key) -> tuple[ObjectProblem, ...]:
        return problems_in(edits, key) if edits.changed() else ()

    def drafted(self, running: Workspace, actor: Actor, edits: Edits) -> Workspace | None:
        return cached_preview(running, actor, edits, lambda: preview(running, edits))

    def known(self, running: Workspace, actor: Actor, edits: Edits) -> Model:
        try:
            return parse_model(edits.files)
        except ModelError:
            return session.workspace().model


CORE: Final = CoreEditContext()


@dataclass(frozen=True, slots=True)
class _CachedPreview:
    """The workspace of a draft, cached while the draft and the person stay the same."""

    edits: Edits
    running: Workspace
    actor: str
    workspace: Workspace


def cached_preview(
    running: Workspace, actor: Actor, edits: Edits, make: Callable[[], Workspace]
) -> Workspace | None:  # fmt: skip
    """Return the draft as a workspace, or None if it has errors. Raises the errors of `make`.

    The workspace is cached while the draft is unchanged.
    """
    cached: _CachedPreview | None = st.session_state.get(_KEPT)
    is_same = cached is not None and cached.running is running and cached.actor == actor.id
    if cached is not None and is_same and cached.edits.files == edits.files:
        return cached.workspace
    try:
        workspace = make()
    except ModelError:
        return None
    st.session_state[_KEPT] = _CachedPreview(edits, running, actor.id, workspace)
    return workspace
