"""Editing a board: its structure, preview, tiles and questions, publishing, versions, and concurrent edits.

`semantic.boards` defines what an edit does to a board.
"""
