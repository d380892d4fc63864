"""The tests of policies: their results under the draft, and the form that adds a test in words."""

from __future__ import annotations

import streamlit as st

from pages.govern.access.policies import effects, state
from pages.govern.access.policies.state import OpenPolicy
from pages.govern.definitions import current_edits as current_edits
from pages.shell import session
from pages.shell.parts import heading, plain
from semantic.display.format import counted
from semantic.errors import ModelError, SemanticError
from semantic.governance.policy_forms.sentences import listed, matching
from semantic.governance.run_policy_tests import names_in, says_to
from semantic.model.editing.objects import ObjectKind
from semantic.query.query import DATE, Query
from semantic.services.drafts import begin_object
from semantic.services.policies import written_test
from semantic.services.words import members_seen_of

SIGNS = {
    "holds": ":green[:material/check_circle:]", "fails": ":red[:material/cancel:]",
    "not_asked": ":gray[:material/hourglass_empty:]",
}  # fmt: skip
SHOWN = 10


def show(opened: OpenPolicy) -> None:
    """Draw the tests about people this policy applies to, and the form of a test."""
    assert opened.drafted is not None
    heading("Tests", "Checked before each version is published")
    _add(opened)  # The form is above the list, because it has no room to open at the end of the page.
    seen = opened.running.visible(opened.actor)
    known = {one.name for one in (*seen.metrics, *seen.dimensions, *seen.segments)}
    findings = [
        finding for finding in effects.findings_of(opened) if names_in(finding.test, opened.drafted.model) <= known
    ]
    findings.sort(key=lambda finding: finding.ok)
    for finding in findings[:SHOWN]:
        says = says_to(finding, seen)
        st.markdown(
            f"{SIGNS[finding.verdict]} {plain(finding.test.name)}" + (f"  \n:small[{plain(says)}]" if says else "")
        )
    if len(findings) > SHOWN:
        st.caption(f"And {counted(len(findings) - SHOWN, 'other test')}.")
    if not findings:
        st.caption("No tests yet.")


def _add(opened: OpenPolicy) -> None:
    assert opened.drafted is not None
    with st.popover("Add a test", icon=":material/add:", key="policy-test-new", on_change="rerun") as popover:
        if not popover.open:
            return
        people = session.people()
        policy = opened.policy
        first = [person.id for person in matching(policy, people.values(), opened.model)] if policy is not None else []
        ids = list(dict.fromkeys([*first, *people]))
        seen = opened.running.visible(opened.actor)
        with st.container(width=420, gap="small"):
            person = st.selectbox(
                "Person", ids, key="policy-test-person", format_func=lambda name: people[name].short_name
            )
            metrics = {metric.name: metric.label for metric in seen.metrics}
            metric = st.selectbox(
                "Metric", list(metrics), key="policy-test-metric", format_func=lambda name: metrics[name]
            )
            if person is None or metric is None:
                return
            fitting = opened.running.preflight(Query(metrics=(metric,)), opened.actor).available
            labels = {one.name: one.label for one in fitting if one.name != DATE and one.kind != "time"}
            dimension = st.selectbox(
                "By", list(labels), key="policy-test-by", format_func=lambda name: labels[name], index=None,
                placeholder="Choose a dimension",
            )  # fmt: skip
            if dimension is None:
                return
            members = seen.member_labels(dimension)
            try:
                values = [str(value) for value in members_seen_of(opened.running, opened.actor, dimension)[:1_000]]
            except SemanticError:
                values = []
            chosen = st.multiselect(
                "Sees only", values, key="policy-test-values", accept_new_options=True, placeholder="Choose values",
                format_func=lambda value: members.get(value, value),
            )  # fmt: skip
            if trouble := st.session_state.get(state.TROUBLE):
                st.error(plain(trouble))
            name = f"{people[person].short_name} sees only {listed([members.get(one, one) for one in chosen])}"
            name += f" in {metrics[metric]}"
            st.button(
                "Add to draft", key="policy-test-begin", type="primary", disabled=not chosen, on_click=_begin,
                args=(opened, name, person, metric, dimension, tuple(chosen)),
            )  # fmt: skip


def _begin(opened: OpenPolicy, name: str, person: str, metric: str, dimension: str, values: tuple[str, ...]) -> None:
    actor = current_edits.acting()
    if actor is None or opened.drafted is None:
        return
    text = written_test(name, session.people()[person], opened.drafted.people, metric, dimension, values)
    try:
        edits = current_edits.current(opened.live, actor)
        current_edits.keep(begin_object(opened.live, actor, edits, ObjectKind.POLICY_TEST, text).edits)
    except ModelError as error:
        st.session_state[state.TROUBLE] = " ".join(f"{one.message} {one.remedy}" for one in error.problems[:3])
        return
    except SemanticError as error:
        st.session_state[state.TROUBLE] = str(error)
        return
    st.session_state.pop(state.TROUBLE, None)
    st.session_state["policy-test-new"] = False
