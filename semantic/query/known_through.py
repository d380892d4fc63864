"""Through which day the numbers of a metric are known: no number reads a row of a later day (guarantee G9).

A day is known once it is over and loaded. Of a metric over several facts, as long as all of them know it. A plan knows
days that lie ahead, and says nothing about what else is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from semantic.model.definitions import Measure, Metric, TypeKind
from semantic.model.model import Model
from semantic.policy.narrow import measures_of

Loaded = Mapping[str, date]
"""By the name of a dataset the last day that its loads hold whole, in the model's zone. Of others it is yesterday."""

NOTHING_LOADED: Loaded = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Asking:
    """When and where a question is asked: the day, what is loaded by then, and the zone whose days are shown."""

    today: date
    loaded: Loaded
    zone: str


def known_through(metric: Metric, model: Model, asking: Asking) -> date | None:
    """The last day that is known of a metric, a whole one of the question's zone; None for a plan, which has no end."""
    facts = [one for one in measures_of(metric, model) if not model.datasets[one.dataset].forward]
    return min((_known_of(one, model, asking) for one in facts), default=None)


def all_known_through(metrics: Iterable[Metric], model: Model, asking: Asking) -> date | None:
    """The last day that is known of any of the metrics; None where one is a plan, and yesterday where there is none."""
    days = [known_through(one, model, asking) for one in metrics]
    known = [day for day in days if day is not None]
    return None if len(known) < len(days) else max(known, default=asking.today - timedelta(days=1))


def _known_of(measure: Measure, model: Model, asking: Asking) -> date:
    yesterday = asking.today - timedelta(days=1)
    day = min(yesterday, asking.loaded.get(measure.dataset, yesterday))
    dataset, own = model.datasets[measure.dataset], model.settings.time_zone
    is_instant = measure.time and dataset.dimensions[measure.time].type.kind is TypeKind.TIMESTAMPTZ
    if asking.zone == own or not is_instant:
        return day
    end = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(own))
    return end.astimezone(ZoneInfo(asking.zone)).date() - timedelta(days=1)
