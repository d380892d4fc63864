"""Saved questions: keeping, finding, changing what they are called, their versions.

Asking one is Explore's; putting one on a board is in `boards.edit`.
"""
