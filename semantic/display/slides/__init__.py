"""Drawing on slides: text, native charts and tables, in points from the top left corner.

This package knows charts and tables of text. What a board's slides say is in `display.boards`.
"""
