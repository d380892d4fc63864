"""Find the extent of each fact: its first date and its last load.

The engine is queried once for each version of the data, and everyone gets the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from semantic.answering.engines import Engines
from semantic.compile import Statement
from semantic.errors import TimedOut
from semantic.model.definitions import Dataset
from semantic.model.model import Model
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.query.filter_parts import by_members
from semantic.query.known_through import Extent, Loaded
from semantic.query.query import Query
from semantic.results.freshness import extent_statement, read_extent
from semantic.run.execute import Ticket
from semantic.run.single_flight_cache import SingleFlightCache

MOST: Final = 500  # datasets, for each version of the data
SECONDS: Final = 60.0  # how long an extent is kept if data has no versions

Reach = tuple[Extent, datetime | None]
"""The extent of a dataset's rows, and the time of its last load, in UTC."""
_NOTHING_SAID: Final[Reach] = (Extent(), None)
_TOOK_TOO_LONG: Final[Reach] = (Extent(took_too_long=True), None)


class Extents:
    """Looks up the extents of datasets, each on the dataset's own connection. Safe to use from several threads."""

    def __init__(
        self,
        model: Model,
        engines: Engines,
    ) -> None:
        self._model, self._engines = model, engines
        self._kept = SingleFlightCache[Reach](MOST)
        self._kept_for_now = SingleFlightCache[Reach](MOST, seconds=SECONDS)

    def ask(self, datasets: Iterable[Dataset]) -> ExtentsAsked:
        """Start queries for all unknown extents, without waiting for them. Raises EngineFailed and its subclasses."""
        known: dict[str, Reach] = {}
        asked: list[_Asked] = []
        markers: dict[str, str] = {}
        wanted = {dataset.name: dataset for dataset in datasets}
        for dataset in list(wanted.values()):
            if dataset.freshness is not None and dataset.freshness.loaded_with:
                markers[dataset.name] = dataset.freshness.loaded_with
                wanted[dataset.freshness.loaded_with] = self._model.datasets[dataset.freshness.loaded_with]
        for dataset in wanted.values():
            versions = self._engines.versions_of([dataset])
            version = versions.text
            key = (dataset.name, version)
            value = self._of(version).peek(key) or self._kept_for_now.peek(key)
            if value is not None:
                known[dataset.name] = value
            elif (statement := self._statement(dataset)) is not None:
                asked.append(_Asked(dataset.name, version, self._engines.submit(statement, versions, "")))
            else:
                known[dataset.name] = _NOTHING_SAID
        return ExtentsAsked(known, asked, markers, self._read)

    def _statement(self, dataset: Dataset) -> Statement | None:
        statement = extent_statement(dataset, self._model, self._engines.dialect(dataset.connection))
        return replace(statement, connection=dataset.connection) if statement is not None else None

    def _read(self, asked: _Asked) -> Reach:
        """Return the extent from a query's result, and cache it.

        If the query takes longer than a question is allowed to, the extent is unknown, and answers mention this. The
        question isn't refused, because a question about a few days of a huge view can still be fast.
        """
        try:
            extent = read_extent(asked.ticket.answer().table, self._model.settings.time_zone)
        except TimedOut:
            return self._kept_for_now.get((asked.name, asked.version), lambda: _TOOK_TOO_LONG)
        return self._of(asked.version).get((asked.name, asked.version), lambda: extent)

    def _of(self, version: str | None) -> SingleFlightCache[Reach]:
        return self._kept_for_now if version is None else self._kept


@dataclass(frozen=True, slots=True)
class _Asked:
    name: str
    version: str | None
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class ExtentsAsked:
    """The known extents of the requested datasets, and the tickets for extents that are still being queried."""

    _known: Mapping[str, Reach]
    _asked: Sequence[_Asked]
    _markers: Mapping[str, str]  # by dataset, the one whose loads it shares
    _read: Callable[[_Asked], Reach]

    @property
    def tickets(self) -> list[Ticket]:
        """The tickets of the extents that haven't been read yet."""
        return [asked.ticket for asked in self._asked]

    def done(self) -> bool:
        return all(ticket.done() for ticket in self.tickets)

    def look(self, seconds: float) -> None:
        """Wait up to this many seconds for each extent, and skip extents that take longer.

        Raises EngineFailed and its subclasses.
        """
        for asked in self._asked:
            try:
                asked.ticket.answer(seconds)
            except TimeoutError:
                asked.ticket.leave()
            else:
                self._read(asked)

    def read(self) -> Mapping[str, Reach]:
        """Wait for all extents, and return them by dataset name. Raises EngineFailed and its subclasses."""
        extents = {**self._known, **{asked.name: self._read(asked) for asked in self._asked}}
        for name, marker in self._markers.items():
            (own, _), (extent, newest) = extents[name], extents[marker]
            is_unknown = own.took_too_long or extent.took_too_long
            extents[name] = (Extent(own.first, extent.last, took_too_long=is_unknown), newest)
        return extents


def facts_of(query: Query, seen: VisibleModel) -> list[Dataset]:
    """Return the fact datasets of a question's metrics, including metrics in its filters. Raises UnknownName."""
    filtered = by_members(query.where) if query.where else []
    names = [
        *query.metrics,
        *(condition.metric for condition in query.having),
        *(member.metric for member in filtered),
    ]
    names += [query.top.metric] if query.top else []
    measures = [measure for name in names for measure in measures_of(seen.metric(name), seen.model)]
    return [seen.model.datasets[name] for name in dict.fromkeys(measure.dataset for measure in measures)]


def loaded_of(extents: ExtentsAsked) -> Loaded:
    """Return the extent of each fact, by dataset name. Waits for the engine. Raises EngineFailed."""
    return {name: extent for name, (extent, _) in extents.read().items()}
