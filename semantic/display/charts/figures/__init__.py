"""Figures from plain lists: what to draw is decided in the parent folder; here it is drawn.

Nothing here knows a result.
"""
