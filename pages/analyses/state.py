"""The analysis of a session: its definition, which the address contains, and its last answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final, cast

import streamlit as st

from pages.analyses.draft import Data, put
from pages.analyses.kind import Answer, KindPage
from pages.analyses.running import PendingResult
from pages.explore.builder.question import ExploreState
from pages.shell import links
from pages.shell.history import History
from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.parts import POPULATION_KEYS, read_population
from semantic.analyses.events.sets import all_names_in
from semantic.errors import Cancelled, SemanticError
from semantic.query.filters import filter_data, read_filter
from semantic.query.period_data import period_data
from semantic.query.personal import names_a_person
from semantic.query.query import AllOf, Filter, Query
from semantic.services.analyzing.pending import ThreadedAnalysis

if TYPE_CHECKING:
    from semantic.model.definitions import Dimension
    from semantic.policy.actor import Actor
    from semantic.services.analyzing.cost import Cost
    from semantic.services.analyzing.saved import OpenedAnalysis
    from semantic.workspace import Workspace

PATIENCE: Final = 0.4  # the seconds to wait for an answer before the page shows that it's running
STRIDE: Final = 1_000
"""The step between the key numbers of two definitions' filters. It leaves room for the keys that the builder adds."""

LONGEST: Final = 6_000
"""The maximum length of a definition in an address, in characters."""


@dataclass(slots=True)
class AnalysisState:
    """The analysis of one session, for one actor and model version.

    `data` is the definition as it's being edited, which can be incomplete.
    """

    actor: Actor
    version: str
    kind: str
    data: Data
    asking: ExploreState
    pages: Mapping[str, KindPage]
    generation: int = 0  # part of the field keys: a definition from elsewhere gets new ones
    banner: tuple[str, ...] = ()
    bound: dict[str, Callable[[Data, Any], Data]] = field(default_factory=dict[str, Callable[[Data, Any], Data]])
    history: History[Data] = field(default_factory=History[Data])
    answered: Data | None = None  # the definition that `shown` or `error` belongs to
    shown: tuple[Data, Any, Answer] | None = None  # the last answer, which stays until the next one is ready
    error: SemanticError | None = None
    pending: tuple[Data, Any, PendingResult[Answer]] | None = None
    cost: Cost | None = None  # what the analysis costs, if someone has to confirm it
    agreed: Data | None = None  # the definition that someone confirmed
    written: bool = False  # the definition was changed while the form was drawn
    saved: OpenedAnalysis | None = None  # the saved analysis that the definition is based on
    named: str = ""  # the model's analysis that the definition was opened from
    usual_time: object = None  # the period of the example that the definition started from
    address: str | None = None
    address_before: str | None = None
    address_at: float = 0.0

    @property
    def page(self) -> KindPage:
        return self.pages[self.kind]

    def metrics(self) -> list[str]:
        """Return the metrics that the definition uses as events."""
        return self.page.metrics(self.data)

    def dimensions(self, metrics: tuple[str, ...] | None, workspace: Workspace) -> tuple[Dimension, ...]:
        """Return the dimensions that all these metrics have. By default, these are the definition's metrics."""
        query = Query(metrics=tuple(dict.fromkeys(metrics if metrics is not None else self.metrics())))
        try:
            return workspace.preflight(query, self.actor).available if query.metrics else ()
        except SemanticError:
            return ()

    # Changes

    def take(self) -> None:
        """Write the values of all fields to the definition."""
        data = self.data
        for key, setter in self.bound.items():
            if key in st.session_state:
                value = st.session_state[key]
                data = setter(data, None if value == "" else value)
        draft = self.asking.draft
        data = put(data, ("time",), period_data(draft.time) if draft.time is not None else None)
        data = put(data, ("where",), filter_data(draft.where) if draft.where is not None else None)
        self._go(data)

    def edit(self, change: Callable[[Data], Data]) -> None:
        """Read all fields, change the definition, and redraw the fields."""
        self.take()
        before = self.data
        self.show(change(before))

    def show(self, data: Data) -> None:
        """Replace the definition with one from outside the form."""
        self._go(data)
        self._renew()

    def write(self, data: Data) -> None:
        """Store a change that is made while the form is being drawn. The page then reruns."""
        self._go(data)
        self.written = True

    def undo(self) -> None:
        self.data = self.history.undo(self.data)
        self._renew()

    def redo(self) -> None:
        self.data = self.history.redo(self.data)
        self._renew()

    def _go(self, data: Data) -> None:
        if data != self.data:
            self.history.step(self.data)
            self.data, self.banner = data, ()

    def _renew(self) -> None:
        """Give the definition new field keys, so that its fields are redrawn."""
        self.kind = str(self.data.get("kind", self.kind))
        self.generation += 1
        self.bound = {}
        self.asking = asking_of(self.data, self.metrics(), self.actor, self.version, self.asking.generation + STRIDE)

    # Answers

    def advance(self, workspace: Workspace) -> None:
        """Start the analysis and wait briefly for its result, if the definition is complete and not answered yet.

        An expensive analysis waits for confirmation first.
        """
        self.settle()
        if self.answered != self.data and (self.pending is None or self.pending[0] != self.data):
            self.leave()
            try:
                asked = self.page.read(self.data)
                self.cost = self._asks(workspace, asked)
                if self.cost is None:
                    self.pending = self.data, asked, self._begun(workspace, asked)
            except SemanticError as error:
                self.answered, self.error = self.data, error
        self.settle(PATIENCE)

    def _asks(self, workspace: Workspace, asked: Any) -> Cost | None:
        """Return what the analysis costs if someone has to confirm it first, or None."""
        if self.page.cost is None or self.agreed == self.data:
            return None
        cost = self.page.cost(workspace, asked, self.actor)
        return cost if cost.asks else None

    def _begun(self, workspace: Workspace, asked: Any) -> PendingResult[Answer]:
        page, actor = self.page, self.actor
        if page.begin is not None:
            return page.begin(workspace, asked, actor)
        return ThreadedAnalysis(lambda _: page.run(workspace, asked, actor))

    def settle(self, wait: float = 0.0) -> bool:
        """Store the answer if it's ready within `wait` seconds, and return whether nothing is running any more."""
        until = monotonic() + wait
        while self.pending is not None:
            data, asked, claim = self.pending
            if not claim.done():
                if monotonic() >= until:
                    return False
                sleep(0.01)
                continue
            try:
                self.shown, self.error = (data, asked, claim.result()), None
            except SemanticError as error:
                self.error = error
            self.answered, self.pending = data, None
        return True

    def leave(self) -> None:
        """Cancel the running analysis."""
        if self.pending is not None:
            self.pending[2].leave()
        self.pending = None

    def give_up(self) -> None:
        """Cancel the running analysis, and say so in place of the answer."""
        self.leave()
        self.answered, self.error = self.data, Cancelled("Your analysis is still here.")

    def again(self) -> None:
        """Run the same definition again."""
        self.answered, self.error = None, None

    def agree(self) -> None:
        """Confirm an expensive analysis, so that the next run of the page starts it."""
        self.agreed = self.data


