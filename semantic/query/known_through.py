"""Through which day the numbers of a metric are known: no number reads a row of a later day (guarantee G9).

A day is known once it is over and loaded. Of a metric over several facts, as long as all of them know it. A plan knows
days that lie ahead, and says nothing about what else is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from types import MappingProxyType

from semantic.model.definitions import Metric
from semantic.model.model import Model
from semantic.policy.narrow import measures_of

Loaded = Mapping[str, date]
"""By the name of a dataset the last day that its loads hold whole, in the model's zone; of the others it is yesterday."""

NOTHING_LOADED: Loaded = MappingProxyType({})


def known_through(metric: Metric, model: Model, loaded: Loaded, *, today: date) -> date | None:
    """The last day that is known of a metric; None for a plan, which has no end."""
    facts = {one.dataset for one in measures_of(metric, model)}
    yesterday = today - timedelta(days=1)
    days = [min(yesterday, loaded.get(name, yesterday)) for name in facts if not model.datasets[name].forward]
    return min(days, default=None)


def all_known_through(metrics: Iterable[Metric], model: Model, loaded: Loaded, *, today: date) -> date | None:
    """The last day that is known of any of the metrics; None where one is a plan, and yesterday where there is none."""
    days = [known_through(one, model, loaded, today=today) for one in metrics]
    known = [day for day in days if day is not None]
    return None if len(known) < len(days) else max(known, default=today - timedelta(days=1))
