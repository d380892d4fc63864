"""A connection that a person is adding: its tables, their profiles from the background, and the person's answers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from connectors.connector import Connector, ConnectorError, Listed
from semantic.errors import Cancelled, NotAllowed, SemanticError
from semantic.interop.column_types import type_text
from semantic.introspection.guess import Guess
from semantic.introspection.profile import Budget, JoinEvidence, ProfilingProgress, TableProfile
from semantic.introspection.profiling import Control, profile_joins, profile_tables
from semantic.introspection.proposing import Answer, Proposal, answer_guesses, open_guesses, propose, still_fitting
from semantic.model.model import Model
from semantic.model.own_data import CONNECTION as UPLOADS
from semantic.run.execute import translate
from semantic.run.single_flight_cache import SingleFlightCache
from semantic.sql.dialects.table import find_dialect
from semantic.starters.matching import Match, match_starters
from semantic.starters.starter import Question
from semantic.starters.writing import questions as questions_of
from semantic.workspace import Workspace

Table = Listed
"""A table or view of a connection, as its catalogue lists it."""

MOST_PEOPLE: Final = 50
"""How many people's choices and profiles this process holds in memory."""

MOST_LOOKED_AT: Final = 200
"""How many tables of a connection are compared with the starters."""

REST: Final = 1.0
"""How long profiling pauses, as a multiple of its working time, because people's questions come first."""


_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AddableTables:
    """The tables of a connection, the starters that match some of them, and the columns' types."""

    tables: tuple[Listed, ...]
    matches: tuple[Match, ...]
    columns: Mapping[str, Mapping[str, str]]

    def match_of(self, table: str) -> tuple[Match, str] | None:
        """Return the starter that a table matches and the table's role in it, or None if it matches none."""
        for match in self.matches:
            for role, name in match.tables.items():
                if name == table:
                    return match, role
        return None


def addable_tables(workspace: Workspace, source: str) -> AddableTables:
    """Return a connection's tables and the starters that match them. Raises Unavailable, EngineFailed, NotAllowed."""
    connector = connector_of(workspace, source)
    try:
        tables = tuple(connector.tables())
    except ConnectorError as error:
        raise translate(error) from error
    columns = {table.name: known for table in tables[:MOST_LOOKED_AT] if (known := _columns(connector, table.name))}
    return AddableTables(tables, match_starters(columns), columns)


def connector_of(workspace: Workspace, source: str) -> Connector:
    """Return the connector with this name. "" means the connection in the settings.

    Raises Unavailable, and NotAllowed for the uploads' connection, because each upload's owner decides who sees it.
    """
    if source == UPLOADS:
        raise NotAllowed("People's uploads can't be added here. Their owners share them on the Your uploads page.")
    return workspace.connectors.get(source)


def _columns(connector: Connector, table: str) -> dict[str, str]:
    """Return the types of a table's columns, or an empty dict if the table can't be read.

    Profiling reports the error.
    """
    try:
        columns = connector.columns(table)
    except ConnectorError:
        return {}
    return {name: text for name, kind in columns.items() if (text := type_text(kind)) is not None}


