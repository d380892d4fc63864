"""Draw the turns of a conversation: each text, then its answer, a choice, a refusal, or a reply.

Each turn is a fragment, so a click in it reruns only that turn. Answers are drawn from the session, so earlier
questions don't run again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.ask import model
from pages.ask.conversation import KEY, Conversation, NextStep, Reply, Turn
from pages.ask.reading import take_next_step
from pages.ask.saving import save_button
from pages.asking import form as asking
from pages.explore import answer
from pages.explore.builder import question
from pages.explore.result import no_answer, pictures, show, why
from pages.explore.result.cells import TableDisplay
from pages.explore.result.drawing import tiles
from pages.explore.result.finding import Finding, find, show_sentence
from pages.explore.result.table import table
from pages.shell import links, session
from pages.shell.parts import Action, badge_text, empty_state, plain, refusal, trust_strip
from pages.shell.turns import in_turn
from pages.widgets.chart import draw_chart
from pages.widgets.theme import current_tokens
from semantic.agents.talking.follow_ups import follow_ups
from semantic.display.failures import failure_title
from semantic.errors import EngineFailed
from semantic.query.describe import upper_first
from semantic.query.query import Query
from semantic.services.requests.work import RequestOrigin

if TYPE_CHECKING:
    from pages.explore.builder.question import ExploreState
    from semantic.policy.actor import Actor
    from semantic.results.result import Result
    from semantic.workspace import Workspace

UNSAID = 2.0  # seconds before the page says how long it has waited
LEAVE = "ask-leave"
"""The session key for a question that opens in Explore without an address, because it names a person."""
PROPOSED = "The language model chose this question. Check it, then run it."
TALL = 320  # pixels of a chart


def open_in_explore(workspace: Workspace, actor: Actor) -> None:
    """Open Explore with a question that can't be in an address. Call this before anything is drawn."""
    query: Query | None = st.session_state.pop(LEAVE, None)
    if query is not None:
        question.current(workspace, actor).replace(query)
        st.query_params.clear()
        st.switch_page(links.page_of(links.EXPLORE))


def draw_turns(talk: Conversation, workspace: Workspace) -> None:
    """Draw every turn, with the latest at the bottom."""
    for turn in talk.turns:
        _turn(turn.number)


@st.fragment
@in_turn
def _turn(number: int) -> None:
    workspace, actor = session.require("viewer")
    talk: Conversation | None = st.session_state.get(KEY)
    turn = next((turn for turn in talk.turns if turn.number == number), None) if talk is not None else None
    if talk is None or turn is None or talk.actor != actor or _goes_on(talk):
        st.rerun()
    is_last = turn is talk.last
    with st.container(key=f"ask-turn-{number}", gap="small"):
        with st.container(key=f"ask-words-{number}"):
            st.markdown(f"## {plain(turn.words)}")
        if turn.state is not None:
            _asked(turn, turn.state, talk, workspace, is_last=is_last)
        elif turn.call is not None:
            _thinking(number)
        elif turn.proposal is not None:
            _proposal(turn, turn.proposal, talk, workspace, is_last=is_last)
        elif turn.reply is not None:
            _reply(turn.reply, turn, talk, workspace, is_last=is_last)


def _goes_on(talk: Conversation) -> bool:
    """Return whether a click that reran only one turn's fragment has to rerun the whole page."""
    is_elsewhere = talk.count != talk.drawn or bool(talk.waiting) or asking.is_open() or LEAVE in st.session_state
    return is_elsewhere and session.runs_alone()


# A question


def _asked(turn: Turn, state: ExploreState, talk: Conversation, workspace: Workspace, *, is_last: bool) -> None:
    home = state.home(workspace)
    _chips(turn)
    if turn.noted is not None:
        _show_noted(turn.noted, turn, talk)
    if turn.is_earlier:
        _earlier(turn, state, home)
    elif state.pending is not None:
        _running(turn.number)
    elif state.result is not None and state.answered == state.draft:
        _answer(turn, state, state.result, talk, home, is_last=is_last)
    elif state.error is not None:
        _failed(turn, state, talk, home, is_last=is_last)
    else:
        _not_asked(turn, state, talk, home, is_last=is_last)


