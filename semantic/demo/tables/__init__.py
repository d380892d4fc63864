"""Every table of the demo company: its name, key and columns.

This package has no rows. The neighbouring folders fill the tables.
"""
