"""The search results of the palette: everything that this person can see and that matches, in groups, best matches
first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from pages.analyses.kinds import KIND_PAGES
from pages.analyses.words import analysis_in_words
from pages.asking import form as asking
from pages.explore.builder import recents, starters
from pages.shell import links, session
from pages.shell.parts import quoted
from pages.widgets.item_words import where_words
from pages.widgets.palette import Group, PaletteResults, Row
from semantic.analyses.events.named import named_analyses
from semantic.display.words.metrics import in_domain
from semantic.errors import SemanticError, StoreFailed
from semantic.explore.search import near
from semantic.model.certification_status import CertificationStatus, certification_status
from semantic.model.definitions import Metric
from semantic.model.named_analyses import NamedAnalysis
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.results.receipt import looks_like_receipt, read_receipt_id
from semantic.services.analyzing.naming import search_named
from semantic.services.analyzing.saved import search_analyses
from semantic.services.boards import search_boards
from semantic.services.finding.finder import Kind, Match, Matches
from semantic.store.analyses.analyses import SavedAnalysis
from semantic.store.boards.boards import BoardHead
from semantic.store.questions.questions import SavedQuestion
from semantic.workspace import Workspace

SHOWN, MOST_RECENT, MOST_BOARDS, MOST_ANALYSES, MOST_PEOPLE = 110, 5, 4, 3, 12
KINDS: tuple[Kind, ...] = ("ask", "metric", "breakdown", "value", "segment", "saved")
ICONS = {
    "ask": "query_stats", "metric": "monitoring", "breakdown": "category", "value": "filter_alt",
    "segment": "filter_alt", "saved": "bookmark",
}  # fmt: skip
ASK, ASK_LABEL = "ask", "Ask in Explore"
_BEGINS = 2  # the rank of a match whose name starts with the text; better matches have lower ranks
_KEPT = "palette_kept"


@dataclass(frozen=True, slots=True)
class _StoreItems:
    """A person's items in the store, which are read when the palette opens."""

    actor: Actor
    boards: Sequence[BoardHead] = ()
    questions: Sequence[SavedQuestion] = ()
    analyses: Sequence[SavedAnalysis] = ()


def find(text: str, workspace: Workspace, actor: Actor) -> PaletteResults:
    """Return everything that matches a text.

    An empty text returns what was opened last. A text after "@" searches people, for administrators only.
    """
    if not text.strip():
        session.finder().warm(actor)
        return PaletteResults([_recent(workspace, actor)])
    if text.startswith("@") and links.PEOPLE in st.session_state.get(links.OPEN, {}):
        people = _people(text[1:])
        return PaletteResults([Group("People", people)]) if people else PaletteResults((), _none(text), is_none=True)
    if looks_like_receipt(text):
        receipt = read_receipt_id(text)
        if receipt is None:
            return PaletteResults((), "That receipt ID has a typo. It should look like R-7K3Q-DM2X-WA94.")
        return PaletteResults(
            [Group("Receipts", [Row(f"receipt:{receipt}", f"Open receipt {receipt}", icon="receipt_long")])]
        )
    found = _found(text, workspace, actor)
    analysis = analysis_in_words(text, workspace, actor)
    if analysis is None:
        return found
    page = KIND_PAGES[analysis["kind"]]
    row = Row("analyze:words", text.strip()[:1].upper() + text.strip()[1:], icon=page.icon, line=page.label)
    return replace(found, groups=[Group("Analyses", [row]), *found.groups], is_none=False, note="")


def _found(text: str, workspace: Workspace, actor: Actor) -> PaletteResults:
    matches, boards = matches_of(text, workspace, actor), search_boards(_kept(workspace, actor).boards, text)
    is_named = any(board.title.casefold().startswith(text.casefold()) for board in boards)
    groups: list[Group] = []
    shown = Group("Boards", [_board(board) for board in boards[:MOST_BOARDS]])
    for title, found in matches.groups:
        if is_named and shown not in groups and found[0].rank > _BEGINS:
            groups.append(shown)
        if found[0].kind != "ask" or found[0].query is not None:
            groups.append(Group(title, [_match(match, workspace) for match in found]))
    if shown not in groups:
        groups.append(shown)
    named = search_named(named_analyses(workspace.visible(actor)), text)
    groups.append(Group("Named analyses", [_named(each, workspace) for each in named[:MOST_ANALYSES]]))
    analyses = search_analyses(_kept(workspace, actor).analyses, text)
    groups.append(Group("Saved analyses", [_analysis(head) for head in analyses[:MOST_ANALYSES]]))
    asks = [
        Row(match.key, ASK_LABEL, icon=ICONS["ask"], line=match.detail)
        for match in matches.all()
        if match.kind == "ask" and match.query is None
    ]
    is_early = matches.reading is None
    note = "Values are still loading\N{HORIZONTAL ELLIPSIS}" if is_early else ""
    if any(group.rows for group in groups):
        has_meanings = matches.reading is not None and bool(matches.reading.asks)
        return PaletteResults([*groups, *([Group("Ask", asks)] if has_meanings else [])], note, is_early=is_early)
    if is_early:
        asks = [Row(ASK, ASK_LABEL, icon=ICONS["ask"])] if " " in text.strip() else []  # Explore waits for values
        return PaletteResults([Group("Ask", asks)], note, is_none=True, is_early=True)
    return PaletteResults([*_alternatives(text, asks, workspace.visible(actor), workspace)], _none(text), is_none=True)


