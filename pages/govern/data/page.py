"""The Add data page: from a connection's tables to a draft model, its first answers and a board."""

from pages.govern.data import step_rail
from pages.shell import keys

step_rail.show()
keys.watch_mode()
