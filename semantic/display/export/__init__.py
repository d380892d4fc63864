"""An answer as a file, equal to what the screen shows. Start at `export`: a result in, bytes out.

One file for each format, and what they share: rows, remarks, and what explains them. Boards as files are in
`display.boards`.
"""
