"""The editor for one object of the model as text, which is checked and saved to the draft at every pause in typing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import streamlit as st

from pages.govern.definitions import desk as desks
from pages.govern.definitions.form.drawing import KINDS, show_form
from pages.govern.definitions.form.fields import TROUBLE
from pages.govern.definitions.list import label_of
from pages.govern.definitions.preview import show_preview
from pages.shell import session
from pages.shell.parts import badge_text, notice, plain
from pages.shell.turns import in_turn
from pages.widgets.yaml_editor import Choice, Edit, Mark, edit_of, editor
from semantic.display.format import counted
from semantic.errors import ModelError, SemanticError
from semantic.model.editing.completion import Completion, Meanings, complete, read_meanings
from semantic.model.editing.edit import ObjectProblem
from semantic.model.editing.objects import Key, ObjectKind, find_object
from semantic.model.loading.load import parse_model
from semantic.policy.actor import Actor
from semantic.services.drafts import Desk, drop_object, problems_in, put_back, write_object
from semantic.services.process import Live

_AT, _ROUND, _TROUBLE = "definition_at", "definition_round", TROUBLE
HEADER = "definition_header"
"""How many changes the page's header says the draft has."""
FORM, YAML = "Form", "YAML"
_MOST_CHOICES, _MOST_PROBLEMS = 40, 12


@st.fragment
@in_turn
def edit_object() -> None:
    """Draw the editor, which reruns on its own at each pause in typing."""
    live, actor, desk = desks.require()
    key = desks.chosen(desk)
    if key is None:
        return
    if st.session_state.get(_AT) != key:
        _begin_anew(key)
    is_form = st.session_state.get("definition-mode", FORM) == FORM
    name = f"definition-editor-{st.session_state.get(_ROUND, 0)}"
    text = desk.text_of(key) or desk.published_text(key) or ""
    edit = edit_of(name, text)
    if edit.text != text:
        desk, key = _keep(live, actor, desk, key, edit)
    _head(live, desk, key)
    problems = problems_in(desk, key) if desk.changed() else ()
    has_form = key[0] in KINDS and desk.changed().get(key) != "removed"
    is_drawn = has_form and _mode() == FORM and show_form(desk, key, problems, st.session_state.get(_ROUND, 0))
    if not is_drawn:
        if has_form and is_form:
            st.caption("This text can't be read as a form yet. Fix it here, then go back to the form.")
        _draw_text(desk, key, name, text, edit, problems)
    if key[0] is ObjectKind.METRIC:
        with st.expander("Compare as someone, or by a dimension", key="preview-open", on_change="rerun") as opened:
            if opened.open:
                show_preview()
    _refresh_header(desk)


def _draw_text(
    desk: Desk, key: Key, name: str, text: str, edit: Edit, problems: Sequence[ObjectProblem]
) -> None:  # fmt: skip
    completion = _complete(desk, key, edit)
    editor(
        text, label=f"Text of {key[1]}", key=name, height=_height(text),
        marks=[Mark(problem.line, problem.problem.message) for problem in problems if problem.line],
        choices=[Choice(one.text, one.note) for one in completion.candidates[:_MOST_CHOICES]], answers=edit.asks,
        begun_at=completion.column,
    )  # fmt: skip
    _show_problems(problems, "No errors" if key in desk.changed() else "No changes")


def _mode() -> str:
    """Draw the switch between the form and its text."""
    return st.segmented_control(
        "Edit as", [FORM, YAML], default=FORM, required=True, key="definition-mode", label_visibility="collapsed",
        on_change=_begin_anew, args=(st.session_state.get(_AT),),
    )  # fmt: skip


def _refresh_header(desk: Desk) -> None:
    """Run the page again if its header, outside this fragment, no longer says what the draft changes."""
    shown = st.session_state.get(HEADER)
    if shown is not None and shown != len(desk.changed()):
        st.rerun(scope="app")


