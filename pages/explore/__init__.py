"""Explore: a question on the left, its answer on the right.

Its two sides are used by other areas too: the `builder` of a question, and the `result`.
"""
