"""Draw figures from plain lists. The parent folder decides what to draw.

These modules don't use results.
"""
