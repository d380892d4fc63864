"""The editor of one object as text. At every pause in typing, the text is checked and saved to the draft."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import streamlit as st

from pages.govern.definitions import current_edits as current_edits
from pages.govern.definitions.edit_context import EditContext
from pages.govern.definitions.form.drawing import KINDS, show_form, show_unknown_values
from pages.govern.definitions.form.fields import TROUBLE
from pages.govern.definitions.list import label_of
from pages.govern.definitions.preview import people_of, show_preview
from pages.shell import session
from pages.shell.parts import badge_text, notice, plain
from pages.shell.turns import in_turn
from pages.widgets.yaml_editor import Choice, Edit, Mark, edit_of, editor
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.model.editing.completion import Completion, Meanings, complete, read_meanings
from semantic.model.editing.edit import ObjectProblem
from semantic.model.editing.objects import Key, ObjectKind, find_object
from semantic.policy.actor import Actor
from semantic.services.drafts import Edits
from semantic.services.process import Live

_AT, _ROUND, _TROUBLE = "definition_at", "definition_round", TROUBLE
HEADER = "definition_header"
"""The session key for the number of changes that the page's header shows."""
FORM, YAML = "Form", "YAML"
_MOST_CHOICES, _MOST_PROBLEMS = 40, 12


@st.fragment
@in_turn
def edit_object(context: EditContext) -> None:
    """Draw the editor, which reruns separately at each pause in typing."""
    live, actor, edits = context.require()
    key = context.chosen(edits)
    if key is None:
        return
    if st.session_state.get(_AT) != (context, key):
        _begin_anew(context, key)
    is_form = st.session_state.get("definition-mode", FORM) == FORM
    name = f"definition-editor-{st.session_state.get(_ROUND, 0)}"
    text = edits.text_of(key) or edits.published_text(key) or ""
    edit = edit_of(name, text)
    if edit.text != text:
        edits, key = _keep(context, live, actor, edits, key, edit)
    _head(context, live, edits, key)
    problems = context.problems(live, actor, edits, key)
    has_form = key[0] in KINDS and edits.changed().get(key) != "removed"
    is_drawn = (
        has_form
        and _mode(context) == FORM
        and show_form(context, edits, key, problems, st.session_state.get(_ROUND, 0))
    )
    if not is_drawn:
        if has_form and is_form:
            st.caption("This text can't be read as a form yet. Fix it here, then go back to the form.")
        completion = _complete(context, actor, edits, key, edit)
        _draw_text(edits, key, name, text, edit, problems, completion)
        show_unknown_values(context, edits, key)
    if key[0] is ObjectKind.METRIC:
        is_alone = len(people_of(session.workspace(), actor)) < 2
        label = "Compare by a dimension" if is_alone else "Compare as someone, or by a dimension"
        with st.expander(label, key="preview-open", on_change="rerun") as opened:
            if opened.open:
                show_preview(context)
    _refresh_header(edits)


def _draw_text(
    edits: Edits, key: Key, name: str, text: str, edit: Edit, problems: Sequence[ObjectProblem], completion: Completion
) -> None:  # fmt: skip
    editor(
        text, label=f"Text of {key[1]}", key=name, height=_height(text),
        marks=[Mark(problem.line, problem.problem.message) for problem in problems if problem.line],
        choices=[Choice(one.text, one.note) for one in completion.candidates[:_MOST_CHOICES]], answers=edit.asks,
        begun_at=completion.column,
    )  # fmt: skip
    _show_problems(problems, "No errors" if key in edits.changed() else "No changes")


def _mode(context: EditContext) -> str:
    """Draw the switch between form and YAML, and return the choice, which applies to all pages of the session."""
    return st.segmented_control(
        "Edit as", [FORM, YAML], default=FORM, required=True, key="definition-mode", label_visibility="collapsed",
        on_change=_begin_anew, args=st.session_state.get(_AT), persist_state="session",
    )  # fmt: skip


