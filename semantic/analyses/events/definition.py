"""The definition of any kind of analysis as JSON-like data. This form is used to send, save and record analyses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.sets import all_reads
from semantic.analyses.events.step_change import STEP_CHANGE
from semantic.analyses.unusual.kind import DAY_KINDS
from semantic.errors import InvalidQuery
from semantic.query.codec import data_from_json

# Any: each kind has its own question and finding.
OTHER_KINDS: Final[Mapping[str, EventKind[Any, Any]]] = {**DAY_KINDS, STEP_CHANGE.name: STEP_CHANGE}
"""The kinds of analysis without a single statement of their own, by name."""
KINDS: Final[Mapping[str, EventKind[Any, Any]]] = {**EVENT_KINDS, **OTHER_KINDS}
"""Every kind of analysis that can be saved, placed on boards and asked for by its definition, by name."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """An analysis: its question, and the kind of analysis that answers it."""

    kind: EventKind[Any, Any]  # Any: each kind has its own question and finding
    asked: Any

    @property
    def data(self) -> dict[str, Any]:
        """The definition as JSON-ready data. Default values are left out."""
        return self.kind.data(self.asked)

    @property
    def text(self) -> str:
        """The definition as JSON. The same question always has the same text."""
        return json.dumps(self.data, ensure_ascii=False, separators=(",", ":"))


def analysis_from_data(data: object) -> Analysis:
    """Return the analysis in JSON-like data. The key `kind` is the name of the kind that reads all other keys.

    Raises InvalidQuery.
    """
    if not isinstance(data, dict):
        raise InvalidQuery("An analysis must be an object with a 'kind', such as funnel.")
    name: object = data.get("kind")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    kinds = ", ".join(KINDS)
    if name is None:
        raise InvalidQuery(f"Name the 'kind' of the analysis. Use {kinds}.")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise InvalidQuery(f"{str(name)[:40]!r} isn't a kind of analysis. Use {kinds}.")
    asked = kind.read(data)  # pyright: ignore[reportUnknownArgumentType]
    all_reads(kind, asked)  # sets are only read here
    return Analysis(kind, asked)


def analysis_from_json(text: str) -> Analysis:
    """Return the analysis in a JSON text. Raises InvalidQuery."""
    return analysis_from_data(data_from_json(text))
