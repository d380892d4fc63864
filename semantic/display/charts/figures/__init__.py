"""Figures from plain lists. The parent folder decides what to draw, and this package draws it.

These modules don't use results.
"""
