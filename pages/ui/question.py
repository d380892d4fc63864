"""The question a person is working on: one for each session, written into the address, and what was last answered.

The address says it all, so a link, a bookmark and the Back button open the same question. Widgets are made from the
question and change it; they are never bound to the address themselves, since a bound widget drops what it does not know
without a word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from time import monotonic, sleep
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import recents
from pages.ui.history import History
from semantic.errors import Cancelled, SemanticError
from semantic.missing import parts_of, with_parts
from semantic.preflight import Preflight
from semantic.query import personal
from semantic.query.codec import query_from_params, query_to_params
from semantic.query.query import Filter, Query
from semantic.result import Period

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.result import Result
    from semantic.workspace import Pending, Workspace

__all__ = ["Question", "current", "parts_of", "with_parts"]

KEY = "question"
COSMETIC = ("chart",)
"""What of the address says how an answer looks, and is no part of the question."""

PATIENCE = 0.4  # seconds an answer is waited for before the page shows that it is under way
ECHO = 2.0  # seconds in which a browser may still send the address before the last change

Params = dict[str, list[str]]


@dataclass(slots=True)
class Question:
    """What one session asks and sees. Belongs to one actor at one model version: another gets a new one."""

    actor: Actor
    version: str
    draft: Query
    banner: tuple[str, ...] = ()
    generation: int = 0  # part of the widgets' keys: a question from outside makes new ones
    pressed: bool = False  # Run was pressed for this draft
    changed: bool = False  # the draft was changed in the builder's own run
    answered: Query | None = None
    result: Result | None = None
    error: SemanticError | None = None
    pending: Pending | None = None
    asked: Query | None = None  # what `pending` runs
    labels: dict[str, str] | None = None  # what can be filtered by, as it is called
    checked: tuple[Query, date, Preflight] | None = None  # and on which day; kept while it holds
    history: History = field(default_factory=History)
    address: Params | None = None
    address_before: Params | None = None
    address_at: float = 0.0

    def change(self, query: Query) -> None:
        """The builder's own edits: the widgets stand as they are."""
        if query != self.draft:
            self.history.step(self.draft)
            self._go(query)

    def replace(self, query: Query) -> None:
        """A question from outside the builder: a repair, a starter, a link."""
        self.change(query)
        self.generation += 1

    def undo(self) -> None:
        self._go(self.history.undo(self.draft))
        self.generation += 1

    def redo(self) -> None:
        self._go(self.history.redo(self.draft))
        self.generation += 1

    def visit(self, query: Query) -> None:
        """A question from the address. The browser's Back and Forward are an undo and a redo."""
        if self.history.before[-1:] == [query]:
            self.undo()
        elif self.history.after[-1:] == [query]:
            self.redo()
        elif self.draft == Query() and not self.history.before:
            self._go(query)  # the page has just been opened: there is nothing to return to
            self.generation += 1
        else:
            self.replace(query)

    def _go(self, query: Query) -> None:
        if query != self.draft:
            self.draft, self.pressed, self.changed, self.banner = query, False, True, ()
            self.cancel()

    def key(self, name: str) -> str:
        """A widget's key for as long as the builder makes the question itself."""
        return f"{name}-{self.generation}"

    def check(self, workspace: Workspace) -> Preflight:
        """The draft's preflight: once for each draft and day, shared by the page's parts and its runs."""
        today = workspace.today()
        if self.checked is None or self.checked[:2] != (self.draft, today):
            self.checked = self.draft, today, check(self.draft, self.actor, workspace)
        return self.checked[2]

    def press(self) -> None:
        """Run, whatever it costs; also asks again what has been answered."""
        self.pressed, self.answered, self.result, self.error = True, None, None, None

    def cancel(self) -> None:
        if self.pending is not None:
            self.pending.leave()
        self.pending = None

    def give_up(self) -> None:
        """Cancels the running question and says so in place of its answer."""
        self.cancel()
        self.answered, self.result = self.draft, None
        self.error = Cancelled("The question was cancelled. Nothing is lost.")

    def settle(self, wait: float = 0.0) -> bool:
        """Takes the answer of the running question if it is there within `wait` seconds. True when nothing runs."""
        until = monotonic() + wait
        while self.pending is not None and not self.pending.done():
            if monotonic() >= until:
                return False
            sleep(0.01)
        if self.pending is not None:
            try:
                self.result, self.error = self.pending.result(), None
            except SemanticError as error:
                self.result, self.error = None, error
            self.pending, self.answered = None, self.asked
        return True

    def start(self, workspace: Workspace) -> None:
        """Lets go of what runs and asks the draft."""
        self.cancel()
        self.result, self.error, self.answered, self.asked = None, None, None, self.draft
        try:
            self.pending = workspace.start(self.draft, self.actor)
        except SemanticError as error:
            self.error, self.answered = error, self.draft


