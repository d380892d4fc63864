"""A board as shown to one reader, and as a file: a PDF or a spreadsheet. Start at `export`.

Takes a board with its answers; the page asks for them, and what a board is, is in `semantic.boards`.
"""
