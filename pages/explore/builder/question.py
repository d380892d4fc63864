"""The question of a session, which the address contains, with its last answer.

The address contains the whole question, so a link, a bookmark and the Back button open the same one. Widgets are drawn
from the question and change it. They're never bound to the address, because a bound widget silently drops values that
it doesn't know.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from time import monotonic, sleep
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from pages.explore.builder import chart_choice, recents
from pages.shell import links, session
from pages.shell.history import History
from pages.shell.parts import quoted
from semantic.display.failures import failure_words
from semantic.errors import Cancelled, SemanticError
from semantic.explore.preflight import Preflight
from semantic.explore.repairs import drop_broken
from semantic.explore.why_missing import parts_of, with_parts
from semantic.query import personal
from semantic.query.codec import query_to_params
from semantic.query.query import Filter, Query
from semantic.query.salvage import DroppedPart, salvage_from_params
from semantic.results.result import Period

if TYPE_CHECKING:
    from semantic.answering.pending import Pending
    from semantic.policy.actor import Actor
    from semantic.results.result import Result
    from semantic.services.saved_questions import OpenedQuestion
    from semantic.store.questions.links import LinkNote
    from semantic.workspace import Workspace

__all__ = ["ExploreState", "current", "parts_of", "with_parts"]

KEY = "question"
COSMETIC = ("chart", "sort", links.COMMENT)
"""The address parameters outside the question: the display of the answer, and a comment to open."""

PATIENCE = 0.4  # seconds to wait for an answer before the page shows that it's running
ECHO = 2.0  # seconds in which a browser may still send the previous address

MOST_LEFT_OUT, LONGEST_PART = 5, 80  # the number of left-out parts that are named, and their maximum length
PARTS = {
    "m": "metric",
    "by": "breakdown",
    "f": "filter",
    "h": "filter on a metric",
    "t": "period",
    "c": "comparison",
    "top": "top",
    "tot": "total",
    "o": "sort order",
    "n": "row limit",
    "calc": "calculation",
    "asof": "version of the definitions",
    "tz": "time zone",
    "ws": "start of the week",
    "fy": "start of the fiscal year",
    "cur": "currency",
    "rates": "exchange rate",
}
"""What a link's parameters are called on screen. The others are settings."""

Params = dict[str, list[str]]


class Moment(NamedTuple):
    """An earlier state of the page: a question, with the ID of its saved question or ""."""

    query: Query
    saved: str = ""


