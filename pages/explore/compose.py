"""Compose: a board's tiles on the left, and on the right what readers will see of them."""

from pages.ui import session
from pages.ui.compose import compose_page

workspace, actor = session.require("viewer")
compose_page.show(workspace, actor)
