"""Editing a board: its structure, preview, tiles and questions, publishing, versions, and concurrent edits.

What an edit does to a board is in `semantic.boards`.
"""
