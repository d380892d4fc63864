"""Boards: the list, and the ways to create one. `read` has the pages that show a board, and `edit` the pages that edit
one.
"""
