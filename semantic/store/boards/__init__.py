"""Boards in the store: published versions, the draft in progress, and the state in which each viewer left a board.

`semantic.boards` defines boards, and `services.boards` decides who can open which.
"""
