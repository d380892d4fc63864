"""One review: its numbers, then its changes in words, SQL and text, the thread, and the decision."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.govern.definitions.changes import show_difference
from pages.govern.definitions.impact import show_impact
from pages.govern.definitions.review.affected import show_affected
from pages.govern.definitions.review.values import show_values
from pages.shell import links, session
from pages.shell.needed import needs, show_missing
from pages.shell.parts import badge_text, empty_state, plain
from pages.widgets.item_words import name_without_job, when_words
from semantic.display.format import listed
from semantic.errors import ModelError, SemanticError
from semantic.governance.domains import is_central
from semantic.governance.model_diff import ModelDiff, diff_models
from semantic.model.editing.objects import ObjectKind
from semantic.services.drafts import Edits, preview
from semantic.services.policies import Change, PolicyWork
from semantic.services.reviewing.work import OpenedReview, ReviewWork
from semantic.store.reviews.reviews import LONGEST, TICKS, Review, ReviewAct, Tick
from semantic.workspace import Workspace

_TROUBLE, _DONE, _AFFECTED = "review_trouble", "review_done", "review_affected"
_CRITERIA: dict[Tick, str] = {
    "meaning": "The definition has the intended meaning",
    "values": "The numbers change as intended",
    "wording": "Names and descriptions are clear",
}
_ACTS = {
    "sent": ("send", "sent it for review"),
    "approved": ("check_circle", "approved it"),
    "changes_asked": ("undo", "asked for changes"),
    "commented": ("chat_bubble", "commented"),
    "withdrawn": ("cancel", "withdrew it"),
    "published": ("publish", "published it"),
}


def show_review(work: ReviewWork, review: str, workspace: Workspace, to_draft: Callable[[Review], None]) -> None:
    """Draw one review. `to_draft` opens the author's draft. Raises StoreFailed, and NotAllowed if there is no such
    review.
    """
    opened = work.open(review)
    _head(opened, workspace)
    if said := st.session_state.pop(_DONE, ""):
        st.markdown(f":green[:material/check_circle:] {plain(said)}")
    left, right = st.columns([1.7, 1], gap="medium")
    with left:
        _what(work, opened, workspace)
    with right:
        if opened.review.state == "open":
            with st.container(border=True, gap="small", key="review-decide"):
                _decide(work, opened, to_draft)
        with st.container(border=True, gap="small", key="review-thread"):
            _thread(work, opened.review, workspace)


def _head(opened: OpenedReview, workspace: Workspace) -> None:
    review = opened.review
    who = "You" if opened.is_mine else name_without_job(review.author_name) or "Someone who left"
    st.markdown(f"### {plain(review.name)}{_badge(opened)}")
    sent = f"{who} sent it {when_words(review.sent_at, workspace)}, based on version {review.based_on}."
    st.caption(plain(sent))
    st.markdown(plain(review.note))
    if opened.verdict is not None and opened.verdict.asks:
        st.markdown(plain(opened.verdict.asks))


def _badge(opened: OpenedReview) -> str:
    review, verdict = opened.review, opened.verdict
    if review.state == "published":
        return f" &nbsp;:green-badge[{badge_text(f'Version {review.version}')}]"
    if review.state == "withdrawn":
        return " &nbsp;:gray-badge[Withdrawn]"
    if verdict is not None and verdict.objecting:
        return " &nbsp;:orange-badge[Needs changes]"
    if verdict is not None and verdict.can_publish:
        return " &nbsp;:green-badge[Approved]" if verdict.needs_review else ""
    return " &nbsp;:violet-badge[Waiting]"


def _what(work: ReviewWork, opened: OpenedReview, workspace: Workspace) -> None:
    try:
        diff = diff_models(opened.base_files, opened.files)
    except ModelError:
        empty_state(
            "error", "The draft can't be shown", "This version of Samepage can't read it. Its author can open the "
                "draft, fix it and send it again.", key="review-unreadable",
        )  # fmt: skip
        return
    edits = Edits(draft=None, base=opened.base, base_files=opened.base_files, files=opened.files, typing={})
    st.markdown("**What it changes**")
    is_all = is_central(work.actor)
    is_about_access = is_all and _changes_policies(diff)
    if is_about_access and opened.review.is_open:
        _affected(work, opened, edits, workspace)
    if diff.affected or diff.added or not is_about_access:
        show_values(workspace, edits, diff, work.actor)
    if opened.review.is_open and is_all and (diff.affected or diff.removed or not is_about_access):
        show_impact(workspace, edits)
    st.markdown("**Definitions**")
    show_difference(diff, workspace, key="review", has_sql=is_all)


def _changes_policies(diff: ModelDiff) -> bool:
    return any(change.key[0] is ObjectKind.POLICY for change in diff.objects)


def _affected(work: ReviewWork, opened: OpenedReview, edits: Edits, workspace: Workspace) -> None:
    """Draw the people that the draft's policies affect.

    They're computed once for each state of the draft and each version.
    """
    kept: tuple[str, Workspace, Change] | None = st.session_state.get(_AFFECTED)
    if kept is None or kept[0] != opened.review.digest or kept[1] is not workspace:
        is_live = workspace.published is None or workspace.published.number == opened.base.number
        try:
            with st.spinner("Comparing and running the policy tests"):
                change = PolicyWork(work.live, work.actor).change(
                    preview(workspace, edits), None if is_live else opened.base_files
                )
        except SemanticError as error:
            empty_state("error", "Couldn't compare", str(error), key="review-no-access")
            return
        kept = st.session_state[_AFFECTED] = opened.review.digest, workspace, change
    show_affected(kept[2])


# Decisions


def _decide(work: ReviewWork, opened: OpenedReview, to_draft: Callable[[Review], None]) -> None:
    review, verdict = opened.review, opened.verdict
    if trouble := st.session_state.get(_TROUBLE):
        st.error(plain(trouble))
    if verdict is not None and verdict.approved:
        names = listed([person.short_name for person in verdict.approved])
        st.markdown(f":green[:material/check_circle:] {plain(f'Approved by {names}.')}")
    if verdict is not None and verdict.missing:
        st.markdown(plain(f"Needs {listed(verdict.missing)}."))
    if opened.is_mine:
        st.markdown("You can't approve your own draft." if verdict is None or verdict.needs_review else "")
        st.button("Go to the draft", key="review-to-draft", on_click=to_draft, args=(review,))
        return
    if verdict is None:
        return
    for tick in TICKS:
        st.checkbox(_CRITERIA[tick], key=_tick_key(review, tick))
    ticks = tuple(tick for tick in TICKS if st.session_state.get(_tick_key(review, tick)))
    st.text_area(
        "Comment", key=_text_key(review), height=90, max_chars=LONGEST,
        placeholder="Required if you ask for changes",
    )  # fmt: skip
    show_missing(_text_key(review))
    is_ready = len(ticks) == len(TICKS)
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Approve", key="review-approve", type="primary", disabled=not is_ready, on_click=_approve,
            args=(work, review, ticks), help=None if is_ready else "Check all three first.",
        )  # fmt: skip
        st.button(
            "Ask for changes", key="review-ask", args=(work, review),
            on_click=needs({_text_key(review): "Describe what should change."}, _ask),
        )  # fmt: skip
    if opened.is_decided:
        st.caption("You've already decided. A new decision replaces it.")


def _approve(work: ReviewWork, review: Review, ticks: tuple[Tick, ...]) -> None:
    text = str(st.session_state.get(_text_key(review)) or "")
    _act(work, review, lambda mine: mine.approve(review, ticks, text), "You approved this draft.")


def _ask(work: ReviewWork, review: Review) -> None:
    text = str(st.session_state.get(_text_key(review)) or "")
    _act(work, review, lambda mine: mine.ask_for_changes(review, text), "You asked for changes.")


def _act(work: ReviewWork, review: Review, do: Callable[[ReviewWork], object], said: str) -> None:
    actor = session.actor()  # Access is checked again on click, because a page can stay open after someone has lost it.
    if actor is None:
        return
    try:
        do(ReviewWork(work.live, actor))
    except SemanticError as error:  # The text stays.
        st.session_state[_TROUBLE] = str(error)
        return
    st.session_state.pop(_TROUBLE, None)
    st.session_state[_text_key(review)] = ""
    st.session_state[_DONE] = said


def _tick_key(review: Review, tick: Tick) -> str:
    return f"review-{tick}-{review.id}-{review.digest[:8]}"  # Other files have to be confirmed again.


def _text_key(review: Review) -> str:
    return f"review-text-{review.id}"


def close() -> None:
    """Return to the lists of reviews."""
    st.query_params.pop(links.REVIEW, None)


# Thread


def _thread(work: ReviewWork, review: Review, workspace: Workspace) -> None:
    st.markdown("**Discussion**")
    for act in review.acts:
        _entry(act, review, workspace)
    if review.state != "open":
        return
    key = f"review-comment-{review.id}"
    st.text_area("Add a comment", key=key, height=80, max_chars=LONGEST)
    show_missing(key)
    st.button("Comment", key="review-comment", on_click=needs({key: "Write a comment."}, _comment),
              args=(work, review, key))  # fmt: skip


def _comment(work: ReviewWork, review: Review, key: str) -> None:
    text = str(st.session_state.get(key) or "")
    before = st.session_state.get(_text_key(review), "")
    _act(work, review, lambda mine: mine.comment(review, text), "")
    if not st.session_state.get(_TROUBLE):
        st.session_state[key] = ""
        st.session_state[_text_key(review)] = before


def _entry(act: ReviewAct, review: Review, workspace: Workspace) -> None:
    icon, words = _ACTS[act.kind]
    who = name_without_job(act.author_name) or "Someone who left"
    is_void = act.kind in ("approved", "changes_asked") and act.digest != review.digest
    late = ", for an earlier state of the draft" if is_void else ""
    line = f"{who} {words}{late}, {when_words(act.at, workspace)}"
    st.markdown(f":gray[:material/{icon}:] :small[:gray[{plain(line)}]]")
    if act.text and not (act.kind == "sent" and act.text == review.note):  # The note is at the top of the page.
        st.markdown(plain(act.text))
