"""The actor of this run, and the actor's workspace. Neither depends on anything that the session stores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn
from urllib.parse import urlencode, urlsplit

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.shell import identity, open_tabs, viewing
from pages.shell.once import once
from pages.shell.parts import plain
from semantic.audit_trail.recents import Recents
from semantic.audit_trail.viewers import Viewers
from semantic.config.settings import Settings, load_settings
from semantic.errors import SemanticError
from semantic.identity.renewal import Renewals, is_too_old
from semantic.identity.sessions import SignedIn
from semantic.oidc.client import ProviderClient
from semantic.policy.actor import ROLES, Actor
from semantic.services.alerts.work import AlertWork
from semantic.services.analyzing.saved import SavedAnalyses
from semantic.services.boards import BoardWork
from semantic.services.check_runner import Checks
from semantic.services.comments.work import CommentWork
from semantic.services.finding.finder import Finder
from semantic.services.process import Live
from semantic.services.public_links import PublicLinkWork
from semantic.services.remarks import RemarkWork
from semantic.services.requests.work import RequestWork
from semantic.services.retiring.work import RetireWork
from semantic.services.saved_questions import SavedWork
from semantic.services.service_process import ServiceProcess
from semantic.services.targets.work import TargetWork
from semantic.services.usage import usage
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.workspace import Workspace

_OWNER = "session_owner"
_LAST_PAGE = "session_last_page"
_DRAWN_WITH = "session_drawn_with"
EXPIRED = "Your session expired. Reload the page to sign in again."
SHELL_PATHS = ("/sign-in", "/switch-person", "/sign-out", "/demo/", "/auth/")
"""The pages that a sign-in or a switch never returns to."""


@once
def settings() -> Settings:
    """Return the settings from the environment, read once per process. By default, the address has the port of this
    server.
    """
    return load_settings(address=f"http://localhost:{st.get_option('server.port')}")


@once
def live() -> Live:
    """Return the store and the current model. They exist once per process, and all sessions share them."""
    return Live.open(settings())


def clients() -> Mapping[str, ProviderClient]:
    """Return the client of each sign-in provider by name, or none in the demo."""
    return live().clients if settings().sign_in is not None else {}


def renewals() -> Renewals | None:
    """Return the object that checks sign-ins with providers again, or None in the demo."""
    return live().renewals if settings().sign_in is not None else None


def store() -> tuple[Store, Keys]:
    """Return the store with people's saved work, and its keys."""
    running = live()
    return running.store, running.keys


def checks() -> Checks:
    """Return the results of the data checks, and their times."""
    return live().checks


def recents() -> Recents:
    """Return people's recent questions, which are saved in the background."""
    return live().recents


def viewers() -> Viewers:
    """Return the counts of people who opened each board, which are saved in the background."""
    return live().viewers


def finder() -> Finder:
    """Return the finder of metrics, values and questions in words, for the current model."""
    return live().finder()


def saved_work(workspace: Workspace, actor: Actor) -> SavedWork:
    """Return the saved questions, with this person's access."""
    return SavedWork(*store(), workspace, actor)


def analysis_work(workspace: Workspace, actor: Actor) -> SavedAnalyses:
    """Return the saved analyses, with this person's access."""
    return SavedAnalyses(*store(), workspace, actor)


def board_work(workspace: Workspace, actor: Actor) -> BoardWork:
    """Return the boards, with this person's access."""
    return BoardWork(*store(), workspace, actor)


def alert_work(workspace: Workspace, actor: Actor) -> AlertWork:
    """Return the alerts that this person set or receives."""
    return AlertWork(*store(), workspace, actor)


def public_link_work(workspace: Workspace, actor: Actor) -> PublicLinkWork:
    """Return the public links, with this person's access."""
    return PublicLinkWork(*store(), workspace, actor)


def remark_work(workspace: Workspace, actor: Actor) -> RemarkWork:
    """Return the remarks on charts, with this person's access."""
    return RemarkWork(*store(), workspace, actor)


def comment_work(workspace: Workspace, actor: Actor) -> CommentWork:
    """Return the comments on numbers, with this person's access."""
    return CommentWork(*store(), workspace, actor, people)


@dataclass(frozen=True, slots=True)
class _Process:
    """The parts of this process, which are looked up when they're needed."""

    @property
    def store(self) -> Store:
        return store()[0]

    @property
    def keys(self) -> Keys:
        return store()[1]

    def workspace(self) -> Workspace:
        return workspace()

    def people(self) -> Mapping[str, Actor]:
        return people()


def process_parts() -> ServiceProcess:
    """Return the parts of this process that services need."""
    return _Process()


def request_work(actor: Actor) -> RequestWork:
    """Return the requests that this person sent, joined or can answer."""
    return RequestWork(process_parts(), actor)


