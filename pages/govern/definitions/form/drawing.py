"""An object as a form. If it's a metric, its live number is next to the form."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.govern.definitions.edit_context import EditContext
from pages.govern.definitions.form.conditions import unknown_values
from pages.govern.definitions.form.fields import Form, open_form, other_problems
from pages.govern.definitions.form.live import live_number
from pages.govern.definitions.form.metric import edited_in_yaml, metric_form
from pages.govern.definitions.form.others import dataset_form, segment_form, yaml_of_dataset, yaml_of_segment
from pages.shell import session
from pages.shell.parts import plain
from semantic.display.format import counted
from semantic.errors import NotAllowed
from semantic.model.editing.edit import ObjectProblem
from semantic.model.editing.objects import Key, ObjectKind
from semantic.model.files.yaml_text import read_yaml
from semantic.policy.actor import Actor
from semantic.services.drafts import Edits
from semantic.workspace import Workspace

KINDS: Final = (ObjectKind.METRIC, ObjectKind.SEGMENT, ObjectKind.DATASET)
"""The kinds of objects that have a form."""
MOST_PROBLEMS: Final = 8


def show_form(context: EditContext, edits: Edits, key: Key, problems: tuple[ObjectProblem, ...], number: int) -> bool:
    """Draw an object's form, and return whether its text could be read."""
    actor = context.require()[1]
    running = session.workspace()
    drafted, reason = _preview(context, running, actor, edits)
    workspace = drafted or running
    form = open_form(context, edits, key, problems, workspace.visible(actor), number)
    if form is None:
        return False
    if key[0] is ObjectKind.METRIC:
        left, right = st.columns([1.7, 1], gap="medium")
        with left:
            metric_form(form, workspace, actor)
            _below(form, edited_in_yaml(form))
        with right:
            live_number(key[1], running, drafted, actor, reason)
        return True
    _other(form, workspace, actor)
    return True


def show_unknown_values(context: EditContext, edits: Edits, key: Key) -> None:
    """Draw a warning for each condition of a text with a value that no row has."""
    if key[0] not in (ObjectKind.METRIC, ObjectKind.SEGMENT):
        return
    actor = context.require()[1]
    running = session.workspace()
    workspace = _preview(context, running, actor, edits)[0] or running
    form = open_form(context, edits, key, (), workspace.visible(actor), 0)
    if form is None:
        return
    lines = read_yaml(form.text, "")[1]
    for path, warning in unknown_values(form, workspace, actor):
        line = f":gray[Line {lines[path]}] &nbsp;" if path in lines else ""
        st.markdown(f"{line}:orange[:material/warning: {plain(warning)}]")


def _preview(context: EditContext, running: Workspace, actor: Actor, edits: Edits) -> tuple[Workspace | None, str]:
    """Return the draft as a workspace, or None with the reason."""
    try:
        return context.drafted(running, actor, edits), "Fix the errors to see the number."
    except NotAllowed as error:
        return None, str(error)


def _other(form: Form, workspace: Workspace, actor: Actor) -> None:
    if form.key[0] is ObjectKind.SEGMENT:
        segment_form(form, workspace, actor)
        _below(form, yaml_of_segment(form))
    else:
        dataset_form(form, workspace, actor)
        _below(form, yaml_of_dataset(form))


def _below(form: Form, kept: list[str]) -> None:
    """Draw the settings that only YAML shows, and the problems that no field shows."""
    if kept:
        verb = "is" if len(kept) == 1 else "are"
        st.caption(plain(f"{counted(len(kept), 'setting')} {verb} shown in YAML only: {', '.join(kept)}."))
    others = other_problems(form)
    if not form.problems:
        return
    if others:
        st.markdown(f":red[:material/error:] **{counted(len(others), 'other problem')}**")
        for one in others[:MOST_PROBLEMS]:
            where = "" if one.line or not one.problem.file else f":gray[{plain(one.problem.file)}] &nbsp;"
            st.markdown(f"{where}{plain(one.problem.message)} :gray[{plain(one.problem.remedy)}]")
        if len(others) > MOST_PROBLEMS:
            st.caption(f"And {len(others) - MOST_PROBLEMS:,} more.")
