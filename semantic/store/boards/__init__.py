"""Boards as they are kept: published versions, the draft that is being composed, and what each reader had set.

What a board is, is in `semantic.boards`; who can open one is decided in `services.boards`.
"""
