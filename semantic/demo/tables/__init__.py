"""Every table of the demo company: its name, key and columns.

Only their shape; the rows are filled in the folders beside this one.
"""
