"""The keys that a definition can have in each place, for the model editor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from semantic.analyses.events.funnel.data import KEYS as FUNNEL_KEYS
from semantic.analyses.events.maturity.data import KEYS as MATURITY_KEYS
from semantic.analyses.events.overlap.data import KEYS as OVERLAP_KEYS
from semantic.analyses.events.parts import EVENT_KEYS
from semantic.analyses.events.paths.data import KEYS as PATHS_KEYS
from semantic.analyses.events.pressure.data import KEYS as PRESSURE_KEYS
from semantic.analyses.events.profile.data import KEYS as PROFILE_KEYS
from semantic.analyses.events.retention.data import KEYS as RETENTION_KEYS
from semantic.analyses.events.rfm.data import KEYS as RFM_KEYS

KEYS: Final[Mapping[str, Sequence[str]]] = {
    "funnel": FUNNEL_KEYS,
    "paths": PATHS_KEYS,
    "retention": RETENTION_KEYS,
    "overlap": OVERLAP_KEYS,
    "pressure": PRESSURE_KEYS,
    "profile": PROFILE_KEYS,
    "rfm": RFM_KEYS,
    "maturity": MATURITY_KEYS,
}
"""The top-level keys of each kind of analysis."""

_TIME: Final = ("last", "unit", "to_date", "from", "to", "complete")
_FILTER: Final = ("dim", "op", "value", "values", "via", "and", "or", "not", "segment", "sql", "metric", "per")
_FILTERS: Final = ("where", "and", "or", "not")
_BREAKDOWNS: Final = ("by", "hold")
_MORE: Final = ("within", "between")
"""Keys that only some events have: the window of a step, and the steps between which an excluded event isn't
allowed.
"""


def keys_under(kind: str, path: Sequence[str]) -> Sequence[str]:
    """Return the keys that a definition of this kind can have at a path.

    For an unknown kind, return the keys of all kinds.

    >>> keys_under("funnel", ("time",))[:2]
    ('last', 'unit')
    """
    inner = path[-1] if path else ""
    if not path or inner == "analysis":
        every = dict.fromkeys(key for keys in KEYS.values() for key in keys)
        return KEYS.get(kind, tuple(every)) if not path else tuple(every)
    if inner == "time":
        return _TIME
    if inner in _FILTERS:
        return (*_FILTER, "time", "where")
    if inner in _BREAKDOWNS:
        return ("dim", "via", "grain")
    if inner in ("of", "who", "than"):
        return ("analysis", "part")
    return (*EVENT_KEYS, *_MORE)
