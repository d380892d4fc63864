"""Targets: what metrics are to reach, by period and member; stewards set, paste, change and remove them here."""

from pages.ui import keys, session
from pages.ui.targets import target_list

session.require("marketer")
target_list.header()
target_list.targets()
keys.watch_mode()
