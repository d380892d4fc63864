"""The list of targets that a person can see, with a search, and a table with the progress of each."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shell import session
from pages.shell.parts import Action, empty_state, page_header
from pages.shell.turns import in_turn
from pages.targets import form as target_form
from pages.targets import notice, paste
from pages.targets.table import table
from pages.widgets.attainment import attainments_of, current_aims
from semantic.display.words.targets import span_words, target_scope_words
from semantic.errors import SemanticError
from semantic.query.periods import Calendar
from semantic.services.targets.attainment import ListedTarget, listed_set_targets
from semantic.services.targets.work import TargetWork
from semantic.store.numbers.targets import StoredTarget

PAGE = 20  # each target costs a few questions
SEARCH, OVER, SHOWN = "targets-search", "targets-over", "targets-shown"


def header() -> None:
    """Draw the title and, for stewards, the buttons that add targets."""
    workspace, actor = session.require("marketer")
    work = session.target_work(workspace, actor)
    page_header(
        "Targets",
        "Goals for your metrics, and whether you're on track.",
        _actions if work.may_set else None,
        scope=workspace.visible(actor).scope,
    )


def _actions() -> None:
    st.button("Paste several", icon=":material/content_paste:", key="targets-paste", on_click=paste.open_dialog)
    st.button("Add a target", icon=":material/add:", key="targets-add", type="primary", on_click=target_form.open_new)


@st.fragment
@in_turn
def targets() -> None:
    """Draw the list of targets, which reruns separately on every click and keystroke."""
    workspace, actor = session.require("marketer")
    work = session.target_work(workspace, actor)
    notice.show()
    try:
        targets = work.targets()
    except SemanticError as error:
        empty_state(
            "cloud_off", "Couldn't load targets", str(error), [Action("Try again", _just_rerun)], key="targets-away"
        )
        return
    aims = current_aims(targets, workspace, actor)
    if targets or aims:
        _narrowed(targets, aims, work)
    else:
        _none(work)
    if any(aim.source is not None for aim in aims):
        st.caption(
            "Targets from your data are edited in their table. A target set here for the same dates takes precedence."
        )
    target_form.show(work)
    paste.show(work)


def _none(work: TargetWork) -> None:
    if work.may_set:
        sentence = "Add one, or paste rows from a spreadsheet. Targets from a table are set up in Definitions."
    else:
        sentence = "Only stewards can set targets. You see those for data you have access to."
    empty_state("flag", "No targets yet", sentence, key="targets-none")


def _narrowed(targets: Sequence[StoredTarget], running: Sequence[ListedTarget], work: TargetWork) -> None:
    """Draw the search and the table. It has current and future targets and, if the switch is on, past ones."""
    workspace, actor = work.workspace, work.actor
    today, seen = workspace.today(), workspace.visible(actor)
    over = [target for target in targets if target.target.last < today]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="targets-narrowing"):
        text = st.text_input(
            "Search targets", key=SEARCH, live=True, icon=":material/search:", label_visibility="collapsed",
            placeholder="Search metrics, values and periods", width="stretch",
        )  # fmt: skip
        if over:
            st.toggle(f"Past targets ({len(over):,})", key=OVER)
    shown_over = bool(st.session_state.get(OVER)) or not (running or len(over) < len(targets))
    others = [
        target for target in targets if target.target.first > today or (shown_over and target.target.last < today)
    ]
    found = _matching([*running, *listed_set_targets(others, seen)], text or "", work)
    if not found:
        empty_state(
            "search_off", "No targets match", "Try a different search. Turn on the switch above to include past "
                "targets.",
            [Action("Show all", _clear)], key="targets-none-found",
        )  # fmt: skip
        return
    shown, slot = st.session_state.get(SHOWN, PAGE), st.empty()
    rows = attainments_of(found[:shown], targets, workspace, actor, waiting=lambda: slot.skeleton(240))
    with slot.container(gap="xsmall"):
        table(rows, work)
    if len(found) > shown:
        st.button(
            f"Show {min(PAGE, len(found) - shown)} more of {len(found):,}", key="targets-more", on_click=_more,
            args=(shown + PAGE,),
        )  # fmt: skip


def _matching(aims: Sequence[ListedTarget], text: str, work: TargetWork) -> list[ListedTarget]:
    """Return the targets in which each typed word starts a word of the metric, the value or the period."""
    wanted = text.casefold().split()
    if not wanted:
        return [*aims]
    found_aims: list[ListedTarget] = []
    for aim in aims:
        words = " ".join(_words(aim, work)).casefold().split()
        if all(any(word.strip("(\"'").startswith(part) for word in words) for part in wanted):
            found_aims.append(aim)
    return found_aims


def _words(aim: ListedTarget, work: TargetWork) -> tuple[str, str, str]:
    """Return the metric of a target, who the target is for, and its period, in words."""
    seen, settings = work.workspace.visible(work.actor), work.workspace.model.settings
    calendar = Calendar(settings.week_start, settings.fiscal_start)
    return (
        aim.metric.label or aim.metric.name,
        target_scope_words(aim.dim, aim.member, seen),
        span_words(aim.first, aim.last, calendar),
    )


def _clear() -> None:
    st.session_state[SEARCH], st.session_state[OVER] = "", True


def _more(count: int) -> None:
    st.session_state[SHOWN] = count


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the list."""
