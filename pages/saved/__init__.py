"""Saved questions: save, find and rename them, and see their versions.

`explore` asks them, and `boards.edit` adds them to a board.
"""
