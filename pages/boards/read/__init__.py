"""A board as its viewers see it: filters, tabs, tiles in every state, trust, and exports.

The preview while editing uses these too; changing a board is in `boards.edit`.
"""
