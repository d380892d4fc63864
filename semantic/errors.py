"""Every error raised on purpose, as one small tree.

    SemanticError                anything below: has a stable `code`, a message, and what to do
    |-- ModelError               yours: the model's files; has every Problem with file and line
    |-- QueryError               yours: the question as written
    |   |-- UnknownName          a name that this actor's model doesn't have                unknown_name
    |   |-- InvalidQuery         a shape, type or value that can't be read                  parse_error
    |   |-- InvalidBoard         a board that can't be read; has every Problem              parse_error
    |   |-- InvalidFilter        a filter that doesn't fit its dimension                    invalid_filter
    |   `-- UnknownVersion       a version of the model that doesn't exist                  stale_version
    |-- Refused                  any answer would be wrong
    |   |-- AmbiguousPath        several ways to reach a dimension                          ambiguous_path
    |   |-- NoPath               no way to reach a dimension                                no_path
    |   |-- FanOut               only a way that repeats rows                               fan_out
    |   |-- TimeMismatch         a zone or period that the data can't follow                time_mismatch
    |   |-- NotForMetric         a dimension meant for other measures                       not_for_metric
    |   |-- GrainTooFine         a period shorter than the data's                           grain_too_fine
    |   |   `-- PeriodNotWhole   days that don't make up whole periods                      grain_too_fine
    |   |-- StaleVersion         an earlier version that can't be asked now                 stale_version
    |   |-- MissingRate          an amount without an exchange rate                         missing_rate
    |   |-- GroupTooSmall        an answer that would reveal a hidden group                 group_too_small
    |   |-- TooExpensive         more than a policy allows for one question                 too_expensive
    |   |-- TooLarge             more than an engine can plan in seconds                    too_expensive
    |   `-- UnsafeReaggregation  a sum of things that don't add up                          unsafe_reaggregation
    |-- NotAllowed               something that this actor may not do                       not_allowed
    |   |-- BlockedTopic         a topic that stewards have blocked for agents              blocked_topic
    |   |-- NeedsApproval        a question that an agent's person must approve first       needs_approval
    |   `-- SignInRefused        someone who proved their identity, but can't sign in       not_allowed
    |-- OverBudget               more than an agent may do in a day                         over_budget
    |-- ChangedMeanwhile         someone else has changed what was edited                   stale_version
    |-- UnknownReceipt           no such receipt, or no access to it                        unknown_name
    |-- UnknownQuestion          no such saved question, or no access to it                 unknown_name
    |-- ProviderFailed           the sign-in provider failed, or proved nothing             unavailable
    |-- UnknownBoard             no such board, or no access to it                          unknown_name
    |-- OpenGuesses              a draft of a model with guesses without an answer          open_guesses
    |-- UnknownToken             no service token with that number                          unknown_name
    |-- NotRecorded              a receipt whose answer couldn't be recorded                not_recorded
    |-- UnreadableFile           an uploaded file that isn't a table                        unreadable_file
    |-- UnknownUpload            no such upload, or no access to it                         unknown_name
    |-- HandOverFailed           a message that the receiver didn't accept                  not_sent
    |-- StoreFailed              the database of saved work didn't respond                  unavailable
    |   `-- NotStorable          a value that can't be stored, although the store works     unavailable
    `-- EngineFailed             theirs: wraps what the connector reported                  engine_failed
        |-- TimedOut, Cancelled, TooManyRows, Unavailable

Our own bugs are ordinary exceptions and aren't in this tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

LISTS_FIELDS = "`python -m semantic fields` lists them."
"""Tells users where to look up names. Other surfaces replace this sentence with their own."""


def counted(count: float, noun: str, plural: str = "") -> str:
    """Return a number with its noun, for every sentence that counts something.

    >>> counted(1, "row"), counted(1240, "row"), counted(0, "policy", "policies")
    ('1 row', '1,240 rows', '0 policies')
    """
    number = f"{count:,}" if isinstance(count, int) else f"{count:,g}"
    return f"{number} {noun if count == 1 else plural or noun + 's'}"


class SettingsError(Exception):
    """A setting that can't be used.

    The message names the setting and says what to write. Not part of the tree above.
    """


class SemanticError(Exception):
    """An error raised on purpose. The message says what is wrong, with the names, then what to do."""

    code = "semantic_error"

    @property
    def title(self) -> str:
        """The first sentence of the message, which says what is wrong."""
        return str(self)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem in a model's files: where it is, what is wrong, and how to fix it."""

    file: str
    line: int
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.message}" + (f" {self.remedy}" if self.remedy else "")


MOST_SAID = 1_000  # problems that the message of one error lists; the error has all of them


