"""The draft of a domain's stewards: create a metric, edit it as on the Definitions page, and publish."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.asking.form import Start, begin
from pages.govern.definitions import current_edits as current_edits
from pages.govern.definitions.editor import edit_object
from pages.govern.definitions.form.conditions import known_members
from pages.govern.definitions.new import Started, metric_fields, name_of
from pages.govern.domains.edit_context import TeamEditContext, note_changes
from pages.govern.domains.reviewing import open_review
from pages.govern.domains.telling import tell, tell_failure
from pages.shell import session
from pages.shell.needed import needs, show_missing
from pages.shell.parts import badge_text, plain
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.explore.weekly import datasets_of
from semantic.model.editing.conditions import Sign, condition
from semantic.model.editing.objects import Key, ObjectKind
from semantic.model.model import Model
from semantic.policy.narrow import VisibleModel
from semantic.services.defining.offered import usable_model
from semantic.services.defining.rows import dimension_fields
from semantic.services.domains import DomainShown, DomainWork
from semantic.services.drafts import Edits
from semantic.workspace import Workspace

_PART: Final = "One metric, for some rows only"
_STATES = {"added": "new", "changed": "changed", "removed": "removed", "unfinished": "unfinished"}
_WAITS = {
    "unsent": "Others use this, it's certified, or its owner changes, so {others} has to approve it first.",
    "sent": "In review. You can publish it here once {others} has approved it.",
    "objected": "A reviewer asked for changes. Make them, then send it again.",
}


def choose(key: Key | None) -> None:
    """Open an object in the editor."""
    current_edits.choose(key)


# New metrics and publishing


def new_and_publish(one: DomainShown, work: DomainWork, workspace: Workspace) -> None:
    """Draw the buttons for a new metric and for publishing, and the definitions that the draft changes."""
    edits = work.edits()
    changed = work.changed(edits, one.domain.name)
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="domain-actions"):
        _new(one, work, edits, workspace)
        if changed:
            _publish(edits, changed, work)
        st.button(
            "Propose a change to the core", key="domain-propose", type="tertiary", icon=":material/contact_support:",
            on_click=begin, args=(Start(kind="metric"),),
        )  # fmt: skip
    for key, word in changed.items():
        with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"domain-draft-{key[1]}"):
            badge = badge_text(_STATES.get(word, word))
            st.markdown(f"{plain(key[1])} &nbsp;:violet-badge[{badge}]", width="content")
            if word != "removed":
                st.button(
                    "Edit", key=f"domain-draft-edit-{key[1]}", type="tertiary", on_click=choose, args=(key,),
                    icon=":material/edit:",
                )  # fmt: skip
            st.button(
                "Revert", key=f"domain-draft-revert-{key[1]}", type="tertiary", on_click=_revert, args=(key,),
                icon=":material/undo:", help="Back to the published version",
            )  # fmt: skip


def _new(one: DomainShown, work: DomainWork, edits: Edits, workspace: Workspace) -> None:
    with st.popover("New metric", icon=":material/add:", key="domain-metric", on_change="rerun") as popover:
        if not popover.open:
            return
        seen = _seen(one.domain.name, work, edits, workspace)
        model = usable_model(seen)
        with st.container(width=420, gap="small"):
            st.text_input("Name", key="domain-metric-label", max_chars=120, placeholder="The name people see")
            show_missing("domain-metric-label")
            st.text_area("What it means", key="domain-metric-means", max_chars=400, height=80)
            started = metric_fields("domain-metric", model, [_PART])
            if st.session_state["domain-metric-how"] == _PART:
                started = _part(model, seen)
            st.button(
                "Create", key="domain-metric-go", type="primary",
                on_click=needs({"domain-metric-label": "Enter a name.", **started.needs}, _begin),
                args=(one.domain.name, started, model),
            )  # fmt: skip


def _seen(domain: str, work: DomainWork, edits: Edits, workspace: Workspace) -> VisibleModel:
    """Return the draft's model for this person, or the live one if the draft can't be previewed."""
    try:
        drafted = TeamEditContext(domain).drafted(workspace, work.actor, edits)
    except SemanticError:
        drafted = None
    return (drafted or workspace).visible(work.actor)


def _part(model: Model, seen: VisibleModel) -> Started:
    """Draw the fields of a metric that counts only rows with some values of a dimension, and return them."""
    metric, by, values = (f"domain-metric-{name}" for name in ("part", "by", "values"))
    metrics = {one.name: one.label for one in model.metrics.values()}
    chosen = st.selectbox(
        "Metric", list(metrics), index=None, key=metric, placeholder="Choose a metric",
        format_func=lambda each: plain(metrics[each]),
    )  # fmt: skip
    show_missing(metric)
    options = {one.name: one.label for one in dimension_fields(seen) if one.of == "text" and one.dimension}
    dimension = st.selectbox(
        "Only rows where", list(options), index=None, key=by, placeholder="Choose a breakdown",
        format_func=lambda each: plain(options[each]),
    )  # fmt: skip
    show_missing(by)
    known = _known_values(chosen, dimension, seen)
    st.multiselect(
        "is one of", list(known), accept_new_options=True, key=values,
        placeholder="Choose or type" if known else "Type a value and press Enter",
        format_func=lambda each: known[each] if each in known else str(each),
    )  # fmt: skip
    show_missing(values)
    needed = {metric: "Choose a metric.", by: "Choose a breakdown.", values: "Choose at least one value."}

    def read(model: Model) -> dict[str, object]:
        used = model.metrics[str(st.session_state[metric])]
        made = condition(str(st.session_state[by]), Sign.IS, [str(value) for value in st.session_state[values]])
        inputs = [{"name": "part", "metric": used.name, "where": made.text if made is not None else ""}]
        shown = {"unit": used.unit, "format": used.format.value, "direction": used.direction}
        return {"kind": "derived", "inputs": inputs, "expression": "part", **shown}

    return Started(needed, read)


def _known_values(metric: str | None, dimension: str | None, seen: VisibleModel) -> dict[str, str]:
    """Return the values that the metric's rows have for a dimension, each with its label and number of rows."""
    facts = datasets_of(seen.model.metrics[metric], seen) if metric else frozenset[str]()
    if not dimension or len(facts) != 1:
        return {}
    members = known_members(session.workspace(), seen.actor, next(iter(facts)), dimension)
    return {one.value: f"{one.label} ({one.rows:,})" for one in members.members} if members is not None else {}


