"""An answer and everything known about it: its rows with their meaning, cells, receipts, freshness, and suppression.

Pure data and functions. Nothing here asks an engine. Words for the screen are in `display`.
"""
