"""The Definitions page: what every number means, edited as a form or as text, with checks and previews before
publishing.
"""

from zoneinfo import ZoneInfo

import streamlit as st

from pages.govern.definitions import current_edits as current_edits
from pages.govern.definitions.changes import show_changes
from pages.govern.definitions.drafts import draft_menu
from pages.govern.definitions.edit_context import CORE
from pages.govern.definitions.editor import HEADER, edit_object
from pages.govern.definitions.impact import leave_impact, show_impact
from pages.govern.definitions.list import choose_object, close_object
from pages.govern.definitions.new import new_object
from pages.govern.definitions.review.list import show_reviews
from pages.govern.definitions.synced import show_offer
from pages.govern.definitions.versions import show_versions
from pages.shell import keys, links, session
from pages.shell.parts import empty_state, notice, page_header, plain
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.services.drafts import Edits
from semantic.workspace import Workspace

EDIT, CHANGES, IMPACT, REVIEWS, VERSIONS = "Edit", "Changes", "Impact", "Reviews", "Versions"


def version_words(edits: Edits, workspace: Workspace) -> str:
    """Return which version is live, and which version the draft is based on, in words."""
    running = workspace.published.number if workspace.published else edits.base.number
    changed = len(edits.changed())
    name = f"Your draft “{edits.draft.name}”" if edits.draft is not None and edits.draft.name else "Your draft"
    draft = f" {name} changes {counted(changed, 'definition')}." if changed else ""
    base = edits.base
    coming = ""
    if base.number != running and base.effective_at > live.store.now():
        starts = base.effective_at.astimezone(ZoneInfo(workspace.model.settings.time_zone))
        coming = f" Version {base.number} takes effect on {starts.day} {starts:%b %Y, %H:%M}; drafts start from it."
    return f"Version {running} is live.{coming}{draft}"


def actions(edits: Edits) -> None:
    """Draw the menu of drafts, and the button that creates a definition."""
    draft_menu(live, edits, workspace)
    new_object(live, edits, workspace)


def edit(edits: Edits) -> None:
    """Draw the list, the editor, and the numbers of the draft. On a phone, only the list or the editor is visible."""
    key = current_edits.chosen(edits)
    with st.container(key="definition-closed" if key is None else "definition-open"):
        left, right = st.columns([1, 2.2], gap="medium")
    with left, st.container(key="definition-choice"):
        choose_object(edits)
    with right:
        if key is None:
            empty_state(
                "edit_note", "Choose a definition", "Edit it, check it for problems and preview its numbers. Nothing "
                    "changes for anyone until you publish.", key="no-definition",
            )  # fmt: skip
            return
        st.button(
            "All definitions",
            key="definition-all",
            type="tertiary",
            icon=":material/arrow_back:",
            on_click=close_object,
        )
        edit_object(CORE)


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
        edits = current_edits.current(live, actor)
    except SemanticError as error:
        page_header("Definitions", "")
        empty_state("error", "Couldn't open the definitions", str(error), key="no-store")
        st.stop()
    st.session_state[HEADER] = len(edits.changed())
    page_header("Definitions", version_words(edits, workspace), lambda: actions(edits))
    if lost := current_edits.why_not_opened():
        notice("caution", "edit_off", lost, key="draft-lost")
    show_offer(live, edits)
    if links.REVIEW in st.query_params and current_edits.VIEW not in st.session_state:  # a link to a review
        st.session_state[current_edits.VIEW] = REVIEWS
    views = {each: each for each in (EDIT, CHANGES, IMPACT, REVIEWS, VERSIONS)}
    if edits.changed():
        views[CHANGES] = f"Changes ({len(edits.changed())})"
    view = st.segmented_control(
        "View", list(views), default=None if current_edits.VIEW in st.session_state else EDIT, required=True,
        key=current_edits.VIEW, label_visibility="collapsed", format_func=lambda one: plain(views[one]),
    )  # fmt: skip
    if view not in (IMPACT, REVIEWS):
        leave_impact()
    match view:
        case "Impact":
            show_impact(workspace)
        case "Changes":
            show_changes(workspace)
        case "Reviews":
            show_reviews(workspace)
        case "Versions":
            show_versions(workspace)
        case _:
            edit(edits)
keys.watch_mode()
