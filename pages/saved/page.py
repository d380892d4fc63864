"""The page Saved: find, open, rename, move, archive and restore your own questions and questions in shared spaces."""

from pages.saved import list as saved_list
from pages.shell import keys, session
from pages.shell.parts import page_header

workspace, actor = session.require("viewer")
page_header("Saved questions", "Questions you saved or that others shared. Results refresh each time you open one.")
saved_list.saved_list()
keys.watch_mode()
