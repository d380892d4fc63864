"""Draw on PDF pages: text, figures and tables as vectors, in points from the top left corner.

This package draws any figure and table. `display.boards` decides what a board's pages contain.
"""