def _keep(live: Live, actor: Actor, desk: Desk, key: Key, edit: Edit) -> tuple[Desk, Key]:
    st.session_state.pop(_TROUBLE, None)
    try:
        written = write_object(live, actor, desk, key, edit.text)
    except SemanticError as error:  # the text stays in the editor
        st.session_state[_TROUBLE] = str(error)
        return desk, key
    desks.keep(written.desk)
    if written.key != key:
        st.session_state[_AT] = written.key
        desks.choose(written.key)
    return written.desk, written.key


def _head(live: Live, desk: Desk, key: Key) -> None:
    """Show the edited object, its state in the draft, and the two ways to undo all changes to it."""
    word = desk.changed().get(key, "")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="definition-head"):
        state = f" &nbsp;:violet-badge[{badge_text(desks.STATES[word])}]" if word else ""
        thing = find_object(desk.files, *key)
        label = label_of(thing) if thing else key[1]
        name = f"{key[0].words} {key[1]}" if key[0] is not ObjectKind.SETTINGS else ""
        st.markdown(f"**{plain(label)}** &nbsp;:gray[{plain(name)}]{state}", width="stretch")
        if word:
            label = "Revert" if desk.published_text(key) is not None else "Remove"
            st.button(
                label, key="definition-back", type="tertiary", icon=":material/undo:",
                help="Back to the published version", on_click=_undo, args=(live, desk, key),
            )  # fmt: skip
        if word != "removed" and desk.published_text(key) is not None:
            st.button(
                "Remove", key="definition-remove", type="tertiary", icon=":material/delete:",
                help="Deletes it from the draft. It stays live until you publish.",
                on_click=_drop, args=(live, desk, key),
            )  # fmt: skip
    if trouble := st.session_state.get(_TROUBLE):
        notice("bad", "error", f"{trouble} Your text is still here.", key="definition-trouble")


def _undo(live: Live, desk: Desk, key: Key) -> None:
    actor = desks.acting()
    if actor is None:
        return
    _change(lambda: put_back(live, actor, desk, key), key)
    if desk.published_text(key) is None:
        desks.choose(None)


def _drop(live: Live, desk: Desk, key: Key) -> None:
    actor = desks.acting()
    if actor is None:
        return
    _change(lambda: drop_object(live, actor, desk, key), key)


def _change(make: Callable[[], Desk], key: Key) -> None:
    try:
        desks.keep(make())
    except SemanticError as error:
        st.session_state[_TROUBLE] = str(error)
        return
    st.session_state.pop(_TROUBLE, None)
    _begin_anew(key)


def _begin_anew(key: Key) -> None:
    """Start a new editor, because the previous one has text for a different object."""
    st.session_state[_AT] = key
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


def _show_problems(problems: Sequence[ObjectProblem], fine: str) -> None:
    if not problems:
        st.caption(f":green[:material/check_circle:] {fine}")
        return
    st.markdown(f":red[:material/error:] **{counted(len(problems), 'problem')}**")
    for problem in problems[:_MOST_PROBLEMS]:
        where = f"Line {problem.line}" if problem.line else problem.problem.file
        st.markdown(
            f":gray[{plain(where)}] &nbsp;{plain(problem.problem.message)} :gray[{plain(problem.problem.remedy)}]"
        )
    if len(problems) > _MOST_PROBLEMS:
        st.caption(f"And {len(problems) - _MOST_PROBLEMS:,} more.")


def _complete(desk: Desk, key: Key, edit: Edit) -> Completion:
    """Completions at the cursor, if requested, with the draft's names if it's valid."""
    if not edit.asks:
        return Completion(0, ())
    try:
        model = parse_model(desk.files)
    except ModelError:
        model = session.workspace().model
    return complete(key[0], edit.text, edit.line, edit.column, model, _meanings())


@cache
def _meanings() -> Meanings:
    """What each key means, from the reference if it's there."""
    page = Path(__file__).parents[3] / "docs" / "reference" / "model.md"
    return read_meanings(page.read_text(encoding="utf-8")) if page.is_file() else {}


def _height(text: str) -> int:
    return max(260, min(620, 20 * (text.count("\n") + 3)))
