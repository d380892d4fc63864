"""The view Drift: how well each engine reads certified questions, the questions, and the switch of the
language model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from pages.govern.oversight import drift_form as form
from pages.govern.oversight.outcome import run_and_tell, switch_and_tell
from pages.shell import session
from pages.shell.parts import Action, State, block, empty_state, notice, plain, unseen
from pages.shell.switching_off import switch_off
from pages.widgets.item_words import when_words
from semantic.agents.drift import BAR, LABELS, MODEL, DriftWork, below, engines_of
from semantic.agents.engines import configured_model
from semantic.agents.example_questions import example_questions
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.store.agents.drift import OUTCOMES, DriftRun, QuestionOutcomes, StoredCertified

OUTCOME_LABELS: Final = {
    "same": "Same answer",
    "other": "Different answer",
    "asked_back": "Asked to clarify",
    "refused": "Refused",
    "failed": "Didn't respond",
}


def show() -> None:
    """Draw the engines, the certified questions and the switch."""
    _, actor = session.require("steward")
    work = DriftWork(session.live(), actor, configured_model)
    if actor.viewed_by is not None:
        notice("caution", "lock", "You're viewing as someone else. Stop viewing to see drift.", key="drift-viewing")
        return
    try:
        questions = work.questions()
        engines = {engine.name for engine in engines_of(work.live, work.model)}
        runs = {name: found for name in LABELS if (found := work.runs(name))}
        is_on, why = work.model_reader()
    except SemanticError as error:
        acts = [Action("Try again", _just_rerun)]
        empty_state("cloud_off", "Couldn't load drift", str(error), acts, key="drift-away")
        return
    if form.is_open(questions):
        form.show(work)
        return
    if not questions:
        _none(work)
        return
    _head(work)
    for name, found in runs.items():
        _engine(name, found[0])
    if not runs:
        st.caption(
            "These questions haven't run yet. They first run within minutes, then every night and after each publish."
        )
    if not is_on or MODEL in engines:
        _switch(work, is_on=is_on, why=why)
    if runs:
        _table(questions, runs)
    _questions(work, questions)


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the page."""


def _none(work: DriftWork) -> None:
    examples = example_questions(session.workspace(), work.actor)
    acts = [Action("Add a certified question", form.open_new)]
    if examples:
        acts.insert(0, Action(f"Add {len(examples)} examples", lambda: _add_examples(work)))
    empty_state(
        "rule", "No certified questions yet",
        "Add questions whose answers you trust, each with a few ways to ask it in words. Every night and after each "
        "publish, Samepage checks that they all give the same answer.", acts, key="drift-none",
    )  # fmt: skip


def _head(work: DriftWork) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="drift-head"):
        st.markdown(
            f":small[:gray[At least {BAR:.0%} of paraphrases must give the same answer, and none a different one.]]",
            width="stretch",
        )
        st.button("Add question", icon=":material/add:", key="drift-add", on_click=form.open_new)
        st.button("Run now", icon=":material/play_arrow:", key="drift-run", type="primary", on_click=_run, args=(work,))


def _engine(name: str, run: DriftRun) -> None:
    state, icon, words = engine_words(name, run)
    when = when_words(run.begun_at, session.workspace())
    notice(state, icon, f"{LABELS[name]}: {words} Ran {when}.", key=f"drift-engine-{name}")


def engine_words(name: str, run: DriftRun) -> tuple[State, str, str]:
    """Return the result of an engine's run: its state, its icon, and one or two sentences."""
    share, why = run.share, below(run)
    left_out = sum(bool(each.why) for each in run.asked)
    skipped = f" {counted(left_out, 'question')} couldn't be run." if left_out else ""
    if share is None:
        return "caution", "cloud_off", f"No paraphrase could be checked.{skipped}"
    if not why:
        return (
            "good",
            "check_circle",
            f"{share:.1%} of {counted(run.judged, 'paraphrase')} gave the same answer.{skipped}",
        )
    if name == MODEL:
        return "bad", "power_off", f"{why}, so it's switched off. Samepage still reads questions without it.{skipped}"
    return "caution", "warning", f"{why}. Check the questions below.{skipped}"


