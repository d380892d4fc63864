"""Sets of people: the set that limits an analysis, and the analyses that can use people from a part of this one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.analyses.draft import Data, at, put
from pages.analyses.form import Form
from pages.analyses.kind import ShownAnswer, metrics_in
from pages.shell import session
from pages.shell.parts import Action, empty_state, plain
from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.asked import plural
from semantic.analyses.events.members import member_data
from semantic.analyses.events.parts import read_part_of
from semantic.analyses.events.retention.finding import RetentionFound
from semantic.analyses.events.sets import offered_parts, read_set, set_words
from semantic.errors import SemanticError
from semantic.query.describe import upper_first
from semantic.services.analyzing.breakdowns import breakdowns_of
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.words.retention import cohort_text, group_text

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.services.analyzing.saved import SavedAnalyses
    from semantic.workspace import Workspace

TOO_FEW = "Try a longer period or fewer filters."
USE, WHO = "Use these people in…", "Who are they?"


def too_few(shown: ShownAnswer) -> None:
    """Draw what to try if an answer has no numbers because they're based on too few people."""
    time = shown.data.get("time")
    acts = [Action("All time", lambda: shown.ask(put(shown.data, ("time",), None)))] if time is not None else []
    empty_state("visibility_off", "Too few people", TOO_FEW, acts, key=f"{shown.key}-too-few")


def only_these(form: Form) -> None:
    """Draw the set of people that limits an analysis, with its parts and a button that removes it.

    Without a set, draw the menu that chooses one from a saved analysis.
    """
    if form.data.get("of") is None:
        if form.data.get("who") is None and form.state.kind in EVENT_KINDS:
            _choose_saved(form)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="analysis-of"):
        words = set_text(form.data, "of", form.workspace, form.state.actor)
        st.markdown(f":small[:material/group: Only {plain(words)}]", width="stretch")
        st.button(
            "Everyone", key=form.key("of", "remove"), type="tertiary", icon=":material/close:",
            help="Count everyone again", on_click=form.act(lambda data: put(data, ("of",), None)),
        )  # fmt: skip

    _parts(form)


def _parts(form: Form) -> None:
    """Draw the parts of the analysis that the people are from."""
    try:
        of = read_set(read_part_of(form.data.get("of"), "of"))
        parts = offered_parts(of.kind, of.asked, form.seen, today=form.workspace.today())
    except SemanticError:
        return
    options = {json.dumps(part, sort_keys=True): words for part, words in parts}
    now = json.dumps(at(form.data, ("of", "part")), sort_keys=True)
    if now not in options:
        return
    key = form.key("of", "part")
    form.bind(key, lambda data, value: put(data, ("of", "part"), json.loads(value)) if value else data, among=options)
    st.selectbox("Who", list(options), index=list(options).index(now), key=key, format_func=lambda part: options[part])


def _choose_saved(form: Form) -> None:
    """Draw the saved analyses that people can be taken from, which are those of kinds with parts."""
    with st.popover("Only some people", icon=":material/group:", key=form.key("of"), on_change="rerun") as popover:
        if not popover.open:
            return
        work = session.analysis_work(form.workspace, form.state.actor)
        heads = [head for head in work.analyses() if (kind := EVENT_KINDS.get(head.kind)) is not None and kind.parts]
        if not heads:
            st.caption("Save an analysis first, such as a funnel. Then you can use people from it here.")
            return
        labels = {head.id: head.name for head in heads}
        key = form.key("of", "saved")
        chosen = st.selectbox(
            "From a saved analysis", list(labels), index=None, key=key, placeholder="Choose",
            format_func=lambda saved: labels[saved],
        )  # fmt: skip
        if chosen is not None:
            _use_saved(form, work, chosen)


def _use_saved(form: Form, work: SavedAnalyses, saved: str) -> None:
    """Draw the button that limits the analysis to the first part of a saved one, or the reason why that's
    impossible.
    """
    try:
        analysis = work.open(saved).analysis
        parts = offered_parts(analysis.kind, analysis.asked, form.seen, today=form.workspace.today())
    except SemanticError as error:
        st.caption(plain(str(error)))
        return
    subject = analysis.data.get("subject")
    if subject != form.data.get("subject") or not parts:
        mine, its = (str(each).replace("_", " ") for each in (form.data.get("subject"), subject))
        st.caption(
            plain(
                f"The saved analysis follows each {its}, but this one follows each {mine}. Choose an analysis that "
                f"follows each {mine}."
            )
        )
        return
    of = {"analysis": analysis.data, "part": parts[0][0]}
    st.button("Use these people", key=form.key("of", "use"), on_click=form.act(lambda data: put(data, ("of",), of)))


def set_text(data: Data, key: str, workspace: Workspace, actor: Actor) -> str:
    """Return the set of people at a key of a definition in words, such as `visitors who reached View but not Cart`."""
    subjects = plural(str(data.get("subject", "person")))
    try:
        words = set_words(read_part_of(data.get(key), key), workspace.visible(actor), today=workspace.today())
    except SemanticError:
        return f"{subjects} from another analysis"
    return f"{subjects} who {words}"


