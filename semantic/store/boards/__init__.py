"""Boards in the store: published versions, the draft being edited, and each viewer's last settings.

`semantic.boards` defines a board, and `services.boards` decides who can open one.
"""