class Profiling:
    """Profiles tables in a thread of its own. Any thread can read the progress."""

    def __init__(
        self,
        connector: Connector,
        source: str,
        tables: Sequence[str],
        known: Mapping[str, TableProfile],
        existing: Model | None,
    ) -> None:
        self.tables: Final = tuple(tables)
        self._existing = existing
        self._connector, self._source = connector, source
        self._known = {table: profile for table, profile in known.items() if table in self.tables}
        self._control = Control()
        self._is_done = threading.Event()
        self.progress = ProfilingProgress("", len(self._known), len(self.tables))
        self.problem = ""
        self.profiles: tuple[TableProfile, ...] = ()
        self.joins: tuple[JoinEvidence, ...] = ()
        self.proposal: Proposal | None = None
        threading.Thread(target=self._run, name="profiling", daemon=True).start()

    @property
    def is_running(self) -> bool:
        return not self._is_done.is_set()

    def cancel(self) -> None:
        """Stop the running statement and skip the remaining ones."""
        self._control.cancel()

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds`, and return whether profiling has ended."""
        return self._is_done.wait(seconds)

    def _run(self) -> None:
        try:
            self._profile()
        except Cancelled:
            self.problem = "Profiling was stopped."
        except SemanticError as error:
            self.problem = str(error)
        except Exception:  # noqa: BLE001 (the page must learn that it ended, whatever happened)
            _LOG.exception("Profiling failed.")
            self.problem = "Profiling failed. The server's log says why."
        finally:
            self._is_done.set()

    def _profile(self) -> None:
        budget, dialect = Budget(rest=REST), find_dialect(self._connector.dialect)
        missing = [table for table in self.tables if table not in self._known]
        before = len(self._known)

        def told(progress: ProfilingProgress) -> None:
            done = min(before + progress.done, len(self.tables))
            self.progress = ProfilingProgress(progress.table, done, len(self.tables), progress.problem)

        found = profile_tables(
            self._connector, dialect, missing, budget, told, connection=self._source, control=self._control
        )
        by_table = self._known | {profile.table: profile for profile in found}
        self.profiles = tuple(by_table[table] for table in self.tables)
        self.joins = profile_joins(self._connector, dialect, self.profiles, budget, control=self._control)
        self.proposal = propose(self.profiles, self.joins, connection=self._source, existing=self._existing)


@dataclass(slots=True)
class Adding:
    """A connection that a person is adding. All their browser tabs share it, so reloading a page loses nothing.

    `written` has the model files that this connection added to the draft.
    """

    source: str = ""
    offer: AddableTables | None = field(default=None, repr=False)
    chosen: tuple[str, ...] = ()
    profiling: Profiling | None = None
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    without: frozenset[str] = frozenset()  # starters that the person excluded although their tables match
    starter_answers: dict[str, str] = field(default_factory=dict[str, str])
    written: frozenset[str] = frozenset()
    published: int = 0  # the published version, 0 before
    boards: tuple[str, ...] = ()  # by ID
    _fitting: tuple[tuple[str, ...], tuple[Match, ...]] | None = field(default=None, repr=False)

    def choose_source(self, source: str) -> None:
        """Choose another connection, and discard the choices made so far."""
        if source == self.source and self.offer is not None:
            return
        self._stop()
        self.source, self.offer, self.chosen, self.profiling = source, None, (), None
        self.answers, self.starter_answers, self.without = {}, {}, frozenset()
        self.published, self.boards = 0, ()

    def choose_tables(self, tables: Iterable[str]) -> None:
        """Choose the tables to add, in the connection's order. Names that the connection doesn't have are ignored."""
        wanted = set(tables)
        listed = self.offer.tables if self.offer is not None else ()
        self.chosen = tuple(table.name for table in listed if table.name in wanted)

    def profile(self, workspace: Workspace, *, again: bool = False) -> Profiling:
        """Return the profiling of the chosen tables, and start it first if needed.

        `again` retries tables whose profiling failed. Raises Unavailable, NotAllowed.
        """
        drafted = self.drafted_tables
        if self.profiling is not None and self.profiling.tables == drafted and not again:
            return self.profiling
        self._stop()
        known = {each.table: each for each in self.profiling.profiles if not each.problem} if self.profiling else {}
        model = workspace.model
        existing = model if model.datasets or self.matches else None
        self.profiling = Profiling(connector_of(workspace, self.source), self.source, drafted, known, existing)
        return self.profiling

    def begin_again(self) -> None:
        """Start over with the same connection, to choose other tables."""
        source, offer = self.source, self.offer
        self.offer = None
        self.choose_source(source)
        self.offer = offer

    @property
    def fitting(self) -> tuple[Match, ...]:
        """Return the starters that match the chosen tables."""
        if self.offer is None or not self.chosen:
            return ()
        if self._fitting is None or self._fitting[0] != self.chosen:
            columns = {table: self.offer.columns[table] for table in self.chosen if table in self.offer.columns}
            self._fitting = self.chosen, match_starters(columns)
        return self._fitting[1]

    @property
    def matches(self) -> tuple[Match, ...]:
        """Return the starters that match the chosen tables, except those that the person excluded."""
        return tuple(match for match in self.fitting if match.starter.name not in self.without)

    @property
    def drafted_tables(self) -> tuple[str, ...]:
        """Return the chosen tables that no starter describes."""
        described = {table for match in self.matches for table in match.tables.values()}
        return tuple(table for table in self.chosen if table not in described)

    @property
    def questions(self) -> tuple[Question, ...]:
        """Return the questions that the matching starters ask."""
        return questions_of(self.matches)

    def proposal(self) -> Proposal | None:
        """Return the guesses with the person's answers applied, or None while profiling is running."""
        proposal = self.profiling.proposal if self.profiling is not None else None
        if proposal is None:
            return None
        return answer_guesses(proposal, still_fitting(proposal, self.answers))

    def open_guesses(self) -> tuple[Guess, ...]:
        """Return the guesses that need an answer before the draft can be used."""
        proposal = self.proposal()
        return open_guesses(proposal) if proposal is not None else ()

    def _stop(self) -> None:
        if self.profiling is not None and self.profiling.is_running:
            self.profiling.cancel()


class Additions:
    """The connections that people are adding in this process, for the `MOST_PEOPLE` most recently active people."""

    def __init__(self) -> None:
        self._of = SingleFlightCache[Adding](MOST_PEOPLE)

    def of(self, person: str) -> Adding:
        """Return the connection that a person is adding. No choices are made at first."""
        return self._of.get(person, Adding)
