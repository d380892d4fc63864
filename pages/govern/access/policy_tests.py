"""The list of policy tests. Tests without rows run immediately, and a click runs all of them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shell import links
from pages.shell.parts import empty_state, plain
from semantic.display.format import counted
from semantic.governance.run_policy_tests import PolicyFinding, names_in, run_policy_tests, says_to, who_words
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.workspace import Workspace

SIGNS = {
    "holds": ":green[:material/check_circle:]",
    "fails": ":red[:material/cancel:]",
    "not_asked": ":gray[:material/hourglass_empty:]",
}
FOUND = "tests-found"


def _to_definitions() -> None:
    st.page_link(
        links.page_of(links.DEFINITIONS), label="Open Definitions", icon=":material/edit_note:", width="content"
    )


def policy_tests(workspace: Workspace, actor: Actor) -> None:
    """Draw each test with its result and the person it asks as, starting with failing tests."""
    seen = workspace.visible(actor)
    model = workspace.model
    tests = [policy_test for policy_test in model.policy_tests if _may_know(names_in(policy_test, model), seen)]
    if not tests:
        empty_state(
            "rule", "No policy tests",
            "A policy test says who asks which question, and what they should see. Add `policy_tests:` next to your "
            "policies.",
            key="tests-none", ways=_to_definitions,
        )  # fmt: skip
        return
    if st.button("Run all", key="tests-run", type="primary", icon=":material/play_arrow:"):
        with st.spinner("Running as each person"):
            st.session_state[FOUND] = (model.version, workspace.run_policy_tests())
    cached: tuple[str, Sequence[PolicyFinding]] | None = st.session_state.get(FOUND)
    if cached is not None and cached[0] == model.version:
        findings = cached[1]
    else:
        findings = run_policy_tests(model, workspace.people, today=workspace.today(), dialect=workspace.dialect)
    shown = sorted((finding for finding in findings if finding.test in tests), key=lambda each_finding: each_finding.ok)
    _summary(shown)
    with st.container(border=True, gap="xsmall", key="list-of-tests"):
        for finding in shown:
            _row(finding, workspace, seen)


def _may_know(names: frozenset[str], seen: VisibleModel) -> bool:
    """Return whether the viewer can see every name in a test. A test reveals its question (decision 34)."""
    return names <= {field.name for field in (*seen.metrics, *seen.dimensions, *seen.segments)}


def _summary(findings: Sequence[PolicyFinding]) -> None:
    failed = sum(not finding.ok for finding in findings)
    waiting = sum(finding.verdict == "not_asked" for finding in findings)
    passed = len(findings) - failed - waiting
    if passed == len(findings):
        st.markdown(f"{counted(len(findings), 'test')}, all passed.")
        return
    words = [f"**{failed} failed**"] if failed else []
    words += [f"{passed} passed"] if passed else []
    words += [f"{waiting} {'needs' if waiting == 1 else 'need'} data"] if waiting else []
    how = " Choose **Run all** to ask for it." if waiting else ""
    st.markdown(f"{counted(len(findings), 'test')}: {', '.join(words)}.{how}")


def _row(finding: PolicyFinding, workspace: Workspace, seen: VisibleModel) -> None:
    test = finding.test
    says = says_to(finding, seen)
    where = f"as {who_words(test, workspace.people)}, {test.file} line {test.line}"
    st.markdown(
        f"{SIGNS[finding.verdict]} **{plain(test.name)}**  \n:small[:gray[{plain(where)}]]"
        + (f"  \n:small[{plain(says)}]" if says else "")
    )
