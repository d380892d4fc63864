"""A board as its viewers see it: filters, tabs, tiles in every state, trust, and exports.

The preview while editing also uses this package. Changing a board is in `boards.edit`.
"""
