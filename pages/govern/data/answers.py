"""The fourth step: the draft's first numbers next to row counts of the tables, who will see them, and publishing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.govern.data import state
from pages.shell import links, session
from pages.shell.live import LateAnswer, start_question, wait_for_answer
from pages.shell.parts import Action, empty_state, notice, plain
from semantic.display.format import MISSING, counted
from semantic.display.rows import main_values
from semantic.display.words.kpi import only_row, read_headline
from semantic.errors import ModelError, SemanticError
from semantic.query.query import Query
from semantic.services.adding.drafting import Sharing, draft_model, publish_added
from semantic.services.adding.first_answers import counted_dataset, first_metrics, make_boards, plain_count

if TYPE_CHECKING:
    from semantic.model.definitions import Metric
    from semantic.policy.actor import Actor
    from semantic.results.result import Result
    from semantic.services.adding.adding import Adding
    from semantic.services.adding.drafting import DraftedData

DRAFTED, READERS, ROLES, GROUPS = "add-data-drafted", "add-data-readers", "add-data-roles", "add-data-groups"
COUNTS = "add-data-counts"
"""The session key for the row counts of the tables, until the draft is published."""
ME, OTHERS = "Publish to me", "Share with\N{HORIZONTAL ELLIPSIS}"
READER_ROLES = {"viewer": "Everyone who signs in", "marketer": "Marketers", "steward": "Stewards"}
MOST_PROBLEMS = 5


def show() -> None:
    """Draw the first answers and the button that publishes, or what was published."""
    _, actor, adding = state.require()
    if adding.published:
        _published(adding)
        return
    left = len(adding.open_guesses())
    if adding.profiling is None or adding.profiling.is_running or left:
        sentence = "The draft isn't complete yet." if not left else f"{counted(left, 'question')} left."
        acts = [Action("Back to the draft", lambda: state.go("draft"))]
        empty_state("help", "Answer the open questions first", sentence, acts, key="add-data-incomplete")
        return
    try:
        drafted = _drafted(actor, adding)
    except ModelError as error:
        _problems(error)
        return
    except SemanticError as error:
        acts = [Action("Back to the draft", lambda: state.go("draft"))]
        empty_state("error", "The draft can't be used", str(error), acts, key="add-data-refused")
        return
    if not drafted.metrics:
        sentence = "The chosen tables don't produce any metrics. Accept more of the guesses, or choose other tables."
        acts = [Action("Back to the draft", lambda: state.go("draft"))]
        empty_state("query_stats", "No metrics yet", sentence, acts, key="add-data-no-metrics")
        return
    if drafted.others:
        text = f"Your draft also has {counted(drafted.others, 'other change')}, which will be published too."
        notice("caution", "edit_note", text, key="add-data-others")
    if drafted.also_granted:
        text = f"Also visible to people with a policy that grants everything: {', '.join(drafted.also_granted)}."
        notice("caution", "policy", text, key="add-data-also-granted")
    _answers(drafted, actor, adding)
    _publishing(drafted)


def _drafted(actor: Actor, adding: Adding) -> DraftedData:
    """Return the draft, written again if the choices or the model have changed. Raises the errors of `draft_model`."""
    live = session.live()
    stand = (adding.chosen, tuple(sorted(adding.answers.items())), tuple(sorted(adding.starter_answers.items())),
             adding.without, live.workspace().model.version)  # fmt: skip
    kept: tuple[object, DraftedData] | None = st.session_state.get(DRAFTED)
    if kept is None or kept[0] != stand:
        kept = st.session_state[DRAFTED] = (stand, draft_model(live, actor, adding))
    return kept[1]


def _problems(error: ModelError) -> None:
    with st.container(border=True, gap="xsmall", key="add-data-problems"):
        st.markdown(":orange[:material/error:] **The draft isn't a valid model yet**")
        for problem in error.problems[:MOST_PROBLEMS]:
            st.markdown(f"- {plain(problem.message)} {plain(problem.remedy)}")
        if len(error.problems) > MOST_PROBLEMS:
            st.caption(f"And {len(error.problems) - MOST_PROBLEMS} more.")
        with st.container(horizontal=True, gap="small"):
            st.button("Back to the draft", key="add-data-back", on_click=state.go, args=("draft",))
            st.page_link(
                links.page_of(links.DEFINITIONS), label="Edit it in Definitions", icon=":material/edit_note:",
                width="content",
            )  # fmt: skip


def _answers(drafted: DraftedData, actor: Actor, adding: Adding) -> None:
    """Ask all questions at once under the draft's own policies, and draw each answer with its comparison."""
    model = drafted.workspace.model
    metrics = first_metrics(model, drafted.metrics)
    asked = [(metric, start_question(Query(metrics=(metric.name,)), drafted.workspace, actor)) for metric in metrics]
    st.caption(
        f"{counted(len(drafted.metrics), 'metric')} over {counted(len(drafted.datasets), 'dataset')}. Their first "
        "values, over all time:"
    )
    with st.grid(3, min_column_width=220, gap="small"):
        for metric, pending in asked:
            with st.container(border=True, height="stretch", gap="xxsmall", key=f"first-{metric.name}"):
                _answer(metric, wait_for_answer(pending), drafted, adding)


