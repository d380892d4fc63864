"""Compare two people on one question: what each can ask and why, and both answers with their differences marked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from pages.govern.access.who import SIGNS, pick_dimensions, pick_person
from pages.shell import live, session
from pages.shell.parts import empty_state, heading, plain
from semantic.display.format import counted
from semantic.display.words.access import key_words, mark_words, number_words, verdict_words
from semantic.errors import NotAllowed, StoreFailed
from semantic.explore.weekly import WEEKS, is_dated
from semantic.governance.compare_people import RowPair, View, pair_rows, view_of
from semantic.model.definitions import Metric
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.policy.viewing import view_as
from semantic.query.query import Breakdown, Query
from semantic.results.result import Result
from semantic.store.audit.log import Act, record
from semantic.store.people import subject_of
from semantic.workspace import Workspace

MOST_ROWS = 200
PERIODS = {"All time": None, "Last 13 complete weeks": WEEKS}


def two_people(workspace: Workspace, actor: Actor) -> None:
    """Draw the choice of two people and a question, then the access that each of them has."""
    seen = workspace.visible(actor)
    if len(session.people()) < 2 or not seen.metrics:
        empty_state(
            "group_off", "No two people to compare", "At least two people need to have signed in.",
            key="pair-none",
        )  # fmt: skip
        return
    with st.container(horizontal=True, gap="small", key="pair-people"):
        first = pick_person("pair-first", "First")
        second = pick_person("pair-second", "Second", second=True)
    query = _question(workspace, actor, seen)
    if query is None:
        st.caption("Pick a metric to compare what both see.")
        return
    views = [
        view_of(workspace.visible(person), query, workspace.dialect, today=workspace.today())
        for person in (first, second)
    ]
    for column, view in zip(st.columns(2, gap="small"), views, strict=True):
        with column, st.container(border=True, height="stretch", gap="xsmall"):
            _view(view)
    if any(view.refused is not None for view in views):
        st.caption("One of them can't run this question, so there's nothing to compare.")
        return
    _answers(workspace, actor, (first, second), query)


def _question(workspace: Workspace, actor: Actor, seen: VisibleModel) -> Query | None:
    labels = {metric.name: metric.label for metric in seen.metrics}
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="pair-question"):
        names = st.multiselect(
            "Metrics", list(labels), key="pair-metrics", max_selections=3, placeholder="Pick up to three",
            format_func=lambda name: labels[name],
        )  # fmt: skip
        metrics: list[Metric] = [seen.metric(name) for name in names]
        by = pick_dimensions(seen, "pair-by", workspace, actor, metrics) if metrics else ()
        dated = bool(metrics) and all(is_dated(metric, seen) for metric in metrics)
        options = list(PERIODS) if dated else ["All time"]
        period = st.selectbox("Days", options, key="pair-days", disabled=not dated)
    if not metrics:
        return None
    return Query(
        metrics=tuple(names),
        by=tuple(Breakdown(dimension.name) for dimension in by),
        time=PERIODS[period],
        totals=((),) if by else (),
        limit=MOST_ROWS if by else None,
    )


def _view(view: View) -> None:
    heading(view.seen.actor.short_name, view.scope)
    for name in view.names:
        sentences = "".join(f"  \n:small[{plain(sentence)}]" for sentence in name.sentences)
        st.markdown(f"{SIGNS[verdict_words(name)]} **{plain(name.label)}**{sentences}")
    if view.refused is not None:
        st.markdown(f":orange[:material/call_split:] {plain(view.refused.title)} :gray[Code {view.refused.code}]")


# Answers


def _answers(workspace: Workspace, actor: Actor, people: tuple[Actor, Actor], query: Query) -> None:
    """Draw a button that shows both answers.

    A policy must let the viewer view as both people, because the answers are what these people see.
    """
    try:
        askers = [_asker(workspace, actor, each_actor) for each_actor in people]
    except NotAllowed as error:
        st.markdown(f":gray[:material/lock: You can't see their results. {plain(str(error))}]")
        return
    asked = (*(each_actor.id for each_actor in people), repr(query))
    if st.button("Compare results", key="pair-run", type="primary", icon=":material/compare:"):
        st.session_state["pair-asked"] = asked
        if not _recorded(actor, people):
            return
    if st.session_state.get("pair-asked") != asked:
        return
    with st.spinner("Running as both"):
        left, right = (live.answer(query, workspace, asker) for asker in askers)
    for late in (left, right):
        if isinstance(late, live.LateAnswer):
            empty_state("error", "One of the two questions failed", late.sentence, key="pair-late")
            return
    if isinstance(left, Result) and isinstance(right, Result):
        _differences(pair_rows(left, right), left, right, people)


def _asker(workspace: Workspace, actor: Actor, person: Actor) -> Actor:
    if person.id == actor.id and actor.viewed_by is None:
        return actor
    return view_as(workspace.model, actor, person, now=datetime.now(UTC))


def _recorded(actor: Actor, people: tuple[Actor, Actor]) -> bool:
    """Record the comparison in the audit log, and return whether that succeeded. Without a record, nothing is shown."""
    served = session.live()
    try:
        with served.store.write() as transaction:  # by IDs, which identify no one after erasure
            first, second = (subject_of(transaction, each_actor.id, each_actor.name) for each_actor in people)
            about, details = f"person:{first}", {"beside": f"person:{second}"}
            record(transaction, Act(kind="access.explained", actor=actor, about=about, details=details), served.keys)
    except StoreFailed as error:
        st.session_state.pop("pair-asked", None)
        empty_state("error", "The comparison didn't run", str(error), key="pair-unrecorded")
        return False
    return True


def _differences(pairs: Sequence[RowPair], left: Result, right: Result, people: tuple[Actor, Actor]) -> None:
    if not pairs:
        empty_state("table_rows", "Neither person sees any rows", "No rows in either scope.", key="pair-empty")
        return
    names = tuple(actor.short_name for actor in people)
    marks = {"first only": f"Only {names[0]}", "second only": f"Only {names[1]}", "differs": "Differs", "": "Same"}
    differing = sum(pair.differs for pair in pairs)
    same = len(pairs) - differing
    st.markdown(
        f"**{counted(differing, 'row')}** differ{'s' if differing == 1 else ''} and "
        f"{same} {'is' if same == 1 else 'are'} the same."
    )
    keys = [key_words(pair, left, right) for pair in pairs]
    table = {"": [marks[mark_words(pair)] for pair in pairs]}
    table |= {column.label: [row[place] for row in keys] for place, column in enumerate(left.keys)}
    for column in left.values:
        table[f"{column.label}, {names[0]}"] = [number_words(pair.left, column.name, left) for pair in pairs]
        table[f"{column.label}, {names[1]}"] = [number_words(pair.right, column.name, right) for pair in pairs]
    numbers = list(table)[1 + len(left.keys) :]
    st.dataframe(
        table, key="pair-table", hide_index=True, row_height=34, height="content" if len(pairs) <= 12 else 34 * 13,
        alt="Both results, with a mark on each row that differs.",
        column_config={name: st.column_config.TextColumn(alignment="right") for name in numbers},
    )  # fmt: skip
    for result, name in ((left, names[0]), (right, names[1])):
        if result.query.limit is not None and result.query.limit < result.groups:
            limit = result.query.limit
            first = "the first" if limit == 1 else f"the first {limit:,}"
            are = "is" if limit == 1 else "are"
            st.caption(f"Only {first} of {counted(result.groups, 'row')} for {plain(name)} {are} compared.")
