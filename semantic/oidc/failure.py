"""Why a provider's answer leads to no sign-in: one kind of each, which a page puts into words."""

from __future__ import annotations

from typing import Final, Literal, get_args

from semantic.errors import SemanticError

WhyFailed = Literal[
    "down",  # it cannot be reached, or answers with a failure of its own
    "denied",  # it did not let the person in, or they turned back
    "refused",  # it did not take what we asked: the settings of one side are wrong
    "forged",  # what came is not what it would have sent
    "stale",  # a code or a token that has been used or has run out
    "clock",  # what it signed is not valid yet, or not any more, by this server's clock
    "gone",  # it does not know the person as signed in any more
]
WHY_FAILED: Final[tuple[str, ...]] = get_args(WhyFailed)


class ProviderFailed(SemanticError):
    """A provider gave no proof of a person. The message is for the log, without a token or a person in it."""

    code = "unavailable"

    def __init__(self, message: str, *, why: WhyFailed) -> None:
        super().__init__(message)
        self.why: WhyFailed = why
