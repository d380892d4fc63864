"""Add data: from a connection's tables to a draft model, its first answers and a board."""

from pages.govern.data import rail

rail.show()
