"""The queue of a steward on Home: one row for each task, with its action, or a sentence if there are none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

import streamlit as st

from pages.shell import links, session
from pages.shell.navigation import file_of
from pages.shell.parts import heading, plain, unseen
from pages.shell.turns import in_turn
from pages.widgets.item_words import when_words
from semantic.agents.tasks import oversight_tasks
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.query.describe import describe_day
from semantic.services.connections import data_connection, store_connection
from semantic.services.queue import (
    Task,
    broken_questions,
    certification_requests,
    certification_tasks,
    check_tasks,
    next_expiry,
)
from semantic.services.reviewing.tasks import review_tasks, under_review
from semantic.store.certifications.certifications import ANALYSIS, read_acts
from semantic.store.models.drafts import drafts_of
from semantic.store.reviews.reviews import has_open_reviews
from semantic.workspace import Workspace

MOST = 6
MOST_DRAFTS = 3
KEPT_SECONDS = 300.0  # seconds for which saved questions aren't checked again
ICONS = {
    "check": "rule", "certification": "gpp_maybe", "draft": "edit_note", "review": "rate_review",
    "question": "bookmark", "request": "contact_support", "connection": "lan", "guidance": "smart_toy",
    "drift": "smart_toy",
}  # fmt: skip
_ALL, _BROKEN = "home-queue-all", "home-queue-broken"


@st.fragment(parallel=True)
@in_turn
def queue() -> None:
    """Draw the queue in a fragment, so that a slow store doesn't delay the rest of the page.

    Domain stewards who aren't stewards of the core only have reviews. They see nothing if there are none.
    """
    workspace, actor = session.require("viewer")
    is_core = actor.is_at_least("steward")
    slot = st.empty()
    with slot.container(gap="xsmall"):
        heading("Your queue")
        st.skeleton(40)
    found: list[Task] = []
    failed: list[str] = []
    for name, part in _PARTS if is_core else _PARTS_OF_DOMAINS:
        try:
            found += part(workspace, actor)
        except SemanticError:
            failed.append(name)
    if not is_core and not found and not failed:
        slot.empty()
        return
    with slot.container(gap="xsmall"):
        heading(f"Your queue ({len(found)})" if found else "Your queue")
        _shown(found, workspace, actor, is_whole=not failed)
        if failed:
            st.caption(f"Couldn't load {', '.join(failed)}. Reload to try again.")


def _shown(tasks: Sequence[Task], workspace: Workspace, actor: Actor, *, is_whole: bool) -> None:
    if not tasks:
        if is_whole:
            until = next_expiry(workspace.visible(actor), today=workspace.today())
            later = f" The next certification expires on {describe_day(until)}." if until is not None else ""
            st.markdown(f":green[:material/check:] Your queue is clear.{plain(later)}")
        return
    is_all = bool(st.session_state.get(_ALL))
    with st.container(border=True, gap="xsmall", key="list-of-tasks"):
        for place, task in enumerate(tasks if is_all else tasks[:MOST]):
            _row(task, place)
    if len(tasks) > MOST:
        label = "Show fewer" if is_all else f"See all {len(tasks)}"
        st.button(label, key="home-queue-see", type="tertiary", on_click=_see, args=(not is_all,))


def _see(is_all: bool) -> None:
    st.session_state[_ALL] = is_all


def _row(task: Task, place: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"home-task-{place}"):
        st.markdown(
            f":gray[:material/{ICONS[task.kind]}:] **{plain(task.title)}**  \n:small[:gray[{plain(task.note)}]]",
            width="stretch",
        )
        file, params = _place(task)
        st.page_link(
            links.page_of(file), label=f"{plain(task.action)} {unseen(task.title)}", query_params=params,
            width="content",
        )  # fmt: skip


def _place(task: Task) -> tuple[str, dict[str, str]]:
    """Return the page where a task is done, and the parameters of its address."""
    match task.kind:
        case "check":
            return links.CHECKS, {}
        case "question":
            return links.EXPLORE, {links.SAVED: task.about}
        case "request":
            return links.REQUESTS, {links.REQUEST: task.about}
        case "connection":
            return links.CONNECTIONS, {}
        case "guidance" | "drift":
            return links.OVERSIGHT, {links.VIEW: task.kind}
        case "certification":
            is_in_files = session.workspace().published is None
            if task.about.startswith(ANALYSIS):
                name = task.about.removeprefix(ANALYSIS)
                named = links.DEFINITIONS, {links.OBJECT: f"analysis/{name}"}
                return named if is_in_files else (links.CATALOGUE, {links.ANALYSIS_PAGE: name})
            written = links.DEFINITIONS, {links.OBJECT: f"metric/{task.about}"}
            return written if is_in_files else (links.CATALOGUE, {"m": task.about})
        case "draft":
            return links.DEFINITIONS, {links.DRAFT: task.about}
        case "review":
            _, actor = session.require("viewer")
            page = links.DEFINITIONS if actor.is_at_least("steward") else links.DOMAINS
            return page, {links.REVIEW: task.about}


# Tasks


def _checks(workspace: Workspace, actor: Actor) -> list[Task]:
    checks = session.checks()
    checks.look()
    found = [check for every in checks.known.found.values() for check in every]
    return check_tasks(found, workspace.visible(actor))


def _certifications(workspace: Workspace, actor: Actor) -> list[Task]:
    seen, found = workspace.visible(actor), list[Task]()
    if workspace.published is not None:
        live = session.live()
        with live.store.read() as connection:
            acts = read_acts(connection, live.keys)
        requests = {name: each.request for name, each in acts.items() if each.is_sealed and each.request is not None}
        found = certification_requests(requests, seen)
    return found + certification_tasks(seen, today=workspace.today())


def _reviews(workspace: Workspace, actor: Actor) -> list[Task]:
    if file_of("definitions") is None and file_of("domains") is None:
        return []
    with session.store()[0].read() as connection:
        if not has_open_reviews(connection):
            return []
    return review_tasks(session.live(), actor)


def _drafts(workspace: Workspace, actor: Actor) -> list[Task]:
    if file_of("definitions") is None:
        return []
    with session.store()[0].read() as connection:
        drafts = drafts_of(connection, actor)
        is_any = has_open_reviews(connection)
    reviewed = under_review(session.live(), actor) if is_any else frozenset()
    return [
        Task(
            "draft",
            draft.name or "Definitions",
            f"Your draft, last edited {when_words(draft.changed_at, workspace)}, isn't published.",
            "Continue",
            draft.id,
        )
        for draft in drafts[:MOST_DRAFTS]
        if draft.changes and draft.id not in reviewed  # The review itself says where it is.
    ]


def _questions(workspace: Workspace, actor: Actor) -> list[Task]:
    """Return a task for each saved question that no longer runs.

    Questions are checked again after a while, or when a question or a definition has changed.
    """
    work = session.saved_work(workspace, actor)
    questions = work.questions()
    about = (actor, workspace.model.version, tuple((question.id, question.revision) for question in questions))
    cached: tuple[object, float, list[Task]] | None = st.session_state.get(_BROKEN)
    if cached is None or cached[0] != about or monotonic() - cached[1] > KEPT_SECONDS:
        cached = st.session_state[_BROKEN] = about, monotonic(), broken_questions(questions, work)
    return cached[2]


def _requests(workspace: Workspace, actor: Actor) -> list[Task]:
    """Return requests whose metric is now live, then new requests, starting with those that most people joined."""
    work = session.request_work(actor)
    if not work.may_answer:
        return []
    wanted = work.to_answer()
    ready = [
        Task(
            "request", listed.request.words,
            f"Its metric is live. {counted(listed.people, 'person is waiting', 'people are waiting')} for the answer.",
            "Answer", listed.request.id,
        )
        for listed in wanted
        if listed.request.state == "answering" and listed.request.draft in workspace.model.metrics
    ]  # fmt: skip
    return ready + [
        Task(
            "request", listed.request.words,
            f"New request. {counted(listed.people, 'person wants', 'people want')} this.", "Answer", listed.request.id,
        )
        for listed in wanted
        if listed.request.state == "new"
    ]  # fmt: skip


def _connections(workspace: Workspace, actor: Actor) -> list[Task]:
    """Return tasks for administrators about warnings in the connections' settings. No connection is opened."""
    if not actor.is_at_least("administrator") or actor.viewed_by is not None:
        return []
    live = session.live()
    return [
        Task("connection", f"{connection.name}: {connection.kind}", warning, "Open")
        for connection in (data_connection(live), store_connection(live))
        for warning in connection.warnings
    ]


def _oversight(workspace: Workspace, actor: Actor) -> list[Task]:
    """Return tasks for guidance that this person can approve, and for a language model that was switched off for its
    answers.
    """
    return oversight_tasks(session.process_parts(), actor)


_PARTS: Sequence[tuple[str, Callable[[Workspace, Actor], list[Task]]]] = (
    ("checks", _checks),
    ("certifications", _certifications),
    ("reviews", _reviews),
    ("drafts", _drafts),
    ("saved questions", _questions),
    ("requests", _requests),
    ("connections", _connections),
    ("oversight", _oversight),
)
_PARTS_OF_DOMAINS = (("reviews", _reviews),)
