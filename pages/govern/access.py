"""Access: who sees which numbers and why; two people side by side; policy tests; view as somebody."""

import streamlit as st

from pages.ui import keys, session
from pages.ui.access import access_pair, access_tests, access_view_as, access_who
from pages.ui.access.access_who import ONE_PERSON
from pages.ui.parts import page_header

workspace, actor = session.require("steward")
page_header(
    "Access",
    "See who has access to which numbers, and which policy allows it. Anything you can't access yourself is hidden.",
)
tabs = {
    "Who can see this": access_who.who_can_see,
    ONE_PERSON: access_who.what_one_sees,
    "Compare two people": access_pair.two_people,
    "Policy tests": access_tests.policy_tests,
    "View as": access_view_as.view_as,
}
for tab, show in zip(st.tabs(list(tabs), key="access-tabs", on_change="rerun"), tabs.values(), strict=True):
    if tab.open:  # the others cost nothing
        with tab:
            show(workspace, actor)
keys.watch_mode()
