"""Points at which long-running work can be paused or ended. The work doesn't know who pauses or ends it, or why."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

_at_checkpoint: ContextVar[Callable[[], None] | None] = ContextVar("at_checkpoint", default=None)


def checkpoint() -> None:
    """Let other work run first, if the current work was started with `at_checkpoints`. Otherwise do nothing."""
    if (hold_up := _at_checkpoint.get()) is not None:
        hold_up()


@contextmanager
def at_checkpoints(hold_up: Callable[[], None]) -> Generator[None]:
    """Call `hold_up` at each checkpoint within the block.

    This includes checkpoints in work that the block starts in this context.
    """
    token = _at_checkpoint.set(hold_up)
    try:
        yield
    finally:
        _at_checkpoint.reset(token)


@contextmanager
def also_at_checkpoints(look: Callable[[], None]) -> Generator[None]:
    """Call `look` at each checkpoint within the block, before the function that is already called there.

    `look` can raise an error to end the work.
    """
    before = _at_checkpoint.get()

    def both() -> None:
        look()
        if before is not None:
            before()

    with at_checkpoints(both):
        yield
