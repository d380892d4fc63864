"""Compose: a board's tiles on the left, and on the right what readers will see of them."""

from pages.ui import compose_page, session

workspace, actor = session.require("viewer")
compose_page.show(workspace, actor)