def _chips(turn: Turn) -> None:
    """Draw how a text was read and, if a language model is set up, who read it."""
    if not turn.chips:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key=f"ask-chips-{turn.number}"):
        for chip in turn.chips:
            st.badge(badge_text(chip), color="gray")
        if turn.read_by:
            st.markdown(f":small[:gray[Read by {plain(turn.read_by)}]]", width="content")
        elif model.reader() is not None and not turn.is_chosen:
            st.markdown(":small[:gray[Read by Samepage]]", width="content")


def _answer(
    turn: Turn, state: ExploreState, shown: Result, talk: Conversation, workspace: Workspace, *, is_last: bool
) -> None:
    if no_answer.is_empty(shown):
        st.markdown(f":gray[:material/event_busy:] {plain(_nothing(shown))}")
        _below(turn, shown, workspace)
        return
    key = turn.key
    finding = find(shown, workspace, talk.actor, key)
    show_sentence(finding, key)
    _picture(shown, finding, key)
    trust_strip(show.facts(shown, workspace.today()), shown.notes, key=f"ask-trust-{turn.number}")
    _below(turn, shown, workspace)
    _follow_ups(turn, shown.query, talk, workspace)
    if turn.asks_why and why.has_change(shown):
        turn.asks_why = False
        if is_last:
            why.begin(shown.query, key)
    why.show_why(talk.actor, None, key)


def _nothing(shown: Result) -> str:
    filters = f", {shown.filters}" if shown.filters else ""
    return f"No data in {shown.period.words}{filters}. Change the period or the filters."


def _picture(shown: Result, finding: Finding, key: str) -> None:
    """Draw the chart of an answer or a large number, and a table if no chart fits or someone asked for the table."""
    tokens = current_tokens()
    chart = pictures.picture(shown, tokens, None, ())
    if chart.kind == "tiles":
        tiles(shown, finding.usual)
    elif chart.figure is not None:
        draw_chart(chart.figure, key=f"{key}-chart", alt=chart.alt)
    if chart.note:
        st.caption(plain(chart.note))
    if chart.kind == "table" or st.session_state.get(f"{key}-table"):
        _table(shown, key)


def _table(shown: Result, key: str) -> None:
    grid = pictures.grid(shown, current_tokens(), TableDisplay())
    table(shown, grid, key=f"{key}-rows")
    st.caption(plain(grid.note))


def _below(turn: Turn, shown: Result, workspace: Workspace) -> None:
    """Draw the period and the actions below an answer."""
    parts = (shown.title, show.period_words(shown), shown.scope)
    st.caption(plain(". ".join(part.removesuffix(".") for part in parts if part)))
    chart = pictures.picture(shown, current_tokens(), None, ())
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"ask-acts-{turn.number}"):
        if chart.kind not in ("table", "tiles"):
            st.toggle("Table", key=f"{turn.key}-table")
        _explore(turn, shown.query, workspace)
        save_button(shown.query, shown.title, key=turn.key)
        if why.has_change(shown):
            why.why_button(shown, turn.key)
        if shown.receipt:
            links.receipt_link(shown.receipt, f"Receipt {shown.receipt}")


def _follow_ups(turn: Turn, query: Query, talk: Conversation, workspace: Workspace) -> None:
    """Draw questions that continue an answer, also below earlier answers."""
    if turn.follow_ups is None:
        offered = follow_ups(query, workspace, workspace.visible(talk.actor))
        turn.follow_ups = tuple(NextStep(label, query=other) for label, other in offered)
    if not turn.follow_ups:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"ask-follow-ups-{turn.number}"):
        st.markdown(":small[:gray[Continue]]", width="content")
        for place, way in enumerate(turn.follow_ups):
            st.button(plain(way.label), key=f"{turn.key}-follow-{place}", on_click=_taking(way, talk))


def _explore(turn: Turn, query: Query, workspace: Workspace, label: str = "Open in Explore") -> None:
    if question.names_a_person(query, workspace):  # kept out of the address, so the session passes it on
        st.button(
            plain(label), icon=":material/query_stats:", type="tertiary", key=f"{turn.key}-explore",
            on_click=_leave, args=(query,),
        )  # fmt: skip
    else:
        links.explore_link(label, query, width="content")


