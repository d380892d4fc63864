"""The targets a person can see, by metric, with a search. Each opens to its history and its form."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import streamlit as st

from pages.shell import links, session
from pages.shell.parts import Act, block, empty_state, page_header, plain, unseen
from pages.shell.turns import in_turn
from pages.targets import form as target_form
from pages.targets import notice, paste
from pages.widgets.kept_words import FORMER, first_words, when_words
from semantic.display.words.targets import number_words, span_words, whom_words
from semantic.errors import SemanticError
from semantic.query.periods import Calendar
from semantic.services.pacing import ModelTarget
from semantic.services.targets import TargetWork
from semantic.store.numbers.targets import KeptTarget
from semantic.targets.target import Target

PAGE = 40
SEARCH, OVER, SHOWN = "targets-search", "targets-over", "targets-shown"


def header() -> None:
    """Draw the title, and for a steward the buttons to add targets."""
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
    """Draw the list of targets, which reruns on its own on every click and keystroke."""
    workspace, actor = session.require("marketer")
    work = session.target_work(workspace, actor)
    notice.show()
    try:
        targets = work.targets()
    except SemanticError as error:
        empty_state("cloud_off", "Couldn't load targets", str(error), [Act("Try again", _stay)], key="targets-away")
        return
    of_model = work.of_model()
    if targets:
        _narrowed(targets, work)
    else:
        _none(work, of_model)
    if of_model:
        _of_model(of_model)
    target_form.show(work)
    paste.show(work)


def _none(work: TargetWork, of_model: Sequence[ModelTarget]) -> None:
    if work.may_set:
        sentence = "Add one, or paste rows from a spreadsheet. "
        sentence += (
            "The targets below come from a table." if of_model else "Targets from a table are set up in Definitions."
        )
    else:
        sentence = "Only stewards can set targets. You see those for data you have access to."
    title = "No targets set here yet" if of_model else "No targets yet"
    empty_state("flag", title, sentence, key="targets-none")


def _of_model(targets: Sequence[ModelTarget]) -> None:
    """A line for each metric whose targets are in a table: read-only, since they're edited in that table."""
    note = "Loaded from a table and edited there. A target set here for the same dates takes precedence."
    with block("From your data", note), st.container(border=True, gap="xxsmall", key="targets-of-model"):
        for target in targets:
            text = f", owned by {target.target.owner}" if target.target.owner else ""
            said = f"by {target.grain.words}, from {target.target.label}{text}"
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                links.metric_link(target.metric.label, target.metric.name, strong=True)
                st.markdown(f":small[:gray[{plain(said)}]]")


def _narrowed(targets: Sequence[KeptTarget], work: TargetWork) -> None:
    today = work.workspace.today()
    over = [target for target in targets if target.target.last < today]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="targets-narrowing"):
        text = st.text_input(
            "Search targets", key=SEARCH, live=True, icon=":material/search:", label_visibility="collapsed",
            placeholder="Search metrics, values and periods", width="stretch",
        )  # fmt: skip
        if over:
            st.toggle(f"Past targets ({len(over):,})", key=OVER)
    shown_over = bool(st.session_state.get(OVER)) or len(over) == len(targets)
    found = _matching([target for target in targets if shown_over or target.target.last >= today], text or "", work)
    if not found:
        empty_state(
            "search_off", "No targets match", "Try a different search. Turn on the switch above to include past "
                "targets.",
            [Act("Show all", _clear)], key="targets-none-found",
        )  # fmt: skip
        return
    shown, seen = st.session_state.get(SHOWN, PAGE), work.workspace.visible(work.actor)
    for name, group in groupby(found[:shown], key=lambda each_target: each_target.target.metric):
        metric = seen.metric(name)
        with st.container(border=True, gap="xxsmall", key=f"targets-of-{name}"):
            st.markdown(f"**{plain(metric.label or metric.name)}**")
            for target in group:
                _row(target, work)
    if len(found) > shown:
        st.button(
            f"Show {min(PAGE, len(found) - shown)} more of {len(found):,}", key="targets-more", on_click=_more,
            args=(shown + PAGE,),
        )  # fmt: skip


def _matching(targets: Sequence[KeptTarget], text: str, work: TargetWork) -> list[KeptTarget]:
    """The targets in which every typed word is the start of a word in the metric, the value or the period."""
    wanted = text.casefold().split()
    if not wanted:
        return [*targets]
    found_targets: list[KeptTarget] = []
    for target in targets:
        words = " ".join(_words(target.target, work)).casefold().split()
        if all(any(word.strip("(\"'").startswith(part) for word in words) for part in wanted):
            found_targets.append(target)
    return found_targets


def _words(target: Target, work: TargetWork) -> tuple[str, str, str]:
    """The metric, who it's for, and the period."""
    seen = work.workspace.visible(work.actor)
    settings = work.workspace.model.settings
    calendar = Calendar(settings.week_start, settings.fiscal_start)
    label = seen.metric(target.metric).label or target.metric
    return label, whom_words(target.dim, target.member, seen), span_words(target.first, target.last, calendar)


def _row(target: KeptTarget, work: TargetWork) -> None:
    _, whom, period = _words(target.target, work)
    seen = work.workspace.visible(work.actor)
    metric = seen.metric(target.target.metric)
    when, value, facts = st.columns([1.5, 1.1, 2.4], gap="xsmall", vertical_alignment="center")
    with when:
        st.markdown(f"{plain(period)} &nbsp;:gray[{plain(whom)}]")
    with value:
        st.markdown(f"**{plain(number_words(target.target.value, metric))}**")
    with facts, st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        who = first_words(target.author_name) or FORMER
        text = f"{who}, {when_words(target.changed_at, work.workspace)}"
        st.markdown(f":small[:gray[{plain(text)}]]", width="stretch")
        icon, effect = ("edit", "Edit, remove, history") if work.may_set else ("history", "History")
        st.button(
            unseen(effect), icon=f":material/{icon}:", key=f"target-{target.id}", type="tertiary", help=plain(effect),
            on_click=target_form.open_kept, args=(target.id,),
        )  # fmt: skip


def _clear() -> None:
    st.session_state[SEARCH], st.session_state[OVER] = "", True


def _more(count: int) -> None:
    st.session_state[SHOWN] = count


def _stay() -> None:
    """Do nothing, because the click itself reruns the list."""
