"""The Metrics page: the list with its search, the metric that the address names, or two metrics side by side."""

import streamlit as st

from pages.metrics import analyses as analysis_page
from pages.metrics import list as metric_list
from pages.metrics import metric as metric_page
from pages.metrics import pair as pair_page
from pages.shell import keys, links, session
from semantic.errors import UnknownName

workspace, actor = session.require("viewer")
seen = workspace.visible(actor)
links.keep_address()
name, beside = st.query_params.get("m", ""), st.query_params.get("with", "")
analysis = st.query_params.get(links.ANALYSIS_PAGE, "")
try:
    if analysis:
        analysis_page.show(analysis, workspace, actor)
    elif name and beside and name != beside:
        pair_page.show(seen.metric(name), seen.metric(beside), workspace, actor)
    elif name:
        metric_page.show(seen.metric(name), workspace, actor)
    else:
        metric_list.header(seen, workspace.today())
        metric_list.metric_list()
        analysis_page.analyses_list(workspace, actor)
except UnknownName as error:
    if analysis:
        analysis_page.unknown(error.name)
    else:
        metric_page.unknown(error.name, seen)
keys.watch_mode()
