"""What is drawn on pages of a PDF: text, figures and tables as vectors, in points from the upper left corner.

Knows figures and tables of text; what a page of a board holds is in `display.boards`.
"""