def _leave(query: Query) -> None:
    st.session_state[LEAVE] = query


def _earlier(turn: Turn, state: ExploreState, workspace: Workspace) -> None:
    """Draw a question of a saved conversation without its numbers, and a button that asks it again."""

    def press() -> None:
        turn.is_earlier = False
        state.press()
        answer.advance(state, workspace)

    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"ask-earlier-{turn.number}"):
        st.button("Show answer", key=f"{turn.key}-again", icon=":material/replay:", on_click=press)
        _explore(turn, state.draft, workspace)
        if turn.receipt:
            links.receipt_link(turn.receipt, f"Receipt {turn.receipt}")


def _failed(turn: Turn, state: ExploreState, talk: Conversation, workspace: Workspace, *, is_last: bool) -> None:
    if state.error is None:
        return
    if is_last:
        show.failure(state.error, [Action("Try again", _again(turn, workspace))], key=f"{turn.key}-failed")
    else:
        st.markdown(f":gray[:material/error:] {plain(failure_title(state.error))}")


def _again(turn: Turn, workspace: Workspace) -> Callable[[], None]:
    def press() -> None:
        if turn.state is not None:
            turn.state.press()
            answer.advance(turn.state, workspace)

    return press


def _not_asked(turn: Turn, state: ExploreState, talk: Conversation, workspace: Workspace, *, is_last: bool) -> None:
    """Draw a refused question with its repairs, or a question that waits for a click because it reads a lot of data."""
    checked = state.check(workspace)
    if isinstance(checked.error, EngineFailed):
        show.failure(checked.error, [Action("Try again", _again(turn, workspace))], key=f"{turn.key}-failed")
    elif checked.error is not None:
        title = checked.error.title
        reason = upper_first(str(checked.error).removeprefix(title).lstrip(".: "))
        ways = [NextStep(repair.label, repair.effect, query=repair.query) for repair in checked.repairs]
        acts = [Action(way.label, _taking(way, talk), way.meaning) for way in ways]
        refusal(title, reason, acts, checked.error.code, key=f"{turn.key}-refused")
        if is_last:
            _ask_for_help(turn, state, workspace)
    elif is_last:
        sentence = f"This question {checked.cost_words}. Run it anyway?"
        acts = [Action("Run", _again(turn, workspace))]
        empty_state("hourglass_empty", "Ready to run", sentence, acts, key=f"{turn.key}-ready")
    else:
        st.markdown(":gray[Not run.]")


def _ask_for_help(turn: Turn, state: ExploreState, workspace: Workspace) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"ask-help-{turn.number}"):
        _explore(turn, state.draft, workspace, "Change it in Explore")
        if asking.may_ask(state.actor):
            start = asking.Start(kind="question", asking=RequestOrigin(place="explore", query=state.draft))
            st.button(
                asking.HELP_LABEL, icon=f":material/{asking.ICON}:", key=f"{turn.key}-help", type="tertiary",
                on_click=asking.begin, args=(start,),
            )  # fmt: skip


@st.fragment(run_every=0.5)
@in_turn
def _running(number: int) -> None:
    """Check for the answer twice a second, and after a while show how long it has taken."""
    _, actor = session.require("viewer")
    talk: Conversation | None = st.session_state.get(KEY)
    turn = next((turn for turn in talk.turns if turn.number == number), None) if talk is not None else None
    state = turn.state if turn is not None else None
    if talk is None or talk.actor != actor or state is None or state.settle() or state.pending is None:
        st.rerun()
    progress = state.pending.progress()
    st.skeleton(TALL)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"ask-wait-{number}"):
        if progress.elapsed_seconds < UNSAID:
            return
        waiting = "Queued" if progress.state == "queued" else "Still working"
        st.markdown(f":gray[:material/progress_activity:] {waiting}: {progress.elapsed_seconds:.0f} s", width="content")
        st.button("Cancel", key=f"turn-{number}-cancel", on_click=state.give_up)


# The language model


