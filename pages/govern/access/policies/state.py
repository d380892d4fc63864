"""The open policy and its changes. The form and the text edit the same draft."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from pages.govern.definitions import current_edits as current_edits
from pages.shell import session
from semantic.errors import ModelError, SemanticError
from semantic.governance.policy_forms.row_parts import RowPart, read_rows, with_rows
from semantic.model.editing.keys import key_order, read_object, set_key
from semantic.model.editing.objects import Key, ObjectKind
from semantic.model.files.yaml_places import read_places
from semantic.model.files.yaml_text import Path, Plain
from semantic.model.model import Model
from semantic.model.policies import Policy
from semantic.policy.actor import Actor
from semantic.services.drafts import Edits, preview, write_object
from semantic.services.policies import PolicyWork
from semantic.services.process import Live
from semantic.workspace import Workspace

ADDRESS: Final = "policy"
"""The address parameter of the Access page with the name of the open policy."""

TROUBLE: Final = "policy_trouble"
_ROUND: Final = "policy_round"
_DRAFTED: Final = "policy_drafted"
ORDER: Final = key_order(ObjectKind.POLICY)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPolicy:
    """The open policy.

    `text` is its text in the draft, and `data` the content of the text, or None if the text can't be read. `drafted` is
    the draft as a workspace, or None while it has problems. `model` is the draft's model, or else the published one.
    """

    live: Live
    actor: Actor
    edits: Edits
    running: Workspace
    drafted: Workspace | None
    name: str
    text: str
    data: Mapping[str, Plain] | None

    @property
    def key(self) -> Key:
        return ObjectKind.POLICY, self.name

    @property
    def model(self) -> Model:
        return (self.drafted or self.running).model

    @property
    def policy(self) -> Policy | None:
        """The policy in the draft, or None while the draft has problems."""
        policies = self.drafted.model.policies if self.drafted is not None else ()
        return next((policy for policy in policies if policy.name == self.name), None)

    @property
    def rows(self) -> tuple[RowPart, ...]:
        return read_rows(self.data or {}, self.model)

    @property
    def work(self) -> PolicyWork:
        return PolicyWork(self.live, self.actor)


def current(edits: Edits, running: Workspace, actor: Actor) -> OpenPolicy | None:
    """Return the policy that the address names, or None if there is none."""
    name = st.query_params.get(ADDRESS, "")
    text = edits.text_of((ObjectKind.POLICY, name)) if name else ""
    if not text:
        return None
    return OpenPolicy(
        live=session.live(), actor=actor, edits=edits, running=running, drafted=draft_workspace(running, edits),
        name=name, text=text, data=read_object(text),
    )  # fmt: skip


def draft_workspace(running: Workspace, edits: Edits) -> Workspace | None:
    """Return the draft as a workspace on the same engine, or None while it has problems. It's cached until the draft
    changes.
    """
    kept: tuple[Mapping[str, str], Workspace, Workspace | None] | None = st.session_state.get(_DRAFTED)
    if kept is not None and kept[0] == edits.files and kept[1] is running:
        return kept[2]
    try:
        made = preview(running, edits)
    except ModelError:
        made = None
    st.session_state[_DRAFTED] = (edits.files, running, made)
    return made


def choose(name: str | None) -> None:
    """Write the name of a policy to the address, or remove it for None."""
    begin_anew()
    if name is None:
        st.query_params.pop(ADDRESS, None)
    else:
        st.query_params[ADDRESS] = name


def names_of_people() -> Mapping[str, str]:
    """Return the display names of people, by ID."""
    return {name: person.short_name for name, person in session.people().items()}


def widget(opened: OpenPolicy, name: str) -> str:
    """Return the key of a widget of the open policy. The key changes when widgets must read the text again."""
    return f"policy-{opened.name}-{st.session_state.get(_ROUND, 0)}-{name}"


def begin_anew() -> None:
    """Make all widgets read their values from the text again."""
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.session_state.pop(TROUBLE, None)


def write_key(opened: OpenPolicy, path: Path, value: Plain) -> None:
    """Write one key of the open policy to the draft."""
    change(opened, lambda text: set_key(text, path, value, ORDER))


def write_who(opened: OpenPolicy, path: Path, value: Plain) -> None:
    """Write one key of the part that says who the policy is for.

    When its last key is removed, the policy matches no one, and its text says so.
    """

    def edited(text: str) -> str:
        changed = set_key(text, path, value, ORDER)
        return changed if "who" in (read_object(changed) or {}) else _with_no_one(text)

    change(opened, edited)


def _with_no_one(text: str) -> str:
    place = read_places(text)
    assert place is not None
    own = next(value for key, value in place.pairs if key.value == "who")
    start = own.start if own.is_flow else text.rindex(":", 0, own.start) + 1
    return f"{text[:start].rstrip()} {{roles: []}}{text[own.end :]}"


def write_rows(opened: OpenPolicy, edit: Callable[[tuple[RowPart, ...]], Sequence[RowPart]]) -> None:
    """Replace the row rules of the open policy with the result of `edit`. Unchanged rules keep their text."""

    def edited(text: str) -> str:
        data = read_object(text) or {}
        old = read_rows(data, opened.model)
        return set_key(text, ("rows",), with_rows(old, edit(old), data, opened.model), ORDER)

    change(opened, edited, anew=True)


def change(opened: OpenPolicy, edit: Callable[[str], str], *, anew: bool = False) -> None:
    """Write a changed text of the open policy to the draft, or show why that isn't possible."""
    actor = current_edits.acting()
    if actor is None:
        return
    st.session_state.pop(TROUBLE, None)
    try:
        edits = current_edits.current(opened.live, actor)  # Another field can have changed the draft in the same run.
        before = edits.text_of(opened.key)
        text = edit(before)
        if text != before:
            written = write_object(opened.live, actor, edits, opened.key, text)
            current_edits.keep(written.edits)
            if written.key != opened.key:
                choose(written.key[1])
    except ModelError as error:
        st.session_state[TROUBLE] = " ".join(problem.message for problem in error.problems[:3])
        return
    except SemanticError as error:
        st.session_state[TROUBLE] = str(error)
        return
    if anew:
        begin_anew()
