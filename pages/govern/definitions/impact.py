"""The impact of a draft before it's published: its changes, the people it affects, and old and new values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
import streamlit as st

from pages.govern.definitions import current_edits as current_edits
from pages.govern.definitions.impact_lineage import show_lineage
from pages.shell import session
from pages.shell.parts import Action, block, empty_state, notice, plain
from pages.shell.turns import in_turn
from semantic.display.format import counted, listed
from semantic.errors import ModelError, SemanticError
from semantic.model.editing.objects import ObjectKind
from semantic.services.drafts import Edits
from semantic.services.impact.compare import Effect
from semantic.services.impact.items import ItemKind
from semantic.services.impact.repairs import Repair, repair, repairs_for
from semantic.services.impact.report import (
    KIND_WORDS,
    Impact,
    ImpactRow,
    impact_csv,
    impact_of,
    note_compared,
)
from semantic.workspace import Workspace

_KEPT, _TROUBLE = "definition_impact", "definition_impact_trouble"
_KIND, _MOVING = "impact-kind", "impact-moving"
_MOST_CARDS = 50
_ALL = "All"
_ICONS = {
    Effect.BREAKS: ("error", "red"),
    Effect.LOST: ("lock", "red"),
    Effect.HISTORY: ("history", "orange"),
    Effect.FROM: ("event", "orange"),
    Effect.SILENT: ("notifications_off", "orange"),
    Effect.FIRES: ("notifications_active", "orange"),
    Effect.RATE: ("notifications", "orange"),
    Effect.HIDDEN: ("visibility_off", "gray"),
    Effect.UNKNOWN: ("help", "gray"),
    Effect.WAITING: ("hourglass_empty", "gray"),
    Effect.NONE: ("check", "green"),
}


@dataclass(frozen=True, slots=True)
class _CachedImpact:
    """The impact of a draft, cached while the draft and the published version stay the same."""

    edits: Edits
    running: Workspace
    impact: Impact

    def is_of(self, edits: Edits, running: Workspace) -> bool:
        return self.edits.files == edits.files and self.edits.base == edits.base and self.running is running


def leave_impact() -> None:
    """Cancel the comparison of values when another view opens."""
    kept: _CachedImpact | None = st.session_state.get(_KEPT)
    if kept is not None and not kept.impact.comparing.is_done:
        kept.impact.comparing.cancel()
        del st.session_state[_KEPT]


def show_impact(workspace: Workspace, reviewed: Edits | None = None) -> None:
    """Draw the impact of the person's own draft, or of the `reviewed` one, which only the draft's author can repair."""
    edits = reviewed or current_edits.require()[2]
    if trouble := st.session_state.pop(_TROUBLE, ""):
        st.error(plain(trouble))
    if not edits.changed():
        empty_state(
            "difference", "No changes yet",
            "Edit a definition first. Before you publish, you can see here what it changes, and for which people.",
            [Action("Edit definitions", _to_editor)], key="no-impact",
        )  # fmt: skip
        return
    if edits.typing:
        names = listed(f"{kind.words} {name}" for kind, name in edits.typing)
        notice("caution", "edit_note", f"Not included until it's finished: {names}.", key="impact-unfinished")
    impact = _impact(workspace, edits)
    if impact is None:
        return
    if impact.is_empty and impact.change.changes_policies:
        empty_state(
            "shield", "Access changes",
            "No number in use is calculated differently, but people can see other rows or numbers than before. The "
            "policies under Access say who is affected.", key="impact-access",
        )  # fmt: skip
        return
    if impact.is_empty:
        added = [key for key, state in edits.changed().items() if state == "added"]
        why = (
            f"This draft adds {counted(len(added), 'definition')} and changes no number that's in use."
            if added else "This draft changes wording or appearance only."
        )  # fmt: skip
        empty_state(
            "check_circle", "No values change",
            f"{why} Every saved question, board, target and alert keeps its numbers.", key="impact-none",
        )  # fmt: skip
        return
    st.markdown(f"**{plain(impact.sentence)}**")
    if impact.labels:
        hidden = f" and {counted(impact.hidden_metrics, 'metric')} you can't see" if impact.hidden_metrics else ""
        st.caption(plain(f"Changed: {_few(impact.labels)}{hidden}."))
    if impact.change.changes_policies:
        notice(
            "info", "shield", "This draft also changes policies. Values are compared under the published policies, and "
            "owners who lose access are listed.", key="impact-policies",
        )  # fmt: skip
    if reviewed is None:
        _repairs(impact)
    _values()
    show_lineage(impact.change, workspace)


def _impact(workspace: Workspace, edits: Edits) -> Impact | None:
    kept: _CachedImpact | None = st.session_state.get(_KEPT)
    if kept is not None and kept.is_of(edits, workspace):
        return kept.impact
    if kept is not None:
        kept.impact.comparing.cancel()
    live, actor = session.live(), session.require("steward")[1]
    try:
        with st.spinner("Finding everything that uses these definitions…"):
            impact = impact_of(live, actor, edits.base_files, edits.files)
        if not impact.is_empty:
            note_compared(live, actor, impact)
    except ModelError as error:
        problem = error.problems[0]
        empty_state(
            "error", "Fix the draft first", f"{problem.message} {problem.remedy}",
            [Action("Edit definitions", _to_editor)], key="impact-invalid",
        )  # fmt: skip
        return None
    except SemanticError as error:
        empty_state("error", "Couldn't look up the impact", str(error), key="impact-failed")
        return None
    impact.comparing.begin()
    st.session_state[_KEPT] = _CachedImpact(edits, workspace, impact)
    return impact


def _values() -> None:
    """Draw the table of values, and redraw it while values arrive."""
    kept: _CachedImpact = st.session_state[_KEPT]
    polls = not kept.impact.comparing.is_done
    st.fragment(in_turn(_table), run_every=1.0 if polls else None)(polls)


def _table(polls: bool) -> None:
    session.require("steward")
    kept: _CachedImpact | None = st.session_state.get(_KEPT)
    if kept is None:
        return
    impact = kept.impact
    impact.comparing.look()
    is_done = impact.comparing.is_done
    rows = impact.rows()
    if not rows:
        st.caption("No saved item or recent question uses the changed definitions.")
        return
    _progress(impact)
    chosen = _filters(rows)
    _rows(chosen)
    if is_done:  # Before that, the file would be replaced every second.
        st.download_button(
            "Download CSV", impact_csv(rows), "impact.csv", "text/csv", icon=":material/download:", key="impact-csv",
            type="tertiary", on_click="ignore",
        )  # fmt: skip
    if is_done and polls:
        st.rerun()  # no more checks every second


def _progress(impact: Impact) -> None:
    run = impact.comparing
    done, total = impact.compared
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="impact-progress"):
        if run.trouble:
            st.markdown(f":red[:material/error:] {plain(f'The comparison stopped. {run.trouble}')}", width="stretch")
        elif not run.is_done and total:
            st.progress(done / total, text=plain(impact.progress))
        elif impact.progress:
            st.markdown(f":gray[{plain(impact.progress)}]", width="stretch")
        if not run.is_done:
            st.button("Cancel", key="impact-cancel", on_click=run.cancel, type="tertiary")
        elif run.left:
            st.button("Compare the rest", key="impact-rest", on_click=_rest)
    if impact.under:
        st.caption(plain(impact.under))


def _filters(rows: Sequence[ImpactRow]) -> list[ImpactRow]:
    """Draw the filter by kind, and return the rows of the chosen kind."""
    counts = {kind: sum(row.count for row in rows if row.kind is kind) for kind in ItemKind}
    kinds = [kind.value for kind in ItemKind if counts[kind]]
    labels = {kind.value: f"{KIND_WORDS[kind][1].capitalize()} ({counts[kind]:,})" for kind in ItemKind}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        kind = _ALL
        if len(kinds) > 1:
            kind = st.segmented_control(
                "Kind", [_ALL, *kinds], default=_ALL, required=True, key=_KIND, label_visibility="collapsed",
                format_func=lambda one: plain(labels.get(one, f"{_ALL} ({sum(counts.values()):,})")),
            )  # fmt: skip
        moving = st.toggle("Only what changes", key=_MOVING)
    of_kind = [row for row in rows if kind in (_ALL, row.kind.value)]
    return [row for row in of_kind if row.effect is not Effect.NONE] if moving else of_kind


def _rows(rows: Sequence[ImpactRow]) -> None:
    """Draw the rows as a table and, on a phone, as a list."""
    if not rows:
        st.caption("Nothing of this kind changes.")
        return
    has_places = any(row.place for row in rows)
    cells = {
        "Kind": [KIND_WORDS[row.kind][0].capitalize() for row in rows],
        "Item": [title_of(row) for row in rows],
        **({"In": [row.place or None for row in rows]} if has_places else {}),
        "Owner": [_owner(row) or None for row in rows],
        "Old": [row.outcome.old or None for row in rows],
        "New": [row.outcome.new or None for row in rows],
        "Change": [row.outcome.change or None for row in rows],
        "Effect": [row.words for row in rows],
        "Details": [row.details or None for row in rows],
    }
    if any(row.used for row in rows):
        cells["Asked"] = [f"{row.used:,}" if row.used else None for row in rows]
    with st.container(key="impact-wide"):
        st.dataframe(
            pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String)).to_arrow(), hide_index=True,
            placeholder="", alt="What the draft changes, with old and new values", key="impact-table",
            column_config={
                "Kind": st.column_config.TextColumn(width=110),
                "Effect": st.column_config.TextColumn(width=160),
                "Details": st.column_config.TextColumn(width=340, help="The value that changes most is shown."),
                "Asked": st.column_config.TextColumn(width=70, help="How often it was asked in the last 30 days."),
            },
        )  # fmt: skip
    with st.container(gap="small", key="impact-cards"):
        for place, row in enumerate(rows[:_MOST_CARDS]):
            _card(row, place)
        if len(rows) > _MOST_CARDS:
            st.caption(f"{len(rows) - _MOST_CARDS:,} more. Filter by kind, or download the CSV.")


def _card(row: ImpactRow, place: int) -> None:
    icon, colour = _ICONS[row.effect]
    with st.container(border=True, gap=None, key=f"impact-card-{place}"):
        st.markdown(f"**{plain(title_of(row))}**")
        about = ", ".join(part for part in (KIND_WORDS[row.kind][0].capitalize(), row.place, _owner(row)) if part)
        st.markdown(f":small[:gray[{plain(about)}]]")
        outcome = row.outcome
        values = f"{outcome.old} → {outcome.new}" if outcome.old and outcome.new else outcome.old
        text = ", ".join(part for part in (row.words, values, outcome.change) if part)
        st.markdown(f":{colour}[:material/{icon}:] {plain(text)}")
        if row.details:
            st.markdown(f":small[:gray[{plain(row.details)}]]")


def _owner(row: ImpactRow) -> str:
    """Return the owner of an item or, for a recent question, how many people asked it."""
    asked = row.kind is ItemKind.RECEIPT and row.owner
    return f"Asked by {row.owner[:1].lower()}{row.owner[1:]}" if asked else row.owner


def title_of(row: ImpactRow) -> str:
    """Return the title of a row or, for hidden items, how many there are."""
    return row.title or f"{counted(row.count, *KIND_WORDS[row.kind])} not shown to you"


def _repairs(impact: Impact) -> None:
    """Draw the repairs for removed metrics that are in use."""
    removed = [name for name in impact.change.removed if name in impact.used]
    if not removed:
        return
    with block("Removed, but in use", counted(len(removed), "metric")), st.container(border=True, gap="small"):
        st.markdown(
            "Items that use these metrics break when you publish. Keep the metrics for now, so that owners can switch."
        )
        for place, each in enumerate(repairs_for(impact.change, impact.used)):
            st.button(
                plain(each.words), key=f"impact-repair-{place}", icon=":material/build:", on_click=_repair,
                args=(each, impact),
            )  # fmt: skip


def _repair(chosen: Repair, impact: Impact) -> None:
    live, actor, edits = current_edits.require()
    try:
        current_edits.keep(repair(live, actor, edits, chosen, impact.change, today=live.workspace().today()))
    except SemanticError as error:
        st.session_state[_TROUBLE] = str(error)
        return
    current_edits.choose((ObjectKind.METRIC, chosen.old if chosen.how == "keep" else chosen.new))


def _rest() -> None:
    kept: _CachedImpact | None = st.session_state.get(_KEPT)
    if kept is not None:
        kept.impact.comparing = kept.impact.comparing.rest()
        kept.impact.comparing.begin()


def _few(labels: Sequence[str]) -> str:
    return listed(labels) if len(labels) <= 6 else f"{', '.join(labels[:5])} and {len(labels) - 5:,} more"


def _to_editor() -> None:
    st.session_state["definition-view"] = "Edit"
