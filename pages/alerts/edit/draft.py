"""The alert that a session is creating or changing: its question, and its saved state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.explore.builder.question import ExploreState
from pages.shell import links
from semantic.alerts.alert import Alert, AnalysisNumber
from semantic.alerts.analysis_numbers import first_metric
from semantic.alerts.codec import read_number
from semantic.errors import SemanticError
from semantic.query.codec import data_from_json
from semantic.query.query import Query
from semantic.query.salvage import salvage_from_params

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.store.alerts.alerts import StoredAlert
    from semantic.workspace import Workspace

KEY = "alert-draft"
STRIDE = 1_000
"""The step between the key numbers of two drafts. It leaves room for the keys that the builder's filters add."""


@dataclass(slots=True)
class Draft:
    """One alert in the editor. `came` has the address parameters that it started from; `alert` is its ID once it
    exists.
    """

    came: tuple[tuple[str, tuple[str, ...]], ...]
    asking: ExploreState
    alert: str = ""
    revision: int = 0
    before: Alert | None = None
    of: AnalysisNumber | None = None
    why_not: str = ""  # why no alert can watch the analysis's number in the address

    @property
    def key(self) -> str:
        """The prefix of the keys of this draft's fields."""
        return f"alert-{self.asking.generation // STRIDE}"


def new_draft(workspace: Workspace, actor: Actor) -> Draft:
    """Return the session's new alert, for the question in the address or the one that another page passed."""
    came = tuple((name, tuple(st.query_params.get_all(name))) for name in sorted(st.query_params))
    handed: Query | AnalysisNumber | None = st.session_state.pop(links.ALERT_ON, None)
    draft: Draft | None = st.session_state.get(KEY)
    is_mine = draft is not None and (draft.asking.actor, draft.asking.version) == (actor, workspace.model.version)
    if draft is not None and is_mine and not draft.alert and draft.came == came and handed is None:
        return draft
    text = st.query_params.get(links.ALERT_OF, "")
    if isinstance(handed, AnalysisNumber) or text:
        return _begin_of(came, handed if isinstance(handed, AnalysisNumber) else text, workspace, actor)
    query = handed if handed is not None else _asked(came, workspace, actor)
    return _begin(came, query, workspace, actor)


def draft_of_alert(kept: StoredAlert, workspace: Workspace, actor: Actor) -> Draft:
    """Return the session's draft of an existing alert. It starts over if someone else has changed the alert."""
    draft: Draft | None = st.session_state.get(KEY)
    is_mine = draft is not None and (draft.asking.actor, draft.asking.version) == (actor, workspace.model.version)
    if draft is not None and is_mine and (draft.alert, draft.revision) == (kept.id, kept.revision):
        return draft
    before = kept.alert
    draft = _begin((), Query(metrics=(before.metric,), where=before.where), workspace, actor)
    draft.alert, draft.revision, draft.before, draft.of = kept.id, kept.revision, before, before.of
    return draft


def forget_draft() -> None:
    st.session_state.pop(KEY, None)


def _begin(came: tuple[tuple[str, tuple[str, ...]], ...], query: Query, workspace: Workspace, actor: Actor) -> Draft:
    count = st.session_state[f"{KEY}-count"] = st.session_state.get(f"{KEY}-count", 0) + 1
    asking = ExploreState(actor, workspace.model.version, query, generation=count * STRIDE)
    draft = st.session_state[KEY] = Draft(came, asking)
    return draft


def _begin_of(
    came: tuple[tuple[str, tuple[str, ...]], ...], given: AnalysisNumber | str, workspace: Workspace, actor: Actor
) -> Draft:
    """Return a new alert on a number of an analysis, or an empty draft with the reason why there can't be one."""
    try:
        of = read_number(data_from_json(given)) if isinstance(given, str) else given
    except SemanticError as error:
        draft = _begin(came, Query(), workspace, actor)
        draft.why_not = str(error)
        return draft
    draft = _begin(came, Query(metrics=(first_metric(of),)), workspace, actor)
    draft.of = of
    return draft


def _asked(came: tuple[tuple[str, tuple[str, ...]], ...], workspace: Workspace, actor: Actor) -> Query:
    """Return the part of the question in an address that can be read, or an empty question."""
    if not came:
        return Query()
    try:
        read, _ = salvage_from_params({name: list(texts) for name, texts in came})
        query, _ = workspace.repair(read, actor)
    except SemanticError:
        return Query()
    return links.watched(query, query.metrics[0]) if query.metrics else Query()
