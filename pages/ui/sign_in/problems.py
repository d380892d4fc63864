"""Why somebody is not signed in, in words: what it is, and what they can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Said:
    """A title and a sentence; in both, {provider} is its label and {contact} whom to ask.

    `is_other` offers to sign in as somebody else, where the provider would bring the same account again.
    """

    title: str
    text: str
    is_other: bool = False


_ASK: Final = "If it comes back, ask {contact}."

PROBLEMS: Final[Mapping[str, Said]] = {
    "down": Said(
        "{provider} does not answer",
        "Nobody can sign in with it until it does. Your account is as it was. Try again in a minute. " + _ASK,
    ),
    "denied": Said(
        "{provider} did not let you in",
        "You turned back there, or your account may not use Samepage. Try again, or ask {contact} to let your account "
        "use it.",
        is_other=True,
    ),
    "refused": Said(
        "Samepage and {provider} do not understand each other",
        "The settings of one of them are wrong, which you cannot mend. Tell {contact}: the server's log says more, and "
        "the command python -m semantic sign-in checks the settings.",
    ),
    "forged": Said(
        "That answer was not the one we waited for",
        "What came back does not prove who you are, so nobody was signed in. Sign in again from here. " + _ASK,
    ),
    "stale": Said(
        "That sign-in is too old, or was used before",
        "It counts once, for ten minutes, in the browser it was begun in. Sign in again from here.",
    ),
    "clock": Said(
        "The clocks of Samepage and {provider} differ",
        "What it signed is not of this time by the clock of this server, so it proves nothing. Tell {contact}: the "
        "server's clock has to be set.",
    ),
    "gone": Said(
        "{provider} does not know you as signed in any more",
        "So you were signed out here too. Sign in again; you return to the page and question you were at.",
    ),
    "store": Said(
        "Nobody can be signed in at the moment",
        "The place where sign-ins are kept does not answer. Your account is as it was. Try again in a minute. " + _ASK,
    ),
    "not_verified": Said("Your e-mail address is not verified", "{sentence}", is_other=True),
    "switched_off": Said("Your account is switched off", "{sentence}", is_other=True),
    "other_domain": Said("{provider} is not your way in here", "{sentence}", is_other=True),
    "taken": Said("Another account has this id", "{sentence}", is_other=True),
    "no_id": Said("Your account has no id that Samepage knows", "{sentence}", is_other=True),
    "too_large": Said("Your account brings too much along", "{sentence}", is_other=True),
    "malformed": Said("Your account cannot be read", "{sentence}", is_other=True),
}
"""By the reason that a sign-in came to nothing."""

ENDED: Final[Mapping[str, Said]] = {
    "everywhere": Said("You were signed out", "Every sign-in of yours was ended. Sign in again to go on."),
    "deactivated": Said("Your account is switched off", "Ask {contact} if you still need it.", is_other=True),
    "provider": Said(
        "{provider} does not stand behind your sign-in any more",
        "It ended there, or your account may not use Samepage any more. Sign in again; you return to this page.",
    ),
    "unanswered": Said(
        "You were signed out because {provider} does not answer",
        "It could not be asked for over an hour whether you may still see this. Sign in again once it answers. " + _ASK,
    ),
    "replaced": Said(
        "You signed in again in another tab", "Go on with that sign-in here: load this page anew, or sign in again."
    ),
    "restored": Said("You were signed out", "The store was restored from a backup, which ended every sign-in."),
    "freed": Said("You were signed out", "Your account was changed by an administrator. Sign in again to go on."),
    "ran_out": Said("Your sign-in has run out", "Sign in again; you return to this page and its question."),
}
"""By the reason that a sign-in of this browser ended. One that the person ended themself needs no word."""