@dataclass(slots=True)
class ExploreState:
    """The question and answer of one session, for one actor and model version. A change of these starts a new state."""

    actor: Actor
    version: str
    draft: Query
    banner: tuple[str, ...] = ()
    generation: int = 0  # part of the widget keys: a question from outside gets new ones
    pressed: bool = False  # Run was clicked for this draft
    changed: bool = False  # the draft was changed in the builder's own run
    answered: Query | None = None
    result: Result | None = None
    earlier: Result | None = None  # the last answer shown, which stays on the page until the next one is ready
    error: SemanticError | None = None
    pending: Pending | None = None
    asked: Query | None = None  # the question that `pending` runs
    saved: str = ""  # the ID of the saved question that the draft started from
    opened: dict[str, OpenedQuestion] = field(default_factory=dict)  # the saved questions that were last read, by ID
    link: tuple[Query, str] | None = None  # a question that isn't in the address, with the ID of its link
    sent: tuple[Query, LinkNote] | None = None  # a question from a link, with its sender's note
    labels: dict[str, str] | None = None  # the labels of everything that filters can use
    checked: tuple[Query, date, Preflight] | None = None  # the preflight, with its draft and day
    history: History[Moment] = field(default_factory=History[Moment])
    steps: tuple[tuple[Query | None, Query, Query | None], tuple[str, str]] | None = None  # undo and redo, in words
    address: Params | None = None
    address_before: Params | None = None
    address_at: float = 0.0

    def change(self, query: Query) -> None:
        """Apply an edit from the builder. The widgets keep their keys."""
        if query != self.draft:
            self.history.step(self.moment)
            self._go(Moment(query, self.saved if query != Query() else ""))

    def replace(self, query: Query) -> None:
        """Replace the question with one from outside the builder, such as a repair, a starter or a link."""
        self.change(query)
        self.generation += 1

    def undo(self) -> None:
        self._go(self.history.undo(self.moment))
        self.generation += 1

    def redo(self) -> None:
        self._go(self.history.redo(self.moment))
        self.generation += 1

    def visit(self, query: Query, saved: str = "") -> None:
        """Show the question in the address. The browser's Back and Forward count as undo and redo."""
        come = Moment(query, saved)
        if self.history.before[-1:] == [come]:
            self.undo()
        elif self.history.after[-1:] == [come]:
            self.redo()
        elif self.draft == Query() and not self.history.before:
            self._go(come)  # The page was just opened, so there's no earlier state.
            self.generation += 1
        else:
            self._come_to(come)

    def _come_to(self, come: Moment) -> None:
        if come != self.moment:
            self.history.step(self.moment)
            self._go(come)
            self.generation += 1

    @property
    def moment(self) -> Moment:
        return Moment(self.draft, self.saved)

    @property
    def began_from(self) -> OpenedQuestion | None:
        """The saved question that the draft started from."""
        return self.opened.get(self.saved)

    @property
    def is_changed(self) -> bool:
        """Whether the draft isn't saved, or differs from its saved question."""
        opened = self.began_from
        return opened is None or opened.query != self.draft

    def open(self, opened: OpenedQuestion) -> None:
        """Show a saved question. Undo returns to the previous one."""
        self.opened[opened.head.id] = opened
        self._come_to(Moment(opened.query, opened.head.id))
        self.banner = opened.messages

    def _go(self, to: Moment) -> None:
        self.saved = to.saved
        if to.query != self.draft:
            self.draft, self.pressed, self.changed, self.banner = to.query, False, True, ()
            self.cancel()

    def key(self, name: str) -> str:
        """Return the key of a widget. It stays the same while all changes come from the builder."""
        return f"{name}-{self.generation}"

    def home(self, workspace: Workspace) -> Workspace:
        """Return the workspace of the model version that the draft asks for, or else the current one."""
        try:
            return workspace.at(self.draft)
        except SemanticError:  # The preflight says why.
            return workspace

    def check(self, workspace: Workspace) -> Preflight:
        """Return the draft's preflight. It's computed once for each draft and day."""
        today = workspace.today()
        if self.checked is None or self.checked[:2] != (self.draft, today):
            self.checked = self.draft, today, check(self.draft, self.actor, workspace)
        return self.checked[2]

    def press(self) -> None:
        """Run the question, whatever it costs. If it has an answer, it's asked again."""
        self._keep_earlier()
        self.pressed, self.answered, self.result, self.error = True, None, None, None

    def _keep_earlier(self) -> None:
        """Keep the current answer until the next one arrives, unless the question is for another version of
        the model.
        """
        earlier = self.result or self.earlier
        self.earlier = earlier if earlier is not None and earlier.query.as_of == self.draft.as_of else None

    def forget_answer(self) -> None:
        """Clear the answer, so that it isn't shown while the first answer to a new question is computed."""
        self.answered, self.result, self.earlier, self.error = None, None, None, None

    def cancel(self) -> None:
        if self.pending is not None:
            self.pending.leave()
        self.pending = None

    def give_up(self) -> None:
        """Cancel the running question, and say so in place of its answer."""
        self.cancel()
        self.answered, self.result, self.earlier = self.draft, None, None
        self.error = Cancelled("Cancelled. Your question is still here.")

    def settle(self, wait: float = 0.0) -> bool:
        """Store the answer if it's ready within `wait` seconds, and return whether nothing is running any more."""
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
            self.pending, self.answered, self.earlier = None, self.asked, None
        return True

    def start(self, workspace: Workspace) -> None:
        """Cancel the running question, and ask the draft."""
        self.cancel()
        self._keep_earlier()
        self.result, self.error, self.answered, self.asked = None, None, None, self.draft
        try:
            self.pending = workspace.start(self.draft, self.actor)
        except SemanticError as error:
            self.error, self.answered, self.earlier = error, self.draft, None


def check(query: Query, actor: Actor, workspace: Workspace) -> Preflight:
    """Return the preflight of a question. If the data is unavailable, the preflight says so."""
    try:
        return workspace.preflight(query, actor)
    except SemanticError as error:
        zone = workspace.model.settings.time_zone
        return Preflight(
            ok=False, error=error, repairs=(), available=(), unavailable=(), splits=(), title="",
            period=Period(None, None, zone, ""), filters="", notes=(), cost="small", cost_words="", compiled=None,
        )  # fmt: skip


