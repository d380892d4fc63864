"""Every table of the demo company: its name, key and columns.

Only their columns; the rows are filled by the neighbouring folders.
"""
