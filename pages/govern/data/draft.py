"""The third step: Samepage's guesses about the chosen tables with their evidence, and questions that only people can
answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.govern.data import state
from pages.shell.parts import Action, empty_state, notice, plain
from pages.shell.turns import in_turn
from semantic.display.format import counted
from semantic.errors import SemanticError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from semantic.introspection.guess import Guess
    from semantic.introspection.profile import TableProfile
    from semantic.introspection.proposing import Answer, Proposal
    from semantic.services.adding.adding import Adding, Profiling
    from semantic.starters.matching import Match
    from semantic.starters.starter import Question

POLL_SECONDS = 1.0
DATASET, ONLY_OPEN = "add-data-dataset", "add-data-only-open"
EVERYTHING = ""
"""The option that shows the guesses that aren't about a single dataset."""


def show() -> None:
    """Draw the questions of the starters, then the guesses about each dataset. Profiling can still be running."""
    workspace, _, adding = state.require()
    try:
        profiling = adding.profile(workspace)
    except SemanticError as error:
        empty_state(
            "error", "The tables can't be read", str(error),
            [Action("Choose another connection", lambda: state.go("source"))], key="add-data-unread",
        )  # fmt: skip
        return
    _starters(adding)
    if profiling.is_running:
        _running()
        return
    if profiling.problem:
        empty_state(
            "error", "Profiling didn't finish", profiling.problem, [Action("Try again", _again)], key="add-data-failed"
        )
        return
    proposal = adding.proposal()
    if proposal is not None and proposal.guesses:
        _unread(profiling)
        _guesses(profiling, proposal)
    _onward(adding)


@st.fragment(run_every=POLL_SECONDS)
@in_turn
def _running() -> None:
    """Draw the progress of profiling. When profiling ends, rerun the whole page."""
    _, _, adding = state.require()
    profiling = adding.profiling
    if profiling is None or not profiling.is_running:
        st.rerun()
        return
    progress = profiling.progress
    with st.container(border=True, gap="small", key="add-data-running"):
        share = progress.done / progress.of if progress.of else 0.0
        place = min(progress.done + 1, progress.of)
        text = f"Profiling {place} of {counted(progress.of, 'table')}\N{HORIZONTAL ELLIPSIS}"
        st.progress(min(share, 1.0), text=plain(f"{text} {progress.table}"))
        st.caption("You can leave this page. It continues in the background, and people's questions come first.")
        st.button("Stop", key="add-data-stop", on_click=_stop)


def _stop() -> None:
    _, _, adding = state.require()
    if adding.profiling is not None:
        adding.profiling.cancel()


def _again() -> None:
    workspace, _, adding = state.require()
    try:
        adding.profile(workspace, again=True)
    except SemanticError as error:
        st.session_state[state.TROUBLE] = str(error)


# Starters


def _starters(adding: Adding) -> None:
    """Draw what the matching starters would add, with their questions."""
    for match in adding.fitting:
        _starter(match, adding)
    questions = adding.questions
    if questions:
        with st.container(border=True, gap="small", key="add-data-questions"):
            st.markdown(f"**{counted(len(questions), 'question')} that columns can't answer**")
            for question in questions:
                _question(question, adding)


def _starter(match: Match, adding: Adding) -> None:
    name = match.starter.name
    with st.container(border=True, gap="xsmall", key=f"starter-{name}"):
        key = f"add-data-starter-{name}"
        st.session_state[key] = name not in adding.without
        st.checkbox(
            f"**Use the ready model for {plain(match.starter.label)}**", key=key, on_change=_use_starter, args=(name,)
        )
        tables = ", ".join(dict.fromkeys(match.tables.values()))
        missing = f" Left out, because columns are missing: {', '.join(match.missing)}." if match.missing else ""
        st.caption(plain(f"{match.found} of {match.of} columns found in {tables}.{missing}"))


def _use_starter(name: str) -> None:
    _, _, adding = state.require()
    is_on = bool(st.session_state.get(f"add-data-starter-{name}"))
    adding.without = adding.without - {name} if is_on else adding.without | {name}


def _question(question: Question, adding: Adding) -> None:
    key = f"add-data-question-{question.id}"
    answer = adding.starter_answers.get(question.id, question.default)
    if question.is_open or not question.choices:
        st.text_input(
            plain(question.asks), answer, key=key, max_chars=100, on_change=_answer_question, args=(question.id,)
        )
        return
    choices = dict(question.choices)
    st.selectbox(
        plain(question.asks), list(choices), index=list(choices).index(answer) if answer in choices else 0, key=key,
        format_func=lambda choice: choices[choice], on_change=_answer_question, args=(question.id,),
    )  # fmt: skip


def _answer_question(name: str) -> None:
    _, _, adding = state.require()
    adding.starter_answers[name] = str(st.session_state.get(f"add-data-question-{name}") or "")


# Guesses


def _unread(profiling: Profiling) -> None:
    for place, profile in enumerate(each for each in profiling.profiles if each.problem):
        text = f"{profile.table} can't be read, so it isn't in the draft. {profile.problem}"
        notice("caution", "error", text, key=f"add-data-unread-{place}")


