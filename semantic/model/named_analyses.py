"""Named analyses of events in a model. They have an owner and can be certified."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, cast

from semantic.model.contract import Contract
from semantic.model.definitions import Certification, Deprecation, Described


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedAnalysis(Described):
    """An analysis that has a name, an owner and a definition.

    `definition` is JSON with the keys of the analysis's kind. Names are unique among analyses, but a metric or segment
    can have the same name.
    """

    definition: str
    certified: Certification | None = None
    domain: str = ""  # the team whose analysis it is; "" for the core
    contract: Contract = field(default_factory=Contract, compare=False, repr=False)  # shared by all its copies

    @property
    def own_data(self) -> bool:
        """Always false, because an analysis over uploads can't be certified."""
        return False

    @property
    def deprecated(self) -> Deprecation | None:
        """Always None, because analyses are removed instead of deprecated."""
        return None

    @property
    def data(self) -> dict[str, Any]:  # Any: JSON
        """The definition, parsed from JSON."""
        return cast("dict[str, Any]", json.loads(self.definition))
