"""A board as shown to one reader, and as a PDF or a spreadsheet. Start at `export`.

This package takes a board together with its answers. The page asks for the answers, and `semantic.boards` defines a
board.
"""
