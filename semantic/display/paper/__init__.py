"""What is drawn on pages of a PDF: text, figures and tables as vectors, in points from the top left corner.

Knows figures and tables of text; what a board's page has is in `display.boards`.
"""
