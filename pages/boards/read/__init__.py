"""A board as its viewers see it: filters, tabs, tiles in every state, trust, and exports.

The editor's preview also uses this package. `boards.edit` changes a board.
"""
