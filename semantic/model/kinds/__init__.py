"""The kinds of metrics. To add one, write its file and add it to KINDS, the only list of kinds.

A kind converts its keys to fields of a Metric. If those fields give a form that the planner supports (Metric.form), the
kind is complete: checks, plans, explanations, search, exports and documentation all use the kind's own definition.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from semantic.model.definitions import Metric
from semantic.model.kinds.conversion import CONVERSION
from semantic.model.kinds.cumulative import CUMULATIVE
from semantic.model.kinds.derived import DERIVED
from semantic.model.kinds.kind import Kind
from semantic.model.kinds.ratio import RATIO
from semantic.model.kinds.simple import SIMPLE

# Any: each kind has keys of its own.
KINDS: dict[str, Kind[Any]] = {kind.name: kind for kind in (SIMPLE, RATIO, DERIVED, CUMULATIVE, CONVERSION)}


def kind_of(metric: Metric) -> Kind[Any]:
    """Return the kind of a metric, including everything that other code needs to know about that kind."""
    return KINDS[metric.kind]


def keys_naming(*things: str) -> tuple[str, ...]:
    """Return the keys, over all kinds of metrics, whose values name one of these `things`, such as a metric."""
    return tuple(dict.fromkeys(key for kind in KINDS.values() for key, name in kind.names.items() if name in things))


def key_words() -> Mapping[str, str]:
    """Return the display names of the kinds' keys, for lists of changes."""
    return {key: words for kind in KINDS.values() for key, words in kind.words.items()}


def key_problems(kind: Kind[Any], doc: Any) -> Iterator[tuple[str, str, str]]:  # Any: a MetricDoc, made of all kinds
    """Yield each missing or unexpected key of a metric of this kind, with the problem and a remedy."""
    for key in dict.fromkeys(key for each_kind in KINDS.values() for key in (*each_kind.needs, *each_kind.optional)):
        given = bool(getattr(doc, key))
        if not given and key in kind.needs:
            yield "", f"The {kind.name} metric {doc.name!r} needs `{key}:`.", ""
        elif given and key not in kind.keys.model_fields:
            yield key, f"The {kind.name} metric {doc.name!r} can't have `{key}:`.", "Remove it."
