"""The right column of Home: firing alerts, followed items, your work, shared work, and where to start."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import streamlit as st

from pages.asking.news import home_news
from pages.explore.builder import starters
from pages.home import firing, mentions, tiles
from pages.shell import links, session
from pages.shell.navigation import file_of
from pages.shell.parts import block, plain
from pages.shell.turns import in_turn
from pages.widgets import follow
from pages.widgets.item_words import when_words, where_words
from semantic.display.format import listed
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.services.comments.work import Mentioned
from semantic.store.accounts.follows import FollowedItem, Kind
from semantic.store.boards.boards import BoardHead
from semantic.store.models.drafts import Draft, drafts_of
from semantic.store.questions.questions import SavedQuestion
from semantic.workspace import Workspace

MOST_DRAFTS, MOST_SAVED, MOST_SHARED = 3, 3, 4


@dataclass(frozen=True, slots=True)
class _StoreItems:
    """A person's items in the store. `is_away` is True if the store doesn't respond."""

    follows: Sequence[FollowedItem] = ()
    boards: Sequence[BoardHead] = ()
    questions: Sequence[SavedQuestion] = ()
    drafts: Sequence[Draft] = field(default=(), repr=False)
    mentions: Sequence[Mentioned] = field(default=(), repr=False)
    is_away: bool = False

    @property
    def followed_boards(self) -> list[BoardHead]:
        known = {board.id: board for board in self.boards}
        return [known[name] for name in follow.names_of(self.follows, "board") if name in known]

    @property
    def followed_questions(self) -> list[SavedQuestion]:
        known = {question.id: question for question in self.questions}
        return [known[name] for name in follow.names_of(self.follows, "question") if name in known]


@st.fragment(parallel=True)
@in_turn
def work() -> None:
    """Draw the right column in a fragment, so that a slow store doesn't delay the rest of the page."""
    workspace, actor = session.require("viewer")
    st.session_state.pop(follow.TURNED, None)  # Changes here affect nothing outside this column.
    home_news(actor)
    firing.firing(workspace, actor)
    kept = _kept(workspace, actor)
    mentions.mentions(kept.mentions, session.store()[0].now())
    _followed(kept, workspace, actor)
    asked = starters.recent_questions(workspace, actor)
    has_work = _own_work(kept, asked, workspace, actor)
    _shared(kept, workspace, actor)
    if kept.is_away:
        with block("Boards and saved questions"):
            st.caption("Couldn't load these. Everything else works. Reload to try again.")
    if not has_work:
        starters.starter_questions(tiles.key_metrics(workspace.visible(actor)), workspace, actor)


def _kept(workspace: Workspace, actor: Actor) -> _StoreItems:
    store, _ = session.store()
    try:
        boards = session.board_work(workspace, actor).boards()
        questions = session.saved_work(workspace, actor).questions()
        drafts: Sequence[Draft] = ()
        if actor.is_at_least("steward") and file_of("definitions") is not None:
            with store.read() as connection:
                drafts = drafts_of(connection, actor)
        mentioned = session.comment_work(workspace, actor).mentions_of_me(mentions.MOST)
    except SemanticError:
        return _StoreItems(is_away=True)
    return _StoreItems(follow.followed(actor), boards, questions, drafts, mentioned)


# Followed


def _followed(kept: _StoreItems, workspace: Workspace, actor: Actor) -> None:
    boards, questions = kept.followed_boards, kept.followed_questions
    if not boards and not questions:
        return
    with block("Boards and questions you follow"), st.container(border=True, gap="small", key="list-of-followed"):
        for board in boards:
            with _row("board", board.id, actor):
                _board(board, workspace)
        for question in questions:
            with _row("question", question.id, actor):
                _question(question, workspace)


