"""Export an answer as a file that equals the screen. Start at `export`, which turns a result into bytes.

Each format has one module. They share the rows, the remarks and the explanations. Files of boards are in
`display.boards`.
"""
