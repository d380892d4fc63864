"""The Targets page: goals for metrics, by period and value, which stewards set, paste, change and remove."""

from pages.shell import keys, session
from pages.targets import list as target_list

session.require("marketer")
target_list.header()
target_list.targets()
keys.watch_mode()
