"""The list of policies: who each one is for, how many people it applies to, and what the draft changes."""

from __future__ import annotations

import re
from collections.abc import Mapping

import streamlit as st

from pages.govern.access.policies import form, state
from pages.govern.definitions import current_edits as current_edits
from pages.shell import session
from pages.shell.needed import needs, show_missing
from pages.shell.parts import badge_text, empty_state, plain
from semantic.display.format import counted
from semantic.errors import ModelError, SemanticError
from semantic.governance.policy_forms.row_parts import read_rows
from semantic.governance.policy_forms.sentences import matching, sentences, who_words
from semantic.interop.yaml_writer import write_yaml
from semantic.model.editing.keys import read_object
from semantic.model.editing.objects import ObjectKind, objects_of
from semantic.model.model import Model
from semantic.model.policies import Policy
from semantic.policy.actor import Actor
from semantic.services.drafts import Edits, begin_object, new_draft
from semantic.workspace import Workspace

SHOWN = 30


def policies(workspace: Workspace, actor: Actor) -> None:
    """Draw the list of policies, or the one that is open."""
    live = session.live()
    if live.settings.model_source == "folder":
        _list(workspace.model, workspace.model, None)
        st.caption("This server reads policies from files, so edit them there.")
        return
    if actor.viewed_by is not None:
        empty_state("lock", "Not available while you view as someone else", "Stop viewing first.", key="policies-shut")
        return
    try:
        edits = current_edits.current(live, actor)
    except SemanticError as error:
        empty_state("error", "Couldn't open the policies", str(error), key="policies-no-store")
        return
    opened = state.current(edits, workspace, actor)
    if opened is not None:
        form.show(opened)
        return
    if st.query_params.get(state.ADDRESS):
        st.query_params.pop(state.ADDRESS, None)
    drafted = state.draft_workspace(workspace, edits)
    _new(edits)
    if drafted is None:
        st.warning("Your draft has problems, so this list shows the published policies.", icon=":material/error:")
    _list((drafted or workspace).model, workspace.model, edits)


def _list(model: Model, published: Model, edits: Edits | None) -> None:
    changed = edits.changed() if edits is not None else {}
    names = {name for kind, name in changed if kind is ObjectKind.POLICY}
    unread = sorted(names - {policy.name for policy in model.policies})
    if not model.policies and not unread:
        empty_state(
            "policy", "No policies yet", "Without a policy, people see nothing. Add one to decide who sees what.",
            key="policies-none",
        )  # fmt: skip
        return
    text = st.text_input(
        "Search policies", key="policies-find", icon=":material/search:", label_visibility="collapsed",
        placeholder="Search policies",
    ) if len(model.policies) > 8 else ""  # fmt: skip
    wanted = [
        policy for policy in model.policies if (text or "").casefold() in f"{policy.label} {policy.name}".casefold()
    ]
    if not wanted and not unread:
        st.caption("No matches.")
        return
    data = _data(edits)
    with st.container(border=True, gap="xsmall", key="list-of-policies"):
        for policy in wanted[:SHOWN]:
            word = changed.get((ObjectKind.POLICY, policy.name), "")
            _row(policy, model, word, data.get(policy.name, {}), can_open=edits is not None)
        for name in unread:
            word = changed[ObjectKind.POLICY, name]
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(
                    f"**{plain(name)}** &nbsp;:violet-badge[{badge_text(current_edits.STATES.get(word, word))}]",
                    width="stretch",
                )
                if word != "removed":
                    st.button("Open", key=f"policy-open-{name}", on_click=state.choose, args=(name,))
    if len(wanted) > SHOWN:
        st.caption(f"Showing the first {SHOWN} of {len(wanted)}. Search to find others.")


def _data(edits: Edits | None) -> Mapping[str, Mapping[str, object]]:
    if edits is None:
        return {}
    return {
        thing.name: read_object(edits.text_of(thing.key)) or {}
        for thing in objects_of(edits.files)
        if thing.kind is ObjectKind.POLICY
    }


def _row(policy: Policy, model: Model, word: str, data: Mapping[str, object], *, can_open: bool) -> None:
    people = matching(policy, session.people().values(), model)
    rows = read_rows(data, model)  # type: ignore[arg-type]  # plain data of YAML
    badges = f" &nbsp;:violet-badge[{badge_text(current_edits.STATES.get(word, word))}]" if word else ""
    badges += " &nbsp;:gray-badge[Edited by hand]" if any(part.by_hand for part in rows) else ""
    applies = f"Applies to {counted(len(people), 'person', 'people')}" if people else "No one matches this policy yet"
    if policy.audiences and not people:
        applies = "Applies to readers of public links"
    first = next(iter(sentences(policy, rows, model)), policy.description)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"**{plain(policy.label)}**{badges}  \n{plain(who_words(policy, state.names_of_people()))}  \n"
            f":small[:gray[{plain(applies)}. {plain(first)}]]",
            width="stretch",
        )
        if can_open:
            st.button(
                "Open", key=f"policy-open-{policy.name}", on_click=state.choose, args=(policy.name,),
                help=plain(f"Open {policy.label}"),
            )  # fmt: skip


def _new(edits: Edits) -> None:
    with st.popover("New policy", icon=":material/add:", key="policy-new", on_change="rerun") as popover:
        if not popover.open:
            return
        st.text_input("Name", key="policy-new-label", placeholder="Such as EMEA markets", max_chars=120)
        show_missing("policy-new-label")
        if trouble := st.session_state.get(state.TROUBLE):
            st.error(plain(trouble))
        st.button(
            "Add to draft", key="policy-new-begin", type="primary", args=(edits,),
            on_click=needs({"policy-new-label": "Enter a name."}, _begin),
        )  # fmt: skip


def _begin(edits: Edits) -> None:
    actor = current_edits.acting()
    if actor is None:
        return
    label = str(st.session_state.get("policy-new-label") or "").strip()
    name = re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_") or "policy"
    name = name if name[0].isalpha() else f"policy_{name}"
    text = write_yaml({"name": name, "label": label, "owner": actor.name or actor.id, "who": {"roles": []}})
    try:
        if edits.draft is None:  # Reviewers see the draft's name.
            edits = new_draft(session.live(), actor, name=label)
        written = begin_object(session.live(), actor, edits, ObjectKind.POLICY, text)
    except ModelError as error:
        st.session_state[state.TROUBLE] = " ".join(f"{one.message} {one.remedy}" for one in error.problems[:3])
        return
    except SemanticError as error:
        st.session_state[state.TROUBLE] = str(error)
        return
    current_edits.keep(written.edits)
    st.session_state.pop("policy-new-label", None)
    st.session_state["policy-new"] = False
    state.choose(name)