def _answer(metric: Metric, result: Result | LateAnswer, drafted: DraftedData, adding: Adding) -> None:
    if isinstance(result, LateAnswer):
        st.markdown(f"{plain(metric.label)}")
        st.markdown(f":orange[:material/error:] {plain(result.sentence)}")
        return
    if not result.table.num_rows:
        st.metric(plain(metric.label), MISSING)
        return
    column, row = main_values(result)[0], only_row(result)
    headline = read_headline(column, row, result)
    st.metric(plain(metric.label), headline.value or headline.missing, help=plain(headline.full) or None)
    _compare(metric, result, drafted, adding)


def _compare(metric: Metric, result: Result, drafted: DraftedData, adding: Adding) -> None:
    """Draw the meaning of a metric or, for a metric that counts rows, whether it equals the table's row count."""
    dataset = counted_dataset(metric, drafted.workspace.model)
    if dataset is None:
        if means := metric.means or metric.description:
            st.caption(plain(means))
        return
    counts: dict[str, int | None] = st.session_state.setdefault(COUNTS, {})
    if dataset.source not in counts:
        counts[dataset.source] = plain_count(drafted.workspace, adding, dataset)
    count = counts[dataset.source]
    value = result.table.column(main_values(result)[0].name).to_pylist()[only_row(result)]
    if count is None:
        st.caption("The table couldn't be counted in time.")
    elif value == count:
        st.markdown(f":small[:green[:material/check_circle:] {plain(counted(count, 'row'))}, matches the table]")
    else:
        st.markdown(f":small[:orange[:material/error:] the table has {plain(counted(count, 'row'))}]")


# Publishing


def _publishing(drafted: DraftedData) -> None:
    with st.container(border=True, gap="small", key="add-data-publishing"):
        st.segmented_control(
            "Who sees it", [ME, OTHERS], default=ME, required=True, key=READERS, label_visibility="collapsed"
        )
        if st.session_state.get(READERS) == OTHERS:
            st.multiselect(
                "Roles", list(READER_ROLES), key=ROLES, format_func=lambda role: READER_ROLES[role],
                placeholder="Choose roles",
            )  # fmt: skip
            if groups := _groups():
                st.multiselect("Groups", groups, key=GROUPS, placeholder="Choose groups")
            st.caption("They see every row of these datasets. Columns about individuals stay hidden.")
        else:
            st.caption("You can share it later under Definitions, in its policy.")
        st.button("Publish", key="add-data-publish", type="primary", on_click=_publish)


def _groups() -> list[str]:
    try:
        people = session.people()
    except SemanticError:
        return []
    return sorted({group for person in people.values() for group in person.groups})


def _sharing() -> Sharing:
    if st.session_state.get(READERS) != OTHERS:
        return Sharing()
    return Sharing(tuple(st.session_state.get(ROLES) or ()), tuple(st.session_state.get(GROUPS) or ()))


def _publish() -> None:
    """Write the draft for the chosen readers, publish it, and create its boards, after checking access again."""
    _, actor, adding = state.require()
    live, sharing = session.live(), _sharing()
    if st.session_state.get(READERS) == OTHERS and sharing == Sharing():
        st.session_state[state.TROUBLE] = "Choose a role or a group to share with."
        return
    try:
        drafted = draft_model(live, actor, adding, sharing)
        note = f"Added {', '.join(drafted.workspace.model.datasets[name].label for name in drafted.datasets[:5])}"
        publish_added(live, actor, adding, drafted, note)
        make_boards(adding, session.board_work(live.workspace(), actor), drafted.metrics)
    except SemanticError as error:
        st.session_state[state.TROUBLE] = str(error)
        return
    finally:
        st.session_state.pop(DRAFTED, None)
        st.session_state.pop(COUNTS, None)


def _published(adding: Adding) -> None:
    with st.container(border=True, gap="small", key="add-data-published"):
        st.markdown(f":green[:material/check_circle:] **Version {plain(str(adding.published))} is live.**")
        with st.container(horizontal=True, gap="small"):
            for place, board in enumerate(adding.boards):
                label = "Open the board" if len(adding.boards) == 1 else f"Open board {place + 1}"
                links.board_link(label, board, strong=not place, icon=":material/dashboard:")
            links.catalogue_link("See the metrics", icon=":material/menu_book:")
            st.button("Add more tables", key="add-data-anew", type="tertiary", on_click=_start_over)


def _start_over() -> None:
    _, _, adding = state.require()
    adding.begin_again()
    state.go("tables")
