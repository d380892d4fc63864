"""Drawing on slides: text, native charts and tables, in points from the top left corner.

This package draws charts and tables of text. The content of a board's slides is in `display.boards`.
"""
