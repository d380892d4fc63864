"""Drawing on PDF pages: text, figures and tables as vectors, in points from the top left corner.

This package draws figures and tables of text. The content of a board's page is in `display.boards`.
"""
