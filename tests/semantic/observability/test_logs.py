"""A log line: its format, what it can contain, and what it leaves out of an error."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from semantic.observability import logs


def record_of(message: str, *arguments: object, **extra: object) -> logging.LogRecord:
    logger = logging.getLogger("a.package")
    return logger.makeRecord(logger.name, logging.WARNING, "file.py", 1, message, arguments, None, extra=extra)


def failing(text: str) -> logging.LogRecord:
    """Return the log record of an error with a message that contains private data."""
    try:
        {}[text]
    except KeyError as error:
        logger = logging.getLogger("a.package")
        caught = (KeyError, error, error.__traceback__)
        return logger.makeRecord(logger.name, logging.ERROR, "file.py", 1, "It failed.", (), caught)
    raise AssertionError


def test_a_line_of_json_is_one_object_on_one_line() -> None:
    line = logs.JsonLine().format(record_of("%s and\nmore", 'a "word"', event="page", facts={"ms": 3, "page": ""}))
    assert "\n" not in line
    document = json.loads(line)
    assert document.pop("time").endswith("+00:00")
    assert document == {
        "level": "warning",
        "event": "page",
        "by": "a.package",
        "says": 'a "word" and\nmore',
        "ms": 3,
    }


def test_a_line_of_text_cannot_pretend_to_be_two() -> None:
    line = logs.TextLine().format(record_of("first\n2026-01-01 00:00:00 INFO samepage: forged", facts={"ms": 3}))
    assert "\n" not in line
    assert line.endswith("WARNING a.package: first 2026-01-01 00:00:00 INFO samepage: forged ms=3")


@pytest.mark.parametrize("form", [logs.JsonLine, logs.TextLine])
def test_an_error_is_logged_with_its_kind_and_lines_but_not_its_message(form: type[logging.Formatter]) -> None:
    line = form().format(failing("canary of a customer"))
    assert "KeyError" in line
    assert "test_logs.py:" in line
    assert "canary" not in line


def test_an_unlisted_event_or_fact_is_an_error() -> None:
    with pytest.raises(ValueError, match="no event 'sold'"):
        logs.tell("sold", "Something was sold.")
    with pytest.raises(ValueError, match="has no question, who"):
        logs.tell("page", "A page ran.", question="m=orders", who="ana")


def test_every_event_and_fact_is_in_the_reference() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/logs.md").read_text(encoding="utf-8")
    lines = page.partition("## Metrics")[0].splitlines()
    listed = {line.split("`")[1] for line in lines if line.startswith("| `")}
    assert listed == logs.EVENTS | logs.FACTS | {"time", "level", "event", "by", "says"}
