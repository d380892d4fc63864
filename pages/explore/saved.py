"""Saved questions: one's own and those of shared spaces, to find, open, rename, move, archive and bring back."""

from pages.ui import keys, session
from pages.ui.parts import page_header
from pages.ui.saved import saved_list

workspace, actor = session.require("viewer")
page_header("Saved questions", "Questions you saved or that others shared. Results refresh each time you open one.")
saved_list.saved_list()
keys.watch_mode()