def _refresh_header(edits: Edits) -> None:
    """Rerun the whole page if the number of changes in its header, which is outside this fragment, is outdated."""
    shown = st.session_state.get(HEADER)
    if shown is not None and shown != len(edits.changed()):
        st.rerun(scope="app")


def _keep(context: EditContext, live: Live, actor: Actor, edits: Edits, key: Key, edit: Edit) -> tuple[Edits, Key]:
    st.session_state.pop(_TROUBLE, None)
    try:
        written = context.write(live, actor, edits, key, edit.text)
    except SemanticError as error:  # The text stays in the editor.
        st.session_state[_TROUBLE] = str(error)
        return edits, key
    context.keep(written.edits)
    if written.key != key:
        st.session_state[_AT] = (context, written.key)
        context.choose(written.key)
    return written.edits, written.key


def _head(context: EditContext, live: Live, edits: Edits, key: Key) -> None:
    """Draw the name of the edited object, its state in the draft, and the two ways to undo all of its changes."""
    word = edits.changed().get(key, "")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="definition-head"):
        state = f" &nbsp;:violet-badge[{badge_text(current_edits.STATES[word])}]" if word else ""
        thing = find_object(edits.files, *key)
        label = label_of(thing) if thing else key[1]
        name = f"{key[0].words} {key[1]}" if key[0] is not ObjectKind.SETTINGS else ""
        st.markdown(f"**{plain(label)}** &nbsp;:gray[{plain(name)}]{state}", width="stretch")
        if word:
            label = "Revert" if edits.published_text(key) is not None else "Remove"
            st.button(
                label, key="definition-back", type="tertiary", icon=":material/undo:",
                help="Back to the published version", on_click=_undo, args=(context, live, edits, key),
            )  # fmt: skip
        if word != "removed" and edits.published_text(key) is not None:
            st.button(
                "Remove", key="definition-remove", type="tertiary", icon=":material/delete:",
                help="Deletes it from the draft. It stays live until you publish.",
                on_click=_drop, args=(context, live, edits, key),
            )  # fmt: skip
    if trouble := st.session_state.get(_TROUBLE):
        notice("bad", "error", f"{trouble} Your text is still here.", key="definition-trouble")


def _undo(context: EditContext, live: Live, edits: Edits, key: Key) -> None:
    actor = context.acting()
    if actor is None:
        return
    _change(context, lambda: context.revert(live, actor, edits, key), key)
    if edits.published_text(key) is None:
        context.choose(None)


def _drop(context: EditContext, live: Live, edits: Edits, key: Key) -> None:
    actor = context.acting()
    if actor is None:
        return
    _change(context, lambda: context.drop(live, actor, edits, key), key)


def _change(context: EditContext, make: Callable[[], Edits], key: Key) -> None:
    try:
        context.keep(make())
    except SemanticError as error:
        st.session_state[_TROUBLE] = str(error)
        return
    st.session_state.pop(_TROUBLE, None)
    _begin_anew(context, key)


def _begin_anew(context: EditContext, key: Key) -> None:
    """Start a new editor, because the previous one has the text of another object."""
    st.session_state[_AT] = (context, key)
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


def _complete(context: EditContext, actor: Actor, edits: Edits, key: Key, edit: Edit) -> Completion:
    """Return completions at the cursor, if the browser asked for them, from names that the person can use."""
    if not edit.asks:
        return Completion(0, ())
    model = context.known(session.workspace(), actor, edits)
    return complete(key[0], edit.text, edit.line, edit.column, model, _meanings())


@cache
def _meanings() -> Meanings:
    """Return the description of each key, if the reference is available."""
    page = Path(__file__).parents[3] / "docs" / "reference" / "model.md"
    return read_meanings(page.read_text(encoding="utf-8")) if page.is_file() else {}


def _height(text: str) -> int:
    return max(260, min(620, 20 * (text.count("\n") + 3)))
