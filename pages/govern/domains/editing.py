"""A domain steward's draft: start a metric, edit its text with its problems and its number, and publish."""

from __future__ import annotations

import re

import streamlit as st

from pages.asking.form import Start, begin
from pages.govern.domains.reviewing import open_review
from pages.govern.domains.telling import tell, tell_failure, words_of
from pages.shell import session
from pages.shell.live import Late, answer
from pages.shell.parts import badge_text, plain
from semantic.display.format import counted, writer
from semantic.errors import ModelError, SemanticError, UnknownName
from semantic.explore.weekly import headline
from semantic.model.definitions import Dimension, Metric
from semantic.model.editing.objects import Key, ObjectKind
from semantic.policy.narrow import VisibleModel
from semantic.services.domains import DomainShown, DomainWork
from semantic.services.drafts import Desk
from semantic.workspace import Workspace

_AT, _FAILED = "domain-editing", "domain-edit-failed"
_PART, _RATIO, _FORMULA = "One metric, for some rows only", "One metric divided by another", "A formula"
_STATES = {"added": "new", "changed": "changed", "removed": "removed", "unfinished": "unfinished"}
_WAITS = {
    "unsent": "Others use this, it's certified, or its owner changes, so {others} has to approve it first.",
    "sent": "In review. You can publish it here once {others} has approved it.",
    "objected": "A reviewer asked for changes. Make them, then send it again.",
}
_FORMATS = {"Number": "number", "Count": "count", "Share (12.3%)": "share", "Ratio (1.23)": "ratio", "Money": "money"}


def choose(key: Key | None) -> None:
    """Open an object in the editor."""
    st.session_state[_AT] = key
    st.session_state.pop(_FAILED, None)


# Starting a metric, and publishing


def new_and_publish(one: DomainShown, work: DomainWork, workspace: Workspace) -> None:
    """Draw the buttons for a new metric and for publishing, and the definitions that the draft changes."""
    desk = work.desk()
    changed = work.changed(desk, one.domain.name)
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="domain-actions"):
        _new(one, workspace.visible(work.actor))
        if changed:
            _publish(desk, changed, work)
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


def _new(one: DomainShown, seen: VisibleModel) -> None:
    with st.popover("New metric", icon=":material/add:", key="domain-metric", on_change="rerun") as popover:
        if not popover.open:
            return
        with st.container(width=420, gap="small"):
            label = st.text_input("Name", key="domain-metric-label", max_chars=120, placeholder="The name people see")
            means = st.text_area("What it means", key="domain-metric-means", max_chars=400, height=80)
            how = st.selectbox("Calculation", [_PART, _RATIO, _FORMULA], key="domain-metric-how")
            fields = _fields(how, one.domain.name, seen)
            st.button(
                "Create", key="domain-metric-go", type="primary", disabled=not (label or "").strip() or not fields,
                on_click=_begin,
                args=(one.domain.name, (label or "").strip(), (means or "").strip(), fields or {}),
            )  # fmt: skip


def _fields(how: str, domain: str, seen: VisibleModel) -> dict[str, object] | None:
    """The keys of the chosen calculation, None until each has a value. Only what this person sees is offered."""
    metrics = {metric.name: metric.label for metric in seen.metrics if metric.domain in ("", domain)}
    if how == _RATIO:
        above = _metric("Metric", metrics, "domain-metric-above")
        below = _metric("Divided by", metrics, "domain-metric-below")
        shown = st.selectbox("Shown as", list(_FORMATS), index=2, key="domain-metric-format")
        if not (above and below):
            return None
        return {"kind": "ratio", "numerator": above, "denominator": below, "format": _FORMATS[shown]}
    if how == _FORMULA:
        first = _metric("Start with", metrics, "domain-metric-start")
        return {"kind": "derived", "inputs": [{"metric": first}], "expression": first} if first else None
    name = _metric("Metric", metrics, "domain-metric-part")
    options = {dimension.name: dimension.label for dimension in seen.dimensions if _is_pickable(dimension, seen)}
    by = st.selectbox(
        "Only rows where", list(options), index=None, key="domain-metric-by", placeholder="Choose a breakdown",
        format_func=lambda each: plain(options[each]),
    )  # fmt: skip
    values = st.multiselect(
        "is one of", [], accept_new_options=True, key="domain-metric-values", placeholder="Type a value",
        help="The codes as they are in the data, such as DE.",
    )  # fmt: skip
    if not (name and by and values):
        return None
    quoted = ", ".join("'" + str(value).replace("'", "''") + "'" for value in values)
    metric = seen.metric(name)
    shown = {"unit": metric.unit, "format": metric.format.value, "direction": metric.direction}
    parts = [{"name": "part", "metric": name, "where": f"{by} IN ({quoted})"}]
    return {"kind": "derived", "inputs": parts, "expression": "part", **shown}