@st.fragment(run_every=0.5)
@in_turn
def _thinking(number: int) -> None:
    """Check for the model's question twice a second."""
    workspace, actor = session.require("viewer")
    talk: Conversation | None = st.session_state.get(KEY)
    turn = next((turn for turn in talk.turns if turn.number == number), None) if talk is not None else None
    if talk is None or talk.actor != actor or turn is None or model.settle(turn, talk, workspace):
        st.rerun()
    name = turn.call.name if turn.call is not None else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"ask-model-{number}"):
        st.markdown(f":gray[:material/progress_activity: Asking {plain(name)}]", width="content")
        st.button("Skip", key=f"turn-{number}-skip", type="tertiary", on_click=_skipping(turn))


def _skipping(turn: Turn) -> Callable[[], None]:
    def press() -> None:
        turn.call = None

    return press


def _proposal(turn: Turn, query: Query, talk: Conversation, workspace: Workspace, *, is_last: bool) -> None:
    """Draw the question that the model proposed. It runs only once someone confirms it."""
    _chips(turn)
    if not is_last:
        st.markdown(":gray[Not run.]")
        return

    def run() -> None:
        running, actor = session.require("viewer")
        if st.session_state.get(KEY) is talk and talk.actor == actor:
            model.run(turn, talk, running)

    st.markdown(f":small[:material/info: {plain(PROPOSED)}]")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"ask-proposal-{turn.number}"):
        st.button("Run", key=f"{turn.key}-run", type="primary", on_click=run)
        _explore(turn, query, workspace, "Change")
        st.button("Not this", key=f"{turn.key}-decline", type="tertiary", on_click=model.decline, args=(turn,))


# Replies


def _show_noted(noted: Reply, turn: Turn, talk: Conversation) -> None:
    """Draw which meaning of a word was used, and a button for each other meaning."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"ask-noted-{turn.number}"):
        st.markdown(f":small[:gray[:material/info:] {plain(noted.words)}]", width="content")
        for place, way in enumerate(noted.next_steps):
            st.button(plain(way.label), key=f"{turn.key}-instead-{place}", type="tertiary", on_click=_taking(way, talk))


def _reply(reply: Reply, turn: Turn, talk: Conversation, workspace: Workspace, *, is_last: bool) -> None:
    mark = ":orange[:material/help:]" if reply.is_caution else ":gray[:material/chat:]"
    st.markdown(f"{mark} {plain(reply.words)}")
    if turn.note:
        st.markdown(f":small[:gray[{plain(turn.note)}]]")
    if reply.definition:
        links.definition_link("Open in Analyses", reply.definition, icon=":material/conversion_path:", width="content")
    # A sentence is read in the context of the previous question, so earlier replies offer no sentences.
    _ways([way for way in reply.next_steps if is_last or not way.sentence], turn, talk)


def _ways(ways: Sequence[NextStep], turn: Turn, talk: Conversation) -> None:
    """Draw the options of a reply, stacked if they have meanings, and side by side otherwise."""
    if not ways:
        return
    has_meanings = any(way.meaning for way in ways)
    with st.container(
        horizontal=not has_meanings,
        vertical_alignment="top" if has_meanings else "center",
        gap="small",
        key=f"ask-ways-{turn.number}",
    ):
        for place, way in enumerate(ways):
            if way.place == "metrics":
                links.catalogue_link(way.label, icon=":material/menu_book:")
            elif way.place == "explore":
                links.explore_link(way.label, talk.previous() or Query(), width="content")
            elif has_meanings:
                with st.container(gap=None, key=f"ask-way-{turn.number}-{place}"):
                    st.button(plain(way.label), key=f"{turn.key}-way-{place}", on_click=_taking(way, talk), wrap=True)
                    st.caption(plain(way.meaning) or "&nbsp;")
            else:
                st.button(plain(way.label), key=f"{turn.key}-way-{place}", on_click=_taking(way, talk))


def _taking(way: NextStep, talk: Conversation) -> Callable[[], None]:
    """Return the click handler of an option. It does nothing if the conversation was cleared or belongs to someone
    else.
    """

    def press() -> None:
        workspace, actor = session.require("viewer")
        if st.session_state.get(KEY) is talk and talk.actor == actor:
            take_next_step(way, talk, workspace)

    return press
