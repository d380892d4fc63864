"""The definition of every demo table: its name, key and columns.

There are no rows here. The neighbouring folders fill the tables.
"""
