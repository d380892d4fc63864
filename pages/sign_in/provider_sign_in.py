"""The pages for signing in with a provider: a button for each, why the last attempt failed, and signing out."""

from __future__ import annotations

import time

import streamlit as st

from pages.shell import session
from pages.shell.parts import plain
from pages.sign_in import auth_routes, flows, problems, providers
from semantic.errors import ProviderFailed, StoreFailed, counted
from semantic.identity.sessions import SignedIn
from semantic.store.accounts.sign_ins import digest_of, read_sign_in

NO_COOKIES = "Signing in needs cookies, and this browser blocks them for this site. Allow cookies and reload."


def show() -> None:
    """Draw the sign-in page, at any address."""
    problem = _problem() or _why_over()
    if problem is None:
        st.title("Samepage", anchor=False)
        st.write("The same marketing numbers for everyone. Sign in to see yours.")
    else:
        condition, provider, sentence = problem
        named = provider or (providers.company().providers[0].label if _is_one() else "Your provider")
        words = {"provider": named, "contact": providers.contact(), "sentence": sentence}
        st.title(_filled(condition.title, words), anchor=False)
        st.text(_filled(condition.text, words))
    if not session.visit():
        st.info(NO_COOKIES)
        return
    _show_providers(is_other=problem is not None and problem[0].is_other)


def sign_out() -> None:
    """Draw the page that signs out, either only here or also at the provider."""
    signed_in = session.signed_in()
    if signed_in is None:
        session.redirect_to("/")
    else:
        _show_ways_out(signed_in)


def show_no_role() -> None:
    """Draw the page for a person who is signed in, but whose groups give them no role."""
    signed_in = session.signed_in()
    if signed_in is None:
        session.redirect_to("/")
        return
    provider = providers.provider_named(signed_in.provider)
    span = counted(round(providers.company().renew_minutes), "minute")
    st.title("You don't have a role yet", anchor=False)
    st.text(
        f"You're signed in as {session.name_of(signed_in.person)}, but none of the groups that "
        f"{provider.label if provider else signed_in.provider} names for you has a role here. "
        f"Ask {providers.contact()} to add you to one that does. It takes effect within {span}, or "
        "immediately when you sign out and back in."
    )


def _show_providers(*, is_other: bool) -> None:
    for number, provider in enumerate(providers.company().providers):
        kind = "primary" if number == 0 else "secondary"
        if st.button(f"Sign in with {provider.label}", key=f"sign_in_{provider.name}", type=kind):
            session.redirect_to(flows.begin_address(provider.name, session.here()))
    if is_other:
        for provider in providers.company().providers:
            label = f"Sign in with another account of {provider.label}"
            if st.button(label, key=f"sign_in_other_{provider.name}", type="tertiary"):
                session.redirect_to(flows.begin_address(provider.name, session.here(), other="1"))


def _show_ways_out(signed_in: SignedIn) -> None:
    provider = providers.provider_named(signed_in.provider)
    label = provider.label if provider else signed_in.provider
    st.title("Sign out", anchor=False)
    st.write(
        f"You're signed in as {plain(session.name_of(signed_in.person))} with {plain(label)}. "
        "Signing out applies to all tabs of this browser."
    )
    if st.button("Sign out of Samepage", key="out", type="primary"):
        session.redirect_to(auth_routes.sign_out_link(session.visit(), signed_in.number, there=False))
    if _has_way_out(signed_in.provider) and st.button(f"Sign out of Samepage and {label}", key="out_there"):
        session.redirect_to(auth_routes.sign_out_link(session.visit(), signed_in.number, there=True))


def _has_way_out(provider: str) -> bool:
    client = session.clients().get(provider)
    try:
        return client is not None and bool(client.metadata().end_session)
    except ProviderFailed:
        return False


def _problem() -> tuple[problems.ProblemText, str, str] | None:
    """Return the text, the provider's label and a sentence about this browser's last attempt, or None if it didn't
    fail.
    """
    problem = flows.read_problem(session.cookies(), time.time())
    if problem is None or problem.why not in problems.PROBLEMS:
        return None
    provider = providers.provider_named(problem.provider)
    return problems.PROBLEMS[problem.why], provider.label if provider else "", problem.sentence


def _why_over() -> tuple[problems.ProblemText, str, str] | None:
    """Return why the sign-in in this browser's cookie ended, the provider's label and "", or None if it's unknown."""
    live = session.live()
    digest = digest_of(live.keys, session.token())
    if digest is None:
        return None
    try:
        with live.store.read() as connection:
            sign = read_sign_in(connection, live.keys, digest)
    except StoreFailed:
        return None
    if sign is None:
        return None
    provider = providers.provider_named(sign.provider)
    condition = problems.ENDED.get(sign.why_ended or "ran_out")
    return None if condition is None else (condition, provider.label if provider else "", "")


def _is_one() -> bool:
    return len(providers.company().providers) == 1


def _filled(text: str, words: dict[str, str]) -> str:
    sentence = text.format_map(words)
    return sentence[:1].upper() + sentence[1:]
