"""Saved questions: save, find and rename them, and their versions.

Asking one is in `explore`; adding one to a board is in `boards.edit`.
"""
