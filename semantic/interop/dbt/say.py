"""Write dbt's names in conditions of the model language, such as `listing__country_latest`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from semantic.errors import UnknownName
from semantic.interop.dbt.names import Names, ResolvedName
from semantic.interop.dbt.reference import METRIC_TIME, Reference
from semantic.model.expression import METRIC_OF


@dataclass(frozen=True, slots=True)
class Speaker:
    """Writes names for metrics of these facts. `grain` is the granularity of metric_time if a name has none."""

    names: Names
    facts: Sequence[str]
    grain: str
    metrics: Mapping[str, str]  # each metric's name here

    def say(self, asked: Reference) -> str:
        """Return a name in our SQL. Raises UnknownName."""
        if asked.is_metric:
            return self._metric_of(asked)
        field = self.names.find(asked, self.facts)
        return dunder_name(field, asked.grain or default_grain(field, self.grain), asked.part)

    def _metric_of(self, asked: Reference) -> str:
        """Return a metric of the row's own member in our SQL: `metric_of('bookings', 'listing')`."""
        if asked.name not in self.metrics:
            raise UnknownName(asked.name, self.metrics, kind="metric")
        return f"{METRIC_OF}({', '.join(_quoted(part) for part in (self.metrics[asked.name], *asked.per))})"


def default_grain(field: ResolvedName, grain: str) -> str:
    """Return the granularity of a time dimension whose name has none, or "" for other dimensions."""
    return grain if field.dim == "date" else field.default_grain


def dunder_name(field: ResolvedName, grain: str, part: str) -> str:
    name = METRIC_TIME if field.dim == "date" else field.dim
    pieces = [*(field.via.split(".") if field.via else ()), name]
    if part:
        return "__".join((*pieces, f"extract_{part}"))
    return "__".join((*pieces, grain)) if grain else "__".join(pieces)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
