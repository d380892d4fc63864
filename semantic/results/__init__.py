"""Answers and what is known about them: their rows with their meaning, cells, receipts, freshness, and suppression.

These are pure data and functions that run no queries. The wording for the screen is in `display`.
"""
