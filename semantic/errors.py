"""Every error raised on purpose, as one small tree.

    SemanticError                anything below: has a stable `code`, a message, and what to do
    |-- ModelError               yours: the model's files; has every Problem with file and line
    |-- QueryError               yours: the question as written
    |   |-- UnknownName          a name that this actor's model doesn't have                unknown_name
    |   |-- InvalidQuery         a shape, type or value that can't be read                  parse_error
    |   |   `-- NothingToCompare periods without anyone to compare                          parse_error
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
"""How users can look up names. Other surfaces replace this sentence with their own."""


def counted(count: float, noun: str, plural: str = "") -> str:
    """Return a number with its noun in the singular or plural.

    >>> counted(1, "row"), counted(1240, "row"), counted(0, "policy", "policies")
    ('1 row', '1,240 rows', '0 policies')
    """
    number = f"{count:,}" if isinstance(count, int) else f"{count:,g}"
    return f"{number} {noun if count == 1 else plural or noun + 's'}"


class SettingsError(Exception):
    """A setting that can't be used.

    The message names the setting and says what to write. The error isn't part of the tree above.
    """


class SemanticError(Exception):
    """An error raised on purpose. The message says what's wrong, with the names, and then what to do."""

    code = "semantic_error"

    @property
    def title(self) -> str:
        """The first sentence of the message, which says what's wrong."""
        return str(self)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem in a model's files: its place, what's wrong, and how to fix it."""

    file: str
    line: int
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.message}" + (f" {self.remedy}" if self.remedy else "")


MOST_SAID = 1_000  # problems that the message of one error lists; the error has all of them


class ModelError(SemanticError):
    """The model's files can't be used. The error has all problems, in the order of files and lines."""

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
    """A question uses a name that the actor's model doesn't have.

    The text is the same whether the name doesn't exist or a policy hides it (decision 34). `known` only has names that
    the actor can see.
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


class NothingToCompare(InvalidQuery):
    """Two periods can't be compared, because no one counts in one of them. Other periods can have an answer."""

    code = "parse_error"


class InvalidBoard(QueryError):
    """A board's text or structure is invalid. The error has all problems, each with its line if there is one."""

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
    """A question is about a version of the model that doesn't exist."""

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
    """The dimension is only for other measures than this metric's."""

    code = "not_for_metric"


class TimeMismatch(Refused):
    code = "time_mismatch"


class GrainTooFine(Refused):
    code = "grain_too_fine"


class PeriodNotWhole(GrainTooFine):
    """The days aren't whole periods of the metric. `names` has the metric and the period."""


class StaleVersion(Refused):
    code = "stale_version"


class MissingRate(Refused):
    code = "missing_rate"


class GroupTooSmall(Refused):
    """The answer would reveal a group that is hidden because it's too small."""

    code = "group_too_small"


class TooExpensive(Refused):
    """The question exceeds `most`, a policy's limit on the `what` of one question."""

    code = "too_expensive"

    def __init__(self, message: str, *, what: Literal["rows", "days", "breakdowns", "metrics"], most: int) -> None:
        super().__init__(message, names=(what,))
        self.what, self.most = what, most


class TooLarge(Refused):
    """An engine would take too long to plan the question's SQL, which can't be interrupted."""

    code = "too_expensive"


class UnsafeReaggregation(Refused):
    code = "unsafe_reaggregation"


class NotAllowed(SemanticError):
    """The actor can't do this. The text can say so, because they're allowed to know that it exists (decision 34)."""

    code = "not_allowed"


class BlockedTopic(NotAllowed):
    """Stewards have blocked this topic for agents. The message says why, and who to ask."""

    code = "blocked_topic"


class NeedsApproval(NotAllowed):
    """An agent's question needs its person's approval first.

    `waiting` describes the proposal for the agent: its number, the page to decide it on, when it expires, and what
    happens next.
    """

    code = "needs_approval"

    def __init__(self, message: str, waiting: Mapping[str, str]) -> None:
        super().__init__(message)
        self.waiting = waiting


WhyRefused = Literal["no_id", "not_verified", "malformed", "too_large", "other_domain", "taken", "switched_off"]


class SignInRefused(NotAllowed):
    """Someone who proved their identity can't sign in. They see the message as it is."""

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
    """A provider didn't prove someone's identity. The message is for the log, and contains no token or person."""

    code = "unavailable"

    def __init__(self, message: str, *, why: WhyFailed) -> None:
        super().__init__(message)
        self.why: WhyFailed = why


class OverBudget(SemanticError):
    """An agent has reached one of its daily limits. `limit` is the limit's name, such as `calls`."""

    code = "over_budget"

    def __init__(self, message: str, limit: str) -> None:
        super().__init__(message)
        self.limit = limit


class ChangedMeanwhile(SemanticError):
    """Someone else has changed what a person is editing. Nothing was saved, and the person's edits aren't lost."""

    code = "stale_version"


class UnknownReceipt(SemanticError):
    """There is no receipt with this ID. The text is the same for one that the person can't open."""

    code = "unknown_name"


class UnknownQuestion(SemanticError):
    """There is no saved question, analysis or link with this ID.

    The text is the same for one that the person can't open.
    """

    code = "unknown_name"


class UnknownBoard(SemanticError):
    """There is no board or version with this ID. The text is the same for one that the person can't open."""

    code = "unknown_name"


class OpenGuesses(SemanticError):
    """A draft of a model can't be used yet, because some of its guesses need an answer."""

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
    """An uploaded file can't become a table. The message says what's wrong with the file, and what to do."""

    code = "unreadable_file"


class UnknownUpload(SemanticError):
    """There is no such upload. The text is the same for one that the person can't open."""

    code = "unknown_name"

    def __init__(self) -> None:
        super().__init__("This upload no longer exists, or you don't have access to it.")


class HandOverFailed(SemanticError):
    """The mail server or destination didn't accept a message. The text has no secret and no one else's address.

    `is_final` means that trying again can't help, for example if an address doesn't exist.
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
    """An answer couldn't be recorded although a page showed its receipt. The audit log has a gap for it."""

    code = "not_recorded"


class EngineFailed(SemanticError):
    """The engine couldn't answer.

    The message is a plain sentence instead of the engine's own text, which can contain values. `place` is a path or
    address for people who run the server, or "". The shell, the startup messages and the server's log show it, but
    pages and answers never do.
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
    """Return an error's message for people who run the server, with the path or address if it has one."""
    return f"{error} ({error.place})" if isinstance(error, EngineFailed) and error.place else str(error)
