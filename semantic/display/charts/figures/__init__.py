"""Figures from plain lists: what is drawn is decided in the folder above; here it is drawn.

Nothing here knows a result.
"""
