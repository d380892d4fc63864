"""The Access page: who sees which numbers and why, two people side by side, policy tests, and view as."""

import streamlit as st

from pages.govern.access import pair as access_pair
from pages.govern.access import policy_tests, view_as
from pages.govern.access import who as access_who
from pages.govern.access.policies import state
from pages.govern.access.policies.overview import policies
from pages.govern.access.who import ONE_PERSON
from pages.shell import keys, session
from pages.shell.parts import page_header

POLICIES = "Policies"

workspace, actor = session.require("steward")
if st.query_params.get(state.ADDRESS):
    st.session_state.setdefault("access-tabs", POLICIES)
page_header(
    "Access",
    "See who has access to which numbers, and which policy allows it. Anything you can't access yourself is hidden.",
)
tabs = {
    "Who can see this": access_who.who_can_see,
    ONE_PERSON: access_who.what_one_sees,
    POLICIES: policies,
    "Compare two people": access_pair.two_people,
    "Policy tests": policy_tests.policy_tests,
    "View as": view_as.view_as,
}
for tab, show in zip(st.tabs(list(tabs), key="access-tabs", on_change="rerun"), tabs.values(), strict=True):
    if tab.open:  # the other tabs cost nothing
        with tab:
            show(workspace, actor)
keys.watch_mode()
