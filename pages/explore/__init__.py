"""Explore: a question on the left, its answer on the right.

Other areas use both sides too: the `builder` of a question, and the `result`.
"""