def _begin(domain: str, started: Started, model: Model) -> None:
    actor = session.require("marketer")[1]
    work = DomainWork(session.live(), actor)
    label, means = (str(st.session_state.get(f"domain-metric-{part}") or "").strip() for part in ("label", "means"))
    described = {
        "name": name_of(label, "metric"),
        "label": label,
        "description": means,
        "owner": actor.name or actor.id,
    }
    try:
        written = work.begin(work.edits(), domain, ObjectKind.METRIC, {**described, **started.read(model)})
    except SemanticError as error:
        tell_failure(error)
        return
    for key in [key for key in st.session_state if str(key).startswith("domain-metric-")]:
        st.session_state.pop(key, None)
    st.session_state["domain-metric"] = False
    st.session_state.pop("definitions_edits", None)
    choose(written.key)


def _publish(edits: Edits, changed: dict[Key, str], work: DomainWork) -> None:
    with st.popover("Publish", icon=":material/publish:", key="domain-publish", on_change="rerun") as popover:
        if not popover.open:
            return
        with st.container(width=360, gap="small"):
            state = work.state(edits)
            st.caption(
                f"Publishes {counted(len(changed), 'definition')}. Everyone with access sees them at once."
                if state.step == "ready"
                else plain(_WAITS[state.step].format(others=state.others))
            )
            if state.review:
                st.button("Open the review", key="domain-open-review", on_click=open_review, args=(state.review,))
            if state.step == "sent":
                return
            st.text_area("What changes, and why", key="domain-publish-note", max_chars=2_000, height=90)
            show_missing("domain-publish-note")
            is_ready = state.step == "ready"
            st.button(
                "Publish" if is_ready else "Send for review", key="domain-publish-go" if is_ready else "domain-send",
                type="primary", args=(edits,),
                on_click=needs(
                    {"domain-publish-note": "Say what changes, and why."}, _published if is_ready else _sent
                ),
            )  # fmt: skip


def _sent(edits: Edits) -> None:
    actor = session.require("marketer")[1]
    note = str(st.session_state.get("domain-publish-note") or "").strip()
    try:
        DomainWork(session.live(), actor).send(edits, note=note)
    except SemanticError as error:
        tell_failure(error)
        return
    st.session_state["domain-publish"] = False
    st.session_state.pop("domain-publish-note", None)
    tell("Sent for review. You can publish it here once it's approved.")


def _published(edits: Edits) -> None:
    actor = session.require("marketer")[1]
    note = str(st.session_state.get("domain-publish-note") or "").strip()
    try:
        version = DomainWork(session.live(), actor).publish(edits, note=note)
    except SemanticError as error:
        tell_failure(error)
        return
    st.session_state["domain-publish"] = False
    st.session_state.pop("domain-publish-note", None)
    st.session_state.pop("definitions_edits", None)
    choose(None)
    tell(f"Published as version {version.number}.")


def _revert(key: Key) -> None:
    actor = session.require("marketer")[1]
    work = DomainWork(session.live(), actor)
    try:
        work.revert(work.edits(), key)
    except SemanticError as error:
        tell_failure(error)
        return
    st.session_state.pop("definitions_edits", None)
    if work.edits().published_text(key) is None:
        choose(None)


# Editing


def edit_chosen(one: DomainShown, work: DomainWork) -> None:
    """Draw the form and the text of the chosen definition, as on the Definitions page."""
    context, edits = TeamEditContext(one.domain.name), work.edits()
    note_changes(edits)
    key = context.chosen(edits)
    if key is None:
        return
    st.divider()
    edit_object(context)
    st.button("Close", key="domain-edit-close", on_click=choose, args=(None,))
