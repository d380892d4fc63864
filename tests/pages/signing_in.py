"""Sign in a test's browser, as the demo's own address does."""

from __future__ import annotations

from datetime import UTC, datetime

from pages.shell import identity, session
from semantic.identity.sessions import SignedIn
from semantic.policy.claims import demo_person
from semantic.store.accounts.sign_ins import DEMO

VISIT = "a-browser"
"""The user agent of the tests' browser."""


def sign_in(jar: dict[str, str], person: str) -> SignedIn:
    """Put a demo person's sign-in into a browser's cookies. An earlier sign-in stays open elsewhere."""
    live = session.live()
    actor = live.workspace().people[person]
    until = datetime.now(UTC) + identity.DEMO_LASTS
    jar[identity.COOKIE] = live.sign_ins.begin(demo_person(actor), provider=DEMO, until=until)
    signed_in = live.sign_ins.find(jar[identity.COOKIE])
    assert signed_in is not None
    return signed_in
