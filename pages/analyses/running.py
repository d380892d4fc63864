"""Pending results, which a page waits for and can cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from semantic.run.execute import TicketProgress

Computed = TypeVar("Computed")
Converted = TypeVar("Converted")
ResultOut = TypeVar("ResultOut", covariant=True)


class PendingResult(Protocol[ResultOut]):
    """A pending result of a page, such as a `PendingAnalysis`. `leave` cancels it."""

    def done(self) -> bool: ...
    def progress(self) -> TicketProgress: ...
    def leave(self) -> None: ...
    def result(self) -> ResultOut: ...


class ConvertedResult(Generic[Computed, Converted]):
    """A pending result that is converted with `tell` once it's ready."""

    def __init__(self, claim: PendingResult[Computed], tell: Callable[[Computed], Converted]) -> None:
        self._claim, self._tell = claim, tell

    def done(self) -> bool:
        return self._claim.done()

    def progress(self) -> TicketProgress:
        return self._claim.progress()

    def leave(self) -> None:
        self._claim.leave()

    def result(self) -> Converted:
        return self._tell(self._claim.result())
