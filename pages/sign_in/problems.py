"""Why a person isn't signed in, in words: what happened, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ProblemText:
    """A title and a sentence, in which {provider} is the provider's label, and {contact} is who to ask.

    If `is_other` is set, another account is offered, because the provider would use the same one again.
    """

    title: str
    text: str
    is_other: bool = False


_ASK: Final = "If it happens again, ask {contact}."

PROBLEMS: Final[Mapping[str, ProblemText]] = {
    "down": ProblemText(
        "{provider} isn't responding",
        "No one can sign in with it until it responds. Your account hasn't changed. Try again in a minute. " + _ASK,
    ),
    "denied": ProblemText(
        "{provider} denied the sign-in",
        "You cancelled, or your account isn't allowed to use Samepage. Try again, or ask {contact} for access.",
        is_other=True,
    ),
    "refused": ProblemText(
        "Sign-in with {provider} isn't set up correctly",
        "The settings of Samepage or of {provider} are wrong, and you can't fix that here. Ask {contact} to "
        "look at the server log, and to check the settings with the command python -m semantic sign-in.",
    ),
    "forged": ProblemText(
        "We couldn't verify that sign-in",
        "The response doesn't prove who you are, so you weren't signed in. Sign in again here. " + _ASK,
    ),
    "stale": ProblemText(
        "That sign-in expired or was already used",
        "Each sign-in works once, for 10 minutes, and only in the browser where you started it. Sign in again here.",
    ),
    "clock": ProblemText(
        "The clocks of Samepage and {provider} differ",
        "By this server's clock, the sign-in is dated in the past or the future, so it can't be accepted. Tell "
        "{contact} that the server's clock has to be corrected.",
    ),
    "gone": ProblemText(
        "Your {provider} session ended",
        "So you were signed out here too. Sign in again to return to the page and question you had open.",
    ),
    "store": ProblemText(
        "Sign-in isn't available right now",
        "The store of sign-ins isn't responding. Your account hasn't changed. Try again in a minute. " + _ASK,
    ),
    "not_verified": ProblemText("Your email address isn't verified", "{sentence}", is_other=True),
    "switched_off": ProblemText("Your account is deactivated", "{sentence}", is_other=True),
    "other_domain": ProblemText("Use a different sign-in method", "{sentence}", is_other=True),
    "taken": ProblemText("Another account has this ID", "{sentence}", is_other=True),
    "no_id": ProblemText("Your account has no ID that Samepage accepts", "{sentence}", is_other=True),
    "too_large": ProblemText("Your account sends more data than Samepage accepts", "{sentence}", is_other=True),
    "malformed": ProblemText("Your account's data can't be read", "{sentence}", is_other=True),
}
"""The text for each reason why a sign-in failed."""

ENDED: Final[Mapping[str, ProblemText]] = {
    "everywhere": ProblemText("You were signed out", "All your sign-ins were ended. Sign in again to continue."),
    "deactivated": ProblemText("Your account is deactivated", "Ask {contact} if you still need access.", is_other=True),
    "provider": ProblemText(
        "{provider} no longer confirms your sign-in",
        "You signed out there, or your account isn't allowed to use Samepage any more. Sign in again to return to "
        "this page.",
    ),
    "unanswered": ProblemText(
        "You were signed out because {provider} isn't responding",
        "For over an hour, it couldn't confirm that you still have access. Sign in again once it responds. " + _ASK,
    ),
    "replaced": ProblemText("You signed in again in another tab", "Reload this page to continue with the new sign-in."),
    "restored": ProblemText(
        "You were signed out",
        "Samepage was restored from a backup, so everyone was signed out. Sign in again to continue.",
    ),
    "freed": ProblemText("You were signed out", "An administrator changed your account. Sign in again to continue."),
    "ran_out": ProblemText("Your session expired", "Sign in again to return to this page and its question."),
}
"""The text for each reason why a sign-in ended. A person who signs out needs no message."""
