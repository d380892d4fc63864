"""An answer and what is known about it: its rows with their meaning, cells, receipts, freshness, and what was hidden.

Pure data and functions: nothing here asks an engine. Words for the screen are in `display`.
"""