def _guesses(profiling: Profiling, proposal: Proposal) -> None:
    """Draw a line with each dataset's number of open guesses, then the guesses about the chosen dataset."""
    by_dataset: dict[str, list[Guess]] = {}
    for guess in proposal.guesses:
        by_dataset.setdefault(guess.dataset, []).append(guess)
    if not by_dataset:
        return
    opened = {name: sum(guess.is_open for guess in guesses) for name, guesses in by_dataset.items()}
    first = next((name for name, count in opened.items() if count), next(iter(by_dataset)))
    if st.session_state.get(DATASET) not in by_dataset:
        st.session_state[DATASET] = first

    def label(name: str) -> str:
        title = name or "All tables"
        return f"{title} \N{MIDDLE DOT} {opened[name]} to check" if opened[name] else title

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox("Dataset", list(by_dataset), key=DATASET, format_func=label)
        if opened[st.session_state[DATASET]] == 0 and any(opened.values()):
            st.button("Next to check", key="add-data-next", on_click=_open_dataset, args=(first,))
        is_only_open = st.toggle("Only what needs an answer", key=ONLY_OPEN)
    name = st.session_state[DATASET]
    guesses = [guess for guess in by_dataset[name] if guess.is_open or guess.is_answered or not is_only_open]
    with st.container(border=True, gap="small", key="add-data-guesses"):
        _sampled(profiling.profiles, guesses, name)
        certain = [guess for guess in guesses if guess.is_certain]
        for guess in sorted(guesses, key=lambda each: not each.is_open):
            _guess(guess)
        if not guesses:
            st.caption("Nothing here needs an answer.")
        if len(certain) > 1:
            with st.container(horizontal=True, gap="small"):
                st.button(
                    f"Accept all {len(certain)} that are certain", key="add-data-accept", type="tertiary",
                    on_click=_accept, args=(tuple(guess.id for guess in certain),),
                )  # fmt: skip


def _sampled(profiles: Sequence[TableProfile], guesses: Sequence[Guess], dataset: str) -> None:
    for profile in profiles:
        if profile.is_sampled and guesses and profile.table.rsplit(".", 1)[-1] == dataset:
            about = "\N{ALMOST EQUAL TO}"
            rows = f"{profile.read_rows:,} of {about}{profile.rows:,} rows"
            st.caption(plain(f"Profiled on {rows}. Estimates are marked {about}."))


def _guess(guess: Guess) -> None:
    """Draw a guess with its evidence and alternatives. An open guess is a question, and any other is a switch."""
    key, kind = f"add-data-guess-{guess.id}", "open" if guess.is_open else "done"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"guess-{kind}-{_slug(guess.id)}"):
        with st.container(gap=None, width="stretch"):
            if guess.is_open:
                st.markdown(f":orange[:material/help:] **{plain(guess.says)}**")
            else:
                st.session_state[f"{key}-on"] = guess.is_on
                st.checkbox(f"**{plain(guess.says)}**", key=f"{key}-on", on_change=_turn, args=(guess.id,))
            st.markdown(f":small[:gray[{plain(guess.evidence)}]]")
        if guess.is_open:
            _ask(guess, key)
        elif len(guess.choices) > 1 and guess.is_on:
            _choices(guess, key, is_open=False)


def _ask(guess: Guess, key: str) -> None:
    """Draw the possible answers to a guess: the suggestion, or something else."""
    choices = dict(guess.choices)
    if not choices:
        st.button("Yes", key=f"{key}-yes", on_click=_say, args=(guess.id, True))
        st.button("No", key=f"{key}-no", on_click=_say, args=(guess.id, False))
        return
    if guess.choice in choices:
        label = f"Use {choices[guess.choice]}"
        st.button(plain(label), key=f"{key}-yes", on_click=_say, args=(guess.id, guess.choice))
    if len(choices) > 1:
        _choices(guess, key, is_open=True)


def _choices(guess: Guess, key: str, *, is_open: bool) -> None:
    choices = dict(guess.choices)
    st.selectbox(
        plain(guess.says), list(choices), key=key, label_visibility="collapsed", placeholder="Choose one", width=260,
        index=list(choices).index(guess.choice) if guess.choice in choices and not is_open else None,
        format_func=lambda choice: choices[choice], on_change=_choose, args=(guess.id,),
    )  # fmt: skip


def _slug(text: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in text)


def _say(guess: str, answer: Answer) -> None:
    _, _, adding = state.require()
    adding.answers[guess] = answer


def _choose(guess: str) -> None:
    choice = st.session_state.get(f"add-data-guess-{guess}")
    if isinstance(choice, str):
        _say(guess, choice)


def _turn(guess: str) -> None:
    _say(guess, bool(st.session_state.get(f"add-data-guess-{guess}-on")))


def _accept(guesses: tuple[str, ...]) -> None:
    for guess in guesses:
        _say(guess, True)


def _open_dataset(name: str) -> None:
    st.session_state[DATASET] = name


# Continuing


def _onward(adding: Adding) -> None:
    left = len(adding.open_guesses())
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="add-data-onward"):
        if left:
            st.markdown(
                f":orange[:material/help:] {counted(left, 'question')} left. Nothing can be published before they're "
                "answered.", width="stretch",
            )  # fmt: skip
        else:
            st.markdown(":green[:material/check_circle:] All questions answered.", width="stretch")
        st.button(
            "See first answers", key="add-data-answers", type="primary", on_click=state.go, args=("answers",),
            disabled=bool(left),
        )  # fmt: skip