def asking_of(data: Data, metrics: list[str], actor: Actor, version: str, generation: int) -> ExploreState:
    """Return the period and filters of a definition as a question, so that Explore's builder can edit them."""
    fields = {key: data[key] for key in POPULATION_KEYS if key in data} | {"subject": "x"}
    try:
        population = read_population(fields)
    except SemanticError:
        population = read_population({"subject": "x"})
    query = Query(metrics=tuple(metrics), time=population.time, where=population.where)
    return ExploreState(actor, version, query, generation=generation)


def definition_text(data: Data) -> str:
    """Return a definition as text for an address."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def write_address(state: AnalysisState, workspace: Workspace) -> None:
    """Write a complete definition to the address, unless it names a person or is too long."""
    text = definition_text(state.data)
    if state.saved is not None:
        st.query_params[links.SAVED] = state.saved.head.id
    elif links.SAVED in st.query_params:
        del st.query_params[links.SAVED]
    try:
        state.page.read(state.data)
    except SemanticError:
        return  # The address keeps the last complete definition.
    if len(text) > LONGEST or is_personal(state, workspace):
        text = ""
    if text == (state.address or ""):
        return
    state.address, state.address_before, state.address_at = text, state.address, monotonic()
    if text:
        st.query_params[links.ANALYSIS] = text
    elif links.ANALYSIS in st.query_params:
        del st.query_params[links.ANALYSIS]


def is_personal(state: AnalysisState, workspace: Workspace) -> bool:
    """Return whether the definition contains values of a dimension tagged `personal`, in a filter or a set."""
    found: list[Filter] = []
    for part in _filters_in(state.data):
        try:
            found.append(read_filter(part))
        except SemanticError:
            return True  # A filter that can't be read stays out of the address, too.
    where = found[0] if len(found) == 1 else AllOf(tuple(found)) if found else None
    if where is not None and names_a_person(Query(metrics=tuple(state.metrics()), where=where), workspace.model):
        return True
    return _names_in_sets(state, workspace)


def _names_in_sets(state: AnalysisState, workspace: Workspace) -> bool:
    """Return whether an analysis behind one of the sets of people names a person."""
    kind = EVENT_KINDS.get(state.kind)
    try:
        return kind is not None and names_a_person(all_names_in(kind, kind.read(state.data)), workspace.model)
    except SemanticError:
        return False  # An incomplete definition isn't written to the address.


def _filters_in(data: object) -> list[Any]:
    """Return every filter in a definition, at any depth."""
    if isinstance(data, list):
        items = cast("list[object]", data)
        return [part for item in items for part in _filters_in(item)]
    if not isinstance(data, dict):
        return []
    fields = cast("dict[str, object]", data)
    own = [fields["where"]] if fields.get("where") is not None else []
    if isinstance(fields.get("by"), str) and isinstance(fields.get("values"), list):  # the channels of a breakdown
        own.append({"dim": fields["by"], "op": "in", "values": fields["values"]})
    return own + [part for key, value in fields.items() if key != "where" for part in _filters_in(value)]
