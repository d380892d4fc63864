"""A process's own log, with one line per event, as text or JSON, and without anything personal.

A line contains only Samepage's own names, numbers and IDs, never people, questions, values or secrets. A library's
error message can contain any of these, so the log has only the type of the error and its place in the code.
"""

from __future__ import annotations

import json
import logging
import logging.config
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

Form = Literal["text", "json"]
Fact = str | int | float | bool
Where = Callable[[], Mapping[str, Fact]]
"""Returns the context of a line: `run`, `sign_in` and `page`, as far as known."""

EVENTS: Final = frozenset({"start", "stop", "page", "question", "export", "job", "error", "said"})
FACTS: Final = frozenset(
    {
        *("run", "sign_in", "page", "ms", "outcome", "surface", "cached", "rows", "receipt", "format", "job", "error"),
        *("kind", "at"),
    }
)
_OURS: Final = "samepage"
# A web server logs where a request came from and its address, which may contain a question or a token.
_LEVELS: Final = {
    _OURS: "INFO",
    "semantic": "INFO",
    "pages": "INFO",
    "uvicorn.error": "WARNING",
    "uvicorn.access": "CRITICAL",
}
_MOST_FRAMES: Final = 8


def set_up(form: Form, where: Where | None = None) -> None:
    """Make all loggers in this process, including those of libraries, write to standard error in one format."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": JsonLine if form == "json" else TextLine}},
            "filters": {"where": {"()": _Placed, "where": where}},
            "handlers": {"line": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["where"]}},
            "root": {"level": "WARNING", "handlers": ["line"]},
            "loggers": {name: {"level": level} for name, level in _LEVELS.items()},
        }
    )
    for name in list(logging.root.manager.loggerDict):
        take_over(logging.getLogger(name))
    logging.captureWarnings(True)


def take_over(logger: logging.Logger) -> None:
    """Make a logger that has its own handlers write through this process's handlers instead."""
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
    logger.propagate = True


def tell(event: str, sentence: str, *, level: int = logging.INFO, **facts: Fact) -> None:
    """Write one line to the log.

    Raises ValueError for an event or fact that docs/reference/logs.md doesn't list, which is a bug in Samepage.
    """
    if event not in EVENTS:
        raise ValueError(f"There is no event {event!r}.")
    if unknown := sorted(set(facts) - FACTS):
        raise ValueError(f"A line of the log has no {', '.join(unknown)}.")
    logging.getLogger(_OURS).log(level, "%s", sentence, extra={"event": event, "facts": facts})


def code_of(error: BaseException) -> str:
    """Return where an error occurred, as lines of code, innermost first. Leaves out the error's message."""
    frames = traceback.extract_tb(error.__traceback__)[-_MOST_FRAMES:]
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames))


class _Placed(logging.Filter):
    """Adds the context to each record, such as the page.

    Only the thread that writes the line knows the context, so it is read immediately.
    """

    def __init__(self, where: Where | None) -> None:
        super().__init__()
        self._where = where

    def filter(self, record: logging.LogRecord) -> bool:
        record.placed = self._where() if self._where is not None else {}
        return True


def _facts(record: logging.LogRecord) -> dict[str, Fact]:
    """Return all facts for a line, besides its time, level, event and sentence."""
    placed: Mapping[str, Fact] = getattr(record, "placed", {})
    facts: Mapping[str, Fact] = getattr(record, "facts", {})
    fields = {**placed, **facts}
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        fields |= {"kind": type(error).__name__, "at": code_of(error) or "an unknown place"}
    return {name: value for name, value in fields.items() if value != ""}


class JsonLine(logging.Formatter):
    """Formats a record as a JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", "said"),
            "by": record.name,
            "says": record.getMessage(),
            **_facts(record),
        }
        return json.dumps(line, ensure_ascii=False)


class TextLine(logging.Formatter):
    """Formats a record for people: `2026-03-04 10:00:00 INFO samepage: A page was shown. page=explore ms=41`."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M:%S")
        facts = " ".join(f"{name}={value}" for name, value in _facts(record).items())
        # A line break in a library's message must not look like a separate line.
        says = " ".join(record.getMessage().splitlines())
        return f"{time} {record.levelname} {record.name}: {says}{f' {facts}' if facts else ''}"
