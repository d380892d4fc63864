"""An answer and everything known about it: its rows with their meaning, cells, receipts, freshness, and suppression.

These are pure data and functions, which run no queries. Words for the screen are in `display`.
"""