def retire_work(actor: Actor) -> RetireWork:
    """Return the actions that retire metrics, with this person's access."""
    return RetireWork(process_parts(), actor)


def search_ranks(actor: Actor) -> Mapping[str, int]:
    """Return how much people with this person's role use each metric, or nothing while the store is unavailable."""
    try:
        return usage.search_ranks(process_parts(), actor)
    except SemanticError:
        return {}


def target_work(workspace: Workspace, actor: Actor) -> TargetWork:
    """Return the targets of metrics that this person can see."""
    return TargetWork(*store(), workspace, actor)


def people() -> Mapping[str, Actor]:
    """Return the people that pages show, by ID. Raises StoreFailed."""
    return live().people()


def workspace() -> Workspace:
    """Return the workspace of the current model."""
    return live().workspace()


def require(role: str) -> tuple[Workspace, Actor]:
    """Return the workspace and the person, who has at least this `role`. Otherwise, say why not and stop the run.

    Both belong to one version of the model. If a fragment finds another version than its page was drawn with, it reruns
    the whole page, because the page's other parts can be outdated. Call this again in a fragment, which runs without
    the top of its page; the check is cheap. If the person was signed out elsewhere, the whole page reruns, which leads
    to signing in and back. It also reruns after view-as was started or stopped in another tab, because the frame of the
    page shows whose numbers these are.
    """
    running, person = workspace(), actor()
    while running is not workspace():  # another version came in between: take the person from it
        running, person = workspace(), actor()
    if not _is_fragment_alone():
        st.session_state[_DRAWN_WITH] = running.model.version
    elif st.session_state.get(_DRAWN_WITH, running.model.version) != running.model.version:
        st.rerun()
    owner = _owner()  # This comes after the person, so that a change in between is noticed.
    if st.session_state.get(_OWNER, owner) != owner:
        st.rerun()
    if _is_fragment_alone():
        if person is None:
            st.rerun()
        _renew()
    if person is None:
        st.title("Sign in to see this page", anchor=False)
        st.write("Your session ended. Reload the page to sign in again.")
        st.stop()
    if not person.is_at_least(role):
        st.title("You don't have access to this page", anchor=False)
        st.write(
            f"It needs the {role} role{'' if role == 'administrator' else ' or higher'}. "
            f"You're signed in as {plain(name_of(person))}, "
            f"{plain(role_of(person))}. An administrator can change your role."
        )
        st.stop()
    if role == "administrator" and person.viewed_by is not None:
        st.title("Not available while you view as someone else", anchor=False)
        st.write("Admin pages manage people and settings. Stop viewing to open them as yourself.")
        st.stop()
    return running, person


def _renew() -> None:
    """Check this person with the provider again, in the background, once the last check is too old."""
    here, asking = signed_in(), renewals()
    if here is not None and asking is not None:
        asking.tend(token(), here)


def _is_fragment_alone() -> bool:
    context = get_script_run_ctx()
    return context is not None and bool(context.fragment_ids_this_run)


def rerun_part() -> NoReturn:
    """Rerun only the fragment that is running or, outside a fragment, the whole page."""
    st.rerun(scope="fragment" if _is_fragment_alone() else "app")


def runs_alone() -> bool:
    """Return whether this run is of a fragment only."""
    return _is_fragment_alone()


def rerun_whole() -> None:
    """Rerun the whole page, if this run is of a fragment only."""
    if _is_fragment_alone():
        st.rerun()


def actor() -> Actor | None:
    """Return the person whose cookie this browser connected with, or the person they view as, or None if no one is
    signed in.
    """
    return _actor(token(), workspace())


def uploader(cookie: str) -> tuple[str, Actor] | None:
    """Return the sign-in and the person for a cookie, or None if the person can't upload files. Raises StoreFailed.

    People can upload as themselves, from the role of a marketer.
    """
    here, person = _signed_in(cookie), _person(cookie, workspace())
    if here is None or person is None or not person.is_at_least("marketer"):
        return None
    return (here.number, person) if viewing.current(here.number, person, live()) is None else None


def signed_in_person() -> Actor | None:
    """Return the person who is signed in, even while that person views as someone else."""
    return _person(token(), workspace())


def current_viewing() -> viewing.Viewing | None:
    """Return the view-as session in this browser, or None."""
    here, person = signed_in(), signed_in_person()
    return viewing.current(here.number, person, live()) if here and person else None


def actor_later() -> Callable[[], Actor | None]:
    """Return a function that returns the same person after the run, when cookies can't be read. Every call checks
    again.
    """
    cookie = token()
    return lambda: _actor(cookie, workspace())


def _actor(cookie: str, running: Workspace) -> Actor | None:
    person, signed_in = _person(cookie, running), _signed_in(cookie)
    if person is None or signed_in is None:
        return None
    looked_at = viewing.current(signed_in.number, person, live())
    return person if looked_at is None else looked_at.actor


