"""The addition of data that a person is working on, which outlasts this page and its tab, and the current step."""

from __future__ import annotations

from typing import Final, Literal, cast

import streamlit as st

from pages.shell import links, session
from pages.shell.once import once
from semantic.policy.actor import Actor
from semantic.services.adding.adding import Adding, Additions
from semantic.workspace import Workspace

Step = Literal["source", "tables", "draft", "answers"]
STEPS: Final[dict[Step, str]] = {
    "source": "1. Source", "tables": "2. Tables", "draft": "3. Draft model", "answers": "4. First answers",
}  # fmt: skip
ADDRESS: Final = "step"
RAIL: Final = "add-data-step"
TROUBLE: Final = "add-data-trouble"


@once
def additions() -> Additions:
    """Return the additions that people in this process are working on."""
    return Additions()


def may_add(actor: Actor) -> bool:
    """Return whether a person can add data. Stewards and administrators can, unless they view as someone else."""
    return actor.is_at_least("steward") and actor.viewed_by is None


def require() -> tuple[Workspace, Actor, Adding]:
    """Return the workspace, the person and the person's addition. Access is checked on every run and click."""
    workspace, actor = session.require("steward")
    if not may_add(actor):
        st.stop()
    return workspace, actor, additions().of(actor.id)


def current_step(adding: Adding) -> Step:
    """Return the step in the address, or else the furthest step reached so far."""
    asked = st.query_params.get(ADDRESS, "")
    if asked in STEPS:
        return cast(Step, asked)
    if adding.profiling is not None or adding.matches:
        return "draft"
    return "tables" if adding.offer is not None else "source"


def go(step: Step) -> None:
    """Open another step."""
    st.session_state[RAIL] = step
    st.query_params[ADDRESS] = step
    st.session_state.pop(TROUBLE, None)


def source_in_address() -> str | None:
    """Return the connection in the address, and remove it from the address."""
    return st.query_params.pop(links.SOURCE, None)
