"""What people read about errors: a data source's technical message is replaced, and other messages stay as they are."""

from __future__ import annotations

import pytest

from semantic.display.failures import failure_details, failure_title, failure_words
from semantic.errors import EngineFailed, FanOut, SemanticError, TimedOut, Unavailable, UnknownName

NO_TABLE = EngineFailed("The SQL names a table or function that the data does not have.")
NO_MEMORY = EngineFailed("This needs more memory than DuckDB is allowed. Ask for less at once.")


def test_a_technical_message_is_only_in_the_details() -> None:
    assert failure_title(NO_TABLE) == "The data source couldn't answer this."
    assert failure_words(NO_TABLE) == (
        "The data source couldn't answer this. Try again. If it still fails, a steward can check the data source."
    )
    assert failure_details(NO_TABLE) == str(NO_TABLE)


def test_a_lack_of_memory_comes_with_what_to_do() -> None:
    assert failure_title(NO_MEMORY) == "This needs more memory than the data source has."
    assert failure_words(NO_MEMORY).endswith("Choose a shorter period or fewer breakdowns.")


@pytest.mark.parametrize(
    "error",
    [
        TimedOut("This took longer than 60 seconds and was stopped. Ask for a shorter period."),
        Unavailable("PostgreSQL is starting or stopping. Ask again later."),
        FanOut("Revenue can't be split by product: orders have several lines."),
    ],
    ids=lambda error: error.code,
)
def test_other_messages_stay_as_they_are(error: SemanticError) -> None:
    assert (failure_title(error), failure_words(error)) == (error.title, str(error))
    assert failure_details(error) == ""


def test_a_page_shows_no_shell_command_where_a_name_is_unknown() -> None:
    assert failure_words(UnknownName("profit", [])) == (
        "There is no metric or dimension named 'profit'. Choose another one."
    )
    near = UnknownName("revenu", ["revenue"])
    assert failure_words(near) == "There is no metric or dimension named 'revenu'. Did you mean revenue?"
