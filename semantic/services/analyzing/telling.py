"""How each kind of analysis is told: a sentence, what to know first, tables of text and JSON-ready data.

Every surface uses these words. To add a kind: write its words in a module here, and name them in TELLINGS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from semantic.analyses.events.funnel import FUNNEL
from semantic.analyses.events.kind import EventKind
from semantic.analyses.events.maturity import MATURITY_OF_EVENTS
from semantic.services.analyzing.funnel_words import funnel_json, funnel_notes, funnel_sentence, funnel_tables
from semantic.services.analyzing.maturity_words import (
    maturity_json,
    maturity_notes,
    maturity_sentence,
    maturity_tables,
)
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.tables import TextTable

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling(Generic[Found]):
    """How one kind of analysis is told. Hidden numbers are in none of it."""

    kind: EventKind[Any, Found]  # Any: each kind has its own question
    sentence: Callable[[Analyzed[Found]], str]
    notes: Callable[[Analyzed[Found]], list[str]]
    tables: Callable[[Analyzed[Found]], list[TextTable]]
    data: Callable[[Analyzed[Found]], dict[str, Any]]


TELLINGS: Final[Mapping[str, Telling[Any]]] = {
    telling.kind.name: telling
    for telling in (
        Telling(kind=FUNNEL, sentence=funnel_sentence, notes=funnel_notes, tables=funnel_tables, data=funnel_json),
        Telling(
            kind=MATURITY_OF_EVENTS,
            sentence=maturity_sentence,
            notes=maturity_notes,
            tables=maturity_tables,
            data=maturity_json,
        ),
    )
}
"""How every kind is told, by the kind's name."""
