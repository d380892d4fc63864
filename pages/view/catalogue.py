"""Metrics: the list to search in; one metric's page by its address; two of them side by side."""

from pages.ui import metric_list, session, theme

theme.apply()
workspace, actor = session.require("viewer")
seen = workspace.visible(actor)
metric_list.header(seen, workspace.today())
metric_list.metric_list()
theme.watch_mode()
