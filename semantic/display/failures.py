"""Describe an error to someone who asked a question on a page: in plain sentences, without a shell command.

Connectors write about SQL, tables and types, for people who run the data source. Only stewards see these messages here.
"""

from __future__ import annotations

from typing import Final

from semantic.errors import LISTS_FIELDS, EngineFailed, SemanticError

_NO_ANSWER: Final = (
    "The data source couldn't answer this.",
    "Try again. If it still fails, a steward can check the data source.",
)
_NO_MEMORY: Final = (
    "This needs more memory than the data source has.",
    "Choose a shorter period or fewer breakdowns.",
)
_ANOTHER_NAME: Final = "Choose another one."


def failure_title(error: SemanticError) -> str:
    """Return in one sentence what went wrong."""
    return _sentences(error)[0] if _is_technical(error) else error.title


def failure_words(error: SemanticError) -> str:
    """Return what went wrong and what to do."""
    if _is_technical(error):
        return " ".join(_sentences(error))
    return str(error).replace(LISTS_FIELDS, _ANOTHER_NAME)


def failure_details(error: SemanticError) -> str:
    """Return the data source's own message, for stewards, or "" if `failure_words` returns the error's message."""
    return str(error) if _is_technical(error) else ""


def _is_technical(error: SemanticError) -> bool:
    """Return whether an error's message is about SQL, tables and types. Messages about limits, such as how long a
    question can take, aren't.
    """
    return error.code == EngineFailed.code


def _sentences(error: SemanticError) -> tuple[str, str]:
    return _NO_MEMORY if "more memory" in str(error) else _NO_ANSWER