def current(workspace: Workspace, actor: Actor) -> ExploreState:
    """Return this session's question. Call this before drawing any widget, because a new address replaces the question.

    Another actor or a changed model starts a new state, from the address.
    """
    recents.begin(actor)
    state: ExploreState | None = st.session_state.get(KEY)
    params: Params = {name: st.query_params.get_all(name) for name in st.query_params if name not in COSMETIC}
    if state is None or state.actor != actor or state.version != workspace.model.version:
        if state is not None:
            state.cancel()
        generation = state.generation + 1 if state else 0
        state = ExploreState(actor, workspace.model.version, Query(), generation=generation)
        st.session_state[KEY] = state
        _read(state, params, workspace)
    elif params and params != state.address and not _is_echo(state, params):
        _read(state, params, workspace)
    state.changed = False  # The whole page reruns now.
    if state.checked is not None and not state.checked[2].ok:
        state.checked = None  # The error can have been in the data, and be fixed by now.
    write_address(state, workspace)
    return state


def _is_echo(state: ExploreState, params: Params) -> bool:
    return params == state.address_before and monotonic() - state.address_at < ECHO


def _read(state: ExploreState, params: Params, workspace: Workspace) -> None:
    state.address = params
    if not params:
        return
    come, texts = _asked(state, params, workspace)
    state.visit(come.query, come.saved)
    state.banner = texts


def _asked(state: ExploreState, params: Params, workspace: Workspace) -> tuple[Moment, tuple[str, ...]]:
    """Return the question in an address, and a sentence about each part that was left out.

    The question of a saved-question ID or a link ID is read from the store. If the address also has a question, it's
    the edited version.
    """
    come, said = Moment(Query()), tuple[str, ...]()
    own = {name: texts for name, texts in params.items() if name not in (links.SAVED, links.LINK)}
    work = session.saved_work(workspace, state.actor) if own != params else None
    try:
        if work and links.SAVED in params:
            opened = work.open(params[links.SAVED][-1])
            state.opened[opened.head.id] = opened
            come, said = Moment(opened.query, opened.head.id), opened.messages
            if not own and chart_choice.ADDRESS not in st.query_params:
                chart_choice.open_kind(opened.chart, "answer")
        elif work:
            linked = work.open_link(params[links.LINK][-1])
            come, said = Moment(linked.query), linked.messages
            state.link = None if said else (linked.query, params[links.LINK][-1])
            state.sent = (linked.query, linked.sent) if linked.sent is not None else None
            if linked.chart and not own and chart_choice.ADDRESS not in st.query_params:
                chart_choice.open_kind(linked.chart, "answer")
    except SemanticError as error:
        said = (failure_words(error),)
    if own:
        try:
            read, left = salvage_from_params(own)
            query, said_of_own = workspace.repair(drop_broken(read) if left else read, state.actor)
            if left and read == Query():
                return Moment(Query()), (f"This link couldn't be opened. {_left_out(left[0])}",)
            said_of_own = (*map(_left_out, left[:MOST_LEFT_OUT]), *said_of_own)
        except SemanticError as error:
            return Moment(Query()), (f"This link couldn't be opened. {error.title}",)
        return Moment(query, come.saved), said_of_own if come.saved else (*said, *said_of_own)
    return come, said


def _left_out(left_out: DroppedPart) -> str:
    noun = PARTS.get(left_out.key, "setting")
    if left_out.is_repeated:
        return f"This link sets the {noun} more than once. Only the last one is used."
    return f"This link's {noun} couldn't be read and was ignored: {quoted(left_out.text[:LONGEST_PART])}."


def write_address(state: ExploreState, workspace: Workspace) -> None:
    """Write the draft to the address, unless it names a person. Names stay out of logs and browser histories.

    A saved question is written as its ID with any edits, and a question from a link as the link's ID.
    """
    params: Params = {links.SAVED: [state.saved]} if state.saved else {}
    if state.link is not None and state.link[0] == state.draft and not state.saved:
        params[links.LINK] = [state.link[1]]
    elif state.is_changed and state.draft != Query() and not names_a_person(state.draft, workspace):
        params |= {name: list(values) for name, values in query_to_params(state.draft).items()}
    if params != state.address:
        state.address, state.address_before, state.address_at = params, state.address, monotonic()
        kept = {name: st.query_params.get_all(name) for name in COSMETIC if name in st.query_params}
        st.query_params.from_dict(params | kept)


def names_a_person(query: Query, workspace: Workspace) -> bool:
    """Return whether a question contains values of a `personal` dimension, so that it must stay out of addresses."""
    return personal.names_a_person(query, workspace.model)


def asking(state: ExploreState, query: Query) -> Callable[[], None]:
    """Return the click handler of a button that asks `query` in place of the current question."""
    return lambda: state.replace(query)


def without_part(query: Query, part: Filter) -> Query:
    return with_parts(query, [inner_part for inner_part in parts_of(query) if inner_part != part])
