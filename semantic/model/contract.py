"""Whether a metric's certification is currently valid. This can change while a model is in use. Everything else in a
model is fixed.

A model states who certified a metric, and until when. Whether that still counts depends on facts outside the model:
whether these people are still active, which checks fail, and which certifications were given or revoked in the app. A
metric and all copies of it therefore share one `Contract`. Code that learns something new settles the contract again,
and every page or message shows the result the next time it's produced (decision 64).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate of a metric: who certified it, and until when.

    `lapsed` is why it no longer counts, or "" if it counts. `is_over` means that it had expired when it was last
    settled, for code that doesn't know the current day.
    """

    by: str
    until: date
    lapsed: str = ""
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class CertificationState:
    """The state of a metric's certification: its certificate, or None if it isn't certified."""

    certificate: Certificate | None = None


@dataclass(eq=False)
class Contract:
    """Determines whether a metric's certification is valid. It isn't part of the metric's definition.

    Until it's settled, the certificate in the model's file counts.
    """

    def __post_init__(self) -> None:
        self.settled: CertificationState | None = None
