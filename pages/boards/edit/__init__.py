"""Board editing: the structure, the preview, tiles and questions, publishing, versions, and concurrent edits.

`semantic.boards` defines how each edit changes a board.
"""
