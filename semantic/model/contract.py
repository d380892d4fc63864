"""Whether a metric's certification is valid now. This changes while a model is in use; everything else in it is fixed.

A model says who certified a metric, and until when. Whether that still counts depends on what the model can't know: who
is still here, which checks fail, and what was granted or revoked in the app. So a metric and all copies of it share one
`Contract`. Whoever learns something new settles it again, and every surface shows the result from its next run on
(decision 64).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate of a metric: who certified it, and until when. `lapsed` is why it no longer counts, or "" if it
    counts.

    `is_over` means that it had expired when it was last settled, for surfaces that don't know the day.
    """

    by: str
    until: date
    lapsed: str = ""
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """The state of a metric's certification: its certificate, or None if it isn't certified."""

    certificate: Certificate | None = None


@dataclass(eq=False)
class Contract:
    """The one place that says whether a metric's certification is valid. It is no part of the metric's definition.

    Until it is settled, the model's file counts as it is.
    """

    def __post_init__(self) -> None:
        self.settled: Settled | None = None
