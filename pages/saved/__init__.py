"""Saved questions: save, find and rename them, and see their versions.

To ask one, see `explore`. To add one to a board, see `boards.edit`.
"""
