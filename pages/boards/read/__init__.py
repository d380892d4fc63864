"""A board as its readers see it: filters, tabs, tiles in whatever state they are, what they rest on, and its files.

The preview of one who composes uses these too; changing a board is in `boards.edit`.
"""
