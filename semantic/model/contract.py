"""The certification of a metric, the only part of a model that can change while the model is in use.

A model states who certified a metric, and until when. Whether the certification still counts depends on facts outside
the model: whether those people are still active, which checks fail, and which certifications the app added or revoked.
A metric and all its copies therefore share one `Contract`. Code that learns such a fact settles the contract again, and
every page and message uses the result from then on (decision 64).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Certificate:
    """A metric's certificate: who certified the metric, and until when.

    `lapsed` is why the certificate no longer counts, or "" if it counts. `is_over` is true if it had expired when the
    contract was last settled, for code that doesn't know the current day.
    """

    by: str
    until: date
    lapsed: str = ""
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class CertificationState:
    """The certification of a metric: its certificate, or None if the metric isn't certified."""

    certificate: Certificate | None = None


@dataclass(eq=False)
class Contract:
    """Holds the current certification of a metric, separate from the metric's definition.

    Until the contract is settled, the certificate in the model's file counts.
    """

    def __post_init__(self) -> None:
        self.settled: CertificationState | None = None
