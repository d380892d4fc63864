"""The page of a board for its viewers: filters on top, then the tiles, then their sources."""

from pages.boards.read import board as board_page
from pages.shell import keys, session

workspace, actor = session.require("viewer")
board_page.show(workspace, actor)
keys.watch_mode()