def check(query: Query, actor: Actor, workspace: Workspace) -> Preflight:
    """A question's preflight; where the data does not answer, one that says so."""
    try:
        return workspace.preflight(query, actor)
    except SemanticError as error:
        zone = workspace.model.settings.time_zone
        return Preflight(
            ok=False, error=error, repairs=(), available=(), unavailable=(), splits=(), title="",
            period=Period(None, None, zone, ""), filters="", notes=(), cost="small", cost_words="", compiled=None,
        )  # fmt: skip


def current(workspace: Workspace, actor: Actor) -> Question:
    """This session's question. Call before any widget: an address from outside wins over what the session held.

    Nothing is carried from one actor to another, nor over a change of the model: the address is read again.
    """
    held: Question | None = st.session_state.get(KEY)
    params: Params = {name: st.query_params.get_all(name) for name in st.query_params if name not in COSMETIC}
    if held is None or held.actor != actor or held.version != workspace.model.version:
        if held is not None:
            held.cancel()
        if held is not None and held.actor != actor:
            recents.forget()
        generation = held.generation + 1 if held else 0
        held = Question(actor, workspace.model.version, Query(), generation=generation)
        st.session_state[KEY] = held
        _read(held, params, workspace)
    elif params and params != held.address and not _is_echo(held, params):
        _read(held, params, workspace)
    held.changed = False  # the whole page follows now
    if held.checked is not None and not held.checked[2].ok:
        held.checked = None  # what is wrong may have been the data's, and mended since
    write_address(held, workspace)
    return held


def _is_echo(held: Question, params: Params) -> bool:
    return params == held.address_before and monotonic() - held.address_at < ECHO


def _read(held: Question, params: Params, workspace: Workspace) -> None:
    held.address = params
    if not params:
        return
    try:
        query, said = workspace.repair(query_from_params(params), held.actor)
    except SemanticError as error:
        query, said = Query(), (f"This link could not be read. {error.title}",)
    held.visit(query)
    held.banner = said


def write_address(held: Question, workspace: Workspace) -> None:
    """Puts the draft into the address, unless it names a person: that stays out of logs and histories."""
    params: Params = {}
    if held.draft != Query() and not names_a_person(held.draft, workspace):
        params = {name: list(values) for name, values in query_to_params(held.draft).items()}
    if params != held.address:
        held.address, held.address_before, held.address_at = params, held.address, monotonic()
        kept = {name: st.query_params.get_all(name) for name in COSMETIC if name in st.query_params}
        st.query_params.from_dict(params | kept)


def names_a_person(query: Query, workspace: Workspace) -> bool:
    """Whether the question stays out of addresses, since it says values of a dimension tagged `personal`."""
    return personal.names_a_person(query, workspace.model)


def asking(held: Question, query: Query) -> Callable[[], None]:
    """What a button does that asks `query` instead."""
    return lambda: held.replace(query)


def without_part(query: Query, part: Filter) -> Query:
    return with_parts(query, [one for one in parts_of(query) if one != part])
