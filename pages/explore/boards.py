"""Boards: one's own and those of shared spaces, to find, open, compose and begin."""

from pages.ui import keys, session
from pages.ui.compose import board_list, board_new
from pages.ui.parts import page_header

workspace, actor = session.require("viewer")
page_header(
    "Boards", "Boards you own or that others shared. Each tile shows only data you have access to.",
    lambda: board_new.new_button(actor),
)  # fmt: skip
if not board_new.beginning(workspace, actor):
    board_list.board_list()
keys.watch_mode()