def people_menu(
    shown: ShownAnswer, *, more: Sequence[Data] = (), without: Callable[[Data], bool] | None = None
) -> None:
    """Draw a choice of the analysis's parts, and a menu of analyses that can be limited to the people in the chosen
    part.

    `more` adds parts that only this answer has, and `without` returns whether to leave a part out. If the answer has
    cohorts or groups, people can choose one of them, too. Where small groups are hidden, only parts that can be used
    are offered.
    """
    analyzed: Analyzed[Any] = shown.answer.found  # Any: each kind has its own finding
    kind, planned = analyzed.analysis.kind, analyzed.planned
    parts = kind.parts
    if parts is None:
        return
    words: dict[str, str] = {}
    for part in [*parts.offers(shown.asked), *more]:
        if without is not None and without(part):
            continue
        read = parts.read(shown.asked, part)
        if not planned.smallest or parts.atoms(shown.asked, read) is not None:
            words[json.dumps(part, sort_keys=True)] = upper_first(parts.words(shown.asked, planned, read))
    if not words:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key=f"{shown.key}-people"):
        chosen = st.selectbox(
            "People", list(words), key=f"{shown.key}-people-who", format_func=lambda part: words[part], width=420
        )
        within = {} if planned.smallest else _within(shown)
        plain_data = {key: value for key, value in shown.data.items() if key != "sample"}
        use_menu(
            shown, {"analysis": plain_data, "part": {**json.loads(chosen), **within}}, key=f"{shown.key}-people-use"
        )


def _within(shown: ShownAnswer) -> Data:
    """Draw the choice of a cohort and a group, if the answer has any, and return the definition of that choice."""
    found = shown.answer.found.found
    cohorts: Sequence[Any] = getattr(found, "cohorts", ())
    groups: Sequence[Any] = getattr(found, "groups", ()) if isinstance(found, RetentionFound) else ()
    part: Data = {}
    if isinstance(found, RetentionFound) and cohorts:
        dates = {row.over: cohort_text(row, shown.answer.found) for row in cohorts if row.over is not None}
        cohort = st.selectbox(
            "Cohort", [None, *dates], key=f"{shown.key}-people-over", width=160,
            format_func=lambda day: dates[day] if day is not None else "All",
        )  # fmt: skip
        part |= {"over": cohort.isoformat()} if cohort is not None else {}
    if groups:
        names = [group_text(shown.answer.found, row) for row in groups]
        place = st.selectbox(
            "Group", range(-1, len(names)), key=f"{shown.key}-people-by", width=200,
            format_func=lambda at: names[at] if at >= 0 else "All",
        )  # fmt: skip
        part |= {"by": member_data(groups[place].by)} if place is not None and place >= 0 else {}
    return part


def use_menu(shown: ShownAnswer, of: Data, *, key: str, label: str = USE) -> None:
    """Draw a menu of analyses that can be limited to these people. Each opens in place of the current one."""
    offered = {page.label: page for page in shown.pages.values() if page.start is not None}
    metrics = metrics_in(of)
    actions = [WHO, *offered] if "profile" in shown.pages and shown.data.get("kind") != "profile" else [*offered]

    def choose() -> None:
        chosen = st.session_state.get(key)
        if chosen == WHO:
            _ask_who(shown, of, metrics)
            return
        page = offered.get(chosen) if isinstance(chosen, str) else None
        seen = shown.workspace.visible(shown.actor)
        for metric in metrics if page is not None and page.start is not None else ():
            assert page is not None
            assert page.start is not None
            made = page.start(metric, seen, shown.workspace)
            if made is not None:
                shown.ask(_of_these(made, shown.data, of))
                return
        if page is not None:
            st.toast(f"{plain(page.label)} has nothing to count for these people.", icon=":material/info:")

    if offered and metrics:
        st.menu_button(plain(label), actions, key=key, on_click=choose, icon=":material/group:")


def _ask_who(shown: ShownAnswer, of: Data, metrics: Sequence[str]) -> None:
    """Open a profile that compares these people with everyone else, by their first event that has a breakdown."""
    subject = str(shown.data.get("subject", ""))
    for metric in metrics:
        if by := breakdowns_of(shown.workspace, metric, subject, shown.actor):
            profile: Data = {"kind": "profile", "v": 1, "at": {"metric": metric}, "who": of, "by": by}
            shown.ask({key: value for key, value in _of_these(profile, shown.data, of).items() if key != "of"})
            return
    st.toast("None of these people's events have a breakdown.", icon=":material/info:")


def _of_these(made: Data, data: Data, of: Data) -> Data:
    """Return a definition for only these people, with the subject and period of the analysis that they're from."""
    time = {} if data.get("time") is None else {"time": data["time"]}
    return {**made, "subject": data.get("subject"), **time, "of": of}