class ModelError(SemanticError):
    """The model's files can't be used. The error has all problems at once, in the order of files and lines."""

    code = "model_error"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        count = len(self.problems)
        lines = "\n".join(f"  {problem}" for problem in self.problems[:MOST_SAID])
        lines += f"\n  … and {count - MOST_SAID:,} more." if count > MOST_SAID else ""
        super().__init__(f"The model has {counted(count, 'problem')}:\n{lines}")

    @property
    def title(self) -> str:
        return str(self).partition("\n")[0]


class QueryError(SemanticError):
    """The question can't be understood as written."""

    code = "parse_error"


class UnknownName(QueryError):
    """A question names something that this actor's model doesn't have.

    The text is the same whether the name doesn't exist or the policy hides it (decision 34). `known` has only names
    that this actor can see.
    """

    code = "unknown_name"

    def __init__(self, name: str, known: Iterable[str], *, kind: str = "metric or dimension", lists: str = "") -> None:
        near = get_close_matches(name, sorted(known), n=3)
        remedy = f"Did you mean {' or '.join(near)}?" if near else lists or LISTS_FIELDS
        super().__init__(f"There is no {kind} named {name!r}. {remedy}")
        self.name, self.near = name, tuple(near)


class InvalidQuery(QueryError):
    """A question's text, structure or value is invalid."""

    code = "parse_error"


class InvalidBoard(QueryError):
    """A board's text or structure is invalid. The error has all problems at once, each with its line if it has one."""

    code = "parse_error"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        count = len(self.problems)
        lines = "\n".join(f"  {problem}" for problem in self.problems[:MOST_SAID])
        super().__init__(f"The board has {counted(count, 'problem')}:\n{lines}")

    @property
    def title(self) -> str:
        return str(self).partition("\n")[0]


class InvalidFilter(QueryError):
    """A filter's operator or value doesn't fit its dimension."""

    code = "invalid_filter"


class UnknownVersion(QueryError):
    """A question names a version of the model that doesn't exist."""

    code = "stale_version"

    def __init__(self, number: int) -> None:
        super().__init__(
            f"There's no version {number} of the model. It was never published, or hasn't taken effect yet."
        )
        self.number = number