def _metric(label: str, metrics: dict[str, str], key: str) -> str | None:
    return st.selectbox(
        label, list(metrics), index=None, key=key, placeholder="Choose a metric",
        format_func=lambda each: plain(metrics[each]),
    )  # fmt: skip


def _is_pickable(dimension: Dimension, seen: VisibleModel) -> bool:
    return dimension.kind == "categorical" and seen.mask(dimension.name) is None


def _begin(domain: str, label: str, means: str, fields: dict[str, object]) -> None:
    actor = session.require("marketer")[1]
    work = DomainWork(session.live(), actor)
    name = re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_") or "metric"
    name = name if name[0].isalpha() else f"metric_{name}"
    described = {"name": name, "label": label, "description": means, "owner": actor.name or actor.id}
    try:
        written = work.begin(work.desk(), domain, ObjectKind.METRIC, {**described, **fields})
    except SemanticError as error:
        tell_failure(error)
        return
    for key in [key for key in st.session_state if str(key).startswith("domain-metric-")]:
        st.session_state.pop(key, None)
    st.session_state["domain-metric"] = False
    choose(written.key)


def _publish(desk: Desk, changed: dict[Key, str], work: DomainWork) -> None:
    with st.popover("Publish", icon=":material/publish:", key="domain-publish", on_change="rerun") as popover:
        if not popover.open:
            return
        with st.container(width=360, gap="small"):
            state = work.state(desk)
            st.caption(
                f"Publishes {counted(len(changed), 'definition')}. Everyone with access sees them at once."
                if state.step == "ready"
                else plain(_WAITS[state.step].format(others=state.others))
            )
            if state.review:
                st.button("Open the review", key="domain-open-review", on_click=open_review, args=(state.review,))
            if state.step == "sent":
                return
            note = st.text_area("What changes, and why", key="domain-publish-note", max_chars=2_000, height=90)
            is_ready = state.step == "ready"
            st.button(
                "Publish" if is_ready else "Send for review", key="domain-publish-go" if is_ready else "domain-send",
                type="primary", disabled=not (note or "").strip(), on_click=_published if is_ready else _sent,
                args=(desk,),
            )  # fmt: skip


def _sent(desk: Desk) -> None:
    actor = session.require("marketer")[1]
    note = str(st.session_state.get("domain-publish-note") or "").strip()
    try:
        DomainWork(session.live(), actor).send(desk, note=note)
    except SemanticError as error:
        tell_failure(error)
        return
    st.session_state["domain-publish"] = False
    st.session_state.pop("domain-publish-note", None)
    tell("Sent for review. You can publish it here once it's approved.")


def _published(desk: Desk) -> None:
    actor = session.require("marketer")[1]
    note = str(st.session_state.get("domain-publish-note") or "").strip()
    try:
        version = DomainWork(session.live(), actor).publish(desk, note=note)
    except SemanticError as error:
        tell_failure(error)
        return
    st.session_state["domain-publish"] = False
    st.session_state.pop("domain-publish-note", None)
    st.session_state.pop("definitions_desk", None)
    choose(None)
    tell(f"Published as version {version.number}.")