@contextmanager
def _row(kind: Kind, thing: str, actor: Actor) -> Iterator[None]:
    """Draw an item with a button that stops following it. The block draws the item."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        with st.container(gap="xxsmall", width="stretch"):
            yield
        follow.follow_button(kind, thing, actor, key="home", small=True)


# Own work


def _own_work(kept: _StoreItems, asked: Sequence[starters.Starter], workspace: Workspace, actor: Actor) -> bool:
    """Draw drafts, recent questions and saved questions, newest first, and return whether there are any."""
    boards = [board for board in kept.boards if board.is_mine and board.has_draft][:MOST_DRAFTS]
    mine = [question for question in kept.questions if question.is_mine]
    saved = [question for question in mine if question not in kept.followed_questions]
    if not (boards or kept.drafts or asked or saved):
        return bool(mine)
    seen = workspace.visible(actor)
    shown = saved[:MOST_SAVED]
    rows: list[tuple[datetime, Callable[[], None]]] = [
        *((draft.changed_at, partial(_definitions, draft, workspace)) for draft in kept.drafts[:1]),
        *((board.changed_at, partial(_board, board, workspace, is_draft=True)) for board in boards),
        # The time of a question is only unknown if it was asked in this session.
        *((starter.at or session.recents().now(), partial(starters.row, starter)) for starter in asked),
        *(
            (
                each_question.changed_at,
                partial(_question, each_question, workspace, _detail(each_question, shown, seen)),
            )
            for each_question in shown
        ),
    ]
    with block("Your recent work"), st.container(border=True, gap="small", key="list-of-work"):
        for _, row in sorted(rows, key=lambda pair: pair[0], reverse=True):
            row()
        if len(saved) > MOST_SAVED:
            st.page_link(
                links.page_of(links.SAVED_LIST),
                label=f"All {len(kept.questions):,} saved questions",
                icon=":material/list:",
            )
    return True


def _definitions(draft: Draft, workspace: Workspace) -> None:
    """Draw a steward's draft of the model, with its title and the time of its last change."""
    with st.container(gap="xxsmall"):
        st.page_link(
            links.page_of(links.DEFINITIONS), label="**Definitions**", icon=":material/edit_note:", width="content"
        )
        note = f"{draft.title}, last edited {when_words(draft.changed_at, workspace)}"
        st.markdown(f":small[:gray[{plain(note)}]]")


# Other people's work


def _shared(kept: _StoreItems, workspace: Workspace, actor: Actor) -> None:
    """Draw the boards and questions in shared spaces, except those that the person follows and their own questions."""
    boards = [board for board in kept.boards if board.version and board not in kept.followed_boards]
    questions = [
        question for question in kept.questions if not question.is_mine and question not in kept.followed_questions
    ]
    if not boards and not questions:
        return
    with block("Shared with you"), st.container(border=True, gap="small", key="list-of-shared"):
        for board in boards[:MOST_SHARED]:
            _board(board, workspace)
        for question in questions[:MOST_SHARED]:
            detail = _detail(question, questions[:MOST_SHARED], workspace.visible(actor))
            _question(question, workspace, detail)
        if len(boards) > MOST_SHARED:
            st.page_link(links.page_of(links.BOARDS), label=f"All {len(kept.boards):,} boards", icon=":material/list:")
        if len(questions) > MOST_SHARED:
            st.page_link(
                links.page_of(links.SAVED_LIST),
                label=f"All {len(kept.questions):,} saved questions",
                icon=":material/list:",
            )


# Rows


def _board(head: BoardHead, workspace: Workspace, *, is_draft: bool = False) -> None:
    """Draw a board and its link. A draft or an unpublished board opens in the editor."""
    is_draft = is_draft or not head.version
    with st.container(gap="xxsmall"):
        if is_draft:
            links.compose_link(head.title, head.id, strong=True, icon=":material/edit_note:", width="content")
        else:
            links.board_link(head.title, head.id, strong=True, icon=":material/dashboard:", width="content")
        state = f"Draft board in {head.space_name}" if is_draft and head.space else "Draft board"
        where = state if is_draft else head.space_name or "Only you"
        st.markdown(f":small[:gray[{plain(f'{where}, changed {when_words(head.changed_at, workspace)}')}]]")


def _detail(question: SavedQuestion, listed_questions: Sequence[SavedQuestion], seen: VisibleModel) -> str:
    """Return a question's metrics if another question in the list has the same name, or else ""."""
    if sum(other.name.casefold() == question.name.casefold() for other in listed_questions) < 2:
        return ""
    known = {metric.name: metric.label or metric.name for metric in seen.metrics}
    return listed(known[name] for name in question.metrics if name in known)


def _question_row(
    question: SavedQuestion, listed_questions: Sequence[SavedQuestion], workspace: Workspace, seen: VisibleModel
) -> Callable[[], None]:
    return partial(_question, question, workspace, _detail(question, listed_questions, seen))


def _question(question: SavedQuestion, workspace: Workspace, detail: str = "") -> None:
    """Draw a saved question, with a detail if its name isn't unique."""
    with st.container(gap="xxsmall"):
        links.saved_link(question.name, question.id, strong=True, icon=":material/bookmark:", width="content")
        where = f"{where_words(question)}, changed {when_words(question.changed_at, workspace)}"
        note = f"{detail}, {where}" if detail else where
        st.markdown(f":small[:gray[{plain(note)}]]")