class Refused(SemanticError):
    """The question has no right answer, so it isn't answered.

    `names` are the names that the refusal is about. `preflight` suggests repairs.
    """

    code = "refused"

    def __init__(self, message: str, *, names: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.names = tuple(names)

    @property
    def title(self) -> str:
        return str(self).partition(": ")[0]


class AmbiguousPath(Refused):
    code = "ambiguous_path"


class NoPath(Refused):
    code = "no_path"


class FanOut(Refused):
    code = "fan_out"


class NotForMetric(Refused):
    """The dimension can only break down and filter measures other than this metric's."""

    code = "not_for_metric"


class TimeMismatch(Refused):
    code = "time_mismatch"


class GrainTooFine(Refused):
    code = "grain_too_fine"


class PeriodNotWhole(GrainTooFine):
    """The days don't make up whole periods of the metric. `names` has the metric and the period."""


class StaleVersion(Refused):
    code = "stale_version"


class MissingRate(Refused):
    code = "missing_rate"


class GroupTooSmall(Refused):
    """The answer would reveal a group that is hidden because it is too small."""

    code = "group_too_small"


class TooExpensive(Refused):
    """A question needs more of `what` than `most`, the limit that a policy sets for one question."""

    code = "too_expensive"

    def __init__(self, message: str, *, what: Literal["rows", "days", "breakdowns", "metrics"], most: int) -> None:
        super().__init__(message, names=(what,))
        self.what, self.most = what, most


class TooLarge(Refused):
    """An engine would take too long to plan the question's SQL, and planning can't be interrupted."""

    code = "too_expensive"


class UnsafeReaggregation(Refused):
    code = "unsafe_reaggregation"


class NotAllowed(SemanticError):
    """The actor can't do something that they are allowed to know about (decision 34)."""

    code = "not_allowed"


class BlockedTopic(NotAllowed):
    """Stewards have blocked this topic for agents. The message has their reason and who to ask."""

    code = "blocked_topic"


class NeedsApproval(NotAllowed):
    """An agent's question that its person must approve first.

    `waiting` describes the proposal for the agent: its number, the page where it's decided, when it expires, and what
    happens next.
    """

    code = "needs_approval"

    def __init__(self, message: str, waiting: Mapping[str, str]) -> None:
        super().__init__(message)
        self.waiting = waiting


WhyRefused = Literal["no_id", "not_verified", "malformed", "too_large", "other_domain", "taken", "switched_off"]


class SignInRefused(NotAllowed):
    """Someone who proved who they are can't sign in. The message is the sentence that they see."""

    def __init__(self, message: str, *, why: WhyRefused) -> None:
        super().__init__(message)
        self.why: WhyRefused = why


WhyFailed = Literal[
    "down",  # it can't be reached, or responds with its own error
    "denied",  # it didn't let the person in, or they cancelled
    "refused",  # it rejected our request: the settings on one side are wrong
    "forged",  # this response can't have come from it
    "stale",  # a code or token that has been used or has expired
    "clock",  # by this server's clock, its signed token isn't valid yet or has expired
    "gone",  # it no longer considers the person signed in
]


class ProviderFailed(SemanticError):
    """A provider didn't prove who someone is. The message is for the log, and contains no token or person."""

    code = "unavailable"

    def __init__(self, message: str, *, why: WhyFailed) -> None:
        super().__init__(message)
        self.why: WhyFailed = why


class OverBudget(SemanticError):
    """An agent has reached one of its limits of the day. `limit` is its name, such as `calls`."""

    code = "over_budget"

    def __init__(self, message: str, limit: str) -> None:
        super().__init__(message)
        self.limit = limit


class ChangedMeanwhile(SemanticError):
    """Someone else has changed what a person is editing. Nothing was saved, and the person's edits aren't lost."""

    code = "stale_version"


class UnknownReceipt(SemanticError):
    """No receipt has this ID. The text is the same for a receipt that the person can't open."""

    code = "unknown_name"


class UnknownQuestion(SemanticError):
    """No saved question, analysis or link has this ID. The text is the same for one that the person can't open."""

    code = "unknown_name"


class UnknownBoard(SemanticError):
    """No board or version has this ID. The text is the same for one that the person can't open."""

    code = "unknown_name"


class OpenGuesses(SemanticError):
    """A draft of a model can't be used yet: some of its guesses need an answer."""

    code = "open_guesses"

    def __init__(self, guesses: Sequence[tuple[str, str]]) -> None:
        self.guesses = tuple(guesses)
        lines = "\n".join(f"  {guess_id}: {says}" for guess_id, says in self.guesses[:MOST_SAID])
        verb = "needs" if len(self.guesses) == 1 else "need"
        super().__init__(f"{counted(len(self.guesses), 'guess', 'guesses')} {verb} an answer first:\n{lines}")

    @property
    def title(self) -> str:
        return str(self).partition("\n")[0].removesuffix(":") + "."


class UnknownToken(SemanticError):
    """There is no service token with this number."""

    code = "unknown_name"


class UnreadableFile(SemanticError):
    """An uploaded file can't become a table. The message says what is wrong with the file, and what to do."""

    code = "unreadable_file"


class UnknownUpload(SemanticError):
    """There is no such upload, or this person may not open it. The text is the same in both cases."""

    code = "unknown_name"

    def __init__(self) -> None:
        super().__init__("This upload no longer exists, or you don't have access to it.")


class HandOverFailed(SemanticError):
    """The mail server or destination didn't accept a message. The text contains no secret and no one else's address.

    `is_final` means that retrying can't help, such as for an address that doesn't exist.
    """

    code = "not_sent"

    def __init__(self, message: str, *, is_final: bool) -> None:
        super().__init__(message)
        self.is_final = is_final


class StoreFailed(SemanticError):
    """The store can't be read or written. The message is a plain sentence, without the database's own text."""

    code = "unavailable"


class NotStorable(StoreFailed):
    """The store can't save one particular value, but otherwise works."""


class NotRecorded(SemanticError):
    """A page showed this receipt, but its answer couldn't be recorded, and the audit log has a gap for it."""

    code = "not_recorded"


class EngineFailed(SemanticError):
    """The engine couldn't answer.

    The message is a plain sentence, never the engine's own text, which may contain values.

    `place` is a path or address for the people who run the server, "" if there is none. It is shown by the shell, at
    startup and in the server's log, but never on pages or in answers.
    """

    code = "engine_failed"

    def __init__(self, message: str, *, place: str = "") -> None:
        super().__init__(message)
        self.place = place


class TimedOut(EngineFailed):
    code = "timed_out"


class Cancelled(EngineFailed):
    code = "cancelled"


class TooManyRows(EngineFailed):
    code = "too_many_rows"


class Unavailable(EngineFailed):
    code = "unavailable"


def with_place(error: Exception) -> str:
    """Return the message for people who run the server.

    It has the path or address that the error is about, if there is one.
    """
    return f"{error} ({error.place})" if isinstance(error, EngineFailed) and error.place else str(error)