def _revert(key: Key) -> None:
    actor = session.require("marketer")[1]
    work = DomainWork(session.live(), actor)
    try:
        work.revert(work.desk(), key)
    except SemanticError as error:
        tell_failure(error)
        return
    if st.session_state.get(_AT) == key:
        choose(None)


# Editing


def edit_chosen(one: DomainShown, work: DomainWork) -> None:
    """Draw the editor of the chosen definition, with its problems and the number it gives now."""
    key: Key | None = st.session_state.get(_AT)
    if key is None:
        return
    desk = work.desk()
    text = desk.text_of(key)
    if not text or key not in {*work.changed(desk, one.domain.name), *_keys(one)}:
        return
    st.divider()
    label = next((thing.label for thing in (*one.metrics, *one.segments) if thing.name == key[1]), key[1])
    st.markdown(f"**{plain(label)}** &nbsp;:gray[{plain(key[0].words)} {plain(key[1])}]")
    st.text_area(
        "Definition", text, key=f"domain-text-{key[0].value}-{key[1]}", height=280, on_change=_write, args=(key,),
        help="As in a model file. Leave the line with the domain as it is.",
    )  # fmt: skip
    if failed := st.session_state.get(_FAILED):
        st.error(plain(failed))
    problems = work.problems(desk, key)
    for problem in problems[:8]:
        where = f"Line {problem.line}. " if problem.line else ""
        st.markdown(f":red[:material/error:] {plain(f'{where}{problem.problem.message} {problem.problem.remedy}')}")
    if not problems:
        _number(key, desk, work)
    with st.container(horizontal=True, gap="xsmall"):
        st.button("Close", key="domain-edit-close", on_click=choose, args=(None,))
        if desk.published_text(key) is not None:
            st.button(
                "Remove", key="domain-edit-remove", type="tertiary", icon=":material/delete:", on_click=_drop,
                args=(key,), help="Removes it from the draft. It stays live until you publish.",
            )  # fmt: skip


def _keys(one: DomainShown) -> set[Key]:
    metrics: set[Key] = {(ObjectKind.METRIC, metric.name) for metric in one.metrics}
    return metrics | {(ObjectKind.SEGMENT, segment.name) for segment in one.segments}


def _write(key: Key) -> None:
    actor = session.require("marketer")[1]
    work = DomainWork(session.live(), actor)
    text = str(st.session_state.get(f"domain-text-{key[0].value}-{key[1]}") or "")
    try:
        written = work.write(work.desk(), key, text)
    except SemanticError as error:
        st.session_state[_FAILED] = f"{words_of(error)} Your text is still here."
        return
    choose(written.key)


def _drop(key: Key) -> None:
    actor = session.require("marketer")[1]
    work = DomainWork(session.live(), actor)
    try:
        work.drop(work.desk(), key)
    except SemanticError as error:
        tell_failure(error)
        return
    choose(None)


def _number(key: Key, desk: Desk, work: DomainWork) -> None:
    """The draft's number for this person, over its usual period."""
    st.caption(":green[:material/check_circle:] No errors")
    if key[0] is not ObjectKind.METRIC:
        return
    try:
        drafted = work.preview(desk)
        actor = work.actor
        metric: Metric = drafted.visible(actor).metric(key[1])
        result = answer(headline(metric, drafted.visible(actor)), drafted, actor)
    except (ModelError, UnknownName):
        return
    except SemanticError as error:
        st.caption(plain(str(error)))
        return
    if isinstance(result, Late):
        st.caption(plain(result.sentence))
        return
    values = result.table.column(result.values[0].name).to_pylist()
    number = writer(result.values[0])(values[0]) if values and values[0] is not None else "no data"
    st.markdown(f"**{plain(number)}** &nbsp;:gray[{plain(result.period.words)}]")