def _person(cookie: str, running: Workspace) -> Actor | None:
    signed_in = _signed_in(cookie)
    if signed_in is None:
        return None
    return running.people.get(signed_in.person.id) if signed_in.is_demo else signed_in.person


def signed_in() -> SignedIn | None:
    """Return the sign-in of this browser, or None. The cookie is looked up on every call. Raises StoreFailed."""
    return _signed_in(token())


def _signed_in(cookie: str) -> SignedIn | None:
    signed_in = live().sign_ins.find(cookie) if cookie else None
    # An outdated sign-in gives no access. The top of a page has it checked again.
    if signed_in is None or is_too_old(signed_in.claims_at, settings().sign_in, datetime.now(UTC)):
        return None
    return signed_in


def token() -> str:
    """Return the sign-in cookie of this browser, or "" if it has none."""
    return cookies().get(cookie_name(), "")


def cookie_name() -> str:
    """Return the name of the cookie that holds the token of a sign-in."""
    company = settings().sign_in
    if company is None:
        return identity.COOKIE
    return identity.HTTPS_COOKIE if company.is_https else identity.PLAIN_COOKIE


def cookies() -> Mapping[str, str]:
    """Return the cookies that this browser connected with."""
    return st.context.cookies


def visit() -> str:
    """Return the random name of this browser, or "" if it accepts no cookies."""
    return cookies().get(identity.VISIT_COOKIE, "")


def name_of(person: Actor) -> str:
    """Return a person's name without the job title that can follow a comma."""
    return person.short_name


def role_of(person: Actor) -> str:
    """Return the highest role of a person in one word."""
    roles = [role for role in ROLES if role in person.roles]
    return roles[-1] if roles else "no role"


def forget_other_people() -> None:
    """Clear the session if it belongs to another sign-in, so that one person's data never reaches another person."""
    owner = _owner()
    open_tabs.note(owner.partition(" ")[0])
    if st.session_state.get(_OWNER, owner) != owner:
        st.session_state.clear()
    st.session_state[_OWNER] = owner


def forget_gone_widgets() -> None:
    """Forget widgets that aren't on the page any more, because their callbacks hold the answers they were drawn for.

    Streamlit drops the values of such widgets, but keeps the rest for as long as the tab is open. Call this at the
    start of a run of the whole page, after the callbacks of the click.
    """
    context = get_script_run_ctx()
    if context is None:
        return
    # Streamlit has no public call for this. These names are private, and a test checks that they exist.
    with context.session_state._lock:
        state = context.session_state._state
        widgets, keys = state._new_widget_state, state._key_id_mapper
        for gone in widgets.widget_metadata.keys() - widgets.states.keys() - state._old_state.keys():
            del widgets.widget_metadata[gone]
            key = keys._id_key_mapping.pop(gone, None)
            if key is not None and keys._key_id_mapping.get(key) == gone:  # otherwise, another widget has the key now
                del keys._key_id_mapping[key]


def _owner() -> str:
    """Return the sign-in that a page is drawn for, with its view-as session, if any, or "" if no one is signed in."""
    here, looked_at = signed_in(), current_viewing()
    number = here.number if here else ""
    return f"{number} {looked_at.number}" if looked_at is not None else number


def here() -> str:
    """Return the page and question in the address, as a path to return to, or "/" for paths in SHELL_PATHS."""
    return _path(st.context.url or "", _pairs())


def _pairs() -> list[tuple[str, str]]:
    return [(name, value) for name in st.query_params for value in st.query_params.get_all(name)]


def _path(url: str, pairs: list[tuple[str, str]]) -> str:
    path = urlsplit(url).path or "/"
    if path.startswith(SHELL_PATHS):
        return "/"
    file = path + (f"?{urlencode(pairs)}" if pairs else "")
    return file if identity.is_safe_return(file) else "/"


def remember_page() -> None:
    """Store the page where this person is, for the way back from "Switch person"."""
    st.session_state[_LAST_PAGE] = st.context.url or "", _pairs()  # turned into a path on request


def last_page() -> str:
    """Return the page where this person was before the current one, which is a page of the shell."""
    last_page: tuple[str, list[tuple[str, str]]] | None = st.session_state.get(_LAST_PAGE)
    return _path(*last_page) if last_page else "/"


def redirect_to(url: str) -> None:
    """Send this browser to `url` in the same tab, with a full load, and stop the run.

    Only a real request can set a cookie. Streamlit has no public call for one, so this sends the message that st.login
    and st.logout send.
    """
    context = get_script_run_ctx()
    if context is not None:
        message = ForwardMsg()
        message.auth_redirect.url = url
        context.enqueue(message)
    st.stop()
