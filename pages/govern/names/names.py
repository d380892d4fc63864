"""The names under a naming rule: how many follow it, which ones to map, values to map in all names, and
mapped names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Final

import streamlit as st

from pages.govern.names import mapping
from pages.shell import session
from pages.shell.parts import badge_text, block, empty_state, notice, page_header, plain
from semantic.display.format import counted
from semantic.model.naming import NamingRule
from semantic.policy.actor import Actor
from semantic.services.campaign_names import NamesSeen, may_map, names_seen, rules_of, to_csv, why_not
from semantic.workspace import Workspace

RULE: Final = "names-rule"
PART: Final = "names-part"
_KNOWN: Final = "names-seen"
_SECONDS: Final = 60.0
_NUMBER: Final = st.column_config.NumberColumn(format="localized")
TO_MAP, VALUES, MAPPED, FILES = "To map", "Values", "Mapped", "Import and export"


def names_page() -> None:
    """Draw the page, for people who can map at least their own names."""
    workspace, actor = session.require("marketer")
    rules = rules_of(workspace.visible(actor))
    if not rules:
        page_header("Campaign names", "Which campaign names follow your naming rules, and what the other names mean.")
        empty_state(
            "label_off", "No naming rules yet",
            "A naming rule defines the parts of a name, such as market, channel and theme. Stewards add one on the "
            "Definitions page.",
            key="names-none",
        )  # fmt: skip
        return
    rule = _rule(rules)
    page_header("Campaign names", f"{rule.description or rule.label} Pattern: {rule.pattern}")
    if len(rules) > 1:
        st.selectbox("Naming rule", [one.name for one in rules], format_func=_label_of(rules), key=RULE)
    mapping.show_outcome()
    seen = _seen(workspace, actor, rule)
    reason = why_not(workspace, actor, session.live())
    if reason:
        notice("quiet", "lock", reason, key="names-closed")
    _summary(seen)
    _parts(seen, actor, is_open=not reason)


def _rule(rules: Sequence[NamingRule]) -> NamingRule:
    chosen = st.session_state.get(RULE)
    return next((one for one in rules if one.name == chosen), rules[0])


def _label_of(rules: Sequence[NamingRule]):  # type: ignore[no-untyped-def]
    labels = {one.name: plain(one.label) for one in rules}
    return lambda name: labels[name]


def _seen(workspace: Workspace, actor: Actor, rule: NamingRule) -> NamesSeen:
    """Return the names under a rule, cached for a minute for the same model and person, because suggestions
    take time.
    """
    key = workspace.model.version, rule.name, actor
    known: tuple[object, float, NamesSeen] | None = st.session_state.get(_KNOWN)
    if known is None or known[0] != key or monotonic() - known[1] > _SECONDS:
        known = st.session_state[_KNOWN] = key, monotonic(), names_seen(workspace, actor, rule)
    return known[2]


def _summary(seen: NamesSeen) -> None:
    following = len(seen.names) - len(seen.unmatched)
    words = f"**{following:,}** of {counted(len(seen.names), 'name')} follow the rule"
    total = sum(one.weight or 0.0 for one in seen.names) + seen.unnamed
    if total > 0:
        matching = sum(one.weight or 0.0 for one in seen.names if not one.problem)
        words += f", with **{matching / total:.1%}** of {plain(_metric_label(seen.rule).lower())}"
    st.markdown(f"{words}.")
    notes: list[str] = []
    if seen.unnamed > 0 and total > 0:
        notes.append(f"{seen.unnamed / total:.1%} has no name, because its campaign was deleted or isn't loaded.")
    if not seen.is_whole:
        most = f"with the most {_metric_label(seen.rule).lower()} " if seen.rule.weighed_by else ""
        notes.append(f"There are more names. Only the first {len(seen.names):,} {most}are listed.")
    if notes:
        st.caption(plain(" ".join(notes)))


def _metric_label(rule: NamingRule) -> str:
    metric = session.workspace().model.metrics.get(rule.weighed_by)
    return metric.label if metric else "Weight"


def _rounded(weight: float | None) -> float | None:
    return None if weight is None else round(weight, 2 if abs(weight) < 100 else 0)


def _parts(seen: NamesSeen, actor: Actor, *, is_open: bool) -> None:
    steward = actor.is_at_least("steward")
    labels = {TO_MAP: f"{TO_MAP} ({len(seen.unmatched):,})", MAPPED: f"{MAPPED} ({len(seen.mapped):,})"}
    if steward:
        labels[VALUES] = f"{VALUES} ({len(seen.wrong_values):,})"
    labels[FILES] = FILES
    options = [one for one in (TO_MAP, VALUES, MAPPED, FILES) if one in labels]
    chosen = st.segmented_control(
        "Part of the page", options, format_func=lambda one: labels[one], default=TO_MAP, key=PART,
        required=True, label_visibility="collapsed",
    )  # fmt: skip
    match chosen:
        case "Values":
            _values(seen, is_open=is_open)
        case "Mapped":
            _mapped(seen, actor, is_open=is_open)
        case "Import and export":
            _files(seen, actor, is_open=is_open)
        case _:
            _to_map(seen, actor, is_open=is_open)


def _to_map(seen: NamesSeen, actor: Actor, *, is_open: bool) -> None:
    if not seen.unmatched:
        empty_state(
            "task_alt", "Every name follows the rule", "New names appear here when they don't.", key="names-done"
        )
        return
    rows = {
        "Name": [one.name for one in seen.unmatched],
        _metric_label(seen.rule): [_rounded(one.weight) for one in seen.unmatched],
        "Owner": [", ".join(one.owners) for one in seen.unmatched],
        "Problem": [one.why for one in seen.unmatched],
        "Suggestion": [one.meant for one in seen.unmatched],
    }
    with block("Names to map", "Select one or several"):
        places = _table(rows, "names-table", "Names that don't follow the rule.")
        chosen = [seen.unmatched[place] for place in places]
        if is_open:
            mapping.form(seen.rule, [one for one in chosen if may_map(actor, one)], len(chosen), actor)


def _values(seen: NamesSeen, *, is_open: bool) -> None:
    if not seen.wrong_values:
        empty_state(
            "task_alt", "No values to map", "Every part has an allowed value, or is missing.", key="values-done"
        )
        return
    rows = {
        "Part": [one.part.label for one in seen.wrong_values],
        "Value": [one.value for one in seen.wrong_values],
        "Names": [one.names for one in seen.wrong_values],
        _metric_label(seen.rule): [_rounded(one.weight) for one in seen.wrong_values],
        "Suggestion": [one.meant for one in seen.wrong_values],
    }
    with block("Values that aren't in the list", "Mapping one corrects every name that has it"):
        chosen = _table(rows, "values-table", "Values of parts that aren't allowed.", several=False)
        if is_open:
            mapping.value_form(seen.rule, seen.wrong_values[chosen[0]] if chosen else None)


def _mapped(seen: NamesSeen, actor: Actor, *, is_open: bool) -> None:
    whole = [one.mapped for one in seen.mapped if one.mapped is not None]
    parts = [one for one in seen.rule.mapped if one.part] if actor.is_at_least("steward") else []
    entries = [*parts, *whole]
    if not entries:
        empty_state("label", "Nothing is mapped yet", "Mapped names and values are listed here.", key="mapped-none")
        return
    labels = {part.name: part.label for part in seen.rule.parts}
    rows = {
        "Found": [one.found for one in entries],
        "Means": [one.meant or "Accepted as is" for one in entries],
        "Part": [labels.get(one.part, "Whole name") for one in entries],
        "By": [one.by for one in entries],
        "On": [one.on for one in entries],
        "Until": [one.until for one in entries],
    }
    with block("Mapped", "Your database tables aren't changed"):
        chosen = _table(rows, "mapped-table", "Mapped names: each name that was found, and its meaning.")
        owned = {one.name for one in seen.mapped if may_map(actor, one)}
        picked = [entries[place] for place in chosen]
        if is_open:
            mapping.remove_button(seen.rule, [one for one in picked if one.part or one.found in owned])


def _files(seen: NamesSeen, actor: Actor, *, is_open: bool) -> None:
    with block("Export", "Mapped names, and the ones to map with suggestions"):
        st.download_button(
            "Download CSV", lambda: to_csv(seen, actor), file_name=f"{badge_text(seen.rule.name)}.csv", mime="text/csv",
            icon=":material/download:", key="names-export", on_click="ignore",
        )  # fmt: skip
    if is_open:
        mapping.import_form(seen.rule)


def _table(rows: Mapping[str, Sequence[object]], key: str, alt: str, *, several: bool = True) -> list[int]:
    """Draw a table with selectable rows, and return the indexes of the selected ones."""
    count = len(next(iter(rows.values())))
    version = session.workspace().model.version  # Another version has other rows, so nothing stays selected.
    event = st.dataframe(
        rows, key=f"{key}-{version}", hide_index=True, height="content" if count <= 12 else 34 * 13, row_height=34,
        alt=alt, on_select="rerun", selection_mode="multi-row" if several else "single-row",
        column_config={name: _NUMBER for name, column in rows.items() if any(isinstance(one, float) for one in column)},
    )  # fmt: skip
    return [place for place in event["selection"]["rows"] if place < count]
