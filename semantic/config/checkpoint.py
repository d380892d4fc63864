"""Points at which long-running work can be paused or ended, without knowing who does that or why."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

_at_checkpoint: ContextVar[Callable[[], None] | None] = ContextVar("at_checkpoint", default=None)


def checkpoint() -> None:
    """Pause for other work or end, if the current work was started within `at_checkpoints`. Otherwise, do nothing."""
    if (hold_up := _at_checkpoint.get()) is not None:
        hold_up()


@contextmanager
def at_checkpoints(hold_up: Callable[[], None]) -> Generator[None]:
    """Call `hold_up` at each checkpoint in a `with` block.

    This includes checkpoints of work that the block starts in the same context.
    """
    token = _at_checkpoint.set(hold_up)
    try:
        yield
    finally:
        _at_checkpoint.reset(token)


@contextmanager
def also_at_checkpoints(look: Callable[[], None]) -> Generator[None]:
    """Call `look` at each checkpoint in a `with` block, before the function that is already called there.

    `look` can raise an error to end the work.
    """
    before = _at_checkpoint.get()

    def both() -> None:
        look()
        if before is not None:
            before()

    with at_checkpoints(both):
        yield