def matches_of(text: str, workspace: Workspace, actor: Actor) -> Matches:
    """Return the metrics, breakdowns, values, segments and saved questions that match a text, and the question that it
    asks.
    """
    questions = _kept(workspace, actor).questions
    return session.finder().find(
        text, actor, saved=questions, recent=recents.names(), kinds=KINDS, used=session.search_ranks(actor)
    )  # fmt: skip


def _none(text: str) -> str:
    return f"No results for {quoted(text.strip()[:60])}."


def _alternatives(text: str, asks: Sequence[Row], seen: VisibleModel, workspace: Workspace) -> Iterator[Group]:
    """Yield ways to continue if a text has no results."""
    close = [hit.thing for hit in near(seen, text) if isinstance(hit.thing, Metric)]
    if close:
        yield Group("Did you mean", [_metric(metric, workspace) for metric in close])
    ask_stewards = [Row(f"request:{ASK}", asking.ASK_LABEL, icon=asking.ICON)] if asking.may_ask(seen.actor) else []
    yield Group("Try instead", [*asks, *ask_stewards, Row("page:metrics", "All metrics", icon="menu_book")])


# Rows


def _match(match: Match, workspace: Workspace) -> Row:
    line = match.detail if match.kind == "ask" else match.why or match.detail
    if isinstance(match.thing, Metric):
        return _metric(match.thing, workspace, match.why)
    if match.kind == "value" and match.why:
        line = f"{match.detail} \N{MIDDLE DOT} {match.why}"
    if isinstance(match.thing, SavedQuestion):
        line = ". ".join(part for part in (match.thing.sentence, where_words(match.thing)) if part)
    unit = {"value": "Filter", "segment": "Filter", "breakdown": "Break down"}.get(match.kind, "")
    return Row(match.key, match.label, icon=ICONS[match.kind], line=_short(line), unit=unit)


def _metric(metric: Metric, workspace: Workspace, why: str = "") -> Row:
    state = certification_status(metric, workspace.today())
    return Row(
        f"metric:{metric.name}", metric.label or metric.name, icon=ICONS["metric"],
        mark=state.words if state is CertificationStatus.CERTIFIED else "", tab=True,
        line=_short(why or in_domain(metric, workspace.model, metric.description)),
    )  # fmt: skip


def _board(head: BoardHead) -> Row:
    """Return the row of a board. It opens the board or, if the board was never published, its editor."""
    where = head.space_name or "Only you"
    if head.version:
        return Row(f"board:{head.id}", head.title, icon="dashboard", line=where)
    return Row(f"draft:{head.id}", head.title, icon="edit_note", line=f"{where}, draft")


def _analysis(head: SavedAnalysis) -> Row:
    line = ". ".join(part for part in (head.sentence, where_words(head)) if part)
    return Row(f"analysis:{head.id}", head.name, icon="query_stats", line=_short(line))


def _named(named: NamedAnalysis, workspace: Workspace) -> Row:
    state = certification_status(named, workspace.today())
    return Row(
        f"named:{named.name}", named.label, icon="query_stats",
        mark=state.words if state is CertificationStatus.CERTIFIED else "", line=_short(named.description),
    )  # fmt: skip


def _recent(workspace: Workspace, actor: Actor) -> Group:
    """Return what this session opened last, then recent questions from other sessions."""
    seen, kept = workspace.visible(actor), _kept(workspace, actor, refresh=True)
    metrics = {metric.name: metric for metric in seen.metrics}
    boards = {board.id: board for board in kept.boards}
    questions = {recents.digest(starter.query): starter for starter in starters.recent_questions(workspace, actor)}
    rows: list[Row] = []
    for kind, name in dict.fromkeys([*recents.opened(), *(("question", name) for name in questions)]):
        if kind == "metric" and name in metrics:
            rows.append(_metric(metrics[name], workspace))
        elif kind == "board" and name in boards:
            rows.append(_board(boards[name]))
        elif kind == "question" and name in questions:
            starter = questions[name]
            rows.append(Row(f"question:{name}", starter.title, icon="history", line=starter.note))
    return Group("Recent", rows[:MOST_RECENT])


def _people(text: str) -> list[Row]:
    wanted = text.casefold().split()
    try:
        people = session.people().values()
    except StoreFailed:
        return []
    names = [person for person in people if all(word in f"{person.name} {person.id}".casefold() for word in wanted)]
    return [
        Row(f"person:{person.id}", person.short_name, icon="person", line=session.role_of(person))
        for person in names[:MOST_PEOPLE]
    ]


def _kept(workspace: Workspace, actor: Actor, *, refresh: bool = False) -> _StoreItems:
    """Return the boards and saved questions, or none while the store is unavailable. Other results still appear."""
    kept: _StoreItems | None = st.session_state.get(_KEPT)
    if kept is None or refresh or kept.actor != actor:
        try:
            boards = session.board_work(workspace, actor).boards()
            questions = session.saved_work(workspace, actor).questions()
            kept = _StoreItems(actor, boards, questions, session.analysis_work(workspace, actor).analyses())
        except SemanticError:
            kept = _StoreItems(actor)
        st.session_state[_KEPT] = kept
    return kept


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN].rsplit(" ", 1)[0] + " \N{HORIZONTAL ELLIPSIS}"
