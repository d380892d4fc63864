"""A board by its address, for whoever reads it: filters on top, its tiles, what they rest on."""

from pages.ui import keys, session
from pages.ui.boards import board_page

workspace, actor = session.require("viewer")
board_page.show(workspace, actor)
keys.watch_mode()
