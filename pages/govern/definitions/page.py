"""Definitions: what every number means, edited as text, checked while typing, previewed before publishing."""

import streamlit as st

from pages.govern.definitions import desk as desks
from pages.govern.definitions.changes import show_changes
from pages.govern.definitions.editor import HEADER, edit_object
from pages.govern.definitions.list import choose_object
from pages.govern.definitions.new import new_object
from pages.govern.definitions.synced import show_offer
from pages.govern.definitions.versions import show_versions
from pages.shell import keys, session
from pages.shell.parts import empty_state, page_header, plain
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.services.drafts import Desk
from semantic.workspace import Workspace

EDIT, CHANGES, VERSIONS = "Edit", "Changes", "Versions"


def said(desk: Desk, workspace: Workspace) -> str:
    """Return which version is live, and which version the draft is based on."""
    running = workspace.published.number if workspace.published else desk.base.number
    changed = len(desk.changed())
    draft = f" Your draft changes {counted(changed, 'definition')}." if changed else ""
    return f"Version {running} is live.{draft}"


def edit(desk: Desk) -> None:
    """Draw the list, the editor, and the draft's numbers."""
    left, right = st.columns([1, 2.2], gap="medium")
    with left:
        choose_object(desk)
    with right:
        key = desks.chosen(desk)
        if key is None:
            empty_state(
                "edit_note", "Choose a definition", "Choose one to edit it, check it for problems and preview its "
                    "numbers. Nothing changes for anyone until you publish.", key="no-definition",
            )  # fmt: skip
            return
        edit_object()


workspace, actor = session.require("steward")
live = session.live()
if live.settings.model_source == "folder":
    page_header("Definitions", "")
    empty_state(
        "folder", "Definitions are managed in a folder",
        "This server reads definitions from files, so edit them there. To edit in the app, unset SAMEPAGE_MODEL or "
        "set SAMEPAGE_MODEL_SOURCE=store.", key="from-folder",
    )  # fmt: skip
else:
    try:
        desk = desks.current(live, actor)
    except SemanticError as error:
        page_header("Definitions", "")
        empty_state("error", "Couldn't open the definitions", str(error), key="no-store")
        st.stop()
    st.session_state[HEADER] = len(desk.changed())
    page_header("Definitions", said(desk, workspace), lambda: new_object(live, desk, workspace))
    show_offer(live, desk)
    views = {EDIT: EDIT, CHANGES: f"Changes ({len(desk.changed())})" if desk.changed() else CHANGES, VERSIONS: VERSIONS}
    view = st.segmented_control(
        "View", list(views), default=EDIT, required=True, key="definition-view", label_visibility="collapsed",
        format_func=lambda one: plain(views[one]),
    )  # fmt: skip
    match view:
        case "Changes":
            show_changes(workspace)
        case "Versions":
            show_versions(workspace)
        case _:
            edit(desk)
keys.watch_mode()
