"""An answer as a file, equal to what the screen shows. Start at `export`: a result in, bytes out.

One module for each format, and what they share: rows, remarks, and explanations. Files of boards are in
`display.boards`.
"""
