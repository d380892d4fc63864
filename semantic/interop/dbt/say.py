"""A name of dbt's as the model language writes it in a condition: `listing__country_latest`, `metric_time__month`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from semantic.errors import UnknownName
from semantic.interop.dbt.names import Found, Names
from semantic.interop.dbt.reference import METRIC_TIME, Reference
from semantic.model.expression import METRIC_OF


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says names for metrics of these facts. `grain` is the period of metric_time where a name has none."""

    names: Names
    facts: Sequence[str]
    grain: str
    metrics: Mapping[str, str]  # what each metric is called here

    def say(self, asked: Reference) -> str:
        """The name in SQL of ours. Raises UnknownName."""
        if asked.is_metric:
            return self._metric_of(asked)
        found = self.names.find(asked, self.facts)
        return said(found, asked.grain or default_grain(found, self.grain), asked.part)

    def _metric_of(self, asked: Reference) -> str:
        """`metric_of('bookings', 'listing')`: of the thing that the row has, by the same name."""
        if asked.name not in self.metrics:
            raise UnknownName(asked.name, self.metrics, kind="metric")
        return f"{METRIC_OF}({', '.join(_quoted(one) for one in (self.metrics[asked.name], *asked.per))})"


def default_grain(found: Found, grain: str) -> str:
    """The period of a time dimension that is asked without one; "" for what is no time."""
    return grain if found.dim == "date" else found.default_grain


def said(found: Found, grain: str, part: str) -> str:
    name = METRIC_TIME if found.dim == "date" else found.dim
    pieces = [*(found.via.split(".") if found.via else ()), name]
    if part:
        return "__".join((*pieces, f"extract_{part}"))
    return "__".join((*pieces, grain)) if grain else "__".join(pieces)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
