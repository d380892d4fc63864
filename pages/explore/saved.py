"""Saved questions: one's own and those of shared spaces, to find, open, rename, move, archive and bring back."""

from pages.ui import keys, session
from pages.ui.parts import page_header
from pages.ui.saved import saved_list

workspace, actor = session.require("viewer")
page_header("Saved questions", "Yours, and those in shared spaces. A saved question is asked anew each time it opens.")
saved_list.saved_list()
keys.watch_mode()
