"""A draft's changes in words and in SQL, with actions that merge newly published versions and publish the draft."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from difflib import unified_diff
from functools import lru_cache
from zoneinfo import ZoneInfo

import streamlit as st

from pages.govern.definitions import current_edits as current_edits
from pages.govern.definitions.review.sending import NOTE, show_sending
from pages.shell import session
from pages.shell.needed import needs, show_missing
from pages.shell.parts import Action, badge_text, empty_state, notice, plain
from pages.widgets.item_words import name_without_job
from semantic.display.format import counted, listed
from semantic.errors import ModelError, SemanticError
from semantic.governance.model_diff import ModelDiff, affected_by, diff_models, sql_difference
from semantic.model.editing.merge import Conflict, Merged
from semantic.model.editing.object_changes import ChangeKind, ObjectChange
from semantic.model.editing.objects import Key, ObjectKind
from semantic.services.analyzing.changes import analyses_changed
from semantic.services.drafts import Edits, behind, merge_newest, publish_edits, take_merged, throw_away, verdict_of
from semantic.services.process import Live
from semantic.services.reviewing.approvals import Verdict
from semantic.store.models.versions import Version
from semantic.workspace import Workspace

_MOST = 30
_BADGES = {ChangeKind.ADDED: "new", ChangeKind.CHANGED: "changed", ChangeKind.REMOVED: "removed"}
_MINE, _THEIRS = "Mine", "Theirs"
_PUBLISHED, _TROUBLE = "definition_published", "definition_publish_trouble"


def _to_editor() -> None:
    st.session_state["definition-view"] = "Edit"


def show_changes(workspace: Workspace) -> None:
    """Draw every change to the draft, and the button that publishes it."""
    live, _, edits = current_edits.require()
    if said := st.session_state.pop(_PUBLISHED, ""):
        notice("good", "check_circle", said, key="definition-published")
    if not edits.changed():
        empty_state(
            "edit_note", "No changes yet",
            "Edit a definition, such as a metric's filter. Its old and new numbers appear here before you publish.",
            [Action("Edit definitions", _to_editor)], key="no-changes",
        )  # fmt: skip
        return
    newer = behind(live, edits)
    if newer is not None:
        _bring_up_to_date(live, edits, newer)
        return
    left, right = st.columns([1.7, 1], gap="medium")
    with left:
        diff = _difference(edits)
        if diff is not None:
            show_difference(diff, workspace, key="draft")
    with right, st.container(border=True, gap="small", key="draft-publish"):
        _next_step(live, edits, workspace, is_valid=diff is not None)


def show_difference(diff: ModelDiff, workspace: Workspace, *, key: str, has_sql: bool = True) -> None:
    """Draw the difference between two models. Each object has its changes in words and, on demand, its text. Stewards
    also see the SQL.
    """
    st.markdown(f"**{plain(diff.words)}**")
    for place, change in enumerate(diff.objects[:_MOST]):
        with st.container(border=True, gap="xsmall", key=f"{key}-change-{place}"):
            _object(change, diff, workspace, key=f"{key}-{place}", has_sql=has_sql)
    if len(diff.objects) > _MOST:
        st.caption(f"And {counted(len(diff.objects) - _MOST, 'more definition')}.")
    _analyses(diff, workspace)


def _analyses(diff: ModelDiff, workspace: Workspace) -> None:
    """Draw the named analyses whose counting rules change, with the sentences before and after."""
    _, actor = session.require("viewer")
    for change in analyses_changed(diff.before, diff.after, actor, today=workspace.today())[:_MOST]:
        with st.container(border=True, gap="xsmall", key=f"analysis-change-{change.name}"):
            st.markdown(f":material/query_stats: **{plain(change.words)}**")
            lines = [f"- Before: {plain(sentence)}" for sentence in change.gone]
            lines += [f"- After: {plain(sentence)}" for sentence in change.added]
            if lines:
                st.markdown("\n".join(lines))


def _object(change: ObjectChange, diff: ModelDiff, workspace: Workspace, *, key: str, has_sql: bool) -> None:
    st.markdown(_title(change, diff))
    for field in change.fields:
        for words in field.plain_words:
            st.markdown(f"- {plain(words)}")
    moved = affected_by(diff, change.key)
    others = [metric.label for metric in moved if metric.name != change.key[1]]
    if others:
        st.caption(plain("Also affects: " + ", ".join(others[:12]) + (" and more." if len(others) > 12 else ".")))
    names = [metric.name for metric in moved] if has_sql else []
    with st.expander("SQL and text" if has_sql else "Text", key=f"{key}-sql", on_change="rerun") as opened:
        if not opened.open:
            return
        if names:
            labels = {metric.name: metric.label for metric in moved}
            name = names[0] if len(names) == 1 else st.selectbox(
                "Metric", names, key=f"{key}-metric", format_func=lambda each_name: labels[each_name], width=300
            )  # fmt: skip
            sql = sql_difference(diff, name, workspace.dialect, today=workspace.today())
            st.code(
                sql.lines or sql.after or sql.refused or "The SQL is the same.", language="diff" if sql.lines else "sql"
            )
        st.code(_text_difference(change), language="diff")


def _title(change: ObjectChange, diff: ModelDiff) -> str:
    """Return the title of an object, as in the editor: its label, its name, and how it changed."""
    kind, name = change.key
    models = (diff.after, diff.before)
    match kind:
        case ObjectKind.METRIC:
            known = [model.metrics[name].label for model in models if name in model.metrics]
        case ObjectKind.SEGMENT:
            known = [model.segments[name].label for model in models if name in model.segments]
        case ObjectKind.ANALYSIS:
            known = [model.analyses[name].label for model in models if name in model.analyses]
        case ObjectKind.DATASET:
            known = [model.datasets[name].label for model in models if name in model.datasets]
        case ObjectKind.POLICY:
            known = [policy.label for model in models for policy in model.policies if policy.name == name]
        case _:
            known = []
    if not known or change.kind not in _BADGES:
        return plain(change.words)
    called = f"**{plain(known[0] or name)}** &nbsp;:gray[{plain(f'{kind.words} {name}')}]"
    return f"{called} &nbsp;:violet-badge[{badge_text(_BADGES[change.kind])}]"


@lru_cache(maxsize=200)
def _text_difference(change: ObjectChange) -> str:
    before, after = ((text or "").splitlines() for text in (change.before, change.after))
    return "\n".join(list(unified_diff(before, after, lineterm="", n=2))[2:]) or "The text is the same."


def _difference(edits: Edits) -> ModelDiff | None:
    try:
        return diff_models(edits.base_files, edits.files)
    except ModelError as error:
        st.markdown(":red[:material/error:] **The draft has errors**")
        for one in error.problems[:_MOST]:
            st.markdown(f":gray[{plain(f'{one.file}, line {one.line}')}] &nbsp;{plain(f'{one.message} {one.remedy}')}")
        return None


# Publishing


def _next_step(live: Live, edits: Edits, workspace: Workspace, *, is_valid: bool) -> None:
    """Draw the next step of the draft: fix its problems, submit it for review, or publish it."""
    actor = current_edits.acting()
    if actor is None:
        return
    if not is_valid:
        st.caption("Fix the errors first. Then you can publish the draft, or send it for review.")
    elif edits.typing:
        names = ", ".join(name for _, name in edits.typing)
        st.caption(plain(f"Your edit of {names} isn't finished. Finish or revert it first."))
    else:
        try:
            verdict = verdict_of(live, actor, edits)
        except SemanticError as error:
            st.error(plain(str(error)))
        else:
            if verdict.can_publish:
                _publish(live, edits, verdict, workspace)
            else:
                show_sending(live, edits, verdict, workspace)
    with st.popover("Discard draft", icon=":material/delete:", key="discard-draft", on_change="rerun") as asked:
        if asked.open:
            st.markdown("This discards every change in the draft.")
            st.button("Discard draft", key="discard", on_click=_discard, args=(live, edits))


def _publish(live: Live, edits: Edits, verdict: Verdict, workspace: Workspace) -> None:
    number = edits.base.number + 1
    st.markdown(f"**Publish as version {number}**")
    if not verdict.needs_review:
        st.caption("This changes no one else's numbers, so you can publish it without a review.")
    elif verdict.is_alone:
        st.markdown(
            ":orange[:material/person:] No one else can approve this, and 24 hours have passed, so you can publish it "
            "without approval. The audit log will say so."
        )
    else:
        names = listed([person.short_name for person in verdict.approved])
        st.markdown(f":green[:material/check_circle:] {plain(f'Approved by {names}.')}")
    if verdict.review is not None and NOTE not in st.session_state:
        st.session_state[NOTE] = verdict.review.note[:2_000]
    st.text_area(
        "What changes, and why", key=NOTE, height=90, max_chars=2_000,
        placeholder="Everyone sees this in the metric's history",
    )  # fmt: skip
    show_missing(NOTE)
    later = st.toggle("Schedule for later", key="publish-later")
    starts = _moment(workspace) if later else None
    if trouble := st.session_state.get(_TROUBLE):
        st.error(plain(trouble))
    st.button(
        "Schedule" if later else "Publish", key="publish", type="primary",
        on_click=needs({NOTE: "Say what changes, and why."}, _go), args=(live, edits, starts),
    )  # fmt: skip


def _moment(workspace: Workspace) -> datetime:
    tomorrow = workspace.today() + timedelta(days=1)
    with st.container(horizontal=True, gap="small"):
        day = st.date_input("Day", value=tomorrow, min_value=workspace.today(), key="publish-day")
        hour = st.time_input("Time", value=time(6), key="publish-time", step=timedelta(minutes=15))
    zone = ZoneInfo(workspace.model.settings.time_zone)
    return datetime.combine(day if not isinstance(day, tuple) else tomorrow, hour, tzinfo=zone).astimezone(UTC)


def _go(live: Live, edits: Edits, starts: datetime | None) -> None:
    actor = current_edits.acting()
    if actor is None:
        return
    note = str(st.session_state.get("publish-note") or "").strip()
    try:
        version = publish_edits(live, actor, edits, note=note, effective_at=starts)
    except SemanticError as error:  # The draft stays.
        st.session_state[_TROUBLE] = str(error)
        return
    st.session_state.pop(_TROUBLE, None)
    st.session_state["publish-note"] = ""
    st.session_state[_PUBLISHED] = _version_sentence(version, session.workspace())
    current_edits.forget_edits()


def _version_sentence(version: Version, workspace: Workspace) -> str:
    if version.effective_at > version.published_at:
        zone = ZoneInfo(workspace.model.settings.time_zone)
        at = version.effective_at.astimezone(zone)
        return f"Version {version.number} is scheduled. It takes effect on {at.day} {at:%b %Y, %H:%M}."
    return f"Version {version.number} is live. New results use it."


def _discard(live: Live, edits: Edits) -> None:
    actor = current_edits.acting()
    if actor is None:
        return
    try:
        current_edits.keep(throw_away(live, actor, edits))
    except SemanticError as error:
        st.session_state[_TROUBLE] = str(error)


# Newly published versions


def _bring_up_to_date(live: Live, edits: Edits, newer: Version) -> None:
    """Merge the draft with a newer version, object by object. Objects that both changed need a choice."""
    who = name_without_job(newer.author_name) or "Someone"
    notice(
        "caution", "merge", f"{who} published version {newer.number} while you edited: {newer.note}",
        key="definition-behind",
    )  # fmt: skip
    try:
        merged, head = merge_newest(live, edits)
    except ModelError as error:
        st.error(plain(error.title))
        return
    if not merged.conflicts and not merged.problems:
        st.markdown("Your changes don't overlap. The updated draft includes both.")
        st.button("Update draft", key="merge", type="primary", on_click=_take, args=(live, edits, merged, head))
        return
    choices = [choose_side(conflict, place) for place, conflict in enumerate(merged.conflicts)]
    for problem in merged.of_both:
        st.markdown(f":red[:material/error:] {plain(f'{problem.message} {problem.remedy}')}")
    if merged.conflicts:
        settled = {conflict.key: text for conflict, text in zip(merged.conflicts, choices, strict=True)}
        st.button("Update draft", key="merge", type="primary", on_click=_settle, args=(live, edits, settled))
    else:
        st.button(
            "Update draft and resolve conflicts", key="merge", type="primary", on_click=_take,
            args=(live, edits, merged, head),
        )  # fmt: skip


def choose_side(conflict: Conflict, place: int, sides: tuple[str, str] = (_MINE, _THEIRS)) -> str | None:
    """Draw both texts side by side, and return the label of the one to keep, or None. `sides` has the
    labels on screen.
    """
    labels: dict[str, str] = dict(zip((_MINE, _THEIRS), sides, strict=True))
    with st.container(border=True, gap="xsmall", key=f"conflict-{place}"):
        st.markdown(f"**{plain(conflict.key[1])}** &nbsp;:gray[{plain(conflict.key[0].words)}]")
        if sides == (_MINE, _THEIRS):  # the message speaks of "you" and "they"
            st.markdown(plain(conflict.message))
        left, right = st.columns(2, gap="small")
        for column, label, text in ((left, _MINE, conflict.mine), (right, _THEIRS, conflict.theirs)):
            with column:
                st.caption(plain(labels[label]))
                st.code(text if text is not None else "Removed", language="yaml", wrap_lines=True)
        kept = st.segmented_control(
            "Keep", [_MINE, _THEIRS], default=_MINE, required=True, key=f"conflict-choice-{place}",
            label_visibility="collapsed", format_func=lambda side: plain(labels[side]),
        )  # fmt: skip
    return conflict.mine if kept == _MINE else conflict.theirs


def _settle(live: Live, edits: Edits, settled: Mapping[Key, str | None]) -> None:
    try:
        merged, head = merge_newest(live, edits, settled)
    except ModelError as error:
        st.session_state[_TROUBLE] = str(error)
        return
    _take(live, edits, merged, head)


def _take(live: Live, edits: Edits, merged: Merged, head: Version) -> None:
    actor = current_edits.acting()
    if actor is None:
        return
    try:
        current_edits.keep(take_merged(live, actor, edits, merged, head))
    except SemanticError as error:
        st.session_state[_TROUBLE] = str(error)
