"""The Boards page: find, open, edit and create boards, your own and those in shared spaces."""

from pages.boards import list as board_list
from pages.boards import new as board_new
from pages.shell import keys, session
from pages.shell.parts import page_header

workspace, actor = session.require("viewer")
page_header(
    "Boards", "Boards you own or that others shared. Each tile shows only data you have access to.",
    lambda: board_new.new_button(actor),
)  # fmt: skip
if not board_new.ways_to_create(workspace, actor):
    board_list.board_list()
keys.watch_mode()
