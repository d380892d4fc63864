"""Boards: the list of them, and beginning a new one.

Reading a board is in `read`, composing one in `edit`.
"""
