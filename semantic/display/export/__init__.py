"""An answer as a file, equal to what the screen shows. Start at `export`, which turns a result into bytes.

Each format has one module. They share rows, remarks and explanations. Files of boards are in `display.boards`.
"""