def _switch(work: DriftWork, *, is_on: bool, why: str) -> None:
    if is_on:
        with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key="drift-model"):
            st.markdown(":green[:material/power:] The language model is on.", width="stretch")
            switch_off(
                "Switch off language model", "Samepage then reads questions without it, on every server.",
                lambda why: switch_and_tell(lambda: work.switch_model(is_on=False, why=why)), key="drift-model-off",
            )  # fmt: skip
        return
    reason = f" Reason: {why.rstrip('.')}." if why else ""
    notice(
        "bad", "power_off", f"The language model is switched off.{reason} Samepage still reads questions without it.",
        Action(
            "Switch on",
            lambda: switch_and_tell(lambda: work.switch_model(is_on=True), "The language model is switched on."),
        ),
        key="drift-model",
    )  # fmt: skip


def _table(questions: Sequence[StoredCertified], runs: dict[str, list[DriftRun]]) -> None:
    shown = [
        outcome for outcome in OUTCOMES if outcome != "failed" or any(run[0].count("failed") for run in runs.values())
    ]
    columns: dict[str, list[object]] = {"Certified question": []}
    if len(runs) > 1:
        columns["Engine"] = []
    columns |= {OUTCOME_LABELS[outcome]: [] for outcome in shown}
    for kept in questions:
        for name, found in runs.items():
            asked = next((each for each in found[0].asked if each.question == kept.id), None)
            columns["Certified question"].append(kept.certified.name)
            if len(runs) > 1:
                columns["Engine"].append(LABELS[name])
            for outcome in shown:
                columns[OUTCOME_LABELS[outcome]].append(_count(asked, outcome))
    with block("Last run by question", "paraphrases by outcome"):
        st.dataframe(columns, hide_index=True, width="stretch", key="drift-table")


def _count(asked: QuestionOutcomes | None, outcome: str) -> int | None:
    if asked is None or asked.why:
        return None
    return sum(read.outcome == outcome for read in asked.reads)


def _questions(work: DriftWork, questions: Sequence[StoredCertified]) -> None:
    try:
        last = {name: next(iter(work.runs(name, most=1)), None) for name in LABELS}
    except SemanticError:
        last = {}
    with block("Certified questions", counted(len(questions), "question")):
        for kept in questions:
            with st.expander(plain(kept.certified.name)):
                owner = kept.owner_name.partition(",")[0] or "someone who left"
                st.caption(plain(f"Owned by {owner}. Runs with their access."))
                if kept.is_hidden:
                    st.button(
                        "Remove", key=f"drift-remove-{kept.id}", type="tertiary", icon=":material/delete:",
                        on_click=_remove, args=(work, kept),
                    )  # fmt: skip
                    continue
                for name, run in last.items():
                    asked = next((each for each in run.asked if each.question == kept.id), None) if run else None
                    if asked is not None:
                        _reads(LABELS[name], asked)
                if not any(last.values()):
                    st.markdown("  \n".join(f"- {plain(text)}" for text in kept.certified.paraphrases))
                with st.container(horizontal=True, gap="xsmall"):
                    st.button(
                        f"Edit {unseen(kept.certified.name)}", key=f"drift-edit-{kept.id}", icon=":material/edit:",
                        on_click=form.open_existing, args=(kept,),
                    )  # fmt: skip
                    st.button(
                        f"Remove {unseen(kept.certified.name)}", key=f"drift-remove-{kept.id}", type="tertiary",
                        icon=":material/delete:", on_click=_remove, args=(work, kept),
                    )  # fmt: skip


def _reads(engine: str, asked: QuestionOutcomes) -> None:
    if asked.why:
        st.markdown(f":orange[:material/warning:] {plain(f'{engine}: {asked.why}')}")
        return
    icons = {"same": ":green[:material/check:]", "other": ":red[:material/close:]"}
    lines = [
        f"{icons.get(read.outcome, ':orange[:material/help:]')} {plain(read.words)}"
        + ("" if read.outcome == "same" else f" :gray[{plain(f'{OUTCOME_LABELS[read.outcome]}. {read.why}')}]")
        for read in asked.reads
    ]
    st.markdown(f":small[:gray[{plain(engine)}]]  \n" + "  \n".join(lines))


# Click handlers


def _add_examples(work: DriftWork) -> None:
    def act() -> str:
        examples = example_questions(session.workspace(), work.actor)
        for each in examples:
            work.add(each)
        return f"Added {counted(len(examples), 'certified question')}. They run within minutes."

    run_and_tell(act)


def _run(work: DriftWork) -> None:
    def act() -> str:
        runs = work.run_now()
        return f"Ran {counted(len(runs[0].asked), 'certified question')}." if runs else "Nothing ran."

    run_and_tell(act)


def _remove(work: DriftWork, kept: StoredCertified) -> None:
    def act() -> str:
        work.remove(kept)
        return f"Removed “{kept.certified.name}”."

    run_and_tell(act, "delete")
