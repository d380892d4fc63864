"""Boards in the store: published versions, the draft being edited, and each viewer's last settings.

What a board is, is in `semantic.boards`; who can open one is decided in `services.boards`.
"""
