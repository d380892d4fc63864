"""A board as it is composed: structure and preview, tiles and their questions, publishing, versions, two at once.

What an edit does to a board is in `semantic.boards`.
"""
