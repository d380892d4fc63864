"""Draw on slides: text, editable charts and tables, in points from the top left corner.

This package draws any chart and table. `display.boards` decides what a board's slides contain.
"""
