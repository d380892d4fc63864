"""An answer in progress: the engine's own claim, or a function in a thread for kinds that have none."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from time import monotonic
from typing import Final, Generic, Protocol, TypeVar

from semantic.errors import Cancelled
from semantic.run.execute import TicketProgress

WORKERS: Final = 4
Found = TypeVar("Found")
Told = TypeVar("Told")
FoundOut = TypeVar("FoundOut", covariant=True)
_pool: Final = ThreadPoolExecutor(WORKERS, thread_name_prefix="analysis")


class Claim(Protocol[FoundOut]):
    """What a page waits for, like `PendingAnalysis`."""

    def done(self) -> bool: ...
    def progress(self) -> TicketProgress: ...
    def leave(self) -> None: ...
    def result(self) -> FoundOut: ...


class InThread(Generic[Found]):
    """A function that runs in a thread. It can be left, but not stopped once it has begun."""

    def __init__(self, run: Callable[[], Found]) -> None:
        self._since = monotonic()
        self._task: Future[Found] = _pool.submit(run)

    def done(self) -> bool:
        return self._task.done()

    def progress(self) -> TicketProgress:
        return TicketProgress("running", monotonic() - self._since)

    def leave(self) -> None:
        self._task.cancel()

    def result(self) -> Found:
        try:
            return self._task.result()
        except CancelledError:
            raise Cancelled("This was cancelled.") from None


class Then(Generic[Found, Told]):
    """A claim whose finding is told in another form."""

    def __init__(self, claim: Claim[Found], tell: Callable[[Found], Told]) -> None:
        self._claim, self._tell = claim, tell

    def done(self) -> bool:
        return self._claim.done()

    def progress(self) -> TicketProgress:
        return self._claim.progress()

    def leave(self) -> None:
        self._claim.leave()

    def result(self) -> Told:
        return self._tell(self._claim.result())
